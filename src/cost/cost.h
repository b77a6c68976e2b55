/* What a task asks of a node, and how long it will take: the one place that knows. libc only,
 * shared.
 *
 * A time that is not given is 0 here, and unknown to the scheduling core: such tasks come last, and
 * do not start near the end of a job. What is told of work leaves them out, and says so; where work
 * is only divided they count as cost_unknown says. */
#ifndef COST_COST_H
#define COST_COST_H

#include "plan/plan.h"

#define COST_DEFAULT_MEMORY 1e9 /* bytes, of tasks that say nothing of it */

enum cost_kind {
    COST_MEMORY,
    COST_SHARED,
    COST_CORES,
    COST_GPUS,
    COST_TIME,
    COST_LIMIT,
    COST_PRIORITY,
    NCOSTS
};

/* What a campaign may say: more than `least`, or just that, and no more than `most`. The checker
 * looks at constants, the prover at what differs from task to task. */
struct cost_bounds {
    const char *name;
    bool may_be_least;
    double least, most;
};
extern const struct cost_bounds cost_bounds[NCOSTS];
static inline bool
cost_bounded(const struct cost_bounds *b, double n)
{
    return (b->may_be_least ? n >= b->least : n > b->least) && n <= b->most;
}

/* What a node has for tasks. 0 cores, 0 bytes, PLAN_NONE GPUs: not known, so nothing is limited by
 * it. */
struct node_room {
    uint64_t memory; /* bytes */
    uint32_t cores, gpus;
};

/* What one task asks for. */
struct cost {
    double memory; /* bytes of a task by itself */
    double shared; /* the part of it that a bundle uses once; at most `memory` */
    double cores, gpus;
    double seconds; /* expected; 0: not known */
    double priority;
};

/* Which of the costs cannot be had, and why. Borrowed from the evaluator, until it is used again.
 */
struct cost_flaw {
    const char *what, *why;
};

/* Of a task of family `f`. False: one cannot be computed, or is no number of zero or more; it and
 * those behind it have their defaults then, and *flaw (unless it is NULL) tells of it. */
bool cost_of(struct plan_eval *e, const struct plan_family *f, uint32_t task, struct cost *c,
    struct cost_flaw *flaw);
/* Its expected time alone. */
double cost_seconds(struct plan_eval *e, const struct plan_family *f, uint32_t task);
/* Tasks of one family with the same number: of their times one thing is learned; 0: of all of them,
 * or what tells them apart cannot be computed. */
uint32_t cost_learn_key(struct plan_eval *e, const struct plan_family *f, uint32_t task);
/* What a task without a time counts for, beside `n` others that are to take `seconds` together: as
 * much as one of them, or a second. */
double cost_unknown(double seconds, uint32_t n);

enum room_of { ROOM_MEMORY, ROOM_CORES, ROOM_GPUS, ROOM_NONE };

/* How many tasks like this one run at once on a node, and what there is too little of for more.
 * Tasks that may share a process do: k of them use shared + k (memory - shared). A task that is too
 * large for the node counts as one. ROOM_NONE: nothing that is known limits it. */
struct slots {
    uint32_t n;
    enum room_of bound;
    /* if nothing else limited them; PLAN_NONE: not limited */
    uint32_t by_memory, by_cores, by_gpus;
};
struct slots slots_of(const struct cost *c, bool bundled, const struct node_room *room);
/* The part of a node that a task uses; of a task of whole nodes, these; 0: of the host that
 * submits.
 */
double cost_part(const struct cost *c, const struct plan_family *f, const struct node_room *room);

#endif
