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

/* prove_outputs.c: which outputs of the campaign could be one file, and the check of these. */
struct outputs;
struct outputs *outputs_new(struct prover *v);
void outputs_free(struct outputs *o);
/* Checks the outputs of family number `i`, after those of all families before it. */
bool outputs_ok(struct outputs *o, uint32_t i);

#endif
