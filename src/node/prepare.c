/* Makes us fit to start processes: what we were started with may be anything. */
#include "config.h"

#include "node/prepare.h"

#include "node/say.h"
#include "util/rlimits.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Descriptors 0, 1, 2 exist, and 0 is /dev/null: tasks inherit it. */
static bool
open_standard(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < 3);
    if (fd < 0)
        return false;
    bool ok = dup2(fd, 0) == 0;
    close(fd);
    return ok;
}

/* Signals that the loop reads are blocked, and have their default action: children of one who
 * ignores SIGCHLD cannot be waited for. */
static void
set_signals(bool batch, sigset_t *reset)
{
    static const int number[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t block;
    sigemptyset(&block);
    sigemptyset(reset);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        sigaddset(&block, number[i]);
        if (number[i] != SIGUSR2)
            signal(number[i], SIG_DFL);
    }
    /* A scheduler's warning goes to all that a job runs. It must not kill tasks, which inherit that
     * it is ignored, and reaches us nevertheless: what is blocked waits, ignored or not. But to
     * ignore it anew forgets one that waits, so our keeper has done that before it started us. */
    if (!batch)
        signal(SIGUSR2, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* the write fails, that is enough */
    /* and whatever a shell, a launcher or nohup ignored; others are not asked for each process */
    struct sigaction is;
    for (int sig = 1; sig < NSIG; sig++)
        if (sig != SIGUSR2 && sigaction(sig, NULL, &is) == 0 && is.sa_handler == SIG_IGN)
            sigaddset(reset, sig);
    sigprocmask(SIG_BLOCK, &block, NULL);
}

/* What sched_setattr(2) takes, for which glibc before 2.41 has no name. */
struct slice {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns, deadline_ns, period_ns;
};

/* One who has just started a task is awake again when that has begun (vfork), and is needed at
 * once to start the next one. Since Linux 6.6 it would wait behind the task for milliseconds, as
 * long as that is at work, while other processors are idle; since 6.12 who asks for a short slice
 * comes first. Others take no notice. Tasks do not inherit it. */
static void
ask_for_short_slices(void)
{
    enum { OTHER = 0, RESET_ON_FORK = 1, LEAST_NS = 100000 }; /* SCHED_OTHER, SCHED_FLAG_... */
    struct slice s = {.size = sizeof s,
        .policy = OTHER,
        .flags = RESET_ON_FORK,
        .nice = getpriority(PRIO_PROCESS, 0),
        .runtime_ns = LEAST_NS};
    /* the flag would take a higher priority from tasks; and another policy was somebody's choice */
    if (s.nice >= 0 && syscall(SYS_sched_getscheduler, 0) == OTHER)
        syscall(SYS_sched_setattr, 0, &s, 0);
}

bool
prepare_process(bool batch, sigset_t *reset)
{
    if (!open_standard()) {
        say("/dev/null cannot be opened: %s", strerror(errno));
        return false;
    }
    close_on_exec_from(3); /* what we were given besides is not for tasks */
    set_signals(batch, reset);
    ask_for_short_slices();
    if (batch) /* a job's own limits are the hard ones; a user's here are meant */
        rlimits_raise();
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        say("cannot become the parent of what tasks leave behind: %s", strerror(errno));
        return false;
    }
    return true;
}

void
prepare_address_space(uint64_t bytes)
{
    struct rlimit space;
    if (bytes && getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur > bytes) {
        space.rlim_cur = bytes;
        setrlimit(RLIMIT_AS, &space); /* a larger one is not asked for, so it can hardly fail */
    }
}

rlim_t
prepare_files(rlim_t want)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return want;
    rlim_t before = files.rlim_cur;
    if (before >= want)
        return want;
    files.rlim_cur = want < files.rlim_max ? want : files.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &files) == 0 ? files.rlim_cur : before;
}
