/* Is a gzip file whole: heads, contents, checksums. */
#include "config.h"

#include "verify/gunzip.h"

#include "verify/whole.h"
#include "verify/inflate.h"
#include "util/hash.h"

#include <stdlib.h>

/* What GNU gzip says for the same faults is known to more people than RFC 1952. */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };

/* A head being read: its bytes are summed for FHCRC. */
struct head {
    struct input *in;
    uint32_t crc;
};

static int
head_byte(struct head *h)
{
    int c = input_byte(h->in);
    if (c >= 0) {
        uint8_t b = (uint8_t)c;
        h->crc = crc32_update(h->crc, &b, 1);
    }
    return c;
}

/* A number of n <= 4 bytes; false if the file ends. */
static bool
head_number(struct head *h, unsigned n, uint32_t *v)
{
    *v = 0;
    for (unsigned i = 0; i < n; i++) {
        int c = head_byte(h);
        if (c < 0)
            return false;
        *v |= (uint32_t)c << 8 * i;
    }
    return true;
}

static bool
head_string(struct head *h)
{
    int c;
    do
        c = head_byte(h);
    while (c > 0);
    return c == 0;
}

static const char *
read_head(struct input *in, bool first)
{
    static const char ended[] = "the file ends inside the head of a gzip member";
    struct head h = {.in = in};
    uint32_t magic, method, flags, ignored, n;
    if (!head_number(&h, 2, &magic))
        return first ? "not a gzip file" : "there is something behind the gzip data";
    if (magic != 0x8b1f)
        return first ? "not a gzip file" : "there is something behind the gzip data";
    if (!head_number(&h, 1, &method) || !head_number(&h, 1, &flags))
        return ended;
    if (method != 8)
        return "compressed by an unknown method";
    if (flags & RESERVED)
        return "flags are set that gzip does not define";
    if (!head_number(&h, 4, &ignored) || !head_number(&h, 2, &ignored))
        return ended;
    if (flags & FEXTRA) {
        if (!head_number(&h, 2, &n))
            return ended;
        while (n--)
            if (head_byte(&h) < 0)
                return ended;
    }
    if (((flags & FNAME) && !head_string(&h)) || ((flags & FCOMMENT) && !head_string(&h)))
        return ended;
    if (flags & FHCRC) {
        uint32_t expected = h.crc & 0xffff;
        if (!head_number(&h, 2, &n))
            return ended;
        if (n != expected)
            return "the checksum of the head is wrong";
    }
    return NULL;
}

struct gunzip {
    struct input *in;
    struct inflate *z;
    bool first, inside; /* no member was read yet; it is inside of one */
};

static const char *
read_tail(const struct gunzip *g)
{
    struct head tail = {.in = g->in};
    uint32_t crc, stored;
    uint64_t size;
    inflate_sum(g->z, &crc, &size);
    if (!head_number(&tail, 4, &stored))
        return "the file ends before the checksum";
    if (stored != crc)
        return "the data is damaged: its checksum is wrong";
    if (!head_number(&tail, 4, &stored))
        return "the file ends before the length";
    if (stored != (uint32_t)size)
        return "the data is damaged: its length is wrong";
    return NULL;
}

/* Passes over zero bytes; true if that was all. */
static bool
only_zeros(struct input *in)
{
    while (input_fill(in)) {
        if (in->buf[in->pos] != 0)
            return false;
        in->pos++;
    }
    return true;
}

/* To the next member; false at the end, or with *bad. */
static bool
next_member(struct gunzip *g, const char **bad)
{
    if (!input_fill(g->in)) {
        *bad = g->first ? "the file is empty" : NULL;
        return false;
    }
    if (!g->first && g->in->buf[g->in->pos] == 0)
        *bad = only_zeros(g->in) ? NULL : "there is something behind the gzip data";
    else if (!(*bad = read_head(g->in, g->first)))
        g->inside = true;
    if (g->inside)
        inflate_begin(g->z, g->in);
    g->first = false;
    return g->inside;
}

struct gunzip *
gunzip_new(struct input *in)
{
    struct gunzip *g = xcalloc(1, sizeof *g);
    g->in = in;
    g->z = inflate_new();
    g->first = true;
    return g;
}

void
gunzip_free(struct gunzip *g)
{
    inflate_free(g->z);
    free(g);
}

const uint8_t *
gunzip_next(struct gunzip *g, size_t *n, const char **bad)
{
    *bad = NULL;
    while (g->inside || next_member(g, bad)) {
        const uint8_t *p = inflate_next(g->z, n, bad);
        if (p || *bad)
            return p;
        g->inside = false;
        *bad = read_tail(g);
        if (*bad)
            return NULL;
    }
    return NULL;
}

enum verdict
check_gzip(struct input *in, struct buf *why)
{
    struct gunzip *g = gunzip_new(in);
    const char *bad;
    size_t n;
    while (gunzip_next(g, &n, &bad))
        ;
    gunzip_free(g);
    if (!bad)
        return VERDICT_GOOD;
    buf_printf(why, "%s (at byte %llu)", bad, (unsigned long long)input_offset(in));
    return VERDICT_BAD;
}
