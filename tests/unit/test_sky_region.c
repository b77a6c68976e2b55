#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sky/region.h"

#include "sky_lib.h"

static struct arena arena;
static const char *why;

static bool
in(const struct sky_region *r, double ra_deg, double dec_deg)
{
    double d[3];
    sky_direction(ra_deg * DEG, dec_deg * DEG, d);
    return sky_contains(r, d);
}

static const struct sky_region *
box(double from, double to, double lo, double hi)
{
    return sky_box(&arena, from * DEG, to * DEG, lo * DEG, hi * DEG, &why);
}

static const struct sky_region *
circle(double ra, double dec, double radius)
{
    return sky_circle(&arena, ra * DEG, dec * DEG, radius * DEG, &why);
}

static const struct sky_region *
strip(double mid, double lo, double hi, double half)
{
    return sky_strip(&arena, mid * DEG, lo * DEG, hi * DEG, half * DEG, &why);
}

static const struct sky_region *
polygon(size_t n, const double *ra_dec)
{
    static double ra[SKY_MAX_VERTICES + 1], dec[SKY_MAX_VERTICES + 1];
    for (size_t i = 0; i < n; i++) {
        ra[i] = ra_dec[2 * i] * DEG;
        dec[i] = ra_dec[2 * i + 1] * DEG;
    }
    return sky_polygon(&arena, n, ra, dec, &why);
}

#define POLYGON(...)                                                                               \
    polygon(sizeof((double[]){__VA_ARGS__}) / sizeof(double) / 2, (double[]){__VA_ARGS__})

static void
strips(void **state)
{
    (void)state;
    const struct sky_region *wfd =
        strip(61.855, -44.33, -27.25, (71.46 - 61.855) * cos(27.25 * DEG));
    /* the corners that the notebook of DC2 gives, inclusive */
    assert_true(in(wfd, 71.46, -27.25));
    assert_true(in(wfd, 52.25, -27.25));
    assert_true(in(wfd, 73.79, -44.33));
    assert_true(in(wfd, 49.92, -44.33));
    assert_false(in(wfd, 71.4601, -27.25));
    assert_false(in(wfd, 71.46, -27.2499));
    assert_false(in(wfd, 73.80, -44.33));
    assert_false(in(wfd, 61.855, -44.3301));
    assert_false(in(wfd, 61.855 + 180, -30));
    /* "17.08 deg x 17.08 deg = 291.7 deg^2" */
    assert_float_equal(sky_area(wfd) / DEG / DEG, 291.7, 0.1);

    /* across ra 0, and around a pole, where it is everything within half_width / pi of it */
    const struct sky_region *wrap = strip(359, -10, 10, 5);
    assert_true(in(wrap, 3.9, 0) && in(wrap, 354.1, 0) && in(wrap, -5.9, 0));
    assert_false(in(wrap, 4.1, 0) || in(wrap, 353.9, 0) || in(wrap, 180, 0));
    const struct sky_region *pole = strip(0, 80, 90, 3.6);
    assert_true(in(pole, 180, 90) && in(pole, 180, 88.9) && in(pole, 0, 80));
    assert_false(in(pole, 180, 88.8) || in(pole, 90, 80) || in(pole, 0, 79.99));
    const struct sky_region *all = strip(10, -90, 90, 200);
    assert_true(in(all, 190, 0) && in(all, 0, 90) && in(all, 0, -90));
    assert_float_equal(sky_area(all), 4 * M_PI, 1e-14);
}

static void
boxes(void **state)
{
    (void)state;
    const struct sky_region *b = box(350, 10, -20, 30);
    assert_true(in(b, 0, 0) && in(b, 350, -20) && in(b, 10, 30) && in(b, 360, 30));
    assert_false(in(b, 349.99, 0) || in(b, 10.01, 0) || in(b, 0, 30.01) || in(b, 180, 0));
    assert_float_equal(sky_area(b), 20 * DEG * (sin(30 * DEG) + sin(20 * DEG)), 1e-14);
    const struct sky_region *wide = box(10, 350, -20, 30);
    assert_true(in(wide, 180, 0) && in(wide, 10, 0) && in(wide, 350, 0));
    assert_false(in(wide, 0, 0) || in(wide, 9.99, 0));
    const struct sky_region *ring = box(0, 360, 80, 90);
    assert_true(in(ring, 77, 80) && in(ring, 0, 90));
    assert_false(in(ring, 77, 79.99));
    assert_float_equal(sky_area(ring), 2 * M_PI * (1 - sin(80 * DEG)), 1e-14);
    const struct sky_region *half = box(20, 200, -90, 90);
    assert_true(in(half, 20, 5) && in(half, 200, -5) && in(half, 110, 0) && in(half, 0, 90));
    assert_false(in(half, 19.99, 5) || in(half, 201, 0) || in(half, 290, 0));
    assert_float_equal(sky_area(half), 2 * M_PI, 1e-14);
    const struct sky_region *wedge = box(20, 30, 60, 90);
    assert_true(in(wedge, 200, 90) && in(wedge, 25, 89.999));
    assert_false(in(wedge, 200, 89.999) || in(wedge, 205, 70));
    assert_float_equal(sky_area(box(0, 360, -90, 90)), 4 * M_PI, 1e-14);
}

static void
circles(void **state)
{
    (void)state;
    const struct sky_region *c = circle(359, 89, 2);
    assert_true(in(c, 0, 90) && in(c, 179, 89) && in(c, 359, 87));
    assert_false(in(c, 179, 88.99) || in(c, 359, 86.99));
    const struct sky_region *large = circle(0, 0, 170);
    assert_true(in(large, 170, 0) && in(large, 90, 80));
    assert_false(in(large, 170.01, 0) || in(large, 180, 0));
    assert_float_equal(sky_area(large), 2 * M_PI * (1 - cos(170 * DEG)), 1e-13);
    assert_float_equal(sky_area(circle(5, 5, 180)), 4 * M_PI, 1e-14);
    assert_true(in(circle(5, 5, 180), 185, -5));
    double tiny = sky_area(circle(5, 5, 1e-6)) / (M_PI * 1e-12 * DEG * DEG);
    assert_float_equal(tiny, 1, 1e-12);
    const struct sky_region *arcsec = circle(10, -30, 1.0 / 3600);
    assert_true(in(arcsec, 10, -30 + 1.0 / 3600));
    assert_false(in(arcsec, 10, -30 + 1.000001 / 3600));
}

static void
polygons(void **state)
{
    (void)state;
    /* great circles bulge towards the poles: dec -44.33 at the corners, 0.63 deg more between */
    const struct sky_region *dc2 =
        POLYGON(71.46, -27.25, 52.25, -27.25, 49.92, -44.33, 73.79, -44.33);
    assert_true(in(dc2, 61.855, -44.9) && in(dc2, 71.46, -27.25));
    assert_false(in(dc2, 61.855, -45.0) || in(dc2, 61.855, -27.5));
    assert_true(in(dc2, 61.855, -27.6));
    /* either sense */
    const struct sky_region *back =
        POLYGON(73.79, -44.33, 49.92, -44.33, 52.25, -27.25, 71.46, -27.25);
    assert_true(in(back, 61.855, -36) && !in(back, 0, 0) && !in(back, 241.855, 36));
    assert_float_equal(sky_area(back), sky_area(dc2), 1e-14);
    /* an octant */
    const struct sky_region *octant = POLYGON(0, 0, 90, 0, 0, 90);
    assert_float_equal(sky_area(octant), M_PI_2, 1e-14);
    assert_true(in(octant, 45, 45) && in(octant, 45, 0) && in(octant, 123, 90));
    assert_false(in(octant, 45, -0.001) || in(octant, 91, 10) || in(octant, 225, -45));
    /* around a pole; closed by its first vertex */
    const struct sky_region *cap = POLYGON(0, -60, 90, -60, 180, -60, 270, -60, 0, -60);
    assert_true(in(cap, 33, -90) && in(cap, 0, -60) && in(cap, 45, -70));
    assert_false(in(cap, 45, -61) || in(cap, 0, 90));
    /* not convex */
    const struct sky_region *hook = POLYGON(0, 0, 10, 0, 10, 10, 8, 10, 8, 2, 2, 2, 2, 10, 0, 10);
    assert_true(in(hook, 1, 9) && in(hook, 9, 9) && in(hook, 5, 1));
    assert_false(in(hook, 5, 5) || in(hook, 5, 9));
    /* tiny: milliarcseconds */
    double e = 1e-6;
    const struct sky_region *tiny = POLYGON(30, 40, 30 + e, 40, 30 + e, 40 + e, 30, 40 + e);
    assert_float_equal(sky_area(tiny) / (e * e * DEG * DEG * cos(40 * DEG)), 1, 1e-6);
    assert_true(in(tiny, 30 + e / 2, 40 + e / 2));
    assert_false(in(tiny, 30 - e / 2, 40 + e / 2) || in(tiny, 210, -40));
}

static void
polygon_of_thousands(void **state)
{
    (void)state;
    static double p[2 * SKY_MAX_VERTICES + 2];
    size_t n = SKY_MAX_VERTICES;
    for (size_t i = 0; i < n; i++) {
        double t = 2 * M_PI * (double)i / (double)n, r = i % 2 ? 20 : 15;
        p[2 * i] = r * cos(t);
        p[2 * i + 1] = r * sin(t);
    }
    const struct sky_region *star = polygon(n, p);
    assert_non_null(star);
    assert_true(in(star, 0, 0) && in(star, 10, 10) && in(star, -14.9, 0));
    assert_false(in(star, 15, 15) || in(star, 180, 0) || in(star, 0, 20.5));
    for (size_t i = 0; i < n; i += 37)
        assert_true(in(star, p[2 * i], p[2 * i + 1]));
    assert_null(polygon(n + 1, p));
    assert_string_equal(why, "it has more than 8192 vertices");
}

static void
impossible(void **state)
{
    (void)state;
    assert_null(POLYGON(0, 0, 10, 0));
    assert_string_equal(why, "it needs three vertices");
    assert_null(POLYGON(0, 0, 10, 0, 10, 10, 10, 10));
    assert_string_equal(why, "its vertices 3 and 4 are the same place");
    assert_null(POLYGON(0, 0, 10, 10, 10, 0, 0, 10));
    assert_string_equal(why, "its edges from vertex 1 to 2 and from vertex 3 to 4 cross or touch");
    assert_null(POLYGON(0, 0, 10, 0, 10, 10, 5, 0, 0, 10)); /* a vertex on an edge */
    assert_string_equal(why, "its edges from vertex 1 to 2 and from vertex 3 to 4 cross or touch");
    assert_null(POLYGON(0, 0, 10, 0, 10, 10, 10, 5, 5, 5)); /* goes back over itself */
    assert_string_equal(why, "its edges from vertex 2 to 3 and from vertex 4 to 5 cross or touch");
    assert_null(POLYGON(0, 0, 10, 0, 20, 0));
    assert_string_equal(why, "its edges from vertex 1 to 2 and from vertex 3 to 1 cross or touch");
    assert_null(POLYGON(0, 0, 180, 0, 90, 40));
    assert_string_equal(why,
        "its vertices 1 and 2 are opposite to each other, so that no shortest line joins them");
    assert_null(POLYGON(0, 0, 120, 0, 240, 0));
    assert_string_equal(why, "it halves the sky, so that it does not say which side is meant");
    assert_null(POLYGON(0, 0, 10, 95, 20, 0));
    assert_string_equal(why, "its vertex 2 is no place on the sky");
    assert_null(POLYGON(0, 0, NAN, 0, 20, 20));
    assert_null(circle(0, 0, 0));
    assert_string_equal(why, "its radius must be more than 0 and at most 180 deg");
    assert_null(circle(0, 0, 181));
    assert_null(circle(0, 0, NAN));
    assert_null(circle(0, 91, 1));
    assert_null(box(10, 10, 0, 1));
    assert_string_equal(why, "it has no width");
    assert_null(box(0, 10, 1, 1));
    assert_string_equal(why, "its upper declination must be above the lower one");
    assert_null(box(0, 10, -91, 1));
    assert_string_equal(why, "its declinations must lie between -90 and 90 deg");
    assert_null(box(0, INFINITY, 0, 1));
    assert_null(strip(0, 0, 1, 0));
    assert_string_equal(why, "its half width must be more than 0");
    assert_null(strip(NAN, 0, 1, 1));
    assert_null(strip(0, 2, 1, 1));
    const struct sky_region *r = circle(0, 0, 1);
    for (int i = 0; i < SKY_MAX_DEPTH; i++)
        r = sky_or(&arena, r, circle(i, 0, 1), &why);
    assert_non_null(r);
    assert_null(sky_or(&arena, r, circle(0, 0, 1), &why));
    assert_string_equal(why, "it is made of regions within regions more than 64 deep");
}

static void
joined(void **state)
{
    (void)state;
    const struct sky_region *a = box(0, 10, 0, 10), *b = box(5, 15, 5, 15), *c = box(10, 20, 0, 10);
    const struct sky_region *both = sky_and(&arena, a, b, &why);
    assert_true(in(both, 5, 5) && in(both, 10, 10) && in(both, 7, 7));
    assert_false(in(both, 4.99, 7) || in(both, 10.01, 7));
    const struct sky_region *rest = sky_minus(&arena, a, b, &why);
    assert_true(in(rest, 1, 1) && in(rest, 5, 7) && in(rest, 5, 5));
    assert_false(in(rest, 5.01, 7) || in(rest, 11, 1));
    const struct sky_region *any = sky_or(&arena, a, b, &why);
    assert_float_equal(sky_area(any), sky_area(a) + sky_area(b) - sky_area(both), 1e-10);
    assert_float_equal(sky_area(rest), sky_area(a) - sky_area(both), 1e-10);
    double here = 5 * DEG * (sin(10 * DEG) - sin(5 * DEG));
    assert_float_equal(sky_area(both), here, 1e-12);

    /* What only touches has nothing in common; what touches has no line left between. */
    const struct sky_region *line = sky_and(&arena, a, c, &why);
    assert_false(in(line, 10, 5));
    assert_true(sky_area(line) == 0);
    const struct sky_region *pair = sky_or(&arena, a, c, &why);
    assert_true(in(pair, 10, 5));
    assert_float_equal(sky_area(pair), 2 * sky_area(a), 1e-12);
    const struct sky_region *hole = sky_minus(&arena, box(-10, 30, -10, 20), pair, &why);
    assert_false(in(hole, 10, 5));
    assert_true(in(hole, 0, 5) && in(hole, 10, 0));
    assert_float_equal(sky_area(sky_or(&arena, hole, pair, &why)), sky_area(box(-10, 30, -10, 20)),
        1e-10);

    /* a region with itself */
    const struct sky_region *s = strip(62, -44, -27, 8.5), *same = strip(62, -44, -27, 8.5);
    assert_float_equal(sky_area(sky_or(&arena, s, same, &why)), sky_area(s), 1e-9);
    assert_float_equal(sky_area(sky_and(&arena, s, s, &why)), sky_area(s), 1e-9);
    assert_true(sky_area(sky_minus(&arena, s, same, &why)) == 0);
    assert_false(in(sky_minus(&arena, s, same, &why), 62, -44));

    /* everything but a region, and everything */
    const struct sky_region *sky = box(0, 360, -90, 90);
    const struct sky_region *others = sky_minus(&arena, sky, s, &why);
    assert_float_equal(sky_area(others), 4 * M_PI - sky_area(s), 1e-9);
    assert_true(in(others, 0, 0) && in(others, 62, -44) && !in(others, 62, -35));
    const struct sky_region *everything = sky_or(&arena, others, s, &why);
    assert_float_equal(sky_area(everything), 4 * M_PI, 1e-9);
    assert_true(in(everything, 62, -44));
    assert_true(sky_area(sky_minus(&arena, s, sky, &why)) == 0);
}

/* Areas of the sum and of the common part, for all pairs of all kinds; and what is inside. */
static void
joined_at_random(void **state)
{
    (void)state;
    random_state = 1;
    for (int i = 0; i < 300; i++) {
        const struct sky_region *r[2];
        for (int k = 0; k < 2; k++) {
            double ra = random_between(-20, 20) + (i % 7 == 0 ? 0 : 62),
                   dec = random_between(-60, 20);
            double size = random_between(1, 40);
            if (i % 5 == 0)
                dec = random_between(80, 90);
            double hi = fmin(90, dec + size), lo = fmax(-90, dec - size);
            switch ((i + k * (1 + i / 4)) % 4) {
            case 0:
                r[k] = circle(ra, dec, size * (i % 3 ? 1 : 3.9));
                break;
            case 1:
                r[k] = box(ra - size, ra + size, lo, hi);
                break;
            case 2:
                r[k] = strip(ra, lo, hi, size);
                break;
            default:
                r[k] = POLYGON(ra, lo, ra + size + 1, (lo + hi) / 2 - 0.5, ra, hi - 0.1, ra - 3,
                    (lo + hi) / 2);
            }
            if (!r[k])
                fail_msg("%d: %s", i, why);
        }
        const struct sky_region *sum = sky_or(&arena, r[0], r[1], &why);
        const struct sky_region *common = sky_and(&arena, r[0], r[1], &why);
        const struct sky_region *rest = sky_minus(&arena, r[0], r[1], &why);
        double a = sky_area(r[0]), b = sky_area(r[1]);
        if (fabs(sky_area(sum) + sky_area(common) - a - b) > 1e-8 ||
            fabs(sky_area(rest) + sky_area(common) - a) > 1e-8)
            fail_msg("%d: areas %.12g %.12g: or %.12g and %.12g minus %.12g", i, a, b,
                sky_area(sum), sky_area(common), sky_area(rest));
        for (int k = 0; k < 50; k++) {
            double p[3];
            random_direction(p);
            bool x = sky_contains(r[0], p), y = sky_contains(r[1], p);
            assert_int_equal(sky_contains(sum, p), x || y);
            assert_int_equal(sky_contains(common, p), x && y);
            assert_int_equal(sky_contains(rest, p), x && !y);
        }
        if (i % 20 == 0)
            arena_free(&arena);
    }
}

/* Area by counting places, as no formula would do it. */
static void
areas_by_counting(void **state)
{
    (void)state;
    random_state = 2;
    const struct sky_region *all[] = {strip(62, -44, -27, 8.5), strip(0, 60, 90, 20),
        strip(5, -90, 90, 30), box(300, 100, -30, 70), circle(0, 0, 100),
        POLYGON(0, -60, 90, -50, 180, -60, 270, -50),
        sky_minus(&arena, box(0, 360, -90, 90), strip(0, 10, 90, 50), &why),
        sky_or(&arena, circle(0, 80, 30), strip(170, -20, 85, 40), &why)};
    enum { N = 100000 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int n = 0;
        for (int k = 0; k < N; k++) {
            double p[3];
            random_direction(p);
            n += sky_contains(all[i], p);
        }
        double share = (double)n / N, want = sky_area(all[i]) / (4 * M_PI);
        if (fabs(share - want) > 5 * sqrt(want * (1 - want) / N))
            fail_msg("%zu: counted %g, computed %g", i, share, want);
    }
    arena_free(&arena);
}

/* --- drawing --- */

struct walk {
    double length, longest, last[3];
    unsigned lines;
};

static void
walk(void *arg, const double place[3], bool first)
{
    struct walk *w = arg;
    if (first) {
        w->lines++;
    } else {
        double step = vec_angle(w->last, place);
        w->length += step;
        w->longest = fmax(w->longest, step);
    }
    memcpy(w->last, place, sizeof w->last);
}

static struct walk
walk_along(const struct sky_region *r, double step)
{
    struct walk w = {0};
    assert_non_null(r);
    sky_boundary(r, step, walk, &w);
    assert_true(w.longest <= step * 1.0001);
    return w;
}

static void
boundaries(void **state)
{
    (void)state;
    struct walk w = walk_along(sky_circle(&arena, 6, 0.4, 0.1, &why), 0.001);
    assert_int_equal(w.lines, 1);
    assert_true(fabs(w.length - 2 * M_PI * sin(0.1)) < 1e-5);
    /* over ra 0, and around a pole: two parallels are two lines */
    w = walk_along(sky_box(&arena, -0.1, 0.1, 0.2, 0.3, &why), 0.001);
    assert_true(fabs(w.length - 0.2 - 0.2 * cos(0.2) - 0.2 * cos(0.3)) < 1e-5);
    w = walk_along(sky_box(&arena, 0, 2 * M_PI, -1.2, -1, &why), 0.001);
    assert_int_equal(w.lines, 2);
    assert_true(fabs(w.length - 2 * M_PI * (cos(1.2) + cos(1))) < 1e-4);
    w = walk_along(sky_strip(&arena, 1, -0.7, -0.5, 0.15, &why), 0.001);
    assert_true(w.length > 0.4 + 2 * 0.3 && w.length < 0.4 + 2 * 0.3 + 0.02);
    w = walk_along(sky_circle(&arena, 0, 0, M_PI, &why), 0.1);
    assert_int_equal(w.lines, 0); /* everything */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strips),
        cmocka_unit_test(boxes),
        cmocka_unit_test(circles),
        cmocka_unit_test(polygons),
        cmocka_unit_test(polygon_of_thousands),
        cmocka_unit_test(impossible),
        cmocka_unit_test(joined),
        cmocka_unit_test(joined_at_random),
        cmocka_unit_test(areas_by_counting),
        cmocka_unit_test(boundaries),
    };
    int bad = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(&arena);
    return bad;
}
