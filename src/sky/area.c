/* Areas: formulas for the simple shapes; for the others the boundary as a fan of triangles from
 * one fixed direction, and what lies between each curve and its chord. */
#include "config.h"

#include "sky/region-private.h"

/* Signed: positive if c lies on the left of a -> b. Of a + b + c, its spherical excess E has
 * tan(E / 2) = a . (b x c) / (1 + a b + b c + c a) (Van Oosterom & Strackee 1983, IEEE Trans.
 * Biomed. Eng. 30, 125). Differences keep the digits of small triangles. */
double
area_triangle(const double a[3], const double b[3], const double c[3])
{
    double ab[3], ac[3], n[3];
    vec_mix(1, b, -1, a, ab);
    vec_mix(1, c, -1, a, ac);
    vec_cross(ab, ac, n);
    return 2 * atan2(vec_dot(a, n), 1 + vec_dot(a, b) + vec_dot(b, c) + vec_dot(c, a));
}

/* What the curve has more on its left than its chord. */
static double
segment(const struct sky_piece *p)
{
    const struct sky_curve *c = p->curve;
    if (!c->side) {
        double rest = c->d > 0 ? c->s * c->s / (1 + c->d) : 1 - c->d; /* 1 - cos(radius) */
        return c->d == 0 ? 0 : rest * (p->t1 - p->t0) - area_triangle(c->k, p->a, p->b);
    }
    /* Between the north pole and the curve: the integral of 1 - sin(t) over ra, by parts. */
    const double pole[3] = {0, 0, 1};
    double q[2], t[2] = {p->t0, p->t1};
    for (int i = 0; i < 2; i++)
        q[i] = cos(t[i]) / (1 + sin(t[i])) + t[i];
    return c->half_width * (q[1] - q[0]) - area_triangle(pole, p->a, p->b);
}

/* Cosine integrated over the declinations, in units of the width. */
static double
strip_area(const struct sky_region *r)
{
    double around = r->width < M_PI ? acos(r->width / M_PI) : 0;
    double from = fmax(r->lo, -around), to = fmin(r->hi, around), area = 0;
    if (from < to)
        area += 2 * r->width * (to - from);
    double south = fmin(r->hi, -around), north = fmax(r->lo, around);
    if (r->lo < south)
        area += 2 * M_PI * (sin(south) - r->sin_lo);
    if (north < r->hi)
        area += 2 * M_PI * (r->sin_hi - sin(north));
    return area;
}

static double
joined_area(const struct sky_region *r)
{
    const double from[3] = {0.3628, 0.4971, 0.7882}; /* on no curve that anybody would draw */
    double sum = 0, unit[3];
    vec_mix(1, from, 0, from, unit);
    vec_unit(unit);
    for (size_t i = 0; i < r->n; i++)
        sum += r->piece[i].inside *
               (area_triangle(unit, r->piece[i].a, r->piece[i].b) + segment(&r->piece[i]));
    sum = fmod(sum, 4 * M_PI);
    if (sum < 0)
        sum += 4 * M_PI;
    if (sum > 1e-8 && sum < 4 * M_PI - 1e-8)
        return sum;
    /* The integral is known up to the whole sky: nearly nothing, or nearly everything? */
    int inside = sky_contains(r, unit);
    const double others[2][3] = {{-0.6, 0, 0.8}, {0.28, -0.96, 0}};
    for (int i = 0; i < 2; i++)
        inside += sky_contains(r, others[i]);
    if (inside >= 2)
        return sum > 1 ? sum : 4 * M_PI;
    return sum > 1 ? 0 : sum;
}

double
sky_area(const struct sky_region *r)
{
    double s;
    switch (r->kind) {
    case REGION_CIRCLE:
        s = sin(r->radius / 2);
        return 4 * M_PI * s * s;
    case REGION_BOX:
        return r->width * 2 * sin((r->hi - r->lo) / 2) * cos((r->hi + r->lo) / 2);
    case REGION_STRIP:
        return strip_area(r);
    case REGION_POLYGON:
        return polygon_area(r->polygon);
    case REGION_OR:
    case REGION_AND:
    case REGION_MINUS:
        break;
    }
    return joined_area(r);
}
