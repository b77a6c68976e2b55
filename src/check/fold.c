/* sum, min and max of one argument: over the rows of a table, or over what a task needs. */
#include "config.h"

#include "check/check.h"

#include <string.h>

struct fold {
    struct scope *s;
    const char *name; /* "sum", "min", "max" */
    enum vm_op how;
    const struct ast *call, *arg;
};

static bool
is_variable(const struct scope *s, const char *name)
{
    for (unsigned i = 0; i < s->nvars; i++)
        if (strcmp(s->var[i].name, name) == 0)
            return true;
    return s->row && table_column(s->row, strpool_adds(&s->c->m->strings, name)) >= 0;
}

/* Of what `a` is a part, or itself. */
static const struct ast *
base_of(const struct ast *a)
{
    while (a->kind == AST_FIELD || a->kind == AST_INDEX || a->kind == AST_SELECT)
        a = a->child;
    return a;
}

static bool
is_table(const struct scope *s, const struct ast *a)
{
    if (a->kind != AST_NAME || is_variable(s, a->text))
        return false;
    const struct decl *d = find_decl(s->c, a->text);
    return d && d->kind == DECL_TABLE;
}

static struct expr *
wrong_type(const struct fold *f, struct span at, enum type t)
{
    struct checker *c = f->s->c;
    struct diag *m = error_at(c, RULE_TYPE, at, "%s cannot be taken of %s", f->name, type_name(t));
    if (t == TYPE_BOOL && f->how == OP_ADD)
        diag_help(m, "count conditions by numbers: sum(if ... then 1 else 0)");
    return error_expr(c, f->call->span);
}

/* --- over a table --- */

/* Of the whole numbers first, first + step ...: their number is not zero. */
static bool
progression(enum vm_op how, const struct column *col, uint32_t n, struct value *v)
{
    int64_t last = vm_progression(col->first, col->step, n - 1);
    bool low = (how == OP_MIN) == (col->step > 0);
    if (how != OP_ADD) {
        v->i = low ? col->first : last;
        return true;
    }
    __int128 sum = ((__int128)col->first + last) * n / 2;
    v->i = (int64_t)sum;
    return v->i == sum;
}

static struct expr *
column_fold(const struct fold *f, const struct table *t, unsigned k)
{
    struct checker *c = f->s->c;
    const struct column *col = &t->col[k];
    static const enum type type[] = {TYPE_INT, TYPE_REAL, TYPE_STRING, TYPE_BOOL};
    if (col->type != COLUMN_INT && col->type != COLUMN_REAL)
        return wrong_type(f, f->arg->span, type[col->type]);
    if (t->nrows == 0 && f->how != OP_ADD)
        return fails(c, f->call->span, type[col->type], "%s of nothing: table '%s' has no rows",
            f->name, strpool_get(&c->m->strings, t->name));
    struct expr *hole = hole_fails(c, t, k, type[col->type], f->arg->span);
    if (hole)
        return hole;
    struct vm_eval ev = {0};
    struct value all = {.tag = VAL_INT};
    if (col->type == COLUMN_REAL)
        all = (struct value){.tag = VAL_REAL};
    bool ok = true;
    if (!col->data && t->nrows) {
        ok = progression(f->how, col, t->nrows, &all);
        if (!ok)
            strcpy(ev.error, "the result is too large for a whole number");
    } else {
        for (uint32_t r = 0; r < t->nrows && ok; r++) {
            struct value v = cell_value(&c->m->strings, col, r);
            if (r == 0 && f->how != OP_ADD)
                all = v;
            ok = vm_fold(&ev, f->how, &all, &v);
        }
    }
    if (ok)
        return expr_value(c->a, f->call->span, type[col->type], all);
    return fails(c, f->call->span, type[col->type], "%s", ev.error);
}

/* The argument is a column of a table, or a table of one column. */
static struct expr *
table_fold(const struct fold *f)
{
    struct checker *c = f->s->c;
    const struct ast *a = f->arg, *rows = a->kind == AST_FIELD ? a->child : a;
    const struct table *t = for_table(c, rows, "");
    int k = 0;
    if (!t)
        return error_expr(c, f->call->span);
    const char *name = strpool_get(&c->m->strings, t->name);
    if (rows != a) {
        k = table_column(t, strpool_adds(&c->m->strings, a->text));
        if (k < 0)
            unknown_column(f->s, a->name_span, t, a->text);
    } else if (t->ncols != 1) {
        struct diag *m = error_at(c, RULE_TYPE, a->span,
            "'%s' has %u columns, and %s is taken of one", name, t->ncols, f->name);
        for (unsigned i = t->ncols; i-- > 0;)
            if (t->col[i].type == COLUMN_INT || t->col[i].type == COLUMN_REAL)
                k = (int)i;
        if (t->ncols)
            diag_help(m, "say which column: %s(%s.%s)", f->name,
                a->kind == AST_NAME ? a->text : "...", strpool_get(&c->m->strings, t->col[k].name));
        k = -1;
    }
    return k < 0 ? error_expr(c, f->call->span) : column_fold(f, t, (unsigned)k);
}

/* --- over what is needed --- */

/* The tasks that an argument names: the first two. */
struct named {
    unsigned n;
    const struct ast *at[2]; /* NAME */
};

static void
find_tasks(const struct fold *f, const struct ast *a, struct named *out)
{
    if (a->kind == AST_NAME && !is_variable(f->s, a->text)) {
        struct decl *d = find_decl(f->s->c, a->text);
        if (d && d->kind == DECL_TASK && !(out->n && strcmp(out->at[0]->text, a->text) == 0) &&
            out->n < 2) {
            d->used = true;
            out->at[out->n++] = a;
        }
    }
    const struct ast *x = a->child;
    if (a->kind == AST_CALL && x->kind == AST_NAME) /* a function */
        x = x->next;
    for (; x; x = x->next)
        find_tasks(f, x, out);
}

/* "warp.w.seconds", or NULL: the task has no variable. */
static const char *
example_of(struct checker *c, const struct family *p)
{
    const char *any = NULL;
    for (unsigned v = 0; v < p->nvars; v++) {
        const struct table *t = p->var[v].table;
        const char *name = arena_printf(c->a, "%s.%s", p->name, p->var[v].name);
        for (uint32_t k = 0; t && k < t->ncols; k++) {
            if (t->col[k].type != COLUMN_INT && t->col[k].type != COLUMN_REAL)
                continue;
            return t->ncols == 1 ? name
                                 : arena_printf(c->a, "%s.%s", name,
                                       strpool_get(&c->m->strings, t->col[k].name));
        }
        any = any ? any : arena_printf(c->a, "%s.COLUMN", name);
    }
    return any;
}

static void
help_example(const struct fold *f, struct diag *m, const struct family *p)
{
    const char *example = example_of(f->s->c, p);
    if (example)
        diag_help(m, "for example: %s(%s)", f->name, example);
    else
        diag_help(m, "task '%s' has no variables; count(%s) is how many are needed", p->name,
            p->name);
}

/* Task `p` has no variable called as the field says. */
static void
no_variable(const struct fold *f, const struct family *p, const struct ast *field)
{
    struct checker *c = f->s->c;
    uint32_t id = strpool_adds(&c->m->strings, field->text);
    for (unsigned k = 0; k < p->noutputs; k++) {
        if (strcmp(p->output[k].name, field->text) == 0 || strcmp(field->text, "output") == 0) {
            help_example(f,
                error_at(c, RULE_TYPE, field->span,
                    "'%s.%s' is the path of an output, and %s needs numbers", p->name, field->text,
                    f->name),
                p);
            return;
        }
    }
    struct diag *m = error_at(c, RULE_UNKNOWN_NAME, field->name_span,
        "task '%s' has no variable '%s'", p->name, field->text);
    const char **name = arena_alloc(c->a, (p->nvars + 1) * sizeof *name);
    for (unsigned v = 0; v < p->nvars; v++) {
        name[v] = p->var[v].name;
        if (p->var[v].table && table_column(p->var[v].table, id) >= 0) {
            diag_help(m, "did you mean '%s.%s.%s'?", p->name, name[v], field->text);
            return;
        }
    }
    const char *near = diag_nearest(field->text, name, p->nvars);
    if (near)
        diag_help(m, "did you mean '%s.%s'?", p->name, near);
    else
        help_example(f, m, p);
}

/* Does each place that names the task name a value of it? `part`: `a` stands before a dot. */
static bool
values_ok(const struct fold *f, const struct family *p, const struct ast *a, bool part)
{
    struct checker *c = f->s->c;
    if (a->kind == AST_NAME && strcmp(a->text, p->name) == 0) {
        help_example(f,
            error_at(c, RULE_TYPE, a->span,
                "'%s' is a task, and %s needs a value of each of its tasks", a->text, f->name),
            p);
        return false;
    }
    if (a->kind == AST_FIELD && a->child->kind == AST_NAME &&
        strcmp(a->child->text, p->name) == 0) {
        const struct var *v = NULL;
        for (unsigned i = 0; i < p->nvars; i++)
            if (strcmp(p->var[i].name, a->text) == 0)
                v = &p->var[i];
        if (!v) {
            no_variable(f, p, a);
            return false;
        }
        if (part || !v->table || v->table->ncols == 1)
            return true;
        help_example(f,
            error_at(c, RULE_TYPE, a->span,
                "'%s.%s' is a whole row of table '%s', and one value is needed", p->name, a->text,
                strpool_get(&c->m->strings, v->table->name)),
            p);
        return false;
    }
    bool ok = true;
    const struct ast *x = a->child;
    if (a->kind == AST_CALL && x->kind == AST_NAME)
        x = strcmp(x->text, "count") == 0 ? NULL : x->next; /* that one says itself what is wrong */
    for (; x; x = x->next)
        ok = values_ok(f, p, x, a->kind == AST_FIELD) && ok;
    return ok;
}

struct strange {
    const struct fold *f;
    const struct family *producer;
    bool found;
};

static void
only_variables(struct checker *c, struct span at, const char *fold, const char *task)
{
    error_at(c, RULE_NEEDS, at,
        "inside %s only variables can be named: those of '%s' and of this task", fold, task);
}

/* The code of a fold runs over pairs of rows, of this task and of one that is needed: what else
 * these tasks have, it cannot ask for. */
static void
find_strange(const struct expr *e, void *arg)
{
    struct strange *x = arg;
    if (!expr_asks_task(e->kind) || x->found)
        return;
    only_variables(x->f->s->c, e->at, x->f->name, x->producer->name);
    x->found = true;
}

static struct expr *
need_fold(const struct fold *f, unsigned need)
{
    struct checker *c = f->s->c;
    const struct need *n = &f->s->family->need[need];
    if (!values_ok(f, n->producer, f->arg, false))
        return error_expr(c, f->call->span);
    struct scope inner = *f->s;
    inner.need = n;
    inner.fold = f->name;
    struct expr *each = check_expr(&inner, f->arg);
    if (each->type == TYPE_ERROR)
        return error_expr(c, f->call->span);
    struct strange strange = {f, n->producer, false};
    expr_walk(each, find_strange, &strange);
    if (strange.found)
        return error_expr(c, f->call->span);
    if (!is_number(each->type) && !is_quantity(each->type))
        return wrong_type(f, f->arg->span, each->type);
    struct expr *e = expr_new(c->a, EX_NEED_FOLD, each->type, f->call->span, 1);
    e->index = need;
    e->how = f->how;
    e->arg[0] = each;
    return e;
}

/* A column of a table inside of `a`, or NULL. */
static const struct ast *
find_column(const struct scope *s, const struct ast *a)
{
    if (a->kind == AST_FIELD && is_table(s, base_of(a)))
        return a;
    const struct ast *found = NULL;
    for (const struct ast *x = a->child; x && !found; x = x->next)
        found = find_column(s, x);
    return found;
}

/* The argument is neither a column of a table nor names a needed task. */
static struct expr *
over_what(const struct fold *f)
{
    struct scope *s = f->s;
    struct checker *c = s->c;
    const struct ast *a = f->arg, *base = base_of(a);
    if (a != base && base->kind == AST_NAME && !is_variable(s, base->text) &&
        !find_decl(c, base->text)) {
        unknown_name(s, base->span, base->text, "table or task");
        return error_expr(c, f->call->span);
    }
    const struct ast *column = find_column(s, a);
    struct diag *m;
    if (column) {
        find_decl(c, base_of(column)->text)->used = true;
        m = error_at(c, RULE_TYPE, a->span, "%s over a table takes one column as it is", f->name);
        diag_help(m, "give the table another column, by a line in its block: name = ...");
        return error_expr(c, f->call->span);
    }
    struct expr *e = check_expr(s, a);
    if (e->type == TYPE_ERROR)
        return e;
    m = error_at(c, RULE_TYPE, f->call->span,
        "%s of one value: it names no table and no needed task to go over", f->name);
    const char *table = e->kind == EX_COLUMN ? strpool_get(&c->m->strings, e->table->name) : "";
    const struct decl *d = find_decl(c, table);
    const char *example = NULL;
    for (unsigned i = 0; needs_known(s) && i < s->family->nneeds && !example; i++)
        example = example_of(c, s->family->need[i].producer);
    if (example)
        diag_help(m, "over the tasks that this one needs: %s(%s)", f->name, example);
    else if (d && d->kind == DECL_TABLE && e->table->ncols == 1)
        diag_help(m, "over the whole set: %s(%s)", f->name, table);
    else if (d && d->kind == DECL_TABLE)
        diag_help(m, "over the whole table: %s(%s.%s)", f->name, table,
            strpool_get(&c->m->strings, e->table->col[e->column].name));
    else if (f->how == OP_ADD)
        diag_help(m, "write: sum(TABLE.column), sum(TASK.variable.column), or a + b");
    else
        diag_help(m, "write: %s(a, b), %s(TABLE.column) or %s(TASK.variable.column)", f->name,
            f->name, f->name);
    return error_expr(c, f->call->span);
}

bool
needs_known(const struct scope *s)
{
    return s->family && !s->need && !s->own_only;
}

struct expr *
needs_unknown(struct scope *s, struct span at, const char *task)
{
    if (s->fold) {
        only_variables(s->c, at, s->fold, task);
        return error_expr(s->c, at);
    }
    struct diag *m =
        error_at(s->c, RULE_NEEDS, at, "what is needed of '%s' is not known here", task);
    diag_help(m, "costs, run, env and inputs may ask for it; conditions, the order of tasks, "
                 "outputs and checkpoints know the task's own rows only");
    return error_expr(s->c, at);
}

struct expr *
fold_call(struct scope *s, const char *name, enum vm_op how, const struct ast *call)
{
    struct checker *c = s->c;
    const struct fold f = {s, name, how, call, call->child->next};
    const struct ast *base = base_of(f.arg);
    if (is_table(s, base))
        return table_fold(&f);
    struct named task = {0};
    find_tasks(&f, f.arg, &task);
    if (s->fold) {
        error_at(c, RULE_NEEDS, call->span, "%s cannot stand inside %s", name, s->fold);
        return error_expr(c, call->span);
    }
    if (!task.n)
        return over_what(&f);
    if (!needs_known(s))
        return needs_unknown(s, task.at[0]->span, task.at[0]->text);
    for (unsigned i = 0; i < task.n; i++) {
        if (find_need(s->family, task.at[i]->text) >= 0)
            continue;
        struct diag *m = error_at(c, RULE_NEEDS, task.at[i]->span,
            "task '%s' is used here, but not needed", task.at[i]->text);
        diag_help(m, "write: task %s ... needs %s", s->family->name, task.at[i]->text);
        return error_expr(c, call->span);
    }
    if (task.n > 1) {
        struct diag *m = error_at(c, RULE_NEEDS, call->span,
            "%s is over the tasks of one need, and this names '%s' and '%s'", name,
            task.at[0]->text, task.at[1]->text);
        diag_help(m, "take the %s over each alone, and join these", name);
        return error_expr(c, call->span);
    }
    return need_fold(&f, (unsigned)find_need(s->family, task.at[0]->text));
}
