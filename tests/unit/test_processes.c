/* From a record to processes, and to what should be stated of them. */
#include "config.h"

#include "calibrate/calibrate.h"
#include "journal/journal.h"
#include "util/file.h"
#include "util/list.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image_lib.h"
#include "place_lib.h"

/* The plan's order: alone (tasks 0 .. 59), draw (60 .. 239, 6 for each v), fed (240 .. 245). */
static const char campaign[] =
    "campaign c\n"
    "set bands = [\"g\", \"u\"]\n"
    "task alone for i in 1 .. 30, b in bands { memory 1 GB; time 10 s; run \"true\" }\n"
    "task draw for v in 1 .. 30, s in 1 .. 6 { memory { container 100 MB; v 300 MB; s 50 MB }\n"
    "    time 10 s; bundle by v; run \"true\" }\n"
    "task fed for v in [7], s in 1 .. 6 { memory { container 100 MB; s 50 MB }\n"
    "    time 10 s; bundle by v; feed \"{s}\"; run \"cat\"; output \"o.{s}\" }\n";
enum { ALONE, DRAW, FED, DRAW_FIRST = 60, FED_FIRST = 240, NTASKS = 246 };

static struct journal *journal;
static uint32_t epoch;
static uint64_t plan_identity;

static int
begin(void **state)
{
    struct buf why = {0};
    if (place_begin(state) || !build_image(campaign))
        return -1;
    struct plan *p = plan_open("b/campaign.wflp", &why);
    assert_non_null(p);
    assert_int_equal(p->head->ntasks, NTASKS);
    plan_identity = p->head->identity;
    plan_close(p);
    epoch = 0;
    return 0;
}

/* --- records --- */

static void
close_journal(void)
{
    if (journal)
        assert_int_equal(journal_flush(journal), 0);
    journal_close(journal);
    journal = NULL;
}

static void
holder(const char *name)
{
    int err;
    uint64_t fence = journal ? UINT64_MAX : 0;
    close_journal();
    journal = journal_create("b/state", 0, epoch++, fence, plan_identity, name, false, 0, &err);
    assert_non_null(journal);
}

static void
start(uint32_t task, double at, uint32_t spool)
{
    journal_add(journal, (struct journal_rec){.kind = JOURNAL_START,
                             .task = task,
                             .attempt = 1,
                             .time_us = (int64_t)(at * 1e6),
                             .log_len = spool});
}

static void
ended(uint32_t task, double at, double seconds, uint32_t mib, enum journal_reason reason,
    bool shared)
{
    journal_add(journal, (struct journal_rec){.kind = JOURNAL_END,
                             .reason = (uint8_t)reason,
                             .flags = (uint8_t)((shared ? JOURNAL_SHARED : 0) |
                                                (reason == REASON_OK ? JOURNAL_FINAL : 0)),
                             .task = task,
                             .attempt = 1,
                             .time_us = (int64_t)(at * 1e6),
                             .wall_ms = (uint32_t)(seconds * 1e3),
                             .peak_kib = mib << 10});
}

/* A process that works on n tasks from `task` on. */
static void
process(uint32_t task, uint32_t n, double at, double seconds, uint32_t mib,
    enum journal_reason reason)
{
    for (uint32_t i = 0; i < n; i++)
        start(task + i, at, 3);
    for (uint32_t i = 0; i < n; i++)
        ended(task + i, at + seconds, seconds, mib, reason, n > 1);
}

static struct status *
read_status(void)
{
    struct buf why = {0};
    close_journal();
    struct status *s = status_read("b", 1, &why);
    if (!s)
        fail_msg("%s", why.p);
    buf_free(&why);
    return s;
}

/* --- processes --- */

static void
test_bundles(void **state)
{
    (void)state;
    struct measured *m;
    holder("nid1.1");
    process(DRAW_FIRST, 6, 100, 10, 700, REASON_OK);
    /* the next process of the spool starts before the ends of this one are on record */
    for (uint32_t i = 6; i < 10; i++)
        start(DRAW_FIRST + i, 120, 3);
    start(DRAW_FIRST + 12, 131, 3);
    start(DRAW_FIRST + 13, 131, 3);
    for (uint32_t i = 6; i < 10; i++) /* one is done before its process is, at less memory */
        ended(DRAW_FIRST + i, i == 6 ? 125 : 130, i == 6 ? 5 : 10, i == 6 ? 200 : 600, REASON_OK,
            true);
    start(DRAW_FIRST + 18, 131, 4); /* beside it, alone */
    ended(DRAW_FIRST + 12, 140, 9, 500, REASON_OK, true);
    ended(DRAW_FIRST + 13, 140, 9, 500, REASON_OK, true);
    ended(DRAW_FIRST + 18, 141, 10, 450, REASON_OK, false);
    /* an input was missing: it was never in the process */
    start(DRAW_FIRST + 24, 150, 3);
    start(DRAW_FIRST + 25, 150, 3);
    ended(DRAW_FIRST + 24, 150.5, 0, 0, REASON_INPUT, false);
    ended(DRAW_FIRST + 25, 160, 9, 444, REASON_OK, false);
    start(DRAW_FIRST + 30, 170, 3); /* and one that was lost */
    start(DRAW_FIRST + 31, 170, 3);
    holder("nid2.1");
    ended(DRAW_FIRST + 30, 900, 0, 0, REASON_LOST, false);
    process(DRAW_FIRST + 30, 2, 910, 10, 510, REASON_OK);
    ended(DRAW_FIRST + 36, 999, 8, 333, REASON_OK, true); /* of a bundle nobody knows */
    struct status *s = read_status();
    assert_int_equal(processes_read(s, &m), 0);
    static const struct {
        uint32_t first, tasks, mib;
    } want[] = {{0, 6, 700}, {6, 4, 600}, {12, 2, 500}, {18, 1, 450}, {25, 1, 444}, {30, 2, 510}};
    assert_int_equal(m[DRAW].nprocesses, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        const struct process *p = &m[DRAW].process[i];
        assert_int_equal(p->task, DRAW_FIRST + want[i].first);
        assert_int_equal(p->tasks, want[i].tasks);
        assert_int_equal(p->bytes, (uint64_t)want[i].mib << 20);
        assert_true(p->shared == 400e6 && p->own == want[i].tasks * 50e6 && !p->open);
    }
    assert_int_equal(m[DRAW].nruns, 16);
    assert_int_equal(m[DRAW].attempts, 17);
    assert_int_equal(m[DRAW].step, 1);
    processes_free(m, s->plan->nfamilies);
    status_free(s);
}

static void
test_open(void **state)
{
    (void)state;
    struct measured *m;
    holder("nid1.1");
    process(DRAW_FIRST, 3, 100, 10, 800, REASON_OOM); /* done later: what it took is known */
    process(DRAW_FIRST, 2, 120, 12, 700, REASON_OK);
    process(DRAW_FIRST + 2, 1, 140, 12, 600, REASON_OK);
    process(DRAW_FIRST + 6, 3, 200, 10, 900, REASON_OOM); /* one of them never was */
    process(DRAW_FIRST + 6, 2, 220, 12, 700, REASON_OK);
    process(0, 1, 300, 30, 50, REASON_LIMIT);
    process(1, 1, 300, 20, 60, REASON_WALLTIME);
    process(1, 1, 400, 25, 70, REASON_OK);
    process(2, 1, 400, 25, 4, REASON_OK); /* what is tiny counts as 32 MiB */
    struct status *s = read_status();
    assert_int_equal(processes_read(s, &m), 0);
    assert_int_equal(m[DRAW].nprocesses, 4);
    assert_true(!m[DRAW].process[0].open && m[DRAW].process[2].open);
    assert_int_equal(m[DRAW].process[2].bytes, UINT64_C(900) << 20);
    assert_int_equal(m[DRAW].nruns, 6); /* 5 that are done, and the one that never was */
    assert_int_equal(m[ALONE].nprocesses, 3);
    assert_int_equal(m[ALONE].nruns, 3);
    assert_true(m[ALONE].run[0].open && m[ALONE].run[0].seconds == 30);
    assert_true(!m[ALONE].run[1].open && m[ALONE].run[1].seconds == 25);
    assert_int_equal(m[ALONE].process[2].bytes, UINT64_C(32) << 20);
    processes_free(m, s->plan->nfamilies);
    status_free(s);
}

/* Three at a time, and the last one alone. */
static void
test_fed(void **state)
{
    (void)state;
    struct measured *m;
    holder("nid1.1");
    for (uint32_t i = 0; i < 6; i++) {
        if (i >= 3)
            ended(FED_FIRST + i - 3, 100 + i, 3, 100 + i, REASON_OK, i > 3);
        start(FED_FIRST + i, 100 + i, 9);
    }
    for (uint32_t i = 3; i < 6; i++)
        ended(FED_FIRST + i, 110 + i, 3, 200 + i, REASON_OK, true);
    struct status *s = read_status();
    assert_int_equal(processes_read(s, &m), 0);
    assert_int_equal(m[FED].nprocesses, 1);
    assert_int_equal(m[FED].process[0].tasks, 3);
    assert_true(m[FED].process[0].own == 150e6 && m[FED].process[0].shared == 100e6);
    assert_int_equal(m[FED].process[0].bytes, UINT64_C(205) << 20);
    assert_int_equal(m[FED].nruns, 6);
    processes_free(m, s->plan->nfamilies);
    status_free(s);
}

/* --- what follows --- */

static void
near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.9g is not %.9g", a, b);
}

/* 500 MiB and 100 MiB for each task; times of u are thrice those of g, a tenth is cut short. */
static void
test_calibration(void **state)
{
    (void)state;
    struct calibration c;
    struct buf name = {0};
    double at = 1000;
    holder("nid1.1");
    for (uint32_t v = 0; v < 30; v++, at += 100) {
        uint32_t n = 1 + v % 6;
        process(DRAW_FIRST + 6 * v, n, at, 20, 500 + 100 * n, REASON_OK);
    }
    for (uint32_t t = 0; t < 60; t++, at += 100) {
        double seconds = (t % 2 ? 30 : 10) + 0.01 * t;
        bool cut = t % 10 == 9;
        process(t, 1, at, cut ? 12 : seconds, 600, cut ? REASON_LIMIT : REASON_OK);
    }
    struct status *s = read_status();
    assert_int_equal(calibration_make(&c, s), 0);
    const struct calibrated *draw = &c.memory[DRAW], *alone = &c.time[ALONE];
    assert_int_equal(draw->answer, CALIBRATE_TERMS);
    near(draw->terms.once.value * 400e6, 500 * 1048576.0, 1e3);
    near(draw->terms.each.value * 50e6, 100 * 1048576.0, 1e3);
    assert_false(draw->on.any);
    assert_int_equal(c.least_tasks[DRAW], 1);
    assert_int_equal(c.most_tasks[DRAW], 6);
    assert_int_equal(c.time[DRAW].answer, CALIBRATE_FACTOR);
    near(c.time[DRAW].half.value, 2, 1e-9);
    assert_int_equal(alone->answer, CALIBRATE_FACTOR);
    assert_int_equal(alone->open, 6);
    assert_true(alone->on.any && alone->on.groups && alone->half.known);

    calibrate_on_name(s->plan, &alone->on, &name);
    assert_string_equal(name.p, "b");
    buf_free(&name);
    near(alone->on.of.low, 1.029, 0.05);
    near(alone->on.of.high, 3.03, 0.05);
    assert_int_equal(c.memory[ALONE].answer, CALIBRATE_FACTOR);
    near(c.memory[ALONE].most.value, 0.6291456, 1e-9);
    assert_int_equal(c.memory[FED].answer, CALIBRATE_FEW);
    calibration_free(&c);
    status_free(s);
}

/* Too many were cut short for a quantile to be known. */
static void
test_cut(void **state)
{
    (void)state;
    struct calibration c;
    struct buf out = {0};
    holder("nid1.1");
    for (uint32_t t = 0; t < 60; t++)
        process(t, 1, 1000 + 100 * t, t < 25 ? 10 : 11, t < 25 ? 500 : 900,
            t < 25 ? REASON_OK : REASON_OOM);
    struct status *s = read_status();
    assert_int_equal(calibration_make(&c, s), 0);
    assert_int_equal(c.memory[ALONE].answer, CALIBRATE_CUT);
    assert_int_equal(c.time[ALONE].answer, CALIBRATE_CUT);
    calibration_text(&c, NULL, &out);
    assert_non_null(
        strstr(out.p, "half at more than 906 MB (stated 1 GB); 35 cut short or failed"));
    assert_non_null(strstr(out.p, "no line: too many were cut short; give them more memory"));
    assert_null(strstr(out.p, "\n    "));
    buf_free(&out);
    calibration_free(&c);
    status_free(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bundles, begin, place_end),
        cmocka_unit_test_setup_teardown(test_open, begin, place_end),
        cmocka_unit_test_setup_teardown(test_fed, begin, place_end),
        cmocka_unit_test_setup_teardown(test_calibration, begin, place_end),
        cmocka_unit_test_setup_teardown(test_cut, begin, place_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
