/* The checked campaign: what the planner works from. Everything lives in the model's arena. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "diag/diag.h"
#include "model/expr.h"
#include "model/table.h"
#include "parser/ast.h"
#include "plan/plan.h"
#include "util/arena.h"
#include "util/strpool.h"

/* A variable of a task, bound to the rows of a table. */
struct var {
    const char *name;
    struct span at;
    const struct table *table;
};

struct check_spec {
    enum plan_check_kind kind;
    enum plan_compare op; /* CHECK_SIZE */
    struct expr *value;   /* CHECK_SIZE: bytes; CHECK_COMMAND: text */
};

/* An input, an output or a checkpoint. */
struct file_spec {
    const char *name; /* "" if it has none */
    struct span at;
    struct expr *path;
    bool optional;
    bool used; /* named outputs: `run` writes it */
    unsigned nchecks;
    struct check_spec *check;
};

struct need {
    struct family *producer;
    struct span at;
    const struct table *via; /* natural join through this table; or NULL */
    /* NULL (and no via): variables of one name agree. Else a condition over the consumer's variables, and
     * the producer's, which are numbered after them. */
    struct expr *where;
};

struct argument {
    struct expr *text;
    bool list; /* many arguments, each with a NUL behind it */
};

struct environment {
    const char *name;
    struct expr *value;
};

struct family {
    const char *name;
    struct span at; /* of its name */
    unsigned index; /* in the order of declaration */
    unsigned nvars, nneeds, nargs, nenvs, ninputs, noutputs, ncheckpoints;
    struct var *var;
    struct expr *where; /* NULL: all combinations */
    struct need *need;
    struct expr *memory, *cores, *time, *limit; /* NULL: the default */
    int64_t retries;
    bool shell;
    struct argument *arg;
    struct environment *env;
    struct file_spec *input, *output, *checkpoint;
};

struct model {
    struct arena arena;
    struct strpool strings; /* of the tables */
    struct diags *diags;
    const char *campaign; /* "" if the file has none (an error) */
    const char *source;   /* the .wfl as it was named */
    unsigned ntables, nfamilies;
    struct table **table;
    struct family **family;
};

/* A -D name=value of the command line, split. */
struct define {
    const char *name, *value;
};

/* Checks the tree of one campaign. All errors are queued in `d`; the model is complete enough
 * for planning only if there are none. Never NULL; free with model_free. */
struct model *model_check(struct diags *d, const struct ast *file, const char *source,
    const struct define *define, size_t ndefine);
void model_free(struct model *m);

/* The text of wflc --dump-model. */
void model_dump(const struct model *m, struct buf *out);

#endif
