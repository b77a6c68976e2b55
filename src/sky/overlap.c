/* One sensor against one region. */
#include "config.h"

#include "sky/region-private.h"
#include "sky/trim.h"

/* The caps of pieces and sensors are known to this. */
#define CAP_SLACK 1e-9

bool
sky_overlaps(const struct sky_region *r, const struct sky_quad *q)
{
    for (size_t g = 0; g < r->ngroups; g++) {
        const struct sky_group *group = &r->group[g];
        if (vec_chord(group->centre, q->centre) > group->half + q->radius + CAP_SLACK)
            continue;
        for (size_t i = group->from; i < group->to; i++) {
            const struct sky_piece *p = &r->piece[i];
            if (vec_chord(p->centre, q->centre) <= p->half + q->radius + CAP_SLACK &&
                piece_meets(p, q, NULL))
                return true;
        }
    }
    /* The boundary does not meet the sensor, which is therefore all inside or all outside. */
    return sky_contains(r, q->centre);
}

bool
sky_corner_in(const struct sky_region *r, const struct sky_quad *q)
{
    for (int i = 0; i < 4; i++)
        if (sky_contains(r, q->corner[i]))
            return true;
    return false;
}

static double
ra_of(const double d[3])
{
    return atan2(d[1], d[0]);
}

bool
sky_spans(const struct sky_quad *q, double ra, double dec)
{
    double z = sin(dec), lo = 1, hi = -1;
    for (int i = 0; i < 4; i++) {
        lo = fmin(lo, q->corner[i][2]);
        hi = fmax(hi, q->corner[i][2]);
    }
    if (!(lo < z && z < hi))
        return false;
    double centre = ra_of(q->centre), west = INFINITY, east = -INFINITY;
    for (int i = 0; i < 4; i++) {
        double x = remainder(ra_of(q->corner[i]) - centre, 2 * M_PI);
        west = fmin(west, x);
        east = fmax(east, x);
    }
    double x = remainder(ra - centre, 2 * M_PI);
    return west < x && x < east;
}

/* Distance of a place from the region's boundary, or `best` if that is less. */
static double
edge_distance(const struct sky_region *r, const double place[3], double best)
{
    for (size_t g = 0; g < r->ngroups; g++) {
        if (vec_chord(r->group[g].centre, place) > r->group[g].half + best)
            continue;
        for (size_t i = r->group[g].from; i < r->group[g].to; i++)
            best = piece_from_place(&r->piece[i], place, best);
    }
    return best;
}

static double
apart_by(const struct sky_region *r, const struct sky_quad *q, double best)
{
    for (size_t g = 0; g < r->ngroups; g++) {
        if (vec_chord(r->group[g].centre, q->centre) > r->group[g].half + q->radius + best)
            continue;
        for (size_t i = r->group[g].from; i < r->group[g].to; i++)
            best = piece_from_quad(&r->piece[i], q, best);
    }
    return best;
}

double
region_margin(const struct sky_region *r, const struct sky_quad *q, double limit)
{
    if (!sky_overlaps(r, q))
        return -apart_by(r, q, limit);
    double best = 0;
    for (int i = 0; i < 5; i++) {
        const double *place = i == 0 ? q->centre : q->corner[i - 1];
        if (sky_contains(r, place))
            best = fmax(best, edge_distance(r, place, limit));
        if (best >= limit)
            return best;
    }
    for (size_t g = 0; g < r->ngroups; g++) {
        if (vec_chord(r->group[g].centre, q->centre) > r->group[g].half + q->radius + CAP_SLACK)
            continue;
        for (size_t i = r->group[g].from; i < r->group[g].to && best < limit; i++) {
            const struct sky_piece *p = &r->piece[i];
            if (vec_chord(p->centre, q->centre) <= p->half + q->radius + CAP_SLACK &&
                piece_meets(p, q, NULL))
                best = piece_depth(p, q, best);
        }
    }
    return fmin(best, limit);
}

double
sky_margin(const struct sky_region *r, const struct sky_quad *q)
{
    return region_margin(r, q, M_PI);
}
