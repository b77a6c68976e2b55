/* When a node runs short of memory, and who goes then: under a clock of its own. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/guard.h"

#define GB UINT64_C(1000000000)

static enum guard_level
look(struct guard *g, int64_t now, uint64_t all, uint64_t left)
{
    guard_look(g, now, &(struct guard_room){all, left});
    assert_true(g->next_at >= now + 20 && g->next_at <= now + 500);
    return g->level;
}

static void
levels(void **state)
{
    (void)state;
    struct guard g = {0};
    assert_int_equal(look(&g, 1, 100 * GB, 100 * GB), GUARD_CALM);
    assert_int_equal(g.next_at, 501);
    assert_int_equal(look(&g, 100000, 100 * GB, 10 * GB), GUARD_CALM); /* it took its time */
    assert_int_equal(look(&g, 200000, 100 * GB, 4 * GB), GUARD_FULL);
    assert_int_equal(look(&g, 300000, 100 * GB, 2 * GB), GUARD_SHORT);
    assert_true(g.want > 2 * GB && g.want < 3 * GB);
    assert_int_equal(look(&g, 400000, 100 * GB, 50 * GB), GUARD_CALM);
    assert_int_equal(g.want, 0);
    /* of a small one 6 % count */
    memset(&g, 0, sizeof g);
    assert_int_equal(look(&g, 1, 300000000, 19000000), GUARD_CALM);
    assert_int_equal(g.next_at, 21);
    assert_int_equal(look(&g, 100000, 300000000, 17000000), GUARD_FULL);
    assert_int_equal(look(&g, 200000, 300000000, 8000000), GUARD_SHORT);
    /* nothing is known */
    memset(&g, 0, sizeof g);
    assert_int_equal(look(&g, 1, UINT64_MAX, UINT64_MAX), GUARD_CALM);
    assert_int_equal(look(&g, 2, UINT64_MAX, UINT64_MAX), GUARD_CALM);
    /* what could be read before cannot be any more, which is no fall */
    assert_int_equal(look(&g, 3, 100 * GB, 50 * GB), GUARD_CALM);
    assert_int_equal(look(&g, 4, UINT64_MAX, UINT64_MAX), GUARD_CALM);
    assert_int_equal(look(&g, 5, 100 * GB, 50 * GB), GUARD_CALM);
    assert_int_equal(g.next_at, 505);
}

/* The faster it goes, the sooner nothing more is started, and the more often it is looked at. */
static void
falls(void **state)
{
    (void)state;
    struct guard g = {0};
    look(&g, 1000, 100 * GB, 60 * GB);
    assert_int_equal(look(&g, 1500, 100 * GB, 40 * GB), GUARD_CALM); /* 40 MB a millisecond */
    assert_int_equal(g.next_at, 1500 + 250);
    assert_int_equal(look(&g, 1750, 100 * GB, 7 * GB), GUARD_FULL);
    assert_true(g.next_at <= 1750 + 20);
    assert_int_equal(look(&g, 2000, 100 * GB, 9 * GB), GUARD_FULL); /* it may go on */
    look(&g, 2500, 100 * GB, 9 * GB);
    look(&g, 3000, 100 * GB, 9 * GB);
    look(&g, 3500, 100 * GB, 9 * GB);
    assert_int_equal(look(&g, 4000, 100 * GB, 9 * GB), GUARD_CALM);
}

/* A memory that is filled evenly, however fast, is seen before it is full. */
static void
in_time(void **state)
{
    (void)state;
    for (uint64_t rate = 1000; rate < 20 * GB / 1000; rate *= 3) { /* bytes a millisecond */
        struct guard g = {0};
        uint64_t all = 64 * GB;
        int64_t now = 1;
        enum guard_level level = GUARD_CALM;
        while (level != GUARD_SHORT) {
            uint64_t used = rate * (uint64_t)now;
            assert_true(used < all);
            level = look(&g, now, all, all - used);
            now = g.next_at;
        }
    }
}

static void
picks(void **state)
{
    (void)state;
    struct guard_process p[] = {
        {.used = 3, .asked = 2, .born = 1}, /* above, old */
        {.used = 2, .asked = 2, .born = 9}, /* the youngest */
        {.used = 4, .asked = 2, .born = 5}, /* above, younger */
        {.used = 1, .asked = 2, .born = 7},
    };
    assert_int_equal(guard_pick(p, 4, 5), 2);
    p[2].going = true;
    assert_int_equal(guard_pick(p, 4, 4), GUARD_NONE); /* enough is being freed */
    assert_int_equal(guard_pick(p, 4, 5), 0);
    p[0].going = true;
    assert_int_equal(guard_pick(p, 4, 7), GUARD_NONE);
    assert_int_equal(guard_pick(p, 4, 8), 1); /* nobody is above: the youngest */
    p[1].going = true;
    assert_int_equal(guard_pick(p, 4, 10), GUARD_NONE); /* the last one stays */
    assert_int_equal(guard_pick(p, 0, 10), GUARD_NONE);
    /* who is alone, and above, goes */
    assert_int_equal(guard_pick(p, 1, 10), GUARD_NONE);
    p[0].going = false;
    assert_int_equal(guard_pick(p, 1, 10), 0);
    /* it would not help: it is others who use it */
    const struct guard_process small[] = {{.used = 2, .asked = 2},
        {.used = 2, .asked = 2, .born = 1}};
    assert_int_equal(guard_pick(small, 2, 5), GUARD_NONE);
    assert_int_equal(guard_pick(small, 2, 4), 1);
}

/* A node whose tasks use up to three times what they say: as soon as it is short enough go, those
 * that are within their estimate last, one stays; and none goes for nothing. */
static void
random_nodes(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned round = 0; round < 10000; round++) {
        struct guard_process p[40];
        uint32_t n = 0;
        uint64_t sum = 0, freed = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t most = (uint32_t)(seed >> 33) % 40;
        for (; n < most; n++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint64_t asked = 1 + (seed >> 33) % 100;
            p[n] = (struct guard_process){.used = (seed >> 40) % (3 * asked),
                .asked = asked,
                .born = seed >> 50};
            sum += p[n].used;
        }
        uint64_t want = 1 + (seed >> 20) % 4000;
        bool within = false;
        uint32_t i, left = n;
        while ((i = guard_pick(p, n, want)) != GUARD_NONE) {
            assert_true(i < n && !p[i].going);
            assert_true(freed < want || !freed);
            bool above = p[i].used > p[i].asked;
            for (uint32_t k = 0; k < n; k++)
                if (!p[k].going && (p[k].used > p[k].asked) == above)
                    assert_true(p[k].born <= p[i].born);
            assert_false(above && within);
            within |= !above;
            p[i].going = true;
            freed += p[i].used;
            left--;
        }
        bool any_above = false;
        for (uint32_t k = 0; k < n; k++)
            any_above |= !p[k].going && p[k].used > p[k].asked;
        assert_true(freed >= want || (!any_above && (left <= 1 || sum < want)));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels),
        cmocka_unit_test(falls),
        cmocka_unit_test(in_time),
        cmocka_unit_test(picks),
        cmocka_unit_test(random_nodes),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
