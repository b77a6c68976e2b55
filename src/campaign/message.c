/* `error "..." when c` and `warning "..." when c`: what a campaign checks itself. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

static void
say(struct checker *c, const struct message *m)
{
    diag_spoken(diag_add(c->d, m->severity, RULE_MESSAGE, m->at, "%.*s", (int)m->text->value.s.n,
        m->text->value.s.p));
}

/* False: nothing can come of it. */
static bool
check_one(struct scope *s, const struct ast *a, struct message *m)
{
    struct checker *c = s->c;
    m->at = a->span;
    m->severity = strcmp(a->text, "error") == 0 ? DIAG_ERROR : DIAG_WARNING;
    c->lazy++; /* the text is made only if the condition holds */
    m->text = check_typed(s, a->child, TYPE_STRING, a->text);
    c->lazy--;
    m->when = check_typed(s, a->child->next->child, TYPE_BOOL, "when");
    if (m->text->type == TYPE_ERROR || m->when->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(m->when))
        return true;
    if (!m->when->value.i)
        return false;
    m->text = asked(c, m->text);
    if (m->text->type != TYPE_ERROR && expr_is_const(m->text))
        say(c, m);
    return m->text->type != TYPE_ERROR && !expr_is_const(m->text);
}

void
check_messages(struct scope *s, const struct ast *parent)
{
    struct family *f = s->family;
    struct scope head = *s;
    head.family = NULL; /* only the rows tell */
    if (f)
        f->message =
            arena_alloc(s->c->a, ast_count(parent->child, AST_MESSAGE) * sizeof *f->message);
    for (const struct ast *x = ast_find(parent->child, AST_MESSAGE); x;
         x = ast_find(x->next, AST_MESSAGE)) {
        struct message m;
        if (check_one(&head, x, &m) && f)
            f->message[f->nmessages++] = m;
    }
}
