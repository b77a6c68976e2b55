/* A campaign as a whole: its declarations in their order, and what only all of them together show.
 */
#include "config.h"

#include "campaign/campaign.h"

#include "campaign/internal.h"

#include <string.h>

enum { MOST_FAMILIES = 5000 };

static void
apply_defines(struct checker *c)
{
    const struct define *define = c->options->define;
    for (size_t i = 0; i < c->options->ndefine; i++) {
        struct decl *d = find_decl(c, define[i].name);
        if (d && d->ast->kind == AST_PARAM) {
            d->define = &define[i];
            continue;
        }
        struct diag *m = error_at(c, RULE_PARAM, NO_SPAN,
            "-D %s: the campaign has no such "
            "parameter",
            define[i].name);
        struct list name = {0};
        for (size_t k = 0; k < c->in_order.n; k++) {
            d = c->in_order.at[k];
            if (d->ast->kind == AST_PARAM)
                list_add(&name, d->name);
        }
        const char *near = diag_nearest(define[i].name, (const char *const *)name.at, name.n);
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else if (!name.n)
            diag_help(m, "parameters are declared with: param %s = ...", define[i].name);
        list_free(&name);
    }
}

/* Depth first through what tasks need; `path` holds the way. 1: on the way, 2: done. */
static bool
find_cycle(struct checker *c, struct family *f, uint8_t *mark, struct list *path)
{
    if (mark[f->index] == 2)
        return false;
    list_add(path, f);
    if (mark[f->index] == 1) {
        size_t first = 0;
        while (path->at[first] != f)
            first++;
        struct buf text = {0};
        for (size_t i = first; i < path->n; i++) {
            const struct family *x = path->at[i];
            buf_printf(&text, "%s%s", i > first ? " needs " : "", x->name);
        }
        struct diag *m =
            error_at(c, RULE_CYCLE, f->at, "tasks need each other in a circle: %s", text.p);
        for (size_t i = first; i + 1 < path->n; i++) {
            const struct family *x = path->at[i], *y = path->at[i + 1];
            for (unsigned k = 0; k < x->nneeds; k++)
                if (x->need[k].producer == y)
                    diag_note(m, x->need[k].at, "'%s' needs '%s' here", x->name, y->name);
        }
        buf_free(&text);
        return true;
    }
    mark[f->index] = 1;
    for (unsigned i = 0; i < f->nneeds; i++)
        if (find_cycle(c, f->need[i].producer, mark, path))
            return true;
    path->n--;
    mark[f->index] = 2;
    return false;
}

static void
check_cycles(struct checker *c)
{
    struct model *m = c->m;
    uint8_t *mark = arena_alloc(c->a, m->nfamilies);
    struct list path = {0};
    for (unsigned i = 0; i < m->nfamilies; i++)
        if (find_cycle(c, m->family[i], mark, &path))
            break;
    list_free(&path);
}

/* What stands in the campaign's own file is read in any case, so that all its mistakes are found; a
 * library's tables are read when something asks for them. */
static bool
used_by_campaign(const struct checker *c, const struct decl *d)
{
    const struct used_file *campaign = c->used.at[0];
    return d->ast->span.file == campaign->file;
}

static void
check_all(struct checker *c)
{
    struct model *m = c->m;
    m->family = arena_alloc(c->a, c->in_order.n * sizeof(struct family *));
    for (size_t i = 0; i < c->in_order.n; i++) {
        struct decl *d = c->in_order.at[i];
        if (d->kind != DECL_TASK)
            continue;
        if (m->nfamilies == MOST_FAMILIES) {
            struct diag *x = error_at(c, RULE_SIZE, d->ast->name_span,
                "more than %d tasks are declared", MOST_FAMILIES);
            diag_help(x, "one task stands for many: task name for v in table { ... }");
            return;
        }
        d->family->index = m->nfamilies;
        m->family[m->nfamilies++] = d->family;
        check_task_head(c, d->family, d->ast);
    }
    for (size_t i = 0; i < c->in_order.n; i++) {
        struct decl *d = c->in_order.at[i];
        if (d->kind == DECL_TASK)
            check_task(c, d->family, d->ast);
        else if (used_by_campaign(c, d) && d->kind == DECL_VALUE && d->state == DECL_NEW)
            decl_value(c, d, d->ast->name_span);
        else if (used_by_campaign(c, d) && d->kind == DECL_TABLE && d->state == DECL_NEW)
            decl_table(c, d, d->ast->name_span);
        else if (d->kind == DECL_REGION && d->state == DECL_NEW)
            decl_region(c, d, d->ast->name_span);
        else if (d->kind == DECL_CONTAINER)
            decl_container(c, d);
    }
    check_sites(c);
    for (size_t i = 0; i < c->files.n; i++) {
        check_uses(c, c->files.at[i]);
        check_messages(&(struct scope){.c = c}, c->files.at[i]);
    }
    check_hooks(c);
    check_gates(c);
    check_cycles(c);
    if (!m->nfamilies && diag_count(c->d, DIAG_ERROR) == 0) {
        struct diag *x =
            error_at(c, RULE_CAMPAIGN, NO_SPAN, "%s: the campaign has no task", m->source);
        diag_help(x, "a task says what runs: task name { run \"command\" }");
    }
}

static void
warn_unused(struct checker *c)
{
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (d->used || d->kind == DECL_TASK || d->kind == DECL_SITE || !used_by_campaign(c, d))
            continue;
        diag_add(c->d, DIAG_WARNING, RULE_UNUSED, d->ast->name_span, "%s '%s' is never used",
            decl_what(d), d->name);
    }
    warn_unused_files(c);
}

static void
warn_unused_outputs(struct checker *c)
{
    for (unsigned i = 0; i < c->m->nfamilies; i++) {
        const struct family *f = c->m->family[i];
        for (unsigned k = 0; k < f->noutputs; k++) {
            const struct file_spec *o = &f->output[k];
            if (!*o->name || o->used || o->asked)
                continue;
            struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_UNUSED, o->at,
                "nothing uses the name of output '%s'", o->name);
            diag_help(m,
                "insert {%s} into run where the file's name goes, so that it is written "
                "under a temporary name; or drop the name",
                o->name);
        }
    }
}

static void
warn_no_output(struct checker *c)
{
    for (unsigned i = 0; i < c->m->nfamilies; i++) {
        const struct family *f = c->m->family[i];
        if (f->noutputs)
            continue;
        struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_NO_OUTPUT, f->at,
            "task '%s' has no output: only the record tells whether it was done", f->name);
        diag_help(m, "name a file that it makes: output \"...\"");
    }
}

/* Those that are known: nothing asked for the others. */
static void
keep_regions(struct checker *c)
{
    struct model *m = c->m;
    m->region = arena_alloc(c->a, c->in_order.n * sizeof *m->region);
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (d->kind == DECL_REGION && d->value && d->value->type == TYPE_REGION)
            m->region[m->nregions++] =
                (struct named_region){arena_text(c->a, d->name, strlen(d->name)), d->value->region};
    }
}

struct model *
campaign_check(struct diags *d, const struct ast *file, const struct check_options *o)
{
    struct model *m = xcalloc(1, sizeof *m);
    strpool_init(&m->strings);
    m->diags = d;
    m->campaign = "";
    m->umask = PLAN_NONE;
    m->source = o->source;
    struct checker c = {
        .m = m,
        .d = d,
        .a = &m->arena,
        .options = o,
        .syntax_errors = diag_count(d, DIAG_ERROR) > 0,
    };
    struct used_file campaign = {.file = file->span.file};
    list_add(&c.used, &campaign);
    declare_file(&c, file);
    apply_site(&c);
    apply_defines(&c);
    check_all(&c);
    if (diag_count(d, DIAG_ERROR) == 0) {
        warn_unused(&c);
        warn_unused_outputs(&c);
        warn_no_output(&c);
    }
    keep_regions(&c);
    m->ntables = c.tables.n;
    m->table = arena_alloc(c.a, m->ntables * sizeof(struct table *));
    if (m->ntables)
        memcpy(m->table, c.tables.at, m->ntables * sizeof(struct table *));
    names_free(&c.decls);
    names_free(&c.ranges);
    list_free(&c.in_order);
    for (size_t i = 0; i < c.trees.n; i++)
        ast_tree_keep(c.trees.at[i], &m->arena); /* the model has names in them */
    list_free(&c.trees);
    list_free(&c.tables);
    list_free(&c.used);
    list_free(&c.files);
    return m;
}
