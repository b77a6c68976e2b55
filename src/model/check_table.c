#include "config.h"

#include "model/check.h"

#include <glob.h>
#include <string.h>

/* Tables and sets: where their rows come from. */

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
    if (decl_circle(c, d, use))
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
