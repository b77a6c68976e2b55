/* The checks gzip and fits, against zlib, gzip -t and Gnuastro, and against damage of all kinds. */
#include "config.h"

#include "verify/whole.h"
#include "util/buf.h"
#include "util/file.h"

#include "fits_lib.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static uint32_t seed = 1;

static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

/* Checks bytes in memory; what is wrong is left in `why`. */
static enum verdict
gzip_verdict(const void *p, size_t n)
{
    buf_reset(&why);
    input_memory(&in, p, n);
    return check_gzip(&in, &why);
}

static enum verdict
fits_verdict(const void *p, size_t n)
{
    buf_reset(&why);
    input_memory(&in, p, n);
    enum verdict v = check_fits(&in, &why);
    assert_int_equal(v == VERDICT_GOOD, why.n == 0);
    return v;
}

/* --- gzip --- */

/* What gzip -t says, by zlib: all members good, then nothing or zeros. */
static bool
zlib_accepts(const uint8_t *p, size_t n)
{
    if (n == 0)
        return false;
    for (bool first = true; n; first = false) {
        if (!first && *p == 0) {
            while (n && *p == 0)
                p++, n--;
            return n == 0;
        }
        z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};
        static uint8_t out[65536];
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        int r;
        do {
            z.next_out = out;
            z.avail_out = sizeof out;
            r = inflate(&z, Z_NO_FLUSH);
        } while (r == Z_OK);
        p = z.next_in;
        n = z.avail_in;
        inflateEnd(&z);
        if (r != Z_STREAM_END)
            return false;
    }
    return true;
}

static void
compress_into(struct buf *b, const uint8_t *p, size_t n, int level, int strategy, bool head)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, strategy), Z_OK);
    static uint8_t extra[300];
    gz_header h = {.extra = extra,
        .extra_len = 300,
        .name = (Bytef *)(uintptr_t) "a name",
        .comment = (Bytef *)(uintptr_t) "a comment",
        .hcrc = 1};
    if (head)
        assert_int_equal(deflateSetHeader(&z, &h), Z_OK);
    buf_reserve(b, deflateBound(&z, n) + 400);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)b->p + b->n;
    z.avail_out = (uInt)(b->cap - b->n - 1);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b->n += z.total_out;
    deflateEnd(&z);
}

/* Data of many kinds: runs, few letters, noise, repeats from far back. */
static size_t
make_data(uint8_t *p, size_t max)
{
    size_t n = dice((uint32_t)max), i = 0;
    while (i < n) {
        size_t k = 1 + dice(dice(2) ? 40 : 20000);
        k = k < n - i ? k : n - i;
        uint32_t letters = 1u << dice(9);
        switch (dice(3)) {
        case 0:
            memset(p + i, (int)dice(256), k);
            break;
        case 1:
            for (size_t m = 0; m < k; m++)
                p[i + m] = (uint8_t)dice(letters);
            break;
        default:
            if (i)
                for (size_t m = 0, d = 1 + dice((uint32_t)(i < 40000 ? i : 40000)); m < k; m++)
                    p[i + m] = p[i + m - d];
            else
                k = 0;
        }
        i += k;
    }
    return n;
}

static void
test_gzip_round_trip(void **state)
{
    (void)state;
    static uint8_t data[300000];
    static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE,
        Z_FIXED};
    for (int round = 0; round < 400; round++) {
        struct buf b = {0};
        uint32_t members = 1 + dice(3);
        for (uint32_t m = 0; m < members; m++) {
            size_t n = make_data(data, round % 20 ? 3000 : sizeof data);
            compress_into(&b, data, n, round % 10, strategies[dice(5)], dice(2));
        }
        assert_int_equal(gzip_verdict(b.p, b.n), VERDICT_GOOD);
        buf_add(&b, "\0\0\0", dice(4));
        assert_int_equal(gzip_verdict(b.p, b.n), VERDICT_GOOD);
        buf_add(&b, "x", 1);
        assert_int_equal(gzip_verdict(b.p, b.n), VERDICT_BAD);
        assert_non_null(strstr(why.p, "behind the gzip data"));
        buf_free(&b);
    }
}

static void
test_gzip_truncated(void **state)
{
    (void)state;
    static uint8_t data[5000];
    for (int level = 0; level < 10; level += 3) {
        struct buf b = {0};
        size_t n;
        do
            n = make_data(data, sizeof data);
        while (n < 1000);
        compress_into(&b, data, n, level, Z_DEFAULT_STRATEGY, true);
        size_t first = b.n;
        compress_into(&b, data, n, level, Z_DEFAULT_STRATEGY, false);
        for (size_t k = 0; k < b.n; k++) {
            /* a copy of the exact size, so that ASan sees a read behind it */
            uint8_t *cut = xmalloc(k);
            memcpy(cut, b.p, k);
            assert_int_equal(gzip_verdict(cut, k), k == first ? VERDICT_GOOD : VERDICT_BAD);
            free(cut);
        }
        buf_free(&b);
    }
}

static void
test_gzip_flipped(void **state)
{
    (void)state;
    static uint8_t data[3000];
    unsigned good = 0;
    for (int round = 0; round < 6000; round++) {
        struct buf b = {0};
        size_t n = make_data(data, round % 3 ? 200 : sizeof data);
        compress_into(&b, data, n, (int)dice(10), dice(4) ? Z_DEFAULT_STRATEGY : Z_FIXED, dice(2));
        for (uint32_t k = 1 + dice(3); k; k--)
            b.p[dice((uint32_t)b.n)] ^= (char)(1 << dice(8));
        bool accepted = gzip_verdict(b.p, b.n) == VERDICT_GOOD;
        if (accepted != zlib_accepts((uint8_t *)b.p, b.n))
            fail_msg("round %d: %s", round, accepted ? "accepted what zlib refuses" : why.p);
        good += accepted;
        buf_free(&b);
    }
    assert_true(good > 0); /* flips of time and name do no harm */
}

/* Damaged data under a good head: mostly codes, and what they lead to. */
static void
test_inflate_noise(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        uint8_t b[200] = "\x1f\x8b\x08\0\0\0\0\0\0\3";
        size_t n = 10 + dice(190);
        for (size_t i = 10; i < n; i++)
            b[i] = (uint8_t)dice(256);
        if (n > 10 && dice(2))
            b[10] = (uint8_t)(4 | (b[10] & 0xf9)); /* a dynamic block */
        uint8_t *copy = xmalloc(n);
        memcpy(copy, b, n);
        assert_int_equal(gzip_verdict(copy, n) == VERDICT_GOOD, zlib_accepts(b, n));
        free(copy);
    }
}

static void
write_tmp(const char *name, const void *p, size_t n, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/%s", dir, name);
    int fd = open(path->p, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, p, n), 0);
    close(fd);
}

static enum verdict
file_verdict(enum verdict check(struct input *, struct buf *), const char *path)
{
    buf_reset(&why);
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    input_fd(&in, fd);
    enum verdict v = check(&in, &why);
    close(fd);
    return v;
}

/* The program itself, some times: it is slow to start. */
static void
test_gzip_program(void **state)
{
    (void)state;
    if (system("gzip --version >/dev/null 2>&1") != 0)
        skip();
    static uint8_t data[100000];
    struct buf path = {0}, command = {0};
    for (int round = 0; round < 60; round++) {
        struct buf b = {0};
        compress_into(&b, data, make_data(data, round % 2 ? 500 : sizeof data), round % 10,
            Z_DEFAULT_STRATEGY, round % 4 == 0);
        if (round % 3 == 1)
            b.n = dice((uint32_t)b.n);
        else if (round % 3 == 2)
            b.p[dice((uint32_t)b.n)] ^= (char)(1 << dice(8));
        write_tmp("x.gz", b.p, b.n, &path);
        buf_reset(&command);
        buf_printf(&command, "gzip -t %s 2>/dev/null", path.p);
        bool accepted = file_verdict(check_gzip, path.p) == VERDICT_GOOD;
        if (accepted)
            assert_int_equal(system(command.p), 0);
        assert_true(accepted || round % 3);
        buf_free(&b);
    }
    buf_free(&path);
    buf_free(&command);
}

/* --- FITS, made by hand --- */

static void
fill(struct buf *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_putc(b, (char)dice(256));
    pad(b, 0);
}

static void
primary(struct buf *b)
{
    card(b, "SIMPLE  =                    T / conforms to the FITS standard");
    card(b, "BITPIX  =                  -32");
    card(b, "NAXIS   =                    2");
    card(b, "NAXIS1  =                   30");
    card(b, "NAXIS2  =                   40 / pixels");
    card(b, "COMMENT   a comment with an apostrophe: it's one");
    card(b, "OBJECT  = 'it''s / a name'     / name");
    end_header(b);
    fill(b, 30 * 40 * 4);
}

static void
extension(struct buf *b, const char *pcount, const char *gcount)
{
    card(b, "XTENSION= 'BINTABLE'           / table");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    2");
    card(b, "NAXIS1  =                   11");
    card(b, "NAXIS2  =                  300");
    card(b, "PCOUNT  = %20s", pcount);
    card(b, "GCOUNT  = %20s", gcount);
    card(b, "TFIELDS =                    1");
}

static uint32_t
sum32(const char *p, size_t n)
{
    uint64_t s = 0;
    for (size_t i = 0; i < n; i += 4) {
        for (size_t k = 0; k < 4; k++)
            s += (uint64_t)(uint8_t)p[i + k] << (24 - 8 * k);
        while (s >> 32)
            s = (s >> 32) + (s & UINT32_MAX);
    }
    return (uint32_t)s;
}

/* The encoding of the standard's appendix J. */
static void
encode_sum(uint32_t value, char *out)
{
    for (int i = 0; i < 4; i++) {
        int byte = value >> (24 - 8 * i) & 255;
        int ch[4], quotient = byte / 4 + '0';
        for (int k = 0; k < 4; k++)
            ch[k] = quotient;
        ch[0] += byte % 4;
        for (bool again = true; again;) {
            again = false;
            for (int k = 0; k < 4; k += 2) {
                while ((ch[k] > '9' && ch[k] < 'A') || (ch[k] > 'Z' && ch[k] < 'a') ||
                       (ch[k + 1] > '9' && ch[k + 1] < 'A') ||
                       (ch[k + 1] > 'Z' && ch[k + 1] < 'a')) {
                    ch[k]++;
                    ch[k + 1]--;
                    again = true;
                }
            }
        }
        for (int k = 0; k < 4; k++)
            out[(4 * k + i + 1) % 16] = (char)ch[k];
    }
}

/* Fills in CHECKSUM and DATASUM of the HDU that starts at `start` (both cards are there). */
static void
put_sums(struct buf *b, size_t start, size_t data)
{
    char *datasum = memmem(b->p + start, data - start, "DATASUM = '", 11);
    char *checksum = memmem(b->p + start, data - start, "CHECKSUM= '", 11);
    char text[20];
    snprintf(text, sizeof text, "%-10lu", (unsigned long)sum32(b->p + data, b->n - data));
    memcpy(datasum + 11, text, 10);
    memset(checksum + 11, '0', 16);
    encode_sum(~sum32(b->p + start, b->n - start), checksum + 11);
}

static size_t
summed_file(struct buf *b)
{
    primary(b);
    size_t start = b->n;
    extension(b, "123", "1");
    card(b, "CHECKSUM= '0000000000000000'   / all");
    card(b, "DATASUM = '          '         / data");
    end_header(b);
    size_t data = b->n;
    fill(b, 11 * 300 + 123);
    put_sums(b, start, data);
    return data;
}

static void
test_fits_good(void **state)
{
    (void)state;
    struct buf b = {0};
    primary(&b);
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    for (int i = 0; i < 3; i++) {
        extension(&b, "0", "1");
        card(&b, "CHECKSUM= ''");
        card(&b, "DATASUM = '   '");
        end_header(&b);
        fill(&b, 3300);
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    }
    /* no data, and a free format */
    buf_reset(&b);
    card(&b, "SIMPLE  = T");
    card(&b, "BITPIX  = 8/bits");
    card(&b, "NAXIS   = 0");
    card(&b, "DATASUM = '0'");
    end_header(&b);
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    card(&b, "XTENSION= 'IMAGE   '");
    card(&b, "BITPIX  = 8");
    card(&b, "NAXIS   = 999");
    for (int i = 1; i <= 999; i++)
        card(&b, "NAXIS%-3d= %d", i, i == 500 ? 0 : 1 << 30);
    card(&b, "PCOUNT  = 0");
    card(&b, "GCOUNT  = 1");
    end_header(&b);
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    /* random groups: 3 groups of (2 + 5 * 7) */
    buf_reset(&b);
    card(&b, "SIMPLE  =                    T");
    card(&b, "BITPIX  =                   16");
    card(&b, "NAXIS   =                    3");
    card(&b, "NAXIS1  =                    0");
    card(&b, "NAXIS2  =                    5");
    card(&b, "NAXIS3  =                  700");
    card(&b, "GROUPS  =                    T");
    card(&b, "PCOUNT  =                    2");
    card(&b, "GCOUNT  =                    3");
    end_header(&b);
    fill(&b, 2 * 3 * (2 + 5 * 700));
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    assert_int_equal(fits_verdict(b.p, b.n - 2880), VERDICT_BAD);
    buf_free(&b);
}

static void
test_fits_truncated(void **state)
{
    (void)state;
    struct buf b = {0}, path = {0};
    summed_file(&b);
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    size_t first = 2880 + 5760;
    for (size_t n = 0; n < b.n; n += n % 2880 < 3 || n % 2880 > 2876 ? 1 : 13)
        if (n != first)
            assert_int_equal(fits_verdict(b.p, n), VERDICT_BAD);
    /* the same with files, whose data is not read if there is no sum */
    for (size_t n = 1; n < b.n; n += 577) {
        write_tmp("x.fits", b.p, n, &path);
        assert_int_equal(file_verdict(check_fits, path.p), VERDICT_BAD);
    }
    buf_reset(&b);
    card(&b, "SIMPLE  =                    T");
    card(&b, "BITPIX  =                    8");
    card(&b, "NAXIS   =                    1");
    card(&b, "NAXIS1  =               300000");
    end_header(&b);
    fill(&b, 300000);
    write_tmp("y.fits", b.p, b.n, &path);
    assert_int_equal(file_verdict(check_fits, path.p), VERDICT_GOOD);
    write_tmp("y.fits", b.p, b.n - 1, &path);
    assert_int_equal(file_verdict(check_fits, path.p), VERDICT_BAD);
    assert_string_equal(why.p,
        "the file ends inside the data, 1 bytes early (HDU 1, at byte 305279)");
    buf_putc(&b, 'x');
    write_tmp("y.fits", b.p, b.n, &path);
    assert_int_equal(file_verdict(check_fits, path.p), VERDICT_BAD);
    buf_free(&path);
    buf_free(&b);
}

static void
test_fits_sums(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int round = 0; round < 50; round++) {
        buf_reset(&b);
        size_t data = summed_file(&b);
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
        for (int i = 0; i < 50; i++) {
            size_t at = data + dice((uint32_t)(b.n - data));
            char bit = (char)(1 << dice(8));
            b.p[at] ^= bit;
            assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
            assert_non_null(strstr(why.p, "DATASUM"));
            b.p[at] ^= bit;
        }
        char *blank = memmem(b.p, b.n, "/ table", 7);
        blank[2] = 'T';
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
        assert_non_null(strstr(why.p, "CHECKSUM"));
    }
    buf_free(&b);
}

/* A primary header with one line changed is refused for the right reason. */
static void
test_fits_headers(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *says;
        /* clang-format off */
    } c[] = {
        {"SIMPLE  =                    T", "SIMPLE  =                    1", "neither T nor F"},
        {"SIMPLE  =", "SIMPLE   ", "does not start with SIMPLE"},
        {"BITPIX  =                  -32", "BITPIX  =                  -16", "BITPIX is -16"},
        {"BITPIX  =                  -32", "BITPIX  =                 32.0", "not BITPIX"},
        {"BITPIX  =", "BITPIXX =", "not BITPIX"},
        {"NAXIS   =                    2", "NAXIS   =                   -1", "NAXIS is -1"},
        {"NAXIS   =                    2", "NAXIS   =                 1000", "NAXIS is 1000"},
        {"NAXIS   =                    2", "NAXIS   =                    3", "NAXIS3 does not"},
        {"NAXIS1  =                   30", "NAXIS1  =                  -30", "negative"},
        {"NAXIS1  =                   30", "NAXIS1  = 99999999999999999999", "not a whole"},
        {"NAXIS1  =                   30", "NAXIS1  =  9223372036854775807", "not possible"},
        {"NAXIS2  =                   40", "NAXIS2  =                   '4", "not a whole"},
        {"NAXIS2  =                   40", "NAXIS2  =                   99", "bytes early"},
        {"NAXIS2  =                   40", "NAXIS2  =                   12", "behind the last"},
        {"END  ", "ENDS ", "ASCII"}, /* the data, taken for a header */
        {"END         ", "END        x", "blanks behind END"},
        {"a comment", "a\tcomment", "ASCII"},
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = 'it''s / a name'     ", "DATASUM is not"},
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = '4294967296'         ", "DATASUM is not"},
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = 4294967296           ", "DATASUM is neither"},
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = 17                   ", "DATASUM says"},
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = -1                   ", "DATASUM is neither"},
        /* digits at the right, as CFITSIO writes a small sum: a number, if a wrong one here */
        {"OBJECT  = 'it''s / a name'     ", "DATASUM = '        17'         ", "DATASUM says"},
        {"OBJECT  = 'it''s / a name'     ", "CHECKSUM= '0000000000000000'   ", "does not hold"},
    };
    /* clang-format on */
    struct buf good = {0}, b = {0};
    primary(&good);
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        buf_reset(&b);
        buf_add(&b, good.p, good.n);
        char *at = memmem(b.p, b.n, c[i].old, strlen(c[i].old));
        assert_non_null(at);
        memcpy(at, c[i].new, strlen(c[i].new));
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
        if (!strstr(why.p, c[i].says))
            fail_msg("%s: %s", c[i].new, why.p);
    }
    static const struct {
        const char *pcount, *gcount, *says;
    } e[] = {{"-1", "1", "PCOUNT is not"}, {"0", "x", "GCOUNT is not"},
        {"9223372036854775807", "9", "not possible"}, {"0", "2", "bytes early"}};
    for (size_t i = 0; i < sizeof e / sizeof *e; i++) {
        buf_reset(&b);
        buf_add(&b, good.p, good.n);
        extension(&b, e[i].pcount, e[i].gcount);
        end_header(&b);
        fill(&b, 3300);
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
        if (!strstr(why.p, e[i].says))
            fail_msg("%s", why.p);
    }
    /* behind the last HDU: zeros, blanks, another primary, less than a block */
    for (int i = 0; i < 4; i++) {
        buf_reset(&b);
        buf_add(&b, good.p, good.n);
        if (i == 2)
            buf_add(&b, good.p, good.n);
        for (int k = 0; i != 2 && k < (i == 3 ? 5 : 2880); k++)
            buf_putc(&b, i == 0 ? 0 : ' ');
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
        assert_non_null(strstr(why.p, "behind the last HDU"));
    }
    assert_int_equal(fits_verdict("", 0), VERDICT_BAD);
    assert_int_equal(fits_verdict("\x1f\x8b\x08", 3), VERDICT_BAD);
    assert_non_null(strstr(why.p, "gzip"));
    buf_free(&b);
    buf_free(&good);
}

static void
test_fits_noise(void **state)
{
    (void)state;
    struct buf good = {0};
    summed_file(&good);
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + dice((uint32_t)good.n);
        uint8_t *p = xmalloc(n);
        memcpy(p, good.p, n);
        for (uint32_t k = 1 + dice(30); k; k--)
            p[dice(dice(2) ? (uint32_t)n : 1 + dice((uint32_t)n))] =
                (uint8_t)(dice(3) ? 32 + dice(95) : dice(256));
        fits_verdict(p, n); /* any verdict; ASan watches */
        free(p);
    }
    buf_free(&good);
}

/* Files of another hand: Gnuastro (and CFITSIO, which writes the sums). */
static void
test_fits_gnuastro(void **state)
{
    (void)state;
    struct buf command = {0}, path = {0}, b = {0};
    buf_printf(&path, "%s/k.fits", dir);
    buf_printf(&command,
        "{ astmkprof --kernel=gaussian,4,5 -o %s && astfits %s -h1 --write=checksum; } "
        ">/dev/null 2>&1",
        path.p, path.p);
    if (system(command.p) != 0) {
        buf_free(&command);
        buf_free(&path);
        skip();
    }
    assert_int_equal(file_verdict(check_fits, path.p), VERDICT_GOOD);
    assert_int_equal(file_read(path.p, &b), 0);
    assert_non_null(memmem(b.p, b.n, "DATASUM", 7));
    for (int i = 0; i < 200; i++) {
        size_t n = dice((uint32_t)b.n);
        if (n != 2880) /* there its first HDU ends */
            assert_int_equal(fits_verdict(b.p, n), VERDICT_BAD);
        /* in the last block: data */
        size_t at = b.n - 2880 + dice(2880);
        char bit = (char)(1 << dice(8));
        b.p[at] ^= bit;
        assert_int_equal(fits_verdict(b.p, b.n), VERDICT_BAD);
        b.p[at] ^= bit;
    }
    assert_int_equal(fits_verdict(b.p, b.n), VERDICT_GOOD);
    buf_free(&b);
    buf_free(&path);
    buf_free(&command);
}

/* --- the command --- */

static int
run_check(const char *kind, const char *a, const char *b)
{
    char *argv[5] = {"check", (char *)(uintptr_t)kind, (char *)(uintptr_t)a, (char *)(uintptr_t)b};
    fflush(stdout);
    int keep = dup(1), null = open("/dev/null", O_WRONLY), keep_err = dup(2);
    dup2(null, 1);
    dup2(null, 2);
    int code = check_main(!kind ? 1 : !a ? 2 : !b ? 3 : 4, argv);
    dup2(keep, 1);
    dup2(keep_err, 2);
    close(keep);
    close(keep_err);
    close(null);
    return code;
}

static void
test_command(void **state)
{
    (void)state;
    struct buf good = {0}, bad = {0}, b = {0};
    primary(&b);
    write_tmp("good.fits", b.p, b.n, &good);
    write_tmp("bad.fits", b.p, b.n - 1, &bad);
    assert_int_equal(run_check("fits", good.p, NULL), 0);
    assert_int_equal(run_check("fits", bad.p, good.p), 1);
    assert_int_equal(run_check("gzip", good.p, NULL), 1);
    assert_int_equal(run_check("fits", good.p, dir), 3);
    assert_int_equal(run_check("fits", "/nonexistent/x", bad.p), 3);
    assert_int_equal(run_check("fits", NULL, NULL), 2);
    assert_int_equal(run_check(NULL, NULL, NULL), 2);
    assert_int_equal(run_check("tiff", good.p, NULL), 2);
    buf_free(&good);
    buf_free(&bad);
    buf_free(&b);
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
    const struct CMUnitTest tests[] = {T(test_gzip_round_trip), T(test_gzip_truncated),
        T(test_gzip_flipped), T(test_inflate_noise), T(test_gzip_program), T(test_fits_good),
        T(test_fits_truncated), T(test_fits_sums), T(test_fits_headers), T(test_fits_noise),
        T(test_fits_gnuastro), T(test_command)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
