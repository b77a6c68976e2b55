#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/relation.h"

enum { MAX_VARS = 4, MAX_SIZE = 4 };

struct side {
    uint32_t nvars, n, size[MAX_VARS];
};

static uint32_t
dice(uint32_t n)
{
    return (uint32_t)rand() % n;
}

/* The rows of a number, the slow way: counted up from 0. */
static void
rows_of(const struct side *s, uint32_t number, uint32_t *row)
{
    memset(row, 0, MAX_VARS * sizeof *row);
    while (number--)
        for (uint32_t v = s->nvars; v-- > 0 && ++row[v] == s->size[v];)
            row[v] = 0;
}

static void
random_side(struct side *s)
{
    s->nvars = dice(MAX_VARS + 1);
    for (uint32_t v = 0; v < s->nvars; v++)
        s->size[v] = 1 + dice(MAX_SIZE);
}

/* Variables that agree; each in one pair at most. */
static uint32_t
random_pairs(struct side *c, struct side *p, uint32_t (*pair)[2])
{
    uint32_t n = 0, taken = 0;
    for (uint32_t v = 0; v < c->nvars; v++) {
        uint32_t with = dice(MAX_VARS);
        if (with >= p->nvars || taken >> with & 1)
            continue;
        taken |= 1u << with;
        p->size[with] = c->size[v];
        pair[n][0] = v;
        pair[n++][1] = with;
    }
    for (uint32_t i = n; i > 1; i--) { /* in any order */
        uint32_t k = dice(i), keep[2];
        memcpy(keep, pair[k], sizeof keep);
        memcpy(pair[k], pair[i - 1], sizeof keep);
        memcpy(pair[i - 1], keep, sizeof keep);
    }
    c->n = p->n = 1;
    for (uint32_t v = 0; v < c->nvars; v++)
        c->n *= c->size[v];
    for (uint32_t v = 0; v < p->nvars; v++)
        p->n *= p->size[v];
    return n;
}

static void
one_product(void)
{
    struct side c, p;
    struct relation r;
    uint32_t pair[MAX_VARS][2], ours[MAX_VARS], theirs[MAX_VARS];
    random_side(&c);
    random_side(&p);
    uint32_t npairs = random_pairs(&c, &p, pair);
    assert_true(
        relation_product(&r, c.size, c.nvars, p.size, p.nvars, (const uint32_t(*)[2])pair, npairs));
    assert_int_equal(r.nconsumers, c.n);
    assert_int_equal(r.nproducers, p.n);
    for (uint32_t i = 0; i < c.n; i++) {
        uint32_t g = relation_group(&r, i), count = 0, member = 0, consumer = 0, number = 0;
        struct relation_walk w;
        assert_true(g < r.ngroups);
        rows_of(&c, i, ours);
        for (uint32_t k = 0; k < npairs; k++) /* as it is told in wfl-plan(5) */
            number = number * c.size[pair[k][0]] + ours[pair[k][0]];
        assert_int_equal(g, number);
        relation_members(&r, g, &w);
        for (uint32_t k = 0; k < p.n; k++) {
            bool agree = true;
            rows_of(&p, k, theirs);
            for (uint32_t s = 0; s < npairs; s++)
                agree = agree && ours[pair[s][0]] == theirs[pair[s][1]];
            assert_int_equal(agree, relation_group_with(&r, k) == g);
            if (!agree)
                continue;
            count++;
            assert_true(relation_next(&w, &member));
            assert_int_equal(member, k);
        }
        assert_false(relation_next(&w, &member));
        assert_int_equal(relation_count(&r, g), count);
        bool met = false;
        for (relation_consumers(&r, g, &w); relation_next(&w, &consumer);) {
            assert_int_equal(relation_group(&r, consumer), g);
            met |= consumer == i;
        }
        assert_true(met);
    }
}

static void
products_are_what_counting_gives(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1500; i++) {
        srand(i);
        one_product();
    }
}

static void
products_that_are_refused(void **state)
{
    (void)state;
    struct relation r;
    const uint32_t two[] = {2, 3}, many[] = {65536, 65536}, none[] = {0};
    const uint32_t over[] = {65536, 65535, 1};
    const uint32_t same[2][2] = {{0, 0}, {0, 1}}, unequal[1][2] = {{0, 1}}, far[1][2] = {{2, 0}};
    assert_false(relation_product(&r, two, 2, two, 2, same, 2));
    assert_false(relation_product(&r, two, 2, two, 2, unequal, 1));
    assert_false(relation_product(&r, two, 2, two, 2, far, 1));
    assert_false(relation_product(&r, many, 2, two, 2, NULL, 0));
    assert_false(relation_product(&r, two, 2, none, 1, NULL, 0));
    assert_true(relation_product(&r, over, 3, over, 3, NULL, 0));
    assert_int_equal(relation_count(&r, 0), 65536u * 65535u);
}

static void
absent_arrays_are_the_identity(void **state)
{
    (void)state;
    const uint32_t group_of[] = {1, RELATION_NONE, 0}, start[] = {0, 2, 3}, members[] = {4, 7, 5};
    struct relation r = {.nconsumers = 3,
        .nproducers = 8,
        .ngroups = 2,
        .nmembers = 3,
        .group_of = group_of,
        .start = start,
        .members = members};
    struct relation_walk w;
    uint32_t m;
    assert_int_equal(relation_group(&r, 1), RELATION_NONE);
    relation_members(&r, relation_group(&r, 2), &w);
    assert_true(relation_next(&w, &m) && m == 4);
    assert_true(relation_next(&w, &m) && m == 7);
    assert_false(relation_next(&w, &m));
    r.members = NULL;
    relation_members(&r, relation_group(&r, 0), &w);
    assert_true(relation_next(&w, &m) && m == 2);
    assert_false(relation_next(&w, &m));
    r.group_of = r.start = NULL;
    assert_int_equal(relation_group(&r, 1), 1);
    assert_int_equal(relation_count(&r, 1), 1);
    relation_members(&r, 1, &w);
    assert_true(relation_next(&w, &m) && m == 1);
    assert_false(relation_next(&w, &m));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_what_counting_gives),
        cmocka_unit_test(products_that_are_refused),
        cmocka_unit_test(absent_arrays_are_the_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
