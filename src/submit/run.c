#include "config.h"

#include "submit/run.h"

#include "util/clock.h"
#include "util/rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_OUT = 64 << 20, MOST_ERR = 64 << 10 };

void
run_result_free(struct run_result *r)
{
    buf_free(&r->out);
    buf_free(&r->err);
}

/* In the child, between fork and exec: async-signal-safe calls only. */
static void
become(const char *const *argv, const struct run_how *how, int out, int err, int failed,
    pid_t parent)
{
    sigset_t none;
    int input = open(how->input ? how->input : "/dev/null", O_RDONLY | O_NONBLOCK);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    rlimits_raise(); /* some schedulers hand them on to jobs */
    /* so that what asks for a job does not outlive the one who would record it */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && input >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
        dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0 &&
        (!how->dir || chdir(how->dir) == 0))
        execvp(argv[0], (char *const *)argv);
    int e = errno;
    (void)!write(failed, &e, sizeof e);
    _exit(127);
}

/* False: nothing more comes. */
static bool
take(int fd, struct buf *b, size_t most, bool *cut)
{
    char bytes[65536];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    size_t room = most - b->n;
    if ((size_t)n > room)
        *cut = true;
    buf_add(b, bytes, (size_t)n < room ? (size_t)n : room);
    return n > 0;
}

/* Until the program has ended: what it leaves running may keep the pipes open. True: in time. */
static bool
gather(pid_t pid, int out, int err, int64_t until, struct run_result *r, int *status)
{
    enum { LEFT_OVER = 1024 }; /* reads, once it has ended */
    struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
    bool in_time = true, cut_err = false;
    for (int ended = 0;;) {
        int n = poll(fds, 2, ended ? 0 : 20);
        if (n > 0 && fds[0].revents && !take(out, &r->out, MOST_OUT, &r->cut))
            fds[0].fd = -1;
        if (n > 0 && fds[1].revents && !take(err, &r->err, MOST_ERR, &cut_err))
            fds[1].fd = -1;
        if (ended && (n <= 0 || ended++ > LEFT_OVER))
            return in_time;
        if (!ended && waitpid(pid, status, WNOHANG) == pid)
            ended = 1;
        if (!ended && in_time && now_ms() >= until) {
            in_time = false;
            kill(pid, SIGKILL);
        }
    }
}

static bool
pipes_open(int p[3][2])
{
    for (int i = 0; i < 3; i++)
        p[i][0] = p[i][1] = -1;
    for (int i = 0; i < 3; i++)
        if (pipe2(p[i], O_CLOEXEC) != 0)
            return false;
    return true;
}

static void
pipes_close(int p[3][2])
{
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++)
            if (p[i][k] >= 0)
                close(p[i][k]);
}

bool
run_program(const char *const *argv, const struct run_how *how, struct run_result *r,
    struct buf *why)
{
    int p[3][2], failed = 0, status = 0;
    *r = (struct run_result){.code = -1};
    buf_puts(&r->out, "");
    buf_puts(&r->err, "");
    pid_t self = getpid(), pid = pipes_open(p) ? fork() : -1;
    if (pid == 0)
        become(argv, how, p[0][1], p[1][1], p[2][1], self);
    if (pid < 0) {
        buf_printf(why, "cannot start '%s': %s", argv[0], strerror(errno));
        pipes_close(p);
        return false;
    }
    for (int i = 0; i < 3; i++) {
        close(p[i][1]);
        p[i][1] = -1;
    }
    bool started = read(p[2][0], &failed, sizeof failed) != sizeof failed;
    bool in_time =
        gather(pid, p[0][0], p[1][0], now_ms() + how->timeout_s * INT64_C(1000), r, &status);
    pipes_close(p);
    if (!started)
        buf_printf(why, "cannot start '%s': %s", argv[0], strerror(failed));
    else if (!in_time)
        buf_printf(why, "'%s' did not answer within %u s", argv[0], how->timeout_s);
    else if (WIFSIGNALED(status))
        buf_printf(why, "'%s' was killed by signal %d (%s)", argv[0], WTERMSIG(status),
            strsignal(WTERMSIG(status)));
    else
        r->code = WEXITSTATUS(status);
    return r->code >= 0;
}
