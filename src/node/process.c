/* What /proc tells of processes, and how they ended. */
#include "config.h"

#include "node/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EXITING = 4, SIGNALED = 0x400 }; /* PF_... of Linux */

ssize_t
process_text(const char *path, char *p, size_t n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t r = read(fd, p, n - 1);
    close(fd);
    p[r < 0 ? 0 : r] = 0;
    return r;
}

bool
process_again(int fd, struct buf *text)
{
    ssize_t n = -1;
    buf_reset(text);
    do {
        buf_reserve(text, 4096);
        n = fd < 0 ? -1 : pread(fd, text->p + text->n, text->cap - text->n - 1, (off_t)text->n);
        text->n += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    text->p[text->n] = 0;
    return text->n > 0 || n == 0;
}

/* The command's name in /proc/PID/stat may hold anything, so it is read from its last ')'. */
bool
process_read(pid_t pid, struct process *p)
{
    char path[48], text[1024], state;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    const char *q = process_text(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    long parent, group, rss;
    unsigned long flags, waiting;
    int code = 0; /* since Linux 3.5 */
    unsigned long long start, user, kernel;
    if (!q ||
        sscanf(q + 1,
            " %c %ld %ld %*d %*d %*d %lu %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d "
            "%llu %*u %ld %*u %*u %*u %*u %*u %*u %lu %*u %*u %*u %*u %*u %*u %*d %*d "
            "%*u %*u %*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %d",
            &state, &parent, &group, &flags, &user, &kernel, &start, &rss, &waiting, &code) < 9)
        return false;
    *p = (struct process){.pid = pid,
        .parent = (pid_t)parent,
        .group = (pid_t)group,
        .start = start,
        .rss_kib = (uint32_t)(rss * (sysconf(_SC_PAGESIZE) / 1024)),
        .ticks = user + kernel,
        .waits = state == 'S',
        .ended = state == 'Z' || state == 'X',
        .exits = (flags & EXITING) != 0,
        .killed = flags & EXITING ? (code & 0x7f) != 0
                                  : (flags & SIGNALED) != 0 || (waiting >> (SIGKILL - 1) & 1)};
    return true;
}

/* How many children its first thread has (those of others are in files of these), 2: more than
 * one; *one is the first of them. */
static int
children_of(pid_t pid, pid_t *one)
{
    char path[64], text[64], *end;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
    if (process_text(path, text, sizeof text) <= 0)
        return 0;
    *one = (pid_t)strtol(text, &end, 10);
    return strtol(end, NULL, 10) ? 2 : 1;
}

/* Who has no children is no program that others were killed with: it may end as it should. */
bool
process_dies(pid_t pid)
{
    struct process p;
    pid_t child, of_child;
    if (!process_read(pid, &p) || p.exits || p.ended || p.killed)
        return true;
    for (; children_of(pid, &child) == 1 && children_of(child, &of_child); pid = child)
        if (process_read(child, &p) && p.killed)
            return true;
    return false;
}

void
process_each(void (*each)(void *arg, pid_t pid), void *arg)
{
    DIR *d = opendir("/proc");
    const struct dirent *e;
    while (d && (e = readdir(d)))
        if (isdigit((unsigned char)e->d_name[0]))
            each(arg, (pid_t)atol(e->d_name));
    if (d)
        closedir(d);
}

uint64_t
process_now(void)
{
    struct timespec now;
    uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * hz + (uint64_t)now.tv_nsec * hz / 1000000000u;
}

uint32_t
process_reap(struct process_end *e, uint32_t max)
{
    uint32_t n = 0;
    while (n < max) {
        e[n].pid = wait4(-1, &e[n].status, WNOHANG, &e[n].usage);
        if (e[n].pid > 0)
            n++;
        else if (e[n].pid == 0 || errno != EINTR)
            break;
    }
    return n;
}

int
process_death(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status) - 128;
}

bool
process_crashed(int status)
{
    int sig = process_death(status);
    return sig == SIGSEGV || sig == SIGBUS || sig == SIGFPE || sig == SIGILL || sig == SIGSYS;
}
