/* Distinct rows of some columns, and which columns tell all rows apart. */
#include "config.h"

#include "table/rowkey.h"

#include "util/buf.h"
#include "util/map128.h"
#include "util/map64.h"
#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of a cell; equal cells of one column have equal bytes. */
static size_t
cell_bytes(const struct column *c, uint32_t row, unsigned char *out)
{
    size_t n = column_width(c->type);
    if (c->data) {
        memcpy(out, (const unsigned char *)c->data + row * n, n);
    } else {
        int64_t v = vm_progression(c->first, c->step, row);
        memcpy(out, &v, n);
    }
    double real;
    if (c->type == COLUMN_REAL && (memcpy(&real, out, n), real == 0))
        memset(out, 0, n); /* -0 is 0 */
    return n;
}

/* What rows are looked for, and what was found. */
struct search {
    const struct table *t;
    const unsigned *column;
    unsigned ncolumns;
    uint32_t *kept; /* the first row of each combination; NULL: stop at the first repetition */
    uint32_t n;     /* how many rows there are that differ */
};

/* Keeps row r if it is new; false: enough is known. */
static bool
keep(struct search *s, uint32_t r, bool found)
{
    if (found)
        return s->kept;
    if (s->kept)
        s->kept[s->n] = r;
    s->n++;
    return true;
}

static void
search_packed(struct search *s, const struct rowkey *k)
{
    enum { BLOCK = 1024 };
    uint64_t key[BLOCK];
    struct map64 seen;
    bool going = true, found;
    uint64_t last = k->space; /* no key is; rows that are alike often follow each other */
    map64_init(&seen, k->space, s->t->nrows);
    for (uint32_t from = 0; from < s->t->nrows && going; from += BLOCK) {
        uint32_t n = s->t->nrows - from < BLOCK ? s->t->nrows - from : BLOCK;
        memset(key, 0, sizeof key);
        for (unsigned i = 0; i < s->ncolumns; i++)
            rowkey_add(k, i, (struct keyed){s->t, s->column[i]}, NULL, from, n, key);
        for (uint32_t i = 0; i < n && going; i++) {
            found = key[i] == last;
            if (!found)
                map64_add(&seen, key[i], from + i, &found);
            last = key[i];
            going = keep(s, from + i, found);
        }
    }
    map64_free(&seen);
}

static void
search_hashed(struct search *s)
{
    struct map128 seen = {0};
    struct buf key = {0};
    bool going = true, found;
    for (uint32_t r = 0; r < s->t->nrows && going; r++) {
        buf_reset(&key);
        for (unsigned i = 0; i < s->ncolumns; i++) {
            unsigned char cell[8];
            buf_add(&key, cell, cell_bytes(&s->t->col[s->column[i]], r, cell));
        }
        map128_add(&seen, hash128(key.p, key.n), r, &found);
        going = keep(s, r, found);
    }
    map128_free(&seen);
    buf_free(&key);
}

/* How many rows differ in the columns, see struct search. */
static uint32_t
first_rows(const struct table *t, const unsigned *column, unsigned ncolumns, uint32_t *kept)
{
    struct search s = {t, column, ncolumns, kept, 0};
    struct keyed part[ROWKEY_MAX];
    const struct keyed *const side = part;
    struct rowkey k;
    for (unsigned i = 0; i < ncolumns && i < ROWKEY_MAX; i++)
        part[i] = (struct keyed){t, column[i]};
    if (rowkey_make(&k, &side, 1, ncolumns))
        search_packed(&s, &k);
    else
        search_hashed(&s);
    return s.n;
}

bool
table_is_key(const struct table *t, const unsigned *column, unsigned ncolumns)
{
    if (ncolumns == 1 && !t->col[column[0]].data)
        return t->col[column[0]].step != 0 || t->nrows < 2;
    return first_rows(t, column, ncolumns, NULL) == t->nrows;
}

unsigned
table_key(const struct table *t)
{
    static const unsigned first[] = {0, 1, 2, 3, 4};
    if (t->ncols < 2)
        return t->ncols;
    unsigned n = 1;
    while (n <= 5 && n <= t->ncols && !table_is_key(t, first, n))
        n++;
    return n <= 5 && n <= t->ncols ? n : 1;
}

void
table_distinct(const struct table *from, const unsigned *column, unsigned ncolumns,
    struct table *out)
{
    uint32_t *kept = xmalloc(((size_t)from->nrows + 1) * sizeof *kept);
    uint32_t nkept = first_rows(from, column, ncolumns, kept);
    out->nrows = nkept;
    out->ncols = ncolumns;
    out->file = from->file;
    out->col = xcalloc(ncolumns, sizeof *out->col);
    for (unsigned i = 0; i < ncolumns; i++) {
        const struct column *c = &from->col[column[i]];
        struct column *to = &out->col[i];
        *to = *c;
        to->holes = holes_select(c->holes, kept, nkept);
        to->data = xmalloc(((size_t)nkept + 1) * column_width(c->type));
        for (uint32_t r = 0; r < nkept; r++)
            cell_bytes(c, kept[r], (unsigned char *)to->data + r * column_width(c->type));
    }
    const uint32_t *origin[] = {from->row_file, from->row_line};
    uint32_t **copy[] = {&out->row_file, &out->row_line};
    for (int k = 0; k < 2; k++) {
        if (!origin[k])
            continue;
        *copy[k] = xmalloc(((size_t)nkept + 1) * sizeof **copy[k]);
        for (uint32_t r = 0; r < nkept; r++)
            (*copy[k])[r] = origin[k][kept[r]];
    }
    free(kept);
}
