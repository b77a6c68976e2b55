#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#ifdef HAVE_WCSLIB
#include <prj.h>
#include <sph.h>
#include <cel.h>
#endif

#include "sky/horizon.h"
#include "sky/trim.h"
#include "sky_lib.h"

static const struct sky_optics dc2_optics = {.scale = 20.0 * ARCSEC};

static void
words_of_rotations(void **state)
{
    (void)state;
    enum sky_rotation r;
    assert_true(sky_rotation_named("imsim2", &r));
    assert_int_equal(r, SKY_ROTATION_IMSIM2);
    assert_string_equal(sky_rotation_word(SKY_ROTATION_DC2), "dc2");
    assert_false(sky_rotation_named("", &r));
    assert_false(sky_rotation_named("DC2", &r));
    assert_float_equal(sky_position_angle(SKY_ROTATION_DC2, 20 * DEG), 70 * DEG, 1e-15);
    assert_float_equal(sky_position_angle(SKY_ROTATION_DC2, 100 * DEG), 350 * DEG, 1e-14);
    assert_float_equal(sky_position_angle(SKY_ROTATION_IMSIM2, 20 * DEG), 250 * DEG, 1e-14);
    assert_float_equal(sky_position_angle(SKY_ROTATION_PA, -20 * DEG), 340 * DEG, 1e-14);
    /* rotTelPos occurs as 0..360 and as -90..90 */
    assert_float_equal(sky_position_angle(SKY_ROTATION_PA, 340 * DEG),
        sky_position_angle(SKY_ROTATION_PA, -20 * DEG), 1e-14);
}

static void
directions_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        double ra = random_between(0, 2 * M_PI), dec = random_between(-M_PI_2, M_PI_2);
        double d[3], r, e;
        if (i % 4 == 0)
            dec = (i % 8 ? 1 : -1) * (M_PI_2 - pow(10, -random_between(1, 12)));
        sky_direction(ra, dec, d);
        sky_radec(d, &r, &e);
        assert_true(fabs(e - dec) < 1e-15);
        assert_true(fabs(remainder(r - ra, 2 * M_PI)) * cos(dec) < 1e-15);
        assert_true(r >= 0 && r < 2 * M_PI);
    }
    double pole[3] = {0, 0, 1}, r, e;
    sky_radec(pole, &r, &e);
    assert_true(r == 0 && e == M_PI_2);
}

static void
separation_at_both_ends(void **state)
{
    (void)state;
    /* along a meridian the answer is known to all digits, however small */
    for (int i = 1; i < 16; i++) {
        double small = pow(10, -i), ra = 0.3 * i, dec = 0.05 * i;
        double near = sky_separation(ra, dec, ra, dec + small);
        assert_true(fabs(near / ((dec + small) - dec) - 1) < 1e-14);
        double far = sky_separation(ra, dec, ra + M_PI, -(dec + small));
        assert_true(fabs(far - (M_PI - small)) < 1e-15);
    }
    assert_true(sky_separation(1, 0.5, 1, 0.5) == 0);
    assert_true(sky_separation(0.1, 0, 2 * M_PI - 0.1, 0) - 0.2 < 1e-15);
    for (int i = 0; i < 1000; i++) {
        double ra1 = random_between(-7, 7), ra2 = random_between(-7, 7), a[3], b[3];
        double dec1 = asin(random_between(-1, 1)), dec2 = asin(random_between(-1, 1));
        sky_direction(ra1, dec1, a);
        sky_direction(ra2, dec2, b);
        assert_true(fabs(sky_separation(ra1, dec1, ra2, dec2) - vec_angle(a, b)) < 2e-15);
    }
}

/* The formula of the domain's notes, which is singular at the poles. */
static void
formula(double ra0, double dec0, double phi, double s, double x, double y, double *ra, double *dec)
{
    double xi = s * (y * sin(phi) - x * cos(phi));
    double eta = s * (y * cos(phi) + x * sin(phi));
    double q = cos(dec0) - eta * sin(dec0);
    *ra = ra0 + atan2(xi, q);
    *dec = atan2(sin(dec0) + eta * cos(dec0), hypot(xi, q));
}

static void
as_the_formula(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        double ra0 = random_between(0, 2 * M_PI), dec0 = asin(random_between(-1, 1));
        double phi = random_between(0, 2 * M_PI), ra, dec;
        double x = random_between(-370, 370), y = random_between(-370, 370), d[3], e[3];
        struct sky_frame f;
        sky_pointing(ra0, dec0, phi, &f);
        sky_focal(&dc2_optics, x, y, d);
        vec_turn(&f, d, d);
        formula(ra0, dec0, phi, dc2_optics.scale, x, y, &ra, &dec);
        sky_direction(ra, dec, e);
        assert_true(vec_chord(d, e) < 2e-15);
        vec_turn_back(&f, d, d);
        sky_focal(&dc2_optics, x, y, e);
        assert_true(vec_chord(d, e) < 1e-15);
    }
}

static void
at_the_pole(void **state)
{
    (void)state;
    /* Pointed at the north pole with ra0 = 0, +y (phi 0) is the direction in which the meridian
     * of ra 0 goes on: that of ra 180 deg. East is there towards ra 90 deg, and +x the other way.
     */
    struct sky_frame f;
    double d[3], ra, dec;
    sky_pointing(0, M_PI_2, 0, &f);
    sky_focal(&dc2_optics, 0, 100, d);
    vec_turn(&f, d, d);
    sky_radec(d, &ra, &dec);
    assert_true(fabs(ra - M_PI) < 1e-12);
    assert_true(fabs(M_PI_2 - dec - atan(100 * dc2_optics.scale)) < 1e-15);
    sky_focal(&dc2_optics, 100, 0, d);
    vec_turn(&f, d, d);
    sky_radec(d, &ra, &dec);
    assert_true(fabs(ra - 3 * M_PI_2) < 1e-12);
}

#ifdef HAVE_WCSLIB
static void
as_wcslib(void **state)
{
    (void)state;
    double worst = 0;
    for (int i = 0; i < 3000; i++) {
        double dec0 = asin(random_between(-1, 1)) / DEG, ra0 = random_between(0, 360);
        if (i % 3 == 0) /* near a pole, from a degree to a microarcsecond */
            dec0 = (i % 2 ? 1 : -1) * (90 - pow(10, -random_between(0, 9)));
        if (i % 100 == 0)
            dec0 = i % 200 ? 90 : -90;
        struct celprm cel;
        celini(&cel);
        cel.ref[0] = ra0;
        cel.ref[1] = dec0;
        cel.ref[2] = 180; /* LONPOLE of a zenithal projection */
        cel.ref[3] = dec0;
        strcpy(cel.prj.code, "TAN");
        assert_int_equal(celset(&cel), 0);
        double phi = random_between(0, 2 * M_PI), d[3];
        struct sky_frame f;
        sky_pointing(ra0 * DEG, dec0 * DEG, phi, &f);
        for (int k = 0; k < 8; k++) {
            double x = random_between(-400, 400), y = random_between(-400, 400);
            double s = dc2_optics.scale / DEG;
            /* intermediate world coordinates: x towards east, degrees */
            double xi = s * (y * sin(phi) - x * cos(phi)), eta = s * (y * cos(phi) + x * sin(phi));
            double lng, lat, theta, native, e[3];
            int bad;
            assert_int_equal(celx2s(&cel, 1, 1, 1, 1, &xi, &eta, &native, &theta, &lng, &lat, &bad),
                0);
            sky_focal(&dc2_optics, x, y, d);
            vec_turn(&f, d, d);
            sky_direction(lng * DEG, lat * DEG, e);
            worst = fmax(worst, vec_angle(d, e) / DEG);
        }
        celfree(&cel);
    }
    print_message("# worst difference from wcslib: %.3g deg\n", worst);
    assert_true(worst < 1e-9);
}
#else
static void
as_wcslib(void **state)
{
    (void)state;
    print_message("# wcslib is not installed\n");
    skip();
}
#endif

/* Corners of the sensors of a visit that was really simulated and reduced. */
static void
as_visit_466749(void **state)
{
    (void)state;
    struct arena a = {0};
    const struct sky_camera *c = camera_named(&a, "lsst_dc2_imsim_sensors.csv", &dc2_optics);
    assert_int_equal(c->n, 189);
    struct sky_frame f;
    double rot = 143.68537318928682112 * DEG;
    sky_pointing(65.50997516276744648 * DEG, -33.40601776620508190 * DEG,
        sky_position_angle(SKY_ROTATION_DC2, rot), &f);
    char path[4096], line[512];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/data/dc2_calexp_466749_corners.csv", top ? top : ".");
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    size_t n = 0;
    double worst = 0, sum = 0;
    while (fgets(line, sizeof line, in)) {
        double p[10], d[3];
        int detector;
        struct sky_quad q;
        if (sscanf(line, "%d,%*[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &detector, &p[0],
                &p[1], &p[2], &p[3], &p[4], &p[5], &p[6], &p[7], &p[8], &p[9]) != 11)
            continue;
        sky_turn(&f, &c->sensor[detector], &q);
        for (int k = 0; k < 5; k++) {
            sky_direction(p[2 * k] * DEG, p[2 * k + 1] * DEG, d);
            double off = vec_angle(d, k < 4 ? q.corner[k] : q.centre) / ARCSEC;
            worst = fmax(worst, off);
            sum += off;
        }
        n++;
    }
    fclose(in);
    assert_int_equal(n, 189);
    print_message("# visit 466749: off by %.2f arcsec in the mean, %.2f at most\n", sum / 945,
        worst);
    assert_true(worst < 10);
    arena_free(&a);
}

static void
distorted(void **state)
{
    (void)state;
    struct sky_optics o = {20.005867576692737 * ARCSEC, -8.337e-9, -1.414e-15, false};
    double d[3], axis[3] = {0, 0, 1};
    sky_focal(&o, 300, 200, d);
    double r2 = 300.0 * 300 + 200 * 200;
    double r = sqrt(r2) * (1 + r2 * (o.c3 + r2 * o.c5));
    assert_true(fabs(vec_angle(axis, d) - atan(o.scale * r)) < 1e-15);
    assert_true(fabs(atan2(d[1], d[0]) - atan2(200, 300)) < 1e-15);
    /* 5 arcseconds at the edge of LSST's focal plane */
    struct sky_optics plain = {.scale = o.scale};
    double e[3];
    sky_focal(&plain, 325, 0, e);
    sky_focal(&o, 325, 0, d);
    double off = vec_angle(d, e) / ARCSEC;
    assert_true(off > 3 && off < 8);
    o.mirrored = true;
    sky_focal(&o, 325, 10, e);
    o.mirrored = false;
    sky_focal(&o, 325, 10, d);
    assert_true(d[0] == -e[0] && d[1] == e[1] && d[2] == e[2]);
}

static void
turned_sensors(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *why;
    size_t which;
    struct sky_outline s = {100, 0, 40, 20, M_PI_2};
    const struct sky_camera *c = sky_camera_new(&a, &dc2_optics, 1, &s, &why, &which);
    assert_non_null(c);
    /* its own (-,-) corner is at (+10, -20) from its centre */
    double d[3];
    sky_focal(&dc2_optics, 110, -20, d);
    assert_true(vec_chord(d, c->sensor[0].corner[0]) < 1e-15);
    sky_focal(&dc2_optics, 110, 20, d);
    assert_true(vec_chord(d, c->sensor[0].corner[1]) < 1e-15);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++) {
            double inward = vec_dot(c->sensor[0].normal[i], c->sensor[0].corner[k]);
            assert_true(k == i || k == ((i + 1) & 3) ? fabs(inward) < 1e-15 : inward > 1e-4);
        }
    arena_free(&a);
}

static void
impossible_cameras(void **state)
{
    (void)state;
    struct arena a = {0};
    const char *why;
    size_t which;
    struct sky_outline s[2] = {{0, 0, 40, 40, 0}, {0, 0, 40, 0, 0}};
    assert_null(sky_camera_new(&a, &dc2_optics, 2, s, &why, &which));
    assert_int_equal(which, 1);
    s[1].height = NAN;
    assert_null(sky_camera_new(&a, &dc2_optics, 2, s, &why, &which));
    s[1] = (struct sky_outline){0, 0, 1e5, 1e5, 0};
    assert_null(sky_camera_new(&a, &dc2_optics, 2, s, &why, &which));
    assert_string_equal(why, "it covers too little or too much of the sky");
    struct sky_optics none = {0}, folding = {.scale = 20 * ARCSEC, .c3 = -1e-2};
    assert_null(sky_camera_new(&a, &none, 1, s, &why, &which));
    assert_int_equal(which, 1);
    assert_null(sky_camera_new(&a, &folding, 1, s, &why, &which));
    assert_string_equal(why, "the distortion turns back at its place");
    assert_non_null(sky_camera_new(&a, &dc2_optics, 0, s, &why, &which));
    double bow[4][3];
    sky_direction(0, 0, bow[0]);
    sky_direction(0.1, 0.1, bow[1]);
    sky_direction(0.1, 0, bow[2]);
    sky_direction(0, 0.1, bow[3]);
    struct sky_quad q;
    assert_false(sky_quad_from(bow, &q));
    arena_free(&a);
}

static void
focal_plane_and_back(void **state)
{
    (void)state;
    const struct sky_optics all[] = {dc2_optics, {.scale = 1e-4, .c3 = -8.337e-9, .c5 = -1.414e-15},
        {.scale = 5e-5, .mirrored = true}};
    double d[3], x, y;
    for (int i = 0; i < 3000; i++) {
        const struct sky_optics *o = &all[i % 3];
        double u = random_between(-400, 400), v = random_between(-400, 400);
        sky_focal(o, u, v, d);
        assert_true(sky_unfocal(o, d, &x, &y));
        if (fabs(x - u) > 1e-9 || fabs(y - v) > 1e-9)
            fail_msg("(%.17g, %.17g) comes back as (%.17g, %.17g)", u, v, x, y);
    }
    assert_true(sky_unfocal(&dc2_optics, (const double[3]){0, 0, 1}, &x, &y) && x == 0 && y == 0);
    assert_false(sky_unfocal(&dc2_optics, (const double[3]){0, 0.6, -0.8}, &x, &y));
    assert_false(sky_unfocal(&dc2_optics, (const double[3]){1, 0, 0}, &x, &y));
    /* beyond where the distortion turns back */
    const struct sky_optics folded = {.scale = 1e-4, .c3 = -1e-5};
    assert_false(sky_unfocal(&folded, (const double[3]){0.6, 0, 0.8}, &x, &y));
}

/* All cameras that come with wflc can be read and placed. */
static void
cameras_that_come_along(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t n;
    } all[] = {{"lsst_sensors.csv", 205}, {"lsst_dc2_imsim_sensors.csv", 189},
        {"lsst_phosim_sensors.csv", 201}, {"comcam_sensors.csv", 9}, {"latiss_sensors.csv", 1}};
    struct arena a = {0};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(camera_named(&a, all[i].file, &dc2_optics)->n, all[i].n);
    const struct sky_camera *lsst = camera_named(&a, "lsst_dc2_imsim_sensors.csv", &dc2_optics);
    assert_true(lsst->radius > 2.0 * DEG && lsst->radius < 2.1 * DEG);
    arena_free(&a);
}

/* The zenith's position angle, from the directions of the pole, the zenith and the place. */
static void
parallactic_angles(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        double lat = random_between(-M_PI_2, M_PI_2), h = random_between(-M_PI, M_PI);
        double dec = random_between(-1.55, 1.55), place[3], zenith[3];
        sky_direction(-h, dec, place); /* sidereal time 0, so that ra = -h */
        sky_direction(0, lat, zenith);
        double north[3] = {-sin(dec) * cos(h), sin(dec) * sin(h), cos(dec)},
               east[3] = {sin(h), cos(h), 0};
        if (vec_angle(place, zenith) < 0.01 || vec_angle(place, zenith) > M_PI - 0.01)
            continue;
        double q = atan2(vec_dot(east, zenith), vec_dot(north, zenith));
        assert_true(fabs(remainder(sky_parallactic(h, dec, lat) - q, 2 * M_PI)) < 1e-10);
        /* seen from the ground */
        double up[3] = {-sin(lat), 0, cos(lat)}, right[3] = {0, 1, 0};
        double altitude = asin(vec_dot(zenith, place));
        double azimuth = atan2(vec_dot(right, place), vec_dot(up, place));
        assert_true(
            fabs(remainder(sky_parallactic_altaz(altitude, azimuth, lat) - q, 2 * M_PI)) < 1e-10);
    }
    /* on the meridian the zenith is north or south; in the west it is to the east */
    assert_true(sky_parallactic(0, -60 * DEG, -30 * DEG) == 0);
    assert_true(fabs(fabs(sky_parallactic(0, 10 * DEG, -30 * DEG)) - M_PI) < 1e-15);
    assert_true(sky_parallactic(1, -60 * DEG, -30 * DEG) > 0);
}

/* Meeus, Astronomical Algorithms, examples 12.a and 12.b: mean sidereal time at Greenwich. */
static void
sidereal_times(void **state)
{
    (void)state;
    double noon = sky_sidereal(46895, 0), evening = sky_sidereal(46895 + 19.35 / 24, 0);
    assert_true(fabs(noon - (13 + 10 / 60.0 + 46.3668 / 3600) * 15 * DEG) < 1e-8);
    assert_true(fabs(evening - (8 + 34 / 60.0 + 57.0896 / 3600) * 15 * DEG) < 1e-8);
    assert_true(fabs(sky_sidereal(46895, -M_PI) - (noon - M_PI)) < 1e-12);
}

/* Strictly within the ra's and dec's of the corners, also across ra 0. */
static void
spans(void **state)
{
    (void)state;
    struct sky_frame f;
    struct sky_quad q, before;
    double corner[4][3], ra0[] = {1, 0, 2 * M_PI, 3.1};
    for (int i = 0; i < 4; i++)
        sky_focal(&dc2_optics, i == 1 || i == 2 ? 20 : -20, i >= 2 ? 20 : -20, corner[i]);
    assert_true(sky_quad_from(corner, &before));
    for (int i = 0; i < 4; i++) {
        /* turned by 45 deg it stands on a corner, and the box is larger than it is */
        sky_pointing(ra0[i], 0, M_PI_4, &f);
        sky_turn(&f, &before, &q);
        double r = 20 * M_SQRT2 * dc2_optics.scale;
        assert_true(sky_spans(&q, ra0[i], 0));
        assert_true(sky_spans(&q, ra0[i] + 0.99 * r, 0.99 * r));
        assert_true(sky_spans(&q, ra0[i] + 0.99 * r - 2 * M_PI, -0.99 * r));
        assert_false(sky_spans(&q, ra0[i] + 1.01 * r, 0));
        assert_false(sky_spans(&q, ra0[i], -1.01 * r));
        assert_false(sky_spans(&q, ra0[i] + M_PI, 0));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_rotations),
        cmocka_unit_test(directions_and_back),
        cmocka_unit_test(separation_at_both_ends),
        cmocka_unit_test(as_the_formula),
        cmocka_unit_test(at_the_pole),
        cmocka_unit_test(as_wcslib),
        cmocka_unit_test(as_visit_466749),
        cmocka_unit_test(distorted),
        cmocka_unit_test(turned_sensors),
        cmocka_unit_test(impossible_cameras),
        cmocka_unit_test(focal_plane_and_back),
        cmocka_unit_test(cameras_that_come_along),
        cmocka_unit_test(parallactic_angles),
        cmocka_unit_test(sidereal_times),
        cmocka_unit_test(spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
