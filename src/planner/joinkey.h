/* Keys by which instances of a family, and rows of a table, find each other: some cells of each,
 * packed into 64 bits (table/rowkey.h). */
#ifndef PLANNER_JOINKEY_H
#define PLANNER_JOINKEY_H

#include "table/rowkey.h"
#include "planner/planner.h"

/* Keys are made in blocks of at most so many. */
enum { JOIN_BLOCK = 1024 };

struct join_side {
    const struct planned *family; /* NULL: the rows of a table */
    unsigned n;
    unsigned var[ROWKEY_MAX];
    struct keyed part[ROWKEY_MAX];
};

void join_side_add(struct join_side *s, unsigned var, const struct table *t, unsigned column);

/* False: cells of these columns cannot be packed. */
bool join_key_make(struct rowkey *k, const struct join_side *a, const struct join_side *b);

/* The keys of instances (or rows) from, from + 1 ...; n is at most JOIN_BLOCK. */
void join_keys(const struct rowkey *k, const struct join_side *s, uint32_t from, uint32_t n,
    uint64_t *key);

#endif
