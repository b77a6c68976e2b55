/* What a name in an expression stands for: a column, an output, what a needed task has, a value. */
#include "config.h"

#include "check/check.h"

#include <string.h>

enum type
column_type(enum column_type t)
{
    static const enum type of[] = {TYPE_INT, TYPE_REAL, TYPE_STRING, TYPE_BOOL};
    return of[t];
}

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

struct expr *
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
            diag_help(error_at(c, RULE_TEMPLATE, a->span,
                          "the output '%s' can be named in run and env only", a->text),
                "elsewhere write its path; a command that is to look at a file has the path as $1");
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

struct expr *
field_expr(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const struct ast *object = a->child;
    if (object->kind == AST_NAME) {
        int v = find_var(s->var, s->nvars, object->text);
        if (v < 0 && strcmp(object->text, "bundle") == 0 &&
            (strcmp(a->text, "size") == 0 || strcmp(a->text, "width") == 0))
            return bundle_number(s, a);
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
