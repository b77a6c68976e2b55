/* The order of a plan: families by what they need, the tasks of each by their keys. */
#include "config.h"

#include "planner/planner.h"

#include "diag/checks.h"

#include <stdlib.h>
#include <string.h>

/* What qsort sees: the keys of all instances, one after the other. */
struct keyed {
    const struct value *key;
    unsigned nkeys;
    uint32_t task;
};

static int
compare_values(const struct value *a, const struct value *b)
{
    if (a->tag == VAL_STR) {
        uint32_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
        int c = n ? memcmp(a->s.p, b->s.p, n) : 0;
        return c ? c : (a->s.n > b->s.n) - (a->s.n < b->s.n);
    }
    if (a->tag != b->tag)
        return a->tag == VAL_INT ? vm_order(a->i, b->r) : -vm_order(b->i, a->r);
    if (a->tag == VAL_REAL)
        return (a->r > b->r) - (a->r < b->r);
    return (a->i > b->i) - (a->i < b->i);
}

static int
compare_keyed(const void *pa, const void *pb)
{
    const struct keyed *a = pa, *b = pb;
    for (unsigned k = 0; k < a->nkeys; k++) {
        int c = compare_values(&a->key[k], &b->key[k]);
        if (c)
            return c;
    }
    return (a->task > b->task) - (a->task < b->task); /* else as they were */
}

/* The keys of all instances; strings are copied to the model's arena, for they live only until the
 * next evaluation. */
static bool
find_keys(struct planner *p, const struct planned *f, struct buf *code, struct value *key)
{
    unsigned n = f->f->norder;
    for (uint32_t t = 0; t < f->ntasks; t++) {
        planned_rows(f, t, p->ev.row);
        for (unsigned k = 0; k < n; k++) {
            struct value *v = &key[(size_t)t * n + k];
            if (!vm_run(&p->ev, (const uint8_t *)code[k].p, (uint32_t)code[k].n, v)) {
                diag_add(p->d, DIAG_ERROR, RULE_VALUE, f->f->order[k]->at, "%s", p->ev.error);
                return false;
            }
            if (v->tag == VAL_STR)
                v->s.p = arena_text(&p->m->arena, v->s.p, v->s.n);
        }
    }
    return true;
}

static void
sort_rows(struct planned *f, const struct value *key)
{
    unsigned n = f->f->norder, nvars = f->f->nvars;
    struct keyed *sorted = xmalloc(((size_t)f->ntasks + 1) * sizeof *sorted);
    for (uint32_t t = 0; t < f->ntasks; t++)
        sorted[t] = (struct keyed){key + (size_t)t * n, n, t};
    qsort(sorted, f->ntasks, sizeof *sorted, compare_keyed);
    struct buf rows = {0};
    for (uint32_t t = 0; t < f->ntasks; t++) {
        uint32_t row[VM_MAX_VARS];
        planned_rows(f, sorted[t].task, row);
        buf_add(&rows, row, nvars * sizeof *row);
    }
    free(sorted);
    buf_free(&f->rows);
    f->rows = rows;
    f->product = false;
}

bool
order_family(struct planner *p, unsigned i)
{
    struct planned *f = &p->fam[i];
    unsigned n = f->f->norder;
    if (!n || f->ntasks < 2)
        return true;
    if (!planner_few(p, f->f, f->ntasks, MOST_LISTED / n, f->f->order[0]->at, "sort"))
        return false;
    struct buf *code = xcalloc(n, sizeof *code);
    for (unsigned k = 0; k < n; k++)
        planner_code(p, f->f->order[k], &code[k]);
    for (unsigned k = 0; k < n; k++)
        planner_ask_ahead(p, f, f->f->order[k]);
    struct value *key = xmalloc((size_t)f->ntasks * n * sizeof *key);
    bool ok = find_keys(p, f, code, key);
    if (ok)
        sort_rows(f, key);
    for (unsigned k = 0; k < n; k++)
        buf_free(&code[k]);
    free(code);
    free(key);
    return ok;
}
