/* What a site of the campaign has for a plan: the room of its nodes, the jobs that are asked for,
 * the shards that they lease. */
#ifndef TARGET_SITE_H
#define TARGET_SITE_H

#include "model/model.h"
#include "plan/plan.h"
#include "target/waves.h"

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
    /* node-seconds that there would be, if jobs were as long as the range of the campaign's
     * walltime allows; 0: there is no range, or no time is known */
    double longest_charged;
};

/* Chooses the jobs for the work: within the queue, what the campaign says, and the work there is.
 *
 * A node of a job of walltime W has U seconds for tasks, as sched/job_time.h tells, and
 * target/waves.h how many nodes of such jobs the work needs in all, M. It is divided among J jobs
 * of N nodes: J as few as queue and campaign allow, and up to some more, N = M / J, rounded up.
 * Walltimes that are tried are those with room for whole waves of tasks of all lengths, those at
 * both ends of what the campaign and each tier of the queue allow, and some between. What J jobs
 * are charged for is told by the profile (`charging`). Of those that cost at most 1 % more than the
 * cheapest, the one is taken that ends first, if as many jobs run at a time as can (to ten
 * minutes); then the one with fewer jobs, then the cheaper one. At last W is made as short as the J
 * N nodes allow.
 *
 * Times are estimates: within a range of walltimes all tasks may take a twentieth longer, a sixth
 * if the campaign says nothing of it, less if no job is that long. If there is no range, jobs are
 * for a twentieth more work.
 *
 * A job is long enough for the longest task, for all tasks that need each other, one after the
 * other, if one can be, and has the nodes that any task asks for. If the campaign says nothing of
 * nodes, it has an eighth of the machine at most. More jobs than a queue takes at once are no
 * mistake: they follow each other. Without expected times: one job that is filled once by all
 * tasks, of the campaign's walltime, the longest of a range, or the queue's, a day at most; others
 * follow until all is done. Where only some tasks have none, they count nothing, and jobs have an
 * hour for them, if the queue allows it.
 *
 * The work was weighed at a node of the site, and packed (work_pack), or nodes are taken to be
 * full. What is wrong is queued in d, at the site in the campaign; false: no job can be asked for.
 */
bool geometry_for(struct diags *d, const struct work *w, const struct site *s, struct geometry *g);

/* Node-seconds that all jobs are charged for, if they last as long as they may. */
double geometry_charged(const struct site_profile *p, const struct geometry *g);
/* What becomes of them, if some times are known, and tasks take as long as is expected. */
void geometry_waste(const struct work *w, const struct site_profile *p, const struct geometry *g,
    struct waste *out);

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
 * stage needs it or is needed by it. Such bundles, of any size, are cut as they were packed onto
 * nodes, if they were (work_pack) and are not fed: what fills a node, of several bundles if need
 * be, is in one shard. The same plan gives the same shards. */
void shards_make(const struct plan *p, const struct work *work, const struct cut *cut,
    struct buf *shards, struct buf *runs);

#endif
