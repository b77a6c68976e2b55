/* What the tasks of a plan ask of a node, and how much work they are. */
#ifndef TARGET_WORK_H
#define TARGET_WORK_H

#include "plan/plan.h"

/* What a node has for tasks. 0 cores, 0 bytes, PLAN_NONE GPUs: not known, so nothing is limited by
 * it. */
struct node_room {
    uint64_t memory; /* bytes */
    uint32_t cores, gpus;
};

/* What one task asks for. */
struct task_cost {
    double memory; /* bytes of a task by itself */
    double shared; /* the part of it that a bundle uses once; at most `memory` */
    double cores, gpus;
    double seconds; /* expected; 0: not known */
};

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
struct slots slots_of(const struct task_cost *c, bool bundled, const struct node_room *room);

/* A family's work, at some node. */
struct family_work {
    bool timed;            /* its expected time is given */
    double task_seconds;   /* the sum of the expected times */
    double node_seconds;   /* the sum of their times x part of a node */
    double seconds2;       /* the sum of their times squared x part of a node */
    double fills;          /* the sum of the parts of a node */
    double longest;        /* expected time of a task, and one that takes so long: */
    uint32_t longest_task; /* PLAN_NONE: there is none */
    /* tasks on a node at once, by the first one; PLAN_NONE: no limit is known */
    uint32_t slots;
    uint32_t weight;   /* of each task in shards, unless: */
    uint32_t *weights; /* of each; or NULL. Owned */
};

struct work {
    struct node_room room;
    double task_seconds, node_seconds, longest;
    double expected; /* node_seconds; 0: no time is known */
    /* expected time of tasks that need each other, one after the other: the longest of each family
     */
    double chain;
    double typical;        /* expected time of a task, the mean over node_seconds */
    double fills;          /* the sum of the parts of a node: how often all tasks would fill one */
    uint32_t most_nodes;   /* whole ones that a task asks for; 0: none does */
    uint32_t longest_task; /* PLAN_NONE: no time is known */
    /* tasks whose time is not given: they are in none of these sums. Their weight in shards is that
     * of the mean of the others; if there are none, of a second */
    uint32_t untimed;
    struct family_work *family;
    uint32_t nfamilies;
};

/* What family `f` asks for in its task `task`. False: it cannot be computed (plan_eval_error). */
bool task_cost(struct plan_eval *e, const struct plan_family *f, uint32_t task,
    struct task_cost *c);

/* Weighs the tasks: weights are proportional to node-seconds, 1 at least, their sum is below 2^32.
 * Tasks on the host that submits use nothing of a node. Costs that cannot be computed count as
 * defaults: plans of the compiler have none. */
void work_init(struct work *w, const struct plan *p, const struct node_room *room);
void work_free(struct work *w);

static inline uint32_t
work_weight(const struct family_work *f, uint32_t i)
{
    return f->weights ? f->weights[i] : f->weight;
}

#endif
