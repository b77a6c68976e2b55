/* Is a FITS file whole: headers, sizes, checksums. */
#include "config.h"

#include "verify/whole.h"

#include "verify/gunzip.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 2880, CARD = 80, MAX_AXES = 999 };

/* What a header says, as far as size and sums depend on it. */
struct header {
    unsigned hdu; /* from 1, the primary */
    bool primary;
    uint32_t ncards, naxes; /* read so far */
    int64_t bitpix, naxis;
    uint64_t first_axis, product; /* of NAXIS1, and of the others; UINT64_MAX: too much */
    bool groups;
    int64_t pcount, gcount; /* -1: not given */
    bool has_checksum, has_datasum;
    uint32_t datasum;
};

struct fits {
    struct input *in;
    bool unpacked; /* what a gzip file holds */
    struct buf *why;
    struct header h;
};

/* Says what is wrong, once, and is false. */
static bool bad(struct fits *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool
bad(struct fits *f, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(f->why, fmt, ap);
    va_end(ap);
    buf_printf(f->why, " (HDU %u, at byte %llu%s)", f->h.hdu,
        (unsigned long long)input_offset(f->in), f->unpacked ? " of what is unpacked" : "");
    return false;
}

/* --- sums --- */

/* Ones' complement sums of big-endian 32-bit words, as appendix J of the standard has it. The
 * carries are added when all is summed: 2^64 has room for 2^32 words, more are folded before. */
static uint64_t
sum_words(uint64_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 4 <= n; i += 4)
        sum += (uint32_t)p[i] << 24 | (uint32_t)p[i + 1] << 16 | (uint32_t)p[i + 2] << 8 | p[i + 3];
    return (sum & UINT32_MAX) + (sum >> 32);
}

static uint32_t
sum_fold(uint64_t sum)
{
    while (sum >> 32)
        sum = (sum & UINT32_MAX) + (sum >> 32);
    return (uint32_t)sum;
}

/* Zero has two forms. */
static bool
sum_equal(uint32_t a, uint32_t b)
{
    return (a == UINT32_MAX ? 0 : a) == (b == UINT32_MAX ? 0 : b);
}

/* --- cards --- */

static bool
is_keyword(const char *card, const char *keyword)
{
    size_t n = strlen(keyword);
    if (strncmp(card, keyword, n) != 0)
        return false;
    for (; n < 8; n++)
        if (card[n] != ' ')
            return false;
    return true;
}

/* The value of a card (a NUL follows its 80 characters), without leading blanks; NULL: none. */
static const char *
card_value(const char *card)
{
    if (card[8] != '=' || card[9] != ' ')
        return NULL;
    return card + 10 + strspn(card + 10, " ");
}

static bool
value_ends(const char *p)
{
    p += strspn(p, " ");
    return *p == 0 || *p == '/';
}

static bool
card_integer(const char *card, int64_t *v)
{
    const char *s = card_value(card);
    if (!s || (*s != '-' && *s != '+' && (*s < '0' || *s > '9')))
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    *v = n;
    return errno == 0 && end[-1] >= '0' && end[-1] <= '9' && value_ends(end);
}

static bool
card_logical(const char *card, bool *v)
{
    const char *s = card_value(card);
    if (!s || (*s != 'T' && *s != 'F') || !value_ends(s + 1))
        return false;
    *v = *s == 'T';
    return true;
}

/* The characters between the quotes, trailing blanks cut, doubled quotes left as they are. */
static bool
card_string(const char *card, const char **p, size_t *n)
{
    const char *s = card_value(card);
    if (!s || *s != '\'')
        return false;
    const char *end = ++s;
    while ((end = strchr(end, '\'')) && end[1] == '\'')
        end += 2;
    if (!end || !value_ends(end + 1))
        return false;
    *p = s;
    *n = (size_t)(end - s);
    while (*n && s[*n - 1] == ' ')
        --*n;
    return true;
}

/* --- header --- */

static uint64_t
multiply(uint64_t a, uint64_t b)
{
    uint64_t r;
    if (a == 0 || b == 0)
        return 0;
    return __builtin_mul_overflow(a, b, &r) ? UINT64_MAX : r;
}

/* The first cards, whose order is fixed. */
static bool
take_first_cards(struct fits *f, const char *card)
{
    struct header *h = &f->h;
    const char *name = "NAXIS";
    char axis[16];
    int64_t v;
    bool simple;
    switch (h->ncards) {
    case 0:
        if (!h->primary)
            return true; /* XTENSION: seen already */
        return card_logical(card, &simple) || bad(f, "SIMPLE is neither T nor F");
    case 1:
        if (!is_keyword(card, "BITPIX") || !card_integer(card, &h->bitpix))
            return bad(f, "the second keyword is not BITPIX with a whole number");
        v = h->bitpix;
        return v == 8 || v == 16 || v == 32 || v == 64 || v == -32 || v == -64 ||
               bad(f, "BITPIX is %lld, which is not defined", (long long)v);
    case 2:
        if (!is_keyword(card, name) || !card_integer(card, &h->naxis))
            return bad(f, "the third keyword is not NAXIS with a whole number");
        return (h->naxis >= 0 && h->naxis <= MAX_AXES) ||
               bad(f, "NAXIS is %lld, not 0 to 999", (long long)h->naxis);
    default:
        snprintf(axis, sizeof axis, "NAXIS%u", h->naxes + 1);
        if (!is_keyword(card, axis) || !card_integer(card, &v))
            return bad(f, "%s does not follow, or is not a whole number", axis);
        if (v < 0)
            return bad(f, "%s is negative", axis);
        if (h->naxes++ == 0)
            h->first_axis = (uint64_t)v;
        else
            h->product = multiply(h->product, (uint64_t)v);
        return true;
    }
}

static bool
take_count(struct fits *f, const char *card, const char *name, int64_t *count)
{
    if (!card_integer(card, count) || *count < 0)
        return bad(f, "%s is not a whole number, 0 or more", name);
    return true;
}

static bool
take_datasum(struct fits *f, const char *card)
{
    const char *s;
    size_t n;
    int64_t number;
    /* some programs write a number, which CFITSIO and astropy take as well */
    if (card_integer(card, &number) && number >= 0 && number <= UINT32_MAX) {
        f->h.has_datasum = true;
        f->h.datasum = (uint32_t)number;
        return true;
    }
    if (!card_string(card, &s, &n))
        return bad(f, "DATASUM is neither a string nor a number of 32 bits");
    /* the standard wants the digits at the left; CFITSIO writes them at the right */
    while (n && *s == ' ') {
        s++;
        n--;
    }
    if (n == 0)
        return true;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || v > UINT32_MAX)
            return bad(f, "DATASUM is not a number of 32 bits");
        v = v * 10 + (uint64_t)(s[i] - '0');
    }
    if (v > UINT32_MAX)
        return bad(f, "DATASUM is not a number of 32 bits");
    f->h.has_datasum = true;
    f->h.datasum = (uint32_t)v;
    return true;
}

static bool
take_card(struct fits *f, const char *card)
{
    struct header *h = &f->h;
    const char *s;
    size_t n;
    if (h->ncards < 3 || h->naxes < (uint64_t)h->naxis)
        return take_first_cards(f, card);
    if (is_keyword(card, "PCOUNT"))
        return take_count(f, card, "PCOUNT", &h->pcount);
    if (is_keyword(card, "GCOUNT"))
        return take_count(f, card, "GCOUNT", &h->gcount);
    if (is_keyword(card, "GROUPS") && h->primary)
        return card_logical(card, &h->groups) || bad(f, "GROUPS is neither T nor F");
    if (is_keyword(card, "DATASUM"))
        return take_datasum(f, card);
    if (is_keyword(card, "CHECKSUM")) /* a number is somebody's own kind of sum */
        h->has_checksum = card_string(card, &s, &n) && n > 0;
    return true;
}

/* The cards of one block; *end tells that END was there. */
static bool
take_block(struct fits *f, const uint8_t *block, bool *end)
{
    struct header *h = &f->h;
    for (unsigned i = 0; i < BLOCK; i++)
        if (block[i] < 32 || block[i] > 126)
            return bad(f, "the header has a byte that is not printable ASCII");
    for (unsigned at = 0; at < BLOCK; at += CARD) {
        char card[CARD + 1];
        memcpy(card, block + at, CARD);
        card[CARD] = 0;
        if (*end || is_keyword(card, "END")) {
            if (card[*end ? strspn(card, " ") : 3 + strspn(card + 3, " ")] != 0)
                return bad(f, "the header does not end in blanks behind END");
            *end = true;
            continue;
        }
        if (!take_card(f, card))
            return false;
        h->ncards++;
    }
    if (*end && (h->ncards < 3 || h->naxes < (uint64_t)h->naxis))
        return bad(f, "the header ends before BITPIX, NAXIS and all NAXISn are given");
    return true;
}

/* Bytes of the data unit without its padding. */
static bool
data_size(struct fits *f, uint64_t *size)
{
    const struct header *h = &f->h;
    bool groups = h->primary && h->groups && h->naxis > 0 && h->first_axis == 0;
    if ((groups || !h->primary) && (h->pcount < 0 || h->gcount < 0))
        return bad(f, "PCOUNT or GCOUNT is missing");
    uint64_t n = h->product;
    if (h->naxis == 0)
        n = 0;
    else if (!groups)
        n = multiply(n, h->first_axis);
    if (h->naxis > 0 && (groups || !h->primary)) {
        if (__builtin_add_overflow(n, (uint64_t)h->pcount, &n))
            n = UINT64_MAX;
        n = multiply(n, (uint64_t)h->gcount);
    }
    n = multiply(n, (uint64_t)llabs(h->bitpix) / 8);
    if (n > INT64_MAX - BLOCK)
        return bad(f, "the header gives the data a size that is not possible");
    *size = n;
    return true;
}

/* --- HDUs --- */

static bool
ends_early(struct fits *f, uint64_t missing)
{
    if (f->in->err)
        return false;
    return bad(f, "the file ends inside the data, %llu bytes early", (unsigned long long)missing);
}

static bool
read_header(struct fits *f, uint64_t *sum)
{
    bool end = false;
    while (!end) {
        const uint8_t *block = input_take(f->in, BLOCK);
        if (!block)
            return f->in->err ? false : bad(f, "the file ends inside a header");
        *sum = sum_words(*sum, block, BLOCK);
        if (!take_block(f, block, &end))
            return false;
    }
    return true;
}

static bool
read_data(struct fits *f, uint64_t padded, uint64_t *sum)
{
    if (!f->h.has_checksum && !f->h.has_datasum) {
        uint64_t skipped = input_skip(f->in, padded);
        return skipped == padded || ends_early(f, padded - skipped);
    }
    enum { STEP = INPUT_SIZE / 2 / BLOCK * BLOCK };
    while (padded) {
        size_t n = padded < STEP ? (size_t)padded : STEP;
        const uint8_t *p = input_take(f->in, n);
        if (!p)
            return ends_early(f, padded - input_skip(f->in, n));
        *sum = sum_words(*sum, p, n);
        padded -= n;
    }
    return true;
}

static bool
read_hdu(struct fits *f)
{
    uint64_t header_sum = 0, data_sum = 0, size = 0;
    if (!read_header(f, &header_sum) || !data_size(f, &size))
        return false;
    if (!read_data(f, (size + BLOCK - 1) / BLOCK * BLOCK, &data_sum))
        return false;
    if (f->h.has_datasum && !sum_equal(sum_fold(data_sum), f->h.datasum))
        return bad(f, "the data is damaged: its sum is not what DATASUM says");
    if (f->h.has_checksum && !sum_equal(sum_fold(header_sum + data_sum), UINT32_MAX))
        return bad(f, "header or data is damaged: CHECKSUM does not hold");
    return true;
}

static bool
starts_with(struct input *in, const char *text)
{
    size_t n = strlen(text);
    const uint8_t *p = input_take(in, n);
    if (!p)
        return false;
    in->pos -= n;
    return memcmp(p, text, n) == 0;
}

/* What is often written by mistake, or by those who compress. */
static const struct {
    const char *starts, *words;
} kinds[] = {
    {"\x1f\x8b", "gzip data within gzip data"},
    {"\x1f\x9d", "data of compress"},
    {"BZh", "bzip2 data"},
    {"\xfd"
     "7zXZ",
        "xz data"},
    {"\x28\xb5\x2f\xfd", "zstd data"},
    {"PK\3\4", "a zip archive"},
    {"\x89HDF", "an HDF5 file"},
    {"<", "a page or a message"},
};

static bool
not_fits(struct fits *f)
{
    if (f->in->err)
        return false;
    if (!input_fill(f->in)) {
        buf_puts(f->why, f->unpacked ? "nothing is in the gzip data" : "the file is empty");
        return false;
    }
    buf_puts(f->why, "not a FITS file: it does not start with SIMPLE");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (starts_with(f->in, kinds[i].starts)) {
            buf_printf(f->why, ", it looks like %s", kinds[i].words);
            break;
        }
    return false;
}

static bool
all_hdus(struct fits *f)
{
    if (!starts_with(f->in, "SIMPLE  ="))
        return not_fits(f);
    do {
        f->h = (struct header){.hdu = f->h.hdu + 1,
            .primary = f->h.hdu == 0,
            .product = 1,
            .pcount = -1,
            .gcount = -1};
        if (!read_hdu(f))
            return false;
    } while (starts_with(f->in, "XTENSION="));
    if (f->in->err || !input_fill(f->in))
        return f->in->err == 0;
    return bad(f, "there is something behind the last HDU that is no extension");
}

/* --- within gzip --- */

struct unpacked {
    struct input in;
    struct gunzip *from;
    const char *bad;
};

static const uint8_t *
unpack(void *arg, size_t *n)
{
    struct unpacked *u = arg;
    return gunzip_next(u->from, n, &u->bad);
}

static bool
all_packed(struct fits *f)
{
    struct unpacked *u = xcalloc(1, sizeof *u);
    struct input *packed = f->in;
    u->from = gunzip_new(packed);
    input_pieces(&u->in, unpack, u);
    f->in = &u->in;
    f->unpacked = true;
    bool good = all_hdus(f);
    if (u->bad) { /* where it ends early, that is why */
        good = false;
        buf_reset(f->why);
        buf_printf(f->why, "the gzip data is not whole: %s (at byte %llu)", u->bad,
            (unsigned long long)input_offset(packed));
    }
    gunzip_free(u->from);
    free(u);
    return good;
}

enum verdict
check_fits(struct input *in, struct buf *why)
{
    struct fits f = {.in = in, .why = why};
    if (starts_with(in, "\x1f\x8b") ? all_packed(&f) : all_hdus(&f))
        return VERDICT_GOOD;
    return in->err ? VERDICT_UNREADABLE : VERDICT_BAD;
}
