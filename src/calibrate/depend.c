/* Dependence of what was measured on columns, by ranks: whatever its form is, and whatever a few
 * wild values are. */
#include "config.h"

#include "calibrate/depend.h"

#include "util/buf.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double x, y;
    uint64_t group;
    size_t at;
    double rank_x, rank_y;
};

static int
compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int
by_x(const void *pa, const void *pb)
{
    const struct ranked *a = pa, *b = pb;
    int c = compare(a->x, b->x);
    return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int
by_y(const void *pa, const void *pb)
{
    const struct ranked *a = pa, *b = pb;
    int c = compare(a->y, b->y);
    return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int
by_group(const void *pa, const void *pb)
{
    const struct ranked *a = pa, *b = pb;
    return a->group != b->group ? (a->group < b->group ? -1 : 1) : by_y(pa, pb);
}

/* Equal ones have the mean of their ranks. Sorted by y. */
static void
rank_y(struct ranked *r, size_t n)
{
    qsort(r, n, sizeof *r, by_y);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && r[end].y == r[i].y;)
            end++;
        for (size_t k = i; k < end; k++)
            r[k].rank_y = 0.5 * (double)(i + end + 1);
    }
}

static void
rank_x(struct ranked *r, size_t n)
{
    qsort(r, n, sizeof *r, by_x);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && r[end].x == r[i].x;)
            end++;
        for (size_t k = i; k < end; k++)
            r[k].rank_x = 0.5 * (double)(i + end + 1);
    }
}

/* Of y, in r[from .. to), whatever the order there. */
static double
median(const struct ranked *r, size_t from, size_t to)
{
    size_t n = to - from;
    struct ranked *copy = xcalloc(n + 1, sizeof *copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = r[from + i];
    qsort(copy, n, sizeof *copy, by_y);
    double m = n ? 0.5 * (copy[(n - 1) / 2].y + copy[n / 2].y) : 0;
    free(copy);
    return m;
}

static double
correlation(const struct ranked *r, size_t n)
{
    double mean = 0.5 * (double)(n + 1), xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        double x = r[i].rank_x - mean, y = r[i].rank_y - mean;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

bool
depend_on_number(const double *x, const double *y, size_t n, struct depend *d)
{
    struct ranked *r = xcalloc(n + 1, sizeof *r);
    for (size_t i = 0; i < n; i++)
        r[i] = (struct ranked){.x = x[i], .y = y[i], .at = i};
    rank_y(r, n);
    rank_x(r, n);
    bool good = n >= 3 * (size_t)DEPEND_GROUP && r[0].x < r[n - 1].x;
    if (good) {
        double rho = correlation(r, n);
        *d = (struct depend){.share = rho * rho,
            .chance = erfc(fabs(rho) * sqrt((double)(n - 1) / 2)),
            .low = median(r, 0, n / 3),
            .high = median(r, n - n / 3, n),
            .low_at = r[0].at,
            .high_at = r[n - 1].at};
    }
    free(r);
    return good;
}

/* That a chi-squared number with so many degrees of freedom is so large (Wilson and Hilferty). */
static double
chance_of(double h, double freedom)
{
    double c = 2 / (9 * freedom);
    if (freedom < 2) /* known, and there it is not good */
        return erfc(sqrt(h / 2));
    return 0.5 * erfc((cbrt(h / freedom) - 1 + c) / sqrt(2 * c));
}

/* Without the small groups; how many are left. Sorted by group. */
static size_t
drop_small(struct ranked *r, size_t n)
{
    size_t kept = 0;
    qsort(r, n, sizeof *r, by_group);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && r[end].group == r[i].group;)
            end++;
        for (size_t k = i; k < end && end - i >= DEPEND_GROUP; k++)
            r[kept++] = r[k];
    }
    return kept;
}

/* The group in r[i .. end). */
static void
take_group(const struct ranked *r, size_t i, size_t end, struct depend *d)
{
    double m = median(r, i, end);
    if (!i || m < d->low) {
        d->low = m;
        d->low_at = r[i].at;
    }
    if (!i || m > d->high) {
        d->high = m;
        d->high_at = r[i].at;
    }
}

bool
depend_on_group(const uint64_t *group, const double *y, size_t all, struct depend *d)
{
    struct ranked *r = xcalloc(all + 1, sizeof *r);
    for (size_t i = 0; i < all; i++)
        r[i] = (struct ranked){.y = y[i], .group = group[i], .at = i};
    size_t n = drop_small(r, all), groups = 0;
    double mean = 0.5 * (double)(n + 1), between = 0, total = 0;
    rank_y(r, n);
    qsort(r, n, sizeof *r, by_group);
    *d = (struct depend){0};
    for (size_t i = 0, end; i < n; i = end, groups++) {
        double sum = 0;
        for (end = i; end < n && r[end].group == r[i].group; end++) {
            sum += r[end].rank_y - mean;
            total += (r[end].rank_y - mean) * (r[end].rank_y - mean);
        }
        between += sum * sum / (double)(end - i);
        take_group(r, i, end, d);
    }
    free(r);
    if (groups < 2 || total <= 0 || n <= groups)
        return false;
    double h = (double)(n - 1) * between / total, freedom = (double)(groups - 1);
    d->share = fmax(0, (h - freedom) / (double)(n - groups));
    d->chance = chance_of(h, freedom);
    return true;
}
