/* Bundles: tasks that share a process, and what its command may say of them; and memory models,
 * which tell what such tasks share. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

/* --- memory models --- */

static bool
is_visits(struct checker *c, const struct table *t)
{
    const struct decl *d = t ? find_decl(c, strpool_get(&c->m->strings, t->name)) : NULL;
    return d && d->ast->kind == AST_VISITS;
}

/* Whose distinct rows a term counts: -1 the process, 0 .. a variable, nvars: every task, -2: after
 * a message. */
static int
term_of(struct scope *s, const struct ast *term)
{
    const struct family *f = s->family;
    struct checker *c = s->c;
    if (strcmp(term->text, "container") == 0)
        return -1;
    for (unsigned v = 0; v < f->nvars; v++)
        if (strcmp(f->var[v].name, term->text) == 0)
            return (int)v;
    for (unsigned v = 0; v < f->nvars; v++) {
        const struct table *t = f->var[v].table;
        if (!t)
            return -2; /* it cannot be read: that was said */
        if (strcmp(strpool_get(&c->m->strings, t->name), term->text) == 0 ||
            (strcmp(term->text, "visit") == 0 && is_visits(c, t)))
            return (int)v;
    }
    if (strcmp(term->text, "task") == 0 || strcmp(term->text, "sensor") == 0)
        return (int)f->nvars;
    struct diag *m = error_at(c, RULE_MEMORY, term->name_span,
        "task '%s' has nothing called '%s' to count memory for", f->name, term->text);
    diag_note(m, f->at, "the task");
    diag_help(m, "a term is 'container', a variable or a table of the task, or 'task'");
    return -2;
}

static void
add_term(struct checker *c, struct expr **sum, struct expr *e)
{
    *sum = *sum ? op_expr(c, OP_ADD, TYPE_BYTES, span_join((*sum)->at, e->at), *sum, e) : e;
}

static void
sum_terms(struct scope *s, const struct ast *terms)
{
    struct family *f = s->family;
    struct checker *c = s->c;
    struct expr *all = NULL, *shared = NULL;
    f->term = arena_alloc(c->a, ast_count(terms, AST_TERM) * sizeof *f->term);
    for (const struct ast *x = terms; x; x = x->next) {
        for (const struct ast *y = terms; y != x; y = y->next)
            if (strcmp(y->text, x->text) == 0)
                diag_note(error_at(c, RULE_DUPLICATE, x->name_span, "'%s' has its memory already",
                              x->text),
                    y->name_span, "here");
        int of = term_of(s, x);
        struct expr *e = check_typed(s, x->child, TYPE_BYTES, "memory");
        if (e->type == TYPE_ERROR || of == -2)
            continue;
        if (expr_is_const(e) && e->value.r < 0)
            error_at(c, RULE_VALUE, e->at, "memory cannot be negative");
        add_term(c, &all, e);
        bool once = f->bundle && (of == -1 || (of < (int)f->nvars && f->bundle >> of & 1));
        f->term[f->nterms++] = (struct memory_term){x->text, e, once};
        if (once)
            add_term(c, &shared, e);
    }
    f->memory = all;
    f->shared = shared;
}

bool
check_memory_model(struct scope *s, const struct ast *p)
{
    struct checker *c = s->c;
    const struct ast *x = p->child;
    if (!x || x->kind == AST_TERM) {
        sum_terms(s, x);
        return true;
    }
    struct decl *d = x->kind == AST_NAME && !x->next ? find_decl(c, x->text) : NULL;
    if (!d || d->kind != DECL_MEMORY)
        return false;
    d->used = true;
    sum_terms(s, d->ast->child);
    return true;
}

/* --- what a bundle's command may say --- */

/* Does an expression over a need look at variables of the task by which it is not bundled? */
static bool
looks_aside(const struct family *f, const struct expr *e)
{
    if (e->kind == EX_COLUMN && e->var < f->nvars && !(f->bundle >> e->var & 1))
        return true;
    for (unsigned i = 0; i < e->nargs; i++)
        if (looks_aside(f, e->arg[i]))
            return true;
    return false;
}

/* Do all tasks of a bundle need the same tasks of n? */
static bool
shares_need(const struct family *f, const struct need *n)
{
    if (n->via)
        return false;
    if (n->where)
        return n->where->type != TYPE_ERROR && !looks_aside(f, n->where);
    for (unsigned v = 0; v < f->nvars; v++)
        for (unsigned k = 0; k < n->producer->nvars; k++)
            if (strcmp(f->var[v].name, n->producer->var[k].name) == 0 && !(f->bundle >> v & 1))
                return false;
    return true;
}

/* True if e is not the same for all tasks of a bundle: reported. */
static bool
differs(struct scope *s, const struct expr *e)
{
    const struct family *f = s->family;
    struct diag *m = NULL;
    uint32_t own = e->nargs ? 0 : expr_vars(e) & ~f->bundle;
    if (e->kind == EX_BUNDLE_JOIN && !f->feed)
        return differs(s, e->arg[0]);
    const char *help =
        f->feed ? "say it in the line that each task is told by: feed"
                : "join what the tasks have: {bundle.join(..., '^')}, or one a line, by a "
                  "\"\\n\"";
    if (f->feed && (e->kind == EX_BUNDLE_JOIN || e->kind == EX_BUNDLE_SIZE)) {
        m = error_at(s->c, RULE_BUNDLE, e->at,
            "the tasks of a process that is fed come one by one, so it cannot be told of all of "
            "them");
        help = "each is told by its line of feed, and bundle.width is how many there are at a time";
    } else if (!f->feed && e->kind == EX_BUNDLE_WIDTH) {
        m = error_at(s->c, RULE_BUNDLE, e->at,
            "only a process that is fed has a width: this one has all its tasks from the "
            "beginning");
        help = "bundle.size is how many they are; a line 'feed' adds more while it works";
    } else if (own) {
        m = error_at(s->c, RULE_BUNDLE, e->at,
            "'%s' differs between the tasks of a bundle, and one process runs them all",
            f->var[__builtin_ctz(own)].name);
        diag_note(m, f->at, "task '%s' is bundled", f->name);
    } else if (e->kind == EX_OUT) {
        m = error_at(s->c, RULE_BUNDLE, e->at,
            "every task of a bundle has its own output '%s', and one process runs them all",
            f->output[e->index].name);
    } else if (e->kind == EX_NEED_FOLD || ((e->kind == EX_NEED_OUT || e->kind == EX_COUNT) &&
                                              !shares_need(f, &f->need[e->index]))) {
        m = error_at(s->c, RULE_BUNDLE, e->at,
            "every task of a bundle needs its own '%s', and one process runs them all",
            f->need[e->index].producer->name);
    }
    if (m) {
        diag_help(m, "%s", help);
        return true;
    }
    for (unsigned i = 0; i < e->nargs; i++)
        if (differs(s, e->arg[i]))
            return true;
    return false;
}

void
check_bundle_use(struct scope *s)
{
    const struct family *f = s->family;
    for (unsigned i = 0; i < f->nargs; i++)
        if (f->arg[i].text->type != TYPE_ERROR)
            differs(s, f->arg[i].text);
    for (unsigned i = 0; i < f->nenvs; i++)
        if (f->env[i].value->type != TYPE_ERROR)
            differs(s, f->env[i].value);
}
