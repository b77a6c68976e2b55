#include "config.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/build.h"
#include "util/file.h"

/* --- bytecode --- */

static struct vm_eval ev;
static struct strpool pool;

static bool
run(struct buf *code, struct value *v)
{
    struct vm_data data = {.str_bytes = pool.bytes, .str_offset = pool.offset, .nstr = pool.count};
    const char *why = NULL;
    if (!vm_verify((uint8_t *)code->p, (uint32_t)code->n, &data, (struct vm_scope){0}, &why))
        fail_msg("verifier: %s", why);
    ev.data = &data;
    bool ok = vm_run(&ev, (uint8_t *)code->p, (uint32_t)code->n, v);
    buf_reset(code);
    return ok;
}

static int
setup_pool(void **state)
{
    (void)state;
    strpool_init(&pool);
    return 0;
}

static int
free_pool(void **state)
{
    (void)state;
    strpool_free(&pool);
    vm_eval_free(&ev);
    return 0;
}

static void
whole_number_arithmetic(void **state)
{
    (void)state;
    static const struct {
        enum vm_op op;
        int64_t a, b, want;
        bool ok;
    } c[] = {{OP_ADD, 2, 3, 5, true}, {OP_ADD, INT64_MAX, 1, 0, false}, {OP_SUB, 2, 3, -1, true},
        {OP_SUB, INT64_MIN, 1, 0, false}, {OP_MUL, -4, 5, -20, true},
        {OP_MUL, INT64_MAX, 2, 0, false}, {OP_IDIV, 7, 2, 3, true}, {OP_IDIV, -7, 2, -4, true},
        {OP_IDIV, 7, -2, -4, true}, {OP_IDIV, -8, 2, -4, true}, {OP_IDIV, 1, 0, 0, false},
        {OP_IDIV, INT64_MIN, -1, 0, false}, {OP_MOD, INT64_MIN, -1, 0, true},
        {OP_MOD, 7, 3, 1, true}, {OP_MOD, -7, 3, 2, true}, {OP_MOD, 7, -3, -2, true},
        {OP_MOD, 1, 0, 0, false}, {OP_MIN, 4, 2, 2, true}, {OP_MAX, 4, 2, 4, true}};
    struct buf code = {0};
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        struct value v;
        code_int(&code, c[i].a);
        code_int(&code, c[i].b);
        code_op(&code, c[i].op);
        assert_int_equal(run(&code, &v), c[i].ok);
        if (c[i].ok) {
            assert_int_equal(v.tag, VAL_INT);
            assert_int_equal(v.i, c[i].want);
        }
    }
    buf_free(&code);
}

static void
real_numbers(void **state)
{
    (void)state;
    struct buf code = {0};
    struct value v;
    code_int(&code, 1);
    code_int(&code, 4);
    code_op(&code, OP_DIV);
    assert_true(run(&code, &v));
    assert_true(v.tag == VAL_REAL && v.r == 0.25);
    code_real(&code, 1);
    code_real(&code, 0);
    code_op(&code, OP_DIV);
    assert_false(run(&code, &v));
    assert_string_equal(ev.error, "division by zero");
    code_real(&code, 1e308);
    code_real(&code, 10);
    code_op(&code, OP_MUL);
    assert_false(run(&code, &v));
    code_real(&code, -2.5);
    code_op(&code, OP_ROUND);
    assert_true(run(&code, &v));
    assert_int_equal(v.i, -2);
    code_real(&code, 1e300);
    code_op(&code, OP_FLOOR);
    assert_false(run(&code, &v));
    buf_free(&code);
}

static void
format_text(int64_t n, uint8_t flags, uint8_t width, uint8_t precision, char verb, const char *want)
{
    struct buf code = {0};
    struct value v;
    code_int(&code, n);
    code_fmt(&code, flags, width, precision, verb);
    assert_true(run(&code, &v));
    assert_string_equal(v.s.p, want);
    buf_free(&code);
}

static void
formats(void **state)
{
    (void)state;
    format_text(230, 1, 8, 255, 0, "00000230");
    format_text(-230, 1, 8, 255, 0, "-0000230");
    format_text(230, 0, 5, 255, 0, "  230");
    format_text(230, 2, 5, 255, 'd', "230  ");
    format_text(255, 0, 0, 255, 'x', "ff");
    format_text(2, 0, 0, 3, 'f', "2.000");
    struct buf code = {0};
    struct value v;
    static const struct {
        double r;
        const char *text;
    } real[] = {{0.1, "0.1"}, {1e21, "1e+21"}, {-33.40601776620508190, "-33.4060177662051"},
        {0.1 + 0.2, "0.30000000000000004"}};
    for (int i = 0; i < 4; i++) {
        code_real(&code, real[i].r);
        code_fmt(&code, 0, 0, 255, 0);
        assert_true(run(&code, &v));
        assert_true(strtod(v.s.p, NULL) == real[i].r);
        if (i != 2)
            assert_string_equal(v.s.p, real[i].text);
    }
    buf_free(&code);
}

static void
pattern(const char *text, const char *p, bool want)
{
    struct buf code = {0};
    struct value v;
    code_str(&code, strpool_adds(&pool, text));
    code_str(&code, strpool_adds(&pool, p));
    code_op(&code, OP_MATCH);
    assert_true(run(&code, &v));
    assert_int_equal(v.i, want);
    buf_free(&code);
}

static void
patterns(void **state)
{
    (void)state;
    pattern("R22_S11", "R22_S11", true);
    pattern("R22_S11", "R22_*", true);
    pattern("R22_S11", "*_S11", true);
    pattern("R22_S11", "R*S*1", true);
    pattern("R22_S11", "R2_*", false);
    pattern("", "*", true);
    pattern("", "?", false);
    pattern("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*c", false);
}

static void
branches_are_lazy(void **state)
{
    (void)state;
    struct buf code = {0};
    struct value v;
    /* if false then 1 div 0 else 7 */
    code_op(&code, OP_BOOL);
    buf_putc(&code, 0);
    size_t no = code_jump(&code, OP_JZ);
    code_int(&code, 1);
    code_int(&code, 0);
    code_op(&code, OP_IDIV);
    size_t end = code_jump(&code, OP_JMP);
    code_land(&code, no);
    code_int(&code, 7);
    code_land(&code, end);
    assert_true(run(&code, &v));
    assert_int_equal(v.i, 7);
    /* false and (1 div 0 == 1) */
    code_op(&code, OP_BOOL);
    buf_putc(&code, 0);
    size_t over = code_jump(&code, OP_JZK);
    code_int(&code, 1);
    code_int(&code, 0);
    code_op(&code, OP_IDIV);
    code_int(&code, 1);
    code_op(&code, OP_EQ);
    code_land(&code, over);
    assert_true(run(&code, &v));
    assert_int_equal(v.i, 0);
    buf_free(&code);
}

static void
refuse(const void *code, size_t n)
{
    static const uint8_t named[] = {OP_BUNDLE_SIZE, OP_BOOL, 1, OP_INT, 0, 0, 0, 0, 0, 0, 0, 0,
        OP_NEED_COUNT, 0, 0, OP_COL, 1, 0, 0, 0, 0, 0, OP_COL, 3, 0, 0, 0, 0, 0};
    const struct vm_data data = {.nstr = 1, .ncol = 1, .code = named, .ncode = sizeof named};
    const struct vm_scope scope = {1, 1, 2, true, (const uint32_t[]){2, VM_MAX_VARS}};
    const char *why = NULL;
    const uint8_t good[] = {OP_NEED_FOLD, 0, 0, OP_ADD, 15, 0, 0, 0, 7, 0, 0, 0};
    assert_true(vm_verify(good, sizeof good, &data, scope, &why));
    assert_false(vm_verify(code, (uint32_t)n, &data, scope, &why));
    assert_non_null(why);
}

static void
verifier_refuses(void **state)
{
    (void)state;
    refuse("", 0);
    refuse("\xff", 1);
    refuse((uint8_t[]){OP_ADD}, 1);                                     /* nothing on the stack */
    refuse((uint8_t[]){OP_INT, 1, 2}, 3);                               /* cut */
    refuse((uint8_t[]){OP_BOOL, 1, OP_BOOL, 1}, 4);                     /* leaves two */
    refuse((uint8_t[]){OP_BOOL, 2}, 2);                                 /* no bool */
    refuse((uint8_t[]){OP_STR, 1, 0, 0, 0}, 5);                         /* no such string */
    refuse((uint8_t[]){OP_COL, 1, 0, 0, 0, 0, 0}, 7);                   /* no such variable */
    refuse((uint8_t[]){OP_JMP, 0, 0, 0, 0}, 5);                         /* leaves nothing */
    refuse((uint8_t[]){OP_BOOL, 1, OP_JMP, 9, 0, 0, 0}, 7);             /* out of the code */
    refuse((uint8_t[]){OP_BOOL, 1, OP_JMP, 0xff, 0xff, 0xff, 0xff}, 7); /* back */
    refuse((uint8_t[]){OP_BOOL, 1, OP_JMP, 1, 0, 0, 0, OP_BOOL, 1}, 9); /* into an operand */
    refuse((uint8_t[]){OP_BOOL, 1, OP_JZ, 2, 0, 0, 0, OP_BOOL, 1}, 9);  /* depths differ */
    refuse((uint8_t[]){OP_FMT, 0, 0, 0, 'q'}, 5);
    refuse((uint8_t[]){OP_BUNDLE_JOIN, 1, 0, 0, 0, 2, 0, 0, 0}, 9); /* no separator */
    /* nested */
    refuse((uint8_t[]){OP_STR, 0, 0, 0, 0, OP_BUNDLE_JOIN, 0, 0, 0, 0, 1, 0, 0, 0}, 14);
    refuse((uint8_t[]){OP_STR, 0, 0, 0, 0, OP_BUNDLE_JOIN, 3, 0, 0, 0, 2, 0, 0, 0}, 14);  /* cut */
    refuse((uint8_t[]){OP_STR, 0, 0, 0, 0, OP_BUNDLE_JOIN, 22, 0, 0, 0, 9, 0, 0, 0}, 14); /* out */
    refuse((uint8_t[]){OP_STR, 0, 0, 0, 0, OP_BUNDLE_JOIN, 1, 0, 0, 0, 0, 0, 0, 0}, 14); /* empty */
    refuse((uint8_t[]){OP_NEED_FOLD, 2, 0, OP_ADD, 15, 0, 0, 0, 7, 0, 0, 0}, 12); /* no such need */
    refuse((uint8_t[]){OP_NEED_FOLD, 0, 0, OP_SUB, 15, 0, 0, 0, 7, 0, 0, 0}, 12); /* by minus */
    refuse((uint8_t[]){OP_NEED_FOLD, 1, 0, OP_MIN, 15, 0, 0, 0, 7, 0, 0, 0}, 12); /* 33 variables */
    refuse((uint8_t[]){OP_NEED_FOLD, 0, 0, OP_MIN, 22, 0, 0, 0, 7, 0, 0, 0}, 12); /* a fourth one */
    refuse((uint8_t[]){OP_NEED_FOLD, 0, 0, OP_MAX, 22, 0, 0, 0, 8, 0, 0, 0}, 12); /* outside */
    /* it has a need */
    refuse((uint8_t[]){OP_NEED_FOLD, 0, 0, OP_MAX, 12, 0, 0, 0, 3, 0, 0, 0}, 12);
    refuse((uint8_t[]){OP_NEED_FOLD, 0, 0, OP_MAX, 0, 0, 0, 0, 1, 0, 0, 0}, 12); /* or a bundle */
    uint8_t deep[300];
    for (int i = 0; i < 150; i++) {
        deep[2 * i] = OP_BOOL;
        deep[2 * i + 1] = 1;
    }
    refuse(deep, sizeof deep);
}

/* One large code that is named again and again, also by codes that are named themselves. */
static void
named_codes_are_bounded(void **state)
{
    (void)state;
    enum { LARGE = VM_MAX_CODE / 4, MOST = 16 };
    static uint8_t code[LARGE + 256];
    uint32_t n = 0, large;
    code[n++] = OP_BOOL;
    code[n++] = 1;
    while (n < LARGE)
        code[n++] = OP_NOT;
    large = n;
    struct buf fold = {0};
    code_need_fold(&fold, 0, OP_ADD, (struct plan_code){0, large});
    struct vm_scope scope = {1, 1, 1, true, (const uint32_t[]){1}};
    for (unsigned times = 1; times < MOST; times++) {
        struct buf all = {0};
        for (unsigned i = 0; i < times; i++) {
            buf_add(&all, fold.p, fold.n);
            if (i)
                code_op(&all, OP_ADD);
        }
        memcpy(code + large, fold.p, fold.n);
        struct vm_data data = {.nstr = 1, .code = code, .ncode = large + (uint32_t)fold.n};
        assert_int_equal(vm_verify((uint8_t *)all.p, (uint32_t)all.n, &data, scope, NULL),
            times <= 4);
        buf_reset(&all);
        for (unsigned i = 0; i < times; i++) {
            code_str(&all, 0);
            code_bundle_join(&all, (struct plan_code){large, (uint32_t)fold.n});
            if (i)
                code_op(&all, OP_EQ);
        }
        assert_int_equal(vm_verify((uint8_t *)all.p, (uint32_t)all.n, &data, scope, NULL),
            times < 4);
        buf_free(&all);
    }
    buf_free(&fold);
}

/* What random codes name: they are folded over three tasks, whose variable is number 1. */
static bool
random_fold(struct vm_eval *own, uint16_t need, enum vm_op how, uint32_t offset, uint32_t size,
    struct value *out)
{
    struct vm_eval each = {.data = own->data};
    const uint8_t *code = own->data->code + offset;
    bool ok = need == 0 && vm_run(&each, code, size, out);
    for (each.row[1] = 1; each.row[1] < 3 && ok; each.row[1]++) {
        struct value v;
        ok = vm_run(&each, code, size, &v) && vm_fold(&each, how, out, &v);
    }
    vm_eval_free(&each);
    return ok;
}

static bool
random_count(struct vm_eval *own, uint16_t need, int64_t *n)
{
    (void)own;
    *n = need;
    return true;
}

static bool
random_paths(struct vm_eval *own, uint16_t need, uint16_t output, uint8_t mode, struct buf *out)
{
    (void)own;
    buf_printf(out, "%u %u %u", need, output, mode);
    return true;
}

/* Random bytes: what the verifier takes must run without harm (the sanitizers watch). */
static void
random_code_is_harmless(void **state)
{
    (void)state;
    srand(1);
    static const int64_t cells[] = {1, -2, 3};
    struct vm_column col = {cells, 0, 0, 3, VM_COL_INT, NULL};
    struct vm_data data = {.str_bytes = pool.bytes,
        .str_offset = pool.offset,
        .nstr = pool.count,
        .col = &col,
        .ncol = 1};
    const struct vm_hooks hooks = {.need_count = random_count,
        .need_out = random_paths,
        .need_fold = random_fold};
    const struct vm_scope scope = {.nvars = 1, .nneeds = 1, .producer_vars = (const uint32_t[]){1}};
    struct vm_eval e = {.data = &data, .hooks = &hooks};
    unsigned taken = 0, folded = 0;
    for (int i = 0; i < 200000; i++) {
        uint8_t code[40];
        uint32_t n = 1 + (uint32_t)rand() % sizeof code;
        for (uint32_t k = 0; k < n; k++)
            code[k] = (uint8_t)(rand() % 3 ? rand() % OP_COUNT : rand() % 4 ? 0 : rand());
        if (i % 4 == 0) { /* a fold of what stands before it */
            uint32_t size = 1 + (uint32_t)rand() % 12;
            code[size] = OP_NEED_FOLD;
            memset(code + size + 1, 0, 11);
            code[size + 3] = rand() % 2 ? OP_ADD : OP_MAX;
            code[size + 8] = (uint8_t)size;
            if (rand() % 2) { /* of a cell */
                memcpy(code, (uint8_t[]){OP_COL, (uint8_t)(rand() % 3), 0, 0, 0, 0, 0}, 7);
                code[size + 8] = size < 7 ? (uint8_t)size : 7;
            }
            n = size + 12;
        }
        data.code = code;
        data.ncode = n;
        uint32_t from = 0;
        if (i % 4 == 0)
            from = n - 12;
        struct value v;
        e.row[0] = (uint32_t)rand() % 4;
        if (vm_verify(code + from, n - from, &data, scope, NULL)) {
            taken++;
            folded += i % 4 == 0;
            vm_run(&e, code + from, n - from, &v);
        }
    }
    assert_true(taken > 1000 && folded > 1000);
    vm_eval_free(&e);
}

/* --- plan files --- */

static struct plan_code
text_code(struct plan_builder *b, const char *before, int var, const char *behind)
{
    struct buf code = {0};
    uint16_t n = 0;
    code_str(&code, strpool_adds(&b->strings, before));
    n++;
    if (var >= 0) {
        code_col(&code, (uint16_t)var, 0);
        code_fmt(&code, 0, 0, 255, 0);
        n++;
    }
    code_str(&code, strpool_adds(&b->strings, behind));
    n++;
    code_u16(&code, OP_CONCAT, n);
    struct plan_code c = plan_add_code(b, code.p, code.n);
    buf_free(&code);
    return c;
}

/* draw for i in 1 .. 3 writes "out/I.fits"; coadd needs all of draw. */
static void
make_plan(struct buf *image)
{
    struct plan_builder b;
    plan_builder_init(&b);
    struct plan_column col = {.type = VM_COL_INT, .data = UINT64_MAX, .first = 1, .step = 1};
    plan_add(&b, PLAN_COLUMNS, &col, sizeof col);
    struct plan_table t = {.nrows = 3, .first_column = 0, .ncolumns = 1, .label = 1};
    plan_add(&b, PLAN_TABLES, &t, sizeof t);
    struct plan_var v = {0};
    plan_add_place(&b, PLACE_VAR, plan_add(&b, PLAN_VARS, &v, sizeof v), "i", 0, 0);

    struct buf code = {0};
    code_str(&code, strpool_adds(&b.strings, "touch "));
    code_u16(&code, OP_OUT, 0);
    code_op(&code, OP_QUOTE);
    buf_putc(&code, QUOTE_WORD);
    code_u16(&code, OP_CONCAT, 2);
    struct plan_arg arg = {.code = plan_add_code(&b, code.p, code.n)};
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    buf_reset(&code);
    code_str(&code, strpool_adds(&b.strings, "cat "));
    code_need_out(&code, 0, 0, 1);
    code_u16(&code, OP_CONCAT, 2);
    arg.code = plan_add_code(&b, code.p, code.n);
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    buf_reset(&code);
    code_col(&code, 0, 0); /* coadd has no variables, so this is draw's first */
    struct plan_code cell = plan_add_code(&b, code.p, code.n);
    buf_reset(&code);
    code_need_fold(&code, 0, OP_ADD, cell);
    code_need_fold(&code, 0, OP_MAX, cell);
    code_op(&code, OP_MUL);
    const struct plan_code time = plan_add_code(&b, code.p, code.n);
    buf_free(&code);

    struct plan_file out = {.name = strpool_adds(&b.strings, "image"),
        .path = text_code(&b, "o u/", 0, ".fits")};
    plan_add(&b, PLAN_FILES, &out, sizeof out);
    struct plan_family draw = {.name = strpool_adds(&b.strings, "draw"),
        .ntasks = 3,
        .nvars = 1,
        .instances = PLAN_PRODUCT,
        .constant = 1,
        .shell = 1,
        .nargs = 1,
        .noutputs = 1};
    plan_add(&b, PLAN_FAMILIES, &draw, sizeof draw);
    struct plan_family coadd = {.name = strpool_adds(&b.strings, "coadd"),
        .first_task = 3,
        .ntasks = 1,
        .first_var = 1,
        .instances = PLAN_PRODUCT,
        .time = time,
        .shell = 1,
        .first_arg = 1,
        .nargs = 1,
        .first_output = 1,
        .nneeds = 1};
    plan_add(&b, PLAN_FAMILIES, &coadd, sizeof coadd);
    struct plan_need need = {.producer = 0,
        .ngroups = 1,
        .nmembers = 3,
        .group_of = plan_add_data(&b, (uint32_t[]){0}, 4),
        .start = plan_add_data(&b, (uint32_t[]){0, 3}, 8),
        .members = plan_add_data(&b, (uint32_t[]){0, 1, 2}, 12)};
    plan_add(&b, PLAN_NEEDS, &need, sizeof need);
    b.head.ntasks = 4;
    plan_finish(&b, image);
    plan_builder_free(&b);
}

static void
plan_round_trip(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0}, text = {0};
    make_plan(&image);
    struct plan *p = plan_from_bytes(image.p, image.n, "test", &why);
    if (!p)
        fail_msg("%s", why.p);
    struct plan_eval *e = plan_eval_new(p);
    assert_true(plan_text(e, 1, p->arg[0].code, &text));
    assert_string_equal(text.p, "touch 'o u/2.fits'");
    plan_eval_tag(e, "e7");
    buf_reset(&text);
    assert_true(plan_text(e, 1, p->arg[0].code, &text));
    assert_string_equal(text.p, "touch 'o u/.wfl-e7-1.2.fits'");
    buf_reset(&text);
    assert_true(plan_text(e, 3, p->arg[1].code, &text));
    assert_string_equal(text.p, "cat 'o u/1.fits' 'o u/2.fits' 'o u/3.fits'");
    buf_reset(&text);
    assert_true(plan_path(e, 2, 0, "e7", &text));
    assert_string_equal(text.p, "o u/.wfl-e7-2.3.fits");
    buf_reset(&text);
    plan_task_label(p, 2, &text);
    assert_string_equal(text.p, "draw[i=3]");
    struct hash128 a, b;
    assert_true(plan_task_identity(e, 1, &a));
    plan_eval_tag(e, NULL);
    assert_true(plan_task_identity(e, 1, &b));
    assert_memory_equal(&a, &b, sizeof a);
    assert_int_equal(plan_family_of(p, 2), 0);
    assert_int_equal(plan_family_of(p, 3), 1);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
    buf_free(&why);
    buf_free(&text);
}

/* The groups of a need are those of one family's tasks; another one may have more of them. */
static void
needs_are_not_shared(void **state)
{
    (void)state;
    for (uint32_t shared = 0; shared < 2; shared++) {
        struct plan_builder b;
        struct buf image = {0}, why = {0};
        plan_builder_init(&b);
        struct plan_arg arg = {.code = text_code(&b, "tr", -1, "ue")};
        plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
        struct plan_need need = {.ngroups = 1,
            .nmembers = 1,
            .group_of = UINT64_MAX,
            .start = UINT64_MAX,
            .members = UINT64_MAX};
        for (uint32_t i = 0; i < 3; i++) {
            struct plan_family f = {.first_task = i,
                .ntasks = 1,
                .instances = PLAN_PRODUCT,
                .nargs = 1,
                .nneeds = i > 0,
                .first_need = shared || i == 0 ? 0 : i - 1};
            plan_add(&b, PLAN_FAMILIES, &f, sizeof f);
            if (i)
                plan_add(&b, PLAN_NEEDS, &need, sizeof need);
        }
        b.head.ntasks = 3;
        plan_finish(&b, &image);
        struct plan *p = plan_from_bytes(image.p, image.n, "test", &why);
        assert_int_equal(p == NULL, shared);
        plan_close(p);
        plan_builder_free(&b);
        buf_free(&image);
        buf_free(&why);
    }
}

/* draw for v in 1 .. 2, s in 1 .. 3 bundle by v. */
static void
bundles(void **state)
{
    (void)state;
    struct plan_builder b;
    struct buf image = {0}, why = {0}, text = {0}, code = {0};
    plan_builder_init(&b);
    for (uint32_t i = 0; i < 2; i++) {
        struct plan_column col = {.type = VM_COL_INT, .data = UINT64_MAX, .first = 1, .step = 1};
        plan_add(&b, PLAN_COLUMNS, &col, sizeof col);
        struct plan_table t = {.nrows = 2 + i, .first_column = i, .ncolumns = 1, .label = 1};
        struct plan_var v = {.table = plan_add(&b, PLAN_TABLES, &t, sizeof t)};
        plan_add_place(&b, PLACE_VAR, plan_add(&b, PLAN_VARS, &v, sizeof v), i ? "s" : "v", 0, 0);
    }
    code_col(&code, 1, 1);
    code_fmt(&code, 0, 0, 255, 0);
    code_str(&code, strpool_adds(&b.strings, "="));
    code_u16(&code, OP_OUT, 0);
    code_u16(&code, OP_CONCAT, 3);
    struct plan_code each = plan_add_code(&b, code.p, code.n);
    buf_reset(&code);
    code_op(&code, OP_BUNDLE_SIZE);
    code_fmt(&code, 0, 0, 255, 0);
    code_str(&code, strpool_adds(&b.strings, " "));
    code_str(&code, strpool_adds(&b.strings, "^"));
    code_bundle_join(&code, each);
    code_u16(&code, OP_CONCAT, 3);
    struct plan_arg arg = {.code = plan_add_code(&b, code.p, code.n)};
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    struct plan_file out = {.name = strpool_adds(&b.strings, "image"),
        .path = text_code(&b, "o/", 0, ".fits")};
    plan_add(&b, PLAN_FILES, &out, sizeof out);
    struct plan_family draw = {.name = strpool_adds(&b.strings, "draw"),
        .ntasks = 6,
        .nvars = 2,
        .instances = PLAN_PRODUCT,
        .constant = 1,
        .shell = 1,
        .nargs = 1,
        .noutputs = 1,
        .bundle = 1};
    plan_add(&b, PLAN_FAMILIES, &draw, sizeof draw);
    b.head.ntasks = 6;
    plan_finish(&b, &image);
    struct plan *p = plan_from_bytes(image.p, image.n, "test", &why);
    if (!p)
        fail_msg("%s", why.p);

    struct plan_eval *e = plan_eval_new(p);
    struct hash128 alone, in_bundle;
    plan_eval_tag(e, "e1");
    assert_true(plan_text(e, 1, p->arg[0].code, &text));
    assert_string_equal(text.p, "1 2=o/.wfl-e1-1.1.fits");
    assert_true(plan_task_identity(e, 4, &alone));
    plan_eval_bundle(e, (uint32_t[]){4, 3, 5}, 3, 9);
    buf_reset(&text);
    assert_true(plan_text(e, 4, p->arg[0].code, &text));
    assert_string_equal(text.p, "3 2=o/.wfl-e1-4.2.fits^1=o/.wfl-e1-3.2.fits^3=o/.wfl-e1-5.2.fits");
    assert_true(plan_task_identity(e, 4, &in_bundle));
    assert_memory_equal(&alone, &in_bundle, sizeof alone);
    buf_reset(&text);
    plan_dump(p, &text);
    assert_non_null(strstr(text.p, "BUNDLE_JOIN of\n             0 COL 1.1\n"));
    plan_eval_free(e);
    plan_close(p);
    plan_builder_free(&b);
    buf_free(&image);
    buf_free(&why);
    buf_free(&text);
    buf_free(&code);
}

static void
same_bytes_again(void **state)
{
    (void)state;
    struct buf a = {0}, b = {0};
    make_plan(&a);
    make_plan(&b);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.p, b.p, a.n);
    buf_free(&a);
    buf_free(&b);
}

static void
damage_is_noticed(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0};
    make_plan(&image);
    for (size_t n = 0; n < image.n; n++) {
        buf_reset(&why);
        assert_null(plan_from_bytes(image.p, n, "cut", &why));
        assert_true(why.n > 0);
    }
    for (size_t i = 0; i < image.n; i++) {
        image.p[i] ^= 0x10;
        buf_reset(&why);
        assert_null(plan_from_bytes(image.p, image.n, "flipped", &why));
        image.p[i] ^= 0x10;
    }
    buf_reset(&why);
    ((struct plan_head *)(void *)image.p)->version = 99;
    assert_null(plan_from_bytes(image.p, image.n, "new", &why));
    assert_non_null(strstr(why.p, "a plan of version 99"));
    buf_free(&image);
    buf_free(&why);
}

/* Makes the need of the second family say by arithmetic what it says by groups. */
static void
share_need(char *image)
{
    struct plan_head *h = (void *)image;
    struct plan_need *n = (void *)(image + h->section[PLAN_NEEDS].offset);
    n->kind = PLAN_SHARED;
    n->nmembers = 0;
    n->group_of = n->start = UINT64_MAX;
    h->hash = plan_hash((uint8_t *)image, h->size);
}

static void
needs_by_arithmetic(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0}, stored = {0}, shared = {0};
    make_plan(&image);
    for (int i = 0; i < 2; i++) {
        if (i)
            share_need(image.p);
        struct plan *p = plan_from_bytes(image.p, image.n, "test", &why);
        if (!p)
            fail_msg("%s", why.p);
        assert_int_equal(p->relation[0].arithmetic, i);
        struct plan_eval *e = plan_eval_new(p);
        assert_true(plan_text(e, 3, p->arg[p->family[1].first_arg].code, i ? &shared : &stored));
        for (int again = 0; again < 2; again++) {
            double seconds = 0;
            assert_true(plan_number(e, 3, p->family[1].time, &seconds));
            assert_true(seconds == (1 + 2 + 3) * 3);
        }
        plan_eval_free(e);
        plan_close(p);
    }
    assert_string_equal(stored.p, shared.p);
    struct plan_head *h = (void *)image.p;
    struct plan_need *n = (void *)(image.p + h->section[PLAN_NEEDS].offset);
    const struct plan_need good = *n;
    for (int i = 0; i < 5; i++) { /* what does not fit the families */
        *n = good;
        *(i == 0 ? &n->kind : i == 1 ? &n->ngroups : &n->nmembers) = 2;
        if (i == 3)
            n->members = UINT64_MAX;
        if (i == 4)
            *n = (struct plan_need){.kind = PLAN_SHARED, .ngroups = 1};
        h->hash = plan_hash((uint8_t *)image.p, image.n);
        buf_reset(&why);
        assert_null(plan_from_bytes(image.p, image.n, "test", &why));
        assert_non_null(strstr(why.p, i == 0 ? "unknown kind" : "a need's variables"));
    }
    buf_free(&image);
    buf_free(&why);
    buf_free(&stored);
    buf_free(&shared);
}

/* Damage with a checksum that fits: no offset is trusted. What is still opened is used. */
static void
hostile_plans_are_harmless(void **state)
{
    (void)state;
    srand(2);
    struct buf image = {0}, why = {0}, text = {0};
    make_plan(&image);
    char *good = malloc(image.n);
    memcpy(good, image.p, image.n);
    unsigned opened = 0;
    for (int i = 0; i < 40000; i++) {
        memcpy(image.p, good, image.n);
        if (i % 2)
            share_need(image.p);
        for (int k = rand() % 3; k >= 0; k--) {
            size_t at = 8 + (size_t)rand() % (image.n - 8);
            image.p[at] = (char)(rand() % 2 ? rand() : rand() % 5);
        }
        struct plan_head *h = (void *)image.p;
        h->hash = plan_hash((uint8_t *)image.p, image.n);
        buf_reset(&why);
        struct plan *p = plan_from_bytes(image.p, image.n, "hostile", &why);
        if (!p)
            continue;
        opened++;
        struct plan_eval *e = plan_eval_new(p);
        for (uint32_t t = 0; t < p->head->ntasks && t < 10; t++) {
            const struct plan_family *f = &p->family[plan_family_of(p, t)];
            buf_reset(&text);
            plan_text(e, t, p->arg[f->first_arg].code, &text);
            plan_task_label(p, t, &text);
            if (f->noutputs)
                plan_path(e, t, f->first_output, "e1", &text);
            double n;
            plan_number(e, t, f->time, &n);
        }
        plan_eval_free(e);
        if (i % 100 == 0)
            plan_dump(p, &text);
        plan_close(p);
    }
    assert_true(opened > 100);
    free(good);
    buf_free(&image);
    buf_free(&why);
    buf_free(&text);
}

static void
open_tells_why(void **state)
{
    (void)state;
    struct buf why = {0};
    assert_null(plan_open("/nowhere/campaign.wflp", &why));
    assert_string_equal(why.p, "/nowhere/campaign.wflp: No such file or directory");
    buf_reset(&why);
    assert_null(plan_open("/dev/null", &why));
    assert_string_equal(why.p, "/dev/null: not a regular file, not a wflc plan");
    char pipe_name[] = "/tmp/wfl-test-plan-XXXXXX";
    assert_non_null(mkdtemp(pipe_name));
    struct buf path = {0};
    buf_printf(&path, "%s/pipe", pipe_name);
    assert_int_equal(mkfifo(path.p, 0600), 0);
    buf_reset(&why);
    assert_null(plan_open(path.p, &why)); /* and waits for nobody */
    assert_non_null(strstr(why.p, "pipe: not a regular file"));
    unlink(path.p);
    rmdir(pipe_name);
    buf_free(&path);
    buf_free(&why);
}

/* Numbers with a good checksum around them that no compiler writes: each would be memory, or a
 * loop. */
static void
absurd_numbers(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0};
    make_plan(&image);
    struct plan_head *h = (struct plan_head *)(void *)image.p;
    const struct {
        uint32_t *of, value;
        const char *says; /* NULL: good */
    } change[] = {{&h->gpus, 4096, NULL}, {&h->gpus, UINT32_MAX, NULL},
        {&h->gpus, 4000000000, "damaged plan: more cores or GPUs than a node may have"},
        {&h->gpus, 4097, "damaged plan: more cores or GPUs"}, {&h->cores, 65536, NULL},
        {&h->cores, 4000000000, "damaged plan: more cores or GPUs"},
        {&h->ntasks, 4000000000, "damaged plan: more tasks than a plan may have"}};
    for (size_t i = 0; i < sizeof change / sizeof *change; i++) {
        uint32_t before = *change[i].of;
        *change[i].of = change[i].value;
        h->hash = plan_hash((const uint8_t *)image.p, image.n);
        buf_reset(&why);
        struct plan *p = plan_from_bytes(image.p, image.n, "test", &why);
        assert_int_equal(p == NULL, change[i].says != NULL);
        if (!p)
            assert_non_null(strstr(why.p, change[i].says));
        plan_close(p);
        *change[i].of = before;
    }
    buf_free(&image);
    buf_free(&why);
}

/* Somebody cuts the file, or removes it and uses its blocks: who has it open goes on. */
static void
open_is_its_own(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0}, before = {0}, after = {0};
    make_plan(&image);
    char name[] = "/tmp/wfl-test-plan-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image.p, image.n), image.n);
    struct plan *p = plan_open(name, &why);
    assert_non_null(p);
    plan_dump(p, &before);
    assert_int_equal(ftruncate(fd, 0), 0);
    plan_dump(p, &after); /* was SIGBUS */
    assert_string_equal(before.p, after.p);
    plan_close(p);
    assert_null(plan_open(name, &why));
    assert_non_null(strstr(why.p, ": empty, not a wflc plan"));
    close(fd);
    unlink(name);
    buf_free(&image);
    buf_free(&why);
    buf_free(&before);
    buf_free(&after);
}

/* Shards: every task in one, and what is not so is noticed. */
static void
shards(void **state)
{
    (void)state;
    struct buf image = {0}, moved = {0}, why = {0};
    make_plan(&image);
    struct plan *p = plan_from_bytes(image.p, image.n, "all", &why);
    assert_non_null(p);
    assert_int_equal(p->nshards, 1);
    assert_int_equal(plan_shard_of(p, 3), 0);
    assert_int_equal(plan_shard_tasks(p, 0), 4);
    const uint64_t identity = p->head->identity;

    const struct plan_range run[] = {{1, 1}, {3, 1}, {0, 1}, {2, 1}};
    const struct plan_shard shard[] = {{0, 2, 2}, {2, 2, 2}};
    struct plan_at at = {.site = "cori",
        .cores = 68,
        .gpus = 0,
        .memory = 76,
        .njobs = 2,
        .job_nodes = 8,
        .job_seconds = 3600,
        .nshards = 2,
        .nruns = 4,
        .shard = shard,
        .run = run};
    plan_move(p, &at, &moved);
    struct plan *q = plan_from_bytes(moved.p, moved.n, "moved", &why);
    assert_non_null(q);
    assert_string_equal(plan_site(q), "cori");
    assert_string_equal(plan_site(p), "");
    assert_int_equal(q->head->memory, 76);
    assert_true(q->head->identity != identity);
    static const uint32_t of[] = {1, 0, 1, 0};
    for (uint32_t t = 0; t < 4; t++)
        assert_int_equal(plan_shard_of(q, t), of[t]);
    struct plan_range r;
    uint32_t i = 0, n = 0, sum = 0;
    for (; plan_shard_run(q, 1, &i, &r); n++)
        sum += r.first_task;
    assert_int_equal(n, 2);
    assert_int_equal(sum, 2);
    plan_close(q);

    /* a task twice, a task in none, runs that go back, a shard of others' runs */
    static const struct plan_range bad[][4] = {{{1, 1}, {3, 1}, {1, 1}, {2, 1}},
        {{1, 1}, {3, 1}, {0, 1}, {2, 3}}, {{3, 1}, {1, 1}, {0, 1}, {2, 1}},
        {{1, 1}, {3, 1}, {0, 2}, {2, 0}}};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        at.run = bad[k];
        plan_move(p, &at, &moved);
        assert_null(plan_from_bytes(moved.p, moved.n, "bad", &why));
    }
    const struct plan_shard other[] = {{0, 2, 2}, {0, 2, 2}};
    at.run = run;
    at.shard = other;
    plan_move(p, &at, &moved);
    assert_null(plan_from_bytes(moved.p, moved.n, "bad", &why));

    /* where it stands is no part of what is planned */
    at = (struct plan_at){.site = "theta", .gpus = 4, .memory = 5};
    plan_move(p, &at, &moved);
    q = plan_from_bytes(moved.p, moved.n, "moved", &why);
    assert_int_equal(q->head->identity, identity);
    plan_close(q);
    plan_close(p);
    buf_free(&image);
    buf_free(&moved);
    buf_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_number_arithmetic),
        cmocka_unit_test(real_numbers),
        cmocka_unit_test(formats),
        cmocka_unit_test(patterns),
        cmocka_unit_test(branches_are_lazy),
        cmocka_unit_test(verifier_refuses),
        cmocka_unit_test(named_codes_are_bounded),
        cmocka_unit_test(random_code_is_harmless),
        cmocka_unit_test(plan_round_trip),
        cmocka_unit_test(needs_are_not_shared),
        cmocka_unit_test(bundles),
        cmocka_unit_test(same_bytes_again),
        cmocka_unit_test(damage_is_noticed),
        cmocka_unit_test(needs_by_arithmetic),
        cmocka_unit_test(hostile_plans_are_harmless),
        cmocka_unit_test(open_tells_why),
        cmocka_unit_test(absurd_numbers),
        cmocka_unit_test(open_is_its_own),
        cmocka_unit_test(shards),
    };
    return cmocka_run_group_tests(tests, setup_pool, free_pool);
}
