/* What a site of the campaign has for a plan: the room of its nodes, the jobs that are asked for,
 * the shards that they lease. */
#ifndef TARGET_SITE_H
#define TARGET_SITE_H

#include "model/model.h"
#include "plan/plan.h"
#include "target/work.h"

/* What a node of the site has for tasks. `detected` is for profiles that leave it open; NULL: then
 * it is not known. */
void site_room(const struct site_profile *p, const struct site_machine *detected,
    struct node_room *room);

/* The batch jobs of a campaign on a site: all are alike. */
struct geometry {
    const struct site_queue *queue; /* NULL: the profile names none */
    uint32_t njobs;                 /* 0: the site has no batch system */
    uint32_t nodes;                 /* of each */
    uint32_t seconds;               /* walltime of each, whole minutes; 0: no end */
    /* of the jobs, as many as the queue takes and runs, and the machine has nodes for */
    uint32_t at_once;
    bool guessed; /* no expected times are known: jobs go on until all is done */
};

/* Chooses the jobs for the work: within the queue, what the campaign says, and the work there is.
 *
 * A node of a job of walltime W has U seconds for tasks, as sched/job_time.h tells. If tasks take t
 * (the mean, weighed by how much of a node they use), it does floor(U / t) of them one after the
 * other in each slot, and is idle for the rest: so E = floor(U / t) t seconds of each node are
 * used. For work of T node-seconds (and a fifth more, for no node is always full, and times are
 * estimates) a job wants N = T / E nodes, within what queue and campaign allow; J = ceil(T / (N E))
 * jobs are needed; then N is made as small as J jobs allow, and W, unless the campaign says it, as
 * long as the tasks need, those that need each other one after the other, with a sixth to spare.
 * This is done for the longest jobs of each tier of the queue. Of those that are charged for (J N
 * W) at most 15 % more than the cheapest, the one with the fewest jobs is taken, then the one with
 * the fewest nodes.
 *
 * A job is long enough for the longest task, and has the nodes that any task asks for. If the
 * campaign says nothing of nodes, it has an eighth of the machine at most. More jobs than a queue
 * takes at once are no mistake: they follow each other. Without expected times: one job that is
 * filled once by all tasks, of the campaign's walltime, or the queue's, a day at most; others
 * follow until all is done. Where only some tasks have none, they count nothing, and jobs have an
 * hour for them, if the queue allows it.
 *
 * The work was weighed at a node of the site. What is wrong is queued in d, at the site in the
 * campaign; false: no job can be asked for. */
bool geometry_for(struct diags *d, const struct work *w, const struct site *s, struct geometry *g);

/* How the tasks of a plan are cut into shards, so that nodes find work as long as there is some. */
struct cut {
    uint32_t parts; /* the first half of the work is cut into so many, of equal work, and so is the
                       first half of the rest, and so on, down to single tasks ... */
    uint32_t most;  /* ... or until there are so many shards; `parts` or more */
    uint32_t together; /* tasks that need each other stay together while so many times their work is
                          left; with `most` below 2 `parts`, wherever they are: of all the work */
};

/* Splits the tasks into shards, in the order of the tasks; appends struct plan_shard and struct
 * plan_range. A node works on a shard alone, and takes the first one that is free: large ones come
 * first, small ones last, so that no node has much to do when others have nothing.
 *
 * A shard is closed under needs, unless the tasks that need each other, directly or not, are too
 * much work (cut.together) and several of them may be ready at a time. Such tasks are split into
 * stages, which are families one after the other in their order, as few as possible if the work is
 * too much for the whole campaign, single families if it is for what comes after it: each shard is
 * closed within its stage, and may need tasks of earlier ones. Tasks that may share a process stay
 * together; but what is more than fills a node is cut into pieces that do, if no other task of its
 * stage needs it or is needed by it. The same plan gives the same shards. */
void shards_make(const struct plan *p, const struct work *work, const struct cut *cut,
    struct buf *shards, struct buf *runs);

#endif
