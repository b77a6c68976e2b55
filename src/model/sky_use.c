#include "config.h"

#include "model/sky_use.h"

#include "model/expr.h"
#include "sky/horizon.h"
#include "util/buf.h"
#include "util/parallel.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double RADIANS = 0.017453292519943295; /* of a degree */

static int
by_size(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    if (x->tag != y->tag)
        return x->tag == VAL_INT ? vm_order(x->i, y->r) : -vm_order(y->i, x->r);
    return x->tag == VAL_INT ? (x->i > y->i) - (x->i < y->i) : (x->r > y->r) - (x->r < y->r);
}

static void
sort_members(struct arena *a, struct sky_use *x)
{
    const struct column *col = &x->members->col[x->column];
    uint32_t n = x->members->nrows;
    x->sorted = arena_alloc(a, n * sizeof *x->sorted);
    for (uint32_t i = 0; i < n; i++)
        x->sorted[i] = cell_value(NULL, col, i);
    qsort(x->sorted, n, sizeof *x->sorted, by_size);
}

uint32_t
sky_use_add(struct arena *a, struct sky_uses *u, struct sky_use use)
{
    for (uint32_t i = 0; i < u->n; i++) {
        const struct sky_use *x = u->use[i];
        if (x->what == use.what && x->visits == use.visits && x->sensors == use.sensors &&
            x->region == use.region && x->clear == use.clear && x->place[0] == use.place[0] &&
            x->place[1] == use.place[1] && x->members == use.members && x->column == use.column &&
            x->holes == use.holes)
            return i;
    }
    if (u->n == u->cap) {
        u->cap = u->cap ? u->cap * 2 : 8;
        struct sky_use **more = arena_alloc(a, u->cap * sizeof(struct sky_use *));
        if (u->n)
            memcpy(more, u->use, u->n * sizeof(struct sky_use *));
        u->use = more;
    }
    struct sky_use *x = arena_alloc(a, sizeof *x);
    *x = use;
    if (x->what == ASK_MEMBER)
        sort_members(a, x);
    u->use[u->n] = x;
    return u->n++;
}

/* --- preparing --- */

static double
real_at(const struct table *t, unsigned column, uint32_t row)
{
    return ((const double *)t->col[column].data)[row];
}

static bool
make_camera(struct arena *a, struct sky_use *x, const char **why, uint32_t *row)
{
    const struct table *t = x->sensors;
    const struct camera_facts *f = t->camera;
    struct sky_outline *o = xcalloc((size_t)t->nrows + 1, sizeof *o);
    for (uint32_t i = 0; i < t->nrows; i++)
        o[i] = (struct sky_outline){real_at(t, f->x, i), real_at(t, f->y, i),
            real_at(t, f->width, i), real_at(t, f->height, i),
            f->yaw < 0 ? 0 : real_at(t, (unsigned)f->yaw, i) * RADIANS};
    const struct sky_optics optics = {.scale = f->scale,
        .c3 = f->c3,
        .c5 = f->c5,
        .mirrored = f->mirrored};
    size_t which;
    x->camera = sky_camera_new(a, &optics, t->nrows, o, why, &which);
    free(o);
    *row = which < t->nrows ? (uint32_t)which : UINT32_MAX;
    return x->camera != NULL;
}

static void
make_pointings(struct arena *a, struct sky_use *x)
{
    const struct table *t = x->visits;
    const struct visit_facts *f = t->visits;
    double *v = arena_alloc(a, 3 * (size_t)t->nrows * sizeof *v), *ra = v, *dec = v + t->nrows,
           *phi = dec + t->nrows;
    for (uint32_t i = 0; i < t->nrows; i++) {
        ra[i] = real_at(t, f->ra, i) * RADIANS;
        dec[i] = real_at(t, f->dec, i) * RADIANS;
        phi[i] = sky_position_angle(f->rotation, real_at(t, (unsigned)f->angle, i) * RADIANS);
    }
    x->pointing = (struct sky_visits){t->nrows, ra, dec, phi};
}

enum { PART = 256 }; /* visits that a thread takes at a time */

static void
span_part(const struct sky_use *x, const struct sky_visits *v, uint64_t *out)
{
    size_t words = sky_words(x->camera);
    for (size_t i = 0; i < v->n; i++) {
        /* no corner's declination is farther than the camera's radius from the pointing's */
        if (fabs(v->dec[i] - x->place[1]) > x->camera->radius + 1e-9)
            continue;
        struct sky_frame frame;
        sky_pointing(v->ra[i], v->dec[i], v->phi[i], &frame);
        for (size_t s = 0; s < x->camera->n; s++) {
            struct sky_quad quad;
            sky_turn(&frame, &x->camera->sensor[s], &quad);
            if (sky_spans(&quad, x->place[0], x->place[1]))
                out[i * words + s / 64] |= (uint64_t)1 << s % 64;
        }
    }
}

static void
trim_part(void *arg, unsigned part)
{
    struct sky_use *x = arg;
    size_t first = (size_t)part * PART, left = x->pointing.n - first;
    const struct sky_visits v = {left < PART ? left : PART, x->pointing.ra + first,
        x->pointing.dec + first, x->pointing.phi + first};
    uint64_t *out = x->kept + first * sky_words(x->camera);
    if (x->what == ASK_SPANS) {
        span_part(x, &v, out);
        return;
    }
    if (x->what != ASK_AMBIGUOUS) {
        sky_trim(x->region, x->camera, &v, x->what == ASK_OVERLAPS ? SKY_OVERLAPS : SKY_CORNER_IN,
            out, 0, NULL);
        return;
    }
    uint64_t *kept = xcalloc(v.n * sky_words(x->camera), sizeof *kept);
    sky_trim(x->region, x->camera, &v, SKY_OVERLAPS, kept, x->clear, out);
    free(kept);
}

/* The catalogs' paths are copied: the pool may move while threads read them. */
static void
make_objects(struct arena *a, const struct strpool *pool, struct sky_use *x)
{
    const struct table *t = x->visits;
    const uint32_t *cell = t->col[t->visits->path].data;
    const char **path = arena_alloc(a, t->nrows * sizeof *path);
    for (uint32_t i = 0; i < t->nrows; i++)
        path[i] = arena_text(a, strpool_get(pool, cell[i]), strpool_len(pool, cell[i]));
    x->objects = objects_new(x->camera, x->clear, &x->pointing, path);
}

bool
sky_use_prepare(struct arena *a, const struct strpool *pool, struct sky_uses *u, uint32_t number,
    const char **why, uint32_t *row)
{
    struct sky_use *x = u->use[number];
    if (!x->visits || x->camera || x->why)
        return true;
    if (!make_camera(a, x, why, row))
        return false;
    make_pointings(a, x);
    if (x->what == ASK_OBJECTS) {
        make_objects(a, pool, x);
    } else if (x->what != ASK_MARGIN) {
        x->kept = xcalloc(x->pointing.n * sky_words(x->camera) + 1, sizeof *x->kept);
        parallel_for((unsigned)((x->pointing.n + PART - 1) / PART), trim_part, x);
    }
    return true;
}

void
sky_uses_free(struct sky_uses *u)
{
    for (uint32_t i = 0; i < u->n; i++) {
        free(u->use[i]->kept);
        objects_free(u->use[i]->objects);
    }
    *u = (struct sky_uses){0};
}

/* --- answering --- */

static double
margin(const struct sky_use *x, uint32_t visit, uint32_t sensor)
{
    struct sky_frame frame;
    struct sky_quad quad;
    sky_pointing(x->pointing.ra[visit], x->pointing.dec[visit], x->pointing.phi[visit], &frame);
    sky_turn(&frame, &x->camera->sensor[sensor], &quad);
    return sky_margin(x->region, &quad);
}

/* What functions of numbers and angles are given. */
enum { ANY_ANGLE, LATITUDE, DECLINATION, ALTITUDE, MJD };

static double
number_of(const struct value *v)
{
    return v->tag == VAL_INT ? (double)v->i : v->r;
}

/* Takes the n arguments, and looks whether they can be what they are meant as. */
static bool
take(const struct value *args, unsigned n, const uint8_t *kind, double *out, const char **why)
{
    static const char *const wrong[] = {"this angle is no number",
        "a latitude lies between -90 and 90 deg", "a declination lies between -90 and 90 deg",
        "an altitude lies between -90 and 90 deg",
        "this is no MJD, which is a Julian date less 2400000.5"};
    for (unsigned i = 0; i < n; i++) {
        out[i] = number_of(&args[i]);
        double most = kind[i] == ANY_ANGLE ? DBL_MAX : kind[i] == MJD ? 1e6 : M_PI_2 + 1e-12;
        if (fabs(out[i]) <= most)
            continue;
        *why = wrong[kind[i]];
        return false;
    }
    return true;
}

bool
sky_answer(const void *arg, uint32_t number, uint32_t visit, uint32_t sensor,
    const struct value *args, struct value *out, const char **why)
{
    const struct sky_use *x = ((const struct sky_uses *)arg)->use[number];
    const uint32_t *count;
    double place[3], v[4];
    out->tag = VAL_BOOL;
    *why = x->why;
    if (x->why)
        return false;
    switch (x->what) {
    case ASK_OVERLAPS:
    case ASK_CORNER_IN:
    case ASK_AMBIGUOUS:
    case ASK_SPANS:
        out->i = x->kept[visit * sky_words(x->camera) + sensor / 64] >> sensor % 64 & 1;
        break;
    case ASK_MARGIN:
        out->tag = VAL_REAL;
        out->r = margin(x, visit, sensor);
        break;
    case ASK_OBJECTS:
        count = objects_of(x->objects, visit, why);
        out->tag = VAL_INT;
        out->i = count ? count[sensor] : 0;
        return count != NULL;
    case ASK_CONTAINS:
        if (!take(args, 2, (const uint8_t[]){ANY_ANGLE, DECLINATION}, v, why))
            return false;
        sky_direction(v[0], v[1], place);
        out->i = sky_contains(x->region, place);
        break;
    case ASK_SEPARATION:
        if (!take(args, 4, (const uint8_t[]){ANY_ANGLE, DECLINATION, ANY_ANGLE, DECLINATION}, v,
                why))
            return false;
        *out = (struct value){.tag = VAL_REAL, .r = sky_separation(v[0], v[1], v[2], v[3])};
        break;
    case ASK_MEMBER:
        out->i = bsearch(args, x->sorted, x->members->nrows, sizeof *x->sorted, by_size) != NULL;
        break;
    case ASK_KNOWN:
        out->i = !holes_at(x->holes, visit);
        break;
    case ASK_PARALLACTIC:
        if (!take(args, 3, (const uint8_t[]){ANY_ANGLE, DECLINATION, LATITUDE}, v, why))
            return false;
        *out = (struct value){.tag = VAL_REAL, .r = sky_parallactic(v[0], v[1], v[2])};
        break;
    case ASK_PARALLACTIC_ALTAZ:
        if (!take(args, 3, (const uint8_t[]){ALTITUDE, ANY_ANGLE, LATITUDE}, v, why))
            return false;
        *out = (struct value){.tag = VAL_REAL, .r = sky_parallactic_altaz(v[0], v[1], v[2])};
        break;
    case ASK_SIDEREAL:
        if (!take(args, 2, (const uint8_t[]){MJD, ANY_ANGLE}, v, why))
            return false;
        *out = (struct value){.tag = VAL_REAL, .r = sky_sidereal(v[0], v[1])};
        break;
    }
    return true;
}
