#include "config.h"

#include "model/expr.h"

#include "diag/checks.h"
#include "model/units.h"
#include "plan/build.h"

#include <inttypes.h>
#include <string.h>

const char *
type_name(enum type t)
{
    static const char *const name[] = {"an error", "a whole number", "a real number", "text",
        "a condition", "a memory size", "a duration", "an angle", "a region"};
    return name[t];
}

struct expr *
expr_new(struct arena *a, enum expr_kind kind, enum type type, struct span at, unsigned nargs)
{
    struct expr *e = arena_alloc(a, sizeof *e);
    e->kind = kind;
    e->type = type;
    e->at = at;
    e->nargs = nargs;
    e->arg = arena_alloc(a, nargs * sizeof(struct expr *));
    return e;
}

static struct expr *
constant(struct arena *a, struct span at, enum type type, struct value v)
{
    struct expr *e = expr_new(a, EX_CONST, type, at, 0);
    e->value = v;
    return e;
}

struct expr *
expr_int(struct arena *a, struct span at, int64_t v)
{
    return constant(a, at, TYPE_INT, (struct value){.tag = VAL_INT, .i = v});
}

struct expr *
expr_real(struct arena *a, struct span at, enum type type, double v)
{
    return constant(a, at, type, (struct value){.tag = VAL_REAL, .r = v});
}

struct expr *
expr_bool(struct arena *a, struct span at, bool v)
{
    return constant(a, at, TYPE_BOOL, (struct value){.tag = VAL_BOOL, .i = v});
}

struct expr *
expr_string(struct arena *a, struct span at, const char *s, size_t n)
{
    struct value v = {.tag = VAL_STR};
    v.s.p = arena_text(a, s, n);
    v.s.n = (uint32_t)n;
    return constant(a, at, TYPE_STRING, v);
}

struct vm_column
column_view(const struct column *c, uint32_t nrows)
{
    static const uint8_t type[] = {VM_COL_INT, VM_COL_REAL, VM_COL_STR, VM_COL_BOOL};
    return (struct vm_column){c->data, c->first, c->step, nrows, type[c->type], c->holes};
}

struct value
cell_value(const struct strpool *pool, const struct column *c, uint32_t row)
{
    struct value v = {.tag = VAL_INT};
    if (!c->data) {
        v.i = vm_progression(c->first, c->step, row);
        return v;
    }
    switch (c->type) {
    case COLUMN_INT:
        v.i = ((const int64_t *)c->data)[row];
        break;
    case COLUMN_REAL:
        v.tag = VAL_REAL;
        v.r = ((const double *)c->data)[row];
        break;
    case COLUMN_STRING: {
        uint32_t id = ((const uint32_t *)c->data)[row];
        v.tag = VAL_STR;
        v.s.p = strpool_get(pool, id);
        v.s.n = strpool_len(pool, id);
        break;
    }
    case COLUMN_BOOL:
        v.tag = VAL_BOOL;
        v.i = ((const uint8_t *)c->data)[row];
        break;
    }
    return v;
}

struct expr *
expr_value(struct arena *a, struct span at, enum type type, struct value v)
{
    return v.tag == VAL_STR ? expr_string(a, at, v.s.p, v.s.n) : constant(a, at, type, v);
}

bool
expr_is_const(const struct expr *e)
{
    return e->kind == EX_CONST;
}

void
expr_measure(struct expr *e)
{
    if (e->places)
        return;
    bool in_turn = e->kind == EX_AND || e->kind == EX_OR || e->kind == EX_IF;
    e->places = e->size = 1;
    for (unsigned i = 0; i < e->nargs; i++) {
        struct expr *arg = e->arg[i];
        expr_measure(arg);
        uint32_t places = arg->places + (in_turn ? 0 : i);
        e->places = places > e->places ? places : e->places;
        e->size = arg->size > UINT32_MAX - e->size ? UINT32_MAX : e->size + arg->size;
    }
}

void
expr_walk(const struct expr *e, void (*f)(const struct expr *, void *), void *arg)
{
    if (!e)
        return;
    f(e, arg);
    for (unsigned i = 0; i < e->nargs; i++)
        expr_walk(e->arg[i], f, arg);
}

static void
collect_var(const struct expr *e, void *arg)
{
    if (e->kind == EX_COLUMN)
        *(uint32_t *)arg |= UINT32_C(1) << e->var;
    else if (e->kind == EX_SKY && e->sky.rows)
        *(uint32_t *)arg |= UINT32_C(1) << e->sky.visit | UINT32_C(1) << e->sky.sensor;
}

uint32_t
expr_vars(const struct expr *e)
{
    uint32_t set = 0;
    expr_walk(e, collect_var, &set);
    return set;
}

bool
expr_has(const struct expr *e, enum expr_kind kind)
{
    if (!e)
        return false;
    if (e->kind == kind)
        return true;
    for (unsigned i = 0; i < e->nargs; i++)
        if (expr_has(e->arg[i], kind))
            return true;
    return false;
}

static void
find_failure(const struct expr *e, void *arg)
{
    if (e->kind == EX_FAIL || (e->kind == EX_SKY && e->nargs))
        *(bool *)arg = true;
    if (e->kind == EX_COLUMN && e->table && e->table->col[e->column].holes)
        *(bool *)arg = true;
    if (e->kind == EX_OP &&
        (e->op == OP_DIV || e->op == OP_IDIV || e->op == OP_MOD || e->op == OP_SQRT ||
            e->op == OP_REPLACE || e->op == OP_TOINT || e->op == OP_TONUM))
        *(bool *)arg = true;
}

bool
expr_may_fail(const struct expr *e)
{
    bool may = false;
    expr_walk(e, find_failure, &may);
    return may;
}

static void
code_constant(const struct expr *e, const struct code_target *to, struct buf *code)
{
    switch (e->value.tag) {
    case VAL_INT:
        code_int(code, e->value.i);
        break;
    case VAL_REAL:
        code_real(code, e->value.r);
        break;
    case VAL_BOOL:
        code_op(code, OP_BOOL);
        buf_putc(code, e->value.i != 0);
        break;
    case VAL_STR:
        code_str(code, to->string(to->arg, e->value.s.p, e->value.s.n));
        break;
    }
}

void
expr_code(const struct expr *e, const struct code_target *to, struct buf *code)
{
    size_t jump, end;
    if (e->kind == EX_SKY && to->answer) {
        uint16_t var;
        uint32_t column;
        to->answer(to->arg, e, &var, &column);
        code_col(code, var, column);
        return;
    }
    if (e->kind != EX_AND && e->kind != EX_OR && e->kind != EX_IF && e->kind != EX_BUNDLE_JOIN &&
        e->kind != EX_NEED_FOLD)
        for (unsigned i = 0; i < e->nargs; i++)
            expr_code(e->arg[i], to, code);
    switch (e->kind) {
    case EX_CONST:
        code_constant(e, to, code);
        break;
    case EX_FAIL:
        code_fail(code, to->string(to->arg, e->value.s.p, e->value.s.n));
        break;
    case EX_COLUMN:
        code_col(code, (uint16_t)(e->var + (e->var >= to->own ? to->shift : 0)),
            to->column(to->arg, e->table, e->column));
        break;
    case EX_OP:
        code_op(code, e->op);
        break;
    case EX_AND:
    case EX_OR:
        expr_code(e->arg[0], to, code);
        jump = code_jump(code, e->kind == EX_AND ? OP_JZK : OP_JNZK);
        expr_code(e->arg[1], to, code);
        code_land(code, jump);
        break;
    case EX_IF:
        expr_code(e->arg[0], to, code);
        jump = code_jump(code, OP_JZ);
        expr_code(e->arg[1], to, code);
        end = code_jump(code, OP_JMP);
        code_land(code, jump);
        expr_code(e->arg[2], to, code);
        code_land(code, end);
        break;
    case EX_CONCAT:
        code_u16(code, OP_CONCAT, (uint16_t)e->nargs);
        break;
    case EX_FORMAT:
        code_fmt(code, e->format.flags, e->format.width, e->format.precision, e->format.verb);
        break;
    case EX_QUOTE:
        code_op(code, OP_QUOTE);
        buf_putc(code, (char)e->index);
        break;
    case EX_WHOLE:
        code_op(code, OP_WHOLE);
        break;
    case EX_OUT:
        code_u16(code, OP_OUT, (uint16_t)e->index);
        break;
    case EX_COUNT:
        code_u16(code, OP_NEED_COUNT, (uint16_t)e->index);
        break;
    case EX_NEED_OUT:
        code_need_out(code, (uint16_t)e->index, (uint16_t)e->output, e->mode);
        break;
    case EX_BUNDLE_SIZE:
        code_op(code, OP_BUNDLE_SIZE);
        break;
    case EX_BUNDLE_WIDTH:
        code_op(code, OP_BUNDLE_WIDTH);
        break;
    case EX_BUNDLE_JOIN: {
        struct buf each = {0};
        expr_code(e->arg[1], to, &each);
        expr_code(e->arg[0], to, code);
        code_bundle_join(code, to->keep(to->arg, &each));
        buf_free(&each);
        break;
    }
    case EX_SKY:
        code_sky(code, (uint8_t)e->nargs, (uint16_t)e->sky.visit, (uint16_t)e->sky.sensor,
            e->sky.number);
        break;
    case EX_NEED_FOLD: {
        struct buf each = {0};
        expr_code(e->arg[0], to, &each);
        code_need_fold(code, (uint16_t)e->index, e->how, to->keep(to->arg, &each));
        buf_free(&each);
        break;
    }
    }
}

static uint32_t
pool_string(void *pool, const char *s, size_t n)
{
    return strpool_add(pool, s, n);
}

struct expr *
expr_fail(struct arena *a, struct span at, enum type type, const char *why)
{
    struct expr *e = expr_new(a, EX_FAIL, type, at, 0);
    e->value = expr_string(a, at, why, strlen(why))->value;
    return e;
}

struct expr *
expr_fold(struct arena *a, struct expr *e)
{
    if (e->type == TYPE_ERROR || e->kind == EX_CONST || e->kind == EX_FAIL)
        return e;
    if (e->kind == EX_COLUMN || e->kind == EX_WHOLE || e->kind == EX_OUT || e->kind == EX_COUNT ||
        e->kind == EX_NEED_OUT || e->kind == EX_BUNDLE_SIZE || e->kind == EX_BUNDLE_WIDTH ||
        e->kind == EX_BUNDLE_JOIN || e->kind == EX_SKY || e->kind == EX_NEED_FOLD)
        return e;
    for (unsigned i = 0; i < e->nargs; i++)
        if (!expr_is_const(e->arg[i]))
            return e;
    struct strpool pool;
    strpool_init(&pool);
    struct code_target to = {.string = pool_string, .arg = &pool};
    struct buf code = {0};
    expr_code(e, &to, &code);
    struct vm_data data = {.str_bytes = pool.bytes, .str_offset = pool.offset, .nstr = pool.count};
    struct vm_eval ev = {.data = &data};
    struct value v;
    bool ok = vm_run(&ev, (const uint8_t *)code.p, (uint32_t)code.n, &v);
    if (ok && v.tag == VAL_STR && v.s.n > EXPR_MOST_TEXT)
        e = expr_fail(a, e->at, e->type,
            arena_printf(a, "this text is longer than %d bytes", EXPR_MOST_TEXT));
    else
        e = ok ? expr_value(a, e->at, e->type, v) : expr_fail(a, e->at, e->type, ev.error);
    vm_eval_free(&ev);
    buf_free(&code);
    strpool_free(&pool);
    return e;
}

static void
dump_string(const struct value *v, struct buf *out)
{
    buf_putc(out, '"');
    for (uint32_t i = 0; i < v->s.n; i++) {
        char c = v->s.p[i];
        if (c == '\n')
            buf_puts(out, "\\n");
        else if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else
            buf_putc(out, c);
    }
    buf_putc(out, '"');
}

static void
dump_constant(const struct expr *e, struct buf *out)
{
    switch (e->type) {
    case TYPE_INT:
        buf_printf(out, "%" PRId64, e->value.i);
        break;
    case TYPE_BOOL:
        buf_puts(out, e->value.i ? "true" : "false");
        break;
    case TYPE_STRING:
        dump_string(&e->value, out);
        break;
    case TYPE_BYTES:
        quantity_bytes(out, e->value.r);
        break;
    case TYPE_DURATION:
        quantity_duration(out, e->value.r);
        break;
    case TYPE_ANGLE:
        quantity_angle(out, e->value.r);
        break;
    default:
        buf_printf(out, "%.15g", e->value.r);
        break;
    }
}

static void
dump_call(const char *name, const struct expr *e, struct buf *out)
{
    buf_printf(out, "%s(", name);
    for (unsigned i = 0; i < e->nargs; i++) {
        if (i)
            buf_puts(out, ", ");
        expr_dump(e->arg[i], out);
    }
    buf_putc(out, ')');
}

void
expr_dump(const struct expr *e, struct buf *out)
{
    static const char *const op_name[] = {
#define X(name, operands) #name,
        VM_OPS(X)
#undef X
    };
    switch (e->kind) {
    case EX_CONST:
        dump_constant(e, out);
        break;
    case EX_FAIL:
        buf_puts(out, "FAIL(");
        dump_string(&e->value, out);
        buf_putc(out, ')');
        break;
    case EX_COLUMN:
        buf_printf(out, "$%u.%u", e->var, e->column);
        break;
    case EX_OP:
        dump_call(op_name[e->op], e, out);
        break;
    case EX_AND:
        dump_call("AND", e, out);
        break;
    case EX_OR:
        dump_call("OR", e, out);
        break;
    case EX_IF:
        dump_call("IF", e, out);
        break;
    case EX_CONCAT:
        dump_call("CONCAT", e, out);
        break;
    case EX_FORMAT:
        dump_call("FORMAT", e, out);
        break;
    case EX_QUOTE:
        dump_call(e->index == QUOTE_WORD     ? "QUOTE"
                  : e->index == QUOTE_DOUBLE ? "QUOTE_DOUBLE"
                  : e->index == QUOTE_SINGLE ? "QUOTE_SINGLE"
                  : e->index == QUOTE_ALWAYS ? "QUOTE_ALWAYS"
                                             : "QUOTE_NUMBER",
            e, out);
        break;
    case EX_WHOLE:
        dump_call("WHOLE", e, out);
        break;
    case EX_OUT:
        buf_printf(out, "OUT(%u)", e->index);
        break;
    case EX_COUNT:
        buf_printf(out, "COUNT(%u)", e->index);
        break;
    case EX_NEED_OUT:
        buf_printf(out, "NEED(%u.%u mode %u)", e->index, e->output, e->mode);
        break;
    case EX_BUNDLE_SIZE:
        buf_puts(out, "BUNDLE_SIZE");
        break;
    case EX_BUNDLE_WIDTH:
        buf_puts(out, "BUNDLE_WIDTH");
        break;
    case EX_BUNDLE_JOIN:
        dump_call("BUNDLE_JOIN", e, out);
        break;
    case EX_SKY:
        buf_printf(out, "SKY(%u", e->sky.number);
        if (e->sky.rows)
            buf_printf(out, ", $%u, $%u", e->sky.visit, e->sky.sensor);
        for (unsigned i = 0; i < e->nargs; i++) {
            buf_puts(out, ", ");
            expr_dump(e->arg[i], out);
        }
        buf_putc(out, ')');
        break;
    case EX_NEED_FOLD:
        buf_printf(out, "FOLD(%u %s ", e->index, op_name[e->how]);
        expr_dump(e->arg[0], out);
        buf_putc(out, ')');
        break;
    }
}
