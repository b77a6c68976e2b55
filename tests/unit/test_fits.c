/* The check fits: each kind of file that is met, made by hand, whole, cut, longer, and within gzip;
 * with fitsverify's verdict where that is installed. Nothing here is somebody's file. */
#include "config.h"

#include "verify/whole.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "fits_lib.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static bool have_fitsverify;

/* --- kinds --- */

static void
data(struct buf *b, size_t n, char value, char padding)
{
    while (n--)
        buf_putc(b, value);
    pad(b, padding);
}

static void
first_cards(struct buf *b, int bitpix, int naxis)
{
    card(b, "SIMPLE  =                    T");
    card(b, "BITPIX  = %20d", bitpix);
    card(b, "NAXIS   = %20d", naxis);
}

static void
nothing(struct buf *b)
{
    first_cards(b, 8, 0);
    card(b, "EXTEND  =                    T");
    end_header(b);
}

static void
image(struct buf *b)
{
    first_cards(b, -64, 3);
    card(b, "NAXIS1  =                   17");
    card(b, "NAXIS2  =                   13");
    card(b, "NAXIS3  =                    5");
    end_header(b);
    data(b, 17 * 13 * 5 * 8, 0, 0);
}

static void
whole_numbers(struct buf *b)
{
    first_cards(b, 64, 1);
    card(b, "NAXIS1  =                  360");
    end_header(b);
    data(b, 360 * 8, 1, 0); /* it ends with its block */
}

static void
no_axis_has_length(struct buf *b)
{
    first_cards(b, 16, 2);
    card(b, "NAXIS1  =                    0");
    card(b, "NAXIS2  =                   40");
    end_header(b);
}

static void
does_not_conform(struct buf *b)
{
    size_t at = b->n;
    image(b);
    b->p[at + 29] = 'F';
}

static void
sums(struct buf *b, const char *datasum)
{
    first_cards(b, 8, 0);
    card(b, "DATASUM = %s", datasum);
    end_header(b);
}

static void
sum_is_a_number(struct buf *b)
{
    sums(b, "                   0");
}

static void
sum_is_a_text(struct buf *b)
{
    sums(b, "'0       '");
}

static void
long_text(struct buf *b)
{
    first_cards(b, 8, 0);
    card(b, "LONGSTRN= 'OGIP 1.0'");
    card(b, "HISTORY   NAXIS   =                    3");
    card(b, "COMMENT   XTENSION= 'IMAGE   '");
    card(b, "TEXT    = 'The first part of it, END of which is in the next card&'");
    card(b, "CONTINUE  ', and here is DATASUM = 17 /&'");
    card(b, "CONTINUE  'the end.' / said");
    card(b, "HIERARCH ESO TEL NAXIS = 4");
    for (int i = 0; i < 80; i++)
        card(b, "COMMENT   a header of several blocks, line %d", i);
    end_header(b);
}

static void
groups(struct buf *b)
{
    first_cards(b, -32, 4);
    card(b, "NAXIS1  =                    0");
    card(b, "NAXIS2  =                    3");
    card(b, "NAXIS3  =                    4");
    card(b, "NAXIS4  =                    1");
    card(b, "GROUPS  =                    T");
    card(b, "PCOUNT  =                    6");
    card(b, "GCOUNT  =                  100");
    end_header(b);
    data(b, 100 * (6 + 3 * 4) * 4, 0, 0);
}

static void
image_with_parameters(struct buf *b)
{
    nothing(b);
    card(b, "XTENSION= 'IMAGE   '");
    card(b, "BITPIX  =                   32");
    card(b, "NAXIS   =                    2");
    card(b, "NAXIS1  =                  100");
    card(b, "NAXIS2  =                    9");
    card(b, "PCOUNT  =                    0");
    card(b, "GCOUNT  =                    1");
    end_header(b);
    data(b, 100 * 9 * 4, 2, 0);
}

static void
binary_table(struct buf *b, unsigned rows, unsigned heap, const char *name, const char *form)
{
    card(b, "XTENSION= 'BINTABLE'");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    2");
    card(b, "NAXIS1  =                    8");
    card(b, "NAXIS2  = %20u", rows);
    card(b, "PCOUNT  = %20u", heap);
    card(b, "GCOUNT  =                    1");
    card(b, "TFIELDS =                    1");
    card(b, "TTYPE1  = '%-8s'", name);
    card(b, "TFORM1  = '%-8s'", form);
}

static void
table_with_heap(struct buf *b)
{
    nothing(b);
    binary_table(b, 50, 3000, "A", "1PB(0)");
    end_header(b);
    data(b, 8 * 50 + 3000, 0, 0);
}

static void
table_without_rows(struct buf *b)
{
    nothing(b);
    binary_table(b, 0, 0, "A", "1D");
    end_header(b);
}

/* As fpack makes them: what a reader unpacks further does not matter to where it ends. */
static void
tiles(struct buf *b)
{
    nothing(b);
    binary_table(b, 20, 2000, "COMPRESSED_DATA", "1PB(0)");
    card(b, "ZIMAGE  =                    T");
    card(b, "ZBITPIX =                   16");
    card(b, "ZNAXIS  =                    2");
    card(b, "ZNAXIS1 =                  400");
    card(b, "ZNAXIS2 =                   20");
    card(b, "ZTILE1  =                  400");
    card(b, "ZTILE2  =                    1");
    card(b, "ZCMPTYPE= 'GZIP_1  '");
    end_header(b);
    data(b, 8 * 20 + 2000, 0, 0);
}

static void
text_table(struct buf *b)
{
    nothing(b);
    card(b, "XTENSION= 'TABLE   '");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    2");
    card(b, "NAXIS1  =                   20");
    card(b, "NAXIS2  =                   30");
    card(b, "PCOUNT  =                    0");
    card(b, "GCOUNT  =                    1");
    card(b, "TFIELDS =                    1");
    card(b, "TBCOL1  =                    1");
    card(b, "TFORM1  = 'A20     '");
    card(b, "TTYPE1  = 'A       '");
    end_header(b);
    data(b, 600, 'x', ' '); /* padded with blanks */
}

static void
many(struct buf *b)
{
    image(b);
    binary_table(b, 50, 3000, "A", "1PB(0)");
    end_header(b);
    data(b, 8 * 50 + 3000, 0, 0);
    card(b, "XTENSION= 'IMAGE   '");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    0");
    card(b, "PCOUNT  =                    0");
    card(b, "GCOUNT  =                    1");
    end_header(b);
}

static void
no_parameters(struct buf *b)
{
    nothing(b);
    card(b, "XTENSION= 'IMAGE   '");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    1");
    card(b, "NAXIS1  =                 2880");
    end_header(b);
    data(b, 2880, 0, 0);
}

static void
no_end(struct buf *b)
{
    first_cards(b, 8, 0);
    pad(b, ' ');
}

static void
wrong_simple(struct buf *b)
{
    card(b, "SIMPLE  =                    Y");
    card(b, "BITPIX  =                    8");
    card(b, "NAXIS   =                    0");
    end_header(b);
}

static void
swapped(struct buf *b)
{
    card(b, "SIMPLE  =                    T");
    card(b, "NAXIS   =                    0");
    card(b, "BITPIX  =                    8");
    end_header(b);
}

static void
zeros_behind_end(struct buf *b)
{
    first_cards(b, 8, 0);
    card(b, "END");
    pad(b, 0);
}

static void
accents(struct buf *b)
{
    first_cards(b, 8, 0);
    card(b, "OBSERVER= 'Andr\xe9   '");
    end_header(b);
}

/* clang-format off */
#define K(f, good) {#f, f, good}
/* clang-format on */
static const struct kind {
    const char *name;
    void (*make)(struct buf *b);
    bool good;
} kinds[] = {K(nothing, true), K(image, true), K(whole_numbers, true), K(no_axis_has_length, true),
    K(does_not_conform, true), K(sum_is_a_number, true), K(sum_is_a_text, true), K(long_text, true),
    K(groups, true), K(image_with_parameters, true), K(table_with_heap, true),
    K(table_without_rows, true), K(tiles, true), K(text_table, true), K(many, true),
    K(no_parameters, false), K(no_end, false), K(wrong_simple, false), K(swapped, false),
    K(zeros_behind_end, false), K(accents, false)};

/* --- what is done to them --- */

static enum verdict
verdict(const void *p, size_t n)
{
    buf_reset(&why);
    input_memory(&in, p, n);
    enum verdict v = check_fits(&in, &why);
    assert_int_equal(v == VERDICT_GOOD, why.n == 0);
    return v;
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

static void
expect(const char *kind, const char *change, const struct buf *b, bool good)
{
    enum verdict v = verdict(b->p, b->n);
    if (v != (good ? VERDICT_GOOD : VERDICT_BAD))
        fail_msg("%s, %s: %s", kind, change, good ? why.p : "taken for good");
    if (!have_fitsverify)
        return;
    struct buf path = {0}, command = {0};
    write_tmp("v.fits", b->p, b->n, &path);
    buf_printf(&command, "fitsverify -e %s >/dev/null 2>&1", path.p);
    if ((system(command.p) == 0) != good)
        fail_msg("%s, %s: fitsverify finds it %s", kind, change, good ? "bad" : "good");
    buf_free(&path);
    buf_free(&command);
}

static void
test_kinds(void **state)
{
    (void)state;
    static const size_t cuts[] = {1, 1440, 2879, 2880};
    struct buf b = {0}, c = {0};
    have_fitsverify = system("fitsverify >/dev/null 2>&1") == 0;
    if (!have_fitsverify)
        print_message("# fitsverify is not installed\n");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *k = &kinds[i];
        buf_reset(&b);
        k->make(&b);
        expect(k->name, "as it is", &b, k->good);
        if (!k->good)
            continue;
        for (size_t j = 0; j < sizeof cuts / sizeof *cuts; j++) {
            bool last_hdu = cuts[j] == 2880 && memcmp(b.p + b.n - 2880, "XTENSION", 8) == 0;
            b.n -= cuts[j];
            expect(k->name, "cut", &b, last_hdu);
            b.n += cuts[j];
        }
        static const char *const tails[] = {"\0", " ", "x", "SIMPLE  ="};
        for (size_t t = 0; t < sizeof tails / sizeof *tails; t++) {
            buf_reset(&c);
            buf_add(&c, b.p, b.n);
            buf_add(&c, tails[t], t == 0 ? 1 : strlen(tails[t]));
            expect(k->name, "with something behind it", &c, false);
            pad(&c, tails[t][0]);
            expect(k->name, "with a block behind it", &c, false);
        }
    }
    buf_free(&b);
    buf_free(&c);
}

/* The gap between rows and heap counts as part of PCOUNT. (CFITSIO counts it twice.) */
static void
test_heap_behind_gap(void **state)
{
    (void)state;
    struct buf b = {0};
    nothing(&b);
    binary_table(&b, 50, 3000, "A", "1PB(0)");
    card(&b, "THEAP   =                 2880");
    end_header(&b);
    data(&b, 8 * 50 + 3000, 0, 0);
    assert_int_equal(verdict(b.p, b.n), VERDICT_GOOD);
    assert_int_equal(verdict(b.p, b.n - 1), VERDICT_BAD);
    buf_free(&b);
}

/* A CHECKSUM that is a number is a program's own, of another kind. */
static void
test_foreign_checksum(void **state)
{
    (void)state;
    struct buf b = {0};
    first_cards(&b, 8, 0);
    card(&b, "CHECKSUM=                    0 / MIPL's");
    end_header(&b);
    assert_int_equal(verdict(b.p, b.n), VERDICT_GOOD);
    buf_free(&b);
}

/* --- within gzip --- */

static void
pack(struct buf *b, const char *p, size_t n)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    buf_reserve(b, deflateBound(&z, n) + 20);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)b->p + b->n;
    z.avail_out = (uInt)(b->cap - b->n - 1);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    b->n += z.total_out;
    deflateEnd(&z);
}

static void
refused(const struct buf *b, const char *says)
{
    assert_int_equal(verdict(b->p, b->n), VERDICT_BAD);
    if (!strstr(why.p, says))
        fail_msg("%s: %s", says, why.p);
}

static void
test_packed(void **state)
{
    (void)state;
    struct buf b = {0}, z = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        buf_reset(&b);
        buf_reset(&z);
        kinds[i].make(&b);
        pack(&z, b.p, b.n);
        assert_int_equal(verdict(z.p, z.n), kinds[i].good ? VERDICT_GOOD : VERDICT_BAD);
        for (size_t n = 3; n < z.n; n++) {
            struct buf cut = {.p = z.p, .n = n};
            refused(&cut, "the gzip data is not whole: the file ends ");
            if (!kinds[i].good)
                break;
        }
    }
    /* of several members, which end where they like; zeros may follow, nothing else */
    for (size_t at = 0; at <= b.n; at += 997) {
        buf_reset(&z);
        buf_reset(&b);
        many(&b);
        pack(&z, b.p, at);
        pack(&z, b.p + at, b.n - at);
        assert_int_equal(verdict(z.p, z.n), VERDICT_GOOD);
    }
    for (int i = 0; i < 100; i++)
        buf_putc(&z, 0);
    assert_int_equal(verdict(z.p, z.n), VERDICT_GOOD);
    buf_putc(&z, 'x');
    refused(&z, "the gzip data is not whole: there is something behind the gzip data");
    /* the gzip data is whole, and what it holds is not */
    buf_reset(&z);
    pack(&z, b.p, b.n - 1);
    refused(&z, "the file ends inside a header (HDU 3, at byte");
    assert_non_null(strstr(why.p, " of what is unpacked)"));
    buf_reset(&z);
    pack(&z, b.p, b.n - 2881);
    refused(&z, "the file ends inside the data, 1 bytes early (HDU 2, at byte ");
    buf_putc(&b, 0);
    buf_reset(&z);
    pack(&z, b.p, b.n);
    refused(&z, "behind the last HDU");
    buf_reset(&z);
    pack(&z, b.p, 0);
    refused(&z, "nothing is in the gzip data");
    /* damage in the data, which only the sum of gzip shows */
    buf_reset(&b);
    buf_reset(&z);
    image(&b);
    pack(&z, b.p, b.n);
    z.p[z.n - 8] ^= 1;
    refused(&z, "its checksum is wrong");
    /* twice */
    buf_reset(&z);
    pack(&z, b.p, b.n);
    buf_reset(&b);
    pack(&b, z.p, z.n);
    refused(&b, "it looks like gzip data within gzip data");
    buf_free(&b);
    buf_free(&z);
}

/* More than the buffers hold, with a sum that has to be right over all of it. */
static void
test_packed_large(void **state)
{
    (void)state;
    struct buf b = {0}, z = {0};
    uint32_t seed = 1, sum = 0;
    first_cards(&b, 8, 1);
    card(&b, "NAXIS1  =              2880000");
    card(&b, "DATASUM = '0         '");
    end_header(&b);
    for (int i = 0; i < 2880000; i++)
        buf_putc(&b,
            (char)((seed = seed * 1664525 + 1013904223) >> 24 & (i / 100000 % 2 ? 255 : 1)));
    for (size_t i = 2880; i < b.n; i += 4) {
        uint32_t w = (uint32_t)(uint8_t)b.p[i] << 24 | (uint32_t)(uint8_t)b.p[i + 1] << 16 |
                     (uint32_t)(uint8_t)b.p[i + 2] << 8 | (uint8_t)b.p[i + 3];
        sum += w;
        sum += sum < w;
    }
    char text[20];
    snprintf(text, sizeof text, "%-10u", sum);
    memcpy((char *)memmem(b.p, 2880, "DATASUM = '", 11) + 11, text, 10);
    pack(&z, b.p, b.n);
    assert_int_equal(verdict(z.p, z.n), VERDICT_GOOD);
    b.p[b.n / 2] ^= 1;
    buf_reset(&z);
    pack(&z, b.p, b.n);
    refused(&z, "DATASUM");
    buf_free(&b);
    buf_free(&z);
}

static void
test_other_kinds(void **state)
{
    (void)state;
    static const char *const c[][2] = {{"BZh91AY", "bzip2 data"},
        {"\xfd"
         "7zXZ",
            "xz data"},
        {"PK\3\4....", "a zip archive"}, {"<html>", "a page"}, {"\x89HDF\r\n", "an HDF5 file"}};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct buf b = {.p = (char *)(uintptr_t)c[i][0], .n = strlen(c[i][0])};
        refused(&b, c[i][1]);
    }
}

/* --- what is no file --- */

/* The command, in a process of its own with `in` as its standard input. */
static int
check_stdin(int fd, const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fd, 0);
        freopen("/dev/null", "w", stdout);
        char *argv[] = {"check", "fits", (char *)(uintptr_t)path, NULL};
        _exit(check_main(3, argv));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A process that gives out a file, in pieces, some time after it was asked to. */
static pid_t
writer(int fd, const char *path, const struct buf *b, size_t n)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    usleep(50000);
    if (path)
        fd = open(path, O_WRONLY);
    for (size_t i = 0; i < n; i += 4000) {
        if (write_all(fd, b->p + i, n - i < 4000 ? n - i : 4000) != 0)
            _exit(1);
        usleep(10000);
    }
    _exit(0);
}

static void
test_pipes(void **state)
{
    (void)state;
    struct buf b = {0}, path = {0};
    image(&b);
    for (int i = 0; i < 2; i++) { /* whole, cut */
        int p[2];
        assert_int_equal(pipe2(p, O_CLOEXEC), 0);
        pid_t pid = writer(p[1], NULL, &b, b.n - (size_t)i);
        close(p[1]);
        assert_int_equal(check_stdin(p[0], "/dev/stdin"), i ? VERDICT_BAD : VERDICT_GOOD);
        waitpid(pid, NULL, 0);
        close(p[0]);
        /* one that others told not to wait, and that stays so */
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, p), 0);
        pid = writer(p[1], NULL, &b, b.n - (size_t)i);
        close(p[1]);
        assert_int_equal(check_stdin(p[0], "/dev/stdin"), i ? VERDICT_BAD : VERDICT_GOOD);
        assert_true(fcntl(p[0], F_GETFL) & O_NONBLOCK);
        waitpid(pid, NULL, 0);
        close(p[0]);
        buf_reset(&path);
        buf_printf(&path, "%s/fifo%d", dir, i);
        assert_int_equal(mkfifo(path.p, 0600), 0);
        pid = writer(-1, path.p, &b, b.n - (size_t)i);
        assert_int_equal(check_stdin(0, path.p), i ? VERDICT_BAD : VERDICT_GOOD);
        waitpid(pid, NULL, 0);
    }
    /* a blocking pipe that others have, too, is left as it is */
    int p[2];
    assert_int_equal(pipe2(p, O_CLOEXEC), 0);
    assert_int_equal(write_all(p[1], b.p, b.n), 0);
    close(p[1]);
    assert_int_equal(check_stdin(p[0], "/dev/stdin"), VERDICT_GOOD);
    assert_false(fcntl(p[0], F_GETFL) & O_NONBLOCK);
    close(p[0]);
    buf_free(&b);
    buf_free(&path);
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
    const struct CMUnitTest tests[] = {T(test_kinds), T(test_heap_behind_gap),
        T(test_foreign_checksum), T(test_packed), T(test_packed_large), T(test_other_kinds),
        T(test_pipes)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
