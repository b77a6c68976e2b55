/* Which task comes next: told without looking at each, it is what is found by asking each. */
#include "config.h"

#include "ask/select.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image_lib.h"
#include "place_lib.h"

static const char campaign[] =
    "campaign c\n"
    "set a = 1 .. 3\nset b = 0 .. 199\nset c = 5 .. 6\n"
    "task cube for x in a, y in b, z in c { run \"true {x} {y} {z}\" }\n"
    "task some for y in b, z in c where (y + z) mod 3 == 0 { run \"true {y} {z}\" }\n"
    "task line for y in b { run \"true {y}\" }\n"
    "task one { run \"true\" }\n";

static void
follow(const struct facts *f, char *const *term, size_t n)
{
    struct buf why = {0};
    struct selector *s = selector_new(f, term, n, &why);
    assert_non_null(s);
    uint32_t next = selector_next(s, 0, NULL);
    for (uint32_t t = 0; t < f->plan->head->ntasks; t++) {
        if (!selector_takes(s, t, NULL))
            continue;
        assert_int_equal(next, t);
        next = selector_next(s, t + 1, NULL);
    }
    assert_int_equal(next, PLAN_NONE);
    assert_int_equal(selector_next(s, f->plan->head->ntasks, NULL), PLAN_NONE);
    selector_free(s);
    buf_free(&why);
}

static void
test_next(void **state)
{
    (void)state;
    static const char *const var[] = {"x", "y", "z"};
    struct facts f;
    struct buf why = {0};
    assert_true(build_image(campaign));
    assert_true(facts_open("b", &f, &why));
    unsigned stored = 0;
    for (uint32_t k = 0; k < f.plan->nfamilies; k++)
        stored += f.plan->family[k].instances == PLAN_ROWS;
    assert_int_equal(stored, 1); /* `some` */
    follow(&f, NULL, 0);
    srand(1);
    for (int i = 0; i < 3000; i++) {
        char text[4][40], *term[4];
        size_t n = (size_t)rand() % 4;
        for (size_t k = 0; k < n; k++) {
            term[k] = text[k];
            const char *is = rand() % 2 ? "=" : "!=";
            if (rand() % 5 == 0)
                snprintf(text[k], sizeof text[k], "family%s%s", is,
                    (const char *[]){"cube", "some", "line,one", "*e"}[rand() % 4]);
            else if (rand() % 3 == 0)
                snprintf(text[k], sizeof text[k], "y%s%d,%d,%d", is, rand() % 200, rand() % 200,
                    63 + rand() % 2);
            else
                snprintf(text[k], sizeof text[k], "%s%s%d", var[rand() % 3], is, rand() % 8);
        }
        follow(&f, term, n);
    }
    facts_free(&f);
    buf_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_next, place_begin, place_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
