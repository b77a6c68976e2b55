/* What costs, commands and paths ask of the sky is answered here, once for each task, for the shim
 * knows no sky. In the plan an answer is one more variable of the family, without a name: it runs
 * over a table of the different answers that there are. */
#include "config.h"

#include "planner/planner.h"

#include "diag/checks.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

/* The same question of the same rows. */
static bool
same_question(const struct expr *a, const struct expr *b)
{
    return a == b || (a->sky.number == b->sky.number && a->sky.rows && b->sky.rows &&
                         a->sky.visit == b->sky.visit && a->sky.sensor == b->sky.sensor);
}

static void
note_question(const struct expr *e, void *arg)
{
    struct planned *f = arg;
    if (e->kind != EX_SKY)
        return;
    for (unsigned i = 0; i < f->nanswers; i++)
        if (same_question(f->answer[i].e, e))
            return;
    f->answer = xrealloc(f->answer, (f->nanswers + 1) * sizeof *f->answer);
    f->answer[f->nanswers++] = (struct answer){.e = e};
}

void
answer_of(const struct planned *f, const struct expr *e, uint16_t *var, uint32_t *column)
{
    unsigned i = 0;
    while (!same_question(f->answer[i].e, e))
        i++;
    *var = (uint16_t)(f->f->nvars + i);
    *column = f->answer[i].column;
}

/* --- catalogs --- */

struct asking {
    struct planner *p;
    const struct planned *f;
};

static void
count_objects(const struct expr *e, void *arg)
{
    const struct asking *a = arg;
    const struct sky_use *x = e->kind == EX_SKY ? a->p->m->sky.use[e->sky.number] : NULL;
    uint32_t row[VM_MAX_VARS];
    if (!x || !x->objects)
        return;
    uint8_t *wanted = xcalloc((size_t)x->visits->nrows + 1, 1);
    for (uint32_t t = 0; t < a->f->ntasks; t++) {
        planned_rows(a->f, t, row);
        wanted[row[e->sky.visit]] = 1;
    }
    objects_of_all(x->objects, wanted);
    free(wanted);
}

void
planner_ask_ahead(struct planner *p, const struct planned *f, const struct expr *e)
{
    struct asking a = {p, f};
    expr_walk(e, count_objects, &a);
}

/* --- answers --- */

static void
keep_value(struct answer *a, const struct value *v)
{
    uint8_t yes = v->i != 0;
    if (v->tag == VAL_BOOL)
        buf_add(&a->cells, &yes, 1);
    else
        buf_add(&a->cells, &v->i, 8); /* or the real in its place */
}

static bool
ask_all(struct planner *p, const struct planned *f, struct answer *a)
{
    struct buf code = {0};
    struct map64 known;
    bool ok = true;
    planner_code(p, a->e, &code);
    planner_ask_ahead(p, f, a->e);
    map64_init(&known, 0, 1024);
    a->row = xmalloc(((size_t)f->ntasks + 1) * sizeof *a->row);
    for (uint32_t t = 0; t < f->ntasks && ok; t++) {
        struct value v;
        bool found;
        planned_rows(f, t, p->ev.row);
        ok = vm_run(&p->ev, (const uint8_t *)code.p, (uint32_t)code.n, &v);
        if (!ok)
            break;
        if (v.tag == VAL_REAL && v.r == 0)
            v.r = 0; /* the two zeros are one */
        a->row[t] = map64_add(&known, (uint64_t)v.i, a->n, &found);
        if (!found) {
            keep_value(a, &v);
            a->n++;
        }
    }
    if (!ok)
        diag_add(p->d, DIAG_ERROR, RULE_VALUE, a->e->at, "%s", p->ev.error);
    map64_free(&known);
    buf_free(&code);
    return ok;
}

/* The rows of each task are stored if there is more than what follows from its number. */
static void
list_tasks(struct planned *f)
{
    uint32_t row[VM_MAX_VARS];
    for (uint32_t t = 0; f->product && t < f->ntasks; t++) {
        planned_rows(f, t, row);
        buf_add(&f->rows, row, f->f->nvars * sizeof *row);
    }
    f->product = false;
}

bool
family_answers(struct planner *p, unsigned i)
{
    struct planned *f = &p->fam[i];
    planner_walk(f->f, note_question, f);
    if (!f->nanswers)
        return true;
    const struct span at = f->answer[0].e->at;
    if (f->f->nvars + f->nanswers > VM_MAX_VARS) {
        diag_add(p->d, DIAG_ERROR, RULE_SIZE, at, "task '%s' asks too much of the sky", f->f->name);
        return false;
    }
    if (!planner_few(p, f->f, f->ntasks, MOST_LISTED / f->nanswers, at,
            "ask this of the sky for each"))
        return false;
    for (unsigned k = 0; k < f->nanswers; k++)
        if (!ask_all(p, f, &f->answer[k]))
            return false;
    list_tasks(f);
    return true;
}

void
write_answers(struct planner *p, struct planned *f)
{
    for (unsigned i = 0; i < f->nanswers; i++) {
        struct answer *a = &f->answer[i];
        struct plan_table table = {.nrows = a->n,
            .first_column = plan_count(&p->b, PLAN_COLUMNS, sizeof(struct plan_column)),
            .ncolumns = 1};
        struct plan_column column = {.type = a->e->type == TYPE_BOOL  ? VM_COL_BOOL
                                             : a->e->type == TYPE_INT ? VM_COL_INT
                                                                      : VM_COL_REAL,
            .data = plan_add_data(&p->b, a->cells.p, a->cells.n)};
        a->column = plan_add(&p->b, PLAN_COLUMNS, &column, sizeof column);
        uint32_t t = plan_add(&p->b, PLAN_TABLES, &table, sizeof table);
        struct plan_var var = {t};
        plan_add_place(&p->b, PLACE_COLUMN, a->column, "answer", 0, 0);
        plan_add_place(&p->b, PLACE_TABLE, t, p->m->sky.use[a->e->sky.number]->name, 0, 0);
        plan_add_place(&p->b, PLACE_VAR, plan_add(&p->b, PLAN_VARS, &var, sizeof var), "", 0, 0);
    }
}

uint64_t
write_rows(struct planner *p, const struct planned *f)
{
    if (!f->nanswers)
        return plan_add_data(&p->b, f->rows.p, f->rows.n);
    unsigned n = f->f->nvars;
    struct buf all = {0};
    buf_reserve(&all, (size_t)f->ntasks * (n + f->nanswers) * sizeof(uint32_t));
    for (uint32_t t = 0; t < f->ntasks; t++) {
        buf_add(&all, f->rows.p + (size_t)t * n * sizeof(uint32_t), n * sizeof(uint32_t));
        for (unsigned i = 0; i < f->nanswers; i++)
            buf_add(&all, &f->answer[i].row[t], sizeof(uint32_t));
    }
    uint64_t at = plan_add_data(&p->b, all.p, all.n);
    buf_free(&all);
    return at;
}

void
answers_free(struct planned *f)
{
    for (unsigned i = 0; i < f->nanswers; i++) {
        free(f->answer[i].row);
        buf_free(&f->answer[i].cells);
    }
    free(f->answer);
}
