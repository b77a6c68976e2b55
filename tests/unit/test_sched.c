#include "config.h"

#include "sched/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static uint16_t *
classes(uint32_t n, const uint16_t *c)
{
    uint16_t *p = malloc((n + 1) * sizeof *p);
    memcpy(p, c, n * sizeof *p);
    return p;
}

/* A node and its tasks; class_of and bundle_of are from malloc and taken over. */
struct setup {
    uint32_t cores, gpus;
    uint64_t memory;
    uint32_t ntasks, nclasses;
    const struct sched_class *class;
    uint16_t *class_of;
    uint32_t *bundle_of; /* NULL: there are no bundles */
    uint32_t nneeds;
    const struct sched_need *need;
};

static struct sched *
without_classes(const struct setup *c)
{
    return sched_new(&(struct sched_config){.cores = c->cores,
        .gpus = c->gpus,
        .memory = c->memory,
        .ntasks = c->ntasks,
        .bundles = c->bundle_of != NULL,
        .nneeds = c->nneeds,
        .need = c->need});
}

static struct sched *
new_sched(const struct setup *c)
{
    struct sched *s = without_classes(c);
    sched_add_classes(s, c->class, c->nclasses);
    for (uint32_t t = 0; t < c->ntasks; t++)
        sched_set_class(s, t, c->class_of[t], c->bundle_of ? c->bundle_of[t] : SCHED_NONE);
    free(c->class_of);
    free(c->bundle_of);
    return s;
}

/* clang-format off */
#define CLASS(k, p, m, t) {.cores = (k), .priority = (p), .memory = (m), .time_ms = (t)}
/* clang-format on */

/* All that starts now, process by process. */
static uint32_t
launch_all(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    uint32_t n = 0, k;
    while ((k = sched_launch(s, now, out + n, max - n)))
        n += k;
    return n;
}

static void
longest_first(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct sched_class class[] = {
        CLASS(1, 0, 10, 0), CLASS(1, 0, 10, 5000), CLASS(1, 0, 10, 9000), CLASS(2, 0, 10, 5000), CLASS(1, 1, 10, 1)};
    struct setup c = {.cores = 100, .memory = 1000, .ntasks = 6, .nclasses = 5,
        .class = class, .class_of = classes(6, (const uint16_t[]){0, 1, 2, 3, 4, 2})};
    uint32_t out[8];
    struct sched *s = new_sched(&c);
    sched_start(s, 5);
    assert_int_equal(launch_all(s, 7, out, 8), 6);
    static const uint32_t want[] = {4, 2, 5, 3, 1, 0};
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(sched_waited(s, 4), 2);
    assert_int_equal(sched_cores_used(s), 7);
    sched_free(s);
}

/* The loop's clock is older than the one by which a task became ready. */
static void
nobody_waits_less_than_nothing(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 10, 0)};
    struct setup c = {
        .cores = 1, .memory = 10, .ntasks = 1, .nclasses = 1, .class = class, .class_of = classes(1, (const uint16_t[]){0})};
    uint32_t out[1];
    struct sched *s = new_sched(&c);
    sched_start(s, 8);
    assert_int_equal(launch_all(s, 7, out, 1), 1);
    assert_int_equal(sched_waited(s, 0), 0);
    sched_free(s);
}

static struct sched_need
stored(uint32_t consumer, uint32_t nconsumers, uint32_t producer, uint32_t nproducers,
    uint32_t ngroups, const uint32_t *group_of, const uint32_t *start, const uint32_t *members)
{
    return (struct sched_need){consumer, producer,
        {.nconsumers = nconsumers,
            .nproducers = nproducers,
            .ngroups = ngroups,
            .nmembers = start[ngroups],
            .group_of = group_of,
            .start = start,
            .members = members}};
}

static void
failure_blocks_through_all_levels(void **state)
{
    (void)state;
    /* 0, 1 -> 2 -> 3; 4 needs an empty group; 5 needs 1 only */
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    static const uint32_t g0[] = {0, SCHED_NONE, 1, 2}, s0[] = {0, 2, 2, 3}, m0[] = {0, 1, 1};
    static const uint32_t g1[] = {0}, s1[] = {0, 1}, m1[] = {0};
    const struct sched_need need[] = {stored(2, 4, 0, 2, 3, g0, s0, m0),
        stored(3, 1, 2, 1, 1, g1, s1, m1)};
    struct setup c = {.cores = 9, .memory = 100, .ntasks = 6, .nclasses = 1,
        .class = class, .class_of = classes(6, (const uint16_t[6]){0}), .nneeds = 2, .need = need};
    uint32_t out[9];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 9), 3);
    static const uint32_t want[] = {0, 1, 4};
    assert_memory_equal(out, want, sizeof want);
    sched_ended(s, 0, SCHED_END_FAILED, 0, 1);
    assert_int_equal(sched_count(s, SCHED_BLOCKED), 2);
    sched_ended(s, 1, SCHED_END_DONE, 0, 1);
    assert_int_equal(launch_all(s, 0, out, 9), 1);
    assert_int_equal(out[0], 5);
    assert_int_equal(sched_state(s, 3), SCHED_BLOCKED);
    sched_free(s);
}

static void
resume_skips_the_done(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    static const uint32_t g0[] = {0, 1}, s0[] = {0, 1, 2}, m0[] = {0, 1};
    const struct sched_need need[] = {stored(2, 2, 0, 2, 2, g0, s0, m0)};
    struct setup c = {.cores = 9, .memory = 100, .ntasks = 4, .nclasses = 1,
        .class = class, .class_of = classes(4, (const uint16_t[4]){0}), .nneeds = 1, .need = need};
    uint32_t out[9];
    struct sched *s = new_sched(&c);
    sched_set_done(s, 0, 0);
    sched_set_done(s, 3, 0); /* done, though what it needs has to run again */
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 9), 2);
    assert_true(out[0] == 1 && out[1] == 2);
    sched_ended(s, 1, SCHED_END_DONE, 0, 1);
    sched_ended(s, 2, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_count(s, SCHED_DONE), 4);
    assert_int_equal(launch_all(s, 0, out, 9), 0);
    sched_free(s);
}

static void
retries_back_off(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    static const uint32_t delay[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct setup c = {.cores = 1, .memory = 1, .ntasks = 1, .nclasses = 1,
        .class = class, .class_of = classes(1, (const uint16_t[1]){0})};
    uint32_t out;
    struct sched *s = new_sched(&c);
    int64_t now = UINT32_MAX - 3000ll; /* through the wrap of the 32-bit times */
    sched_start(s, now);
    assert_int_equal(sched_next_time(s, now), -1);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(launch_all(s, now, &out, 1), 1);
        sched_ended(s, 0, SCHED_END_RETRY, i, now);
        assert_int_equal(sched_next_time(s, now), now + delay[i]);
        assert_int_equal(launch_all(s, now + delay[i] - 1, &out, 1), 0);
        now += delay[i];
    }
    /* clang-format on */
    assert_int_equal(launch_all(s, now, &out, 1), 1);
    sched_ended(s, 0, SCHED_END_REQUEUE, 0, now);
    assert_int_equal(launch_all(s, now, &out, 1), 1);
    sched_free(s);
}

/* A task of the whole node behind a stream of small ones that are thought to last long. */
static void
whole_node_does_not_starve(void **state)
{
    (void)state;
    enum { N = 1000 };
    static const struct sched_class class[] = {CLASS(4, 1, 4, 0), CLASS(1, 0, 1, 100),
        CLASS(1, 0, 1, 0)};
    uint16_t *of = malloc(N * sizeof *of);
    for (unsigned i = 0; i < N; i++)
        of[i] = (uint16_t)(1 + i % 2);
    of[N - 1] = 0;
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0};
    const struct sched_need need[] = {stored(N - 1, 1, 1, 1, 1, g0, s0, m0)};
    struct setup c = {.cores = 4,
        .memory = 4,
        .ntasks = N,
        .nclasses = 3,
        .class = class,
        .class_of = of,
        .nneeds = 1,
        .need = need};
    uint32_t out[4], running[4], n = 0;
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    int64_t ready = -1;
    for (int64_t now = 0;; now += 7) {
        assert_true(now < 100000);
        if (n) { /* the oldest ends */
            if (running[0] == 1)
                ready = now;
            sched_ended(s, running[0], SCHED_END_DONE, 0, now);
            memmove(running, running + 1, --n * sizeof *running);
        }
        uint32_t k = launch_all(s, now, out, 4);
        if (k && out[0] == N - 1) {
            assert_true(ready >= 0 && now - ready < 200);
            break;
        }
        memcpy(running + n, out, k * sizeof *out);
        n += k;
    }
    sched_free(s);
}

/* The same behind a stream of bundles, which would take each core as soon as it is free. */
static void
whole_node_does_not_starve_behind_bundles(void **state)
{
    (void)state;
    enum { N = 2000 };
    static const struct sched_class class[] = {{.cores = 4, .memory = 8},
        {.cores = 1, .memory = 3, .shared = 2, .time_ms = 100}};
    for (unsigned priority = 0; priority < 2; priority++) {
        uint16_t *of = malloc(N * sizeof *of);
        uint32_t *bundle_of = malloc(N * sizeof *bundle_of), out[4], n = 0;
        struct sched_class order[] = {class[0], class[1]};
        struct {
            uint32_t task;
            int64_t end;
        } running[4];
        for (unsigned i = 0; i < N; i++) {
            of[i] = 1;
            bundle_of[i] = i / 3 % 50;
        }
        of[N - 1] = 0;
        bundle_of[N - 1] = SCHED_NONE;
        order[0].priority = (int32_t)priority;
        order[0].time_ms = priority ? 0 : 200;
        struct setup c = {.cores = 4,
            .memory = 8,
            .ntasks = N,
            .nclasses = 2,
            .class = order,
            .class_of = of,
            .bundle_of = bundle_of};
        struct sched *s = new_sched(&c);
        /* it comes when the others run already */
        sched_start(s, 0);
        assert_int_equal(sched_launch(s, 0, out, 4), 1);
        assert_int_equal(out[0], N - 1);
        sched_ended(s, N - 1, SCHED_END_RETRY, 0, 0);
        bool started = false;
        for (int64_t now = 0; !started; now += 7) {
            assert_true(now < 2000);
            for (uint32_t i = 0; i < n;) {
                if (running[i].end > now) {
                    i++;
                    continue;
                }
                sched_ended(s, running[i].task, SCHED_END_DONE, 0, now);
                running[i] = running[--n];
            }
            for (uint32_t k; (k = sched_launch(s, now, out, 4));)
                for (uint32_t i = 0; i < k; i++) {
                    started |= out[i] == N - 1;
                    if (out[i] != N - 1) /* those of a bundle end one by one */
                        running[n++] = (typeof(*running)){out[i], now + 60 + 20 * i};
                }
        }
        sched_free(s);
    }
}

/* While a large task waits, what does not delay it goes on. */
static void
backfill_beside_a_reservation(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 4, 9000), CLASS(1, 0, 1, 0)};
    struct setup c = {.cores = 8,
        .memory = 10,
        .ntasks = 8,
        .nclasses = 2,
        .class = class,
        .class_of = classes(8, (const uint16_t[]){0, 0, 0, 0, 1, 1, 1, 1})};
    uint32_t out[8];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 8), 4); /* two of 4, two of 1 beside them */
    assert_int_equal(sched_memory_used(s), 10);
    sched_ended(s, 4, SCHED_END_DONE, 0, 50);
    assert_int_equal(launch_all(s, 50, out, 8), 1);
    assert_int_equal(out[0], 6);
    sched_ended(s, 0, SCHED_END_DONE, 0, 9000);
    assert_int_equal(launch_all(s, 9000, out, 8), 1);
    assert_int_equal(out[0], 2);
    sched_free(s);
}

/* One bundle by visit: what is shared is paid for once, and it goes on filling what is free. */
static void
bundles_fill_the_node(void **state)
{
    (void)state;
    /* the numbers of DC2 on a node of Cori: 2 GB a sensor, 10 GB a visit, 76 GB */
    /* clang-format off */
    static const struct sched_class class[] = {
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 36000000}};
    enum { N = 120 };
    uint32_t *bundle_of = malloc(N * sizeof *bundle_of), out[N];
    for (uint32_t i = 0; i < N; i++)
        bundle_of[i] = i < 40 ? 0 : i < 50 ? 1 : 2;
    struct setup c = {.cores = 272, .memory = 76, .ntasks = N, .nclasses = 1,
        .class = class, .class_of = calloc(N, sizeof(uint16_t)), .bundle_of = bundle_of};
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(sched_launch(s, 0, out, N), 33);
    for (uint32_t i = 0; i < 33; i++)
        assert_int_equal(out[i], i);
    assert_int_equal(sched_memory_used(s), 76);
    assert_int_equal(sched_cores_used(s), 33);
    assert_int_equal(sched_launch(s, 0, out, N), 0);
    for (uint32_t i = 0; i < 20; i++)
        sched_ended(s, i, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_memory_used(s), 10 + 13 * 2);
    /* the rest of the first visit, then what fits of the second one */
    assert_int_equal(sched_launch(s, 1, out, N), 7);
    assert_int_equal(out[0], 33);
    assert_int_equal(sched_launch(s, 1, out, N), 3);
    assert_int_equal(out[0], 40);
    assert_int_equal(sched_launch(s, 1, out, N), 0);
    for (uint32_t i = 20; i < 43; i++)
        sched_ended(s, i, SCHED_END_DONE, 0, 2);
    assert_int_equal(sched_memory_used(s), 0);
    assert_int_equal(sched_launch(s, 2, out, 5), 5); /* no more than there is room for */
    sched_free(s);
}

/* A task that ran out of memory costs more from then on, and is in another class. */
static void
heavier_after_oom(void **state)
{
    (void)state;
    static const struct sched_class class[] = {{.cores = 1, .memory = 4, .heavier = 2},
        {.cores = 1, .memory = 6, .heavier = 3}, {.cores = 1, .memory = 8}};
    struct setup c = {.cores = 2, .memory = 8, .ntasks = 2, .nclasses = 3, .class = class,
        .class_of = classes(2, (const uint16_t[]){0, 0})};
    uint32_t out[2];
    struct sched *s = new_sched(&c);
    sched_set_heavier(s, 1);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 1);
    assert_int_equal(out[0], 1);
    assert_int_equal(sched_memory_used(s), 6);
    for (uint32_t i = 0; i < 3; i++) {
        sched_ended(s, 1, SCHED_END_HEAVIER, 0, i * 1000);
        assert_int_equal(launch_all(s, i * 1000, out, 2), i == 0);
        if (i == 0)
            sched_ended(s, 0, SCHED_END_DONE, 0, 0);
        assert_int_equal(launch_all(s, i * 1000 + 1000, out, 2), 1);
        assert_int_equal(sched_memory_used(s), 8);
    }
    /* clang-format on */
    sched_free(s);
}

/* Near the end only what fits is started; what has no expected time is. */
static void
nothing_starts_too_late(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct sched_class class[] = {
        CLASS(1, 0, 1, 9000), CLASS(1, 0, 1, 3000), CLASS(1, 0, 1, 0)};
    struct setup c = {.cores = 1, .memory = 9, .ntasks = 4, .nclasses = 3, .class = class,
        .class_of = classes(4, (const uint16_t[]){0, 1, 1, 2})};
    uint32_t out[2];
    struct sched *s = new_sched(&c);
    sched_set_end(s, 8000);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 1);
    assert_int_equal(out[0], 1);
    sched_ended(s, 1, SCHED_END_RETRY, 0, 4000);
    assert_int_equal(launch_all(s, 5000, out, 2), 1);
    assert_int_equal(out[0], 2);
    sched_ended(s, 2, SCHED_END_DONE, 0, 6000);
    assert_true(sched_pending(s, 6000));
    assert_int_equal(launch_all(s, 6000, out, 2), 1);
    assert_int_equal(out[0], 3);
    sched_ended(s, 3, SCHED_END_REQUEUE, 0, 8000);
    assert_int_equal(launch_all(s, 8000, out, 2), 0);
    assert_false(sched_pending(s, 8000));
    assert_int_equal(sched_count(s, SCHED_READY), 3);
    sched_free(s);

    /* what may take any time does not start once that is asked for */
    c.class_of = classes(4, (const uint16_t[]){0, 1, 2, 2});
    s = new_sched(&c);
    sched_set_end(s, 8000);
    sched_set_cautious(s);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 1);
    assert_int_equal(out[0], 1);
    sched_ended(s, 1, SCHED_END_DONE, 0, 3000);
    assert_int_equal(launch_all(s, 3000, out, 2), 0);
    assert_false(sched_pending(s, 3000));
    sched_free(s);
}

static void
gpus_are_counted(void **state)
{
    (void)state;
    static const struct sched_class class[] = {{.cores = 1, .gpus = 2, .memory = 1}};
    struct setup c = {.cores = 9, .memory = 9, .gpus = 4, .ntasks = 4, .nclasses = 1,
        .class = class, .class_of = classes(4, (const uint16_t[]){0, 0, 0, 0})};
    uint32_t out[9];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 9), 2);
    sched_ended(s, 0, SCHED_END_DONE, 0, 0);
    assert_int_equal(launch_all(s, 0, out, 9), 1);
    sched_free(s);
}

/* --- random campaigns --- */

static uint64_t seed;

static uint32_t
rnd(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 11) % n);
}

enum { MAXN = 300, MAXK = 12, MAXD = 4, MAXP = 20000 };

struct world {
    uint32_t n, k;
    struct sched_class class[MAXK];
    uint16_t of[MAXN];
    struct sched_need need[MAXD];
    uint32_t nneeds;
    uint32_t group_of[MAXD][MAXN], start[MAXD][MAXN + 1], members[MAXD][MAXN * 4];
    bool needs[MAXN][MAXN];
    uint8_t state[MAXN]; /* 0 not yet, 1 running, 2 done, 3 failed */
    uint32_t bundle[MAXN];
    bool bundled, postponed;
    struct sched_class known[MAXK]; /* to the core, in its order */
    uint32_t number[MAXK], nnumbers; /* of each class as the core knows it, + 1; 0: not yet */
    uint32_t taken, part;            /* tasks that were, and how many are at a time */
    uint32_t process[MAXN], nprocesses; /* of those that run */
    uint32_t retries[MAXN];
    int64_t may_start[MAXN];
};

/* Consumers c * s + i need producers i * p + k, for i < s: an arithmetic need of some tasks. */
static void
shared_digit(struct world *w, struct sched_need *d, uint32_t nc, uint32_t np)
{
    uint32_t s = 1 + rnd(nc < np ? nc : np), c = 1 + rnd(nc / s), p = 1 + rnd(np / s);
    assert_true(relation_product(&d->of, (uint32_t[]){c, s}, 2, (uint32_t[]){s, p}, 2,
        (const uint32_t[1][2]){{1, 0}}, 1));
    for (uint32_t i = 0; i < s * c; i++)
        for (uint32_t k = 0; k < p; k++)
            w->needs[d->first_consumer + i][d->first_producer + i % s * p + k] = true;
}

/* Families are ranges of tasks; each range but the first needs an earlier one by random groups. */
static void
make_world(struct world *w, struct setup *node)
{
    uint32_t cores = node->cores;
    uint64_t memory = node->memory;
    memset(w, 0, sizeof *w);
    w->n = 1 + rnd(MAXN);
    w->k = 1 + rnd(MAXK);
    for (uint32_t i = 0; i < w->k; i++) {
        struct sched_class *c = &w->class[i];
        *c = (struct sched_class){.cores = rnd(4) ? 1 : 1 + rnd(cores),
            .gpus = rnd(4) ? 0 : rnd(node->gpus + 1), .priority = rnd(5) ? 0 : (int32_t)rnd(3) - 1,
            .memory = rnd((uint32_t)memory + 1), .time_ms = rnd(3) ? rnd(10000) : 0,
            .heavier = rnd(w->k + 1)};
        c->shared = rnd((uint32_t)c->memory + 1);
    }
    /* clang-format on */
    w->bundled = rnd(2);
    uint32_t keys = 1 + rnd(40);
    for (uint32_t t = 0; t < w->n; t++) {
        w->of[t] = (uint16_t)rnd(w->k);
        w->bundle[t] = !w->bundled || rnd(6) == 0 ? SCHED_NONE : rnd(keys);
    }
    uint32_t first[MAXD + 2] = {0};
    uint32_t nfam = 1 + rnd(MAXD + 1);
    for (uint32_t f = 1; f <= nfam; f++)
        first[f] = f == nfam ? w->n : first[f - 1] + rnd(w->n - first[f - 1] + 1);
    for (uint32_t f = 1; f < nfam; f++) {
        uint32_t p = rnd(f), np = first[p + 1] - first[p], nc = first[f + 1] - first[f];
        if (!np || !nc)
            continue;
        uint32_t d = w->nneeds++, ng = 1 + rnd(nc), nm = 0;
        if (rnd(2)) {
            w->need[d] = (struct sched_need){first[f], first[p], {0}};
            shared_digit(w, &w->need[d], nc, np);
            continue;
        }
        for (uint32_t g = 0; g < ng; g++) {
            for (uint32_t i = rnd(4); i; i--)
                w->members[d][nm++] = rnd(np);
            w->start[d][g + 1] = nm;
        }
        for (uint32_t i = 0; i < nc; i++) {
            uint32_t g = w->group_of[d][i] = rnd(8) ? rnd(ng) : SCHED_NONE;
            if (g != SCHED_NONE)
                for (uint32_t m = w->start[d][g]; m < w->start[d][g + 1]; m++)
                    w->needs[first[f] + i][first[p] + w->members[d][m]] = true;
        }
        w->need[d] =
            stored(first[f], nc, first[p], np, ng, w->group_of[d], w->start[d], w->members[d]);
    }
}

static void
check_room(const struct world *w, const struct sched *s, const struct setup *node)
{
    uint64_t memory = 0, cores = 0, gpus = 0;
    static bool seen[MAXP];
    memset(seen, 0, sizeof seen);
    for (uint32_t t = 0; t < w->n; t++) {
        const struct sched_class *c = &w->class[w->of[t]];
        if (w->state[t] != 1)
            continue;
        memory += seen[w->process[t]] ? c->memory - c->shared : c->memory;
        seen[w->process[t]] = true;
        cores += c->cores;
        gpus += c->gpus;
    }
    assert_true(memory <= node->memory && cores <= node->cores && gpus <= node->gpus);
    assert_int_equal(sched_cores_used(s), cores);
    assert_int_equal(sched_memory_used(s), memory);
}

/* The tasks of one process. */
static void
check_launch(struct world *w, const uint32_t *out, uint32_t k, int64_t now, int64_t end)
{
    assert_true(++w->nprocesses < MAXP);
    for (uint32_t i = 0; i < k; i++) {
        assert_true(out[i] < w->n);
        assert_int_equal(w->state[out[i]], 0);
        assert_true(w->may_start[out[i]] <= now);
        assert_true(now + (int64_t)w->class[w->of[out[i]]].time_ms <= end);
        for (uint32_t p = 0; p < w->n; p++)
            if (w->needs[out[i]][p])
                assert_int_equal(w->state[p], 2);
        if (i) {
            assert_int_equal(w->of[out[i]], w->of[out[0]]);
            assert_int_equal(w->bundle[out[i]], w->bundle[out[0]]);
            assert_int_not_equal(w->bundle[out[i]], SCHED_NONE);
        }
        w->process[out[i]] = w->nprocesses;
        w->state[out[i]] = 1;
    }
}

/* The order of classes a and b, as sched.h tells it; those that are equal in it stay so. */
static bool
before(const struct sched_class *a, const struct sched_class *b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->time_ms != b->time_ms)
        return a->time_ms > b->time_ms;
    if (a->cores != b->cores)
        return a->cores > b->cores;
    if (a->gpus != b->gpus)
        return a->gpus > b->gpus;
    return a->memory > b->memory;
}

/* After all launches, the first class in order with a ready task that is not too late does not fit.
 */
static void
check_first_runs(const struct world *w, const struct sched *s, const struct setup *node,
    int64_t now, int64_t end)
{
    const struct sched_class *first = NULL;
    uint32_t gpus = 0;
    for (uint32_t t = 0; t < w->n; t++) {
        const struct sched_class *c = &w->class[w->of[t]];
        if (w->state[t] == 1)
            gpus += c->gpus;
        if (sched_state(s, t) == SCHED_READY && now < end && now + (int64_t)c->time_ms <= end &&
            (!first || before(c, first)))
            first = c;
    }
    if (first)
        assert_false(first->cores <= node->cores - sched_cores_used(s) &&
                     first->gpus <= node->gpus - gpus &&
                     first->memory <= node->memory - sched_memory_used(s));
}

/* Tells the core of a class and of those that follow from it, unless it knows them. */
static void
add_class(struct world *w, struct sched *s, uint32_t k)
{
    uint32_t from[MAXK], n = 0, before = w->nnumbers;
    while (!w->number[k]) {
        w->number[k] = ++w->nnumbers;
        from[n++] = k;
        if (w->class[k].heavier)
            k = w->class[k].heavier - 1;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct sched_class *c = &w->known[before + i];
        *c = w->class[from[i]];
        if (c->heavier)
            c->heavier = w->number[c->heavier - 1];
    }
    sched_add_classes(s, w->known, w->nnumbers);
}

/* The next tasks, as of a shard. */
static void
take_part(struct world *w, struct sched *s, int64_t now)
{
    uint32_t from = w->taken, end = w->n - from < w->part ? w->n : from + w->part;
    for (uint32_t t = from; t < end; t++) {
        assert_null(sched_class_of(s, t));
        add_class(w, s, w->of[t]);
        sched_set_class(s, t, w->number[w->of[t]] - 1, w->bundle[t]);
    }
    for (uint32_t t = from; t < end; t++)
        sched_take(s, t, now);
    w->taken = end;
}

/* Other times are expected now. */
static void
change_times(struct world *w, struct sched *s)
{
    uint64_t time[MAXK];
    for (uint32_t k = 0; k < w->k; k++) {
        if (rnd(2))
            w->class[k].time_ms = rnd(3) ? rnd(10000) : 0;
        if (w->number[k])
            time[w->number[k] - 1] = w->class[k].time_ms;
    }
    sched_set_times(s, time);
}

static uint64_t
run_world(uint64_t with_seed)
{
    static struct world world;
    struct world *w = &world;
    seed = with_seed * 0x9e3779b97f4a7c15u + 1;
    uint32_t out[32];
    uint64_t trace = 0;
    struct setup c = {.cores = 1 + rnd(16), .memory = 1 + rnd(100), .gpus = rnd(3)};
    make_world(w, &c);
    c.ntasks = w->n;
    c.nneeds = w->nneeds;
    c.need = w->need;
    c.bundle_of = w->bundled ? w->bundle : NULL;
    struct sched *s = without_classes(&c);
    w->part = rnd(2) ? w->n : 1 + rnd(w->n);
    bool change = rnd(4) == 0;
    uint32_t fail_rate = rnd(2) ? 0 : 20;
    for (uint32_t t = 0; t < w->n; t++) {
        if (rnd(20) == 0) {
            sched_set_done(s, t, 0);
            w->state[t] = 2;
        }
    }
    /* done, and gone again: as if nothing had been */
    for (uint32_t t = 0; t < w->n; t++) {
        if (w->state[t] != 2 && rnd(20) == 0) {
            sched_set_done(s, t, 0);
            sched_set_gone(s, t);
        }
    }
    int64_t now = rnd(1000000), end = INT64_MAX;
    if (rnd(4) == 0)
        sched_set_end(s, end = now + rnd(100000));
    take_part(w, s, now);
    for (uint32_t step = 0;; step++) {
        assert_true(step < 100000);
        if (w->taken < w->n && rnd(4) == 0)
            take_part(w, s, now);
        if (change && rnd(4) == 0)
            change_times(w, s);
        uint32_t processes = rnd(8) ? UINT32_MAX : rnd(4), k = 1;
        while (processes && (k = sched_launch(s, now, out, 1 + rnd(32)))) {
            check_launch(w, out, k, now, end);
            check_room(w, s, &c);
            for (uint32_t i = 0; i < k; i++)
                trace = trace * 31 + out[i] + 1;
            processes--;
        }
        if (!k)
            check_first_runs(w, s, &c, now, end);
        uint32_t running[MAXN], n = 0;
        for (uint32_t t = 0; t < w->n; t++)
            if (w->state[t] == 1)
                running[n++] = t;
        if (!n && !k) {
            int64_t next = sched_next_time(s, now);
            if (w->taken < w->n) {
                take_part(w, s, now);
                continue;
            }
            if (!sched_pending(s, now))
                break;
            assert_true(next > now);
            now = next;
            continue;
        }
        now += rnd(500);
        for (uint32_t ends = n ? 1 + rnd(n) : 0; ends; ends--) {
            uint32_t i = rnd(n), t = running[i];
            running[i] = running[--n];
            enum sched_result r = SCHED_END_DONE;
            if (fail_rate && rnd(100) < fail_rate)
                r = rnd(12) == 0        ? SCHED_END_POSTPONE
                    : rnd(3) == 0       ? SCHED_END_REQUEUE
                    : w->retries[t] > 2 ? SCHED_END_FAILED
                    : rnd(3) == 0       ? SCHED_END_HEAVIER
                                        : SCHED_END_RETRY;
            w->state[t] = r == SCHED_END_DONE ? 2 : r == SCHED_END_FAILED ? 3 : 0;
            w->postponed |= r == SCHED_END_POSTPONE;
            if (r == SCHED_END_POSTPONE)
                w->may_start[t] = INT64_MAX;
            sched_ended(s, t, r, w->retries[t], now);
            if (r == SCHED_END_HEAVIER && w->class[w->of[t]].heavier)
                w->of[t] = (uint16_t)(w->class[w->of[t]].heavier - 1);
            check_room(w, s, &c);
            if (r == SCHED_END_RETRY || r == SCHED_END_HEAVIER)
                w->may_start[t] = now + (1000ll << w->retries[t]++);
        }
    }
    /* all ended; what did not run is blocked, and for a reason, or would have run too long */
    uint32_t done = 0, failed = 0, blocked = 0, left = 0;
    for (uint32_t t = 0; t < w->n; t++) {
        done += w->state[t] == 2;
        failed += w->state[t] == 3;
        if (w->state[t])
            continue;
        if (sched_state(s, t) != SCHED_BLOCKED) {
            left++;
            bool waits = sched_state(s, t) == SCHED_WAITING || sched_state(s, t) == SCHED_POSTPONED;
            assert_true(waits || now >= end || now + (int64_t)w->class[w->of[t]].time_ms > end ||
                        w->may_start[t] + (int64_t)w->class[w->of[t]].time_ms > end);
            continue;
        }
        blocked++;
        bool reason = false;
        for (uint32_t p = 0; p < w->n; p++)
            reason |= w->needs[t][p] && w->state[p] != 2;
        assert_true(reason);
    }
    assert_int_equal(sched_count(s, SCHED_DONE), done);
    assert_int_equal(sched_count(s, SCHED_FAILED), failed);
    assert_int_equal(sched_count(s, SCHED_BLOCKED), blocked);
    assert_int_equal(done + failed + blocked + left, w->n);
    assert_true(end < INT64_MAX || w->postponed || !left);
    assert_true(failed || !blocked);
    sched_free(s);
    return trace;
}

/* A task that another node is to try is away, and so is what waits for it, once that is given. */
static void
failed_here_tried_elsewhere(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    /* 2 needs 0 */
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0};
    const struct sched_need need[] = {stored(2, 1, 0, 1, 1, g0, s0, m0)};
    struct setup c = {.cores = 3,
        .memory = 9,
        .ntasks = 3,
        .nclasses = 1,
        .class = class,
        .class_of = classes(3, (const uint16_t[]){0, 0, 0}),
        .nneeds = 1,
        .need = need};
    uint32_t out[2];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 2);
    sched_ended(s, 0, SCHED_END_AWAY, 0, 10);
    sched_ended(s, 1, SCHED_END_DONE, 0, 10);
    assert_int_equal(sched_state(s, 0), SCHED_AWAY);
    assert_int_equal(launch_all(s, 100000, out, 2), 0);
    assert_false(sched_pending(s, 100000));
    sched_give(s, 1); /* one that does not wait */
    assert_int_equal(sched_state(s, 1), SCHED_DONE);
    sched_give(s, 2);
    assert_int_equal(sched_count(s, SCHED_AWAY), 2);
    sched_take(s, 0, 100000);
    sched_take(s, 2, 100000);
    assert_int_equal(sched_state(s, 2), SCHED_WAITING);
    assert_int_equal(launch_all(s, 100000, out, 2), 1);
    sched_ended(s, 0, SCHED_END_AWAY, 0, 100000);
    sched_set_done(s, 0, 100000); /* elsewhere */
    assert_int_equal(sched_state(s, 2), SCHED_READY);
    sched_free(s);
}

static void
random_campaigns(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1500; i++)
        run_world(i);
    for (uint64_t i = 0; i < 20; i++)
        assert_true(run_world(i) == run_world(i));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_first),
        cmocka_unit_test(nobody_waits_less_than_nothing),
        cmocka_unit_test(failure_blocks_through_all_levels),
        cmocka_unit_test(resume_skips_the_done),
        cmocka_unit_test(retries_back_off),
        cmocka_unit_test(whole_node_does_not_starve),
        cmocka_unit_test(whole_node_does_not_starve_behind_bundles),
        cmocka_unit_test(backfill_beside_a_reservation),
        cmocka_unit_test(bundles_fill_the_node),
        cmocka_unit_test(heavier_after_oom),
        cmocka_unit_test(nothing_starts_too_late),
        cmocka_unit_test(gpus_are_counted),
        cmocka_unit_test(failed_here_tried_elsewhere),
        cmocka_unit_test(random_campaigns),
    };
    return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
