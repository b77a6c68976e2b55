/* What the parts of the scheduling core share. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "sched/graph.h"
#include "sched/ready.h"
#include "sched/sched.h"

#include <assert.h>

enum { NDELAYS = 7 }; /* 1 s, 2 s ... 32 s, 60 s */

#define NO_END INT64_MAX

/* A process. */
struct running {
    uint32_t class;
    uint32_t count; /* tasks of it that have not ended; 0: the entry is free */
    uint32_t free;  /* the next free entry, while this one is */
    bool marked;    /* the reservation counts on its end */
    int64_t start;
};

/* What a node has, what is free of it, what something costs. */
struct room {
    uint32_t cores, gpus;
    uint64_t memory;
};

/* What is kept for the first class in order, see the head of sched.h. */
struct reservation {
    uint32_t class;   /* SCHED_NONE: none */
    int64_t until;    /* when the last marked task should have ended */
    struct room room; /* free now and with the marked tasks' end, less the class's own cost */
};

struct sched {
    struct room all, room; /* the node's, what is free of it */
    struct room least;     /* no class costs less of any of these */
    int64_t end;           /* of the node's time, or NO_END */
    bool cautious;         /* what may take any time does not start before it */
    uint32_t ntasks, nclasses;
    struct sched_class *class; /* by number; their order is that of `ready` */
    struct ready ready;
    struct queue delayed[NDELAYS];
    struct running *running;         /* at most one for each core */
    uint32_t nrunning, free_running; /* entries that were ever used; the first free one of these */
    struct reservation held;
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

static inline void
set_state(struct sched *s, uint32_t task, enum sched_state state)
{
    s->count[s->state[task]]--;
    s->count[state]++;
    s->state[task] = (uint8_t)state;
}

static inline void
make_ready(struct sched *s, uint32_t task, uint32_t since, bool before_others)
{
    set_state(s, task, SCHED_READY);
    s->since[task] = since;
    ready_add(&s->ready, task, class_of(s, task), before_others);
}

static inline bool
fits(struct room cost, struct room room)
{
    return cost.cores <= room.cores && cost.gpus <= room.gpus && cost.memory <= room.memory;
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

/* The process would be expected to end after the node's time. */
static inline bool
too_late(const struct sched *s, uint32_t class, int64_t now)
{
    uint64_t time = s->class[class].time_ms;
    return s->end != NO_END &&
           (now >= s->end || (int64_t)time > s->end - now || (s->cautious && !time));
}

#endif
