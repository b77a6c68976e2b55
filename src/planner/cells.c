/* Cells without a value (table/holes.h) that tasks use: told once for each column. */
#include "config.h"

#include "planner/planner.h"

#include "table/holes.h"
#include "util/map64.h"

#include <stdio.h>
#include <string.h>

/* For the evaluator: `column` counts over all tables of the model. */
bool
planner_hole(const void *arg, uint32_t column, uint32_t row, char *why, size_t n)
{
    const struct planner *p = arg;
    unsigned t = 0;
    while (t + 1 < p->m->ntables && p->first_column[t + 1] <= column)
        t++;
    const struct table *table = p->m->table[t];
    unsigned k = column - p->first_column[t];
    if (!holes_at(table->col[k].holes, row))
        return false;
    hole_text(table, &p->m->strings, p->d, k, row, why, n);
    size_t used = strlen(why);
    struct buf known = {0};
    known_column(strpool_get(&p->m->strings, table->col[k].name), &known);
    snprintf(why + used, n - used,
        ": correct it, or leave such rows of '%s' out: { where known(%s) }",
        strpool_get(&p->m->strings, table->name), known.p);
    buf_free(&known);
    return true;
}

struct use {
    struct planner *p;
    const struct planned *f;
    struct map64 told; /* reasons of holes */
    bool ok;
};

static void
tell(struct use *u, const struct table *t, unsigned column, uint32_t row, struct span at)
{
    const struct hole *x = holes_at(t->col[column].holes, row);
    u->ok = false;
    bool found;
    map64_add(&u->told, x->why, 0, &found);
    if (!found)
        hole_error(u->p->d, &u->p->m->strings, t, column, row, at);
}

/* All rows of the table count. */
static void
whole_column(struct use *u, const struct table *t, unsigned column, struct span at)
{
    const struct hole *x = holes_from(t->col[column].holes, 0);
    if (x)
        tell(u, t, column, x->row, at);
}

/* --- conditions --- */

/* Sides of an equality may be looked up and not evaluated. */
static void
equality(const struct expr *e, void *arg)
{
    struct use *u = arg;
    for (unsigned k = 0; e->kind == EX_OP && e->op == OP_EQ && k < e->nargs; k++)
        if (e->arg[k]->kind == EX_COLUMN)
            whole_column(u, e->arg[k]->table, e->arg[k]->column, e->arg[k]->at);
}

static void
shared_names(struct use *u, const struct table *via, const struct family *f, struct span at)
{
    for (unsigned v = 0; v < f->nvars; v++)
        for (uint32_t c = 0; c < via->ncols; c++) {
            int k = table_column(f->var[v].table, via->col[c].name);
            if (k < 0)
                continue;
            whole_column(u, via, c, at);
            whole_column(u, f->var[v].table, (unsigned)k, at);
        }
}

bool
planner_conditions(struct planner *p)
{
    struct use u = {.p = p, .ok = true};
    map64_init(&u.told, 0, 8);
    for (unsigned i = 0; i < p->m->nfamilies; i++) {
        const struct family *f = p->fam[i].f;
        expr_walk(f->where, equality, &u);
        for (unsigned k = 0; k < f->nneeds; k++) {
            expr_walk(f->need[k].where, equality, &u);
            if (!f->need[k].via)
                continue;
            shared_names(&u, f->need[k].via, f, f->need[k].at);
            shared_names(&u, f->need[k].via, f->need[k].producer, f->need[k].at);
        }
    }
    map64_free(&u.told);
    return u.ok;
}

/* --- what tasks are made of --- */

static void
cell(const struct expr *e, void *arg)
{
    struct use *u = arg;
    const struct planned *f = u->f;
    if (e->kind != EX_COLUMN || !e->table->col[e->column].holes)
        return;
    if (f->product || e->var >= f->f->nvars || f->f->var[e->var].table != e->table) {
        whole_column(u, e->table, e->column, e->at);
        return;
    }
    const struct holes *holes = e->table->col[e->column].holes;
    const uint32_t *row = (const uint32_t *)(const void *)f->rows.p + e->var;
    for (uint32_t i = 0; i < f->ntasks; i++, row += f->f->nvars) {
        if (!holes_at(holes, *row))
            continue;
        tell(u, e->table, e->column, *row, e->at);
        return;
    }
}

bool
planner_cells(struct planner *p)
{
    struct use u = {.p = p, .ok = true};
    map64_init(&u.told, 0, 8);
    for (unsigned i = 0; i < p->m->nfamilies; i++) {
        u.f = &p->fam[i];
        planner_walk(u.f->f, cell, &u);
    }
    map64_free(&u.told);
    return u.ok;
}
