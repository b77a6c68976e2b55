/* What is learned of tasks while they run, as far as the campaign has a say in it. */
#include "config.h"

#include "campaign/internal.h"
#include "check/pieces.h"

#include <string.h>

/* A value by which times differ, as text; NULL after a message. */
static struct expr *
key_part(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct expr *e = check_expr(s, a);
    if (e->type == TYPE_ERROR)
        return NULL;
    if (e->type != TYPE_INT && e->type != TYPE_STRING && e->type != TYPE_BOOL) {
        struct diag *m = error_at(c, RULE_PROPERTY, e->at,
            "times are learned apart for equal values, and hardly any two are: this is %s",
            type_name(e->type));
        diag_help(m, "make classes of it, as in floor(x.airmass * 5) or x.airmass > 1.4");
        return NULL;
    }
    if (!expr_vars(e)) {
        diag_help(error_at(c, RULE_PROPERTY, e->at, "this is the same for all tasks"),
            "name a column of a variable of the task: learn time by v.band");
        return NULL;
    }
    struct ast insert = {.kind = AST_INSERT, .span = a->span, .child = (struct ast *)(uintptr_t)a};
    e = format_insert(s, &insert, NULL, e);
    return e->type == TYPE_ERROR ? NULL : e;
}

static void
learn_time(struct scope *s, const struct ast *by)
{
    struct scope head = *s;
    struct pieces text;
    head.family = NULL; /* only the rows tell */
    pieces_init(&text, s->c);
    for (const struct ast *x = by->child; x; x = x->next) {
        struct expr *e = key_part(&head, x);
        if (e && x != by->child)
            pieces_add(&text, expr_string(s->c->a, x->span, ", ", 2));
        if (e)
            pieces_add(&text, e);
        text.failed |= !e;
    }
    struct expr *key = pieces_join(&text, by->span);
    if (key->type != TYPE_ERROR)
        s->family->learn = key;
}

void
check_learn(struct scope *s, const struct ast *p)
{
    static const char *const known[] = {"time", "memory"};
    const struct ast *by = p->child->next;
    const char *what = p->child->text;
    bool time = strcmp(what, known[0]) == 0, memory = strcmp(what, known[1]) == 0;
    if (!time && !memory) {
        struct diag *m =
            error_at(s->c, RULE_PROPERTY, p->child->span, "learn is of time or memory");
        const char *near = diag_nearest(what, known, COUNT_OF(known));
        if (near)
            diag_help(m, "did you mean '%s'?", near);
    } else if (time && !by) {
        diag_help(error_at(s->c, RULE_PROPERTY, p->span, "times are learned anyway"),
            "leave it out, or say what they depend on: learn time by v.band");
    } else if (memory && by) {
        diag_help(error_at(s->c, RULE_PROPERTY, by->span,
                      "memory is learned for all tasks of '%s' together", s->family->name),
            "say just: learn memory");
    } else if (time) {
        learn_time(s, by);
    } else {
        s->family->learn_memory = true;
    }
}

void
check_learn_bundle(struct scope *s)
{
    const struct family *f = s->family;
    uint32_t own = f->learn && f->bundle && !f->feed ? expr_vars(f->learn) & ~f->bundle : 0;
    if (own)
        diag_help(error_at(s->c, RULE_BUNDLE, f->learn->at,
                      "'%s' differs between the tasks of a bundle, and one process has one time",
                      f->var[__builtin_ctz(own)].name),
            "name columns that they agree in, those of %s", f->var[__builtin_ctz(f->bundle)].name);
}
