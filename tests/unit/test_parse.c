#include "config.h"

#include "parser/ast.h"
#include "util/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the parser makes of a text: its messages, or its tree if there are none. */
static char *
parse(const char *text, size_t n, bool with_tree)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    struct diags *d = diag_new();
    struct ast_tree *t = ast_tree_new();
    assert_non_null(to);
    struct ast *a = wfl_parse(t, d, diag_source_text(d, "t", text, n));
    assert_non_null(a);
    assert_int_equal(a->kind, AST_FILE);
    diag_print(d, to, false, 0);
    for (a = a->child; a && with_tree && diag_count(d, DIAG_ERROR) == 0; a = a->next)
        ast_dump(a, d, to);
    assert_int_equal(fclose(to), 0);
    ast_tree_free(t);
    diag_free(d);
    return out;
}

static void
check(const char *text, const char *expected)
{
    char *got = parse(text, strlen(text), true);
    assert_string_equal(got, expected);
    free(got);
}

static void
test_numbers(void **state)
{
    (void)state;
    check("set a = 1..5", "set a @1:1\n  range @1:9\n    int 1 @1:9\n    int 5 @1:12\n");
    check("let a = 2e-3", "let a @1:1\n  real 2e-3 @1:9\n");
    check("let a = 1.5h", "let a @1:1\n  quantity h @1:9\n    real 1.5 @1:9\n");
    check("let a = 9223372036854775807", "let a @1:1\n  int 9223372036854775807 @1:9\n");
}

static void
test_strings(void **state)
{
    (void)state;
    check("let a = \"\"", "let a @1:1\n  string @1:9\n");
    check("let a = 'x {y} \\n'", "let a @1:1\n  string @1:9\n    text \"x {y} \\\\n\" @1:9\n");
    check("let a = \"{{x}} } \\t\\\"\\\\\"",
        "let a @1:1\n  string @1:9\n    text \"{x} } \\t\\\"\\\\\" @1:10\n");
    check("let a = \"one  \n   two\r\n\n three\"",
        "let a @1:1\n  string @1:9\n    text \"one two three\" @1:10\n");
    check("let a = \"{x}\n  {y:08}\"",
        "let a @1:1\n  string @1:9\n    insert @1:10\n      name x @1:11\n    text \" \" @1:13\n"
        "    insert \"08\" @2:3\n      name y @2:4\n");
    check("let a = \"{f(x, \"b{c}\")}\"",
        "let a @1:1\n  string @1:9\n    insert @1:10\n      call @1:11\n        name f @1:11\n"
        "        name x @1:13\n        string @1:16\n          text \"b\" @1:17\n"
        "          insert @1:18\n            name c @1:19\n");
}

static void
test_block_strings(void **state)
{
    (void)state;
    check("let a = \"\"\"\n    x\n      y {z}\n\n    \\n\"q\n    \"\"\"",
        "let a @1:1\n  string @1:9\n    text \"x\\n  y \" @1:12\n    insert @3:9\n      name z "
        "@3:10\n"
        "    text \"\\n\\n\\\\n\\\"q\\n\" @3:12\n");
    check("let a = \"\"\"x\n  y\"\"\"", "let a @1:1\n  string @1:9\n    text \"x\\ny\" @1:12\n");
    check("let a = \"\"\"\n    {x}\n   y\"\"\"",
        "let a @1:1\n  string @1:9\n    text \" \" @1:12\n    insert @2:5\n      name x @2:6\n"
        "    text \"\\ny\" @2:8\n");
    check("let a = \"\"\"\n\"\"\"", "let a @1:1\n  string @1:9\n");
}

static void
test_lines(void **state)
{
    (void)state;
    check("let a = b +\n c # d\n\n\nlet d = max(1,\n2\n)",
        "let a @1:1\n  binary + @1:9\n    name b @1:9\n    name c @2:2\n"
        "let d @5:1\n  call @5:9\n    name max @5:9\n    int 1 @5:13\n    int 2 @6:1\n");
    check("table t from x\n\n  # rows\n  where y\n\n{ z 1 }",
        "table t @1:1\n  name x @1:14\n  where @4:3\n    name y @4:9\n  prop z @6:3\n    int 1 "
        "@6:5\n");
    check("task t\nfor x\nin y\nneeds a\n{ cores 1 }",
        "task t @1:1\n  for x @2:5\n    name y @3:4\n  needs a @4:7\n  prop cores @5:3\n    int 1 "
        "@5:9\n");
}

static void
test_words_as_names(void **state)
{
    (void)state;
    check("let image = v.time + run.memory",
        "let image @1:1\n  binary + @1:13\n    field time @1:13\n      name v @1:13\n"
        "    field memory @1:22\n      name run @1:22\n");
    check("task task for visits in set { output check \"x\" check check }",
        "task task @1:1\n  for visits @1:15\n    name set @1:25\n  output check @1:31\n"
        "    string @1:44\n      text \"x\" @1:45\n    check check @1:54\n");
}

static void
test_labels(void **state)
{
    (void)state;
    check("region r = box(ra -1 deg .. 2 deg)",
        "region r @1:1\n  call @1:12\n    name box @1:12\n    arg ra @1:16\n      range @1:19\n"
        "        unary - @1:19\n          quantity deg @1:20\n            int 1 @1:20\n"
        "        quantity deg @1:29\n          int 2 @1:29\n");
    check("let a = box(b - 1)",
        "let a @1:1\n  call @1:9\n    name box @1:9\n    binary - @1:13\n      name b @1:13\n"
        "      int 1 @1:17\n");
    /* blanks at the end of a line mean nothing */
    static const char *const broken[] = {"let a = box(b -\n1)", "let a = box(b - \n1)"};
    for (int i = 0; i < 2; i++)
        check(broken[i], "let a @1:1\n  call @1:9\n    name box @1:9\n    binary - @1:13\n"
                         "      name b @1:13\n      int 1 @2:1\n");
}

static void
test_recovery(void **state)
{
    (void)state;
    check("task t {\n  cores = 4\n  memory 2 GB +\n}\nlet a 1\nlet b = 2\n",
        "t:2:9: error: unexpected '=', expected a value [syntax]\n"
        "    2 |   cores = 4\n"
        "      |         ^\n"
        "  help: leave out the '=': cores 4\n"
        "t:4:1: error: unexpected '}', expected a value [syntax]\n"
        "    4 | }\n"
        "      | ^\n"
        "t:5:7: error: unexpected number, expected '=' [syntax]\n"
        "    5 | let a 1\n"
        "      |       ^\n"
        "  help: as in: let NAME = VALUE\n");
}

static void
test_hostile(void **state)
{
    (void)state;
    static const char *const piece[] = {"(", "[", "{", "- ", "not ", "if ", "a.", "1+", "\"{", "}",
        "x\n", "\"", "\"\"\"{", "a=(", "let a = [", "task t {\n", "\xff", "\r", "'"};
    for (size_t i = 0; i < sizeof piece / sizeof piece[0]; i++) {
        struct buf b = {0};
        buf_puts(&b, i % 2 ? "let a = " : "task t { memory ");
        while (b.n < 200000)
            buf_puts(&b, piece[i]);
        char *got = parse(b.p, b.n, false);
        assert_non_null(strstr(got, "error:"));
        free(got);
        buf_free(&b);
    }
}

/* A generator of our own: the same mutants everywhere. */
static uint32_t
next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void
mutate(struct buf *b, const char *text, size_t n, uint64_t *seed)
{
    static const char *const piece[] = {"{", "}", "(", ")", "[", "]", "\"", "'", "\"\"\"", "\n",
        ";", "=", ":", " task ", " memory ", " where ", " 1 ", "..", "#", "\\", "\xc3\xa4", "\x01",
        ","};
    buf_reset(b);
    buf_add(b, text, n);
    for (uint32_t edits = next_random(seed) % 4 + 1; edits > 0; edits--) {
        size_t at = next_random(seed) % (b->n + 1), cut = next_random(seed) % 12;
        struct buf out = {0};
        if (cut > b->n - at)
            cut = b->n - at;
        if (next_random(seed) % 2)
            cut = 0;
        buf_add(&out, b->p, at);
        if (!cut)
            buf_puts(&out, piece[next_random(seed) % (sizeof piece / sizeof piece[0])]);
        buf_add(&out, b->p + at + cut, b->n - at - cut);
        buf_free(b);
        *b = out;
    }
}

static void
test_mutants(void **state)
{
    (void)state;
    static const char *const example[] = {"example-dc2", "example-drp", "example-irf",
        "everything"};
    uint64_t seed = 20261120;
    const char *top = getenv("top_srcdir");
    for (size_t i = 0; i < sizeof example / sizeof example[0]; i++) {
        char path[4096];
        uint32_t file;
        size_t n;
        struct buf b = {0};
        struct diags *d = diag_new();
        snprintf(path, sizeof path, "%s/tests/golden/syntax/%s.wfl", top ? top : ".", example[i]);
        assert_int_equal(diag_source_file(d, path, &file), 0);
        const char *text = diag_text(d, file, &n);
        for (int round = 0; round < 400; round++) {
            mutate(&b, text, n, &seed);
            free(parse(b.p, b.n, true));
        }
        buf_free(&b);
        diag_free(d);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_block_strings),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_words_as_names),
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
