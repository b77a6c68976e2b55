/* What the parts of the scheduling core share. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "sched/graph.h"
#include "sched/pause.h"
#include "sched/ready.h"
#include "sched/sched.h"

#include <assert.h>

enum { NDELAYS = SCHED_PAUSES };
enum { LANE_SCAN = 1024 }; /* tasks that are looked at to find others for a bundle */

#define NO_END INT64_MAX

/* A process. */
struct running {
    uint32_t class; /* of its tasks; of an open one some may be of others, which cost the same */
    uint32_t lane;  /* + 1; 0: it has none */
    uint32_t count; /* tasks of it that have not ended; 0, and not open: the entry is free */
    uint32_t free;  /* the next free entry, while this one is */
    bool open;      /* it lives on without tasks */
    bool young;     /* it is open, and cannot be joined yet */
    bool marked;    /* the reservation counts on its end */
    bool ends;      /* until_free does */
    int64_t start;  /* of the last task that came to it */
    /* what it was given, whatever its class costs by now */
    uint64_t memory, shared;
};

/* What a node has, what is free of it, what something costs. */
struct room {
    uint32_t cores, gpus;
    uint64_t memory;
};

/* What another scheduler has of the node. */
struct others {
    struct room room;
    bool told;
    bool marked, ends; /* as of a process */
    int64_t since, ends_at;
};

/* What is kept for the first class in order, see the head of sched.h. */
struct reservation {
    uint32_t class;   /* SCHED_NONE: none, or no more */
    uint32_t least;   /* tasks of it that start together, at least */
    bool all;         /* kept is what all take that can: they wait for it */
    int64_t until;    /* when the last marked task should have ended */
    struct room room; /* free now and with the marked tasks' end, less the class's own cost */
};

struct sched {
    struct room all, room; /* the node's, what is free of it */
    struct room least;     /* no class costs less of any of these */
    uint64_t over;         /* memory that processes use beyond what they were given */
    int64_t end;           /* of the node's time, or NO_END */
    bool cautious;         /* what may take any time does not start before it */
    uint32_t ntasks, nclasses;
    struct sched_class *class; /* by number */
    uint32_t *sorted;          /* their numbers, by priority, stage, time ... */
    uint64_t *sure;            /* of each: milliseconds that have to be left when it starts */
    uint32_t *coming;          /* of each: tasks that are still to be started */
    double work;               /* core milliseconds that these should take, all together */
    uint32_t unknown;          /* how many of these may take any time */
    double long_ms;            /* what takes as long comes before what is begun */
    struct ready ready;
    struct queue delayed[NDELAYS];
    /* one for each core, and more if there are open ones without tasks */
    struct running *running;
    uint32_t cap_running;
    uint32_t nrunning, free_running; /* entries that were ever used; the first free one of these */
    struct reservation held;
    struct others others;
    struct graph graph;
    uint32_t count[SCHED_NSTATES];
    /* of each task */
    uint16_t *class_of; /* a number + 1; 0: not known yet */
    uint8_t *state;
    struct links links; /* `next` in its queue; of a running task: its index in `running` */
    uint32_t *since;    /* when it became ready, or will; milliseconds, wraps after 49 days */
};

static inline uint32_t
class_of(const struct sched *s, uint32_t task)
{
    assert(s->class_of[task]);
    return s->class_of[task] - 1u;
}

/* Is it still to be started here, as far as is known? */
static inline bool
is_coming(enum sched_state state)
{
    return state == SCHED_WAITING || state == SCHED_READY || state == SCHED_DELAYED;
}

static inline void
count_work(struct sched *s, uint32_t class, int64_t more)
{
    const struct sched_class *c = &s->class[class];
    s->work += (double)c->time_ms * c->cores * (double)more;
    s->unknown += c->time_ms ? 0 : (uint32_t)more;
}

/* So many more (or less, if it is negative) tasks of the class are coming. */
static inline void
count_coming(struct sched *s, uint32_t class, int more)
{
    s->coming[class] += (uint32_t)more;
    count_work(s, class, more);
}

static inline void
set_state(struct sched *s, uint32_t task, enum sched_state state)
{
    int more = (int)is_coming(state) - (int)is_coming(s->state[task]);
    ready_count(&s->ready, task, more);
    if (more)
        count_coming(s, class_of(s, task), more);
    s->count[s->state[task]]--;
    s->count[state]++;
    s->state[task] = (uint8_t)state;
}

static inline void
make_ready(struct sched *s, uint32_t task, uint32_t since, bool before_others)
{
    set_state(s, task, SCHED_READY);
    s->since[task] = since;
    ready_add(&s->ready, task, class_of(s, task), graph_near(&s->graph, task), before_others);
}

static inline bool
fits(struct room cost, struct room room)
{
    return cost.cores <= room.cores && cost.gpus <= room.gpus && cost.memory <= room.memory;
}

/* Room, less what others use of it. */
static inline struct room
less_over(const struct sched *s, struct room room)
{
    if (s->room.cores != s->all.cores) /* else nobody runs */
        room.memory = room.memory > s->over ? room.memory - s->over : 0;
    return room;
}

/* What may be given out. */
static inline struct room
free_room(const struct sched *s)
{
    return less_over(s, s->room);
}

static inline void
take_room(struct room *room, struct room cost)
{
    room->cores -= cost.cores;
    room->gpus -= cost.gpus;
    room->memory -= cost.memory;
}

static inline void
give_room(struct room *room, struct room cost)
{
    room->cores += cost.cores;
    room->gpus += cost.gpus;
    room->memory += cost.memory;
}

/* Of the first task of a process. */
static inline struct room
cost_of(const struct sched_class *c)
{
    return (struct room){c->cores, c->gpus, c->memory};
}

/* Of each further one. */
static inline struct room
further_cost(const struct sched_class *c)
{
    return (struct room){c->cores, c->gpus, c->memory - c->shared};
}

/* Of so many tasks in one process. */
static inline struct room
process_cost(const struct sched_class *c, uint32_t n)
{
    return (struct room){c->cores * n, c->gpus * n, c->shared + (c->memory - c->shared) * n};
}

/* What is left to do is less than it was, or more: the order of what takes long follows from it. */
void sched_follow_work(struct sched *s);
/* What needs a task that failed is blocked. */
void block_all(struct sched *s);
/* One that is to be tried again is not delayed any more; which pause it is in, nobody noted. */
void forget_delayed(struct sched *s, uint32_t task);
/* launch.c: the first rank >= `from` with a ready task that would end in time. */
uint32_t next_rank(struct sched *s, uint32_t from, int64_t now);
/* `rank`, the first of all, or the one that comes before it because room is kept for it. */
uint32_t after_reserved(const struct sched *s, uint32_t rank, int64_t now);
/* Keeps room for the class, which is first in order and does not fit, or waits for `all`. */
void reserve(struct sched *s, uint32_t class, int64_t now, bool all);
/* Retries whose time has come are ready. */
void wake_delayed(struct sched *s, int64_t now);
/* How long a process should still run. */
int64_t remaining(const struct sched *s, const struct running *r, int64_t now);
/* One more task starts in the process `entry`; there is room. `beside`: what it takes, too; or
 * NULL. */
void add_task(struct sched *s, uint32_t entry, uint32_t task, struct room *beside);
/* The task is started: what it is part of is begun. */
void sched_begin(struct sched *s, uint32_t task);

/* join.c: how many tasks of the class one process can hold on the whole node. */
uint32_t width_of(const struct sched *s, const struct sched_class *c);

static inline uint32_t
class_at(const struct sched *s, uint32_t rank)
{
    return ready_class(&s->ready, s->ready.order[rank]);
}

/* Do tasks of class `a` cost what those of `b` do? */
static inline bool
alike(const struct sched *s, uint32_t a, uint32_t b)
{
    const struct sched_class *c = &s->class[a], *d = &s->class[b];
    return a == b || (c->cores == d->cores && c->gpus == d->gpus && c->memory == d->memory &&
                         c->shared == d->shared);
}

/* The first task of a rank that has one. */
static inline uint32_t
first_at(const struct sched *s, uint32_t rank)
{
    return s->ready.queue[s->ready.order[rank]].first;
}

/* The process might well end after the node's time. */
static inline bool
too_late(const struct sched *s, uint32_t class, int64_t now)
{
    uint64_t time = s->sure[class];
    return s->end != NO_END &&
           (now >= s->end || time > (uint64_t)(s->end - now) || (s->cautious && !time));
}

#endif
