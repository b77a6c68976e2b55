/* Typed expressions: what the checker makes of expression syntax, and what the planner turns
 * into bytecode. Names are resolved, units are applied, types fit. */
#ifndef MODEL_EXPR_H
#define MODEL_EXPR_H

#include "diag/diag.h"
#include "table/table.h"
#include "plan/plan.h"
#include "util/arena.h"
#include "util/buf.h"
#include "vm/vm.h"

enum type {
    TYPE_ERROR, /* a message was given already; fits everywhere */
    TYPE_INT,
    TYPE_REAL,
    TYPE_STRING,
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_DURATION,
    TYPE_ANGLE,
    TYPE_REGION, /* of the sky; no value at run time */
};
const char *type_name(enum type t); /* "a whole number", "a memory size", ... */

enum expr_kind {
    EX_CONST,  /* value */
    EX_COLUMN, /* column `column` of the row that variable `var` is bound to */
    EX_FAIL,   /* to evaluate it is an error; value: the sentence */
    EX_OP,     /* vm op `op` over the arguments, in order */
    EX_AND,
    EX_OR,
    EX_IF,     /* condition, then, else */
    EX_CONCAT, /* strings joined */
    EX_FORMAT, /* `format` of the argument */
    EX_QUOTE,  /* the argument, quoted for the shell; index: enum shell_quote */
    EX_WHOLE,  /* the argument, a path, from the root on */
    /* from here on: expr_asks_task */
    EX_OUT,      /* path of the task's output `index` */
    EX_COUNT,    /* number of instances of need `index` */
    EX_NEED_OUT, /* output `output` of need `index`, in `mode` of OP_NEED_OUT */
    EX_BUNDLE_SIZE,
    EX_BUNDLE_WIDTH,
    EX_BUNDLE_JOIN, /* separator, text of one task: of all tasks of the bundle */
    /* the answer to `sky`, asked of rows or of the arguments; while compiling only */
    EX_SKY,
    EX_NEED_FOLD, /* the argument, over our variables and then the producer's, folded by `how`
                     (OP_ADD, OP_MIN, OP_MAX) over all instances of need `index` */
};

/* Does such a node ask for what a task has or needs? Only a plan knows that: nothing else can be
 * evaluated over rows alone, while the campaign is compiled. */
static inline bool
expr_asks_task(enum expr_kind k)
{
    return k >= EX_OUT;
}

struct expr {
    enum expr_kind kind;
    enum type type;
    struct span at;
    union {
        struct value value; /* strings live in the model's arena */
        struct {
            unsigned var;
            const struct table *table;
            unsigned column;
        };
        enum vm_op op;
        const struct sky_region *region; /* a constant of TYPE_REGION */
        struct {
            uint32_t number; /* of the use, sky_use.h */
            bool rows;       /* of the rows of these variables; else of the arguments */
            unsigned visit, sensor;
        } sky;
        struct {
            uint8_t flags, width, precision;
            char verb;
        } format;
        struct { /* EX_QUOTE, and from EX_OUT on: see there */
            unsigned index, output;
            uint8_t mode;
            bool inside; /* EX_NEED_OUT: the paths are for the shell itself, as behind `for x in`,
                            so they may be more than a program can be given */
            enum vm_op how;
        };
    };
    unsigned nargs;
    struct expr **arg;
    uint32_t places, size; /* of expr_measure; 0: not measured yet */
};

/* What the evaluator's stack and a plan's codes have room for. */
enum { EXPR_MOST_PLACES = VM_MAX_STACK - 4, EXPR_MOST_SIZE = 50000, EXPR_MOST_TEXT = 1 << 18 };

struct expr *expr_new(struct arena *a, enum expr_kind kind, enum type type, struct span at,
    unsigned nargs);
struct expr *expr_int(struct arena *a, struct span at, int64_t v);
struct expr *expr_real(struct arena *a, struct span at, enum type type, double v);
struct expr *expr_bool(struct arena *a, struct span at, bool v);
struct expr *expr_string(struct arena *a, struct span at, const char *s, size_t n);
struct expr *expr_value(struct arena *a, struct span at, enum type type, struct value v);
/* The value of a cell; a string is borrowed from the pool until its next add. */
struct value cell_value(const struct strpool *pool, const struct column *c, uint32_t row);
/* The column as the evaluator sees it. */
struct vm_column column_view(const struct column *c, uint32_t nrows);
bool expr_is_const(const struct expr *e);
/* Sets how many places of the stack e needs, and how many nodes it has: what it shares with others
 * is counted each time. To be asked before anybody walks over an expression that may share parts.
 */
void expr_measure(struct expr *e);
/* Calls f for e and all below it. */
void expr_walk(const struct expr *e, void (*f)(const struct expr *, void *), void *arg);
/* A set of the variables that e refers to: bit i for variable i. Folds over what is needed add the
 * producer's, by their numbers there. */
uint32_t expr_vars(const struct expr *e);
bool expr_has(const struct expr *e, enum expr_kind kind);
/* Its evaluation may end in an error (division by zero, the root of a negative number): it must not
 * be evaluated where a condition before it says no. Overflow is not counted: joins on sums stay
 * joins. */
bool expr_may_fail(const struct expr *e);

/* Where bytecode goes: which numbers strings and columns have there. */
struct code_target {
    uint32_t (*string)(void *arg, const char *s, size_t n);
    uint32_t (*column)(void *arg, const struct table *t, unsigned column);
    /* Keeps a code that another one names; NULL: nothing here does that. */
    struct plan_code (*keep)(void *arg, const struct buf *code);
    /* Where the answer to this question of the sky (EX_SKY) is; NULL: it is asked when it is
     * wanted. */
    void (*answer)(void *arg, const struct expr *e, uint16_t *var, uint32_t *column);
    void *arg;
    /* variables from `own` on are numbered `shift` higher; 0, 0: as they are */
    unsigned own, shift;
};
void expr_code(const struct expr *e, const struct code_target *to, struct buf *code);

/* Replaces e by its value if all it consists of is constant, or by EX_FAIL if that cannot be
 * evaluated (division by zero, a text longer than EXPR_MOST_TEXT ...). */
struct expr *expr_fold(struct arena *a, struct expr *e);
struct expr *expr_fail(struct arena *a, struct span at, enum type type, const char *why);

/* One line, close to the language, for wflc --dump-model and messages. */
void expr_dump(const struct expr *e, struct buf *out);

#endif
