/* Which sensors do the rules of DC2 keep? Found anew, slowly, and by other means than src/sky: the
 * formula of the focal plane written out, sampling with a search for the curved region, clipping of
 * polygons on a plane for the great circles.
 *
 *     slow_rules CAMERA.csv SCALE C3 C5 RA_MID DEC_LO DEC_HI HALF_WIDTH <visits
 *
 * arcsec/mm; mm^-2, mm^-4; degrees. A visit is a line: id ra dec rotSkyPos, with rotation dc2.
 * Writes RULE/ID/SENSOR for each that is kept, and "? RULE/ID/SENSOR" where it is too close to say.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEG (M_PI / 180)
#define TIE 1e-9 /* degrees */

struct place {
    double ra, dec; /* degrees */
};

static double mid, lo, hi, half_width;
static struct place corner_of_region[4];

static double
apart(double a, double b) /* of right ascensions, the short way */
{
    return remainder(a - b, 360);
}

/* --- the region --- */

/* How far inside, degrees. */
static double
depth(struct place p)
{
    double east_west = half_width - fabs(apart(p.ra, mid)) * cos(p.dec * DEG);
    return fmin(east_west, fmin(p.dec - lo, hi - p.dec));
}

/* --- sensors --- */

struct sensor {
    char name[32];
    double x, y, w, h, yaw;
};

static struct sensor sensor[256];
static int nsensors;
static double scale, c3, c5;

static bool
read_camera(const char *path)
{
    char line[512];
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    while (nsensors < 256 && fgets(line, sizeof line, f)) {
        struct sensor *s = &sensor[nsensors];
        char type[32];
        if (sscanf(line, "%*d,%*[^,],%*[^,],%31[^,],%lf,%lf,%lf,%lf,%*d,%*d,%*[^,],%31[^,],%lf",
                s->name, &s->x, &s->y, &s->w, &s->h, type, &s->yaw) == 7 &&
            strcmp(type, "SCIENCE") == 0)
            nsensors++;
    }
    fclose(f);
    return nsensors > 0;
}

/* TAN about the pointing; +y at position angle 90 deg - rotSkyPos */
static struct place
on_sky(struct place at, double rot, double x, double y)
{
    double r2 = x * x + y * y, s = scale / 3600 * DEG * (1 + c3 * r2 + c5 * r2 * r2);
    double phi = (90 - rot) * DEG, d = at.dec * DEG;
    double xi = s * (y * sin(phi) - x * cos(phi)), eta = s * (y * cos(phi) + x * sin(phi));
    double down = cos(d) - eta * sin(d);
    return (struct place){at.ra + atan2(xi, down) / DEG,
        atan2(sin(d) + eta * cos(d), hypot(xi, down)) / DEG};
}

static void
corners(const struct sensor *s, struct place at, double rot, struct place out[4])
{
    static const int u[] = {-1, 1, 1, -1}, v[] = {-1, -1, 1, 1};
    for (int i = 0; i < 4; i++) {
        double a = u[i] * s->w / 2, b = v[i] * s->h / 2, t = s->yaw * DEG;
        out[i] = on_sky(at, rot, s->x + a * cos(t) - b * sin(t), s->y + a * sin(t) + b * cos(t));
    }
}

/* --- exact: the deepest that the sensor's edge gets into the curved region --- */

static struct place
between(struct place a, struct place b, double t) /* along the great circle, not evenly */
{
    double x = 0, y = 0, z = 0;
    for (int i = 0; i < 2; i++) {
        struct place p = i ? b : a;
        double k = i ? t : 1 - t;
        x += k * cos(p.dec * DEG) * cos(p.ra * DEG);
        y += k * cos(p.dec * DEG) * sin(p.ra * DEG);
        z += k * sin(p.dec * DEG);
    }
    return (struct place){atan2(y, x) / DEG, atan2(z, hypot(x, y)) / DEG};
}

static double
deepest(struct place a, struct place b)
{
    enum { SAMPLES = 40 };
    double best = -INFINITY, at = 0, step = 1.0 / SAMPLES;
    for (int i = 0; i <= SAMPLES; i++) {
        double d = depth(between(a, b, i * step));
        if (d > best) {
            best = d;
            at = i * step;
        }
    }
    for (; step > 1e-9; step /= 2) /* uphill */
        for (int side = -1; side <= 1; side += 2) {
            double t = fmin(1, fmax(0, at + side * step)), d = depth(between(a, b, t));
            if (d > best) {
                best = d;
                at = t;
            }
        }
    return best;
}

/* --- poly: two quadrilaterals of great circles, clipped on the plane that touches at the sensor
 * --- */

static void
on_plane(struct place p, struct place centre, double out[2])
{
    double d = p.dec * DEG, c = centre.dec * DEG, a = (p.ra - centre.ra) * DEG;
    double down = sin(c) * sin(d) + cos(c) * cos(d) * cos(a);
    out[0] = cos(d) * sin(a) / down;
    out[1] = (cos(c) * sin(d) - sin(c) * cos(d) * cos(a)) / down;
}

/* Sutherland and Hodgman: what of the polygon lies on the left of a -> b. */
static int
cut(double (*p)[2], int n, const double a[2], const double b[2])
{
    double out[16][2];
    int k = 0;
    for (int i = 0; i < n; i++) {
        const double *q = p[i], *r = p[(i + 1) % n];
        double fq = (b[0] - a[0]) * (q[1] - a[1]) - (b[1] - a[1]) * (q[0] - a[0]);
        double fr = (b[0] - a[0]) * (r[1] - a[1]) - (b[1] - a[1]) * (r[0] - a[0]);
        if (fq >= 0)
            memcpy(out[k++], q, sizeof out[0]);
        if ((fq < 0) != (fr < 0)) {
            double t = fq / (fq - fr);
            out[k][0] = q[0] + t * (r[0] - q[0]);
            out[k++][1] = q[1] + t * (r[1] - q[1]);
        }
    }
    memcpy(p, out, (size_t)k * sizeof out[0]);
    return k;
}

static double
twice_area(double (*p)[2], int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += p[i][0] * p[(i + 1) % n][1] - p[i][1] * p[(i + 1) % n][0];
    return sum;
}

/* Do they overlap when the sensor is made `grow` times as large? */
static bool
clipped(const struct place q[4], double grow)
{
    struct place centre = between(between(q[0], q[2], 0.5), between(q[1], q[3], 0.5), 0.5);
    double p[16][2], r[4][2];
    for (int i = 0; i < 4; i++) {
        on_plane(q[i], centre, p[i]);
        p[i][0] *= grow;
        p[i][1] *= grow;
        on_plane(corner_of_region[i], centre, r[i]);
    }
    double turn = twice_area(r, 4) > 0 ? 1 : -1;
    int n = 4;
    for (int i = 0; i < 4 && n > 0; i++)
        n = cut(p, n, turn > 0 ? r[i] : r[(i + 1) % 4], turn > 0 ? r[(i + 1) % 4] : r[i]);
    return n > 2 && fabs(twice_area(p, n)) > 0;
}

/* Is the place within the sensor? */
static bool
holds(const struct place q[4], struct place c)
{
    double p[4][2], x[2], turn = 0;
    if (fabs(apart(c.ra, q[0].ra)) > 60 || fabs(c.dec - q[0].dec) > 60)
        return false;
    for (int i = 0; i < 4; i++)
        on_plane(q[i], c, p[i]);
    on_plane(c, c, x);
    for (int i = 0; i < 4; i++) {
        const double *a = p[i], *b = p[(i + 1) % 4];
        turn += (b[0] - a[0]) * (x[1] - a[1]) > (b[1] - a[1]) * (x[0] - a[0]) ? 1 : -1;
    }
    return fabs(turn) > 3;
}

/* --- rules --- */

enum verdict { NO, YES, TIED };

static enum verdict
sign(double d)
{
    return fabs(d) < TIE ? TIED : d > 0 ? YES : NO;
}

static enum verdict
either(enum verdict a, enum verdict b)
{
    return a == YES || b == YES ? YES : a == TIED || b == TIED ? TIED : NO;
}

static enum verdict
corner_inside(const struct place q[4])
{
    enum verdict v = NO;
    for (int i = 0; i < 4; i++)
        v = either(v, sign(depth(q[i])));
    return v;
}

static enum verdict
in_box(const struct place q[4], struct place c)
{
    double west = INFINITY, east = -INFINITY, south = INFINITY, north = -INFINITY;
    for (int i = 0; i < 4; i++) {
        west = fmin(west, apart(q[i].ra, c.ra));
        east = fmax(east, apart(q[i].ra, c.ra));
        south = fmin(south, q[i].dec);
        north = fmax(north, q[i].dec);
    }
    return sign(fmin(fmin(-west, east), fmin(c.dec - south, north - c.dec)));
}

static void
tell(enum verdict v, const char *rule, const char *id, const char *name)
{
    if (v != NO)
        printf("%s%s/%s/%s\n", v == TIED ? "? " : "", rule, id, name);
}

int
main(int argc, char **argv)
{
    if (argc != 9 || !read_camera(argv[1]))
        return 2;
    scale = atof(argv[2]);
    c3 = atof(argv[3]);
    c5 = atof(argv[4]);
    mid = atof(argv[5]);
    lo = atof(argv[6]);
    hi = atof(argv[7]);
    half_width = atof(argv[8]);
    for (int i = 0; i < 4; i++) {
        double dec = i < 2 ? lo : hi, w = half_width / cos(dec * DEG);
        corner_of_region[i] = (struct place){mid + (i == 1 || i == 2 ? w : -w), dec};
    }
    char id[32];
    struct place at, q[4];
    double rot;
    while (scanf("%31s %lf %lf %lf", id, &at.ra, &at.dec, &rot) == 4)
        for (int s = 0; s < nsensors; s++) {
            corners(&sensor[s], at, rot, q);
            enum verdict in = corner_inside(q), corner = in;
            for (int i = 0; i < 4; i++)
                corner = either(corner, in_box(q, corner_of_region[i]));
            bool less = clipped(q, 1 - 1e-7), more = clipped(q, 1 + 1e-7);
            enum verdict poly = less ? YES : more ? TIED : NO;
            double d = -INFINITY;
            for (int i = 0; i < 4; i++)
                d = fmax(d, holds(q, corner_of_region[i]) ? 1 : depth(q[i]));
            for (int i = 0; i < 4 && d > -1 && d <= 0; i++) /* a sensor is a third of a degree */
                d = fmax(d, deepest(q[i], q[(i + 1) % 4]));
            tell(corner, "corner", id, sensor[s].name);
            tell(either(in, poly), "trim", id, sensor[s].name);
            tell(poly, "poly", id, sensor[s].name);
            tell(sign(d), "exact", id, sensor[s].name);
        }
    return 0;
}
