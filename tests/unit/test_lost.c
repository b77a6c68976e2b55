/* Outputs that are lost: what counts, what is told, and what is put on record. */
#include "config.h"

#include "journal/lease.h"
#include "report/lost.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "image_lib.h"
#include "place_lib.h"

/* Tasks 0 .. 11 are t[k=0] and so on, then a folder, a file that may be empty, and one without
 * outputs. */
static const char campaign[] =
    "campaign lost\n"
    "task t for k in 0 .. 11 { run \"true\"; output \"o/{k}\"; output \"e/{k}\" check optional }\n"
    "task u needs t { run \"true\"; output \"dir\" }\n"
    "task v needs u { run \"true\"; output \"empty\" check exists }\n"
    "task w needs v { run \"true\" }\n";
enum { FOLDER = 12, BLANK = 13, NTASKS = 15 };

static struct journal *journal;

static void
put(const char *path, const char *text)
{
    assert_int_equal(dir_make_parent(path), 0);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0666), 0);
}

static int
begin(void **state)
{
    struct buf path = {0};
    if (place_begin(state) || !build_image(campaign))
        return -1;
    for (int k = 0; k < 12; k++) {
        buf_reset(&path);
        buf_printf(&path, "o/%d", k);
        put(path.p, "data");
    }
    put("dir/f", "data");
    put("empty", "");
    buf_free(&path);
    return 0;
}

static struct status *
read_status(void)
{
    struct buf why = {0};
    struct status *s = status_read("b", 1, &why);
    if (!s)
        fail_msg("%s", why.p);
    buf_free(&why);
    return s;
}

/* What the record says of the first output: its kind, and its size. */
static void
wrote(uint32_t task, enum journal_type type, uint64_t size)
{
    struct journal_output o = {.kind = JOURNAL_OUTPUT,
        .count = task < 12 ? 2 : 1,
        .types = (uint8_t)type,
        .task = task,
        .attempt = 1};
    o.of[0] = (struct journal_file){size, 77}; /* times may differ, as after a copy */
    journal_add_output(journal, &o);
}

static void
ended(uint32_t task, enum journal_reason reason)
{
    journal_add(journal, (struct journal_rec){.kind = JOURNAL_END,
                             .reason = (uint8_t)reason,
                             .flags = JOURNAL_FINAL,
                             .task = task,
                             .attempt = 1});
}

/* A journal in which all are done, as they are on the disk; closed by close_journal. */
static void
begin_journal(void)
{
    struct status *s = read_status();
    int err;
    journal = journal_create("b/state", 0, 0, 0, s->plan->head->identity, "vm.1", false, 7, &err);
    assert_non_null(journal);
    for (uint32_t t = 0; t < NTASKS; t++) {
        if (t < 12)
            wrote(t, JOURNAL_FILE, 4);
        else if (t == FOLDER)
            wrote(t, JOURNAL_FOLDER, 1);
        else if (t == BLANK)
            wrote(t, JOURNAL_FILE, 0);
        ended(t, REASON_OK);
    }
    status_free(s);
}

static void
close_journal(uint32_t left, uint32_t failed)
{
    journal_add_close(journal, left, failed, 0);
    assert_int_equal(journal_flush(journal), 0);
    journal_close(journal);
}

static const struct lost_how plainly = {.work = place, .write = true};

/* Looks; what is told must be `text`, and so many tasks are done afterwards. */
static void
look(const struct lost_how *how, const char *text, uint32_t done)
{
    struct buf why = {0}, out = {0};
    struct lost l;
    struct status *s = read_status();
    assert_true(lost_look(&s, how, &l, &why));
    lost_text(&l, "b", &out);
    assert_string_equal(out.n ? out.p : "", text);
    assert_int_equal(s->all.of[STATUS_DONE], done);
    assert_int_equal(done + s->all.of[STATUS_READY] + s->all.of[STATUS_WAITING], NTASKS);
    status_free(s);
    lost_free(&l);
    buf_free(&out);
    buf_free(&why);
}

static uint32_t
last_epoch(void)
{
    uint32_t last;
    assert_int_equal(journal_epochs("b/state", 1, &last), 0);
    return last;
}

static void
all_is_there(void **state)
{
    (void)state;
    begin_journal();
    close_journal(0, 0);
    put("e/3", "whatever"); /* it need not be there, nor need it be as it was */
    look(&plainly, "", NTASKS);
    assert_int_equal(last_epoch(), 1);
}

static void
what_counts(void **state)
{
    (void)state;
    begin_journal();
    close_journal(0, 0);
    unlink("o/0");
    put("o/1", "");
    put("o/2", "other data");
    unlink("o/3");
    assert_int_equal(mkdir("o/3", 0777), 0);
    put("o/3/f", "data"); /* a folder where a file was */
    unlink("dir/f");      /* nothing is in the folder any more */
    put("empty", "not so");
    unlink("o/7");
    assert_int_equal(symlink("7", "o/7"), 0); /* a circle: nobody can tell */
    look(&plainly,
        "6 of 14 done tasks have lost outputs (the first: o/0 of t[k=0] is not there): they run "
        "again\n"
        "the outputs of 1 done task cannot be looked at: o/7: Too many levels of symbolic links\n",
        NTASKS - 6);
    /* for everybody, and once */
    struct status *s = read_status();
    assert_int_equal(s->all.of[STATUS_DONE], NTASKS - 6);
    assert_int_equal(s->state[0], STATUS_READY);
    assert_int_equal(s->state[4], STATUS_DONE);
    uint64_t plan = s->plan->head->identity;
    status_free(s);
    assert_int_equal(last_epoch(), 2);
    struct journal_state j;
    assert_int_equal(journal_look("b/state", 0, 2, plan, &j), 0);
    assert_true(j.ours && j.closed && j.left == 6 && j.failed == 0 && j.again == 7);
    unlink("o/7");
    put("o/7", "data");
    look(&plainly, "", NTASKS - 6);
    assert_int_equal(last_epoch(), 2);
    assert_int_equal(rmdir("b/state/leases"), 0); /* nobody has one */
}

/* Without word of what was written, an output must be there, and not be empty. */
static void
old_records(void **state)
{
    (void)state;
    struct status *s = read_status();
    int err;
    journal = journal_create("b/state", 0, 0, 0, s->plan->head->identity, "vm.1", false, 0, &err);
    assert_non_null(journal);
    status_free(s);
    for (uint32_t t = 0; t < NTASKS; t++)
        ended(t, REASON_OK);
    close_journal(0, 0);
    put("o/2", "other data");
    put("o/4", "");
    look(&plainly, "1 of 14 done tasks has lost outputs (o/4 of t[k=4] is empty): it runs again\n",
        NTASKS - 1);
}

/* What it had left to do, and what failed, stays so. */
static void
counts_go_on(void **state)
{
    (void)state;
    begin_journal();
    ended(5, REASON_EXIT);
    journal_add(journal, (struct journal_rec){.kind = JOURNAL_START, .task = 6, .attempt = 2});
    journal_add(journal, (struct journal_rec){.kind = JOURNAL_END,
                             .reason = REASON_WALLTIME,
                             .task = 6,
                             .attempt = 2});
    close_journal(1, 1);
    unlink("o/0");
    struct status *s = read_status();
    struct lost l;
    struct buf why = {0};
    assert_true(lost_look(&s, &plainly, &l, &why));
    assert_int_equal(l.n, 1);
    assert_int_equal(l.written, 1);
    struct journal_state j;
    assert_int_equal(journal_look("b/state", 0, 2, s->plan->head->identity, &j), 0);
    assert_true(j.closed && j.left == 2 && j.failed == 1);
    status_free(s);
    lost_free(&l);
    buf_free(&why);
}

/* Of a shim that died, that one has the word who takes its shard; of one at work, itself. */
static void
open_journals(void **state)
{
    (void)state;
    begin_journal();
    assert_int_equal(journal_flush(journal), 0);
    journal_close(journal);
    unlink("o/0");
    look(&plainly,
        "1 of 14 done tasks has lost outputs (o/0 of t[k=0] is not there): it runs again\n",
        NTASKS - 1);
    assert_int_equal(last_epoch(), 1);
    int err;
    struct lease *own = lease_open("b/state", "vm", NULL, LEASE_SECONDS, &err);
    assert_non_null(own);
    assert_string_equal(lease_holder(own), "vm.1");
    look(&plainly, "", NTASKS);
    lease_close(own);
}

/* Folders that are not there are none of our business, unless somebody says that they are gone. */
static void
absent_folders(void **state)
{
    (void)state;
    struct lost_how how = plainly;
    begin_journal();
    close_journal(0, 0);
    assert_int_equal(rename("o", "elsewhere"), 0);
    static const char told[] =
        "the folder o of 12 done tasks' output is not there, seen from this host; "
        "if it is really gone, 'wflc submit --again b' has them made again\n";
    look(&plainly, told, NTASKS);
    assert_int_equal(symlink("nowhere", "o"), 0);
    look(&plainly, told, NTASKS);
    how.write = false;
    how.absent = true;
    static const char lost[] =
        "12 of 14 done tasks have lost outputs (the first: o/0 of t[k=0] is not "
        "there): they run again\n";
    look(&how, lost, NTASKS - 12);
    assert_int_equal(last_epoch(), 1);
    how.work = "/no/such/folder";
    look(&how,
        "the folder /no/such/folder of 14 done tasks' output is not there, seen from this host; if "
        "it is "
        "really gone, 'wflc submit --again b' has them made again\n",
        NTASKS);
    how.work = NULL; /* nobody knows where to look */
    look(&how, "", NTASKS);
    how = plainly;
    how.absent = true;
    look(&how, lost, NTASKS - 12);
    assert_int_equal(last_epoch(), 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, place_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {TEST(all_is_there), TEST(what_counts), TEST(old_records),
        TEST(counts_go_on), TEST(open_journals), TEST(absent_folders)};
    return cmocka_run_group_tests_name("lost", tests, NULL, NULL);
}
