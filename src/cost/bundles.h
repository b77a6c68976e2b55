/* Which tasks of a family may share a process. */
#ifndef COST_BUNDLES_H
#define COST_BUNDLES_H

#include "plan/plan.h"

/* Has any family bundles? */
static inline bool
bundles_any(const struct plan *p)
{
    for (uint32_t i = 0; i < p->nfamilies; i++)
        if (p->family[i].bundle)
            return true;
    return false;
}

/* What decides of the bundle of task `i` of a family that has bundles: the rows of its variables,
 * as one number. Equal for different bundles hardly ever. */
static inline uint64_t
bundle_key(const struct plan *p, const struct plan_family *f, uint32_t i)
{
    uint32_t row[VM_MAX_VARS], n = 0;
    if (f->instances == PLAN_ROWS) {
        const uint32_t *rows = plan_u32(p, f->rows) + (uint64_t)i * f->nvars;
        for (uint32_t v = 0; v < f->nvars; v++)
            if (f->bundle >> v & 1)
                row[n++] = rows[v];
    } else {
        for (uint32_t v = f->nvars; v-- > 0;) {
            uint32_t size = p->table[p->var[f->first_var + v].table].nrows;
            if (f->bundle >> v & 1)
                row[n++] = i % size;
            i /= size;
        }
    }
    return n == 1   ? row[0]
           : n == 2 ? (uint64_t)row[0] << 32 | row[1]
                    : hash64(row, n * sizeof *row, 0);
}

#endif
