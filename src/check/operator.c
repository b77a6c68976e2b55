/* Operators: which types they take, and what they make of them. */
#include "config.h"

#include "check/check.h"

#include <string.h>

bool
is_number(enum type t)
{
    return t == TYPE_INT || t == TYPE_REAL;
}

bool
is_quantity(enum type t)
{
    return t == TYPE_BYTES || t == TYPE_DURATION || t == TYPE_ANGLE;
}

static struct expr *
mismatch(struct scope *s, const struct ast *a, const struct expr *x, const struct expr *y)
{
    struct diag *m = error_at(s->c, RULE_TYPE, a->span, "'%s' cannot %s %s and %s", a->text,
        strchr("<>=!", a->text[0]) ? "compare" : "join", type_name(x->type), type_name(y->type));
    const struct expr *bare = is_number(x->type) ? x : is_number(y->type) ? y : NULL;
    enum type want = bare == x ? y->type : x->type;
    if (bare && want == TYPE_BYTES)
        diag_help(m, "give the number a unit, as in 4 GB");
    else if (bare && want == TYPE_DURATION)
        diag_help(m, "give the number a unit, as in 10 min");
    else if (bare && want == TYPE_ANGLE)
        diag_help(m, "give the number a unit, as in 0.2 deg");
    else if (x->type == TYPE_STRING && y->type == TYPE_STRING && strcmp(a->text, "+") == 0)
        diag_help(m, "join texts by inserting both: \"{x}{y}\"");
    else if (x->type == TYPE_STRING || y->type == TYPE_STRING)
        diag_help(m, "a text is read as a number by number(...), as a whole one by int(...)");
    return error_expr(s->c, a->span);
}

enum type
common_type(enum type x, enum type y)
{
    if (x == y)
        return x == TYPE_REGION ? TYPE_ERROR : x; /* regions are joined, not compared */
    return is_number(x) && is_number(y) ? TYPE_REAL : TYPE_ERROR;
}

static struct expr *
arithmetic(struct scope *s, const struct ast *a, struct expr *x, struct expr *y)
{
    struct checker *c = s->c;
    enum type tx = x->type, ty = y->type;
    const char *op = a->text;
    if (strcmp(op, "div") == 0 || strcmp(op, "mod") == 0) {
        if (tx == TYPE_INT && ty == TYPE_INT)
            return op_expr(c, op[0] == 'd' ? OP_IDIV : OP_MOD, TYPE_INT, a->span, x, y);
        enum type both = common_type(tx, ty);
        if (op[0] == 'm' && (is_number(both) || is_quantity(both)))
            return op_expr(c, OP_MOD, both, a->span, x, y);
        if (op[0] == 'd' && is_number(tx) && is_number(ty)) {
            diag_help(error_at(c, RULE_TYPE, a->span, "div takes whole numbers"),
                "of others the whole part is: floor(x / y)");
            return error_expr(c, a->span);
        }
        return mismatch(s, a, x, y);
    }
    bool ok = (is_number(tx) || is_quantity(tx)) && (is_number(ty) || is_quantity(ty));
    switch (ok ? op[0] : 0) {
    case '+':
    case '-':
        if (common_type(tx, ty) != TYPE_ERROR)
            return op_expr(c, op[0] == '+' ? OP_ADD : OP_SUB, common_type(tx, ty), a->span, x, y);
        break;
    case '*':
        if (is_number(tx) && is_number(ty))
            return op_expr(c, OP_MUL, common_type(tx, ty), a->span, x, y);
        if (is_number(tx) || is_number(ty))
            return op_expr(c, OP_MUL, is_number(tx) ? ty : tx, a->span, x, y);
        break;
    case '/':
        if (is_number(ty))
            return op_expr(c, OP_DIV, is_number(tx) ? TYPE_REAL : tx, a->span, x, y);
        if (tx == ty)
            return op_expr(c, OP_DIV, TYPE_REAL, a->span, x, y);
        break;
    default:
        break;
    }
    return mismatch(s, a, x, y);
}

struct expr *
comparison(struct scope *s, const struct ast *a, enum vm_op op, struct expr *x, struct expr *y)
{
    if (x->type == TYPE_ERROR || y->type == TYPE_ERROR)
        return error_expr(s->c, a->span);
    bool ordered = op != OP_EQ && op != OP_NE;
    if (common_type(x->type, y->type) == TYPE_ERROR || (ordered && x->type == TYPE_BOOL))
        return mismatch(s, a, x, y);
    return op_expr(s->c, op, TYPE_BOOL, a->span, x, y);
}

struct expr *
logic(struct checker *c, enum expr_kind kind, struct span at, struct expr *x, struct expr *y)
{
    if (x->type == TYPE_ERROR || y->type == TYPE_ERROR)
        return error_expr(c, at);
    if (expr_is_const(x)) {
        struct expr *which = (x->value.i != 0) == (kind == EX_AND) ? asked(c, y) : x;
        return expr_is_const(which) ? expr_bool(c->a, at, which->value.i) : which;
    }
    struct expr *e = expr_new(c->a, kind, TYPE_BOOL, at, 2);
    e->arg[0] = x;
    e->arg[1] = y;
    return e;
}

static struct expr *
binary(struct scope *s, const struct ast *a)
{
    static const struct {
        const char *text;
        enum vm_op op;
    } compare[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<", OP_LT}, {"<=", OP_LE}, {">", OP_GT},
        {">=", OP_GE}};
    if (strcmp(a->text, "in") == 0)
        return membership(s, a);
    const struct ast *right = a->child->next;
    struct expr *x = check_expr(s, a->child);
    if (x->type == TYPE_STRING && strchr("=!", a->text[0]) && right->kind == AST_NAME &&
        !names_value(s, right->text) && !find_decl(s->c, right->text)) {
        unknown_name(s, right->span, right->text, "name"); /* probably text without its quotes */
        return error_expr(s->c, a->span);
    }
    bool both = strcmp(a->text, "and") == 0, either = strcmp(a->text, "or") == 0;
    s->c->lazy += both || either;
    struct expr *y = check_expr(s, right);
    s->c->lazy -= both || either;
    if (x->type == TYPE_ERROR || y->type == TYPE_ERROR)
        return error_expr(s->c, a->span);
    bool minus = strcmp(a->text, "minus") == 0;
    if (x->type == TYPE_REGION && y->type == TYPE_REGION && (minus || either || both))
        return region_join(s, a, x, y);
    if (both || either) {
        if (x->type != TYPE_BOOL || y->type != TYPE_BOOL)
            return mismatch(s, a, x, y);
        return logic(s->c, both ? EX_AND : EX_OR, a->span, x, y);
    }
    for (size_t i = 0; i < COUNT_OF(compare); i++)
        if (strcmp(a->text, compare[i].text) == 0)
            return comparison(s, a, compare[i].op, x, y);
    return arithmetic(s, a, x, y);
}

static struct expr *
unary(struct scope *s, const struct ast *a)
{
    struct expr *x = check_expr(s, a->child);
    if (x->type == TYPE_ERROR)
        return x;
    if (a->text[0] == '-') {
        if (is_number(x->type) || is_quantity(x->type))
            return op_expr(s->c, OP_NEG, x->type, a->span, x, NULL);
        error_at(s->c, RULE_TYPE, a->span, "a minus sign needs a number, and this is %s",
            type_name(x->type));
    } else {
        if (x->type == TYPE_BOOL)
            return op_expr(s->c, OP_NOT, TYPE_BOOL, a->span, x, NULL);
        error_at(s->c, RULE_TYPE, a->span, "'not' needs a condition, and this is %s",
            type_name(x->type));
    }
    return error_expr(s->c, a->span);
}

static struct expr *
conditional(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct expr *cond = check_typed(s, a->child, TYPE_BOOL, "if");
    c->lazy++;
    struct expr *yes = check_expr(s, a->child->next), *no = check_expr(s, a->child->next->next);
    c->lazy--;
    if (cond->type == TYPE_ERROR || yes->type == TYPE_ERROR || no->type == TYPE_ERROR)
        return error_expr(c, a->span);
    if (yes->type == TYPE_REGION && no->type == TYPE_REGION) {
        if (expr_is_const(cond))
            return cond->value.i ? yes : no;
        error_at(c, RULE_REGION, a->span, "which region it is must not depend on a row");
        return error_expr(c, a->span);
    }
    enum type t = common_type(yes->type, no->type);
    if (t == TYPE_ERROR) {
        error_at(c, RULE_TYPE, a->span, "'then' gives %s and 'else' gives %s", type_name(yes->type),
            type_name(no->type));
        return error_expr(c, a->span);
    }
    if (expr_is_const(cond))
        return asked(c, cond->value.i ? yes : no);
    struct expr *e = expr_new(c->a, EX_IF, t, a->span, 3);
    e->arg[0] = cond;
    e->arg[1] = yes;
    e->arg[2] = no;
    return e;
}

struct expr *
operator_expr(struct scope *s, const struct ast *a)
{
    return a->kind == AST_UNARY ? unary(s, a)
           : a->kind == AST_IF  ? conditional(s, a)
                                : binary(s, a);
}
