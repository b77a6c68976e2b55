/* What is due at some time: a heap, the soonest first. libc only. */
#ifndef UTIL_DUE_H
#define UTIL_DUE_H

#include "util/clock.h"

#include <stddef.h>
#include <stdint.h>

/* Embedded by whoever may be due. `at` is NEVER at first. */
struct due {
    int64_t at;
    uint32_t place; /* private */
};

/* `v` has room for all that may be due at a time; the owner's. */
struct dues {
    struct due **v;
    uint32_t n;
};

/* It is due then; NEVER: not any more. */
void due_set(struct dues *all, struct due *d, int64_t at);
/* The first one, or NULL. */
static inline struct due *
due_first(const struct dues *all)
{
    return all->n ? all->v[0] : NULL;
}

#endif
