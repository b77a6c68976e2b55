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
#include "model/demand.h"
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
    assert_int_equal(g.njobs, 16);
    assert_int_equal(g.nodes, 2188); /* 16 times that is a twentieth more than is filled */
    assert_int_equal(g.at_once, 2);  /* the machine has no nodes for three */
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

/* --- within ranges --- */

static void
within(int64_t least, int64_t most, double shortest, double longest)
{
    site.nodes_min = least;
    site.nodes_max = most;
    site.walltime_min = shortest;
    site.walltime = longest;
}

static double
cost_of_jobs(const struct geometry *g)
{
    return geometry_charged(&profile, g) / HOUR;
}

static void
whole_waves_fit(void **state)
{
    (void)state;
    tiered();
    struct work w = work_of(74890, 12); /* DC2's first year */
    within(256, 2000, 12 * HOUR, 24 * HOUR);
    struct geometry g = chosen(&w); /* the second wave would not fit into 24 h */
    assert_in_range(g.seconds, 12.6 * HOUR, 12.8 * HOUR);
    assert_in_range(g.njobs * g.nodes, 6241, 6300);
    assert_true(cost_of_jobs(&g) <= 1.07 * w.expected / HOUR);
    assert_true(g.longest_charged / HOUR >= 1.9 * w.expected / HOUR);
    within(256, 2000, 14 * HOUR, 24 * HOUR); /* the campaign wants more to spare */
    g = chosen(&w);
    assert_int_equal(g.seconds, 14 * HOUR);
    within(256, 801, 6 * HOUR, 12 * HOUR); /* waves of 2 h */
    w = work_of(20000, 2);
    g = chosen(&w);
    assert_true(cost_of_jobs(&g) <= 1.09 * w.expected / HOUR);
    assert_true(g.nodes >= 640 || g.seconds <= 9 * HOUR);
    /* less than the range has to spare is better than no job */
    within(802, 2000, 6 * HOUR, 12 * HOUR + 320);
    w = work_of(74890, 12);
    g = chosen(&w);
    assert_int_equal(g.seconds, 12 * HOUR + 360);
    /* one walltime is no range */
    within(256, 2000, 16 * HOUR, 16 * HOUR);
    g = chosen(&w);
    assert_int_equal(g.seconds, 16 * HOUR);
    assert_float_equal(g.longest_charged, 0, 0);
}

static void
what_is_charged(void **state)
{
    (void)state;
    tiered();
    struct geometry g = {.njobs = 2, .nodes = 128, .seconds = 3660};
    assert_float_equal(geometry_charged(&profile, &g), 2 * 128 * 3660.0, 1e-6);
    profile.charging.min_nodes = 200;
    profile.charging.round_minutes = 30;
    profile.charging.boot_minutes = 10;
    assert_float_equal(geometry_charged(&profile, &g), 2 * 200 * (5400 + 600.0), 1e-6);
    /* jobs of 2 h 10 min would be charged as 3 h: longer ones are better */
    profile.charging.min_nodes = profile.charging.boot_minutes = 0;
    profile.charging.round_minutes = 60;
    within(256, 2000, HOUR, 24 * HOUR);
    struct work w = work_of(20000, 1);
    g = chosen(&w);
    assert_true(cost_of_jobs(&g) <= 1.01 * 1.06 * w.expected / HOUR);
    /* jobs that are small are charged for as larger ones */
    profile.charging = (typeof(profile.charging)){.min_nodes = 1000};
    w = work_of(10000, 5);
    g = chosen(&w);
    assert_true(g.nodes >= 990);
}

/* Work of some lengths, from long to short. */
static struct work
mixed_work(struct work_time *time, uint32_t n)
{
    struct work w = {.time = time, .longest_task = 0};
    double hours = 0.2 + rand() % 200 * 0.01;
    for (w.ntimes = 0; w.ntimes < n; w.ntimes++, hours *= 0.3 + rand() % 60 * 0.01) {
        time[w.ntimes] = (struct work_time){hours * HOUR, 1 + rand() % 3000};
        w.fills += time[w.ntimes].fills;
        w.expected += time[w.ntimes].fills * time[w.ntimes].seconds;
        w.typical += time[w.ntimes].fills * time[w.ntimes].seconds * time[w.ntimes].seconds;
    }
    w.typical /= w.expected;
    w.node_seconds = w.expected;
    w.longest = time[0].seconds;
    w.packed = w.fills * (1 + rand() % 10 * 0.01);
    return w;
}

/* No other walltime, and no other number of jobs and nodes, would be much cheaper. */
static void
nothing_is_cheaper(void **state)
{
    (void)state;
    struct work_time time[6];
    srand(12);
    for (int i = 0; i < 300; i++) {
        tiered();
        profile.charging.round_minutes = rand() % 3 ? 1 : 30;
        profile.charging.boot_minutes = rand() % 3 ? 0 : 10;
        double shortest = HOUR * (1 + rand() % 5), longest = shortest + HOUR * (1 + rand() % 5);
        int64_t least = 400 + rand() % 500, most = least + rand() % 3000;
        within(least, most, shortest, longest);
        struct work w = mixed_work(time, 1 + (uint32_t)rand() % 6);
        struct job_kept kept = site_kept(&profile);
        if (longest > (double)site_walltime_longest(&queue, least, most) ||
            w.longest * 1.05 > (double)job_time_for_tasks((int64_t)longest, &kept) / 1e3)
            continue;
        struct geometry g = chosen(&w);
        assert_in_range(g.seconds, shortest, longest);
        assert_in_range(g.nodes, least, most);
        assert_true(g.seconds <= site_walltime_max(&queue, g.nodes));
        double use = (double)job_time_for_tasks(g.seconds, &kept) / 1e3;
        assert_true(waves_nodes(&w, use, 1.05) <= (double)g.njobs * g.nodes + 1e-3);
        for (double s = shortest; s <= longest; s += 60) {
            use = (double)job_time_for_tasks((int64_t)s, &kept) / 1e3;
            double all = waves_nodes(&w, use, 1.05);
            for (double n = isinf(all) ? most + 1 : least; n <= most; n += 7) {
                struct geometry other = {.njobs = (uint32_t)ceil(all / n - 1e-9),
                    .nodes = (uint32_t)n,
                    .seconds = (uint32_t)s};
                if (s <= (double)site_walltime_max(&queue, (int64_t)n))
                    assert_true(cost_of_jobs(&other) * 1.02 >= cost_of_jobs(&g));
            }
        }
        struct waste waste;
        geometry_waste(&w, &profile, &g, &waste);
        assert_true(waste.start > 0 && waste.room >= 0 && waste.ends > 0 && waste.tail >= 0 &&
                    waste.charged >= 0);
        assert_float_equal(
            (waste.used + waste.start + waste.room + waste.ends + waste.tail + waste.charged) /
                HOUR,
            cost_of_jobs(&g), 1e-3 * cost_of_jobs(&g));
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

/* A bundle goes on until its slowest task is done, if it says so, or if there is nothing by which
 * to tell that one is done before. */
static void
whole_bundles_end_together(void **state)
{
    (void)state;
    static const char text[] =
        "campaign c\nset v = 1 .. 3\nset s = 1 .. 8\n"
        "task a for i in v, k in s { memory { i 1.5 GB; task 900 MB }; time 1 s * k * k * k; "
        "bundle by i%s\n"
        "run \"a {i} {bundle.join(k, ' ')}\"\noutput \"a{i}.{k}\"%s }\n";
    static const char *const how[][2] = {{"", ""}, {", whole", ""}, {"", " check optional"}};
    char campaign[500];
    double makespan[3];
    for (int i = 0; i < 3; i++) {
        struct simulation s = {.nodes = 1};
        snprintf(campaign, sizeof campaign, text, how[i][0], how[i][1]);
        run(campaign, 1, &s);
        makespan[i] = s.makespan;
    }
    assert_float_equal(makespan[1], 3 * 512, 1e-6);
    assert_float_equal(makespan[2], makespan[1], 1e-6);
    assert_true(fabs(makespan[0] - makespan[1]) > 1e-3);
}

/* Of two visits of twelve sensors eight fit; a process that is fed begins the next sensor when one
 * is done, and has what a visit shares once. */
static void
fed_processes_stay_full(void **state)
{
    (void)state;
    static const char text[] =
        "campaign c\nset v = 1 .. 2\nset s = 1 .. 12\n"
        "task a for i in v, k in s { memory { i 2 GB; task 1 GB }; time 10 s * k; bundle by i\n"
        "feed \"{k}\"\nrun \"a {i}\"\noutput \"a{i}.{k}\" }\n";
    struct simulation s = {.nodes = 1};
    run(text, 1, &s); /* 2 x 780 s of work, 8 side by side */
    assert_true(s.makespan >= 195 && s.makespan <= 230);
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
        cmocka_unit_test(jobs_are_possible), cmocka_unit_test(whole_waves_fit),
        cmocka_unit_test(what_is_charged), cmocka_unit_test(nothing_is_cheaper),
        cmocka_unit_test(it_ends_early), cmocka_unit_test(a_sweep),
        cmocka_unit_test(needs_are_waited_for), cmocka_unit_test(bundles_share_memory),
        cmocka_unit_test(whole_bundles_end_together), cmocka_unit_test(fed_processes_stay_full),
        cmocka_unit_test(costs_are_rounded_as_by_shims)};
    return cmocka_run_group_tests(tests, enter, leave);
}
