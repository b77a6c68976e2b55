#include "config.h"

#include "sky/region-private.h"

#include <stdlib.h>
#include <string.h>

#define GROUP 16

/* A declination from which on there is nothing but the pole. */
#define POLE (M_PI_2 - SKY_TOLERANCE)

/* Keeps the pieces in the arena, in groups, and frees the array. */
static void
region_bound(struct arena *a, struct sky_region *r, struct sky_pieces *pieces)
{
    struct sky_piece *p = arena_alloc(a, pieces->n * sizeof *p);
    if (pieces->n)
        memcpy(p, pieces->p, pieces->n * sizeof *p);
    r->piece = p;
    r->n = pieces->n;
    r->ngroups = (r->n + GROUP - 1) / GROUP;
    struct sky_group *group = arena_alloc(a, r->ngroups * sizeof *group);
    for (size_t i = 0; i < r->ngroups; i++) {
        struct sky_group *g = &group[i];
        g->from = i * GROUP;
        g->to = g->from + GROUP < r->n ? g->from + GROUP : r->n;
        for (size_t k = g->from; k < g->to; k++)
            vec_mix(1, g->centre, 1, p[k].centre, g->centre);
        if (!(vec_unit(g->centre) > 0))
            g->centre[2] = 1;
        for (size_t k = g->from; k < g->to; k++)
            g->half = fmax(g->half, vec_angle(g->centre, p[k].centre) + p[k].half);
    }
    r->group = group;
    free(pieces->p);
    *pieces = (struct sky_pieces){0};
}

/* A curve in the arena, and its stretch among the pieces. */
static void
bound(struct arena *a, struct sky_curve c, double t0, double t1, int inside, struct sky_pieces *out)
{
    struct sky_curve *kept = arena_alloc(a, sizeof *kept);
    *kept = c;
    curve_cut(kept, t0, t1, inside, out);
}

static bool
good_declination(double dec)
{
    return fabs(dec) <= M_PI_2 + SKY_TOLERANCE;
}

static double
between_poles(double dec)
{
    return fmax(-M_PI_2, fmin(M_PI_2, dec));
}

const struct sky_region *
sky_circle(struct arena *a, double ra, double dec, double radius, const char **why)
{
    if (!(isfinite(ra) && good_declination(dec))) {
        *why = "its centre is no place on the sky";
        return NULL;
    }
    if (!(radius >= SKY_LEAST && radius <= M_PI + SKY_TOLERANCE)) {
        *why = "its radius must be more than 0 and at most 180 deg";
        return NULL;
    }
    struct sky_region *r = arena_alloc(a, sizeof *r);
    struct sky_pieces pieces = {0};
    r->kind = REGION_CIRCLE;
    r->radius = fmin(radius, M_PI);
    sky_direction(ra, between_poles(dec), r->centre);
    if (r->radius < M_PI - SKY_TOLERANCE)
        bound(a, curve_circle(r->centre, r->radius), 0, 2 * M_PI, 1, &pieces);
    region_bound(a, r, &pieces);
    return r;
}

/* The declinations of a box or strip. */
static bool
set_zone(struct sky_region *r, double lo, double hi, const char **why)
{
    if (!(good_declination(lo) && good_declination(hi))) {
        *why = "its declinations must lie between -90 and 90 deg";
        return false;
    }
    if (!(hi - lo >= SKY_LEAST)) {
        *why = "its upper declination must be above the lower one";
        return false;
    }
    r->lo = between_poles(lo);
    r->hi = between_poles(hi);
    r->sin_lo = sin(r->lo);
    r->sin_hi = sin(r->hi);
    return true;
}

const struct sky_region *
sky_box(struct arena *a, double ra_from, double ra_to, double dec_lo, double dec_hi,
    const char **why)
{
    struct sky_region *r = arena_alloc(a, sizeof *r);
    struct sky_pieces pieces = {0};
    r->kind = REGION_BOX;
    if (!(isfinite(ra_from) && isfinite(ra_to))) {
        *why = "its ra is no number";
        return NULL;
    }
    if (!set_zone(r, dec_lo, dec_hi, why))
        return NULL;
    r->ra = ra_from;
    r->width = ra_to - ra_from;
    if (r->width < 2 * M_PI - SKY_TOLERANCE) {
        r->width = fmod(r->width, 2 * M_PI);
        if (r->width < 0)
            r->width += 2 * M_PI;
        double widest = r->lo <= 0 && r->hi >= 0 ? 1 : cos(fmin(fabs(r->lo), fabs(r->hi)));
        if (r->width * widest < SKY_LEAST || (2 * M_PI - r->width) * widest < SKY_LEAST) {
            *why = "it has no width";
            return NULL;
        }
    } else {
        r->width = 2 * M_PI;
    }
    double to = ra_from + r->width;
    if (r->lo > -POLE)
        bound(a, curve_parallel(r->lo), ra_from, to, 1, &pieces);
    if (r->hi < POLE)
        bound(a, curve_parallel(r->hi), ra_from, to, -1, &pieces);
    for (int i = 0; i < 2 && r->width < 2 * M_PI; i++) {
        double ra = i ? to : ra_from;
        sky_direction(ra + M_PI_2, 0, r->east[i]);
        /* the meridian, with t the declination */
        struct sky_curve c = {.s = 1, .v = {0, 0, 1}};
        sky_direction(ra, 0, c.u);
        vec_cross(c.u, c.v, c.k);
        bound(a, c, r->lo, r->hi, i ? 1 : -1, &pieces);
    }
    region_bound(a, r, &pieces);
    return r;
}

const struct sky_region *
sky_strip(struct arena *a, double ra_mid, double dec_lo, double dec_hi, double half_width,
    const char **why)
{
    struct sky_region *r = arena_alloc(a, sizeof *r);
    struct sky_pieces pieces = {0};
    r->kind = REGION_STRIP;
    if (!isfinite(ra_mid)) {
        *why = "its ra is no number";
        return NULL;
    }
    if (!(half_width >= SKY_LEAST && isfinite(half_width))) {
        *why = "its half width must be more than 0";
        return NULL;
    }
    if (!set_zone(r, dec_lo, dec_hi, why))
        return NULL;
    r->ra = remainder(ra_mid, 2 * M_PI);
    r->width = half_width;
    sky_direction(r->ra, 0, r->towards);
    sky_direction(r->ra + M_PI_2, 0, r->east[0]);
    /* Where half a parallel is no longer than half_width, the strip goes all around. */
    double around = half_width < M_PI ? acos(half_width / M_PI) : 0;
    for (int i = 0; i < 2; i++) {
        double dec = i ? r->hi : r->lo;
        if (fabs(dec) >= POLE)
            continue;
        double w = fabs(dec) < around ? fmin(M_PI, half_width / cos(dec)) : M_PI;
        bound(a, curve_parallel(dec), r->ra - w, r->ra + w, i ? -1 : 1, &pieces);
    }
    double from = fmax(r->lo, -around), to = fmin(r->hi, around);
    for (int i = 0; i < 2 && from < to; i++) {
        struct sky_curve c = {.side = true,
            .ra_mid = r->ra,
            .half_width = i ? half_width : -half_width};
        bound(a, c, from, to, i ? 1 : -1, &pieces);
    }
    region_bound(a, r, &pieces);
    return r;
}

const struct sky_region *
sky_polygon(struct arena *a, size_t n, const double *ra, const double *dec, const char **why)
{
    double(*vertex)[3] = arena_alloc(a, n * sizeof *vertex);
    for (size_t i = 0; i < n; i++) {
        if (!(isfinite(ra[i]) && good_declination(dec[i]))) {
            *why = arena_printf(a, "its vertex %zu is no place on the sky", i + 1);
            return NULL;
        }
        sky_direction(ra[i], between_poles(dec[i]), vertex[i]);
    }
    if (n > 3 && vec_chord(vertex[0], vertex[n - 1]) < SKY_TOLERANCE)
        n--;
    if (n < 3 || n > SKY_MAX_VERTICES) {
        *why = n < 3 ? "it needs three vertices" : "it has more than 8192 vertices";
        return NULL;
    }
    struct sky_region *r = arena_alloc(a, sizeof *r);
    struct sky_pieces pieces = {0};
    r->kind = REGION_POLYGON;
    r->polygon = polygon_new(a, n, vertex, &pieces, why);
    if (!r->polygon) {
        free(pieces.p);
        return NULL;
    }
    region_bound(a, r, &pieces);
    return r;
}

static const struct sky_region *
joined(struct arena *a, enum region_kind kind, const struct sky_region *left,
    const struct sky_region *right, const char **why)
{
    struct sky_region *r = arena_alloc(a, sizeof *r);
    struct sky_pieces pieces = {0};
    r->kind = kind;
    r->left = left;
    r->right = right;
    r->depth = 1 + (left->depth > right->depth ? left->depth : right->depth);
    if (r->depth > SKY_MAX_DEPTH) {
        *why = "it is made of regions within regions more than 64 deep";
        return NULL;
    }
    if (!region_arrange(kind, left, right, &pieces)) {
        free(pieces.p);
        *why = "its boundary is too complicated";
        return NULL;
    }
    region_bound(a, r, &pieces);
    return r;
}

const struct sky_region *
sky_or(struct arena *a, const struct sky_region *left, const struct sky_region *right,
    const char **why)
{
    return joined(a, REGION_OR, left, right, why);
}

const struct sky_region *
sky_and(struct arena *a, const struct sky_region *left, const struct sky_region *right,
    const char **why)
{
    return joined(a, REGION_AND, left, right, why);
}

const struct sky_region *
sky_minus(struct arena *a, const struct sky_region *left, const struct sky_region *right,
    const char **why)
{
    return joined(a, REGION_MINUS, left, right, why);
}

void
sky_boundary(const struct sky_region *r, double step,
    void (*place)(void *arg, const double place[3], bool first), void *arg)
{
    double at[3] = {0};
    for (size_t i = 0; i < r->n; i++) {
        const struct sky_piece *p = &r->piece[i];
        unsigned n = (unsigned)fmin(1 + 2 * p->half / step, 1e6);
        if (i == 0 || vec_chord(at, p->a) > SKY_LEAST)
            place(arg, p->a, true);
        for (unsigned k = 1; k <= n; k++) {
            curve_at(p->curve, p->t0 + (p->t1 - p->t0) * k / n, at);
            place(arg, at, false);
        }
    }
}
