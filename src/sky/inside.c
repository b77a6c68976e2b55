/* Which places are inside of a region. */
#include "config.h"

#include "sky/region-private.h"

#include <string.h>

static int
smaller(int a, int b)
{
    return a < b ? a : b;
}

static int
larger(int a, int b)
{
    return a > b ? a : b;
}

static int
sign(double distance)
{
    return distance > SKY_TOLERANCE ? 1 : distance >= -SKY_TOLERANCE ? 0 : -1;
}

static int
circle_state(const struct sky_region *r, const double p[3])
{
    /* The chord tells small angles apart as its square or a cosine would not; near the opposite
     * place its supplement does. */
    double chord = vec_chord(p, r->centre);
    if (r->radius <= M_PI_2)
        return chord > 1.5 ? -1 : sign(r->radius - 2 * asin(chord / 2));
    double sum[3];
    vec_mix(1, p, 1, r->centre, sum);
    double rest = vec_length(sum);
    return rest > 1.5 ? 1 : sign(2 * asin(rest / 2) - (M_PI - r->radius));
}

/* Between the two parallels? Sines suffice but near a parallel, where they lose digits towards the
 * poles. */
static int
zone_state(const struct sky_region *r, const double p[3])
{
    double below = r->sin_hi - p[2], above = p[2] - r->sin_lo;
    bool no_hi = r->hi >= M_PI_2 - SKY_TOLERANCE, no_lo = r->lo <= -M_PI_2 + SKY_TOLERANCE;
    int state = 1;
    if (!no_hi && below < 1e-6) {
        if (below < -1e-6)
            return -1;
        state = sign(r->hi - atan2(p[2], hypot(p[0], p[1])));
    }
    if (!no_lo && above < 1e-6) {
        if (above < -1e-6)
            return -1;
        state = smaller(state, sign(atan2(p[2], hypot(p[0], p[1])) - r->lo));
    }
    return state;
}

static int
box_state(const struct sky_region *r, const double p[3])
{
    int zone = zone_state(r, p);
    if (zone < 0 || r->width >= 2 * M_PI)
        return zone;
    int from = sign(vec_dot(r->east[0], p)), to = sign(-vec_dot(r->east[1], p));
    return smaller(zone, r->width <= M_PI ? smaller(from, to) : larger(from, to));
}

static int
strip_state(const struct sky_region *r, const double p[3])
{
    int zone = zone_state(r, p);
    if (zone < 0)
        return zone;
    /* cos(dec) times the sine and the cosine of the ra difference; |sin x| <= |x| */
    double e = fabs(vec_dot(r->east[0], p)), f = vec_dot(r->towards, p);
    if (e > r->width * 1.000001)
        return -1;
    /* x / sin(x) <= 1.0155 where tan(x) <= 0.309, and <= pi / 2 up to a right angle */
    if (f > 0 && e * (e < 0.309 * f ? 1.0155 : M_PI_2) < r->width * 0.999999)
        return zone;
    double rho = hypot(p[0], p[1]), x = atan2(e, f);
    double gap = r->width - rho * x;
    /* the distance is that over the length of the gradient */
    return smaller(zone, sign(gap / sqrt(1 + x * x * p[2] * p[2])));
}

int
region_state(const struct sky_region *r, const double p[3])
{
    int left;
    switch (r->kind) {
    case REGION_CIRCLE:
        return r->n ? circle_state(r, p) : 1;
    case REGION_BOX:
        return box_state(r, p);
    case REGION_STRIP:
        return strip_state(r, p);
    case REGION_POLYGON:
        return polygon_state(r->polygon, p);
    case REGION_OR:
        left = region_state(r->left, p);
        return left > 0 ? left : larger(left, region_state(r->right, p));
    case REGION_AND:
        left = region_state(r->left, p);
        return left < 0 ? left : smaller(left, region_state(r->right, p));
    case REGION_MINUS:
        left = region_state(r->left, p);
        return left < 0 ? left : smaller(left, -region_state(r->right, p));
    }
    return -1;
}

bool
region_edge_near(const struct sky_region *r, const double p[3], double slack)
{
    for (size_t g = 0; g < r->ngroups; g++) {
        if (vec_chord(r->group[g].centre, p) > r->group[g].half + slack)
            continue;
        for (size_t i = r->group[g].from; i < r->group[g].to; i++)
            if (piece_from_place(&r->piece[i], p, 2 * slack) <= slack)
                return true;
    }
    return false;
}

bool
sky_contains(const struct sky_region *r, const double p[3])
{
    int state = region_state(r, p);
    if (state != 0)
        return state > 0;
    if (!r->left || region_edge_near(r, p, 2 * SKY_TOLERANCE))
        return true;
    /* On the edge of a part that is no edge of the whole, which is therefore the same around. */
    struct sky_curve ring = curve_circle(p, 1e-11);
    for (int i = 0; i < 8; i++) {
        double q[3];
        curve_at(&ring, 0.1 + 0.77 * i, q);
        vec_unit(q);
        state = region_state(r, q);
        if (state != 0)
            return state > 0;
    }
    return false;
}
