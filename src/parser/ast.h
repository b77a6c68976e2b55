/* The syntax tree: what the text says, and where. Nothing is looked up or folded here.
 *
 * All nodes are of one struct: a kind, a span, a text or a number, and a list of children. The
 * list of kinds below says what text and children each kind has; [x] is optional, x* any number.
 * Strings and nodes live in the tree's arena and go with it. */
#ifndef PARSER_AST_H
#define PARSER_AST_H

#include "diag/diag.h"
#include "util/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* clang-format off */
#define AST_KINDS(X)                                                                               \
    /* --- a file and its declarations --- */                                                      \
    X(FILE)      /* declaration* */                                                                \
    X(CAMPAIGN)  /* text: name */                                                                  \
    X(UMASK)     /* INT: its digits are octal */                                                    \
    X(SYNC)      /* text: first, later, never, or any other word: for the tasks of the file */      \
    X(SHELL)     /* text: sh or bash, or any other word: for the tasks of the file */              \
    X(USE)       /* text: name */                                                                  \
    X(USES)      /* expression*: patterns of files, for all tasks */                               \
    X(PARAM)     /* text: name; value */                                                           \
    X(LET)       /* text: name; value */                                                           \
    X(SET)       /* text: name; value (RANGE, LIST, ...) */                                        \
    /* source: FROM, DISTINCT, or any expression. Properties: PROP, COLUMN, WHERE */               \
    X(TABLE)     /* text: name; source, [WHERE], property* */                                      \
    X(VISITS)    /* text: name; source, [WHERE], property* */                                      \
    X(REGION)    /* text: name; shape */                                                           \
    X(SENSORS)   /* text: name; source, [WHERE], property* */                                      \
    X(CAMERA)    /* text: name; [source], [WHERE], property* */                                    \
    X(MEMORY_MODEL) /* text: name; TERM* */                                                        \
    X(CONTAINER) /* text: name; property* */                                                       \
    X(SITE)      /* text: name; PROFILE, PROP* and PARAM* */                                       \
    X(TASK)      /* text: name; FOR*, [WHERE], NEEDS*, property* in the order written */           \
    /* --- where tables come from --- */                                                           \
    X(FROM)      /* text: csv, instcat, glob, sqlite, ...; STRING, then ARG* (text: query) */      \
    X(DISTINCT)  /* text: table; NAME* (columns) */                                                \
    /* --- heads of tasks --- */                                                                   \
    X(FOR)       /* text: variable; source (NAME, RANGE, LIST, DISTINCT, any expression) */        \
    X(WHERE)     /* condition */                                                                   \
    X(NEEDS)     /* text: task; [WHERE], [VIA] */                                                  \
    X(VIA)       /* text: table */                                                                 \
    X(PROFILE)   /* string */                                                                      \
    /* --- properties: text is empty unless said; children are the arguments as written --- */     \
    X(PROP)      /* text: keyword (memory, cores, time, limit, retry, place, image, account, ...); \
                    expression*. What else a property says stands in CLAUSE children:              \
                      retry 2, memory x 1.5 when out of memory                                     \
                        INT 2, CLAUSE memory (NAME x, REAL 1.5, CLAUSE when (NAME out, of, memory)) \
                      ... when out of memory or exit 9, 10 or signal ABRT                          \
                        ..., CLAUSE or (NAME exit, INT 9), CLAUSE (INT 10), CLAUSE or (NAME        \
                        signal, NAME ABRT)                                                         \
                      signal USR1 10 min before the end                                            \
                        NAME USR1, QUANTITY, CLAUSE before (NAME the, end)                         \
                      bundle by v, w       CLAUSE by (NAME v, w)                                   \
                      feed "{s}"           STRING                                                  \
                      memory { f 2 GB }    TERM*                                                   \
                      retry 5 unless exit 1, 2                                                     \
                        INT 5, CLAUSE unless (NAME exit, INT 1), CLAUSE (INT 2)                    \
                      after 3 failures stop  NAME failures, NAME stop, [INT 3]                     \
                      order by a, b        expression* */                                          \
    X(COLUMN)    /* text: column; value: `ra = rad(descDitheredRA)` in visits and tables */        \
    X(CLAUSE)    /* text: its first word; expression* and CLAUSE */                                \
    X(TERM)      /* text: container, visit, sensor, a variable; value. Of MEMORY_MODEL, and of     \
                    `memory { ... }` inside a task */                                              \
    X(ENV)       /* text: variable; value */                                                       \
    X(RUN)       /* STRING, or LIST: an argument list */                                           \
    X(INPUT)     /* text: name or ""; path, CHECK*; `wait` is a CHECK of that name, the last one */ \
    X(OUTPUT)    /* text: name or ""; path, CHECK* */                                              \
    X(CHECKPOINT) /* path */                                                                       \
    X(CHECK)     /* text: exists, nonempty ("non-empty"), size, fits, gzip, command, optional, or  \
                    any other word; `size > 1 MB` has one child: BINARY of NAME size and a value;  \
                    command has its STRING */                                                      \
    X(MESSAGE)   /* text: error or warning; STRING, WHEN: of a file or of a task */                \
    X(HOOK)      /* text: failed, ended, or any other word; STRING: a command, [INT or REAL: more   \
                    than so many; ival 1: of 100], [CLAUSE: text is the family] */                 \
    X(GATE)      /* text: a family; STRING, INT or REAL: after so many of it */                    \
    X(WHEN)      /* condition */                                                                   \
    /* --- expressions --- */                                                                      \
    X(INT)       /* ival; text: as written */                                                      \
    X(REAL)      /* rval; text: as written */                                                      \
    X(QUANTITY)  /* text: unit; INT or REAL (`10 h`; a minus sign is a UNARY outside) */           \
    X(BOOL)      /* ival 0 or 1 */                                                                 \
    X(STRING)    /* TEXT and INSERT in turn; none for "". ival 1: a block */                       \
    X(TEXT)      /* text (escapes resolved; joined lines and block indentation already done) */    \
    X(INSERT)    /* text: format after the colon, or NULL; expression */                           \
    X(NAME)      /* text */                                                                        \
    X(FIELD)     /* text: field; object */                                                         \
    X(INDEX)     /* object, index (LIST: several) */                                                               \
    X(CALL)      /* callee (NAME or FIELD), argument* */                                           \
    X(ARG)       /* text: label; value. A labelled argument: `ra 61.8 deg` in region shapes */     \
    X(UNARY)     /* text: - or not; operand */                                                     \
    X(BINARY)    /* text: + - * / div mod == != < <= > >= and or in; left, right */                \
    X(IF)        /* condition, then, else */                                                       \
    X(LIST)      /* item*; also `(ra, dec)`, a pair or more in parentheses */                      \
    X(RANGE)     /* first, last, [step]: `1 .. 9 step 2` */                                        \
    X(LOST)      /* an insertion whose syntax is wrong, which was said */                          \
    X(SELECT)    /* rows, condition: `lsst.science where raft == "R22"` outside of a head */
/* clang-format on */

enum ast_kind {
#define X(name) AST_##name,
    AST_KINDS(X)
#undef X
};

struct ast {
    enum ast_kind kind;
    struct span span;      /* the whole construct */
    struct span name_span; /* where `text` stands, if the text is a name written there */
    const char *text;      /* NULL where the kind has none */
    union {
        int64_t ival;
        double rval;
    };
    struct ast *child, *next; /* first child, next sibling */
    struct ast *last;         /* last child */
    unsigned height;          /* 0: no children when it was built */
};

/* No tree is higher than this, so that whoever walks one may recurse. */
enum { AST_MAX_HEIGHT = 200 };

/* Owns the nodes and strings of one file. */
struct ast_tree;
struct ast_tree *ast_tree_new(void);
void ast_tree_free(struct ast_tree *t);
/* The tree is freed, its texts and nodes with `a`. */
void ast_tree_keep(struct ast_tree *t, struct arena *a);
struct ast *ast_new(struct ast_tree *t, enum ast_kind kind, struct span at, const char *text);
/* Appends `child` (with what follows it) to parent's children; NULL child is nothing. */
void ast_add(struct ast *parent, struct ast *child);
const char *ast_text(struct ast_tree *t, const char *s, size_t n); /* a copy in the arena */
/* A child that is `kind`, the first from `from` on (from itself included), or NULL. */
struct ast *ast_find(const struct ast *from, enum ast_kind kind);
/* How many of `from` and what follows it are `kind`. */
unsigned ast_count(const struct ast *from, enum ast_kind kind);
const char *ast_kind_name(enum ast_kind kind); /* lower case: "task" */

/* Indented, one node a line, with line:column; the format of wflc --dump-ast. */
void ast_dump(const struct ast *a, const struct diags *d, FILE *to);

/* Parses source `file`. Errors are queued in `d`; the result is the AST_FILE node of what could
 * be understood (possibly with declarations missing), never NULL. */
struct ast *wfl_parse(struct ast_tree *t, struct diags *d, uint32_t file);

#endif
