#include "config.h"

#include "table/table.h"

#include "diag/checks.h"

#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>

void
column_free(struct column *c)
{
    free(c->data);
    holes_free(c->holes);
}

void
table_free(struct table *t)
{
    for (uint32_t i = 0; i < t->ncols; i++)
        column_free(&t->col[i]);
    free(t->col);
    free(t->row_file);
    free(t->row_line);
    free(t->of_row);
    *t = (struct table){.file = DIAG_NO_FILE, .at = NO_SPAN};
}

int
table_column(const struct table *t, uint32_t name)
{
    for (uint32_t i = 0; i < t->ncols; i++)
        if (t->col[i].name == name)
            return (int)i;
    return -1;
}

void
table_row_place(const struct table *t, const struct diags *d, uint32_t row, char *buf, size_t n)
{
    if (n)
        buf[0] = 0;
    uint32_t file = t->row_file && row < t->nrows ? t->row_file[row] : t->file;
    if (file == DIAG_NO_FILE)
        return;
    if (t->row_line && row < t->nrows)
        snprintf(buf, n, "%s:%u", diag_name(d, file), t->row_line[row]);
    else
        snprintf(buf, n, "%s", diag_name(d, file));
}

uint32_t
table_row_number(const struct table *t, uint32_t row)
{
    bool counted = !t->row_file && t->file == DIAG_NO_FILE && t->row_line && row < t->nrows;
    return counted ? t->row_line[row] : row + 1;
}

bool
table_from_range(struct diags *d, uint32_t name, int64_t first, int64_t last, int64_t step,
    struct span at, struct table *out)
{
    *out = (struct table){.name = name, .at = at, .file = DIAG_NO_FILE};
    if (step == 0) {
        diag_help(diag_add(d, DIAG_ERROR, RULE_VALUE, at, "a range cannot go in steps of 0"),
            "leave the step out to count by 1");
        return false;
    }
    if (step > 0 ? first > last : first < last) {
        struct diag *m = diag_add(d, DIAG_ERROR, RULE_EMPTY, at, "the range %lld .. %lld is empty",
            (long long)first, (long long)last);
        if (step == 1)
            diag_help(m, "write the smaller number first");
        return false;
    }
    /* differences and magnitudes in unsigned numbers: they may pass INT64_MAX */
    uint64_t width = step > 0 ? (uint64_t)last - (uint64_t)first : (uint64_t)first - (uint64_t)last;
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    uint64_t steps = width / stride;
    if (steps >= UINT32_MAX - 1) {
        diag_help(diag_add(d, DIAG_ERROR, RULE_SIZE, at,
                      "the range %lld .. %lld has more than 4 294 967 294 values", (long long)first,
                      (long long)last),
            "use two smaller sets: `for a in x, b in y` makes all combinations");
        return false;
    }
    out->nrows = (uint32_t)steps + 1;
    out->ncols = 1;
    out->col = xcalloc(1, sizeof *out->col);
    *out->col =
        (struct column){.name = name, .type = COLUMN_INT, .first = first, .step = step, .at = at};
    return true;
}

bool
table_control(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
            return true;
    return false;
}
