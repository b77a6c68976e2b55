/* Seen from above the axis of the camera, places lie in the unit disc, and so do sensors. A grid
 * over the part with sensors tells for each cell which of them may hold a place in it; only these
 * are compared. Nearly all objects of a catalog are near one or two sensors of hundreds. */
#include "config.h"

#include "sky/count.h"

#include "util/buf.h"

#include <stdlib.h>

enum { MOST_CELLS = 256 }; /* on a side */

#define SLACK 1e-9

struct sky_counter {
    const struct sky_camera *camera;
    double below;                /* sine of the margin */
    double chord2;               /* of the margin, squared */
    double x0, y0, per_x, per_y; /* the first cell's corner, and cells a unit */
    unsigned side;
    uint32_t *start, *sensor; /* the sensors of cell i: sensor[start[i] .. start[i + 1] - 1] */
};

/* Cells from .. to that the interval a .. b may have a place in. */
static void
cells(double a, double b, double first, double per, unsigned side, unsigned *from, unsigned *to)
{
    double i = floor((a - first) * per), k = floor((b - first) * per);
    *from = i > 0 ? (unsigned)i : 0;
    *to = k < side - 1 ? (unsigned)k : side - 1;
}

struct box {
    double x0, y0, x1, y1;
};

/* A cap of this radius holds the sensor, and no place of it is farther from its centre than the
 * radius, seen from above. */
static struct box
box_of(const struct sky_quad *q, double margin)
{
    double r = q->radius + margin + SLACK;
    return (struct box){q->centre[0] - r, q->centre[1] - r, q->centre[0] + r, q->centre[1] + r};
}

/* Counts the sensors of each cell (sensor == NULL), or enters them. */
static void
enter_all(struct sky_counter *k, double margin, bool count)
{
    for (size_t s = 0; s < k->camera->n; s++) {
        struct box b = box_of(&k->camera->sensor[s], margin);
        unsigned x0, x1, y0, y1;
        cells(b.x0, b.x1, k->x0, k->per_x, k->side, &x0, &x1);
        cells(b.y0, b.y1, k->y0, k->per_y, k->side, &y0, &y1);
        for (unsigned y = y0; y <= y1; y++)
            for (unsigned x = x0; x <= x1; x++) {
                uint32_t *at = &k->start[y * k->side + x];
                if (count)
                    at[2]++;
                else
                    k->sensor[at[1]++] = (uint32_t)s;
            }
    }
}

struct sky_counter *
sky_counter_new(const struct sky_camera *c, double margin)
{
    struct sky_counter *k = xcalloc(1, sizeof *k);
    struct box all = {0};
    k->camera = c;
    k->below = sin(margin);
    k->chord2 = 4 * sin(margin / 2) * sin(margin / 2);
    for (size_t s = 0; s < c->n; s++) {
        struct box b = box_of(&c->sensor[s], margin);
        all.x0 = s ? fmin(all.x0, b.x0) : b.x0;
        all.y0 = s ? fmin(all.y0, b.y0) : b.y0;
        all.x1 = s ? fmax(all.x1, b.x1) : b.x1;
        all.y1 = s ? fmax(all.y1, b.y1) : b.y1;
    }
    double side = ceil(4 * sqrt((double)c->n));
    k->side = side < 1 ? 1 : side > MOST_CELLS ? MOST_CELLS : (unsigned)side;
    k->x0 = all.x0;
    k->y0 = all.y0;
    k->per_x = all.x1 > all.x0 ? k->side / (all.x1 - all.x0) : 0;
    k->per_y = all.y1 > all.y0 ? k->side / (all.y1 - all.y0) : 0;
    size_t n = (size_t)k->side * k->side;
    k->start = xcalloc(n + 2, sizeof *k->start);
    enter_all(k, margin, true);
    for (size_t i = 2; i < n + 2; i++)
        k->start[i] += k->start[i - 1];
    k->sensor = xcalloc((size_t)k->start[n + 1] + 1, sizeof *k->sensor);
    enter_all(k, margin, false);
    return k;
}

void
sky_counter_free(struct sky_counter *k)
{
    if (!k)
        return;
    free(k->start);
    free(k->sensor);
    free(k);
}

static double
chord2(const double a[3], const double b[3])
{
    double d[3];
    vec_mix(1, a, -1, b, d);
    return vec_dot(d, d);
}

/* Is p, outside of the quadrilateral, within the margin of one of its edges? Of an edge the nearest
 * place is where the perpendicular meets it, or else a corner. */
static bool
near_edge(const struct sky_counter *k, const struct sky_quad *q, const double p[3])
{
    for (int i = 0; i < 4; i++) {
        const double *a = q->corner[i], *b = q->corner[(i + 1) & 3], *n = q->normal[i];
        double above = vec_dot(n, p), foot[3], middle[3];
        if (chord2(p, a) <= k->chord2)
            return true;
        if (above > 0 || above < -k->below)
            continue;
        vec_mix(1, p, -above, n, foot);
        vec_mix(1, a, 1, b, middle);
        if (vec_unit(foot) > 0 && vec_dot(foot, middle) >= vec_dot(a, middle))
            return true;
    }
    return false;
}

static bool
falls_on(const struct sky_counter *k, const struct sky_quad *q, const double p[3])
{
    bool inside = true;
    for (int i = 0; i < 4; i++) {
        double above = vec_dot(q->normal[i], p);
        if (above < -k->below)
            return false;
        inside = inside && above >= 0;
    }
    return inside || near_edge(k, q, p);
}

void
sky_count(const struct sky_counter *k, const struct sky_frame *f, double ra, double dec,
    uint32_t *count)
{
    double p[3];
    sky_direction(ra, dec, p);
    vec_turn_back(f, p, p);
    double x = (p[0] - k->x0) * k->per_x, y = (p[1] - k->y0) * k->per_y;
    if (!(x >= 0 && y >= 0 && x < k->side && y < k->side))
        return;
    const uint32_t *at = &k->start[(unsigned)y * k->side + (unsigned)x];
    for (uint32_t i = at[0]; i < at[1]; i++)
        if (falls_on(k, &k->camera->sensor[k->sensor[i]], p))
            count[k->sensor[i]]++;
}
