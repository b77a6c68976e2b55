/* From what tasks cost to classes and bundles. */
#include "config.h"

#include "cost/classes.h"

#include "cost/bundles.h"
#include "sched/job_time.h"

#include <math.h>
#include <stdlib.h>

enum {
    HEAVIER_MOST = 32, /* how often a task may be given more memory */
    STOP_EACH = 256,   /* tasks, between questions whether to stop */
    PIECE = 4096,      /* tasks at a time */
    TRIED = 64,        /* of a family */
    SPARED = 1024,     /* the last numbers: for what no other class can stand in for */
    LARGER_BITS = 3,   /* of memory that is left by rounding up, for a single task */
};

#define OTHER_KIND ((int64_t)1 << 32) /* further away than any priority */

/* Significant bits that are left, as long as there are less classes than that. Priorities are
 * rounded last, towards 0, so that the order of those that are stays. */
static const struct rounding {
    uint32_t below;
    unsigned memory, time, priority;
} rounding[] = {
    {SCHED_MOST_CLASSES / 2, 7, 5, 32},
    {SCHED_MOST_CLASSES / 8 * 7, 4, 2, 32},
    {UINT32_MAX, 4, 2, 5},
};

enum { VARIES_MEMORY = 1, VARIES_TIME = 2 };

static uint8_t
what_varies(const struct plan *p, const struct plan_family *f)
{
    bool memory = plan_varies(p, f->memory) || plan_varies(p, f->shared);
    return (uint8_t)((memory ? VARIES_MEMORY : 0) | (plan_varies(p, f->time) ? VARIES_TIME : 0));
}

void
classes_init(struct classes *k, const struct plan *p, struct plan_eval *e,
    const struct node_room *room, int64_t most_ms, bool (*stop)(void *arg), void *arg)
{
    *k = (struct classes){.plan = p,
        .eval = e,
        .room = *room,
        .most_ms = (uint64_t)most_ms,
        .stop = stop,
        .stop_arg = arg};
    map64_init(&k->known, 0, 64);
    map64_init(&k->bundles, 0, 64);
    k->stage = xcalloc(p->nfamilies + 1, sizeof *k->stage);
    k->varies = xcalloc(p->nfamilies + 1, sizeof *k->varies);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        k->varies[i] = what_varies(p, &p->family[i]);
    for (uint32_t i = 0; i < p->nfamilies; i++) /* producers come before their consumers */
        for (uint32_t n = 0; n < p->family[i].nneeds; n++) {
            uint32_t stage = k->stage[p->need[p->family[i].first_need + n].producer] + 1;
            k->stage[i] = stage > k->stage[i] ? stage : k->stage[i];
        }
}

void
classes_free(struct classes *k)
{
    map64_free(&k->known);
    map64_free(&k->bundles);
    free(k->class);
    free(k->kind);
    free(k->stage);
    free(k->varies);
    free(k->task);
    *k = (struct classes){0};
}

/* --- one class --- */

/* Does a retry of class `d` get as much memory as one of `c`, or all there is? */
static bool
covers_retries(const struct classes *k, const struct sched_class *d, const struct sched_class *c)
{
    return !c->heavier || d->memory >= k->room.memory ||
           (d->heavier && k->class[d->heavier - 1].memory >= k->class[c->heavier - 1].memory);
}

/* Does class `d` do for tasks of `c`: has it the same cores and GPUs, which tasks are told, and as
 * much or more of memory and time? But not so much time that they would not start, as with
 * round_time. */
static bool
covers(const struct classes *k, const struct sched_class *d, const struct sched_class *c)
{
    return d->cores == c->cores && d->gpus == c->gpus && d->memory >= c->memory &&
           d->memory - d->shared >= c->memory - c->shared && covers_retries(k, d, c) &&
           (d->time_ms == c->time_ms ||
               (c->time_ms && d->time_ms > c->time_ms &&
                   (c->time_ms > k->most_ms || d->time_ms <= k->most_ms - k->most_ms / 64)));
}

static bool
same_kind(struct class_kind a, struct class_kind b)
{
    return a.family == b.family && a.key == b.key && a.begun == b.begun;
}

/* Of those that cover class `c` one of its kind, of these the one of the nearest priority, and of
 * these the one of least memory; as long as numbers are left, none that costs twice as much.
 * SCHED_NONE: there is none. */
static uint32_t
stand_in(const struct classes *k, const struct sched_class *c, struct class_kind kind)
{
    uint32_t best = SCHED_NONE;
    int64_t nearest = INT64_MAX;
    for (uint32_t i = 0; i < k->n; i++) {
        const struct sched_class *d = &k->class[i];
        int64_t far = llabs((int64_t)d->priority - c->priority);
        far += same_kind(k->kind[i], kind) ? 0 : OTHER_KIND;
        bool dear = d->memory / 2 > c->memory || d->time_ms / 2 > c->time_ms;
        if (far > nearest || !covers(k, d, c) || (dear && k->n < SCHED_MOST_CLASSES) ||
            (far == nearest && d->memory >= k->class[best].memory))
            continue;
        best = i;
        nearest = far;
    }
    return best;
}

/* SCHED_NONE: all numbers are used, and no other class does. */
static uint32_t
class_number(struct classes *k, const struct sched_class *c, struct class_kind kind)
{
    uint64_t key = hash64(c, sizeof *c, hash64(&kind, sizeof kind, 0)); /* no padding */
    bool found;
    uint32_t number = map64_find(&k->known, key);
    if (number != SCHED_NONE)
        return number;
    if (k->n >= SCHED_MOST_CLASSES - SPARED)
        number = stand_in(k, c, kind);
    if (number != SCHED_NONE)
        return map64_add(&k->known, key, number, &found);
    if (k->n == SCHED_MOST_CLASSES)
        return SCHED_NONE;
    if (!(k->n & (k->n - 1))) {
        uint32_t cap = k->n ? k->n * 2 : 1;
        k->class = xrealloc(k->class, cap * sizeof *k->class);
        k->kind = xrealloc(k->kind, cap * sizeof *k->kind);
    }
    k->class[k->n] = *c;
    k->kind[k->n] = kind;
    return map64_add(&k->known, key, k->n++, &found);
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

/* Memory in its two parts, upwards; but never past the node that it fits on unrounded. */
static void
round_memory(const struct classes *k, unsigned bits, struct sched_class *c)
{
    uint64_t shared = round_up(c->shared, bits), own = round_up(c->memory - c->shared, bits);
    uint64_t sum = shared > UINT64_MAX - own ? UINT64_MAX : shared + own;
    if (c->memory <= k->room.memory && sum > k->room.memory)
        return;
    c->memory = sum;
    c->shared = shared;
}

/* The time upwards; but never past the job's, into which it fits unrounded. */
static void
round_time(const struct classes *k, unsigned bits, struct sched_class *c)
{
    uint64_t time = c->time_ms;
    if (time > k->most_ms) {
        c->time_ms = round_up(time, bits); /* it does not fit then, either */
        return;
    }
    for (; bits < 16; bits += 4) {
        c->time_ms = round_up(time, bits);
        if (c->time_ms <= k->most_ms - k->most_ms / 64) /* some of it has passed */
            return;
    }
    c->time_ms = time;
}

static int32_t
round_priority(int32_t priority, unsigned bits)
{
    unsigned size = (unsigned)abs(priority);
    unsigned length = size ? 32 - (unsigned)__builtin_clz(size) : 0;
    int32_t step = length > bits ? (int32_t)1 << (length - bits) : 1;
    return priority / step * step;
}

static uint64_t
as_bytes(double v)
{
    return v < 1e19 ? (uint64_t)ceil(v) : UINT64_MAX;
}

static uint32_t
as_count(double v)
{
    return v < 4e9 ? (uint32_t)v : UINT32_MAX;
}

static struct sched_class
make_class(const struct classes *k, const struct plan_family *f, const struct cost *cost)
{
    struct sched_class c = {.cores = cost->cores < 1 ? k->room.cores : as_count(cost->cores),
        .gpus = as_count(cost->gpus),
        .priority = (int32_t)fmax(-1e9, fmin(1e9, cost->priority)),
        .memory = as_bytes(cost->memory),
        .shared = as_bytes(cost->shared),
        .time_ms = (uint64_t)job_time_ms(cost->seconds),
        .stage = k->stage[f - k->plan->family],
        .grows = f->feed.size != 0};
    if (!f->constant) {
        const struct rounding *r = rounding;
        while (k->n >= r->below)
            r++;
        uint8_t varies = k->varies[f - k->plan->family];
        if (varies & VARIES_MEMORY)
            round_memory(k, r->memory, &c);
        if (varies & VARIES_TIME)
            round_time(k, r->time, &c);
        c.priority = round_priority(c.priority, r->priority);
    }
    if (f->nodes) { /* the whole of it */
        c.cores = k->room.cores;
        c.gpus = k->room.gpus;
        c.memory = c.memory > k->room.memory ? c.memory : k->room.memory;
        c.shared = 0;
    }
    return c;
}

/* What a task of this class costs after it ran out of memory: times the factor, capped at the node.
 */
static struct sched_class
heavier(const struct classes *k, double factor, const struct sched_class *c)
{
    struct sched_class h = *c;
    double memory = (double)c->memory * factor, shared = (double)c->shared * factor;
    h.memory = memory < (double)k->room.memory ? (uint64_t)memory : k->room.memory;
    h.shared = shared < (double)h.memory ? (uint64_t)shared : h.memory;
    return h;
}

/* The number of class `c` of this kind, which is made with all those that follow from it;
 * SCHED_NONE: they are too many. */
static uint32_t
with_heavier(struct classes *k, const struct plan_family *f, struct class_kind kind,
    const struct sched_class *c)
{
    struct sched_class step[HEAVIER_MOST + 1] = {*c};
    uint32_t n = 0;
    while (n < f->retries && n < HEAVIER_MOST && f->retry_memory > 1) {
        step[n + 1] = heavier(k, f->retry_memory, &step[n]);
        if (step[n + 1].memory <= step[n].memory)
            break;
        n++;
    }
    uint32_t number = class_number(k, &step[n], kind);
    while (n-- > 0 && number != SCHED_NONE) {
        step[n].heavier = number + 1;
        number = class_number(k, &step[n], kind);
    }
    return number;
}

uint32_t
classes_larger(struct classes *k, uint32_t class, double bytes)
{
    const struct sched_class *from = &k->class[class];
    struct sched_class c = heavier(k, bytes / (double)(from->memory ? from->memory : 1), from);
    round_memory(k, LARGER_BITS, &c);
    c.heavier = 0;
    uint32_t number = class_number(k, &c, k->kind[class]);
    return number == SCHED_NONE ? class : number;
}

uint32_t
classes_begun(struct classes *k, uint32_t class)
{
    const struct sched_class c = k->class[class];
    struct class_kind kind = k->kind[class];
    kind.begun = 1;
    uint32_t number = class_number(k, &c, kind);
    return number == SCHED_NONE ? class : number;
}

static enum classes_end
classify(struct classes *k, const struct plan_family *f, uint32_t task, struct classed *out)
{
    struct cost cost;
    k->bad = task;
    if (!cost_of(k->eval, f, task, &cost, &k->flaw))
        return CLASSES_UNKNOWN;
    struct sched_class c = make_class(k, f, &cost);
    if (c.memory > k->room.memory || c.cores > k->room.cores || c.gpus > k->room.gpus) {
        if (!k->only || k->only[task])
            return CLASSES_LARGE;
        c.memory = c.memory > k->room.memory ? k->room.memory : c.memory;
        c.shared = c.shared > c.memory ? c.memory : c.shared;
        c.cores = c.cores > k->room.cores ? k->room.cores : c.cores;
        c.gpus = c.gpus > k->room.gpus ? k->room.gpus : c.gpus;
    }
    const struct class_kind kind = {.family = (uint32_t)(f - k->plan->family),
        .key = cost_learn_key(k->eval, f, task)};
    *out =
        (struct classed){task, with_heavier(k, f, kind, &c), SCHED_NONE, job_time_ms(cost.seconds)};
    return out->class == SCHED_NONE ? CLASSES_MANY : CLASSES_MADE;
}

/* --- many tasks --- */

enum classes_end
classes_try(struct classes *k)
{
    enum classes_end end = CLASSES_MADE;
    for (uint32_t i = 0; i < k->plan->nfamilies; i++) {
        const struct plan_family *f = &k->plan->family[i];
        uint32_t step = f->constant ? f->ntasks : f->ntasks / TRIED + 1;
        struct classed one;
        for (uint32_t t = 0; t < f->ntasks && end == CLASSES_MADE; t += step)
            end = k->stop && k->stop(k->stop_arg) ? CLASSES_STOPPED
                                                  : classify(k, f, f->first_task + t, &one);
    }
    return end;
}

void
classes_shard(struct classes *k, uint32_t shard)
{
    k->shard = shard;
    k->next_run = 0;
    k->rest.ntasks = 0;
}

uint32_t
classes_bundle(struct classes *k, uint32_t i, uint32_t task, uint32_t epoch)
{
    const struct plan_family *f = &k->plan->family[i];
    if (!f->bundle)
        return SCHED_NONE;
    uint64_t key[] = {bundle_key(k->plan, f, task - f->first_task), (uint64_t)i << 32 | epoch};
    bool found;
    uint32_t bundle = map64_add(&k->bundles, hash64(key, sizeof key, 0), k->nbundles, &found);
    k->nbundles += !found;
    return bundle;
}

/* The next task of the run at hand, of family `i`. */
static enum classes_end
classify_next(struct classes *k, uint32_t i)
{
    const struct plan_family *f = &k->plan->family[i];
    struct classed *out = &k->task[k->ntasks];
    uint32_t task = k->rest.first_task;
    enum classes_end end = CLASSES_MADE;
    if (f->constant && !f->learn.size && k->ntasks && out[-1].task >= f->first_task) {
        *out = out[-1];
        out->task = task;
    } else {
        end = task % STOP_EACH == 0 && k->stop && k->stop(k->stop_arg) ? CLASSES_STOPPED
                                                                       : classify(k, f, task, out);
    }
    if (end == CLASSES_MADE)
        out->bundle = classes_bundle(k, i, task, 0);
    return end;
}

enum classes_end
classes_next(struct classes *k)
{
    const struct plan *p = k->plan;
    enum classes_end end = CLASSES_MADE;
    uint32_t i = 0;
    if (!k->task)
        k->task = xmalloc(PIECE * sizeof *k->task);
    for (k->ntasks = 0; end == CLASSES_MADE && k->ntasks < PIECE; k->ntasks++) {
        if (!k->rest.ntasks && !plan_shard_run(p, k->shard, &k->next_run, &k->rest))
            break;
        if (k->rest.first_task - p->family[i].first_task >= p->family[i].ntasks)
            i = plan_family_of(p, k->rest.first_task);
        end = classify_next(k, i);
        k->rest.first_task++;
        k->rest.ntasks--;
    }
    return end;
}
