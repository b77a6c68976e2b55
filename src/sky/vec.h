/* Vectors of three numbers. Directions on the sky are unit vectors: x towards ra 0 dec 0, y towards
 * ra 90 deg, z towards the north pole. libc and libm only. */
#ifndef SKY_VEC_H
#define SKY_VEC_H

#include <math.h>

static inline double
vec_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline void
vec_cross(const double a[3], const double b[3], double out[3])
{
    double x = a[1] * b[2] - a[2] * b[1];
    double y = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
    out[0] = x;
    out[1] = y;
}

/* a * p + b * q */
static inline void
vec_mix(double p, const double a[3], double q, const double b[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = p * a[i] + q * b[i];
}

static inline double
vec_length(const double a[3])
{
    return sqrt(vec_dot(a, a));
}

/* The length it had is the result; a vector without length stays as it is. */
static inline double
vec_unit(double a[3])
{
    double n = vec_length(a);
    if (n > 0)
        for (int i = 0; i < 3; i++)
            a[i] /= n;
    return n;
}

static inline double
vec_chord(const double a[3], const double b[3])
{
    double d[3];
    vec_mix(1, a, -1, b, d);
    return vec_length(d);
}

/* The angle between two unit vectors, well conditioned at 0 and at 180 deg. */
static inline double
vec_angle(const double a[3], const double b[3])
{
    double sum[3];
    vec_mix(1, a, 1, b, sum);
    return 2 * atan2(vec_chord(a, b), vec_length(sum));
}

/* The unit normal of the great circle from a to b, on the left of one who walks so on the sphere
 * seen from outside. (b - a) x (b + a) is 2 a x b without the loss of digits when a is near b. */
static inline double
vec_normal(const double a[3], const double b[3], double out[3])
{
    double sum[3], difference[3];
    vec_mix(1, b, 1, a, sum);
    vec_mix(1, b, -1, a, difference);
    vec_cross(sum, difference, out);
    return vec_unit(out) / 2;
}

/* An orthogonal matrix. */
struct sky_frame {
    double m[3][3];
};

/* out = f a */
static inline void
vec_turn(const struct sky_frame *f, const double a[3], double out[3])
{
    double t[3];
    for (int i = 0; i < 3; i++)
        t[i] = vec_dot(f->m[i], a);
    for (int i = 0; i < 3; i++)
        out[i] = t[i];
}

/* out = f's transpose times a, which undoes vec_turn */
static inline void
vec_turn_back(const struct sky_frame *f, const double a[3], double out[3])
{
    double t[3];
    for (int i = 0; i < 3; i++)
        t[i] = f->m[0][i] * a[0] + f->m[1][i] * a[1] + f->m[2][i] * a[2];
    for (int i = 0; i < 3; i++)
        out[i] = t[i];
}

#endif
