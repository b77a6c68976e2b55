/* Inside the proof of a plan: what its parts share. */
#ifndef PLAN_PROVE_H
#define PLAN_PROVE_H

#include "plan/planner.h"
#include "plan/shape.h"

struct prover {
    struct planner *p;
    const struct plan *plan;
    struct plan_eval *eval;
    struct shapes *shapes;
    struct buf label;
};

/* The task as messages name it; valid until the next call. */
const char *prover_label(struct prover *v, uint32_t task);

/* What was found of a cost in the tasks of a family. */
struct cost_found {
    uint32_t bad;  /* the first one whose cost cannot be computed or is out of bounds; or PLAN_NONE */
    uint32_t task; /* the first one of those that cost most, if none is bad; PLAN_NONE: not looked at */
    double most;   /* what it costs */
};
#define NOTHING_FOUND ((struct cost_found){PLAN_NONE, PLAN_NONE, 0})
enum cost_of {
    COST_MEMORY,
    COST_SHARED,
    COST_CORES,
    COST_GPUS,
    COST_TIME,
    COST_LIMIT,
    COST_PRIORITY,
    NCOSTS
};

/* prove_fit.c: those that cost most must fit the sites of the campaign. */
bool costs_fit(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct cost_found found[NCOSTS]);

/* prove_outputs.c: which outputs of the campaign could be one file, and the check of these. */
struct outputs;
struct outputs *outputs_new(struct prover *v);
void outputs_free(struct outputs *o);
/* Checks the outputs of family number `i`, after those of all families before it. */
bool outputs_ok(struct outputs *o, uint32_t i);

#endif
