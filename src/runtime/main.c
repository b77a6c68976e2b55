#include "config.h"

#include "runtime/check.h"
#include "runtime/run.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { SPARE_FILES = 64 }; /* besides those of the slots */

static const char usage[] =
    "usage: wfl-shim run DIR [OPTION...]\n"
    "       wfl-shim check fits|gzip FILE...\n"
    "       wfl-shim --version | --help\n"
    "\n"
    "run executes the plan DIR/campaign.wflp on this machine; its record is in DIR/state.\n"
    "  --cores N        cores for tasks (default: the plan's, else all)\n"
    "  --memory BYTES   memory for tasks (default: the plan's, else 90 % of the machine's)\n"
    "  --gpus N         GPUs for tasks (default: all that are found)\n"
    "  --time SECONDS   the job ends after so long: start what fits, stop in time\n"
    "  --until EPOCH    the same, in seconds since 1970\n"
    "  --no-containers  run commands without the containers that the plan asks for\n"
    "  --no-verify      trust the record: do not look for the outputs of done tasks first\n"
    "  --verbose        tell of every start and every failure\n"
    "  --quiet          tell nothing that the record tells as well\n"
    "The first INT or TERM lets running tasks finish, the second stops them; USR1 prints a line\n"
    "of status; USR2 says that the job ends soon.\n"
    "Exit code: 0 all tasks are done, 1 some failed or are blocked, 2 usage, 3 cannot start,\n"
    "4 ended before the tasks did, 5 the record cannot be written.\n";

int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* One write a line, so that lines of several programs do not mix. */
static void
say_list(const char *fmt, va_list ap)
{
    static struct buf line;
    buf_reset(&line);
    buf_puts(&line, "wfl-shim: ");
    buf_vprintf(&line, fmt, ap);
    buf_putc(&line, '\n');
    /* nobody listens, or a full disk: the journal tells the same */
    (void)!write(2, line.p, line.n);
}

void
say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_list(fmt, ap);
    va_end(ap);
}

void
tell(const struct run *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!r->quiet)
        say_list(fmt, ap);
    va_end(ap);
}

/* A whole number from `min` to `max`. */
static bool
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *n)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-' || v < min || v > max)
        return false;
    *n = v;
    return true;
}

/* The job's time ends then (now_ms). Tasks are stopped a little before, as long as they may take to
 * end, but a small part of the time only. */
static void
set_end(struct run *r, int64_t end)
{
    int64_t now = now_ms(), left = end > now ? end - now : 0;
    int64_t early = left / 10 < GRACE_MS + 2000 ? left / 10 : GRACE_MS + 2000;
    if (end >= r->end)
        return;
    r->end = end;
    r->stop_at = end - early;
    r->kill_at = end - early / 6;
}

static bool
read_options(int argc, char **argv, struct run *r)
{
    enum { CORES = 256, MEMORY, GPUS, TIME, UNTIL, NO_CONTAINERS, NO_VERIFY, VERBOSE, QUIET };
    const uint64_t far = UINT32_MAX * (uint64_t)16;
    static const struct option option[] = {{"cores", required_argument, NULL, CORES},
        {"memory", required_argument, NULL, MEMORY}, {"gpus", required_argument, NULL, GPUS},
        {"time", required_argument, NULL, TIME}, {"until", required_argument, NULL, UNTIL},
        {"no-containers", no_argument, NULL, NO_CONTAINERS},
        {"no-verify", no_argument, NULL, NO_VERIFY}, {"verbose", no_argument, NULL, VERBOSE}, {"quiet", no_argument, NULL, QUIET}, {0}};
    uint64_t n;
    int c;
    r->verify = true;
    while ((c = getopt_long(argc, argv, "", option, NULL)) != -1) {
        switch (c) {
        case CORES:
            if (!read_number(optarg, 1, 65536, &n)) {
                say("--cores needs a number from 1 to 65536, not '%s'", optarg);
                return false;
            }
            r->cores = (uint32_t)n;
            break;
        case MEMORY:
            if (!read_number(optarg, 1, UINT64_MAX, &r->memory)) {
                say("--memory needs a number of bytes, not '%s'", optarg);
                return false;
            }
            break;
        case GPUS:
            if (!read_number(optarg, 0, 65536, &n)) {
                say("--gpus needs a number from 0 to 65536, not '%s'", optarg);
                return false;
            }
            r->ngpus = (uint32_t)n;
            break;
        case TIME:
            if (!read_number(optarg, 1, far, &n)) {
                say("--time needs a number of seconds, not '%s'", optarg);
                return false;
            }
            set_end(r, now_ms() + (int64_t)n * 1000);
            break;
        case UNTIL:
            if (!read_number(optarg, 1, far, &n)) {
                say("--until needs a time in seconds since 1970, not '%s'", optarg);
                return false;
            }
            set_end(r, now_ms() + (int64_t)n * 1000 - now_us() / 1000);
            break;
        case NO_CONTAINERS:
            r->no_containers = true;
            break;
        case NO_VERIFY:
            r->verify = false;
            break;
        case VERBOSE:
            r->verbose = true;
            break;
        case QUIET:
            r->quiet = true;
            break;
        default:
            return false;
        }
    }
    if (optind != argc - 1)
        return false;
    r->dir = argv[optind];
    return true;
}

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

/* Signals that the loop reads are blocked, and have their default action: an ignored one would
 * never arrive, and children of one who ignores SIGCHLD cannot be waited for. */
static void
set_signals(struct run *r)
{
    static const int number[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    sigset_t block;
    sigemptyset(&block);
    sigemptyset(&r->reset_signals);
    for (size_t i = 0; i < sizeof number / sizeof *number; i++) {
        sigaddset(&block, number[i]);
        sigaddset(&r->reset_signals, number[i]);
        signal(number[i], SIG_DFL);
    }
    sigaddset(&r->reset_signals, SIGPIPE);
    sigaddset(&r->reset_signals, SIGXFSZ);
    sigaddset(&r->reset_signals, SIGQUIT); /* ignored where a shell started us with & */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* the write fails, that is enough */
    sigprocmask(SIG_BLOCK, &block, NULL);
}

static bool
prepare_process(struct run *r)
{
    if (!open_standard()) {
        say("/dev/null cannot be opened: %s", strerror(errno));
        return false;
    }
    /* what we were given besides is not for tasks; before Linux 5.11 one by one */
    if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
        for (int fd = 3; fd < 1024; fd++)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    set_signals(r);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        say("cannot become the parent of what tasks leave behind: %s", strerror(errno));
        return false;
    }
    return true;
}

/* Each slot keeps a spool open. No more than that: tasks inherit the limit, and some programs go
 * through all numbers, or take none above 1024. */
static void
raise_file_limit(uint32_t nslots)
{
    struct rlimit files;
    rlim_t want = (rlim_t)nslots + SPARE_FILES;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= want)
        return;
    files.rlim_cur = want < files.rlim_max ? want : files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files); /* if not, the first spool that cannot be opened tells */
}

static bool
open_plan(struct run *r, const char *path)
{
    struct buf why = {0};
    r->plan = plan_open(path, &why);
    if (!r->plan)
        say("%s", why.p);
    else
        r->eval = plan_eval_new(r->plan);
    buf_free(&why);
    return r->plan != NULL;
}

static bool
open_state(struct run *r)
{
    char absolute[PATH_MAX], holder[128] = "";
    buf_reset(&r->path);
    buf_printf(&r->path, "%s/state", r->dir);
    int err = dir_make(r->path.p);
    if (err || !realpath(r->path.p, absolute)) {
        say("%s cannot be made: %s", r->path.p, strerror(err ? err : errno));
        return false;
    }
    r->state_dir = xstrdup(absolute);
    r->lease = lease_take(r->state_dir, 0, holder, sizeof holder);
    if (r->lease >= 0)
        return true;
    if (errno == EWOULDBLOCK)
        say("%s is being worked on already, by host and process %s", r->dir, holder);
    else
        say("%s/leases: the lease cannot be taken: %s", r->state_dir, strerror(errno));
    return false;
}

/* The lease first: who has it may exchange the plan. But no folder is made where no plan is. */
static bool
open_campaign(struct run *r)
{
    struct buf path = {0};
    buf_printf(&path, "%s/campaign.wflp", r->dir);
    bool ok = access(path.p, R_OK) == 0;
    if (!ok)
        say("%s cannot be read: %s", path.p, strerror(errno));
    ok = ok && open_state(r) && open_plan(r, path.p);
    buf_free(&path);
    return ok;
}

static bool
open_record(struct run *r)
{
    int err;
    if (!resume_record(r))
        return false;
    r->journal = journal_create(r->state_dir, 0, r->plan->head->identity, &err);
    if (!r->journal) {
        say("%s/journal: a new journal cannot be made: %s", r->state_dir, strerror(err));
        return false;
    }
    r->epoch = journal_epoch(r->journal);
    r->log = log_open(r->state_dir, 0, r->epoch, &err);
    if (!r->log) {
        say("%s/logs: a log cannot be made: %s", r->state_dir, strerror(err));
        return false;
    }
    snprintf(r->tag, sizeof r->tag, "e%u", r->epoch);
    plan_eval_tag(r->eval, r->tag);
    return true;
}

static void
make_slots(struct run *r)
{
    /* a task takes a core at least, so no more than these ever run */
    r->nslots = r->cores < r->plan->head->ntasks ? r->cores : r->plan->head->ntasks;
    r->slot = xcalloc(r->nslots, sizeof *r->slot);
    r->tasks = xcalloc(r->nslots, sizeof *r->tasks);
    raise_file_limit(r->nslots);
    for (uint32_t i = 0; i < r->nslots; i++) {
        r->slot[i].spool = -1;
        r->slot[i].deadline = r->slot[i].signal_at = NEVER;
    }
}

static void
close_run(struct run *r)
{
    for (uint32_t i = 0; i < r->nslots; i++) {
        struct slot *s = &r->slot[i];
        if (s->spool >= 0) {
            posix_spawn_file_actions_destroy(&s->actions);
            close(s->spool);
            buf_reset(&r->path);
            slot_spool_path(r, s, &r->path);
            unlink(r->path.p);
        }
        buf_free(&s->note);
        buf_free(&s->before);
        buf_free(&s->members);
    }
    free(r->slot);
    free(r->tasks);
    free(r->nfailed);
    free(r->gpu);
    buf_free(&r->gpu_names);
    spawner_free(r->spawner);
    watch_free(r->watch);
    log_close(r->log);
    journal_close(r->journal);
    sched_free(r->sched);
    plan_eval_free(r->eval);
    plan_close(r->plan);
    if (r->lease >= 0)
        close(r->lease);
    free(r->charged);
    free(r->state_dir);
    buf_free(&r->path);
    buf_free(&r->text);
    buf_free(&r->folder);
}

static int
command_run(int argc, char **argv)
{
    struct run r = {.lease = -1, .stop_reason = REASON_CANCELLED, .ngpus = GPUS_ASK, .end = NEVER,
        .stop_at = NEVER, .kill_at = NEVER};
    if (!read_options(argc, argv, &r)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    int result = EXIT_NO_START;
    if (prepare_process(&r) && open_campaign(&r)) {
        node_ask(&r);
        r.charged = xcalloc(r.plan->head->ntasks, 1);
        r.nfailed = xcalloc(r.plan->nfamilies, sizeof *r.nfailed);
        if (feed_sched(&r) && open_record(&r)) {
            make_slots(&r);
            r.spawner = spawner_new(&r);
            r.watch = watch_new();
            resume_settle(&r);
            result = loop_run(&r);
        }
    }
    close_run(&r);
    return result;
}

int
main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0)
        return command_run(argc - 1, argv + 1);
    if (strcmp(command, "check") == 0)
        return check_main(argc - 1, argv + 1);
    bool version = strcmp(command, "--version") == 0, help = strcmp(command, "--help") == 0;
    if (!version && !help) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    if (version)
        puts("wfl-shim " PACKAGE_VERSION);
    else
        fputs(usage, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
