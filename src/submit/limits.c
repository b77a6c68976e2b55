#include "config.h"

#include "submit/limits.h"

static uint32_t
less(int64_t limit, uint64_t there)
{
    if (limit == SITE_NONE)
        return UINT32_MAX;
    if (limit < 0 || (uint64_t)limit <= there)
        return 0;
    uint64_t n = (uint64_t)limit - there;
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

uint32_t
limits_room(enum site_kind kind, const struct site_queue *q, const struct job_counts *all)
{
    uint64_t total = (uint64_t)all->waiting + all->held + all->running;
    bool eligible = q && q->queued_counts == SITE_COUNTED_ELIGIBLE;
    uint32_t room = less(q ? q->max_queued : SITE_NONE, eligible ? all->waiting : total);
    if (kind == SITE_LOCAL) {
        uint32_t run = less(q && q->max_running != SITE_NONE ? q->max_running : 1, all->running);
        room = room < run ? room : run;
    }
    return room;
}

static uint32_t
share(uint32_t planned, uint32_t part, uint32_t all)
{
    return all ? (uint32_t)(((uint64_t)planned * part + all - 1) / all) : 0;
}

static uint32_t
less_of(uint64_t n, uint64_t there)
{
    return n > there ? (uint32_t)(n - there) : 0;
}

/* Each node of a job finds a shard. */
static uint32_t
could_share(const struct limits_work *w, uint64_t queued)
{
    uint32_t nodes = w->nodes ? w->nodes : 1;
    return less_of(((uint64_t)w->shards + nodes - 1) / nodes, queued);
}

uint32_t
limits_wanted(const struct limits_work *w, const struct job_counts *ours, uint32_t keep, bool chain)
{
    uint32_t planned = w->planned ? w->planned : 1;
    uint64_t queued = (uint64_t)ours->waiting + ours->held, total = queued + ours->running;
    uint32_t most = less_of(keep, total),
             worth = less_of(share(planned, w->hopeful, w->ntasks), total);
    uint32_t wanted = less_of(share(planned, w->unleased, w->ntasks), queued);
    wanted = wanted < worth ? wanted : worth;
    if (keep < UINT32_MAX && !chain) {
        uint32_t shared = could_share(w, queued);
        wanted = wanted > shared ? wanted : shared;
    }
    return most < wanted ? most : wanted;
}
