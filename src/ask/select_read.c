/* From the words of a selector to its terms. */
#include "config.h"

#include "ask/select-private.h"

#include "diag/diag.h"
#include "model/units.h"
#include "report/words.h"
#include "util/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const field_name[] = {
#define X(id, name, as) name,
    FIELDS(X)
#undef X
};
static const enum kind field_kind[] = {
#define X(id, name, as) as,
    FIELDS(X)
#undef X
};
/* One that another begins with stands behind that. */
static const struct {
    const char *text;
    enum plan_compare op;
} compares[] = {{"=", CMP_EQ}, {"!=", CMP_NE}, {"<=", CMP_LE}, {">=", CMP_GE}, {"<", CMP_LT},
    {">", CMP_GT}};

/* What is being read. */
struct reader {
    struct selector *s;
    const char *text; /* the term */
    struct buf *why;
};

/* --- what is wrong --- */

/* The sentence is in `why` already; the term follows, with signs below what is meant. */
static bool
point(struct reader *r, const char *at, size_t n)
{
    buf_printf(r->why, "\n    %s\n    %*s^", r->text, (int)(at - r->text), "");
    for (size_t i = 1; i < n; i++)
        buf_putc(r->why, '~');
    return false;
}

static bool
unknown(struct reader *r, const char *what, const char *at, size_t n, const char *const *names,
    size_t nnames)
{
    char *word = xstrndup(at, n);
    const char *near = diag_nearest(word, names, nnames), *blank = strchr(word, ' ');
    buf_printf(r->why, "there is no %s '%s'", what, word);
    if (blank && strpbrk(blank, "=<>")) /* quotes around all of them */
        buf_puts(r->why,
            "; each term is an argument of its own, so no quotes stand around all of them");
    else if (near)
        buf_printf(r->why, "; did you mean '%s'?", near);
    else {
        buf_puts(r->why, "; it may be");
        for (size_t i = 0; i < nnames; i++)
            buf_printf(r->why, "%s %s", i ? "," : "", names[i]);
    }
    free(word);
    return point(r, at, n);
}

/* --- texts --- */

/* Marks those of `names` that are meant; a pattern without a * that fits none is a mistake. */
static bool
mark_names(struct reader *r, struct term *t, const char *what, const char *value,
    const char *const *names, size_t n)
{
    t->is = xcalloc(n + 1, sizeof *t->is);
    for (size_t i = 0; i < n; i++)
        t->is[i] = select_fits(value, names[i]) == (t->compare == CMP_EQ);
    for (const char *p = value;; p++) {
        size_t len = strcspn(p, ",");
        char *one = xstrndup(p, len);
        bool any = strpbrk(one, "*?[") != NULL;
        for (size_t i = 0; i < n && !any; i++)
            any = strcmp(one, names[i]) == 0;
        free(one);
        if (!any)
            return unknown(r, what, p, len, names, n);
        p += len;
        if (!*p)
            return true;
    }
}

/* What may be said of families, states, reasons, what has changed; the caller frees the list. */
static const char **
names_of(const struct reader *r, enum field field, size_t *n)
{
    const struct plan *p = r->s->plan;
    const char **name = xcalloc(p->nfamilies + UINT8_MAX, sizeof *name);
    *n = 0;
    if (field == FIELD_FAMILY)
        for (; *n < p->nfamilies; ++*n)
            name[*n] = plan_string(p, p->family[*n].name);
    else if (field == FIELD_STATE)
        for (; *n < STATUS_NSTATES; ++*n)
            name[*n] = status_state_name((enum status_state) * n);
    else if (field == FIELD_CHANGED)
        for (; *n < SINCE_NKINDS; ++*n)
            name[*n] = since_kind_name((enum since_kind) * n);
    else
        for (; strcmp(journal_reason_name((enum journal_reason) * n), "?") != 0; ++*n)
            name[*n] = journal_reason_name((enum journal_reason) * n);
    return name;
}

static bool
read_names(struct reader *r, struct term *t, const char *value)
{
    size_t n;
    const char **name = names_of(r, t->field, &n);
    const char *what = t->field == FIELD_CHANGED ? "kind of change" : field_name[t->field];
    bool ok = mark_names(r, t, what, value, name, n);
    free(name);
    return ok;
}

/* --- numbers --- */

static bool
read_number(struct reader *r, struct term *t, const char *value)
{
    static const enum dimension dimension[] =
        {[NUMBER] = DIM_NONE, [DURATION] = DIM_DURATION, [SIZE] = DIM_BYTES};
    enum kind kind = field_kind[t->field];
    if (quantity_parse(value, dimension[kind], &t->number, r->why))
        return true;
    return point(r, value, strlen(value));
}

/* --- rows --- */

static void
set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= (uint64_t)1 << i % 64;
}

/* The name of a column is behind a point. */
static uint32_t
find_column(const struct plan *p, const struct plan_table *t, const char *name)
{
    for (uint32_t c = t->first_column; c < t->first_column + t->ncolumns; c++)
        if (strcmp(plan_place_name(p, PLACE_COLUMN, c), name) == 0)
            return c;
    return PLAN_NONE;
}

/* A value that is a number is compared as one. */
static bool
is_meant(const struct term *t, const char *value, const char *cell)
{
    char *end, *cell_end;
    double x = strtod(value, &end), y = strtod(cell, &cell_end);
    bool numbers = *value && !*end && *cell && !*cell_end;
    if (numbers)
        return plan_compares(t->compare, y, x);
    if (t->compare == CMP_EQ || t->compare == CMP_NE)
        return select_fits(value, cell) == (t->compare == CMP_EQ);
    return plan_compares(t->compare, strcmp(cell, value), 0);
}

/* The column of whole numbers that is asked of (PLAN_NONE: that tells the rows apart), or NULL:
 * there may be millions of rows, whose texts need not be made then. */
static const struct vm_column *
whole_numbers(const struct plan *p, uint32_t table, uint32_t column)
{
    if (column == PLAN_NONE && p->table[table].label == 1)
        column = p->table[table].first_column;
    if (column == PLAN_NONE || p->vm_column[column].type != VM_COL_INT)
        return NULL;
    return &p->vm_column[column];
}

static int64_t
whole_number(const struct vm_column *c, uint32_t row)
{
    return c->data ? ((const int64_t *)c->data)[row] : vm_progression(c->first, c->step, row);
}

/* `column`: PLAN_NONE: of what tells the rows apart. */
static uint64_t *
rows_meant(const struct plan *p, const struct term *t, uint32_t table, uint32_t column,
    const char *value)
{
    uint32_t n = p->table[table].nrows;
    uint64_t *bits = xcalloc(n / 64 + 1, sizeof *bits);
    const struct vm_column *whole = whole_numbers(p, table, column);
    struct buf cell = {0};
    char *end, *exact_end;
    double number = strtod(value, &end);
    whole = *value && !*end ? whole : NULL;
    /* names of objects may be larger than what a double tells apart */
    errno = 0;
    int64_t exact = strtoll(value, &exact_end, 10);
    bool is_exact = !*exact_end && !errno;
    for (uint32_t row = 0; row < n; row++) {
        if (whole) {
            int64_t is = whole_number(whole, row);
            if (is_exact ? plan_compares(t->compare, (is > exact) - (is < exact), 0)
                         : plan_compares(t->compare, (double)is, number))
                set_bit(bits, row);
            continue;
        }
        buf_reset(&cell);
        if (column == PLAN_NONE)
            plan_row_label(p, table, row, &cell);
        else
            plan_cell_text(p, column, row, &cell);
        if (is_meant(t, value, cell.p ? cell.p : ""))
            set_bit(bits, row);
    }
    buf_free(&cell);
    return bits;
}

/* Names of variables and tables, for suggestions. */
static bool
unknown_field(struct reader *r, size_t n)
{
    const struct plan *p = r->s->plan;
    const char **name = xcalloc(NFIELDS + p->nvars + 1, sizeof *name);
    size_t nnames = 0;
    for (size_t i = 0; i < NFIELDS; i++)
        name[nnames++] = field_name[i];
    for (uint32_t v = 0; v < p->nvars; v++) {
        const char *var = plan_place_name(p, PLACE_VAR, v);
        bool old = !*var;
        for (size_t i = 0; i < nnames && !old; i++)
            old = strcmp(name[i], var) == 0;
        if (!old)
            name[nnames++] = var;
    }
    unknown(r, "field", r->text, n, name, nnames);
    free(name);
    return false;
}

/* The number of the family's variable of this name, or that runs over a table of this name. */
static uint32_t
find_var(const struct plan *p, const struct plan_family *f, const char *name)
{
    for (uint32_t v = 0; v < f->nvars; v++)
        if (strcmp(plan_place_name(p, PLACE_VAR, f->first_var + v), name) == 0)
            return v;
    for (uint32_t v = 0; v < f->nvars; v++)
        if (strcmp(plan_place_name(p, PLACE_TABLE, p->var[f->first_var + v].table), name) == 0)
            return v;
    return PLAN_NONE;
}

/* What a number is compared with: a number; of = and != also several, and patterns. */
static bool
check_number(struct reader *r, const struct term *t, size_t name, const char *value)
{
    bool order = t->compare != CMP_EQ && t->compare != CMP_NE;
    for (const char *p = value;; p++) {
        size_t n = order ? strlen(p) : strcspn(p, ",");
        char *one = xstrndup(p, n), *end;
        strtod(one, &end);
        bool good = (n && !*end) || (!order && strpbrk(one, "*?["));
        if (!good)
            buf_printf(r->why, "'%.*s' is a number, and '%s' is none; write it like '4'", (int)name,
                r->text, one);
        free(one);
        if (!good)
            return point(r, p, n);
        p += n;
        if (!*p)
            return true;
    }
}

static bool
read_rows(struct reader *r, struct term *t, size_t n, const char *value)
{
    const struct plan *p = r->s->plan;
    char *name = xstrndup(r->text, n), *point_at = strchr(name, '.');
    const char *column_name = point_at ? point_at + 1 : NULL;
    bool any = false, numbers = true;
    if (point_at)
        *point_at = 0;
    t->rows = xcalloc(p->nfamilies + 1, sizeof *t->rows);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        uint32_t var = find_var(p, &p->family[i], name), column = PLAN_NONE;
        if (var == PLAN_NONE)
            continue;
        uint32_t table = p->var[p->family[i].first_var + var].table;
        if (column_name)
            column = find_column(p, &p->table[table], column_name);
        if (column_name && column == PLAN_NONE)
            continue;
        t->rows[i] = (struct rows){var, rows_meant(p, t, table, column, value)};
        any = true;
        numbers &= plan_is_number(p, table, column);
    }
    if (!any && column_name)
        buf_printf(r->why,
            "the plan has no column '%s' of a variable or table '%s'; it keeps those that tasks "
            "use",
            column_name, name);
    free(name);
    if (any && numbers)
        return check_number(r, t, n, value);
    return any || (column_name ? point(r, r->text, n) : unknown_field(r, n));
}

/* --- a task as it is printed --- */

static struct term *
add_term(struct selector *s)
{
    if (s->n == s->cap) {
        s->cap = 2 * s->cap + 8;
        s->term = xrealloc(s->term, s->cap * sizeof *s->term);
    }
    s->term[s->n] = (struct term){0};
    return &s->term[s->n++];
}

/* The value of the variable at hand begins at `at`: marks the rows of which that is so, with
 * `behind` after it. Returns how long it is; 0: there is no such row. */
static size_t
read_value(struct selector *s, uint32_t family, uint32_t var, const char *at, const char *behind)
{
    const struct plan *p = s->plan;
    uint32_t table = p->var[p->family[family].first_var + var].table, n = p->table[table].nrows;
    struct term *t = add_term(s);
    struct buf label = {0};
    size_t found = 0;
    t->field = FIELD_ROWS;
    t->rows = xcalloc(p->nfamilies + 1, sizeof *t->rows);
    t->rows[family] = (struct rows){var, xcalloc(n / 64 + 1, sizeof(uint64_t))};
    const struct vm_column *whole = whole_numbers(p, table, PLAN_NONE);
    int64_t number = strtoll(at, NULL, 10);
    for (uint32_t row = 0; row < n; row++) {
        if (whole && whole_number(whole, row) != number)
            continue;
        buf_reset(&label);
        plan_row_label(p, table, row, &label);
        if (label.n && strncmp(at, label.p, label.n) == 0 &&
            strncmp(at + label.n, behind, strlen(behind)) == 0 && (!found || found == label.n)) {
            set_bit(t->rows[family].bits, row);
            found = label.n;
        }
    }
    buf_free(&label);
    return found;
}

static bool
read_task(struct reader *r)
{
    struct selector *s = r->s;
    const struct plan *p = s->plan;
    const char *at = r->text + strcspn(r->text, "[");
    uint32_t i = 0;
    for (; i < p->nfamilies; i++) {
        const char *name = plan_string(p, p->family[i].name);
        if (strlen(name) == (size_t)(at - r->text) && strncmp(r->text, name, strlen(name)) == 0)
            break;
    }
    struct term *t = add_term(s);
    t->field = FIELD_FAMILY;
    if (i == p->nfamilies) {
        size_t n;
        const char **name = names_of(r, FIELD_FAMILY, &n);
        unknown(r, "family", r->text, (size_t)(at - r->text), name, n);
        free(name);
        return false;
    }
    t->is = xcalloc(p->nfamilies + 1, sizeof *t->is);
    t->is[i] = true;
    const struct plan_family *f = &p->family[i];
    struct buf behind = {0};
    bool bare = !f->nvars || !*plan_place_name(p, PLACE_VAR, f->first_var);
    bool ok = bare ? !*at : *at == '[';
    at += ok && !bare;
    for (uint32_t v = 0; v < f->nvars && ok; v++) {
        const char *name = plan_place_name(p, PLACE_VAR, f->first_var + v), *next = "";
        if (!*name)
            break;
        if (v + 1 < f->nvars)
            next = plan_place_name(p, PLACE_VAR, f->first_var + v + 1);
        size_t n = strlen(name);
        ok = strncmp(at, name, n) == 0 && at[n] == '=';
        if (!ok)
            break;
        at += n + 1;
        buf_reset(&behind);
        if (*next)
            buf_printf(&behind, " %s=", next);
        else
            buf_putc(&behind, ']');
        n = read_value(s, i, v, at, behind.p);
        ok = n > 0;
        at += ok ? n + 1 : 0;
    }
    buf_free(&behind);
    if (ok && !*at)
        return true;
    if (!*at && !bare) {
        buf_printf(r->why, "'%s' is a family: all of its tasks are 'family=%s'", r->text, r->text);
        return point(r, r->text, strlen(r->text));
    }
    buf_puts(r->why, "there is no such task");
    return point(r, *at ? at : r->text, 1);
}

/* --- a term --- */

static bool
read_term(struct reader *r)
{
    size_t n = strcspn(r->text, "!=<>[");
    if (!r->text[n] || r->text[n] == '[')
        return read_task(r);
    const char *at = r->text + n;
    struct term *t = add_term(r->s);
    size_t sign = 0;
    while (sign < COUNT_OF(compares) &&
           strncmp(at, compares[sign].text, strlen(compares[sign].text)) != 0)
        sign++;
    if (sign == COUNT_OF(compares)) {
        buf_puts(r->why, "after the name stands =, !=, <, <=, > or >=");
        return point(r, at, 1);
    }
    t->compare = compares[sign].op;
    const size_t length = strlen(compares[sign].text);
    const char *value = at + length;
    if (*value && strchr("=<>", *value)) { /* a text that begins so is asked for as [=]text */
        static const char *const other[][2] = {{"==", "="}, {"<>", "!="}, {"=<", "<="},
            {"=>", ">="}, {"!==", "!="}};
        size_t signs = strspn(at, "!=<>"), i = 0;
        while (i < COUNT_OF(other) &&
               (strlen(other[i][0]) != signs || strncmp(at, other[i][0], signs) != 0))
            i++;
        buf_printf(r->why, "'%.*s' compares nothing", (int)signs, at);
        if (i < COUNT_OF(other))
            buf_printf(r->why, "; did you mean '%s'?", other[i][1]);
        else
            buf_puts(r->why, "; after the name stands =, !=, <, <=, > or >=");
        return point(r, at, signs);
    }
    while (t->field < NFIELDS &&
           (strlen(field_name[t->field]) != n || strncmp(field_name[t->field], r->text, n) != 0))
        t->field++;
    if (!*value) {
        buf_printf(r->why, "after '%s' stands what it is compared with", compares[sign].text);
        return point(r, value, 1);
    }
    if (t->field == FIELD_ROWS)
        return read_rows(r, t, n, value);
    if (field_kind[t->field] != TEXT)
        return read_number(r, t, value);
    if (t->compare != CMP_EQ && t->compare != CMP_NE) {
        buf_printf(r->why, "'%s' is a text: = and != can be asked of it", field_name[t->field]);
        return point(r, at, length);
    }
    if (t->field != FIELD_HOST)
        return read_names(r, t, value);
    t->pattern =
        xstrdup(value); /* one of which nothing is on record is no mistake: hosts come and go */
    return true;
}

bool
select_read(struct selector *s, const char *text, struct buf *why)
{
    struct reader r = {s, text, why};
    return read_term(&r);
}
