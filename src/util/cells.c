#include "config.h"

#include "util/cells.h"

#include "util/json.h"

#include <string.h>

static void
only_signs(struct buf *out, size_t from)
{
    for (size_t i = from; i < out->n; i++)
        if ((unsigned char)out->p[i] < ' ' || out->p[i] == 127)
            out->p[i] = '?';
}

void
cells_table(const struct cell_column *c, bool last, size_t from, struct buf *out)
{
    size_t n = out->n - from, pad = n < c->width ? c->width - n : 0;
    only_signs(out, from);
    for (size_t k = 0; k < pad && (!last || c->number); k++)
        buf_putc(out, ' ');
    if (c->number && pad) {
        memmove(out->p + from + pad, out->p + from, n);
        memset(out->p + from, ' ', pad);
    }
    buf_puts(out, last ? "\n" : "  ");
}

void
cells_csv(const char *cell, size_t n, bool last, struct buf *out)
{
    bool quote = n && strpbrk(cell, ",\"\r\n") != NULL;
    if (quote)
        buf_putc(out, '"');
    for (size_t k = 0; k < n; k++) {
        if (cell[k] == '"')
            buf_putc(out, '"');
        buf_putc(out, cell[k]);
    }
    if (quote)
        buf_putc(out, '"');
    buf_putc(out, last ? '\n' : ',');
}

void
cells_json(const struct cell_column *c, const struct buf *cell, struct buf *out)
{
    json_key(out, c->name);
    bool number = c->number && cell->n && strspn(cell->p, "0123456789.") == cell->n;
    if (!cell->n)
        buf_puts(out, "null");
    else if (number)
        buf_add(out, cell->p, cell->n);
    else
        json_string(out, cell->p);
}

void
cells_head(const struct cell_column *c, bool last, bool csv, struct buf *out)
{
    size_t from = out->n;
    buf_puts(out, c->name);
    if (csv) {
        buf_putc(out, last ? '\n' : ',');
        return;
    }
    for (size_t k = from; k < out->n; k++)
        out->p[k] =
            (char)(out->p[k] >= 'a' && out->p[k] <= 'z' ? out->p[k] - 'a' + 'A' : out->p[k]);
    cells_table(c, last, from, out);
}
