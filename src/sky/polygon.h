/* The inside of a polygon: which side of its edges a place is on. Private to src/sky.
 *
 * A place is inside if the arc from it to a fixed direction, the axis, crosses an odd number of
 * edges (an even one if the axis itself is inside). Edges are sorted into sectors around the
 * axis, so that a polygon of thousands of edges costs little more than one of ten. */
#ifndef SKY_POLYGON_H
#define SKY_POLYGON_H

#include "sky/curve.h"

struct polygon;

/* Vertices in arena memory that stays. Appends the edges' pieces (their curves in the arena), with
 * the smaller area inside; NULL with *why if the polygon is not simple. */
const struct polygon *polygon_new(struct arena *, size_t n, double (*vertex)[3],
    struct sky_pieces *, const char **why);

/* 1 inside, -1 outside, 0 on an edge. */
int polygon_state(const struct polygon *, const double place[3]);

double polygon_area(const struct polygon *);

#endif
