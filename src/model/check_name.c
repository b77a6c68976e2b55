#include "config.h"

#include "model/check.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct diag *
error_at(struct checker *c, const char *check, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(c->d, DIAG_ERROR, check, at, fmt, ap);
    va_end(ap);
    return m;
}

void
unsupported(struct checker *c, struct span at, const char *what)
{
    error_at(c, RULE_UNSUPPORTED, at, "%s is not supported by this version of wflc", what);
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

/* A declaration that is asked for while it is being made needs itself. */
static bool
circle(struct checker *c, struct decl *d, struct span use)
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
    if (circle(c, d, use))
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
    if (d->define && d->value->type != TYPE_ERROR)
        d->value = defined_value(c, d, d->value);
    d->state = DECL_DONE;
    return d->value;
}

/* --- tables and sets --- */

static struct table *
new_table(struct checker *c, const char *name, struct span at)
{
    struct table *t = arena_alloc(c->a, sizeof *t);
    g_ptr_array_add(c->tables, t);
    t->name = strpool_adds(&c->m->strings, name);
    t->at = at;
    t->file = DIAG_NO_FILE;
    return t;
}

static bool
constant_int(struct checker *c, const struct ast *a, int64_t *v)
{
    struct scope s = {.c = c};
    struct expr *e = check_typed(&s, a, TYPE_INT, "a range");
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e)) {
        error_at(c, RULE_VALUE, a->span, "the ends of a range must be constants");
        return false;
    }
    *v = e->value.i;
    return true;
}

static bool
range_table(struct checker *c, struct table *t, const struct ast *range)
{
    int64_t first, last, step = 1;
    const struct ast *lo = range->child, *hi = lo->next;
    if (!constant_int(c, lo, &first) || !constant_int(c, hi, &last) ||
        (hi->next && !constant_int(c, hi->next, &step)))
        return false;
    uint32_t name = t->name;
    bool ok = table_from_range(c->d, name, first, last, step, range->span, t);
    t->name = name;
    return ok;
}

static bool
list_table(struct checker *c, struct table *t, const struct ast *list)
{
    static const enum column_type column_of[] = {COLUMN_INT, COLUMN_INT, COLUMN_REAL,
        COLUMN_STRING, COLUMN_BOOL, COLUMN_REAL, COLUMN_REAL, COLUMN_REAL};
    static const size_t width[] = {8, 8, 4, 1};
    unsigned n = 0, i = 0;
    for (const struct ast *x = list->child; x; x = x->next)
        n++;
    struct expr **e = arena_alloc(c->a, n * sizeof(struct expr *));
    enum type type = TYPE_ERROR;
    struct scope s = {.c = c};
    bool ok = true;
    for (const struct ast *x = list->child; x; x = x->next, i++) {
        e[i] = check_expr(&s, x);
        if (e[i]->type == TYPE_ERROR) {
            ok = false;
        } else if (e[i]->type == TYPE_BYTES || e[i]->type == TYPE_DURATION ||
                   e[i]->type == TYPE_ANGLE) {
            struct diag *m = error_at(c, RULE_TYPE, x->span, "a set holds numbers, texts or "
                                                              "conditions, and this is %s",
                type_name(e[i]->type));
            diag_help(m, "leave the unit away here and write it where the value is used");
            ok = false;
        } else if (type == TYPE_ERROR || (type == TYPE_INT && e[i]->type == TYPE_REAL)) {
            type = e[i]->type;
        } else if (type != e[i]->type && !(type == TYPE_REAL && e[i]->type == TYPE_INT)) {
            struct diag *m = error_at(c, RULE_TYPE, x->span,
                "the list holds %s, and this is %s", type_name(type), type_name(e[i]->type));
            diag_note(m, list->child->span, "its first item");
            ok = false;
        }
    }
    if (!ok)
        return false;
    t->nrows = n;
    t->ncols = 1;
    t->col = xcalloc(1, sizeof *t->col);
    t->col[0].name = t->name;
    t->col[0].type = column_of[type];
    t->col[0].at = list->span;
    t->col[0].data = xcalloc(n, width[t->col[0].type]);
    for (i = 0; i < n; i++) {
        const struct value *v = &e[i]->value;
        switch (t->col[0].type) {
        case COLUMN_INT:
            ((int64_t *)t->col[0].data)[i] = v->i;
            break;
        case COLUMN_REAL:
            ((double *)t->col[0].data)[i] = v->tag == VAL_INT ? (double)v->i : v->r;
            break;
        case COLUMN_STRING:
            ((uint32_t *)t->col[0].data)[i] = strpool_add(&c->m->strings, v->s.p, v->s.n);
            break;
        case COLUMN_BOOL:
            ((uint8_t *)t->col[0].data)[i] = v->i != 0;
            break;
        }
    }
    return true;
}

static bool
matches(const char *pattern)
{
    glob_t g;
    bool found = glob(pattern, 0, NULL, &g) == 0;
    globfree(&g);
    return found;
}

/* Relative paths start where wflc does; a file that lies beside the campaign instead is the
 * frequent mistake. */
static bool
beside_campaign(struct checker *c, const struct ast *at, const char *path)
{
    const char *slash = strrchr(c->m->source, '/');
    if (path[0] == '/' || !slash || matches(path))
        return false;
    char *there = arena_printf(c->a, "%.*s/%s", (int)(slash - c->m->source), c->m->source, path);
    if (!matches(there))
        return false;
    struct diag *m = error_at(c, RULE_PATH, at->span,
        "'%s' is not here, but beside the campaign file", path);
    diag_help(m, "relative paths start where wflc is started; write \"{here}/%s\"", path);
    return true;
}

static bool
source_table(struct checker *c, struct table *t, const struct ast *from)
{
    struct scope s = {.c = c};
    if (strcmp(from->text, "csv") != 0 && strcmp(from->text, "instcat") != 0 &&
        strcmp(from->text, "glob") != 0) {
        unsupported(c, from->span, arena_printf(c->a, "a table from %s", from->text));
        return false;
    }
    struct expr *e = check_typed(&s, from->child, TYPE_STRING, "the place of a table");
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e)) {
        error_at(c, RULE_VALUE, from->child->span, "the place of a table must be a constant");
        return false;
    }
    const char *path = e->value.s.p;
    if (beside_campaign(c, from->child, path))
        return false;
    uint32_t name = t->name;
    struct span at = t->at;
    bool ok = strcmp(from->text, "csv") == 0
                  ? table_read_csv(c->d, &c->m->strings, path, from->child->span, t)
              : strcmp(from->text, "instcat") == 0
                  ? table_read_instcat(c->d, &c->m->strings, path, from->child->span, t)
                  : table_read_glob(c->d, &c->m->strings, path, from->child->span, t);
    t->name = name;
    t->at = at;
    return ok;
}

/* `distinct T(a, b)`. */
static bool
distinct_table(struct checker *c, struct table *t, const struct ast *a)
{
    struct scope s = {.c = c};
    struct decl *d = find_decl(c, a->text);
    if (!d || d->kind != DECL_TABLE) {
        if (!d)
            unknown_name(&s, a->name_span, a->text, "table");
        else
            error_at(c, RULE_TYPE, a->name_span, "'%s' is not a table", a->text);
        return false;
    }
    d->used = true;
    const struct table *from = decl_table(c, d, a->name_span);
    if (!from)
        return false;
    unsigned n = 0;
    for (const struct ast *x = a->child; x; x = x->next)
        n++;
    unsigned *column = arena_alloc(c->a, n * sizeof *column), i = 0;
    for (const struct ast *x = a->child; x; x = x->next, i++) {
        int found = table_column(from, strpool_adds(&c->m->strings, x->text));
        if (found < 0) {
            unknown_column(&s, x->span, from, x->text);
            return false;
        }
        column[i] = (unsigned)found;
        for (unsigned k = 0; k < i; k++) {
            if (column[k] == column[i]) {
                error_at(c, RULE_DUPLICATE, x->span, "column '%s' is named twice", x->text);
                return false;
            }
        }
    }
    table_distinct(from, column, n, t);
    return true;
}

static bool
fill_table(struct checker *c, struct table *t, const struct ast *source)
{
    switch (source->kind) {
    case AST_RANGE:
        return range_table(c, t, source);
    case AST_LIST:
        return list_table(c, t, source);
    case AST_FROM:
        return source_table(c, t, source);
    case AST_DISTINCT:
        return distinct_table(c, t, source);
    default: {
        struct diag *m = error_at(c, RULE_TYPE, source->span, "this is no table");
        diag_help(m, "a set is a range (1 .. 9) or a list ([\"g\", \"r\"]); a table comes "
                     "from csv, instcat or glob");
        return false;
    }
    }
}

struct table *
decl_table(struct checker *c, struct decl *d, struct span use)
{
    if (circle(c, d, use))
        return NULL;
    if (d->state == DECL_DONE)
        return d->table;
    d->state = DECL_BUSY;
    const struct ast *source = d->ast->child;
    struct table *t = new_table(c, d->name, d->ast->name_span);
    bool ok = fill_table(c, t, source);
    const struct ast *where = ast_find(source->next, AST_WHERE);
    if (where) {
        unsupported(c, where->span, "where on a table");
        ok = false;
    }
    d->table = ok ? t : NULL;
    d->state = DECL_DONE;
    return d->table;
}

const struct table *
for_table(struct checker *c, const struct ast *source, const char *var)
{
    struct scope s = {.c = c};
    if (source->kind == AST_NAME) {
        struct decl *d = find_decl(c, source->text);
        if (!d) {
            unknown_name(&s, source->span, source->text, "table or set");
            return NULL;
        }
        d->used = true;
        if (d->kind == DECL_TABLE)
            return decl_table(c, d, source->span);
        struct diag *m = error_at(c, RULE_TYPE, source->span, "'%s' is a %s, not a table",
            source->text, d->kind == DECL_TASK ? "task" : "single value");
        diag_note(m, d->ast->name_span, "it is declared here");
        return NULL;
    }
    if (source->kind == AST_RANGE || source->kind == AST_LIST || source->kind == AST_DISTINCT) {
        /* two variables of one name over the same range run over the same table, and so do two
         * over the same distinct rows, whatever their names */
        struct buf key = {0};
        size_t n;
        const char *text = diag_text(c->d, source->span.file, &n);
        bool distinct = source->kind == AST_DISTINCT;
        buf_printf(&key, "%s=", distinct ? "" : var);
        for (uint32_t i = source->span.start; i < source->span.end; i++)
            if (!strchr(" \t\n", text[i]))
                buf_putc(&key, text[i]);
        struct table *t = g_hash_table_lookup(c->ranges, key.p);
        if (!t) {
            t = new_table(c, distinct ? source->text : var, source->span);
            if (!fill_table(c, t, source))
                t = NULL;
            else
                g_hash_table_insert(c->ranges, arena_text(c->a, key.p, key.n), t);
        }
        buf_free(&key);
        return t;
    }
    if (source->kind == AST_INDEX || source->kind == AST_FIELD) {
        unsupported(c, source->span, "a selection of sensors");
        return NULL;
    }
    struct diag *m = error_at(c, RULE_TYPE, source->span, "'for' needs a table");
    diag_help(m, "the name of a table or set, a range (1 .. 9), or a list");
    return NULL;
}
