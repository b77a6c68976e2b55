/* Builds a campaign and runs it here: wfl-shim does the work, its journal tells how far it is. */
#include "config.h"

#include "cli/commands.h"
#include "cli/run_only.h"
#include "command/build.h"

#include "hooks/hooks.h"
#include "journal/paths.h"
#include "report/words.h"
#include "state/progress.h"
#include "util/clock.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    FAST_MS = 200,
    SLOW_MS = 1000,
    LINE_EVERY_S = 10,
    /* timeout(1) and service managers signal a process and then its group: one request */
    SAME_REQUEST_US = 300000,
    SHOWN_FAILURES = 20,
};

struct watch {
    const struct options *o;
    const struct built *b;
    int only; /* a file that lists the tasks to be run; -1: all are */
    struct progress *progress;
    struct progress_state state;
    pid_t pid;
    bool terminal;      /* of standard output: one line, rewritten */
    bool drawn;         /* that line is on the screen */
    unsigned nshown;    /* failures */
    unsigned asked;     /* signals forwarded */
    int64_t asked_us;   /* when the last one was */
    int64_t line_us;    /* when the last plain line was printed */
    uint32_t line_done; /* and what it said */
    int64_t begin_us;
};

/* --- what is shown --- */

static void
erase(struct watch *w)
{
    if (w->drawn)
        fputs("\r\033[K", stdout);
    w->drawn = false;
}

static void
describe(const struct watch *w, struct buf *b)
{
    const struct progress_state *s = &w->state;
    buf_printf(b, "%s: ", built_campaign(w->b));
    status_number(s->done, b);
    buf_puts(b, " of ");
    status_number(s->total, b);
    buf_printf(b, " done, %u running", s->running);
    if (s->failed)
        buf_printf(b, ", %u failed", s->failed);
    if (s->blocked)
        buf_printf(b, ", %u blocked", s->blocked);
    if (!isnan(s->rate) && s->rate > 0) {
        buf_puts(b, ", ");
        status_number((uint64_t)llround(s->rate), b);
        buf_puts(b, " an hour");
    }
    if (s->eta_s <= 0) {
        buf_puts(b, ", what runs takes longer than expected");
    } else if (!isnan(s->eta_s)) {
        buf_puts(b, ", ");
        status_duration(s->eta_s, b);
        buf_puts(b, " left");
    }
}

/* The line is cut to the terminal's width, or it could not be rewritten. */
static void
draw(struct watch *w)
{
    struct buf b = {0};
    struct winsize size = {0};
    describe(w, &b);
    int width =
        ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;
    printf("\r%.*s\033[K", width, b.p);
    fflush(stdout);
    w->drawn = true;
    buf_free(&b);
}

static void
print_line(struct watch *w, int64_t now)
{
    struct buf b = {0};
    describe(w, &b);
    puts(b.p);
    fflush(stdout);
    w->line_us = now;
    w->line_done = w->state.done;
    buf_free(&b);
}

static void
show_failures(struct watch *w)
{
    for (size_t i = 0; i < w->state.nfailures; i++) {
        const struct status_failure *f = &w->state.failure[i];
        if (!(f->end.flags & JOURNAL_FINAL))
            continue; /* it will be tried again */
        if (w->nshown++ >= SHOWN_FAILURES) {
            if (w->nshown == SHOWN_FAILURES + 1) {
                erase(w);
                printf("  more tasks fail; 'wflc status --all %s' lists them\n",
                    path_for_people(w->b->dir.p));
            }
            continue;
        }
        struct buf b = {0};
        status_failure_text(progress_plan(w->progress), w->b->dir.p, f, &b);
        erase(w);
        fwrite(b.p, 1, b.n, stdout);
        if (b.n && b.p[b.n - 1] != '\n')
            putchar('\n');
        buf_free(&b);
    }
}

static void
show(struct watch *w, bool last)
{
    int64_t now = now_us();
    int err = progress_poll(w->progress, now, &w->state);
    if (err && last) {
        erase(w);
        say("cannot read the record in '%s/" BUILD_STATE "': %s", w->b->dir.p, strerror(err));
    }
    show_failures(w);
    if (w->o->quiet || last)
        return;
    if (w->terminal)
        draw(w);
    else if (now - w->line_us >= LINE_EVERY_S * INT64_C(1000000) && w->state.done != w->line_done)
        print_line(w, now);
}

static void
summary(struct watch *w, int code)
{
    const struct progress_state *s = &w->state;
    struct buf b = {0};
    erase(w);
    buf_printf(&b, "%s: ", built_campaign(w->b));
    status_number(s->done, &b);
    buf_puts(&b, " of ");
    status_number(s->total, &b);
    buf_puts(&b, " done");
    if (s->failed)
        buf_printf(&b, ", %u failed", s->failed);
    if (s->blocked)
        buf_printf(&b, ", %u wait for these", s->blocked);
    if (s->late)
        buf_printf(&b, ", %u wait%s for inputs", s->late, s->late == 1 ? "s" : "");
    buf_puts(&b, code == EXIT_INTERRUPTED ? ", stopped after " : ", in ");
    status_duration((double)(now_us() - w->begin_us) / 1e6, &b);
    if (!w->o->quiet)
        puts(b.p);
    if (!w->o->quiet && code != EXIT_OK)
        printf("record and logs are in %s/" BUILD_STATE "; to go on, give the same command again\n",
            path_for_people(w->b->dir.p));
    buf_free(&b);
}

/* --- the shim --- */

/* Goes into the folder, for a child; `here` leads back. posix_spawn can do it since glibc 2.29. */
static int
enter(const char *folder, int *here)
{
    *here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *here >= 0 && chdir(folder) == 0 ? 0 : errno;
}

static int
spawn(struct watch *w)
{
    struct buf shim = {0}, cores = {0}, memory = {0}, gpus = {0}, time = {0};
    buf_printf(&shim, "%s/wfl-shim", w->b->dir.p);
    buf_printf(&cores, "%ld", w->o->cores);
    buf_printf(&memory, "%.0f", w->o->memory);
    buf_printf(&gpus, "%ld", w->o->gpus);
    buf_printf(&time, "%.0f", w->o->time);
    const char *argv[15] = {shim.p, "run", w->b->dir.p, "--quiet"}; /* we show it ourselves */
    int n = 4;
    if (w->o->cores) {
        argv[n++] = "--cores";
        argv[n++] = cores.p;
    }
    if (w->o->memory > 0) {
        argv[n++] = "--memory";
        argv[n++] = memory.p;
    }

    if (option_given(w->o, OPTION_GPUS)) {
        argv[n++] = "--gpus";
        argv[n++] = gpus.p;
    }
    if (w->only >= 0)
        argv[n++] = "--only";
    if (w->o->no_containers)
        argv[n++] = "--no-containers";
    if (w->o->time > 0) {
        argv[n++] = "--time";
        argv[n++] = time.p;
    }

    /* its own group: a Ctrl-C reaches it through us, not at the same time */
    posix_spawnattr_t attr;
    posix_spawn_file_actions_t files;
    int here = -1;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    sigaddset(&defaults, SIGHUP);
    sigaddset(&defaults, SIGPIPE);
    int err = posix_spawnattr_init(&attr);
    if (!err) {
        err = posix_spawn_file_actions_init(&files);
        if (!err) {
            posix_spawnattr_setpgroup(&attr, 0);
            posix_spawnattr_setsigmask(&attr, &none);
            posix_spawnattr_setsigdefault(&attr, &defaults);
            err = posix_spawnattr_setflags(&attr,
                POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
            if (!err && w->only >= 0)
                err = posix_spawn_file_actions_adddup2(&files, w->only, STDIN_FILENO);
            else if (!err)
                err = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY,
                    0);
            if (!err)
                err = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
            if (!err)
                err = enter(w->b->work, &here);
            if (!err)
                err = system_spawn(&w->pid, shim.p, &files, &attr, (char **)argv, environ);
            if (here >= 0 && (fchdir(here) != 0 || close(here) != 0))
                err = errno;
            posix_spawn_file_actions_destroy(&files);
        }
        posix_spawnattr_destroy(&attr);
    }
    if (err)
        say("cannot start '%s': %s", shim.p, strerror(err));
    buf_free(&shim);
    buf_free(&cores);
    buf_free(&memory);
    buf_free(&gpus);
    buf_free(&time);
    return err ? EXIT_FILES : EXIT_OK;
}

static void
forward(struct watch *w, int sig)
{
    int64_t now = now_us();
    if (w->asked && now - w->asked_us < SAME_REQUEST_US)
        return;
    w->asked++;
    w->asked_us = now;
    kill(w->pid, sig == SIGHUP ? SIGTERM : sig);
    erase(w);
    progress_poll(w->progress, now, &w->state);
    show_failures(w);
    if (w->asked == 1 && w->state.running == 0)
        puts("starting no more tasks");
    else if (w->asked == 1)
        printf("finishing %u running task%s; once more to stop %s\n", w->state.running,
            w->state.running == 1 ? "" : "s", w->state.running == 1 ? "it" : "them");
    else
        puts("stopping the running tasks");
    fflush(stdout);
}

/* Until the shim has ended; what it ended with, as wait status. */
static int
watch(struct watch *w, const sigset_t *signals)
{
    int ms = w->terminal ? FAST_MS : SLOW_MS, status;
    const struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};
    for (;;) {
        int sig = sigtimedwait(signals, NULL, &pause);
        if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP)
            forward(w, sig);
        pid_t r = waitpid(w->pid, &status, WNOHANG);
        if (r == w->pid)
            return status;
        if (sig != SIGCHLD)
            show(w, false);
    }
}

static int
code_of(int status)
{
    if (WIFEXITED(status)) /* what it has beyond our own codes is about its files */
        return WEXITSTATUS(status) <= EXIT_INTERRUPTED ? WEXITSTATUS(status) : EXIT_FILES;
    say("wfl-shim was killed by signal %d (%s); what it recorded stays valid", WTERMSIG(status),
        strsignal(WTERMSIG(status)));
    return EXIT_INTERRUPTED;
}

/* What failed is tried again, and what comes of it is news. */
static void
arm_hooks(const struct watch *w)
{
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, w->b->dir.p);
    int err = hooks_arm(progress_plan(w->progress), state.p);
    if (err)
        say("hooks in '%s/" STATE_HOOKS "' cannot be armed again: %s", state.p, strerror(err));
    buf_free(&state);
}

static int
run_built(const struct options *o, const struct built *b, int only)
{
    struct buf why = {0};
    struct watch w = {.o = o, .b = b, .only = only, .terminal = isatty(STDOUT_FILENO) != 0};
    w.begin_us = w.line_us = now_us();
    w.progress = progress_new(b->dir.p, &why);
    if (!w.progress) {
        say("%s", why.p);
        buf_free(&why);
        return EXIT_FILES;
    }
    progress_poll(w.progress, w.begin_us, &w.state);
    w.line_done = w.state.done;
    if (w.state.failed)
        arm_hooks(&w);
    if (!o->quiet && w.state.done && w.state.done < w.state.total)
        printf("%s: %u of %u tasks are done already\n", built_campaign(b), w.state.done,
            w.state.total);
    fflush(stdout);

    /* a reader of our output that goes away must not end the watch over the shim */
    signal(SIGPIPE, SIG_IGN);
    sigset_t signals, before;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, &before);
    int code = spawn(&w);
    if (code == EXIT_OK) {
        int status = watch(&w, &signals);
        show(&w, true);
        erase(&w);
        code = code_of(status);
        summary(&w, code);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    progress_free(w.progress);
    return code;
}

static int
run(const struct options *o)
{
    struct campaign_built b = {0};
    int only = -1, code = campaign_build(o, true, &b);
    if (code == EXIT_OK && o->dry_run) {
        code = o->quiet ? EXIT_OK : run_tell_dry(o, &b.build.site[0]);
    } else if (code == EXIT_OK && o->nonly) {
        code = run_choose(o, &b.build.site[0], &only);
    }
    if (code == EXIT_OK && !o->dry_run)
        code = run_built(o, &b.build.site[0], only);
    if (only >= 0)
        close(only);
    campaign_built_free(&b);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    {OPTION_OUTPUT, "build in PATH/CAMPAIGN/SITE (default: build)"},
    {OPTION_CORES, "use N cores (default: all of this machine)"},
    {OPTION_MEMORY, "use so much memory, e.g. \"12 GB\" (default: 90 % of this machine's)"},
    {OPTION_GPUS, "use N GPUs (default: all that are found)"},
    {OPTION_NO_CONTAINERS, NULL},
    {OPTION_ACCEPT, NULL},
    {OPTION_YES, "do not ask, though much of what is done is done again"},
    {OPTION_DRY_RUN, "write and run nothing, tell what of what is done would stay so"},
    {OPTION_ONLY, "run these tasks and what they need, no others, e.g. \"family=draw v=479028\""},
    {OPTION_TIME,
        "end within this time, e.g. \"2 h\": start only what fits, stop the rest in time"},
};

const struct command command_run = {
    .name = "run",
    .args = "FILE",
    .summary = "build a campaign and run it on this machine",
    .text =
        "Tasks that are done already are not run again, so that a campaign which was stopped goes\n"
        "on when the same command is given again. Ctrl-C lets the running tasks finish; a second\n"
        "one stops them. The exit status is 1 if a task failed, 4 if the run was stopped.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
