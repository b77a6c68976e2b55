/* The GPUs of this node. */
#ifndef NODE_GPUS_H
#define NODE_GPUS_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define GPUS_ASK UINT32_MAX

struct gpu {
    const char *name;  /* in gpus.names */
    uint32_t taken_by; /* index of a slot, + 1; 0: free */
    int numa_node;     /* -1: not known */
};

struct gpus {
    struct gpu *v; /* n */
    uint32_t n;
    struct buf names;
};

/* `g->n` of them, or GPUS_ASK: all that are found; no more than the batch system gave us. `near`:
 * where each of them is, is asked. */
void gpus_find(struct gpus *g, bool near);
void gpus_free(struct gpus *g);
/* Those of which held[] is not 0 are another's for now; NULL: none. It has `n` entries. Returns how
 * many they are. */
uint32_t gpus_hold(struct gpus *g, const uint8_t *held, uint32_t n);
/* Takes `n` that are free for a slot. */
void gpus_take(struct gpus *g, uint32_t slot, uint32_t n);
/* All of the slot's are free again. */
void gpus_give(struct gpus *g, uint32_t slot);
/* The NUMA node of the slot's first one; -1: not known, or it has none. */
int gpus_near(const struct gpus *g, uint32_t slot);

#endif
