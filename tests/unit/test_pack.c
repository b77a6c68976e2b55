/* The packing estimate, against all packings where these are few, and by hand. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "target/bins.h"
#include "target/pack.h"

enum { BUNDLES = 3, TASKS = 7, STATES = (TASKS + 1) * (TASKS + 1) * (TASKS + 1) };

static uint32_t fewest[STATES]; /* nodes for so many tasks of each bundle; 0: not known yet */

static uint32_t
state(const uint32_t *n)
{
    return (n[0] * (TASKS + 1) + n[1]) * (TASKS + 1) + n[2];
}

/* Tries all that a node can hold. A task that does not fit a node has one for itself. */
static uint32_t
search(const struct pack_node *node, const uint32_t *n)
{
    uint32_t *best = &fewest[state(n)];
    if (n[0] + n[1] + n[2] == 0 || *best)
        return *best;
    for (uint32_t a = 0; a <= n[0]; a++)
        for (uint32_t b = 0; b <= n[1]; b++)
            for (uint32_t c = 0; c <= n[2]; c++) {
                uint32_t instances = (a > 0) + (b > 0) + (c > 0), room = 0;
                if (instances)
                    room = pack_room(node, instances);
                if (instances == 1 && room == 0)
                    room = 1;
                if (!instances || a + b + c > room)
                    continue;
                uint32_t then = 1 + search(node, (uint32_t[]){n[0] - a, n[1] - b, n[2] - c});
                if (!*best || then < *best)
                    *best = then;
            }
    return *best;
}

static void
small_lists(void **state_)
{
    (void)state_;
    srand(7);
    unsigned optimal = 0, tight = 0, rounds = 600;
    for (unsigned i = 0; i < rounds; i++) {
        struct pack_node node = {rand() % 30, rand() % 8, rand() % 4, 1 + (uint32_t)rand() % 8};
        uint32_t n[BUNDLES], sum = 0;
        for (unsigned k = 0; k < BUNDLES; k++)
            sum += n[k] = (uint32_t)rand() % (TASKS + 1);
        memset(fewest, 0, sizeof fewest);
        struct packing p;
        pack(&node, n, BUNDLES, &p);
        uint32_t least = search(&node, n);
        assert_int_equal(p.tasks, sum);
        assert_true(p.bound <= least);
        assert_true(least <= p.nodes);
        assert_true(p.nodes <= p.alone);
        optimal += p.nodes == least;
        tight += p.bound == least;
    }
    assert_true(optimal > rounds * 95 / 100);
    assert_true(tight > rounds * 80 / 100);
}

static void
room_on_a_node(void **state_)
{
    (void)state_;
    static const struct pack_node cori = {76e9, 10e9, 2e9, 68}, theta = {158e9, 10e9, 2e9, 64};
    assert_int_equal(pack_room(&cori, 1), 33);
    assert_int_equal(pack_room(&cori, 2), 28);
    assert_int_equal(pack_room(&cori, 6), 8);
    assert_int_equal(pack_room(&cori, 7), 0); /* an instance has a task at least */
    assert_int_equal(pack_room(&theta, 1), 64);
    assert_int_equal(pack_room(&theta, 3), 64);
    assert_int_equal(pack_room(&theta, 4), 59);
    static const struct pack_node unknown = {0, 10e9, 2e9, 4};
    assert_int_equal(pack_room(&unknown, 1), 4);
    assert_int_equal(pack_room(&unknown, 5), 0);
}

static void
by_hand(void **state_)
{
    (void)state_;
    static const struct pack_node cori = {76e9, 10e9, 2e9, 68};
    struct packing p;
    const uint32_t whole[] = {33, 66, 165};
    pack(&cori, whole, 3, &p);
    assert_int_equal(p.nodes, 8);
    assert_int_equal(p.bound, 8);
    const uint32_t pairs[] = {20, 8, 33 + 14, 14}; /* 28 tasks of two visits fit */
    pack(&cori, pairs, 4, &p);
    assert_int_equal(p.nodes, 3);
    assert_int_equal(p.bound, 3);
    assert_int_equal(p.alone, 5);
    assert_int_equal(p.split, 0);
    const uint32_t cut[] = {25, 25, 6}; /* 25 + 3, 22 + 6: one of them is taken apart */
    pack(&cori, cut, 3, &p);
    assert_int_equal(p.nodes, 2);
    assert_int_equal(p.split, 1);
    const uint32_t huge[] = {33 * 1000000, 5};
    pack(&cori, huge, 2, &p);
    assert_int_equal(p.nodes, 1000001);
    assert_int_equal(p.bound, 1000001);
    pack(&cori, NULL, 0, &p);
    assert_int_equal(p.nodes, 0);
    static const struct pack_node too_small = {5e9, 10e9, 2e9, 68};
    pack(&too_small, pairs, 4, &p);
    assert_int_equal(p.cap, 1);
    assert_int_equal(p.nodes, p.tasks);
}

/* Bins are what was packed: each holds what fits a node, all tasks of each bundle are in some, and
 * there are as many as nodes. */
static void
bins_fill_nodes(void **state_)
{
    (void)state_;
    srand(11);
    for (unsigned i = 0; i < 400; i++) {
        struct pack_node node = {10 + rand() % 100, rand() % 20, rand() % 4,
            1 + (uint32_t)rand() % 80};
        uint32_t n[60], nbundles = 1 + (uint32_t)rand() % 60;
        for (uint32_t k = 0; k < nbundles; k++)
            n[k] = 1 + (uint32_t)rand() % 100;
        struct packing p;
        struct bins b;
        pack(&node, n, nbundles, &p);
        bins_make(&b, &node, n, nbundles);
        assert_int_equal(b.n, p.nodes);
        uint32_t *tasks = calloc(b.n, sizeof *tasks), *instances = calloc(b.n, sizeof *tasks);
        for (uint32_t k = 0; k < nbundles; k++) {
            uint32_t sum = 0;
            for (uint32_t q = b.first[k]; q != BINS_NONE; q = b.part[q].next) {
                assert_true(b.part[q].ntasks > 0);
                sum += b.part[q].ntasks;
                tasks[b.part[q].bin] += b.part[q].ntasks;
                instances[b.part[q].bin]++;
            }
            assert_int_equal(sum, n[k]);
        }
        for (uint32_t k = 0; k < b.n; k++) {
            uint32_t room = pack_room(&node, instances[k]);
            assert_true(instances[k] > 0 && tasks[k] <= (room ? room : 1));
        }
        free(tasks);
        free(instances);
        bins_free(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_lists),
        cmocka_unit_test(room_on_a_node), cmocka_unit_test(by_hand),
        cmocka_unit_test(bins_fill_nodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
