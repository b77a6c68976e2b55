/* How many places of a long list fall on each sensor. libc and libm only; radians. */
#ifndef SKY_COUNT_H
#define SKY_COUNT_H

#include "sky/camera.h"

#include <stdint.h>

/* Which sensors a place before the camera may fall on. Any number of threads may use one. */
struct sky_counter;

/* A place falls on a sensor if it is inside the sensor's outline or no farther than `margin` (0 ..
 * SKY_QUAD_RADIUS) from it. `c` must outlive the result, which is freed by sky_counter_free. */
struct sky_counter *sky_counter_new(const struct sky_camera *c, double margin);
void sky_counter_free(struct sky_counter *);

/* Adds 1 to count[s] for each sensor s that the place falls on, of the pointing that `f` is for.
 * Both angles must be finite. */
void sky_count(const struct sky_counter *, const struct sky_frame *f, double ra, double dec,
    uint32_t *count);

#endif
