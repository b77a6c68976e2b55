/* A plan for a site of the campaign: what its nodes have, the jobs that are asked for, the shards
 * that they lease. */
#ifndef PLAN_SITE_H
#define PLAN_SITE_H

#include "model/model.h"
#include "plan/plan.h"
#include "plan/work.h"

/* The batch jobs of a campaign on a site: all are alike. */
struct geometry {
    const struct site_queue *queue; /* NULL: the profile names none */
    uint32_t njobs;
    uint32_t nodes;   /* of each */
    uint32_t seconds; /* walltime of each, whole minutes */
};

/* Chooses the jobs for the plan: within the queue, what the campaign says, and the work there is.
 * What is wrong is queued in d, at the site in the campaign; false: no job can be asked for. */
bool geometry_choose(struct diags *d, const struct plan *p, const struct site *s,
    struct geometry *g);

/* Splits the tasks into some `want` shards of about equal work, in the order of the tasks; appends
 * struct plan_shard and struct plan_run. A shard is closed under needs, unless the tasks that need
 * each other, directly or not, are more work than two shards. Such tasks are split into stages,
 * which are families one after the other in their order, as few as possible: each shard is closed
 * within its stage, and may need tasks of earlier ones. Tasks that may share a process stay
 * together, unless they alone are more than two shards. The same plan gives the same shards. */
void shards_make(const struct plan *p, const struct work *work, uint32_t want, struct buf *shards,
    struct buf *runs);

/* The plan `p` moved to the site: a file's bytes. */
void plan_for_site(const struct plan *p, const struct site *s, const struct geometry *g,
    struct buf *image);

#endif
