#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chart/colour.h"
#include "chart/coverage.h"
#include "chart/projection.h"
#include "chart/svg.h"

#include "sky_lib.h"

#include <math.h>
#include <string.h>

/* --- SVG --- */

static void
text_is_escaped(void **state)
{
    (void)state;
    struct svg s = {0};
    svg_open(&s, "text");
    svg_word(&s, "id", "a\"b<c>&'\n");
    svg_say(&s, "%s",
        "</text><script>&amp;\x01\xff\xc0\xaf\xed\xa0\x80 \xc3\xa4\xf0\x9f\x94\xad\xef\xbf\xbf");
    svg_close(&s);
    assert_string_equal(s.out.p,
        "\n<text id=\"a&quot;b&lt;c&gt;&amp;'\n\">&lt;/text&gt;&lt;script&gt;&amp;amp;\xef\xbf\xbd"
        "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
        "\xc3\xa4\xf0\x9f\x94\xad\xef\xbf\xbd</text>");
    svg_free(&s);
}

static void
numbers_are_short(void **state)
{
    (void)state;
    struct svg s = {0};
    svg_open(&s, "path");
    svg_move(&s, -0.04, 0.05);
    svg_line(&s, -0.05, 12);
    svg_line(&s, 1e300, -INFINITY);
    svg_line(&s, NAN, 99.96);
    svg_shut(&s);
    svg_run(&s, 1.5, 2, 0);
    svg_box(&s, 1, 2, 3.25, 4);
    svg_close(&s);
    assert_string_equal(s.out.p, "\n<path d=\"M0 0.1L-0.1 12L100000000 -100000000L-100000000 100z"
                                 "M1.5 2h0M1 2h3.3v4h-3.3z\"/>");
    svg_free(&s);
}

static void
elements_are_closed(void **state)
{
    (void)state;
    struct svg s = {0};
    svg_begin(&s, 10, 20.5, "<&>");
    svg_open_clipped(&s, "c", 0, 0, 1, 1);
    svg_text(&s, "", 1, 2, "%d", 7);
    svg_end(&s);
    assert_non_null(strstr(s.out.p, "viewBox=\"0 0 10 20.5\""));
    assert_non_null(strstr(s.out.p, "<title>&lt;&amp;&gt;</title>"));
    assert_non_null(strstr(s.out.p, "<text x=\"1\" y=\"2\">7</text>\n</g>\n</svg>\n"));
    svg_free(&s);
}

/* --- projections --- */

static void
turn_back(const struct projection *p)
{
    for (int i = 0; i < 2000; i++) {
        double place[3], back[3], x, y;
        random_direction(place);
        projection_to(p, place, &x, &y);
        assert_true(projection_from(p, x, y, back));
        double off = vec_angle(place, back);
        if (off > 1e-6)
            fail_msg("(%g, %g, %g) comes back %g rad off", place[0], place[1], place[2], off);
    }
}

/* The area of a small triangle is the same on the sky and on the chart; and east is on the left. */
static void
keeps_areas(const struct projection *p)
{
    const double h = 1e-4;
    for (int i = 0; i < 2000; i++) {
        double ra = random_between(-2.5, 2.5) + p->ra, dec = random_between(-1.4, 1.4);
        double x[3], y[3], place[3][3];
        sky_direction(ra, dec, place[0]);
        sky_direction(ra + h / cos(dec), dec, place[1]);
        sky_direction(ra, dec + h, place[2]);
        for (int k = 0; k < 3; k++)
            projection_to(p, place[k], &x[k], &y[k]);
        double area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
        if (!p->whole && vec_dot(place[0], (double[]){p->frame.m[0][2], p->frame.m[1][2],
                                               p->frame.m[2][2]}) < -0.9)
            continue; /* near the antipode all directions are strange */
        if (fabs(area / (h * h) + 1) > 2e-3)
            fail_msg("at %g %g an area is %g of itself", ra, dec, area / (h * h));
    }
}

static void
projections(void **state)
{
    (void)state;
    struct projection p;
    projection_whole(1, &p);
    turn_back(&p);
    keeps_areas(&p);
    double place[3], x, y;
    assert_false(projection_from(&p, 2.9, 0, place));
    assert_false(projection_from(&p, 0, -1.42, place));
    for (int i = 0; i < 20; i++) {
        random_direction(place);
        if (i < 2) {
            place[0] = place[1] = 0;
            place[2] = i ? -1 : 1;
        }
        projection_part(place, &p);
        projection_to(&p, place, &x, &y);
        assert_true(fabs(x) < 1e-12 && fabs(y) < 1e-12);
        turn_back(&p);
        keeps_areas(&p);
    }
    assert_false(projection_from(&p, 1.5, 1.5, place));
}

/* --- colours --- */

static double
brightness(unsigned rgb)
{
    return 0.30 * (rgb >> 16) + 0.59 * (rgb >> 8 & 255) + 0.11 * (rgb & 255);
}

static void
more_is_brighter(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(brightness(colour_of_quantity(i / 100.)) <
                    brightness(colour_of_quantity((i + 1) / 100.)));
    assert_int_equal(colour_of_quantity(-1), colour_of_quantity(0));
    assert_int_equal(colour_of_band("r", 7), colour_of_band("r", 0));
    assert_int_equal(colour_of_band("", 1), colour_of_band("H\xc3\xa4", 7));
}

/* --- depth --- */

/* Against the sensors themselves, one by one; places near their edges may go either way. */
static void
depth_is_counted(void **state)
{
    (void)state;
    enum { VISITS = 60, PLACES = 3000 };
    const struct sky_optics optics = {.scale = 20.005867576692737 * ARCSEC, .c3 = -8.337e-9};
    struct arena a = {0};
    const struct sky_camera *camera = camera_named(&a, "lsst_sensors.csv", &optics);
    static double ra[VISITS], dec[VISITS], phi[VISITS], place[PLACES][3];
    static uint32_t depth[PLACES];
    size_t words = sky_words(camera);
    uint64_t *kept = calloc(VISITS * words, sizeof *kept);
    for (int i = 0; i < VISITS; i++) { /* over ra 0, and all around the pole */
        ra[i] = i % 2 ? random_between(-3, 3) * DEG : random_between(0, 2 * M_PI);
        dec[i] = (i % 2 ? random_between(-3, 3) : random_between(-90, -87)) * DEG;
        phi[i] = random_between(0, 2 * M_PI);
        for (uint32_t s = 0; s < camera->n; s++)
            if (random_unit() < 0.7)
                kept[(size_t)i * words + s / 64] |= UINT64_C(1) << s % 64;
    }
    for (int i = 0; i < PLACES; i++)
        sky_direction(i % 2 ? random_between(-5, 5) * DEG : random_between(0, 2 * M_PI),
            (i % 2 ? random_between(-5, 5) : random_between(-90, -85)) * DEG, place[i]);
    struct coverage c = {.camera = camera, .pointing = {VISITS, ra, dec, phi}, .kept = kept};
    coverage_depth(&c, PLACES, (const double(*)[3])place, depth);
    const double slack = camera->radius / 250;
    int seen = 0;
    for (int i = 0; i < PLACES; i++) {
        uint32_t least = 0, most = 0;
        for (int v = 0; v < VISITS; v++) {
            struct sky_frame f;
            double d[3];
            bool sure = false, maybe = false;
            sky_pointing(ra[v], dec[v], phi[v], &f);
            vec_turn_back(&f, place[i], d);
            for (uint32_t s = 0; s < camera->n; s++) {
                const struct sky_quad *q = &camera->sensor[s];
                double deep = 1;
                for (int k = 0; k < 4; k++)
                    deep = fmin(deep, vec_dot(d, q->normal[k]));
                if (d[2] < 0 || !coverage_bit(&c, kept, (uint32_t)v, s))
                    continue;
                sure = sure || deep > slack;
                maybe = maybe || deep > -slack;
            }
            least += sure;
            most += maybe;
        }
        if (depth[i] < least || depth[i] > most)
            fail_msg("place %d: %u visits, should be %u to %u", i, depth[i], least, most);
        seen += least > 0;
    }
    assert_true(seen > PLACES / 2);
    free(kept);
    arena_free(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(elements_are_closed),
        cmocka_unit_test(projections),
        cmocka_unit_test(more_is_brighter),
        cmocka_unit_test(depth_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
