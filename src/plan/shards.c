#include "config.h"

#include "plan/shards.h"

#include <stdlib.h>

/* The runs in the order of their first tasks: eleven bits at a time, the lowest first. */
static uint32_t *
sort_runs(const struct plan_range *run, uint32_t n)
{
    enum { BITS = 11, DIGITS = 1 << BITS };
    uint32_t *order = xmalloc(((size_t)n + 1) * sizeof *order);
    uint32_t *next = xmalloc(((size_t)n + 1) * sizeof *next);
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (unsigned shift = 0; shift < 32; shift += BITS) {
        uint32_t start[DIGITS + 1] = {0}, *swap = order;
        for (uint32_t i = 0; i < n; i++)
            start[(run[i].first_task >> shift) % DIGITS + 1]++;
        for (uint32_t d = 0; d < DIGITS; d++)
            start[d + 1] += start[d];
        for (uint32_t i = 0; i < n; i++)
            next[start[(run[order[i]].first_task >> shift) % DIGITS]++] = order[i];
        order = next;
        next = swap;
    }
    free(next);
    return order;
}

/* So that plan_shard_of, which is asked of millions of tasks, finds most of them at once. */
static void
make_guide(struct plan *p)
{
    uint32_t *shard = xmalloc((size_t)p->nruns * sizeof *shard), ntasks = p->head->ntasks, i = 0;
    for (uint32_t s = 0; s < p->nshards; s++)
        for (uint32_t k = 0; k < p->shard[s].nruns; k++)
            shard[p->shard[s].first_run + k] = s;
    p->shard_by_task = xmalloc((size_t)p->nruns * sizeof *p->shard_by_task);
    for (uint32_t k = 0; k < p->nruns; k++)
        p->shard_by_task[k] = shard[p->run_by_task[k]];
    free(shard);
    while (ntasks >> p->task_shift > p->nruns)
        p->task_shift++;
    uint32_t nblocks = (ntasks >> p->task_shift) + 2;
    p->guide = xmalloc((size_t)nblocks * sizeof *p->guide);
    for (uint32_t b = 0; b < nblocks; b++) {
        while (i + 1 < p->nruns && p->run[p->run_by_task[i + 1]].first_task <= (uint64_t)b
                                                                                   << p->task_shift)
            i++;
        p->guide[b] = i;
    }
}

bool
plan_read_shards(struct plan *p)
{
    uint32_t nruns = 0;
    if (!p->nshards) {
        p->nshards = 1;
        return p->nruns == 0;
    }
    for (uint32_t s = 0; s < p->nshards; s++) {
        const struct plan_shard *d = &p->shard[s];
        uint64_t ntasks = 0, next = 0;
        if (d->first_run != nruns || !d->nruns || d->nruns > p->nruns - nruns)
            return false;
        nruns += d->nruns;
        for (uint32_t i = d->first_run; i < nruns; i++) {
            const struct plan_range *r = &p->run[i];
            if (!r->ntasks || r->first_task < next)
                return false;
            ntasks += r->ntasks;
            next = (uint64_t)r->first_task + r->ntasks;
        }
        if (ntasks != d->ntasks)
            return false;
    }
    p->run_by_task = sort_runs(p->run, p->nruns);
    uint64_t next = 0;
    for (uint32_t i = 0; i < p->nruns; i++) {
        const struct plan_range *r = &p->run[p->run_by_task[i]];
        if (r->first_task != next)
            return false;
        next += r->ntasks;
    }
    if (nruns != p->nruns || next != p->head->ntasks)
        return false;
    make_guide(p);
    return true;
}

uint32_t
plan_shard_tasks(const struct plan *p, uint32_t shard)
{
    return p->nruns ? p->shard[shard].ntasks : p->head->ntasks;
}

bool
plan_shard_run(const struct plan *p, uint32_t shard, uint32_t *i, struct plan_range *run)
{
    uint32_t n = p->nruns ? p->shard[shard].nruns : p->head->ntasks > 0;
    if (*i == n)
        return false;
    *run =
        p->nruns ? p->run[p->shard[shard].first_run + *i] : (struct plan_range){0, p->head->ntasks};
    ++*i;
    return true;
}

bool
plan_run_by_task(const struct plan *p, uint32_t *i, struct plan_range *run, uint32_t *shard)
{
    uint32_t n = p->nruns ? p->nruns : p->head->ntasks > 0;
    if (*i == n)
        return false;
    *run = p->nruns ? p->run[p->run_by_task[*i]] : (struct plan_range){0, p->head->ntasks};
    *shard = p->nruns ? p->shard_by_task[*i] : 0;
    ++*i;
    return true;
}

uint32_t
plan_shard_of(const struct plan *p, uint32_t task)
{
    if (!p->nruns)
        return 0;
    uint32_t block = task >> p->task_shift, lo = p->guide[block], hi = p->guide[block + 1] + 1;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (p->run[p->run_by_task[mid]].first_task <= task)
            lo = mid;
        else
            hi = mid;
    }
    return p->shard_by_task[lo];
}
