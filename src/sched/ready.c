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

/* The one before the task in its queue; it is looked for if there are no links to it. */
static uint32_t
one_before(const struct queue *q, const struct links *l, uint32_t task)
{
    uint32_t before = SCHED_NONE;
    if (l->prev)
        return l->prev[task];
    for (uint32_t t = q->first; t != task; t = l->next[t])
        before = t;
    return before;
}

bool
queue_has(const struct queue *q, const struct links *l, uint32_t task)
{
    uint32_t t = q->first;
    while (t != SCHED_NONE && t != task)
        t = l->next[t];
    return t != SCHED_NONE;
}

void
queue_remove(struct queue *q, const struct links *l, uint32_t task)
{
    uint32_t before = one_before(q, l, task), behind = l->next[task];
    if (before == SCHED_NONE)
        q->first = behind;
    else
        l->next[before] = behind;
    if (behind == SCHED_NONE)
        q->last = before;
    else if (l->prev)
        l->prev[behind] = before;
}

/* --- ready tasks --- */

void
ready_init(struct ready *r, uint32_t ntasks, uint32_t *next, bool bundles, bool begins)
{
    *r = (struct ready){.nears = bundles || begins ? NEAR_STEPS : 1, .links = {next, NULL}};
    if (r->nears > 1) {
        r->near = xcalloc(ntasks, 1);
        r->links.prev = xcalloc(ntasks, sizeof(uint32_t));
    }
    if (!bundles)
        return;
    r->lane_of = xcalloc(ntasks, sizeof(uint32_t));
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
    free(r->near);
    free(r->lane);
    free(r->lane_of);
    free(r->lanes.next);
    free(r->lanes.prev);
    *r = (struct ready){0};
}

void
ready_grow(struct ready *r, uint32_t n)
{
    uint32_t before = r->nclasses * r->nears, all = before + n * r->nears;
    r->queue = xrealloc(r->queue, all * sizeof *r->queue);
    for (uint32_t i = before; i < all; i++)
        r->queue[i] = (struct queue)QUEUE_EMPTY;
    r->order = xrealloc(r->order, all * sizeof *r->order);
    r->rank = xrealloc(r->rank, all * sizeof *r->rank);
    r->occupied = xrealloc(r->occupied, (all + 63) / 64 * sizeof *r->occupied);
    r->nclasses += n;
}

void
ready_reorder(struct ready *r)
{
    uint32_t n = r->nclasses * r->nears;
    memset(r->occupied, 0, (n + 63) / 64 * sizeof *r->occupied);
    for (uint32_t i = 0; i < n; i++) {
        r->rank[r->order[i]] = i;
        if (r->queue[r->order[i]].first != SCHED_NONE)
            r->occupied[i / 64] |= (uint64_t)1 << i % 64;
    }
}

void
ready_set_lane(struct ready *r, uint32_t task, uint32_t lane)
{
    if (lane == SCHED_NONE) {
        if (r->lane_of)
            r->lane_of[task] = 0;
        return;
    }
    if (lane >= r->cap) {
        uint32_t cap = lane < UINT32_MAX / 2 ? lane * 2 + 64 : UINT32_MAX;
        r->lane = xrealloc(r->lane, cap * sizeof *r->lane);
        for (uint32_t i = r->cap; i < cap; i++)
            r->lane[i] = (struct lane){QUEUE_EMPTY, 0, false};
        r->cap = cap;
    }
    r->lane_of[task] = lane + 1;
}

static struct lane *
lane_of(const struct ready *r, uint32_t task)
{
    return r->lane_of && r->lane_of[task] ? &r->lane[r->lane_of[task] - 1] : NULL;
}

void
ready_count(struct ready *r, uint32_t task, int more)
{
    struct lane *lane = more ? lane_of(r, task) : NULL;
    if (lane)
        lane->coming += (uint32_t)more;
}

uint32_t
ready_lane(const struct ready *r, uint32_t task)
{
    return r->lane_of ? r->lane_of[task] : 0;
}

static void
show(struct ready *r, uint32_t queue)
{
    r->occupied[r->rank[queue] / 64] |= (uint64_t)1 << r->rank[queue] % 64;
}

void
ready_add(struct ready *r, uint32_t task, uint32_t class, unsigned near, bool before_others)
{
    struct lane *lane = lane_of(r, task);
    if (lane && lane->begun && near < NEAR_HERE)
        near = NEAR_HERE;
    uint32_t q = class * r->nears + near;
    if (before_others) {
        queue_prepend(&r->queue[q], &r->links, task);
        if (lane)
            queue_prepend(&lane->ready, &r->lanes, task);
    } else {
        queue_append(&r->queue[q], &r->links, task);
        if (lane)
            queue_append(&lane->ready, &r->lanes, task);
    }
    if (r->near)
        r->near[task] = (uint8_t)near;
    show(r, q);
}

/* Takes it out of its class's queue. */
static void
leave_queue(struct ready *r, uint32_t task, uint32_t class)
{
    uint32_t q = class * r->nears + (r->near ? r->near[task] : 0);
    queue_remove(&r->queue[q], &r->links, task);
    if (r->queue[q].first == SCHED_NONE)
        ready_hide(r, r->rank[q]);
}

void
ready_move(struct ready *r, uint32_t task, uint32_t class, unsigned near)
{
    if (near <= r->near[task])
        return;
    leave_queue(r, task, class);
    r->near[task] = (uint8_t)near;
    queue_append(&r->queue[class * r->nears + near], &r->links, task);
    show(r, class * r->nears + near);
}

void
ready_remove(struct ready *r, uint32_t task, uint32_t class)
{
    struct lane *lane = lane_of(r, task);
    leave_queue(r, task, class);
    if (lane)
        queue_remove(&lane->ready, &r->lanes, task);
}

uint32_t
ready_next(const struct ready *r, uint32_t from)
{
    uint32_t nwords = (r->nclasses * r->nears + 63) / 64, w = from / 64;
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
    const struct lane *lane = lane_of(r, task);
    return lane ? lane->ready.first : SCHED_NONE;
}

uint32_t
ready_lane_next(const struct ready *r, uint32_t task)
{
    return r->lanes.next[task];
}

bool
ready_lane_begins(struct ready *r, uint32_t task)
{
    struct lane *lane = lane_of(r, task);
    bool begins = lane && !lane->begun;
    if (begins)
        lane->begun = true;
    return begins;
}
