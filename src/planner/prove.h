/* Inside the proof of a plan: what its parts share. */
#ifndef PLANNER_PROVE_H
#define PLANNER_PROVE_H

#include "cost/cost.h"
#include "planner/planner.h"
#include "planner/shape.h"

struct prover {
    struct planner *p;
    const struct plan *plan;
    struct plan_eval *eval;
    struct shapes *shapes;
    struct buf label;
    struct buf cwd; /* where the tasks' paths start: "/", and each folder with a "/" behind it */
};

/* The task as messages name it; valid until the next call. */
const char *prover_label(struct prover *v, uint32_t task);

/* What was found of a cost in the tasks of a family. */
struct cost_found {
    /* the first one whose cost cannot be computed or is out of bounds; or PLAN_NONE */
    uint32_t bad;
    /* the first one of those that cost most, if none is bad; PLAN_NONE: not looked at */
    uint32_t task;
    double most; /* what it costs */
};
#define NOTHING_FOUND ((struct cost_found){PLAN_NONE, PLAN_NONE, 0})

/* prove_fit.c: those that cost most must fit the sites of the campaign. */
bool costs_fit(struct prover *v, const struct planned *pf, const struct plan_family *f,
    const struct cost_found found[NCOSTS]);

/* prove_lists.c: warns of lists that no program can be given. */
void lists_fit(struct prover *v, const struct plan_family *pf, const struct family *f);

/* prove_outputs.c: which outputs of the campaign could be one file, and the check of these. */
enum file_of { FILE_OUTPUT, FILE_CHECKPOINT, FILE_INPUT };
struct output { /* or a file that must not lie within one */
    enum file_of of;
    uint32_t family;
    unsigned index;
    struct shape shape;
    bool apart;    /* proven: no two tasks of its family have the same one */
    bool compared; /* nothing proves it: its path is made for every task */
    bool within;   /* it may lie in a folder that is compared */
    bool guarded;  /* it may be, hold, or lie in what is wflc's own */
};

struct outputs {
    struct prover *v;
    unsigned n, nall; /* outputs of all families, in their order; then the other files */
    struct output *output;
    unsigned *first;     /* of each family */
    struct map128 seen;  /* hash of a path -> number of the output << 32 | task */
    struct guard *guard; /* prove_inside.c */
};
struct outputs *outputs_new(struct prover *v);
void outputs_free(struct outputs *o);
/* Checks the outputs of family number `i`, after those of all families before it. */
bool outputs_ok(struct outputs *o, uint32_t i);
const struct file_spec *outputs_spec(const struct outputs *o, const struct output *e);
uint32_t outputs_file(const struct outputs *o, const struct output *e); /* its number in the plan */
/* The one spelling of a path, with a "/" behind each component: "a//b", "./a/./b" are "a/b/"; what
 * begins with ".." is absolute, what is below `cwd` (or NULL) relative. False: it has a ".." behind
 * a folder, which may be a link, so that nobody can tell what it means. */
bool path_plain(const char *cwd, const char *path, struct buf *b);

/* prove_inside.c: outputs within others, and those that would hit files of wflc and of the campaign
 * itself. inside_find tells which could; inside_ok looks at them when outputs_ok was asked for all.
 */
void inside_find(struct outputs *o);
bool inside_ok(struct outputs *o);
void inside_free(struct outputs *o);

#endif
