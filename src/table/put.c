#include "config.h"

#include "table/put.h"

#include "util/buf.h"
#include "util/number.h"

#include <stdlib.h>
#include <string.h>

static const int64_t exact = INT64_C(1) << 53; /* what reals hold */

void
table_put_none(const struct putter *p, struct column *c, uint32_t row, const char *none)
{
    struct buf why = {0};
    buf_printf(&why, "column '%s' of '%s' %s", strpool_get(p->pool, c->name), p->source, none);
    holes_add(&c->holes, row, strpool_add(p->pool, why.p, why.n), 0, NO_SPAN);
    buf_free(&why);
}

static const char *
words(enum column_type t)
{
    static const char *const of[] = {"a whole number", "a number", "text", "true or false"};
    return of[t];
}

static const char inexact[] =
    "holds a whole number beside fractions in other rows, which is more than a real number "
    "can hold exactly";

static void
widen(const struct putter *p, struct column *c, uint32_t row)
{
    const int64_t *from = c->data;
    double *to = column_cells(COLUMN_REAL, p->nrows);
    struct holes *before = c->holes;
    c->holes = NULL;
    for (uint32_t i = 0; i < row; i++) {
        const struct hole *x = holes_at(before, i);
        if (x)
            holes_add(&c->holes, i, x->why, x->help, NO_SPAN);
        else if (from[i] > exact || from[i] < -exact)
            table_put_none(p, c, i, inexact);
        to[i] = (double)from[i];
    }
    holes_free(before);
    free(c->data);
    c->data = to;
    c->type = COLUMN_REAL;
}

void
table_put(const struct putter *p, struct column *c, uint32_t row, const struct value *v)
{
    static const enum column_type of[] = {[VAL_INT] = COLUMN_INT,
        [VAL_REAL] = COLUMN_REAL,
        [VAL_BOOL] = COLUMN_BOOL,
        [VAL_STR] = COLUMN_STRING};
    enum column_type is = of[v->tag];
    if (!c->data) {
        c->type = is;
        c->data = column_cells(is, p->nrows);
    }
    bool number = is == COLUMN_INT || is == COLUMN_REAL;
    if (is != c->type && !(number && (c->type == COLUMN_INT || c->type == COLUMN_REAL))) {
        struct buf why = {0};
        buf_printf(&why, "holds %s, and %s in rows before", words(is), words(c->type));
        table_put_none(p, c, row, why.p);
        buf_free(&why);
        return;
    }
    if (is == COLUMN_REAL && c->type == COLUMN_INT)
        widen(p, c, row);
    switch (c->type) {
    case COLUMN_INT:
        ((int64_t *)c->data)[row] = v->i;
        break;
    case COLUMN_REAL:
        ((double *)c->data)[row] = is == COLUMN_INT ? (double)v->i : v->r;
        if (is == COLUMN_INT && (v->i > exact || v->i < -exact))
            table_put_none(p, c, row, inexact);
        break;
    case COLUMN_BOOL:
        ((uint8_t *)c->data)[row] = v->i != 0;
        break;
    case COLUMN_STRING:
        if (table_control(v->s.p, v->s.n)) {
            table_put_none(p, c, row, "holds a control character (a line break, or not printable)");
            return;
        }
        ((uint32_t *)c->data)[row] = strpool_add(p->pool, v->s.p, v->s.n);
    }
}

struct value
table_text_value(const char *s, size_t n)
{
    struct value v = {.tag = VAL_STR};
    int64_t i;
    double r;
    switch (number_parse(s, n, &i, &r)) {
    case NUMBER_INT:
        v.tag = VAL_INT;
        v.i = i;
        break;
    case NUMBER_REAL:
        v.tag = VAL_REAL;
        v.r = r;
        break;
    default:
        v.s.p = s;
        v.s.n = (uint32_t)n;
    }
    return v;
}

void
table_put_end(const struct putter *p, struct table *t)
{
    for (uint32_t k = 0; k < t->ncols; k++) {
        if (t->col[k].data)
            continue;
        t->col[k].type = COLUMN_STRING;
        t->col[k].data = column_cells(COLUMN_STRING, p->nrows);
    }
}
