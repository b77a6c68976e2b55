/* The slow reference for tests of sky_overlaps: shapes as a few numbers, functions of right
 * ascension and declination taken from their definitions, and a search by sampling and golden
 * section. Shares no code with src/sky but the arithmetic of vectors. */
#ifndef SKY_SLOW_H
#define SKY_SLOW_H

#include "sky_lib.h"

enum slow_kind { SLOW_CIRCLE, SLOW_BOX, SLOW_STRIP, SLOW_POLYGON, SLOW_OR, SLOW_AND, SLOW_MINUS };

#define SLOW_VERTICES 12

struct slow {
    enum slow_kind kind;
    double ra, dec, size; /* circle: radius; strip: half width; box: width, from ra eastwards */
    double lo, hi;        /* strip, box */
    size_t n;             /* polygon, within a half sphere */
    double vra[SLOW_VERTICES], vdec[SLOW_VERTICES], v[SLOW_VERTICES][3];
    const struct slow *left, *right;
};

static inline double
slow_wrap(double a)
{
    return remainder(a, 2 * M_PI);
}

static inline double
slow_arc_distance(const double p[3], const double a[3], const double b[3])
{
    double n[3], c[3], d[3];
    if (!(vec_normal(a, b, n) > 0))
        return vec_angle(a, p);
    vec_cross(n, a, c);
    vec_cross(b, n, d);
    if (vec_dot(c, p) >= 0 && vec_dot(d, p) >= 0)
        return fabs(asin(vec_dot(n, p)));
    return fmin(vec_angle(a, p), vec_angle(b, p));
}

/* How far inside is the place: its distance from an edge, or something of that order with the same
 * sign and without jumps. */
static inline double
slow_depth(const struct slow *s, const double p[3])
{
    double ra, dec, zone, c, x, turn = 0, side = 0;
    sky_radec(p, &ra, &dec);
    zone =
        fmin(s->lo <= -M_PI_2 ? INFINITY : dec - s->lo, s->hi >= M_PI_2 ? INFINITY : s->hi - dec);
    switch (s->kind) {
    case SLOW_CIRCLE:
        return s->size - sky_separation(s->ra, s->dec, ra, dec);
    case SLOW_BOX:
        if (s->size >= 2 * M_PI)
            return zone;
        c = hypot(p[0], p[1]);
        /* from the middle of its ra's */
        x = s->size / 2 - fabs(slow_wrap(ra - s->ra - s->size / 2));
        return fmin(zone, c * x);
    case SLOW_STRIP:
        return fmin(zone, s->size - fabs(slow_wrap(ra - s->ra)) * hypot(p[0], p[1]));
    case SLOW_POLYGON:
        c = M_PI;
        for (size_t i = 0; i < s->n; i++) {
            /* the angle under which the edge is seen: their sum is a full turn from inside */
            const double *a = s->v[i], *b = s->v[(i + 1) % s->n];
            double pa[3], pb[3], n[3];
            vec_cross(p, a, pa);
            vec_cross(p, b, pb);
            vec_cross(pa, pb, n);
            turn += atan2(vec_dot(n, p), vec_dot(pa, pb));
            c = fmin(c, slow_arc_distance(p, a, b));
            side += vec_dot(p, a);
        }
        /* but the opposite place sees it just so */
        return fabs(turn) > M_PI && side > 0 ? c : -c;
    case SLOW_OR:
        return fmax(slow_depth(s->left, p), slow_depth(s->right, p));
    case SLOW_AND:
        return fmin(slow_depth(s->left, p), slow_depth(s->right, p));
    case SLOW_MINUS:
        return fmin(slow_depth(s->left, p), -slow_depth(s->right, p));
    }
    return -1;
}

/* The boundary of a simple shape: number of curves, and the place on one of them, 0 <= t <= 1. */
static inline size_t
slow_curves(const struct slow *s)
{
    return s->kind == SLOW_CIRCLE ? 1 : s->kind == SLOW_POLYGON ? s->n : 4;
}

static inline void
slow_at(const struct slow *s, size_t curve, double t, double p[3])
{
    double a[3], u[3], v[3], dec, w;
    switch (s->kind) {
    case SLOW_CIRCLE:
        /* east and north of the centre */
        sky_direction(s->ra, s->dec, a);
        sky_direction(s->ra + M_PI_2, 0, u);
        sky_direction(s->ra, s->dec + M_PI_2, v);
        for (int i = 0; i < 3; i++)
            p[i] = cos(s->size) * a[i] +
                   sin(s->size) * (cos(2 * M_PI * t) * u[i] + sin(2 * M_PI * t) * v[i]);
        return;
    case SLOW_POLYGON:
        vec_mix(1 - t, s->v[curve], t, s->v[(curve + 1) % s->n], p);
        vec_unit(p);
        return;
    case SLOW_BOX:
        if (curve < 2)
            sky_direction(s->ra + t * s->size, curve ? s->hi : s->lo, p);
        else
            sky_direction(s->ra + (curve == 3) * s->size, s->lo + t * (s->hi - s->lo), p);
        return;
    default:
        dec = curve == 0 ? s->lo : curve == 1 ? s->hi : s->lo + t * (s->hi - s->lo);
        w = fmin(M_PI, s->size / fmax(1e-300, cos(dec)));
        sky_direction(s->ra + (curve < 2 ? (2 * t - 1) * w : curve == 2 ? -w : w), dec, p);
    }
}

struct slow_search {
    const struct slow *whole, *part; /* part: along its boundary; NULL: along the sensor's edge */
    const struct sky_quad *q;
    size_t curve;
};

/* What is to be made as large as possible: how far inside of both. */
static inline double
slow_value(const struct slow_search *s, double t)
{
    double p[3], d;
    if (!s->part) {
        vec_mix(1 - t, s->q->corner[s->curve], t, s->q->corner[(s->curve + 1) & 3], p);
        vec_unit(p);
        return slow_depth(s->whole, p);
    }
    slow_at(s->part, s->curve, t, p);
    d = INFINITY;
    for (int i = 0; i < 4; i++)
        d = fmin(d, vec_dot(s->q->normal[i], p));
    return d < -0.1 ? d : fmin(d, slow_depth(s->whole, p));
}

static inline double
slow_maximum(const struct slow_search *s, int samples, double enough)
{
    static double f[20001];
    double best = -INFINITY;
    for (int i = 0; i <= samples; i++) {
        f[i] = slow_value(s, (double)i / samples);
        best = fmax(best, f[i]);
    }
    for (int i = 0; i <= samples && best < enough; i++) {
        if ((i > 0 && f[i - 1] > f[i]) || (i < samples && f[i + 1] > f[i]))
            continue;
        const double golden = 0.6180339887498949;
        double lo = fmax(0, (double)(i - 1) / samples), hi = fmin(1, (double)(i + 1) / samples);
        double t = hi - golden * (hi - lo), u = lo + golden * (hi - lo);
        double ft = slow_value(s, t), fu = slow_value(s, u);
        for (int step = 0; step < 50 && best < enough; step++) {
            if (ft > fu) {
                hi = u;
                u = t;
                fu = ft;
                ft = slow_value(s, t = hi - golden * (hi - lo));
            } else {
                lo = t;
                t = u;
                ft = fu;
                fu = slow_value(s, u = lo + golden * (hi - lo));
            }
            best = fmax(best, fmax(ft, fu));
        }
    }
    return best;
}

static inline double
slow_parts(const struct slow *whole, const struct slow *s, const struct sky_quad *q, int samples,
    double enough)
{
    double best = -INFINITY;
    if (s->left) {
        best = slow_parts(whole, s->left, q, samples, enough);
        return best >= enough ? best : fmax(best, slow_parts(whole, s->right, q, samples, enough));
    }
    for (size_t i = 0; i < slow_curves(s) && best < enough; i++)
        best = fmax(best, slow_maximum(&(struct slow_search){whole, s, q, i}, samples, enough));
    return best;
}

/* Positive: they overlap; negative: nothing was found nearer than this. The search ends as soon as
 * the result is `enough`. A closed set within the sensor that is not empty has a place on the
 * sensor's edge or on a curve that bounds one of its shapes. */
static inline double
slow_overlap(const struct slow *s, const struct sky_quad *q, int samples, double enough)
{
    double best = slow_depth(s, q->centre);
    for (size_t i = 0; i < 4 && best < enough; i++)
        best = fmax(best, slow_depth(s, q->corner[i]));
    for (size_t i = 0; i < 4 && best < enough; i++)
        best = fmax(best, slow_maximum(&(struct slow_search){s, NULL, q, i}, samples, enough));
    if (best < enough)
        best = fmax(best, slow_parts(s, s, q, samples, enough));
    return best;
}

#endif
