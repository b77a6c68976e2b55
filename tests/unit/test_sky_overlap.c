#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sky/trim.h"

#include "sky_slow.h"

#ifdef __SANITIZE_ADDRESS__
#define PAIRS 20000
#else
#define PAIRS 100000
#endif

static struct arena arena;
static const char *why;

/* --- shapes and sensors --- */

static double
random_size(double least, double most)
{
    return exp(random_between(log(least), log(most)));
}

/* A place where things go wrong more easily, or any. */
static void
random_place(double *ra, double *dec)
{
    *ra = random_between(0, 2 * M_PI);
    *dec = asin(random_between(-1, 1));
    switch ((int)random_between(0, 8)) {
    case 0:
        *ra = random_between(-1, 1) * 1e-3;
        break;
    case 1:
        *dec = M_PI_2 - random_size(1e-9, 0.1);
        break;
    case 2:
        *dec = random_size(1e-9, 0.1) - M_PI_2;
        break;
    case 3:
        *dec = random_unit() < 0.5 ? M_PI_2 : -M_PI_2;
        break;
    }
}

static void
random_zone(struct slow *s, double dec, double size)
{
    s->lo = dec - random_between(0.05, 1) * size;
    s->hi = dec + random_between(0.05, 1) * size;
    if (s->lo < -M_PI_2)
        s->lo = -M_PI_2;
    if (s->hi > M_PI_2)
        s->hi = M_PI_2;
}

/* Vertices around a place, at changing distances less than `size`. */
static void
random_polygon(struct slow *s, double ra, double dec, double size)
{
    struct sky_frame f;
    sky_pointing(ra, dec, 0, &f);
    s->n = 3 + (size_t)random_between(0, SLOW_VERTICES - 3);
    for (size_t i = 0; i < s->n; i++) {
        double t = 2 * M_PI * ((double)i + random_between(0, 0.8)) / (double)s->n;
        double r = size * random_between(0.3, 1), d[3] = {sin(r) * cos(t), sin(r) * sin(t), cos(r)};
        vec_turn(&f, d, d);
        sky_radec(d, &s->vra[i], &s->vdec[i]);
        sky_direction(s->vra[i], s->vdec[i], s->v[i]);
    }
}

static void
random_shape(struct slow *s)
{
    double ra, dec, size = random_size(1e-7, 1.5);
    random_place(&ra, &dec);
    *s = (struct slow){.kind = (enum slow_kind)random_between(0, 4), .ra = ra, .dec = dec};
    s->size = size;
    switch (s->kind) {
    case SLOW_CIRCLE:
        if (random_unit() < 0.1)
            s->size = M_PI - size;
        break;
    case SLOW_BOX:
        if (random_unit() < 0.2)
            s->size = random_unit() < 0.5 ? 2 * M_PI : 2 * M_PI - size;
        random_zone(s, dec, size);
        break;
    case SLOW_STRIP:
        random_zone(s, dec, size);
        if (random_unit() < 0.2)
            s->size *= random_size(0.01, 1);
        break;
    default:
        random_polygon(s, ra, dec, size < 1.4 ? size : 1.4);
    }
}

static const struct sky_region *
region_of(const struct slow *s)
{
    const struct sky_region *r = NULL, *left, *right;
    switch (s->kind) {
    case SLOW_CIRCLE:
        r = sky_circle(&arena, s->ra, s->dec, s->size, &why);
        break;
    case SLOW_BOX:
        r = sky_box(&arena, s->ra, s->ra + s->size, s->lo, s->hi, &why);
        break;
    case SLOW_STRIP:
        r = sky_strip(&arena, s->ra, s->lo, s->hi, s->size, &why);
        break;
    case SLOW_POLYGON:
        r = sky_polygon(&arena, s->n, s->vra, s->vdec, &why);
        break;
    default:
        left = region_of(s->left);
        right = region_of(s->right);
        if (!left || !right)
            return NULL;
        r = (s->kind == SLOW_OR    ? sky_or
             : s->kind == SLOW_AND ? sky_and
                                   : sky_minus)(&arena, left, right, &why);
    }
    return r;
}

/* A rectangle whose point (u, v), 0..1, lies at a place. */
static bool
rectangle(const double place[3], double phi, double w, double h, double u, double v,
    struct sky_quad *q)
{
    double ra, dec, corner[4][3];
    struct sky_frame f;
    sky_radec(place, &ra, &dec);
    sky_pointing(ra, dec, phi, &f);
    for (int i = 0; i < 4; i++) {
        double x = (i == 1 || i == 2) - u, y = (i >= 2) - v;
        double d[3] = {x * w, y * h, 1};
        vec_unit(d);
        vec_turn(&f, d, corner[i]);
        if (x == 0 && y == 0)
            memcpy(corner[i], place, sizeof corner[i]);
    }
    return sky_quad_from(corner, q);
}

static const struct slow *
random_leaf(const struct slow *s)
{
    while (s->left)
        s = random_unit() < 0.5 ? s->left : s->right;
    return s;
}

/* Sensors where the decision is hard: about the boundary, or exactly on it. */
static void
random_sensor(const struct slow *s, struct sky_quad *q)
{
    do {
        double place[3], size = random_size(1e-5, 0.1), u = random_unit(), v = random_unit();
        const struct slow *leaf = random_leaf(s);
        size_t curve = (size_t)random_between(0, (double)slow_curves(leaf));
        double t = random_unit() < 0.3 ? (double)(random_unit() < 0.5) : random_unit();
        slow_at(leaf, curve, t, place);
        switch ((int)random_between(0, 8)) {
        case 0: /* anywhere */
            random_direction(place);
            break;
        case 1: /* opposite */
            vec_mix(-1, place, 0, place, place);
            break;
        case 2: /* a corner on the boundary */
            u = random_unit() < 0.5;
            v = random_unit() < 0.5;
            break;
        case 3: /* an edge on it */
            u = random_unit() < 0.5;
            break;
        case 4: /* an edge or a corner all but on it, to either side */
            u = random_unit() < 0.5;
            v = random_unit() < 0.5 ? v : (double)(random_unit() < 0.5);
            u += random_size(1e-9, 0.3) * (random_unit() < 0.5 ? 1 : -1);
            break;
        case 5: /* the boundary somewhere near */
            u = random_between(-0.5, 1.5);
            v = random_between(-0.5, 1.5);
            break;
        case 6: /* turned like the sky, so that edges run along meridians and near parallels */
            u = random_unit() < 0.5;
            v = random_unit();
            if (rectangle(place, 0, size, size, u, v, q))
                return;
            break;
        case 7: /* the shape much smaller than the sensor */
            if (leaf->size < 0.01)
                size = random_between(2, 20) * fmax(leaf->size, leaf->hi - leaf->lo);
            break;
        }
        if (rectangle(place, random_between(0, 7), size, size * random_between(0.2, 1), u, v, q))
            return;
    } while (true);
}

/* --- fast against slow --- */

struct tally {
    size_t pairs, overlap, edge, dense;
};

static void
compare(const struct slow *s, const struct sky_region *r, const struct sky_quad *q,
    struct tally *tally)
{
    bool fast = sky_overlaps(r, q);
    double edge = s->left ? 2e-10 : 1e-11, enough = fast ? -edge / 2 : 1e-9;
    double slow = slow_overlap(s, q, 12, enough);
    /* nothing found where there should be something: look with more patience */
    if (fast && slow < -edge) {
        tally->dense++;
        for (int samples = 200; samples <= 20000 && slow < -edge; samples *= 10)
            slow = fmax(slow, slow_overlap(s, q, samples, enough));
    }
    tally->pairs++;
    tally->overlap += fast;
    if (fabs(slow) <= edge)
        tally->edge++;
    else if (fast != (slow > 0))
        fail_msg("pair %zu, kind %d: fast says %d, slow %g, margin %g", tally->pairs, s->kind, fast,
            slow, sky_margin(r, q));
}

static void
report(const char *what, const struct tally *t)
{
    print_message("# %s: %zu pairs, %zu overlap, %zu on the edge, %zu looked at twice\n", what,
        t->pairs, t->overlap, t->edge, t->dense);
}

static void
as_the_slow_one(void **state)
{
    (void)state;
    struct tally t = {0};
    random_state = 3;
    while (t.pairs < PAIRS * 7 / 10) {
        struct slow s;
        random_shape(&s);
        const struct sky_region *r = region_of(&s);
        for (int i = 0; r && i < 20; i++) {
            struct sky_quad q;
            random_sensor(&s, &q);
            compare(&s, r, &q, &t);
        }
        arena_free(&arena);
    }
    report("simple shapes", &t);
    assert_true(t.overlap > t.pairs / 10 && t.overlap < t.pairs * 9 / 10);
}

/* A shape near another one. */
static void
shape_near(const struct slow *other, struct slow *s)
{
    double p[3], size = random_size(0.1, 2) * fmin(0.5, fmax(other->size, 1e-6));
    double ra, dec;
    slow_at(other, 0, random_unit(), p);
    sky_radec(p, &ra, &dec);
    *s = (struct slow){.kind = (enum slow_kind)random_between(0, 4),
        .ra = ra,
        .dec = dec,
        .size = size};
    if (s->kind == SLOW_BOX || s->kind == SLOW_STRIP)
        random_zone(s, dec, size);
    if (s->kind == SLOW_POLYGON)
        random_polygon(s, ra, dec, size);
}

static void
joined_as_the_slow_one(void **state)
{
    (void)state;
    struct tally t = {0};
    random_state = 4;
    while (t.pairs < PAIRS * 3 / 10) {
        struct slow s[4], join, upper;
        random_shape(&s[0]);
        s[0].size = fmin(s[0].size, 2);
        shape_near(&s[0], &s[1]);
        shape_near(&s[1], &s[2]);
        join = (struct slow){.kind = SLOW_OR + (enum slow_kind)random_between(0, 3),
            .left = &s[0],
            .right = &s[1]};
        upper = (struct slow){.kind = SLOW_OR + (enum slow_kind)random_between(0, 3),
            .left = &join,
            .right = &s[2]};
        const struct slow *whole = random_unit() < 0.5 ? &join : &upper;
        const struct sky_region *r = region_of(whole);
        for (int i = 0; r && i < 20; i++) {
            struct sky_quad q;
            random_sensor(whole, &q);
            compare(whole, r, &q, &t);
        }
        arena_free(&arena);
    }
    report("joined shapes", &t);
    assert_true(t.overlap > t.pairs / 10 && t.overlap < t.pairs * 9 / 10);
}

/* Convex polygons against sensors on a plane, clipped edge by edge (Sutherland and Hodgman). */
static void
as_clipping_on_a_plane(void **state)
{
    (void)state;
    random_state = 5;
    size_t overlap = 0, edge = 0;
    for (int i = 0; i < 20000; i++) {
        struct slow s = {.kind = SLOW_POLYGON, .n = 3 + (size_t)random_between(0, 6)};
        double ra, dec, size = random_size(1e-6, 0.3), poly[2][32][2];
        struct sky_frame f;
        random_place(&ra, &dec);
        sky_pointing(ra, dec, 0, &f);
        for (size_t k = 0; k < s.n; k++) { /* on a circle of the plane: convex */
            double t = 2 * M_PI * ((double)k + random_between(0, 0.5)) / (double)s.n;
            double d[3] = {size * cos(t), size * sin(t), 1};
            poly[0][k][0] = d[0];
            poly[0][k][1] = d[1];
            vec_unit(d);
            vec_turn(&f, d, d);
            sky_radec(d, &s.vra[k], &s.vdec[k]);
        }
        const struct sky_region *r = region_of(&s);
        assert_non_null(r);
        double cx = random_between(-2, 2) * size, cy = random_between(-2, 2) * size;
        double w = size * random_size(0.1, 3), turn = random_between(0, 7);
        double quad[4][2], corner[4][3];
        for (int k = 0; k < 4; k++) {
            double x = w * ((k == 1 || k == 2) - 0.5), y = 0.7 * w * ((k >= 2) - 0.5);
            quad[k][0] = cx + cos(turn) * x - sin(turn) * y;
            quad[k][1] = cy + sin(turn) * x + cos(turn) * y;
            double d[3] = {quad[k][0], quad[k][1], 1};
            vec_unit(d);
            vec_turn(&f, d, corner[k]);
        }
        struct sky_quad q;
        if (!sky_quad_from(corner, &q)) {
            arena_free(&arena);
            continue;
        }
        size_t n = s.n;
        for (int k = 0, now = 0; k < 4; k++, now = !now) {
            const double *a = quad[k], *b = quad[(k + 1) & 3];
            size_t m = 0;
            for (size_t j = 0; j < n; j++) {
                const double *p = poly[now][j], *o = poly[now][(j + 1) % n];
                double dp = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
                double dq = (b[0] - a[0]) * (o[1] - a[1]) - (b[1] - a[1]) * (o[0] - a[0]);
                if (dp >= 0)
                    memcpy(poly[!now][m++], p, sizeof poly[0][0]);
                if ((dp >= 0) != (dq >= 0)) {
                    for (int x = 0; x < 2; x++)
                        poly[!now][m][x] = p[x] + dp / (dp - dq) * (o[x] - p[x]);
                    m++;
                }
            }
            n = m;
        }
        bool fast = sky_overlaps(r, &q);
        overlap += fast;
        if (fast != (n > 0)) {
            edge++;
            assert_true(fabs(sky_margin(r, &q)) < 1e-12);
        }
        arena_free(&arena);
    }
    print_message("# %zu overlap, %zu on the edge\n", overlap, edge);
    assert_true(overlap > 2000 && overlap < 18000 && edge < 20);
}

/* --- properties --- */

static void
turning_everything(void **state)
{
    (void)state;
    random_state = 6;
    size_t near = 0;
    for (int i = 0; i < 1500; i++) {
        struct slow s, turned;
        struct sky_quad q, p;
        struct sky_frame f;
        random_shape(&s);
        if (s.kind != SLOW_POLYGON && s.kind != SLOW_CIRCLE)
            continue;
        random_sensor(&s, &q);
        double ra, dec, d[3];
        random_place(&ra, &dec);
        sky_pointing(ra, dec, random_between(0, 7), &f);
        sky_turn(&f, &q, &p);
        turned = s;
        sky_direction(s.ra, s.dec, d);
        vec_turn(&f, d, d);
        sky_radec(d, &turned.ra, &turned.dec);
        for (size_t k = 0; k < s.n; k++) {
            vec_turn(&f, s.v[k], d);
            sky_radec(d, &turned.vra[k], &turned.vdec[k]);
        }
        const struct sky_region *r = region_of(&s), *t = region_of(&turned);
        assert_true(!r == !t);
        if (r) {
            double m = sky_margin(r, &q);
            if (fabs(m) > 1e-11)
                assert_int_equal(sky_overlaps(r, &q), sky_overlaps(t, &p));
            else
                near++;
            if (fabs(sky_margin(t, &p) - m) > 1e-9)
                fail_msg("%d: margins %.17g and %.17g", i, m, sky_margin(t, &p));
        }
        arena_free(&arena);
    }
    print_message("# %zu on the edge\n", near);
}

static void
region_and_complement(void **state)
{
    (void)state;
    random_state = 7;
    size_t both = 0, n = 0;
    for (int i = 0; i < 3000; i++) {
        struct slow s;
        random_shape(&s);
        const struct sky_region *r = region_of(&s);
        const struct sky_region *all = sky_box(&arena, 0, 7, -M_PI_2, M_PI_2, &why);
        const struct sky_region *rest = r ? sky_minus(&arena, all, r, &why) : NULL;
        for (int k = 0; rest && k < 6; k++, n++) {
            struct sky_quad q;
            random_sensor(&s, &q);
            bool in = sky_overlaps(r, &q), out = sky_overlaps(rest, &q);
            if (!in && !out)
                fail_msg("%d: neither; margins %g, %g", i, sky_margin(r, &q), sky_margin(rest, &q));
            if (!(in && out))
                continue;
            both++;
            /* then there are places of both kinds in it */
            struct slow sky = {.kind = SLOW_CIRCLE, .size = 4};
            struct slow not = {.kind = SLOW_MINUS, .left = &sky, .right = &s};
            double a = slow_overlap(&s, &q, 12, 0), b = slow_overlap(&not, &q, 12, 0);
            for (int samples = 200; samples <= 20000 && fmin(a, b) < -1e-11; samples *= 10) {
                a = fmax(a, slow_overlap(&s, &q, samples, 0));
                b = fmax(b, slow_overlap(&not, &q, samples, 0));
            }
            assert_true(a > -1e-11 && b > -1e-11);
        }
        arena_free(&arena);
    }
    print_message("# %zu sensors, %zu on the boundary\n", n, both);
}

static void
larger_regions(void **state)
{
    (void)state;
    random_state = 8;
    for (int i = 0; i < 3000; i++) {
        struct slow s[2];
        random_shape(&s[0]);
        shape_near(&s[0], &s[1]);
        const struct sky_region *a = region_of(&s[0]), *b = region_of(&s[1]);
        if (a && b) {
            const struct sky_region *sum = sky_or(&arena, a, b, &why);
            const struct sky_region *common = sky_and(&arena, a, b, &why);
            const struct sky_region *rest = sky_minus(&arena, a, b, &why);
            for (int k = 0; k < 6; k++) {
                struct sky_quad q;
                random_sensor(&s[k % 2], &q);
                bool in_a = sky_overlaps(a, &q), in_b = sky_overlaps(b, &q);
                /* on the edge, rounding may decide otherwise for what was cut than for the whole */
                bool near_a = in_a || sky_margin(a, &q) > -1e-11;
                bool near_b = in_b || sky_margin(b, &q) > -1e-11;
                assert_true(sky_overlaps(sum, &q)
                                ? near_a || near_b
                                : !(in_a || in_b) || sky_margin(sum, &q) > -1e-11);
                assert_true(!sky_overlaps(common, &q) || (near_a && near_b));
                assert_true(!sky_overlaps(rest, &q) || near_a);
                assert_true(!sky_corner_in(a, &q) || in_a);
            }
        }
        arena_free(&arena);
    }
}

/* Both overlap the sensor, and have something in common, but not there. */
static void
common_part_elsewhere(void **state)
{
    (void)state;
    const struct sky_region *a = sky_box(&arena, 0, 10 * DEG, 0, 1 * DEG, &why);
    const struct sky_region *b = sky_box(&arena, 0, 1 * DEG, 0, 10 * DEG, &why);
    const struct sky_region *both = sky_and(&arena, a, b, &why);
    double at[3];
    struct sky_quad q;
    sky_direction(2 * DEG, 2 * DEG, at);
    assert_true(rectangle(at, 45 * DEG, 0.1, 0.5 * DEG, 0.5, 0.5, &q) ||
                rectangle(at, 135 * DEG, 0.1, 0.5 * DEG, 0.5, 0.5, &q));
    assert_true(sky_overlaps(a, &q) && sky_overlaps(b, &q));
    assert_false(sky_overlaps(both, &q));
    double apart = sky_margin(both, &q);
    assert_true(apart < -0.8 * DEG && apart > -1.5 * DEG);
    arena_free(&arena);
}

/* --- margins --- */

static void
margins(void **state)
{
    (void)state;
    random_state = 9;
    for (int i = 0; i < 800; i++) {
        struct slow s, pair, *whole = &s;
        struct slow other;
        struct sky_quad q, moved;
        random_shape(&s);
        if (i % 4 == 0) {
            shape_near(&s, &other);
            pair = (struct slow){.kind = SLOW_OR + (i / 4) % 3, .left = &s, .right = &other};
            whole = &pair;
        }
        const struct sky_region *r = region_of(whole);
        random_sensor(whole, &q);
        if (r) {
            double m = sky_margin(r, &q), axis[3];
            assert_true((m >= 0) == sky_overlaps(r, &q) || fabs(m) < 2e-12);
            /* displaced by less than the margin, the decision stays */
            for (int k = 0; k < 4; k++) {
                random_direction(axis);
                double angle = fabs(m) * random_between(0.5, 0.999999);
                double corner[4][3], c = cos(angle), n = sin(angle);
                for (int j = 0; j < 4; j++) {
                    double x[3];
                    vec_cross(axis, q.corner[j], x);
                    double along = vec_dot(axis, q.corner[j]) * (1 - c);
                    for (int e = 0; e < 3; e++)
                        corner[j][e] = c * q.corner[j][e] + n * x[e] + along * axis[e];
                    vec_unit(corner[j]);
                }
                assert_true(sky_quad_from(corner, &moved));
                if (fabs(m) > 1e-7 && sky_overlaps(r, &moved) != (m > 0))
                    fail_msg("%d: kind %d, margin %g, displaced by %g", i, whole->kind, m, angle);
            }
        }
        arena_free(&arena);
    }
    /* a straight edge: exactly how far it is */
    const struct sky_region *north = sky_box(&arena, 0, 7, 0, M_PI_2, &why);
    for (int i = -40; i <= 40; i++) {
        double at[3], d = i * ARCSEC;
        struct sky_quad q;
        sky_direction(1, d, at); /* its upper edge, turned a little so that a corner leads */
        assert_true(rectangle(at, 0, 0.004, 0.004, 1, 1, &q));
        double lead = -1;
        for (int k = 0; k < 4; k++)
            lead = fmax(lead, asin(q.corner[k][2]));
        assert_true(fabs(sky_margin(north, &q) - lead) < 1e-12);
    }
    const struct sky_region *everything = sky_box(&arena, 0, 7, -M_PI_2, M_PI_2, &why);
    double at[3] = {1, 0, 0};
    struct sky_quad q;
    rectangle(at, 0, 0.004, 0.004, 0, 0, &q);
    assert_true(sky_margin(everything, &q) == M_PI);
    arena_free(&arena);
}

/* --- many at once --- */

static void
trim_as_one_by_one(void **state)
{
    (void)state;
    random_state = 10;
    struct arena kept = {0};
    const struct sky_optics o = {.scale = 20.0 * ARCSEC};
    const struct sky_camera *lsst = camera_named(&kept, "lsst_sensors.csv", &o);
    size_t n = 0, doubtful = 0;
    for (int i = 0; i < 40; i++) {
        struct slow s[2], pair;
        const struct slow *whole = &s[0];
        random_shape(&s[0]);
        shape_near(&s[0], &s[1]);
        pair = (struct slow){.kind = SLOW_OR + i % 3, .left = &s[0], .right = &s[1]};
        if (i % 2)
            whole = &pair;
        const struct sky_region *r = region_of(whole);
        enum { VISITS = 5 };
        double ra[VISITS], dec[VISITS], phi[VISITS];
        for (int v = 0; v < VISITS; v++) {
            double p[3], to[3];
            const struct slow *leaf = random_leaf(whole);
            slow_at(leaf, (size_t)random_between(0, (double)slow_curves(leaf)), random_unit(), p);
            random_direction(to);
            vec_mix(1, p, random_between(0, 0.04), to, p);
            vec_unit(p);
            sky_radec(p, &ra[v], &dec[v]);
            phi[v] = random_between(0, 7);
        }
        struct sky_visits visits = {VISITS, ra, dec, phi};
        size_t words = sky_words(lsst);
        assert_int_equal(words, 4);
        uint64_t any[VISITS * 4], corner[VISITS * 4], doubt[VISITS * 4];
        memset(any, 0xff, sizeof any);
        size_t count = r ? sky_trim(r, lsst, &visits, SKY_OVERLAPS, any, 30 * ARCSEC, doubt) : 0;
        if (r)
            sky_trim(r, lsst, &visits, SKY_CORNER_IN, corner, 0, NULL);
        for (size_t v = 0; r && v < VISITS; v++) {
            struct sky_frame f;
            sky_pointing(ra[v], dec[v], phi[v], &f);
            for (size_t k = 0; k < lsst->n; k++, n++) {
                struct sky_quad q;
                size_t word = v * words + k / 64;
                bool bit = any[word] >> k % 64 & 1, in = corner[word] >> k % 64 & 1;
                sky_turn(&f, &lsst->sensor[k], &q);
                count -= bit;
                if (bit != sky_overlaps(r, &q))
                    assert_true(fabs(sky_margin(r, &q)) < 2e-12);
                if (in != sky_corner_in(r, &q))
                    assert_true(fabs(sky_margin(r, &q)) < 2e-12);
                bool near = doubt[word] >> k % 64 & 1;
                doubtful += near;
                if (k % 9 == 0)
                    assert_int_equal(near, fabs(sky_margin(r, &q)) < 30 * ARCSEC);
            }
            assert_int_equal(any[v * words + 3] >> (lsst->n - 192), 0);
        }
        assert_int_equal(count, 0);
        arena_free(&arena);
    }
    print_message("# %zu pairs, %zu ambiguous\n", n, doubtful);
    arena_free(&kept);
}

int
main(int argc, char **argv)
{
    if (argc > 1) /* only some: a pattern */
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_slow_one),
        cmocka_unit_test(joined_as_the_slow_one),
        cmocka_unit_test(as_clipping_on_a_plane),
        cmocka_unit_test(turning_everything),
        cmocka_unit_test(region_and_complement),
        cmocka_unit_test(larger_regions),
        cmocka_unit_test(common_part_elsewhere),
        cmocka_unit_test(margins),
        cmocka_unit_test(trim_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
