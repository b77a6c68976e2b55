#include "config.h"

#include "calibrate/depend.h"
#include "calibrate/fit.h"
#include "util/buf.h"
#include "util/list.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.9g is not %.9g", a, b);
}

/* --- chance, from fixed seeds --- */

static double
uniform(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(*seed >> 11) + 0.5) * 0x1p-53;
}

static double
normal(uint64_t *seed)
{
    double r = sqrt(-2 * log(uniform(seed)));
    return r * cos(6.283185307179586 * uniform(seed));
}

/* --- quantiles --- */

static void
test_quantile(void **state)
{
    (void)state;
    bool known = false;
    struct fit_value v[20];
    for (size_t i = 0; i < 20; i++)
        v[i] = (struct fit_value){(double)(20 - i), 1, false};
    near(fit_quantile(v, 20, 0.95, &known), 19, 0);
    assert_true(known);
    near(fit_quantile(v, 20, 0.5, &known), 10, 0);
    near(fit_quantile(v, 20, 1, &known), 20, 0);
    near(fit_quantile(v, 0, 0.5, NULL), 0, 0);
    v[0].weight = 30; /* the least one */
    near(fit_quantile(v, 20, 0.5, NULL), 1, 0);
}

/* Kaplan and Meier by hand: 1, 2+, 3, 4: left over are 3/4 after 1, 3/8 after 3, 0 after 4. */
static void
test_quantile_open(void **state)
{
    (void)state;
    bool known;
    struct fit_value v[] = {{4, 1, false}, {2, 1, true}, {1, 1, false}, {3, 1, false}};
    near(fit_quantile(v, 4, 0.25, &known), 1, 0);
    near(fit_quantile(v, 4, 0.3, &known), 3, 0);
    near(fit_quantile(v, 4, 0.62, &known), 3, 0);
    near(fit_quantile(v, 4, 0.63, &known), 4, 0);
    assert_true(known);
    struct fit_value top[] = {{1, 1, false}, {2, 1, true}, {3, 1, true}};
    near(fit_quantile(top, 3, 0.3, &known), 1, 0);
    assert_true(known);
    near(fit_quantile(top, 3, 0.5, &known), 3, 0);
    assert_false(known);
}

static void
test_ratio(void **state)
{
    (void)state;
    struct fit_point p[100];
    for (uint32_t i = 0; i < 100; i++)
        p[i] = (struct fit_point){.value = (i + 1) * 2.0, .stated = 200, .cluster = i};
    struct fit_ratio r = fit_ratio(p, 100, 0.5);
    near(r.value, 0.5, 1e-12);
    near(r.error, 0.1, 0.03); /* 1.96 sqrt(q (1 - q) / n) of a uniform distribution */
    for (uint32_t i = 0; i < 100; i++)
        p[i].cluster = i / 50; /* two processes: hardly anything is known */
    assert_true(fit_ratio(p, 100, 0.5).error > 0.2);
    for (uint32_t i = 0; i < 100; i++)
        p[i].value = 200;
    near(fit_ratio(p, 100, 0.95).value, 1, 0);
    near(fit_ratio(p, 100, 0.95).error, 0, 1e-9);
}

/* --- terms --- */

/* 3 once and 2 of each, without any spread: exactly that. */
static void
test_terms_exact(void **state)
{
    (void)state;
    struct fit_point p[24];
    for (uint32_t i = 0; i < 24; i++) {
        double k = 1 + i % 4;
        p[i] = (struct fit_point){.value = 3 + 2 * k,
            .stated = 1 + k,
            .once = 1,
            .each = k,
            .cluster = i};
    }
    struct fit_terms f = fit_terms(p, 24, 0.95);
    assert_true(f.apart && f.once.known);
    near(f.once.value, 3, 1e-6);
    near(f.each.value, 2, 1e-6);
    near(f.once.error, 0, 1e-6);
    p[5].value *= 40; /* one of them ran wild */
    f = fit_terms(p, 24, 0.5);
    assert_true(f.apart);
    near(f.once.value, 3, 0.05);
    near(f.each.value, 2, 0.05);
}

static void
test_terms_alike(void **state)
{
    (void)state;
    struct fit_point p[40];
    uint64_t seed = 5;
    for (uint32_t i = 0; i < 40; i++)
        p[i] = (struct fit_point){.value = 10 + uniform(&seed),
            .stated = 10,
            .once = 4,
            .each = 6,
            .cluster = i};
    assert_false(fit_terms(p, 40, 0.95).apart);
    assert_false(fit_terms(p, 0, 0.95).apart);
    for (uint32_t i = 0; i < 40; i++) { /* 30 or 31 tasks, which differ by more than that */
        p[i].each = 30 + i % 2;
        p[i].value = (4 + p[i].each) * exp(0.3 * normal(&seed));
    }
    assert_false(fit_terms(p, 40, 0.95).apart);
    for (uint32_t i = 0; i < 40; i++) { /* nothing is used once, and that is found */
        p[i].each = 1 + i % 5;
        p[i].value = p[i].each * (1 + 0.01 * uniform(&seed));
    }
    struct fit_terms f = fit_terms(p, 40, 0.95);
    assert_true(f.apart);
    near(f.once.value, 0, 0.01);
    near(f.each.value, 1, 0.02);
}

/* Simulated campaigns, of which the terms are known. */
struct campaign {
    uint32_t processes, most_tasks;
    double spread;
    double cut; /* 0: nothing is cut short; else a part, by a limit that is drawn by chance */
};
static const struct campaign campaigns[] = {{60, 6, 0.1, 0}, {100, 2, 0.02, 0}, {300, 6, 0.1, 0},
    {300, 6, 0.3, 0}, {300, 6, 0.1, 0.3}, {600, 4, 0.2, 0.5}};
#define ONCE 1.05
#define EACH 1.2

static void
simulate(const struct campaign *c, uint64_t seed, struct fit_point *p)
{
    for (uint32_t i = 0; i < c->processes; i++) {
        double k = 1 + floor(uniform(&seed) * c->most_tasks);
        double expected = ONCE * 10 + EACH * 2 * k,
               value = expected * exp(c->spread * normal(&seed));
        double limit = c->cut > 0 ? expected * exp(c->cut * (2 * uniform(&seed) - 0.2)) : INFINITY;
        p[i] = (struct fit_point){.value = fmin(value, limit),
            .stated = 10 + 2 * k,
            .once = 10,
            .each = 2 * k,
            .cluster = i,
            .open = limit < value};
    }
}

static void
test_terms_simulated(void **state)
{
    (void)state;
    enum { SEEDS = 100, MOST = 600 };
    struct fit_point p[MOST];
    for (size_t i = 0; i < COUNT_OF(campaigns); i++) {
        const struct campaign *c = &campaigns[i];
        double scale = exp(1.6448536 * c->spread), once = 0, each = 0;
        unsigned seeds = c->cut > 0 ? SEEDS / 2 : SEEDS, good[2] = {0, 0};
        for (unsigned seed = 1; seed <= seeds; seed++) {
            simulate(c, seed * 7919, p);
            struct fit_terms f = fit_terms(p, c->processes, 0.95);
            assert_true(f.apart && f.once.known);
            good[0] += fabs(f.once.value - ONCE * scale) <= f.once.error;
            good[1] += fabs(f.each.value - EACH * scale) <= f.each.error;
            once += f.once.value / seeds;
            each += f.each.value / seeds;
        }
        print_message("# campaign %zu: %u and %u of %u within the uncertainty\n", i, good[0],
            good[1], seeds);
        assert_true(good[0] >= 0.9 * seeds && good[1] >= 0.9 * seeds);
        near(once, ONCE * scale, 0.03 * scale);
        near(each, EACH * scale, 0.03 * scale);
    }
}

/* The median of times that are cut short at random. */
static void
test_ratio_simulated(void **state)
{
    (void)state;
    enum { SEEDS = 200, N = 150 };
    struct fit_point p[N];
    unsigned good = 0;
    for (unsigned k = 1; k <= SEEDS; k++) {
        uint64_t seed = k * 104729;
        for (uint32_t i = 0; i < N; i++) {
            double value = exp(0.4 * normal(&seed)), limit = 3 * uniform(&seed);
            p[i] = (struct fit_point){.value = fmin(value, limit),
                .stated = 1,
                .cluster = i,
                .open = limit < value};
        }
        struct fit_ratio r = fit_ratio(p, N, 0.5);
        assert_true(r.known);
        good += fabs(r.value - 1) <= r.error;
    }
    print_message("# %u of %u within the uncertainty\n", good, SEEDS);
    assert_true(good >= 0.9 * SEEDS);
}

/* --- dependence --- */

static void
test_depend_number(void **state)
{
    (void)state;
    double x[30], y[30];
    struct depend d;
    for (size_t i = 0; i < 30; i++) {
        x[i] = (double)((7 * i) % 30);
        y[i] = exp(x[i]); /* ranks know no form */
    }
    assert_true(depend_on_number(x, y, 30, &d));
    near(d.share, 1, 1e-12);
    assert_true(d.chance < 1e-6 && d.low < d.high);
    near(x[d.low_at], 0, 0);
    near(x[d.high_at], 29, 0);
    /* 1 2 3 4 5 against 2 1 4 3 5, three times: Spearman's is 0.8 less what ties take */
    static const double five[] = {2, 1, 4, 3, 5};
    for (size_t i = 0; i < 15; i++) {
        x[i] = (double)(i % 5);
        y[i] = five[i % 5];
    }
    assert_true(depend_on_number(x, y, 15, &d));
    near(d.share, 0.64, 1e-12);
    near(d.chance, erfc(0.8 * sqrt(7)), 1e-12);
    for (size_t i = 0; i < 15; i++)
        x[i] = 3;
    assert_false(depend_on_number(x, y, 15, &d));
    assert_false(depend_on_number(x, y, 2, &d));
}

static void
test_depend_group(void **state)
{
    (void)state;
    uint64_t group[20];
    double y[20];
    struct depend d;
    for (size_t i = 0; i < 20; i++) {
        group[i] = i < 10 ? 7 : 3;
        y[i] = (double)(i + 1);
    }
    /* rank sums 55 and 155: H = 12 / (20 21) (55^2 / 10 + 155^2 / 10) - 3 21 = 14.2857 */
    assert_true(depend_on_group(group, y, 20, &d));
    near(d.share, (100.0 / 7 - 1) / 18, 1e-9);
    near(d.chance, 1.57e-4, 1e-5);
    near(d.low, 5.5, 0);
    near(d.high, 15.5, 0);
    assert_int_equal(group[d.low_at], 7);
    group[0] = 99; /* too small a group */
    assert_true(depend_on_group(group, y, 20, &d));
    near(d.low, 6, 0);
    for (size_t i = 0; i < 20; i++)
        group[i] = i;
    assert_false(depend_on_group(group, y, 20, &d));
}

/* Where there is no dependence, a chance is below p in about one of 1 / p cases. */
static void
test_depend_chance(void **state)
{
    (void)state;
    enum { SEEDS = 2000, N = 60 };
    unsigned number = 0, groups = 0;
    for (unsigned k = 1; k <= SEEDS; k++) {
        uint64_t seed = k * 15485863, group[N];
        double x[N], y[N];
        struct depend d;
        for (size_t i = 0; i < N; i++) {
            x[i] = uniform(&seed);
            y[i] = normal(&seed);
            group[i] = (uint64_t)(uniform(&seed) * 5);
        }
        assert_true(depend_on_number(x, y, N, &d));
        number += d.chance < 0.01;
        if (depend_on_group(group, y, N, &d))
            groups += d.chance < 0.01;
    }
    print_message("# below 1 %%: %u and %u of %u\n", number, groups, SEEDS);
    assert_true(number > SEEDS / 400 && number < SEEDS / 40);
    assert_true(groups > SEEDS / 400 && groups < SEEDS / 40);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantile),
        cmocka_unit_test(test_quantile_open),
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_terms_exact),
        cmocka_unit_test(test_terms_alike),
        cmocka_unit_test(test_terms_simulated),
        cmocka_unit_test(test_ratio_simulated),
        cmocka_unit_test(test_depend_number),
        cmocka_unit_test(test_depend_group),
        cmocka_unit_test(test_depend_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
