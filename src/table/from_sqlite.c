/* Tables from SQLite databases. */
#include "config.h"

#include "table/table.h"

#include "diag/checks.h"
#include "table/sqlite.h"
#include "util/buf.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_TEXT = 1 << 30,  /* bytes of text that a database may add */
    MOST_ROWS = 1 << 25,  /* of a query */
    MOST_CELLS = 1 << 28, /* all columns together */
};

struct state {
    bool decided;  /* the column has its type and memory */
    uint32_t last; /* string id of the newest cell */
    uint32_t null; /* row + 1 of the newest cell that is NULL, in its hole; 0: none */
};

struct reader {
    struct diags *d;
    struct strpool *pool;
    const struct sqlite_from *from;
    struct database db;
    sqlite3_stmt *st;
    struct table *out;
    struct state *state;
    uint32_t cap, text_before;
    bool good;
};

static struct diag *complain(struct reader *r, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static struct diag *
complain(struct reader *r, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(r->d, DIAG_ERROR, RULE_SQLITE, at, fmt, ap);
    va_end(ap);
    r->good = false;
    return m;
}

static struct span
query_span(const struct reader *r)
{
    return r->from->query ? r->from->query_at : r->from->path_at;
}

/* --- what there is --- */

struct names {
    char **name;
    unsigned n;
};

static void
names_free(struct names *s)
{
    for (unsigned i = 0; i < s->n; i++)
        free(s->name[i]);
    free(s->name);
}

/* Tables and views, by name. */
static void
list_tables(struct reader *r, struct names *s)
{
    *s = (struct names){0};
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(r->db.db,
            "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE "
            "'sqlite!_%' ESCAPE '!' ORDER BY name",
            -1, &st, NULL) == SQLITE_OK) {
        while (sqlite3_step(st) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(st, 0);
            if (!name)
                continue;
            s->name = xrealloc(s->name, (s->n + 1) * sizeof *s->name);
            s->name[s->n++] = xstrdup(name);
        }
    }
    sqlite3_finalize(st);
}

static void
help_tables(struct diag *m, const struct names *s, const char *lead)
{
    struct buf text = {0};
    for (unsigned i = 0; i < s->n && i < 20; i++)
        buf_printf(&text, "%s%.60s", i ? ", " : "", s->name[i]);
    if (s->n)
        diag_help(m, "%s%s%s", lead, text.p, s->n > 20 ? ", ..." : "");
    else
        diag_help(m, "it has no tables at all");
    buf_free(&text);
}

/* The SQL that reads the one table meant; false after a message. */
static bool
whole_table(struct reader *r, int *picked, struct buf *sql)
{
    struct names s;
    list_tables(r, &s);
    const char *name = NULL;
    for (size_t k = 0; k < r->from->ntables && !name; k++) {
        for (unsigned i = 0; i < s.n && !name; i++) {
            if (sqlite3_stricmp(s.name[i], r->from->table[k]) == 0) {
                name = s.name[i];
                *picked = (int)k;
            }
        }
    }
    if (!name && s.n == 1)
        name = s.name[0];
    if (name) {
        buf_puts(sql, "SELECT * FROM \"");
        for (const char *p = name; *p; p++) {
            if (*p == '"')
                buf_putc(sql, '"');
            buf_putc(sql, *p);
        }
        buf_putc(sql, '"');
    } else if (s.n == 0) {
        complain(r, r->from->path_at, "the database '%s' has no tables", r->from->path);
    } else {
        help_tables(complain(r, r->from->path_at,
                        "the database '%s' has %u tables; which one is "
                        "meant?",
                        r->from->path, s.n),
            &s, "add a query: query \"SELECT * FROM ...\"; its tables are: ");
    }
    names_free(&s);
    return name != NULL;
}

/* --- the query --- */

/* Where in the campaign the byte `offset` of the query stands, if it stands there as it is. */
static struct span
inside_query(const struct reader *r, int offset)
{
    struct span at = query_span(r);
    if (!r->from->query || offset < 0 || at.file == DIAG_NO_FILE)
        return at;
    size_t n, len = strlen(r->from->query);
    const char *text = diag_text(r->d, at.file, &n);
    for (uint32_t open = 1; open <= 3; open += 2) { /* "..." or '...', or """...""" */
        uint32_t start = at.start + open;
        if (start + len > n || memcmp(text + start, r->from->query, len) != 0)
            continue;
        uint32_t from = start + (uint32_t)offset, to = from;
        while (to < start + len && (isalnum((unsigned char)text[to]) || strchr("_.", text[to])))
            to++;
        return (struct span){at.file, from, to > from ? to : from + 1};
    }
    return at;
}

static void
query_error(struct reader *r)
{
    const char *text = database_error(&r->db), *denied = database_denied(&r->db);
    if (strcmp(text, "local time unavailable") == 0)
        denied = "its 'localtime' or 'utc' depends on where it is run";
    if (denied) {
        diag_help(complain(r, query_span(r), "this %s is not run: %s",
                      r->from->query ? "query" : "view", denied),
            "a query only reads what is in the file: SELECT ... FROM ... WHERE ...; insert what "
            "else it needs as "
            "values of the campaign: {name}");
        return;
    }
    if (r->from->query) {
        char name[64] = "";
        if (strncmp(text, "no such ", 8) == 0 && strstr(text, ": "))
            snprintf(name, sizeof name, "%s", strstr(text, ": ") + 2);
        char *remark = strstr(name, " - "); /* of newer versions */
        if (remark)
            *remark = 0;
        const char *in = *name ? strstr(r->from->query, name) : NULL;
        bool quoted = in && (*in == '"' || (in > r->from->query && in[-1] == '"'));
        int offset = in ? (int)(in - r->from->query) : -1;
#if SQLITE_VERSION_NUMBER >= 3038000
        if (!in)
            offset = sqlite3_error_offset(r->db.db);
#else
        if (!in && sscanf(text, "near \"%63[^\"]\"", name) == 1 &&
            (in = strstr(r->from->query, name)) && !strstr(in + 1, name))
            offset = (int)(in - r->from->query);
#endif
        struct diag *m =
            complain(r, inside_query(r, offset), "SQLite cannot run this query: %s", text);
        if (strncmp(text, "no such table", 13) == 0) {
            struct names s;
            list_tables(r, &s);
            help_tables(m, &s, "its tables are: ");
            names_free(&s);
        } else if (quoted) {
            diag_help(m, "in SQL \"x\" is a column, and 'x' is text");
        }
    } else {
        complain(r, query_span(r), "cannot read the database '%s': %s", r->from->path, text);
    }
}

static bool
only_blanks(const char *s)
{
    return s[strspn(s, " \t\r\n;")] == 0;
}

static bool
prepare(struct reader *r, const char *sql)
{
    const char *rest = NULL;
    if (sqlite3_prepare_v2(r->db.db, sql, -1, &r->st, &rest) != SQLITE_OK) {
        query_error(r);
    } else if (!r->st || sqlite3_column_count(r->st) == 0 || !sqlite3_stmt_readonly(r->st)) {
        diag_help(complain(r, query_span(r), "this query gives no rows"),
            "a query only reads: SELECT ... FROM ... WHERE ...");
    } else if (rest && !only_blanks(rest)) {
        complain(r, inside_query(r, (int)(rest - sql) + (int)strspn(rest, " \t\r\n;")),
            "a second statement behind the query");
    } else if (sqlite3_bind_parameter_count(r->st)) {
        diag_help(complain(r, query_span(r), "the query has an open parameter (%s)",
                      sqlite3_bind_parameter_name(r->st, 1) ? sqlite3_bind_parameter_name(r->st, 1)
                                                            : "?"),
            "insert a value of the campaign with {name}");
    }
    return r->good;
}

static void
name_columns(struct reader *r)
{
    struct table *t = r->out;
    unsigned n = (unsigned)sqlite3_column_count(r->st);
    t->col = xcalloc(n, sizeof *t->col);
    r->state = xcalloc(n, sizeof *r->state);
    for (unsigned k = 0; k < n; k++) {
        const char *name = sqlite3_column_name(r->st, (int)k);
        if (!name || !*name || table_control(name, strlen(name))) {
            diag_help(
                complain(r, query_span(r), "column %u of the query has no usable name", k + 1),
                "give it one: SELECT ... AS name");
            name = "";
        }
        uint32_t id = strpool_adds(r->pool, name);
        if (*name && table_column(t, id) >= 0) {
            diag_help(complain(r, query_span(r), "two columns of the query are named '%s'", name),
                "give one of them another name: SELECT ... AS name");
        }
        t->col[t->ncols++] =
            (struct column){.name = id, .type = COLUMN_STRING, .at = query_span(r)};
    }
}

/* --- cells --- */

static const char *
type_words(enum column_type t)
{
    return t == COLUMN_STRING ? "text" : t == COLUMN_INT ? "whole numbers" : "numbers";
}

/* A value that the column cannot take: said if it is used. The help is SQL, for a query. */
static void
add_hole(struct reader *r, uint32_t k, uint32_t row, const char *holds, const char *sql)
{
    struct column *col = &r->out->col[k];
    const char *name = strpool_get(r->pool, col->name);
    struct buf why = {0}, help = {0};
    buf_printf(&why, "column '%s' of '%s' holds %s", name, r->from->path, holds);
    struct buf written = {0};
    known_column(name, &written);
    bool plain = strcmp(written.p, name) == 0;
    buf_reset(&written);
    buf_printf(&written, plain ? "%s" : "[%s]", name); /* quotes would end the text of the query */
    if (sql && r->from->query)
        buf_printf(&help, sql, written.p, written.p);
    buf_free(&written);
    uint32_t id = strpool_add(r->pool, why.p, why.n);
    holes_add(&col->holes, row, id, help.n ? strpool_add(r->pool, help.p, help.n) : 0, NO_SPAN);
    buf_free(&why);
    buf_free(&help);
}

static const char cast_help[] = "make all of one kind in the query: CAST(%s AS TEXT) AS %s";
static const char text_help[] = "take it out in the query: replace(%s, char(10), ' ') AS %s";
static const char inexact[] =
    "a whole number beside fractions in other rows, which is more than a real number can hold "
    "exactly";

static bool
is_inexact(int64_t v)
{
    return v > INT64_C(1) << 53 || v < -(INT64_C(1) << 53);
}

static void
widen(struct reader *r, uint32_t k)
{
    struct column *col = &r->out->col[k];
    const int64_t *from = col->data;
    double *to = column_cells(COLUMN_REAL, r->cap);
    struct holes *before = col->holes;
    col->holes = NULL;
    for (uint32_t i = 0; i < r->out->nrows; i++) {
        const struct hole *old = holes_at(before, i);
        if (old)
            holes_add(&col->holes, i, old->why, old->help, NO_SPAN);
        else if (is_inexact(from[i]))
            add_hole(r, k, i, inexact, cast_help);
        to[i] = (double)from[i];
    }
    holes_free(before);
    free(col->data);
    col->data = to;
    col->type = COLUMN_REAL;
}

/* What a value of SQLite's is to a column; false after a hole. */
static bool
usable(struct reader *r, uint32_t k, int type, enum column_type *is)
{
    const struct state *s = &r->state[k];
    const struct column *col = &r->out->col[k];
    uint32_t row = r->out->nrows;
    *is = type == SQLITE_INTEGER ? COLUMN_INT : type == SQLITE_FLOAT ? COLUMN_REAL : COLUMN_STRING;
    /* columns of optional notes are full of them */
    if (type == SQLITE_NULL && s->null == row && row) {
        struct hole *last = &col->holes->hole[col->holes->n - 1];
        holes_add(&r->out->col[k].holes, row, last->why, last->help, NO_SPAN);
        r->state[k].null = row + 1;
        return false;
    }
    if (type == SQLITE_NULL)
        r->state[k].null = row + 1;
    if (type == SQLITE_NULL || type == SQLITE_BLOB) {
        add_hole(r, k, row, type == SQLITE_NULL ? "NULL" : "a BLOB", NULL);
        return false;
    }
    if (type == SQLITE_FLOAT && !isfinite(sqlite3_column_double(r->st, (int)k))) {
        add_hole(r, k, row, "a number that is not finite", NULL);
        return false;
    }
    if (s->decided && (*is == COLUMN_STRING) != (col->type == COLUMN_STRING)) {
        char text[80];
        snprintf(text, sizeof text, "%s, and %s in rows before",
            *is == COLUMN_STRING ? "text" : "a number", type_words(col->type));
        add_hole(r, k, row, text, cast_help);
        return false;
    }
    return true;
}

static void
store_text(struct reader *r, uint32_t k, uint32_t *cell)
{
    struct state *s = &r->state[k];
    const char *p = (const char *)sqlite3_column_text(r->st, (int)k);
    uint32_t n = (uint32_t)sqlite3_column_bytes(r->st, (int)k);
    if (!p)
        p = "";
    if (s->last && n == strpool_len(r->pool, s->last) &&
        memcmp(p, strpool_get(r->pool, s->last), n) == 0)
        *cell = s->last;
    else if (table_control(p, n) || strlen(p) != n)
        add_hole(r, k, r->out->nrows, "a control character (a line break, or not printable)",
            text_help);
    else
        *cell = s->last = strpool_add(r->pool, p, n);
}

static void
store(struct reader *r, uint32_t k)
{
    struct column *col = &r->out->col[k];
    struct state *s = &r->state[k];
    uint32_t row = r->out->nrows;
    enum column_type is;
    bool good = usable(r, k, sqlite3_column_type(r->st, (int)k), &is);
    if (good && !s->decided) {
        s->decided = true;
        col->type = is;
        col->data = column_cells(is, r->cap);
    }
    if (s->decided)
        memset((char *)col->data + row * column_width(col->type), 0, column_width(col->type));
    if (!good)
        return;
    if (is == COLUMN_STRING) {
        store_text(r, k, &((uint32_t *)col->data)[row]);
        return;
    }
    if (is == COLUMN_REAL && col->type == COLUMN_INT)
        widen(r, k);
    if (col->type == COLUMN_INT) {
        ((int64_t *)col->data)[row] = sqlite3_column_int64(r->st, (int)k);
        return;
    }
    ((double *)col->data)[row] = sqlite3_column_double(r->st, (int)k);
    if (is == COLUMN_INT && is_inexact(sqlite3_column_int64(r->st, (int)k)))
        add_hole(r, k, row, inexact, cast_help);
}

static void
grow(struct reader *r)
{
    r->cap = r->cap > UINT32_MAX / 2 ? UINT32_MAX : r->cap ? r->cap * 2 : 1024;
    r->out->row_line = xrealloc(r->out->row_line, (size_t)r->cap * sizeof *r->out->row_line);
    for (uint32_t k = 0; k < r->out->ncols; k++)
        if (r->state[k].decided)
            r->out->col[k].data =
                xrealloc(r->out->col[k].data, r->cap * column_width(r->out->col[k].type));
}

static void
read_rows(struct reader *r)
{
    struct table *t = r->out;
    uint32_t most = t->ncols > MOST_CELLS / MOST_ROWS ? MOST_CELLS / t->ncols : MOST_ROWS;
    int rc;
    while ((rc = sqlite3_step(r->st)) == SQLITE_ROW) {
        bool text = r->pool->nbytes - r->text_before > MOST_TEXT;
        if (text || t->nrows == most) {
            char number[THOUSANDS_SIZE];
            diag_help(complain(r, query_span(r), "the %s gives more than %s%s",
                          r->from->query ? "query" : "table",
                          text ? "1 GB of text" : thousands(most, number), text ? "" : " rows"),
                "%s",
                r->from->query && !text
                    ? "are two tables joined without saying which columns are equal?"
                    : "ask for the columns and rows that are needed: query \"SELECT ... WHERE "
                      "...\"");
            return;
        }
        if (t->nrows == r->cap)
            grow(r);
        for (uint32_t k = 0; k < t->ncols; k++)
            store(r, k);
        t->row_line[t->nrows] = t->nrows + 1;
        t->nrows++;
    }
    if (rc != SQLITE_DONE || database_denied(&r->db))
        query_error(r);
    else if (t->nrows == 0)
        diag_add(r->d, DIAG_ERROR, RULE_EMPTY, query_span(r), "the %s gives no rows",
            r->from->query ? "query" : "table"),
            r->good = false;
}

static enum column_type
declared_type(const struct reader *r, uint32_t k)
{
    const char *type = r->st ? sqlite3_column_decltype(r->st, (int)k) : NULL;
    if (type && sqlite3_strlike("%int%", type, 0) == 0)
        return COLUMN_INT;
    bool real =
        type &&
        (sqlite3_strlike("%real%", type, 0) == 0 || sqlite3_strlike("%floa%", type, 0) == 0 ||
            sqlite3_strlike("%doub%", type, 0) == 0 || sqlite3_strlike("%num%", type, 0) == 0);
    return real ? COLUMN_REAL : COLUMN_STRING;
}

bool
table_read_sqlite(struct diags *d, struct strpool *pool, const struct sqlite_from *from,
    int *picked, struct table *out)
{
    struct reader r = {.d = d, .pool = pool, .from = from, .out = out, .good = true};
    struct buf sql = {0};
    int which = -1;
    *out = (struct table){.at = from->path_at, .file = DIAG_NO_FILE};
    r.text_before = pool->nbytes;
    if (!database_open(&r.db, d, from->path, from->path_at))
        r.good = false;
    else if (from->query)
        buf_puts(&sql, from->query);
    else
        whole_table(&r, &which, &sql);
    if (r.good && prepare(&r, sql.p ? sql.p : "")) {
        name_columns(&r);
        if (r.good)
            read_rows(&r);
        if (r.good && !database_unchanged(&r.db, d, from->path_at))
            r.good = false;
        for (uint32_t k = 0; k < out->ncols; k++) /* it has no cell with a value */
            if (!out->col[k].data) {
                out->col[k].type = declared_type(&r, k);
                out->col[k].data = column_cells(out->col[k].type, out->nrows);
            }
    }
    sqlite3_finalize(r.st);
    database_close(&r.db);
    free(r.state);
    buf_free(&sql);
    if (picked)
        *picked = which;
    return r.good;
}
