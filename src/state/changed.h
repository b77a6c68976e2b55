/* Tasks that were done, and are not quite the same in a new plan: what is another one. */
#ifndef STATE_CHANGED_H
#define STATE_CHANGED_H

#include "plan/plan.h"

#include <stdint.h>

/* What may be another one of a task that counts as the same. */
#define CHANGED_KINDS(X)                                                                           \
    X(INPUTS, "inputs")                                                                            \
    X(ENV, "variables (env)")                                                                      \
    X(IMAGE, "images")                                                                             \
    X(CHECKS, "checks")

enum changed_kind {
#define X(id, text) CHANGED_##id,
    CHANGED_KINDS(X)
#undef X
        CHANGED_NKINDS
};
const char *changed_kind_name(enum changed_kind k);

struct changed {
    uint32_t command; /* tasks with the same outputs, and another command */
    uint32_t outputs; /* tasks with other outputs */
    uint32_t gone;    /* there is no such task any more */
    /* of those that stay done: how many have something else of each kind, and the first of them in
     * the new plan */
    uint32_t other[CHANGED_NKINDS], first[CHANGED_NKINDS];
};

/* `done` is of each task of `old`: it was done, and no task of `fresh` is the same; `same` of each
 * of `fresh`: one of `old` is. Tasks are found by family and variables. to[] becomes, of those of
 * `old` that have another command, their number in `fresh`. */
void changed_find(const struct plan *old, const uint8_t *done, const struct plan *fresh,
    const uint8_t *same, uint32_t *to, struct changed *n);

/* What else is another one: of the tasks of `old` that have a number to[] in `fresh`. */
void changed_look(const struct plan *old, const struct plan *fresh, const uint32_t *to,
    struct changed *n);

/* Clears those of the tasks that are set which need one that is not. */
void changed_follow(const struct plan *p, uint8_t *kept);

#endif
