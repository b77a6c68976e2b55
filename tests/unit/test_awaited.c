/* Files that tasks wait for: what is found, and how often the file system is asked. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/awaited.h"
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINUTE 60000

static char folder[64];

static int
set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/wfl-awaited-XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "cd / && rm -rf '%s'", folder);
    return system(command);
}

static void
write_to(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

/* Those that are found at this time, as digits: "03". */
static const char *
found(struct awaited *a, int64_t now, bool all)
{
    static char text[64];
    uint32_t task;
    size_t n = 0;
    while (n < sizeof text - 1 && awaited_next(a, now, all, &task)) {
        text[n++] = (char)('0' + task);
        all = false;
    }
    text[n] = 0;
    return text;
}

static void
test_comes(void **state)
{
    (void)state;
    struct awaited *a = awaited_new();
    assert_int_equal(awaited_count(a), 0);
    assert_null(awaited_one(a));
    awaited_add(a, 3, "x", 0);
    assert_string_equal(awaited_one(a), "x");
    write_to("x", "1");
    assert_string_equal(found(a, 500, false), ""); /* too soon for a look */
    assert_string_equal(found(a, 1000, false), "3");
    assert_int_equal(awaited_count(a), 0);
    assert_string_equal(found(a, MINUTE, true), "");
    awaited_free(a);
}

/* One that is there and was not good counts when it is another one. */
static void
test_not_good(void **state)
{
    (void)state;
    struct awaited *a = awaited_new();
    write_to("x", "1");
    awaited_add(a, 1, "x", 0);
    int64_t now = 0;
    while ((now += 1000) < 20 * MINUTE) /* looks at all names are among these */
        assert_string_equal(found(a, now, false), "");
    write_to("x", "12");
    for (int64_t until = now + 2 * MINUTE; now < until && awaited_count(a); now += 1000)
        found(a, now, false);
    assert_int_equal(awaited_count(a), 0);
    awaited_free(a);
}

/* Folders of its path may be missing, and come and go. */
static void
test_folders(void **state)
{
    (void)state;
    struct awaited *a = awaited_new();
    char absolute[128];
    snprintf(absolute, sizeof absolute, "%s//a/b//c/x", folder);
    awaited_add(a, 1, absolute, 0);
    awaited_add(a, 2, "a/b/y", 0);
    awaited_add(a, 3, "no/such/z", 0);
    assert_int_equal(awaited_count(a), 3);
    mkdir("a", 0777);
    assert_string_equal(found(a, 2000, false), "");
    mkdir("a/b", 0777);
    write_to("a/b/y", "1");
    int64_t now = 2000;
    for (; awaited_count(a) == 3 && now < 5 * MINUTE; now += 1000)
        found(a, now, false);
    assert_int_equal(awaited_count(a), 2);
    unlink("a/b/y");
    rmdir("a/b");
    rmdir("a");
    assert_string_equal(found(a, now + 5 * MINUTE, false), "");
    mkdir("a", 0777);
    mkdir("a/b", 0777);
    mkdir("a/b/c", 0777);
    write_to("a/b/c/x", "1");
    for (now += 6 * MINUTE; awaited_count(a) == 2 && now < 15 * MINUTE; now += 1000)
        found(a, now, false);
    assert_int_equal(awaited_count(a), 1);
    awaited_free(a);
}

/* What came in the meantime is found by a last look, wherever it is. */
static void
test_last(void **state)
{
    (void)state;
    struct awaited *a = awaited_new();
    awaited_add(a, 1, "p/q/r/x", 0);
    for (int64_t now = 0; now < 5 * MINUTE; now += 1000)
        assert_string_equal(found(a, now, false), "");
    mkdir("p", 0777);
    mkdir("p/q", 0777);
    mkdir("p/q/r", 0777);
    write_to("p/q/r/x", "1");
    assert_string_equal(found(a, 5 * MINUTE, true), "1");
    awaited_free(a);
}

/* Thousands of tasks that wait for files of one folder cost one look at the folder. */
static void
test_storm(void **state)
{
    (void)state;
    enum { MANY = 5000 };
    struct awaited *a = awaited_new();
    char path[64];
    mkdir("many", 0777);
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, i % 2 ? "many/f%u" : "many/d%u/f", i);
        awaited_add(a, i, path, 0);
    }
    uint64_t began = awaited_asked(a);
    for (int64_t now = 0; now < 9 * MINUTE; now += 1000)
        assert_string_equal(found(a, now, false), "");
    assert_true(awaited_asked(a) - began < 40); /* each second, 5000 files: 2.7 million */
    write_to("many/f7", "1");
    uint32_t task = 0;
    began = awaited_asked(a);
    for (int64_t now = 9 * MINUTE; now < 11 * MINUTE && !task; now += 1000)
        awaited_next(a, now, false, &task);
    assert_int_equal(task, 7);
    assert_true(awaited_asked(a) - began < 10);
    mkdir("many/d8", 0777);
    write_to("many/d8/f", "1");
    for (int64_t now = 11 * MINUTE; now < 14 * MINUTE && task != 8; now += 1000)
        awaited_next(a, now, false, &task);
    assert_int_equal(task, 8);
    assert_int_equal(awaited_count(a), MANY - 2);
    awaited_free(a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_comes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_storm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
