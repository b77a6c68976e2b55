#include "config.h"

#include "codegen/folder.h"
#include "journal/journal.h"
#include "plan/build.h"
#include "state/carry.h"
#include "util/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "place_lib.h"

static const struct carry_how how = {0};

/* Campaign `demo`: tasks t[k] for k in first .. last, each runs `word`, k and makes out-k. */
static struct plan *
make_plan(int first, int last, const char *word, struct buf *image)
{
    struct plan_builder b;
    struct buf code = {0}, why = {0};
    uint32_t n = (uint32_t)(last - first + 1);
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "demo");
    b.head.site = plan_add_name(&b, "local");
    plan_add_place(&b, PLACE_SOURCE, 0, "demo.wfl", 0, 0);
    b.head.ntasks = n;
    struct plan_table t = {.nrows = n, .ncolumns = 1, .label = 1};
    plan_add(&b, PLAN_TABLES, &t, sizeof t);
    struct plan_column c = {.type = VM_COL_INT, .data = UINT64_MAX, .first = first, .step = 1};
    plan_add(&b, PLAN_COLUMNS, &c, sizeof c);
    struct plan_var v = {0};
    plan_add_place(&b, PLACE_VAR, plan_add(&b, PLAN_VARS, &v, sizeof v), "k", 0, 0);
    code_str(&code, strpool_adds(&b.strings, word));
    struct plan_arg arg = {.code = plan_add_code(&b, code.p, code.n)};
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    buf_reset(&code);
    code_col(&code, 0, 0);
    code_fmt(&code, 0, 0, 255, 0);
    arg.code = plan_add_code(&b, code.p, code.n);
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    /* output "out-{k}" */
    buf_reset(&code);
    code_str(&code, strpool_adds(&b.strings, "out-"));
    code_col(&code, 0, 0);
    code_fmt(&code, 0, 0, 255, 0);
    code_u16(&code, OP_CONCAT, 2);
    struct plan_file out = {.path = plan_add_code(&b, code.p, code.n)};
    plan_add(&b, PLAN_FILES, &out, sizeof out);
    struct plan_family f = {.name = strpool_adds(&b.strings, "t"),
        .ntasks = n,
        .nvars = 1,
        .instances = PLAN_PRODUCT,
        .nargs = 2,
        .constant = 1,
        .noutputs = 1};
    plan_add_place(&b, PLACE_FAMILY, plan_add(&b, PLAN_FAMILIES, &f, sizeof f), "demo.wfl", 1, 1);
    plan_finish(&b, image);
    plan_builder_free(&b);
    buf_free(&code);
    struct plan *p = plan_from_bytes(image->p, image->n, "demo", &why);
    if (!p)
        fail_msg("%s", why.p);
    buf_free(&why);
    return p;
}

static void
note(struct journal *j, uint32_t task, enum journal_kind kind, enum journal_reason reason)
{
    journal_add(j, (struct journal_rec){.kind = (uint8_t)kind,
                       .reason = (uint8_t)reason,
                       .task = task,
                       .attempt = 1,
                       .time_us = 1000 + task,
                       .wall_ms = 7,
                       .log_off = 64,
                       .log_len = 3,
                       .flags = kind == JOURNAL_END ? JOURNAL_FINAL : 0});
}

struct seen {
    uint32_t task[32], n;
    uint32_t noutputs;
};

/* That task t wrote file `name`, which is there. */
static void
note_output(struct journal *j, uint32_t task, const char *name)
{
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    struct journal_output o = {.kind = JOURNAL_OUTPUT,
        .count = 1,
        .types = JOURNAL_FILE,
        .task = task,
        .attempt = 1};
    o.of[0] = (struct journal_file){(uint64_t)st.st_size,
        (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
    journal_add_output(j, &o);
}

static bool
see(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct seen *s = arg;
    (void)head;
    s->noutputs += rec->kind == JOURNAL_OUTPUT;
    if (rec->kind == JOURNAL_END && rec->reason == REASON_OK && s->n < 32) {
        assert_int_equal(rec->flags, JOURNAL_FINAL | JOURNAL_CARRIED);
        assert_int_equal(rec->wall_ms, 7);
        assert_int_equal(rec->log_len, 0);
        assert_int_equal(rec->log_off, 0);
        s->task[s->n++] = rec->task;
    }
    return true;
}

/* Writes the folder as `wflc build` does for this machine. */
static bool
emit_local(const struct plan *p, const char *workdir, const char *shim, struct buf *why)
{
    const struct job j = {.site_name = "local",
        .campaign = "demo",
        .source = "demo.wfl",
        .ntasks = p->head->ntasks,
        .dir = "b/local",
        .workdir = workdir,
        .plan = p};
    struct folder f = {0};
    bool good = folder_make(&j, &f, why) && folder_put(&f, "b/local", shim, p, why);
    folder_free(&f);
    return good;
}

static void
emit(const struct plan *p)
{
    struct buf why = {0};
    assert_int_equal(file_write_atomic("shim", "#!/bin/sh\n", 10, 0777), 0);
    if (!emit_local(p, place, "shim", &why))
        fail_msg("%s", why.p);
}

static void
keeps_what_is_equal(void **state)
{
    (void)state;
    struct buf ia = {0}, ib = {0}, why = {0};
    struct plan *a = make_plan(1, 10, "echo", &ia), *b = make_plan(3, 12, "echo", &ib);
    struct carried c;
    emit(a);
    /* nothing ran: nothing to carry, nothing written */
    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.before, 0);
    assert_int_not_equal(access("b/local/state", F_OK), 0);

    int err;
    struct journal *j =
        journal_create("b/local/state", 0, 0, 0, a->head->identity, "nid1.1", true, 0, &err);
    assert_non_null(j);
    assert_int_equal(file_write_atomic("f", "abc", 3, 0666), 0);
    for (uint32_t t = 0; t < 5; t++) {
        note(j, t, JOURNAL_START, REASON_OK);
        note_output(j, t, "shim"); /* of an attempt before */
        note(j, t, JOURNAL_START, REASON_OK);
        note_output(j, t, "f");
        note(j, t, JOURNAL_END, REASON_OK);
    }
    note(j, 5, JOURNAL_END, REASON_EXIT);
    note(j, 6, JOURNAL_END, REASON_OK);
    note(j, 6, JOURNAL_START, REASON_OK); /* started again: not done */
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);

    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.before, 5);
    assert_int_equal(c.kept, 3);
    struct seen s = {0};
    assert_int_equal(journal_read("b/local/state", b->head->identity, see, &s, NULL), 0);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.noutputs, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(s.task[i], i); /* k = 3, 4, 5 */
    struct buf path = {0};
    buf_printf(&path, "b/local/state/plans/%016" PRIx64 ".wflp", a->head->identity);
    struct plan *kept = plan_open(path.p, &why);
    assert_non_null(kept);
    plan_close(kept);
    buf_free(&path);

    /* a crash before the plan is replaced: once more gives the same */
    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.kept, 3);
    emit(b);
    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.before, 0);

    /* another command: no task is the same */
    struct buf ic = {0};
    struct plan *other = make_plan(3, 12, "print", &ic);
    assert_true(carry_over("b/local", other, &how, &c, &why));
    assert_int_equal(c.before, 3);
    assert_int_equal(c.kept, 0);
    plan_close(a);
    plan_close(b);
    plan_close(other);
    buf_free(&ia);
    buf_free(&ib);
    buf_free(&ic);
    buf_free(&why);
}

static void
record_done(const struct plan *p, uint32_t n, int64_t end_us, const char *const *names)
{
    uint32_t last;
    int err = journal_epochs("b/local/state", 1, &last);
    struct journal *j =
        journal_create("b/local/state", 0, last, 0, p->head->identity, "nid1.1", true, 0, &err);
    assert_non_null(j);
    /* ends wait for the disk: they need not follow what was written at once */
    for (uint32_t t = 0; t < n; t++) {
        journal_add(j, (struct journal_rec){.kind = JOURNAL_START, .task = t, .attempt = 1});
        note_output(j, t, names[t]);
    }
    for (uint32_t t = 0; t < n; t++)
        journal_add(j, (struct journal_rec){.kind = JOURNAL_END,
                           .reason = REASON_OK,
                           .flags = JOURNAL_FINAL,
                           .task = t,
                           .wall_ms = 7,
                           .time_us = end_us});
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
}

/* Back to an earlier plan: what the one between has overwritten is not done any more. */
static void
goes_back(void **state)
{
    (void)state;
    struct buf ia = {0}, ib = {0}, why = {0};
    struct plan *a = make_plan(1, 4, "echo", &ia), *b = make_plan(3, 8, "print", &ib);
    struct carried c;
    const char *const names[] = {"out-1", "out-2", "out-3", "out-4"};
    emit(a);
    for (int i = 0; i < 4; i++)
        assert_int_equal(file_write_atomic(names[i], "a", 1, 0666), 0);
    /* clocks of hosts and file systems need not agree: by that of this one, all is of tomorrow */
    struct timespec later[2] = {{.tv_sec = time(NULL) + 86400}, {.tv_sec = time(NULL) + 86400}};
    for (int i = 0; i < 4; i++)
        assert_int_equal(utimensat(AT_FDCWD, names[i], later, 0), 0);
    int64_t now = (int64_t)time(NULL) * 1000000;
    record_done(a, 4, now, names);
    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.before, 4);
    assert_int_equal(c.kept, 0);
    emit(b);

    /* b writes out-3, as large as before, and out-2 gets lost */
    assert_int_equal(file_write_atomic("out-3", "b", 1, 0666), 0);
    assert_int_equal(unlink("out-2"), 0);
    record_done(b, 1, now + 11000000, (const char *const[]){"out-3"});
    for (int round = 0; round < 2; round++) { /* the second: as after a crash in between */
        assert_true(carry_over("b/local", a, &how, &c, &why));
        assert_int_equal(c.before, 1);
        assert_int_equal(c.kept, 0);
        assert_int_equal(c.back, 2);
        struct seen s = {0};
        assert_int_equal(journal_read("b/local/state", a->head->identity, see, &s, NULL), 0);
        assert_int_equal(s.n, 2);
        assert_int_equal(s.task[0], 0);  /* out-1 */
        assert_int_equal(s.task[1], 3);  /* out-4 */
        assert_int_equal(s.noutputs, 2); /* what they wrote is known, too */
    }
    plan_close(a);
    plan_close(b);
    buf_free(&ia);
    buf_free(&ib);
    buf_free(&why);
}

static void
record_of(const struct plan *p, const struct journal_rec *rec, uint32_t n)
{
    uint32_t last = 0;
    int err = journal_epochs("b/local/state", 1, &last);
    struct journal *j =
        journal_create("b/local/state", 0, last, 0, p->head->identity, "nid1.1", true, 0, &err);
    assert_non_null(j);
    for (uint32_t i = 0; i < n; i++)
        journal_add(j, rec[i]);
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
}

struct tried {
    struct journal_rec rec[8];
    uint32_t n, left;
};

static bool
see_tried(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct tried *s = arg;
    (void)head;
    if ((rec->kind == JOURNAL_START || rec->kind == JOURNAL_END) && s->n < 8)
        s->rec[s->n++] = *rec;
    if (rec->kind == JOURNAL_CLOSE)
        s->left = journal_close_of(rec).left;
    return true;
}

/* Of a task that is not done the last attempt is kept, and nothing is charged of it. */
static void
keeps_what_was_begun(void **state)
{
    (void)state;
    struct buf ia = {0}, ib = {0}, ic = {0}, why = {0};
    struct plan *a = make_plan(1, 8, "echo", &ia), *b = make_plan(2, 9, "echo", &ib);
    struct plan *other = make_plan(1, 9, "print", &ic);
    struct carried c;
    const struct journal_rec began = {.kind = JOURNAL_START, .attempt = 1, .time_us = 10};
    const struct journal_rec ended = {.kind = JOURNAL_END,
        .reason = REASON_WALLTIME,
        .attempt = 1,
        .time_us = 20,
        .wall_ms = 7,
        .log_off = 64,
        .log_len = 3};
    struct journal_rec rec[] = {began, ended, began, ended, began, ended, ended, began, ended};
    const uint32_t task[] = {0, 0, 1, 1, 1, 2, 3, 4, 5};
    for (size_t i = 0; i < sizeof task / sizeof *task; i++)
        rec[i].task = task[i];
    rec[4].time_us = 30; /* begun again, and lost */
    rec[5].reason = REASON_EXIT;
    rec[5].flags = JOURNAL_FINAL;
    rec[5].attempt = 3;
    rec[6].reason = REASON_CANCELLED; /* before it was started */
    rec[6].attempt = 0;
    rec[8].reason = REASON_OK;
    rec[8].flags = JOURNAL_FINAL;
    emit(a);
    record_of(a, rec, sizeof rec / sizeof *rec);
    assert_true(carry_over("b/local", b, &how, &c, &why));
    assert_int_equal(c.before, 1);
    assert_int_equal(c.kept, 1);
    for (int round = 0; round < 3; round++) { /* the second: back to the first plan */
        const struct plan *p = round == 1 ? a : b;
        const uint32_t first = round == 1, kept[] = {1, 2, 4, 5};
        struct tried s = {0};
        assert_int_equal(journal_read("b/local/state", p->head->identity, see_tried, &s, NULL), 0);
        assert_int_equal(s.n, 4 + first); /* of that the first task's is kept, too */
        assert_int_equal(s.left, 7);
        const struct journal_rec *r = s.rec + first;
        for (int i = 0; i < 4; i++) {
            assert_int_equal(r[i].kind, JOURNAL_END);
            assert_int_equal(r[i].flags, JOURNAL_CARRIED | (i == 3 ? JOURNAL_FINAL : 0));
            assert_int_equal(r[i].log_len, 0);
            assert_int_equal(r[i].task, kept[i] - 1 + first);
        }
        assert_int_equal(r[0].reason, REASON_LOST);
        assert_int_equal(r[0].time_us, 30);
        assert_int_equal(r[1].reason, REASON_EXIT);
        assert_int_equal(r[1].attempt, 3);
        assert_int_equal(r[1].wall_ms, 7);
        assert_int_equal(r[2].reason, REASON_LOST);
        emit(p);
        assert_true(carry_over("b/local", round == 0 ? a : round == 1 ? b : other, &how, &c, &why));
    }
    plan_close(a);
    plan_close(b);
    plan_close(other);
    buf_free(&ia);
    buf_free(&ib);
    buf_free(&ic);
    buf_free(&why);
}

/* There is no done task: the plan is kept all the same, by which its attempts can be told. */
static void
keeps_the_plan(void **state)
{
    (void)state;
    struct buf ia = {0}, ib = {0}, path = {0}, why = {0};
    struct plan *a = make_plan(1, 2, "echo", &ia), *b = make_plan(1, 2, "print", &ib);
    struct carried c;
    emit(a);
    record_of(a,
        &(struct journal_rec){.kind = JOURNAL_END,
            .reason = REASON_WALLTIME,
            .attempt = 1,
            .wall_ms = 7,
            .time_us = 10},
        1);
    assert_true(carry_over("b/local", b, &how, &c, &why));
    buf_printf(&path, "b/local/state/plans/%016" PRIx64 ".wflp", a->head->identity);
    assert_int_equal(access(path.p, F_OK), 0);
    struct tried s = {0};
    assert_int_equal(journal_read("b/local/state", b->head->identity, see_tried, &s, NULL), 0);
    assert_int_equal(s.n, 0); /* with another command they are others */
    plan_close(a);
    plan_close(b);
    buf_free(&ia);
    buf_free(&ib);
    buf_free(&path);
    buf_free(&why);
}

static void
refuses_a_damaged_plan(void **state)
{
    (void)state;
    struct buf image = {0}, why = {0};
    struct plan *a = make_plan(1, 3, "echo", &image);
    struct carried c;
    emit(a);
    assert_int_equal(dir_make("b/local/state/journal"), 0);
    assert_int_equal(truncate("b/local/campaign.wflp", 100), 0);
    assert_false(carry_over("b/local", a, &how, &c, &why));
    assert_non_null(strstr(why.p, "to give that record up, remove 'b/local/state'"));
    plan_close(a);
    buf_free(&image);
    buf_free(&why);
}

static void
writes_the_site(void **state)
{
    (void)state;
    struct buf image = {0}, job = {0}, why = {0};
    struct plan *a = make_plan(1, 3, "echo", &image);
    assert_int_equal(file_write_atomic("shim", "#!/bin/sh\n", 10, 0777), 0);
    assert_true(emit_local(a, "/data/it's here", "shim", &why));
    assert_int_equal(file_read("b/local/job.sh", &job), 0);
    assert_non_null(strstr(job.p, "\nwork='/data/it'\\''s here'\n"));
    assert_int_equal(access("b/local/job.sh", X_OK), 0);
    assert_int_equal(access("b/local/wfl-shim", X_OK), 0);

    /* the same again: no file is touched */
    struct stat before, after;
    assert_int_equal(stat("b/local/job.sh", &before), 0);
    assert_true(emit_local(a, "/data/it's here", "shim", &why));
    assert_int_equal(stat("b/local/job.sh", &after), 0);
    assert_true(before.st_ino == after.st_ino);

    assert_false(emit_local(a, "/data\n/x", "shim", &why));
    assert_non_null(strstr(why.p, "control character"));
    buf_reset(&why);
    assert_false(emit_local(a, "/data", "no-shim", &why));
    assert_non_null(strstr(why.p, "cannot read the program 'no-shim'"));
    plan_close(a);
    buf_free(&image);
    buf_free(&job);
    buf_free(&why);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, place_begin, place_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_is_equal),
        TEST(goes_back),
        TEST(keeps_what_was_begun),
        TEST(keeps_the_plan),
        TEST(refuses_a_damaged_plan),
        TEST(writes_the_site),
    };
    return cmocka_run_group_tests_name("carry", tests, NULL, NULL);
}
