/* The launcher of a job starts one process on each node, and nobody starts it again. So that
 * process is this one, which is too small to crash, and its child is the shim; while the node goes
 * on by a new plan and tasks of ones before still run, further children are the shims of these. */
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

/* One of the HANDOVERS is used again long after its reader has seen that it is void. */
enum { MOST_CRASHES = 5, PAUSE_S = 2, MOST_GO = 4, HANDOVERS = 2 * MOST_GO };

/* One that brings to its end what it runs; pid 0: none. */
struct going {
    pid_t pid;
    struct handover *its;
};

struct keeper {
    int (*shim)(void *arg);
    void *arg;
    struct handover *handover; /* HANDOVERS of them; NULL: there are none */
    uint32_t nused;            /* of these, one after the other, again and again */
    struct handovers *between; /* those of the shim at work */
    sigset_t watched;
    pid_t at_work; /* 0: there is none any more */
    struct going going[MOST_GO];
    bool ending;  /* it was asked to end */
    bool *warned; /* it was told that the job ends soon */
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
    if (k->between->next)
        atomic_store(&k->between->next->asked, false);
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

/* NULL: there is none. */
static struct handover *
next_handover(struct keeper *k)
{
    for (unsigned i = 0; k->handover && i < HANDOVERS; i++) {
        struct handover *h = &k->handover[k->nused++ % HANDOVERS];
        if (!atomic_load(&h->lives) && h != k->between->before && h != k->between->next)
            return h;
    }
    return NULL;
}

/* The shim at work goes on with what it runs, and another one begins beside it; not beside too many
 * of them. */
static void
start_successor(struct keeper *k)
{
    const struct handovers before = *k->between;
    const pid_t goes = k->at_work;
    unsigned i = 0;
    while (i < MOST_GO && k->going[i].pid)
        i++;
    if (i == MOST_GO || k->ending || !before.next || !atomic_load(&before.next->asked))
        return;
    atomic_store(&before.next->asked, false);
    atomic_store(&before.next->lives, true);
    *k->between = (struct handovers){before.next, next_handover(k)};
    if (start(k)) {
        k->going[i] = (struct going){goes, before.next};
    } else { /* it is started when that has ended */
        atomic_store(&before.next->lives, false);
        *k->between = before;
    }
}

/* If it could not look after its tasks, they are its successor's. */
static void
has_gone(struct going *g, int status)
{
    if (WIFSIGNALED(status))
        say("the shim of the plan before was killed by signal %d", WTERMSIG(status));
    atomic_store(&g->its->lives, false);
    *g = (struct going){0};
}

static bool
any_goes(const struct keeper *k)
{
    bool any = false;
    for (unsigned i = 0; i < MOST_GO; i++)
        any |= k->going[i].pid != 0;
    return any;
}

/* Takes up the ends of children; *status is that of the shim at work, if it has ended. What their
 * tasks left behind comes to us when they die. */
static void
reap(struct keeper *k, int *status)
{
    int its;
    pid_t pid;
    while ((pid = waitpid(-1, &its, WNOHANG)) > 0) {
        for (unsigned i = 0; i < MOST_GO; i++)
            if (pid == k->going[i].pid)
                has_gone(&k->going[i], its);
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
    for (unsigned i = 0; i < MOST_GO; i++)
        if (k->going[i].pid)
            kill(k->going[i].pid, sig);
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
    for (reap(k, &status); any_goes(k); reap(k, &status))
        take_signal(k);
    return code;
}

static void
open_keeper(struct keeper *k)
{
    k->watched = watched_signals();
    void *p = mmap(NULL, HANDOVERS * sizeof *k->handover, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    k->handover = p == MAP_FAILED ? NULL : p;
    *k->between = (struct handovers){0};
    k->between->next = next_handover(k);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* a shim that is just starting is not to be killed by them, nor to lose a warning */
    signal(SIGUSR2, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody learns how a child ended */
    sigprocmask(SIG_BLOCK, &k->watched, NULL);
}

int
keeper_run(int (*shim)(void *arg), void *arg, bool *warned, struct handovers *between)
{
    struct keeper k = {.shim = shim, .arg = arg, .warned = warned, .between = between};
    open_keeper(&k);
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
