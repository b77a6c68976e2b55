/* Conditions and columns over all rows: as one by one, and as a slow reading of the rules. */
#include "config.h"

#include "model/rows.h"
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NROWS = 60 };

static struct diags *d;
static struct strpool pool;
static struct arena arena;
static struct table t;
static uint32_t seed;

static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static struct expr *
column(unsigned k)
{
    static const enum type type[] = {TYPE_INT, TYPE_REAL, TYPE_STRING, TYPE_BOOL, TYPE_INT};
    struct expr *e = expr_new(&arena, EX_COLUMN, type[k], NO_SPAN, 0);
    e->table = &t;
    e->column = k;
    return e;
}

static struct expr *
op(enum vm_op o, enum type type, struct expr *x, struct expr *y)
{
    struct expr *e = expr_new(&arena, EX_OP, type, NO_SPAN, y ? 2 : 1);
    e->op = o;
    e->arg[0] = x;
    if (y)
        e->arg[1] = y;
    return e;
}

static struct expr *
logic(enum expr_kind kind, struct expr *x, struct expr *y)
{
    struct expr *e = expr_new(&arena, kind, TYPE_BOOL, NO_SPAN, 2);
    e->arg[0] = x;
    e->arg[1] = y;
    return e;
}

static int
begin(void **state)
{
    (void)state;
    d = diag_new();
    strpool_init(&pool);
    arena = (struct arena){0};
    static const char *const word[] = {"u", "g", "r", ""};
    t = (struct table){.name = strpool_adds(&pool, "t"),
        .nrows = NROWS,
        .ncols = 5,
        .at = NO_SPAN,
        .file = DIAG_NO_FILE};
    t.col = xcalloc(5, sizeof *t.col);
    for (unsigned k = 0; k < 5; k++)
        t.col[k].type = k < 4 ? (enum column_type)k : COLUMN_INT;
    for (unsigned k = 0; k < 4; k++)
        t.col[k].data = column_cells(t.col[k].type, NROWS);
    t.col[4].first = -30; /* and no memory */
    t.col[4].step = 1;
    seed = 11;
    for (uint32_t i = 0; i < NROWS; i++) {
        ((int64_t *)t.col[0].data)[i] = (int64_t)dice(7) - 3;
        ((double *)t.col[1].data)[i] = (dice(13) - 6.0) / 2;
        ((uint32_t *)t.col[2].data)[i] = strpool_adds(&pool, word[dice(4)]);
        ((uint8_t *)t.col[3].data)[i] = dice(2) != 0;
    }
    return 0;
}

static int
end(void **state)
{
    (void)state;
    table_free(&t);
    strpool_free(&pool);
    arena_free(&arena);
    diag_free(d);
    return 0;
}

static struct expr *
condition(unsigned depth)
{
    static const enum vm_op compare[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE};
    if (depth && dice(2)) {
        if (dice(4) == 0)
            return op(OP_NOT, TYPE_BOOL, condition(depth - 1), NULL);
        return logic(dice(2) ? EX_AND : EX_OR, condition(depth - 1), condition(depth - 1));
    }
    struct expr *x, *y;
    switch (dice(5)) {
    case 0:
        return column(3);
    case 1: /* text, the empty one and one that no row has too */
        x = column(2);
        y = expr_string(&arena, NO_SPAN, &"grx"[dice(3)], dice(2));
        break;
    case 2:
        x = column(1);
        y = dice(2) ? expr_real(&arena, NO_SPAN, TYPE_REAL, (dice(13) - 6.0) / 2)
                    : expr_int(&arena, NO_SPAN, (int64_t)dice(7) - 3);
        break;
    case 3:
        x = column(dice(2) ? 0 : 4);
        y = dice(2) ? expr_real(&arena, NO_SPAN, TYPE_REAL, (dice(13) - 6.0) / 2)
                    : expr_int(&arena, NO_SPAN, (int64_t)dice(7) - 3);
        break;
    default: /* no plain case: two columns */
        x = op(OP_ADD, TYPE_REAL, column(0), column(1));
        y = column(4);
        break;
    }
    return dice(2) ? op(compare[dice(6)], TYPE_BOOL, x, y) : op(compare[dice(6)], TYPE_BOOL, y, x);
}

static void
filters(void **state)
{
    (void)state;
    for (int k = 0; k < 3000; k++) {
        struct expr *e = condition(4);
        uint32_t *row, n, at = 0, among[NROWS], namong = 0;
        struct column value = {0};
        for (uint32_t i = 0; i < NROWS; i++)
            if (dice(3))
                among[namong++] = i;
        bool all = dice(2);
        assert_true(rows_filter(d, &pool, NULL, &t, all ? NULL : among, namong, e, &row, &n));
        assert_true(rows_column(d, &pool, NULL, &t, e, &value)); /* row by row */
        for (uint32_t i = 0, a = 0; i < NROWS; i++) {
            bool asked = all;
            if (a < namong && among[a] == i) {
                asked = true;
                a++;
            }
            if (asked && ((uint8_t *)value.data)[i]) {
                assert_true(at < n);
                assert_int_equal(row[at++], i);
            }
        }
        assert_int_equal(at, n);
        free(row);
        free(value.data);
    }
}

/* `x != 0 and y div x > 2` is safe here too, and an error names its row. */
static void
errors(void **state)
{
    (void)state;
    struct expr *zero = expr_int(&arena, NO_SPAN, 0), *ten = expr_int(&arena, NO_SPAN, 10);
    struct expr *div = op(OP_GT, TYPE_BOOL, op(OP_IDIV, TYPE_INT, ten, column(0)), zero);
    struct expr *guard = op(OP_NE, TYPE_BOOL, column(0), zero);
    struct expr *is_zero = op(OP_EQ, TYPE_BOOL, column(0), zero);
    uint32_t *row, n;
    assert_true(rows_filter(d, &pool, NULL, &t, NULL, 0, logic(EX_AND, guard, div), &row, &n));
    free(row);
    assert_true(rows_filter(d, &pool, NULL, &t, NULL, 0, logic(EX_OR, is_zero, div), &row, &n));
    free(row);
    assert_int_equal(diag_count(d, DIAG_ERROR), 0);
    assert_false(rows_filter(d, &pool, NULL, &t, NULL, 0, div, &row, &n));
    assert_null(row);
    struct column value = {0};
    /* a column has no value there, which is said if it is used */
    assert_true(rows_column(d, &pool, NULL, &t, div, &value));
    uint32_t zeros = 0;
    for (uint32_t i = 0; i < t.nrows; i++) {
        const struct hole *x = holes_at(value.holes, i);
        assert_int_equal(x != NULL, ((const int64_t *)t.col[0].data)[i] == 0);
        if (x)
            assert_string_equal(strpool_get(&pool, x->why), "division by zero");
        zeros += x != NULL;
    }
    assert_true(zeros > 0);
    column_free(&value);
    assert_int_equal(diag_count(d, DIAG_ERROR), 1);
    /* deeper than the evaluator's stack */
    struct expr *deep = column(0);
    for (int i = 0; i < 100; i++)
        deep = op(OP_ADD, TYPE_INT, column(0), deep);
    assert_false(
        rows_filter(d, &pool, NULL, &t, NULL, 0, op(OP_GT, TYPE_BOOL, zero, deep), &row, &n));
    assert_int_equal(diag_count(d, DIAG_ERROR), 2);
}

static void
columns(void **state)
{
    (void)state;
    struct column value = {0};
    struct expr *half = op(OP_MUL, TYPE_ANGLE, column(4),
        expr_real(&arena, NO_SPAN, TYPE_REAL, 0.017453292519943295));
    assert_true(rows_column(d, &pool, NULL, &t, half, &value));
    assert_int_equal(value.type, COLUMN_REAL); /* angles are stored as degrees */
    for (int i = 0; i < NROWS; i++)
        assert_true(((double *)value.data)[i] == i - 30.0);
    free(value.data);
    struct expr *text = expr_new(&arena, EX_CONCAT, TYPE_STRING, NO_SPAN, 2);
    text->arg[0] = column(2);
    text->arg[1] = op(OP_UPPER, TYPE_STRING, column(2), NULL);
    assert_true(rows_column(d, &pool, NULL, &t, text, &value));
    for (uint32_t i = 0; i < NROWS; i++) {
        const char *s = strpool_get(&pool, ((uint32_t *)value.data)[i]);
        const char *from = strpool_get(&pool, ((uint32_t *)t.col[2].data)[i]);
        assert_int_equal(strlen(s), 2 * strlen(from));
        assert_int_equal(s[0], from[0]);
    }
    free(value.data);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {T(filters), T(errors), T(columns)};
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
