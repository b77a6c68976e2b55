/* Who waits for whom, and what is left of it. Of needs with stored groups the inverse is kept, made
 * by counting sort; of arithmetic ones nothing but the number of members left in each group.
 *
 * How near a group is to its end is told to its members, as enum near has it; a member of several
 * is as near as the nearest of them. Only of groups of 2 to GROUP_MOST members: a single one has
 * nobody who could follow it, and what is larger, say all that a last task sums up, is not brought
 * to its end soon. It never goes back, so each member is told three times at most. */
#ifndef SCHED_GRAPH_H
#define SCHED_GRAPH_H

#include "sched/ready.h"

enum { GROUP_MOST = 65536 };

/* One need. Groups are numbered from 0 in each. */
struct graph_need {
    uint32_t first_consumer, first_producer;
    struct relation of;       /* arithmetic; of a stored one only the counts are used */
    uint32_t *left;           /* of each group: members that are not done */
    uint8_t *near;            /* of each group: enum near; NULL: never told of any */
    uint32_t *of_producer;    /* nproducers + 1 offsets into producer_group */
    uint32_t *producer_group; /* the groups that a producer is a member of */
    uint32_t *of_group;       /* ngroups + 1 offsets into group_consumer */
    uint32_t *group_consumer; /* the consumers that wait for a group */
};

struct graph {
    uint32_t nneeds;
    struct graph_need *need;
    uint16_t *groups_left; /* of each task */
    bool begins;           /* it is told of some groups how near they are */
};

/* Is told of tasks. */
struct graph_told {
    void (*ready)(void *arg, uint32_t task); /* it waits for nothing now */
    /* it is a member of a group that is as near as that now */
    void (*nearer)(void *arg, uint32_t task, enum near near);
    void *arg;
};

void graph_init(struct graph *g, const struct sched_config *c);
void graph_free(struct graph *g);

/* `task` is started. */
void graph_begin(struct graph *g, uint32_t task, const struct graph_told *told);
/* `task` is done. */
void graph_done(struct graph *g, uint32_t task, const struct graph_told *told);
/* How near the nearest group of which it is a member is. */
enum near graph_near(const struct graph *g, uint32_t task);
/* `task` was done and is not any more: what needs it waits again. */
void graph_undone(struct graph *g, uint32_t task);
/* Calls `visit` for every task that waits for a group of which `task` is a member, or (`whole`) all
 * members of which are done; some may come more than once. */
void graph_consumers(const struct graph *g, uint32_t task, bool whole,
    void (*visit)(void *arg, uint32_t task), void *arg);
static inline bool
graph_waits(const struct graph *g, uint32_t task)
{
    return g->groups_left && g->groups_left[task];
}

#endif
