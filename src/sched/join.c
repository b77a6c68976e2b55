/* Open processes: who joins them, and when. */
#include "config.h"

#include "sched/internal.h"

#include <stddef.h>

/* Is the process kept from being joined by a task of `class`, as `first` comes first in order?
 * *beside: the room that a reservation for it leaves, if joins must stay within that. */
static bool
kept_out(struct sched *s, const struct running *r, uint32_t class, uint32_t first, int64_t now,
    struct room **beside)
{
    const struct sched_class *c = &s->class[class], *f = &s->class[first];
    if (first == class) {
        s->held.class = SCHED_NONE; /* what it counted on may change: it is made anew */
        return false;
    }
    if (fits(cost_of(f), free_room(s)))
        return f->priority > c->priority;
    if (s->held.class != first)
        reserve(s, first, now, false);
    if (r->marked)
        return !c->time_ms || now + (int64_t)c->time_ms > s->held.until;
    *beside = &s->held.room;
    return false;
}

/* What tasks of the process cost may be more by now than it was given; what is to join makes that
 * up. False: there is no room for that. */
static bool
top_up(struct sched *s, struct running *r, struct room *beside)
{
    const struct sched_class *c = &s->class[r->class];
    uint64_t shared = c->shared > r->shared ? c->shared : r->shared;
    uint64_t own = r->memory - r->shared,
             now = c->memory - c->shared > own ? c->memory - c->shared : own;
    struct room more = {.memory = shared - r->shared + (now - own) * r->count};
    struct room all = {c->cores, c->gpus, more.memory + now};
    if (!fits(all, free_room(s)) || (beside && !fits(all, less_over(s, *beside))))
        return false;
    take_room(&s->room, more);
    if (beside)
        take_room(beside, more);
    r->shared = shared;
    r->memory = shared + now;
    return true;
}

/* Of those in the lane of the process that may join it the first one in order; or SCHED_NONE. */
static uint32_t
next_of(const struct sched *s, const struct running *r, int64_t now)
{
    const struct ready *q = &s->ready;
    uint32_t best = SCHED_NONE, rank = SCHED_NONE;
    uint32_t task = r->lane ? q->lane[r->lane - 1].ready.first : SCHED_NONE;
    for (unsigned seen = 0; task != SCHED_NONE && seen < LANE_SCAN; seen++) {
        uint32_t class = class_of(s, task), its = q->rank[class * q->nears];
        if (its < rank && alike(s, class, r->class) && !too_late(s, class, now)) {
            best = task;
            rank = its;
        }
        task = ready_lane_next(q, task);
    }
    return best;
}

static bool
join_one(struct sched *s, uint32_t process, int64_t now, uint32_t *out)
{
    struct running *r = &s->running[process];
    uint32_t task = s->room.cores ? next_of(s, r, now) : SCHED_NONE;
    uint32_t first = task != SCHED_NONE ? next_rank(s, 0, now) : SCHED_NONE;
    if (first == SCHED_NONE)
        return false;
    uint32_t class = class_of(s, task);
    struct room *beside = NULL;
    if (kept_out(s, r, class, class_at(s, after_reserved(s, first, now)), now, &beside) ||
        !top_up(s, r, beside))
        return false;
    int64_t left = remaining(s, r, now), time = (int64_t)s->class[class].time_ms;
    add_task(s, process, task, beside);
    if (!time || time >= left)
        r->class = class;
    r->start = now;
    *out = task;
    return true;
}

uint32_t
sched_join(struct sched *s, uint32_t process, int64_t now, uint32_t *out, uint32_t max)
{
    uint32_t n = 0;
    assert(s->running[process].open);
    wake_delayed(s, now);
    while (n < max && join_one(s, process, now, out + n))
        n++;
    for (uint32_t i = 0; i < n; i++)
        sched_begin(s, out[i]);
    return n;
}

bool
sched_joins(const struct sched *s, uint32_t process, int64_t now)
{
    return next_of(s, &s->running[process], now) != SCHED_NONE;
}

bool
sched_may_join(const struct sched *s, uint32_t process, int64_t now)
{
    const struct running *r = &s->running[process];
    return r->lane && s->ready.lane[r->lane - 1].coming && (s->end == NO_END || now < s->end);
}

/* How often `each` goes into `all`. */
static uint64_t
times(uint64_t all, uint64_t each)
{
    return each ? all / each : UINT32_MAX;
}

uint32_t
width_of(const struct sched *s, const struct sched_class *c)
{
    uint64_t n = times(s->all.cores, c->cores), gpus = times(s->all.gpus, c->gpus),
             memory = times(s->all.memory - c->shared, c->memory - c->shared);
    n = gpus < n ? gpus : n;
    return (uint32_t)(memory < n ? memory : n);
}

uint32_t
sched_width(const struct sched *s, uint32_t task)
{
    return width_of(s, &s->class[class_of(s, task)]);
}
