/* From 64-bit keys to 32-bit numbers. Where keys are few and dense it is an array. libc only. */
#ifndef UTIL_MAP64_H
#define UTIL_MAP64_H

#include <stdbool.h>
#include <stdint.h>

struct map64 {
    uint32_t *direct; /* of each key; or NULL */
    struct map64_slot {
        uint64_t key;
        uint64_t value; /* + 1; 0: empty */
    } * slot;
    uint64_t nslot, used;
};

/* Keys are below `space` (0: any). `expected`: how many there may be, or a guess. */
void map64_init(struct map64 *m, uint64_t space, uint64_t expected);
void map64_free(struct map64 *m);
/* The number of `key`; if there is none, `fresh` (not 2^32 - 1) becomes its number, and *found is
 * false. */
uint32_t map64_add(struct map64 *m, uint64_t key, uint32_t fresh, bool *found);
/* UINT32_MAX: it has none. */
uint32_t map64_find(const struct map64 *m, uint64_t key);

#endif
