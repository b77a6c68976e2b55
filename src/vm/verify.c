/* Verifies a code, so that its evaluation cannot go wrong: jumps, types, depth of the stack. */
#include "config.h"

#include "vm/internal.h"

#include "util/buf.h"

#include <inttypes.h>
#include <stdlib.h>

const uint8_t vm_operand_bytes[OP_COUNT] = {
#define X(name, operands) operands,
    VM_OPS(X)
#undef X
};

static const char *const op_name[OP_COUNT] = {
#define X(name, operands) #name,
    VM_OPS(X)
#undef X
};

/* How many values an instruction takes from the stack and leaves there, when it falls through.
 * Jumps that keep their bool are handled where they are verified. */
static void
effect(uint8_t op, const uint8_t *operand, int *takes, int *leaves)
{
    switch (op) {
    case OP_INT:
    case OP_REAL:
    case OP_STR:
    case OP_FAIL:
    case OP_BOOL:
    case OP_COL:
    case OP_OUT:
    case OP_NEED_COUNT:
    case OP_NEED_OUT:
    case OP_BUNDLE_SIZE:
    case OP_BUNDLE_WIDTH:
    case OP_NEED_FOLD:
        *takes = 0;
        *leaves = 1;
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
    case OP_LOWER:
    case OP_UPPER:
    case OP_LEN:
    case OP_FMT:
    case OP_QUOTE:
    case OP_WHOLE:
    case OP_BUNDLE_JOIN:
        *takes = *leaves = 1;
        break;
    case OP_JMP:
        *takes = *leaves = 0;
        break;
    case OP_JZ:
    case OP_JZK:
    case OP_JNZK:
        *takes = 1;
        *leaves = 0;
        break;
    case OP_REPLACE:
    case OP_SLICE:
        *takes = 3;
        *leaves = 1;
        break;
    case OP_SKY:
        *takes = operand[0];
        *leaves = 1;
        break;
    case OP_CONCAT:
        *takes = get16(operand);
        *leaves = 1;
        break;
    default:
        *takes = 2;
        *leaves = 1;
        break;
    }
}

static const char *verify(const uint8_t *code, uint32_t n, const struct vm_data *data,
    struct vm_scope scope, uint32_t *named);

/* A code that another one names; *named counts the bytes of all of them, so that a hostile code
 * cannot have one large one verified again and again. */
static const char *
named_fault(const uint8_t *p, const struct vm_data *data, struct vm_scope scope, uint32_t *named)
{
    uint32_t offset = get32(p), size = get32(p + 4);
    if (offset > data->ncode || size > data->ncode - offset || size > VM_MAX_CODE - *named)
        return "a named code outside its section";
    *named += size;
    return verify(data->code + offset, size, data, scope, named);
}

static const char *
joined_fault(const uint8_t *p, const struct vm_data *data, struct vm_scope scope, uint32_t *named)
{
    if (!scope.bundle)
        return "a bundle where there is none";
    scope.bundle = false;
    return named_fault(p, data, scope, named);
}

static const char *
fold_fault(const uint8_t *p, const struct vm_data *data, struct vm_scope scope, uint32_t *named)
{
    uint32_t need = get16(p);
    if (need >= scope.nneeds || !scope.producer_vars)
        return "a need that does not exist";
    if (p[2] != OP_ADD && p[2] != OP_MIN && p[2] != OP_MAX)
        return "an unknown way of folding";
    if (scope.nvars > VM_MAX_VARS || scope.producer_vars[need] > VM_MAX_VARS - scope.nvars)
        return "a fold over too many variables";
    return named_fault(p + 3, data,
        (struct vm_scope){.nvars = scope.nvars + scope.producer_vars[need]}, named);
}

static const char *
operand_fault(uint8_t op, const uint8_t *p, const struct vm_data *data, struct vm_scope scope,
    uint32_t *named)
{
    switch (op) {
    case OP_STR:
    case OP_FAIL:
        return get32(p) < data->nstr ? NULL : "a string that does not exist";
    case OP_COL:
        return get16(p) < scope.nvars && get32(p + 2) < data->ncol ? NULL
                                                                   : "a column that does not exist";
    case OP_OUT:
        return get16(p) < scope.nout ? NULL : "an output that does not exist";
    case OP_NEED_COUNT:
        return get16(p) < scope.nneeds ? NULL : "a need that does not exist";
    case OP_NEED_OUT:
        return get16(p) < scope.nneeds && p[4] <= 7 ? NULL : "a need that does not exist";
    case OP_BUNDLE_SIZE:
    case OP_BUNDLE_WIDTH:
        return scope.bundle ? NULL : "a bundle where there is none";
    case OP_SKY:
        return data->sky && p[0] <= 4 && get16(p + 1) < VM_MAX_VARS && get16(p + 3) < VM_MAX_VARS
                   ? NULL
                   : "the sky where there is none";
    case OP_BUNDLE_JOIN:
        return joined_fault(p, data, scope, named);
    case OP_NEED_FOLD:
        return fold_fault(p, data, scope, named);
    case OP_BOOL:
        return p[0] <= 1 ? NULL : "a bool that is neither 0 nor 1";
    case OP_QUOTE:
        return p[0] < QUOTE_KINDS ? NULL : "an unknown way of quoting";
    case OP_FMT:
        return p[3] == 0 || strchr("dxefgs", p[3]) ? NULL : "an unknown format";
    default:
        return NULL;
    }
}

static const char *
verify(const uint8_t *code, uint32_t n, const struct vm_data *data, struct vm_scope scope,
    uint32_t *named)
{
    const char *fault = NULL;
    int depth = 0;
    bool reachable = true;
    if (n == 0 || n > VM_MAX_CODE)
        return "a code of impossible size";
    /* depth with which jumps arrive at each byte; -1: none does */
    int8_t *arrives = xmalloc(n + 1);
    memset(arrives, -1, n + 1);
    for (uint32_t pc = 0; pc < n && !fault;) {
        uint8_t op = code[pc];
        if (arrives[pc] >= 0) {
            if (reachable && arrives[pc] != depth)
                fault = "a jump with another stack depth";
            depth = arrives[pc];
            reachable = true;
        }
        if (!reachable)
            fault = "an instruction that is never reached";
        if (op >= OP_COUNT || n - pc - 1 < vm_operand_bytes[op])
            fault = "an unknown or cut instruction";
        if (fault)
            break;
        const uint8_t *operand = code + pc + 1;
        fault = operand_fault(op, operand, data, scope, named);
        if (fault)
            break;
        int takes, leaves;
        effect(op, operand, &takes, &leaves);
        if (depth < takes || depth - takes + leaves > VM_MAX_STACK) {
            fault = "a stack that is too shallow or too deep";
            break;
        }
        uint32_t next = pc + 1 + vm_operand_bytes[op];
        for (uint32_t i = pc + 1; i < next; i++)
            if (arrives[i] >= 0)
                fault = "a jump into an instruction";
        if (op == OP_JMP || op == OP_JZ || op == OP_JZK || op == OP_JNZK) {
            uint32_t far = get32(operand);
            int at_target = op == OP_JZ ? depth - 1 : depth;
            if (far > n - next)
                fault = "a jump out of the code";
            else if (arrives[next + far] >= 0 && arrives[next + far] != at_target)
                fault = "jumps with different stack depths";
            else
                arrives[next + far] = (int8_t)at_target;
        }
        depth += leaves - takes;
        if (op == OP_JMP)
            reachable = false;
        pc = next;
    }
    if (!fault) {
        if (arrives[n] >= 0 && reachable && arrives[n] != depth)
            fault = "a jump with another stack depth";
        if (arrives[n] >= 0)
            depth = arrives[n];
        else if (!reachable)
            fault = "a code without an end";
        if (!fault && depth != 1)
            fault = "a code that does not leave one value";
    }
    free(arrives);
    return fault;
}

bool
vm_verify(const uint8_t *code, uint32_t n, const struct vm_data *data, struct vm_scope scope,
    const char **why)
{
    uint32_t named = 0;
    const char *fault = verify(code, n, data, scope, &named);
    if (why)
        *why = fault;
    return !fault;
}

bool
vm_looks_below(const uint8_t *code, uint32_t n, uint32_t nvars)
{
    for (uint32_t pc = 0; pc < n; pc += 1u + vm_operand_bytes[code[pc]])
        if (code[pc] == OP_COL && get16(code + pc + 1) < nvars)
            return true;
    return false;
}

bool
vm_varies(const uint8_t *code, uint32_t n)
{
    for (uint32_t pc = 0; pc < n; pc += 1u + vm_operand_bytes[code[pc]])
        switch (code[pc]) {
        case OP_COL:
        case OP_OUT:
        case OP_NEED_COUNT:
        case OP_NEED_OUT:
        case OP_NEED_FOLD:
        case OP_BUNDLE_SIZE:
        case OP_BUNDLE_WIDTH:
        case OP_BUNDLE_JOIN:
        case OP_SKY:
            return true;
        default:
            break;
        }
    return false;
}

static void
quoted(struct buf *out, const struct vm_data *data, uint32_t id)
{
    if (id >= data->nstr) {
        buf_puts(out, "?");
        return;
    }
    const char *s = data->str_bytes + data->str_offset[id];
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_putc(out, '\\');
        if (*s == '\n')
            buf_puts(out, "\\n");
        else
            buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static const char *const quote_name[] = {
    [QUOTE_WORD] = "word",
    [QUOTE_DOUBLE] = "double",
    [QUOTE_SINGLE] = "single",
    [QUOTE_ALWAYS] = "always",
    [QUOTE_NUMBER] = "number",
};

static void
disassemble(const uint8_t *code, uint32_t n, const struct vm_data *data, int indent,
    struct buf *out)
{
    for (uint32_t pc = 0; pc < n;) {
        uint8_t op = code[pc];
        if (op >= OP_COUNT || n - pc - 1 < vm_operand_bytes[op])
            return;
        const uint8_t *p = code + pc + 1;
        char number[40];
        buf_printf(out, "%*s%4u %s", indent, "", pc, op_name[op]);
        switch (op) {
        case OP_INT:
            buf_printf(out, " %" PRId64, (int64_t)get64(p));
            break;
        case OP_REAL:
            vm_real_text(get_real(p), number, sizeof number);
            buf_printf(out, " %s", number);
            break;
        case OP_STR:
        case OP_FAIL:
            buf_putc(out, ' ');
            quoted(out, data, get32(p));
            break;
        case OP_BOOL:
            buf_puts(out, p[0] ? " true" : " false");
            break;
        case OP_COL:
            buf_printf(out, " %u.%u", get16(p), get32(p + 2));
            break;
        case OP_JMP:
        case OP_JZ:
        case OP_JZK:
        case OP_JNZK:
            buf_printf(out, " %u", pc + 5 + get32(p));
            break;
        case OP_FMT:
            buf_printf(out, " %s%s%u", p[0] & 2 ? "-" : "", p[0] & 1 ? "0" : "", p[1]);
            if (p[2] != 255)
                buf_printf(out, ".%u", p[2]);
            if (p[3])
                buf_putc(out, (char)p[3]);
            break;
        case OP_QUOTE:
            buf_printf(out, " %s", quote_name[p[0]]);
            break;
        case OP_CONCAT:
        case OP_OUT:
        case OP_NEED_COUNT:
            buf_printf(out, " %u", get16(p));
            break;
        case OP_NEED_OUT:
            buf_printf(out, " %u.%u mode %u", get16(p), get16(p + 2), p[4]);
            break;
        case OP_BUNDLE_JOIN: /* verified: codes that others name end somewhere */
            buf_puts(out, " of\n");
            disassemble(data->code + get32(p), get32(p + 4), data, indent + 4, out);
            pc += 1 + vm_operand_bytes[op];
            continue;
        case OP_NEED_FOLD:
            buf_printf(out, " %u %s of\n", get16(p), op_name[p[2]]);
            disassemble(data->code + get32(p + 3), get32(p + 7), data, indent + 4, out);
            pc += 1 + vm_operand_bytes[op];
            continue;
        default:
            break;
        }
        buf_putc(out, '\n');
        pc += 1 + vm_operand_bytes[op];
    }
}

void
vm_disassemble(const uint8_t *code, uint32_t n, const struct vm_data *data, struct buf *out)
{
    disassemble(code, n, data, 6, out);
}
