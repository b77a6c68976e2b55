/* Which jobs are chosen, and campaigns that are run in thought. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/build.h"
#include "image_lib.h"
#include "outlook/outlook.h"
#include "target/site.h"

enum { HOUR = 3600 };

/* --- jobs --- */

static struct site_tier tier[] = {{128, 3 * HOUR}, {256, 6 * HOUR}, {384, 9 * HOUR},
    {640, 12 * HOUR}, {802, 24 * HOUR}};
static struct site_queue queue;
static struct site_profile profile;
static struct site site;

/* A machine like Theta. */
static void
tiered(void)
{
    queue = (struct site_queue){.name = (char *)(uintptr_t) "default",
        .min_nodes = 128,
        .max_nodes = 4100,
        .min_walltime = 1800,
        .max_walltime = 24 * HOUR,
        .max_queued = 20,
        .max_running = 10,
        .tiers = {tier, sizeof tier / sizeof *tier}};
    profile = (struct site_profile){.name = (char *)(uintptr_t) "tiered",
        .scheduler.kind = SITE_COBALT,
        .nodes = {.count = 4392, .max_per_job = 4100}};
    profile.launch.start_seconds = 120;
    profile.time.finish_by_s = 180;
    site = (struct site){.name = "tiered", .profile = &profile, .queue = &queue};
}

/* Work of so many node-hours, in tasks of so many hours. */
static struct work
work_of(double node_hours, double hours)
{
    return (struct work){.node_seconds = node_hours * HOUR,
        .expected = node_hours * HOUR,
        .typical = hours * HOUR,
        .longest = hours * HOUR,
        .fills = node_hours / hours,
        .longest_task = 0};
}

static struct geometry
chosen(const struct work *w)
{
    struct diags *d = diag_new();
    struct geometry g;
    assert_true(geometry_for(d, w, &site, &g));
    assert_int_equal(diag_count(d, DIAG_ERROR), 0);
    diag_free(d);
    return g;
}

static void
jobs_by_hand(void **state)
{
    (void)state;
    tiered();
    struct work w = work_of(100, 1); /* less than the smallest job */
    struct geometry g = chosen(&w);
    assert_int_equal(g.njobs, 1);
    assert_int_equal(g.nodes, 128);
    assert_true(g.seconds >= HOUR + 300 && g.seconds <= 2 * HOUR);
    w = work_of(1000, 10); /* tasks too long for the first tiers */
    g = chosen(&w);
    assert_int_equal(g.nodes, 640);
    assert_true(g.seconds <= 12 * HOUR && g.seconds >= 10 * HOUR + 300);
    site.nodes_min = 128;
    site.nodes_max = 4000;
    w = work_of(400000, 12); /* DC2's second half */
    g = chosen(&w);
    assert_int_equal(g.njobs, 10);
    assert_true(g.nodes > 3500 && g.nodes <= 4000);
    assert_int_equal(g.at_once, 1); /* the machine has no nodes for two */
    site.walltime = 6 * HOUR;
    w = work_of(5000, 2);
    g = chosen(&w);
    assert_int_equal(g.seconds, 6 * HOUR);
    assert_true(g.nodes >= 256);
    /* more than the queue takes is no mistake */
    site.nodes_max = 256;
    w = work_of(100000, 2);
    g = chosen(&w);
    assert_true(g.njobs > 20);
    assert_int_equal(g.at_once, 10);
}

static void
no_job_is_long_enough(void **state)
{
    (void)state;
    tiered();
    site.nodes_min = site.nodes_max = 200;
    struct work w = work_of(1000, 10);
    struct diags *d = diag_new();
    struct geometry g;
    assert_false(geometry_for(d, &w, &site, &g));
    assert_int_equal(diag_count(d, DIAG_ERROR), 1);
    diag_free(d);
}

static void
jobs_without_times(void **state)
{
    (void)state;
    tiered();
    struct work w = {.fills = 300, .longest_task = PLAN_NONE, .untimed = 5};
    struct geometry g = chosen(&w);
    assert_true(g.guessed);
    assert_int_equal(g.njobs, 1);
    assert_int_equal(g.nodes, 300);
    assert_int_equal(g.seconds, 6 * HOUR);
    site.walltime = 20 * HOUR; /* in another tier */
    site.nodes_max = 1000;
    g = chosen(&w);
    assert_int_equal(g.nodes, 802);
    assert_int_equal(g.seconds, 20 * HOUR);
}

/* Whatever the work: a job that the queue takes, long enough, and enough of them. */
static void
jobs_are_possible(void **state)
{
    (void)state;
    srand(11);
    for (int i = 0; i < 5000; i++) {
        tiered();
        queue.tiers.n = (size_t)(rand() % 6);
        if (rand() % 2) {
            site.nodes_min = 128 + rand() % 300;
            site.nodes_max = site.nodes_min + rand() % 3000;
        }
        double hours = 0.01 * (1 + rand() % 260), work = exp(rand() % 1400 * 0.01);
        struct work w = work_of(work, hours);
        struct geometry g = chosen(&w);
        assert_true(g.nodes >= 128 && g.nodes <= 4100 && g.njobs >= 1 && g.at_once >= 1);
        if (site.nodes_max)
            assert_in_range(g.nodes, site.nodes_min, site.nodes_max);
        assert_true(g.seconds <= site_walltime_max(&queue, g.nodes));
        assert_true(g.seconds >= queue.min_walltime && g.seconds % 60 == 0);
        assert_true(g.seconds - 300 >= w.longest - 1);
        double rounds = floor((g.seconds - 300) / w.typical + 1e-9);
        assert_true((double)g.njobs * g.nodes * rounds * w.typical >= w.expected);
    }
}

/* --- in thought --- */

static const struct node_room room = {.memory = UINT64_C(10000000000), .cores = 10, .gpus = 0};

static struct plan *
compiled(const char *text, struct buf *image)
{
    struct buf why = {0};
    FILE *f = fopen("c.wfl", "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    struct diags *d = diag_new();
    assert_true(compile_image(d, "c.wfl", image));
    diag_free(d);
    struct plan *p = plan_from_bytes(image->p, image->n, "c", &why);
    assert_non_null(p);
    return p;
}

/* Runs the campaign with so many shards; the rest of *s is as given. */
static void
run(const char *text, uint32_t want, struct simulation *s)
{
    struct buf image = {0}, moved = {0}, shards = {0}, runs = {0}, why = {0};
    struct plan *p = compiled(text, &image);
    struct work w;
    work_init(&w, p, &room);
    shards_make(p, &w, &(struct cut){want, want, want}, &shards, &runs);
    const struct plan_at at = {.site = "x",
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_range)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_range *)(const void *)runs.p};
    plan_move(p, &at, &moved);
    struct plan *q = plan_from_bytes(moved.p, moved.n, "moved", &why);
    s->plan = q;
    s->work = &w;
    assert_true(simulate(s));
    plan_close(q);
    plan_close(p);
    work_free(&w);
    buf_free(&image);
    buf_free(&moved);
    buf_free(&shards);
    buf_free(&runs);
}

/* A task that no node has room for: nothing is known, but why. */
static void
it_ends_early(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0};
    struct plan *p = compiled("campaign c\nset n = 1 .. 100\n"
                              "task t for i in n { memory 110 MB * i; time 60 s\n"
                              "run \"t {i}\"\noutput \"{i}\" }\n",
        &image);
    struct work w;
    work_init(&w, p, &room);
    struct outlook o = {.simulation = {.plan = p, .work = &w, .nodes = 1}};
    outlook_ended(&o, &why);
    assert_int_equal(why.n, 0);
    assert_false(simulate(&o.simulation));
    assert_int_equal(o.simulation.ended, CLASSES_LARGE);
    outlook_ended(&o, &why);
    assert_string_equal(why.p, "t[i=91] needs more than a node has");
    work_free(&w);
    plan_close(p);
    buf_free(&image);
    buf_free(&why);
}

static const char sweep[] =
    "campaign c\nset n = 1 .. 100\ntask t for i in n { memory 1 GB; time 60 s\n"
    "run \"t {i}\"\noutput \"{i}\" }\n";

static void
a_sweep(void **state)
{
    (void)state;
    struct simulation s = {.nodes = 2};
    run(sweep, 10, &s); /* ten at once on a node: five rounds */
    assert_float_equal(s.makespan, 300, 1e-6);
    assert_float_equal(s.utilisation, 1, 1e-6);
    assert_int_equal(s.jobs, 1);
    assert_float_equal(s.part, 1, 1e-6);
    /* jobs of 150 s have room for two rounds: five are done in the third one */
    s = (struct simulation){.nodes = 2, .job_seconds = 150, .kept = {10, 5, 0}};
    run(sweep, 10, &s);
    assert_float_equal(s.makespan, 300 + 10 + 60, 1e-6);
    assert_int_equal(s.jobs, 3);
    assert_int_equal(s.unfinished, 0);
    /* too short for any */
    s = (struct simulation){.nodes = 2, .job_seconds = 60, .kept = {10, 0, 0}};
    run(sweep, 10, &s);
    assert_int_equal(s.unfinished, 100);
    /* a part of it stands for all */
    s = (struct simulation){.nodes = 1, .most_tasks = 50};
    run(sweep, 10, &s);
    assert_float_equal(s.part, 0.5, 1e-6);
    assert_float_equal(s.makespan, 600, 1e-6);
}

static void
needs_are_waited_for(void **state)
{
    (void)state;
    static const char text[] =
        "campaign c\nset n = 1 .. 40\n"
        "task a for i in n { memory 1 GB; time 60 s\nrun \"a {i}\"\noutput \"a{i}\" }\n"
        "task b for i in n needs a { memory 1 GB; time 30 s\nrun \"b {i}\"\noutput \"b{i}\" }\n"
        "task z needs b { memory 1 GB; time 5 s\nrun \"z\"\noutput \"z\" }\n";
    struct simulation s = {.nodes = 2};
    run(text, 1, &s); /* one shard, so one node */
    assert_float_equal(s.makespan, 4 * 90 + 5, 1e-6);
    s = (struct simulation){.nodes = 2};
    run(text, 5, &s); /* four, and z is a stage of its own */
    assert_float_equal(s.makespan, 2 * 90 + 5, 1e-6);
}

static void
bundles_share_memory(void **state)
{
    (void)state;
    static const char text[] =
        "campaign c\nset v = 1 .. 4\nset s = 1 .. 8\n"
        "task a for i in v, k in s { memory { i 2 GB; task 1 GB }; time 60 s; bundle by i\n"
        "run \"a {i} {bundle.join(k, ' ')}\"\noutput \"a{i}.{k}\" }\n";
    struct simulation s = {.nodes = 1};
    run(text, 1, &s); /* 2 GB + 8 x 1 GB fill the node */
    assert_float_equal(s.makespan, 240, 1e-6);
}

/* Ten would fit; the shim rounds what differs from task to task, and has room for nine. */
static void
costs_are_rounded_as_by_shims(void **state)
{
    (void)state;
    static const char text[] = "campaign c\nset n = 1 .. 20\n"
                               "task a for i in n { memory 999 MB + 1 B * i; time 60 s\n"
                               "run \"a {i}\"\noutput \"a{i}\" }\n";
    struct simulation s = {.nodes = 1};
    run(text, 1, &s);
    assert_float_equal(s.makespan, 180, 1e-6);
}

static int
enter(void **state)
{
    static char dir[] = "/tmp/wfl-outlook-XXXXXX";
    *state = dir;
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
    return unlink("c.wfl") == 0 && chdir("/") == 0 && rmdir(*state) == 0 ? 0 : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(jobs_by_hand),
        cmocka_unit_test(no_job_is_long_enough), cmocka_unit_test(jobs_without_times),
        cmocka_unit_test(jobs_are_possible), cmocka_unit_test(it_ends_early),
        cmocka_unit_test(a_sweep), cmocka_unit_test(needs_are_waited_for),
        cmocka_unit_test(bundles_share_memory), cmocka_unit_test(costs_are_rounded_as_by_shims)};
    return cmocka_run_group_tests(tests, enter, leave);
}
