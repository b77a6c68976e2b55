/* Which part of the sky a map shows, and how deep it is there. */
#include "config.h"

#include "chart/picture.h"

#include "sky/trim.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 620, LEFT = 70, TOP = 92, MOST_TRIED = 60000000 };
static const double RADIANS = 0.017453292519943295;   /* of a degree */
static const double HALF_OF_SKY = 1.0471975511965976; /* a part is no larger: 60 degrees */

void
view_at(const struct view *v, const double place[3], double *px, double *py)
{
    double x, y;
    projection_to(&v->projection, place, &x, &y);
    *px = v->left + v->width / 2 + (x - v->x) * v->scale;
    *py = v->top + v->height / 2 - (y - v->y) * v->scale;
}

bool
view_place(const struct view *v, double px, double py, double place[3])
{
    return projection_from(&v->projection, (px - v->left - v->width / 2) / v->scale + v->x,
        (v->top + v->height / 2 - py) / v->scale + v->y, place);
}

bool
view_holds(const struct view *v, double px, double py, double slack)
{
    return px >= v->left - slack && px <= v->left + v->width + slack && py >= v->top - slack &&
           py <= v->top + v->height + slack;
}

/* --- what there is to see --- */

struct places {
    double (*at)[3];
    size_t n, cap;
};

static void
add_place(void *arg, const double place[3], bool first)
{
    struct places *p = arg;
    (void)first;
    ARRAY_GROW(p->at, p->n, p->cap);
    memcpy(p->at[p->n++], place, sizeof *p->at);
}

/* Where visits with sensors (all, if none has any) point to. */
static void
add_visits(const struct coverage *c, struct places *p)
{
    for (uint32_t v = 0; v < c->pointing.n; v++) {
        double place[3];
        if (c->ntouching && !coverage_count(c, c->kept, v))
            continue;
        sky_direction(c->pointing.ra[v], c->pointing.dec[v], place);
        add_place(p, place, false);
    }
}

/* The middle of a cap that holds them all, and not much more: Badoiu & Clarkson 2003 (step towards
 * the farthest, ever less). Its half angle is the result. */
static double
enclose(const struct places *p, double middle[3])
{
    memset(middle, 0, 3 * sizeof *middle);
    for (size_t i = 0; i < p->n; i++)
        vec_mix(1, middle, 1, p->at[i], middle);
    if (!(vec_unit(middle) > 1e-6 * (double)p->n)) {
        sky_direction(0, 0, middle);
        return M_PI;
    }
    size_t far = 0;
    for (int step = 1; step <= 60; step++) {
        double least = 2;
        for (size_t i = 0; i < p->n; i++) {
            double d = vec_dot(middle, p->at[i]);
            if (d < least) {
                least = d;
                far = i;
            }
        }
        if (step == 60)
            break;
        vec_mix(1 - 1. / (step + 1), middle, 1. / (step + 1), p->at[far], middle);
        vec_unit(middle);
    }
    return vec_angle(middle, p->at[far]);
}

struct frame {
    const struct projection *projection;
    double lo[2], hi[2];
};

static void
frame_place(struct frame *f, const double place[3], double around)
{
    double x[2];
    projection_to(f->projection, place, &x[0], &x[1]);
    for (int k = 0; k < 2; k++) {
        f->lo[k] = fmin(f->lo[k], x[k] - around);
        f->hi[k] = fmax(f->hi[k], x[k] + around);
    }
}

/* The sensors that are kept, as far as they reach beyond the frame. */
static void
frame_sensors(const struct coverage *c, struct frame *f)
{
    double reach = 1.3 * c->camera->radius;
    for (uint32_t v = 0; v < c->pointing.n; v++) {
        struct sky_frame turn;
        struct frame own = {f->projection, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}};
        sky_pointing(c->pointing.ra[v], c->pointing.dec[v], c->pointing.phi[v], &turn);
        const double axis[3] = {turn.m[0][2], turn.m[1][2], turn.m[2][2]};
        frame_place(&own, axis, reach);
        if (own.lo[0] >= f->lo[0] && own.lo[1] >= f->lo[1] && own.hi[0] <= f->hi[0] &&
            own.hi[1] <= f->hi[1])
            continue;
        for (uint32_t s = 0; s < c->camera->n; s++) {
            double place[3];
            if (c->ntouching && !coverage_bit(c, c->kept, v, s))
                continue;
            vec_turn(&turn, c->camera->sensor[s].centre, place);
            frame_place(f, place, c->camera->sensor[s].radius);
        }
    }
}

static void
frame_part(const struct coverage *c, const struct places *p, const double middle[3], struct view *v)
{
    struct frame f = {&v->projection, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}};
    projection_part(middle, &v->projection);
    for (size_t i = 0; i < p->n; i++)
        frame_place(&f, p->at[i], 0);
    frame_sensors(c, &f);
    const double *lo = f.lo, *hi = f.hi;
    double width = fmax(hi[0] - lo[0], 1e-6), height = fmax(hi[1] - lo[1], 1e-6);
    double margin = 0.04 * fmax(width, height);
    width += 2 * margin;
    height += 2 * margin;
    v->x = (lo[0] + hi[0]) / 2;
    v->y = (lo[1] + hi[1]) / 2;
    v->height = round(fmax(400, fmin(640, WIDTH * height / width)));
    v->scale = fmin(v->width / width, v->height / height);
}

/* Where the middle of a map of these is best; how far they are from it. */
static double
find_middle(const struct places *p, double middle[3])
{
    double radius = enclose(p, middle);
    if (fabs(middle[2]) > cos(0.15 * radius)) { /* a pole is in the middle, or should be */
        middle[0] = middle[1] = 0;
        middle[2] = middle[2] < 0 ? -1 : 1;
    }
    return radius;
}

static void
whole_sky(const double middle[3], struct view *v)
{
    double ra = 0, dec;
    if (hypot(middle[0], middle[1]) > 0.3)
        sky_radec(middle, &ra, &dec);
    projection_whole(round(ra / (30 * RADIANS)) * 30 * RADIANS, &v->projection);
    v->height = round(v->width / 2. + 40);
    v->scale = (v->width - 4) / (4 * M_SQRT2);
}

static void
choose_view(const struct coverage *c, struct view *v)
{
    struct places p = {0};
    double middle[3];
    add_visits(c, &p);
    for (unsigned i = 0; i < c->nregions; i++)
        sky_boundary(c->region[i].region, RADIANS, add_place, &p);
    *v = (struct view){.left = LEFT, .top = TOP, .width = WIDTH};
    if (find_middle(&p, middle) < HALF_OF_SKY)
        frame_part(c, &p, middle, v);
    else
        whole_sky(middle, v);
    free(p.at);
}

void
view_of_places(double (*at)[3], size_t n, double around, struct view *v)
{
    struct places p = {at, n, n};
    double middle[3];
    if (find_middle(&p, middle) >= HALF_OF_SKY) {
        whole_sky(middle, v);
        return;
    }
    struct frame f = {&v->projection, {INFINITY, INFINITY}, {-INFINITY, -INFINITY}};
    projection_part(middle, &v->projection);
    for (size_t i = 0; i < n; i++)
        frame_place(&f, at[i], around);
    double width = f.hi[0] - f.lo[0], height = f.hi[1] - f.lo[1];
    v->x = (f.lo[0] + f.hi[0]) / 2;
    v->y = (f.lo[1] + f.hi[1]) / 2;
    v->height = round(fmax(0.5 * v->width, fmin(v->width, v->width * height / width)));
    v->scale = fmin(v->width / width, v->height / height);
}

/* --- how deep it is --- */

static int
by_count(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static bool
in_regions(const struct coverage *c, const double place[3])
{
    for (unsigned i = 0; i < c->nregions; i++)
        if (sky_contains(c->region[i].region, place))
            return true;
    return false;
}

void
depth_map_make(const struct coverage *c, struct depth_map *m)
{
    *m = (struct depth_map){0};
    choose_view(c, &m->view);
    const struct view *v = &m->view;
    m->cell = c->ntouching <= 100 || v->projection.whole ? 2 : 4;
    /* Fewer, if all visits look at one place: each is tried on all cells that its camera sees. */
    double radius = c->camera->radius * v->scale,
           seen = fmin(v->width * v->height, M_PI * radius * radius);
    m->cell = fmax(m->cell, ceil(sqrt(c->ntouching * seen / MOST_TRIED)));
    m->nx = (unsigned)ceil(v->width / m->cell);
    m->ny = (unsigned)ceil(v->height / m->cell);
    size_t n = (size_t)m->nx * m->ny, there = 0;
    m->count = xcalloc(n, sizeof *m->count);
    m->inside = xcalloc(n, sizeof *m->inside);
    uint32_t *depth = xcalloc(n, sizeof *depth), *cell = xcalloc(n, sizeof *cell);
    double(*place)[3] = xcalloc(n, sizeof *place);
    for (size_t i = 0; i < n; i++) {
        m->count[i] = UINT32_MAX;
        double px = v->left + ((double)(i % m->nx) + .5) * m->cell,
               py = v->top + ((double)(i / m->nx) + .5) * m->cell;
        if (view_place(v, px, py, place[there]))
            cell[there++] = (uint32_t)i;
    }
    coverage_depth(c, there, place, depth);
    for (size_t i = 0; i < there; i++) {
        m->count[cell[i]] = depth[i];
        m->most = depth[i] > m->most ? depth[i] : m->most;
        if (c->nregions ? in_regions(c, place[i]) : depth[i] > 0)
            m->inside[m->ninside++] = depth[i];
    }
    qsort(m->inside, m->ninside, sizeof *m->inside, by_count);
    /* What is seen often is told apart better where what is seen seldom is not. */
    m->base = 1;
    if (m->ninside && m->inside[m->ninside / 20] > 24)
        m->base = m->inside[m->ninside / 20] / 2;
    free(place);
    free(cell);
    free(depth);
}

struct coverage_depths
depth_map_inside(const struct depth_map *m)
{
    double side = m->cell / m->view.scale;
    return (struct coverage_depths){m->inside, m->ninside, side * side};
}

void
depth_map_free(struct depth_map *m)
{
    free(m->count);
    free(m->inside);
    *m = (struct depth_map){0};
}
