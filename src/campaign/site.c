/* What the campaign says of a site: `site NAME profile "..." { ... }`. */
#include "config.h"

#include "campaign/internal.h"

#include "model/demand.h"

#include <string.h>

/* `site NAME profile "..." { ... }` */

static struct decl *
site_decl(struct checker *c, const char *name)
{
    struct decl *d = find_decl(c, name);
    return d && d->kind == DECL_SITE ? d : NULL;
}

static struct decl *
param_of(struct checker *c, const struct ast *p)
{
    struct decl *d = find_decl(c, p->text);
    if (d && d->ast->kind == AST_PARAM)
        return d;
    struct scope s = {.c = c};
    if (!d)
        unknown_name(&s, p->name_span, p->text, "parameter");
    else
        diag_note(error_at(c, RULE_SITE, p->name_span, "'%s' is a %s, not a parameter", p->text,
                      decl_what(d)),
            d->ast->name_span, "it is declared here");
    return NULL;
}

void
apply_site(struct checker *c)
{
    const char *name = c->options->site;
    c->m->site = "local";
    if (!name)
        return;
    struct decl *d = site_decl(c, name);
    if (d) {
        c->m->site = d->name;
        for (const struct ast *p = ast_find(d->ast->child, AST_PARAM); p;
             p = ast_find(p->next, AST_PARAM)) {
            struct decl *param = param_of(c, p);
            if (param)
                param->override = p->child;
        }
        return;
    }
    if (strcmp(name, "local") == 0)
        return;
    struct diag *m =
        error_at(c, RULE_SITE, NO_SPAN, "--site %s: the campaign has no such site", name);
    struct list all = {0};
    for (size_t i = 0; i < c->in_order.n; i++) {
        d = c->in_order.at[i];
        if (d->kind == DECL_SITE)
            list_add(&all, d->name);
    }
    const char *near = diag_nearest(name, (const char *const *)all.at, all.n);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "sites are declared with: site %s profile \"...\" { ... }", name);
    list_free(&all);
}

/* A parameter of a site must be what the parameter is. */
static void
check_override(struct checker *c, const struct ast *p)
{
    struct decl *d = param_of(c, p);
    if (!d)
        return;
    struct scope s = {.c = c};
    const struct expr *is = decl_value(c, d, p->name_span);
    if (is->type == TYPE_ERROR)
        return;
    const struct expr *e = check_typed(&s, p->child, is->type, p->text);
    if (e->type != TYPE_ERROR && !expr_is_const(e))
        error_at(c, RULE_VALUE, p->child->span, "'%s' must be a constant", p->text);
}

static const char *
text_of(struct checker *c, const struct ast *a, const char *what)
{
    struct scope s = {.c = c};
    const struct expr *e = check_typed(&s, a, TYPE_STRING, what);
    if (e->type == TYPE_ERROR)
        return NULL;
    if (expr_is_const(e) && e->value.s.n)
        return e->value.s.p;
    error_at(c, RULE_VALUE, a->span, "%s must be a constant, and not empty", what);
    return NULL;
}

static bool
count_of(struct checker *c, const struct ast *a, int64_t *n)
{
    struct scope s = {.c = c};
    const struct expr *e = check_typed(&s, a, TYPE_INT, "nodes");
    if (e->type == TYPE_ERROR)
        return false;
    if (expr_is_const(e) && e->value.i >= 1 && e->value.i <= 10000000) {
        *n = e->value.i;
        return true;
    }
    error_at(c, RULE_VALUE, a->span, "nodes must be a constant from 1 to 10 000 000");
    return false;
}

static void
check_nodes(struct checker *c, struct site *site, const struct ast *a)
{
    if (a->kind != AST_RANGE) {
        if (count_of(c, a, &site->nodes_min))
            site->nodes_max = site->nodes_min;
        return;
    }
    if (a->child->next->next)
        error_at(c, RULE_SITE, a->span, "a number of nodes has no step");
    int64_t least = 0, most = 0;
    bool good = count_of(c, a->child, &least);
    if (!count_of(c, a->child->next, &most) || !good)
        return;
    if (most < least) {
        diag_help(error_at(c, RULE_VALUE, a->span, "this range of nodes is empty"),
            "write the smaller number first");
        return;
    }
    site->nodes_min = least;
    site->nodes_max = most;
}

static bool
walltime_of(struct checker *c, const struct ast *a, double *seconds)
{
    struct scope s = {.c = c};
    const struct expr *e = check_typed(&s, a, TYPE_DURATION, "walltime");
    if (e->type == TYPE_ERROR)
        return false;
    if (expr_is_const(e) && e->value.r >= 60) {
        *seconds = e->value.r;
        return true;
    }
    error_at(c, RULE_VALUE, a->span, "a walltime must be a constant of a minute or more");
    return false;
}

static void
check_walltime(struct checker *c, struct site *site, const struct ast *a)
{
    double least, most;
    if (a->kind != AST_RANGE) {
        walltime_of(c, a, &site->walltime);
        return;
    }
    if (a->child->next->next)
        diag_help(error_at(c, RULE_SITE, a->span, "a walltime has no step"),
            "write the shortest and the longest: 6 h .. 12 h");
    bool good = walltime_of(c, a->child, &least);
    if (!walltime_of(c, a->child->next, &most) || !good)
        return;
    if (most < least) {
        diag_help(error_at(c, RULE_VALUE, a->span, "this range of walltimes is empty"),
            "write the shorter one first");
        return;
    }
    site->walltime_min = least;
    site->walltime = most;
}

static void
check_property(struct checker *c, struct site *site, const struct ast *p)
{
    static const char *const known[] = {"account", "queue", "nodes", "walltime", "param"};
    const struct ast *a = p->child;
    if (!a || a->next) {
        error_at(c, RULE_SITE, p->span, "%s takes one value", p->text);
    } else if (strcmp(p->text, "account") == 0) {
        site->account = text_of(c, a, "account");
        if (!site->account)
            site->account = ""; /* it is not missing */
    } else if (strcmp(p->text, "queue") == 0) {
        site->queue_name = text_of(c, a, "queue");
        site->queue_at = a->span;
    } else if (strcmp(p->text, "nodes") == 0) {
        check_nodes(c, site, a);
        site->nodes_at = a->span;
    } else if (strcmp(p->text, "walltime") == 0) {
        check_walltime(c, site, a);
        site->walltime_at = a->span;
    } else {
        struct diag *m =
            error_at(c, RULE_UNKNOWN_NAME, p->name_span, "a site has no property '%s'", p->text);
        const char *near = diag_nearest(p->text, known, COUNT_OF(known));
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else
            diag_help(m, "they are account, queue, nodes, walltime and param; what belongs to the "
                         "machine stands in its profile");
    }
}

static void
check_site(struct checker *c, const struct decl *d, struct site *site)
{
    site->name = d->name;
    site->at = d->ast->name_span;
    for (const struct ast *x = d->ast->child; x; x = x->next) {
        for (const struct ast *y = d->ast->child; y != x; y = y->next)
            if (x->kind == y->kind && x->text && strcmp(x->text, y->text) == 0)
                diag_note(
                    error_at(c, RULE_DUPLICATE, x->span, "the site has '%s' already", x->text),
                    y->span, "here");
        if (x->kind == AST_PROFILE) {
            site->profile_name = text_of(c, x->child, "profile");
            site->profile_at = x->child->span;
        } else if (x->kind == AST_PARAM) {
            check_override(c, x);
            site->nparams++;
        } else if (x->kind == AST_PROP) {
            check_property(c, site, x);
        } else {
            error_at(c, RULE_SITE, x->span, "this says nothing about a site");
        }
    }
}

/* A parameter may stand in what a task costs. As text it hardly ever does. */
static bool
changes_costs(struct checker *c, const struct ast *site)
{
    for (const struct ast *p = ast_find(site->child, AST_PARAM); p;
         p = ast_find(p->next, AST_PARAM)) {
        struct decl *d = find_decl(c, p->text);
        if (d && d->ast->kind == AST_PARAM && !d->define &&
            decl_value(c, d, p->name_span)->type != TYPE_STRING)
            return true;
    }
    return false;
}

/* The folder of the campaign. */
static struct site_texts
profile_dirs(const struct checker *c)
{
    const char *file = c->options->source, *slash = strrchr(file, '/');
    struct buf dir = {0};
    buf_add(&dir, slash ? file : ".", slash > file ? (size_t)(slash - file) : 1);
    struct site_texts dirs = site_dirs(dir.p);
    buf_free(&dir);
    return dirs;
}

/* All sites that the campaign is compiled for; or the others. */
static void
check_those(struct checker *c, const struct site_texts *dirs, bool meant)
{
    const char *only = c->options->site;
    for (unsigned i = 0; i < c->m->nsites; i++) {
        struct site *s = &c->m->sites[i];
        if ((!only || strcmp(only, s->name) == 0) != meant)
            continue;
        const struct decl *d = site_decl(c, s->name);
        check_site(c, d, s);
        if (s->profile_name)
            check_profile(c, s, dirs);
        /* without --site, its parameters are not those that this model has */
        if (!only && changes_costs(c, d->ast))
            s->judged = false;
    }
}

/* Could the campaign be meant to run on the machine at hand? */
static bool
here_is_meant(const struct checker *c)
{
    const struct model *m = c->m;
    const char *only = c->options->site;
    bool named = false;
    if (c->options->here.runs || !m->nsites)
        return true;
    for (unsigned i = 0; i < m->nsites; i++) {
        const struct site *s = &m->sites[i];
        named = named || strcmp(s->name, "local") == 0;
        if (s->judged && s->profile->scheduler.kind == SITE_LOCAL && s->profile->nodes.detected)
            return true;
    }
    return only && strcmp(only, "local") == 0 && !named;
}

void
check_sites(struct checker *c)
{
    struct model *m = c->m;
    m->sites = arena_alloc(c->a, c->in_order.n * sizeof *m->sites);
    m->profile = arena_alloc(c->a, c->in_order.n * sizeof *m->profile);
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (d->kind != DECL_SITE)
            continue;
        check_folder_name(c, d->ast);
        m->sites[m->nsites++].name = d->name;
    }
    if (m->nsites) {
        struct site_texts dirs = profile_dirs(c);
        check_those(c, &dirs, true);
        size_t mark = diag_mark(c->d);
        check_those(c, &dirs, false);
        diag_forget(c->d, mark); /* what is wrong with other sites is told when they are meant */
        site_dirs_free(&dirs);
    }
    if (here_is_meant(c))
        m->here = c->options->here;
    for (unsigned i = 0; i < m->nfamilies; i++) {
        const struct family *f = m->family[i];
        bool any = !f->where || f->where->type == TYPE_ERROR; /* else the planner knows whether */
        for (unsigned k = 0; k < f->nvars; k++)
            any &= !f->var[k].table || f->var[k].table->nrows > 0;
        if (any && demand_judged(m, f))
            demand_check_constants(m, f);
    }
}
