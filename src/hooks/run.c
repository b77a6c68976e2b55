#include "config.h"

#include "hooks/run.h"

#include "util/clock.h"
#include "util/file.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOK_MS = 50, GRACE = 2000 };

/* In the child: never returns. */
static void
become(const char *const *argv, const char *work, const char *const *env, int out)
{
    static const int reset[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2};
    sigset_t none;
    setsid();
    for (size_t i = 0; i < sizeof reset / sizeof *reset; i++)
        signal(reset[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        _exit(126);
    close_all_from(3);
    for (; *env; env++)
        putenv((char *)(uintptr_t)*env);
    if (work && chdir(work) != 0)
        _exit(126);
    execv(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool
run_told_to_end(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* False: nobody writes to it any more. */
static bool
take_output(int fd, struct buf *out, size_t most)
{
    char text[4096];
    ssize_t n;
    while ((n = read(fd, text, sizeof text)) > 0) {
        size_t room = out->n < most ? most - out->n : 0;
        buf_add(out, text, (size_t)n < room ? (size_t)n : room);
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static struct run_end
watch(pid_t pid, int fd, int64_t limit_ms, struct buf *out)
{
    struct run_end end = {0};
    size_t most = out->n + RUN_OUTPUT;
    int64_t until = now_ms() + limit_ms, kill_at = NEVER;
    bool open = true;
    for (;;) {
        struct pollfd p = {.fd = open ? fd : -1, .events = POLLIN};
        poll(&p, 1, LOOK_MS);
        open = open && take_output(fd, out, most);
        pid_t ended = waitpid(pid, &end.status, WNOHANG);
        if (ended == pid)
            break;
        if (ended < 0 && errno != EINTR) { /* somebody else has reaped it */
            end.err = errno;
            break;
        }
        int64_t now = now_ms();
        if (kill_at == NEVER && (now >= until || run_told_to_end())) {
            end.stopped = true;
            kill(-pid, SIGTERM);
            kill_at = now + GRACE;
        } else if (now >= kill_at) {
            kill(-pid, SIGKILL);
        }
    }
    if (end.stopped) /* what it left has had its time, too */
        kill(-pid, SIGKILL);
    if (open)
        take_output(fd, out, most);
    return end;
}

struct run_end
run_command(const char *const *argv, const char *work, const char *const *env, int64_t limit_ms,
    struct buf *out)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) != 0)
        return (struct run_end){.err = errno};
    fcntl(fd[1], F_SETFL, 0); /* the command's end waits */
    pid_t pid = fork();
    int err = pid < 0 ? errno : 0;
    if (pid == 0)
        become(argv, work, env, fd[1]);
    close(fd[1]);
    struct run_end end = {.err = err};
    if (!err)
        end = watch(pid, fd[0], limit_ms, out);
    close(fd[0]);
    return end;
}
