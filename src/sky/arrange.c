/* The boundary of what `or`, `and`, `minus` make of two regions, found once when they are made:
 * their boundaries are cut where they meet; between cuts, a stretch bounds the result exactly if
 * the result lies on one side of it and not on the other. Afterwards nobody needs to know of
 * which parts a region is made: a convex shape has a place in common with it if it meets its
 * boundary, or else if any one place of the shape is inside. */
#include "config.h"

#include "sky/region-private.h"
#include "util/buf.h"
#include "util/list.h"

#include <stdlib.h>

/* How far beside a stretch one looks for the region, and what is too short to be looked at. */
#define BESIDE 1e-11
#define SHORT 5e-12

struct cut {
    const struct sky_piece *piece;
    double t;
};

struct cuts {
    struct cut *p;
    size_t n, cap;
    const struct sky_piece *left, *right; /* the two that are compared just now */
};

static void
add_cut(struct cuts *c, const struct sky_piece *piece, const double place[3])
{
    double t = curve_param(piece->curve, place, (piece->t0 + piece->t1) / 2);
    if (!(t > piece->t0 && t < piece->t1))
        return;
    ARRAY_GROW(c->p, c->n, c->cap);
    c->p[c->n++] = (struct cut){piece, t};
}

static void
found(void *arg, const double place[3])
{
    struct cuts *c = arg;
    add_cut(c, c->left, place);
    add_cut(c, c->right, place);
}

static int
by_place(const void *a, const void *b)
{
    const struct cut *p = a, *q = b;
    if (p->piece != q->piece)
        return p->piece < q->piece ? -1 : 1;
    return p->t < q->t ? -1 : p->t > q->t;
}

static void
find_cuts(const struct sky_region *left, const struct sky_region *right, struct cuts *c)
{
    for (size_t i = 0; i < left->n; i++) {
        c->left = &left->piece[i];
        for (size_t g = 0; g < right->ngroups; g++) {
            const struct sky_group *group = &right->group[g];
            if (vec_chord(group->centre, c->left->centre) > group->half + c->left->half + SHORT)
                continue;
            for (size_t k = group->from; k < group->to; k++) {
                c->right = &right->piece[k];
                piece_cross(c->left, c->right, found, c);
            }
        }
    }
    if (c->n)
        qsort(c->p, c->n, sizeof *c->p, by_place);
}

struct join {
    enum region_kind kind;
    const struct sky_region *left, *right;
    struct sky_pieces *out;
};

static bool
joined_contains(const struct join *j, const double p[3])
{
    bool left = sky_contains(j->left, p), right = sky_contains(j->right, p);
    return j->kind == REGION_OR    ? left || right
           : j->kind == REGION_AND ? left && right
                                   : left && !right;
}

/* 1, -1: the result lies on the left, on the right of the stretch; 0: on both sides or none. */
static int
side_of(const struct join *j, const struct sky_piece *p, double t0, double t1, bool of_right)
{
    double a[3], b[3], middle[3], normal[3], place[3];
    curve_at(p->curve, t0, a);
    curve_at(p->curve, t1, b);
    curve_at(p->curve, (t0 + t1) / 2, middle);
    if (vec_chord(a, b) < SHORT)
        return 0;
    /* what both have in common counts once */
    if (of_right && region_state(j->left, middle) == 0 &&
        region_edge_near(j->left, middle, 2 * SKY_TOLERANCE))
        return 0;
    vec_normal(a, b, normal);
    vec_mix(1, middle, BESIDE, normal, place);
    vec_unit(place);
    bool left = joined_contains(j, place);
    vec_mix(1, middle, -BESIDE, normal, place);
    vec_unit(place);
    return left - (int)joined_contains(j, place);
}

/* Keeps of a piece, cut at n places, what bounds the result. */
static void
keep(const struct join *j, const struct sky_piece *p, const struct cut *cut, size_t n,
    bool of_right)
{
    double from = p->t0, start = p->t0;
    int before = 0;
    for (size_t i = 0; i <= n; i++) {
        double to = i < n ? cut[i].t : p->t1;
        int side = side_of(j, p, from, to, of_right);
        if (side != before) {
            if (before)
                curve_cut(p->curve, start, from, before, j->out);
            start = from;
            before = side;
        }
        from = to;
    }
    if (before)
        curve_cut(p->curve, start, p->t1, before, j->out);
}

static bool
keep_all(const struct join *j, const struct sky_region *r, const struct cuts *c, bool of_right)
{
    for (size_t i = 0; i < r->n; i++) {
        /* the piece's cuts, by bisection */
        size_t lo = 0, hi = c->n;
        while (lo < hi) {
            size_t middle = lo + (hi - lo) / 2;
            if (c->p[middle].piece < &r->piece[i])
                lo = middle + 1;
            else
                hi = middle;
        }
        for (hi = lo; hi < c->n && c->p[hi].piece == &r->piece[i]; hi++)
            ;
        keep(j, &r->piece[i], c->p ? c->p + lo : NULL, hi - lo, of_right);
        if (j->out->n > SKY_MAX_PIECES)
            return false;
    }
    return true;
}

bool
region_arrange(enum region_kind kind, const struct sky_region *left, const struct sky_region *right,
    struct sky_pieces *out)
{
    struct join j = {kind, left, right, out};
    struct cuts c = {0};
    find_cuts(left, right, &c);
    bool ok = keep_all(&j, left, &c, false);
    /* of a region and itself, the left one's boundary is all there is */
    if (ok && left != right)
        ok = keep_all(&j, right, &c, true);
    free(c.p);
    return ok;
}
