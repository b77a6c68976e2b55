/* Plans that were in force before, each kept under its identity: state/plans. */
#ifndef STATE_PLANS_H
#define STATE_PLANS_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* The path of the plan with this identity, appended. */
void plans_path(const char *state_dir, uint64_t identity, struct buf *path);
/* Calls `each` with all that are there, in no order, but for the one with identity `but`, until it
 * returns false; it owns them. What cannot be read is passed over. */
void plans_before(const char *state_dir, uint64_t but, bool (*each)(void *arg, struct plan *p),
    void *arg);

#endif
