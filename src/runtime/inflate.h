/* Decompression of DEFLATE (RFC 1951), only to see that it is sound: what comes out goes into a
 * checksum and is forgotten. Streamed, constant memory, libc only.
 *
 * Refused as zlib does: a reserved block type, lengths that do not complement each other, codes
 * that are over-full or (but for a single distance) incomplete, a block without an end code,
 * distances that reach before the start. */
#ifndef RUNTIME_INFLATE_H
#define RUNTIME_INFLATE_H

#include "runtime/input.h"

#include <stdint.h>

struct inflate; /* tables and window, about 200 KiB; may be used again and again */
struct inflate *inflate_new(void);
void inflate_free(struct inflate *z);

/* Reads one stream from `in` and stops behind its last byte. NULL, or what is wrong; the place is
 * about input_offset(in). `crc` and `size` (modulo 2^64) are those of what it expands to. */
const char *inflate_run(struct inflate *z, struct input *in, uint32_t *crc, uint64_t *size);

#endif
