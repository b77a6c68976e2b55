/* Changes of the plan while shims work: one decision for all, and what follows from it once. */
#include "config.h"

#include "journal/journal.h"
#include "journal/next.h"
#include "util/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/test_next.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command);
}

static void
put(const char *name, const char *text)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", dir, name);
    assert_int_equal(dir_make_parent(path.p), 0);
    assert_int_equal(file_write_atomic(path.p, text, strlen(text), 0666), 0);
    buf_free(&path);
}

static bool
there(const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", dir, name);
    bool yes = access(path.p, F_OK) == 0;
    buf_free(&path);
    return yes;
}

static struct next
opened(uint64_t from, uint64_t to)
{
    struct next x = {.from = from, .to = to, .builder = "wflc-build.7"};
    assert_int_equal(next_open(dir, &x), 0);
    return x;
}

static void
decided_once(void **state)
{
    (void)state;
    struct next x, other;
    assert_int_equal(next_last(dir, &x), 0);
    assert_int_equal(x.number, 0);
    assert_int_equal(x.state, NEXT_NONE);
    x = opened(0xabc, 0xdef);
    assert_int_equal(x.number, 1);
    assert_int_equal(next_last(dir, &other), 0);
    assert_int_equal(other.state, NEXT_OPEN);
    assert_true(other.from == 0xabc && other.to == 0xdef);
    assert_string_equal(other.builder, "wflc-build.7");
    assert_int_equal(next_decide(dir, &other, false), 0);
    assert_int_equal(other.state, NEXT_VOID);
    assert_int_equal(next_decide(dir, &x, true), 0); /* too late */
    assert_int_equal(x.state, NEXT_VOID);
    x = opened(1, 2);
    assert_int_equal(x.number, 2);
    assert_int_equal(next_decide(dir, &x, true), 0);
    assert_int_equal(x.state, NEXT_DONE);
    assert_int_equal(next_decide(dir, &x, false), 0);
    assert_int_equal(x.state, NEXT_DONE);
}

static void
answers(void **state)
{
    (void)state;
    char text[NEXT_TEXT];
    struct next x = opened(1, 2);
    assert_false(next_answered(dir, x.number, "nid1.1", text));
    assert_int_equal(next_answer(dir, x.number, "nid1.1", "ready 7"), 0);
    assert_int_equal(next_answer(dir, x.number, "nid1.1", "alone"), 0); /* the first one counts */
    assert_true(next_answered(dir, x.number, "nid1.1", text));
    assert_string_equal(text, "ready 7");
    put("next/0001.nid2.1", "ready"); /* it is just being written */
    assert_false(next_answered(dir, x.number, "nid2.1", text));
}

/* What is in place stays as it is, whoever comes late. */
static void
finished_once(void **state)
{
    (void)state;
    struct buf plan = {0}, text = {0};
    buf_printf(&plan, "%s/campaign.wflp", dir);
    put("campaign.wflp", "old");
    put("journal/0000.e0001", "a");
    struct next x = opened(1, 2);
    put("next/0001.new/plan", "new");
    put("next/0001.new/journal/0000.e0002", "b");
    put("next/0001.new/journal/0003.e0001", "c");
    assert_int_equal(next_decide(dir, &x, true), 0);
    assert_int_equal(next_finish(plan.p, dir, &x), 0);
    assert_int_equal(file_read(plan.p, &text), 0);
    assert_int_equal(text.n, 3);
    assert_memory_equal(text.p, "new", 3);
    assert_true(
        there("journal/0000.e0001") && there("journal/0000.e0002") && there("journal/0003.e0001"));
    assert_false(there("next/0001.new"));
    put("campaign.wflp", "newest");
    assert_int_equal(next_finish(plan.p, dir, &x), 0);
    buf_reset(&text);
    assert_int_equal(file_read(plan.p, &text), 0);
    assert_int_equal(text.n, 6);
    buf_free(&plan);
    buf_free(&text);
}

static void
void_is_cleared(void **state)
{
    (void)state;
    struct next x = opened(1, 2);
    put("next/0001.new/plan", "new");
    put("next/0001.new/journal/0000.e0002", "b");
    put("next/0001.tasks", "x");
    next_clear(dir, &x); /* it is not decided */
    assert_true(there("next/0001.new/plan"));
    assert_int_equal(next_decide(dir, &x, false), 0);
    next_clear(dir, &x);
    assert_false(there("next/0001.new"));
    assert_false(there("next/0001.tasks"));
}

static void
tasks_of_the_last_one(void **state)
{
    (void)state;
    struct next_tasks t = {.from = 1, .to = 2}, got;
    next_add_task(&t, &(struct next_task){5, true, false, 3, 2, 9, "nid1.1", 1});
    next_add_task(&t, &(struct next_task){6, false, true, 4, 1, 0, "nid2.4", 77});
    struct next x = opened(1, 2);
    assert_int_equal(next_write_tasks(dir, x.number, &t), 0);
    assert_int_equal(next_read_tasks(dir, 2, &got), 0);
    assert_int_equal(got.n, 0); /* not decided */
    assert_int_equal(next_decide(dir, &x, true), 0);
    assert_int_equal(next_read_tasks(dir, 2, &got), 0);
    assert_int_equal(got.n, 2);
    assert_true(got.from == 1 && got.to == 2);
    assert_true(got.task[0].task == 5 && got.task[0].same && !got.task[0].late);
    assert_true(got.task[0].shard == 3 && got.task[0].epoch == 2 && got.task[0].was == 9);
    assert_string_equal(got.task[0].holder, "nid1.1");
    assert_true(!got.task[1].same && got.task[1].late);
    assert_true(got.task[0].plan == 1 && got.task[1].plan == 77);
    next_free_tasks(&got);
    assert_int_equal(next_read_tasks(dir, 3, &got), 0); /* of another plan */
    assert_int_equal(got.n, 0);
    struct next y = opened(2, 3); /* a change that is void is none */
    assert_int_equal(next_decide(dir, &y, false), 0);
    assert_int_equal(next_read_tasks(dir, 2, &got), 0);
    assert_int_equal(got.n, 2);
    next_free_tasks(&got);
    assert_int_equal(next_drop_tasks(dir), 0);
    assert_int_equal(next_read_tasks(dir, 2, &got), 0);
    assert_int_equal(got.n, 0);
    next_free_tasks(&t);
}

/* Any cut, and any byte that is another one, is told. */
static void
damaged_tasks(void **state)
{
    (void)state;
    struct next_tasks t = {.from = 1, .to = 2}, got;
    struct buf path = {0}, text = {0};
    next_add_task(&t, &(struct next_task){5, true, false, 3, 2, 9, "nid1.1", 1});
    struct next x = opened(1, 2);
    assert_int_equal(next_write_tasks(dir, x.number, &t), 0);
    assert_int_equal(next_decide(dir, &x, true), 0);
    buf_printf(&path, "%s/next/0001.tasks", dir);
    assert_int_equal(file_read(path.p, &text), 0);
    for (size_t i = 0; i < text.n; i++) {
        assert_int_equal(file_write_atomic(path.p, text.p, i, 0666), 0);
        assert_int_equal(next_read_tasks(dir, 2, &got), EINVAL);
        text.p[i] ^= 1;
        assert_int_equal(file_write_atomic(path.p, text.p, text.n, 0666), 0);
        assert_int_equal(next_read_tasks(dir, 2, &got), EINVAL);
        text.p[i] ^= 1;
    }
    put("next/0002", "wfl-next 1 1 2\n");
    assert_int_equal(next_last(dir, &x), EINVAL);
    next_free_tasks(&t);
    buf_free(&path);
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(decided_once, setup, teardown),
        cmocka_unit_test_setup_teardown(answers, setup, teardown),
        cmocka_unit_test_setup_teardown(finished_once, setup, teardown),
        cmocka_unit_test_setup_teardown(void_is_cleared, setup, teardown),
        cmocka_unit_test_setup_teardown(tasks_of_the_last_one, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_tasks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
