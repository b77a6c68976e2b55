/* Expressions: what each node of the tree means, its type, and whether that is the wanted one. */
#include "config.h"

#include "check/check.h"
#include "model/units.h"

#include <stdio.h>
#include <string.h>

struct expr *
error_expr(struct checker *c, struct span at)
{
    return expr_new(c->a, EX_CONST, TYPE_ERROR, at, 0);
}

/* What is evaluated for certain and cannot be. */
static const struct expr *
find_fail(const struct expr *e)
{
    if (e->kind == EX_FAIL)
        return e;
    bool in_turn = e->kind == EX_AND || e->kind == EX_OR || e->kind == EX_IF;
    const struct expr *found = NULL;
    for (unsigned i = 0; i < (in_turn ? 1 : e->nargs) && !found; i++)
        found = find_fail(e->arg[i]);
    return found;
}

struct expr *
asked(struct checker *c, struct expr *e)
{
    const struct expr *f = c->lazy || e->type == TYPE_ERROR ? NULL : find_fail(e);
    if (!f)
        return e;
    error_at(c, RULE_VALUE, f->at, "%.*s", (int)f->value.s.n, f->value.s.p);
    return error_expr(c, e->at);
}

unsigned
eager(struct checker *c, unsigned lazy)
{
    unsigned before = c->lazy;
    c->lazy = lazy;
    return before;
}

static struct expr *
settled(struct checker *c, struct expr *e)
{
    return e->kind == EX_FAIL ? asked(c, e) : e;
}

struct expr *
fold(struct checker *c, struct expr *e)
{
    return settled(c, expr_fold(c->a, e));
}

struct expr *
fails(struct checker *c, struct span at, enum type type, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    return settled(c, expr_fail(c->a, at, type, why));
}

struct expr *
op_expr(struct checker *c, enum vm_op op, enum type type, struct span at, struct expr *x,
    struct expr *y)
{
    struct expr *e = expr_new(c->a, EX_OP, type, at, y ? 2 : 1);
    e->op = op;
    e->arg[0] = x;
    if (y)
        e->arg[1] = y;
    return fold(c, e);
}

/* The units of a dimension, or all. */
static void
help_units(struct diag *m, enum dimension of)
{
    struct buf list = {0};
    for (enum dimension d = DIM_BYTES; d <= DIM_ANGLE; d++) {
        if (of != DIM_NONE && of != d)
            continue;
        buf_puts(&list, list.n ? ", " : "");
        unit_list(d, &list);
    }
    diag_help(m, "units are %s", list.p);
    buf_free(&list);
}

static struct expr *
quantity(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    static const enum type of[] = {TYPE_REAL, TYPE_BYTES, TYPE_DURATION, TYPE_ANGLE};
    const struct ast *n = a->child;
    double v = n->kind == AST_INT ? (double)n->ival : n->rval;
    const struct unit *u = unit_find(a->text);
    if (!u) {
        const char *near = unit_suggest(a->text);
        struct diag *m = error_at(c, RULE_UNIT, a->name_span, "unknown unit '%s'", a->text);
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else if (strpbrk(a->text, "0123456789"))
            diag_help(m, "two quantities are joined by a sign: 1 h + 30 min");
        else
            help_units(m, DIM_NONE);
        return error_expr(c, a->span);
    }
    return expr_real(c->a, a->span, of[u->dimension], v * u->factor);
}

struct expr *
measured(struct checker *c, struct expr *e)
{
    expr_measure(e);
    if (e->places <= EXPR_MOST_PLACES && e->size <= EXPR_MOST_SIZE)
        return e;
    struct diag *m;
    if (e->places > EXPR_MOST_PLACES) {
        m = error_at(c, RULE_VALUE, e->at, "this expression is nested too deeply to be evaluated");
        diag_help(m, "write the longer side of a sign first: (a + b) + c needs less room than "
                     "a + (b + c)");
    } else {
        m = error_at(c, RULE_VALUE, e->at, "this expression is too long to be evaluated");
        diag_help(m, "make columns of parts of it: table ... { name = ... }");
    }
    return error_expr(c, e->at);
}

static struct expr *
any_expr(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    switch (a->kind) {
    case AST_INT:
        return expr_int(c->a, a->span, a->ival);
    case AST_REAL:
        return expr_real(c->a, a->span, TYPE_REAL, a->rval);
    case AST_BOOL:
        return expr_bool(c->a, a->span, a->ival);
    case AST_QUANTITY:
        return quantity(s, a);
    case AST_STRING:
        return check_string(s, a);
    case AST_NAME:
        return name_expr(s, a);
    case AST_FIELD:
        return field_expr(s, a);
    case AST_CALL:
        return check_call(s, a);
    case AST_UNARY:
    case AST_BINARY:
    case AST_IF:
        return operator_expr(s, a);
    case AST_LIST:
    case AST_RANGE:
        diag_help(error_at(c, RULE_TYPE, a->span, "a %s cannot stand here; one value is needed",
                      ast_kind_name(a->kind)),
            "write it behind 'in', or declare it: set NAME = ...");
        return error_expr(c, a->span);
    case AST_LOST:
        return error_expr(c, a->span);
    default:
        error_at(c, RULE_TYPE, a->span, "this is no value");
        return error_expr(c, a->span);
    }
}

bool
check_enter(struct checker *c, unsigned by, struct span at)
{
    enum { MOST_DEPTH = 4000 }; /* far from the end of a stack of 8 MB */
    c->depth += by;
    if (c->depth <= MOST_DEPTH)
        return true;
    if (!c->too_deep) {
        struct diag *m =
            error_at(c, RULE_SIZE, at, "too many declarations are made by means of one another");
        diag_help(m, "declare what others build on before them");
    }
    c->too_deep = true;
    return false;
}

struct expr *
check_expr(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct expr *e =
        check_enter(c, 1, a->span) ? measured(c, any_expr(s, a)) : error_expr(c, a->span);
    c->depth--;
    if (e->type != TYPE_REGION || s->region)
        return e;
    struct diag *m = error_at(c, RULE_REGION, a->span, "this is a region, and one value is needed");
    diag_help(m, "ask it: overlaps(v, s, region), contains(region, place), area(region)");
    return error_expr(c, a->span);
}

static enum dimension
dimension_of(enum type t)
{
    return t == TYPE_BYTES      ? DIM_BYTES
           : t == TYPE_DURATION ? DIM_DURATION
           : t == TYPE_ANGLE    ? DIM_ANGLE
                                : DIM_NONE;
}

/* A number with a word that is no unit, where it is known what is wanted: `retry 2 times`. */
static bool
odd_unit(struct scope *s, const struct ast *a, enum type want, const char *what)
{
    bool counted = is_number(want);
    if (a->kind != AST_QUANTITY || unit_find(a->text) || (!counted && !is_quantity(want)) ||
        (!counted && (unit_suggest(a->text) || strpbrk(a->text, "0123456789"))))
        return false;
    if (counted)
        diag_help(error_at(s->c, RULE_UNIT, a->name_span,
                      "%s needs a number without a unit, and '%s' is none", what, a->text),
            "leave '%s' out", a->text);
    else
        help_units(error_at(s->c, RULE_UNIT, a->name_span, "unknown unit '%s'", a->text),
            dimension_of(want));
    return true;
}

/* Is this a number as it stands, with a sign perhaps? */
static bool
is_literal(const struct ast *a)
{
    if (a->kind == AST_UNARY && a->text[0] == '-')
        a = a->child;
    return a->kind == AST_INT || a->kind == AST_REAL;
}

struct expr *
check_typed(struct scope *s, const struct ast *a, enum type want, const char *what)
{
    struct checker *c = s->c;
    if (odd_unit(s, a, want, what))
        return error_expr(c, a->span);
    bool region = s->region;
    s->region = want == TYPE_REGION;
    struct expr *e = check_expr(s, a);
    s->region = region;
    if (e->type == want || e->type == TYPE_ERROR)
        return e;
    if (want == TYPE_REAL && e->type == TYPE_INT)
        return op_expr(c, OP_TOREAL, TYPE_REAL, a->span, e, NULL);
    struct diag *m;
    if (is_number(e->type) && is_quantity(want)) {
        m = error_at(c, RULE_UNIT, a->span, "%s needs %s, and this number has no unit", what,
            type_name(want));
        const char *text = diag_text(c->d, a->span.file, NULL) + a->span.start;
        if (is_literal(a))
            diag_help(m, "write for example: %.*s %s", (int)(a->span.end - a->span.start), text,
                want == TYPE_BYTES      ? a->kind == AST_INT && a->ival >= 1000 ? "MB" : "GB"
                : want == TYPE_DURATION ? "min"
                                        : "deg");
        else
            diag_help(m, "multiply it by a quantity, as in: x * %s",
                want == TYPE_BYTES      ? "1 GB"
                : want == TYPE_DURATION ? "1 min"
                                        : "1 deg");
    } else {
        m = error_at(c, RULE_TYPE, a->span, "%s needs %s, and this is %s", what, type_name(want),
            type_name(e->type));
        if (want == TYPE_STRING)
            diag_help(m, "put it into text: \"{...}\"");
    }
    return error_expr(c, a->span);
}
