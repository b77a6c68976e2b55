#include "config.h"

#include "util/hash.h"

#include <endian.h>
#include <string.h>
#ifdef __x86_64__
#include <wmmintrin.h>
#endif

static uint64_t
fold(uint64_t a, uint64_t b)
{
    unsigned __int128 m = (unsigned __int128)a * b;
    return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t
load64(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

/* Odd constants with about half of their bits set (from the digits of pi). */
#define K0 UINT64_C(0x243f6a8885a308d3)
#define K1 UINT64_C(0x13198a2e03707345)
#define K2 UINT64_C(0xa4093822299f31d1)

uint64_t
hash64(const void *data, size_t n, uint64_t seed)
{
    const unsigned char *p = data;
    uint64_t h = seed ^ K0;
    size_t left = n;
    for (; left >= 16; left -= 16, p += 16)
        h = fold(load64(p) ^ K1, load64(p + 8) ^ h);
    unsigned char tail[16] = {0};
    if (left)
        memcpy(tail, p, left);
    h = fold(load64(tail) ^ K1, load64(tail + 8) ^ h);
    return fold(h ^ K2, (uint64_t)n ^ K0);
}

struct hash128
hash128(const void *p, size_t n)
{
    return (struct hash128){hash64(p, n, 1), hash64(p, n, K2)};
}

/* Table k: what a byte does that has k bytes behind it. So 16 bytes are folded in one step
 * ("slicing"). */
static uint32_t crc_table[16][256];

__attribute__((constructor)) static void
crc_init(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? UINT32_C(0xEDB88320) ^ (c >> 1) : c >> 1;
        crc_table[0][i] = c;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int t = 1; t < 16; t++)
            crc_table[t][i] = crc_table[0][crc_table[t - 1][i] & 0xff] ^ (crc_table[t - 1][i] >> 8);
}

/* Four bytes that have `behind` bytes behind them. */
static inline uint32_t
crc_of(uint32_t w, unsigned behind)
{
    return crc_table[behind + 3][w & 0xff] ^ crc_table[behind + 2][(w >> 8) & 0xff] ^
           crc_table[behind + 1][(w >> 16) & 0xff] ^ crc_table[behind][w >> 24];
}

static inline uint32_t
load32(const unsigned char *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return le32toh(v);
}

#ifdef __x86_64__
/* Sixteen bytes a step by multiplication without carry, as V. Gopal et al. have it ("Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel, 2009), whose constants
 * these are, for polynomials with their bits reversed: 2^160, 2^96 and 2^64 modulo the polynomial,
 * the polynomial itself, and 2^64 divided by it. `n` is a multiple of 16, and not 0. */
__attribute__((target("pclmul"))) static uint32_t
crc_fold(uint32_t crc, const unsigned char *p, size_t n)
{
    const __m128i fold = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0),
                  half = _mm_cvtsi64_si128(0x163cd6124),
                  poly = _mm_set_epi64x(0x1f7011641, 0x1db710641),
                  low = _mm_set_epi32(0, -1, 0, -1);
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p), t;
    x = _mm_xor_si128(x, _mm_cvtsi32_si128((int)crc));
    while (n -= 16) {
        p += 16;
        t = _mm_xor_si128(_mm_clmulepi64_si128(x, fold, 0x00), _mm_clmulepi64_si128(x, fold, 0x11));
        x = _mm_xor_si128(t, _mm_loadu_si128((const __m128i *)(const void *)p));
    }
    x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, fold, 0x10));
    t = _mm_clmulepi64_si128(_mm_and_si128(x, low), half, 0x00);
    x = _mm_xor_si128(_mm_srli_si128(x, 4), t);
    t = _mm_clmulepi64_si128(_mm_and_si128(x, low), poly, 0x10);
    t = _mm_clmulepi64_si128(_mm_and_si128(t, low), poly, 0x00);
    return (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(_mm_xor_si128(x, t), 4));
}
#endif

uint32_t
crc32_update(uint32_t crc, const void *data, size_t n)
{
    const unsigned char *p = data;
    crc = ~crc;
#ifdef __x86_64__
    if (n >= 32 && __builtin_cpu_supports("pclmul")) {
        size_t whole = n & ~(size_t)15;
        crc = crc_fold(crc, p, whole);
        p += whole;
        n -= whole;
    }
#endif
    for (; n >= 16; n -= 16, p += 16)
        crc = crc_of(load32(p) ^ crc, 12) ^ crc_of(load32(p + 4), 8) ^ crc_of(load32(p + 8), 4) ^
              crc_of(load32(p + 12), 0);
    if (n >= 12) { /* the end of a record of the journal */
        crc = crc_of(load32(p) ^ crc, 8) ^ crc_of(load32(p + 4), 4) ^ crc_of(load32(p + 8), 0);
        n -= 12;
        p += 12;
    }
    for (; n >= 4; n -= 4, p += 4)
        crc = crc_of(load32(p) ^ crc, 0);
    while (n--)
        crc = crc_table[0][(crc ^ *p++) & 0xff] ^ (crc >> 8);
    return ~crc;
}
