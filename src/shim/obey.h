/* What people order while we work (journal/order.h): to start nothing for now, to leave, to cancel
 * tasks, to start those that a gate held back. A shim looks once a second, and when it begins. */
#ifndef SHIM_OBEY_H
#define SHIM_OBEY_H

#include "runtime/shim.h"

/* Notes which orders were given before this node began, in r->leave.orders. */
void obey_before(struct shim *r);
/* Reads what is in force; after the plan, and before anything is taken. False, with a message said:
 * this host is excluded, or the job is to end. */
bool obey_open(struct shim *r);
void obey_close(struct shim *r);
/* Does what was ordered since; true: that was recorded. */
bool obey_tick(struct shim *r);
/* The last shard that was taken, or all of them: what was ordered for its tasks before. */
void obey_took(struct shim *r, bool all);
/* Says which gates hold back what is left, and counts their tasks. */
uint32_t obey_tell_gates(const struct shim *r);
/* Nothing is to be started. */
bool obey_pauses(const struct shim *r);

#endif
