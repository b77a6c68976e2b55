/* Tasks that run by the plan before ours, with shims that made way for it (journal/next.h): they
 * are not started here until these have ended, and are done if these are. */
#ifndef SHIM_BEFORE_H
#define SHIM_BEFORE_H

#include "runtime/shim.h"

/* After the plan; false, with a message said. */
bool before_open(struct shim *r);
void before_close(struct shim *r);
/* There may be more shards that are ours. */
void before_took(struct shim *r);
/* Looks what became of those that are in shards of ours, now and then; true: that was recorded, or
 * some may start. */
bool before_tick(struct shim *r, int64_t now);

#endif
