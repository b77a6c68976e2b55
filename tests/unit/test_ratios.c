/* What is expected of families' memory, by what they used. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cost/ratios.h"

#define GB UINT64_C(1000000000)

static double
add(struct ratios *k, double gb, bool whole)
{
    uint32_t mark = 0;
    ratios_add(k, 1, (uint64_t)(gb * 1e9), 2e9, whole, &mark);
    return k->family[1].factor;
}

static void
near(double v, double want)
{
    if (v < want * 0.999 || v > want * 1.05)
        fail_msg("%g, wanted %g", v, want);
}

static void
rises_at_once(void **state)
{
    (void)state;
    struct ratios k;
    ratios_init(&k, 2);
    assert_true(add(&k, 1, true) == 1);
    uint64_t version = k.version;
    near(add(&k, 6, true), 3);
    assert_true(k.version != version && k.family[0].factor == 1);
    near(add(&k, 5, false), 3); /* a part of what it would have used tells nothing */
    near(add(&k, 8, false), 4);
    for (int i = 0; i < 200; i++)
        add(&k, 1, true);
    assert_true(k.family[1].factor == 1); /* it is long over, and only shrinks if asked */
    /* one in thirty is no reason to have all wait */
    for (int i = 0; i < 200; i++)
        add(&k, i % 30 ? 2.2 : 20, true);
    near(k.family[1].factor, 1.1);
    ratios_free(&k);
}

/* One that grows counts once. */
static void
one_process(void **state)
{
    (void)state;
    struct ratios k;
    ratios_init(&k, 2);
    uint32_t mark = 0;
    for (uint64_t gb = 1; gb <= 10; gb++)
        ratios_add(&k, 1, gb * GB, 2e9, false, &mark);
    near(k.family[1].factor, 5);
    assert_int_equal(k.family[1].n, 1);
    ratios_add(&k, 1, 7 * GB, 2e9, false, &mark);
    near(k.family[1].factor, 5);
    for (int i = 0; i < RATIOS_KEPT; i++)
        add(&k, 1, true);
    assert_true(k.family[1].factor == 1);
    ratios_add(&k, 1, 12 * GB, 2e9, true, &mark); /* its old place is another one's by now */
    near(k.family[1].factor, 1);
    assert_int_equal(k.family[1].n, RATIOS_KEPT + 2);
    ratios_free(&k);
}

static void
shrinks(void **state)
{
    (void)state;
    struct ratios k;
    ratios_init(&k, 2);
    k.family[1].shrinks = true;
    for (int i = 0; i < RATIOS_ENOUGH - 1; i++)
        assert_true(add(&k, 0.5, true) == 1);
    near(add(&k, 0.5, true), 0.275);
    near(add(&k, 1.9, true), 0.275); /* one of 21 */
    add(&k, 1.9, true);
    add(&k, 1.9, true);
    add(&k, 1.9, true);
    assert_true(k.family[1].factor == 1);
    near(add(&k, 3, false), 1);
    near(add(&k, 3, false), 1.5);
    ratios_free(&k);
}

static void
little_is_nothing(void **state)
{
    (void)state;
    struct ratios k;
    uint32_t mark = 0;
    ratios_init(&k, 1);
    k.family[0].shrinks = true;
    for (int i = 0; i < 100; i++, mark = 0)
        ratios_add(&k, 0, 3000000, 1, true, &mark);
    assert_true(k.family[0].factor == 1);
    for (int i = 0; i < 100; i++, mark = 0)
        ratios_add(&k, 0, 3000000, 1e12, true, &mark);
    /* of a class that asks for much, that much is left */
    struct sched_class class[] = {{.cores = 1, .memory = 1000 * GB, .shared = 500 * GB},
        {.cores = 1, .memory = 1000000, .shared = 0}};
    struct class_kind kind[] = {{0}, {0}};
    const struct classes c = {.class = class, .kind = kind, .n = 2, .room = {.memory = 2000 * GB}};
    uint64_t memory[2], shared[2];
    ratios_scale(&k, &c, memory, shared);
    assert_true(memory[0] >= RATIOS_LEAST && memory[0] < 2 * RATIOS_LEAST);
    assert_true(shared[0] <= memory[0]);
    assert_int_equal(memory[1], 1000000);
    ratios_free(&k);
}

/* However wrong, a class costs no more than the node has. */
static void
fits_the_node(void **state)
{
    (void)state;
    struct ratios k;
    ratios_init(&k, 2);
    struct sched_class class[] = {{.cores = 1, .memory = 10 * GB, .shared = 8 * GB},
        {.cores = 1, .memory = 3 * GB, .shared = 0}};
    struct class_kind kind[] = {{.family = 1}, {.family = 0}};
    const struct classes c = {.class = class, .kind = kind, .n = 2, .room = {.memory = 20 * GB}};
    uint64_t memory[2], shared[2];
    add(&k, 3, true);
    ratios_scale(&k, &c, memory, shared);
    near((double)memory[0], 15e9);
    near((double)shared[0], 12e9);
    assert_true(memory[1] == 3 * GB && shared[1] == 0);
    add(&k, 1e9, true);
    ratios_scale(&k, &c, memory, shared);
    assert_true(memory[0] == 20 * GB && shared[0] == 20 * GB);
    ratios_free(&k);
}

/* What an earlier job found counts until enough is seen here. */
static void
others_know(void **state)
{
    (void)state;
    struct ratios k;
    ratios_init(&k, 2);
    k.family[1].shrinks = true;
    ratios_others(&k, 1, 3, 5);
    near(k.family[1].factor, 3);
    near(add(&k, 8, true), 4);
    for (int i = 0; i < RATIOS_ENOUGH; i++)
        add(&k, 2.2, true);
    near(k.family[1].factor, 1.1);
    ratios_free(&k);
    ratios_init(&k, 2);
    ratios_others(&k, 1, 0.5, RATIOS_ENOUGH);
    assert_true(k.family[1].factor == 1);
    k.family[1].shrinks = true;
    ratios_others(&k, 1, 0.5, RATIOS_ENOUGH - 1);
    assert_true(k.family[1].factor == 1);
    ratios_others(&k, 1, 0.5, RATIOS_ENOUGH);
    near(k.family[1].factor, 0.55);
    near(add(&k, 1.5, true), 0.825);
    ratios_others(&k, 1, 0, 0); /* their file is gone */
    assert_true(k.family[1].factor == 1);
    ratios_free(&k);
    ratios_init(&k, 2);
    k.family[1].shrinks = true;
    for (int i = 1; i < RATIOS_ENOUGH; i++) { /* ours, which the book counts as well */
        add(&k, 1, true);
        ratios_others(&k, 1, 0.5, (uint32_t)i);
        assert_true(k.family[1].factor == 1);
    }
    near(add(&k, 1, true), 0.55);
    ratios_free(&k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rises_at_once),
        cmocka_unit_test(one_process),
        cmocka_unit_test(shrinks),
        cmocka_unit_test(little_is_nothing),
        cmocka_unit_test(fits_the_node),
        cmocka_unit_test(others_know),
    };
    return cmocka_run_group_tests_name("ratios", tests, NULL, NULL);
}
