/* Runs a code: numbers, conditions, columns; text is in text.c. */
#include "config.h"

#include "vm/internal.h"

#include "util/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Memory of one evaluation: blocks that never move, so that values may point into them. */
struct vm_chunk {
    struct vm_chunk *next;
    size_t cap, used;
    char p[];
};

char *
vm_alloc(struct vm_eval *ev, size_t n)
{
    struct vm_chunk *c = ev->chunk;
    if (!c || c->cap - c->used < n + 1) {
        size_t cap = c ? c->cap * 2 : 4096;
        if (cap < n + 1)
            cap = n + 1;
        struct vm_chunk *fresh = xmalloc(sizeof *fresh + cap);
        *fresh = (struct vm_chunk){.next = c, .cap = cap};
        ev->chunk = c = fresh;
    }
    char *p = c->p + c->used;
    c->used += n + 1;
    p[n] = 0;
    return p;
}

/* Keeps the newest (largest) chunk, so that steady use allocates nothing. */
static void
reset(struct vm_eval *ev)
{
    if (!ev->chunk)
        return;
    for (struct vm_chunk *c = ev->chunk->next, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    ev->chunk->next = NULL;
    ev->chunk->used = 0;
}

void
vm_eval_free(struct vm_eval *ev)
{
    reset(ev);
    free(ev->chunk);
    ev->chunk = NULL;
}

bool
vm_fail(struct vm_eval *ev, const char *why)
{
    snprintf(ev->error, sizeof ev->error, "%s", why);
    return false;
}

static const char too_large[] = "the result is too large for a whole number";

static bool
is_number(const struct value *v)
{
    return v->tag == VAL_INT || v->tag == VAL_REAL;
}

static double
as_real(const struct value *v)
{
    return v->tag == VAL_INT ? (double)v->i : v->r;
}

static bool
set_real(struct vm_eval *ev, struct value *v, double r)
{
    if (!isfinite(r))
        return vm_fail(ev, "the result is too large or not a number");
    v->tag = VAL_REAL;
    v->r = r;
    return true;
}

static bool
push_column(struct vm_eval *ev, uint16_t var, uint32_t col, struct value *v)
{
    const struct vm_column *c = &ev->data->col[col];
    uint32_t row = ev->row[var];
    if (row >= c->nrows)
        return vm_fail(ev, "a row that does not exist");
    if (!c->data) {
        v->tag = VAL_INT;
        v->i = vm_progression(c->first, c->step, row);
        return true;
    }
    if (c->holes && ev->data->hole &&
        ev->data->hole(ev->data->hole_arg, col, row, ev->error, sizeof ev->error))
        return false;
    switch (c->type) {
    case VM_COL_INT:
        v->tag = VAL_INT;
        v->i = ((const int64_t *)c->data)[row];
        break;
    case VM_COL_REAL:
        v->tag = VAL_REAL;
        v->r = ((const double *)c->data)[row];
        break;
    case VM_COL_STR: {
        uint32_t id = ((const uint32_t *)c->data)[row];
        v->tag = VAL_STR;
        v->s.p = ev->data->str_bytes + ev->data->str_offset[id];
        v->s.n = ev->data->str_offset[id + 1] - ev->data->str_offset[id] - 1;
        break;
    }
    default:
        v->tag = VAL_BOOL;
        v->i = ((const uint8_t *)c->data)[row] != 0;
        break;
    }
    return true;
}

static bool
arithmetic(struct vm_eval *ev, uint8_t op, struct value *a, const struct value *b)
{
    if (!is_number(a) || !is_number(b))
        return vm_fail(ev, "arithmetic needs numbers");
    if (a->tag == VAL_INT && b->tag == VAL_INT && op != OP_DIV) {
        bool over = op == OP_ADD   ? __builtin_add_overflow(a->i, b->i, &a->i)
                    : op == OP_SUB ? __builtin_sub_overflow(a->i, b->i, &a->i)
                                   : __builtin_mul_overflow(a->i, b->i, &a->i);
        return over ? vm_fail(ev, too_large) : true;
    }
    double x = as_real(a), y = as_real(b);
    if (op == OP_DIV && y == 0)
        return vm_fail(ev, "division by zero");
    return set_real(ev, a,
        op == OP_ADD   ? x + y
        : op == OP_SUB ? x - y
        : op == OP_MUL ? x * y
                       : x / y);
}

static bool
whole_division(struct vm_eval *ev, uint8_t op, struct value *a, const struct value *b)
{
    if (op == OP_MOD && is_number(a) && is_number(b) &&
        (a->tag == VAL_REAL || b->tag == VAL_REAL)) {
        double y = as_real(b), r = y == 0 ? 0 : fmod(as_real(a), y);
        if (y == 0)
            return vm_fail(ev, "division by zero");
        return set_real(ev, a, r != 0 && (r < 0) != (y < 0) ? r + y : r);
    }
    if (a->tag != VAL_INT || b->tag != VAL_INT)
        return vm_fail(ev, "div needs whole numbers, and mod numbers");
    if (b->i == 0)
        return vm_fail(ev, "division by zero");
    if (b->i == -1) { /* INT64_MIN / -1 traps */
        if (op == OP_IDIV && __builtin_sub_overflow((int64_t)0, a->i, &a->i))
            return vm_fail(ev, too_large);
        if (op == OP_MOD)
            a->i = 0;
        return true;
    }
    int64_t q = a->i / b->i, r = a->i % b->i;
    if (r != 0 && (r < 0) != (b->i < 0)) {
        q--;
        r += b->i;
    }
    a->i = op == OP_IDIV ? q : r;
    return true;
}

/* -1, 0, 1; numbers by value, strings by bytes, bools. */
static bool
compare(struct vm_eval *ev, const struct value *a, const struct value *b, int *order)
{
    if (a->tag == VAL_STR && b->tag == VAL_STR) {
        uint32_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
        int c = n ? memcmp(a->s.p, b->s.p, n) : 0;
        *order = c ? (c > 0) - (c < 0) : (a->s.n > b->s.n) - (a->s.n < b->s.n);
        return true;
    }
    if ((a->tag == VAL_INT && b->tag == VAL_INT) || (a->tag == VAL_BOOL && b->tag == VAL_BOOL)) {
        *order = (a->i > b->i) - (a->i < b->i);
        return true;
    }
    if (!is_number(a) || !is_number(b))
        return vm_fail(ev, "values of different types cannot be compared");
    *order = a->tag == b->tag    ? (a->r > b->r) - (a->r < b->r)
             : a->tag == VAL_INT ? vm_order(a->i, b->r)
                                 : -vm_order(b->i, a->r);
    return true;
}

static bool
to_whole(struct vm_eval *ev, uint8_t op, struct value *v)
{
    if (v->tag == VAL_INT)
        return true;
    if (v->tag != VAL_REAL)
        return vm_fail(ev, "round, floor and ceil need a number");
    double r = op == OP_ROUND ? rint(v->r) : op == OP_FLOOR ? floor(v->r) : ceil(v->r);
    if (!(r >= -0x1p63 && r < 0x1p63))
        return vm_fail(ev, too_large);
    v->tag = VAL_INT;
    v->i = (int64_t)r;
    return true;
}

static bool
parse(struct vm_eval *ev, uint8_t op, struct value *v)
{
    if (v->tag != VAL_STR)
        return vm_fail(ev, "only a text is read as a number");
    int64_t i = 0;
    double r = 0;
    enum number_kind kind = number_parse(v->s.p, v->s.n, &i, &r);
    int shown = v->s.n > 60 ? 60 : (int)v->s.n;
    if (kind != NUMBER_INT && (kind != NUMBER_REAL || op == OP_TOINT)) {
        snprintf(ev->error, sizeof ev->error, "'%.*s' is %s", shown, v->s.p,
            kind == NUMBER_RANGE  ? "too large for a number"
            : kind == NUMBER_REAL ? "no whole number"
                                  : "no number");
        return false;
    }
    v->tag = op == OP_TOINT ? VAL_INT : VAL_REAL;
    if (op == OP_TOINT)
        v->i = i;
    else
        v->r = r;
    return true;
}

static bool
unary(struct vm_eval *ev, uint8_t op, struct value *v)
{
    switch (op) {
    case OP_NEG:
        if (v->tag == VAL_REAL) {
            v->r = -v->r;
            return true;
        }
        if (v->tag != VAL_INT)
            return vm_fail(ev, "a minus sign needs a number");
        if (__builtin_sub_overflow((int64_t)0, v->i, &v->i))
            return vm_fail(ev, too_large);
        return true;
    case OP_NOT:
        if (v->tag != VAL_BOOL)
            return vm_fail(ev, "not needs a condition");
        v->i = !v->i;
        return true;
    case OP_ABS:
        if (v->tag == VAL_REAL)
            v->r = fabs(v->r);
        else if (v->tag != VAL_INT)
            return vm_fail(ev, "abs needs a number");
        else if (v->i == INT64_MIN)
            return vm_fail(ev, too_large);
        else if (v->i < 0)
            v->i = -v->i;
        return true;
    case OP_SQRT:
        if (!is_number(v) || as_real(v) < 0)
            return vm_fail(ev, "sqrt needs a number that is not negative");
        return set_real(ev, v, sqrt(as_real(v)));
    case OP_TOREAL:
        if (!is_number(v))
            return vm_fail(ev, "a number is needed");
        return set_real(ev, v, as_real(v));
    case OP_TOINT:
    case OP_TONUM:
        return parse(ev, op, v);
    default:
        return to_whole(ev, op, v);
    }
}

/* OUT, NEED_OUT and BUNDLE_JOIN (whose separator is in *v): the hook appends to a buffer, whose
 * text then becomes a value. */
static bool
hooked_text(struct vm_eval *ev, uint8_t op, const uint8_t *p, struct value *v)
{
    struct buf b = {0};
    bool ok;
    if (op == OP_OUT)
        ok = ev->hooks->out(ev, get16(p), &b);
    else if (op == OP_NEED_OUT)
        ok = ev->hooks->need_out(ev, get16(p), get16(p + 2), p[4], &b);
    else if (v->tag == VAL_STR)
        ok = ev->hooks->bundle_join(ev, get32(p), get32(p + 4), v, &b);
    else
        ok = vm_fail(ev, "a bundle's texts are joined by text");
    if (ok && b.n > UINT32_MAX / 2)
        ok = vm_fail(ev, "the text is too long");
    if (ok) {
        char *copy = vm_alloc(ev, b.n);
        if (b.n)
            memcpy(copy, b.p, b.n);
        v->tag = VAL_STR;
        v->s.p = copy;
        v->s.n = (uint32_t)b.n;
    }
    buf_free(&b);
    return ok;
}

static bool
comparison(struct vm_eval *ev, uint8_t op, struct value *a, const struct value *b)
{
    int order;
    if (!compare(ev, a, b, &order))
        return false;
    a->tag = VAL_BOOL;
    a->i = op == OP_EQ   ? order == 0
           : op == OP_NE ? order != 0
           : op == OP_LT ? order < 0
           : op == OP_LE ? order <= 0
           : op == OP_GT ? order > 0
                         : order >= 0;
    return true;
}

static bool
binary(struct vm_eval *ev, uint8_t op, struct value *a, const struct value *b)
{
    switch (op) {
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
        return arithmetic(ev, op, a, b);
    case OP_IDIV:
    case OP_MOD:
        return whole_division(ev, op, a, b);
    case OP_MATCH:
        if (a->tag != VAL_STR || b->tag != VAL_STR)
            return vm_fail(ev, "a pattern is compared with text only");
        bool hit = vm_match(a->s.p, a->s.n, b->s.p, b->s.n);
        a->tag = VAL_BOOL;
        a->i = hit;
        return true;
    case OP_MIN:
    case OP_MAX: {
        int order;
        if (!compare(ev, a, b, &order))
            return false;
        if (op == OP_MIN ? order > 0 : order < 0)
            *a = *b;
        return true;
    }
    default:
        return comparison(ev, op, a, b);
    }
}

/* The angles are in v; the answer takes their place. */
static bool
ask_sky(struct vm_eval *ev, const uint8_t *p, struct value *v)
{
    struct value args[4] = {0};
    const char *why = "";
    memcpy(args, v, (p[0] < 4 ? p[0] : 4) * sizeof *args);
    if (ev->data->sky(ev->data->sky_arg, get32(p + 5), ev->row[get16(p + 1)], ev->row[get16(p + 3)],
            args, v, &why))
        return true;
    return vm_fail(ev, why);
}

bool
vm_fold(struct vm_eval *ev, enum vm_op how, struct value *all, const struct value *v)
{
    if (!is_number(all) || !is_number(v))
        return vm_fail(ev, "sum, min and max need numbers");
    return binary(ev, (uint8_t)how, all, v);
}

bool
vm_run(struct vm_eval *ev, const uint8_t *code, uint32_t n, struct value *result)
{
    struct value stack[VM_MAX_STACK];
    uint32_t sp = 0; /* the verifier has proven every depth */
    reset(ev);
    for (uint32_t pc = 0; pc < n;) {
        uint8_t op = code[pc];
        const uint8_t *p = code + pc + 1;
        pc += 1u + vm_operand_bytes[op];
        bool ok = true;
        switch (op) {
        case OP_INT:
            stack[sp++] = (struct value){.tag = VAL_INT, .i = (int64_t)get64(p)};
            break;
        case OP_REAL:
            stack[sp++] = (struct value){.tag = VAL_REAL, .r = get_real(p)};
            break;
        case OP_STR: {
            const uint32_t *off = ev->data->str_offset + get32(p);
            struct value *v = &stack[sp++];
            v->tag = VAL_STR;
            v->s.p = ev->data->str_bytes + off[0];
            v->s.n = off[1] - off[0] - 1;
            break;
        }
        case OP_BOOL:
            stack[sp++] = (struct value){.tag = VAL_BOOL, .i = p[0]};
            break;
        case OP_FAIL:
            ok = vm_fail(ev, ev->data->str_bytes + ev->data->str_offset[get32(p)]);
            break;
        case OP_COL:
            ok = push_column(ev, get16(p), get32(p + 2), &stack[sp]);
            sp++;
            break;
        case OP_JMP:
            pc += get32(p);
            break;
        case OP_JZ:
        case OP_JZK:
        case OP_JNZK:
            if (stack[sp - 1].tag != VAL_BOOL) {
                ok = vm_fail(ev, "a condition is needed");
            } else if ((stack[sp - 1].i != 0) == (op == OP_JNZK)) {
                sp -= op == OP_JZ;
                pc += get32(p);
            } else {
                sp--;
            }
            break;
        case OP_FMT:
            ok = vm_format(ev, p, &stack[sp - 1]);
            break;
        case OP_CONCAT:
            sp -= get16(p);
            ok = vm_concat(ev, stack + sp, get16(p), stack + sp);
            sp++;
            break;
        case OP_LOWER:
        case OP_UPPER:
        case OP_LEN:
        case OP_WHOLE:
        case OP_QUOTE:
            ok = vm_text(ev, op, op == OP_QUOTE ? p[0] : 0, &stack[sp - 1]);
            break;
        case OP_REPLACE:
        case OP_SLICE:
            sp -= 2;
            ok = op == OP_REPLACE ? vm_replace(ev, &stack[sp - 1]) : vm_slice(ev, &stack[sp - 1]);
            break;
        case OP_SKY:
            sp -= p[0];
            ok = ask_sky(ev, p, &stack[sp]);
            sp++;
            break;
        case OP_OUT:
        case OP_NEED_OUT:
            ok = hooked_text(ev, op, p, &stack[sp++]);
            break;
        case OP_BUNDLE_JOIN:
            ok = hooked_text(ev, op, p, &stack[sp - 1]);
            break;
        case OP_BUNDLE_SIZE:
            stack[sp].tag = VAL_INT;
            ev->hooks->bundle_size(ev, &stack[sp].i);
            sp++;
            break;
        case OP_BUNDLE_WIDTH:
            stack[sp].tag = VAL_INT;
            ev->hooks->bundle_width(ev, &stack[sp].i);
            sp++;
            break;
        case OP_NEED_COUNT:
            stack[sp].tag = VAL_INT;
            ok = ev->hooks->need_count(ev, get16(p), &stack[sp].i);
            sp++;
            break;
        case OP_NEED_FOLD:
            ok = ev->hooks->need_fold(ev, get16(p), p[2], get32(p + 3), get32(p + 7), &stack[sp]);
            sp++;
            break;
        case OP_NEG:
        case OP_NOT:
        case OP_ROUND:
        case OP_FLOOR:
        case OP_CEIL:
        case OP_ABS:
        case OP_SQRT:
        case OP_TOREAL:
        case OP_TOINT:
        case OP_TONUM:
            ok = unary(ev, op, &stack[sp - 1]);
            break;
        default:
            sp--;
            ok = binary(ev, op, &stack[sp - 1], &stack[sp]);
            break;
        }
        if (!ok)
            return false;
    }
    *result = stack[0];
    return true;
}
