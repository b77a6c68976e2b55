/* What starts next: the first class in order that fits, and how it is kept from starving. */
#include "config.h"

#include "sched/internal.h"

#include "util/buf.h"

#include <stddef.h>
#include <stdlib.h>

/* Time does not go back: what is too late now is passed over from now on. */
uint32_t
next_rank(struct sched *s, uint32_t from, int64_t now)
{
    uint32_t rank = ready_next(&s->ready, from);
    while (rank != SCHED_NONE && too_late(s, class_at(s, rank), now)) {
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

void
add_task(struct sched *s, uint32_t entry, uint32_t task, struct room *beside)
{
    struct running *r = &s->running[entry];
    const struct sched_class *c = &s->class[r->class];
    take(s, task, class_of(s, task), entry, (struct room){c->cores, c->gpus, r->memory - r->shared},
        beside);
    r->count++;
}

/* An entry that is free. */
static uint32_t
take_entry(struct sched *s)
{
    uint32_t entry = s->free_running;
    if (entry != SCHED_NONE) {
        s->free_running = s->running[entry].free;
        return entry;
    }
    if (s->nrunning == s->cap_running) {
        s->cap_running *= 2;
        s->running = xrealloc(s->running, s->cap_running * sizeof *s->running);
    }
    return s->nrunning++;
}

/* --- who shares a process --- */

struct candidate {
    uint32_t task, rank, at; /* in order, in its lane */
};

static int
compare_ranks(const void *pa, const void *pb)
{
    const struct candidate *a = pa, *b = pb;
    int c = (a->rank > b->rank) - (a->rank < b->rank);
    return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* May a task of class `other` share a process of `class`, which is to be over `until`? */
static bool
shares(const struct sched *s, uint32_t class, uint32_t other, int64_t now, int64_t until)
{
    int64_t time = (int64_t)s->class[other].time_ms;
    return alike(s, class, other) && !too_late(s, other, now) &&
           (until == NO_END || (time && now + time <= until));
}

/* Where a ready task that has a lane is in order. */
static uint32_t
rank_of(const struct sched *s, uint32_t task)
{
    const struct ready *q = &s->ready;
    return q->rank[class_of(s, task) * q->nears + q->near[task]];
}

/* Those that may share a process with this task, which is the first of its rank, and do not come
 * before it: in order, so that those of a process take about equally long. Returns how many, at
 * most LANE_SCAN. */
static uint32_t
list_lane(const struct sched *s, uint32_t task, uint32_t rank, int64_t now, int64_t until,
    struct candidate *out)
{
    const uint32_t class = class_of(s, task);
    uint32_t n = 0, next = ready_lane_first(&s->ready, task);
    bool ordered = true;
    for (unsigned seen = 0; next != SCHED_NONE && seen < LANE_SCAN; seen++) {
        const struct candidate c = {next, rank_of(s, next), seen};
        if (next != task && c.rank >= rank && shares(s, class, class_of(s, next), now, until)) {
            ordered &= !n || c.rank >= out[n - 1].rank;
            out[n++] = c;
        }
        next = ready_lane_next(&s->ready, next);
    }
    if (!ordered)
        qsort(out, n, sizeof *out, compare_ranks);
    return n;
}

/* Starts the first task of that rank, which fits, and what may share its process. `beside`: the
 * room that a reservation leaves, if it must stay within that; else it is marked if there is a
 * reservation, and all of it is over `until`. */
static uint32_t
launch(struct sched *s, uint32_t rank, int64_t now, struct room *beside, int64_t until,
    uint32_t *out, uint32_t max)
{
    const uint32_t queue = s->ready.order[rank], class = ready_class(&s->ready, queue);
    struct candidate others[LANE_SCAN];
    uint32_t entry = take_entry(s);
    out[0] = s->ready.queue[queue].first;
    const uint32_t nothers = list_lane(s, out[0], rank, now, until, others);
    const struct sched_class *c = &s->class[class];
    s->running[entry] = (struct running){.class = class,
        .lane = ready_lane(&s->ready, out[0]),
        .count = 1,
        .marked = until != NO_END,
        .start = now,
        .memory = c->memory,
        .shared = c->shared};
    take(s, out[0], class, entry, cost_of(c), beside);
    const struct room further = further_cost(c);
    uint32_t n = 1;
    for (uint32_t i = 0; i < nothers && n < max; i++) {
        if (!fits(further, free_room(s)) || (beside && !fits(further, less_over(s, *beside))))
            break;
        out[n++] = others[i].task;
        add_task(s, entry, others[i].task, beside);
        const uint32_t its = class_of(s, others[i].task), longest = s->running[entry].class;
        if (s->class[its].time_ms > s->class[longest].time_ms)
            s->running[entry].class = its;
    }
    for (uint32_t i = 0; i < n; i++)
        sched_begin(s, out[i]);
    return n;
}

/* --- how many start together --- */

/* Has every core of the node memory for a task of its own, beside what processes share? One more is
 * to share its part, too. */
static bool
shares_little(const struct sched *s, const struct sched_class *c)
{
    uint64_t used = (c->memory - c->shared) * (s->all.cores / c->cores) + c->shared;
    for (uint32_t i = 0; i < s->nrunning && used <= s->all.memory; i++)
        if (s->running[i].count || s->running[i].open)
            used += s->running[i].shared;
    return used <= s->all.memory;
}

/* Those that may share a process with the first task of the rank, itself included. *after: how many
 * do not come before it, and are over `until`. */
static uint32_t
count_lane(const struct sched *s, uint32_t rank, int64_t now, int64_t until, uint32_t *after)
{
    const uint32_t class = class_at(s, rank);
    uint32_t n = 0, task = ready_lane_first(&s->ready, first_at(s, rank));
    *after = 0;
    for (unsigned seen = 0; task != SCHED_NONE && seen < LANE_SCAN; seen++) {
        const uint32_t its = class_of(s, task);
        n += shares(s, class, its, now, NO_END);
        *after += rank_of(s, task) >= rank && shares(s, class, its, now, until);
        task = ready_lane_next(&s->ready, task);
    }
    return n;
}

/* How many tasks start together. */
struct together {
    uint32_t least; /* as many as make a process worth the memory that they share */
    uint32_t most;  /* what one process could be given, were there room for it */
    uint32_t after; /* tasks that do not come before the first one */
};

/* Of a process that begins with the first task of that rank, and is over `until`; see the head of
 * sched.h. What was reserved is enough. */
static struct together
together(const struct sched *s, uint32_t rank, int64_t now, int64_t until)
{
    const uint32_t class = class_at(s, rank);
    const struct sched_class *c = &s->class[class];
    struct together t = {1, 1, 1};
    if (!c->shared || c->grows || !ready_lane(&s->ready, first_at(s, rank)) || shares_little(s, c))
        return t;
    uint32_t n = count_lane(s, rank, now, until, &t.after), width = width_of(s, c);
    t.after += !t.after; /* the first one is far behind in its lane */
    t.most = !n ? 1 : n < width ? n : width;
    t.least = (t.most + 1) / 2;
    if (s->held.class == class && s->held.least < t.least)
        t.least = s->held.least;
    return t;
}

/* What must be free for tasks of that rank, which are the first in order, to start. */
static struct room
start_cost(const struct sched *s, uint32_t rank, int64_t now)
{
    const struct together t = together(s, rank, now, NO_END);
    return process_cost(&s->class[class_at(s, rank)], t.after < t.least ? t.after : t.least);
}

/* The first rank of the class with a task that is ready; there is one. */
static uint32_t
rank_of_class(const struct sched *s, uint32_t class)
{
    const struct ready *r = &s->ready;
    uint32_t near = r->nears - 1;
    while (near && r->queue[class * r->nears + near].first == SCHED_NONE)
        near--;
    return r->rank[class * r->nears + near];
}

/* --- who starts --- */

/* One that is past its expected time, or has none, is taken to be half through; one without tasks
 * ends now. */
int64_t
remaining(const struct sched *s, const struct running *r, int64_t now)
{
    if (!r->count)
        return 0;
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
        r->shared + (r->memory - r->shared) * r->count};
}

/* Of what another scheduler has. False: nothing, or it `ends`. */
static bool
others_remain(const struct sched *s, int64_t now, int64_t *left)
{
    const struct others *o = &s->others;
    *left = o->ends_at > now ? o->ends_at - now : now - o->since;
    return !o->ends && (o->room.cores || o->room.gpus || o->room.memory);
}

/* Milliseconds until so much should be free: what runs until then is marked `ends`, the soonest
 * first, until it is enough. *room: what is free then. The node is large enough for it. */
static int64_t
until_free(struct sched *s, struct room cost, int64_t now, struct room *room)
{
    int64_t longest = 0, others;
    *room = s->room;
    s->others.ends = false;
    for (uint32_t i = 0; i < s->nrunning; i++)
        s->running[i].ends = false;
    while (!fits(cost, *room)) {
        struct running *soonest = NULL;
        int64_t left = 0;
        for (uint32_t i = 0; i < s->nrunning; i++) {
            if ((!s->running[i].count && !s->running[i].open) || s->running[i].ends)
                continue;
            int64_t l = remaining(s, &s->running[i], now);
            if (!soonest || l < left) {
                soonest = &s->running[i];
                left = l;
            }
        }
        if (others_remain(s, now, &others) && (!soonest || others < left)) {
            s->others.ends = true;
            longest = others;
            give_room(room, s->others.room);
            continue;
        }
        assert(soonest);
        soonest->ends = true;
        longest = left;
        give_room(room, held_by(s, soonest));
    }
    return longest;
}

void
reserve(struct sched *s, uint32_t class, int64_t now, bool all)
{
    const struct together t = together(s, rank_of_class(s, class), now, NO_END);
    const uint32_t least = t.after < t.least ? t.after : t.least;
    const struct room cost = process_cost(&s->class[class], all ? t.most : least);
    struct room room;
    int64_t longest = until_free(s, cost, now, &room);
    for (uint32_t i = 0; i < s->nrunning; i++)
        s->running[i].marked = s->running[i].ends;
    s->others.marked = s->others.ends;
    take_room(&room, cost);
    s->held = (struct reservation){class, least, all, now + longest, room};
}

/* There is room for some tasks of that rank. Is it worth to wait for that of all that could share
 * their process, as it should be there soon? */
static bool
waits_for_all(struct sched *s, uint32_t rank, const struct together *t, int64_t now)
{
    const struct sched_class *c = &s->class[class_at(s, rank)];
    const struct room cost = process_cost(c, t->most);
    struct room room;
    return t->least < t->most && c->time_ms && !fits(cost, free_room(s)) &&
           until_free(s, cost, now, &room) <= (int64_t)(c->time_ms - c->time_ms / 4);
}

/* Is there a process that the task can join in a moment? */
static bool
joins_soon(const struct sched *s, uint32_t task)
{
    const uint32_t lane = ready_lane(&s->ready, task);
    for (uint32_t i = 0; lane && i < s->nrunning; i++)
        if (s->running[i].young && s->running[i].lane == lane)
            return true;
    return false;
}

/* May tasks of that rank start, which are the first in order? *waits: there is room for some. */
static bool
may_start(struct sched *s, uint32_t rank, int64_t now, bool *waits)
{
    const struct sched_class *c = &s->class[class_at(s, rank)];
    *waits = false;
    if (!fits(cost_of(c), free_room(s)) || joins_soon(s, first_at(s, rank)))
        return false;
    const struct together t = together(s, rank, now, NO_END);
    if (!fits(process_cost(c, t.after < t.least ? t.after : t.least), free_room(s)))
        return false;
    *waits = waits_for_all(s, rank, &t, now);
    return !*waits;
}

/* Starts tasks of that rank beside the reserved class, whose share stays whole, or ends in time;
 * returns how many. */
static uint32_t
start_beside(struct sched *s, uint32_t rank, int64_t now, uint32_t *out, uint32_t max)
{
    struct reservation *h = &s->held;
    const struct sched_class *c = &s->class[class_at(s, rank)];
    if (!fits(cost_of(c), free_room(s)) || joins_soon(s, first_at(s, rank)))
        return 0;
    struct together t = together(s, rank, now, NO_END);
    if (t.after < t.least || !fits(process_cost(c, t.least), free_room(s)) ||
        waits_for_all(s, rank, &t, now))
        return 0;
    if (fits(process_cost(c, t.least), less_over(s, h->room)))
        return launch(s, rank, now, &h->room, NO_END, out, max);
    if (!c->time_ms || now + (int64_t)c->time_ms > h->until)
        return 0;
    t = together(s, rank, now, h->until);
    return t.after < t.least ? 0 : launch(s, rank, now, NULL, h->until, out, max);
}

/* Tasks from that rank on, of other classes than the reserved one, that may start; 0: none. */
static uint32_t
backfill(struct sched *s, uint32_t from, int64_t now, uint32_t *out, uint32_t max)
{
    uint32_t n = 0;
    for (uint32_t r = from; r != SCHED_NONE && !n; r = next_rank(s, r + 1, now))
        if (class_at(s, r) != s->held.class)
            n = start_beside(s, r, now, out, max);
    return n;
}

/* What became ready since a reservation was made may come before its class in order, again and
 * again; but only a higher priority takes the room. */
uint32_t
after_reserved(const struct sched *s, uint32_t rank, int64_t now)
{
    const struct ready *r = &s->ready;
    uint32_t held = s->held.class;
    if (held == SCHED_NONE || too_late(s, held, now) ||
        s->class[class_at(s, rank)].priority > s->class[held].priority)
        return rank;
    for (uint32_t near = r->nears; near-- > 0;) {
        uint32_t its = r->rank[held * r->nears + near];
        if (ready_next(r, its) == its)
            return its;
    }
    return rank;
}

static uint32_t
launch_next(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    uint32_t r = s->room.cores ? next_rank(s, 0, now) : SCHED_NONE;
    if (r == SCHED_NONE)
        return 0;
    uint32_t first = after_reserved(s, r, now), class = class_at(s, first);
    bool waits, other;
    if (may_start(s, first, now, &waits)) {
        s->held.class = SCHED_NONE;
        return launch(s, first, now, NULL, NO_END, out, max);
    }
    while (r != SCHED_NONE && !may_start(s, r, now, &other))
        r = next_rank(s, r + 1, now);
    if (r == SCHED_NONE)
        return 0; /* nothing that could come first: no reservation needed */
    if (s->held.class != class || (waits && !s->held.all))
        reserve(s, class, now, waits);
    return backfill(s, r, now, out, max);
}

void
wake_delayed(struct sched *s, int64_t now)
{
    for (unsigned i = 0; i < NDELAYS && s->count[SCHED_DELAYED]; i++) {
        struct queue *q = &s->delayed[i];
        while (q->first != SCHED_NONE && (int32_t)(s->since[q->first] - (uint32_t)now) <= 0) {
            uint32_t task = queue_take_first(q, &s->links);
            if (graph_waits(&s->graph, task)) /* what it had needed was undone */
                set_state(s, task, SCHED_WAITING);
            else
                make_ready(s, task, s->since[task], false);
        }
    }
}

uint32_t
sched_launch(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    wake_delayed(s, now);
    sched_follow_work(s);
    return max ? launch_next(s, now, out, max) : 0;
}

enum sched_bound
sched_bound(struct sched *s, int64_t now)
{
    if (!s->count[SCHED_READY])
        return SCHED_BOUND_READY;
    uint32_t r = next_rank(s, 0, now);
    if (r == SCHED_NONE)
        return SCHED_BOUND_TIME;
    const struct room cost = start_cost(s, after_reserved(s, r, now), now), room = free_room(s);
    bool fits_else = cost.cores <= room.cores && cost.gpus <= room.gpus;
    return fits_else && cost.memory > room.memory ? SCHED_BOUND_MEMORY : SCHED_BOUND_ROOM;
}
