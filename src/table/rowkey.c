#include "config.h"

#include "table/rowkey.h"

#include "vm/vm.h"

static void
widen(int64_t v, int64_t *low, int64_t *high)
{
    *low = v < *low ? v : *low;
    *high = v > *high ? v : *high;
}

/* Widens low .. high by the cells of a column. */
static void
widen_by(struct keyed c, int64_t *low, int64_t *high)
{
    const struct column *col = &c.table->col[c.column];
    uint32_t n = c.table->nrows;
    int64_t a = *low, b = *high;
    if (!col->data) {
        widen(col->first, &a, &b);
        widen(vm_progression(col->first, col->step, n - 1), &a, &b);
    } else if (col->type == COLUMN_INT) {
        const int64_t *cell = col->data;
        for (uint32_t r = 0; r < n; r++)
            widen(cell[r], &a, &b);
    } else if (col->type == COLUMN_STRING) {
        const uint32_t *cell = col->data;
        for (uint32_t r = 0; r < n; r++)
            widen(cell[r], &a, &b);
    } else {
        widen(0, &a, &b);
        widen(1, &a, &b);
    }
    *low = a;
    *high = b;
}

/* How many values the i-th part may have; 0: too many. */
static uint64_t
span_of_part(const struct keyed *const *side, unsigned nsides, unsigned i, int64_t *low)
{
    int64_t high = INT64_MIN;
    enum column_type type = side[0][i].table->col[side[0][i].column].type;
    *low = INT64_MAX;
    for (unsigned s = 0; s < nsides; s++) {
        const struct keyed *c = &side[s][i];
        if (c->table->col[c->column].type != type || type == COLUMN_REAL || !c->table->nrows)
            return 0;
        widen_by(*c, low, &high);
    }
    uint64_t span = (uint64_t)high - (uint64_t)*low;
    return span == UINT64_MAX ? 0 : span + 1;
}

bool
rowkey_make(struct rowkey *k, const struct keyed *const *side, unsigned nsides, unsigned n)
{
    *k = (struct rowkey){.n = n, .space = 1};
    if (n > ROWKEY_MAX)
        return false;
    for (unsigned i = n; i-- > 0;) {
        uint64_t span = span_of_part(side, nsides, i, &k->part[i].low);
        k->part[i].weight = k->space;
        if (!span || __builtin_mul_overflow(k->space, span, &k->space))
            return false;
    }
    return true;
}

/* The loop over rows, for one type of cells. */
#define ADD_CELLS(type)                                                                            \
    do {                                                                                           \
        const type *cell = col->data;                                                              \
        if (row)                                                                                   \
            for (uint32_t i = 0; i < n; i++)                                                       \
                key[i] += ((uint64_t)cell[row[i]] - low) * weight;                                 \
        else                                                                                       \
            for (uint32_t i = 0; i < n; i++)                                                       \
                key[i] += ((uint64_t)cell[from + i] - low) * weight;                               \
    } while (0)

void
rowkey_add(const struct rowkey *k, unsigned part, struct keyed c, const uint32_t *row,
    uint32_t from, uint32_t n, uint64_t *key)
{
    const struct column *col = &c.table->col[c.column];
    uint64_t low = (uint64_t)k->part[part].low, weight = k->part[part].weight;
    if (!col->data)
        for (uint32_t i = 0; i < n; i++)
            key[i] += ((uint64_t)vm_progression(col->first, col->step,
                           row ? row[i] : from + (uint32_t)i) -
                          low) *
                      weight;
    else if (col->type == COLUMN_INT)
        ADD_CELLS(int64_t);
    else if (col->type == COLUMN_STRING)
        ADD_CELLS(uint32_t);
    else
        ADD_CELLS(uint8_t);
}
