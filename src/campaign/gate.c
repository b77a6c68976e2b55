/* `gate "inspect the first hundred" after 100 of draw`: what is not started until people say so. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

/* It is typed behind `wflc control release`, and stands in lines of text. */
static const char *
read_name(struct checker *c, const struct ast *a)
{
    struct scope s = {.c = c};
    const struct expr *e = check_typed(&s, a, TYPE_STRING, "the name of a gate");
    if (e->type == TYPE_ERROR)
        return NULL;
    if (!expr_is_const(e)) {
        diag_help(error_at(c, RULE_PROPERTY, a->span, "a gate belongs to no task"),
            "insert parameters only");
        return NULL;
    }
    const char *name = arena_text(c->a, e->value.s.p, e->value.s.n);
    for (const char *p = name; *p; p++)
        if ((unsigned char)*p < 0x20) {
            error_at(c, RULE_PROPERTY, a->span, "the name of a gate is one line");
            return NULL;
        }
    if (name[strspn(name, " ")])
        return name;
    diag_help(error_at(c, RULE_PROPERTY, a->span, "a gate needs a name"),
        "it says what people are to do: gate \"inspect the first hundred\" after 100 of %s",
        "TASK");
    return NULL;
}

static bool
read_after(struct checker *c, const struct ast *a, struct gate *g)
{
    if (a->kind == AST_INT && a->ival > 0) {
        g->after = a->ival < UINT32_MAX ? (uint32_t)a->ival : UINT32_MAX;
        return true;
    }
    diag_help(error_at(c, RULE_VALUE, a->span, "a gate comes after one task or more"),
        "a whole number: gate \"...\" after 100 of draw");
    return false;
}

/* What people release must be one gate. */
static bool
is_new(struct checker *c, const struct gate *g)
{
    for (unsigned i = 0; i < c->m->ngates; i++) {
        const struct gate *x = &c->m->gate[i];
        if (strcmp(x->name, g->name) != 0)
            continue;
        diag_note(error_at(c, RULE_DUPLICATE, g->at, "there is a gate of that name"), x->at,
            "here");
        return false;
    }
    return true;
}

void
check_gates(struct checker *c)
{
    struct model *m = c->m;
    unsigned most = 0;
    for (size_t i = 0; i < c->files.n; i++)
        most += ast_count(((const struct ast *)c->files.at[i])->child, AST_GATE);
    m->gate = arena_alloc(c->a, most * sizeof *m->gate);
    for (size_t i = 0; i < c->files.n; i++) {
        const struct ast *file = c->files.at[i];
        for (const struct ast *a = ast_find(file->child, AST_GATE); a;
             a = ast_find(a->next, AST_GATE)) {
            struct gate g = {.at = a->span};
            g.name = read_name(c, a->child);
            bool good = read_after(c, a->child->next, &g);
            g.family = named_task(c, a->text, a->name_span);
            if (g.name && good && g.family && is_new(c, &g))
                m->gate[m->ngates++] = g;
        }
    }
}
