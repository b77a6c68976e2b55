/* Tasks as the scheduling core is fed them, by shim and simulation alike: classes of equal cost,
 * and which tasks may share a process. Made shard by shard, so that on a node a shard that another
 * one takes costs nothing. libc only, shared.
 *
 * - Costs that are the same for the whole family are taken as they are. Of those that may differ
 *   from task to task memory and time are rounded up, so that a formula gives few classes, but
 *   never past what the node has; more coarsely when half of all numbers are used up, and at last
 *   priorities, too. What then has no number is of another class that costs as much or more.
 * - A task of whole nodes has all of each.
 * - Tasks of different kinds are of different classes, so that what is learned of a kind can be
 * told of its classes. Only what stands in for them may be of another one.
 * - Where memory grows with retries, the heavier classes are made with the first one.
 * - Bundles go through all shards of the same epoch: that is in the temporary names of outputs,
 * which are told to a process alike. */
#ifndef COST_CLASSES_H
#define COST_CLASSES_H

#include "cost/cost.h"
#include "sched/sched.h"
#include "util/map64.h"

struct classed {
    uint32_t task, class, bundle;
    int64_t ms; /* how long it is expected to take, not rounded; 0: not known */
};

/* Tasks of which one thing is learned from the record. */
struct class_kind {
    uint32_t family, key;
    uint32_t begun; /* 1: how much is left of them is asked when they start, see classes_begun */
};

struct classes {
    struct sched_class *class; /* all that were made; their numbers stay */
    struct class_kind *kind;   /* of each */
    uint32_t n;
    struct classed *task; /* ntasks of the shard, in their order */
    uint32_t ntasks;
    /* of each task: 0, it will not be run, so that it need not fit; NULL (the default): all will.
     * Borrowed */
    const uint8_t *only;
    uint32_t bad;          /* if one cannot be classified: which, */
    struct cost_flaw flaw; /* and what of it cannot be computed */

    /* private: */
    const struct plan *plan;
    struct plan_eval *eval;
    struct node_room room;
    uint64_t most_ms;
    bool (*stop)(void *arg);
    void *stop_arg;
    struct map64 known;
    uint32_t *stage; /* of each family, as struct sched_class has it; */
    /* which of memory and time differ from task to task: only that is rounded */
    uint8_t *varies;
    uint32_t nbundles, shard, next_run;
    struct plan_range rest; /* of a run of the shard */
    struct map64 bundles;
};

/* What CLASSES_MANY means, for people. */
#define CLASSES_MANY_WORDS "the tasks differ too much in memory, cores and time"

enum classes_end {
    CLASSES_MADE,
    CLASSES_STOPPED,
    CLASSES_UNKNOWN, /* a cost cannot be computed */
    CLASSES_LARGE,   /* it costs more than all of the node */
    CLASSES_MANY,    /* no number is left, and no class that was made costs as much as it */
};

/* All is borrowed; all of `room` is known. `most_ms`: how long tasks can take, INT64_MAX: there is
 * no end. `stop`, or NULL, is asked now and then: costs may be much to compute. */
void classes_init(struct classes *k, const struct plan *p, struct plan_eval *e,
    const struct node_room *room, int64_t most_ms, bool (*stop)(void *arg), void *arg);
void classes_free(struct classes *k);
/* Some tasks of each family, for whom no shard is needed: what cannot run here at all shows, and
 * what the cheapest task may cost. */
enum classes_end classes_try(struct classes *k);
/* Goes on to the tasks of a shard, some thousands at a time; ntasks 0: there are no more. */
void classes_shard(struct classes *k, uint32_t shard);
enum classes_end classes_next(struct classes *k);
/* The bundle of a task of family `i`, in a shard of that epoch (that of classes_next: 0);
 * SCHED_NONE: it has none. */
uint32_t classes_bundle(struct classes *k, uint32_t i, uint32_t task, uint32_t epoch);
/* A class like this one, but of so many bytes, or all that the node has; this one, if no number is
 * left. */
uint32_t classes_larger(struct classes *k, uint32_t class, double bytes);
/* And one like this, of tasks that may start however little time is left, for they may have no more
 * to do than that; this one, if no number is left. */
uint32_t classes_begun(struct classes *k, uint32_t class);

#endif
