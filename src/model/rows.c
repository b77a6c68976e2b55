#include "config.h"

#include "model/rows.h"

#include "diag/checks.h"

#include <stdlib.h>
#include <string.h>

/* A table as the evaluator sees it. */
struct rows {
    struct diags *d;
    /* the column whose cell had no value in the evaluation at hand; UINT32_MAX: none */
    uint32_t hole;
    struct strpool *pool;
    const struct table *t;
    struct vm_column *col;
    struct vm_data data;
    struct vm_eval ev;
};

static uint32_t
code_string(void *arg, const char *s, size_t n)
{
    struct rows *r = arg;
    return strpool_add(r->pool, s, n);
}

static uint32_t
code_column(void *arg, const struct table *t, unsigned column)
{
    (void)arg;
    (void)t;
    return column;
}

/* Strings may have moved. */
static void
view_pool(struct rows *r)
{
    r->data.str_bytes = r->pool->bytes;
    r->data.str_offset = r->pool->offset;
    r->data.nstr = r->pool->count;
}

static bool
is_hole(const void *arg, uint32_t column, uint32_t row, char *why, size_t n)
{
    struct rows *r = (struct rows *)(uintptr_t)arg;
    if (!holes_at(r->t->col[column].holes, row))
        return false;
    r->hole = column;
    hole_text(r->t, r->pool, r->d, column, row, why, n);
    return true;
}

static void
begin(struct rows *r, struct diags *d, struct strpool *pool, const struct sky_uses *sky,
    const struct table *t)
{
    *r = (struct rows){.d = d, .pool = pool, .t = t};
    r->col = xcalloc(t->ncols ? t->ncols : 1, sizeof *r->col);
    for (uint32_t k = 0; k < t->ncols; k++)
        r->col[k] = column_view(&t->col[k], t->nrows);
    r->data.col = r->col;
    r->data.ncol = t->ncols;
    r->data.sky = sky_answer;
    r->data.sky_arg = sky;
    r->data.hole = is_hole;
    r->data.hole_arg = r;
    r->ev.data = &r->data;
    view_pool(r);
}

static void
end(struct rows *r)
{
    vm_eval_free(&r->ev);
    free(r->col);
}

/* False after a message: the evaluator's stack is not deep enough. */
static bool
make_code(struct rows *r, const struct expr *e, struct buf *code)
{
    const struct code_target to = {.string = code_string, .column = code_column, .arg = r};
    const char *why = "";
    expr_code(e, &to, code);
    view_pool(r);
    if (vm_verify((const uint8_t *)code->p, (uint32_t)code->n, &r->data,
            (struct vm_scope){.nvars = 1}, &why))
        return true;
    diag_help(
        diag_add(r->d, DIAG_ERROR, RULE_VALUE, e->at, "this expression is too long (%s)", why),
        "compute parts of it as columns of their own: { x = ... }");
    return false;
}

static bool
run(struct rows *r, const struct buf *code, uint32_t row, struct value *v)
{
    r->ev.row[0] = row;
    r->hole = UINT32_MAX;
    return vm_run(&r->ev, (const uint8_t *)code->p, (uint32_t)code->n, v);
}

static bool
evaluate(struct rows *r, const struct expr *e, const struct buf *code, uint32_t row,
    struct value *v)
{
    if (run(r, code, row, v))
        return true;
    if (r->hole != UINT32_MAX) {
        hole_error(r->d, r->pool, r->t, r->hole, row, e->at);
        return false;
    }
    char place[256];
    table_row_place(r->t, r->d, row, place, sizeof place);
    diag_note(diag_add(r->d, DIAG_ERROR, RULE_VALUE, e->at, "%s", r->ev.error), NO_SPAN,
        "in row %u of '%s'%s%s", table_row_number(r->t, row), strpool_get(r->pool, r->t->name),
        *place ? ", " : "", place);
    return false;
}

/* --- filters --- */

static bool filter(struct rows *r, const struct expr *e, uint8_t *mask);

#define COMPARE_ALL(order)                                                                         \
    for (uint32_t i = 0; i < n; i++)                                                               \
        mask[i] &= (uint8_t)(takes >> ((order) + 1) & 1);
#define ORDER(x, y) (((x) > (y)) - ((x) < (y)))

/* A column against a constant; false if this is not one of the plain cases. */
static bool
compare_column(struct rows *r, const struct expr *e, uint8_t *mask)
{
    /* what passes: bit 0 less, bit 1 equal, bit 2 greater */
    static const struct {
        enum vm_op op;
        unsigned takes, turned;
    } known[] = {{OP_EQ, 2, 2}, {OP_NE, 5, 5}, {OP_LT, 1, 4}, {OP_LE, 3, 6}, {OP_GT, 4, 1},
        {OP_GE, 6, 3}};
    if (e->kind != EX_OP || e->nargs != 2)
        return false;
    const struct expr *x = e->arg[0], *y = e->arg[1];
    bool turned = x->kind == EX_CONST;
    if (turned) {
        x = e->arg[1];
        y = e->arg[0];
    }
    if (x->kind != EX_COLUMN || y->kind != EX_CONST)
        return false;
    unsigned takes = 8;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++)
        if (known[k].op == e->op)
            takes = turned ? known[k].turned : known[k].takes;
    const struct column *c = &r->t->col[x->column];
    uint32_t n = r->t->nrows;
    if (takes == 8 || !c->data || c->holes)
        return false;
    if (c->type == COLUMN_INT && y->value.tag == VAL_INT) {
        const int64_t *cell = c->data, with = y->value.i;
        COMPARE_ALL(ORDER(cell[i], with))
    } else if (c->type == COLUMN_INT && y->value.tag == VAL_REAL) {
        const int64_t *cell = c->data;
        const double with = y->value.r;
        COMPARE_ALL(vm_order(cell[i], with))
    } else if (c->type == COLUMN_REAL && y->value.tag == VAL_REAL) {
        const double *cell = c->data, with = y->value.r;
        COMPARE_ALL(ORDER(cell[i], with))
    } else if (c->type == COLUMN_REAL && y->value.tag == VAL_INT) {
        const double *cell = c->data;
        const int64_t with = y->value.i;
        COMPARE_ALL(-vm_order(with, cell[i]))
    } else if (c->type == COLUMN_STRING && y->value.tag == VAL_STR && (takes == 2 || takes == 5)) {
        const uint32_t *cell = c->data;
        const uint32_t with = strpool_add(r->pool, y->value.s.p, y->value.s.n);
        view_pool(r);
        for (uint32_t i = 0; i < n; i++)
            mask[i] &= (cell[i] == with) == (takes == 2);
    } else {
        return false;
    }
    return true;
}

/* Leaves 1 in those of mask's rows that fulfil x or y. */
static bool
either(struct rows *r, const struct expr *x, const struct expr *y, uint8_t *mask)
{
    uint32_t n = r->t->nrows;
    uint8_t *first = xcalloc((size_t)n + 1, 1);
    memcpy(first, mask, n);
    bool ok = filter(r, x, first);
    if (ok) {
        uint8_t *rest = xcalloc((size_t)n + 1, 1);
        for (uint32_t i = 0; i < n; i++)
            rest[i] = mask[i] & !first[i];
        ok = filter(r, y, rest);
        for (uint32_t i = 0; i < n; i++)
            mask[i] = first[i] | rest[i];
        free(rest);
    }
    free(first);
    return ok;
}

/* Clears the rows of `mask` that do not fulfil e. `and` and `or` look at their right side only
 * where the left one leaves it open, as they do row by row. */
static bool
filter(struct rows *r, const struct expr *e, uint8_t *mask)
{
    uint32_t n = r->t->nrows;
    if (e->kind == EX_CONST) {
        if (!e->value.i)
            memset(mask, 0, n);
        return true;
    }
    if (e->kind == EX_AND)
        return filter(r, e->arg[0], mask) && filter(r, e->arg[1], mask);
    if (e->kind == EX_OR)
        return either(r, e->arg[0], e->arg[1], mask);
    if (e->kind == EX_OP && e->op == OP_NOT) {
        uint8_t *yes = xcalloc((size_t)n + 1, 1);
        memcpy(yes, mask, n);
        bool ok = filter(r, e->arg[0], yes);
        for (uint32_t i = 0; i < n; i++)
            mask[i] &= !yes[i];
        free(yes);
        return ok;
    }
    if (e->kind == EX_COLUMN && r->t->col[e->column].data && !r->t->col[e->column].holes) {
        const uint8_t *cell = r->t->col[e->column].data;
        for (uint32_t i = 0; i < n; i++)
            mask[i] &= cell[i];
        return true;
    }
    if (compare_column(r, e, mask))
        return true;
    struct buf code = {0};
    bool ok = make_code(r, e, &code);
    struct value v = {.i = 0};
    for (uint32_t i = 0; i < n && ok; i++)
        if (mask[i]) {
            ok = evaluate(r, e, &code, i, &v);
            mask[i] = ok && v.i;
        }
    buf_free(&code);
    return ok;
}

static bool
few_rows(struct diags *d, const struct strpool *pool, const struct table *t, struct span at,
    const char *what)
{
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    if (t->nrows <= TABLE_MOST_COPIED)
        return true;
    diag_add(d, DIAG_ERROR, RULE_SIZE, at, "'%s' has %s rows, too many to %s: %s are the most",
        strpool_get(pool, t->name), thousands(t->nrows, number), what,
        thousands(TABLE_MOST_COPIED, most));
    return false;
}

bool
rows_filter(struct diags *d, struct strpool *pool, const struct sky_uses *sky,
    const struct table *t, const uint32_t *among, uint32_t namong, const struct expr *e,
    uint32_t **row, uint32_t *n)
{
    struct rows r;
    *row = NULL;
    *n = 0;
    if (!few_rows(d, pool, t, e->at, "try this condition on each"))
        return false;
    begin(&r, d, pool, sky, t);
    uint8_t *mask = xcalloc((size_t)t->nrows + 1, 1);
    if (!among)
        memset(mask, 1, t->nrows);
    for (uint32_t i = 0; among && i < namong; i++)
        mask[among[i]] = 1;
    bool ok = filter(&r, e, mask);
    uint32_t kept = 0;
    *row = xcalloc((size_t)t->nrows + 1, sizeof **row);
    for (uint32_t i = 0; ok && i < t->nrows; i++)
        if (mask[i])
            (*row)[kept++] = i;
    *n = kept;
    if (!ok) {
        free(*row);
        *row = NULL;
    }
    free(mask);
    end(&r);
    return ok;
}

/* --- columns --- */

/* A row for which the value cannot be computed has none; that is told if it is used. */
static void
add_hole(struct rows *r, const struct expr *e, uint32_t row, struct column *out)
{
    const struct hole *of = r->hole != UINT32_MAX ? holes_at(r->t->col[r->hole].holes, row) : NULL;
    if (of)
        holes_add(&out->holes, row, of->why, of->help, of->row == row ? of->at : NO_SPAN);
    else
        holes_add(&out->holes, row, strpool_adds(r->pool, r->ev.error), 0, e->at);
    view_pool(r);
}

static const double DEGREE = 0.017453292519943295;

bool
rows_column(struct diags *d, struct strpool *pool, const struct sky_uses *sky,
    const struct table *t, const struct expr *e, struct column *out)
{
    static const enum column_type of[] = {COLUMN_INT, COLUMN_INT, COLUMN_REAL, COLUMN_STRING,
        COLUMN_BOOL, COLUMN_REAL, COLUMN_REAL, COLUMN_REAL};
    struct rows r;
    bool angle = e->type == TYPE_ANGLE;
    if (!few_rows(d, pool, t, e->at, "compute this for each"))
        return false;
    begin(&r, d, pool, sky, t);
    out->type = of[e->type];
    if (angle && e->kind == EX_OP && e->op == OP_MUL && e->arg[1]->kind == EX_CONST &&
        e->arg[1]->value.tag == VAL_REAL && e->arg[1]->value.r == DEGREE) {
        e = e->arg[0]; /* x degrees: there and back would cost the last digit */
        angle = false;
    }
    out->data = column_cells(out->type, t->nrows);
    struct buf code = {0}, text = {0};
    bool ok = make_code(&r, e, &code);
    struct value v;
    for (uint32_t i = 0; ok && i < t->nrows; i++) {
        if (!run(&r, &code, i, &v)) {
            add_hole(&r, e, i, out);
            continue;
        }
        switch (out->type) {
        case COLUMN_INT:
            ((int64_t *)out->data)[i] = v.i;
            break;
        case COLUMN_REAL: {
            double x = v.tag == VAL_INT ? (double)v.i : v.r;
            ((double *)out->data)[i] = angle ? x / DEGREE : x;
            break;
        }
        case COLUMN_STRING: /* it may stand in the pool, which may move */
            buf_reset(&text);
            buf_add(&text, v.s.p, v.s.n);
            ((uint32_t *)out->data)[i] = strpool_add(pool, text.p ? text.p : "", text.n);
            view_pool(&r);
            break;
        case COLUMN_BOOL:
            ((uint8_t *)out->data)[i] = v.i != 0;
            break;
        }
    }
    buf_free(&code);
    buf_free(&text);
    end(&r);
    return ok;
}
