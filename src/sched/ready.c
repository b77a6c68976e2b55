#include "config.h"

#include "sched/ready.h"

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

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
more_queues(struct queue *q, uint32_t from, uint32_t n)
{
    q = xrealloc(q, n * sizeof *q);
    for (uint32_t i = from; i < n; i++)
        q[i] = (struct queue)QUEUE_EMPTY;
    return q;
}

void
ready_init(struct ready *r, uint32_t ntasks, uint32_t *next, bool bundles)
{
    *r = (struct ready){.links = {next, NULL}};
    if (!bundles)
        return;
    r->lane_of = xcalloc(ntasks, sizeof(uint32_t));
    r->links.prev = xcalloc(ntasks, sizeof(uint32_t));
    r->lanes.next = xcalloc(ntasks, sizeof(uint32_t));
    r->lanes.prev = xcalloc(ntasks, sizeof(uint32_t));
}

void
ready_free(struct ready *r)
{
    free(r->queue);
    free(r->order);
    free(r->rank);
    free(r->occupied);
    free(r->links.prev);
    free(r->lane);
    free(r->lane_of);
    free(r->lanes.next);
    free(r->lanes.prev);
    *r = (struct ready){0};
}

void
ready_grow(struct ready *r, uint32_t n)
{
    uint32_t all = r->nclasses + n;
    r->queue = more_queues(r->queue, r->nclasses, all);
    r->order = xrealloc(r->order, all * sizeof *r->order);
    r->rank = xrealloc(r->rank, all * sizeof *r->rank);
    r->occupied = xrealloc(r->occupied, (all + 63) / 64 * sizeof *r->occupied);
    r->nclasses = all;
}

void
ready_reorder(struct ready *r)
{
    memset(r->occupied, 0, (r->nclasses + 63) / 64 * sizeof *r->occupied);
    for (uint32_t i = 0; i < r->nclasses; i++) {
        r->rank[r->order[i]] = i;
        if (r->queue[r->order[i]].first != SCHED_NONE)
            r->occupied[i / 64] |= (uint64_t)1 << i % 64;
    }
}

void
ready_set_lane(struct ready *r, uint32_t task, uint32_t lane)
{
    if (lane >= r->cap) {
        uint32_t cap = lane < UINT32_MAX / 2 ? lane * 2 + 64 : UINT32_MAX;
        r->lane = more_queues(r->lane, r->cap, cap);
        r->cap = cap;
    }
    r->lane_of[task] = lane + 1;
}

static struct queue *
lane_of(const struct ready *r, uint32_t task)
{
    return r->lane_of && r->lane_of[task] ? &r->lane[r->lane_of[task] - 1] : NULL;
}

void
ready_add(struct ready *r, uint32_t task, uint32_t class, bool before_others)
{
    struct queue *lane = lane_of(r, task);
    if (before_others) {
        queue_prepend(&r->queue[class], &r->links, task);
        if (lane)
            queue_prepend(lane, &r->lanes, task);
    } else {
        queue_append(&r->queue[class], &r->links, task);
        if (lane)
            queue_append(lane, &r->lanes, task);
    }
    uint32_t rank = r->rank[class];
    r->occupied[rank / 64] |= (uint64_t)1 << rank % 64;
}

void
ready_remove(struct ready *r, uint32_t task, uint32_t class)
{
    struct queue *lane = lane_of(r, task), *q = &r->queue[class];
    if (r->links.prev)
        queue_remove(q, &r->links, task);
    else
        queue_take_first(q, &r->links);
    if (lane)
        queue_remove(lane, &r->lanes, task);
    if (q->first == SCHED_NONE)
        ready_hide(r, r->rank[class]);
}

uint32_t
ready_next(const struct ready *r, uint32_t from)
{
    uint32_t nwords = (r->nclasses + 63) / 64, w = from / 64;
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
