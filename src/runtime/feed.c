/* From the plan to the scheduling core: what the node is asked for, shard by shard. */
#include "config.h"

#include "runtime/shim.h"

#include "cost/bundles.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
asked_to_end(void)
{
    static const int asks[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t pending;
    if (sigpending(&pending) == 0)
        for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
            if (sigismember(&pending, asks[i]))
                return asks[i];
    return 0;
}

/* What costs are computed from may be large, or bad, and signals wait for the loop. */
static bool
shall_stop(void *arg)
{
    (void)arg;
    return asked_to_end() != 0;
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
say_large(struct shim *r, uint32_t task)
{
    /* as it was asked for, not as it was rounded */
    struct cost c;
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    cost_of(r->eval, f, task, &c, NULL);
    buf_puts(&r->text, " needs ");
    add_cost(&r->text,
        f->nodes || c.cores < 1 ? r->node.cores : (uint32_t)fmin(c.cores, UINT32_MAX),
        f->nodes ? r->node.gpus.n : (uint32_t)fmin(c.gpus, UINT32_MAX), c.memory);
    buf_puts(&r->text, " of memory; this node has ");
    add_cost(&r->text, r->node.cores, r->node.gpus.n, (double)r->node.memory);
    say("%s for tasks%s", r->text.p,
        c.gpus > r->node.gpus.n && !f->nodes ? " (--gpus says how many GPUs it has)" : "");
}

/* Tasks were given classes, which r->sched learns; or it is said why they cannot run here. */
static bool
use_classes(struct shim *r, enum classes_end end)
{
    struct classes *k = &r->classes;
    if (end == CLASSES_MADE) {
        sched_add_classes(r->sched, k->class, k->n);
        learned_classes(r);
        return true;
    }
    buf_reset(&r->text);
    plan_task_label(r->plan, k->bad, &r->text);
    if (end == CLASSES_UNKNOWN)
        say("%s: its %s cannot be computed: %s", r->text.p, k->flaw.what, k->flaw.why);
    else if (end == CLASSES_LARGE)
        say_large(r, k->bad);
    else if (end == CLASSES_MANY)
        say(CLASSES_MANY_WORDS);
    return false;
}

static void
ended_before(struct shim *r)
{
    say("ended by signal %d before any task was started", asked_to_end());
    r->leave.refused = EXIT_DRAINED;
}

bool
feed_sched(struct shim *r)
{
    const struct plan *p = r->plan;
    struct sched_need *need = list_needs(p);
    struct sched_config c = {.cores = r->node.cores,
        .memory = r->node.memory,
        .gpus = r->node.gpus.n,
        .ntasks = p->head->ntasks,
        .bundles = bundles_any(p),
        .nneeds = p->nneeds,
        .need = need};
    r->sched = sched_new(&c);
    free(need);
    const struct node_room room = {r->node.memory, r->node.cores, r->node.gpus.n};
    classes_init(&r->classes, p, r->eval, &room,
        r->time.end == NEVER ? INT64_MAX : r->time.for_tasks, shall_stop, NULL);
    r->classes.only = r->opt.only;
    enum classes_end end = classes_try(&r->classes);
    if (end == CLASSES_STOPPED)
        ended_before(r);
    bool ok = use_classes(r, end);
    /* what this machine alone cannot run shows before anything of it is taken */
    for (uint32_t s = 0; s < p->nshards && ok && !r->opt.batch; s++)
        ok = feed_shard(r, s);
    return ok;
}

/* Have all of its tasks their classes? They get them in their order. */
static bool
is_fed(const struct shim *r, uint32_t shard)
{
    struct plan_range run = {0};
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);)
        continue;
    return run.ntasks && sched_class_of(r->sched, run.first_task + run.ntasks - 1);
}

static enum classes_end
classify_shard(struct shim *r, uint32_t shard)
{
    struct classes *k = &r->classes;
    enum classes_end end = CLASSES_MADE;
    if (is_fed(r, shard)) /* it was ours before, or somebody was faster */
        return end;
    for (classes_shard(k, shard); (end = classes_next(k)) == CLASSES_MADE && k->ntasks;) {
        use_classes(r, end);
        for (const struct classed *c = k->task; c < k->task + k->ntasks; c++)
            if (!sched_class_of(r->sched, c->task)) /* else it has it from before a signal */
                sched_set_class(r->sched, c->task, c->class, SCHED_NONE);
    }
    return end;
}

bool
feed_shard(struct shim *r, uint32_t shard)
{
    enum classes_end end = classify_shard(r, shard);
    if (end == CLASSES_STOPPED && !r->opt.batch)
        ended_before(r); /* of a node it is the loop that hears of it */
    if (!use_classes(r, end))
        r->leave.takes_none = end != CLASSES_STOPPED;
    return end == CLASSES_MADE;
}

bool
feed_try(struct shim *r, uint32_t shard)
{
    return classify_shard(r, shard) == CLASSES_MADE;
}

bool
feed_alone(const struct shim *r, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    return f->bundle && r->known.charged[task] && r->known.charged[task] >= f->retries;
}

void
feed_bundles(struct shim *r, uint32_t shard, uint32_t epoch)
{
    const struct plan *p = r->plan;
    struct plan_range run;
    for (uint32_t i = 0; bundles_any(p) && plan_shard_run(p, shard, &i, &run);)
        for (uint32_t t = run.first_task, f; t < run.first_task + run.ntasks; t++) {
            f = plan_family_of(p, t);
            if (p->family[f].bundle)
                sched_set_bundle(r->sched, t,
                    feed_alone(r, t) ? SCHED_NONE : classes_bundle(&r->classes, f, t, epoch));
        }
}
