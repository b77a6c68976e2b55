#include "config.h"

#include "planner/prove.h"

#include "diag/checks.h"
#include "util/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* On the finished plan: what only the values of the instances can tell. */

const char *
prover_label(struct prover *v, uint32_t task)
{
    buf_reset(&v->label);
    plan_task_label(v->plan, task, &v->label);
    return v->label.p;
}

/* --- costs --- */

struct proven_cost {
    const struct expr *e; /* NULL: the default */
    struct plan_code code;
    const struct cost_bounds *bounds;
};

static bool
cost_ok(struct plan_eval *e, uint32_t task, const struct proven_cost *c, double *n)
{
    return plan_number(e, task, c->code, n) && cost_bounded(c->bounds, *n);
}

/* Looks at the cost of one more task; false if it is bad. */
static bool
look_at(struct plan_eval *e, uint32_t task, const struct proven_cost *c, struct cost_found *found)
{
    double n = 1;
    if (!cost_ok(e, task, c, &n)) {
        found->bad = task;
        return false;
    }
    if (found->task == PLAN_NONE || n > found->most) {
        found->task = task;
        found->most = n;
    }
    return true;
}

static void
say_cost(struct prover *v, uint32_t task, const struct proven_cost *c)
{
    const struct cost_bounds *b = c->bounds;
    double n = 1;
    if (!plan_number(v->eval, task, c->code, &n))
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at, "%s of %s: %s", b->name,
            prover_label(v, task), plan_eval_error(v->eval));
    else if (n > b->most)
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at, "%s of %s is %g; it must be at most %g",
            b->name, prover_label(v, task), n, b->most);
    else if (b->may_be_least)
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at,
            "%s of %s is %g; it must be at least %g", b->name, prover_label(v, task), n, b->least);
    else
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, c->e->at,
            "%s of %s is %g; it must be more than nothing", b->name, prover_label(v, task), n);
}

/* Tasks of a family, a piece for each call. */
struct cost_search {
    const struct plan *plan;
    const struct plan_family *f;
    const struct proven_cost *cost;
    uint32_t piece;
    struct cost_found *found; /* of each piece */
};

static void
search_piece(void *arg, unsigned piece)
{
    struct cost_search *s = arg;
    struct plan_eval *e = plan_eval_new(s->plan);
    uint32_t from = piece * s->piece, left = s->f->ntasks - from;
    uint32_t n = left < s->piece ? left : s->piece;
    s->found[piece] = NOTHING_FOUND;
    for (uint32_t i = 0; i < n; i++)
        if (!look_at(e, s->f->first_task + from + i, s->cost, &s->found[piece]))
            break;
    plan_eval_free(e);
}

static struct cost_found
search_tasks(struct prover *v, const struct plan_family *f, const struct proven_cost *cost)
{
    struct cost_search s = {v->plan, f, cost, 1 << 14, NULL};
    struct cost_found found = NOTHING_FOUND;
    while (f->ntasks / s.piece > 4096)
        s.piece *= 2;
    unsigned n = (f->ntasks + s.piece - 1) / s.piece;
    s.found = xmalloc(((size_t)n + 1) * sizeof *s.found);
    parallel_for(n, search_piece, &s);
    for (unsigned i = 0; i < n && found.bad == PLAN_NONE; i++) {
        found.bad = s.found[i].bad;
        if (s.found[i].task != PLAN_NONE &&
            (found.task == PLAN_NONE || s.found[i].most > found.most)) {
            found.task = s.found[i].task;
            found.most = s.found[i].most;
        }
    }
    free(s.found);
    return found;
}

/* Each row of the one variable that the cost depends on is tried once, where it first stands. */
static struct cost_found
search_rows(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct proven_cost *cost, unsigned var)
{
    uint32_t nrows = pf->size[var], step = 1, row[VM_MAX_VARS];
    struct cost_found found = NOTHING_FOUND;
    uint8_t *tried = xcalloc((size_t)nrows + 1, 1);
    if (pf->product) /* the first task of each row, in their order */
        for (unsigned k = var + 1; k < pf->f->nvars; k++)
            step *= pf->size[k];
    uint32_t n = pf->product ? nrows : f->ntasks;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t task = pf->product ? i * step : i;
        planned_rows(pf, task, row);
        if (tried[row[var]])
            continue;
        tried[row[var]] = 1;
        if (!look_at(v->eval, f->first_task + task, cost, &found))
            break;
    }
    free(tried);
    return found;
}

static void
find_more(const struct expr *e, void *arg)
{
    *(bool *)arg |= expr_asks_task(e->kind);
}

static struct cost_found
search(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct proven_cost *cost)
{
    struct cost_found found = NOTHING_FOUND;
    if (!cost->e || !f->ntasks)
        return found;
    uint32_t vars = expr_vars(cost->e);
    bool more = false; /* than cells */
    expr_walk(cost->e, find_more, &more);
    if (more || (vars & (vars - 1)))
        return search_tasks(v, f, cost);
    if (vars)
        return search_rows(v, pf, f, cost, (unsigned)__builtin_ctz(vars));
    look_at(v->eval, f->first_task, cost, &found);
    return found;
}

/* Only the first bad instance is told. */
static bool
costs_ok(struct prover *v, const struct planned *pf, const struct plan_family *f)
{
    if (f->constant && !pf->f->where) /* the checker has seen these */
        return true;
    const struct proven_cost cost[NCOSTS] = {
        [COST_MEMORY] = {pf->f->memory, f->memory, &cost_bounds[COST_MEMORY]},
        [COST_SHARED] = {pf->f->shared, f->shared, &cost_bounds[COST_SHARED]},
        [COST_CORES] = {pf->f->cores, f->cores, &cost_bounds[COST_CORES]},
        [COST_GPUS] = {pf->f->gpus, f->gpus, &cost_bounds[COST_GPUS]},
        [COST_TIME] = {pf->f->time, f->time, &cost_bounds[COST_TIME]},
        [COST_LIMIT] = {pf->f->limit, f->limit, &cost_bounds[COST_LIMIT]},
        [COST_PRIORITY] = {pf->f->priority, f->priority, &cost_bounds[COST_PRIORITY]},
    };
    uint32_t bad = PLAN_NONE;
    const struct proven_cost *which = NULL;
    struct cost_found found[NCOSTS];
    for (unsigned i = 0; i < NCOSTS; i++) {
        found[i] = search(v, pf, f, &cost[i]);
        if (found[i].bad < bad) {
            bad = found[i].bad;
            which = &cost[i];
        }
    }
    if (which) {
        say_cost(v, bad, which);
        return false;
    }
    return costs_fit(v, pf, f, found);
}

/* --- needs --- */

/* A sum over what a task needs, or a list of it, is made anew for each task. One sum that looks at
 * none of the task's own variables is made once for neighbours that need the same. */
struct folds {
    struct prover *v;
    const struct plan_family *pf;
    const struct family *f;
    bool ok;
};

static void
few_folded(const struct expr *e, void *arg)
{
    struct folds *s = arg;
    bool fold = e->kind == EX_NEED_FOLD;
    if (!s->ok || !(fold || (e->kind == EX_NEED_OUT && e->mode != 0)))
        return;
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    bool alike = fold && !(expr_vars(e->arg[0]) & ((UINT64_C(1) << s->f->nvars) - 1));
    uint32_t last = RELATION_NONE;
    uint64_t n = 0;
    for (uint32_t t = 0; t < s->pf->ntasks; t++) {
        uint32_t g = relation_group(r, t);
        if (g == RELATION_NONE || (alike && g == last))
            continue;
        last = g;
        n += relation_count(r, g);
    }
    if (n <= MOST_FOLDED)
        return;
    char number[THOUSANDS_SIZE], most[THOUSANDS_SIZE];
    const char *producer = s->f->need[e->index].producer->name;
    struct diag *m = diag_add(s->v->p->d, DIAG_ERROR, RULE_SIZE, e->at,
        "all tasks of '%s' together would go over %s tasks of '%s' here, and %s are the most",
        s->f->name, thousands(n, number), producer, thousands(MOST_FOLDED, most));
    diag_help(m,
        fold ? "let it look at none of the task's own variables: then it is computed once for "
               "all that need the same"
             : "let one task write the list to a file, and the others read that");
    s->ok = false;
}

/* Before any of them is computed. */
static bool
folds_few(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    struct folds s = {v, pf, f, true};
    const struct expr *cost[] = {f->memory, f->shared, f->cores, f->gpus, f->time, f->limit,
        f->priority};
    for (unsigned i = 0; i < sizeof cost / sizeof *cost; i++)
        if (cost[i])
            expr_walk(cost[i], few_folded, &s);
    for (unsigned i = 0; i < f->nargs; i++)
        expr_walk(f->arg[i].text, few_folded, &s);
    for (unsigned i = 0; i < f->nenvs; i++)
        expr_walk(f->env[i].value, few_folded, &s);
    for (unsigned i = 0; i < f->ninputs; i++)
        expr_walk(f->input[i].path, few_folded, &s);
    return s.ok;
}

/* `{task.output}` without :list stands for one path, and min and max need one task at least. */
struct single {
    struct prover *v;
    const struct plan_family *pf;
    const struct family *f;
    struct plan_code code; /* of the text at hand */
    bool ok;
};

/* The text of a task cannot be made: unless a condition keeps from being asked for what fails, a
 * fold over nothing, say. */
static bool
text_fails(struct single *s, uint32_t task)
{
    struct buf text = {0};
    bool ok = plan_text(s->v->eval, task, s->code, &text);
    buf_free(&text);
    return !ok;
}

/* r: of the need that is folded; NULL: what fails for each task that asks for it. */
static void
check_text(struct single *s, const struct expr *e, const struct relation *r)
{
    for (uint32_t t = 0; t < s->pf->ntasks && s->ok; t++) {
        uint32_t g = r ? relation_group(r, t) : RELATION_NONE, task = s->pf->first_task + t;
        if ((g != RELATION_NONE && relation_count(r, g)) || !text_fails(s, task))
            continue;
        diag_add(s->v->p->d, DIAG_ERROR, RULE_VALUE, e->at, "%s: %s", prover_label(s->v, task),
            plan_eval_error(s->v->eval));
        s->ok = false;
    }
}

static void
check_single(const struct expr *e, void *arg)
{
    struct single *s = arg;
    if (e->kind == EX_FAIL && s->ok)
        check_text(s, e, NULL);
    if (e->kind == EX_NEED_FOLD && e->how != OP_ADD && s->ok)
        check_text(s, e, &s->v->plan->relation[s->pf->first_need + e->index]);
    if (e->kind != EX_NEED_OUT || e->mode != 0 || !s->ok)
        return;
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    if (r->arithmetic && relation_count(r, 0) == 1)
        return;
    for (uint32_t t = 0; t < s->pf->ntasks && s->ok; t++) {
        uint32_t count = relation_count(r, relation_group(r, t));
        if (count == 1 || !text_fails(s, s->pf->first_task + t))
            continue;
        const struct family *producer = s->f->need[e->index].producer;
        const char *name = producer->name, *output = producer->output[e->output].name;
        struct diag *m = diag_add(s->v->p->d, DIAG_ERROR, RULE_NEEDS, e->at,
            "one path is wanted here, and %s needs %u tasks of '%s'",
            prover_label(s->v, s->pf->first_task + t), count, name);
        if (count)
            diag_help(m,
                "write :list for all of them: {%s.%s:list}, or :file for a file that lists them",
                name, *output ? output : "output");
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
    struct prover v = {.p = p, .plan = plan, .eval = plan_eval_new(plan)};
    char *cwd = getcwd(NULL, 0);
    if (cwd)
        buf_printf(&v.cwd, "%s%s", cwd, strcmp(cwd, "/") == 0 ? "" : "/");
    free(cwd);
    v.shapes = shapes_new(&p->m->strings, v.cwd.p);
    struct outputs *outputs = outputs_new(&v);
    bool ok = true;
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        const struct plan_family *pf = &plan->family[i];
        if (!folds_few(&v, pf, p->fam[i].f)) {
            ok = false;
            continue;
        }
        ok = costs_ok(&v, &p->fam[i], pf) && ok;
        ok = outputs_ok(outputs, i) && ok;
        ok = singles_ok(&v, pf, p->fam[i].f) && ok;
        if (ok)
            lists_fit(&v, pf, p->fam[i].f);
    }
    ok = ok && inside_ok(outputs);
    outputs_free(outputs);
    shapes_free(v.shapes);
    plan_eval_free(v.eval);
    buf_free(&v.label);
    buf_free(&v.cwd);
    return ok;
}
