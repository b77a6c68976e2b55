/* How much work the tasks of a plan are, on nodes of some size. */
#ifndef TARGET_WORK_H
#define TARGET_WORK_H

#include "target/costs.h"
#include "target/pack.h"

/* Tasks that take about the same time. */
struct work_time {
    double seconds; /* the mean, over the parts of a node */
    double fills;   /* the sum of the parts of a node */
};

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
    uint32_t nbundles; /* of work_pack; 0: it has none, or they were not packed */
    struct packing packing;
    struct pack_node node; /* that they were packed onto */
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
    /* the expected times there are, the longest first. Owned */
    struct work_time *time;
    uint32_t ntimes;
    /* nodes that are filled by bundles as they can be packed, and by all else as if it were a
     * fluid, of `fills`; 0: they were not packed */
    double packed;
    struct family_work *family;
    uint32_t nfamilies;
};

/* What of a plan is weighed, if it is not all as the campaign says. */
struct work_left {
    const uint8_t *left; /* of each task: it is to be done; NULL: all are */
    /* how long tasks of a family take for which so many seconds are stated (0: none), and 95 of 100
     * at most; 0: not known */
    double (*seconds)(void *arg, uint32_t family, double stated, double *most);
    void *arg;
};

/* Weighs the tasks: weights are proportional to node-seconds, 1 at least, their sum is below 2^32.
 * Tasks on the host that submits use nothing of a node. `costs` can be used again for another
 * room. */
void work_weigh(struct work *w, struct costs *costs, const struct node_room *room);
/* The same of what is left of them. Its weights are those of all tasks, as they are stated. */
void work_weigh_left(struct work *w, struct costs *costs, const struct node_room *room,
    const struct work_left *left);
/* The same for a plan that is weighed once. */
void work_init(struct work *w, const struct plan *p, const struct node_room *room);
void work_free(struct work *w);
/* Packs bundles onto nodes of w->room, for who wants to know how full these can be. `costs` are of
 * the plan that was weighed, `left` what was left of it; or NULL. */
void work_pack(struct work *w, struct costs *costs, const uint8_t *left);
/* The weight of a shard: how long it keeps a node, if bundles were packed with what they share. */
uint64_t work_of_shard(const struct work *w, const struct plan *p, uint32_t shard);

static inline uint32_t
work_weight(const struct family_work *f, uint32_t i)
{
    return f->weights ? f->weights[i] : f->weight;
}

#endif
