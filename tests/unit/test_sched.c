#include "config.h"

#include "sched/sched.h"

#include <math.h>
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

/* Why cores are free. */
static void
bounds(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 60, 50), CLASS(3, 0, 10, 50)};
    struct setup c = {.cores = 4, .memory = 100, .ntasks = 4, .nclasses = 2,
        .class = class, .class_of = classes(4, (const uint16_t[]){0, 0, 1, 1})};
    uint32_t out[4];
    struct sched *s = new_sched(&c);
    assert_int_equal(sched_bound(s, 0), SCHED_BOUND_READY);
    sched_take(s, 0, 0);
    sched_take(s, 1, 0);
    assert_int_equal(launch_all(s, 0, out, 4), 1);
    assert_int_equal(sched_bound(s, 0), SCHED_BOUND_MEMORY);
    sched_ended(s, out[0], SCHED_END_DONE, 0, 1);
    assert_int_equal(launch_all(s, 1, out, 4), 1);
    assert_int_equal(sched_bound(s, 1), SCHED_BOUND_READY);
    sched_take(s, 2, 1);
    assert_int_equal(launch_all(s, 1, out, 4), 1);
    sched_ended(s, 2, SCHED_END_DONE, 0, 2);
    sched_set_end(s, 40);
    sched_take(s, 3, 2);
    assert_int_equal(launch_all(s, 2, out, 4), 0);
    assert_int_equal(sched_bound(s, 2), SCHED_BOUND_TIME);
    sched_free(s);
    c.class_of = classes(4, (const uint16_t[]){1, 1, 1, 1});
    s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 4), 1);
    assert_int_equal(sched_bound(s, 0), SCHED_BOUND_ROOM);
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

/* What is ready, delayed, or waits, does not start any more, and what needs it is blocked; of the
 * delayed ones the others stay. */
static void
cancelled_do_not_start(void **state)
{
    (void)state;
    /* 0 -> 5 -> 6; 1 .. 4 stand alone */
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0}, g1[] = {0}, m1[] = {0};
    const struct sched_need need[] = {stored(5, 1, 0, 1, 1, g0, s0, m0),
        stored(6, 1, 5, 1, 1, g1, s0, m1)};
    struct setup c = {.cores = 3,
        .memory = 3,
        .ntasks = 7,
        .nclasses = 1,
        .class = class,
        .class_of = classes(7, (const uint16_t[7]){0}),
        .nneeds = 2,
        .need = need};
    uint32_t out[9];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    sched_cancel(s, 3); /* ready */
    assert_int_equal(launch_all(s, 0, out, 3), 3);
    for (uint32_t t = 0; t < 3; t++) {
        assert_int_equal(out[t], t);
        sched_ended(s, t, SCHED_END_RETRY, 0, 0);
    }
    assert_int_equal(launch_all(s, 0, out, 3), 1);
    assert_int_equal(out[0], 4);
    sched_cancel(s, 4); /* no effect on one that runs */
    assert_int_equal(sched_state(s, 4), SCHED_RUNNING);
    sched_ended(s, 4, SCHED_END_DONE, 0, 0);
    sched_cancel(s, 4);
    assert_int_equal(sched_state(s, 4), SCHED_DONE);
    sched_cancel(s, 1); /* delayed, between others */
    sched_cancel(s, 5); /* waits */
    assert_int_equal(sched_state(s, 6), SCHED_BLOCKED);
    sched_cancel(s, 6);
    assert_int_equal(sched_count(s, SCHED_FAILED), 4);
    assert_int_equal(launch_all(s, 1000, out, 3), 2);
    assert_true(out[0] == 0 && out[1] == 2);
    sched_ended(s, 0, SCHED_END_DONE, 0, 1000);
    sched_ended(s, 2, SCHED_END_DONE, 0, 1000);
    assert_int_equal(launch_all(s, 2000, out, 3), 0);
    assert_int_equal(sched_state(s, 5), SCHED_FAILED);
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
    /* the rest of the first visit, then half of the second one */
    assert_int_equal(sched_launch(s, 1, out, N), 7);
    assert_int_equal(out[0], 33);
    assert_int_equal(sched_launch(s, 1, out, N), 0);
    sched_ended(s, 20, SCHED_END_DONE, 0, 1);
    sched_ended(s, 21, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_launch(s, 1, out, N), 5);
    assert_int_equal(out[0], 40);
    assert_int_equal(sched_launch(s, 1, out, N), 0);
    for (uint32_t i = 22; i < 45; i++)
        sched_ended(s, i, SCHED_END_DONE, 0, 2);
    assert_int_equal(sched_memory_used(s), 0);
    assert_int_equal(sched_launch(s, 2, out, 5), 5); /* no more than there is room for */
    sched_free(s);
}

/* One open process of a visit is kept full, and has its room to its end. */
/* Until it can be joined nothing else is started for what may join it, and everything for others. */
static void
young_processes_are_awaited(void **state)
{
    (void)state;
    static const struct sched_class class[] = {
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 1000}};
    enum { N = 6 };
    uint32_t out[N];
    for (int closed = 0; closed < 2; closed++) {
        uint32_t *bundle_of = malloc(N * sizeof *bundle_of);
        for (uint32_t i = 0; i < N; i++)
            bundle_of[i] = i / 3;
        struct setup c = {.cores = 10, .memory = 76, .ntasks = N, .nclasses = 1,
            .class = class, .class_of = calloc(N, sizeof(uint16_t)), .bundle_of = bundle_of};
        struct sched *s = new_sched(&c);
        sched_take(s, 0, 0);
        assert_int_equal(sched_launch(s, 0, out, N), 1);
        uint32_t p = sched_open(s, 0);
        sched_set_young(s, p, true);
        assert_false(sched_awaits(s));
        sched_take(s, 1, 0);
        sched_take(s, 2, 0);
        assert_true(sched_awaits(s));
        assert_int_equal(sched_launch(s, 0, out, N), 0);
        sched_take(s, 3, 0);
        if (closed) { /* it did not come to be: they have one of their own */
            sched_close(s, p);
            assert_false(sched_awaits(s));
            assert_int_equal(sched_launch(s, 0, out, N), 2);
        } else {
            sched_set_young(s, p, false);
            assert_int_equal(sched_join(s, p, 0, out, N), 2);
        }
        assert_int_equal(sched_launch(s, 0, out, N), 1);
        assert_int_equal(out[0], 3);
        sched_free(s);
    }
}

static void
open_processes_are_joined(void **state)
{
    (void)state;
    static const struct sched_class class[] = {
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 1000}};
    enum { N = 60 };
    uint32_t *bundle_of = malloc(N * sizeof *bundle_of), out[N];
    for (uint32_t i = 0; i < N; i++)
        bundle_of[i] = i / 50;
    struct setup c = {.cores = 272, .memory = 76, .ntasks = N, .nclasses = 1,
        .class = class, .class_of = calloc(N, sizeof(uint16_t)), .bundle_of = bundle_of};
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(sched_width(s, 0), 33);
    assert_int_equal(sched_launch(s, 0, out, N), 33);
    uint32_t p = sched_open(s, 0);
    assert_int_equal(sched_join(s, p, 0, out, N), 0);
    assert_true(sched_may_join(s, p, 0));
    sched_ended(s, 7, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_join(s, p, 1, out, N), 1);
    assert_int_equal(out[0], 33);
    assert_int_equal(sched_waited(s, 33), 1);
    for (uint32_t i = 0; i < 33; i++)
        if (i != 7)
            sched_ended(s, i, SCHED_END_DONE, 0, 2);
    assert_int_equal(sched_join(s, p, 2, out, 5), 5); /* no more than there is room for */
    assert_int_equal(sched_join(s, p, 2, out, N), 11);
    assert_int_equal(out[10], 49);
    assert_false(sched_may_join(s, p, 2));
    assert_int_equal(sched_join(s, p, 2, out, N), 0);
    /* the last one: a retry may come, though nothing is ready */
    for (uint32_t i = 33; i < 49; i++)
        sched_ended(s, i, SCHED_END_DONE, 0, 3);
    sched_ended(s, 49, SCHED_END_RETRY, 0, 3);
    assert_int_equal(sched_memory_used(s), 10);
    assert_int_equal(sched_cores_used(s), 0);
    assert_true(sched_may_join(s, p, 3));
    assert_int_equal(sched_join(s, p, 3, out, N), 0);
    assert_int_equal(sched_launch(s, 3, out, N), 10); /* the other visit, beside it */
    assert_int_equal(sched_memory_used(s), 40);
    assert_int_equal(sched_join(s, p, 1003, out, N), 1);
    assert_int_equal(out[0], 49);
    sched_ended(s, 49, SCHED_END_DONE, 0, 1004);
    assert_int_equal(sched_memory_used(s), 40);
    sched_close(s, p);
    assert_int_equal(sched_memory_used(s), 30);
    sched_free(s);
}

/* What is begun goes on before anything else starts; but a higher priority comes first, if it fits,
 * and nothing joins that would not end in time. */
static void
joins_and_launches(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 100), CLASS(1, 0, 1, 500),
        CLASS(1, 1, 1, 10)};
    struct setup c = {.cores = 2, .memory = 9, .ntasks = 8, .nclasses = 3, .class = class,
        .class_of = classes(8, (const uint16_t[]){0, 0, 0, 0, 0, 1, 1, 2}),
        .bundle_of = malloc(8 * sizeof(uint32_t))};
    for (uint32_t i = 0; i < 8; i++)
        c.bundle_of[i] = i < 5 ? 0 : SCHED_NONE;
    uint32_t out[8];
    struct sched *s = new_sched(&c);
    sched_set_end(s, 1000);
    for (uint32_t i = 0; i < 5; i++)
        sched_take(s, i, 0);
    assert_int_equal(sched_launch(s, 0, out, 8), 2);
    uint32_t p = sched_open(s, 0);
    for (uint32_t i = 5; i < 8; i++)
        sched_take(s, i, 0);
    sched_ended(s, 0, SCHED_END_DONE, 0, 100);
    assert_int_equal(sched_join(s, p, 100, out, 8), 0); /* 7 has the higher priority */
    assert_int_equal(sched_launch(s, 100, out, 8), 1);
    assert_int_equal(out[0], 7);
    sched_ended(s, 1, SCHED_END_DONE, 0, 101);
    assert_int_equal(sched_join(s, p, 101, out, 8), 1); /* before 5 and 6, which last longer */
    assert_int_equal(out[0], 2);
    sched_ended(s, 2, SCHED_END_DONE, 0, 901);
    assert_true(sched_may_join(s, p, 999));
    assert_false(sched_may_join(s, p, 1000));
    assert_int_equal(sched_join(s, p, 901, out, 8), 0);
    sched_free(s);
}

/* What takes longer joins first, and what costs something else does not join. */
static void
joins_are_in_order(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 100), CLASS(1, 0, 1, 500),
        CLASS(1, 0, 1, 300), CLASS(1, 0, 2, 200)};
    struct setup c = {.cores = 1, .memory = 9, .ntasks = 6, .nclasses = 4, .class = class,
        .class_of = classes(6, (const uint16_t[]){0, 1, 2, 3, 0, 2}),
        .bundle_of = calloc(6, sizeof(uint32_t))};
    static const uint32_t order[] = {1, 2, 5, 0, 4};
    uint32_t out[8];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(sched_launch(s, 0, out, 8), 1);
    uint32_t p = sched_open(s, 1);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(out[0], order[i]);
        sched_ended(s, order[i], SCHED_END_DONE, 0, 10 * (i + 1));
        assert_true(sched_may_join(s, p, 10 * (i + 1)));
        assert_int_equal(sched_join(s, p, 10 * (i + 1), out, 8), i < 4);
    }
    assert_int_equal(sched_launch(s, 60, out, 8), 1);
    assert_int_equal(out[0], 3);
    assert_false(sched_may_join(s, p, 60));
    sched_close(s, p);
    sched_free(s);
}

/* A task of the whole node, behind a process that could be fed for ever. */
static void
whole_node_does_not_starve_behind_joins(void **state)
{
    (void)state;
    enum { N = 2000 };
    for (unsigned known = 0; known < 2; known++) {
        struct sched_class class[] = {
            {.cores = 4, .priority = 1, .memory = 8, .time_ms = 300},
            {.cores = 1, .memory = 3, .shared = 2, .time_ms = known ? 100 : 0}};
        struct setup c = {.cores = 4, .memory = 8, .ntasks = N, .nclasses = 2, .class = class,
            .class_of = malloc(N * sizeof(uint16_t)), .bundle_of = malloc(N * sizeof(uint32_t))};
        for (unsigned i = 0; i < N; i++) {
            c.class_of[i] = i > 0;
            c.bundle_of[i] = i ? 0 : SCHED_NONE;
        }
        uint32_t out[4], n = 0;
        struct {
            uint32_t task;
            int64_t end;
        } running[4];
        struct sched *s = new_sched(&c);
        for (uint32_t i = 1; i < N; i++)
            sched_take(s, i, 0);
        n = sched_launch(s, 0, out, 4);
        assert_int_equal(n, 4);
        uint32_t p = sched_open(s, out[0]);
        for (uint32_t i = 0; i < n; i++)
            running[i] = (typeof(*running)){out[i], 60 + 20 * i};
        sched_take(s, 0, 0);
        bool started = false, open = true;
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
            uint32_t k = open ? sched_join(s, p, now, out, 4) : 0;
            for (uint32_t i = 0; i < k; i++)
                running[n++] = (typeof(*running)){out[i], now + 60 + 20 * i};
            if (!n && open) { /* end of file */
                sched_close(s, p);
                open = false;
            }
            started = sched_launch(s, now, out, 4) && out[0] == 0;
        }
        sched_free(s);
    }
    /* clang-format on */
}

/* clang-format off */
/* Where what processes share would be missed, a bundle does not start with a few tasks. */
static void
bundles_wait_to_be_worth_it(void **state)
{
    (void)state;
    enum { N = 60 };
    for (unsigned kind = 0; kind < 3; kind++) {
        /* 8 cores: a process of 8 takes all of 26, and beside two of them no core is full */
        struct sched_class class[] = {{.cores = 1, .memory = 12, .shared = 10, .grows = kind == 1},
            {.cores = 1, .memory = 2, .priority = -1}, {.cores = 1, .memory = 10, .priority = -1}};
        uint32_t *bundle_of = malloc(N * sizeof *bundle_of), out[N];
        uint16_t class_of[N] = {0};
        for (uint32_t i = 0; i < N; i++)
            bundle_of[i] = i < 58 ? i / 8 : SCHED_NONE;
        class_of[58] = 1;
        class_of[59] = 2;
        struct setup c = {.cores = 8,
            .memory = kind == 2 ? 36 : 26,
            .ntasks = N,
            .nclasses = 3,
            .class = class,
            .class_of = classes(N, class_of),
            .bundle_of = bundle_of};
        struct sched *s = new_sched(&c);
        for (uint32_t i = 0; i < 58; i++)
            sched_take(s, i, 0);
        assert_int_equal(sched_launch(s, 0, out, N), 8);
        for (uint32_t i = 0; i < 6; i++)
            sched_ended(s, i, SCHED_END_DONE, 0, 1);
        /* 12 are free: one task; as one that grows, it starts; with 10 more, six of them do */
        static const uint32_t want[] = {0, 1, 6};
        assert_int_equal(sched_launch(s, 1, out, N), want[kind]);
        if (kind) {
            sched_free(s);
            continue;
        }
        /* nor do others take the room, as far as it is needed for half of them */
        sched_take(s, 59, 1);
        assert_int_equal(sched_launch(s, 2, out, N), 0);
        sched_take(s, 58, 1);
        assert_int_equal(sched_launch(s, 2, out, N), 1);
        assert_int_equal(out[0], 58);
        sched_ended(s, 6, SCHED_END_DONE, 0, 3);
        assert_int_equal(sched_launch(s, 3, out, N), 0);
        sched_ended(s, 7, SCHED_END_DONE, 0, 4);
        assert_int_equal(sched_launch(s, 4, out, N), 7);
        assert_int_equal(out[0], 8);
        sched_free(s);
    }
}

/* A bundle whose tasks differ in time is taken apart by it: the longest first, whatever their order
 * in the plan. What costs more memory than they has a process of its own. */
static void
bundles_take_like_lengths(void **state)
{
    (void)state;
    enum { N = 13 };
    static const struct sched_class class[] = {
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 100},
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 900},
        {.cores = 1, .memory = 12, .shared = 10, .time_ms = 400},
        {.cores = 1, .memory = 13, .shared = 10, .time_ms = 800}};
    static const uint16_t of[] = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3};
    static const uint32_t want[][4] = {{1, 4, 7, 10}, {12}, {2, 5, 8, 11}, {0, 3, 6, 9}};
    struct setup c = {.cores = 4,
        .memory = 18,
        .ntasks = N,
        .nclasses = 4,
        .class = class,
        .class_of = classes(N, of),
        .bundle_of = calloc(N, sizeof(uint32_t))};
    uint32_t out[4];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    for (unsigned p = 0; p < 4; p++) {
        uint32_t n = sched_launch(s, p, out, 4);
        assert_int_equal(n, p == 1 ? 1 : 4);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(out[i], want[p][i]);
            sched_ended(s, out[i], SCHED_END_DONE, 0, p);
        }
    }
    sched_free(s);
}

/* A bundle that is worth its memory with half of its tasks waits for the room of all, if that
 * should be there soon; meanwhile nobody takes that room who would hold it longer. */
static void
bundles_wait_for_all(void **state)
{
    (void)state;
    enum { N = 200 };
    for (unsigned soon = 0; soon < 2; soon++) {
        /* 8 tasks of the bundle take 26; beside the one that runs, and is to end at 1000, are 20 */
        const struct sched_class class[] = {
            {.cores = 1, .memory = 12, .shared = 10, .time_ms = soon ? 800 : 790},
            CLASS(1, 1, 6, 1000), CLASS(1, -1, 2, 50), CLASS(1, -1, 2, 700)};
        uint32_t *bundle_of = malloc(N * sizeof *bundle_of), out[8], n;
        uint16_t of[N];
        for (uint32_t i = 0; i < N; i++) {
            of[i] = i < 8 ? 0 : i == 8 ? 1 : i < 10 ? 3 : 2;
            bundle_of[i] = i < 8 ? 0 : SCHED_NONE;
        }
        struct setup c = {.cores = 9,
            .memory = 26,
            .ntasks = N,
            .nclasses = 4,
            .class = class,
            .class_of = classes(N, of),
            .bundle_of = bundle_of};
        struct sched *s = new_sched(&c);
        sched_take(s, 8, 0);
        assert_int_equal(sched_launch(s, 0, out, 8), 1);
        for (uint32_t i = 0; i < N; i++)
            sched_take(s, i, 400);
        if (!soon) { /* 600 are more than three quarters of 790 */
            assert_int_equal(sched_launch(s, 400, out, 8), 5);
            assert_int_equal(out[0], 0);
            sched_free(s);
            continue;
        }
        int64_t now, ends[N] = {[8] = 1000};
        for (now = 400; now < 3000; now += 10) {
            for (uint32_t i = 0; i < N; i++)
                if (ends[i] && ends[i] <= now) {
                    sched_ended(s, i, SCHED_END_DONE, 0, now);
                    ends[i] = 0;
                }
            while ((n = sched_launch(s, now, out, 8)) && out[0] != 0) {
                assert_int_equal(n, 1);
                assert_int_not_equal(out[0], 9); /* it would hold it longer */
                ends[out[0]] = now + 50 + out[0] % 3 * 10;
            }
            if (n)
                break;
        }
        assert_int_equal(n, 8);
        assert_in_range(now, 1000, 1100);
        sched_free(s);
    }
}

static uint32_t undone_task[8], nundone;

static bool
note_undone(void *arg, uint32_t task)
{
    undone_task[nundone++] = task;
    return *(const uint32_t *)arg != task;
}

/* Its consumers, those that run, and theirs. */
static void
what_changed_is_undone(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 10, 0)};
    /* a chain: 0, 1; those that need 1: 2, 3, 4; 5 needs 2 and 6 needs 3 */
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0};
    static const uint32_t g1[] = {0, 0, 0}, s1[] = {0, 1}, m1[] = {0};
    static const uint32_t g2[] = {0, 1}, s2[] = {0, 1, 2}, m2[] = {0, 1};
    const struct sched_need need[] = {stored(1, 1, 0, 1, 1, g0, s0, m0),
        stored(2, 3, 1, 1, 1, g1, s1, m1), stored(5, 2, 2, 3, 2, g2, s2, m2)};
    struct setup c = {.cores = 2, .memory = 100, .ntasks = 7, .nclasses = 1,
        .class = class, .class_of = classes(7, (const uint16_t[7]){0}), .nneeds = 3, .need = need};
    uint32_t out[8], other = 3;
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    for (uint32_t t = 0; t < 2; t++) {
        assert_int_equal(launch_all(s, 0, out, 8), 1);
        sched_ended(s, t, SCHED_END_DONE, 0, 0);
    }
    assert_int_equal(launch_all(s, 0, out, 8), 2);
    sched_ended(s, 2, SCHED_END_DONE, 0, 1);
    sched_ended(s, 3, SCHED_END_DONE, 0, 1);
    assert_int_equal(launch_all(s, 1, out, 8), 2);
    /* 4 is the last one that is ready, or runs; 3 is not ours */
    uint32_t running[2] = {out[0], out[1]};
    nundone = 0;
    sched_undo(s, 0, note_undone, &other);
    assert_int_equal(sched_state(s, 0), SCHED_RUNNING);
    assert_int_equal(sched_state(s, 1), SCHED_WAITING);
    assert_int_equal(sched_state(s, 2), SCHED_WAITING);
    assert_int_equal(sched_state(s, 3), SCHED_DONE);
    assert_int_equal(sched_cores_used(s), 2);
    bool told[8] = {false};
    for (uint32_t i = 0; i < nundone; i++)
        told[undone_task[i]] = true;
    assert_true(told[1] && told[2] && told[3] && !told[0] && !told[6]);
    for (uint32_t i = 0; i < 2; i++) {
        if (running[i] != 6)
            assert_true(told[running[i]]);
        sched_ended(s, running[i], SCHED_END_REQUEUE, 0, 2);
        assert_int_equal(sched_state(s, running[i]), running[i] == 6 ? SCHED_READY : SCHED_WAITING);
    }
    assert_int_equal(sched_cores_used(s), 0);
    sched_ended(s, 0, SCHED_END_DONE, 0, 3);
    assert_int_equal(sched_cores_used(s), 0);
    for (uint32_t n; (n = launch_all(s, 4, out, 8));)
        for (uint32_t i = 0; i < n; i++)
            sched_ended(s, out[i], SCHED_END_DONE, 0, 4);
    assert_int_equal(sched_count(s, SCHED_DONE), 7);
    sched_free(s);
}

static uint32_t lost_task;

/* All but one, which failed for another reason. */
static bool
is_not_lost(void *arg, uint32_t task)
{
    (void)arg;
    return task != lost_task;
}

/* Consumers that failed on it, or are to be tried again, wait for it once more, and what was
 * blocked is not, but for what needs another one that failed. */
static void
what_failed_is_undone(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 10, 0)};
    /* 1 to 4 need 0; 5 needs 1 and 2, 6 needs 3, 7 needs 6 */
    static const uint32_t g0[] = {0, 0, 0, 0}, s0[] = {0, 1}, m0[] = {0};
    static const uint32_t g1[] = {0, 1}, s1[] = {0, 2, 3}, m1[] = {0, 1, 2};
    static const uint32_t g2[] = {0}, s2[] = {0, 1}, m2[] = {0};
    const struct sched_need need[] = {stored(1, 4, 0, 1, 1, g0, s0, m0),
        stored(5, 2, 1, 3, 2, g1, s1, m1), stored(7, 1, 6, 1, 1, g2, s2, m2)};
    struct setup c = {.cores = 4, .memory = 100, .ntasks = 8, .nclasses = 1,
        .class = class, .nneeds = 3, .need = need};
    for (uint32_t keeps = 0; keeps < 2; keeps++) {
        uint32_t out[8];
        c.class_of = classes(8, (const uint16_t[8]){0});
        struct sched *s = new_sched(&c);
        sched_start(s, 0);
        assert_int_equal(launch_all(s, 0, out, 8), 1);
        sched_ended(s, 0, SCHED_END_DONE, 0, 0);
        assert_int_equal(launch_all(s, 0, out, 8), 4);
        sched_ended(s, 1, SCHED_END_FAILED, 0, 1);
        sched_ended(s, 2, SCHED_END_FAILED, 0, 1);
        sched_ended(s, 3, SCHED_END_FAILED, 0, 1);
        sched_ended(s, 4, SCHED_END_RETRY, 5, 1);
        assert_int_equal(sched_count(s, SCHED_BLOCKED), 3);
        nundone = 0;
        sched_ran_on(s, &(uint32_t){0}, 1, note_undone, &(uint32_t){SCHED_NONE});
        assert_int_equal(nundone, 7); /* each once */
        nundone = 0;
        sched_ran_on(s, &(uint32_t){0}, 1, note_undone, &(uint32_t){3});
        assert_int_equal(nundone, 5); /* not what 3 blocks */
        lost_task = keeps ? 2 : SCHED_NONE;
        sched_undo(s, 0, is_not_lost, NULL);
        assert_int_equal(sched_next_time(s, 1), -1);
        for (uint32_t t = 1; t < 8; t++)
            sched_take(s, t, 1);
        for (uint32_t t = 1; t < 8; t++)
            assert_int_equal(sched_state(s, t), t == lost_task          ? SCHED_FAILED
                                                : keeps && t == 5 ? SCHED_BLOCKED
                                                                  : SCHED_WAITING);
        sched_ended(s, 0, SCHED_END_DONE, 0, 3);
        for (uint32_t n; (n = launch_all(s, 4, out, 8));)
            for (uint32_t i = 0; i < n; i++)
                sched_ended(s, out[i], SCHED_END_DONE, 0, 4);
        assert_int_equal(sched_count(s, SCHED_DONE), keeps ? 6 : 8);
        assert_int_equal(sched_cores_used(s), 0);
        sched_free(s);
    }
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
    uint64_t sure[MAXK]; /* what has to be left when one starts */
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
    uint64_t memory[MAXP], shared[MAXP]; /* what each process was given */
    uint64_t over;                       /* what all of them use beyond it */
    struct setup others;                 /* what another scheduler has of the node */
    struct {
        bool open;
        uint32_t number; /* to the core */
        bool had[MAXK]; /* tasks of this class */
        uint32_t bundle;
    } opened[MAXP];
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
        if (i && rnd(3) == 0) { /* the same but for its time */
            uint64_t time = c->time_ms;
            *c = w->class[i - 1];
            c->time_ms = time;
        }
        w->sure[i] = c->time_ms;
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
    uint64_t memory = w->others.memory, cores = w->others.cores, gpus = w->others.gpus;
    static bool seen[MAXP];
    memset(seen, 0, sizeof seen);
    for (uint32_t p = 1; p <= w->nprocesses; p++)
        if (w->opened[p].open) {
            memory += w->shared[p];
            seen[p] = true;
        }
    for (uint32_t t = 0; t < w->n; t++) {
        const struct sched_class *c = &w->class[w->of[t]];
        if (w->state[t] != 1)
            continue;
        uint32_t p = w->process[t];
        memory += seen[p] ? w->memory[p] - w->shared[p] : w->memory[p];
        seen[p] = true;
        cores += c->cores;
        gpus += c->gpus;
    }
    assert_true(memory <= node->memory && cores <= node->cores && gpus <= node->gpus);
    assert_int_equal(sched_cores_used(s), cores);
    assert_int_equal(sched_memory_used(s), memory);
}

static bool
alike(const struct sched_class *a, const struct sched_class *b)
{
    return a->cores == b->cores && a->gpus == b->gpus && a->memory == b->memory &&
           a->shared == b->shared;
}

/* Tasks of this process start. */
static void
check_start(struct world *w, uint32_t process, const uint32_t *out, uint32_t k, int64_t now,
    int64_t end)
{
    for (uint32_t i = 0; i < k; i++) {
        assert_true(out[i] < w->n);
        assert_int_equal(w->state[out[i]], 0);
        assert_true(w->may_start[out[i]] <= now);
        assert_true(now + (int64_t)w->sure[w->of[out[i]]] <= end);
        for (uint32_t p = 0; p < w->n; p++)
            if (w->needs[out[i]][p])
                assert_int_equal(w->state[p], 2);
        if (i) {
            assert_true(alike(&w->class[w->of[out[i]]], &w -> class[w->of[out[0]]]));
            assert_int_equal(w->bundle[out[i]], w->bundle[out[0]]);
            assert_int_not_equal(w->bundle[out[i]], SCHED_NONE);
        }
        w->process[out[i]] = process;
        w->state[out[i]] = 1;
    }
}

/* A process starts, which may be an open one. */
static void
check_launch(struct world *w, struct sched *s, const uint32_t *out, uint32_t k, int64_t now,
    int64_t end)
{
    uint32_t p = ++w->nprocesses;
    assert_true(p < MAXP);
    w->memory[p] = w->class[w->of[out[0]]].memory;
    w->shared[p] = w->class[w->of[out[0]]].shared;
    check_start(w, p, out, k, now, end);
    w->opened[p].open = rnd(2) && (w->bundled || rnd(4) == 0);
    if (!w->opened[p].open)
        return;
    w->opened[p].number = sched_open(s, out[0]);
    for (uint32_t i = 0; i < k; i++)
        w->opened[p].had[w->of[out[i]]] = true;
    w->opened[p].bundle = w->bundle[out[0]];
}

/* More comes to open processes. */
static void
join_open(struct world *w, struct sched *s, const struct setup *node, int64_t now, int64_t end)
{
    uint32_t out[8];
    for (uint32_t p = 1; p <= w->nprocesses; p++) {
        if (!w->opened[p].open || rnd(4) == 0)
            continue;
        uint32_t k = sched_join(s, w->opened[p].number, now, out, 1 + rnd(8));
        for (uint32_t i = 0; i < k; i++) {
            bool same = false;
            for (uint32_t j = 0; j < w->k; j++)
                same |= w->opened[p].had[j] && alike(&w->class[j], &w -> class[w->of[out[i]]]);
            assert_true(same);
            w->opened[p].had[w->of[out[i]]] = true;
            assert_int_equal(w->bundle[out[i]], w->opened[p].bundle);
        }
        if (k) { /* what it lacks of what its class costs now comes with them */
            const struct sched_class *c = &w->class[w->of[out[0]]];
            uint64_t own = w->memory[p] - w->shared[p], more = c->memory - c->shared;
            w->shared[p] = c->shared > w->shared[p] ? c->shared : w->shared[p];
            w->memory[p] = w->shared[p] + (more > own ? more : own);
        }
        for (uint32_t i = 0; i < k; i++)
            check_start(w, p, out + i, 1, now, end);
        check_room(w, s, node);
        bool may = sched_may_join(s, w->opened[p].number, now);
        for (uint32_t t = 0; t < w->taken && !may; t++)
            assert_false(sched_state(s, t) == SCHED_READY && w->bundle[t] != SCHED_NONE &&
                         w->bundle[t] == w->opened[p].bundle && w->opened[p].had[w->of[t]] &&
                         now < end && now + (int64_t)w->sure[w->of[t]] <= end);
    }
}

/* Open processes come to an end: those without tasks, and of the others some die, which ends their
 * tasks. At least one, if `must`; false: there was none. */
static bool
end_processes(struct world *w, struct sched *s, const struct setup *node, int64_t now, bool must)
{
    bool any = false;
    for (uint32_t p = 1; p <= w->nprocesses; p++) {
        if (!w->opened[p].open || (rnd(8) && (!must || any)))
            continue;
        any = true;
        bool first = rnd(2); /* who watches may see its end first */
        if (first)
            sched_close(s, w->opened[p].number);
        for (uint32_t t = 0; t < w->n; t++) {
            if (w->state[t] != 1 || w->process[t] != p)
                continue;
            bool retry = rnd(2);
            w->state[t] = 0;
            sched_ended(s, t, retry ? SCHED_END_RETRY : SCHED_END_REQUEUE, w->retries[t], now);
            if (retry)
                w->may_start[t] = now + (1000ll << (w->retries[t] < 5 ? w->retries[t]++ : 5));
        }
        if (!first)
            sched_close(s, w->opened[p].number);
        w->opened[p].open = false;
        check_room(w, s, node);
    }
    return any;
}

/* The order of tasks of classes a and b, as sched.h tells it, of what is as near to its end as
 * that; those that are equal in it stay so. */
static bool
before(const struct sched_class *a, unsigned near_a, const struct sched_class *b, unsigned near_b)
{
    if (a->priority != b->priority)
        return a->priority > b->priority;
    if (a->stage != b->stage)
        return a->stage > b->stage;
    if (near_a != near_b)
        return near_a > near_b;
    if (a->time_ms != b->time_ms)
        return a->time_ms > b->time_ms;
    if (a->cores != b->cores)
        return a->cores > b->cores;
    if (a->gpus != b->gpus)
        return a->gpus > b->gpus;
    return a->memory > b->memory;
}

/* After all launches: of the ready tasks that are not too late and have the highest priority, one
 * does not fit, the first in order, or the one for which room is reserved. */
static void
check_first_runs(const struct world *w, const struct sched *s, const struct setup *node,
    int64_t now, int64_t end)
{
    bool any = false, all_fit = true;
    uint64_t over = sched_cores_used(s) ? w->over : 0;
    int32_t highest = INT32_MIN;
    uint32_t gpus = w->others.gpus;
    for (uint32_t t = 0; t < w->n; t++)
        gpus += w->state[t] == 1 ? w->class[w->of[t]].gpus : 0;
    for (uint32_t t = 0; t < w->n; t++) {
        const struct sched_class *c = &w->class[w->of[t]];
        if (sched_state(s, t) != SCHED_READY || now >= end ||
            now + (int64_t)w->sure[w->of[t]] > end || c->priority < highest)
            continue;
        all_fit = c->priority > highest || all_fit;
        highest = c->priority;
        any = true;
        /* a process may wait for more room than one task needs, but not for ever */
        all_fit &= !c->shared || !w->bundled || (!sched_cores_used(s) && !sched_memory_used(s));
        all_fit &= c->cores <= node->cores - sched_cores_used(s) && c->gpus <= node->gpus - gpus &&
                   c->memory + over <= node->memory - sched_memory_used(s);
    }
    assert_false(any && all_fit);
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

static bool
any_others(const struct world *w)
{
    return w->others.cores || w->others.gpus || w->others.memory;
}

/* The other scheduler has less of the node; or, at the end, nothing. */
static void
others_end(struct world *w, struct sched *s, int64_t now, bool all)
{
    w->others.cores = all ? 0 : rnd(w->others.cores + 1);
    w->others.gpus = all ? 0 : rnd(w->others.gpus + 1);
    w->others.memory = all ? 0 : rnd((uint32_t)w->others.memory + 1);
    sched_set_others(s, w->others.cores, w->others.gpus, w->others.memory, now + rnd(2000), now);
}

/* Other times are expected now. */
static void
change_times(struct world *w, struct sched *s)
{
    uint64_t time[MAXK], sure[MAXK];
    for (uint32_t k = 0; k < w->k; k++) {
        if (!w->number[k])
            continue; /* it comes with its own */
        if (rnd(2))
            w->class[k].time_ms = rnd(3) ? rnd(10000) : 0;
        if (rnd(2))
            w->sure[k] = w->class[k].time_ms + rnd(5000);
        time[w->number[k] - 1] = w->class[k].time_ms;
        sure[w->number[k] - 1] = w->sure[k];
    }
    sched_set_times(s, time, sure);
}

/* Other memory is expected now, or used. */
static void
change_memory(struct world *w, struct sched *s, const struct setup *node)
{
    uint64_t memory[MAXK], shared[MAXK];
    for (uint32_t k = 0; k < w->k; k++) {
        struct sched_class *c = &w->class[k];
        if (rnd(2)) {
            c->memory = rnd((uint32_t)node->memory + 1);
            c->shared = rnd((uint32_t)c->memory + 1);
        }
        if (w->number[k]) {
            memory[w->number[k] - 1] = c->memory;
            shared[w->number[k] - 1] = c->shared;
        }
    }
    sched_set_memory(s, memory, shared);
    w->over = rnd(2) ? rnd(2 * (uint32_t)node->memory) : 0;
    sched_set_over(s, w->over);
}

struct undo_world {
    struct world *w;
    const struct sched *s;
    uint32_t running[MAXN * MAXN], n;
};

static bool
undo_one(void *arg, uint32_t task)
{
    struct undo_world *u = arg;
    if (u->w->state[task] == 1)
        u->running[u->n++] = task;
    else if (task < u->w->taken)
        u->w->state[task] = 0;
    if (sched_state(u->s, task) == SCHED_DELAYED)
        u->w->may_start[task] = 0;
    return task < u->w->taken; /* else it is done elsewhere */
}

/* What the task wrote changed after it was done; it is done again, or not. What ran on it runs
 * again. */
static void
undo_in_world(struct world *w, struct sched *s, uint32_t task, int64_t now)
{
    static struct undo_world u;
    u = (struct undo_world){.w = w, .s = s};
    sched_undo(s, task, undo_one, &u);
    for (uint32_t t = 0; t < w->taken; t++)
        sched_take(s, t, now); /* what had failed, or was blocked */
    for (uint32_t i = 0; i < u.n; i++) {
        if (w->state[u.running[i]] != 1)
            continue; /* it needs several of them */
        w->state[u.running[i]] = 0;
        sched_ended(s, u.running[i], SCHED_END_REQUEUE, 0, now);
    }
    bool good = rnd(2);
    w->state[task] = good ? 2 : 0;
    sched_ended(s, task, good ? SCHED_END_DONE : SCHED_END_REQUEUE, 0, now);
}

static bool
nobodys(void *arg, uint32_t task)
{
    (void)arg;
    (void)task;
    return false;
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
    bool change = rnd(4) == 0, learn = rnd(3) == 0;
    uint32_t fail_rate = rnd(2) ? 0 : 20;
    /* done or failed elsewhere, and void: as if nothing had been */
    for (uint32_t t = 0; t < w->n; t++) {
        if (rnd(20) == 0)
            sched_set_failed(s, t);
        else if (rnd(20) == 0)
            sched_set_done(s, t, 0);
    }
    sched_forget(s, nobodys, NULL);
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
    w->others = (struct setup){.cores = 0};
    if (rnd(4) == 0) {
        w->others = c;
        others_end(w, s, now, false);
    }
    take_part(w, s, now);
    for (uint32_t step = 0;; step++) {
        assert_true(step < 100000);
        if (any_others(w) && rnd(8) == 0)
            others_end(w, s, now, rnd(4) == 0);
        if (w->taken < w->n && rnd(4) == 0)
            take_part(w, s, now);
        if (change && rnd(4) == 0)
            change_times(w, s);
        if (learn && rnd(3) == 0)
            change_memory(w, s, &c);
        join_open(w, s, &c, now, end);
        uint32_t processes = rnd(8) ? UINT32_MAX : rnd(4), k = 1;
        bool any = sched_cores_used(s);
        uint64_t used = sched_memory_used(s);
        while (processes && (k = sched_launch(s, now, out, 1 + rnd(32)))) {
            check_launch(w, s, out, k, now, end);
            bool takes = sched_memory_used(s) > used;
            used = sched_memory_used(s);
            assert_true(!any || !takes || used + w->over <= c.memory);
            any = true;
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
            if (any_others(w)) {
                others_end(w, s, now, true);
                continue;
            }
            if (w->taken < w->n) {
                take_part(w, s, now);
                continue;
            }
            if (end_processes(w, s, &c, now, true))
                continue;
            if (!sched_pending(s, now))
                break;
            assert_true(next > now);
            now = next;
            continue;
        }
        now += rnd(500);
        if (rnd(4) == 0)
            end_processes(w, s, &c, now, false);
        for (uint32_t ends = n ? 1 + rnd(n) : 0; ends; ends--) {
            uint32_t i = rnd(n), t = running[i];
            running[i] = running[--n];
            if (w->state[t] != 1)
                continue; /* its process died */
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
            if (r == SCHED_END_DONE && rnd(20) == 0) {
                uint32_t other = rnd(w->n); /* on which some may have run, or failed */
                undo_in_world(w, s, w->state[other] == 2 && other < w->taken ? other : t, now);
                check_room(w, s, &c);
            }
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
            assert_true(waits || now >= end || now + (int64_t)w->sure[w->of[t]] > end ||
                        w->may_start[t] + (int64_t)w->sure[w->of[t]] > end);
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

/* --- the order --- */

/* How near to its end what the task is part of is, found the long way: of all groups. */
static unsigned
near_of(const struct world *w, uint32_t task, const bool *started)
{
    unsigned near = 0;
    for (uint32_t d = 0; d < w->nneeds; d++) {
        const struct relation *r = &w->need[d].of;
        for (uint32_t g = 0; g < r->ngroups; g++) {
            struct relation_walk walk;
            uint32_t member, all = relation_count(r, g), done = 0, here = 0, ours = 0;
            for (relation_members(r, g, &walk); relation_next(&walk, &member);) {
                uint32_t t = w->need[d].first_producer + member;
                done += w->state[t] == 2;
                here += started[t];
                ours += t == task;
            }
            unsigned it = here ? 3 : !done ? 0 : all - done <= all / 2 ? 2 : 1;
            if (ours && all >= 2 && it > near)
                near = it;
        }
    }
    for (uint32_t t = 0; t < w->n && w->bundled && w->bundle[task] != SCHED_NONE; t++)
        if (started[t] && w->bundle[t] == w->bundle[task])
            near = 3;
    return near;
}

/* What is nearer than all that is begun: tasks that take as long as all that are still to be
 * started should, on all cores. */
enum { IS_LONG = 4 };

/* May a task of class `c` be taken for that, must it be? The core is told of what is left, but does
 * not follow each change of it. */
static void
nears_of(const struct sched_class *c, unsigned near, double left_ms, unsigned nears[2])
{
    double ms = (double)c->time_ms;
    nears[0] = ms > left_ms * 8 / 7 + 1 ? IS_LONG : near;
    nears[1] = ms > left_ms * 8 / 9 - 1 ? IS_LONG : near;
}

/* No ready task comes before `task`, which starts. `left_ms`: how long all should have taken that
 * were to be started. */
static void
check_order(const struct world *w, uint32_t task, const bool *started, const bool *was_ready,
    double left_ms)
{
    const struct sched_class *c = &w->class[w->of[task]];
    unsigned its[2], other[2];
    nears_of(c, near_of(w, task, started), left_ms, its);
    for (uint32_t t = 0; t < w->n; t++) {
        const struct sched_class *d = &w->class[w->of[t]];
        if (!was_ready[t])
            continue;
        nears_of(d, near_of(w, t, started), left_ms, other);
        bool is_before = true;
        for (unsigned i = 0; i < 4; i++)
            is_before &= before(d, other[i / 2], c, its[i % 2]);
        assert_false(is_before);
    }
}

static double
left_ms(const struct world *w, const struct sched *s, uint32_t cores)
{
    double sum = 0;
    for (uint32_t t = 0; t < w->n; t++) {
        enum sched_state state = sched_state(s, t);
        double ms = (double)w->class[w->of[t]].time_ms;
        if (state == SCHED_WAITING || state == SCHED_READY || state == SCHED_DELAYED)
            sum += ms > 0 ? ms / cores : INFINITY;
    }
    return sum;
}

/* On a node that only has cores, so that whatever is first fits. Some is done before, some ends
 * elsewhere meanwhile. */
static void
run_in_order(uint64_t with_seed)
{
    static struct world world;
    struct world *w = &world;
    bool started[MAXN] = {0}, was_ready[MAXN];
    seed = with_seed * 0x9e3779b97f4a7c15u + 1;
    struct setup c = {.cores = 1 + rnd(16), .memory = 1000};
    make_world(w, &c);
    for (uint32_t k = 0; k < w->k; k++)
        w->class[k] = (struct sched_class){.cores = 1,
            .priority = w->class[k].priority,
            .memory = 1,
            .time_ms = w->class[k].time_ms,
            .stage = rnd(3)};
    c.ntasks = w->n;
    c.nneeds = w->nneeds;
    c.need = w->need;
    c.bundle_of = w->bundled ? w->bundle : NULL;
    struct sched *s = without_classes(&c);
    sched_add_classes(s, w->class, w->k);
    for (uint32_t t = 0; t < w->n; t++)
        sched_set_class(s, t, w->of[t], w->bundle[t]);
    uint32_t before_us = rnd(3) ? 0 : rnd(60);
    for (uint32_t t = 0; t < w->n; t++)
        if (rnd(100) < before_us) {
            sched_set_done(s, t, 0);
            w->state[t] = 2;
        }
    sched_start(s, 0);
    for (int64_t now = 0, idle = 0; idle < 2; now += 10) {
        uint32_t out[16], k;
        idle++;
        do {
            for (uint32_t t = 0; t < w->n; t++)
                was_ready[t] = sched_state(s, t) == SCHED_READY;
            double left = left_ms(w, s, c.cores);
            k = sched_launch(s, now, out, 16);
            if (k)
                check_order(w, out[0], started, was_ready, left);
            for (uint32_t i = 0; i < k; i++) {
                assert_int_equal(w->state[out[i]], 0);
                w->state[out[i]] = 1;
                started[out[i]] = true;
                idle = 0;
            }
        } while (k);
        for (uint32_t t = 0; t < w->n; t++) {
            if (w->state[t] == 0 && sched_state(s, t) == SCHED_WAITING && rnd(40) == 0) {
                sched_set_done(s, t, now); /* elsewhere */
                w->state[t] = 2;
            }
            idle = w->state[t] == 1 ? 0 : idle;
            if (w->state[t] != 1 || rnd(2))
                continue;
            bool again = rnd(10) == 0;
            sched_ended(s, t, again ? SCHED_END_REQUEUE : SCHED_END_DONE, 0, now);
            w->state[t] = again ? 0 : 2;
        }
    }
    for (uint32_t t = 0; t < w->n; t++)
        assert_int_equal(w->state[t], 2);
    sched_free(s);
}

static void
random_orders(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 400; i++)
        run_in_order(i);
}

/* A task that is away may change to another bundle. */
static void
bundles_change(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 1, 0)};
    struct setup c = {.cores = 9,
        .memory = 9,
        .ntasks = 4,
        .nclasses = 1,
        .class = class,
        .class_of = classes(4, (const uint16_t[4]){0}),
        .bundle_of = calloc(4, sizeof(uint32_t))};
    uint32_t out[4];
    struct sched *s = new_sched(&c);
    sched_set_bundle(s, 1, 7);
    sched_set_bundle(s, 3, 7);
    sched_start(s, 0);
    assert_int_equal(sched_launch(s, 0, out, 4), 2);
    assert_true(out[0] == 0 && out[1] == 2);
    assert_int_equal(sched_launch(s, 0, out, 4), 2);
    assert_true(out[0] == 1 && out[1] == 3);
    sched_free(s);
}

/* Two visits of three sensors, of which the longest are 0 and 3, and what combines them. */
static struct sched *
two_visits(uint32_t cores)
{
    static const struct sched_class class[] = {CLASS(1, 0, 1, 9000), CLASS(1, 0, 1, 8000),
        CLASS(1, 0, 1, 1000), {.cores = 1, .memory = 1, .time_ms = 10, .stage = 1}};
    static struct sched_need need[1];
    need[0] = (struct sched_need){6, 0, {0}};
    assert_true(relation_product(&need[0].of, (uint32_t[]){2}, 1, (uint32_t[]){2, 3}, 2,
        (const uint32_t[1][2]){{0, 0}}, 1));
    struct setup c = {.cores = cores,
        .memory = 100,
        .ntasks = 8,
        .nclasses = 4,
        .class = class,
        .class_of = classes(8, (const uint16_t[]){0, 2, 2, 1, 1, 2, 3, 3}),
        .nneeds = 1,
        .need = need};
    return new_sched(&c);
}

/* Runs all on one core; which task is started when. */
static void
one_after_the_other(struct sched *s, uint32_t n, uint32_t *order)
{
    sched_start(s, 0);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(sched_launch(s, i * 10, order + i, 1), 1);
        sched_ended(s, order[i], SCHED_END_DONE, 0, i * 10 + 5);
    }
    assert_int_equal(sched_count(s, SCHED_READY) + sched_count(s, SCHED_WAITING), 0);
    sched_free(s);
}

static void
what_is_begun_is_ended(void **state)
{
    (void)state;
    uint32_t order[8];
    static const uint32_t want[] = {0, 1, 2, 6, 3, 4, 5, 7};
    one_after_the_other(two_visits(1), 8, order);
    assert_memory_equal(order, want, sizeof want);
}

/* Both visits were begun by an earlier run; the one of which more is done comes first. */
static void
the_nearest_to_its_end(void **state)
{
    (void)state;
    uint32_t order[5];
    static const uint32_t want[] = {5, 7, 0, 2, 6};
    struct sched *s = two_visits(1);
    sched_set_done(s, 1, 0);
    sched_set_done(s, 3, 0);
    sched_set_done(s, 4, 0);
    one_after_the_other(s, 5, order);
    assert_memory_equal(order, want, sizeof want);
}

/* A task of the whole node is not overtaken, for good, by what others begin and end beside it while
 * room is kept for it. */
static void
reserved_room_is_kept_from_consumers(void **state)
{
    (void)state;
    enum { PAIRS = 200, ALL = 2 * PAIRS };
    static const struct sched_class class[] = {CLASS(4, 0, 4, 100000), CLASS(1, 0, 1, 1000),
        {.cores = 1, .memory = 1, .time_ms = 900, .stage = 1}};
    struct sched_need need = {PAIRS, 0, {0}};
    const uint32_t size[] = {PAIRS};
    assert_true(relation_product(&need.of, size, 1, size, 1, (const uint32_t[1][2]){{0, 0}}, 1));
    struct sched *s = sched_new(&(struct sched_config){.cores = 4,
        .memory = 4,
        .ntasks = ALL + 1,
        .nneeds = 1,
        .need = &need});
    sched_add_classes(s, class, 3);
    for (uint32_t t = 0; t <= ALL; t++)
        sched_set_class(s, t, t == ALL ? 0 : t < PAIRS ? 1 : 2, SCHED_NONE);
    uint32_t out[4], n;
    for (uint32_t t = 0; t < ALL; t++)
        sched_take(s, t, 0);
    int64_t end[ALL + 1] = {0};
    for (int64_t now = 0;; now += 100) {
        assert_true(now < 10000);
        if (now == 1500)
            sched_take(s, ALL, now);
        for (uint32_t t = 0; t < ALL; t++)
            if (end[t] && end[t] <= now) {
                end[t] = 0;
                sched_ended(s, t, SCHED_END_DONE, 0, now);
            }
        while ((n = sched_launch(s, now, out, 1)))
            end[out[0]] = now + 700 + out[0] * 37 % 500;
        if (sched_state(s, ALL) == SCHED_RUNNING)
            break;
    }
    assert_true(sched_count(s, SCHED_READY) > PAIRS / 2);
    sched_free(s);
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
    sched_give(s, 2);
    assert_int_equal(launch_all(s, 100000, out, 2), 0);
    sched_take(s, 2, 100000);
    assert_int_equal(sched_state(s, 2), SCHED_READY);
    sched_free(s);
}

/* What is expected of memory changes: of who waits at once, of who runs with its next start. */
static void
memory_is_learned(void **state)
{
    (void)state;
    static const struct sched_class class[] = {{.cores = 1, .memory = 20, .shared = 10},
        CLASS(1, 0, 10, 0)};
    struct setup c = {.cores = 10, .memory = 100, .ntasks = 12, .nclasses = 2, .class = class};
    c.class_of = classes(12, (const uint16_t[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1});
    c.bundle_of = malloc(12 * sizeof *c.bundle_of);
    for (uint32_t t = 0; t < 12; t++)
        c.bundle_of[t] = t / 2;
    uint32_t out[4];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(sched_launch(s, 0, out, 2), 2); /* 10 + 2 x 10 */
    sched_set_memory(s, (const uint64_t[]){60, 40}, (const uint64_t[]){30, 0});
    assert_int_equal(sched_memory_used(s), 30);
    assert_int_equal(sched_launch(s, 0, out, 2), 1); /* 60: a second one has no room */
    assert_int_equal(sched_memory_used(s), 90);
    assert_int_equal(sched_launch(s, 0, out, 2), 0);
    sched_ended(s, 0, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_memory_used(s), 80);
    sched_ended(s, 1, SCHED_END_DONE, 0, 1);
    assert_int_equal(sched_memory_used(s), 60);
    sched_set_over(s, 1);
    assert_int_equal(sched_launch(s, 1, out, 2), 0);
    assert_false(sched_has_room(s));
    sched_set_over(s, 0);
    assert_int_equal(sched_launch(s, 1, out, 2), 1);
    assert_int_equal(out[0], 10); /* 40 fit, 60 do not */
    sched_set_over(s, 1000);
    sched_ended(s, 10, SCHED_END_DONE, 0, 2);
    assert_int_equal(sched_launch(s, 2, out, 2), 0);
    sched_ended(s, 2, SCHED_END_DONE, 0, 2);
    assert_int_equal(sched_launch(s, 2, out, 2), 1); /* nobody runs who could use it */
    sched_free(s);
}

/* What another scheduler has of the node is not given out before it gives it back, and it gets no
 * more than it had; what needs the whole node waits for that. */
static void
another_scheduler_has_a_part(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(4, 0, 40, 1000), CLASS(1, 0, 10, 1000)};
    uint16_t of[] = {1, 0, 1}, *copy = malloc(sizeof of);
    struct setup c = {.cores = 4,
        .memory = 100,
        .ntasks = 3,
        .nclasses = 2,
        .class = class,
        .class_of = memcpy(copy, of, sizeof of)};
    struct sched *s = new_sched(&c);
    uint32_t out[4];
    sched_set_others(s, 3, 0, 60, 1500, 0);
    assert_int_equal(sched_cores_used(s), 3);
    assert_int_equal(sched_memory_used(s), 60);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 4), 1);
    assert_int_equal(out[0], 0);
    sched_set_others(s, 4, 1, 80, 1500, 10);
    assert_int_equal(sched_cores_used(s), 4);
    assert_int_equal(sched_memory_used(s), 70);
    sched_ended(s, 0, SCHED_END_DONE, 0, 1000);
    assert_int_equal(launch_all(s, 1000, out, 4), 0); /* room is kept for the large one */
    sched_set_others(s, 1, 0, 60, 1500, 2000);
    assert_int_equal(sched_cores_used(s), 1);
    sched_set_others(s, 0, 0, 0, 1500, 3000);
    assert_int_equal(launch_all(s, 3000, out, 4), 1);
    assert_int_equal(out[0], 1);
    assert_int_equal(sched_memory_used(s), 40);
    sched_free(s);
}

/* What uses more than it was given takes that from what is reserved, too: but no more is started
 * then. */
static void
nothing_starves_behind_those_that_use_more(void **state)
{
    (void)state;
    enum { N = 2000 };
    static const struct sched_class class[] = {CLASS(1, 0, 60, 1000), CLASS(1, 0, 1, 100)};
    uint16_t *of = malloc(N * sizeof *of);
    for (unsigned i = 0; i < N; i++)
        of[i] = i != 100;
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0};
    const struct sched_need need[] = {stored(100, 1, 0, 1, 1, g0, s0, m0)};
    struct setup c = {.cores = 100,
        .memory = 100,
        .ntasks = N,
        .nclasses = 2,
        .class = class,
        .class_of = of,
        .nneeds = 1,
        .need = need};
    uint32_t out[100], running[100], n = 0;
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    for (int64_t now = 0;; now++) {
        assert_true(now < 1000);
        if (n) { /* the oldest ends */
            sched_ended(s, running[0], SCHED_END_DONE, 0, now);
            memmove(running, running + 1, --n * sizeof *running);
        }
        sched_set_over(s, n ? 5 : 0);
        uint32_t k = launch_all(s, now, out, 100);
        if (k && out[0] == 100)
            break;
        memcpy(running + n, out, k * sizeof *out);
        n += k;
    }
    sched_free(s);
}

static bool
is_told(void *arg, uint32_t task)
{
    (void)arg;
    return task == 1;
}

/* What it needs is undone while it runs, and it ends for want of memory: it waits, as one that asks
 * for more. */
static void
heavier_while_it_waits(void **state)
{
    (void)state;
    static const struct sched_class class[] = {CLASS(1, 0, 4, 0), CLASS(1, 0, 8, 0)};
    static const uint32_t g0[] = {0}, s0[] = {0, 1}, m0[] = {0};
    const struct sched_need need[] = {stored(1, 1, 0, 1, 1, g0, s0, m0)};
    struct setup c = {.cores = 2,
        .memory = 8,
        .ntasks = 2,
        .nclasses = 2,
        .class = class,
        .class_of = classes(2, (const uint16_t[]){0, 0}),
        .nneeds = 1,
        .need = need};
    uint32_t out[2];
    struct sched *s = new_sched(&c);
    sched_start(s, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 1);
    sched_ended(s, 0, SCHED_END_DONE, 0, 0);
    assert_int_equal(launch_all(s, 0, out, 2), 1);
    sched_undo(s, 0, is_told, NULL);
    sched_ended(s, 1, SCHED_END_HEAVIER, 0, 1);
    assert_int_equal(sched_state(s, 1), SCHED_WAITING);
    sched_change_class(s, 1, 1);
    sched_ended(s, 0, SCHED_END_DONE, 0, 2);
    assert_int_equal(launch_all(s, 2, out, 2), 1);
    assert_int_equal(sched_memory_used(s), 8);
    sched_free(s);
}

/* At the end of the work, what takes longer than all the rest is not left to the last: it comes
 * before what is begun. Not if it is not known how much is left, nor what shares memory. */
static void
what_takes_long_is_not_last(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        struct sched *s = two_visits(3);
        uint32_t out[3];
        sched_start(s, 0);
        if (kind == 1)
            sched_set_times(s, (const uint64_t[]){9000, 8000, 0, 10}, (const uint64_t[4]){0});
        else if (kind == 2)
            sched_set_memory(s, (const uint64_t[]){2, 2, 2, 2}, (const uint64_t[]){1, 1, 1, 1});
        /* 28020 ms on three cores; behind the first task 19020, which is less than three of 8000 */
        assert_int_equal(launch_all(s, 0, out, 3), 3);
        assert_int_equal(out[0], 0);
        assert_int_equal(out[1], kind ? 1 : 3);
        assert_int_equal(out[2], kind ? 2 : 4);
        sched_free(s);
    }
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
        cmocka_unit_test(bounds),
        cmocka_unit_test(nobody_waits_less_than_nothing),
        cmocka_unit_test(failure_blocks_through_all_levels),
        cmocka_unit_test(resume_skips_the_done),
        cmocka_unit_test(retries_back_off),
        cmocka_unit_test(cancelled_do_not_start),
        cmocka_unit_test(whole_node_does_not_starve),
        cmocka_unit_test(whole_node_does_not_starve_behind_bundles),
        cmocka_unit_test(backfill_beside_a_reservation),
        cmocka_unit_test(bundles_fill_the_node),
        cmocka_unit_test(bundles_wait_to_be_worth_it),
        cmocka_unit_test(bundles_take_like_lengths),
        cmocka_unit_test(bundles_wait_for_all),
        cmocka_unit_test(what_changed_is_undone),
        cmocka_unit_test(what_failed_is_undone),
        cmocka_unit_test(open_processes_are_joined),
        cmocka_unit_test(young_processes_are_awaited),
        cmocka_unit_test(joins_and_launches),
        cmocka_unit_test(joins_are_in_order),
        cmocka_unit_test(whole_node_does_not_starve_behind_joins),
        cmocka_unit_test(heavier_after_oom),
        cmocka_unit_test(heavier_while_it_waits),
        cmocka_unit_test(nothing_starves_behind_those_that_use_more),
        cmocka_unit_test(another_scheduler_has_a_part),
        cmocka_unit_test(nothing_starts_too_late),
        cmocka_unit_test(gpus_are_counted),
        cmocka_unit_test(failed_here_tried_elsewhere),
        cmocka_unit_test(memory_is_learned),
        cmocka_unit_test(bundles_change),
        cmocka_unit_test(what_is_begun_is_ended),
        cmocka_unit_test(the_nearest_to_its_end),
        cmocka_unit_test(reserved_room_is_kept_from_consumers),
        cmocka_unit_test(random_campaigns),
        cmocka_unit_test(what_takes_long_is_not_last),
        cmocka_unit_test(random_orders),
    };
    return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
