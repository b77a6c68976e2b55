/* A node that goes on by a new plan while tasks of the one before still run: what these hold of it.
 * It is in memory that two shims of the node share with their keeper: the one that goes writes, its
 * successor reads. That may have to go as well while the first one lives: what it writes holds the
 * part of the first one, too. libc only. */
#ifndef NODE_HANDOVER_H
#define NODE_HANDOVER_H

#include "plan/plan.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* From the moment when a successor is asked for it is only ever less. Who writes, writes `cores`
 * last; who reads, reads it first: then all else is as new as that, or newer. */
struct handover {
    atomic_bool asked; /* the shim at work wants a successor; the keeper clears it */
    atomic_bool lives; /* the one that goes does; the keeper says so */
    cpu_set_t processors;
    uint8_t gpu[PLAN_MOST_GPUS]; /* by their order: not 0, it is held */
    uint64_t memory;             /* bytes */
    int64_t ends;                /* when all should be given back (now_ms) */
    atomic_uint cores;
};

/* Those of one shim; NULL: there is none. */
struct handovers {
    struct handover *before; /* of the one that went when this one began */
    struct handover *next;   /* to its successor */
};

#endif
