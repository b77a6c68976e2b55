/* Some rows of a table: `T where c`, `lsst.science`, `lsst["R22_*"]`. */
#include "config.h"

#include "check/check.h"
#include "model/rows.h"

#include <stdlib.h>
#include <string.h>

struct rows {
    struct table *of;
    uint32_t *row; /* ascending, malloc'ed; NULL: all */
    uint32_t n;
    const struct span *emptied; /* what left none; or NULL */
};

static bool pick(struct checker *c, const struct ast *a, const char *var, bool whole,
    struct rows *out);

/* --- the rows as a table --- */

/* Equal rows of one table are one table, so that tasks that run over them agree. */
static struct table *
as_table(struct checker *c, struct rows *r)
{
    struct table *t = r->of;
    if (r->row && r->n < r->of->nrows) {
        struct hash128 h = hash128(r->row, r->n * sizeof *r->row);
        char *key = arena_printf(c->a, "rows %p %u %016llx %016llx", (void *)r->of, r->n,
            (unsigned long long)h.a, (unsigned long long)h.b);
        t = names_find(&c->ranges, key);
        if (!t) {
            t = new_table(c, "", r->of->at);
            table_select(r->of, r->row, r->n, t);
            t->of = r->of;
            t->of_row = r->row;
            t->emptied = r->emptied;
            r->row = NULL;
            names_put(&c->ranges, key, t);
        }
    }
    free(r->row);
    r->row = NULL;
    return t;
}

static void
all_rows(struct rows *r)
{
    if (r->row)
        return;
    r->n = r->of->nrows;
    r->row = xcalloc((size_t)r->n + 1, sizeof *r->row);
    for (uint32_t i = 0; i < r->n; i++)
        r->row[i] = i;
}

static bool
pick_name(struct checker *c, const struct ast *a, bool whole, struct rows *out)
{
    struct scope s = {.c = c};
    struct decl *d = find_decl(c, a->text);
    if (!d) {
        unknown_name(&s, a->span, a->text, "table or set");
        return false;
    }
    d->used = true;
    if (d->kind != DECL_TABLE) {
        struct diag *m = error_at(c, RULE_TYPE, a->span, "'%s' is a %s, not a table", a->text,
            d->kind == DECL_TASK ? "task" : "single value");
        diag_note(m, d->ast->name_span, "it is declared here");
        return false;
    }
    struct table *t = decl_table(c, d, a->span);
    if (!t)
        return false;
    if (whole && (d->ast->kind == AST_CAMERA || d->ast->kind == AST_SENSORS))
        t = d->all;
    *out = (struct rows){.of = t};
    if (t->of) {
        *out = (struct rows){.of = (struct table *)t->of, .n = t->nrows};
        out->row = xcalloc((size_t)t->nrows + 1, sizeof *out->row);
        memcpy(out->row, t->of_row, t->nrows * sizeof *out->row);
    }
    return true;
}

static bool
pick_where(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    if (!pick(c, a->child, var, false, out))
        return false;
    const struct ast *where = a->child->next;
    struct expr *e = check_row_where(c, out->of, where);
    uint32_t *row, n;
    if (!e ||
        !rows_filter(c->d, &c->m->strings, &c->m->sky, out->of, out->row, out->n, e, &row, &n))
        return false;
    if (!n && (out->row ? out->n : out->of->nrows))
        out->emptied = &where->span;
    free(out->row);
    out->row = row;
    out->n = n;
    return true;
}

/* `T.name`: a column of conditions is a selection; `all` is all rows. */
static bool
pick_field(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    if (!pick(c, a->child, var, true, out))
        return false;
    struct scope s = {.c = c};
    const struct table *t = out->of;
    const char *name = strpool_get(&c->m->strings, t->name);
    int k = table_column(t, strpool_adds(&c->m->strings, a->text));
    if (k < 0 && strcmp(a->text, "all") == 0)
        return true;
    if (k < 0 && table_column(t, strpool_adds(&c->m->strings, "science")) >= 0 &&
        diag_nearest(a->text, (const char *const[]){"science", "all"}, 2)) {
        diag_help(error_at(c, RULE_UNKNOWN_NAME, a->name_span, "'%s' has no selection '%s'", name,
                      a->text),
            "did you mean '%s'?",
            diag_nearest(a->text, (const char *const[]){"science", "all"}, 2));
        return false;
    }
    if (k < 0) {
        unknown_column(&s, a->name_span, t, a->text);
        return false;
    }
    if (t->col[k].type != COLUMN_BOOL) {
        name = strpool_get(&c->m->strings, t->name);
        diag_help(error_at(c, RULE_TYPE, a->name_span,
                      "'%s' is a column of '%s', and no selection of its rows", a->text, name),
            "write: (%s where %s == ...), or distinct %s(%s)", name, a->text, name, a->text);
        return false;
    }
    if (!no_holes(c, t, (unsigned)k, a->name_span))
        return false;
    all_rows(out);
    uint32_t n = 0;
    const uint8_t *cell = t->col[k].data;
    for (uint32_t i = 0; i < out->n; i++)
        if (cell[out->row[i]])
            out->row[n++] = out->row[i];
    if (!n && out->n)
        out->emptied = &a->span;
    out->n = n;
    return true;
}

static bool
pick_index(struct checker *c, const struct ast *a, const char *var, struct rows *out)
{
    const struct ast *object = a->child, *index = object->next;
    if (!pick(c, object, var, true, out))
        return false;
    const struct table *t = out->of;
    if (t->kind != TABLE_SENSORS) {
        const char *name = strpool_get(&c->m->strings, t->name);
        diag_help(error_at(c, RULE_TYPE, a->span,
                      "'%s' is no camera, and only sensors are chosen "
                      "by [...]",
                      name),
            "write: (%s where ...)", name);
        return false;
    }
    all_rows(out);
    uint8_t *in = xcalloc((size_t)t->nrows + 1, 1), *mark = xcalloc((size_t)t->nrows + 1, 1);
    for (uint32_t i = 0; i < out->n; i++)
        in[out->row[i]] = 1;
    bool ok = pick_sensors(c, t, index, object->kind != AST_NAME, in, mark);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->nrows; i++)
        if (mark[i])
            out->row[n++] = i;
    out->n = n;
    if (ok && !n) {
        error_at(c, RULE_EMPTY, a->span, "this selects no sensor");
        ok = false;
    }
    free(in);
    free(mark);
    return ok;
}

/* --- all together --- */

/* `whole`: of a camera all sensors are meant, not those that it stands for alone. After an error
 * out->row may be set. */
static bool
pick(struct checker *c, const struct ast *a, const char *var, bool whole, struct rows *out)
{
    switch (a->kind) {
    case AST_NAME:
        return pick_name(c, a, whole, out);
    case AST_SELECT:
        return pick_where(c, a, var, out);
    case AST_FIELD:
        return pick_field(c, a, var, out);
    case AST_INDEX:
        return pick_index(c, a, var, out);
    case AST_RANGE:
    case AST_LIST:
    case AST_DISTINCT:
    case AST_FROM:
        *out = (struct rows){.of = inline_table(c, a, var)};
        return out->of != NULL;
    default: {
        struct diag *m = error_at(c, RULE_TYPE, a->span, "a table is needed here");
        diag_help(m, "the name of a table or set, a range (1 .. 9), or a list");
        return false;
    }
    }
}

struct table *
for_table(struct checker *c, const struct ast *source, const char *var)
{
    struct rows r = {0};
    unsigned lazy = eager(c, 0);
    struct table *t = pick(c, source, var, false, &r) ? as_table(c, &r) : NULL;
    eager(c, lazy);
    free(r.row);
    return t;
}
