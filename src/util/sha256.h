/* SHA-256, as FIPS 180-4 defines it. libc only. */
#ifndef UTIL_SHA256_H
#define UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX 64 /* digits of a digest */

struct sha256 {
    uint32_t h[8];
    uint64_t n; /* bytes so far */
    uint8_t block[64];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *p, size_t n);
void sha256_end(struct sha256 *s, char hex[SHA256_HEX + 1]); /* NUL-terminated */

/* Of a whole file, and, if `copy` is not negative, writes what it reads there. 0 or errno. */
int sha256_file(const char *path, int copy, char hex[SHA256_HEX + 1]);

#endif
