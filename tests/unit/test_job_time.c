/* What the checker admits is what jobs are made for, and what the shim starts: at the borders, for
 * random profiles. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/demand.h"
#include "target/site.h"
#include "sched/sched.h"

enum { ROUNDS = 4000 };

static uint64_t seed = 20261128;

static int64_t
upto(int64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)(n + 1));
}

static struct site_profile profile;
static struct site_queue queue;
static struct site site;

static void
any_site(void)
{
    static const int64_t most[] = {20, 300, 7200, 200000};
    queue = (struct site_queue){.name = (char *)(uintptr_t) "q",
        .min_nodes = 1,
        .max_nodes = 10,
        .max_walltime = 60 * (1 + upto(most[upto(3)] / 60)),
        .max_queued = SITE_NONE,
        .max_running = SITE_NONE};
    profile = (struct site_profile){.name = (char *)(uintptr_t) "p",
        .scheduler.kind = SITE_SLURM,
        .nodes = {.count = 100, .max_per_job = 100}};
    profile.launch.start_seconds = upto(most[upto(1)]);
    profile.time.finish_by_s = upto(most[upto(1)]);
    profile.time.stop_starting_s = profile.time.finish_by_s + upto(900);
    site = (struct site){.name = "s", .profile = &profile, .queue = &queue, .judged = true};
    if (upto(1))
        site.walltime = (double)queue.max_walltime;
}

/* Does the checker admit a task that is expected to take so long (0: nothing is said)? */
static bool
admitted(double seconds)
{
    struct diags *d = diag_new();
    struct model m = {.diags = d, .sites = &site, .nsites = 1};
    struct family f = {.name = "t"};
    bool none = demand_no_time(d, &site);
    if (seconds > 0)
        demand_check(&m, &f, &(struct demand){.of = DEMAND_TIME, .value = seconds});
    bool ok = diag_count(d, DIAG_ERROR) == 0;
    assert_true(!none || diag_count(d, DIAG_ERROR) == 1); /* said once */
    diag_free(d);
    return ok;
}

/* Does a shim start it, so long after the job of `length` seconds began? */
static bool
starts(double seconds, int64_t length, int64_t after_ms)
{
    const int64_t zero = 1000 + upto(1000000000);
    struct job_time t = job_time(zero + after_ms, zero + length * 1000, profile.time.finish_by_s,
        profile.time.stop_starting_s);
    const struct sched_class class = {.cores = 1,
        .memory = 1,
        .time_ms = (uint64_t)job_time_ms(seconds)};
    uint32_t task;
    struct sched *s = sched_new(&(struct sched_config){.cores = 1, .memory = 1, .ntasks = 1});
    sched_add_classes(s, &class, 1);
    sched_set_class(s, 0, 0, SCHED_NONE);
    sched_set_end(s, t.stop);
    if (zero + after_ms >= t.cautious)
        sched_set_cautious(s);
    sched_start(s, zero + after_ms);
    bool started = sched_launch(s, zero + after_ms, &task, 1) == 1;
    sched_free(s);
    return started;
}

static int64_t
length(void)
{
    return site.walltime ? (int64_t)site.walltime : queue.max_walltime;
}

static void
what_is_admitted_starts(void **state)
{
    (void)state;
    unsigned some = 0, none = 0;
    for (int i = 0; i < ROUNDS; i++) {
        any_site();
        int64_t begin = profile.launch.start_seconds * 1000;
        struct job_kept k = site_kept(&profile);
        int64_t border = job_time_for_tasks(length(), &k);
        assert_int_equal(admitted(0), starts(0, length(), begin));
        assert_int_equal(admitted(0), border > 0);
        some += border > 0;
        none += border == 0;
        for (int64_t ms = border > 3 ? border - 3 : 1; ms < border + 3 && border; ms++) {
            assert_int_equal(admitted((double)ms / 1e3), ms <= border);
            assert_int_equal(starts((double)ms / 1e3, length(), begin), ms <= border);
        }
        for (int n = 0; n < 4 && border; n++) {
            double seconds = (double)(1 + upto(2 * border)) / 1e3;
            bool ok = admitted(seconds);
            assert_int_equal(ok, starts(seconds, length(), begin));
            /* a shim that is there sooner has more time */
            assert_true(!ok || starts(seconds, length(), upto(begin)));
            assert_int_equal(ok, job_time_needed(seconds, &k) <= length());
        }
    }
    assert_true(some > ROUNDS / 4 && none > ROUNDS / 8);
}

/* Jobs that are made as short as the work allows. */
static void
chosen_jobs_are_long_enough(void **state)
{
    (void)state;
    unsigned n = 0;
    for (int i = 0; i < ROUNDS; i++) {
        any_site();
        struct job_kept k = site_kept(&profile);
        int64_t border = job_time_for_tasks(length(), &k);
        if (!border)
            continue;
        double longest = (double)(1 + upto(border)) / 1e3, work = longest * (double)(1 + upto(50));
        struct work w = {.node_seconds = work,
            .expected = work,
            .typical = longest,
            .longest = longest,
            .fills = work / longest,
            .longest_task = PLAN_NONE};
        struct diags *d = diag_new();
        struct geometry g;
        bool ok = geometry_for(d, &w, &site, &g);
        diag_free(d);
        assert_int_equal(ok, longest * 1e3 <= (double)border);
        if (ok)
            assert_true(starts(longest, g.seconds, profile.launch.start_seconds * 1000));
        n += ok;
    }
    assert_true(n > ROUNDS / 4);
}

static void
by_hand(void **state)
{
    (void)state;
    const struct job_kept k = {5, 5, 0};
    assert_int_equal(job_time_for_tasks(120, &k), 99000); /* a tenth of 110 s */
    assert_int_equal(job_time_stopping(120, &k), 11000);
    assert_int_equal(job_time_for_tasks(3600, &k), 3578000); /* 12 s */
    assert_int_equal(job_time_needed(99, &k), 120);
    assert_int_equal(job_time_needed(99.001, &k), 121);
    assert_int_equal(job_time_for_tasks(10, &k), 0);
    struct job_time t = job_time(0, 100000, 10, 600);
    assert_int_equal(t.end, 90000);
    assert_int_equal(t.stop, 81000);
    assert_int_equal(t.kill, 88500);
    assert_int_equal(t.cautious, 67500); /* a quarter */
    t = job_time(0, 5000, 10, 600);      /* it is over before it began */
    assert_true(t.stop <= 0 && t.kill <= 0 && t.cautious <= 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand),
        cmocka_unit_test(what_is_admitted_starts), cmocka_unit_test(chosen_jobs_are_long_enough)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
