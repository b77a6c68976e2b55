#include "config.h"

#include "diag/diag.h"
#include "diag/utf8.h"
#include "util/buf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *
print(struct diags *d, bool colour, unsigned most)
{
    char *out = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&out, &size);
    assert_non_null(to);
    diag_print(d, to, colour, most);
    assert_int_equal(fclose(to), 0);
    return out;
}

/* One error about bytes start .. end-1 of `text`. */
static void
check_caret(const char *text, uint32_t start, uint32_t end, const char *expected)
{
    struct diags *d = diag_new();
    uint32_t file = diag_source_text(d, "a", text, strlen(text));
    diag_add(d, DIAG_ERROR, "c", (struct span){file, start, end}, "m");
    char *got = print(d, false, 0);
    assert_string_equal(got, expected);
    free(got);
    diag_free(d);
}

static void
test_plain(void **state)
{
    (void)state;
    check_caret("one\ntwo three\n", 8, 13,
        "a:2:5: error: m [c]\n    2 | two three\n      |     ^~~~~\n");
}

static void
test_tabs(void **state)
{
    (void)state;
    check_caret("\tx\ty\n", 3, 4,
        "a:1:4: error: m [c]\n    1 |         x       y\n      |                 ^\n");
    check_caret("a\tb", 1, 3, "a:1:2: error: m [c]\n    1 | a       b\n      |  ^~~~~~~~\n");
}

static void
test_width(void **state)
{
    (void)state;
    /* U+4E2D is wide, U+0301 combines. */
    check_caret("\xe4\xb8\xad"
                "e\xcc\x81"
                "x",
        6, 7,
        "a:1:4: error: m [c]\n    1 | \xe4\xb8\xad"
        "e\xcc\x81"
        "x\n      |    ^\n");
    check_caret("\xe4\xb8\xad\xe4\xb8\xad", 0, 6,
        "a:1:1: error: m [c]\n    1 | \xe4\xb8\xad\xe4\xb8\xad\n      | ^~~~\n");
    check_caret("\xff\x1b[1mx", 5, 6, "a:1:6: error: m [c]\n    1 | ??[1mx\n      |      ^\n");
    uint32_t code;
    assert_int_equal(utf8_next("\xc0\x80", 2, &code), 1);
    assert_int_equal(code, 0xfffd);
    assert_int_equal(utf8_next("\xed\xa0\x80", 3, &code), 1); /* a surrogate */
    assert_int_equal(utf8_next("\xf0\x9f\x98\x80", 4, &code), 4);
    assert_int_equal(code, 0x1f600);
    assert_int_equal(utf8_next("\xe4\xb8", 2, &code), 1); /* cut short */
}

static void
test_long_line(void **state)
{
    (void)state;
    struct buf b = {0}, expected = {0};
    for (int i = 0; i < 400; i++)
        buf_putc(&b, (char)('a' + i % 26));
    buf_puts(&expected, "a:1:201: error: m [c]\n    1 | ...");
    buf_add(&expected, b.p + 153, 94);
    buf_puts(&expected, "...\n      | ");
    buf_printf(&expected, "%50s^~~~\n", "");
    check_caret(b.p, 200, 204, expected.p);
    buf_reset(&expected); /* at the start of the line, longer than the window */
    buf_puts(&expected, "a:1:1: error: m [c]\n    1 | ");
    buf_add(&expected, b.p, 97);
    buf_puts(&expected, "...\n      | ^");
    for (int i = 0; i < 99; i++)
        buf_putc(&expected, '~');
    buf_puts(&expected, "\n");
    check_caret(b.p, 0, 400, expected.p);
    buf_reset(&expected); /* behind its end */
    buf_puts(&expected, "a:1:401: error: m [c]\n    1 | ...");
    buf_add(&expected, b.p + 303, 97);
    buf_printf(&expected, "\n      | %100s^\n", "");
    check_caret(b.p, 400, 400, expected.p);
    buf_free(&b);
    buf_free(&expected);
}

static void
test_many_lines(void **state)
{
    (void)state;
    check_caret("x abc  \n  def\nz", 2, 13,
        "a:1:3: error: m [c]\n    1 | x abc  \n      |   ^~~...\n");
    check_caret("abc\r\n", 0, 5, "a:1:1: error: m [c]\n    1 | abc\n      | ^~~\n");
}

static void
test_end_of_file(void **state)
{
    (void)state;
    check_caret("abc\n", 4, 4, "a:2:1: error: m [c]\n    2 |\n      | ^\n");
    check_caret("abc", 3, 3, "a:1:4: error: m [c]\n    1 | abc\n      |    ^\n");
    check_caret("abc", 1, 3, "a:1:2: error: m [c]\n    1 | abc\n      |  ^~\n");
    check_caret("", 0, 0, "a:1:1: error: m [c]\n    1 |\n      | ^\n");
    check_caret("ab", 9, 12, "a:1:3: error: m [c]\n    1 | ab\n      |   ^\n");
}

static void
test_queue(void **state)
{
    (void)state;
    struct diags *d = diag_new();
    uint32_t a = diag_source_text(d, "a", "one two", 7);
    uint32_t b = diag_source_text(d, "b", "three", 5);
    diag_add(d, DIAG_ERROR, "c", NO_SPAN, "nowhere\033[1m");
    diag_add(d, DIAG_ERROR, "c", (struct span){b, 0, 5}, "third");
    diag_add(d, DIAG_WARNING, "c", (struct span){a, 4, 7}, "second");
    struct diag *m = diag_add(d, DIAG_ERROR, "c", (struct span){a, 4, 7}, "first %d", 1);
    diag_note(m, (struct span){a, 0, 3}, "see");
    diag_note(m, NO_SPAN, "said %s", "so");
    diag_help(m, "do");
    diag_add(d, DIAG_ERROR, "c", (struct span){b, 0, 5}, "third");
    assert_int_equal(diag_count(d, DIAG_ERROR), 4);
    assert_int_equal(diag_count(d, DIAG_WARNING), 1);
    char *got = print(d, false, 2);
    assert_string_equal(got,
        "a:1:5: error: first 1 [c]\n    1 | one two\n      |     ^~~\n  help: do\n"
        "a:1:1: note: see\n    1 | one two\n      | ^~~\n  note: said so\n"
        "a:1:5: warning: second [c]\n    1 | one two\n      |     ^~~\n"
        "b:1:1: error: third [c]\n    1 | three\n      | ^~~~~\n"
        "1 more error not shown\n");
    free(got);
    got = print(d, false, 0);
    assert_string_equal(got, "");
    free(got);
    diag_add(d, DIAG_ERROR, "c", NO_SPAN, "nowhere\033[1m");
    got = print(d, false, 0);
    assert_string_equal(got, "error: nowhere?[1m [c]\n");
    free(got);
    diag_free(d);
}

static void
test_colours(void **state)
{
    (void)state;
    struct diags *d = diag_new();
    uint32_t a = diag_source_text(d, "a", "x", 1);
    diag_help(diag_add(d, DIAG_WARNING, "c", (struct span){a, 0, 1}, "m"), "h");
    char *got = print(d, true, 0);
    assert_string_equal(got,
        "\033[1ma:1:1:\033[0m \033[1;35mwarning:\033[0m \033[1mm\033[0m [c]\n    1 | x\n"
        "      | \033[1;35m^\033[0m\n  \033[1;36mhelp:\033[0m h\n");
    free(got);
    diag_free(d);
}

static void
test_files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_diag.XXXXXX";
    int fd = mkstemp(path);
    uint32_t one, two;
    struct diags *d = diag_new();
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\nb", 3), 3);
    assert_int_equal(diag_source_file(d, path, &one), 0);
    assert_int_equal(diag_source_file(d, path, &two), 0);
    assert_int_equal(one, two);
    assert_string_equal(diag_name(d, one), path);
    size_t n;
    assert_string_equal(diag_text(d, one, &n), "a\nb");
    assert_int_equal(n, 3);
    diag_free(d);
    d = diag_new();
    assert_int_equal(write(fd, "\0", 1), 1);
    close(fd);
    assert_int_equal(diag_source_file(d, path, &one), EILSEQ);
    unlink(path);
    assert_int_equal(diag_source_file(d, path, &one), ENOENT);
    assert_int_equal(diag_source_file(d, "/", &one), EISDIR);
    diag_free(d);
}

static void
test_nearest(void **state)
{
    (void)state;
    static const char *const words[] = {"memory", "cores", "time", "limit", "run"};
    const size_t n = sizeof words / sizeof words[0];
    assert_string_equal(diag_nearest("memori", words, n), "memory");
    assert_string_equal(diag_nearest("meomry", words, n), "memory");
    assert_string_equal(diag_nearest("core", words, n), "cores");
    assert_string_equal(diag_nearest("rnu", words, n), "run");
    assert_string_equal(diag_nearest("tine", words, n), "time");
    assert_null(diag_nearest("xyz", words, n));
    assert_null(diag_nearest("", words, n));
    static const char *const kitten[] = {"kitten", "sittin"};
    assert_string_equal(diag_nearest("sitten", kitten, 2), "kitten"); /* a tie: the first */
    static const char *const far[] = {"sitting"};
    assert_null(diag_nearest("kitten", far, 1)); /* 3 edits of 7 letters */
}

static void
test_levels(void **state)
{
    (void)state;
    struct diags *d = diag_new();
    uint32_t file = diag_source_text(d, "a", "text", 4);
    struct span at = {file, 0, 1};
    diag_set_level(d, "off", DIAG_LEVEL_OFF);
    diag_set_level(d, "raised", DIAG_LEVEL_OFF);
    diag_set_level(d, "raised", DIAG_LEVEL_ERROR);
    diag_help(diag_add(d, DIAG_WARNING, "off", at, "hidden"), "hidden too");
    diag_add(d, DIAG_WARNING, "plain", at, "one");
    assert_false(diag_failed(d));
    diag_add(d, DIAG_WARNING, "raised", at, "two");
    assert_true(diag_failed(d));
    assert_int_equal(diag_count(d, DIAG_ERROR), 0);
    assert_int_equal(diag_count(d, DIAG_WARNING), 3);
    char *got = print(d, false, 0);
    assert_string_equal(got, "a:1:1: error: two [raised]\n    1 | text\n      | ^\n"
                             "a:1:1: warning: one [plain]\n    1 | text\n      | ^\n");
    free(got);
    diag_add(d, DIAG_WARNING, "raised", at, "two");
    diag_add(d, DIAG_ERROR, "off", at, "an error stays");
    got = print(d, false, 1);
    assert_string_equal(got,
        "a:1:1: error: two [raised]\n    1 | text\n      | ^\n1 more error not shown\n");
    free(got);
    diag_free(d);
}

static void
add_name(void *arg, const char *path, bool is_pattern)
{
    buf_printf(arg, "%s%s\n", is_pattern ? "? " : "", path);
}

static void
test_dependencies(void **state)
{
    (void)state;
    char path[] = "/tmp/test_diag.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct diags *d = diag_new();
    uint32_t file;
    struct buf expected = {0}, got = {0};
    diag_source_text(d, "-D x", "1", 1);
    assert_int_equal(diag_source_file(d, path, &file), 0);
    assert_int_equal(diag_source_file(d, path, &file), 0);
    assert_int_equal(diag_source_file(d, "/nowhere/a", &file), ENOENT);
    diag_depend_pattern(d, "x/*");
    diag_depend(d, "x/y");
    unlink(path);
    diag_each_dependency(d, add_name, &got);
    buf_printf(&expected, "%s\n? x/*\nx/y\n", path);
    assert_string_equal(got.p, expected.p);
    buf_free(&expected);
    buf_free(&got);
    diag_free(d);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_tabs),
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_many_lines),
        cmocka_unit_test(test_end_of_file),
        cmocka_unit_test(test_queue),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_dependencies),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
