/* Cells without a value: what a source holds there is no number, nothing at all, or cannot be
 * computed. That matters when the cell is used, and not before. */
#ifndef TABLE_HOLES_H
#define TABLE_HOLES_H

#include "diag/diag.h"
#include "util/buf.h"
#include "util/strpool.h"

#include <stdbool.h>
#include <stdint.h>

struct table;

/* Rows row .. row + n - 1, alike. Texts are string ids. */
struct hole {
    uint32_t row, n;
    uint32_t why;  /* "column 'b' holds NULL" */
    uint32_t help; /* what to do beside leaving the row out; 0: nothing */
    /* when rows were joined, so that the block cannot leave them out: `help` is all */
    bool made;
    struct span at; /* the cell of the first, or the expression that failed; NO_SPAN */
};

/* Of a column, in ascending order of rows. Columns may share them, so they do not change but by
 * holes_add, before they are shared. */
struct holes {
    unsigned users;
    uint32_t n, cap;
    struct hole *hole;
};

/* *h may be NULL. */
void holes_add(struct holes **h, uint32_t row, uint32_t why, uint32_t help, struct span at);
/* The hole that covers a row, or NULL; and the first one from a row on. */
const struct hole *holes_at(const struct holes *h, uint32_t row);
/* Those of *h and of the marked rows of n. */
void holes_mark(struct holes **h, const uint8_t *mark, uint32_t n, uint32_t why, uint32_t help);
const struct hole *holes_from(const struct holes *h, uint32_t row);
struct holes *holes_share(struct holes *h);
void holes_free(struct holes *h);
/* Those of the given rows (ascending), renumbered; NULL if there is none. */
struct holes *holes_select(const struct holes *h, const uint32_t *row, uint32_t n);

/* "column 'b' holds NULL, in row 2": for the evaluator's messages. */
void hole_text(const struct table *t, const struct strpool *pool, const struct diags *d,
    unsigned column, uint32_t row, char *buf, size_t n);
/* How a column is written in a block: its name, or column("..."). */
void known_column(const char *name, struct buf *out);
/* Queues the error that a cell without a value is used at `use`. */
void hole_error(struct diags *d, const struct strpool *pool, const struct table *t, unsigned column,
    uint32_t row, struct span use);

#endif
