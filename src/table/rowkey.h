/* Rows as 64-bit keys: the cells of some columns, packed so that equal rows have equal keys and
 * unequal rows unequal ones. The columns of two tables can be packed alike, to join them. */
#ifndef TABLE_ROWKEY_H
#define TABLE_ROWKEY_H

#include "table/table.h"

enum { ROWKEY_MAX = 32 };

struct rowkey {
    unsigned n;
    uint64_t space; /* keys are below */
    struct {
        int64_t low;
        uint64_t weight;
    } part[ROWKEY_MAX];
};

/* A column of a table with rows. */
struct keyed {
    const struct table *table;
    unsigned column;
};

/* Makes a key whose i-th part is the i-th column of each of the `nsides` lists. False: it cannot be
 * packed into 64 bits, or types differ, or are real. */
bool rowkey_make(struct rowkey *k, const struct keyed *const *side, unsigned nsides, unsigned n);

/* Adds the i-th part's contribution of the column's cells to the keys: those of the rows `row`, or,
 * if it is NULL, of from, from + 1 ... */
void rowkey_add(const struct rowkey *k, unsigned part, struct keyed c, const uint32_t *row,
    uint32_t from, uint32_t n, uint64_t *key);

#endif
