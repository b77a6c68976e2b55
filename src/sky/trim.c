/* Many sensors against one region. What is far from the boundary is decided for a whole visit, or
 * by one look at a sensor's centre; only sensors that may touch the boundary are compared with it,
 * and that in the camera's frame: it is the few pieces of boundary that are turned, not the many
 * sensors. */
#include "config.h"

#include "sky/region-private.h"
#include "sky/trim.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

#define CAP_SLACK 1e-9

/* When may a piece be within an angle of a place? Cosine of the distance from its cap's centre, and
 * sine of that from its chord's great circle. */
struct reach {
    double cap, chord;
};

/* A piece near the camera of the current visit. */
struct near {
    struct reach reach;
    double centre[3], normal[3]; /* of the piece, here to be near to each other in memory */
    struct sky_piece piece;      /* in the camera's frame */
};

struct trim {
    const struct sky_region *region;
    const struct sky_camera *camera;
    struct reach *camera_reach, *sensor_reach; /* for each piece */
    double *group_reach;                       /* cosines */
    struct near *near;
    size_t nnear;
};

static double
cap_reach(double angle)
{
    return angle < M_PI ? cos(angle) : -2;
}

static struct reach
reach_of(const struct sky_piece *p, double radius)
{
    double across = p->dev + radius + CAP_SLACK;
    return (
        struct reach){cap_reach(p->half + radius + CAP_SLACK), across < M_PI_2 ? sin(across) : 2};
}

static inline bool
in_reach(const double centre[3], const double normal[3], struct reach reach, const double place[3])
{
    return vec_dot(centre, place) >= reach.cap && fabs(vec_dot(normal, place)) <= reach.chord;
}

static void
find_near(struct trim *t, const struct sky_frame *f)
{
    const struct sky_region *r = t->region;
    const double axis[3] = {f->m[0][2], f->m[1][2], f->m[2][2]};
    t->nnear = 0;
    for (size_t g = 0; g < r->ngroups; g++) {
        if (vec_dot(r->group[g].centre, axis) < t->group_reach[g])
            continue;
        for (size_t i = r->group[g].from; i < r->group[g].to; i++)
            if (in_reach(r->piece[i].centre, r->piece[i].normal, t->camera_reach[i], axis)) {
                struct near *n = &t->near[t->nnear++];
                n->reach = t->sensor_reach[i];
                piece_before(&r->piece[i], f, &n->piece);
                memcpy(n->centre, n->piece.centre, sizeof n->centre);
                memcpy(n->normal, n->piece.normal, sizeof n->normal);
            }
    }
}

static inline bool
near_sensor(const struct near *n, const struct sky_quad *q)
{
    return in_reach(n->centre, n->normal, n->reach, q->centre);
}

static bool
comes_near(const struct trim *t, const struct sky_quad *q)
{
    for (size_t i = 0; i < t->nnear; i++)
        if (near_sensor(&t->near[i], q))
            return true;
    return false;
}

static bool
meets(const struct trim *t, const struct sky_quad *q, const struct sky_frame *f)
{
    for (size_t i = 0; i < t->nnear; i++)
        if (near_sensor(&t->near[i], q) && piece_meets(&t->near[i].piece, q, f))
            return true;
    return false;
}

static bool
contains_turned(const struct sky_region *r, const struct sky_frame *f, const double before[3])
{
    double place[3];
    vec_turn(f, before, place);
    return sky_contains(r, place);
}

static bool
passes(const struct trim *t, const struct sky_frame *f, const struct sky_quad *q,
    enum sky_test test)
{
    if (test == SKY_OVERLAPS)
        return meets(t, q, f) || contains_turned(t->region, f, q->centre);
    if (!comes_near(t, q))
        return contains_turned(t->region, f, q->centre);
    for (int i = 0; i < 4; i++)
        if (contains_turned(t->region, f, q->corner[i]))
            return true;
    return false;
}

static void
prepare(struct trim *t, double slack)
{
    const struct sky_region *r = t->region;
    t->camera_reach = xmalloc(r->n * sizeof *t->camera_reach + 1);
    t->sensor_reach = xmalloc(r->n * sizeof *t->sensor_reach + 1);
    t->group_reach = xmalloc(r->ngroups * sizeof *t->group_reach + 1);
    t->near = xmalloc(r->n * sizeof *t->near + 1);
    for (size_t i = 0; i < r->n; i++) {
        t->camera_reach[i] = reach_of(&r->piece[i], t->camera->radius + slack);
        t->sensor_reach[i] = reach_of(&r->piece[i], t->camera->sensor_radius + slack);
    }
    for (size_t g = 0; g < r->ngroups; g++)
        t->group_reach[g] = cap_reach(r->group[g].half + t->camera->radius + slack + CAP_SLACK);
}

size_t
sky_trim(const struct sky_region *r, const struct sky_camera *c, const struct sky_visits *visits,
    enum sky_test test, uint64_t *kept, double clear, uint64_t *ambiguous)
{
    size_t words = sky_words(c), count = 0;
    struct trim t = {.region = r, .camera = c};
    prepare(&t, ambiguous ? clear : 0);
    memset(kept, 0, visits->n * words * sizeof *kept);
    if (ambiguous)
        memset(ambiguous, 0, visits->n * words * sizeof *ambiguous);
    for (size_t v = 0; v < visits->n; v++) {
        struct sky_frame f;
        const double axis[3] = {0, 0, 1};
        uint64_t *row = kept + v * words;
        sky_pointing(visits->ra[v], visits->dec[v], visits->phi[v], &f);
        find_near(&t, &f);
        bool all = t.nnear == 0 && contains_turned(r, &f, axis);
        if (t.nnear == 0 && !all)
            continue;
        for (size_t s = 0; s < c->n; s++) {
            const struct sky_quad *q = &c->sensor[s];
            if (all || passes(&t, &f, q, test)) {
                row[s / 64] |= (uint64_t)1 << (s % 64);
                count++;
            }
            if (ambiguous && comes_near(&t, q)) {
                struct sky_quad turned;
                sky_turn(&f, q, &turned);
                if (fabs(region_margin(r, &turned, clear)) < clear)
                    ambiguous[v * words + s / 64] |= (uint64_t)1 << (s % 64);
            }
        }
    }
    free(t.camera_reach);
    free(t.sensor_reach);
    free(t.group_reach);
    free(t.near);
    return count;
}
