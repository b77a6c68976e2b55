/* What starts next: the first class in order that fits, and how it is kept from starving. */
#include "config.h"

#include "sched/internal.h"

#include <stddef.h>

enum { LANE_SCAN = 1024 }; /* tasks that are looked at to find others for a bundle */

/* The first rank >= `from` with a ready task that would end in time. Time does not go back: what is
 * too late now is passed over from now on. */
static uint32_t
next_rank(struct sched *s, uint32_t from, int64_t now)
{
    uint32_t rank = ready_next(&s->ready, from);
    while (rank != SCHED_NONE && too_late(s, s->ready.order[rank], now)) {
        ready_hide(&s->ready, rank);
        rank = ready_next(&s->ready, rank + 1);
    }
    return rank;
}

static void
take(struct sched *s, uint32_t task, uint32_t class, uint32_t entry, struct room cost,
    struct room *beside)
{
    ready_remove(&s->ready, task, class);
    take_room(&s->room, cost);
    if (beside)
        take_room(beside, cost);
    s->links.next[task] = entry;
    set_state(s, task, SCHED_RUNNING);
}

/* Starts the first task of the class, which fits, and what may share its process. `beside`: the
 * room that a reservation leaves, if it must stay within that; else it is marked if there is a
 * reservation. */
static uint32_t
launch(struct sched *s, uint32_t class, int64_t now, struct room *beside, bool marked,
    uint32_t *out, uint32_t max)
{
    const struct sched_class *c = &s->class[class];
    const struct room further = further_cost(c);
    uint32_t entry = s->free_running, n = 0;
    if (entry != SCHED_NONE)
        s->free_running = s->running[entry].free;
    else
        entry = s->nrunning++;
    out[n++] = s->ready.queue[class].first;
    uint32_t next = ready_lane_first(&s->ready, out[0]);
    if (next == out[0])
        next = ready_lane_next(&s->ready, next);
    take(s, out[0], class, entry, cost_of(c), beside);
    for (unsigned seen = 0; next != SCHED_NONE && n < max && seen < LANE_SCAN; seen++) {
        uint32_t task = next;
        if (!fits(further, s->room) || (beside && !fits(further, *beside)))
            break;
        next = ready_lane_next(&s->ready, task);
        if (class_of(s, task) == class) {
            take(s, task, class, entry, further, beside);
            out[n++] = task;
        }
    }
    s->running[entry] =
        (struct running){.class = class, .count = n, .marked = marked, .start = now};
    return n;
}

/* How long a process should still run. One that is past its expected time, or has none, is taken
 * to be half through. */
static int64_t
remaining(const struct sched *s, const struct running *r, int64_t now)
{
    int64_t elapsed = now - r->start;
    int64_t expected = (int64_t)s->class[r->class].time_ms;
    return expected > elapsed ? expected - elapsed : elapsed;
}

/* What the end of the process, all its tasks, gives back. */
static struct room
held_by(const struct sched *s, const struct running *r)
{
    const struct sched_class *c = &s->class[r->class];
    return (struct room){c->cores * r->count, c->gpus * r->count,
        c->shared + (c->memory - c->shared) * r->count};
}

static void
reserve(struct sched *s, uint32_t class, int64_t now)
{
    const struct room cost = cost_of(&s->class[class]);
    struct room room = s->room;
    int64_t longest = 0;
    for (uint32_t i = 0; i < s->nrunning; i++)
        s->running[i].marked = false;
    while (!fits(cost, room)) {
        struct running *soonest = NULL;
        int64_t left = 0;
        for (uint32_t i = 0; i < s->nrunning; i++) {
            if (!s->running[i].count || s->running[i].marked)
                continue;
            int64_t l = remaining(s, &s->running[i], now);
            if (!soonest || l < left) {
                soonest = &s->running[i];
                left = l;
            }
        }
        /* the node is large enough for every class, so all that runs is enough at the latest */
        assert(soonest);
        soonest->marked = true;
        longest = left;
        give_room(&room, held_by(s, soonest));
    }
    take_room(&room, cost);
    s->held = (struct reservation){class, now + longest, room};
}

/* Tasks of a class behind the reserved one that may start; 0: none. */
static uint32_t
backfill(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    struct reservation *h = &s->held;
    for (uint32_t r = next_rank(s, s->ready.rank[h->class] + 1, now); r != SCHED_NONE;
         r = next_rank(s, r + 1, now)) {
        uint32_t class = s->ready.order[r];
        const struct sched_class *c = &s->class[class];
        if (!fits(cost_of(c), s->room))
            continue;
        if (fits(cost_of(c), h->room))
            return launch(s, class, now, &h->room, false, out, max);
        if (c->time_ms && now + (int64_t)c->time_ms <= h->until)
            return launch(s, class, now, NULL, true, out, max);
    }
    return 0;
}

static uint32_t
launch_next(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    uint32_t r = s->room.cores ? next_rank(s, 0, now) : SCHED_NONE;
    if (r == SCHED_NONE)
        return 0;
    uint32_t first = s->ready.order[r];
    if (fits(cost_of(&s->class[first]), s->room)) {
        s->held.class = SCHED_NONE;
        return launch(s, first, now, NULL, false, out, max);
    }
    do
        r = next_rank(s, r + 1, now);
    while (r != SCHED_NONE && !fits(cost_of(&s->class[s->ready.order[r]]), s->room));
    if (r == SCHED_NONE)
        return 0; /* nothing that could come first: no reservation needed */
    if (s->held.class != first)
        reserve(s, first, now);
    return backfill(s, now, out, max);
}

/* Retries whose time has come. */
static void
wake_delayed(struct sched *s, int64_t now)
{
    for (unsigned i = 0; i < NDELAYS; i++) {
        struct queue *q = &s->delayed[i];
        while (q->first != SCHED_NONE && (int32_t)(s->since[q->first] - (uint32_t)now) <= 0) {
            uint32_t task = queue_take_first(q, &s->links);
            make_ready(s, task, s->since[task], false);
        }
    }
}

uint32_t
sched_launch(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    if (s->count[SCHED_DELAYED])
        wake_delayed(s, now);
    return max ? launch_next(s, now, out, max) : 0;
}
