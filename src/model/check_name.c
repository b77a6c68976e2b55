#include "config.h"

#include "model/check.h"

#include <string.h>

struct diag *
error_at(struct checker *c, const char *check, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(c->d, DIAG_ERROR, check, at, fmt, ap);
    va_end(ap);
    return m;
}

struct decl *
find_decl(struct checker *c, const char *name)
{
    return g_hash_table_lookup(c->decls, name);
}

int
find_need(const struct family *f, const char *name)
{
    for (unsigned i = 0; i < f->nneeds; i++)
        if (f->need[i].producer && strcmp(f->need[i].producer->name, name) == 0)
            return (int)i;
    return -1;
}

static bool
follows_dollar(const struct checker *c, struct span at)
{
    return at.start && diag_text(c->d, at.file, NULL)[at.start - 1] == '$';
}

void
unknown_name(struct scope *s, struct span at, const char *name, const char *kind)
{
    struct checker *c = s->c;
    GPtrArray *all = g_ptr_array_new();
    for (unsigned i = 0; i < s->nvars; i++)
        g_ptr_array_add(all, (gpointer)s->var[i].name);
    for (unsigned i = 0; s->family && i < s->family->noutputs; i++)
        if (*s->family->output[i].name)
            g_ptr_array_add(all, (gpointer)s->family->output[i].name);
    for (guint i = 0; i < c->in_order->len; i++) {
        const struct decl *d = g_ptr_array_index(c->in_order, i);
        if (d->kind != DECL_TASK || s->family || strstr(kind, "task"))
            g_ptr_array_add(all, (gpointer)d->name);
    }
    g_ptr_array_add(all, (gpointer) "here");
    struct diag *m = error_at(c, RULE_UNKNOWN_NAME, at, "unknown %s '%s'", kind, name);
    const char *near = diag_nearest(name, (const char *const *)all->pdata, all->len);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else if (s->insert && follows_dollar(c, s->insert->span))
        diag_help(m, "a shell variable is written $%s or ${{%s}}", name, name);
    else if (s->insert)
        diag_help(m, "if no value is meant here: braces that are only text are written {{ and }}");
    else if (strcmp(kind, "name") == 0)
        diag_help(m, "if it is meant as text, put it in quotes: \"%s\"", name);
    g_ptr_array_free(all, TRUE);
}

void
unknown_column(struct scope *s, struct span at, const struct table *t, const char *name)
{
    const struct strpool *pool = &s->c->m->strings;
    const char **all = arena_alloc(s->c->a, (t->ncols + 1) * sizeof *all);
    for (uint32_t i = 0; i < t->ncols; i++)
        all[i] = strpool_get(pool, t->col[i].name);
    struct diag *m = error_at(s->c, RULE_UNKNOWN_NAME, at, "table '%s' has no column '%s'",
        strpool_get(pool, t->name), name);
    for (uint32_t i = 0; i < t->nleft_out; i++) {
        if (strcmp(strpool_get(pool, t->left_out[i].name), name) == 0) {
            diag_note(m, t->at, "it was left out, because %s", t->left_out[i].why);
            diag_help(m, "read the table by a query that gives it a value: COALESCE(%s, 0) AS %s",
                name, name);
            return;
        }
    }
    const char *near = diag_nearest(name, all, t->ncols);
    if (near) {
        diag_help(m, "did you mean '%s'?", near);
        return;
    }
    struct buf list = {0};
    for (uint32_t i = 0; i < t->ncols && i < 24; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", all[i]);
    diag_help(m, "its columns are: %s%s", list.p, t->ncols > 24 ? ", ..." : "");
    buf_free(&list);
}

bool
decl_circle(struct checker *c, struct decl *d, struct span use)
{
    if (d->state != DECL_BUSY)
        return false;
    struct diag *m =
        error_at(c, RULE_CYCLE, use, "'%s' is declared by means of itself", d->name);
    diag_note(m, d->ast->name_span, "it is declared here");
    return true;
}

/* --- parameters --- */

/* What -D says is no value of the parameter's type. */
static void
wrong_define(
    struct checker *c, const struct decl *d, enum type want, struct span at, const char *given)
{
    struct diag *m = error_at(c, RULE_PARAM, at, "parameter '%s' is %s, and -D gives it %s",
        d->name, type_name(want), given);
    diag_help(m, "write for example: -D '%s=%s'", d->name,
        want == TYPE_BOOL       ? "true"
        : want == TYPE_INT      ? "3"
        : want == TYPE_REAL     ? "0.5"
        : want == TYPE_BYTES    ? "2 GB"
        : want == TYPE_DURATION ? "10 min"
                                : "1.5 deg");
    diag_note(m, d->ast->name_span, "it is declared here");
}

/* The text of -D name=value, as an expression of the parameter's type. */
static struct expr *
defined_value(struct checker *c, struct decl *d, const struct expr *def)
{
    const struct define *define = d->define;
    struct buf text = {0}, name = {0};
    buf_printf(&name, "-D %s", define->name);
    struct expr *e = NULL;
    if (def->type == TYPE_STRING) {
        uint32_t file = diag_source_text(c->d, name.p, define->value, strlen(define->value));
        struct span at = {file, 0, (uint32_t)strlen(define->value)};
        e = expr_string(c->a, at, define->value, strlen(define->value));
    } else {
        buf_printf(&text, "param %s = %s\n", define->name, define->value);
        uint32_t file = diag_source_text(c->d, name.p, text.p, text.n);
        struct ast_tree *tree = ast_tree_new();
        g_ptr_array_add(c->trees, tree);
        unsigned before = diag_count(c->d, DIAG_ERROR);
        const struct ast *root = wfl_parse(tree, c->d, file);
        const struct ast *param = root->child;
        if (diag_count(c->d, DIAG_ERROR) == before && param && param->kind == AST_PARAM) {
            struct scope s = {.c = c};
            const struct ast *value = param->child;
            struct expr *v = NULL;
            if (value->kind == AST_NAME && !find_decl(c, value->text))
                wrong_define(c, d, def->type, value->span, arena_printf(c->a, "'%s'", value->text));
            else
                v = check_expr(&s, value);
            if (!v)
                ;
            else if (v->type == def->type || v->type == TYPE_ERROR) {
                e = v;
            } else if (def->type == TYPE_REAL && v->type == TYPE_INT) {
                e = expr_real(c->a, v->at, TYPE_REAL, (double)v->value.i);
            } else {
                wrong_define(c, d, def->type, v->at, type_name(v->type));
            }
        }
    }
    buf_free(&text);
    buf_free(&name);
    return e ? e : error_expr(c, d->ast->span);
}

struct expr *
decl_value(struct checker *c, struct decl *d, struct span use)
{
    if (decl_circle(c, d, use))
        return error_expr(c, use);
    if (d->state == DECL_DONE)
        return d->value;
    d->state = DECL_BUSY;
    struct scope s = {.c = c};
    d->value = check_expr(&s, d->ast->child);
    if (d->value->type != TYPE_ERROR && !expr_is_const(d->value)) {
        error_at(c, RULE_VALUE, d->ast->span, "'%s' must be a constant", d->name);
        d->value = error_expr(c, d->ast->span);
    }
    if (d->override && d->value->type != TYPE_ERROR)
        d->value = check_typed(&s, d->override, d->value->type, d->name);
    if (d->define && d->value->type != TYPE_ERROR)
        d->value = defined_value(c, d, d->value);
    d->state = DECL_DONE;
    return d->value;
}
