/* Some rows of a table as a table. */
#include "config.h"

#include "table/table.h"

#include "util/buf.h"
#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>

size_t
column_width(enum column_type type)
{
    static const size_t width[] = {sizeof(int64_t), sizeof(double), sizeof(uint32_t), 1};
    return width[type];
}

void *
column_cells(enum column_type type, size_t n)
{
    return xcalloc(n ? n : 1, column_width(type));
}

static void
select_cells(const struct column *from, const uint32_t *row, uint32_t n, struct column *to)
{
    *to = *from;
    to->data = column_cells(from->type, n);
    to->holes = holes_select(from->holes, row, n);
    if (!from->data) {
        for (uint32_t i = 0; i < n; i++)
            ((int64_t *)to->data)[i] = vm_progression(from->first, from->step, row[i]);
        return;
    }
    switch (column_width(from->type)) {
    case 8:
        for (uint32_t i = 0; i < n; i++)
            ((uint64_t *)to->data)[i] = ((const uint64_t *)from->data)[row[i]];
        break;
    case 4:
        for (uint32_t i = 0; i < n; i++)
            ((uint32_t *)to->data)[i] = ((const uint32_t *)from->data)[row[i]];
        break;
    default:
        for (uint32_t i = 0; i < n; i++)
            ((uint8_t *)to->data)[i] = ((const uint8_t *)from->data)[row[i]];
        break;
    }
}

static uint32_t *
select_numbers(const uint32_t *from, const uint32_t *row, uint32_t n)
{
    if (!from)
        return NULL;
    uint32_t *to = xcalloc((size_t)n + 1, sizeof *to);
    for (uint32_t i = 0; i < n; i++)
        to[i] = from[row[i]];
    return to;
}

void
table_select(const struct table *from, const uint32_t *row, uint32_t n, struct table *out)
{
    struct table t = *from;
    t.nrows = n;
    t.col = xcalloc(from->ncols ? from->ncols : 1, sizeof *t.col);
    for (uint32_t k = 0; k < from->ncols; k++)
        select_cells(&from->col[k], row, n, &t.col[k]);
    t.row_file = select_numbers(from->row_file, row, n);
    t.row_line = select_numbers(from->row_line, row, n);
    t.of = NULL;
    t.of_row = NULL;
    *out = t;
}

void
table_lead(struct table *t, unsigned column)
{
    struct column lead = t->col[column];
    memmove(t->col + 1, t->col, column * sizeof *t->col);
    t->col[0] = lead;
}

void
table_holes_last(struct table *t)
{
    struct column *col = xcalloc(t->ncols ? t->ncols : 1, sizeof *col);
    uint32_t n = 0;
    for (int holes = 0; holes < 2; holes++)
        for (uint32_t k = 0; k < t->ncols; k++)
            if (!t->col[k].holes == !holes)
                col[n++] = t->col[k];
    free(t->col);
    t->col = col;
}

void
table_keep(struct table *t, const uint32_t *row, uint32_t n)
{
    if (n == t->nrows)
        return;
    struct table kept;
    table_select(t, row, n, &kept);
    table_free(t);
    *t = kept;
}
