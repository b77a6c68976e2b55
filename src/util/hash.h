/* Hashes and checksums. libc only. Results are the same on every machine. */
#ifndef UTIL_HASH_H
#define UTIL_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash128 {
    uint64_t a, b;
};

/* Not cryptographic; for checksums of our own files and for hash tables. Eight bytes a step,
 * multiply-and-fold mixing. The 128-bit form is two independently seeded 64-bit ones. */
uint64_t hash64(const void *p, size_t n, uint64_t seed);
struct hash128 hash128(const void *p, size_t n);

/* CRC-32 of IEEE 802.3 (polynomial 0xEDB88320), as gzip uses it; start with crc = 0. */
uint32_t crc32_update(uint32_t crc, const void *p, size_t n);

#endif
