/* Calls: which functions there are, and what they take. */
#include "config.h"

#include "check/check.h"
#include "model/units.h"

#include <string.h>

static const struct function {
    const char *name;
    unsigned least, most; /* arguments */
    enum vm_op op; /* what it becomes; or, where the checker answers itself, what tells it apart */
    /* clang-format off */
} functions[] = {
    {"min", 1, 100, OP_MIN}, {"max", 1, 100, OP_MAX}, {"sum", 1, 1, OP_ADD},
    {"round", 1, 1, OP_ROUND}, {"floor", 1, 1, OP_FLOOR}, {"ceil", 1, 1, OP_CEIL},
    {"abs", 1, 1, OP_ABS},
    {"sqrt", 1, 1, OP_SQRT}, {"lower", 1, 1, OP_LOWER}, {"upper", 1, 1, OP_UPPER},
    {"length", 1, 1, OP_LEN}, {"match", 2, 2, OP_MATCH},
    {"replace", 3, 3, OP_REPLACE}, {"slice", 3, 3, OP_SLICE}, {"count", 1, 1, OP_NEED_COUNT},
    {"int", 1, 1, OP_TOINT}, {"number", 1, 1, OP_TONUM}, {"real", 1, 1, OP_TONUM},
    {"known", 1, 1, OP_NOT}, {"column", 1, 1, OP_COL},
    {"rad", 1, 1, OP_MUL}, {"deg", 1, 1, OP_MUL}};

static struct expr *
count_call(struct scope *s, const struct ast *a, const struct ast *arg)
{
    struct checker *c = s->c;
    if (arg->kind == AST_NAME) {
        int n = s->family ? find_need(s->family, arg->text) : -1;
        if (n >= 0 && !needs_known(s))
            return needs_unknown(s, arg->span, arg->text);
        if (n >= 0) {
            struct expr *e = expr_new(c->a, EX_COUNT, TYPE_INT, a->span, 0);
            e->index = (unsigned)n;
            return e;
        }
        struct decl *d = find_decl(c, arg->text);
        if (!d)
            unknown_name(s, arg->span, arg->text, "table or task");
        else
            d->used = true;
        if (d && d->kind == DECL_TABLE) {
            const struct table *t = decl_table(c, d, arg->span);
            return t ? expr_int(c->a, a->span, t->nrows) : error_expr(c, a->span);
        }
        if (d && d->kind == DECL_TASK && !needs_known(s))
            return needs_unknown(s, arg->span, arg->text);
        if (!d || d->kind == DECL_TASK) {
            if (d)
                error_at(c, RULE_NEEDS, arg->span, "task '%s' is counted here, but not needed",
                    arg->text);
            return error_expr(c, a->span);
        }
    }
    if (arg->kind == AST_FIELD || arg->kind == AST_INDEX || arg->kind == AST_SELECT ||
        arg->kind == AST_DISTINCT) {
        const struct table *t = for_table(c, arg, "");
        return t ? expr_int(c->a, a->span, t->nrows) : error_expr(c, a->span);
    }
    error_at(c, RULE_TYPE, arg->span, "count needs the name of a table or of a needed task");
    return error_expr(c, a->span);
}
/* clang-format on */

/* Of three arguments, and a text. */
static struct expr *
op3_expr(struct checker *c, enum vm_op op, struct span at, struct expr **x)
{
    struct expr *e = expr_new(c->a, EX_OP, TYPE_STRING, at, 3);
    e->op = op;
    for (unsigned i = 0; i < 3; i++)
        e->arg[i] = x[i];
    return fold(c, e);
}

static struct expr *
call_types(struct scope *s, const struct function *f, const struct ast *a, struct expr **x,
    unsigned n)
{
    struct checker *c = s->c;
    enum type t = x[0]->type;
    switch (f->op) {
    case OP_MIN:
    case OP_MAX: {
        struct expr *e = x[0];
        for (unsigned i = 1; i < n; i++) {
            t = common_type(e->type, x[i]->type);
            if (t == TYPE_ERROR || t == TYPE_BOOL) {
                error_at(c, RULE_TYPE, x[i]->at, "%s compares %s with %s", f->name,
                    type_name(e->type), type_name(x[i]->type));
                return error_expr(c, a->span);
            }
            e = op_expr(c, f->op, t, a->span, e, x[i]);
        }
        return e;
    }
    case OP_ROUND:
    case OP_FLOOR:
    case OP_CEIL:
        if (is_number(t))
            return op_expr(c, f->op, TYPE_INT, a->span, x[0], NULL);
        break;
    case OP_ABS:
        if (is_number(t) || is_quantity(t))
            return op_expr(c, f->op, t, a->span, x[0], NULL);
        break;
    case OP_SQRT:
        if (is_number(t))
            return op_expr(c, f->op, TYPE_REAL, a->span, x[0], NULL);
        break;
    case OP_TOINT:
        if (t == TYPE_INT)
            return x[0];
        if (t == TYPE_STRING)
            return op_expr(c, f->op, TYPE_INT, a->span, x[0], NULL);
        if (t == TYPE_REAL) {
            diag_help(error_at(c, RULE_TYPE, x[0]->at,
                          "int reads a text as a whole number, and this is a number"),
                "to the nearest one: round(...); downwards: floor(...)");
            return error_expr(c, a->span);
        }
        break;
    case OP_TONUM:
        if (is_number(t))
            return op_expr(c, OP_TOREAL, TYPE_REAL, a->span, x[0], NULL);
        if (t == TYPE_STRING)
            return op_expr(c, f->op, TYPE_REAL, a->span, x[0], NULL);
        break;
    case OP_LEN:
        if (t == TYPE_STRING)
            return op_expr(c, f->op, TYPE_INT, a->span, x[0], NULL);
        break;
    case OP_REPLACE:
        if (t == TYPE_STRING && x[1]->type == TYPE_STRING && x[2]->type == TYPE_STRING)
            return op3_expr(c, f->op, a->span, x);
        break;
    case OP_SLICE:
        if (t == TYPE_STRING && x[1]->type == TYPE_INT && x[2]->type == TYPE_INT)
            return op3_expr(c, f->op, a->span, x);
        break;
    case OP_MUL: /* rad, deg: a number times the unit of that name */
        if (is_number(t))
            return op_expr(c, f->op, TYPE_ANGLE, a->span, x[0],
                expr_real(c->a, a->span, TYPE_REAL, unit_find(f->name)->factor));
        if (t == TYPE_ANGLE) {
            struct diag *m = error_at(c, RULE_TYPE, x[0]->at,
                "%s makes an angle of a number, and this is an angle already", f->name);
            diag_help(m, "divide by a unit to get a number: x / 1 %s", f->name);
            return error_expr(c, a->span);
        }
        break;
    case OP_MATCH:
        if (t == TYPE_STRING && x[1]->type == TYPE_STRING)
            return op_expr(c, f->op, TYPE_BOOL, a->span, x[0], x[1]);
        break;
    default:
        if (t == TYPE_STRING)
            return op_expr(c, f->op, TYPE_STRING, a->span, x[0], NULL);
        break;
    }
    struct diag *m;
    if (f->op == OP_REPLACE || f->op == OP_SLICE) {
        m = error_at(c, RULE_TYPE, a->span, "%s needs %s", f->name,
            f->op == OP_REPLACE ? "three texts" : "a text and two whole numbers");
        diag_help(m, f->op == OP_REPLACE ? "for example: replace(s.name, \"_\", \"-\")"
                                         : "for example: slice(s.name, 0, 3)");
        return error_expr(c, a->span);
    }
    m = error_at(c, RULE_TYPE, x[0]->at, "%s cannot be taken of %s", f->name, type_name(t));
    if (t == TYPE_STRING)
        diag_help(m, "read it as a number first: %s(number(...))", f->name);
    if (is_quantity(t))
        diag_help(m, "divide by a unit first: %s(x / 1 %s)", f->name,
            t == TYPE_BYTES      ? "MB"
            : t == TYPE_DURATION ? "min"
                                 : "deg");
    return error_expr(c, a->span);
}

/* --- columns of the row at hand --- */

/* `column("b c")`: for names that cannot be written else. */
static struct expr *
column_call(struct scope *s, const struct ast *a, const struct ast *arg)
{
    struct checker *c = s->c;
    if (!s->row) {
        diag_help(error_at(c, RULE_TYPE, a->span,
                      "column(...) is for the block of a table and its where"),
            "give the column a name there: { name = column(\"...\") }");
        return error_expr(c, a->span);
    }
    struct expr *name = check_expr(s, arg);
    if (name->type == TYPE_ERROR)
        return name;
    if (name->type != TYPE_STRING || !expr_is_const(name) || !name->value.s.n) {
        diag_help(error_at(c, RULE_TYPE, arg->span, "the name of a column is a constant text"),
            "for example: column(\"b c\")");
        return error_expr(c, a->span);
    }
    int k = table_column(s->row, strpool_add(&c->m->strings, name->value.s.p, name->value.s.n));
    if (k >= 0)
        return column_expr(s, 0, s->row, (unsigned)k, a->span);
    unknown_column(s, arg->span, s->row, name->value.s.p);
    return error_expr(c, a->span);
}

/* `known(x)`: has the row a value of column x? */
static struct expr *
known_call(struct scope *s, const struct ast *a, const struct ast *arg)
{
    struct checker *c = s->c;
    struct expr *x = check_expr(s, arg);
    if (x->type == TYPE_ERROR)
        return x;
    if (!s->row || x->kind != EX_COLUMN || x->table != s->row) {
        diag_help(error_at(c, RULE_TYPE, a->span,
                      "known(...) asks for a column of the row, in the block of a table and "
                      "its where"),
            "for example: { where known(ra) }");
        return error_expr(c, a->span);
    }
    const struct holes *holes = s->row->col[x->column].holes;
    return holes ? row_ask(s, a, (struct sky_use){.what = ASK_KNOWN, .holes = holes})
                 : expr_bool(c->a, a->span, true);
}

struct expr *
check_call(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const struct ast *callee = a->child;
    if (callee->kind == AST_FIELD && callee->child->kind == AST_NAME &&
        strcmp(callee->child->text, "bundle") == 0 && strcmp(callee->text, "join") == 0)
        return bundle_join(s, a);
    if (callee->kind != AST_NAME) {
        error_at(c, RULE_TYPE, callee->span, "this is no function that can be called");
        return error_expr(c, a->span);
    }
    if (is_sky_call(callee->text))
        return sky_call(s, a);
    const struct function *f = NULL;
    const char *name[COUNT_OF(functions) + SKY_FUNCTIONS];
    for (size_t i = 0; i < COUNT_OF(functions); i++) {
        name[i] = functions[i].name;
        if (strcmp(callee->text, functions[i].name) == 0)
            f = &functions[i];
    }
    if (!f) {
        struct diag *m =
            error_at(c, RULE_UNKNOWN_NAME, callee->span, "unknown function '%s'", callee->text);
        sky_function_names(name + COUNT_OF(functions));
        const char *near = diag_nearest(callee->text, name, COUNT_OF(name));
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        return error_expr(c, a->span);
    }
    unsigned n = 0;
    for (const struct ast *x = callee->next; x; x = x->next)
        n++;
    if (n < f->least || n > f->most) {
        struct diag *m =
            error_at(c, RULE_TYPE, a->span, "%s takes %u argument%s%s, and %u %s given", f->name,
                f->least, f->least == 1 ? "" : "s", f->most > f->least ? " or more" : "", n,
                n == 1 ? "is" : "are");
        if (f->op == OP_ADD && n > 1)
            diag_help(m, "single values are added by +: a + b");
        return error_expr(c, a->span);
    }
    if (f->op == OP_COL)
        return column_call(s, a, callee->next);
    if (f->op == OP_NOT)
        return known_call(s, a, callee->next);
    if (f->op == OP_NEED_COUNT)
        return count_call(s, a, callee->next);
    if (n == 1 && (f->op == OP_MIN || f->op == OP_MAX || f->op == OP_ADD))
        return fold_call(s, f->name, f->op, a);
    struct expr **x = arena_alloc(c->a, n * sizeof(struct expr *));
    unsigned i = 0;
    for (const struct ast *arg = callee->next; arg; arg = arg->next, i++) {
        x[i] = check_expr(s, arg);
        if (x[i]->type == TYPE_ERROR)
            return error_expr(c, a->span);
    }
    return call_types(s, f, a, x, n);
}
