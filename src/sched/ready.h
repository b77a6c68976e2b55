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
    uint32_t nranks;
    struct queue *queue; /* by rank: classes in their order */
    uint64_t *occupied;  /* a bit for each rank with a ready task (that is not too late) */
    struct links links;
    /* only if there are bundles */
    struct queue *lane;
    uint32_t *lane_of; /* of each task, SCHED_NONE: none */
    struct links lanes;
};

/* `next` is borrowed; `lane_of` may be NULL and is taken over. */
void ready_init(struct ready *r, uint32_t nranks, uint32_t ntasks, uint32_t *next,
    uint32_t *lane_of, uint32_t nlanes);
void ready_free(struct ready *r);
void ready_add(struct ready *r, uint32_t task, uint32_t rank, bool before_others);
void ready_remove(struct ready *r, uint32_t task, uint32_t rank);
/* The first rank >= `from` with a ready task, or SCHED_NONE. */
uint32_t ready_next(const struct ready *r, uint32_t from);
/* ready_next passes over this rank until a task is added to it. */
void ready_hide(struct ready *r, uint32_t rank);
/* The first task of the task's lane, or that behind `task`, or SCHED_NONE. */
uint32_t ready_lane_first(const struct ready *r, uint32_t task);
uint32_t ready_lane_next(const struct ready *r, uint32_t task);

#endif
