/* The curves that bound regions, and the short pieces they are cut into. Private to src/sky.
 *
 * A curve is a circle on the sphere (a great circle, a parallel, a circle about a place) or the
 * side of a strip, where |ra - ra_mid| cos(dec) = half_width. A piece is a stretch of a curve that
 * lies within `dev` of the great circle between its ends, its chord. What a piece has to do with a
 * quadrilateral is decided on the chord where that suffices, else on the chords of its two halves,
 * and so on: halving divides dev by four. That is sound because dev is a bound and not a guess:
 *
 * - Circle with axis k, p(t) = d k + s (u cos t + v sin t): the farthest point from the chord is
 *   the middle, at asin(d s (1 - cos h) / sqrt(d^2 + s^2 cos^2 h)) with h half of the stretch.
 * - Side, by declination t: for the chord's normal m, f = m . p(t) is zero at both ends, so
 *   |f| <= max |f''| w^2 / 8 for a stretch of length w, and |f''| <= |p'' + p| + |f| with
 *   |p'' + p| <= 2 |l' sin t| + |l'' cos t| + l'^2 cos t for l(t) = half_width / cos(t). */
#ifndef SKY_CURVE_H
#define SKY_CURVE_H

#include "sky/camera.h"
#include "sky/region.h"

struct sky_curve {
    bool side;
    double k[3], u[3], v[3], d, s; /* circle */
    double ra_mid, half_width;     /* side; half_width < 0 is the western one */
};

struct sky_piece {
    const struct sky_curve *curve;
    double t0, t1;     /* where on the curve, t0 < t1 */
    double a[3], b[3]; /* the ends */
    double normal[3];  /* of the chord, on the left of a -> b */
    double centre[3];  /* a cap that the piece lies in, with half its angle: */
    double half;
    double cos_half, sin_half;
    double dev;
    int inside; /* the region lies on the left (1) or on the right (-1) of a -> b */
};

struct sky_pieces {
    struct sky_piece *p;
    size_t n, cap;
};

void curve_at(const struct sky_curve *, double t, double out[3]);

/* The t nearest to `near` of a place on the curve. */
double curve_param(const struct sky_curve *, const double place[3], double near);

/* Great circle from a (t = 0) to b, *length the angle between them. a, b are neither equal nor
 * opposite. */
struct sky_curve curve_great(const double a[3], const double b[3], double *length);

/* Circle of angular radius r about k, and the parallel at a declination (t is then the ra). */
struct sky_curve curve_circle(const double k[3], double r);
struct sky_curve curve_parallel(double dec);

/* Appends the stretch t0..t1 of the curve, cut into pieces. The curve must outlive them. */
void curve_cut(const struct sky_curve *, double t0, double t1, int inside, struct sky_pieces *);

/* Have they a common point (within SKY_TOLERANCE)? Where the quadrilateral is in a camera's frame,
 * the piece is one that piece_before made for that frame, and `f` the frame; else f is NULL. */
bool piece_meets(const struct sky_piece *, const struct sky_quad *, const struct sky_frame *f);
void piece_before(const struct sky_piece *, const struct sky_frame *, struct sky_piece *out);

/* Is their distance surely more than `slack`? Cheap, and may say no where the answer is yes. */
bool piece_apart(const struct sky_piece *, const struct sky_piece *, double slack);

/* Shortest distance of a place, or of a quadrilateral that the piece does not meet, or `best` if
 * that is less. To 1e-13 rad. */
double piece_from_place(const struct sky_piece *, const double place[3], double best);
double piece_from_quad(const struct sky_piece *, const struct sky_quad *, double best);

/* The deepest that a piece gets, or `best` (at least 0) if that is more. */
double piece_depth(const struct sky_piece *, const struct sky_quad *, double best);

/* Calls `found` for places where two pieces meet: the crossings, and ends of one on the other.
 * Where they run together, the ends of what they have in common. */
void piece_cross(const struct sky_piece *, const struct sky_piece *,
    void (*found)(void *, const double place[3]), void *);

#endif
