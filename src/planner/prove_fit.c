/* Proofs about costs: every task fits a node of its site, or this machine. */
#include "config.h"

#include "planner/prove.h"

#include "model/demand.h"

#include <stdlib.h>

/* The task that a term of its memory is computed for: its needs are counted. */
struct counted {
    const struct plan *plan;
    const struct plan_family *f;
    uint32_t task; /* of the family */
};

static bool
count_need(struct vm_eval *ev, uint16_t need, int64_t *n)
{
    const struct counted *c = ev->arg;
    const struct relation *r = &c->plan->relation[c->f->first_need + need];
    uint32_t group = relation_group(r, c->task);
    *n = group == RELATION_NONE ? 0 : relation_count(r, group);
    return true;
}

/* The terms of the memory of one task, from the model: the plan has only their sum. False: one
 * cannot be computed. */
static bool
term_sizes(struct prover *v, const struct planned *pf, const struct counted *c, double *size)
{
    static const struct vm_hooks hooks = {.need_count = count_need};
    struct vm_eval *ev = &v->p->ev;
    bool ok = true;
    ev->hooks = &hooks;
    ev->arg = (void *)c;
    planned_rows(pf, c->task, ev->row);
    for (unsigned i = 0; i < pf->f->nterms && ok; i++) {
        struct buf code = {0};
        struct value n;
        planner_code(v->p, pf->f->term[i].size, &code);
        ok = vm_run(ev, (const uint8_t *)code.p, (uint32_t)code.n, &n);
        if (ok)
            size[i] = n.tag == VAL_INT ? (double)n.i : n.r;
        buf_free(&code);
    }
    ev->hooks = NULL;
    ev->arg = NULL;
    return ok;
}

/* The cost, if it differs between tasks. */
static void
check_one(struct prover *v, const struct planned *pf, const struct expr *e, struct demand d,
    const struct cost_found *found)
{
    if (!e || expr_is_const(e) || found->task == PLAN_NONE)
        return;
    d.value = found->most;
    d.at = e->at;
    d.label = prover_label(v, found->task);
    demand_check(v->p->m, pf->f, &d);
}

bool
costs_fit(struct prover *v, const struct planned *pf, const struct plan_family *pf_plan,
    const struct cost_found found[NCOSTS])
{
    const struct family *f = pf->f;
    unsigned before = diag_count(v->p->d, DIAG_ERROR);
    if (!demand_judged(v->p->m, f))
        return true;
    if (f->where && pf_plan->ntasks) /* of families without a filter the checker has done it */
        demand_check_constants(v->p->m, f);
    double *term = xcalloc(f->nterms + 1, sizeof *term);
    struct demand memory = {.of = DEMAND_MEMORY};
    if (f->nterms && found[COST_MEMORY].task != PLAN_NONE) {
        const struct counted c = {v->plan, pf_plan, found[COST_MEMORY].task - pf_plan->first_task};
        memory.term = term_sizes(v, pf, &c, term) ? term : NULL;
    }
    check_one(v, pf, f->memory, memory, &found[COST_MEMORY]);
    check_one(v, pf, f->cores, (struct demand){.of = DEMAND_CORES}, &found[COST_CORES]);
    check_one(v, pf, f->gpus, (struct demand){.of = DEMAND_GPUS}, &found[COST_GPUS]);
    check_one(v, pf, f->time, (struct demand){.of = DEMAND_TIME}, &found[COST_TIME]);
    check_one(v, pf, f->limit, (struct demand){.of = DEMAND_LIMIT, .time = found[COST_TIME].most},
        &found[COST_LIMIT]);
    free(term);
    return diag_count(v->p->d, DIAG_ERROR) == before;
}
