/* Regions of the sky. libc and libm only; angles are radians, directions unit vectors.
 *
 * A region is a closed set with an inside, without loose lines or points: its boundary belongs to
 * it, `minus` takes away the inside of a region (so that both keep their common boundary), and what
 * an operation leaves without area is nothing. So `whole minus (a or b)` has no line left where
 * a and b touch, and `a and b` is empty where they only touch.
 *
 * Tolerance: a place within SKY_TOLERANCE of the boundary is on it, therefore inside. In what
 * `or`, `and`, `minus` make, structure narrower than some 1e-11 rad (2 microarcseconds) is not
 * resolved: it may be lost, or be taken for what is next to it. */
#ifndef SKY_REGION_H
#define SKY_REGION_H

#include "util/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define SKY_TOLERANCE 1e-12
#define SKY_LEAST 1e-9        /* nothing smaller is a region (0.2 milliarcseconds) */
#define SKY_MAX_VERTICES 8192 /* of a polygon */
#define SKY_MAX_DEPTH 64      /* of `or`, `and`, `minus` within each other */
#define SKY_MAX_PIECES 65536  /* of a boundary, cut for speed */

struct sky_region;

/* All makers: the result lives in the arena and is never changed, so that any number of threads
 * may use it. NULL if the numbers make no region; *why is then a phrase for people without end
 * stop, in the arena or static. Declinations lie in -pi/2 .. pi/2; any ra will do. */

/* All places within `radius` (at most pi) of a place. */
const struct sky_region *sky_circle(struct arena *, double ra, double dec, double radius,
    const char **why);

/* Between two parallels and two meridians, from ra_from eastwards to ra_to. A full circle if
 * ra_to - ra_from >= 2 pi; else differences are taken modulo 2 pi. */
const struct sky_region *sky_box(struct arena *, double ra_from, double ra_to, double dec_lo,
    double dec_hi, const char **why);

/* dec_lo <= dec <= dec_hi and |ra - ra_mid| cos(dec) <= half_width, with the ra difference taken
 * the short way. This is what DC2's regions are. */
const struct sky_region *sky_strip(struct arena *, double ra_mid, double dec_lo, double dec_hi,
    double half_width, const char **why);

/* Vertices joined by great circles, each edge the short way; in either sense, the smaller of the
 * two areas is inside. A last vertex equal to the first is taken as the closing of the ring. */
const struct sky_region *sky_polygon(struct arena *, size_t n, const double *ra, const double *dec,
    const char **why);

/* Both operands must live as long as the result. */
const struct sky_region *sky_or(struct arena *, const struct sky_region *,
    const struct sky_region *, const char **why);
const struct sky_region *sky_and(struct arena *, const struct sky_region *,
    const struct sky_region *, const char **why);
const struct sky_region *sky_minus(struct arena *, const struct sky_region *,
    const struct sky_region *, const char **why);

bool sky_contains(const struct sky_region *, const double place[3]);

/* In steradians. From formulas for circle, box, strip and polygon; for the others exact integrals
 * along the boundary, to 1e-9. */
double sky_area(const struct sky_region *);

/* Walks along the boundary, to draw it: calls `place` with places at most `step` apart, `first`
 * where a new line begins. Not at all for a region that is everything or nothing. */
void sky_boundary(const struct sky_region *, double step,
    void (*place)(void *arg, const double place[3], bool first), void *arg);

#endif
