#include "config.h"

#include "planner/joinkey.h"

#include <string.h>

void
join_side_add(struct join_side *s, unsigned var, const struct table *t, unsigned column)
{
    if (s->n < ROWKEY_MAX) {
        s->var[s->n] = var;
        s->part[s->n] = (struct keyed){t, column};
    }
    s->n++;
}

bool
join_key_make(struct rowkey *k, const struct join_side *a, const struct join_side *b)
{
    const struct keyed *const side[] = {a->part, b->part};
    return a->n == b->n && rowkey_make(k, side, 2, a->n);
}

/* The rows that variable `var` has in instances from, from + 1 ... */
static void
rows_of(const struct planned *f, unsigned var, uint32_t from, uint32_t n, uint32_t *row)
{
    unsigned nvars = f->f->nvars;
    if (!f->product) {
        const uint32_t *rows = (const uint32_t *)(void *)f->rows.p + (size_t)from * nvars + var;
        for (uint32_t i = 0; i < n; i++)
            row[i] = rows[(size_t)i * nvars];
        return;
    }
    uint32_t each = 1; /* how many instances in turn have the same row */
    for (unsigned v = var + 1; v < nvars; v++)
        each *= f->size[v];
    uint32_t r = from / each % f->size[var], used = from % each;
    for (uint32_t i = 0; i < n; i++) {
        row[i] = r;
        if (++used == each) {
            used = 0;
            if (++r == f->size[var])
                r = 0;
        }
    }
}

void
join_keys(const struct rowkey *k, const struct join_side *s, uint32_t from, uint32_t n,
    uint64_t *key)
{
    uint32_t row[JOIN_BLOCK];
    memset(key, 0, n * sizeof *key);
    for (unsigned i = 0; i < s->n; i++) {
        bool straight = !s->family || (s->family->product && s->family->f->nvars == 1);
        if (!straight && (i == 0 || s->var[i] != s->var[i - 1]))
            rows_of(s->family, s->var[i], from, n, row);
        rowkey_add(k, i, s->part[i], straight ? NULL : row, from, n, key);
    }
}
