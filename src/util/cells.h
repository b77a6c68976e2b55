/* Cells of lists: set in columns for people, as CSV, as members of JSON objects. */
#ifndef UTIL_CELLS_H
#define UTIL_CELLS_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>

struct cell_column {
    const char *name;
    size_t width; /* at least */
    bool number;
};

/* Its name above the others. */
void cells_head(const struct cell_column *c, bool last, bool csv, struct buf *out);
/* What was appended to `out` from `from` on becomes a cell: of one line, whatever the data hold. */
void cells_table(const struct cell_column *c, bool last, size_t from, struct buf *out);
/* RFC 4180. */
void cells_csv(const char *cell, size_t n, bool last, struct buf *out);
/* A member of the object; an empty one is null. */
void cells_json(const struct cell_column *c, const struct buf *cell, struct buf *out);

#endif
