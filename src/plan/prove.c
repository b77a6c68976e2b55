#include "config.h"

#include "plan/prove.h"

#include "model/checks.h"
#include "util/parallel.h"

#include <math.h>
#include <stdlib.h>

/* On the finished plan: what only the values of the instances can tell. */

const char *
prover_label(struct prover *v, uint32_t task)
{
    buf_reset(&v->label);
    plan_task_label(v->plan, task, &v->label);
    return v->label.p;
}

/* --- costs --- */

struct cost {
    const struct expr *e; /* NULL: the default */
    struct plan_code code;
    const char *what;
    bool may_be_least; /* `least` itself is in bounds, too */
    double least, most;
};

static bool
cost_ok(struct plan_eval *e, uint32_t task, const struct cost *c, double *n)
{
    return plan_number(e, task, c->code, n) && (c->may_be_least ? *n >= c->least : *n > c->least) &&
           *n <= c->most;
}

static void
say_cost(struct prover *v, uint32_t task, const struct cost *c)
{
    double n = 1;
    if (!plan_number(v->eval, task, c->code, &n))
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at, "%s of %s: %s", c->what,
            prover_label(v, task), plan_eval_error(v->eval));
    else if (n > c->most)
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at, "%s of %s is %g; it must be at most %g",
            c->what, prover_label(v, task), n, c->most);
    else if (c->may_be_least)
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at,
            "%s of %s is %g; it must be at least %g", c->what, prover_label(v, task), n, c->least);
    else
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at,
            "%s of %s is %g; it must be more than nothing", c->what, prover_label(v, task), n);
}

/* Tasks of a family, a piece for each call. */
struct cost_search {
    const struct plan *plan;
    const struct plan_family *f;
    const struct cost *cost;
    uint32_t piece;
    uint32_t *bad; /* of each piece: the first bad task, or PLAN_NONE */
};

static void
search_piece(void *arg, unsigned piece)
{
    struct cost_search *s = arg;
    struct plan_eval *e = plan_eval_new(s->plan);
    uint32_t from = piece * s->piece, left = s->f->ntasks - from;
    s->bad[piece] = PLAN_NONE;
    for (uint32_t i = from; i < from + (left < s->piece ? left : s->piece); i++) {
        double n = 1;
        if (!cost_ok(e, s->f->first_task + i, s->cost, &n)) {
            s->bad[piece] = s->f->first_task + i;
            break;
        }
    }
    plan_eval_free(e);
}

static uint32_t
first_bad_task(struct prover *v, const struct plan_family *f, const struct cost *cost)
{
    struct cost_search s = {v->plan, f, cost, 1 << 14, NULL};
    while (f->ntasks / s.piece > 4096)
        s.piece *= 2;
    unsigned n = (f->ntasks + s.piece - 1) / s.piece;
    s.bad = xmalloc(((size_t)n + 1) * sizeof *s.bad);
    parallel_for(n, search_piece, &s);
    uint32_t bad = PLAN_NONE;
    for (unsigned i = n; i-- > 0;)
        bad = s.bad[i] == PLAN_NONE ? bad : s.bad[i];
    free(s.bad);
    return bad;
}

/* Each row of the one variable that the cost depends on is tried once, where it first stands. */
static uint32_t
first_bad_row(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct cost *cost, unsigned var)
{
    uint32_t nrows = pf->size[var], bad = PLAN_NONE, step = 1, row[VM_MAX_VARS];
    uint8_t *tried = xcalloc((size_t)nrows + 1, 1);
    if (pf->product) /* the first task of each row, in their order */
        for (unsigned k = var + 1; k < pf->f->nvars; k++)
            step *= pf->size[k];
    uint32_t n = pf->product ? nrows : f->ntasks;
    for (uint32_t i = 0; i < n && bad == PLAN_NONE; i++) {
        double cost_here = 1;
        uint32_t task = pf->product ? i * step : i;
        planned_rows(pf, task, row);
        if (tried[row[var]])
            continue;
        tried[row[var]] = 1;
        if (!cost_ok(v->eval, f->first_task + task, cost, &cost_here))
            bad = f->first_task + task;
    }
    free(tried);
    return bad;
}

static void
find_more(const struct expr *e, void *arg)
{
    *(bool *)arg |= e->kind >= EX_OUT;
}

static uint32_t
first_bad(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct cost *cost)
{
    if (!cost->e || !f->ntasks)
        return PLAN_NONE;
    uint32_t vars = expr_vars(cost->e);
    bool more = false; /* than cells */
    expr_walk(cost->e, find_more, &more);
    if (more || (vars & (vars - 1)))
        return first_bad_task(v, f, cost);
    if (vars)
        return first_bad_row(v, pf, f, cost, (unsigned)__builtin_ctz(vars));
    double n = 1;
    return cost_ok(v->eval, f->first_task, cost, &n) ? PLAN_NONE : f->first_task;
}

/* Only the first bad instance is told. */
static bool
costs_ok(struct prover *v, const struct planned *pf, const struct plan_family *f)
{
    if (f->constant) /* the checker has seen these */
        return true;
    const struct cost cost[] = {
        {pf->f->memory, f->memory, "memory", false, 0, INFINITY},
        {pf->f->shared, f->shared, "shared memory", true, 0, INFINITY},
        {pf->f->cores, f->cores, "cores", false, 0, 65535},
        {pf->f->gpus, f->gpus, "gpus", true, 0, 1024},
        {pf->f->time, f->time, "time", false, 0, INFINITY},
        {pf->f->limit, f->limit, "limit", false, 0, INFINITY},
        {pf->f->priority, f->priority, "priority", true, -1e9, 1e9},
    };
    uint32_t bad = PLAN_NONE;
    const struct cost *which = NULL;
    for (unsigned i = 0; i < sizeof cost / sizeof *cost; i++) {
        uint32_t task = first_bad(v, pf, f, &cost[i]);
        if (task < bad) {
            bad = task;
            which = &cost[i];
        }
    }
    if (which)
        say_cost(v, bad, which);
    return !which;
}

/* --- needs --- */

/* `{task.output}` without :list stands for one path, and min and max need one task at least. */
struct single {
    struct prover *v;
    const struct plan_family *pf;
    const struct family *f;
    struct plan_code code; /* of the text at hand */
    bool ok;
};

/* A fold over nothing fails, unless a condition keeps it from being asked for. */
static void
check_fold(struct single *s, const struct expr *e)
{
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    struct buf text = {0};
    for (uint32_t t = 0; t < s->pf->ntasks && s->ok; t++) {
        uint32_t g = relation_group(r, t), task = s->pf->first_task + t;
        if ((g != RELATION_NONE && relation_count(r, g)) ||
            plan_text(s->v->eval, task, s->code, &text))
            continue;
        diag_add(s->v->p->d, DIAG_ERROR, RULE_VALUE, e->at, "%s: %s", prover_label(s->v, task),
            plan_eval_error(s->v->eval));
        s->ok = false;
    }
    buf_free(&text);
}

static void
check_single(const struct expr *e, void *arg)
{
    struct single *s = arg;
    if (e->kind == EX_NEED_FOLD && e->how != OP_ADD && s->ok)
        check_fold(s, e);
    if (e->kind != EX_NEED_OUT || e->mode != 0 || !s->ok)
        return;
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    if (r->arithmetic && relation_count(r, 0) == 1)
        return;
    for (uint32_t t = 0; t < s->pf->ntasks && s->ok; t++) {
        uint32_t count = relation_count(r, relation_group(r, t));
        if (count == 1)
            continue;
        const char *name = s->f->need[e->index].producer->name;
        struct diag *m = diag_add(s->v->p->d, DIAG_ERROR, RULE_NEEDS, e->at,
            "one path is wanted here, and %s needs %u tasks of '%s'",
            prover_label(s->v, s->pf->first_task + t), count, name);
        if (count)
            diag_help(m, "write :list for all of them: {%s.output:list}", name);
        s->ok = false;
    }
}

static bool
singles_ok(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    const struct plan *p = v->plan;
    struct single s = {.v = v, .pf = pf, .f = f, .ok = true};
    for (unsigned i = 0; i < f->nargs; i++) {
        s.code = p->arg[pf->first_arg + i].code;
        expr_walk(f->arg[i].text, check_single, &s);
    }
    for (unsigned i = 0; i < f->nenvs; i++) {
        s.code = p->env[pf->first_env + i].value;
        expr_walk(f->env[i].value, check_single, &s);
    }
    for (unsigned i = 0; i < f->ninputs; i++) {
        s.code = p->file[pf->first_input + i].path;
        expr_walk(f->input[i].path, check_single, &s);
    }
    return s.ok;
}

bool
plan_prove(struct planner *p, const struct plan *plan)
{
    struct prover v = {.p = p, .plan = plan, .eval = plan_eval_new(plan),
        .shapes = shapes_new(&p->m->strings)};
    struct outputs *outputs = outputs_new(&v);
    bool ok = true;
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        const struct plan_family *pf = &plan->family[i];
        ok = costs_ok(&v, &p->fam[i], pf) && ok;
        ok = outputs_ok(outputs, i) && ok;
        ok = singles_ok(&v, pf, p->fam[i].f) && ok;
    }
    outputs_free(outputs);
    shapes_free(v.shapes);
    plan_eval_free(v.eval);
    buf_free(&v.label);
    return ok;
}
