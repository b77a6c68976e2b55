/* loop N K PROGRAM [ARGUMENT...]: runs PROGRAM N times, K at once, and nothing else. The least
 * that any tool that starts processes must do: posix_spawn, waitpid, refill at once. Exits with
 * 1 if a run failed. */
#include "config.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

/* A whole number from 1 on, or 0. */
static long
number(const char *s)
{
    char *end;
    errno = 0;
    long n = strtol(s, &end, 10);
    return errno || end == s || *end || n < 1 ? 0 : n;
}

int
main(int argc, char **argv)
{
    long n = argc > 3 ? number(argv[1]) : 0;
    long k = argc > 3 ? number(argv[2]) : 0;
    if (!n || !k) {
        fputs("usage: loop N K PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    long started = 0, running = 0, bad = 0;
    while (started < n || running) {
        while (started < n && running < k) {
            pid_t pid;
            int err = posix_spawn(&pid, argv[3], NULL, NULL, argv + 3, environ);
            if (err) {
                fprintf(stderr, "loop: %s: %s\n", argv[3], strerror(err));
                return 1;
            }
            started++;
            running++;
        }
        int status;
        if (waitpid(-1, &status, 0) < 0) {
            if (errno == EINTR)
                continue;
            perror("loop: waitpid");
            return 1;
        }
        running--;
        bad += status != 0;
    }
    if (bad)
        fprintf(stderr, "loop: %ld of %ld failed\n", bad, n);
    return bad != 0;
}
