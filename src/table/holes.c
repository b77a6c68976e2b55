#include "config.h"

#include "table/holes.h"

#include "lexer/words.h"
#include "diag/checks.h"
#include "table/table.h"
#include "util/buf.h"
#include "util/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add(struct holes **h, const struct hole *x, uint32_t row)
{
    uint32_t why = x->why, help = x->help;
    if (!*h) {
        *h = xcalloc(1, sizeof **h);
        (*h)->users = 1;
    }
    struct hole *last = (*h)->n ? &(*h)->hole[(*h)->n - 1] : NULL;
    if (last && last->why == why && last->help == help && last->row + last->n == row) {
        last->n++;
        return;
    }
    ARRAY_GROW((*h)->hole, (*h)->n, (*h)->cap);
    (*h)->hole[(*h)->n++] =
        (struct hole){row, 1, why, help, x->made, x->row == row ? x->at : NO_SPAN};
}

void
holes_add(struct holes **h, uint32_t row, uint32_t why, uint32_t help, struct span at)
{
    add(h, &(struct hole){row, 1, why, help, false, at}, row);
}

void
holes_mark(struct holes **h, const uint8_t *mark, uint32_t n, uint32_t why, uint32_t help)
{
    struct holes *before = *h;
    *h = NULL;
    for (uint32_t i = 0; i < n; i++) {
        const struct hole *x = holes_at(before, i);
        if (x)
            add(h, x, i);
        else if (mark[i])
            add(h, &(struct hole){i, 1, why, help, true, NO_SPAN}, i);
    }
    holes_free(before);
}

const struct hole *
holes_from(const struct holes *h, uint32_t row)
{
    uint32_t lo = 0, hi = h ? h->n : 0;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (h->hole[mid].row + h->hole[mid].n <= row)
            lo = mid + 1;
        else
            hi = mid;
    }
    return h && lo < h->n ? &h->hole[lo] : NULL;
}

const struct hole *
holes_at(const struct holes *h, uint32_t row)
{
    const struct hole *x = holes_from(h, row);
    return x && x->row <= row ? x : NULL;
}

struct holes *
holes_share(struct holes *h)
{
    if (h)
        h->users++;
    return h;
}

void
holes_free(struct holes *h)
{
    if (!h || --h->users)
        return;
    free(h->hole);
    free(h);
}

struct holes *
holes_select(const struct holes *h, const uint32_t *row, uint32_t n)
{
    struct holes *out = NULL;
    for (uint32_t i = 0; h && i < n; i++) {
        const struct hole *x = holes_at(h, row[i]);
        if (!x)
            continue;
        struct hole copy = *x;
        copy.row = x->row == row[i] ? i : UINT32_MAX; /* else its place is that of another row */
        add(&out, &copy, i);
    }
    return out;
}

void
hole_text(const struct table *t, const struct strpool *pool, const struct diags *d, unsigned column,
    uint32_t row, char *buf, size_t n)
{
    const struct hole *x = holes_at(t->col[column].holes, row);
    char place[256];
    table_row_place(t, d, row, place, sizeof place);
    if (!*place)
        snprintf(place, sizeof place, "row %u", table_row_number(t, row));
    snprintf(buf, n, "%s, in %s", x ? strpool_get(pool, x->why) : "", place);
}

void
known_column(const char *name, struct buf *out)
{
    const struct word *word = word_find(name);
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    bool plain = n && !name[n] && !(name[0] >= '0' && name[0] <= '9') &&
                 !(word && (word->flags & WORD_RESERVED)) && strcmp(name, "distinct") != 0;
    if (plain) {
        buf_puts(out, name);
        return;
    }
    buf_puts(out, "column(\"");
    for (const char *p = name; *p; p++) {
        if (strchr("\"\\", *p))
            buf_putc(out, '\\');
        if (strchr("{}", *p))
            buf_putc(out, *p);
        buf_putc(out, *p);
    }
    buf_puts(out, "\")");
}

void
hole_error(struct diags *d, const struct strpool *pool, const struct table *t, unsigned column,
    uint32_t row, struct span use)
{
    const struct hole *x = holes_at(t->col[column].holes, row);
    if (!x)
        return;
    const char *name = strpool_get(pool, t->col[column].name), *help = strpool_get(pool, x->help);
    const char *none = t->col[column].type == COLUMN_STRING ? "\"\""
                       : t->col[column].type == COLUMN_BOOL ? "false"
                                                            : "0";
    bool cell = x->row == row && x->at.file != DIAG_NO_FILE;
    char text[1024];
    hole_text(t, pool, d, column, row, text, sizeof text);
    struct diag *m = diag_add(d, DIAG_ERROR, RULE_VALUE, cell ? x->at : use, "%s", text);
    if (cell && use.file != DIAG_NO_FILE)
        diag_note(m, use, "column '%s' is used here", name);
    if (x->made) {
        diag_help(m, "%s", help);
        return;
    }
    struct buf say = {0}, known = {0}, of_source = {0};
    known_column(name, &known);
    buf_printf(&of_source, "column '%s'", name);
    uint64_t all = 0;
    for (uint32_t i = 0; i < t->col[column].holes->n; i++)
        all += t->col[column].holes->hole[i].n;
    buf_puts(&say, "correct it");
    if (all < t->nrows)
        buf_printf(&say, "; or leave such rows of '%s' out: { where known(%s) }",
            strpool_get(pool, t->name), known.p);
    /* what the block makes cannot be made anew there */
    if (strncmp(strpool_get(pool, x->why), of_source.p, of_source.n) == 0 &&
        strcmp(known.p, name) == 0)
        buf_printf(&say, "; or give a value: { %s = if known(%s) then %s else %s }", name, name,
            name, none);
    if (*help)
        buf_printf(&say, "; or %s", help);
    diag_help(m, "%s", say.p);
    buf_free(&say);
    buf_free(&known);
    buf_free(&of_source);
}
