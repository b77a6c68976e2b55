/* The launcher of a job starts one process on each node, and nobody starts it again. So that
 * process is this one, which is too small to crash, and its child is the shim; while the node goes
 * on by a new plan and tasks of the one before still run, a second child is the shim of these. */
#include "config.h"

#include "node/keeper.h"

#include "node/say.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CRASHES = 5, PAUSE_S = 2 };

struct keeper {
    int (*shim)(void *arg);
    void *arg;
    struct handover *handover; /* NULL: there is none */
    sigset_t watched;
    pid_t at_work; /* 0: there is none any more */
    pid_t goes;    /* the one before, which brings to its end what it runs; 0: there is none */
    bool ending;   /* it was asked to end */
    bool *warned;  /* it was told that the job ends soon */
};

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

/* It becomes the shim at work. False, with a message said: it cannot be started. */
static bool
start(struct keeper *k)
{
    if (k->handover)
        atomic_store(&k->handover->asked, false);
    pid_t pid = fork();
    if (pid < 0) {
        say("the shim cannot be started: %s", strerror(errno));
        return false;
    }
    if (pid == 0) {
        /* without us nobody would end it with its job */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        _exit(k->shim(k->arg));
    }
    k->at_work = pid;
    return true;
}

/* The shim at work goes on with what it runs, and another one begins beside it. */
static void
start_successor(struct keeper *k)
{
    if (!k->handover || k->goes || k->ending || !atomic_load(&k->handover->asked))
        return;
    pid_t goes = k->at_work;
    atomic_store(&k->handover->lives, true);
    if (start(k))
        k->goes = goes;
    else /* it is started when that has ended */
        atomic_store(&k->handover->lives, false);
}

/* The one that went: its tasks are its successor's to look after if it could not. */
static void
has_gone(struct keeper *k, int status)
{
    if (WIFSIGNALED(status))
        say("the shim of the plan before was killed by signal %d", WTERMSIG(status));
    k->goes = 0;
    atomic_store(&k->handover->lives, false);
}

/* Takes up the ends of children; *status is that of the shim at work, if it has ended. What their
 * tasks left behind comes to us when they die. */
static void
reap(struct keeper *k, int *status)
{
    int its;
    pid_t pid;
    while ((pid = waitpid(-1, &its, WNOHANG)) > 0) {
        if (pid == k->goes)
            has_gone(k, its);
        if (pid != k->at_work)
            continue;
        k->at_work = 0;
        *status = its;
    }
}

/* One signal, which is passed on. */
static void
take_signal(struct keeper *k)
{
    int sig = sigwaitinfo(&k->watched, NULL);
    if (sig <= 0 || sig == SIGCHLD)
        return;
    k->ending |= sig == SIGINT || sig == SIGTERM;
    *k->warned |= sig == SIGUSR2;
    if (k->at_work)
        kill(k->at_work, sig);
    if (k->goes)
        kill(k->goes, sig);
}

/* Until the shim at work has ended; its status. */
static int
watch(struct keeper *k)
{
    int status = 0;
    for (reap(k, &status); k->at_work; reap(k, &status)) {
        start_successor(k);
        take_signal(k);
    }
    return status;
}

/* Until no shim is left. */
static int
leave(struct keeper *k, int code)
{
    int status;
    for (reap(k, &status); k->goes; reap(k, &status))
        take_signal(k);
    return code;
}

static void
open_keeper(struct keeper *k)
{
    k->watched = watched_signals();
    void *p =
        mmap(NULL, sizeof *k->handover, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    k->handover = p == MAP_FAILED ? NULL : p;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* a shim that is just starting is not to be killed by them, nor to lose a warning */
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody learns how a child ended */
    sigprocmask(SIG_BLOCK, &k->watched, NULL);
}

int
keeper_run(int (*shim)(void *arg), void *arg, bool *warned, struct handover **handover)
{
    struct keeper k = {.shim = shim, .arg = arg, .warned = warned};
    open_keeper(&k);
    *handover = k.handover;
    for (unsigned crashes = 0;;) {
        if (!start(&k))
            return leave(&k, EXIT_NO_START);
        int status = watch(&k);
        bool crashed = WIFSIGNALED(status) || WEXITSTATUS(status) == EXIT_OUTDATED;
        if (!crashed && WEXITSTATUS(status) == EXIT_TURN && !k.ending)
            continue;
        if (!crashed)
            return leave(&k, WEXITSTATUS(status) == EXIT_TURN ? EXIT_DRAINED : WEXITSTATUS(status));
        if (WIFSIGNALED(status))
            say("the shim was killed by signal %d", WTERMSIG(status));
        if (k.ending || crashes == MOST_CRASHES) {
            say("it is not started again, as %s",
                k.ending ? "the job was told to end"
                         : "that happened too often; the next job goes on");
            return leave(&k, EXIT_DRAINED);
        }
        say("it is started again");
        crashes++;
        nanosleep(&(struct timespec){PAUSE_S, 0}, NULL);
    }
}
