/* The launcher of a job starts one process on each node, and nobody starts it again. So that
 * process is this one, which is too small to crash, and its child is the shim. */
#include "config.h"

#include "node/keeper.h"

#include "node/say.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CRASHES = 5, PAUSE_S = 2 };

/* The signals that a shim listens to, and that we pass on to it. */
static const int passed[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

static sigset_t
watched_signals(void)
{
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGCHLD);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        sigaddset(&s, passed[i]);
    return s;
}

/* Waits for the shim, passing signals on; *ending: it was asked to end, *warned: it was told that
 * the job ends soon. What its tasks left behind comes to us when it dies, and is reaped. */
static int
watch_child(pid_t shim, const sigset_t *watched, bool *ending, bool *warned)
{
    for (;;) {
        int status;
        pid_t pid;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
            if (pid == shim)
                return status;
        int sig = sigwaitinfo(watched, NULL);
        if (sig <= 0 || sig == SIGCHLD)
            continue;
        *ending |= sig == SIGINT || sig == SIGTERM;
        *warned |= sig == SIGUSR2;
        kill(shim, sig);
    }
}

int
keeper_run(int (*shim)(void *arg), void *arg, bool *warned)
{
    sigset_t watched = watched_signals();
    bool ending = false;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* or nobody would know how it ended */
    signal(SIGCHLD, SIG_DFL);
    /* a shim that is just starting is not to be killed by them, nor to lose a warning */
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody learns how a child ended */
    sigprocmask(SIG_BLOCK, &watched, NULL);
    for (unsigned crashes = 0;;) {
        pid_t pid = fork();
        if (pid < 0) {
            say("the shim cannot be started: %s", strerror(errno));
            return EXIT_NO_START;
        }
        if (pid == 0) {
            /* without us nobody would end it with its job */
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            _exit(shim(arg));
        }
        int status = watch_child(pid, &watched, &ending, warned);
        bool crashed = WIFSIGNALED(status) || WEXITSTATUS(status) == EXIT_OUTDATED;
        if (!crashed && WEXITSTATUS(status) == EXIT_TURN && !ending)
            continue;
        if (!crashed)
            return WEXITSTATUS(status) == EXIT_TURN ? EXIT_DRAINED : WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            say("the shim was killed by signal %d", WTERMSIG(status));
        if (ending || crashes == MOST_CRASHES) {
            say("it is not started again, as %s",
                ending ? "the job was told to end"
                       : "that happened too often; the next job goes on");
            return EXIT_DRAINED;
        }
        say("it is started again");
        crashes++;
        nanosleep(&(struct timespec){PAUSE_S, 0}, NULL);
    }
}
