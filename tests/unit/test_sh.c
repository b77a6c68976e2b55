/* The writer of shell: what it quotes, a shell reads back. */
#include "config.h"

#include "codegen/sh.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "place_lib.h"

static void
words(void **state)
{
    (void)state;
    static const char odd[] = "a'b \"c\" `id` $(id) \\ $ ${x} * ~ ! #";
    const struct sh_insert insert[] = {{"n", "$n"}, {"four", "4"}};
    struct buf out = {0}, want = {0};
    struct sh s;
    sh_begin(&s, "/bin/sh");
    sh_code(&s, "n='two words' who=me");
    sh_raw(&s, "printf '%s\\n'");
    sh_word(&s, "a word", odd);
    sh_template(&s, "a template", "{n}={four}{none}", insert, 2);
    sh_template(&s, "a template", "{four}/{n}`id`\"$n", insert, 2);
    sh_template(&s, "a template", "x{four}", insert, 2);
    sh_template(&s, "a template", "", insert, 2);
    sh_path(&s, "a path", "/mnt/$who/`id`/$(id)/\"\\");
    sh_path(&s, "a path", "/mnt/a b");
    sh_raw(&s, " >out");
    sh_end(&s);
    assert_int_equal(s.why.n, 0);
    assert_int_equal(file_write_atomic("words", s.out.p, s.out.n, 0666), 0);
    assert_int_equal(system("sh words"), 0);
    assert_int_equal(file_read("out", &out), 0);
    buf_printf(&want,
        "%s\ntwo words=4{none}\n4/two words`id`\"$n\nx4\n\n/mnt/me/`id`/$(id)/\"\\\n/mnt/a b\n",
        odd);
    assert_string_equal(out.p, want.p);
    sh_word(&s, "a word", "a\nb");
    assert_non_null(strstr(s.why.p, "a word has a control character"));
    sh_free(&s);
    buf_free(&out);
    buf_free(&want);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words)};
    return cmocka_run_group_tests_name("sh", tests, place_begin, place_end);
}
