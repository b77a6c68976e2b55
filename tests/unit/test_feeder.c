/* Lines for programs that read as they like. */
#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/feeder.h"
#include "node/group.h"

static uint64_t
add(struct feeder *f, const char *line)
{
    return feeder_add(f, line, strlen(line));
}

static void
lines_arrive(void **state)
{
    (void)state;
    struct feeder f = {.fd = -1, .watched = -1};
    int input;
    char text[64];
    assert_int_equal(feeder_open(&f, &input), 0);
    assert_int_equal(add(&f, "a b"), 4);
    assert_int_equal(add(&f, ""), 5);
    assert_true(feeder_send(&f));
    assert_int_equal(feeder_read(&f), 0);
    assert_int_equal(read(input, text, 3), 3);
    assert_int_equal(feeder_read(&f), 3);
    add(&f, "last");
    feeder_end(&f);
    assert_int_equal(f.fd, -1);
    assert_int_equal(read(input, text, sizeof text), 7);
    assert_memory_equal(text, "\n\nlast\n", 7);
    assert_int_equal(read(input, text, sizeof text), 0);
    close(input);
    feeder_free(&f);
}

/* One that reads nothing: nobody waits for it, and what it was not sent can be taken back. */
static void
a_full_pipe(void **state)
{
    (void)state;
    struct feeder f = {.fd = -1, .watched = -1};
    int input;
    static char line[1000], text[1 << 20];
    memset(line, 'x', sizeof line);
    assert_int_equal(feeder_open(&f, &input), 0);
    uint64_t lines = 0;
    do
        feeder_add(&f, line, sizeof line);
    while (++lines < 1000 && feeder_send(&f));
    assert_true(lines < 1000);
    assert_false(feeder_send(&f));
    assert_true(f.sent < f.given && f.sent >= 4096);
    add(&f, "more");
    uint64_t kept = feeder_take_back(&f);
    assert_true(kept >= f.sent && kept % (sizeof line + 1) == 0 && kept < f.sent + sizeof line + 1);
    feeder_end(&f);
    assert_true(f.fd >= 0 || kept == f.sent);
    uint64_t got = 0;
    for (ssize_t n; got < kept && (n = read(input, text, sizeof text)) > 0; got += (uint64_t)n)
        feeder_send(&f);
    assert_int_equal(got, kept);
    feeder_send(&f);
    assert_int_equal(f.fd, -1);
    assert_int_equal(read(input, text, sizeof text), 0);
    assert_int_equal(feeder_read(&f), kept);
    close(input);
    feeder_free(&f);
}

static void
nobody_reads(void **state)
{
    (void)state;
    struct feeder f = {.fd = -1, .watched = -1};
    int input;
    char text[2];
    assert_int_equal(feeder_open(&f, &input), 0);
    add(&f, "one");
    add(&f, "two");
    assert_true(feeder_send(&f));
    assert_int_equal(read(input, text, 2), 2);
    close(input);
    assert_false(f.refused);
    uint64_t before = f.given;
    add(&f, "three");
    assert_true(feeder_send(&f));
    assert_true(f.refused);
    assert_int_equal(feeder_take_back(&f), before);
    assert_int_equal(feeder_read(&f), 2);
    feeder_end(&f);
    assert_int_equal(f.fd, -1);
    assert_int_equal(feeder_read(&f), 2);
    feeder_free(&f);
}

/* To measure may be slow, and is done seldom then: what was not looked at is not rest. */
static void
rest_was_seen(void **state)
{
    (void)state;
    struct group g = {.looked_at = 1000, .busy_at = 1000};
    assert_int_equal(group_rest(&g, 0), 0);
    g.looked_at = 26000; /* still as it was at 1000 */
    assert_int_equal(group_rest(&g, 0), 25000);
    assert_int_equal(group_rest(&g, 20000), 6000);
    assert_int_equal(group_rest(&g, 30000), 0);
    g.busy_at = 26000;
    assert_int_equal(group_rest(&g, 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines_arrive),
        cmocka_unit_test(a_full_pipe), cmocka_unit_test(nobody_reads),
        cmocka_unit_test(rest_was_seen)};
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("feeder", tests, NULL, NULL);
}
