/* From 128-bit hashes to numbers: a hash table without its keys. libc only. */
#ifndef UTIL_MAP128_H
#define UTIL_MAP128_H

#include "util/hash.h"

#include <stdbool.h>

struct map128 {
    struct map128_slot {
        struct hash128 key;
        uint64_t value; /* + 1; 0: empty */
    } * slot;
    uint64_t nslot, used;
}; /* initialise with {0} */

/* The value of `key`; if there is none, `fresh` is stored as its value. *found tells which. */
uint64_t map128_add(struct map128 *m, struct hash128 key, uint64_t fresh, bool *found);
bool map128_find(const struct map128 *m, struct hash128 key, uint64_t *value);
void map128_free(struct map128 *m);

#endif
