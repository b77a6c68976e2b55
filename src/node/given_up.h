/* `after N failures stop`: of all shims of the campaign together, or of this machine alone. What
 * others counted is looked at when something failed here, once a second at most. */
#ifndef NODE_GIVEN_UP_H
#define NODE_GIVEN_UP_H

#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

/* All is borrowed. */
struct given_up_of {
    const struct plan *plan;
    const char *state_dir, *holder;
    const char *dir; /* as people name the build's folder */
    bool batch;      /* a node of a job: there may be others */
    bool tell;       /* others count failures of all families, for hooks */
    bool *draining;  /* becomes true when too many failed */
};

struct given_up;
struct given_up *given_up_new(const struct given_up_of *of);
void given_up_free(struct given_up *g); /* NULL is fine */
/* Did too many fail before we began? That was said, then. This machine alone tries them again. */
bool given_up_before(struct given_up *g);
/* A task of the family failed for good. */
void given_up_count(struct given_up *g, uint32_t family);
/* It did, and is not held against the campaign any more. */
void given_up_forgive(struct given_up *g, uint32_t task);
/* How many did in this run, as far as they are held against it. */
uint32_t given_up_failed(const struct given_up *g, uint32_t family);
void given_up_tick(struct given_up *g, int64_t now);
bool given_up_now(const struct given_up *g); /* too many failed */

#endif
