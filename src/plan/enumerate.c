#include "config.h"

#include "plan/planner.h"

#include "model/checks.h"

#include <stdlib.h>
#include <string.h>

void
planned_rows(const struct planned *f, uint32_t task, uint32_t *row)
{
    unsigned n = f->f->nvars;
    if (!f->product) {
        memcpy(row, (const uint32_t *)(void *)f->rows.p + (size_t)task * n, n * sizeof *row);
        return;
    }
    for (unsigned v = n; v-- > 0;) {
        row[v] = task % f->size[v];
        task /= f->size[v];
    }
}

unsigned
split_and(struct expr *e, struct expr **part, unsigned most)
{
    if (e->kind != EX_AND || most < 2) {
        part[0] = e;
        return 1;
    }
    unsigned n = split_and(e->arg[0], part, most - 1);
    return n + split_and(e->arg[1], part + n, most - n);
}

/* A filter's conditions, each tested as soon as its last variable is bound. */
struct conditions {
    unsigned n;
    struct {
        struct buf code;
        struct span at;
        unsigned depth; /* variables bound by then */
    } part[32];
};

static bool
passes(struct planner *p, const struct conditions *w, unsigned depth, bool *ok)
{
    for (unsigned i = 0; i < w->n && *ok; i++)
        if (w->part[i].depth == depth && !planner_true(p, &w->part[i].code, w->part[i].at, ok))
            return false;
    return *ok;
}

/* Binds variables depth, depth + 1 ... in turn; false: stop, an error was queued. */
static bool
bind_from(struct planner *p, struct planned *f, const struct conditions *w, unsigned depth)
{
    if (depth == f->f->nvars) {
        if (f->ntasks == PLAN_NONE - 1) {
            diag_add(p->d, DIAG_ERROR, RULE_SIZE, f->f->at, "task '%s' has too many instances",
                f->f->name);
            return false;
        }
        buf_add(&f->rows, p->ev.row, depth * sizeof(uint32_t));
        f->ntasks++;
        return true;
    }
    for (uint32_t r = 0; r < f->size[depth]; r++) {
        bool ok = true;
        p->ev.row[depth] = r;
        if (passes(p, w, depth + 1, &ok) && !bind_from(p, f, w, depth + 1))
            return false;
        if (!ok)
            return false;
    }
    return true;
}

bool
enumerate_family(struct planner *p, unsigned i)
{
    struct planned *f = &p->fam[i];
    struct family *fam = f->f;
    f->size = arena_alloc(&p->m->arena, fam->nvars * sizeof *f->size);
    uint64_t all = 1;
    for (unsigned v = 0; v < fam->nvars; v++) {
        f->size[v] = fam->var[v].table->nrows;
        if (all < PLAN_NONE)
            all *= f->size[v];
    }
    if (!fam->where) {
        if (all >= PLAN_NONE) {
            diag_add(p->d, DIAG_ERROR, RULE_SIZE, fam->at,
                "task '%s' has more than 4 294 967 294 instances", fam->name);
            return false;
        }
        f->product = true;
        f->ntasks = (uint32_t)all;
        return true;
    }
    struct conditions w = {0};
    struct expr *part[32];
    w.n = split_and(fam->where, part, 32);
    for (unsigned k = 0; k < w.n; k++) {
        uint32_t vars = expr_vars(part[k]);
        w.part[k].at = part[k]->at;
        w.part[k].depth = vars ? 32 - (unsigned)__builtin_clz(vars) : 0;
        if (expr_may_fail(part[k])) /* not before what stands before it */
            for (unsigned b = 0; b < k; b++)
                if (w.part[k].depth < w.part[b].depth)
                    w.part[k].depth = w.part[b].depth;
        planner_code(p, part[k], &w.part[k].code);
    }
    bool ok = true;
    if (passes(p, &w, 0, &ok))
        ok = bind_from(p, f, &w, 0);
    for (unsigned k = 0; k < w.n; k++)
        buf_free(&w.part[k].code);
    if (ok && f->ntasks == 0) {
        struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_EMPTY, fam->where->at,
            "task '%s' never runs: no combination fulfils this condition", fam->name);
        diag_help(m, "%llu combination%s tried", (unsigned long long)all,
            all == 1 ? " was" : "s were");
        return false;
    }
    return ok;
}
