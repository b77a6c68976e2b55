#include "config.h"

#include "check/check.h"
#include "model/units.h"

#include <stdio.h>
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

struct expr *
error_expr(struct checker *c, struct span at)
{
    return expr_new(c->a, EX_CONST, TYPE_ERROR, at, 0);
}

enum type
column_type(enum column_type t)
{
    static const enum type of[] = {TYPE_INT, TYPE_REAL, TYPE_STRING, TYPE_BOOL};
    return of[t];
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

/* --- names --- */

struct expr *
column_expr(struct scope *s, unsigned var, const struct table *t, unsigned column, struct span at)
{
    struct expr *e = expr_new(s->c->a, EX_COLUMN, column_type(t->col[column].type), at, 0);
    e->var = var;
    e->table = t;
    e->column = column;
    return e;
}

/* Column `field` of the row of variable number `var`, which has that table. */
static struct expr *
row_field(struct scope *s, unsigned var, const struct table *t, const struct ast *field)
{
    uint32_t id = strpool_adds(&s->c->m->strings, field->text);
    int i = table_column(t, id);
    if (i >= 0)
        return column_expr(s, var, t, (unsigned)i, field->span);
    unknown_column(s, field->name_span, t, field->text);
    return error_expr(s->c, field->span);
}

int
find_var(const struct var *var, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++)
        if (strcmp(var[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* A bare variable: the value itself where its table has one column. */
static struct expr *
variable(struct scope *s, unsigned number, const struct var *v, struct span at)
{
    if (!v->table)
        return error_expr(s->c, at);
    if (v->table->ncols == 1)
        return column_expr(s, number, v->table, 0, at);
    struct diag *m =
        error_at(s->c, RULE_TYPE, at, "'%s' is a whole row of table '%s', and one value is needed",
            v->name, strpool_get(&s->c->m->strings, v->table->name));
    if (v->table->ncols)
        diag_help(m, "say which column: %s.%s", v->name,
            strpool_get(&s->c->m->strings, v->table->col[0].name));
    return error_expr(s->c, at);
}

static struct expr *
copy_at(struct checker *c, const struct expr *e, struct span at)
{
    struct expr *copy = arena_alloc(c->a, sizeof *copy);
    *copy = *e;
    copy->at = at;
    return copy;
}

static void
find_need_use(const struct expr *e, void *arg)
{
    if (e->kind == EX_COUNT || e->kind == EX_NEED_OUT || e->kind == EX_NEED_FOLD)
        *(const struct expr **)arg = e;
}

/* A path that is inserted into a command which works in another folder is told from the root on. */
static struct expr *
path_expr(struct scope *s, struct expr *path)
{
    if (!s->moves || path->type != TYPE_STRING)
        return path;
    struct expr *e = expr_new(s->c->a, EX_WHOLE, TYPE_STRING, path->at, 1);
    e->arg[0] = path;
    return e;
}

static struct expr *
input_path(struct scope *s, const struct file_spec *input, struct span at)
{
    const struct expr *need = NULL;
    expr_walk(input->path, find_need_use, &need);
    if (need && !needs_known(s))
        return needs_unknown(s, at, s->family->need[need->index].producer->name);
    return path_expr(s, copy_at(s->c, input->path, at));
}

static struct expr *
name_expr(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    int i = s->row ? table_column(s->row, strpool_adds(&c->m->strings, a->text)) : -1;
    if (i >= 0)
        return column_expr(s, 0, s->row, (unsigned)i, a->span);
    i = find_var(s->var, s->nvars, a->text);
    if (i >= 0)
        return variable(s, (unsigned)i, &s->var[i], a->span);
    for (unsigned k = 0; s->family && k < s->family->noutputs; k++) {
        struct file_spec *f = &s->family->output[k];
        if (strcmp(f->name, a->text) != 0)
            continue;
        if (!s->in_run) {
            error_at(c, RULE_TEMPLATE, a->span, "the output '%s' can be named in run and env only",
                a->text);
            return error_expr(c, a->span);
        }
        f->used = true;
        struct expr *e = expr_new(c->a, EX_OUT, TYPE_STRING, a->span, 0);
        e->index = k;
        return path_expr(s, e);
    }
    if (strcmp(a->text, "here") == 0) {
        const char *file = diag_name(c->d, a->span.file), *slash = strrchr(file, '/');
        size_t n = slash ? (size_t)(slash - file) : 1;
        return expr_string(c->a, a->span, slash ? file : ".", n ? n : 1);
    }
    for (unsigned k = 0; s->family && k < s->family->ninputs; k++)
        if (strcmp(s->family->input[k].name, a->text) == 0)
            return input_path(s, &s->family->input[k], a->span);
    struct decl *d = find_decl(c, a->text);
    if (!d && s->row) {
        unknown_column(s, a->span, s->row, a->text);
        return error_expr(c, a->span);
    }
    if (!d) {
        unknown_name(s, a->span, a->text, "name");
        return error_expr(c, a->span);
    }
    d->used = true;
    if (d->kind == DECL_REGION)
        return copy_at(c, decl_region(c, d, a->span), a->span);
    if (d->kind == DECL_VALUE)
        return copy_at(c, decl_value(c, d, a->span), a->span);
    struct diag *m = error_at(c, RULE_TYPE, a->span, "'%s' is a %s, and one value is needed",
        a->text, decl_what(d));
    if (d->kind == DECL_TABLE)
        diag_help(m, "let a variable run over it: for x in %s", a->text);
    else if (d->kind == DECL_TASK)
        diag_help(m, "name one of its outputs: %s.output", a->text);
    return error_expr(c, a->span);
}

static struct expr *
need_output(struct scope *s, unsigned need, const struct ast *field)
{
    struct checker *c = s->c;
    const struct family *p = s->family->need[need].producer;
    unsigned k = 0;
    if (strcmp(field->text, "output") == 0 && p->noutputs == 1) {
        k = 0;
    } else {
        while (k < p->noutputs && strcmp(p->output[k].name, field->text) != 0)
            k++;
        if (k == p->noutputs) {
            if (name_is_lost(c, field->text))
                return error_expr(c, field->span);
            struct diag *m = error_at(c, RULE_UNKNOWN_NAME, field->name_span,
                "task '%s' has no output called '%s'", p->name, field->text);
            const char **name = arena_alloc(c->a, (p->noutputs + 1) * sizeof *name);
            for (k = 0; k < p->noutputs; k++)
                name[k] = p->output[k].name;
            const char *near = diag_nearest(field->text, name, p->noutputs);
            if (near && *near)
                diag_help(m, "did you mean '%s'?", near);
            else if (p->noutputs == 1)
                diag_help(m, "its one output is %s.output", p->name);
            else if (strcmp(field->text, "output") == 0 && p->noutputs > 1)
                diag_help(m, "'%s' has %u outputs: write %s.NAME, with the name of one of them",
                    p->name, p->noutputs, p->name);
            else
                diag_help(m, "give the output a name: output %s \"...\"", field->text);
            return error_expr(c, field->span);
        }
    }
    p->output[k].asked = true;
    struct expr *e = expr_new(c->a, EX_NEED_OUT, TYPE_STRING, field->span, 0);
    e->index = need;
    e->output = k;
    return path_expr(s, e);
}

static struct expr *
field_expr(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const struct ast *object = a->child;
    if (object->kind == AST_NAME) {
        int v = find_var(s->var, s->nvars, object->text);
        if (v < 0 && strcmp(object->text, "bundle") == 0 && strcmp(a->text, "size") == 0)
            return bundle_size(s, a);
        if (v >= 0) {
            if (!s->var[v].table)
                return error_expr(c, a->span);
            return row_field(s, (unsigned)v, s->var[v].table, a);
        }
        if (s->need && strcmp(s->need->producer->name, object->text) == 0) {
            const struct family *p = s->need->producer;
            v = find_var(p->var, p->nvars, a->text);
            if (v >= 0)
                return variable(s, s->nvars + (unsigned)v, &p->var[v], a->span);
            struct diag *m = error_at(c, RULE_UNKNOWN_NAME, a->name_span,
                "task '%s' has no variable '%s'", p->name, a->text);
            if (p->nvars && p->var[0].table && p->var[0].table->ncols > 1)
                diag_help(m, "its first variable is '%s', and a column of it %s.%s.COLUMN",
                    p->var[0].name, p->name, p->var[0].name);
            else if (p->nvars)
                diag_help(m, "its first variable is '%s'", p->var[0].name);
            return error_expr(c, a->span);
        }
        int n = s->family && !s->need ? find_need(s->family, object->text) : -1;
        if (n >= 0 && !needs_known(s))
            return needs_unknown(s, a->span, object->text);
        if (n >= 0)
            return need_output(s, (unsigned)n, a);
        struct decl *d = find_decl(c, object->text);
        if (!d) {
            unknown_name(s, object->span, object->text, "name");
        } else if (d->kind == DECL_TASK) {
            d->used = true;
            struct diag *m = error_at(c, RULE_NEEDS, a->span,
                "task '%s' is used here, but not needed", object->text);
            if (s->family)
                diag_help(m, "write: task %s ... needs %s", s->family->name, object->text);
        } else {
            d->used = true;
            struct diag *m = error_at(c, RULE_TYPE, object->span,
                "'%s' is a %s and has no parts here", object->text, decl_what(d));
            if (d->kind == DECL_TABLE)
                diag_help(m, "let a variable run over it: for x in %s", object->text);
        }
        return error_expr(c, a->span);
    }
    if (object->kind == AST_FIELD && object->child->kind == AST_NAME && s->need &&
        strcmp(s->need->producer->name, object->child->text) == 0) {
        const struct family *p = s->need->producer;
        int v = find_var(p->var, p->nvars, object->text);
        if (v >= 0) {
            if (!p->var[v].table)
                return error_expr(c, a->span);
            return row_field(s, s->nvars + (unsigned)v, p->var[v].table, a);
        }
        error_at(c, RULE_UNKNOWN_NAME, object->name_span, "task '%s' has no variable '%s'", p->name,
            object->text);
        return error_expr(c, a->span);
    }
    error_at(c, RULE_TYPE, object->span, "this has no part called '%s'", a->text);
    return error_expr(c, a->span);
}

/* --- operators --- */

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
    bool and = strcmp(a->text, "and") == 0, or = strcmp(a->text, "or") == 0;
    s->c->lazy += and || or ;
    struct expr *y = check_expr(s, right);
    s->c->lazy -= and || or ;
    if (x->type == TYPE_ERROR || y->type == TYPE_ERROR)
        return error_expr(s->c, a->span);
    bool minus = strcmp(a->text, "minus") == 0;
    if (x->type == TYPE_REGION && y->type == TYPE_REGION && (minus || or || and))
        return region_join(s, a, x, y);
    if (and || or) {
        if (x->type != TYPE_BOOL || y->type != TYPE_BOOL)
            return mismatch(s, a, x, y);
        return logic(s->c, and? EX_AND : EX_OR, a->span, x, y);
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
        return unary(s, a);
    case AST_BINARY:
        return binary(s, a);
    case AST_IF:
        return conditional(s, a);
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
