/* `when failed > 1 % run "..."`: commands that are run once, when something has happened. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

static const char *const whens[] = {
#define X(id, text) text,
    PLAN_WHENS(X)
#undef X
};

static bool
read_when(struct checker *c, const struct ast *a, struct hook *h)
{
    unsigned k = 0;
    while (k < PLAN_NWHENS && strcmp(whens[k], a->text) != 0)
        k++;
    h->when = (enum plan_when)k;
    if (k < PLAN_NWHENS)
        return true;
    const char *near = diag_nearest(a->text, whens, PLAN_NWHENS);
    struct diag *m =
        error_at(c, RULE_UNKNOWN_NAME, a->name_span, "nothing is known of 'when %s'", a->text);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "as in: when failed > 1 %% run \"COMMAND\", and: when ended run \"COMMAND\"");
    return false;
}

static bool
read_above(struct checker *c, const struct ast *a, struct hook *h)
{
    const struct ast *n = a->child->next;
    if (!n || n->kind == AST_CLAUSE)
        return true;
    h->percent = a->ival == 1;
    h->above = n->kind == AST_INT ? (double)n->ival : n->rval;
    if (h->when == PLAN_WHEN_ENDED) {
        diag_help(error_at(c, RULE_PROPERTY, n->span, "'ended' has no number"),
            "it is when all tasks are done or given up: when ended run \"COMMAND\"");
        return false;
    }
    if (h->percent && h->above >= 100) {
        diag_help(error_at(c, RULE_VALUE, n->span, "no more than all of them can fail"),
            "a part of 100 is from 0 to less than 100: when failed > 1 %% run \"COMMAND\"");
        return false;
    }
    if (!h->percent && n->kind != AST_INT) {
        diag_help(error_at(c, RULE_VALUE, n->span, "tasks that failed are a whole number"),
            "or a part of all of them: when failed > %g %% run \"COMMAND\"", h->above);
        return false;
    }
    return true;
}

struct family *
named_task(struct checker *c, const char *name, struct span at)
{
    struct family *found = NULL;
    struct list names = {0};
    for (unsigned i = 0; i < c->m->nfamilies; i++) {
        list_add(&names, c->m->family[i]->name);
        if (strcmp(c->m->family[i]->name, name) == 0)
            found = c->m->family[i];
    }
    if (!found && !name_is_lost(c, name)) {
        const char *near = diag_nearest(name, (const char *const *)names.at, names.n);
        struct diag *m = error_at(c, RULE_UNKNOWN_NAME, at, "no task is named '%s'", name);
        if (near)
            diag_help(m, "did you mean '%s'?", near);
    }
    list_free(&names);
    return found;
}

static bool
read_family(struct checker *c, const struct ast *a, struct hook *h)
{
    const struct ast *of = ast_find(a->child, AST_CLAUSE);
    if (of)
        h->family = named_task(c, of->text, of->name_span);
    return !of || h->family;
}

static bool
read_command(struct checker *c, const struct ast *a, struct hook *h)
{
    bool bash = file_has_bash(c, a->span.file);
    struct scope s = {.c = c, .shell = true, .bash = bash};
    h->shell = shell_of(&s, a->child);
    const struct expr *e = check_typed(&s, a->child, TYPE_STRING, "the command of a hook");
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e)) {
        diag_help(error_at(c, RULE_PROPERTY, a->child->span, "a hook belongs to no task"),
            "insert parameters only; what has happened is in its environment, as in $WFL_FAILED");
        return false;
    }
    h->command = arena_text(c->a, e->value.s.p, e->value.s.n);
    if (h->command[strspn(h->command, " \t\n")])
        return true;
    error_at(c, RULE_PROPERTY, a->child->span, "an empty command runs nothing");
    return false;
}

/* The same may be said once. */
static bool
is_new(struct checker *c, const struct hook *h)
{
    for (unsigned i = 0; i < c->m->nhooks; i++) {
        const struct hook *x = &c->m->hook[i];
        if (x->when != h->when || x->above != h->above || x->percent != h->percent ||
            x->family != h->family || strcmp(x->command, h->command) != 0)
            continue;
        diag_note(error_at(c, RULE_DUPLICATE, h->at, "this hook is there already"), x->at, "here");
        return false;
    }
    return true;
}

void
check_hooks(struct checker *c)
{
    struct model *m = c->m;
    unsigned most = 0;
    for (size_t i = 0; i < c->files.n; i++)
        most += ast_count(((const struct ast *)c->files.at[i])->child, AST_HOOK);
    m->hook = arena_alloc(c->a, most * sizeof *m->hook);
    for (size_t i = 0; i < c->files.n; i++) {
        const struct ast *file = c->files.at[i];
        for (const struct ast *a = ast_find(file->child, AST_HOOK); a;
             a = ast_find(a->next, AST_HOOK)) {
            struct hook h = {.at = a->span};
            bool good = read_when(c, a, &h) && read_above(c, a, &h);
            good &= read_family(c, a, &h);
            good &= read_command(c, a, &h);
            if (good && is_new(c, &h))
                m->hook[m->nhooks++] = h;
        }
    }
}
