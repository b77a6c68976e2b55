/* What wflc top shows, without a terminal: lines, keys, lists of many tasks, terms. */
#include "config.h"

#include "diag/utf8.h"
#include "plan/build.h"
#include "report/words.h"
#include "top/draw.h"
#include "util/file.h"
#include "util/list.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { RUNNING = 3, ENDED = 3001, ALL = 4000 };

static char dir[64], state_dir[80];
static const int64_t base_us = INT64_C(1700000000) * 1000000;
static uint32_t seed = 11;

static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

/* --- a campaign: draw, of many tasks, and idle, of two --- */

static void
add_family(struct plan_builder *b, const char *name, uint32_t n)
{
    struct buf code = {0};
    struct plan_column col = {.type = VM_COL_INT, .data = UINT64_MAX, .first = 0, .step = 1};
    uint32_t column = plan_add(b, PLAN_COLUMNS, &col, sizeof col);
    struct plan_table t = {.nrows = n, .first_column = column, .ncolumns = 1, .label = 1};
    struct plan_var v = {plan_add(b, PLAN_TABLES, &t, sizeof t)};
    code_str(&code, strpool_adds(&b->strings, "true"));
    struct plan_arg arg = {.code = plan_add_code(b, code.p, code.n)};
    struct plan_family f = {.name = strpool_adds(&b->strings, name),
        .first_task = b->head.ntasks,
        .ntasks = n,
        .first_var = plan_add(b, PLAN_VARS, &v, sizeof v),
        .nvars = 1,
        .instances = PLAN_PRODUCT,
        .constant = 1,
        .shell = 1,
        .first_arg = plan_add(b, PLAN_ARGS, &arg, sizeof arg),
        .nargs = 1,
        .first_need = plan_count(b, PLAN_NEEDS, sizeof(struct plan_need))};
    buf_reset(&code);
    code_real(&code, 300);
    f.limit = plan_add_code(b, code.p, code.n);
    buf_free(&code);
    plan_add_place(b, PLACE_VAR, f.first_var, "i", 0, 0);
    uint32_t index = plan_add(b, PLAN_FAMILIES, &f, sizeof f);
    plan_add_place(b, PLACE_FAMILY, index, "many.wfl", 10, 1);
    b->head.ntasks += n;
}

static uint64_t
write_plan(void)
{
    struct plan_builder b;
    struct buf image = {0}, path = {0}, why = {0};
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "many");
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "draw", ALL);
    add_family(&b, "idle", 2);
    plan_finish(&b, &image);
    buf_printf(&path, "%s/campaign.wflp", dir);
    assert_int_equal(file_write_atomic(path.p, image.p, image.n, 0644), 0);
    struct plan *p = plan_open(path.p, &why);
    if (!p)
        fail_msg("%s", why.p);
    uint64_t identity = p->head->identity;
    plan_close(p);
    buf_free(&image);
    buf_free(&path);
    plan_builder_free(&b);
    return identity;
}

static void
add(struct journal *j, enum journal_kind kind, uint32_t task, enum journal_reason reason,
    int64_t time_us)
{
    journal_add(j, (struct journal_rec){.kind = (uint8_t)kind,
                       .reason = (uint8_t)reason,
                       .code = reason == REASON_EXIT ? 7 : 0,
                       .flags = kind == JOURNAL_END ? JOURNAL_FINAL : 0,
                       .task = task,
                       .attempt = 1,
                       .wall_ms = kind == JOURNAL_END ? 1000 + task : 0,
                       .time_us = time_us});
}

/* The first tasks run; those behind them have ended one after the other, the last one badly. */
static struct lease *
write_journal(uint64_t identity)
{
    int err;
    struct lease *l = lease_open(state_dir, "nid1", NULL, 300, &err);
    assert_non_null(l);
    struct journal *j =
        journal_create(state_dir, 0, 0, 0, identity, lease_holder(l), true, 0, &err);
    assert_non_null(j);
    for (uint32_t t = 0; t < RUNNING + ENDED; t++)
        add(j, JOURNAL_START, t, REASON_OK, base_us + t * INT64_C(1000));
    for (uint32_t t = RUNNING; t < RUNNING + ENDED; t++)
        add(j, JOURNAL_END, t, t == RUNNING + ENDED - 1 ? REASON_EXIT : REASON_OK,
            base_us + 60000000 + t * INT64_C(1000));
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    return l;
}

/* --- what the tests share --- */

struct shown {
    struct lease *lease;
    struct top_data data;
    struct top_view view;
    struct selector *filter;
    struct screen screen;
};

static void
choose(struct shown *s)
{
    top_data_choose(&s->data, s->filter, &s->view.sort[PANEL_RUNNING], &s->view.sort[PANEL_OTHERS]);
    top_view_renew(&s->view);
}

static void
begin(struct shown *s, unsigned width, unsigned height)
{
    struct buf why = {0};
    *s = (struct shown){.lease = write_journal(write_plan())};
    top_view_init(&s->view);
    if (!top_data_read(dir, base_us + 120000000, &s->data, &why))
        fail_msg("%s", why.p);
    s->view.data = &s->data;
    s->view.nsites = 1;
    s->view.width = width;
    s->view.height = height;
    choose(s);
}

static void
finish(struct shown *s)
{
    selector_free(s->filter);
    top_view_free(&s->view);
    top_data_free(&s->data);
    screen_free(&s->screen);
    lease_close(s->lease);
}

static const char *
line(const struct shown *s, unsigned y)
{
    return s->screen.line[y].text.n ? s->screen.line[y].text.p : "";
}

/* The first line that holds the text. */
static const char *
find(struct shown *s, const char *text)
{
    top_draw(&s->view, &s->screen);
    for (unsigned y = 0; y < s->screen.height; y++)
        if (strstr(line(s, y), text))
            return line(s, y);
    for (unsigned y = 0; y < s->screen.height; y++)
        print_message("| %s\n", line(s, y));
    fail_msg("no line has '%s'", text);
    return NULL;
}

/* As the loop does it. */
static enum top_action
press(struct shown *s, int key)
{
    enum top_action a = top_view_key(&s->view, key);
    struct buf why = {0};
    if (a == TOP_CHOOSE)
        choose(s);
    if (a == TOP_FILTER) {
        selector_free(s->filter);
        s->filter = top_filter(&s->data.facts, s->view.input.p, &why);
        if (why.n) {
            top_view_tell(&s->view, true, why.p);
        } else {
            buf_reset(&s->view.filter);
            buf_puts(&s->view.filter, s->view.input.p);
            s->view.mode = TOP_LISTS;
        }
        choose(s);
    }
    buf_free(&why);
    return a;
}

static void
type(struct shown *s, const char *text)
{
    while (*text)
        press(s, (unsigned char)*text++);
}

/* --- lines --- */

static void
test_screen(void **state)
{
    (void)state;
    struct screen s = {0};
    screen_clear(&s, 10, 2);
    screen_puts(&s, 0, STYLE_STRONG, "a\tb\033[31m");
    screen_puts(&s, 0, STYLE_PLAIN, "\xce\xb1\xce\xb2\xce\xb3");
    assert_string_equal(s.line[0].text.p, "a?b?[31m\xce\xb1\xce\xb2");
    assert_int_equal(s.line[0].width, 10);
    assert_int_equal(s.line[0].text.n, s.line[0].style.n);
    assert_int_equal(s.line[0].style.p[7], STYLE_STRONG);
    assert_int_equal(s.line[0].style.p[8], STYLE_PLAIN);
    screen_puts(&s, 2, STYLE_PLAIN, "below it is nothing");
    screen_puts(&s, 1, STYLE_PLAIN, "> ");
    screen_skip(&s, 1, 3);
    screen_puts(&s, 1, STYLE_PLAIN,
        "ab\xe4\xb8\xad"
        "de"); /* a wide one is cut: a blank */
    assert_string_equal(s.line[1].text.p, ">  de");
    screen_mark(&s, 1, STYLE_MARKED);
    assert_int_equal(s.line[1].width, 10);
    assert_int_equal(s.line[1].style.p[0], STYLE_MARKED);
    screen_clear(&s, 3, 1);
    screen_puts(&s, 0, STYLE_PLAIN, "a\xe4\xb8\xad\xe4\xb8\xad");
    assert_string_equal(s.line[0].text.p, "a\xe4\xb8\xad"); /* there is no room for half of one */
    screen_free(&s);
}

static void
expect_wrapped(const char *text, unsigned width, bool words, const char *want)
{
    struct buf out = {0};
    buf_puts(&out, "");
    screen_wrap(text, width, words, &out);
    assert_string_equal(out.p, want);
    buf_free(&out);
}

static void
test_wrap(void **state)
{
    (void)state;
    expect_wrapped("", 10, true, "");
    expect_wrapped("\n", 10, true, "\n");
    expect_wrapped("one two three", 9, true, "one two\nthree\n");
    expect_wrapped("one two three", 9, false, "one two t\nhree\n");
    expect_wrapped("abcdefgh", 3, true, "abc\ndef\ngh\n");
    expect_wrapped("a\tb\n", 20, false, "a       b\n");
    expect_wrapped(" 1 %\r 50 %\r100 %\r\nend", 20, false, "100 %\nend\n");
    expect_wrapped("\xe4\xb8\xad\xe4\xb8\xad", 1, true, "\xe4\xb8\xad\n\xe4\xb8\xad\n");
}

/* --- terms --- */

static void
expect_terms(const char *text, const char *want)
{
    char **term;
    size_t n;
    struct buf why = {0}, got = {0};
    buf_puts(&got, "");
    if (!top_terms(text, &term, &n, &why))
        buf_puts(&got, why.p);
    for (size_t i = 0; i < n; i++)
        buf_printf(&got, "%s%s", i ? "|" : "", term[i]);
    assert_string_equal(got.p, want);
    top_terms_free(term, n);
    buf_free(&why);
    buf_free(&got);
}

static void
test_terms(void **state)
{
    (void)state;
    expect_terms("", "");
    expect_terms("   ", "");
    expect_terms(" state=failed  try>1 ", "state=failed|try>1");
    expect_terms("draw[v=1 s=R22 S11] x=2", "draw[v=1 s=R22 S11]|x=2");
    expect_terms("'name=a b' name=\"it's\"", "name=a b|name=it's");
    expect_terms("draw[v=1", "a closing ] is missing");
    expect_terms("x='a", "a closing ' is missing");
}

/* --- lists --- */

static void
test_lists(void **state)
{
    (void)state;
    struct shown s;
    begin(&s, 80, 24);
    assert_int_equal(s.data.running.all, RUNNING);
    assert_int_equal(s.data.others.all, ENDED);
    assert_int_equal(s.data.others.n, TOP_MOST);
    /* the latest ones, in their order, though they came last */
    for (uint32_t i = 0; i < TOP_MOST; i++)
        assert_int_equal(s.data.others.task[i], RUNNING + ENDED - 1 - i);
    find(&s, "- ENDED 3001, the first 1000, the latest first -");
    assert_non_null(strstr(find(&s, "exit 7"), "draw[i=3003]"));
    /* reversed: the first ones; by task: as they are numbered */
    press(&s, TOP_TAB);
    press(&s, 'R');
    assert_int_equal(s.data.others.task[0], RUNNING);
    assert_int_equal(s.data.others.task[TOP_MOST - 1], RUNNING + TOP_MOST - 1);
    press(&s, 's');
    find(&s, ", by task -");
    assert_int_equal(s.data.others.task[0], RUNNING);
    /* what was under the cursor stays so, wherever it goes */
    for (int i = 0; i < 5; i++)
        press(&s, TOP_DOWN);
    uint32_t task, again;
    assert_true(top_view_task(&s.view, &task));
    type(&s, "/i>4");
    press(&s, TOP_ENTER);
    assert_true(top_view_task(&s.view, &again));
    assert_int_equal(again, task);
    assert_int_equal(s.view.place[PANEL_OTHERS].cursor, 3);
    /* a filter takes tasks of any state, and no terms are none */
    type(&s, "/");
    press(&s, 'U' - 64);
    type(&s, "state=ready family=idle");
    press(&s, TOP_ENTER);
    find(&s, "- NOT RUNNING 2, by task, of state=ready family=idle -");
    press(&s, TOP_ESCAPE);
    find(&s, "- ENDED 3001, ");
    finish(&s);
}

/* What the matrix shows is what status writes. */
static void
test_matrix(void **state)
{
    (void)state;
    struct shown s;
    struct buf matrix = {0};
    begin(&s, 100, 30);
    status_matrix(s.data.facts.status, &matrix);
    for (const char *at = matrix.p; *at;) {
        size_t n = strcspn(at, "\n");
        char *want = xstrndup(at, n);
        find(&s, want);
        free(want);
        at += n + 1;
    }
    buf_free(&matrix);
    finish(&s);
}

/* Whatever is pressed in terminals of whatever size, lines are no wider than these, and cursors
 * are on what there is. */
static void
test_any_keys(void **state)
{
    (void)state;
    static const int keys[] = {'q', TOP_TAB, TOP_TAB_BACK, TOP_UP, TOP_DOWN, TOP_LEFT, TOP_RIGHT,
        TOP_PAGE_UP, TOP_PAGE_DOWN, TOP_HOME, TOP_END, TOP_ENTER, TOP_ESCAPE, TOP_BACKSPACE,
        TOP_RESIZED, TOP_NONE, '/', 's', 'S', 'R', 'l', 'w', 'i', '?', 'p', 'd', 'n', 'r', 'y', 'j',
        '=', 0xc3, 0xa4, 'x'};
    struct shown s;
    begin(&s, 80, 24);
    buf_puts(&s.view.text, top_help);
    for (int i = 0; i < 3000; i++) {
        press(&s, keys[dice(COUNT_OF(keys))]);
        if (i % 7 == 0) {
            s.view.width = 1 + dice(130);
            s.view.height = 1 + dice(45);
        }
        top_draw(&s.view, &s.screen);
        assert_int_equal(s.screen.height, s.view.height);
        for (unsigned y = 0; y < s.screen.height; y++) {
            const struct screen_line *l = &s.screen.line[y];
            assert_true(text_width(line(&s, y), l->text.n) <= s.view.width);
            assert_int_equal(l->text.n, l->style.n);
        }
        for (enum top_panel p = 0; p < NPANELS; p++) {
            size_t n = top_view_lines(&s.view, p);
            assert_true(s.view.place[p].cursor < n || (!n && !s.view.place[p].cursor));
        }
    }
    finish(&s);
}

/* Orders are given after an answer that means them, and no other. */
static void
test_questions(void **state)
{
    (void)state;
    struct shown s;
    begin(&s, 80, 24);
    assert_int_equal(press(&s, 'p'), TOP_DRAW);
    find(&s, "Pause many on local?");
    assert_int_equal(press(&s, TOP_ENTER), TOP_DRAW);
    find(&s, "nothing was ordered");
    assert_int_equal(press(&s, 'y'), TOP_DRAW);
    press(&s, 'p');
    assert_int_equal(press(&s, 'y'), TOP_ORDER);
    assert_int_equal(s.view.order.kind, ORDER_PAUSE);
    press(&s, 'd');
    find(&s, "Drain host nid1? It starts nothing more, and ends when its 3 tasks have ended.");
    assert_int_equal(press(&s, 'j'), TOP_DRAW); /* it is of no job */
    press(&s, 'd');
    assert_int_equal(press(&s, 'y'), TOP_ORDER);
    assert_int_equal(s.view.order.kind, ORDER_DRAIN_HOST);
    assert_string_equal(s.view.order.of, "nid1");
    finish(&s);
}

/* Reading takes a tenth of the time at most, and the head says how often it is. */
static void
test_every(void **state)
{
    (void)state;
    struct shown s;
    assert_int_equal(top_every_ms(0), 1000);
    assert_int_equal(top_every_ms(100), 1000);
    for (int64_t took = 1; took < 100000; took += 7)
        assert_true(took * 10 <= top_every_ms(took) + took);
    begin(&s, 80, 24);
    s.view.every_s = 1;
    assert_null(strstr(find(&s, "campaign many on local"), "every"));
    s.view.every_s = 12;
    find(&s, "  every 12 s  22:15:20");
    finish(&s);
}

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wfl-top-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    struct buf command = {0};
    buf_printf(&command, "rm -rf %s", dir);
    int r = system(command.p);
    buf_free(&command);
    return r;
}

int
main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_screen), T(test_wrap), T(test_terms), T(test_lists),
        T(test_matrix), T(test_every), T(test_any_keys), T(test_questions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
