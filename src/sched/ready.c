#include "config.h"

#include "sched/ready.h"

#include "util/buf.h"

#include <stdlib.h>

/* --- queues --- */

void
queue_append(struct queue *q, const struct links *l, uint32_t task)
{
    l->next[task] = SCHED_NONE;
    if (l->prev)
        l->prev[task] = q->first == SCHED_NONE ? SCHED_NONE : q->last;
    if (q->first == SCHED_NONE)
        q->first = task;
    else
        l->next[q->last] = task;
    q->last = task;
}

void
queue_prepend(struct queue *q, const struct links *l, uint32_t task)
{
    l->next[task] = q->first;
    if (l->prev) {
        l->prev[task] = SCHED_NONE;
        if (q->first != SCHED_NONE)
            l->prev[q->first] = task;
    }
    if (q->first == SCHED_NONE)
        q->last = task;
    q->first = task;
}

uint32_t
queue_take_first(struct queue *q, const struct links *l)
{
    uint32_t task = q->first;
    q->first = l->next[task];
    if (l->prev && q->first != SCHED_NONE)
        l->prev[q->first] = SCHED_NONE;
    return task;
}

/* From anywhere; needs l->prev. */
static void
queue_remove(struct queue *q, const struct links *l, uint32_t task)
{
    uint32_t before = l->prev[task], behind = l->next[task];
    if (before == SCHED_NONE)
        q->first = behind;
    else
        l->next[before] = behind;
    if (behind == SCHED_NONE)
        q->last = before;
    else
        l->prev[behind] = before;
}

/* --- ready tasks --- */

static struct queue *
make_queues(uint32_t n)
{
    struct queue *q = xcalloc(n, sizeof *q);
    for (uint32_t i = 0; i < n; i++)
        q[i] = (struct queue)QUEUE_EMPTY;
    return q;
}

void
ready_init(struct ready *r, uint32_t nranks, uint32_t ntasks, uint32_t *next, uint32_t *lane_of,
    uint32_t nlanes)
{
    *r = (struct ready){.nranks = nranks, .links = {next, NULL}, .lane_of = lane_of};
    r->queue = make_queues(nranks);
    r->occupied = xcalloc((nranks + 63) / 64, sizeof *r->occupied);
    if (!lane_of)
        return;
    r->lane = make_queues(nlanes);
    r->links.prev = xcalloc(ntasks, sizeof(uint32_t));
    r->lanes.next = xcalloc(ntasks, sizeof(uint32_t));
    r->lanes.prev = xcalloc(ntasks, sizeof(uint32_t));
}

void
ready_free(struct ready *r)
{
    free(r->queue);
    free(r->occupied);
    free(r->links.prev);
    free(r->lane);
    free(r->lane_of);
    free(r->lanes.next);
    free(r->lanes.prev);
    *r = (struct ready){0};
}

static struct queue *
lane_of(const struct ready *r, uint32_t task)
{
    return r->lane_of && r->lane_of[task] != SCHED_NONE ? &r->lane[r->lane_of[task]] : NULL;
}

void
ready_add(struct ready *r, uint32_t task, uint32_t rank, bool before_others)
{
    struct queue *lane = lane_of(r, task);
    if (before_others) {
        queue_prepend(&r->queue[rank], &r->links, task);
        if (lane)
            queue_prepend(lane, &r->lanes, task);
    } else {
        queue_append(&r->queue[rank], &r->links, task);
        if (lane)
            queue_append(lane, &r->lanes, task);
    }
    r->occupied[rank / 64] |= (uint64_t)1 << rank % 64;
}

void
ready_remove(struct ready *r, uint32_t task, uint32_t rank)
{
    struct queue *lane = lane_of(r, task), *q = &r->queue[rank];
    if (r->links.prev)
        queue_remove(q, &r->links, task);
    else
        queue_take_first(q, &r->links);
    if (lane)
        queue_remove(lane, &r->lanes, task);
    if (q->first == SCHED_NONE)
        ready_hide(r, rank);
}

uint32_t
ready_next(const struct ready *r, uint32_t from)
{
    uint32_t nwords = (r->nranks + 63) / 64, w = from / 64;
    if (w >= nwords)
        return SCHED_NONE;
    uint64_t bits = r->occupied[w] & ~(uint64_t)0 << from % 64;
    while (!bits) {
        if (++w >= nwords)
            return SCHED_NONE;
        bits = r->occupied[w];
    }
    return w * 64 + (uint32_t)__builtin_ctzll(bits);
}

void
ready_hide(struct ready *r, uint32_t rank)
{
    r->occupied[rank / 64] &= ~((uint64_t)1 << rank % 64);
}

uint32_t
ready_lane_first(const struct ready *r, uint32_t task)
{
    const struct queue *lane = lane_of(r, task);
    return lane ? lane->first : SCHED_NONE;
}

uint32_t
ready_lane_next(const struct ready *r, uint32_t task)
{
    return r->lanes.next[task];
}
