/* Terms and quantiles of what was measured. */
#include "config.h"

#include "calibrate/fit.h"

#include "util/buf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPLICATES = 100,
    ROUNDS = 12,     /* of weights, for one set of values */
    OPEN_ROUNDS = 6, /* of values for what is open */
};

#define HUBER 1.345       /* deviations; beyond, a value pulls no harder */
#define LEAST_SPREAD 1e-3 /* of ratios: what agrees better than that agrees */
#define MOST_ERROR 0.5    /* of the whole, where terms are told apart */
#define ALIKE 1e-6        /* sine squared of the angle between what is to be told apart */

/* --- quantiles --- */

static int
by_value(const void *pa, const void *pb)
{
    const struct fit_value *a = pa, *b = pb;
    return a->value != b->value ? (a->value < b->value ? -1 : 1) : a->open - b->open;
}

/* Of values that are sorted. */
static double
quantile(const struct fit_value *v, size_t n, double q, bool *known)
{
    double at_risk = 0, left = 1;
    for (size_t i = 0; i < n; i++)
        at_risk += v[i].weight;
    for (size_t i = 0; i < n; at_risk -= v[i++].weight) {
        if (!v[i].open)
            left *= 1 - fmin(1, v[i].weight / at_risk);
        if (!v[i].open && left <= 1 - q + 1e-9) {
            *known = true;
            return v[i].value;
        }
    }
    *known = !n;
    return n ? v[n - 1].value : 0;
}

double
fit_quantile(struct fit_value *v, size_t n, double q, bool *known)
{
    bool dummy;
    if (n)
        qsort(v, n, sizeof *v, by_value);
    return quantile(v, n, q, known ? known : &dummy);
}

/* --- chance --- */

/* How much a cluster weighs in a replicate: exponentially distributed, 1 in the mean. */
static double
weight_of(uint32_t cluster, unsigned replicate)
{
    uint64_t x = ((uint64_t)replicate << 32 | cluster) + UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return -log(((double)(x >> 11) + 0.5) * 0x1p-53);
}

/* Half of what 95 of 100 lie in. */
static double
error_of(const double *x)
{
    double mean = 0, sum = 0;
    for (unsigned i = 0; i < REPLICATES; i++)
        mean += x[i] / REPLICATES;
    for (unsigned i = 0; i < REPLICATES; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return 1.96 * sqrt(sum / (REPLICATES - 1));
}

/* --- one factor --- */

struct by_cluster {
    struct fit_value value;
    uint32_t cluster;
};

static int
compare_clustered(const void *pa, const void *pb)
{
    const struct by_cluster *a = pa, *b = pb;
    int c = by_value(&a->value, &b->value);
    return c ? c : (a->cluster > b->cluster) - (a->cluster < b->cluster);
}

struct fit_ratio
fit_ratio(const struct fit_point *p, size_t n, double q)
{
    struct fit_ratio r = {0};
    struct by_cluster *v = xcalloc(n + 1, sizeof *v);
    struct fit_value *x = xcalloc(n + 1, sizeof *x);
    double again[REPLICATES];
    bool known;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct by_cluster){{p[i].value / p[i].stated, 1, p[i].open}, p[i].cluster};
    if (n)
        qsort(v, n, sizeof *v, compare_clustered);
    for (size_t i = 0; i < n; i++)
        x[i] = v[i].value;
    r.value = quantile(x, n, q, &r.known);
    for (unsigned k = 0; k < REPLICATES; k++) {
        for (size_t i = 0; i < n; i++)
            x[i].weight = weight_of(v[i].cluster, k + 1);
        again[k] = quantile(x, n, q, &known);
    }
    r.error = error_of(again);
    free(x);
    free(v);
    return r;
}

/* --- terms --- */

struct work {
    const struct fit_point *p;
    size_t n;
    bool any_open;
    double *weight; /* of each point */
    double *value;  /* with what is open as it is expected to be */
    struct fit_value *sorted;
    double *above;     /* by place there: sum of the parts from there on, */
    double *above_sum; /* and of part times value */
    double spread;     /* typical deviation of the ratio to the fit */
    double once, each;
};

static double
fitted(const struct work *w, size_t i)
{
    double f = w->once * w->p[i].once + w->each * w->p[i].each;
    return f > 0 ? f : 1e-300;
}

/* The ratios to the fit, sorted. */
static void
sort_ratios(struct work *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->sorted[i] = (struct fit_value){w->p[i].value / fitted(w, i), w->weight[i], w->p[i].open};
    qsort(w->sorted, w->n, sizeof *w->sorted, by_value);
}

/* What of all is expected at, and beyond, each of the sorted ratios. */
static void
add_up(struct work *w)
{
    double at_risk = 0, left = 1;
    for (size_t i = 0; i < w->n; i++)
        at_risk += w->weight[i];
    for (size_t i = 0; i < w->n; at_risk -= w->sorted[i++].weight) {
        double before = left;
        if (!w->sorted[i].open)
            left *= 1 - fmin(1, w->sorted[i].weight / at_risk);
        w->above[i] = before - left;
    }
    w->above[w->n] = w->above_sum[w->n] = 0;
    for (size_t i = w->n; i-- > 0;) {
        w->above_sum[i] = w->above_sum[i + 1] + w->above[i] * w->sorted[i].value;
        w->above[i] += w->above[i + 1];
    }
}

/* The mean of the ratios above this one; itself, if there are none. */
static double
mean_above(const struct work *w, double ratio)
{
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (w->sorted[middle].value > ratio)
            high = middle;
        else
            low = middle + 1;
    }
    return w->above[low] > 1e-9 ? w->above_sum[low] / w->above[low] : ratio;
}

/* Buckley and James: what is open is taken for what it should have been by all others. */
static void
expect_open(struct work *w)
{
    sort_ratios(w);
    add_up(w);
    for (size_t i = 0; i < w->n; i++)
        if (w->p[i].open)
            w->value[i] = fitted(w, i) * mean_above(w, w->p[i].value / fitted(w, i));
}

static void
measure_spread(struct work *w)
{
    for (size_t i = 0; i < w->n; i++)
        w->sorted[i] =
            (struct fit_value){fabs(w->value[i] / fitted(w, i) - 1), w->weight[i], false};
    w->spread = fmax(LEAST_SPREAD, 1.4826 * fit_quantile(w->sorted, w->n, 0.5, NULL));
}

/* Sums of squares and products. */
struct sums {
    double oo, oe, ee, ov, ev;
};

static struct sums
sums_of(const struct work *w)
{
    struct sums s = {0};
    for (size_t i = 0; i < w->n; i++) {
        double f = fitted(w, i), off = fabs(w->value[i] / f - 1) / w->spread;
        double k = w->weight[i] * (off > HUBER ? HUBER / off : 1);
        double o = w->p[i].once / f, e = w->p[i].each / f, v = w->value[i] / f;
        s.oo += k * o * o;
        s.oe += k * o * e;
        s.ee += k * e * e;
        s.ov += k * o * v;
        s.ev += k * e * v;
    }
    return s;
}

/* One step of weighted least squares, of deviations in the ratio; neither term is below 0. False:
 * they cannot be told apart. */
static bool
step(struct work *w)
{
    struct sums s = sums_of(w);
    double det = s.oo * s.ee - s.oe * s.oe;
    if (!(det > ALIKE * s.oo * s.ee))
        return false;
    w->once = (s.ov * s.ee - s.ev * s.oe) / det;
    w->each = (s.ev * s.oo - s.ov * s.oe) / det;
    if (w->once < 0) {
        w->once = 0;
        w->each = s.ev / s.ee;
    } else if (w->each < 0) {
        w->each = 0;
        w->once = s.ov / s.oo;
    }
    return true;
}

/* `first`: the spread is measured, too. */
static bool
solve(struct work *w, bool first)
{
    for (unsigned outer = 0; outer < (w->any_open ? OPEN_ROUNDS : 1); outer++) {
        if (w->any_open)
            expect_open(w);
        for (unsigned i = 0; i < (first ? ROUNDS : ROUNDS / 3); i++) {
            if (first)
                measure_spread(w);
            if (!step(w))
                return false;
        }
    }
    return true;
}

/* The quantile of the ratios to the fit. */
static double
scale_of(struct work *w, double q, bool *known)
{
    sort_ratios(w);
    return quantile(w->sorted, w->n, q, known);
}

static void
work_init(struct work *w, const struct fit_point *p, size_t n)
{
    *w = (struct work){.p = p, .n = n, .spread = 1, .once = 1, .each = 1};
    w->weight = xcalloc(n, sizeof *w->weight);
    w->value = xcalloc(n, sizeof *w->value);
    w->sorted = xcalloc(n, sizeof *w->sorted);
    w->above = xcalloc(n + 1, sizeof *w->above);
    w->above_sum = xcalloc(n + 1, sizeof *w->above_sum);
    for (size_t i = 0; i < n; i++) {
        w->weight[i] = 1;
        w->value[i] = p[i].value;
        w->any_open |= p[i].open;
    }
    if (n) /* to begin with: what is stated, as a whole as large as what was measured */
        w->once = w->each = scale_of(w, 0.5, &(bool){false});
}

static void
work_free(struct work *w)
{
    free(w->weight);
    free(w->value);
    free(w->sorted);
    free(w->above);
    free(w->above_sum);
}

/* Is what is not known of them small beside the whole? */
static bool
sure_enough(const struct work *w, const struct fit_terms *f)
{
    double once = 0, each = 0, all = 0;
    for (size_t i = 0; i < w->n; i++) {
        once += f->once.error * w->p[i].once;
        each += f->each.error * w->p[i].each;
        all += f->once.value * w->p[i].once + f->each.value * w->p[i].each;
    }
    return once <= MOST_ERROR * all && each <= MOST_ERROR * all;
}

/* Replicates begin where the fit ended, and keep its spread. False: in some of them the terms
 * cannot be told apart. */
static bool
errors(struct work *w, double q, struct fit_terms *f)
{
    double once[REPLICATES], each[REPLICATES];
    double from[] = {w->once, w->each};
    bool known, good = true;
    for (unsigned k = 0; good && k < REPLICATES; k++) {
        for (size_t i = 0; i < w->n; i++)
            w->weight[i] = weight_of(w->p[i].cluster, k + 1);
        w->once = from[0];
        w->each = from[1];
        good = solve(w, false);
        double scale = scale_of(w, q, &known);
        once[k] = scale * w->once;
        each[k] = scale * w->each;
    }
    if (good) {
        f->once.error = error_of(once);
        f->each.error = error_of(each);
    }
    return good;
}

struct fit_terms
fit_terms(const struct fit_point *p, size_t n, double q)
{
    struct fit_terms f = {0};
    struct work w;
    work_init(&w, p, n);
    if (n && solve(&w, true)) {
        bool known;
        double scale = scale_of(&w, q, &known);
        f.once = (struct fit_ratio){scale * w.once, 0, known};
        f.each = (struct fit_ratio){scale * w.each, 0, known};
        f.apart = errors(&w, q, &f) && sure_enough(&w, &f);
    }
    work_free(&w);
    return f;
}
