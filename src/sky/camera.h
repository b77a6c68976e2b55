/* From the focal plane to the sky. libc and libm only; angles are radians, lengths on the focal
 * plane millimetres, directions unit vectors (see vec.h).
 *
 * Formula and conventions: the gnomonic projection TAN of FITS (Calabretta & Greisen 2002, A&A 395,
 * 1077, section 5.1.3) about the pointing. +y of the focal plane lies at position angle phi (north
 * through east), +x at phi - 90 deg. That the DC2 camera is so was fitted to the genuine corners of
 * visit 466749 (tests/data/SOURCES.md). Nothing here divides by cos(dec): poles are as good as any
 * other place. */
#ifndef SKY_CAMERA_H
#define SKY_CAMERA_H

#include "sky/vec.h"
#include "util/arena.h"

#include <stdbool.h>
#include <stddef.h>

/* What a value of rotSkyPos (or the like) means: NAME(word, phi as a function of rot). */
/* clang-format off */
#define SKY_ROTATIONS(X)                                                                           \
    X(DC2, "dc2", M_PI_2 - rot)          /* imSim v1, as DC2 was simulated */                      \
    X(IMSIM2, "imsim2", 3 * M_PI_2 - rot) /* imSim v2 with OpSim's rotSkyPos */                    \
    X(PA, "pa", rot)                     /* ROTPA of LSST headers: the position angle itself */
/* clang-format on */

enum sky_rotation {
#define X(name, word, phi) SKY_ROTATION_##name,
    SKY_ROTATIONS(X)
#undef X
        SKY_ROTATION_COUNT
};

/* The word for a convention, and the convention of a word; false if there is none. */
const char *sky_rotation_word(enum sky_rotation);
bool sky_rotation_named(const char *word, enum sky_rotation *out);

/* Position angle of the focal plane's +y axis, in [0, 2 pi). */
double sky_position_angle(enum sky_rotation, double rot);

struct sky_optics {
    double scale;  /* rad/mm at the axis, > 0 */
    double c3, c5; /* radial distortion: r * (1 + c3 r^2 + c5 r^4), mm^-2 and mm^-4; 0: none */
    bool mirrored; /* +x lies at phi + 90 deg instead (LATISS) */
};

/* The outline of a sensor: width along its own x, height along its own y, turned by yaw
 * (counterclockwise on the focal plane) about its centre. */
struct sky_outline {
    double x, y, width, height, yaw;
};

/* A convex quadrilateral with edges on great circles: a sensor, on the sky or before the camera
 * (axis z). Corners in the order (-,-) (+,-) (+,+) (-,+) of the sensor's own x,y. */
struct sky_quad {
    double corner[4][3];
    double normal[4][3]; /* of the edge from corner i to the next, towards the inside */
    double centre[3];
    double radius; /* no corner is farther from the centre; at most SKY_QUAD_RADIUS */
};

/* A sensor seen under more than this from its centre is no sensor (30 deg). */
#define SKY_QUAD_RADIUS 0.5235987755982988

struct sky_camera {
    size_t n;
    struct sky_quad *sensor; /* in the camera's frame */
    struct sky_optics optics;
    double radius;        /* no corner is farther from the axis */
    double sensor_radius; /* the largest of the sensors' radii */
};

/* In the arena, so nothing is to be freed. NULL if a sensor or the optics make no sense; *why is
 * then a phrase without end stop, and *which the sensor's index (n if it is the optics). */
const struct sky_camera *sky_camera_new(struct arena *, const struct sky_optics *, size_t n,
    const struct sky_outline *, const char **why, size_t *which);

/* What turns the camera's frame into the sky's, for a pointing and a position angle.
 * Its determinant is -1: from the inside of the sphere, east is on the left. */
void sky_pointing(double ra, double dec, double phi, struct sky_frame *out);

/* A place on the focal plane as a direction before the camera. */
void sky_focal(const struct sky_optics *, double x, double y, double out[3]);

/* The inverse of sky_focal. False if no place of the focal plane is seen in that direction: behind
 * the camera, or beyond where the distortion turns back. */
bool sky_unfocal(const struct sky_optics *, const double direction[3], double *x, double *y);

/* The quadrilateral in another frame. */
void sky_turn(const struct sky_frame *, const struct sky_quad *, struct sky_quad *out);

/* From four directions, in either sense. False if they are no convex quadrilateral within
 * SKY_QUAD_RADIUS of its middle, or one without area. */
bool sky_quad_from(double corner[4][3], struct sky_quad *out);

/* ra in [0, 2 pi); at a pole 0. */
void sky_direction(double ra, double dec, double out[3]);
void sky_radec(const double direction[3], double *ra, double *dec);

/* The angle between two places, to some 1e-16 relative at 0 and at 180 deg alike (haversine of both
 * the angle and its supplement). */
double sky_separation(double ra1, double dec1, double ra2, double dec2);

#endif
