/* Which sensors matter to a region. libc and libm only; radians, unit vectors.
 *
 * All tests are inclusive: shapes that touch within SKY_TOLERANCE overlap. A sensor's edges are
 * great circles, the images of straight lines under TAN (with radial distortion: between the
 * distorted corners). */
#ifndef SKY_TRIM_H
#define SKY_TRIM_H

#include "sky/camera.h"
#include "sky/region.h"

#include <stdint.h>

/* Have the sensor (on the sky) and the region a common point? Exact for regions of any size. */
bool sky_overlaps(const struct sky_region *, const struct sky_quad *);

/* Is a corner of the sensor inside the region? */
bool sky_corner_in(const struct sky_region *, const struct sky_quad *);

/* How clear is the decision of sky_overlaps, as an angle?
 *
 * Negative: they are apart, and that is their distance (to 1e-12).
 * Else they overlap, and still would if the sensor were displaced by any less than the result. It
 * is the larger of how deep a corner or the centre of the sensor lies inside the region (distance
 * to the region's boundary) and how deep a place of the region's boundary lies inside the sensor
 * (distance to the sensor's nearest edge). A lower bound of the displacement that would part them,
 * and exact where one straight edge decides. 0: they touch. pi: the region has no boundary. */
double sky_margin(const struct sky_region *, const struct sky_quad *);

/* Lies the place strictly inside the smallest box of ra and dec around the sensor's corners? Ra's
 * are compared by their differences, the short way, to that of the sensor's centre. DC2's rule for
 * corners of its region that lie in the middle of a sensor. */
bool sky_spans(const struct sky_quad *, double ra, double dec);

enum sky_test { SKY_OVERLAPS, SKY_CORNER_IN };

/* Pointings as columns of a table; each ra, dec and position angle must be finite. */
struct sky_visits {
    size_t n;
    const double *ra, *dec, *phi;
};

/* Words of a row of the bitmap. */
static inline size_t
sky_words(const struct sky_camera *c)
{
    return (c->n + 63) / 64;
}

/* Sets bit s % 64 of kept[v * sky_words(camera) + s / 64] where sensor s of visit v passes the
 * test, clears it elsewhere. With `ambiguous` (else NULL), a bitmap of the same shape tells where
 * |sky_margin| < clear, whatever the test. Returns how many were kept. Any number of threads may
 * work on parts of the visits at once. */
size_t sky_trim(const struct sky_region *, const struct sky_camera *, const struct sky_visits *,
    enum sky_test, uint64_t *kept, double clear, uint64_t *ambiguous);

#endif
