#include "config.h"

#include "codegen/job.h"
#include "submit/limits.h"
#include "submit/queue.h"
#include "submit/record.h"
#include "submit/run.h"
#include "util/file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/wfl-submit-XXXXXX";

static int
begin(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

/* --- limits --- */

static void
test_room(void **state)
{
    (void)state;
    struct site_queue queue = {.max_queued = SITE_NONE, .max_running = SITE_NONE};
    const struct job_counts c = {.waiting = 2, .held = 1, .running = 3};
    assert_int_equal(limits_room(SITE_SLURM, &queue, &c), UINT32_MAX);
    assert_int_equal(limits_room(SITE_SLURM, NULL, &c), UINT32_MAX);
    queue.max_queued = 8;
    assert_int_equal(limits_room(SITE_SLURM, &queue, &c), 2);
    queue.max_running = 3; /* limits what runs, not what waits for it */
    assert_int_equal(limits_room(SITE_SLURM, &queue, &c), 2);
    queue.queued_counts = SITE_COUNTED_ELIGIBLE;
    assert_int_equal(limits_room(SITE_SLURM, &queue, &c), 6);
    queue.max_queued = 1;
    assert_int_equal(limits_room(SITE_SLURM, &queue, &c), 0);
    const struct job_counts none = {0}, one = {.running = 1};
    assert_int_equal(limits_room(SITE_LOCAL, NULL, &none), 1);
    assert_int_equal(limits_room(SITE_LOCAL, NULL, &one), 0);
    queue = (struct site_queue){.max_queued = 8, .max_running = 3};
    assert_int_equal(limits_room(SITE_LOCAL, &queue, &one), 2);
}

static void
test_wanted(void **state)
{
    (void)state;
    struct limits_work w = {.planned = 10, .ntasks = 1000, .hopeful = 1000, .unleased = 1000};
    struct job_counts none = {0}, some = {.waiting = 2, .running = 3};
    assert_int_equal(limits_wanted(&w, &none, UINT32_MAX, false), 10);
    assert_int_equal(limits_wanted(&w, &none, 4, false), 4);
    assert_int_equal(limits_wanted(&w, &some, UINT32_MAX, false), 5);
    assert_int_equal(limits_wanted(&w, &some, 4, false), 0);
    w.hopeful = 301;
    w.unleased = 301;
    assert_int_equal(limits_wanted(&w, &none, UINT32_MAX, false), 4);
    /* what is left is leased: another job would end at once */
    w.unleased = 0;
    assert_int_equal(limits_wanted(&w, &none, UINT32_MAX, false), 0);
    w.hopeful = w.unleased = 0;
    assert_int_equal(limits_wanted(&w, &none, 5, false), 0);
    /* as many as are kept, though fewer were planned, as long as there are ready tasks for them */
    w = (struct limits_work){.planned = 1,
        .ntasks = 60,
        .hopeful = 60,
        .unleased = 60,
        .shards = 60,
        .nodes = 1};
    assert_int_equal(limits_wanted(&w, &none, 3, false), 3);
    assert_int_equal(limits_wanted(&w, &none, UINT32_MAX, false), 1);
    assert_int_equal(limits_wanted(&w, &none, 3, true), 1); /* one at a time */
    struct job_counts two = {.waiting = 1, .running = 1};
    w = (struct limits_work){.planned = 1,
        .ntasks = 60,
        .hopeful = 40,
        .unleased = 3,
        .shards = 3,
        .nodes = 1};
    assert_int_equal(limits_wanted(&w, &two, 9, false), 2); /* one is the waiting one's */
    w.nodes = 2;
    assert_int_equal(limits_wanted(&w, &two, 9, false), 1);
    w.nodes = 4;
    assert_int_equal(limits_wanted(&w, &two, 9, false), 0);
    w.shards = w.unleased = 0;
    assert_int_equal(limits_wanted(&w, &none, 9, false), 0);
    w = (struct limits_work){.planned = 0, .ntasks = 6, .hopeful = 1, .unleased = 1};
    assert_int_equal(limits_wanted(&w, &none, UINT32_MAX, false), 1);
}

/* Never beyond what was asked for, and never nothing while work is left and nobody is there. */
static void
test_wanted_bounds(void **state)
{
    (void)state;
    srand(20261121);
    for (int i = 0; i < 100000; i++) {
        uint32_t ntasks = 1 + (uint32_t)rand() % 5000;
        struct limits_work w = {.planned = (uint32_t)rand() % 50, .ntasks = ntasks};
        w.hopeful = (uint32_t)rand() % (ntasks + 1);
        w.unleased = (uint32_t)rand() % (w.hopeful + 1);
        w.shards = w.unleased ? (uint32_t)rand() % w.unleased : 0;
        w.nodes = (uint32_t)rand() % 4;
        struct job_counts c = {(uint32_t)rand() % 5, (uint32_t)rand() % 5, (uint32_t)rand() % 5};
        uint32_t keep = 1 + (uint32_t)rand() % 20, there = c.waiting + c.held + c.running;
        uint32_t n = limits_wanted(&w, &c, keep, false);
        assert_true(n == 0 || n + there <= keep);
        assert_true(n <= w.unleased || w.planned > ntasks);
        if (there == 0 && w.unleased)
            assert_true(n > 0);
    }
}

/* --- the record --- */

static struct record *
open_record(bool write)
{
    struct buf b = {0};
    struct record *r = record_open("state", write, 0, &b);
    if (!r)
        fail_msg("%s", b.p);
    buf_free(&b);
    return r;
}

static void
add_intent(struct record *r, uint32_t done)
{
    struct buf name = {0}, tail = {0};
    record_tail(r, &tail);
    job_name_make("c", tail.p, 64, &name);
    assert_int_equal(record_add(r, &(struct record_line){.word = RECORD_INTENT,
                                       .name = name.p,
                                       .done = done,
                                       .plan = 5,
                                       .now_s = 100}),
        0);
    buf_free(&name);
    buf_free(&tail);
}

static void
add_word(struct record *r, enum record_word word, size_t i, uint32_t done)
{
    assert_int_equal(
        record_add(r,
            &(struct record_line){.word = word, .i = i, .id = "77", .done = done, .now_s = 200}),
        0);
}

static void
test_record(void **state)
{
    (void)state;
    struct record *r = open_record(true);
    assert_int_equal(strlen(r->tag), 4);
    char *tag = xstrdup(r->tag);
    add_intent(r, 0);
    add_word(r, RECORD_JOB, 0, 0);
    add_intent(r, 3);
    assert_int_equal(record_add(r, &(struct record_line){.word = RECORD_REFUSED,
                                       .i = 1,
                                       .text = "no\tmore\nof \"these\"",
                                       .now_s = 1}),
        0);
    add_intent(r, 3);
    add_word(r, RECORD_CANCEL, 0, 0);
    add_word(r, RECORD_ENDED, 0, 9);
    record_free(r);
    for (int write = 0; write < 2; write++) {
        r = open_record(write);
        assert_string_equal(r->tag, tag);
        assert_int_equal(r->n, 3);
        assert_int_equal(r->number, 3);
        assert_int_equal(r->damaged, 0);
        assert_int_equal(r->job[0].is, RECORD_ENDED);
        assert_true(r->job[0].cancelled);
        assert_string_equal(r->job[0].id, "77");
        assert_int_equal(r->job[0].done_before, 0);
        assert_int_equal(r->job[0].done_after, 9);
        assert_int_equal(r->job[0].plan, 5);
        assert_int_equal(r->job[1].is, RECORD_REFUSED);
        assert_string_equal(r->job[1].text, "no more of \"these\"");
        assert_int_equal(r->job[2].is, RECORD_INTENT);
        record_free(r);
    }
    free(tag);
}

/* Whatever is cut off, what is whole before it stays, and what is written after it is read. */
static void
test_record_torn(void **state)
{
    (void)state;
    struct record *r = open_record(true);
    add_intent(r, 0);
    add_word(r, RECORD_JOB, 0, 0);
    record_free(r);
    struct buf b = {0};
    assert_int_equal(file_read("state/submitted", &b), 0);
    size_t first = strcspn(b.p, "\n") + 1, second = first + strcspn(b.p + first, "\n") + 1;
    for (size_t n = first; n < b.n; n++) {
        assert_int_equal(file_write_atomic("state/submitted", b.p, n, 0600), 0);
        r = open_record(true);
        bool has_intent = n + 1 >= second, has_job = n + 1 == b.n;
        bool torn = n != first && n != second && n + 1 != second && !has_job;
        assert_int_equal(r->n, has_intent);
        if (has_intent)
            assert_int_equal(r->job[0].is, has_job ? RECORD_JOB : RECORD_INTENT);
        add_intent(r, 1);
        record_free(r);
        r = open_record(false);
        assert_int_equal(r->n, has_intent + 1);
        assert_int_equal(r->damaged, torn);
        record_free(r);
    }
    buf_free(&b);
}

static void
test_record_damaged(void **state)
{
    (void)state;
    struct record *r = open_record(true);
    add_intent(r, 0);
    add_word(r, RECORD_JOB, 0, 0);
    record_free(r);
    struct buf b = {0};
    assert_int_equal(file_read("state/submitted", &b), 0);
    for (size_t i = 0; i < b.n; i++) {
        struct buf c = {0};
        buf_add(&c, b.p, b.n);
        c.p[i] ^= 1;
        assert_int_equal(file_write_atomic("state/submitted", c.p, c.n, 0600), 0);
        r = open_record(false);
        assert_true(r->damaged > 0 || c.p[i] == '\n' || b.p[i] == '\n');
        record_free(r);
        buf_free(&c);
    }
    buf_free(&b);
}

static void
test_record_locked(void **state)
{
    (void)state;
    struct buf b = {0};
    struct record *r = open_record(true);
    assert_null(record_open("state", true, 0, &b));
    assert_non_null(strstr(b.p, "another wflc"));
    record_free(r);
    r = open_record(true);
    record_free(r);
    buf_free(&b);
}

static void
test_fruitless(void **state)
{
    (void)state;
    struct record *r = open_record(true);
    for (size_t i = 0; i < 6; i++) {
        add_intent(r, i < 1 ? 0 : 4);
        add_word(r, RECORD_JOB, i, 0);
    }
    assert_int_equal(record_fruitless(r, 5), 0);
    add_word(r, RECORD_ENDED, 0, 4); /* did something */
    add_word(r, RECORD_ENDED, 1, 4);
    add_word(r, RECORD_ENDED, 2, 4);
    assert_int_equal(record_fruitless(r, 5), 2);
    add_word(r, RECORD_CANCEL, 3, 4);
    add_word(r, RECORD_ENDED, 3, 4);
    assert_int_equal(record_fruitless(r, 5), 2);
    add_word(r, RECORD_ENDED, 4, 4);
    assert_int_equal(record_fruitless(r, 5), 3);
    assert_int_equal(record_fruitless(r, 6), 0); /* another plan */
    assert_int_equal(record_add(r, &(struct record_line){.word = RECORD_AGAIN, .now_s = 9}), 0);
    assert_int_equal(record_fruitless(r, 5), 0);
    record_free(r);
    r = open_record(false);
    assert_int_equal(record_fruitless(r, 5), 0);
    record_free(r);
}

/* 4.3: those in a row, of this plan, that were neither taken nor refused; 4.6: jobs by hand have no
 * say */
static void
test_doubts(void **state)
{
    (void)state;
    struct record *r = open_record(true);
    for (unsigned i = 0; i < 3; i++) {
        add_intent(r, 0);
        add_word(r, RECORD_DOUBT, i, 0);
        assert_int_equal(r->job[i].is, RECORD_INTENT);
        assert_int_equal(record_doubtful(r, 5), 0); /* it is not known yet */
        add_word(r, RECORD_VOID, i, 0);
        assert_int_equal(record_doubtful(r, 5), i + 1);
    }
    const struct record_line by_hand = {.word = RECORD_INTENT,
        .name = RECORD_BY_HAND "9.pbs-77777",
        .now_s = 100};
    assert_int_equal(record_add(r, &by_hand), 0);
    add_word(r, RECORD_JOB, 3, 0);
    add_word(r, RECORD_ENDED, 3, 0);
    assert_true(record_by_hand(&r->job[3]));
    assert_int_equal(r->number, 3);
    assert_int_equal(record_doubtful(r, 5), 3);
    assert_int_equal(record_doubtful(r, 6), 0);
    assert_int_equal(record_fruitless(r, 5), 0);
    record_free(r);
    r = open_record(false); /* only read: what it learns is its own */
    assert_int_equal(record_doubtful(r, 5), 3);
    add_word(r, RECORD_JOB, 2, 0);
    assert_int_equal(record_doubtful(r, 5), 0);
    record_free(r);
    r = open_record(true);
    assert_int_equal(record_doubtful(r, 5), 3);
    assert_int_equal(record_add(r, &(struct record_line){.word = RECORD_AGAIN, .now_s = 9}), 0);
    assert_int_equal(record_doubtful(r, 5), 0);
    /* one that was taken for over is there from when it was submitted */
    add_intent(r, 0);
    add_word(r, RECORD_JOB, 4, 0);
    int64_t since = r->job[4].job_s;
    add_word(r, RECORD_ENDED, 4, 0);
    const struct record_line shown = {.word = RECORD_JOB, .i = 4, .id = "77", .now_s = 5000};
    assert_int_equal(record_add(r, &shown), 0);
    assert_int_equal(r->job[4].is, RECORD_JOB);
    assert_int_equal(r->job[4].job_s, since);
    assert_int_equal(r->job[4].end_s, 0);
    record_free(r);
}

/* --- running programs --- */

static struct buf why;

static bool
runs(const char *command, unsigned timeout_s, struct run_result *r)
{
    const char *argv[] = {"sh", "-c", command, NULL};
    const struct run_how how = {.timeout_s = timeout_s};
    buf_reset(&why);
    return run_program(argv, &how, r, &why);
}

static void
test_run(void **state)
{
    (void)state;
    struct run_result r;
    assert_true(runs("echo out; echo err >&2; exit 3", 60, &r));
    assert_int_equal(r.code, 3);
    assert_string_equal(r.out.p, "out\n");
    assert_string_equal(r.err.p, "err\n");
    run_result_free(&r);
    assert_true(
        runs("head -c 200000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y >&2", 60,
            &r));
    assert_int_equal(r.out.n, 200000);
    assert_int_equal(r.err.n, 65536);
    assert_false(r.cut);
    run_result_free(&r);
    /* its end is the end of the process, not of what it leaves behind */
    assert_true(runs("sleep 20 & echo $!", 15, &r));
    pid_t left = (pid_t)atoi(r.out.p);
    run_result_free(&r);
    kill(left, SIGKILL);
    assert_false(runs("exec sleep 20", 1, &r));
    assert_non_null(strstr(why.p, "within 1 s"));
    run_result_free(&r);
    assert_false(runs("kill -9 $$", 60, &r));
    assert_non_null(strstr(why.p, "signal 9"));
    run_result_free(&r);
    const char *argv[] = {"./no-such-program", NULL};
    const struct run_how how = {.timeout_s = 60};
    buf_reset(&why);
    assert_false(run_program(argv, &how, &r, &why));
    assert_non_null(strstr(why.p, "No such file"));
    run_result_free(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static int
clean(void **state)
{
    (void)state;
    buf_free(&why);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_wanted_bounds),
        TEST(test_record),
        TEST(test_record_torn),
        TEST(test_record_damaged),
        TEST(test_record_locked),
        TEST(test_fruitless),
        TEST(test_doubts),
        cmocka_unit_test(test_run),
    };
    return cmocka_run_group_tests(tests, NULL, clean);
}
