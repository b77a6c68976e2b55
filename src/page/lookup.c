#include "config.h"

#include "page/lookup.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

uint32_t
lookup_column(const struct plan *p, uint32_t table, const char *name)
{
    const struct plan_table *t = &p->table[table];
    for (uint32_t c = t->first_column; c < t->first_column + t->ncolumns; c++)
        if (strcasecmp(plan_place_name(p, PLACE_COLUMN, c), name) == 0)
            return c;
    return PLAN_NONE;
}

bool
lookup_number(const struct plan *p, uint32_t column, uint32_t row, double *value)
{
    struct buf text = {0};
    char *end = NULL;
    if (column != PLAN_NONE)
        plan_cell_text(p, column, row, &text);
    *value = text.n ? strtod(text.p, &end) : NAN;
    bool ok = text.n && end != text.p && !*end && isfinite(*value);
    buf_free(&text);
    return ok;
}

bool
lookup_used(const struct plan *p, uint32_t table)
{
    for (uint32_t v = 0; v < p->nvars; v++)
        if (p->var[v].table == table)
            return true;
    return false;
}

uint32_t
lookup_row(const struct plan *p, uint32_t task, uint32_t table)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t v = 0, row[VM_MAX_VARS];
    while (v < f->nvars && p->var[f->first_var + v].table != table)
        v++;
    if (v == f->nvars)
        return PLAN_NONE;
    plan_rows(p, task, row);
    return row[v];
}
