#include "config.h"

#include "model/table.h"

#include "util/buf.h"
#include "util/map128.h"

#include <stdlib.h>
#include <string.h>

static const size_t width[] = {sizeof(int64_t), sizeof(double), sizeof(uint32_t), 1};

/* The bytes of a cell; equal cells of one column have equal bytes. */
static size_t
cell_bytes(const struct column *c, uint32_t row, unsigned char *out)
{
    size_t n = width[c->type];
    if (c->data) {
        memcpy(out, (const unsigned char *)c->data + row * n, n);
    } else {
        int64_t v = c->first + (int64_t)row * c->step;
        memcpy(out, &v, n);
    }
    double real;
    if (c->type == COLUMN_REAL && (memcpy(&real, out, n), real == 0))
        memset(out, 0, n); /* -0 is 0 */
    return n;
}

/* Writes the first row of each combination of cells to `kept`, returns how many there are. */
static uint32_t
first_rows(const struct table *t, const unsigned *column, unsigned ncolumns, uint32_t *kept)
{
    struct map128 seen = {0};
    struct buf key = {0};
    uint32_t n = 0;
    for (uint32_t r = 0; r < t->nrows; r++) {
        buf_reset(&key);
        for (unsigned i = 0; i < ncolumns; i++) {
            unsigned char cell[8];
            buf_add(&key, cell, cell_bytes(&t->col[column[i]], r, cell));
        }
        bool found;
        map128_add(&seen, hash128(key.p, key.n), r, &found);
        if (!found)
            kept[n++] = r;
    }
    map128_free(&seen);
    buf_free(&key);
    return n;
}

bool
table_is_key(const struct table *t, const unsigned *column, unsigned ncolumns)
{
    if (ncolumns == 1 && !t->col[column[0]].data)
        return t->col[column[0]].step != 0 || t->nrows < 2;
    uint32_t *kept = xmalloc(((size_t)t->nrows + 1) * sizeof *kept);
    uint32_t n = first_rows(t, column, ncolumns, kept);
    free(kept);
    return n == t->nrows;
}

unsigned
table_key(const struct table *t)
{
    static const unsigned first[] = {0, 1, 2, 3, 4};
    if (t->ncols < 2)
        return t->ncols;
    uint32_t *kept = xmalloc(((size_t)t->nrows + 1) * sizeof *kept);
    unsigned n = 1;
    while (n <= 5 && n <= t->ncols && first_rows(t, first, n, kept) < t->nrows)
        n++;
    free(kept);
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
        to->data = xmalloc(((size_t)nkept + 1) * width[c->type]);
        for (uint32_t r = 0; r < nkept; r++)
            cell_bytes(c, kept[r], (unsigned char *)to->data + r * width[c->type]);
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
