#include "config.h"

#include "model/check.h"

#include <stdlib.h>
#include <string.h>

static enum decl_kind
kind_of(const struct ast *a)
{
    return a->kind == AST_TASK                          ? DECL_TASK
           : a->kind == AST_PARAM || a->kind == AST_LET ? DECL_VALUE
                                                        : DECL_TABLE;
}

static void
declare(struct checker *c, const struct ast *a)
{
    struct decl *before = find_decl(c, a->text);
    if (before) {
        struct diag *m =
            error_at(c, RULE_DUPLICATE, a->name_span, "'%s' is declared already", a->text);
        diag_note(m, before->ast->name_span, "its first declaration");
        return;
    }
    struct decl *d = arena_alloc(c->a, sizeof *d);
    d->name = a->text;
    d->kind = kind_of(a);
    d->ast = a;
    if (d->kind == DECL_TASK) {
        d->family = arena_alloc(c->a, sizeof *d->family);
        d->family->name = a->text;
        d->family->at = a->name_span;
    }
    g_hash_table_insert(c->decls, (gpointer)d->name, d);
    g_ptr_array_add(c->in_order, d);
}

static void
declare_all(struct checker *c, const struct ast *file)
{
    const struct ast *campaign = NULL;
    for (const struct ast *a = file->child; a; a = a->next) {
        switch (a->kind) {
        case AST_CAMPAIGN:
            if (campaign) {
                struct diag *m =
                    error_at(c, RULE_CAMPAIGN, a->span, "a file holds one campaign");
                diag_note(m, campaign->span, "it is named here already");
                break;
            }
            campaign = a;
            c->m->campaign = a->text;
            break;
        case AST_PARAM:
        case AST_LET:
        case AST_SET:
        case AST_TABLE:
        case AST_TASK:
            declare(c, a);
            break;
        default:
            unsupported(c, a->span,
                arena_printf(c->a, "the declaration '%s'",
                    a->kind == AST_MEMORY_MODEL ? "memory" : ast_kind_name(a->kind)));
            break;
        }
    }
    /* a text that could not be read to its end has no declarations at all: that was said */
    if (!campaign && (file->child || !diag_count(c->d, DIAG_ERROR))) {
        struct diag *m = error_at(c, RULE_CAMPAIGN, (struct span){file->span.file, 0, 0},
            "the campaign has no name");
        diag_help(m, "begin the file with a line: campaign my_survey");
    }
}

static void
apply_defines(struct checker *c, const struct define *define, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct decl *d = find_decl(c, define[i].name);
        if (d && d->ast->kind == AST_PARAM) {
            d->define = &define[i];
            continue;
        }
        struct diag *m = error_at(c, RULE_PARAM, NO_SPAN, "-D %s: the campaign has no such "
                                                           "parameter",
            define[i].name);
        GPtrArray *name = g_ptr_array_new();
        for (guint k = 0; k < c->in_order->len; k++) {
            d = g_ptr_array_index(c->in_order, k);
            if (d->ast->kind == AST_PARAM)
                g_ptr_array_add(name, (gpointer)d->name);
        }
        const char *near =
            diag_nearest(define[i].name, (const char *const *)name->pdata, name->len);
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else if (!name->len)
            diag_help(m, "parameters are declared with: param %s = ...", define[i].name);
        g_ptr_array_free(name, TRUE);
    }
}

/* Depth first through what tasks need; `path` holds the way. 1: on the way, 2: done. */
static bool
find_cycle(struct checker *c, struct family *f, uint8_t *mark, GPtrArray *path)
{
    if (mark[f->index] == 2)
        return false;
    g_ptr_array_add(path, f);
    if (mark[f->index] == 1) {
        guint first = 0;
        while (g_ptr_array_index(path, first) != f)
            first++;
        struct buf text = {0};
        for (guint i = first; i < path->len; i++) {
            const struct family *x = g_ptr_array_index(path, i);
            buf_printf(&text, "%s%s", i > first ? " needs " : "", x->name);
        }
        struct diag *m = error_at(c, RULE_CYCLE, f->at, "tasks need each other in a circle: %s",
            text.p);
        for (guint i = first; i + 1 < path->len; i++) {
            const struct family *x = g_ptr_array_index(path, i),
                                *y = g_ptr_array_index(path, i + 1);
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
    g_ptr_array_set_size(path, (gint)path->len - 1);
    mark[f->index] = 2;
    return false;
}

static void
check_cycles(struct checker *c)
{
    struct model *m = c->m;
    uint8_t *mark = arena_alloc(c->a, m->nfamilies);
    GPtrArray *path = g_ptr_array_new();
    for (unsigned i = 0; i < m->nfamilies; i++)
        if (find_cycle(c, m->family[i], mark, path))
            break;
    g_ptr_array_free(path, TRUE);
}

static void
check_all(struct checker *c)
{
    struct model *m = c->m;
    m->family = arena_alloc(c->a, c->in_order->len * sizeof(struct family *));
    for (guint i = 0; i < c->in_order->len; i++) {
        struct decl *d = g_ptr_array_index(c->in_order, i);
        if (d->kind != DECL_TASK)
            continue;
        d->family->index = m->nfamilies;
        m->family[m->nfamilies++] = d->family;
        check_task_head(c, d->family, d->ast);
    }
    for (guint i = 0; i < c->in_order->len; i++) {
        struct decl *d = g_ptr_array_index(c->in_order, i);
        if (d->kind == DECL_TASK)
            check_task(c, d->family, d->ast);
        else if (d->kind == DECL_VALUE && d->state == DECL_NEW)
            decl_value(c, d, d->ast->name_span);
        else if (d->kind == DECL_TABLE && d->state == DECL_NEW)
            decl_table(c, d, d->ast->name_span);
    }
    check_cycles(c);
    if (!m->nfamilies && diag_count(c->d, DIAG_ERROR) == 0) {
        struct diag *x = error_at(c, RULE_CAMPAIGN, NO_SPAN, "%s: the campaign has no task",
            m->source);
        diag_help(x, "a task says what runs: task name { run \"command\" }");
    }
}

static void
warn_unused(struct checker *c)
{
    static const char *const what[] = {"value", "table"};
    for (guint i = 0; i < c->in_order->len; i++) {
        const struct decl *d = g_ptr_array_index(c->in_order, i);
        if (d->used || d->kind == DECL_TASK)
            continue;
        diag_add(c->d, DIAG_WARNING, RULE_UNUSED, d->ast->name_span, "%s '%s' is never used",
            d->ast->kind == AST_PARAM ? "parameter"
            : d->ast->kind == AST_SET ? "set"
                                      : what[d->kind],
            d->name);
    }
}

static void
free_tree(gpointer tree)
{
    ast_tree_free(tree);
}

struct model *
model_check(struct diags *d, const struct ast *file, const char *source,
    const struct define *define, size_t ndefine)
{
    struct model *m = xcalloc(1, sizeof *m);
    strpool_init(&m->strings);
    m->diags = d;
    m->campaign = "";
    m->source = source;
    struct checker c = {
        .m = m,
        .d = d,
        .a = &m->arena,
        .decls = g_hash_table_new(g_str_hash, g_str_equal),
        .in_order = g_ptr_array_new(),
        .trees = g_ptr_array_new_with_free_func(free_tree),
        .tables = g_ptr_array_new(),
        .ranges = g_hash_table_new(g_str_hash, g_str_equal),
        .syntax_errors = diag_count(d, DIAG_ERROR) > 0,
    };
    declare_all(&c, file);
    apply_defines(&c, define, ndefine);
    check_all(&c);
    if (diag_count(d, DIAG_ERROR) == 0)
        warn_unused(&c);
    m->ntables = c.tables->len;
    m->table = arena_alloc(c.a, m->ntables * sizeof(struct table *));
    if (m->ntables)
        memcpy(m->table, c.tables->pdata, m->ntables * sizeof(struct table *));
    g_hash_table_destroy(c.decls);
    g_hash_table_destroy(c.ranges);
    g_ptr_array_free(c.in_order, TRUE);
    g_ptr_array_free(c.trees, TRUE);
    g_ptr_array_free(c.tables, TRUE);
    return m;
}

void
model_free(struct model *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->ntables; i++)
        table_free(m->table[i]);
    strpool_free(&m->strings);
    arena_free(&m->arena);
    free(m);
}
