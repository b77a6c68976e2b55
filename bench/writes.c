/* writes one PATH: the task: writes 4 KiB there.
 * writes loop N K none|sync DIR: runs `writes one DIR/I` N times, K at once, and nothing else. With
 * sync, the file and its folder are on the disk before the next one is looked at. Exits with 1 if a
 * run failed. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_AT_ONCE = 64 };

struct slot {
    pid_t pid;
    long i;
};

static int
complain(const char *what)
{
    fprintf(stderr, "writes: %s: %s\n", what, strerror(errno));
    return 1;
}

static int
write_one(const char *path)
{
    static char page[4096];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    memset(page, 'x', sizeof page);
    if (fd < 0 || write(fd, page, sizeof page) != (ssize_t)sizeof page || close(fd) != 0)
        return complain(path);
    return 0;
}

static bool
start(struct slot *s, const char *program, const char *dir, long i)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%ld", dir, i);
    char *argv[] = {(char *)program, "one", path, NULL};
    s->i = i;
    errno = posix_spawn(&s->pid, program, NULL, NULL, argv, environ);
    return errno == 0;
}

static bool
sync_output(const char *dir, int folder, long i)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%ld", dir, i);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 && close(fd) == 0 && fsync(folder) == 0;
}

static int
loop(const char *program, long n, long k, bool sync, const char *dir)
{
    struct slot slot[MOST_AT_ONCE] = {0};
    long started = 0, running = 0, bad = 0;
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return complain(dir);
    while (started < n || running) {
        for (long s = 0; s < k && started < n; s++) {
            if (slot[s].pid)
                continue;
            if (!start(&slot[s], program, dir, ++started))
                return complain(program);
            running++;
        }
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid < 0)
            return complain("waitpid");
        long s = 0;
        while (slot[s].pid != pid)
            s++;
        slot[s].pid = 0;
        running--;
        bad += status != 0;
        if (sync && !sync_output(dir, folder, slot[s].i))
            return complain(dir);
    }
    close(folder);
    if (bad)
        fprintf(stderr, "writes: %ld of %ld failed\n", bad, n);
    return bad != 0;
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "one") == 0)
        return write_one(argv[2]);
    long n = argc == 6 ? strtol(argv[2], NULL, 10) : 0;
    long k = argc == 6 ? strtol(argv[3], NULL, 10) : 0;
    if (n < 1 || k < 1 || k > MOST_AT_ONCE || strcmp(argv[1], "loop") != 0) {
        fputs("usage: writes one PATH | writes loop N K none|sync DIR\n", stderr);
        return 2;
    }
    return loop(argv[0], n, k, strcmp(argv[4], "sync") == 0, argv[5]);
}
