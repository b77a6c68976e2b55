/* Inside the planner: from the checked model to the bytes of the plan file. */
#ifndef PLANNER_PLANNER_H
#define PLANNER_PLANNER_H

#include "model/model.h"
#include "plan/build.h"
#include "util/map128.h"
#include "util/map64.h"

/* What the sky answers to a question that a family asks for each task. Tasks share answers, so
 * these become a table of the plan with one column, and a variable of the family that runs over it.
 */
struct answer {
    const struct expr *e; /* the question */
    struct buf cells;     /* the answers, each once, as a column of the plan has them */
    uint32_t n;           /* how many they are */
    uint32_t *row;        /* of each task: which of them is its own */
    uint32_t column;      /* of the plan, once it is written */
};

/* One family while it is planned. */
struct planned {
    struct family *f;
    uint32_t ntasks;
    bool product;    /* all combinations of rows; else `rows` holds them */
    struct buf rows; /* uint32_t[ntasks][nvars] */
    uint32_t *size;  /* rows of each variable's table */
    unsigned nanswers;
    struct answer *answer; /* each is a variable of the plan, behind those of the family */
};

/* What a campaign may ask of us, so that a slip of the pen does not cost all memory, or hours. */
enum {
    MOST_TRIED = 1 << 30, /* combinations, or pairs of tasks, that a condition is tried on */
    /* tasks that those that need them sum up or list, counted for each of these */
    MOST_FOLDED = 1 << 29,
    MOST_PAIRS = 1 << 26,  /* of tasks that need each other, listed one by one */
    MOST_LISTED = 1 << 26, /* tasks that are remembered one by one, to sort, join or compare them */
};

struct planner {
    struct model *m;
    struct diags *d;
    struct planned *fam;    /* in the order of the plan: producers before consumers, then names */
    unsigned *place;        /* of family `index` of the model in that order */
    unsigned *first_column; /* of model table `i` in `column` */
    struct map64 table_number;          /* address of a struct table -> its index in the model */
    const struct container **container; /* those of the plan, in its order */
    struct vm_column *column;           /* of the model's tables, for filters and joins */
    struct vm_data data;
    struct vm_eval ev;
    struct plan_builder b;
    unsigned *label;               /* of model table `i`: how many of its columns tell rows apart */
    uint32_t *plan_table;          /* of model table `i`: its number in the plan, or PLAN_NONE */
    uint32_t *plan_column;         /* of each entry of `column` */
    const struct planned *lowered; /* the family whose codes are being written */
};

/* Are n tasks of a family not too many for what is done with them? False after a message. */
bool planner_few(struct planner *p, const struct family *f, uint64_t n, uint64_t most,
    struct span at, const char *what);

/* `what`, a family or the campaign, has more tasks than a plan can have: false after a message. */
bool planner_too_many(struct planner *p, const char *what, uint64_t n, struct span at);

void planner_too_many_pairs(struct planner *p, struct span at);

/* The number of a table in the model. */
unsigned planner_table(const struct planner *p, const struct table *t);

/* write.c: decides which columns of tables the plan must hold, before a family is written. */
void mark_columns(struct planner *p);
/* Writes family number `i` of p->fam, whose tasks begin with first_task, and the tables that it
 * runs over. False: an error was queued. */
bool write_family(struct planner *p, unsigned i, uint32_t first_task);
void write_uses(struct planner *p);

/* enumerate.c: the instances of family number `i` of p->fam. False: an error was queued. */
bool enumerate_family(struct planner *p, unsigned i);
/* The rows of instance `task` of a family. */
void planned_rows(const struct planned *f, uint32_t task, uint32_t *row);

/* order.c: numbers the instances as `order by` says. */
bool order_family(struct planner *p, unsigned i);
/* messages.c: the campaign's own errors and warnings about instances of a family. */
bool family_messages(struct planner *p, unsigned i);

/* answers.c: asks the sky all that the plan's codes want to know. */
bool family_answers(struct planner *p, unsigned i);
/* The variable and the column of the answer to e, once it is written. */
void answer_of(const struct planned *f, const struct expr *e, uint16_t *var, uint32_t *column);
void write_answers(struct planner *p, struct planned *f);
/* The rows of all tasks, with those of the answers, as data of the plan. */
uint64_t write_rows(struct planner *p, const struct planned *f);
void answers_free(struct planned *f);
/* Reads the catalogs that e, evaluated for all tasks of f, is going to ask for; all at once is
 * faster than one when its turn comes. e was given to planner_code. */
void planner_ask_ahead(struct planner *p, const struct planned *f, const struct expr *e);

/* cells.c: cells without a value, for the evaluator; false after messages: conditions, or what
 * tasks are made of, use such cells. */
bool planner_hole(const void *planner, uint32_t column, uint32_t row, char *why, size_t n);
bool planner_conditions(struct planner *p);
bool planner_cells(struct planner *p);

/* groups.c: the dependency groups of need `k` of family number `i`, appended to the builder. */
bool plan_need_groups(struct planner *p, unsigned i, unsigned k, struct plan_need *out);

/* Producers by key: the group of each key, and compressed rows of members. */
struct grouping {
    uint32_t ngroups;
    uint32_t *start, *members; /* owned */
};
/* Appends a value so that equal values have equal bytes: numbers by their value as doubles where
 * that is exact, so that 1 == 1.0 holds here too. */
void key_value(struct buf *key, struct value v);

/* via.c: the groups of `needs T via TABLE`. False: an error was queued. */
bool group_via(struct planner *p, const struct planned *consumer, const struct planned *producer,
    const struct need *need, struct grouping *g, uint32_t *group_of);

/* prove.c: what is checked for every instance, on the finished plan: costs, output paths. */
bool plan_prove(struct planner *p, const struct plan *plan);

/* Calls `each` for all parts of all expressions of which a family's codes in the plan are made. */
void planner_walk(const struct family *f, void (*each)(const struct expr *, void *), void *arg);
/* Code of `e` over the model's tables, for evaluation while planning; freed by the caller. */
void planner_code(struct planner *p, const struct expr *e, struct buf *code);
/* Splits a condition at its `and`s into at most `most` parts (the last takes the rest). */
unsigned split_and(struct expr *e, struct expr **part, unsigned most);
/* Runs a condition; an evaluation error is queued at `at` and gives false with *ok = false. */
bool planner_true(struct planner *p, const struct buf *code, struct span at, bool *ok);

/* From a checked model to the plan, over its bytes in `image`, and m->planned. NULL: an error was
 * queued. */
struct plan *plan_model(struct model *m, struct buf *image);

#endif
