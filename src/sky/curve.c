#include "config.h"

#include "sky/curve.h"

#include "util/buf.h"
#include "util/list.h"

/* A chord this near to its curve stands for it. */
#define FLAT 1e-13

/* Halving divides dev by a little less than four, for stretches as short as those here. */
#define HALVED 0.26

/* What a piece is cut into while something is decided about it. */
struct stretch {
    double a[3], b[3], t0, t1, dev;
};

void
curve_at(const struct sky_curve *c, double t, double out[3])
{
    if (c->side) {
        double ra = c->ra_mid + c->half_width / cos(t);
        sky_direction(ra, t, out);
        return;
    }
    double x = c->s * cos(t), y = c->s * sin(t);
    for (int i = 0; i < 3; i++)
        out[i] = c->d * c->k[i] + x * c->u[i] + y * c->v[i];
}

double
curve_param(const struct sky_curve *c, const double p[3], double near)
{
    if (c->side)
        return atan2(p[2], hypot(p[0], p[1]));
    return near + remainder(atan2(vec_dot(p, c->v), vec_dot(p, c->u)) - near, 2 * M_PI);
}

struct sky_curve
curve_great(const double a[3], const double b[3], double *length)
{
    struct sky_curve c = {.s = 1, .u = {a[0], a[1], a[2]}};
    vec_normal(a, b, c.k);
    vec_cross(c.k, a, c.v);
    *length = vec_angle(a, b);
    return c;
}

struct sky_curve
curve_circle(const double k[3], double r)
{
    struct sky_curve c = {.d = cos(r), .s = sin(r), .k = {k[0], k[1], k[2]}};
    /* any direction that is square to k: away from k's largest part */
    double other[3] = {0};
    other[fabs(k[0]) < 0.5 ? 0 : fabs(k[1]) < 0.5 ? 1 : 2] = 1;
    vec_cross(k, other, c.u);
    vec_unit(c.u);
    vec_cross(k, c.u, c.v);
    return c;
}

struct sky_curve
curve_parallel(double dec)
{
    return (struct sky_curve){.d = sin(dec),
        .s = cos(dec),
        .k = {0, 0, 1},
        .u = {1, 0, 0},
        .v = {0, 1, 0}};
}

static bool
curve_same(const struct sky_curve *a, const struct sky_curve *b)
{
    if (a == b)
        return true;
    if (a->side != b->side)
        return false;
    if (a->side)
        return fabs(remainder(a->ra_mid - b->ra_mid, 2 * M_PI)) < FLAT &&
               fabs(a->half_width - b->half_width) < FLAT;
    double way = vec_dot(a->k, b->k) < 0 ? -1 : 1, k[3];
    vec_mix(way, b->k, 0, b->k, k);
    return vec_chord(a->k, k) < FLAT && fabs(a->d - way * b->d) < FLAT && fabs(a->s - b->s) < FLAT;
}

/* The bound of |p'' + p| in a stretch of a side; it grows with |t|. */
static double
bend(const struct sky_curve *c, double t0, double t1)
{
    double t = fmax(fabs(t0), fabs(t1)), h = fabs(c->half_width);
    double tn = tan(t), sec = 1 / cos(t);
    return h * (3 * tn * tn + sec * sec) + h * h * sec * tn * tn;
}

static double
deviation(const struct sky_curve *c, double t0, double t1)
{
    double w = t1 - t0;
    if (c->side)
        return bend(c, t0, t1) * w * w / 8 / fmax(0.1, 1 - w * w / 8);
    double h = w / 2, q = sin(h / 2), e = c->s * cos(h);
    double x = 2 * fabs(c->d) * c->s * q * q / sqrt(c->d * c->d + e * e);
    return x < 1 ? 1.0001 * asin(x) : M_PI_2;
}

static void
make(const struct sky_curve *c, double t0, double t1, int inside, struct sky_piece *out)
{
    struct sky_piece p = {.curve = c, .t0 = t0, .t1 = t1, .inside = inside};
    curve_at(c, t0, p.a);
    curve_at(c, t1, p.b);
    vec_normal(p.a, p.b, p.normal);
    vec_mix(1, p.a, 1, p.b, p.centre);
    vec_unit(p.centre);
    p.dev = deviation(c, t0, t1);
    p.half = fmin(M_PI, vec_angle(p.a, p.centre) + p.dev);
    p.cos_half = cos(p.half);
    p.sin_half = sin(p.half);
    *out = p;
}

static bool
short_enough(const struct sky_curve *c, const struct sky_piece *p)
{
    double w = p->t1 - p->t0;
    if (c->side ? bend(c, p->t0, p->t1) * w > 0.5 : c->d != 0 && w > 0.7)
        return false;
    /* a piece longer than half of its curve has its chord on the other side */
    return w < 3 && p->dev <= 2e-4 && p->half <= 0.26;
}

void
curve_cut(const struct sky_curve *c, double t0, double t1, int inside, struct sky_pieces *out)
{
    struct sky_piece p;
    make(c, t0, t1, inside, &p);
    double middle = (t0 + t1) / 2;
    /* Rounding ends what would not end otherwise. */
    if (!short_enough(c, &p) && t0 < middle && middle < t1) {
        curve_cut(c, t0, middle, inside, out);
        curve_cut(c, middle, t1, inside, out);
        return;
    }
    ARRAY_GROW(out->p, out->n, out->cap);
    out->p[out->n++] = p;
}

void
piece_before(const struct sky_piece *p, const struct sky_frame *f, struct sky_piece *out)
{
    *out = *p;
    vec_turn_back(f, p->a, out->a);
    vec_turn_back(f, p->b, out->b);
    vec_turn_back(f, p->normal, out->normal);
    vec_turn_back(f, p->centre, out->centre);
}

static struct stretch
whole(const struct sky_piece *p)
{
    struct stretch s = {.t0 = p->t0, .t1 = p->t1, .dev = p->dev};
    for (int i = 0; i < 3; i++) {
        s.a[i] = p->a[i];
        s.b[i] = p->b[i];
    }
    return s;
}

static void
halve(const struct sky_curve *c, const struct sky_frame *f, const struct stretch *s,
    struct stretch half[2])
{
    double t = (s->t0 + s->t1) / 2, middle[3];
    curve_at(c, t, middle);
    if (f)
        vec_turn_back(f, middle, middle);
    half[0] = half[1] = *s;
    half[0].t1 = half[1].t0 = t;
    half[0].dev = half[1].dev = s->dev * HALVED;
    for (int i = 0; i < 3; i++)
        half[0].b[i] = half[1].a[i] = middle[i];
}

static bool
within(const struct sky_quad *q, const double p[3], double slack)
{
    for (int i = 0; i < 4; i++)
        if (!(vec_dot(q->normal[i], p) >= -slack))
            return false;
    return true;
}

/* Two convex shapes in a half sphere are apart exactly if the great circle along an edge of one of
 * them parts them (their gnomonic images are convex polygons, great circles their lines). */
static bool
parted(const double a[3], const double b[3], const double normal[3], const struct sky_quad *q,
    double slack)
{
    for (int i = 0; i < 4; i++)
        if (vec_dot(q->normal[i], a) < -slack && vec_dot(q->normal[i], b) < -slack)
            return true;
    int left = 0, right = 0;
    for (int i = 0; i < 4; i++) {
        double d = vec_dot(normal, q->corner[i]);
        left += d > slack;
        right += d < -slack;
    }
    return left == 4 || right == 4;
}

static bool
stretch_meets(const struct sky_curve *c, const struct sky_frame *f, const struct stretch *s,
    const struct sky_quad *q)
{
    double normal[3];
    vec_normal(s->a, s->b, normal);
    if (parted(s->a, s->b, normal, q, s->dev + SKY_TOLERANCE))
        return false;
    if (s->dev <= FLAT || within(q, s->a, SKY_TOLERANCE) || within(q, s->b, SKY_TOLERANCE))
        return true;
    struct stretch half[2];
    halve(c, f, s, half);
    return stretch_meets(c, f, &half[0], q) || stretch_meets(c, f, &half[1], q);
}

bool
piece_meets(const struct sky_piece *p, const struct sky_quad *q, const struct sky_frame *f)
{
    if (parted(p->a, p->b, p->normal, q, p->dev + SKY_TOLERANCE))
        return false;
    if (p->dev <= FLAT || within(q, p->a, SKY_TOLERANCE) || within(q, p->b, SKY_TOLERANCE))
        return true;
    struct stretch s = whole(p), half[2];
    halve(p->curve, f, &s, half);
    return stretch_meets(p->curve, f, &half[0], q) || stretch_meets(p->curve, f, &half[1], q);
}

bool
piece_apart(const struct sky_piece *p, const struct sky_piece *q, double slack)
{
    double far = p->half + q->half + slack;
    /* chords are shorter than arcs, so the angle is larger than this */
    return vec_chord(p->centre, q->centre) > far;
}

/* Distance of p from the arc a..b with this normal, which is shorter than half a circle. */
static double
arc_distance(const double p[3], const double a[3], const double b[3], const double normal[3])
{
    double before[3], behind[3];
    vec_cross(normal, a, before);
    vec_cross(b, normal, behind);
    double way = vec_dot(before, b) < 0 ? -1 : 1; /* the normal may be on either side */
    if (way * vec_dot(before, p) >= 0 && way * vec_dot(behind, p) >= 0)
        return asin(fmin(1, fabs(vec_dot(normal, p))));
    return fmin(vec_angle(p, a), vec_angle(p, b));
}

static double
from_place(const struct sky_curve *c, const struct stretch *s, const double p[3], double best)
{
    double normal[3];
    vec_normal(s->a, s->b, normal);
    double d = arc_distance(p, s->a, s->b, normal);
    if (s->dev <= FLAT)
        return fmin(best, d);
    if (d - s->dev >= best)
        return best;
    best = fmin(best, fmin(vec_angle(p, s->a), vec_angle(p, s->b)));
    struct stretch half[2];
    halve(c, NULL, s, half);
    int first = vec_chord(p, s->a) > vec_chord(p, s->b);
    best = from_place(c, &half[first], p, best);
    return from_place(c, &half[!first], p, best);
}

double
piece_from_place(const struct sky_piece *piece, const double p[3], double best)
{
    if (vec_chord(piece->centre, p) > piece->half + best)
        return best;
    struct stretch s = whole(piece);
    return from_place(piece->curve, &s, p, best);
}

static double
from_quad(const struct sky_curve *c, const struct stretch *s, const struct sky_quad *q, double best)
{
    double normal[3], d;
    vec_normal(s->a, s->b, normal);
    bool far = vec_chord(q->centre, s->a) > 1.15;
    if (!far && parted(s->a, s->b, normal, q, best + s->dev))
        return best;
    /* `parted` is for what is within a half sphere, which is all that could meet */
    double of_corners = M_PI, of_ends = M_PI;
    for (int i = 0; i < 4; i++) {
        const double *next = q->corner[(i + 1) & 3];
        of_corners = fmin(of_corners, arc_distance(q->corner[i], s->a, s->b, normal));
        of_ends = fmin(of_ends, arc_distance(s->a, q->corner[i], next, q->normal[i]));
        of_ends = fmin(of_ends, arc_distance(s->b, q->corner[i], next, q->normal[i]));
    }
    /* the ends are on the curve, whatever the chord does */
    best = fmin(best, of_ends);
    d = far || parted(s->a, s->b, normal, q, 0) ? fmin(of_corners, of_ends) : 0;
    if (s->dev <= FLAT)
        return fmin(best, d);
    if (d - s->dev >= best - FLAT)
        return best;
    struct stretch half[2];
    halve(c, NULL, s, half);
    int first = vec_chord(q->centre, s->a) > vec_chord(q->centre, s->b);
    best = from_quad(c, &half[first], q, best);
    return from_quad(c, &half[!first], q, best);
}

double
piece_from_quad(const struct sky_piece *p, const struct sky_quad *q, double best)
{
    if (vec_chord(p->centre, q->centre) > p->half + q->radius + best)
        return best;
    struct stretch s = whole(p);
    return from_quad(p->curve, &s, q, best);
}

/* How deep is the place within the quadrilateral: the distance to the nearest edge's great circle,
 * negative outside. */
static double
quad_depth(const struct sky_quad *q, const double p[3])
{
    double d = vec_dot(q->normal[0], p);
    for (int i = 1; i < 4; i++)
        d = fmin(d, vec_dot(q->normal[i], p));
    return asin(fmax(-1, fmin(1, d)));
}

/* The deepest place of a great circle's arc, where any is inside: there the depth grows and then
 * falls. */
static double
chord_depth(const double a[3], const double b[3], const struct sky_quad *q)
{
    const double golden = 0.6180339887498949;
    double lo = 0, hi = 1, t[2] = {1 - golden, golden}, d[2], at[3];
    for (int step = -2; step < 40; step++) {
        int i = step < 0 ? step + 2 : d[0] > d[1] ? 1 : 0;
        if (step >= 0) {
            /* drop what lies beyond the worse one, and put that one in the rest */
            *(i ? &hi : &lo) = t[i];
            t[i] = t[!i];
            d[i] = d[!i];
            i = !i;
            t[i] = i ? lo + golden * (hi - lo) : hi - golden * (hi - lo);
        }
        vec_mix(1 - t[i], a, t[i], b, at);
        vec_unit(at);
        d[i] = quad_depth(q, at);
    }
    return fmax(fmax(d[0], d[1]), fmax(quad_depth(q, a), quad_depth(q, b)));
}

static double
stretch_depth(const struct sky_curve *c, const struct stretch *s, const struct sky_quad *q,
    double best)
{
    double chord = chord_depth(s->a, s->b, q);
    if (s->dev <= SKY_TOLERANCE)
        return fmax(best, chord);
    if (chord + s->dev <= best)
        return best;
    best = fmax(best, fmax(quad_depth(q, s->a), quad_depth(q, s->b)));
    struct stretch half[2];
    halve(c, NULL, s, half);
    best = stretch_depth(c, &half[0], q, best);
    return stretch_depth(c, &half[1], q, best);
}

double
piece_depth(const struct sky_piece *p, const struct sky_quad *q, double best)
{
    struct stretch s = whole(p);
    return stretch_depth(p->curve, &s, q, best);
}

struct crossing {
    const struct sky_curve *p, *q;
    void (*found)(void *, const double place[3]);
    void *arg;
    int budget; /* for curves that all but run together */
};

static void
cross(struct crossing *x, const struct stretch *s, const struct stretch *o)
{
    double ns[3], no[3], slack = s->dev + o->dev + SKY_TOLERANCE;
    vec_normal(s->a, s->b, ns);
    vec_normal(o->a, o->b, no);
    double sa = vec_dot(no, s->a), sb = vec_dot(no, s->b);
    double oa = vec_dot(ns, o->a), ob = vec_dot(ns, o->b);
    if ((sa > slack && sb > slack) || (sa < -slack && sb < -slack) || (oa > slack && ob > slack) ||
        (oa < -slack && ob < -slack))
        return;
    /* on one great circle, but not at one place */
    if (fmin(fmin(vec_chord(s->a, o->a), vec_chord(s->a, o->b)),
            fmin(vec_chord(s->b, o->a), vec_chord(s->b, o->b))) >
        vec_angle(s->a, s->b) + vec_angle(o->a, o->b) + 2 * slack)
        return;
    if (s->dev <= FLAT && o->dev <= FLAT) {
        double place[3];
        if (sa * sb > 0 || oa * ob > 0 || (sa == 0 && sb == 0))
            return;
        vec_mix(fabs(sb), s->a, fabs(sa), s->b, place);
        vec_unit(place);
        x->found(x->arg, place);
        return;
    }
    if (x->budget-- <= 0)
        return;
    struct stretch half[2];
    if (s->dev >= o->dev) {
        halve(x->p, NULL, s, half);
        cross(x, &half[0], o);
        cross(x, &half[1], o);
    } else {
        halve(x->q, NULL, o, half);
        cross(x, s, &half[0]);
        cross(x, s, &half[1]);
    }
}

void
piece_cross(const struct sky_piece *p, const struct sky_piece *q,
    void (*found)(void *, const double place[3]), void *arg)
{
    const double near = 2 * SKY_TOLERANCE;
    if (piece_apart(p, q, near))
        return;
    if (piece_from_place(p, q->a, 2 * near) < near)
        found(arg, q->a);
    if (piece_from_place(p, q->b, 2 * near) < near)
        found(arg, q->b);
    if (piece_from_place(q, p->a, 2 * near) < near)
        found(arg, p->a);
    if (piece_from_place(q, p->b, 2 * near) < near)
        found(arg, p->b);
    if (curve_same(p->curve, q->curve))
        return;
    struct crossing x = {p->curve, q->curve, found, arg, 20000};
    struct stretch s = whole(p), o = whole(q);
    cross(&x, &s, &o);
}
