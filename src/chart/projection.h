/* From the sky to a chart and back, so that equal areas of the sky are equal areas of the chart.
 * Coordinates of the chart are radians in its middle, x to the right, y up; north is up and east
 * (ra) to the left, as one sees the sky. libc and libm only.
 *
 * A part of the sky: Lambert's azimuthal projection about a place (ZEA of FITS). The whole sky:
 * Hammer's projection about a place of the equator (AIT of FITS). Both from Calabretta & Greisen
 * 2002, A&A 395, 1077, sections 5.1.7 and 5.3.2. */
#ifndef CHART_PROJECTION_H
#define CHART_PROJECTION_H

#include "sky/vec.h"

#include <stdbool.h>

struct projection {
    bool whole;
    double ra;              /* of the middle */
    struct sky_frame frame; /* part: columns west, north, middle */
};

void projection_part(const double middle[3], struct projection *out);
void projection_whole(double ra, struct projection *out);

void projection_to(const struct projection *, const double place[3], double *x, double *y);
/* False if the chart ends before there. */
bool projection_from(const struct projection *, double x, double y, double place[3]);

#endif
