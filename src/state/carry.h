/* What was done under a previous plan stays done: its record is carried over into a new one. */
#ifndef STATE_CARRY_H
#define STATE_CARRY_H

#include "journal/next.h"
#include "plan/plan.h"
#include "state/changed.h"
#include "state/since.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct carried {
    uint32_t before; /* tasks done under the plan that is in `dir` */
    uint32_t kept;   /* of these, the ones that stay done */
    uint32_t stale;  /* of these, the same tasks in the new plan, but what they need runs again */
    struct changed changed; /* those that are not the same, `accepted` of which stay done, too */
    uint32_t accepted;
    uint32_t running; /* that run, and go on by the old plan */
    /* of what is done in the new plan: made from what has changed since, by kinds, and the first
     * one; if inputs were too many, nothing is known of them */
    uint32_t since[SINCE_NKINDS], since_first[SINCE_NKINDS];
    bool many_inputs;
    uint32_t back; /* done when the new plan was in force earlier, and still as it was left */
};

/* Shims work by the plan that is there; none of them starts anything. */
struct carry_live {
    const char *to; /* a folder that stands for the state folder: new journals are made there */
    struct next_tasks *tasks; /* set: what runs, and what of the new plan waits for it */
};

struct carry_how {
    bool accept; /* tasks stay done if their command alone is another one */
    bool looks;  /* nothing is written */
    bool since;  /* it is to be found what has changed since tasks were done (since.h) */
    const struct carry_live *live; /* NULL: nobody works */
};

/* Prepares folder `dir`, where another plan may be and may have a record, for plan `fresh`: keeps
 * the old plan as state/plans/HASH.wflp and writes END records of the done tasks that both plans
 * have (plan_task_identity) into a journal of the new plan, but for those that need a task which is
 * not done in it: they would keep what was made from another input. When the new plan was in force
 * before, its tasks that were done then are done again only if their outputs were not written
 * since: the plan between may have overwritten them. It does not touch campaign.wflp: until the
 * caller replaces that in one step, the old plan and its record are in force, so that a crash at
 * any moment loses nothing. The caller holds the lease. Tasks that ran when the plan in force came
 * in force, and ended since, are done if the record of the plan before says so. The same plan, no
 * plan or no record is fine: all numbers but `since` are 0. On failure returns false and a whole
 * sentence in `why`. */
bool carry_over(const char *dir, const struct plan *fresh, const struct carry_how *how,
    struct carried *out, struct buf *why);

#endif
