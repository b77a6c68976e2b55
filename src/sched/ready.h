/* The tasks that are ready: queues for each class, one for each step of nearness to the end of what
 * a task is part of, and a lane for each bundle that it may be part of. Private to the scheduling
 * core. */
#ifndef SCHED_READY_H
#define SCHED_READY_H

#include "sched/sched.h"

/* Tasks by links in arrays that several queues share: a task is in one of them at a time. */
struct queue {
    uint32_t first, last;
};

/* How near to its end is what a task is part of. */
enum near {
    NEAR_NOT,   /* nothing of it was begun */
    NEAR_BEGUN, /* some is done */
    NEAR_HALF,  /* half is, or more */
    NEAR_HERE,  /* tasks of it were started here */
    NEAR_STEPS
};

struct links {
    uint32_t *next;
    uint32_t *prev; /* NULL: to take out another than the first one takes its time */
};

/* clang-format off */
#define QUEUE_EMPTY {SCHED_NONE, SCHED_NONE}
/* clang-format on */

void queue_append(struct queue *q, const struct links *l, uint32_t task);
void queue_prepend(struct queue *q, const struct links *l, uint32_t task);
uint32_t queue_take_first(struct queue *q, const struct links *l);
bool queue_has(const struct queue *q, const struct links *l, uint32_t task);
void queue_remove(struct queue *q, const struct links *l, uint32_t task); /* it has it */

/* A bundle, or what of it is here. */
struct lane {
    struct queue ready;
    uint32_t coming; /* tasks that are still to be started, as far as is known */
    bool begun;      /* tasks of it were started */
};

struct ready {
    uint32_t nclasses;
    uint32_t nears;      /* queues of each class: NEAR_STEPS, or 1, if nothing is ever begun */
    struct queue *queue; /* number class * nears + near */
    uint32_t *order;     /* queues, the first one first */
    uint32_t *rank;      /* of each queue: where it is in `order` */
    uint64_t *occupied;  /* a bit for each rank with a ready task (that is not too late) */
    struct links links;
    uint8_t *near; /* of each ready task: in which of its class's queues it is; if nears > 1 */
    /* only if there are bundles */
    struct lane *lane;
    uint32_t cap;      /* of lanes */
    uint32_t *lane_of; /* of each task, + 1; 0: none */
    struct links lanes;
};

/* There are no classes yet. `next` is borrowed. `begins`: tasks are part of something. */
void ready_init(struct ready *r, uint32_t ntasks, uint32_t *next, bool bundles, bool begins);
void ready_free(struct ready *r);
static inline uint32_t
ready_class(const struct ready *r, uint32_t queue)
{
    return queue / r->nears;
}
/* So many classes more, which are without an order. */
void ready_grow(struct ready *r, uint32_t n);
/* `order` is another one: what follows from it is made anew. Nothing is hidden any more. */
void ready_reorder(struct ready *r);
/* Before it is ready. SCHED_NONE: it has none. */
void ready_set_lane(struct ready *r, uint32_t task, uint32_t lane);
/* `near`: how near what it is part of is to its end; its lane may know better. */
void ready_add(struct ready *r, uint32_t task, uint32_t class, unsigned near, bool before_others);
/* One that is ready is as near as that, if it was not nearer. */
void ready_move(struct ready *r, uint32_t task, uint32_t class, unsigned near);
void ready_remove(struct ready *r, uint32_t task, uint32_t class);
/* The first rank >= `from` with a ready task, or SCHED_NONE. */
uint32_t ready_next(const struct ready *r, uint32_t from);
/* ready_next passes over this rank until a task is added to it. */
void ready_hide(struct ready *r, uint32_t rank);
/* So many more (or less, if it is negative) tasks of the task's lane are coming. */
void ready_count(struct ready *r, uint32_t task, int more);
/* The number of the task's lane, + 1; 0: it has none. */
uint32_t ready_lane(const struct ready *r, uint32_t task);
/* The first task of the task's lane, or that behind `task`, or SCHED_NONE. */
uint32_t ready_lane_first(const struct ready *r, uint32_t task);
uint32_t ready_lane_next(const struct ready *r, uint32_t task);
/* The task is started. True, once: the others of its lane are near from now on, and those that are
 * ready are to be moved. */
bool ready_lane_begins(struct ready *r, uint32_t task);

#endif
