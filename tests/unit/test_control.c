/* Orders: their files, hostile, torn and late ones too, and what of them is in force. */
#include "config.h"

#include "journal/order.h"
#include "state/control.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[] = "/tmp/wfl-control-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/control/%s", dir, name);
    return path;
}

static void
put(const char *name, const char *text)
{
    assert_int_equal(dir_make_parent(path_of(name)), 0);
    assert_int_equal(file_write_atomic(path_of(name), text, strlen(text), 0666), 0);
}

/* The lines, and their end. */
static void
put_whole(const char *name, const char *lines)
{
    struct buf text = {0};
    buf_puts(&text, lines);
    buf_printf(&text, "end %08x\n", crc32_update(0, lines, strlen(lines)));
    put(name, text.p);
    buf_free(&text);
}

static int
clear(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/control", dir);
    dir_clear(opendir(path));
    rmdir(path);
    return 0;
}

static uint32_t
give(enum order_kind kind, const char *of)
{
    struct order o = {.kind = kind, .time_s = 1700000000, .who = "ann@login3"};
    o.of = xstrdup(of);
    assert_int_equal(order_give(dir, &o), 0);
    uint32_t number = o.number;
    order_free(&o);
    return number;
}

static void
test_files(void **state)
{
    (void)state;
    struct order o = {.kind = ORDER_CANCEL, .time_s = 1700000000, .plan = 0xfedcba9876543210};
    struct order in;
    strcpy(o.who, "b\033[2J\n@x");
    o.of = xstrdup("v=\xc3\xa9 \xc2\x9b \x7f");
    static const uint32_t task[] = {3, 4, 5, 9, 11, 12};
    for (size_t i = 0; i < sizeof task / sizeof *task; i++)
        order_add_task(&o, task[i]);
    assert_int_equal(o.ntasks, 3);
    assert_int_equal(order_give(dir, &o), 0);
    assert_int_equal(o.number, 1);
    assert_int_equal(order_read(dir, 1, &in), 0);
    assert_int_equal(in.kind, ORDER_CANCEL);
    assert_int_equal(in.time_s, 1700000000);
    assert_string_equal(in.who, "b?[2J?@x"); /* nothing that a terminal obeys */
    assert_string_equal(in.of, "v=\xc3\xa9 ?\x9b ?");
    assert_true(in.plan == o.plan);
    for (uint32_t t = 0, k = 0; t < 20; t++) {
        bool there = k < 6 && task[k] == t;
        k += there;
        assert_int_equal(order_has_task(&in, t), there);
    }
    order_free(&in);
    order_free(&o);
    assert_int_equal(give(ORDER_PAUSE, ""), 2);
    assert_int_equal(order_read(dir, 2, &in), 0);
    assert_string_equal(in.of, "");
    order_free(&in);
    assert_int_equal(order_read(dir, 3, &in), ENOENT);
}

/* Whoever can write there can put anything there; each of these is no order. */
static void
test_hostile(void **state)
{
    (void)state;
    static const char *const whole[] = {"", "\n", "hello\n", "wfl-order 2 pause 1 a@b\nof \n",
        "wfl-order 1 puase 1 a@b\nof \n", "wfl-order 1 pause -1 a@b\nof \n",
        "wfl-order 1 pause 99999999999999999999 a@b\nof \n", "wfl-order 1 pause 1 \nof \n",
        "wfl-order 1 pause 1\nof \n", "wfl-order 1 pause 1 a@b\n", "wfl-order 1 pause 1 a@b\nof",
        "wfl-order 1 pause 1 a\033@b\nof \n", "wfl-order 1 exclude 1 a@b\nof x\ty\n",
        "wfl-order 1 pause 1 a@b\nof \n0 1\n", "wfl-order 1 cancel 1 a@b\nof x\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan g\n", "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n1\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n1 0\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n5 2\n6 1\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n5 2\n1 1\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n4294967295 4294967295\n",
        "wfl-order 1 cancel 1 a@b\nof x\nplan 1\n1 -1\n"};
    struct order o;
    char long_who[400] = "wfl-order 1 pause 1 ";
    uint32_t number = 1;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++, number++) {
        char name[16];
        snprintf(name, sizeof name, "%04u", number);
        put_whole(name, whole[i]);
        assert_int_equal(order_read(dir, number, &o), EINVAL);
    }
    memset(long_who + strlen(long_who), 'w', 200);
    strcat(long_who, "\nof \n");
    put_whole("0100", long_who);
    assert_int_equal(order_read(dir, 100, &o), EINVAL);
    put("0101", "wfl-order 1 pause 1 a@b\nof \nend 00000000\n");
    assert_int_equal(order_read(dir, 101, &o), EINVAL);
    assert_int_equal(mkfifo(path_of("0102"), 0666), 0);
    assert_int_equal(order_read(dir, 102, &o), EINVAL);
    assert_int_equal(mkdir(path_of("0103"), 0777), 0);
    assert_int_not_equal(order_read(dir, 103, &o), 0);
    put_whole("1", "wfl-order 1 pause 1 a@b\nof \n"); /* names that are no numbers */
    put_whole("00104", "wfl-order 1 pause 1 a@b\nof \n");
    put_whole("0105x", "wfl-order 1 pause 1 a@b\nof \n");
    put_whole("99999999999", "wfl-order 1 pause 1 a@b\nof \n");
    put_whole("4294967295", "wfl-order 1 pause 1 a@b\nof \n");
    struct control *c = control_new(dir, 1);
    control_read_now(c);
    assert_int_equal(control_count(c), 0);
    assert_int_equal(control_damaged(c), number - 1 + 4);
    assert_null(control_pause(c));
    assert_int_equal(give(ORDER_PAUSE, ""), 104);
    control_read_now(c);
    assert_non_null(control_pause(c));
    control_free(c);
    rmdir(path_of("0103"));
}

/* Every part of a file is no order. */
static void
test_torn(void **state)
{
    (void)state;
    struct order o = {.kind = ORDER_CANCEL, .who = "a@b", .plan = 7};
    struct buf text = {0};
    o.of = xstrdup("family=draw");
    order_add_task(&o, 4);
    order_add_task(&o, 7);
    assert_int_equal(order_give(dir, &o), 0);
    assert_int_equal(file_read(path_of("0001"), &text), 0);
    for (size_t n = 0; n < text.n; n++) {
        assert_int_equal(file_write_atomic(path_of("0002"), text.p, n, 0666), 0);
        struct order in;
        assert_int_equal(order_read(dir, 2, &in), EINVAL);
    }
    order_free(&o);
    buf_free(&text);
}

/* Where there are no links a file is seen before it is complete: it is waited for, and what comes
 * behind it as well; but not for ever. */
static void
test_late(void **state)
{
    (void)state;
    struct control *c = control_new(dir, 1);
    assert_false(control_read(c)); /* there is no folder */
    give(ORDER_RESUME, "");
    assert_true(control_read(c));
    put("0002", "wfl-order 1 pau");
    give(ORDER_EXCLUDE, "n1");
    assert_false(control_read(c));
    put_whole("0002", "wfl-order 1 pause 1 a@b\nof \n");
    assert_true(control_read(c));
    assert_int_equal(control_count(c), 3);
    assert_non_null(control_pause(c));
    assert_non_null(control_exclusion(c, "n1"));
    put("0004", "");
    give(ORDER_RESUME, "");
    int looks = 0;
    while (!control_read(c) && looks < 100)
        looks++;
    assert_true(looks > 1 && looks < 10);
    assert_null(control_pause(c));
    assert_int_equal(control_damaged(c), 1);
    control_free(c);
}

static void
test_in_force(void **state)
{
    (void)state;
    struct control *c = control_new(dir, 1);
    control_read_now(c);
    assert_null(control_pause(c));
    assert_int_equal(control_last(c), 0);
    give(ORDER_PAUSE, "");
    give(ORDER_EXCLUDE, "n1");
    give(ORDER_EXCLUDE, "n2");
    give(ORDER_INCLUDE, "n1");
    give(ORDER_DRAIN_JOB, "12");
    give(ORDER_DRAIN_HOST, "n3");
    control_read_now(c);
    assert_int_equal(control_pause(c)->number, 1);
    assert_null(control_exclusion(c, "n1"));
    assert_int_equal(control_exclusion(c, "n2")->number, 3);
    assert_null(control_exclusion(c, "n3"));
    assert_non_null(control_job_drain(c, "12"));
    assert_null(control_job_drain(c, "1"));
    assert_non_null(control_host_drain(c, "n3", 5));
    assert_null(control_host_drain(c, "n3", 6)); /* it began later */
    give(ORDER_RESUME, "");
    give(ORDER_EXCLUDE, "n1");
    control_read_now(c);
    assert_null(control_pause(c));
    assert_int_equal(control_exclusion(c, "n1")->number, 8);
    unsigned n = 0;
    for (uint32_t i = 0; i < control_count(c); i++)
        n += control_holds(c, control_nth(c, i));
    assert_int_equal(n, 4);
    control_free(c);
}

static void
give_cancel(uint64_t plan, uint32_t first, uint32_t n)
{
    struct order o = {.kind = ORDER_CANCEL, .who = "a@b", .plan = plan};
    o.of = xstrdup("x");
    for (uint32_t t = first; t < first + n; t++)
        order_add_task(&o, t);
    assert_int_equal(order_give(dir, &o), 0);
    order_free(&o);
}

/* A cancel holds until it was heeded, once for each task. */
static void
test_cancel(void **state)
{
    (void)state;
    struct control *c = control_new(dir, 1);
    give_cancel(1, 4, 2);
    give_cancel(2, 0, 100); /* of another plan */
    control_read_now(c);
    assert_null(control_cancel(c, 3));
    assert_int_equal(control_cancel(c, 4)->number, 1);
    struct journal_rec rec = control_heed_now(c, control_cancel(c, 4), 4);
    assert_int_equal(rec.kind, JOURNAL_CANCEL);
    assert_int_equal(rec.task, 4);
    assert_int_equal(rec.log_off, 1);
    assert_null(control_cancel(c, 4));
    assert_non_null(control_cancel(c, 5));
    give_cancel(1, 0, 8);
    control_read_now(c);
    assert_int_equal(control_cancel(c, 4)->number, 3); /* once more */
    control_heed(c, 1000000, 2);
    assert_null(control_cancel(c, 1000000));
    control_heed(c, 5, 3);
    control_heed(c, 5, 1); /* records are read in any order */
    assert_null(control_cancel(c, 5));
    control_free(c);
}

/* Of orders that several give at the same time none is lost. */
static void
test_many(void **state)
{
    (void)state;
    enum { GIVERS = 4, EACH = 25 };
    for (int k = 0; k < GIVERS; k++) {
        pid_t pid = fork();
        assert_true(pid >= 0);
        for (int i = 0; pid == 0 && i < EACH; i++) {
            struct order o = {.kind = ORDER_PAUSE, .who = "a@b"};
            if (order_give(dir, &o) != 0)
                _exit(1);
        }
        if (pid == 0)
            _exit(0);
    }
    for (int k = 0; k < GIVERS; k++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    struct control *c = control_new(dir, 1);
    control_read_now(c);
    assert_int_equal(control_count(c), GIVERS * EACH);
    assert_int_equal(control_last(c), GIVERS * EACH);
    assert_int_equal(control_damaged(c), 0);
    control_free(c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_files, clear),
        cmocka_unit_test_teardown(test_hostile, clear),
        cmocka_unit_test_teardown(test_torn, clear),
        cmocka_unit_test_teardown(test_late, clear),
        cmocka_unit_test_teardown(test_in_force, clear),
        cmocka_unit_test_teardown(test_cancel, clear),
        cmocka_unit_test_teardown(test_many, clear),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (!mkdtemp(dir))
        return 99;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);
    return failed;
}
