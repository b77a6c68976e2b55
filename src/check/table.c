/* Tables and sets: where their rows come from. */
#include "config.h"

#include "check/check.h"

#include "model/rows.h"

#include <stdlib.h>
#include <string.h>

struct table *
new_table(struct checker *c, const char *name, struct span at)
{
    struct table *t = arena_alloc(c->a, sizeof *t);
    list_add(&c->tables, t);
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
    static const enum column_type column_of[] = {COLUMN_INT, COLUMN_INT, COLUMN_REAL, COLUMN_STRING,
        COLUMN_BOOL, COLUMN_REAL, COLUMN_REAL, COLUMN_REAL};
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
            struct diag *m = error_at(c, RULE_TYPE, x->span,
                "a set holds numbers, texts or "
                "conditions, and this is %s",
                type_name(e[i]->type));
            diag_help(m, "leave the unit away here and write it where the value is used");
            ok = false;
        } else if (type == TYPE_ERROR || (type == TYPE_INT && e[i]->type == TYPE_REAL)) {
            type = e[i]->type;
        } else if (type != e[i]->type && !(type == TYPE_REAL && e[i]->type == TYPE_INT)) {
            struct diag *m = error_at(c, RULE_TYPE, x->span, "the list holds %s, and this is %s",
                type_name(type), type_name(e[i]->type));
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
    t->col[0].data = column_cells(t->col[0].type, n);
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

/* Are the rows of a range not too many to be copied? */
static bool
few_rows(struct checker *c, const struct table *from, struct span at)
{
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    if (from->nrows <= TABLE_MOST_COPIED)
        return true;
    error_at(c, RULE_SIZE, at, "'%s' has %s rows, too many to copy: %s are the most",
        strpool_get(&c->m->strings, from->name), thousands(from->nrows, number),
        thousands(TABLE_MOST_COPIED, most));
    return false;
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
        if (!no_holes(c, from, column[i], x->span))
            return false;
        for (unsigned k = 0; k < i; k++) {
            if (column[k] == column[i]) {
                error_at(c, RULE_DUPLICATE, x->span, "column '%s' is named twice", x->text);
                return false;
            }
        }
    }
    if (!few_rows(c, from, a->name_span))
        return false;
    table_distinct(from, column, n, t);
    return true;
}

/* A table of its own with the rows of another one. */
static bool
rows_of_table(struct checker *c, struct table *t, const struct ast *rows)
{
    const struct table *from = for_table(c, rows, strpool_get(&c->m->strings, t->name));
    if (!from || !few_rows(c, from, rows->span))
        return false;
    uint32_t *all = arena_alloc(c->a, ((size_t)from->nrows + 1) * sizeof *all);
    for (uint32_t i = 0; i < from->nrows; i++)
        all[i] = i;
    uint32_t name = t->name;
    struct span at = t->at;
    table_select(from, all, from->nrows, t);
    t->name = name;
    t->at = at;
    return true;
}

static bool
fill_table(struct checker *c, struct table *t, const struct ast *from, struct source *s)
{
    switch (from->kind) {
    case AST_RANGE:
        return range_table(c, t, from);
    case AST_LIST:
        return list_table(c, t, from);
    case AST_FROM:
        return source_table(c, t, from, s);
    case AST_DISTINCT:
        return distinct_table(c, t, from);
    case AST_NAME:
    case AST_SELECT:
    case AST_FIELD:
    case AST_INDEX:
        return rows_of_table(c, t, from);
    default: {
        struct diag *m = error_at(c, RULE_TYPE, from->span, "this is no table");
        diag_help(m, "a set is a range (1 .. 9) or a list ([\"g\", \"r\"]); a table comes "
                     "from csv, list, json, sqlite, instcat or glob, or from another table");
        return false;
    }
    }
}

/* --- columns by name --- */

static struct expr *
check_row_expr(struct checker *c, const struct table *t, const struct ast *a)
{
    const struct var row = {strpool_get(&c->m->strings, t->name), t->at, t};
    /* the pool moves while names are looked up */
    const struct var var = {arena_text(c->a, row.name, strlen(row.name)), row.at, t};
    struct scope s = {.c = c, .var = &var, .nvars = 1, .row = t};
    return check_expr(&s, a);
}

struct expr *
check_row_where(struct checker *c, const struct table *t, const struct ast *a)
{
    struct expr *e = check_row_expr(c, t, a);
    if (e->type == TYPE_ERROR)
        return NULL;
    if (e->type != TYPE_BOOL) {
        error_at(c, RULE_TYPE, a->span, "where needs a condition, and this is %s",
            type_name(e->type));
        return NULL;
    }
    return e;
}

void
put_column(struct table *t, struct column *col)
{
    int i = table_column(t, col->name);
    if (i >= 0) {
        column_free(&t->col[i]);
        t->col[i] = *col;
        return;
    }
    t->col = xrealloc(t->col, (t->ncols + 1) * sizeof *t->col);
    t->col[t->ncols++] = *col;
}

/* `name = value`: all values are over the columns of the source. */
static bool
map_columns(struct checker *c, struct table *t, const struct ast *decl)
{
    unsigned n = 0, made = 0;
    bool ok = true;
    for (const struct ast *p = decl->child; p; p = p->next)
        n += p->kind == AST_COLUMN;
    struct column *col = arena_alloc(c->a, n * sizeof *col);
    for (const struct ast *p = decl->child; p; p = p->next) {
        if (p->kind != AST_COLUMN)
            continue;
        struct column to = {.name = strpool_adds(&c->m->strings, p->text), .at = p->name_span};
        for (unsigned k = 0; k < made; k++) {
            if (col[k].name == to.name) {
                diag_note(error_at(c, RULE_DUPLICATE, p->name_span, "column '%s' is there already",
                              p->text),
                    col[k].at, "here");
                ok = false;
            }
        }
        struct expr *e = check_row_expr(c, t, p->child);
        if (e->type == TYPE_BYTES || e->type == TYPE_DURATION || e->type > TYPE_ANGLE) {
            struct diag *m = error_at(c, RULE_TYPE, p->child->span,
                "a column holds numbers, angles, texts or conditions, and this is %s",
                type_name(e->type));
            if (e->type <= TYPE_ANGLE)
                diag_help(m, "divide by a unit, as in: x / %s",
                    e->type == TYPE_BYTES ? "1 GB" : "1 min");
            ok = false;
            continue;
        }
        if (e->type == TYPE_ERROR || !rows_column(c->d, &c->m->strings, &c->m->sky, t, e, &to)) {
            column_free(&to);
            ok = false;
            continue;
        }
        col[made++] = to;
    }
    for (unsigned k = 0; k < made; k++)
        put_column(t, &col[k]);
    return ok;
}

static bool
keep_where(struct checker *c, struct table *t, const struct ast *where)
{
    struct expr *e = check_row_where(c, t, where->child);
    uint32_t *row, n;
    if (!e || !rows_filter(c->d, &c->m->strings, &c->m->sky, t, NULL, 0, e, &row, &n))
        return false;
    table_keep(t, row, n);
    free(row);
    if (!n)
        t->emptied = &where->span;
    return true;
}

/* --- declarations --- */

/* The rows that a block keeps, with the columns it makes. */
static bool
finish_table(struct checker *c, struct table *t, const struct source *s)
{
    const struct ast *decl = s->decl;
    bool visits = decl->kind == AST_VISITS || (t->kind == TABLE_VISITS && decl->kind == AST_TABLE);
    bool sensors = decl->kind == AST_SENSORS || decl->kind == AST_CAMERA;
    if (visits && !known_visits(c, t, s))
        return false;
    bool ok = map_columns(c, t, decl);
    for (const struct ast *p = decl->child; p && ok; p = p->next)
        if (p->kind == AST_WHERE)
            ok = keep_where(c, t, p);
    return ok && (!visits || check_visits(c, t, s)) && (!sensors || check_camera(c, t, s));
}

/* What `for s in CAMERA` runs over: the selection `science`, where there is one. */
static struct table *
science_of(struct checker *c, const struct decl *d, struct table *all)
{
    int science = table_column(all, strpool_adds(&c->m->strings, "science"));
    if (science < 0 || all->col[science].type != COLUMN_BOOL)
        return all;
    struct ast object = {.kind = AST_NAME, .span = d->ast->name_span, .text = d->name};
    struct ast field = {.kind = AST_FIELD,
        .span = d->ast->name_span,
        .name_span = d->ast->name_span,
        .text = "science",
        .child = &object};
    return for_table(c, &field, d->name);
}

static struct table *
make_table(struct checker *c, struct decl *d)
{
    const struct ast *from = d->ast->child;
    bool set = d->ast->kind == AST_SET || d->ast->kind == AST_LET;
    if (set && (from->kind == AST_SELECT || from->kind == AST_INDEX || from->kind == AST_FIELD ||
                   from->kind == AST_NAME))
        return for_table(c, from, d->name);
    struct source s = {.picked = -1};
    if (!set && !source_properties(c, d->ast, &s))
        return NULL;
    if (!from || from->kind == AST_PROP || from->kind == AST_COLUMN || from->kind == AST_WHERE ||
        from->kind == AST_PARAM) {
        diag_help(error_at(c, RULE_PROPERTY, d->ast->name_span, "the camera '%s' has no sensors",
                      d->name),
            "say where its table is: camera %s from csv \"...\" { ... }", d->name);
        return NULL;
    }
    struct table *t = new_table(c, d->name, d->ast->name_span);
    bool ok = fill_table(c, t, from, &s);
    return ok && (set || finish_table(c, t, &s)) ? t : NULL;
}

struct table *
decl_table(struct checker *c, struct decl *d, struct span use)
{
    if (decl_circle(c, d, use))
        return NULL;
    if (d->state == DECL_DONE)
        return d->table;
    d->state = DECL_BUSY;
    unsigned lazy = eager(c, 0);
    struct table *t = check_enter(c, 10, use) ? make_table(c, d) : NULL;
    eager(c, lazy);
    c->depth -= 10;
    d->table = d->all = t;
    d->state = DECL_DONE;
    if (t && (d->ast->kind == AST_CAMERA || d->ast->kind == AST_SENSORS)) {
        bool used = d->used; /* this is no use of it */
        d->table = science_of(c, d, t);
        d->used = used;
    }
    return d->table;
}

struct table *
inline_table(struct checker *c, const struct ast *source, const char *var)
{
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
    struct table *t = names_find(&c->ranges, key.p);
    if (!t) {
        struct source s = {.picked = -1};
        t = new_table(c, distinct ? source->text : var, source->span);
        if (!fill_table(c, t, source, &s))
            t = NULL;
        else
            names_put(&c->ranges, arena_text(c->a, key.p, key.n), t);
    }
    buf_free(&key);
    return t;
}
