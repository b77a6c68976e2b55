/* measure COMMAND ARGUMENT...: runs it with its output thrown away; prints how many seconds it took
 * and the peak memory, in MB, of the largest of its processes. Exits as the command does. */
#include "config.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: measure COMMAND ARGUMENT...\n", stderr);
        return 2;
    }
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open("/dev/null", O_WRONLY);
        if (fd >= 0)
            dup2(fd, STDOUT_FILENO);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status;
    struct rusage use;
    if (pid < 0 || wait4(pid, &status, 0, &use) < 0) {
        perror("measure");
        return 1;
    }
    struct rusage all;
    getrusage(RUSAGE_CHILDREN, &all);
    printf("%.4f %.1f\n", now() - start, (double)all.ru_maxrss / 1024);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
