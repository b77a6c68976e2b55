#include "config.h"

#include "chart/projection.h"

#include "sky/camera.h"

void
projection_part(const double middle[3], struct projection *out)
{
    double dec;
    sky_radec(middle, &out->ra, &dec);
    out->whole = false;
    sky_pointing(out->ra, dec, 0, &out->frame);
}

void
projection_whole(double ra, struct projection *out)
{
    out->whole = true;
    out->ra = ra;
    sky_pointing(ra, 0, 0, &out->frame);
}

void
projection_to(const struct projection *p, const double place[3], double *x, double *y)
{
    double v[3], k;
    vec_turn_back(&p->frame, place, v);
    if (p->whole) { /* v: west, north, middle */
        double half = atan2(v[0], v[2]) / 2, c = hypot(v[0], v[2]);
        k = sqrt(2 / (1 + c * cos(half)));
        *x = 2 * k * c * sin(half);
    } else {
        k = sqrt(2 / fmax(1 + v[2], 1e-12)); /* the antipode is a circle: any place of it will do */
        *x = k * v[0];
    }
    *y = k * v[1];
}

bool
projection_from(const struct projection *p, double x, double y, double place[3])
{
    double v[3], t = (p->whole ? x * x / 4 : x * x) + y * y, z = sqrt(fmax(0, 1 - t / 4));
    if (p->whole ? t > 2 : t > 4)
        return false;
    if (p->whole) {
        double west = 2 * atan2(z * x / 2, 2 * z * z - 1);
        v[1] = fmax(-1, fmin(1, z * y));
        double c = sqrt(1 - v[1] * v[1]);
        v[0] = c * sin(west);
        v[2] = c * cos(west);
    } else {
        v[0] = z * x;
        v[1] = z * y;
        v[2] = 1 - t / 2;
    }
    vec_turn(&p->frame, v, place);
    return true;
}
