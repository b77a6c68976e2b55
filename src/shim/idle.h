/* Why cores of the node have no task, told to node/use.h. */
#ifndef SHIM_IDLE_H
#define SHIM_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct shim;

/* The node's cores and memory are known. */
void idle_open(struct shim *r);
void idle_sample(struct shim *r); /* what tasks use of the memory was measured */
/* In each turn of the loop, when what can be started was; `failing`: the journal cannot be written,
 * and nothing was. True: something is to be written. */
bool idle_turn(struct shim *r, int64_t now, bool failing);

#endif
