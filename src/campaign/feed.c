/* Fed processes: a line on standard input for each task of a bundle. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

/* The first row of a column that holds a line break, or the table's nrows. */
static uint32_t
broken_row(const struct checker *c, const struct expr *e)
{
    const struct column *col = &e->table->col[e->column];
    const uint32_t *cell = col->data;
    uint32_t r = 0;
    while (r < e->table->nrows &&
           (holes_at(col->holes, r) || !strchr(strpool_get(&c->m->strings, cell[r]), '\n')))
        r++;
    return r;
}

/* What is put into the line as it is must be no more than a part of one; of what is made of values
 * in other ways only the shim can tell. */
static void
no_breaks(struct checker *c, const struct expr *e)
{
    for (unsigned i = 0; (e->kind == EX_CONCAT || e->kind == EX_FORMAT) && i < e->nargs; i++)
        no_breaks(c, e->arg[i]);
    if (e->type != TYPE_STRING)
        return;
    if (e->kind == EX_CONST && memchr(e->value.s.p, '\n', e->value.s.n))
        diag_help(error_at(c, RULE_BUNDLE, e->at,
                      "a task is told by one line, and there is a line break in it"),
            "put a blank or a tab between the parts of the line");
    uint32_t r = e->kind == EX_COLUMN && e->table ? broken_row(c, e) : 0;
    if (e->kind != EX_COLUMN || !e->table || r == e->table->nrows)
        return;
    char place[256];
    table_row_place(e->table, c->d, r, place, sizeof place);
    struct diag *m = error_at(c, RULE_BUNDLE, e->at,
        "a task is told by one line, and there is a line break in row %u of '%s'%s%s",
        table_row_number(e->table, r), strpool_get(&c->m->strings, e->table->name),
        *place ? ", " : "", place);
    diag_help(m, "correct the data, or tell the tasks apart by another column");
}

static bool
has_own_output(const struct family *f)
{
    for (unsigned i = 0; i < f->noutputs; i++)
        if (!f->output[i].optional)
            return true;
    return false;
}

void
check_feed(struct scope *s, const struct ast *task)
{
    struct checker *c = s->c;
    struct family *f = s->family;
    const struct ast *p = ast_find(task->child, AST_PROP);
    bool bundled = false;
    for (; p && strcmp(p->text, "feed") != 0; p = ast_find(p->next, AST_PROP))
        bundled |= strcmp(p->text, "bundle") == 0;
    if (!p)
        return;
    for (const struct ast *x = p; x; x = ast_find(x->next, AST_PROP))
        bundled |= strcmp(x->text, "bundle") == 0;
    struct scope inner = *s;
    inner.in_run = inner.in_feed = true;
    inner.moves = f->moves;
    struct expr *e = check_string(&inner, p->child);
    f->feed = e;
    f->feed_at = p->span;
    if (!bundled)
        diag_help(error_at(c, RULE_BUNDLE, p->span,
                      "a process that is fed works on several tasks, and '%s' is not bundled",
                      f->name),
            "add a line: bundle by %s", f->nvars ? f->var[0].name : "v");
    if (f->whole)
        diag_help(error_at(c, RULE_BUNDLE, p->span,
                      "a process that is fed gets more tasks when others are done, and with "
                      "'whole' none is "
                      "before its end"),
            "leave out one of the two");
    if (!has_own_output(f))
        diag_help(
            error_at(c, RULE_BUNDLE, p->span,
                "'%s' has no output by which to tell that a task is done while its process goes on",
                f->name),
            "add one that each task has to write: output NAME \"PATH\"");
    if (f->gpus && !(expr_is_const(f->gpus) && f->gpus->value.i == 0))
        diag_help(error_at(c, RULE_BUNDLE, f->gpus->at,
                      "a process that is fed cannot be given GPUs one by one, as its tasks come"),
            "let each task have a process of its own, without 'bundle' and 'feed'");
    if (e->type == TYPE_ERROR)
        return;
    no_breaks(c, e);
    if (f->bundle && !(expr_vars(e) & ~f->bundle) && !expr_has(e, EX_OUT))
        diag_help(
            error_at(c, RULE_BUNDLE, e->at,
                "all tasks of a bundle would have the same line, which does not tell them apart"),
            "insert what they do not agree in: feed \"{%s}\"",
            f->nvars ? f->var[f->nvars - 1].name : "s");
}
