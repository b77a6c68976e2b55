/* What was done under a previous plan stays done: its record is carried over into a new one. */
#ifndef STATE_CARRY_H
#define STATE_CARRY_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct carried {
    uint32_t before; /* tasks done under the plan that is in `dir` */
    uint32_t kept;   /* of these, the ones that stay done */
    uint32_t stale;  /* of these, the same tasks in the new plan, but what they need runs again */
    uint32_t back;   /* done when the new plan was in force earlier, and still as it was left */
};

/* Prepares folder `dir`, where another plan may be and may have a record, for plan `fresh`: keeps
 * the old plan as state/plans/HASH.wflp and writes END records of the done tasks that both plans
 * have (plan_task_identity) into a journal of the new plan, but for those that need a task which is
 * not done in it: they would keep what was made from another input. When the new plan was in force
 * before, its tasks that were done then are done again only if their outputs were not written
 * since: the plan between may have overwritten them. It does not touch campaign.wflp: until the
 * caller replaces that in one step, the old plan and its record are in force, so that a crash at
 * any moment loses nothing. The caller holds the lease. The same plan, no plan or no record is
 * fine: both numbers are 0. On failure returns false and a whole sentence in `why`. */
bool carry_over(const char *dir, const struct plan *fresh, struct carried *out, struct buf *why);

#endif
