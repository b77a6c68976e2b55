/* Decompression of DEFLATE (RFC 1951). Streamed, constant memory, libc only.
 *
 * Refused as zlib does: a reserved block type, lengths that do not complement each other, codes
 * that are over-full or (but for a single distance) incomplete, a block without an end code,
 * distances that reach before the start. */
#ifndef VERIFY_INFLATE_H
#define VERIFY_INFLATE_H

#include "verify/input.h"

#include <stdint.h>

struct inflate; /* tables and window, about 200 KiB; may be used again and again */
struct inflate *inflate_new(void);
void inflate_free(struct inflate *z);

/* One stream from `in`, which is to be read by nobody else meanwhile. */
void inflate_begin(struct inflate *z, struct input *in);
/* The next bytes that it expands to, valid until the next call; NULL at its end, where `in` is
 * behind its last byte, or with *bad: what is wrong, about at input_offset(in). */
const uint8_t *inflate_next(struct inflate *z, size_t *n, const char **bad);
/* Of all that came out; the size is modulo 2^64. */
void inflate_sum(const struct inflate *z, uint32_t *crc, uint64_t *size);

#endif
