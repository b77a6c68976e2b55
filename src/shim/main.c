/* wfl-shim: the command line, what must be there before the first task starts, and the end. */
#include "config.h"

#include "node/keeper.h"
#include "node/prepare.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "shim/before.h"
#include "shim/idle.h"
#include "shim/loop.h"
#include "shim/node.h"
#include "hooks/hooks.h"
#include "shim/hooking.h"
#include "shim/obey.h"
#include "shim/turn.h"
#include "verify/whole.h"

#include "journal/paths.h"
#include "plan/only.h"
#include "util/file.h"
#include "util/rlimits.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 2000 /* with journals that cannot be read or made */
#define GRACE_S 300
#define BUILD_MS 600000 /* how long a node waits for whoever builds */

static const char usage[] =
    "usage: wfl-shim run DIR [OPTION...]\n"
    "       wfl-shim node DIR --nodes N --rank-var NAME --size-var NAME [OPTION...]\n"
    "       wfl-shim check fits|gzip FILE...\n"
    "       wfl-shim --version | --help\n"
    "\n"
    "run executes the plan DIR/campaign.wflp on this machine; its record is in DIR/state.\n"
    "node does so on one node of a job: it works on shards of the plan that nobody has, together\n"
    "with other nodes and other jobs, and is started again when it crashes.\n"
    "  --cores N        cores for tasks (default: the plan's, else all)\n"
    "  --memory BYTES   memory for tasks (default: the plan's, else 90 % of the machine's)\n"
    "  --gpus N         GPUs for tasks, of those that are visible (default: all that are found)\n"
    "  --time SECONDS   the job ends after so long: start what fits, stop in time\n"
    "  --until EPOCH    the same, in seconds since 1970\n"
    "  --finish-by SECONDS  all has ended so long before that time (default: some seconds)\n"
    "  --stop-starting SECONDS  tasks of unknown time do not start so long before that time\n"
    "  --grace SECONDS  a job that is told to end is killed so long after that (default: 300)\n"
    "  --address-space BYTES  the limit of each process of a task\n"
    "  --sync first|later|never  when outputs are put on the disk: before their task is done\n"
    "                   (default), in the background, or when the system likes to\n"
    "  --local DIR      folder of the node for copies of images (default: the plan's)\n"
    "  --no-containers  run commands without the containers that the plan asks for\n"
    "  --only           run only the tasks that standard input lists, as wflc run --only does\n"
    "  --no-verify      trust the record: do not look for the outputs of done tasks first\n"
    "  --verbose        tell of every start and every failure\n"
    "  --quiet          tell nothing that the record tells as well\n"
    "These are for node; the first three are needed:\n"
    "  --nodes N        nodes of the job; refused if the job has another number of them\n"
    "  --rank-var NAME  the variable of the environment with this node's number, from 0\n"
    "  --size-var NAME  the one with the number of nodes\n"
    "  --node-var NAME  the one with this node's name, if the scheduler's differs from its host's\n"
    "  --job ID         the job's id, for people\n"
    "  --node NAME      the node's name in the record (default: its host's)\n"
    "  --expiry SECONDS a node that gives no sign of life for so long is dead (default: 300)\n"
    "  --idle SECONDS   how long to wait for other nodes' results (default: 600)\n"
    "The first INT or TERM lets running tasks finish, the second stops them; USR1 prints a line\n"
    "of status; USR2 says that the job ends soon.\n"
    "Exit code: 0 all tasks are done, 1 some failed or are blocked, 2 usage, 3 cannot start,\n"
    "4 ended before the tasks did, 5 the record cannot be written,\n"
    "6 taken for dead: others have its tasks (run). A node ends with 0, too, when others work on "
    "what\n"
    "is left.\n";

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

/* The job is over then (now_ms). */
static void
set_end(struct shim *r, int64_t over, int64_t finish_by_s, int64_t stop_starting_s)
{
    int64_t now = now_ms();
    struct job_time t = job_time(now, over, finish_by_s, stop_starting_s);
    r->time.end = t.end;
    r->time.stop_at = t.stop;
    r->time.kill_at = t.kill;
    r->time.cautious_at = t.cautious;
    r->time.over = over;
    r->time.for_tasks = t.stop > now ? t.stop - now : 0;
}

/* Names, and the least and the most, of options that are numbers. */
struct number_option {
    const char *name, *unit;
    uint64_t min, max;
};

static bool
read_option_number(const struct number_option *o, uint64_t *n)
{
    if (read_number(optarg, o->min, o->max, n))
        return true;
    if (o->max == UINT64_MAX)
        say("--%s needs a number of %s, not '%s'", o->name, o->unit, optarg);
    else
        say("--%s needs a number%s%s from %llu to %llu, not '%s'", o->name, *o->unit ? " of " : "",
            o->unit, (unsigned long long)o->min, (unsigned long long)o->max, optarg);
    return false;
}

static bool
read_sync(struct shim *r)
{
    r->opt.sync = (int)plan_sync_named(optarg);
    if (r->opt.sync < PLAN_NSYNCS)
        return true;
    say("--sync needs first, later, or never, not '%s'", optarg);
    return false;
}

static bool
read_options(int argc, char **argv, struct shim *r)
{
    enum {
        CORES = 256,
        MEMORY,
        GPUS,
        TIME,
        UNTIL,
        FINISH_BY,
        NODES,
        EXPIRY,
        IDLE,
        STOP_STARTING,
        ADDRESS_SPACE,
        GRACE,
        NNUMBERS
    };
    enum {
        RANK_VAR = NNUMBERS,
        SIZE_VAR,
        NODE_VAR,
        JOB,
        NODE,
        LOCAL,
        SYNC,
        NO_CONTAINERS,
        NO_VERIFY,
        ONLY,
        VERBOSE,
        QUIET
    };
    const uint64_t far = UINT32_MAX * (uint64_t)16;
    const struct number_option number[] = {{"cores", "", 1, PLAN_MOST_CORES},
        {"memory", "bytes", 1, UINT64_MAX}, {"gpus", "", 0, PLAN_MOST_GPUS},
        {"time", "seconds", 1, far}, {"until", "seconds since 1970", 1, far},
        {"finish-by", "seconds", 0, 86400}, {"nodes", "", 1, 1000000},
        {"expiry", "seconds", 2, 86400}, {"idle", "seconds", 0, 86400},
        {"stop-starting", "seconds", 0, 864000}, {"address-space", "bytes", 1, UINT64_MAX},
        {"grace", "seconds", 0, 86400}};
    static const struct option option[] = {{"cores", required_argument, NULL, CORES},
        {"memory", required_argument, NULL, MEMORY}, {"gpus", required_argument, NULL, GPUS},
        {"time", required_argument, NULL, TIME}, {"until", required_argument, NULL, UNTIL},
        {"finish-by", required_argument, NULL, FINISH_BY},
        {"nodes", required_argument, NULL, NODES}, {"expiry", required_argument, NULL, EXPIRY},
        {"idle", required_argument, NULL, IDLE},
        {"stop-starting", required_argument, NULL, STOP_STARTING},
        {"address-space", required_argument, NULL, ADDRESS_SPACE},
        {"grace", required_argument, NULL, GRACE}, {"rank-var", required_argument, NULL, RANK_VAR},
        {"size-var", required_argument, NULL, SIZE_VAR},
        {"node-var", required_argument, NULL, NODE_VAR}, {"job", required_argument, NULL, JOB},
        {"node", required_argument, NULL, NODE}, {"local", required_argument, NULL, LOCAL},
        {"sync", required_argument, NULL, SYNC},
        {"no-containers", no_argument, NULL, NO_CONTAINERS},
        {"no-verify", no_argument, NULL, NO_VERIFY}, {"only", no_argument, NULL, ONLY},
        {"verbose", no_argument, NULL, VERBOSE}, {"quiet", no_argument, NULL, QUIET}, {0}};
    uint64_t n = 0, finish_by = 0, stop_starting = 0;
    int64_t end = NEVER;
    int c, at_option = 0;
    r->opt.verify = true;
    r->opt.expiry_s = LEASE_SECONDS;
    r->opt.idle_s = 2 * LEASE_SECONDS;
    r->opt.grace_s = GRACE_S;
    while ((c = getopt_long(argc, argv, "", option, &at_option)) != -1) {
        bool of_job = c == NODES || c == EXPIRY || c == IDLE || (c >= RANK_VAR && c <= NODE);
        if (of_job && !r->opt.batch) {
            say("--%s is for 'node'; 'run' has this machine alone", option[at_option].name);
            return false;
        }
        if (c >= CORES && c < NNUMBERS && !read_option_number(&number[c - CORES], &n))
            return false;
        int64_t at = NEVER;
        switch (c) {
        case CORES:
            r->node.cores = (uint32_t)n;
            break;
        case MEMORY:
            r->node.memory = n;
            break;
        case GPUS:
            r->node.gpus.n = (uint32_t)n;
            break;
        case TIME:
            at = now_ms() + (int64_t)n * 1000;
            break;
        case UNTIL:
            at = now_ms() + (int64_t)n * 1000 - now_us() / 1000;
            break;
        case FINISH_BY:
            finish_by = n;
            break;
        case NODES:
            r->opt.nnodes = (uint32_t)n;
            break;
        case EXPIRY:
            r->opt.expiry_s = (uint32_t)n;
            break;
        case IDLE:
            r->opt.idle_s = (uint32_t)n;
            break;
        case STOP_STARTING:
            stop_starting = n;
            break;
        case ADDRESS_SPACE:
            r->opt.address_space = n;
            break;
        case GRACE:
            r->opt.grace_s = (uint32_t)n;
            break;
        case RANK_VAR:
            r->opt.rank_var = optarg;
            break;
        case SIZE_VAR:
            r->opt.size_var = optarg;
            break;
        case NODE_VAR:
            r->opt.node_var = optarg;
            break;
        case JOB:
            r->opt.job = optarg;
            break;
        case NODE:
            r->opt.node = optarg;
            break;
        case LOCAL:
            r->opt.local = optarg;
            break;
        case SYNC:
            if (!read_sync(r))
                return false;
            break;
        case NO_CONTAINERS:
            r->opt.no_containers = true;
            break;
        case NO_VERIFY:
            r->opt.verify = false;
            break;
        case ONLY: /* standard input is not what it was when that is read */
            r->opt.lists_only = true;
            r->opt.list = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
            break;
        case VERBOSE:
            r->opt.verbose = true;
            break;
        case QUIET:
            r->opt.quiet = true;
            break;
        default:
            return false;
        }
        end = at < end ? at : end;
    }
    if (r->opt.lists_only && r->opt.batch) {
        say("--only is for 'run'; nodes share all of a plan");
        return false;
    }
    if (optind != argc - 1) {
        say(optind == argc ? "the folder of the plan is missing"
                           : "one folder is wanted, not several");
        return false;
    }
    if (r->opt.batch && !(r->opt.nnodes && r->opt.rank_var && r->opt.size_var)) {
        say("--%s is missing: %s",
            !r->opt.nnodes     ? "nodes"
            : !r->opt.size_var ? "size-var"
                               : "rank-var",
            !r->opt.nnodes ? "how many nodes the job has"
                           : "it names the variable in which the launcher tells it");
        return false;
    }
    if (end != NEVER)
        set_end(r, end, (int64_t)finish_by, (int64_t)stop_starting);
    r->opt.dir = argv[optind];
    return true;
}

/* --- this node among those of the job --- */

/* A number of the environment; a launcher that does not set it would make every node the first. */
static bool
read_variable(const char *option, const char *name, uint64_t max, uint32_t *n)
{
    uint64_t v;
    const char *text = getenv(name);
    if (text && read_number(text, 0, max, &v)) {
        *n = (uint32_t)v;
        return true;
    }
    if (!text)
        say("the variable %s (%s) is not set: was this started by the launcher of the job?", name,
            option);
    else
        say("the variable %s (%s) holds '%s', which is no number up to %llu", name, option, text,
            (unsigned long long)max);
    return false;
}

static bool
find_place(struct shim *r)
{
    uint32_t size;
    const char *name = r->opt.node_var ? getenv(r->opt.node_var) : NULL;
    if (!r->opt.node && name && *name)
        r->opt.node = name;
    if (!read_variable("--size-var", r->opt.size_var, 1000000, &size) ||
        !read_variable("--rank-var", r->opt.rank_var, 1000000, &r->opt.rank))
        return false;
    if (size != r->opt.nnodes) {
        say("the launcher started %u shims (%s) on a job of %u nodes; there must be one a node",
            size, r->opt.size_var, r->opt.nnodes);
        return false;
    }
    if (r->opt.rank >= size) {
        say("this is node %u (%s) of %u (%s), which cannot be", r->opt.rank, r->opt.rank_var, size,
            r->opt.size_var);
        return false;
    }
    return true;
}

static bool
read_only(struct shim *r)
{
    if (!r->opt.lists_only)
        return true;
    r->opt.only = only_read(r->opt.list, r->plan);
    close(r->opt.list);
    if (!r->opt.only)
        say("--only: standard input is no list of this plan's tasks; wflc run --only makes one");
    return r->opt.only != NULL;
}

static bool
open_plan(struct shim *r, const char *path)
{
    struct buf why = {0};
    r->plan = plan_open(path, &why);
    if (r->plan) {
        plan_umask(r->plan);
        r->eval = plan_eval_new(r->plan);
    } else {
        say("%s", why.p);
    }
    buf_free(&why);
    return r->plan && read_only(r);
}

/* Waits until it is known whether a holder is alive, who has what we need; says so if it is, or if
 * we cannot wait. `what`, for people, ends with what it does there. */
static bool
await_death(struct shim *r, const char *holder, const char *what)
{
    struct lease_wait w = {.what = r->opt.dir, .tell = say};
    struct buf who = {0};
    int64_t left = r->time.stop_at == NEVER ? 0 : r->time.stop_at - now_ms();
    w.most_ms = r->time.stop_at != NEVER && left < 1 ? 1 : left;
    enum lease_life life = lease_wait(r->lease, holder, &w);
    lease_words(holder, &w.seen, &who);
    r->leave.refused = EXIT_NO_START;
    if (w.signal || (w.most_ms && r->time.stop_at <= now_ms())) {
        say("%s; nothing was started",
            w.signal ? "told to end while waiting" : "the job has no time left");
        r->leave.refused = EXIT_DRAINED;
    } else if (life == LEASE_HELD) {
        say("%s is being %s by %s; wait for it, or stop it", r->opt.dir, what, who.p);
    } else if (life != LEASE_DEAD) {
        say("%s: whether %s is alive cannot be told; nothing was started. If it is not, remove "
            "%s/" STATE_LEASES "/%s",
            r->opt.dir, who.p, r->state_dir, holder);
    }
    buf_free(&who);
    return life == LEASE_DEAD;
}

/* Waits a moment outside the loop, and shows that we live. False: a signal wants us to end, or the
 * job does. */
static bool
pause_shim(void *arg)
{
    struct shim *r = arg;
    sigset_t pending;
    int64_t now = now_ms();
    nanosleep(&(struct timespec){0, 20000000}, NULL);
    if (now >= r->beat_at) {
        lease_beat(r->lease); /* that it is gone, the loop finds */
        r->beat_at = now + (int64_t)r->opt.expiry_s * 1000 / LEASE_BEATS;
    }
    sigpending(&pending); /* the loop takes them */
    return now < r->time.stop_at && !sigismember(&pending, SIGTERM) &&
           !sigismember(&pending, SIGINT);
}

/* A node waits for whoever builds, if that does not take long; he need not wait for it. */
static bool
outlast(struct shim *r, int64_t until)
{
    turn_begins(r);
    for (int i = 0; i < 10; i++)
        if (!r->opt.batch || now_ms() > until || !pause_shim(r))
            return false;
    return true;
}

static bool
await_builder(struct shim *r)
{
    char holder[HOLDER_SIZE];
    int64_t until = now_ms() + BUILD_MS;
    for (;;) {
        int err = lease_other(r->lease, LEASE_BUILDER, holder, sizeof holder);
        if (err)
            say("%s/" STATE_LEASES " cannot be listed: %s", r->state_dir, strerror(err));
        if (err || !*holder)
            return !err;
        if (!outlast(r, until) && !await_death(r, holder, "built just now"))
            return false;
    }
}

static bool
open_state(struct shim *r)
{
    char absolute[PATH_MAX];
    buf_reset(&r->path);
    buf_printf(&r->path, "%s/" BUILD_STATE, r->opt.dir);
    int err = dir_make(r->path.p);
    if (err || !realpath(r->path.p, absolute)) {
        say("%s cannot be made: %s", r->path.p, strerror(err ? err : errno));
        return false;
    }
    r->state_dir = xstrdup(absolute);
    r->lease = lease_open_after(r->state_dir, r->opt.node, r->opt.job, r->opt.expiry_s,
        r->leave.orders, &err);
    if (!r->lease) {
        say("%s/" STATE_LEASES ": a lease cannot be made: %s", r->state_dir, strerror(err));
        return false;
    }
    bool settled;
    do
        if (!await_builder(r) || !turn_settle(r, &settled))
            return false;
    while (!settled && pause_shim(r));
    return settled;
}

/* The lease first: who has it may exchange the plan. But no folder is made where no plan is. */
static bool
open_campaign(struct shim *r)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, r->opt.dir);
    bool ok = access(path.p, R_OK) == 0;
    if (!ok)
        say("%s cannot be read: %s", path.p, strerror(errno));
    ok = ok && open_state(r) && open_plan(r, path.p) && before_open(r);
    buf_free(&path);
    return ok;
}

/* On this machine alone everything is ours; if another one is at work already, that is a mistake.
 */
static bool
take_all(struct shim *r)
{
    char busy[HOLDER_SIZE];
    int64_t patience = now_ms() + PATIENCE_MS;
    while (!shards_take_all(r, busy)) {
        if (*busy) {
            if (!await_death(r, busy, "worked on already"))
                return false;
            patience = now_ms() + PATIENCE_MS;
            continue;
        }
        if (now_ms() > patience) {
            say("%s: not all of it can be taken; nothing was started", r->opt.dir);
            return false;
        }
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    return true;
}

static bool
open_record(struct shim *r)
{
    r->log = log_open(r->state_dir, lease_holder(r->lease));
    return resume_open(r) && shards_open(r) && (r->opt.batch || take_all(r));
}

/* Of a shim that took nothing no record speaks: its log, which is empty, goes, and its name is
 * free. */
static void
drop_log(struct shim *r)
{
    struct stat st;
    if (!r->lease || shards_sum(r).took)
        return;
    buf_reset(&r->path);
    state_log_path(&r->path, r->state_dir, lease_holder(r->lease));
    if (stat(r->path.p, &st) == 0 && st.st_size == 0)
        unlink(r->path.p);
}

static void
close_run(struct shim *r)
{
    slots_close(r);
    release_close(r);
    free(r->known.largest);
    free(r->known.owned);
    free(r->known.aside);
    free(r->known.found);
    free(r->opt.only);
    buf_free(&r->trouble.full);
    gpus_free(&r->node.gpus);
    places_free(r->node.places);
    spawner_free(r->spawner);
    use_free(r->use);
    container_close(r->containers);
    ratios_free(&r->peaks.ratios);
    memory_free(r->samples);
    strays_free(r->strays);
    safe_close(r);
    log_close(r->log);
    drop_log(r);
    shards_free(r);
    resume_close(r);
    given_up_free(r->given_up);
    learned_close(r);
    late_close(r);
    elsewhere_close(r);
    alone_close(r);
    blame_close(r);
    sched_free(r->sched);
    classes_free(&r->classes);
    obey_close(r);
    turn_close(r);
    before_close(r);
    plan_eval_free(r->eval);
    plan_close(r->plan);
    lease_close(r->lease);
    free(r->known.charged);
    free(r->state_dir);
    buf_free(&r->path);
    buf_free(&r->text);
    buf_free(&r->known.folder);
    buf_free(&r->lists.spool);
}

/* What tasks would die of without a word. */
static void
tell_limits(const struct shim *r)
{
    struct buf text = {0};
    uint64_t memory = r->opt.address_space ? 0 : r->node.memory;
    if (r->opt.rank == 0 && rlimits_list(memory, false, &text))
        say("each process here, and so each of a task, has limits: %s", text.p);
    buf_free(&text);
}

/* After node_ask and before feed_sched, as copies of images may take memory. */
static bool
open_containers(struct shim *r)
{
    const struct plan *p = r->plan;
    bool any = false;
    for (uint32_t i = 0; i < p->ncontainers; i++)
        any |= p->container[i].runtime > PLAN_RUNTIME_DIRECT;
    if (!any || r->opt.no_containers)
        return true;
    r->containers = xcalloc(1, sizeof *r->containers);
    *r->containers = (struct containers){.plan = p,
        .dir = r->opt.dir,
        .state_dir = r->state_dir,
        .local = r->opt.local,
        .reset_signals = &r->reset_signals,
        .memory = &r->node.memory,
        .quiet = r->opt.quiet,
        .pause = pause_shim,
        .arg = r};
    return container_open(r->containers);
}

static int
run_shim(void *arg)
{
    struct shim *r = arg;
    int result = -1;
    r->leave.refused = EXIT_NO_START;
    r->leave.keeper = getppid();
    if (prepare_process(r->opt.batch, &r->reset_signals) && open_campaign(r)) {
        r->strays = strays_new(r->state_dir, lease_holder(r->lease), &r->slots.groups);
        node_ask(r);
        idle_open(r);
        tell_limits(r);
        learned_open(r);
        prepare_address_space(r->opt.address_space);
        r->known.charged = xcalloc(r->plan->head->ntasks, 1);
        elsewhere_open(r);
        alone_open(r);
        r->known.largest = xcalloc(r->plan->nfamilies, sizeof *r->known.largest);
        r->known.owned = xcalloc(r->plan->head->ntasks / 8 + 1, 1);
        r->known.aside = xcalloc(r->plan->head->ntasks, 1);
        r->known.found = xcalloc(r->plan->head->ntasks, 1);
        late_open(r);
        r->given_up = given_up_new(&(struct given_up_of){.plan = r->plan,
            .state_dir = r->state_dir,
            .holder = lease_holder(r->lease),
            .dir = r->opt.dir,
            .batch = r->opt.batch,
            .tell = hooks_armed(r->plan, r->state_dir, PLAN_WHEN_FAILED),
            .draining = &r->leave.draining});
        if (given_up_before(r->given_up)) {
            result = EXIT_SOME_FAILED;
        } else if (turn_open(r), !obey_open(r)) {
            result = r->opt.batch ? EXIT_ALL_DONE : EXIT_NO_START;
        } else if (!blame_open(r)) {
            result = EXIT_ALL_DONE;
        } else if (open_containers(r) && node_runs_families(r) && feed_sched(r)) {
            release_open(r);
            slots_open(r);
            r->spawner = spawner_new(r);
            peaks_open(r);
            r->samples = memory_new(&r->slots.groups, r->strays);
            safe_open(r);
            if (open_record(r)) {
                resume_told(r);
                hooking_open(r);
                result = loop_run(r);
            }
        }
    }
    struct hooking_last last = hooking_close(r, result);
    close_run(r);
    hooking_last(&last);
    return result < 0 ? r->leave.refused : result;
}

static int
command_run(int argc, char **argv)
{
    struct shim r = {.opt.sync = -1,
        .node.gpus.n = GPUS_ASK,
        .time = {.end = NEVER, .stop_at = NEVER, .kill_at = NEVER, .cautious_at = NEVER},
        .leave = {.reason = REASON_CANCELLED, .asked_at = NEVER}};
    r.opt.batch = strcmp(argv[0], "node") == 0;
    if (!read_options(argc, argv, &r)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    obey_before(&r);
    if (r.opt.batch)
        return find_place(&r) ? keeper_run(run_shim, &r, &r.leave.warned, &r.node.handovers)
                              : EXIT_NO_START;
    r.opt.nnodes = 1;
    return run_shim(&r);
}

int
main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "run") == 0 || strcmp(command, "node") == 0)
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
