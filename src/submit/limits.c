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

uint32_t
limits_wanted(const struct limits_work *w, const struct job_counts *ours, uint32_t keep)
{
    uint32_t planned = w->planned ? w->planned : 1;
    uint64_t total = (uint64_t)ours->waiting + ours->held + ours->running;
    uint64_t queued = (uint64_t)ours->waiting + ours->held;
    uint64_t most = share(planned, w->hopeful, w->ntasks);
    uint64_t free_jobs = share(planned, w->unleased, w->ntasks);
    if (most > keep)
        most = keep;
    most = most > total ? most - total : 0;
    free_jobs = free_jobs > queued ? free_jobs - queued : 0;
    return (uint32_t)(most < free_jobs ? most : free_jobs);
}
