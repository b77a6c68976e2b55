#include "config.h"

#include "submit/local.h"

#include "util/file.h"
#include "util/rlimits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
    char state;
    long session;
    unsigned long long start; /* clock ticks after boot */
};

/* What comes after the name of the program, which may hold anything, even ") R 1". */
static bool
process_read(long pid, struct process *p)
{
    char path[64];
    struct buf b = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    bool good = file_read(path, &b) == 0 && b.n;
    const char *s = good ? strrchr(b.p, ')') : NULL;
    /* state ppid pgrp session, then 15 others, then starttime: fields 3 to 6 and 22 */
    good = s && sscanf(s + 1,
                    " %c %*s %*s %ld %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                    "%*s %*s %llu",
                    &p->state, &p->session, &p->start) == 3;
    buf_free(&b);
    return good && p->state != 'Z' && p->state != 'X';
}

static bool
id_parse(const char *id, long *pid, unsigned long long *start)
{
    char rest;
    return sscanf(id, "%ld.%llu%c", pid, start, &rest) == 2 && *pid > 1;
}

/* The process that the id means, if it is still there. */
static bool
process_of(const char *id, long *pid, struct process *p)
{
    unsigned long long start;
    return id_parse(id, pid, &start) && process_read(*pid, p) && p->start == start;
}

/* In the child: a daemon, whose number goes through `pipe`; an error, negative, too. */
static void
become(const char *script, const char *dir, int log, int pipe, char *const *environment)
{
    pid_t pid = setsid() < 0 ? -1 : fork(); /* nobody has to wait for it */
    long number;
    if (pid == 0) {
        int input = open("/dev/null", O_RDONLY);
        sigset_t none;
        setsid();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGHUP, SIG_IGN);
        rlimits_raise();
        char *const argv[] = {(char *)script, NULL};
        number = getpid();
        if (chdir(dir) == 0 && input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
            dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 &&
            write(pipe, &number, sizeof number) == sizeof number)
            execve(script, argv, environment);
    }
    if (pid <= 0) {
        number = -errno;
        (void)!write(pipe, &number, sizeof number);
    }
    _exit(0);
}

static char **
environment_with(const char *name)
{
    size_t n = 0;
    struct buf b = {0};
    while (environ[n])
        n++;
    char **e = xcalloc(n + 2, sizeof *e);
    buf_printf(&b, "WFL_JOB_NAME=%s", name);
    e[0] = b.p;
    for (size_t i = 0, k = 1; i < n; i++)
        if (strncmp(environ[i], "WFL_JOB_NAME=", 13) != 0)
            e[k++] = environ[i];
    return e;
}

/* The process number, or a negative errno value. */
static long
start(const char *script, const char *dir, int log, const char *name)
{
    int p[2];
    if (pipe2(p, O_CLOEXEC) != 0)
        return -errno;
    char **e = environment_with(name);
    long pid = -EIO, next;
    pid_t child = fork();
    if (child == 0)
        become(script, dir, log, p[1], e);
    int err = errno;
    close(p[1]);
    /* the number, then perhaps why it failed; the end comes with its exec */
    while (child > 0 && read(p[0], &next, sizeof next) == sizeof next)
        pid = next;
    close(p[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    free(e[0]);
    free(e);
    return child < 0 ? -err : pid;
}

bool
local_submit(const char *script, const char *dir, const char *log, const char *name, struct buf *id,
    struct buf *why)
{
    struct process p;
    int err = dir_make_parent(log);
    int fd = err ? -1 : open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0) {
        buf_printf(why, "cannot write '%s': %s", log, strerror(err ? err : errno));
        return false;
    }
    long pid = start(script, dir, fd, name);
    close(fd);
    if (pid < 0) {
        buf_printf(why, "cannot start '%s': %s", script, strerror((int)-pid));
        return false;
    }
    /* one that has ended at once is none that any process could be taken for */
    bool there = process_read(pid, &p);
    buf_printf(id, "%ld.%llu", pid, there ? p.start : 0);
    return true;
}

static bool
named(long pid, const char *name)
{
    char path[64];
    struct buf b = {0}, wanted = {0};
    snprintf(path, sizeof path, "/proc/%ld/environ", pid);
    buf_printf(&wanted, "WFL_JOB_NAME=%s", name);
    bool found = false;
    if (file_read(path, &b) == 0)
        for (size_t i = 0; i < b.n && !found; i += strlen(b.p + i) + 1)
            found = strcmp(b.p + i, wanted.p) == 0;
    buf_free(&b);
    buf_free(&wanted);
    return found;
}

bool
local_find(const char *name, struct buf *id)
{
    bool found = false;
    DIR *proc = opendir("/proc");
    for (const struct dirent *e; proc && !found && (e = readdir(proc));) {
        long pid = isdigit((unsigned char)*e->d_name) ? strtol(e->d_name, NULL, 10) : 0;
        struct process p;
        if (!pid || !process_read(pid, &p) || p.session != pid || !named(pid, name))
            continue;
        buf_printf(id, "%ld.%llu", pid, p.start);
        found = true;
    }
    if (proc)
        closedir(proc);
    return found;
}

void
local_ask(const char *id, const char *name, struct queue *q)
{
    struct process p;
    struct timespec up;
    long pid, ticks = sysconf(_SC_CLK_TCK);
    if (!process_of(id, &pid, &p))
        return;
    struct queue_job *j = queue_add(q);
    j->id = arena_text(&q->arena, id, strlen(id));
    j->name = arena_text(&q->arena, name, strlen(name));
    j->state = QUEUE_RUNNING;
    j->word = p.state == 'T' ? "stopped" : "running";
    j->nodes = 1;
    if (ticks > 0 && clock_gettime(CLOCK_BOOTTIME, &up) == 0) {
        int64_t elapsed = up.tv_sec - (int64_t)(p.start / (unsigned long long)ticks);
        j->elapsed_s = elapsed > 0 ? elapsed : 0;
    }
}

bool
local_cancel(const char *id)
{
    struct process p;
    long pid;
    if (!process_of(id, &pid, &p)) {
        errno = ESRCH;
        return false;
    }
    return kill(p.session == pid ? (pid_t)-pid : (pid_t)pid, SIGTERM) == 0;
}
