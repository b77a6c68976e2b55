#include "config.h"

#include "verify/inflate.h"

#include "util/buf.h"
#include "util/hash.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_BITS = 15,    /* of a code */
    ROOT_BITS = 10,   /* codes up to this long are found by one look-up */
    NLITLEN = 288,    /* the fixed code has two more than can be used */
    NDIST = 32,       /* and so here */
    MAX_LITLEN = 286, /* that a block may define */
    MAX_DIST = 30,
    END_OF_BLOCK = 256,
    WINDOW = 32768,
    MAX_MATCH = 258,
    OUT_SIZE = WINDOW + 131072,
};

/* A canonical code: `fast` is looked up with the next ROOT_BITS bits and gives symbol << 4 |
 * length, 0 for codes that are longer, which are found by counting. */
struct code {
    uint16_t fast[1 << ROOT_BITS];
    uint16_t count[MAX_BITS + 1];
    uint16_t symbol[NLITLEN]; /* by length, then by value */
};

enum place { AT_HEAD, IN_STORED, IN_CODED, AT_END }; /* of a block, or of the stream */

struct inflate {
    struct input *in;
    enum place place;
    unsigned last;   /* 1: no block follows */
    unsigned stored; /* bytes of a stored block that are to come */
    uint64_t hold;   /* bits read and not used, the next one lowest; above nbits zero or correct */
    unsigned nbits;
    struct code litlen, dist;
    uint32_t crc;
    uint64_t before; /* bytes that left the buffer */
    size_t n, given; /* bytes in `out`; of these in `crc`, and given to the caller */
    uint8_t out[OUT_SIZE];
};

static const char ended[] = "the file ends inside the compressed data";

struct inflate *
inflate_new(void)
{
    return xmalloc(sizeof(struct inflate));
}

void
inflate_free(struct inflate *z)
{
    free(z);
}

/* --- input --- */

/* Fetches bits until at least 48 are there, or the input ends. */
static inline void
refill(struct inflate *z)
{
    struct input *in = z->in;
    if (in->end - in->pos >= 8) {
        uint64_t w;
        memcpy(&w, in->buf + in->pos, 8);
        z->hold |= le64toh(w) << z->nbits;
        in->pos += (63 - z->nbits) >> 3;
        z->nbits |= 56;
        return;
    }
    z->hold &= ((uint64_t)1 << z->nbits) - 1;
    while (z->nbits < 48) {
        int c = input_byte(in);
        if (c < 0)
            return;
        z->hold |= (uint64_t)c << z->nbits;
        z->nbits += 8;
    }
}

static inline unsigned
drop(struct inflate *z, unsigned n)
{
    unsigned v = (unsigned)(z->hold & (((uint64_t)1 << n) - 1));
    z->hold >>= n;
    z->nbits -= n;
    return v;
}

/* n <= 16 bits; false if the input has no more. */
static bool
take(struct inflate *z, unsigned n, unsigned *v)
{
    if (z->nbits < n)
        refill(z);
    if (z->nbits < n)
        return false;
    *v = drop(z, n);
    return true;
}

/* Gives back whole bytes that were fetched and not used, so that the input is at a byte again. */
static void
align(struct inflate *z)
{
    z->in->pos -= z->nbits >> 3;
    z->nbits = 0;
    z->hold = 0;
}

/* --- output --- */

/* There is no room for another match before what is there was given out. */
static inline bool
is_full(const struct inflate *z)
{
    return z->n > OUT_SIZE - MAX_MATCH;
}

/* What was given out goes, but for the window. */
static void
make_room(struct inflate *z)
{
    if (!is_full(z))
        return;
    size_t gone = z->n - WINDOW;
    memmove(z->out, z->out + gone, WINDOW);
    z->before += gone;
    z->n = z->given = WINDOW;
}

static inline void
copy_match(struct inflate *z, unsigned length, unsigned distance)
{
    uint8_t *to = z->out + z->n;
    const uint8_t *from = to - distance;
    z->n += length;
    if (distance >= length)
        memcpy(to, from, length);
    else if (distance == 1)
        memset(to, *from, length);
    else
        while (length--)
            *to++ = *from++;
}

/* --- codes --- */

/* Makes the code with these lengths; false if they are over-full, or incomplete. Incomplete is
 * fine for no code at all (`may_be_empty`), and for a single one of one bit (`may_be_single`). */
static bool
make_code(struct code *c, const uint8_t *length, unsigned n, bool may_be_empty, bool may_be_single)
{
    memset(c->count, 0, sizeof c->count);
    for (unsigned i = 0; i < n; i++)
        c->count[length[i]]++;
    unsigned used = n - c->count[0];
    c->count[0] = 0;
    uint16_t offset[MAX_BITS + 2] = {0};
    unsigned next[MAX_BITS + 2] = {0}; /* the next code of each length */
    int left = 1;
    for (unsigned b = 1; b <= MAX_BITS; b++) {
        left = left * 2 - c->count[b];
        if (left < 0)
            return false;
        offset[b + 1] = (uint16_t)(offset[b] + c->count[b]);
        next[b + 1] = (next[b] + c->count[b]) << 1;
    }
    memset(c->fast, 0, sizeof c->fast);
    if (left > 0 && !(used == 0 && may_be_empty) &&
        !(used == 1 && c->count[1] == 1 && may_be_single))
        return false;
    for (unsigned s = 0; s < n; s++) {
        unsigned b = length[s];
        if (b == 0)
            continue;
        c->symbol[offset[b]++] = (uint16_t)s;
        unsigned code = next[b]++;
        if (b > ROOT_BITS)
            continue;
        unsigned reversed = 0; /* the stream has the first bit of a code lowest */
        for (unsigned k = 0; k < b; k++)
            reversed |= (code >> k & 1) << (b - 1 - k);
        for (unsigned i = reversed; i < 1 << ROOT_BITS; i += 1u << b)
            c->fast[i] = (uint16_t)(s << 4 | b);
    }
    return true;
}

/* A code of more than ROOT_BITS bits, bit by bit; -1: there is none such. */
static int
decode_long(struct inflate *z, const struct code *c, unsigned *length)
{
    unsigned code = 0, first = 0, index = 0;
    for (unsigned b = 1; b <= MAX_BITS; b++) {
        code |= (unsigned)(z->hold >> (b - 1)) & 1;
        unsigned count = c->count[b];
        if (code - first < count) {
            *length = b;
            return c->symbol[index + code - first];
        }
        index += count;
        first = (first + count) << 1;
        code <<= 1;
    }
    return -1;
}

enum { BAD_CODE = -1, INPUT_ENDED = -2 };

/* The next symbol. The caller has refilled. */
static inline int
decode(struct inflate *z, const struct code *c)
{
    unsigned e = c->fast[z->hold & ((1 << ROOT_BITS) - 1)];
    unsigned b = e & 15;
    int s = (int)(e >> 4);
    if (b == 0)
        s = decode_long(z, c, &b);
    if (s < 0)
        return z->nbits < MAX_BITS ? INPUT_ENDED : BAD_CODE;
    if (b > z->nbits)
        return INPUT_ENDED;
    drop(z, b);
    return s;
}

/* --- blocks --- */

/* As much of it as there is room for, as in coded_block. */
static const char *
stored_block(struct inflate *z)
{
    while (z->stored && !is_full(z)) {
        if (!input_fill(z->in))
            return ended;
        size_t k = z->in->end - z->in->pos, room = OUT_SIZE - z->n;
        k = k < z->stored ? k : z->stored;
        k = k < room ? k : room;
        memcpy(z->out + z->n, z->in->buf + z->in->pos, k);
        z->in->pos += k;
        z->n += k;
        z->stored -= (unsigned)k;
    }
    if (!z->stored)
        z->place = AT_HEAD;
    return NULL;
}

static const char *
stored_head(struct inflate *z)
{
    align(z);
    const uint8_t *p = input_take(z->in, 4);
    if (!p)
        return ended;
    unsigned n = p[0] | p[1] << 8, not_n = p[2] | p[3] << 8;
    if (n != (~not_n & 0xffff))
        return "a stored block is damaged";
    z->stored = n;
    z->place = IN_STORED;
    return NULL;
}

static void
fixed_codes(struct inflate *z)
{
    uint8_t length[NLITLEN];
    for (unsigned i = 0; i < NLITLEN; i++)
        length[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    make_code(&z->litlen, length, NLITLEN, false, false);
    memset(length, 5, NDIST);
    make_code(&z->dist, length, NDIST, false, false);
}

/* Reads the lengths of both codes, which are themselves coded. */
static const char *
read_lengths(struct inflate *z, uint8_t *length, unsigned n)
{
    unsigned i = 0;
    while (i < n) {
        refill(z);
        int s = decode(z, &z->litlen);
        if (s == INPUT_ENDED)
            return ended;
        if (s < 0)
            return "a code of lengths is not valid";
        if (s < 16) {
            length[i++] = (uint8_t)s;
            continue;
        }
        unsigned repeat, value = 0;
        if (!take(z, s == 16 ? 2 : s == 17 ? 3 : 7, &repeat))
            return ended;
        repeat += s == 18 ? 11 : 3;
        if (s == 16) {
            if (i == 0)
                return "a length is repeated that was never given";
            value = length[i - 1];
        }
        if (repeat > n - i)
            return "there are too many lengths of codes";
        memset(length + i, (int)value, repeat);
        i += repeat;
    }
    return NULL;
}

static const char *
dynamic_codes(struct inflate *z)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1,
        15};
    unsigned nlit, ndist, ncode, v;
    if (!take(z, 5, &nlit) || !take(z, 5, &ndist) || !take(z, 4, &ncode))
        return ended;
    nlit += 257;
    ndist += 1;
    ncode += 4;
    if (nlit > MAX_LITLEN || ndist > MAX_DIST)
        return "a block has too many codes";
    uint8_t length[MAX_LITLEN + MAX_DIST] = {0};
    for (unsigned i = 0; i < ncode; i++) {
        if (!take(z, 3, &v))
            return ended;
        length[order[i]] = (uint8_t)v;
    }
    /* the code of the lengths borrows the place of the literals */
    if (!make_code(&z->litlen, length, 19, false, false))
        return "the code of the lengths is not valid";
    memset(length, 0, sizeof length);
    const char *bad = read_lengths(z, length, nlit + ndist);
    if (bad)
        return bad;
    if (length[END_OF_BLOCK] == 0)
        return "a block has no end";
    if (!make_code(&z->litlen, length, nlit, false, true))
        return "the code of the literals is not valid";
    if (!make_code(&z->dist, length + nlit, ndist, true, true))
        return "the code of the distances is not valid";
    return NULL;
}

static const char *
coded_block(struct inflate *z)
{
    static const uint16_t length_base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27,
        31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
    static const uint8_t length_extra[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3,
        3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
    static const uint16_t dist_base[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129,
        193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
    while (!is_full(z)) {
        refill(z); /* 48 bits: length 15 + 5, distance 15 + 13 */
        int s = decode(z, &z->litlen);
        if (s >= 0 && s < END_OF_BLOCK) {
            z->out[z->n++] = (uint8_t)s;
            continue;
        }
        if (s == END_OF_BLOCK) {
            z->place = AT_HEAD;
            break;
        }
        if (s == INPUT_ENDED)
            return ended;
        if (s < 0 || s >= MAX_LITLEN)
            return "a code is not valid";
        s -= 257;
        unsigned extra = length_extra[s];
        if (extra > z->nbits)
            return ended;
        unsigned length = length_base[s] + drop(z, extra);
        s = decode(z, &z->dist);
        if (s == INPUT_ENDED)
            return ended;
        if (s < 0 || s >= MAX_DIST)
            return "a code of a distance is not valid";
        extra = s < 4 ? 0 : (unsigned)s / 2 - 1;
        if (extra > z->nbits)
            return ended;
        unsigned distance = dist_base[s] + drop(z, extra);
        if (distance > z->n)
            return "a distance reaches before the start of the data";
        copy_match(z, length, distance);
    }
    return NULL;
}

static const char *
next_block(struct inflate *z)
{
    unsigned type;
    if (z->last) {
        align(z);
        z->place = AT_END;
        return NULL;
    }
    if (!take(z, 1, &z->last) || !take(z, 2, &type))
        return ended;
    if (type == 3)
        return "a block is of a kind that does not exist";
    if (type == 0)
        return stored_head(z);
    z->place = IN_CODED;
    if (type == 2)
        return dynamic_codes(z);
    fixed_codes(z);
    return NULL;
}

void
inflate_begin(struct inflate *z, struct input *in)
{
    z->in = in;
    z->place = AT_HEAD;
    z->hold = z->before = 0;
    z->nbits = z->last = z->stored = 0;
    z->crc = 0;
    z->n = z->given = 0;
}

const uint8_t *
inflate_next(struct inflate *z, size_t *n, const char **bad)
{
    *bad = NULL;
    make_room(z);
    while (!*bad && z->place != AT_END && !is_full(z))
        *bad = z->place == AT_HEAD     ? next_block(z)
               : z->place == IN_STORED ? stored_block(z)
                                       : coded_block(z);
    const uint8_t *p = z->out + z->given;
    *n = z->n - z->given;
    z->crc = crc32_update(z->crc, p, *n);
    z->given = z->n;
    return *bad || !*n ? NULL : p;
}

void
inflate_sum(const struct inflate *z, uint32_t *crc, uint64_t *size)
{
    *crc = z->crc;
    *size = z->before + z->n;
}
