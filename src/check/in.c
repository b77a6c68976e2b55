/* `x in [a, b]`, `x in lo .. hi`, `x in T` and `x in T.column`. */
#include "config.h"

#include "check/check.h"

#include <string.h>

bool
names_value(struct scope *s, const char *name)
{
    if (s->row && table_column(s->row, strpool_adds(&s->c->m->strings, name)) >= 0)
        return true;
    int v = find_var(s->var, s->nvars, name);
    if (v >= 0)
        return !s->var[v].table || s->var[v].table->ncols == 1;
    const struct decl *d = find_decl(s->c, name);
    return (d && d->kind == DECL_VALUE) || strcmp(name, "here") == 0;
}

/* Where text is looked for in a list, a word that names no value stands for itself:
 * `band in [u, g, r]`. */
static struct expr *
list_item(struct scope *s, const struct expr *x, const struct ast *item)
{
    if (x->type == TYPE_STRING && item->kind == AST_NAME && !names_value(s, item->text))
        return expr_string(s->c->a, item->span, item->text, strlen(item->text));
    return check_expr(s, item);
}

static struct expr *
in_range(struct scope *s, const struct ast *a, struct expr *x, const struct ast *range)
{
    struct checker *c = s->c;
    if (range->child->next->next) {
        error_at(c, RULE_TYPE, range->span, "a range with a step cannot be tested with 'in'");
        return error_expr(c, a->span);
    }
    struct expr *lo = check_expr(s, range->child), *hi = check_expr(s, range->child->next);
    return logic(c, EX_AND, a->span, comparison(s, a, OP_GE, x, lo),
        comparison(s, a, OP_LE, x, hi));
}

/* One after the other; numbers of long columns are looked up while compiling. */
static struct expr *
in_column(struct scope *s, const struct ast *a, struct expr *x, const struct table *t, unsigned k)
{
    enum { MOST = 1000 };
    struct checker *c = s->c;
    const struct column *col = &t->col[k];
    const struct ast *right = a->child->next;
    bool number = col->type == COLUMN_INT || col->type == COLUMN_REAL;
    struct expr *hole = hole_fails(c, t, k, TYPE_BOOL, right->span);
    if (hole)
        return hole;
    if (t->nrows > MOST && number && !s->family) {
        if (x->type != TYPE_INT && x->type != TYPE_REAL) /* says what is wrong */
            return comparison(s, a, OP_EQ, x, expr_int(c->a, right->span, 0));
        struct sky_use use = {.what = ASK_MEMBER, .members = t, .column = k};
        return sky_ask(s, a, use, &x, 1);
    }
    if (t->nrows > MOST) {
        struct diag *m = error_at(c, RULE_TYPE, right->span,
            "'in' looks through at most %d rows here, and there are %u", MOST, t->nrows);
        diag_help(m,
            number ? "ask in the task's where, or make a column of the answer: "
                     "{ wanted = id in ... }"
                   : "more rows only of numbers; of text: needs ... via, or one more variable");
        return error_expr(c, a->span);
    }
    struct expr *e = NULL;
    for (uint32_t r = 0; r < t->nrows; r++) {
        struct expr *v = expr_value(c->a, right->span, column_type(col->type),
            cell_value(&c->m->strings, col, r));
        struct expr *same = comparison(s, a, OP_EQ, x, v);
        e = e ? logic(c, EX_OR, a->span, e, same) : same;
    }
    return e ? e : expr_bool(c->a, a->span, false);
}

bool
table_named(struct scope *s, const struct ast *a, const struct table **t, int *k)
{
    struct checker *c = s->c;
    const struct ast *base = a->kind == AST_FIELD ? a->child : a;
    if (base->kind != AST_NAME || (a != base && names_value(s, base->text)) ||
        find_var(s->var, s->nvars, base->text) >= 0)
        return false;
    struct decl *d = find_decl(c, base->text);
    if (!d || d->kind != DECL_TABLE)
        return false;
    d->used = true;
    *k = -1;
    *t = decl_table(c, d, base->span);
    if (!*t)
        return true;
    if (a != base) {
        *k = table_column(*t, strpool_adds(&c->m->strings, a->text));
        if (*k < 0)
            unknown_column(s, a->name_span, *t, a->text);
    } else if ((*t)->ncols == 1) {
        *k = 0;
    } else {
        uint32_t i = 0;
        while (i + 1 < (*t)->ncols && (*t)->col[i].type == COLUMN_STRING)
            i++;
        diag_help(error_at(c, RULE_TYPE, a->span, "'%s' has %u columns, and one is wanted", a->text,
                      (*t)->ncols),
            "say which: %s.%s", a->text, strpool_get(&c->m->strings, (*t)->col[i].name));
    }
    return true;
}

struct expr *
membership(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const struct ast *right = a->child->next;
    struct expr *x = check_expr(s, a->child), *e = NULL;
    const struct table *t;
    int k;
    if (right->kind == AST_RANGE)
        return in_range(s, a, x, right);
    if (right->kind == AST_LIST) {
        for (const struct ast *item = right->child; item; item = item->next) {
            struct expr *same = comparison(s, a, OP_EQ, x, list_item(s, x, item));
            e = e ? logic(c, EX_OR, a->span, e, same) : same;
        }
        return e ? e : expr_bool(c->a, a->span, false);
    }
    if (table_named(s, right, &t, &k))
        return t && k >= 0 && x->type != TYPE_ERROR ? in_column(s, a, x, t, (unsigned)k)
                                                    : error_expr(c, a->span);
    struct diag *m = error_at(c, RULE_TYPE, right->span,
        "'in' needs a list, a range, a set or a column on its right");
    diag_help(m,
        "for example: band in [\"g\", \"r\"], mjd in 59580 .. 60218, or id in planned.obsHistID");
    return error_expr(c, a->span);
}
