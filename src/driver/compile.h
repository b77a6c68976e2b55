/* The compiler as one call: from a .wfl file to a plan, and all that it was made from. */
#ifndef DRIVER_COMPILE_H
#define DRIVER_COMPILE_H

#include "diag/checks.h"
#include "diag/diag.h"
#include "model/model.h"
#include "plan/plan.h"
#include "util/buf.h"

#include <stdio.h>

struct compile_options {
    const char *file;          /* the campaign; "-" is standard input */
    const char *const *define; /* "name=value" each, from -D */
    size_t ndefine;
    const char *const *include; /* folders, from -I */
    size_t ninclude;
    const char *stdlib, *site;           /* or NULL; as struct check_options */
    const char *build;                   /* the folder that it is going to be built into; or NULL */
    const struct check_setting *setting; /* from -W and -E */
    size_t nsettings;
    struct here machine; /* for which tasks are judged where the campaign may run on it */
    /* What the campaign says may be changed before it is planned; NULL: it is not. */
    void (*change)(void *arg, struct model *m);
    void *change_arg;
    bool draft;                           /* the plan is going to be fitted to sites (target_fit) */
    bool only_errors;                     /* warnings are not told */
    bool dump_ast, dump_model, dump_plan; /* write these stages to `dump` */
    FILE *dump;
};

/* A campaign as every stage left it. The model borrows from the tree, and `diags` is the caller's:
 * it must live longer. */
struct compilation {
    struct diags *diags;
    struct arena arena;
    struct ast_tree *tree;
    struct model *model;
    struct buf image;  /* the bytes of the plan, as a draft that is fitted to no site yet */
    struct plan *plan; /* over them */
};

/* Compiles. All messages are queued in `d`; NULL if there was an error. */
struct compilation *compile(struct diags *d, const struct compile_options *o);
void compilation_free(struct compilation *c);

/* As --dump-plan shows it. */
void compile_dump(const struct plan *p, FILE *to);

#endif
