/* Who waits for whom: the inverse of the needs, by counting sort, and what is left of them. */
#ifndef SCHED_GRAPH_H
#define SCHED_GRAPH_H

#include "sched/sched.h"

struct graph {
    uint32_t ntasks, ngroups;
    uint32_t *of_producer;    /* ntasks + 1 offsets into producer_group */
    uint32_t *producer_group; /* the groups a task is a member of */
    uint32_t *of_group;       /* ngroups + 1 offsets into group_consumer */
    uint32_t *group_consumer; /* the tasks that wait for a group */
    uint32_t *members_left;   /* of each group */
    uint16_t *groups_left;    /* of each task */
};

void graph_init(struct graph *g, const struct sched_config *c);
void graph_free(struct graph *g);

/* `task` is done: calls `ready` for every task that now waits for nothing. */
void graph_done(struct graph *g, uint32_t task, void (*ready)(void *arg, uint32_t task),
    void *arg);
static inline bool
graph_waits(const struct graph *g, uint32_t task)
{
    return g->groups_left && g->groups_left[task];
}

#endif
