#include "config.h"

#include "sky/polygon.h"

#include "sky/region-private.h"
#include "util/buf.h"

#include <stdint.h>
#include <stdlib.h>

/* Edges this near to each other touch. */
#define TOUCH (10 * SKY_TOLERANCE)

struct edge {
    double a[3], b[3], normal[3]; /* the axis is z */
};

struct polygon {
    size_t n;
    struct edge *edge;
    struct sky_frame frame; /* from the sky into the axis' frame */
    bool axis_inside;
    double area;
    size_t nsectors;
    uint32_t *start; /* of each sector in `member`, and the end */
    uint32_t *member;
};

/* Grows with the azimuth, from 0 to 4, without an arc tangent. */
static double
azimuth(const double p[3])
{
    double sum = fabs(p[0]) + fabs(p[1]);
    double t = sum > 0 ? p[1] / sum : 0;
    return p[0] < 0 ? 2 - t : p[1] < 0 ? 4 + t : t;
}

/* The least distance of the edge from the axis, in either direction, as a sine. */
static double
clearance(const double a[3], const double b[3], const double normal[3], const double axis[3])
{
    double across = vec_dot(normal, axis), foot[3], before[3], behind[3], n[3];
    vec_mix(1, axis, -across, normal, foot);
    vec_cross(normal, a, before);
    vec_cross(b, normal, behind);
    double x = vec_dot(before, foot), y = vec_dot(behind, foot);
    if ((x >= 0 && y >= 0) || (x <= 0 && y <= 0))
        return fabs(across);
    vec_cross(a, axis, n);
    double least = vec_length(n);
    vec_cross(b, axis, n);
    return fmin(least, vec_length(n));
}

/* A direction that is, like its opposite, far from all edges. */
static void
choose_axis(size_t n, double (*vertex)[3], double (*normal)[3], double axis[3])
{
    double best = -1;
    for (int i = 0; i < 64; i++) {
        /* points that spread evenly over a half sphere (Fibonacci's spiral) */
        double z = (i + 0.5) / 64, r = sqrt(1 - z * z), t = 2.399963229728653 * i + 0.7;
        double d[3] = {r * cos(t), r * sin(t), z}, least = 1;
        for (size_t k = 0; k < n && least > best; k++)
            least = fmin(least, clearance(vertex[k], vertex[(k + 1) % n], normal[k], d));
        if (least > best) {
            best = least;
            for (int j = 0; j < 3; j++)
                axis[j] = d[j];
        }
    }
}

/* First and last sector of an edge, last >= first, modulo the number of sectors. */
static void
sectors(const struct polygon *p, const struct edge *e, size_t *first, size_t *last)
{
    const double axis[3] = {0, 0, 1};
    double from = azimuth(e->normal[2] > 0 ? e->a : e->b);
    double to = azimuth(e->normal[2] > 0 ? e->b : e->a);
    double more = 1e-14 + 4 * SKY_TOLERANCE / fmax(1e-9, clearance(e->a, e->b, e->normal, axis));
    if (to < from)
        to += 4;
    double scale = (double)p->nsectors / 4;
    *first = (size_t)((from - more + 4) * scale); /* + 4, so that none is negative */
    *last = (size_t)((to + more + 4) * scale);
    if (*last - *first >= p->nsectors)
        *last = *first + p->nsectors - 1;
}

static void
sort_into_sectors(struct arena *a, struct polygon *p)
{
    p->nsectors = 16;
    while (p->nsectors < p->n * 2)
        p->nsectors *= 2;
    p->start = arena_alloc(a, (p->nsectors + 1) * sizeof *p->start);
    size_t first, last;
    for (size_t i = 0; i < p->n; i++) {
        sectors(p, &p->edge[i], &first, &last);
        for (size_t k = first; k <= last; k++)
            p->start[k % p->nsectors + 1]++;
    }
    for (size_t k = 0; k < p->nsectors; k++)
        p->start[k + 1] += p->start[k];
    p->member = arena_alloc(a, p->start[p->nsectors] * sizeof *p->member);
    uint32_t *filled = xcalloc(p->nsectors, sizeof *filled);
    for (size_t i = 0; i < p->n; i++) {
        sectors(p, &p->edge[i], &first, &last);
        for (size_t k = first; k <= last; k++) {
            size_t s = k % p->nsectors;
            p->member[p->start[s] + filled[s]++] = (uint32_t)i;
        }
    }
    free(filled);
}

static bool
on_edge(const struct edge *e, const double p[3])
{
    double square[3];
    if (!(fabs(vec_dot(e->normal, p)) <= SKY_TOLERANCE))
        return false;
    vec_cross(e->normal, e->a, square);
    if (vec_dot(square, p) < -SKY_TOLERANCE)
        return false;
    vec_cross(e->b, e->normal, square);
    return vec_dot(square, p) >= -SKY_TOLERANCE;
}

int
polygon_state(const struct polygon *poly, const double place[3])
{
    double p[3];
    vec_turn(&poly->frame, place, p);
    double rho = sqrt(p[0] * p[0] + p[1] * p[1]);
    double dir[2] = {1, 0};
    if (rho > 0) {
        dir[0] = p[0] / rho;
        dir[1] = p[1] / rho;
    }
    double sector = azimuth(p) * (double)poly->nsectors / 4;
    if (!(sector >= 0)) /* not a number */
        return -1;
    size_t s = (size_t)sector;
    if (s >= poly->nsectors)
        s = poly->nsectors - 1;
    bool inside = poly->axis_inside;
    for (uint32_t i = poly->start[s]; i < poly->start[s + 1]; i++) {
        const struct edge *e = &poly->edge[poly->member[i]];
        if (on_edge(e, p))
            return 0;
        /* Where do the ends lie from the meridian through the place? */
        double wa = dir[0] * e->a[1] - dir[1] * e->a[0];
        double wb = dir[0] * e->b[1] - dir[1] * e->b[0];
        if ((wa >= 0) == (wb >= 0))
            continue;
        double c[3];
        vec_mix(fabs(wb), e->a, fabs(wa), e->b, c);
        double level = c[0] * dir[0] + c[1] * dir[1];
        if (level > 0 && c[2] * rho - p[2] * level > 0)
            inside = !inside;
    }
    return inside ? 1 : -1;
}

double
polygon_area(const struct polygon *p)
{
    return p->area;
}

static int
by_height(const void *a, const void *b)
{
    const struct sky_piece *p = *(const struct sky_piece *const *)a;
    const struct sky_piece *q = *(const struct sky_piece *const *)b;
    double d = (p->centre[2] - p->half) - (q->centre[2] - q->half);
    return d < 0 ? -1 : d > 0 ? 1 : p < q ? -1 : p > q;
}

/* Have two pieces of great circles a place in common? */
static bool
touch(const struct sky_piece *p, const struct sky_piece *q)
{
    if (piece_apart(p, q, TOUCH))
        return false;
    double pa = vec_dot(q->normal, p->a), pb = vec_dot(q->normal, p->b);
    double qa = vec_dot(p->normal, q->a), qb = vec_dot(p->normal, q->b);
    if (((pa > 0 && pb < 0) || (pa < 0 && pb > 0)) && ((qa > 0 && qb < 0) || (qa < 0 && qb > 0)))
        return true;
    return piece_from_place(p, q->a, 2 * TOUCH) <= TOUCH ||
           piece_from_place(p, q->b, 2 * TOUCH) <= TOUCH ||
           piece_from_place(q, p->a, 2 * TOUCH) <= TOUCH ||
           piece_from_place(q, p->b, 2 * TOUCH) <= TOUCH;
}

/* Two that follow each other: does the second go back over the first? */
static bool
folds(const struct sky_piece *first, const struct sky_piece *next)
{
    return piece_from_place(first, next->b, 2 * TOUCH) <= TOUCH ||
           piece_from_place(next, first->a, 2 * TOUCH) <= TOUCH;
}

/* The curves of two edges that cross or touch where they should not, or false. */
static bool
find_crossing(const struct sky_piece *piece, size_t n, const struct sky_curve *found[2])
{
    const struct sky_piece **order = xmalloc(n * sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = &piece[i];
    qsort(order, n, sizeof *order, by_height);
    bool bad = false;
    for (size_t i = 0; i < n && !bad; i++) {
        const struct sky_piece *p = order[i];
        double top = p->centre[2] + p->half + TOUCH;
        for (size_t k = i + 1; k < n && !bad; k++) {
            const struct sky_piece *q = order[k];
            if (q->centre[2] - q->half > top)
                break;
            if (p->curve == q->curve)
                continue;
            size_t ip = (size_t)(p - piece), iq = (size_t)(q - piece);
            if ((ip + 1) % n == iq)
                bad = folds(p, q);
            else if ((iq + 1) % n == ip)
                bad = folds(q, p);
            else
                bad = touch(p, q);
            if (bad) {
                found[0] = p->curve < q->curve ? p->curve : q->curve;
                found[1] = p->curve < q->curve ? q->curve : p->curve;
            }
        }
    }
    free(order);
    return bad;
}

/* Sets axis_inside from a place that is known to be inside: off the middle of the longest piece,
 * nearer to it than to any other. */
static void
orient(struct polygon *p, const struct sky_piece *piece, size_t n)
{
    const struct sky_piece *longest = piece;
    for (size_t i = 1; i < n; i++)
        if (piece[i].half > longest->half)
            longest = &piece[i];
    double nearest = fmin(0.1, longest->half);
    for (size_t i = 0; i < n; i++)
        if (piece[i].curve != longest->curve)
            nearest = piece_from_place(&piece[i], longest->centre, nearest);
    double place[3];
    vec_mix(1, longest->centre, longest->inside * nearest / 2, longest->normal, place);
    vec_unit(place);
    p->axis_inside = false;
    p->axis_inside = polygon_state(p, place) < 0;
}

const struct polygon *
polygon_new(struct arena *a, size_t n, double (*vertex)[3], struct sky_pieces *out,
    const char **why)
{
    struct polygon *p = arena_alloc(a, sizeof *p);
    struct sky_curve *curve = arena_alloc(a, n * sizeof *curve);
    double sum = 0, around = 0;
    for (size_t i = 0; i < n; i++) {
        const double *from = vertex[i], *to = vertex[(i + 1) % n];
        if (vec_chord(from, to) < 2 * TOUCH) {
            *why = arena_printf(a, "its vertices %zu and %zu are the same place", i + 1,
                (i + 1) % n + 1);
            return NULL;
        }
        double sides[3];
        vec_mix(1, from, 1, to, sides);
        if (vec_length(sides) < SKY_LEAST) {
            *why = arena_printf(a,
                "its vertices %zu and %zu are opposite to each other, so that "
                "no shortest line joins them",
                i + 1, (i + 1) % n + 1);
            return NULL;
        }
        double length;
        curve[i] = curve_great(from, to, &length);
        around += length;
        sum += area_triangle(vertex[0], from, to);
    }
    for (size_t i = 0; i < n; i++)
        curve_cut(&curve[i], 0, vec_angle(vertex[i], vertex[(i + 1) % n]), 1, out);
    const struct sky_curve *found[2];
    if (find_crossing(out->p, out->n, found)) {
        size_t i = (size_t)(found[0] - curve), k = (size_t)(found[1] - curve);
        *why = arena_printf(a,
            "its edges from vertex %zu to %zu and from vertex %zu to %zu cross "
            "or touch",
            i + 1, (i + 1) % n + 1, k + 1, (k + 1) % n + 1);
        return NULL;
    }
    sum = remainder(sum, 4 * M_PI);
    p->n = n;
    p->area = fabs(sum);
    if (p->area <= around * (SKY_LEAST / 4)) {
        *why = "it has no area, or next to none";
        return NULL;
    }
    if (fabs(p->area - 2 * M_PI) < SKY_LEAST) {
        *why = "it halves the sky, so that it does not say which side is meant";
        return NULL;
    }
    for (size_t i = 0; i < out->n && sum < 0; i++)
        out->p[i].inside = -1;

    double(*normal)[3] = xmalloc(n * sizeof *normal);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            normal[i][k] = curve[i].k[k];
    double axis[3];
    choose_axis(n, vertex, normal, axis);
    free(normal);
    struct sky_curve about = curve_circle(axis, 1);
    for (int k = 0; k < 3; k++) {
        p->frame.m[0][k] = about.u[k];
        p->frame.m[1][k] = about.v[k];
        p->frame.m[2][k] = axis[k];
    }
    p->edge = arena_alloc(a, n * sizeof *p->edge);
    for (size_t i = 0; i < n; i++) {
        vec_turn(&p->frame, vertex[i], p->edge[i].a);
        vec_turn(&p->frame, vertex[(i + 1) % n], p->edge[i].b);
        vec_turn(&p->frame, curve[i].k, p->edge[i].normal);
    }
    sort_into_sectors(a, p);
    orient(p, out->p, out->n);
    return p;
}
