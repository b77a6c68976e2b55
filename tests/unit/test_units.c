#include "config.h"

#include "util/number.h"
#include "model/units.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
finds_units(void **state)
{
    (void)state;
    assert_true(unit_find("GB")->factor == 1e9);
    assert_true(unit_find("GiB")->factor == 1073741824.0);
    assert_int_equal(unit_find("min")->dimension, DIM_DURATION);
    assert_true(fabs(unit_find("arcsec")->factor * 3600 * 180 - 3.14159265358979324) < 1e-15 * 4);
    assert_null(unit_find("gb"));
    assert_null(unit_find(""));
}

static void
suggests(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"gb", "GB"}, {"Mb", "MB"}, {"gib", "GiB"},
        {"hours", "h"}, {"sec", "s"}, {"minutes", "min"}, {"arcsek", "arcsec"}, {"Degrees", "deg"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(unit_suggest(pairs[i][0]), pairs[i][1]);
    assert_null(unit_suggest("fortnight"));
}

static void
parses_quantities(void **state)
{
    (void)state;
    struct buf why = {0};
    double v = 0;
    assert_true(quantity_parse("2 GB", DIM_BYTES, &v, &why));
    assert_true(v == 2e9);
    assert_true(quantity_parse("1.5h", DIM_DURATION, &v, &why));
    assert_true(v == 5400);
    assert_true(quantity_parse(" 7 ", DIM_NONE, &v, &why));
    assert_true(v == 7);
    static const char *const bad[][2] = {
        {"2 gb", "unknown unit 'gb' in '2 gb'; did you mean 'GB'?"},
        {"2", "'2' has no unit; write it like '2 GB'"},
        {"GB", "'GB' is no bytes; write it like '2 GB'"},
        {"2 h", "'2 h' is a duration where bytes is expected; write it like '2 GB'"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_reset(&why);
        assert_false(quantity_parse(bad[i][0], DIM_BYTES, &v, &why));
        assert_string_equal(why.p, bad[i][1]);
    }
    buf_free(&why);
}

static void
shows_bytes(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0 B"}, {999, "999 B"}, {1000, "1 kB"}, {1500, "1.5 kB"}, {1.5e9, "1.5 GB"},
        {999.6e6, "1 GB"}, {12345678, "12.3 MB"}, {123456789, "123 MB"}, {9.996e3, "10 kB"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        quantity_bytes(&b, cases[i].v);
        assert_string_equal(b.p, cases[i].text);
        buf_free(&b);
    }
}

static void
shows_durations(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0 ms"}, {0.0032, "3.2 ms"}, {1, "1 s"}, {45, "45 s"}, {59.7, "1 min"},
        {61, "1 min 1 s"}, {600, "10 min"}, {3599.9, "1 h"}, {7500, "2 h 5 min"}, {86400, "24 h"},
        {2 * 86400, "2 d"}, {3 * 86400 + 7200, "3 d 2 h"}, {1e300, "for ever"}, {-5, "-5 s"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = {0};
        quantity_duration(&b, cases[i].v);
        assert_string_equal(b.p, cases[i].text);
        buf_free(&b);
    }
    struct buf b = {0};
    quantity_angle(&b, 4.84813681109536e-06 * 0.2);
    assert_string_equal(b.p, "0.2 arcsec");
    buf_free(&b);
}

static void
parses_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        enum number_kind kind;
        double r;
    } cases[] = {{"0", NUMBER_INT, 0}, {"-7", NUMBER_INT, -7}, {"+12", NUMBER_INT, 12},
        {"9223372036854775807", NUMBER_INT, 9223372036854775807.0},
        {"-9223372036854775808", NUMBER_INT, -9223372036854775808.0},
        {"9223372036854775808", NUMBER_RANGE, 0}, {"99999999999999999999", NUMBER_RANGE, 0},
        {"2.0", NUMBER_REAL, 2}, {".5", NUMBER_REAL, .5}, {"5.", NUMBER_REAL, 5},
        {"1e3", NUMBER_REAL, 1000}, {"1.5E-3", NUMBER_REAL, .0015},
        {"65.50997516276744648", NUMBER_REAL, 65.50997516276744648},
        {"-33.40601776620508190", NUMBER_REAL, -33.40601776620508190}, {"0.1", NUMBER_REAL, 0.1},
        {"1e-400", NUMBER_REAL, 0}, {"1e400", NUMBER_RANGE, 0},
        {"123456789012345678.5", NUMBER_REAL, 123456789012345678.5},
        {"1e99999999999999999999", NUMBER_RANGE, 0}, {"inf", NUMBER_NOT_FINITE, 0},
        {"-Infinity", NUMBER_NOT_FINITE, 0}, {"NaN", NUMBER_NOT_FINITE, 0}, {"", NUMBER_NONE, 0},
        {"-", NUMBER_NONE, 0}, {".", NUMBER_NONE, 0}, {"1e", NUMBER_NONE, 0},
        {"1e+", NUMBER_NONE, 0}, {"0x10", NUMBER_NONE, 0}, {"1 ", NUMBER_NONE, 0},
        {"1,5", NUMBER_NONE, 0}, {"r22", NUMBER_NONE, 0}, {"information", NUMBER_NONE, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t n = -1;
        double r = -1;
        enum number_kind kind = number_parse(cases[i].s, strlen(cases[i].s), &n, &r);
        if (kind != cases[i].kind)
            fail_msg("'%s' is of kind %d, not %d", cases[i].s, kind, cases[i].kind);
        if ((kind == NUMBER_INT || kind == NUMBER_REAL) && r != cases[i].r)
            fail_msg("'%s' is %.17g, not %.17g", cases[i].s, r, cases[i].r);
    }
    int64_t n;
    double r;
    assert_int_equal(number_parse("-9223372036854775808", 20, &n, &r), NUMBER_INT);
    assert_true(n == INT64_MIN);
}

/* The same bits as strtod, for all lengths and scales. */
static void
rounds_as_strtod(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252;
    for (int i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        char s[64];
        unsigned long long m = x >> (x % 64);
        int n = snprintf(s, sizeof s, i % 5 ? "%llu" : "%llue-%d", m, (int)(x % 25));
        if (i % 5) { /* a point somewhere in it */
            int at = (int)(x % (unsigned)(n + 1));
            memmove(s + at + 1, s + at, (size_t)(n - at + 1));
            s[at] = '.';
            n++;
        }
        int64_t ignored;
        double r = 0;
        assert_int_equal(number_parse(s, (size_t)n, &ignored, &r), NUMBER_REAL);
        if (r != strtod(s, NULL))
            fail_msg("'%s' is %.17g, not %.17g", s, r, strtod(s, NULL));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_units),
        cmocka_unit_test(suggests),
        cmocka_unit_test(parses_quantities),
        cmocka_unit_test(shows_bytes),
        cmocka_unit_test(shows_durations),
        cmocka_unit_test(parses_numbers),
        cmocka_unit_test(rounds_as_strtod),
    };
    return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
