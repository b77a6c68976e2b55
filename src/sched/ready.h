/* The tasks that are ready: a queue for each class, and a lane for each bundle that a task may be
 * part of. Private to the scheduling core. */
#ifndef SCHED_READY_H
#define SCHED_READY_H

#include "sched/sched.h"

/* Tasks by links in arrays that several queues share: a task is in one of them at a time. */
struct queue {
    uint32_t first, last;
};

struct links {
    uint32_t *next;
    uint32_t *prev; /* NULL: only the first one can be taken out */
};

/* clang-format off */
#define QUEUE_EMPTY {SCHED_NONE, SCHED_NONE}
/* clang-format on */

void queue_append(struct queue *q, const struct links *l, uint32_t task);
void queue_prepend(struct queue *q, const struct links *l, uint32_t task);
uint32_t queue_take_first(struct queue *q, const struct links *l);

struct ready {
    uint32_t nclasses;
    struct queue *queue; /* of each class */
    uint32_t *order;     /* classes, the first one first */
    uint32_t *rank;      /* of each class: where it is in `order` */
    uint64_t *occupied;  /* a bit for each rank with a ready task (that is not too late) */
    struct links links;
    /* only if there are bundles */
    struct queue *lane;
    uint32_t cap;      /* of lanes */
    uint32_t *lane_of; /* of each task, + 1; 0: none */
    struct links lanes;
};

/* There are no classes yet. `next` is borrowed. */
void ready_init(struct ready *r, uint32_t ntasks, uint32_t *next, bool bundles);
void ready_free(struct ready *r);
/* So many classes more, which are without an order. */
void ready_grow(struct ready *r, uint32_t n);
/* `order` is another one: what follows from it is made anew. Nothing is hidden any more. */
void ready_reorder(struct ready *r);
/* Before it is ready. */
void ready_set_lane(struct ready *r, uint32_t task, uint32_t lane);
void ready_add(struct ready *r, uint32_t task, uint32_t class, bool before_others);
void ready_remove(struct ready *r, uint32_t task, uint32_t class);
/* The first rank >= `from` with a ready task, or SCHED_NONE. */
uint32_t ready_next(const struct ready *r, uint32_t from);
/* ready_next passes over this rank until a task is added to it. */
void ready_hide(struct ready *r, uint32_t rank);
/* The first task of the task's lane, or that behind `task`, or SCHED_NONE. */
uint32_t ready_lane_first(const struct ready *r, uint32_t task);
uint32_t ready_lane_next(const struct ready *r, uint32_t task);

#endif
