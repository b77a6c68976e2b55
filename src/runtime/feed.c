#include "config.h"

#include "runtime/shim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

#define DEFAULT_MEMORY 1e9

enum {
    HEAVIER_MOST = 32, /* how often a task may be given more memory */
    ASK_EACH = 256,    /* tasks, between looks for signals */
};

/* --- classes --- */

struct classes {
    struct sched_class *class;
    uint32_t n, cap;
    uint32_t *slot; /* open addressing: class + 1, or 0 */
    uint32_t nslots;
};

static uint64_t
hash_class(const struct sched_class *c)
{
    return hash64(c, sizeof *c, 0); /* it has no padding */
}

static void
grow(struct classes *k)
{
    free(k->slot);
    k->nslots = k->nslots ? k->nslots * 2 : 256;
    k->slot = xcalloc(k->nslots, sizeof *k->slot);
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t at = (uint32_t)hash_class(&k->class[i]) & (k->nslots - 1);
        while (k->slot[at])
            at = (at + 1) & (k->nslots - 1);
        k->slot[at] = i + 1;
    }
}

static uint32_t
class_number(struct classes *k, const struct sched_class *c)
{
    if (k->n * 2 >= k->nslots)
        grow(k);
    uint32_t at = (uint32_t)hash_class(c) & (k->nslots - 1);
    for (; k->slot[at]; at = (at + 1) & (k->nslots - 1)) {
        const struct sched_class *d = &k->class[k->slot[at] - 1];
        if (memcmp(d, c, sizeof *c) == 0)
            return k->slot[at] - 1;
    }
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 64;
        k->class = xrealloc(k->class, k->cap * sizeof *k->class);
    }
    k->class[k->n] = *c;
    k->slot[at] = ++k->n;
    return k->n - 1;
}

/* Rounds up to a number of `bits` significant bits. */
static uint64_t
round_up(uint64_t v, unsigned bits)
{
    unsigned length = v ? 64 - (unsigned)__builtin_clzll(v) : 0;
    if (length <= bits)
        return v;
    uint64_t step = (uint64_t)1 << (length - bits);
    return v > UINT64_MAX - step ? v : (v + step - 1) / step * step;
}

static bool
cost_number(struct shim *r, uint32_t task, struct plan_code code, const char *what, double *v)
{
    if (plan_number(r->eval, task, code, v) && isfinite(*v) && *v >= 0)
        return true;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    say("%s: its %s cannot be computed: %s", r->text.p, what,
        isfinite(*v) && *v >= 0 ? plan_eval_error(r->eval) : "not a number of zero or more");
    return false;
}

static uint64_t
as_bytes(double v)
{
    return v < 1e19 ? (uint64_t)ceil(v) : UINT64_MAX;
}

static uint64_t
add_bytes(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint32_t
as_count(double v)
{
    return v < 4e9 ? (uint32_t)v : UINT32_MAX;
}

/* Memory in its two parts, upwards; but never past the node that it fits on unrounded. */
static void
round_memory(const struct shim *r, unsigned bits, struct sched_class *c)
{
    uint64_t shared = round_up(c->shared, bits), own = round_up(c->memory - c->shared, bits);
    uint64_t sum = add_bytes(shared, own);
    if (c->memory <= r->memory && sum > r->memory)
        return;
    c->memory = sum;
    c->shared = shared;
}

/* The time upwards; but never past the job's, into which it fits unrounded. */
static void
round_time(const struct shim *r, unsigned bits, struct sched_class *c)
{
    uint64_t most = r->end == NEVER ? UINT64_MAX : (uint64_t)r->for_tasks, time = c->time_ms;
    if (time > most) {
        c->time_ms = round_up(time, bits); /* it does not fit then, either */
        return;
    }
    for (; bits < 16; bits += 4) {
        c->time_ms = round_up(time, bits);
        if (c->time_ms <= most - most / 64) /* some of it has passed */
            return;
    }
    c->time_ms = time;
}

/* A task's cost. Rounded where it may differ from task to task, so that a family whose memory is a
 * formula gives few classes. */
static bool
cost_of(struct shim *r, uint32_t task, bool coarse, struct sched_class *c)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    double memory = DEFAULT_MEMORY, shared = 0, cores = 1, gpus = 0, time = 0, priority = 0;
    if (!cost_number(r, task, f->memory, "memory", &memory) ||
        !cost_number(r, task, f->shared, "shared memory", &shared) ||
        !cost_number(r, task, f->cores, "number of cores", &cores) ||
        !cost_number(r, task, f->gpus, "number of GPUs", &gpus) ||
        !cost_number(r, task, f->time, "time", &time))
        return false;
    if (!plan_number(r->eval, task, f->priority, &priority)) {
        buf_reset(&r->text);
        plan_task_label(r->plan, task, &r->text);
        say("%s: its priority cannot be computed: %s", r->text.p, plan_eval_error(r->eval));
        return false;
    }
    *c = (struct sched_class){.cores = cores < 1 ? r->cores : as_count(cores),
        .gpus = as_count(gpus),
        .priority = priority < -1e9  ? -1000000000
                    : priority > 1e9 ? 1000000000
                                     : (int32_t)priority,
        .memory = as_bytes(memory),
        .time_ms = (uint64_t)job_time_ms(time)};
    c->shared = shared < memory ? as_bytes(shared) : c->memory;
    if (!f->constant) {
        round_memory(r, coarse ? 4 : 7, c);
        round_time(r, coarse ? 2 : 5, c);
    }
    if (f->nodes) { /* the whole of it */
        c->cores = r->cores;
        c->gpus = r->ngpus;
        c->memory = c->memory > r->memory ? c->memory : r->memory;
        c->shared = 0;
    }
    return true;
}

/* What a task of this class costs after it ran out of memory: times the factor, capped at the node.
 */
static struct sched_class
heavier(const struct shim *r, double factor, const struct sched_class *c)
{
    struct sched_class h = *c;
    double memory = (double)c->memory * factor, shared = (double)c->shared * factor;
    h.memory = memory < (double)r->memory ? (uint64_t)memory : r->memory;
    h.shared = shared < (double)h.memory ? (uint64_t)shared : h.memory;
    return h;
}

/* The number of class `c` of the family, which is made with all those that follow from it. */
static uint32_t
class_of_family(const struct shim *r, const struct plan_family *f, struct classes *k,
    const struct sched_class *c)
{
    struct sched_class step[HEAVIER_MOST + 1] = {*c};
    uint32_t n = 0;
    while (n < f->retries && n < HEAVIER_MOST && f->retry_memory > 1 && c->memory <= r->memory) {
        step[n + 1] = heavier(r, f->retry_memory, &step[n]);
        if (step[n + 1].memory <= step[n].memory)
            break;
        n++;
    }
    uint32_t number = class_number(k, &step[n]);
    while (n-- > 0) {
        step[n].heavier = number + 1;
        number = class_number(k, &step[n]);
    }
    return number;
}

/* What costs are computed from may be large, or bad, and signals wait for the loop. */
static bool
asked_to_end(struct shim *r)
{
    static const int asks[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t pending;
    if (sigpending(&pending) == 0)
        for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
            if (sigismember(&pending, asks[i])) {
                say("ended by signal %d before any task was started", asks[i]);
                r->refused = EXIT_DRAINED;
                return true;
            }
    return false;
}

/* False: a value cannot be computed, or it shall end, said; or there are too many classes. */
static bool
classify(struct shim *r, bool coarse, struct classes *k, uint16_t *class_of)
{
    const struct plan *p = r->plan;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        uint32_t n = 0;
        for (uint32_t t = 0; t < f->ntasks; t++) {
            struct sched_class c;
            if (t == 0 || !f->constant) {
                if ((t % ASK_EACH == 0 && asked_to_end(r)) ||
                    !cost_of(r, f->first_task + t, coarse, &c))
                    return false;
                n = class_of_family(r, f, k, &c);
                if (k->n > UINT16_MAX + 1u)
                    return false;
            }
            class_of[f->first_task + t] = (uint16_t)n;
        }
    }
    return true;
}

/* --- bundles --- */

/* Bundles by the rows that their tasks agree in. */
struct bundles {
    uint32_t *of; /* of each task */
    uint32_t n;
    uint32_t *first; /* a task of each bundle */
    uint32_t cap;
    uint32_t *slot; /* open addressing: bundle + 1, or 0; of the family at hand */
    uint32_t nslots;
};

/* The rows that decide, packed, and the shard, as a process works on one; returns how many. */
static uint32_t
deciding_rows(const struct plan *p, const struct plan_family *f, uint32_t task, uint32_t *row)
{
    uint32_t n = 0;
    plan_rows(p, task, row);
    for (uint32_t v = 0; v < f->nvars; v++)
        if (f->bundle >> v & 1)
            row[n++] = row[v];
    row[n++] = plan_shard_of(p, task);
    return n;
}

static uint32_t
free_slot(const struct bundles *b, const uint32_t *row, uint32_t n)
{
    return (uint32_t)hash64(row, n * sizeof *row, 0) & (b->nslots - 1);
}

static void
grow_bundles(const struct plan *p, const struct plan_family *f, struct bundles *b,
    uint32_t first_bundle)
{
    uint32_t row[VM_MAX_VARS + 1];
    free(b->slot);
    b->nslots = b->nslots ? b->nslots * 2 : 256;
    b->slot = xcalloc(b->nslots, sizeof *b->slot);
    for (uint32_t i = first_bundle; i < b->n; i++) {
        uint32_t n = deciding_rows(p, f, b->first[i], row), at = free_slot(b, row, n);
        while (b->slot[at])
            at = (at + 1) & (b->nslots - 1);
        b->slot[at] = i + 1;
    }
}

static void
number_bundles(const struct plan *p, const struct plan_family *f, struct bundles *b)
{
    uint32_t row[VM_MAX_VARS + 1], other[VM_MAX_VARS + 1], first_bundle = b->n;
    uint32_t before[VM_MAX_VARS + 1] = {0};
    b->nslots = 0;
    for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++) {
        if ((b->n - first_bundle) * 2 >= b->nslots)
            grow_bundles(p, f, b, first_bundle);
        uint32_t n = deciding_rows(p, f, t, row);
        if (t > f->first_task && memcmp(row, before, n * sizeof *row) == 0) {
            b->of[t] = b->of[t - 1];
            continue;
        }
        memcpy(before, row, n * sizeof *row);
        uint32_t at = free_slot(b, row, n);
        for (; b->slot[at]; at = (at + 1) & (b->nslots - 1)) {
            deciding_rows(p, f, b->first[b->slot[at] - 1], other);
            if (memcmp(row, other, n * sizeof *row) == 0)
                break;
        }
        if (!b->slot[at]) {
            if (b->n == b->cap) {
                b->cap = b->cap ? b->cap * 2 : 256;
                b->first = xrealloc(b->first, b->cap * sizeof *b->first);
            }
            b->first[b->n++] = t;
            b->slot[at] = b->n;
        }
        b->of[t] = b->slot[at] - 1;
    }
}

/* Which tasks may share a process; NULL: none. */
static uint32_t *
list_bundles(const struct plan *p, uint32_t *n)
{
    struct bundles b = {0};
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        if (!p->family[i].bundle)
            continue;
        if (!b.of) {
            b.of = xmalloc(p->head->ntasks * sizeof *b.of);
            memset(b.of, 0xff, p->head->ntasks * sizeof *b.of); /* SCHED_NONE */
        }
        number_bundles(p, &p->family[i], &b);
    }
    free(b.first);
    free(b.slot);
    *n = b.n;
    return b.of;
}

/* --- needs --- */

static struct sched_need *
list_needs(const struct plan *p)
{
    struct sched_need *need = xcalloc(p->nneeds, sizeof *need);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t k = 0; k < f->nneeds; k++) {
            uint32_t n = f->first_need + k;
            need[n] = (struct sched_need){.first_consumer = f->first_task,
                .first_producer = p->family[p->need[n].producer].first_task,
                .of = p->relation[n]};
        }
    }
    return need;
}

static void
add_cost(struct buf *b, uint32_t cores, uint32_t gpus, double bytes)
{
    buf_printf(b, "%u core%s", cores, cores == 1 ? "" : "s");
    if (gpus)
        buf_printf(b, ", %u GPU%s", gpus, gpus == 1 ? "" : "s");
    buf_puts(b, " and ");
    if (bytes < 1e6)
        buf_printf(b, "%.0f bytes", bytes);
    else
        buf_printf(b, "%.4g %s", bytes / (bytes < 1e9 ? 1e6 : 1e9), bytes < 1e9 ? "MB" : "GB");
}

static void
say_refused(struct shim *r, uint32_t task, const struct sched_class *c)
{
    /* as it was asked for, not as it was rounded */
    double memory = DEFAULT_MEMORY;
    if (!cost_number(r, task, r->plan->family[plan_family_of(r->plan, task)].memory, "memory",
            &memory))
        return;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    buf_puts(&r->text, " needs ");
    add_cost(&r->text, c->cores, c->gpus, memory);
    buf_puts(&r->text, " of memory; this node has ");
    add_cost(&r->text, r->cores, r->ngpus, (double)r->memory);
    say("%s for tasks%s", r->text.p,
        c->gpus > r->ngpus ? " (--gpus says how many GPUs it has)" : "");
}

/* What this machine cannot do for whole families. */
static bool
families_can_run(const struct shim *r)
{
    const struct plan *p = r->plan;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        const struct plan_place *at = &p->place[PLACE_FAMILY][i];
        if (f->nodes > 1) {
            say("%s:%u: %s needs %u whole nodes for each task, and this run has one; run it on a "
                "site that has them",
                plan_place_name(p, PLACE_FAMILY, i), at->line, plan_string(p, f->name), f->nodes);
            return false;
        }
        const struct plan_container *c = f->container ? &p->container[f->container - 1] : NULL;
        if (c && !r->no_containers && c->runtime == PLAN_RUNTIME_UNDECIDED) {
            say("%s:%u: %s runs in the container %s (%s), and containers are not started here; "
                "run it on a site whose profile has them, or with --no-containers to run the "
                "commands directly",
                plan_place_name(p, PLACE_FAMILY, i), at->line, plan_string(p, f->name),
                plan_string(p, c->name), plan_string(p, c->image));
            return false;
        }
        if (c && (r->no_containers || c->runtime == PLAN_RUNTIME_DIRECT))
            say("%s runs without its container %s: image and folders are ignored",
                plan_string(p, f->name), plan_string(p, c->name));
    }
    return true;
}

bool
feed_sched(struct shim *r)
{
    const struct plan *p = r->plan;
    struct classes k = {0};
    if (!families_can_run(r))
        return false;
    uint16_t *class_of = xcalloc(p->head->ntasks, sizeof *class_of);
    bool ok = classify(r, false, &k, class_of);
    if (!ok && k.n > UINT16_MAX + 1u) {
        k.n = 0;
        grow(&k);
        ok = classify(r, true, &k, class_of);
        if (!ok && k.n > UINT16_MAX + 1u)
            say("the tasks differ too much in memory, cores and time");
    }
    if (!ok) {
        free(class_of);
        free(k.class);
        free(k.slot);
        return false;
    }
    struct sched_need *need = list_needs(p);
    struct sched_config c = {.cores = r->cores,
        .memory = r->memory,
        .gpus = r->ngpus,
        .ntasks = p->head->ntasks,
        .nclasses = k.n,
        .class = k.class,
        .class_of = class_of,
        .nneeds = p->nneeds,
        .need = need};
    c.bundle_of = list_bundles(p, &c.nbundles);
    uint32_t refused = 0;
    r->sched = sched_new(&c, &refused);
    if (!r->sched) {
        struct sched_class cost;
        if (cost_of(r, refused, false, &cost))
            say_refused(r, refused, &cost);
    }
    free(need);
    free(k.class);
    free(k.slot);
    return r->sched != NULL;
}
