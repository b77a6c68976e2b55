/* Nodes that are named: their files, hostile ones too, and the rules of who is to blame. */
#include "config.h"

#include "journal/nodes.h"
#include "journal/stop.h"
#include "util/buf.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/wfl-nodes-XXXXXX";

static void
put(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/nodes/%s", dir, name);
    assert_int_equal(dir_make_parent(path), 0);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0666), 0);
}

static void
test_files(void **state)
{
    (void)state;
    struct bad_node *v, one,
        n = {.name = "nid2",
            .failures = 7,
            .since_s = 1700000000,
            .reason = REASON_SIGNAL,
            .code = 9,
            .holder = "nid2.1",
            .job = "12 x"};
    size_t count;
    assert_int_equal(nodes_read(dir, &v, &count), 0);
    assert_int_equal(count, 0);
    free(v);
    assert_int_equal(nodes_add(dir, &n), 0);
    assert_int_equal(nodes_add(dir, &n), EEXIST);
    strcpy(n.name, "nid1");
    strcpy(n.holder, "nid1.3");
    n.job[0] = 0;
    assert_int_equal(nodes_add(dir, &n), 0);
    assert_int_equal(nodes_read(dir, &v, &count), 0);
    assert_int_equal(count, 2);
    assert_string_equal(v[0].name, "nid1");
    assert_string_equal(v[0].job, "-");
    assert_string_equal(v[1].name, "nid2");
    assert_int_equal(v[1].failures, 7);
    assert_int_equal(v[1].since_s, 1700000000);
    assert_int_equal(v[1].reason, REASON_SIGNAL);
    assert_int_equal(v[1].code, 9);
    assert_string_equal(v[1].holder, "nid2.1");
    assert_string_equal(v[1].job, "12 x");
    free(v);
    nodes_clear(dir, "nid1.2"); /* another shim's word */
    assert_true(nodes_find(dir, "nid1", &one));
    nodes_clear(dir, "nid1.3");
    assert_false(nodes_find(dir, "nid1", &one));
    assert_int_equal(nodes_remove(dir), 0);
    assert_false(nodes_find(dir, "nid2", &one));
}

/* Whoever can write there can put anything there. */
static void
test_hostile(void **state)
{
    (void)state;
    static const char good[] = "wfl-node 1 4 1700000000 1 1 a.1 7\n";
    static const char *const names[] = {"-x", "a b", "a,b", "$(x)", "a'b", "a;b", "a=b", "[1-9]",
        "a!", ".a"};
    struct bad_node *v, n;
    size_t count;
    char path[200], longest[200];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(node_name_good(names[i]));
        put(names[i], good);
        assert_false(nodes_find(dir, names[i], &n));
    }
    memset(longest, 'a', sizeof longest);
    longest[NODE_NAME_SIZE] = 0;
    assert_false(node_name_good(longest));
    longest[NODE_NAME_SIZE - 1] = 0;
    assert_true(node_name_good(longest));
    assert_false(node_name_good(""));
    assert_false(nodes_find(dir, "../nodes/a", &n));
    put("empty", "");
    put("words", "hello\n");
    put("reason", "wfl-node 1 4 1700000000 99 1 a.1 7\n");
    put("code", "wfl-node 1 4 1700000000 1 -1 a.1 7\n");
    put("short", "wfl-node 1 4 1700000000 1 1 a.1");
    put("version", "wfl-node 2 4 1700000000 1 1 a.1 7\n");
    snprintf(path, sizeof path, "%s/nodes/pipe", dir);
    assert_int_equal(mkfifo(path, 0666), 0);
    snprintf(path, sizeof path, "%s/nodes/folder", dir);
    assert_int_equal(mkdir(path, 0777), 0);
    put("fine", good);
    assert_int_equal(nodes_read(dir, &v, &count), 0);
    assert_int_equal(count, 1);
    assert_string_equal(v[0].name, "fine");
    free(v);
    rmdir(path);
    assert_int_equal(nodes_remove(dir), 0);
}

static void
test_verdicts(void **state)
{
    (void)state;
    static const struct {
        struct node_evidence e;
        enum node_verdict want;
    } cases[] = {
        {{0}, NODE_OPEN},
        /* others work */
        {{.done = 1}, NODE_LIKELY},
        {{.done = 1, .worked = true}, NODE_OPEN},
        {{.old_done = 9}, NODE_OPEN},
        {{.done = 2, .failed = 1}, NODE_LIKELY},
        /* others fail as well */
        {{.done = 2, .failed = 2}, NODE_CLEARED},
        {{.failed = 1}, NODE_CLEARED},
        {{.old_failed = 1}, NODE_CLEARED},
        {{.old_failed = 5, .old_done = 1}, NODE_OPEN},
        {{.failed = 5, .worked = true}, NODE_OPEN},
        /* the same tasks */
        {{.same_done = 1, .worked = true}, NODE_BAD},
        {{.same_done = 1, .failed = 9}, NODE_BAD},
        {{.same_done = 2, .same_failed = 1}, NODE_BAD},
        {{.same_done = 1, .same_failed = 1, .done = 99}, NODE_CLEARED},
        {{.same_failed = 1, .done = 99}, NODE_CLEARED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(nodes_judge(&cases[i].e), cases[i].want);
    assert_int_equal(nodes_suspicious(1), 4);
    assert_int_equal(nodes_suspicious(8), 8);
    assert_int_equal(nodes_suspicious(256), 16);
}

/* Failures of all shims together. */
static void
test_stop(void **state)
{
    (void)state;
    struct stop s = {2, 7};
    const uint32_t mine[] = {0, 3, 1}, other[] = {1, 4, 0}, none[] = {0, 0, 0};
    assert_false(stop_find(dir, 17, &s));
    assert_int_equal(stop_others(dir, "a.1", 17, 1, 100), 0);
    assert_int_equal(stop_tell(dir, "a.1", 17, mine, 3), 0);
    assert_int_equal(stop_tell(dir, "b.1", 17, other, 3), 0);
    assert_int_equal(stop_tell(dir, "c.1", 18, other, 3), 0); /* of another plan */
    assert_int_equal(stop_others(dir, "a.1", 17, 1, 100), 4);
    assert_int_equal(stop_others(dir, "x.1", 17, 1, 100), 7);
    assert_int_equal(stop_others(dir, "x.1", 17, 1, 5), 5);
    assert_int_equal(stop_others(dir, "x.1", 17, 0, 5), 1);
    assert_int_equal(stop_tell(dir, "b.1", 17, none, 3), 0); /* they were taken back */
    assert_int_equal(stop_others(dir, "x.1", 17, 1, 100), 3);
    assert_int_equal(stop_make(dir, 17, &s, "seven failed"), 0);
    /* the first one counts */
    assert_int_equal(stop_make(dir, 17, &(struct stop){1, 9}, "nine failed"), 0);
    s = (struct stop){0};
    assert_true(stop_find(dir, 17, &s));
    assert_int_equal(s.family, 2);
    assert_int_equal(s.count, 7);
    assert_false(stop_find(dir, 18, &s)); /* a changed campaign goes on */
    assert_int_equal(stop_make(dir, 18, &s, "again"), 0);
    assert_true(stop_find(dir, 18, &s));
    assert_int_equal(stop_remove(dir), 0);
    assert_false(stop_find(dir, 18, &s));
    assert_int_equal(stop_others(dir, "x.1", 17, 1, 100), 0);
    char path[200];
    snprintf(path, sizeof path, "%s/stop", dir);
    assert_int_equal(file_write_atomic(path, "wfl-stop 1 zz 1 1\n", 18, 0666), 0);
    assert_false(stop_find(dir, 17, &s));
    assert_int_equal(stop_remove(dir), 0);
    assert_int_equal(mkfifo(path, 0666), 0); /* it holds nobody */
    assert_false(stop_find(dir, 17, &s));
    assert_int_equal(stop_remove(dir), 0);
    snprintf(path, sizeof path, "%s/failed", dir);
    rmdir(path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files), cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_verdicts), cmocka_unit_test(test_stop)};
    if (!mkdtemp(dir))
        return 99;
    int failed = cmocka_run_group_tests_name("nodes", tests, NULL, NULL);
    char path[200];
    snprintf(path, sizeof path, "%s/nodes", dir);
    rmdir(path);
    rmdir(dir);
    return failed;
}
