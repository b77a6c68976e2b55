#include "config.h"

#include "shim/idle.h"

#include "runtime/shards.h"
#include "runtime/shim.h"
#include "shim/obey.h"

#include <stdlib.h>

void
idle_open(struct shim *r)
{
    struct use_of of = {r->node.cores, r->node.memory, shim_rank(r), r->opt.job, 0};
    if (r->time.end != NEVER)
        of.ends_us = now_us() + (r->time.over - now_ms()) * 1000;
    if (!r->opt.batch) /* wflc submit says what it calls a job without a batch system */
        of.job = getenv("WFL_JOB_NAME");
    r->use = use_new(&of);
}

static enum journal_idle
cause(struct shim *r, int64_t now, bool failing)
{
    static const enum journal_idle of[] = {[SCHED_BOUND_READY] = IDLE_NOTHING,
        [SCHED_BOUND_MEMORY] = IDLE_MEMORY,
        [SCHED_BOUND_ROOM] = IDLE_ROOM,
        [SCHED_BOUND_TIME] = IDLE_TIME};
    if (r->leave.draining || r->leave.told)
        return IDLE_ENDING;
    if (failing || obey_pauses(r) || trouble_lasts(r, now) || alone_at_work(r) || blame_pauses(r))
        return IDLE_PAUSED;
    if (sched_count(r->sched, SCHED_READY) && memory_full(r->samples))
        return IDLE_MEMORY;
    if (!sched_count(r->sched, SCHED_READY) && sched_count(r->sched, SCHED_DELAYED))
        return IDLE_AGAIN;
    return of[sched_bound(r->sched, now)];
}

void
idle_sample(struct shim *r)
{
    uint64_t kib = 0;
    for (const struct slot *s = r->slots.in_state[SLOT_RUNNING].first; s; s = s->next)
        kib += s->group.used_kib;
    use_measured(r->use, kib * 1024);
}

bool
idle_turn(struct shim *r, int64_t now, bool failing)
{
    uint32_t busy = sched_cores_used(r->sched);
    uint32_t idle = busy < r->node.cores ? r->node.cores - busy : 0;
    struct hold *h = shards_nth(r, 0);
    use_set(r->use, idle, idle ? cause(r, now, failing) : IDLE_NOTHING,
        sched_memory_used(r->sched));
    if (!h || !use_silent(r->use))
        return false;
    journal_add_use(h->journal, use_said(r->use));
    h->changed = true;
    return true;
}
