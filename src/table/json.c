/* Tables from JSON: a list of objects, one a row; or one object a line. */
#include "config.h"

#include "table/table.h"

#include "diag/checks.h"
#include "table/put.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/json_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_BYTES = 1 << 28, /* what is read takes some times the memory of the file */
    MOST_COLUMNS = 10000,
};

struct reader {
    struct diags *d;
    struct strpool *pool;
    const char *path;
    struct span at;
    struct arena arena;
    struct table *out;
    struct putter put;
    uint32_t *got; /* of each column: rows up to this one have it */
    bool good;
};

static struct diag *
complain(struct reader *r, const char *fmt, const char *what)
{
    r->good = false;
    return diag_add(r->d, DIAG_ERROR, RULE_JSON, r->at, fmt, r->path, what);
}

/* Is it a list of objects? */
static bool
is_rows(const struct json *m)
{
    return m->kind == JSON_LIST && m->first && m->first->kind == JSON_OBJECT;
}

/* The list that the rows are in: the value itself, or what an object has as its only list of
 * objects. */
static const struct json *
rows_of(const struct json *top)
{
    const struct json *found = top && top->kind == JSON_LIST ? top : NULL;
    for (const struct json *m = top && top->kind == JSON_OBJECT ? top->first : NULL; m;
         m = m->next) {
        if (!is_rows(m))
            continue;
        if (found)
            return NULL;
        found = m;
    }
    return found;
}

/* One object a line, as a list; NULL if a line is none. `why` stays if that is the first. */
static const struct json *
lines_of(struct reader *r, const char *s, size_t n, struct buf *why)
{
    struct json *list = arena_alloc(&r->arena, sizeof *list), *last = NULL;
    *list = (struct json){.kind = JSON_LIST, .text = ""};
    uint32_t line = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        size_t size = nl ? (size_t)(nl - p) : (size_t)(end - p);
        line++;
        if (strspn(p, " \t\r") < size) {
            struct buf here = {0};
            const struct json *row = json_read(&r->arena, p, size, &here);
            buf_free(&here);
            if (!row || row->kind != JSON_OBJECT) {
                if (last) {
                    buf_reset(why);
                    buf_printf(why, "line %u of it is no object", line);
                }
                return NULL;
            }
            struct json *copy = arena_alloc(&r->arena, sizeof *copy);
            *copy = *row;
            copy->next = NULL;
            if (last)
                last->next = copy;
            else
                list->first = copy;
            last = copy;
        }
        p += size + 1;
    }
    return list;
}

/* An object without lists of objects, one of which might be meant. */
static bool
is_row(const struct json *top)
{
    const struct json *m = top->kind == JSON_OBJECT ? top->first : NULL;
    while (m && !is_rows(m))
        m = m->next;
    return top->kind == JSON_OBJECT && !m;
}

static uint32_t
column_of(struct reader *r, const char *name)
{
    struct table *t = r->out;
    uint32_t id = strpool_adds(r->pool, name);
    int k = table_column(t, id);
    if (k >= 0)
        return (uint32_t)k;
    t->col = xrealloc(t->col, (t->ncols + 1) * sizeof *t->col);
    r->got = xrealloc(r->got, (t->ncols + 1) * sizeof *r->got);
    t->col[t->ncols] = (struct column){.name = id, .type = COLUMN_STRING, .at = r->at};
    r->got[t->ncols] = 0;
    return t->ncols++;
}

/* The rows that lack the column, up to `row`. */
static void
fill(struct reader *r, uint32_t k, uint32_t row)
{
    for (; r->got[k] < row; r->got[k]++)
        table_put_none(&r->put, &r->out->col[k], r->got[k], "is not there");
}

static void put_member(struct reader *r, uint32_t row, const char *name, const struct json *m);

static void
put_value(struct reader *r, uint32_t row, uint32_t k, const struct json *m)
{
    struct column *c = &r->out->col[k];
    struct value v = {.tag = VAL_STR};
    switch (m->kind) {
    case JSON_BOOL:
        v.tag = VAL_BOOL;
        v.i = strcmp(m->text, "true") == 0;
        break;
    case JSON_NUMBER:
        v = table_text_value(m->text, strlen(m->text));
        if (v.tag == VAL_STR) {
            table_put_none(&r->put, c, row, "holds what is no usable number");
            return;
        }
        break;
    case JSON_STRING:
        v.s.p = m->text;
        v.s.n = (uint32_t)strlen(m->text);
        break;
    default:
        table_put_none(&r->put, c, row, m->kind == JSON_NULL ? "is null" : "holds a list");
        return;
    }
    table_put(&r->put, c, row, &v);
}

static void
put_member(struct reader *r, uint32_t row, const char *name, const struct json *m)
{
    if (m->kind == JSON_OBJECT) { /* the members of a member, by both names */
        for (const struct json *x = m->first; x; x = x->next)
            put_member(r, row, arena_printf(&r->arena, "%s.%s", name, x->key), x);
        return;
    }
    if (r->out->ncols >= MOST_COLUMNS) {
        if (r->good)
            complain(r, "the rows of '%s' have too many different members%s", "");
        return;
    }
    uint32_t k = column_of(r, name);
    if (r->got[k] > row) {
        if (r->good)
            diag_help(complain(r, "a row of '%s' has two members '%s'", name),
                "give each another name");
        return;
    }
    fill(r, k, row);
    r->got[k]++;
    put_value(r, row, k, m);
}

static void
read_rows(struct reader *r, const struct json *list)
{
    struct table *t = r->out;
    uint32_t n = 0;
    for (const struct json *x = list->first; x; x = x->next)
        n++;
    r->put.nrows = n;
    t->row_line = xmalloc(((size_t)n + 1) * sizeof *t->row_line);
    for (const struct json *x = list->first; x && r->good; x = x->next) {
        if (x->kind == JSON_OBJECT)
            for (const struct json *m = x->first; m; m = m->next)
                put_member(r, t->nrows, m->key, m);
        else /* a list of plain values is a table of one column */
            put_member(r, t->nrows, "value", x);
        t->row_line[t->nrows] = t->nrows + 1;
        t->nrows++;
    }
    for (uint32_t k = 0; k < t->ncols; k++)
        fill(r, k, n);
    table_put_end(&r->put, t);
    if (r->good && (!n || !t->ncols))
        complain(r, "'%s' has no rows%s", "");
}

bool
table_read_json(struct diags *d, struct strpool *pool, const char *path, struct span at,
    struct table *out)
{
    struct buf text = {0}, why = {0};
    struct reader r = {.d = d, .pool = pool, .path = path, .at = at, .out = out, .good = true};
    *out = (struct table){.at = at, .file = DIAG_NO_FILE};
    r.put = (struct putter){.pool = pool, .source = path};
    struct stat st;
    int fd = file_open(path, &st), err = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    if (!err && st.st_size <= MOST_BYTES)
        err = file_read(path, &text);
    diag_depend(d, path);
    if (err) {
        complain(&r, "cannot read the table '%s': %s", file_error(err));
    } else if (st.st_size > MOST_BYTES) {
        diag_help(complain(&r, "'%s' has more than 256 MiB%s", ""),
            "write it as CSV, or into a database");
    } else {
        const struct json *top = json_read(&r.arena, text.p ? text.p : "", text.n, &why),
                          *list = rows_of(top);
        if (!top || (!list && is_row(top)))
            list = lines_of(&r, text.p ? text.p : "", text.n, &why);
        if (list)
            read_rows(&r, list);
        else
            diag_help(
                complain(&r, "'%s' is no table: %s", top ? "it is not one list of rows" : why.p),
                "a table is a list of objects, [{ \"a\": 1, \"b\": \"x\" }, ...], an object that "
                "has one such list, or one "
                "object on each line");
    }
    arena_free(&r.arena);
    free(r.got);
    buf_free(&text);
    buf_free(&why);
    return r.good;
}
