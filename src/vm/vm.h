/* The bytecode of expressions and templates, its verifier and its evaluator. Total: jumps only
 * go forward, so every evaluation ends. Shared by wflc (filters, joins, constants) and wfl-shim
 * (commands, paths, costs); libc only.
 *
 * A code is bytes: an opcode, then its operands, little-endian. It works on a stack of values
 * and leaves exactly one. Quantities (bytes, seconds, radians) are reals in base units; types
 * were checked by the compiler, the verifier only checks what memory safety needs. */
#ifndef VM_VM_H
#define VM_VM_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum value_tag { VAL_INT, VAL_REAL, VAL_BOOL, VAL_STR };

struct value {
    enum value_tag tag;
    union {
        int64_t i; /* INT, BOOL */
        double r;
        struct {
            const char *p;
            uint32_t n;
        } s;
    };
};

/* name, operand bytes */
/* clang-format off */
#define VM_OPS(X)                                                                                  \
    X(INT, 8)   /* push the 64-bit operand */                                                      \
    X(REAL, 8)                                                                                     \
    X(STR, 4)   /* push string id */                                                               \
    X(BOOL, 1)                                                                                     \
    X(COL, 6)   /* u16 variable, u32 column: push the cell of the variable's row */                \
    X(NEG, 0) X(NOT, 0)                                                                            \
    X(ADD, 0) X(SUB, 0) X(MUL, 0) /* int with int gives int (overflow is an error), else real */   \
    X(DIV, 0)   /* real */                                                                         \
    X(IDIV, 0) X(MOD, 0) /* floored; by zero is an error */                                        \
    X(EQ, 0) X(NE, 0) X(LT, 0) X(LE, 0) X(GT, 0) X(GE, 0)                                          \
    X(MATCH, 0) /* string, pattern with * : bool */                                                \
    X(JMP, 4)   /* forward by the operand, from behind it */                                       \
    X(JZ, 4)    /* pop a bool; jump if false */                                                    \
    X(JZK, 4)   /* jump if the bool on top is false, else pop it (and) */                          \
    X(JNZK, 4)  /* jump if the bool on top is true, else pop it (or) */                            \
    X(MIN, 0) X(MAX, 0) X(ROUND, 0) X(FLOOR, 0) X(CEIL, 0) X(ABS, 0) X(SQRT, 0)                    \
    X(TOREAL, 0)                                                                                   \
    X(LOWER, 0) X(UPPER, 0) X(LEN, 0) /* in characters */                                                           \
    X(FMT, 4)   /* u8 flags (1: zero pad, 2: left), u8 width, u8 precision (255: none), u8 verb    \
                   (0: natural, or d x e f g s): pop a value, push its text */                     \
    X(CONCAT, 2) /* pop u16 strings, push them joined */                                           \
    X(QUOTE, 1) /* u8 enum shell_quote: pop a string, push it quoted for a POSIX shell */             \
    X(OUT, 2)   /* u16 output of the task at hand: its path (temporary while it runs) */           \
    X(NEED_COUNT, 2) /* u16 need: how many instances it stands for */                              \
    X(NEED_OUT, 5) /* u16 need, u16 output, u8 mode: the paths of that output of all instances     \
                   needed. Mode 0: exactly one, raw. 1: shell-quoted, blank between. 2: each       \
                   followed by a NUL (argument lists). 3: the path of a file that has them, one a  \
                   line, made where the task runs. + 4: as WHOLE has them */                       \
    X(BUNDLE_SIZE, 0) /* push how many tasks the process works on */                               \
    X(BUNDLE_JOIN, 8) /* u32 offset, u32 size of another code, in vm_data.code: pop the            \
                   separator, a string; push the strings that the other code gives for each task   \
                   of the bundle, joined. It holds no BUNDLE_* itself */                           \
    X(REPLACE, 0) /* text, what, by: the text with each `what` replaced */                         \
    X(SLICE, 0) /* text, from, to: its characters from .. to-1; below 0: counted from its end */     \
    X(SKY, 9) /* u8 n, u16 variable, u16 variable, u32 question: pop n angles, push what vm_data.sky  \
                 answers. Not in plans */                                                         \
    X(NEED_FOLD, 11) /* u16 need, u8 how (opcode ADD, MIN or MAX), u32 offset, u32 size of another \
                   code, in vm_data.code: push the sum, least or greatest of the numbers that it   \
                   gives for each instance needed, whose variables are numbered after ours. It     \
                   holds neither needs nor outputs nor BUNDLE_*. The sum of nothing is 0 */ \
    X(WHOLE, 0) /* pop a path, push it with the working folder before it, unless it begins with / or the \
                   folder is not known */                                                           \
    X(TOINT, 0) /* pop a text, push the whole number that it is; anything else is an error */      \
    X(TONUM, 0) /* pop a text, push the number that it is, a real */                                   \
    X(FAIL, 4)  /* string id: the evaluation ends with this sentence; counts as a push */              \
    X(BUNDLE_WIDTH, 0) /* push how many tasks the process works on at a time, at most */
/* clang-format on */

enum vm_op {
#define X(name, operands) OP_##name,
    VM_OPS(X)
#undef X
        OP_COUNT
};

enum { VM_MAX_STACK = 64, VM_MAX_VARS = 32, VM_MAX_CODE = 1 << 20 };

/* A column as the evaluator sees it; `data` as in the plan (wfl-plan(5)). */
enum vm_column_type { VM_COL_INT, VM_COL_REAL, VM_COL_STR, VM_COL_BOOL };
struct vm_column {
    const void *data; /* NULL: the progression first + row * step */
    int64_t first, step;
    uint32_t nrows;
    uint8_t type;      /* enum vm_column_type */
    const void *holes; /* its cells without a value, for vm_data.hole; NULL: it has none */
};

/* What codes refer to; all borrowed. */
struct vm_data {
    const char *str_bytes; /* as in struct strpool */
    const uint32_t *str_offset;
    uint32_t nstr;
    const struct vm_column *col;
    uint32_t ncol;
    uint32_t ncode;
    const uint8_t *code; /* what the codes that others name are in */
    /* Answers SKY; NULL: it may not stand in codes. `args`: what was popped, at most 4. False:
     * *why. */
    bool (*sky)(const void *sky_arg, uint32_t question, uint32_t row1, uint32_t row2,
        const struct value *args, struct value *out, const char **why);
    const void *sky_arg;
    /* Has this cell of a column with holes no value? Then it says so in `why`. Not in plans. */
    bool (*hole)(const void *hole_arg, uint32_t column, uint32_t row, char *why, size_t n);
    const void *hole_arg;
};

/* One evaluation's surroundings. The callbacks serve OUT, NEED_* and BUNDLE_*; they may be NULL
 * where no code with them is evaluated. They append to `out` or set `*n`; false: an error, its
 * text in ev->error. bundle_join is given the separator as a value; need_fold gives a number. */
struct vm_eval;
struct vm_hooks {
    bool (*out)(struct vm_eval *ev, uint16_t output, struct buf *out);
    bool (*need_count)(struct vm_eval *ev, uint16_t need, int64_t *n);
    bool (*need_out)(struct vm_eval *ev, uint16_t need, uint16_t output, uint8_t mode,
        struct buf *out);
    void (*bundle_size)(struct vm_eval *ev, int64_t *n);
    void (*bundle_width)(struct vm_eval *ev, int64_t *n);
    bool (*bundle_join)(struct vm_eval *ev, uint32_t offset, uint32_t size,
        const struct value *separator, struct buf *out);
    bool (*need_fold)(struct vm_eval *ev, uint16_t need, enum vm_op how, uint32_t offset,
        uint32_t size, struct value *out);
};
struct vm_eval {
    const struct vm_data *data;
    const struct vm_hooks *hooks;
    void *arg;                 /* the hooks' own */
    const char *folder;        /* borrowed: of WHOLE; NULL: not known */
    uint32_t row[VM_MAX_VARS]; /* bound row of each variable */
    struct vm_chunk *chunk;    /* memory of strings made on the way; reset by each vm_run */
    char error[512];
};
void vm_eval_free(struct vm_eval *ev);

/* What a code may name: variables that are bound, outputs, needs; whether BUNDLE_* may stand in it;
 * and of each need how many variables its producer has (NULL: no NEED_FOLD). */
struct vm_scope {
    uint32_t nvars, nout, nneeds;
    bool bundle;
    const uint32_t *producer_vars;
};

/* Checks opcodes, operands, jumps and stack depth, and the codes that BUNDLE_JOIN and NEED_FOLD
 * name, which together must not exceed VM_MAX_CODE. On failure `why` (if not NULL) says what is
 * wrong. */
bool vm_verify(const uint8_t *code, uint32_t n, const struct vm_data *data, struct vm_scope scope,
    const char **why);

/* Evaluates a verified code. A string result is valid until the next vm_run with `ev`.
 * False: ev->error says why (division by zero, overflow, a type that does not fit). */
bool vm_run(struct vm_eval *ev, const uint8_t *code, uint32_t n, struct value *out);

/* Cell `row` of a progression whose cells are all whole numbers of 64 bits; row * step need not be
 * one. */
static inline int64_t
vm_progression(int64_t first, int64_t step, uint32_t row)
{
    return (int64_t)((uint64_t)first + (uint64_t)row * (uint64_t)step);
}

/* -1, 0, 1: a whole number against a real one, exactly. */
static inline int
vm_order(int64_t i, double r)
{
    if (!(r < 0x1p63 && r >= -0x1p63)) /* a NaN of a plan that was tampered with, too */
        return r > 0 ? -1 : 1;
    int64_t whole = (int64_t)r;
    double rest = r - (double)whole;
    return i != whole ? (i > whole) - (i < whole) : (rest < 0) - (rest > 0);
}

/* One step of NEED_FOLD: the sum, least or greatest (`how`: ADD, MIN, MAX) of *all and *v, both
 * numbers, into *all. False: ev->error, as vm_run. */
bool vm_fold(struct vm_eval *ev, enum vm_op how, struct value *all, const struct value *v);
/* Does a verified code look at a variable below `nvars` itself (not in a code that it names)? */
bool vm_looks_below(const uint8_t *code, uint32_t n, uint32_t nvars);
/* Could a verified code give different values for different tasks of a family? */
bool vm_varies(const uint8_t *code, uint32_t n);

/* One line an instruction, for --dump-plan. */
void vm_disassemble(const uint8_t *code, uint32_t n, const struct vm_data *data, struct buf *out);

#endif
