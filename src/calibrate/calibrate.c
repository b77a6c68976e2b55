/* What should be stated of each family. */
#include "config.h"

#include "calibrate/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A dependence is told of if it explains so much of the spread, would be there by chance so seldom
 * (all columns of a family together), and matters so much. */
#define SHARE 0.1
#define CHANCE 0.001
#define MATTERS 1.15
#define LEAST_ONCE 0.05 /* of the whole: a term that the campaign does not have */

/* What is cut short about where others end may have been at its end, too: it counts as a bit less,
 * or a plateau that all reach would never be known. */
#define OPEN_SLACK 0.96

/* --- what it depends on --- */

/* Values of a family, each with a task. */
struct values {
    const struct plan *plan;
    const struct plan_family *family;
    uint32_t *task, *tasks; /* tasks: of its process */
    double *value;          /* in the ratio to what is expected */
    size_t n;
};

static void
values_init(struct values *v, const struct plan *p, uint32_t family, size_t most)
{
    *v = (struct values){.plan = p, .family = &p->family[family]};
    v->task = xcalloc(most + 1, sizeof *v->task);
    v->tasks = xcalloc(most + 1, sizeof *v->tasks);
    v->value = xcalloc(most + 1, sizeof *v->value);
}

static void
values_add(struct values *v, uint32_t task, uint32_t tasks, double value)
{
    v->task[v->n] = task;
    v->tasks[v->n] = tasks;
    v->value[v->n++] = value;
}

static void
values_free(struct values *v)
{
    free(v->task);
    free(v->tasks);
    free(v->value);
}

static double
cell(const struct vm_column *c, uint32_t row)
{
    if (!c->data)
        return (double)(c->first + (int64_t)row * c->step);
    return c->type == VM_COL_REAL  ? ((const double *)c->data)[row]
           : c->type == VM_COL_INT ? (double)((const int64_t *)c->data)[row]
           : c->type == VM_COL_STR ? ((const uint32_t *)c->data)[row]
                                   : ((const uint8_t *)c->data)[row];
}

static uint64_t
bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Does it explain more than what was found before? */
static bool
is_better(const struct depend *d, const struct calibrate_on *on, unsigned candidates)
{
    bool matters = d->high > MATTERS * d->low || d->low > MATTERS * d->high;
    return matters && d->share >= SHARE && d->chance * candidates < CHANCE &&
           (!on->any || d->share > on->of.share);
}

/* Candidates are looked at both ways: as numbers, and as groups that differ. */
static void
look_at(const struct values *v, const double *x, bool number, unsigned candidates,
    const struct calibrate_on *named, struct calibrate_on *on)
{
    struct depend d;
    uint64_t *group = xcalloc(v->n + 1, sizeof *group);
    for (size_t i = 0; i < v->n; i++)
        group[i] = bits_of(x[i]);
    bool best[2] = {false, false};
    if (number && depend_on_number(x, v->value, v->n, &d) && is_better(&d, on, candidates)) {
        *on = *named;
        on->of = d;
        best[0] = true;
    }
    if (depend_on_group(group, v->value, v->n, &d) && is_better(&d, on, candidates)) {
        *on = *named;
        on->of = d;
        best[1] = true;
    }
    if (best[0] || best[1]) {
        on->any = true;
        on->groups = best[1];
        on->low_task = v->task[on->of.low_at];
        on->high_task = v->task[on->of.high_at];
        on->low_x = x[on->of.low_at];
        on->high_x = x[on->of.high_at];
    }
    free(group);
}

/* May tasks of a process differ in it? Or is it an answer of the sky, which has no name? */
static bool
is_no_candidate(const struct values *v, uint32_t var)
{
    const struct plan_family *f = v->family;
    bool varies = f->bundle && !f->feed.size && !(f->bundle >> var & 1);
    return varies || !*plan_place_name(v->plan, PLACE_VAR, f->first_var + var);
}

/* What only tells rows apart is nothing to depend on, if there is more. */
static uint32_t
first_column(const struct plan_table *t)
{
    return t->first_column + (t->ncolumns > t->label ? t->label : 0);
}

static void
look_at_column(const struct values *v, uint32_t var, uint32_t column, unsigned candidates,
    double *x, struct calibrate_on *on)
{
    const struct vm_column *c = &v->plan->vm_column[column];
    uint32_t row[VM_MAX_VARS];
    for (size_t i = 0; i < v->n; i++) {
        plan_rows(v->plan, v->task[i], row);
        x[i] = cell(c, row[var]);
    }
    const struct calibrate_on named = {.var = v->family->first_var + var, .column = column};
    look_at(v, x, c->type == VM_COL_INT || c->type == VM_COL_REAL, candidates, &named, on);
}

static void
find_dependence(const struct values *v, struct calibrate_on *on)
{
    const struct plan_family *f = v->family;
    double *x = xcalloc(v->n + 1, sizeof *x);
    unsigned candidates = 1;
    for (uint32_t i = 0; i < f->nvars; i++)
        if (!is_no_candidate(v, i))
            candidates += v->plan->table[v->plan->var[f->first_var + i].table].ncolumns;
    for (uint32_t i = 0; i < f->nvars; i++) {
        const struct plan_table *t = &v->plan->table[v->plan->var[f->first_var + i].table];
        if (is_no_candidate(v, i))
            continue;
        for (uint32_t k = first_column(t); k < t->first_column + t->ncolumns; k++)
            look_at_column(v, i, k, candidates, x, on);
    }
    for (size_t i = 0; i < v->n; i++)
        x[i] = v->tasks[i];
    look_at(v, x, true, candidates, &(struct calibrate_on){.var = PLAN_NONE, .column = PLAN_NONE},
        on);
    free(x);
}

/* --- one figure of a family --- */

static void
count_points(const struct fit_point *p, size_t n, struct calibrated *c)
{
    c->constant = c->stated && n;
    c->unit = n ? p[0].stated : 0;
    for (size_t i = 0; i < n; i++) {
        c->open += p[i].open;
        c->ended += !p[i].open && (!i || p[i].cluster != p[i - 1].cluster);
        c->constant &= p[i].stated == c->unit;
    }
}

static void
find_factor(const struct fit_point *p, size_t n, double q, struct calibrated *c)
{
    c->half = fit_ratio(p, n, 0.5);
    c->most = fit_ratio(p, n, 0.95);
    c->answer = (q > 0.5 ? c->most : c->half).known ? CALIBRATE_FACTOR : CALIBRATE_CUT;
}

/* --- memory --- */

static struct fit_point
memory_point(const struct process *p, uint32_t number, bool unstated_once)
{
    return (struct fit_point){.value = (double)p->bytes * (p->open ? OPEN_SLACK : 1),
        .stated = fmax(p->shared + p->own, 1),
        .once = unstated_once ? CALIBRATE_UNIT : p->shared,
        .each = p->own,
        .cluster = number,
        .open = p->open};
}

static double
expected_bytes(const struct calibrated *c, const struct fit_point *p)
{
    return c->answer == CALIBRATE_TERMS
               ? c->terms.once.value * p->once + c->terms.each.value * p->each
               : c->most.value * p->stated;
}

/* A term that the campaign does not have must be large, and sure. */
static bool
is_worth_a_term(const struct calibrated *c, const struct fit_point *p, size_t n)
{
    double once = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        once += c->terms.once.value * p[i].once;
        all += c->terms.once.value * p[i].once + c->terms.each.value * p[i].each;
    }
    return c->terms.once.value > c->terms.once.error && once > LEAST_ONCE * all;
}

static void
find_terms(const struct fit_point *p, size_t n, struct calibrated *c)
{
    c->terms = fit_terms(p, n, 0.95);
    if (!c->terms.apart || !c->terms.once.known)
        return;
    if (!c->unstated_once || is_worth_a_term(c, p, n))
        c->answer = CALIBRATE_TERMS;
}

static void
memory_depends(const struct plan *plan, uint32_t family, const struct measured *m,
    const struct fit_point *p, struct calibrated *c)
{
    struct values v;
    values_init(&v, plan, family, m->nprocesses);
    for (size_t i = 0; i < m->nprocesses; i++)
        if (!p[i].open)
            values_add(&v, m->process[i].task, m->process[i].tasks,
                p[i].value / expected_bytes(c, &p[i]));
    find_dependence(&v, &c->on);
    values_free(&v);
}

static void
judge_memory(const struct plan *plan, uint32_t family, const struct measured *m,
    struct calibrated *c)
{
    const struct plan_family *f = &plan->family[family];
    struct fit_point *p = xcalloc(m->nprocesses + 1, sizeof *p);
    *c = (struct calibrated){.answer = f->nodes ? CALIBRATE_NONE : CALIBRATE_FEW,
        .stated = f->memory.size != 0,
        .unstated_once = f->bundle != 0};
    for (size_t i = 0; i < m->nprocesses; i++)
        c->unstated_once &= m->process[i].shared <= 0;
    for (size_t i = 0; i < m->nprocesses; i++)
        p[i] = memory_point(&m->process[i], (uint32_t)i, c->unstated_once);
    count_points(p, m->nprocesses, c);
    if (c->ended >= CALIBRATE_ENOUGH) {
        find_factor(p, m->nprocesses, 0.95, c);
        if (f->bundle && c->answer == CALIBRATE_FACTOR)
            find_terms(p, m->nprocesses, c);
        memory_depends(plan, family, m, p, c);
    }
    free(p);
}

/* --- time --- */

/* Of attempts that share a process one is enough: the others are as it is. */
static void
time_depends(const struct plan *plan, uint32_t family, const struct measured *m,
    const struct fit_point *p, struct calibrated *c)
{
    struct values v;
    bool fed = plan->family[family].feed.size;
    values_init(&v, plan, family, m->nruns);
    for (size_t i = 0; i < m->nruns; i++)
        if (!p[i].open && (fed || !i || m->run[i].process != m->run[i - 1].process))
            values_add(&v, m->run[i].task, m->run[i].tasks, p[i].value / p[i].stated);
    find_dependence(&v, &c->on);
    values_free(&v);
}

static void
judge_time(const struct plan *plan, uint32_t family, const struct measured *m, struct calibrated *c)
{
    struct fit_point *p = xcalloc(m->nruns + 1, sizeof *p);
    bool fed = plan->family[family].feed.size;
    *c = (struct calibrated){.stated = plan->family[family].time.size != 0};
    for (size_t i = 0; i < m->nruns; i++) {
        const struct run *r = &m->run[i];
        p[i] = (struct fit_point){.value = r->seconds * (r->open ? OPEN_SLACK : 1),
            .stated = c->stated && r->stated > 0 ? r->stated : 1,
            .cluster = fed ? (uint32_t)i : r->process, /* one comes after the other */
            .open = r->open};
    }
    count_points(p, m->nruns, c);
    if (c->ended >= CALIBRATE_ENOUGH) {
        find_factor(p, m->nruns, 0.5, c);
        time_depends(plan, family, m, p, c);
    }
    free(p);
}

/* --- all --- */

static void
count_tasks(struct calibration *c, uint32_t family)
{
    const struct measured *m = &c->measured[family];
    uint32_t *least = &c->least_tasks[family], *most = &c->most_tasks[family];
    for (size_t i = 0; i < m->nprocesses; i++) {
        uint32_t k = m->process[i].tasks;
        *least = !*least || k < *least ? k : *least;
        *most = k > *most ? k : *most;
    }
}

int
calibration_make(struct calibration *c, const struct status *s)
{
    uint32_t n = s->plan->nfamilies;
    *c = (struct calibration){.status = s};
    int err = processes_read(s, &c->measured);
    c->memory = xcalloc((size_t)n + 1, sizeof *c->memory);
    c->time = xcalloc((size_t)n + 1, sizeof *c->time);
    c->least_tasks = xcalloc((size_t)n + 1, sizeof *c->least_tasks);
    c->most_tasks = xcalloc((size_t)n + 1, sizeof *c->most_tasks);
    for (uint32_t i = 0; i < n && !err; i++) {
        count_tasks(c, i);
        judge_memory(s->plan, i, &c->measured[i], &c->memory[i]);
        judge_time(s->plan, i, &c->measured[i], &c->time[i]);
    }
    return err;
}

void
calibration_free(struct calibration *c)
{
    if (c->status)
        processes_free(c->measured, c->status->plan->nfamilies);
    free(c->memory);
    free(c->time);
    free(c->least_tasks);
    free(c->most_tasks);
    *c = (struct calibration){0};
}
