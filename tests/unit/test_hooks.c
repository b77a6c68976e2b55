/* A command that is run for a hook: how it ends, what of its output is kept, when it is stopped. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hooks/run.h"
#include "util/clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static const char *const env[] = {"WFL_A=one two", "WFL_B=", NULL};

static struct run_end
run(const char *script, const char *work, int64_t limit_ms, struct buf *out)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    return run_command(argv, work, env, limit_ms, out);
}

static void
test_ends(void **state)
{
    (void)state;
    struct buf out = {0};
    struct run_end e = run("echo \"$WFL_A,$WFL_B.\"; echo err >&2; cat; exit 7", NULL, 60000, &out);
    assert_int_equal(e.err, 0);
    assert_false(e.stopped);
    assert_true(WIFEXITED(e.status) && WEXITSTATUS(e.status) == 7);
    assert_string_equal(out.p, "one two,.\nerr\n");
    buf_reset(&out);
    e = run("pwd; kill -9 $$", "/usr", 60000, &out);
    assert_true(WIFSIGNALED(e.status) && WTERMSIG(e.status) == SIGKILL);
    assert_string_equal(out.p, "/usr\n");
    buf_free(&out);
}

/* It is killed with what it started, also if that does not listen. */
static void
test_hangs(void **state)
{
    (void)state;
    struct buf out = {0};
    int64_t began = now_ms();
    struct run_end e = run("trap '' TERM; echo begun; sleep 300 & sleep 300", NULL, 300, &out);
    assert_true(e.stopped);
    assert_true(WIFSIGNALED(e.status));
    assert_string_equal(out.p, "begun\n");
    assert_true(now_ms() - began < 120000);
    buf_free(&out);
}

/* What it leaves behind is not waited for, though it holds the output open. */
static void
test_leaves(void **state)
{
    (void)state;
    struct buf out = {0};
    struct run_end e = run("sleep 300 & echo $!", NULL, 120000, &out);
    assert_false(e.stopped);
    assert_int_equal(e.status, 0);
    kill(atoi(out.p), SIGKILL);
    buf_free(&out);
}

static void
test_talks(void **state)
{
    (void)state;
    struct buf out = {0};
    struct run_end e =
        run("i=0; while [ $i -lt 2000 ]; do echo "
            "0123456789012345678901234567890123456789012345678901234567890123456789; "
            "i=$((i + 1)); done; echo end >&2",
            NULL, 120000, &out);
    assert_int_equal(e.status, 0);
    assert_int_equal(out.n, RUN_OUTPUT);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ends), cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_leaves), cmocka_unit_test(test_talks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
