#include "config.h"

#include "export/rows.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 16 }; /* rows; with more it does not get faster */

struct cell {
    enum { NOTHING, INTEGER, REAL, TEXT } kind;
    union {
        int64_t integer;
        double real;
        size_t text; /* where it begins in `text` */
    };
};

struct rows {
    sqlite3 *db;
    char *insert;
    unsigned ncolumns;
    sqlite3_stmt *all; /* writes AT_ONCE rows */
    struct cell *cell;
    unsigned n; /* of `cell`, at most those of AT_ONCE rows */
    struct buf text;
    bool failed;
    struct buf *why;
};

static void
fail(struct rows *r)
{
    r->failed = true;
    if (!r->why->n)
        buf_puts(r->why, sqlite3_errmsg(r->db));
}

/* A statement for so many rows. */
static sqlite3_stmt *
prepare(struct rows *r, unsigned nrows)
{
    sqlite3_stmt *s = NULL;
    struct buf sql = {0};
    buf_printf(&sql, "%s VALUES", r->insert);
    for (unsigned i = 0; i < nrows; i++)
        for (unsigned k = 0; k < r->ncolumns; k++)
            buf_puts(&sql, k ? ", ?" : i ? "), (?" : "(?");
    buf_putc(&sql, ')');
    if (sqlite3_prepare_v2(r->db, sql.p, -1, &s, NULL) != SQLITE_OK)
        fail(r);
    buf_free(&sql);
    return s;
}

struct rows *
rows_new(sqlite3 *db, const char *insert, unsigned ncolumns, struct buf *why)
{
    struct rows *r = xcalloc(1, sizeof *r);
    r->why = why;
    r->db = db;
    r->insert = xstrdup(insert);
    r->ncolumns = ncolumns;
    r->all = prepare(r, AT_ONCE);
    r->cell = xcalloc((size_t)AT_ONCE * ncolumns, sizeof *r->cell);
    return r;
}

static void
bind(const struct rows *r, sqlite3_stmt *s)
{
    for (unsigned i = 0; i < r->n; i++) {
        const struct cell *c = &r->cell[i];
        int at = (int)i + 1;
        if (c->kind == INTEGER)
            sqlite3_bind_int64(s, at, c->integer);
        else if (c->kind == REAL)
            sqlite3_bind_double(s, at, c->real);
        else if (c->kind == TEXT)
            sqlite3_bind_text(s, at, r->text.p + c->text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_null(s, at);
    }
}

static void
write_rows(struct rows *r, sqlite3_stmt *s)
{
    if (!r->failed) {
        bind(r, s);
        if (sqlite3_step(s) != SQLITE_DONE)
            fail(r);
        sqlite3_reset(s);
    }
    r->n = 0;
    r->text.n = 0;
}

static void
add(struct rows *r, struct cell c)
{
    r->cell[r->n++] = c;
    if (r->n == AT_ONCE * r->ncolumns)
        write_rows(r, r->all);
}

void
rows_integer(struct rows *r, int64_t value)
{
    add(r, (struct cell){.kind = INTEGER, .integer = value});
}

void
rows_real(struct rows *r, double value)
{
    add(r, (struct cell){.kind = REAL, .real = value});
}

void
rows_text(struct rows *r, const char *text)
{
    struct cell c = {.kind = text ? TEXT : NOTHING, .text = r->text.n};
    if (text)
        buf_add(&r->text, text, strlen(text) + 1);
    add(r, c);
}

void
rows_null(struct rows *r)
{
    add(r, (struct cell){.kind = NOTHING});
}

bool
rows_good(const struct rows *r)
{
    return !r->failed;
}

bool
rows_end(struct rows *r)
{
    sqlite3_stmt *rest = r->n && !r->failed ? prepare(r, r->n / r->ncolumns) : NULL;
    if (rest)
        write_rows(r, rest);
    bool good = !r->failed;
    sqlite3_finalize(rest);
    sqlite3_finalize(r->all);
    free(r->insert);
    free(r->cell);
    buf_free(&r->text);
    free(r);
    return good;
}
