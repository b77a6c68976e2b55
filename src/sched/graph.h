/* Who waits for whom, and what is left of it. Of needs with stored groups the inverse is kept, made
 * by counting sort; of arithmetic ones nothing but the number of members left in each group. */
#ifndef SCHED_GRAPH_H
#define SCHED_GRAPH_H

#include "sched/sched.h"

/* One need. Groups are numbered from 0 in each. */
struct graph_need {
    uint32_t first_consumer, first_producer;
    struct relation of;       /* arithmetic; of a stored one only the counts are used */
    uint32_t *left;           /* of each group: members that are not done */
    uint32_t *of_producer;    /* nproducers + 1 offsets into producer_group */
    uint32_t *producer_group; /* the groups that a producer is a member of */
    uint32_t *of_group;       /* ngroups + 1 offsets into group_consumer */
    uint32_t *group_consumer; /* the consumers that wait for a group */
};

struct graph {
    uint32_t nneeds;
    struct graph_need *need;
    uint16_t *groups_left; /* of each task */
};

void graph_init(struct graph *g, const struct sched_config *c);
void graph_free(struct graph *g);

/* `task` is done: calls `ready` for every task that now waits for nothing. */
void graph_done(struct graph *g, uint32_t task, void (*ready)(void *arg, uint32_t task), void *arg);
/* `task` was done and is not any more: what needs it waits again. */
void graph_undone(struct graph *g, uint32_t task);
/* Calls `visit` for every task that waits for a group of which `task` is a member; some may come
 * more than once. */
void graph_consumers(const struct graph *g, uint32_t task, void (*visit)(void *arg, uint32_t task),
    void *arg);
static inline bool
graph_waits(const struct graph *g, uint32_t task)
{
    return g->groups_left && g->groups_left[task];
}

#endif
