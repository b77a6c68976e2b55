/* What a region is made of. Private to src/sky. */
#ifndef SKY_REGION_PRIVATE_H
#define SKY_REGION_PRIVATE_H

#include "sky/curve.h"
#include "sky/polygon.h"

enum region_kind {
    REGION_CIRCLE,
    REGION_BOX,
    REGION_STRIP,
    REGION_POLYGON,
    REGION_OR,
    REGION_AND,
    REGION_MINUS
};

/* Consecutive pieces within a cap. */
struct sky_group {
    double centre[3], half;
    size_t from, to;
};

struct sky_region {
    enum region_kind kind;
    int depth;
    /* circle: centre, radius; box: ra_from and width; strip: ra_mid and half_width */
    double centre[3], radius, ra, width;
    double lo, hi, sin_lo, sin_hi; /* box, strip: declinations */
    double east[2][3];             /* box: towards east at its sides; strip: at ra_mid */
    double towards[3];             /* strip: ra_mid, dec 0 */
    const struct polygon *polygon;
    const struct sky_region *left, *right;
    /* The boundary of the region; none if it is everything or nothing. */
    const struct sky_piece *piece;
    size_t n;
    const struct sky_group *group;
    size_t ngroups;
};

/* 1 inside, -1 outside, 0 on the boundary of one of the shapes that it is made of. */
int region_state(const struct sky_region *, const double place[3]);

/* Is the place within `slack` of the region's own boundary? */
bool region_edge_near(const struct sky_region *, const double place[3], double slack);

/* The pieces that bound what `kind` makes of the two; false if they are too many. */
bool region_arrange(enum region_kind kind, const struct sky_region *left,
    const struct sky_region *right, struct sky_pieces *out);

/* As sky_margin, but `limit` where that is less, and -limit likewise: much sooner done. */
double region_margin(const struct sky_region *, const struct sky_quad *, double limit);

/* Signed area of a triangle of great circles: positive if c lies on the left of a -> b. */
double area_triangle(const double a[3], const double b[3], const double c[3]);

#endif
