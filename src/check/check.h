/* Names, scopes, expressions and tables of a campaign: what its declarations are made of. */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "check/options.h"
#include "diag/checks.h"
#include "model/model.h"
#include "parser/ast.h"
#include "util/list.h"
#include "util/names.h"

enum decl_kind {
    DECL_VALUE,
    DECL_TABLE, /* also visits, sensors, cameras */
    DECL_TASK,
    DECL_REGION,
    DECL_MEMORY,
    DECL_CONTAINER,
    DECL_SITE,
};
enum decl_state { DECL_NEW, DECL_BUSY, DECL_DONE };

/* A declared name. Values and tables are made when they are first asked for, so declarations
 * may stand in any order; BUSY finds circles. */
struct decl {
    const char *name;
    enum decl_kind kind;
    enum decl_state state;
    const struct ast *ast;
    bool used;                   /* something names it */
    const struct define *define; /* a param set by -D */
    const struct ast *override;  /* the value of a param at the site that is built for; or NULL */
    struct expr *value;          /* DECL_VALUE */
    /* DECL_TABLE; NULL after an error. Of a camera: its science sensors */
    struct table *table;
    struct table *all;           /* of a camera: all its sensors */
    struct family *family;       /* DECL_TASK */
    struct container *container; /* DECL_CONTAINER, once it was asked for */
};
const char *decl_what(const struct decl *d); /* "table", "parameter", ... */

/* A file whose declarations count. */
struct used_file {
    uint32_t file;
    const struct ast *use;   /* where it is used first; NULL: the campaign itself */
    struct used_file *by;    /* the file that it stands in */
    bool busy;               /* being read: who uses it now closes a circle */
    bool serves;             /* something asks for what it declares */
    const struct ast *shell; /* its `shell` line; or NULL */
    bool bash;               /* which says bash */
    const struct ast *sync;  /* its `sync` line; or NULL */
};

struct checker {
    struct model *m;
    struct diags *d;
    struct arena *a;
    struct names decls;   /* name -> struct decl; both borrowed from the arena */
    struct list in_order; /* struct decl, as declared */
    struct list trees;    /* struct ast_tree of -D values and used files, owned */
    struct list used;     /* struct used_file: the campaign, then what it uses */
    struct list files;    /* their trees, struct ast */
    const struct check_options *options;
    struct list tables;  /* struct table, owned by the model */
    bool syntax_errors;  /* an unknown name may be declared in text that was not understood, */
    bool lacks_file;     /* or in a file that could not be read */
    struct names ranges; /* text of an inline range, list or distinct, and the rows of a selection,
                           -> struct table */
    unsigned lazy;  /* so many `and`, `or`, `if` and messages are around what is looked at, whose
                       value may never be asked for; see asked() */
    unsigned depth; /* of expressions and declarations that led to the one looked at */
    bool too_deep;  /* it was said that these are too many */
};

/* Where an expression stands: what names mean there, and how text is inserted. */
struct scope {
    struct checker *c;
    /* names: */
    const struct var *var; /* variables, those of the task at hand */
    unsigned nvars;
    struct family *family;   /* whose outputs, inputs and needs can be named; or NULL */
    const struct need *need; /* in `needs ... where` and in folds over this need: its producer's
                                variables can be named, too, and are numbered behind ours */
    const struct table *row; /* in the block of this table: its columns can be named; or NULL */
    const char *fold;        /* in the argument of this function (sum, min, max); or NULL */
    /* places: */
    bool region;   /* where a region stands; elsewhere it is no value */
    bool in_run;   /* in run, env and feed: outputs can be named, and the bundle */
    bool in_feed;  /* but not there: what is fed is of one task */
    bool lists;    /* in a command: {x.output:file} makes a file that lists paths */
    bool own_only; /* in paths of outputs and checkpoints: what is needed cannot be named */
    /* text: */
    const struct ast *insert; /* inside this {...} of a string; or NULL */
    bool shell;               /* inserted values are quoted for a shell */
    bool bash;                /* which is bash */
    bool moves;               /* inserted paths are absolute: the command works in another folder */
};

/* expr.c: never NULL; TYPE_ERROR after a message. */
struct expr *check_expr(struct scope *s, const struct ast *a);
/* Goes `by` steps deeper, to be taken back from c->depth; false after a message (one for all): no
 * further. */
bool check_enter(struct checker *c, unsigned by, struct span at);
/* e, or an error if it is too much for the evaluator. */
struct expr *measured(struct checker *c, struct expr *e);
/* check_expr, and of type `want` (whole numbers become numbers where those are wanted). `what`
 * names the place in messages: "memory". */
struct expr *check_typed(struct scope *s, const struct ast *a, enum type want, const char *what);
/* What cannot be evaluated, as 1 div 0, is an error only where its value is asked for, and the
 * later parts of `and`, `or` and `if` may never be. So it is an EX_FAIL, which holds the message,
 * until that is certain. asked: e, or an error after the message of an EX_FAIL in it that is
 * certain to be evaluated; inside of such a part (c->lazy) nothing is. fold: e, and its value if it
 * is constant; fails: a new EX_FAIL; both as asked() leaves them. */
struct expr *asked(struct checker *c, struct expr *e);
/* Sets c->lazy, and returns what it was: declarations, tables and regions are made as a whole. */
unsigned eager(struct checker *c, unsigned lazy);
struct expr *fold(struct checker *c, struct expr *e);
struct expr *fails(struct checker *c, struct span at, enum type type, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* `op` over x and y (NULL: over x alone), folded. */
struct expr *op_expr(struct checker *c, enum vm_op op, enum type type, struct span at,
    struct expr *x, struct expr *y);

/* operator.c */
struct expr *operator_expr(struct scope *s, const struct ast *a); /* also if ... then ... else */
bool is_number(enum type t);
bool is_quantity(enum type t);
/* The type that values of both types have, or TYPE_ERROR. */
enum type common_type(enum type x, enum type y);
struct expr *comparison(struct scope *s, const struct ast *a, enum vm_op op, struct expr *x,
    struct expr *y);
struct expr *logic(struct checker *c, enum expr_kind kind, struct span at, struct expr *x,
    struct expr *y);

/* refer.c */
struct expr *name_expr(struct scope *s, const struct ast *a);
struct expr *field_expr(struct scope *s, const struct ast *a); /* NAME.NAME, NAME.NAME.NAME */
struct expr *column_expr(struct scope *s, unsigned var, const struct table *t, unsigned column,
    struct span at);
enum type column_type(enum column_type);
int find_var(const struct var *var, unsigned n, const char *name); /* -1: none */

/* call.c */
struct expr *check_call(struct scope *s, const struct ast *a);

/* fold.c: `how` (OP_ADD, OP_MIN, OP_MAX) over a table or over what is needed, by a call of
 * function `name` with one argument. */
struct expr *fold_call(struct scope *s, const char *name, enum vm_op how, const struct ast *call);
/* May what the task needs be asked for? If not: the message. */
bool needs_known(const struct scope *s);
struct expr *needs_unknown(struct scope *s, struct span at, const char *task);

/* text.c: strings with insertions. */
struct expr *check_string(struct scope *s, const struct ast *a);
/* An insertion's value as text, by its format (NULL: none). */
struct expr *format_insert(struct scope *s, const struct ast *insert, const char *format,
    struct expr *e);
/* `{task.output:list}`, or :file: the paths of all that is needed, in `mode` of OP_NEED_OUT. */
struct expr *list_insert(struct scope *s, const struct ast *insert, uint8_t mode);
/* One element of an argument list: a string (or any value), or a list of paths. */
bool check_argument(struct scope *s, const struct ast *a, struct argument *out);

/* shell.c: a string that is a shell command. */
struct expr *check_shell(struct scope *s, const struct ast *a);
enum plan_shell shell_of(const struct scope *s, const struct ast *a); /* that runs it */

/* name.c */
struct decl *find_decl(struct checker *c, const char *name);
/* True if a syntax error took the declaration of `name`, or a file that could not be read has it
 * perhaps: that was said, and nothing that follows from it is. */
bool name_is_lost(struct checker *c, const char *name);
void unknown_name(struct scope *s, struct span at, const char *name, const char *kind);
void unknown_column(struct scope *s, struct span at, const struct table *t, const char *name);
struct expr *decl_value(struct checker *c, struct decl *d, struct span use);
/* True, after a message, if `d` is asked for while it is being made: it needs itself. */
bool decl_circle(struct checker *c, struct decl *d, struct span use);
/* The need of family `f` on the task called `name`, or -1. */
int find_need(const struct family *f, const char *name);

/* table.c */
/* The table of a declaration; NULL after an error. */
struct table *decl_table(struct checker *c, struct decl *d, struct span use);
struct table *new_table(struct checker *c, const char *name, struct span at);
/* A range, list or `distinct` written where it is used. Equal ones are one table: two ranges if the
 * variables have one name. NULL after an error. */
struct table *inline_table(struct checker *c, const struct ast *source, const char *var);
/* Puts a column in the place of that of its name, or behind all. */
void put_column(struct table *t, struct column *col);
/* The condition of a `where` in the same way; NULL after an error. */
struct expr *check_row_where(struct checker *c, const struct table *t, const struct ast *a);

/* source.c: what a block behind a source says. */
struct source {
    const struct ast *decl; /* NULL: a source written where it is used */
    struct csv_form form;
    const struct ast *columns, *separator, *rotation, *scale, *distortion,
        *mirrored; /* PROP or NULL */
    int picked;    /* of a database without query: which of opsim_tables; -1: another */
};
enum { OPSIM_SUMMARY, OPSIM_OBSERVATIONS };
bool source_properties(struct checker *c, const struct ast *decl, struct source *s);
bool source_table(struct checker *c, struct table *t, const struct ast *from, struct source *s);

/* visits.c: mapped columns, and what visits and sensors must have. False after an error. */
bool known_visits(struct checker *c, struct table *t, const struct source *s);
bool check_visits(struct checker *c, struct table *t, const struct source *s);
/* camera.c */
bool check_camera(struct checker *c, struct table *t, const struct source *s);
/* A column as real numbers; false after a message of check `rule` if it is text or a condition. */
bool real_column(struct checker *c, struct table *t, const char *rule, unsigned column);
/* visits.c: how to say which column is the one called `name`, which the table has not. */
void missing_help(struct checker *c, struct diag *m, const struct table *t, const char *name);
/* The table, and (k, or -1: told) its column that `a` names, T.column, or T of one column; false:
 * it names none. */
bool table_named(struct scope *s, const struct ast *a, const struct table **t, int *k);
/* Have all its cells a value? False after a message: it is used at `at`. */
bool no_holes(struct checker *c, const struct table *t, unsigned column, struct span at);
/* The same where it may not be asked for (c->lazy): NULL, or what stands for the column's value, of
 * this type, that cannot be had. */
struct expr *hole_fails(struct checker *c, const struct table *t, unsigned column, enum type type,
    struct span at);
bool has_mapping(const struct source *s, const char *name); /* does the block make this column? */
double real_cell(const struct column *col, uint32_t row);   /* of a column of numbers */
const char *row_place(struct checker *c, const struct table *t, uint32_t row);

/* rotation.c: the number of a column, -1: none. And what the block says of the rotation: the
 * convention and the column of the angle; false after an error. */
int visits_column(struct checker *c, const struct table *t, const char *name);
bool check_rotation(struct checker *c, struct table *t, const struct source *s,
    struct visit_facts *f);

/* select.c */
/* What `for` runs over: a declared table or set, some of its rows, or a range or list written
 * there. Equal rows of one table are one table. NULL after an error. */
struct table *for_table(struct checker *c, const struct ast *source, const char *var);
/* sensors.c: marks the rows of the camera, among those of `in`, that an index in [...] picks.
 * Guiders and the like are picked by patterns, rafts and ranges where nothing else is, or if `all`
 * is said. False after a message. */
bool pick_sensors(struct checker *c, const struct table *camera, const struct ast *index, bool all,
    const uint8_t *in, uint8_t *mark);

/* bundle.c: bundle.size or bundle.width, and bundle.join(value, separator) */
struct expr *bundle_number(struct scope *s, const struct ast *a);
struct expr *bundle_join(struct scope *s, const struct ast *call);

/* region.c */
struct expr *decl_region(struct checker *c, struct decl *d, struct span use);
bool is_shape(const char *name); /* strip, box, circle, polygon */
/* An argument with a name: `ra 61.8 deg`, `dec -44 deg .. -27 deg`. */
struct label {
    const char *name;
    bool range, optional;
    bool seen;                  /* by read_labels, */
    const struct ast *value[2]; /* and its value, or both ends; NULL if there is none */
};
/* Finds the labels of a call; false after a message. */
bool read_labels(struct checker *c, const struct ast *call, struct label *label, unsigned n);
struct expr *region_shape(struct scope *s, const struct ast *call);
/* x and y are regions; a: or, and, minus. */
struct expr *region_join(struct scope *s, const struct ast *a, const struct expr *x,
    const struct expr *y);

/* in.c. names_value: does a bare name stand for a value? Tables and tasks do not, nor rows of
 * several columns. membership: x in ... */
bool names_value(struct scope *s, const char *name);
struct expr *membership(struct scope *s, const struct ast *a);

/* horizon.c: parallactic and sidereal */
struct expr *horizon_call(struct scope *s, const struct ast *a);

/* sky.c */
enum { SKY_FUNCTIONS = 15 };
void sky_function_names(const char **name); /* so many */
bool is_sky_call(const char *name);
struct expr *sky_call(struct scope *s, const struct ast *a);
/* A question about values; folded if they are constants. */
struct expr *sky_ask(struct scope *s, const struct ast *a, struct sky_use use, struct expr **arg,
    unsigned nargs);

/* A question about the row at hand. */
struct expr *row_ask(struct scope *s, const struct ast *a, struct sky_use use);

struct diag *error_at(struct checker *c, const char *check, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct expr *error_expr(struct checker *c, struct span at);

#endif
