/* The next plan, which came while we work (journal/next.h): nothing is started while that is
 * decided; then a successor of this shim works by the new plan on what is free of the node, while
 * this one brings to its end what runs (node/handover.h). */
#ifndef SHIM_TURN_H
#define SHIM_TURN_H

#include "runtime/shim.h"

/* Before the plan is opened: what became of earlier changes; false, with a message said. Not
 * *settled: somebody may decide on one just now. */
bool turn_settle(struct shim *r, bool *settled);
/* Somebody builds: he need not wait for us, who wait for him. */
void turn_begins(struct shim *r);
void turn_open(struct shim *r);
void turn_close(struct shim *r);
/* Looks for one; once a second, or when turn_pauses. */
void turn_tick(struct shim *r, int64_t now);
/* What is free of a node of which tasks of the plan before still have a part. */
void turn_room(struct shim *r, int64_t now);
bool turn_shares(const struct shim *r);
/* Its successor hears through this shim what the one before it has. */
bool turn_speaks(const struct shim *r);
/* Nothing is to be started. */
bool turn_pauses(const struct shim *r);
/* All that was started is on file. */
void turn_answer(struct shim *r);
/* The shim is to be started again, as it has ended for this alone. */
bool turn_made(const struct shim *r);

#endif
