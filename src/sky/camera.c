#include "config.h"

#include "sky/camera.h"

#include <string.h>

static const char *const rotation_words[] = {
#define X(name, word, phi) word,
    SKY_ROTATIONS(X)
#undef X
};

const char *
sky_rotation_word(enum sky_rotation r)
{
    return rotation_words[r];
}

bool
sky_rotation_named(const char *word, enum sky_rotation *out)
{
    for (int i = 0; i < SKY_ROTATION_COUNT; i++)
        if (strcmp(word, rotation_words[i]) == 0) {
            *out = (enum sky_rotation)i;
            return true;
        }
    return false;
}

/* In [0, 2 pi). */
static double
wrapped(double a)
{
    a = fmod(a, 2 * M_PI);
    if (a < 0)
        a += 2 * M_PI;
    return a < 2 * M_PI ? a : 0;
}

double
sky_position_angle(enum sky_rotation r, double rot)
{
    switch (r) {
#define X(name, word, phi)                                                                         \
    case SKY_ROTATION_##name:                                                                      \
        return wrapped(phi);
        SKY_ROTATIONS(X)
#undef X
    case SKY_ROTATION_COUNT:
        break;
    }
    return NAN;
}

void
sky_direction(double ra, double dec, double out[3])
{
    double c = cos(dec);
    out[0] = c * cos(ra);
    out[1] = c * sin(ra);
    out[2] = sin(dec);
}

void
sky_radec(const double d[3], double *ra, double *dec)
{
    double rho = hypot(d[0], d[1]);
    *ra = rho > 0 ? wrapped(atan2(d[1], d[0])) : 0;
    *dec = atan2(d[2], rho);
}

double
sky_separation(double ra1, double dec1, double ra2, double dec2)
{
    double c = cos(dec1) * cos(dec2);
    double dra = remainder(ra2 - ra1, 2 * M_PI) / 2;
    double minus = sin((dec2 - dec1) / 2), plus = sin((dec2 + dec1) / 2);
    double s = sin(dra), k = cos(dra);
    return 2 *
           atan2(sqrt(fmax(0, minus * minus + c * s * s)), sqrt(fmax(0, plus * plus + c * k * k)));
}

void
sky_pointing(double ra, double dec, double phi, struct sky_frame *f)
{
    double sa = sin(ra), ca = cos(ra), sd = sin(dec), cd = cos(dec);
    double sp = sin(phi), cp = cos(phi);
    double axis[3] = {cd * ca, cd * sa, sd};
    double east[3] = {-sa, ca, 0};
    double north[3] = {-sd * ca, -sd * sa, cd};
    for (int i = 0; i < 3; i++) {
        f->m[i][0] = sp * north[i] - cp * east[i];
        f->m[i][1] = cp * north[i] + sp * east[i];
        f->m[i][2] = axis[i];
    }
}

void
sky_focal(const struct sky_optics *o, double x, double y, double out[3])
{
    double r2 = x * x + y * y;
    double s = o->scale * (1 + r2 * (o->c3 + r2 * o->c5));
    out[0] = s * (o->mirrored ? -x : x);
    out[1] = s * y;
    out[2] = 1;
    vec_unit(out);
}

bool
sky_unfocal(const struct sky_optics *o, const double d[3], double *x, double *y)
{
    if (!(d[2] > 0))
        return false;
    double u = (o->mirrored ? -d[0] : d[0]) / d[2], v = d[1] / d[2];
    double rho = hypot(u, v) / o->scale, r = rho, miss = 0;
    for (int i = 0; i < 50; i++) { /* Newton */
        double r2 = r * r, slope = 1 + r2 * (3 * o->c3 + r2 * 5 * o->c5);
        if (!(slope > 0))
            return false;
        miss = r * (1 + r2 * (o->c3 + r2 * o->c5)) - rho;
        if (fabs(miss) <= 1e-14 * rho)
            break;
        r -= miss / slope;
    }
    if (!(fabs(miss) <= 1e-12 * rho))
        return false;
    double f = rho > 0 ? r / rho / o->scale : 0;
    *x = f * u;
    *y = f * v;
    return true;
}

bool
sky_quad_from(double corner[4][3], struct sky_quad *out)
{
    struct sky_quad q = {0};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++) {
            q.corner[i][k] = corner[i][k];
            q.centre[k] += corner[i][k];
        }
    if (!(vec_unit(q.centre) > 0))
        return false;
    for (int i = 0; i < 4; i++)
        q.radius = fmax(q.radius, vec_angle(q.centre, q.corner[i]));
    if (!(q.radius <= SKY_QUAD_RADIUS))
        return false;
    for (int i = 0; i < 4; i++) {
        if (!(vec_normal(q.corner[i], q.corner[(i + 1) & 3], q.normal[i]) > 0))
            return false;
        if (vec_dot(q.normal[i], q.centre) < 0)
            for (int k = 0; k < 3; k++)
                q.normal[i][k] = -q.normal[i][k];
        /* Convex: the corners that are not of this edge lie on its inner side. */
        if (!(vec_dot(q.normal[i], q.corner[(i + 2) & 3]) > 0 &&
                vec_dot(q.normal[i], q.corner[(i + 3) & 3]) > 0))
            return false;
    }
    *out = q;
    return true;
}

void
sky_turn(const struct sky_frame *f, const struct sky_quad *q, struct sky_quad *out)
{
    for (int i = 0; i < 4; i++) {
        vec_turn(f, q->corner[i], out->corner[i]);
        vec_turn(f, q->normal[i], out->normal[i]);
    }
    vec_turn(f, q->centre, out->centre);
    out->radius = q->radius;
}

/* Does the distortion keep the order of radii up to this one? Else it folds the focal plane. */
static bool
grows(const struct sky_optics *o, double r)
{
    for (int i = 0; i <= 64; i++) {
        double q = r * i / 64;
        double r2 = q * q;
        if (!(1 + r2 * (3 * o->c3 + r2 * 5 * o->c5) > 0))
            return false;
    }
    return true;
}

const struct sky_camera *
sky_camera_new(struct arena *a, const struct sky_optics *o, size_t n,
    const struct sky_outline *outline, const char **why, size_t *which)
{
    *which = n;
    if (!(o->scale > 0 && isfinite(o->scale) && isfinite(o->c3) && isfinite(o->c5))) {
        *why = "the plate scale must be a positive angle for a length";
        return NULL;
    }
    struct sky_camera *c = arena_alloc(a, sizeof *c);
    c->n = n;
    c->optics = *o;
    c->sensor = arena_alloc(a, n * sizeof *c->sensor);
    const double axis[3] = {0, 0, 1};
    for (size_t i = 0; i < n; i++) {
        const struct sky_outline *s = &outline[i];
        *which = i;
        if (!(s->width > 0 && s->height > 0 && isfinite(s->width) && isfinite(s->height) &&
                isfinite(s->x) && isfinite(s->y) && isfinite(s->yaw))) {
            *why = "its width and height must be positive";
            return NULL;
        }
        double corner[4][3], reach = 0;
        double cy = cos(s->yaw), sy = sin(s->yaw);
        for (int k = 0; k < 4; k++) {
            double u = (k == 1 || k == 2 ? s->width : -s->width) / 2;
            double v = (k >= 2 ? s->height : -s->height) / 2;
            double x = s->x + cy * u - sy * v, y = s->y + sy * u + cy * v;
            sky_focal(o, x, y, corner[k]);
            reach = fmax(reach, hypot(x, y));
            c->radius = fmax(c->radius, vec_angle(axis, corner[k]));
        }
        if (!grows(o, reach)) {
            *why = "the distortion turns back at its place";
            return NULL;
        }
        if (!sky_quad_from(corner, &c->sensor[i])) {
            *why = "it covers too little or too much of the sky";
            return NULL;
        }
        c->sensor_radius = fmax(c->sensor_radius, c->sensor[i].radius);
    }
    return c;
}
