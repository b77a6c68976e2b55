/* How many visits see each place: by turning the place before the camera of each visit near it, and
 * looking up in a map of the focal plane which sensor is there. */
#include "config.h"

#include "chart/coverage.h"
#include "util/parallel.h"

#include <math.h>
#include <stdlib.h>

enum { RASTER = 512, PART = 256 };

struct looked_for {
    double key;
    double at[3];
    uint32_t place;
};

struct looking {
    const struct coverage *c;
    uint32_t *depth;
    size_t n;
    struct looked_for *order; /* neighbours together, so that a part of them is a small cap */
    struct sky_frame *frame;  /* of each visit */
    uint32_t *touching;       /* visits with a sensor that was kept */
    bool *whole;              /* of each of these: all sensors were kept */
    uint32_t ntouching;
    /* The focal plane, as the gnomonic projection shows it: sensor + 1, or 0. */
    uint32_t *raster;
    double half, cos_radius;
};

static void
draw_sensors(struct looking *l)
{
    const struct sky_camera *camera = l->c->camera;
    for (uint32_t s = (uint32_t)camera->n; s-- > 0;) { /* the first of two in one place counts */
        const struct sky_quad *q = &camera->sensor[s];
        double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < 2; k++) {
                double at = (q->corner[i][k] / q->corner[i][2] / l->half + 1) / 2 * RASTER;
                lo[k] = fmin(lo[k], at);
                hi[k] = fmax(hi[k], at);
            }
        for (int y = (int)fmax(0, lo[1]); y <= fmin(RASTER - 1, hi[1]); y++)
            for (int x = (int)fmax(0, lo[0]); x <= fmin(RASTER - 1, hi[0]); x++) {
                const double d[3] = {((x + .5) / RASTER * 2 - 1) * l->half,
                    ((y + .5) / RASTER * 2 - 1) * l->half, 1};
                if (vec_dot(d, q->normal[0]) >= 0 && vec_dot(d, q->normal[1]) >= 0 &&
                    vec_dot(d, q->normal[2]) >= 0 && vec_dot(d, q->normal[3]) >= 0)
                    l->raster[y * RASTER + x] = s + 1;
            }
    }
}

static inline bool
sees(const struct looking *l, uint32_t visit, bool whole, const double place[3])
{
    double d[3];
    vec_turn_back(&l->frame[visit], place, d);
    if (d[2] < l->cos_radius)
        return false;
    double k = RASTER / (2 * l->half * d[2]);
    int x = (int)(d[0] * k + RASTER / 2), y = (int)(d[1] * k + RASTER / 2);
    if ((unsigned)x >= RASTER || (unsigned)y >= RASTER)
        return false;
    uint32_t s = l->raster[y * RASTER + x];
    return s && (whole || coverage_bit(l->c, l->c->kept, visit, s - 1));
}

static void
look(void *arg, unsigned part)
{
    struct looking *l = arg;
    size_t first = (size_t)part * PART, n = l->n - first < PART ? l->n - first : PART;
    const struct looked_for *at = l->order + first;
    uint32_t count[PART] = {0};
    /* A cap that holds all these places. */
    double middle[3] = {0}, radius = 0;
    for (size_t k = 0; k < n; k++)
        vec_mix(1, middle, 1, at[k].at, middle);
    vec_unit(middle);
    for (size_t k = 0; k < n; k++)
        radius = fmax(radius, vec_angle(middle, at[k].at));
    double far = cos(fmin(M_PI, radius + l->c->camera->radius + 1e-9));
    for (uint32_t i = 0; i < l->ntouching; i++) {
        uint32_t v = l->touching[i];
        const struct sky_frame *f = &l->frame[v];
        if (middle[0] * f->m[0][2] + middle[1] * f->m[1][2] + middle[2] * f->m[2][2] < far)
            continue;
        for (size_t k = 0; k < n; k++)
            count[k] += sees(l, v, l->whole[i], at[k].at);
    }
    for (size_t k = 0; k < n; k++)
        l->depth[at[k].place] = count[k];
}

/* Zones of declination, in each by ra. */
static void
order_places(struct looking *l, const double (*place)[3])
{
    double zone = fmax(l->c->camera->radius / 2, 0.001);
    for (uint32_t i = 0; i < l->n; i++) {
        double ra, dec;
        sky_radec(place[i], &ra, &dec);
        l->order[i] = (struct looked_for){floor((dec + M_PI_2) / zone) * 2 * M_PI + ra,
            {place[i][0], place[i][1], place[i][2]}, i};
    }
}

static int
by_key(const void *a, const void *b)
{
    double x = ((const struct looked_for *)a)->key, y = ((const struct looked_for *)b)->key;
    return x < y ? -1 : x > y;
}

void
coverage_depth(const struct coverage *c, size_t n, const double (*place)[3], uint32_t *depth)
{
    struct looking l = {.c = c, .depth = depth, .n = n};
    l.order = xcalloc(n + 1, sizeof *l.order);
    l.frame = xcalloc(c->pointing.n + 1, sizeof *l.frame);
    l.touching = xcalloc(c->pointing.n + 1, sizeof *l.touching);
    l.whole = xcalloc(c->pointing.n + 1, sizeof *l.whole);
    l.raster = xcalloc(RASTER * RASTER, sizeof *l.raster);
    l.half = tan(fmin(c->camera->radius, 1.5)) * 1.001;
    l.cos_radius = cos(fmin(c->camera->radius, 1.5) + 1e-9);
    draw_sensors(&l);
    for (uint32_t v = 0; v < c->pointing.n; v++)
        if (coverage_count(c, c->kept, v)) {
            l.whole[l.ntouching] = coverage_count(c, c->kept, v) == c->camera->n;
            l.touching[l.ntouching++] = v;
            sky_pointing(c->pointing.ra[v], c->pointing.dec[v], c->pointing.phi[v], &l.frame[v]);
        }
    order_places(&l, place);
    qsort(l.order, n, sizeof *l.order, by_key);
    parallel_for((unsigned)((n + PART - 1) / PART), look, &l);
    free(l.order);
    free(l.frame);
    free(l.touching);
    free(l.whole);
    free(l.raster);
}
