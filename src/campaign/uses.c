/* Files that commands use though they do not name them: uses "bin/NAME.py", of a task or of all. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

static void
add_pattern(struct scope *s, const struct ast *a)
{
    struct model *m = s->c->m;
    struct expr *e = check_typed(s, a, TYPE_STRING, "uses");
    if (e->type == TYPE_ERROR)
        return;
    if (!expr_is_const(e)) {
        diag_help(error_at(s->c, RULE_PROPERTY, a->span,
                      "uses names files that are the same for all tasks"),
            "a file that differs from task to task is an input: input \"...\"");
        return;
    }
    if (!e->value.s.n) {
        error_at(s->c, RULE_VALUE, a->span, "the name of a file that is used is empty");
        return;
    }
    struct used_pattern *u = arena_alloc(s->c->a, sizeof *u);
    *u = (struct used_pattern){.pattern = arena_text(s->c->a, e->value.s.p, e->value.s.n),
        .family = s->family,
        .at = a->span};
    struct used_pattern **last = &m->uses;
    while (*last)
        last = &(*last)->next;
    *last = u;
}

void
check_task_uses(struct scope *s, const struct ast *p)
{
    for (const struct ast *a = p->child; a; a = a->next)
        add_pattern(s, a);
}

void
check_uses(struct checker *c, const struct ast *file)
{
    for (const struct ast *d = file->child; d; d = d->next)
        if (d->kind == AST_USES)
            check_task_uses(&(struct scope){.c = c}, d);
}
