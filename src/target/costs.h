/* What the tasks of a plan ask for, evaluated once and kept for all sites that they are weighed
 * for: what they take of a node depends on it, but not what they ask for. */
#ifndef TARGET_COSTS_H
#define TARGET_COSTS_H

#include "cost/cost.h"

struct family_costs {
    bool known;
    struct cost one; /* of the first task */
    float *seconds;  /* of each task; NULL: all cost the same */
    /* Tasks that ask for the same but time are of one kind. `of` tells that of each task, as a
     * place in `kind`; NULL: all ask for the same, or (`many`) there are too many kinds to keep */
    uint16_t *of;
    struct cost *kind;
    uint32_t nkinds;
    bool many;
};

/* Borrows the plan. */
struct costs {
    const struct plan *plan;
    struct family_costs *family;
};
void costs_init(struct costs *c, const struct plan *p);
void costs_free(struct costs *c);

/* Of family `i`, evaluated when it is asked for the first time. Costs that cannot be computed count
 * as defaults: plans of the compiler have none. */
const struct family_costs *costs_family(struct costs *c, uint32_t i);

#endif
