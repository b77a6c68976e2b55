#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chart/plot.h"
#include "page/html.h"

#include <math.h>
#include <string.h>

static bool
near(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(b));
}

/* --- scales and ticks --- */

static void
places(void **state)
{
    (void)state;
    struct scale s = {10, 20, 100, 0};
    assert_true(near(scale_at(&s, 10), 100));
    assert_true(near(scale_at(&s, 12.5), 75));
    assert_true(near(scale_at(&s, 99), 0));
    assert_true(near(scale_at(&s, -1), 100));
    assert_true(near(scale_at(&s, NAN), 100));
    struct scale empty = {5, 5, 1, 2};
    assert_true(near(scale_at(&empty, 5), 1));
}

static void
ends_are_round(void **state)
{
    (void)state;
    assert_true(near(scale_end(0), 1));
    assert_true(near(scale_end(-3), 1));
    assert_true(near(scale_end(NAN), 1));
    assert_true(near(scale_end(INFINITY), 1));
    assert_true(near(scale_end(1), 1));
    assert_true(near(scale_end(7), 8));
    assert_true(near(scale_end(201), 250));
    assert_true(near(scale_end(5e6), 5e6));
    for (double v = 1e-6; v < 1e15; v *= 1.37) {
        double end = scale_end(v);
        if (end < v * (1 - 1e-9) || end > v * 1.5)
            fail_msg("an axis that holds %g ends at %g", v, end);
    }
}

/* Of any range: as many as were asked for, none outside, the same distance apart. */
static void
check_ticks(const struct ticks *t, double low, double high, unsigned most)
{
    if (t->n > most)
        fail_msg("%u ticks from %g to %g, of %u at most", t->n, low, high, most);
    for (unsigned i = 0; i < t->n; i++) {
        double slack = t->step * 1e-6;
        if (t->at[i] < low - slack || t->at[i] > high + slack)
            fail_msg("a tick at %g, outside of %g to %g", t->at[i], low, high);
        if (i && fabs(t->at[i] - t->at[i - 1] - t->step) > slack)
            fail_msg("ticks at %g and %g, not %g apart", t->at[i - 1], t->at[i], t->step);
    }
}

static void
ticks(void **state)
{
    (void)state;
    struct ticks t;
    ticks_round(0, 250, 6, &t);
    assert_int_equal(t.n, 6);
    assert_true(near(t.at[0], 0) && near(t.at[5], 250));
    for (double high = 1e-3; high < 1e12; high *= 1.7)
        for (unsigned most = 3; most < 12; most++) {
            ticks_round(0, high, most, &t);
            check_ticks(&t, 0, high, most);
            assert_true(t.n >= 2);
        }
}

static void
ticks_in_time(void **state)
{
    (void)state;
    struct ticks t;
    double low = 1700000000;
    for (double span = 2; span < 5e8; span *= 1.6)
        for (unsigned most = 4; most < 15; most++) {
            ticks_of_time(low, low + span, most, &t);
            check_ticks(&t, low, low + span, most);
            assert_true(fmod(t.step, 1) == 0);
        }
    ticks_of_time(low, low + 7200, 8, &t);
    assert_true(near(t.step, 1800) && fmod(t.at[0], 1800) == 0);
}

static void
says(void (*text)(double value, double step, struct buf *out), double v, double step,
    const char *wanted)
{
    struct buf out = {0};
    text(v, step, &out);
    assert_string_equal(out.p, wanted);
    buf_free(&out);
}

static void
number(double value, double step, struct buf *out)
{
    (void)step;
    tick_number(value, out);
}

static void
words_at_ticks(void **state)
{
    (void)state;
    says(tick_time, 1700000000, 1, "22:13:20");
    says(tick_time, 1700000040, 60, "22:14");
    says(tick_time, 1700006400, 3600, "15 Nov");
    says(tick_time, 1698883200, 86400, "2 Nov");
    says(tick_time, 1700000000, 2419200, "Nov 2023");
    says(number, 0, 1, "0");
    says(number, 999, 1, "999");
    says(number, 1500, 1, "1.5 k");
    says(number, 2e7, 1, "20 M");
    says(number, 0.25, 1, "0.25");
    says(number, 1e18, 1, "1e+06 T");
}

/* --- charts --- */

static void
chart_of(struct svg *s, const char *name)
{
    static const double y[] = {1, 3, 2}, under[] = {0, 1, 0}, part[] = {0, 0.5, NAN};
    struct plot p;
    plot_begin(&p, s, "c", 480, 200, name, "what it shows");
    plot_y(&p, 3, name, NULL);
    plot_x_time(&p, 1700000000, 1700000030);
    plot_area(&p, "c-blue", 1700000000, 10, 3, NULL, y);
    plot_area(&p, "c-red", 1700000000, 10, 3, under, y);
    plot_line(&p, "l-red", 1700000000, 10, 3, part);
    plot_bar(&p, "c-sky", 1700000000, 1700000010, 3, name);
    plot_dot(&p, "c-pink", 1700000000, 1, name);
    plot_tip(&p, 1700000000, 1700000010, name);
    plot_mark(&p, 1700000015, name);
    plot_heat(&p, 0, 2, 1700000000, 10, 3, part);
    plot_end(&p);
}

static void
charts_are_told_and_escaped(void **state)
{
    (void)state;
    struct svg s = {0};
    chart_of(&s, "</title><script>&\"");
    assert_int_equal(s.depth, 0);
    assert_null(strstr(s.out.p, "<script>"));
    assert_non_null(
        strstr(s.out.p, "role=\"img\" width=\"480\" height=\"200\" viewBox=\"0 0 480 200\""
                        " class=\"chart\" aria-labelledby=\"c-title c-text\""));
    assert_non_null(
        strstr(s.out.p, "<title id=\"c-title\">&lt;/title&gt;&lt;script&gt;&amp;&quot;</title>"));
    assert_non_null(strstr(s.out.p, "<desc id=\"c-text\">what it shows</desc>"));
    assert_null(strstr(s.out.p, "nan"));
    svg_free(&s);
}

/* Three bins from 21 to 466 pixels; 3 is at the top, 0 at the bottom. */
static void
areas(void **state)
{
    (void)state;
    static const double y[] = {1, 3, 0};
    struct svg s = {0};
    struct plot p;
    plot_begin(&p, &s, "c", 480, 200, "t", "d");
    plot_y(&p, 3, "", NULL);
    p.x.low = 0;
    p.x.high = 3;
    size_t before = s.out.n;
    plot_area(&p, "c-blue", 0, 1, 3, NULL, y);
    double a = p.x.from, b = p.x.to, third = (b - a) / 3;
    struct buf wanted = {0};
    assert_true(near(a, 21) && near(b, 466) && near(p.y.from, 176) && near(p.y.to, 22));
    buf_printf(&wanted,
        "\n<path class=\"c-blue\" d=\"M21 124.7L%.1f 124.7L%.1f 22L%.1f 22L%.1f 176L466 176L466 176"
        "L21 176z\"/>",
        a + third, a + third, a + 2 * third, a + 2 * third);
    assert_string_equal(s.out.p + before, wanted.p);
    plot_end(&p);
    buf_free(&wanted);
    svg_free(&s);
}

static const char *
long_name(void *arg, unsigned row)
{
    (void)arg;
    return row ? "b" : "a_name_that_is_r\xc3\xa4ther_long_\xc3\xa9nough";
}

static void
names_of_rows(void **state)
{
    (void)state;
    struct svg s = {0};
    struct plot p;
    plot_begin(&p, &s, "c", 480, 60, "t", "d");
    plot_rows(&p, 2, long_name, NULL);
    plot_end(&p);
    assert_non_null(strstr(s.out.p, ">a_name_that\xe2\x80\xa6_long_\xc3\xa9nough</text>"));
    assert_non_null(strstr(s.out.p, ">b</text>"));
    assert_non_null(strstr(s.out.p, "<path class=\"axis\" d=\"M206 36L466 36\"/>"));
    svg_free(&s);
}

static void
heat(void **state)
{
    (void)state;
    assert_string_equal(chart_heat(-1), "h0");
    assert_string_equal(chart_heat(NAN), "h0");
    assert_string_equal(chart_heat(0), "h0");
    assert_string_equal(chart_heat(1e-9), "h1");
    assert_string_equal(chart_heat(0.55), "h6");
    assert_string_equal(chart_heat(1), "h10");
    assert_string_equal(chart_heat(INFINITY), "h10");
}

/* --- pages --- */

static void
tables(void **state)
{
    (void)state;
    static const char *const head[] = {"name", "#n"};
    struct svg s = {0};
    html_table(&s, "t", "<&>", true, head, 2);
    html_row(&s, "%s", "a<b");
    html_count(&s, 1234567);
    html_row_end(&s);
    html_row(&s, "%s", "");
    html_value(&s, NAN, "nothing");
    html_row_end(&s);
    html_table_end(&s);
    assert_int_equal(s.depth, 0);
    assert_non_null(strstr(s.out.p, "aria-label=\"&lt;&amp;&gt;\""));
    assert_non_null(strstr(s.out.p, "<th scope=\"row\">a&lt;b</th>"));
    assert_non_null(strstr(s.out.p, "<td class=\"number\" data-v=\"1234567\">1 234 567</td>"));
    assert_non_null(strstr(s.out.p, "<td class=\"number\"></td>"));
    assert_null(strstr(s.out.p, "/>"));
    svg_free(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(ends_are_round),
        cmocka_unit_test(ticks),
        cmocka_unit_test(ticks_in_time),
        cmocka_unit_test(words_at_ticks),
        cmocka_unit_test(charts_are_told_and_escaped),
        cmocka_unit_test(areas),
        cmocka_unit_test(names_of_rows),
        cmocka_unit_test(heat),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
