/* Interned strings: equal strings have equal ids, and an id is 32 bits. libc only. */
#ifndef UTIL_STRPOOL_H
#define UTIL_STRPOOL_H

#include <stddef.h>
#include <stdint.h>

/* String `id` is bytes[offset[id] .. offset[id + 1] - 1), and a NUL follows it. Id 0 is "".
 * Initialise with strpool_init. At most 4 GiB of text in all (more ends the program). */
struct strpool {
    char *bytes;
    uint32_t *offset; /* count + 1 of them */
    uint32_t count;
    uint32_t nbytes;
    uint32_t cap_bytes, cap_offset;
    uint32_t *slot; /* open addressing: id + 1, or 0 */
    uint32_t nslot;
};

void strpool_init(struct strpool *s);
void strpool_free(struct strpool *s);
uint32_t strpool_add(struct strpool *s, const char *p, size_t n);
uint32_t strpool_adds(struct strpool *s, const char *p);
/* Borrowed, valid until the next add. */
const char *strpool_get(const struct strpool *s, uint32_t id);
uint32_t strpool_len(const struct strpool *s, uint32_t id);

#endif
