/* Tasks: their variables, what they need, and the rest of their blocks. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

/* of declarations that ask for each other: deeper ones are an error elsewhere */
enum { MOST_DEPTH = 50 };

/* Tables may be empty, but a task is something to run. */
static void
nothing_to_run(struct checker *c, const struct var *v, const struct ast *source)
{
    const struct table *t = v->table;
    const char *name = strpool_get(&c->m->strings, (t->of ? t->of : t)->name);
    if (!t->emptied) {
        error_at(c, RULE_EMPTY, source->span, "nothing to run: the table of '%s' has no rows",
            v->name);
        return;
    }
    struct diag *m =
        error_at(c, RULE_EMPTY, *t->emptied, "no row of '%s' fulfils this condition", name);
    diag_note(m, source->span, "so there is nothing to run");
    if (t->kind == TABLE_SENSORS && source->kind == AST_SELECT && source->child->kind == AST_NAME)
        diag_help(m, "'%s' alone is its science sensors; guiders and the like are in %s.all", name,
            name);
}

/* --- heads: variables and the names of outputs, which other tasks may ask for --- */

static void
head_vars(struct checker *c, struct family *f, const struct ast *task)
{
    f->var = arena_alloc(c->a, ast_count(task->child, AST_FOR) * sizeof *f->var);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_FOR)
            continue;
        if (f->nvars == VM_MAX_VARS / 2) {
            error_at(c, RULE_SIZE, x->span, "a task has at most %d variables", VM_MAX_VARS / 2);
            return;
        }
        for (unsigned i = 0; i < f->nvars; i++) {
            if (strcmp(f->var[i].name, x->text) == 0) {
                struct diag *m = error_at(c, RULE_DUPLICATE, x->name_span,
                    "variable '%s' is there already", x->text);
                diag_note(m, f->var[i].at, "its first place");
            }
        }
        struct var *v = &f->var[f->nvars++];
        v->name = x->text;
        v->at = x->name_span;
        v->table = for_table(c, x->child, x->text);
        if (v->table && v->table->nrows == 0)
            nothing_to_run(c, v, x->child);
    }
}

/* Does the expression ask, at some depth, for a parameter of the campaign? */
static bool
asks_param(struct checker *c, const struct family *f, const struct ast *a, unsigned depth)
{
    for (; a && depth < MOST_DEPTH; a = a->next) {
        const struct decl *d = a->kind == AST_NAME && find_var(f->var, f->nvars, a->text) < 0
                                   ? find_decl(c, a->text)
                                   : NULL;
        if (d && d->ast->kind == AST_PARAM)
            return true;
        bool more = d && (d->kind == DECL_VALUE || d->kind == DECL_TABLE);
        if ((more && asks_param(c, f, d->ast->child, depth + 1)) ||
            (a->child && asks_param(c, f, a->child, depth + 1)))
            return true;
    }
    return false;
}

static void
head_outputs(struct checker *c, struct family *f, const struct ast *task)
{
    f->output = arena_alloc(c->a, ast_count(task->child, AST_OUTPUT) * sizeof *f->output);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_OUTPUT)
            continue;
        struct file_spec *o = &f->output[f->noutputs++];
        o->name = x->text ? x->text : "";
        o->at = *o->name ? x->name_span : x->span;
        if (!*o->name)
            continue;
        for (unsigned i = 0; i + 1 < f->noutputs; i++) {
            if (strcmp(f->output[i].name, o->name) == 0) {
                struct diag *m =
                    error_at(c, RULE_DUPLICATE, o->at, "output '%s' is there already", o->name);
                diag_note(m, f->output[i].at, "its first place");
            }
        }
        for (unsigned i = 0; i < f->nvars; i++) {
            if (strcmp(f->var[i].name, o->name) == 0) {
                struct diag *m = error_at(c, RULE_DUPLICATE, o->at,
                    "output '%s' has the name of a variable", o->name);
                diag_note(m, f->var[i].at, "the variable");
            }
        }
    }
}

void
check_task_head(struct checker *c, struct family *f, const struct ast *task)
{
    head_vars(c, f, task);
    head_outputs(c, f, task);
}

/* --- needs --- */

static void
note_table(struct checker *c, struct diag *m, const struct var *v, bool rows)
{
    const char *name = strpool_get(&c->m->strings, v->table->name);
    if (rows)
        diag_note(m, v->at, "here over %u of '%s'", v->table->nrows, name);
    else
        diag_note(m, v->at, "here over '%s'", name);
}

static void
same_tables(struct checker *c, const struct family *f, const struct need *n)
{
    const struct family *p = n->producer;
    for (unsigned i = 0; i < f->nvars; i++) {
        for (unsigned k = 0; k < p->nvars; k++) {
            if (strcmp(f->var[i].name, p->var[k].name) != 0 || !f->var[i].table ||
                !p->var[k].table || f->var[i].table == p->var[k].table)
                continue;
            const struct table *here = f->var[i].table, *there = p->var[k].table;
            bool rows = (here->of ? here->of : here) == (there->of ? there->of : there);
            struct diag *m =
                error_at(c, RULE_NEEDS, n->at, "'%s' runs over different %s in '%s' and '%s'",
                    f->var[i].name, rows ? "rows" : "tables", f->name, p->name);
            note_table(c, m, &f->var[i], rows);
            note_table(c, m, &p->var[k], rows);
            bool values = f->var[i].table->ncols == 1 && p->var[k].table->ncols == 1;
            diag_help(m, "say what agrees: needs %s where %s.%s%s == %s%s", p->name, p->name,
                p->var[k].name, values ? "" : ".COLUMN", f->var[i].name, values ? "" : ".COLUMN");
        }
    }
}

static const struct table *
via_table(struct checker *c, const struct ast *via)
{
    struct scope s = {.c = c};
    struct decl *d = find_decl(c, via->text);
    if (d)
        d->used = true;
    if (d && d->kind == DECL_TABLE)
        return decl_table(c, d, via->span);
    if (d)
        error_at(c, RULE_TYPE, via->span, "'%s' is not a table", via->text);
    else
        unknown_name(&s, via->span, via->text, "table");
    return NULL;
}

/* The task that is meant probably counts as needed, so that what it gives is no further error. */
static void
unknown_need(struct scope *s, struct family *f, const struct ast *x)
{
    struct checker *c = s->c;
    const char **name = arena_alloc(c->a, c->in_order.n * sizeof *name);
    size_t n = 0;
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (d->kind == DECL_TASK && d->family != f)
            name[n++] = d->name;
    }
    const char *near = diag_nearest(x->text, name, n);
    unknown_name(s, x->name_span, x->text, "task");
    if (near && find_need(f, near) < 0)
        f->need[f->nneeds++] =
            (struct need){.producer = find_decl(c, near)->family, .at = x->name_span};
}

static void
check_needs(struct checker *c, struct family *f, const struct ast *task)
{
    f->need = arena_alloc(c->a, ast_count(task->child, AST_NEEDS) * sizeof *f->need);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_NEEDS)
            continue;
        struct decl *d = find_decl(c, x->text);
        if (!d || d->kind != DECL_TASK) {
            struct scope s = {.c = c};
            if (!d)
                unknown_need(&s, f, x);
            else
                error_at(c, RULE_NEEDS, x->name_span, "'%s' is not a task", x->text);
            continue;
        }
        d->used = true;
        if (find_need(f, x->text) >= 0) {
            error_at(c, RULE_DUPLICATE, x->name_span, "task '%s' is needed twice", x->text);
            continue;
        }
        struct need *n = &f->need[f->nneeds++];
        n->producer = d->family;
        n->at = x->name_span;
        const struct ast *via = ast_find(x->child, AST_VIA);
        if (via)
            n->via = via_table(c, via);
        const struct ast *where = ast_find(x->child, AST_WHERE);
        if (where && via) {
            error_at(c, RULE_NEEDS, where->span,
                "'via' and 'where' cannot both say what is needed");
        } else if (where) {
            struct scope s = {.c = c, .var = f->var, .nvars = f->nvars, .family = f, .need = n};
            n->where = check_typed(&s, where->child, TYPE_BOOL, "where");
            if (n->where->type != TYPE_ERROR && expr_is_const(n->where) && !n->where->value.i &&
                !asks_param(c, f, where->child, 0)) {
                error_at(c, RULE_EMPTY, where->span, "this condition is never true");
                n->where->type = TYPE_ERROR;
            }
        } else if (!via) {
            same_tables(c, f, n);
        }
    }
}

static void
check_where(struct checker *c, struct family *f, const struct ast *where)
{
    struct scope head = {.c = c, .var = f->var, .nvars = f->nvars}; /* without what they need */
    f->where = check_typed(&head, where->child, TYPE_BOOL, "where");
    f->by_param = asks_param(c, f, where->child, 0);
    if (f->where->type == TYPE_ERROR || !expr_is_const(f->where))
        return;
    if (f->where->value.i)
        f->where = NULL;
    else if (!f->by_param)
        error_at(c, RULE_EMPTY, where->span, "this condition is never true");
}

void
check_task(struct checker *c, struct family *f, const struct ast *task)
{
    check_needs(c, f, task);
    struct scope s = {.c = c, .var = f->var, .nvars = f->nvars, .family = f};
    const struct ast *where = ast_find(task->child, AST_WHERE);
    if (where) /* which tasks there are cannot depend on what they need */
        check_where(c, f, where);
    check_properties(&s, task);
    if (!f->arg && !c->syntax_errors) {
        struct diag *m =
            error_at(c, RULE_PROPERTY, f->at, "task '%s' does not say what to run", f->name);
        diag_help(m, "add a line: run \"command ...\"");
    }
    if (f->limit && f->time && f->limit->type == TYPE_DURATION && expr_is_const(f->limit) &&
        f->time->type == TYPE_DURATION && expr_is_const(f->time) &&
        f->limit->value.r < f->time->value.r)
        diag_help(
            error_at(c, RULE_VALUE, f->limit->at, "the limit is shorter than the time expected"),
            "a task is stopped at its limit: let it be longer than 'time', or leave it out");
}
