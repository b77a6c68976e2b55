/* Journals and leases: what is written is read, whatever happens to the end of the file. */
#include "config.h"

#include "journal/again.h"
#include "journal/journal.h"
#include "journal/wanted.h"
#include "journal/offer.h"
#include "util/buf.h"
#include "util/file.h"
#include "temp_lib.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PLAN UINT64_C(0x1122334455667788)

static struct journal_rec
record(uint32_t task)
{
    return (struct journal_rec){.kind = JOURNAL_END,
        .task = task,
        .attempt = 1,
        .time_us = 1000 + task,
        .wall_ms = task * 3,
        .log_off = UINT64_C(1) << 40};
}

/* Collects the numbers of the tasks read, in order; heads as 1000000 + epoch. */
struct seen {
    uint32_t v[4096];
    size_t n, most; /* most: stop there; 0: never */
    char holder[HOLDER_SIZE];
};

static bool
collect(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct seen *s = arg;
    assert_true(s->n < 4096);
    if (rec->kind == JOURNAL_HEAD) {
        s->v[s->n++] = 1000000 + head->epoch;
        memcpy(s->holder, head->holder, sizeof s->holder);
    } else {
        if (rec->kind == JOURNAL_END && rec->wall_ms == rec->task * 3)
            assert_true(rec->log_off == UINT64_C(1) << 40);
        s->v[s->n++] = rec->task;
    }
    return !s->most || s->n < s->most;
}

static void
path_of(struct buf *b, const char *name)
{
    buf_reset(b);
    buf_printf(b, "%s/journal/%s", dir, name);
}

static void
write_file(const char *name, const void *p, size_t n)
{
    struct buf path = {0};
    path_of(&path, name);
    int fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write_all(fd, p, n), 0);
    close(fd);
    buf_free(&path);
}

static void
read_back(const char *name, struct buf *out)
{
    struct buf path = {0};
    path_of(&path, name);
    assert_int_equal(file_read(path.p, out), 0);
    buf_free(&path);
}

static char writer[HOLDER_SIZE] = "nid1.7";

/* The journal of the next epoch; what all before it holds counts. */
static struct journal *
next_journal(uint32_t shard, int *err)
{
    static uint32_t last[16384];
    *err = journal_epochs(dir, shard + 1, last);
    return journal_create(dir, shard, last[shard], 0, PLAN, writer, true, 0, err);
}

static struct journal *
make(uint32_t shard, uint32_t from, uint32_t to)
{
    int err;
    struct journal *j = next_journal(shard, &err);
    assert_non_null(j);
    for (uint32_t i = from; i < to; i++)
        journal_add(j, record(i));
    assert_int_equal(journal_flush(j), 0);
    return j;
}

static void
expect(const struct seen *s, size_t n, const uint32_t *v)
{
    assert_int_equal(s->n, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(s->v[i], v[i]);
}

static void
test_round_trip(void **state)
{
    (void)state;
    struct seen s = {0};
    unsigned damaged = 9;
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), ENOENT);
    journal_close(make(7, 30, 32));
    struct journal *j = make(0, 0, 2);
    assert_int_equal(journal_epoch(j), 1);
    assert_int_equal(journal_sync(j), 0);
    journal_sync_names(dir);
    journal_close(j);
    j = make(0, 10, 11);
    assert_int_equal(journal_epoch(j), 2);
    journal_add(j, record(99)); /* never flushed */
    journal_close(j);
    journal_close(make(12345, 40, 41));
    assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
    expect(&s, 10, (uint32_t[]){1000001, 0, 1, 1000002, 10, 1000001, 30, 31, 1000001, 40});
    assert_int_equal(damaged, 0);
    assert_string_equal(s.holder, "nid1.7");

    s = (struct seen){.most = 3};
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), 0);
    assert_int_equal(s.n, 3);

    s = (struct seen){0};
    assert_int_equal(journal_read(dir, PLAN + 1, collect, &s, NULL), 0);
    assert_int_equal(s.n, 0);
    journal_close(NULL);
}

static void
test_names(void **state)
{
    (void)state;
    journal_close(make(3, 0, 1));
    struct buf b = {0};
    read_back("0003.e0001", &b);
    static const char *const odd[] = {"0003.e1", "003.e0001", "00003.e0001", "0003.e0001~",
        "0003.e0000", "4294967296.e0001", "0003.e00001", "0003.f0001", "0003", ".e0001",
        "-003.e0001", "0003.e0007" /* says it is epoch 1 */, "0004.e0001" /* says shard 3 */};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        write_file(odd[i], b.p, b.n);
    /* "4294967295" epochs: there would be none to take after it */
    write_file("0003.e4294967295", b.p, b.n);
    struct buf path = {0};
    path_of(&path, "0005.e0001");
    assert_int_equal(mkfifo(path.p, 0666), 0); /* must not hold the reader */
    path_of(&path, "0006.e0001");
    assert_int_equal(mkdir(path.p, 0777), 0);
    struct seen s = {0};
    unsigned damaged;
    assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
    expect(&s, 2, (uint32_t[]){1000001, 0});
    assert_int_equal(damaged, 0);
    struct journal *j = make(3, 0, 0);
    assert_int_equal(journal_epoch(j), 8);
    journal_close(j);
    buf_free(&path);
    buf_free(&b);
}

static void
test_torn(void **state)
{
    (void)state;
    journal_close(make(0, 0, 3));
    struct buf b = {0};
    read_back("0000.e0001", &b);
    assert_int_equal(b.n, 4 * 64);
    for (size_t n = 0; n <= b.n; n++) {
        write_file("0000.e0001", b.p, n);
        struct seen s = {0};
        unsigned damaged;
        assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
        assert_int_equal(s.n, n / 64);
        assert_int_equal(damaged, n % 64 != 0);
    }
    buf_free(&b);
}

static void
test_flipped_bits(void **state)
{
    (void)state;
    journal_close(make(0, 0, 3));
    struct buf b = {0};
    read_back("0000.e0001", &b);
    for (size_t bit = 0; bit < b.n * 8; bit += 3) {
        b.p[bit / 8] ^= (char)(1 << bit % 8);
        write_file("0000.e0001", b.p, b.n);
        struct seen s = {0};
        unsigned damaged;
        assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
        assert_int_equal(s.n, bit / 8 / 64);
        assert_int_equal(damaged, 1);
        b.p[bit / 8] ^= (char)(1 << bit % 8);
    }
    buf_free(&b);
}

static void
test_other_version(void **state)
{
    (void)state;
    int err;
    struct journal *j = next_journal(0, &err);
    /* a head like ours in all but the version, made by the writer itself as a record */
    struct journal_head h = {.kind = JOURNAL_HEAD,
        .version = JOURNAL_VERSION + 1,
        .plan_hash = PLAN,
        .shard = 1,
        .epoch = 1};
    struct journal_rec r;
    memcpy(&r, &h, sizeof r);
    journal_add(j, r);
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    struct buf b = {0};
    read_back("0000.e0001", &b);
    write_file("0001.e0001", b.p + 64, 64);
    struct seen s = {0};
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), ENOTSUP);
    assert_int_equal(journal_read(dir, PLAN + 1, collect, &s, NULL), 0);
    buf_free(&b);
}

/* The disk fills in the middle of a record, then has room again. */
static void
test_full_disk(void **state)
{
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    for (rlim_t extra = 0; extra <= 192; extra += 16) {
        struct journal *j = make((uint32_t)extra, 0, 2);
        small = old;
        small.rlim_cur = 3 * 64 + extra;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        for (uint32_t i = 2; i < 5; i++)
            journal_add(j, record(i));
        int first = journal_flush(j), second = journal_flush(j);
        journal_add(j, record(5));
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(first, extra < 192 ? EFBIG : 0);
        assert_int_equal(second, first);
        struct journal_tail *t = journal_tail_new(dir, PLAN);
        struct seen s = {0};
        assert_int_equal(journal_tail_poll(t, collect, &s), 0);
        size_t before = s.n;
        assert_int_equal(journal_flush(j), 0);
        assert_int_equal(journal_tail_poll(t, collect, &s), 0);
        assert_int_equal(s.n - before, 6 - (2 + extra / 64));
        journal_tail_free(t);
        unsigned damaged;
        s = (struct seen){0};
        assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
        assert_int_equal(damaged, 0);
        assert_int_equal(s.n, 7 * (extra / 16 + 1));
        journal_close(j);
    }
    /* no room for a head: no journal, and no file */
    small = old;
    small.rlim_cur = 10;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int err = 0;
    assert_null(next_journal(5000, &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err, EFBIG);
    struct journal *j = next_journal(5000, &err);
    assert_int_equal(journal_epoch(j), 1);
    journal_close(j);
    signal(SIGXFSZ, SIG_DFL);
}

static void
test_two_writers(void **state)
{
    (void)state;
    enum { WRITERS = 8, EACH = 20 };
    pid_t pid[WRITERS];
    for (int w = 0; w < WRITERS; w++) {
        pid[w] = fork();
        if (pid[w] == 0) {
            snprintf(writer, sizeof writer, "nid1.%d", w); /* no two have the same name */
            for (int i = 0; i < EACH; i++) {
                int err;
                struct journal *j;
                while (!(j = next_journal(0, &err)) && err == EEXIST)
                    ;
                if (!j)
                    _exit(1);
                journal_add(j, record((uint32_t)(w * EACH + i)));
                if (journal_flush(j))
                    _exit(1);
                journal_close(j);
            }
            _exit(0);
        }
    }
    for (int w = 0; w < WRITERS; w++) {
        int status;
        assert_int_equal(waitpid(pid[w], &status, 0), pid[w]);
        assert_int_equal(status, 0);
    }
    struct seen s = {0};
    unsigned damaged;
    assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
    assert_int_equal(damaged, 0);
    assert_int_equal(s.n, 2 * WRITERS * EACH);
    bool task[WRITERS * EACH] = {false};
    for (size_t i = 0; i < s.n; i += 2) {
        assert_int_equal(s.v[i], 1000000 + i / 2 + 1);
        assert_false(task[s.v[i + 1]]);
        task[s.v[i + 1]] = true;
    }
}

static void
test_tail(void **state)
{
    (void)state;
    struct journal_tail *t = journal_tail_new(dir, PLAN);
    struct seen s = {0};
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    assert_int_equal(s.n, 0);
    struct journal *j = make(0, 0, 1);
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    expect(&s, 2, (uint32_t[]){1000001, 0});
    journal_add(j, record(1));
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(journal_flush(j), 0);
    /* a record half written is not seen, and neither lost */
    struct buf b = {0};
    read_back("0000.e0001", &b);
    write_file("0000.e0001", b.p, b.n - 30);
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    assert_int_equal(s.n, 2);
    write_file("0000.e0001", b.p, b.n);
    /* the last records of an epoch come before the next one */
    struct journal *k = make(0, 2, 3);
    struct journal *other = make(3, 4, 5);
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    expect(&s, 7, (uint32_t[]){1000001, 0, 1, 1000002, 2, 1000001, 4});
    journal_add(k, record(6));
    assert_int_equal(journal_flush(k), 0);
    s.most = s.n + 1;
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    s.most = 0;
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    assert_int_equal(s.n, 8);
    assert_int_equal(s.v[7], 6);
    journal_close(j);
    journal_close(k);
    journal_close(other);
    journal_tail_free(t);
    journal_tail_free(NULL);
    buf_free(&b);
}

/* More than one read buffer, flushed in pieces that fit no block. */
static void
test_many(void **state)
{
    (void)state;
    int err;
    struct journal *j = next_journal(0, &err);
    for (uint32_t i = 0; i < 40000; i++) {
        struct journal_rec r = record(1);
        journal_add(j, r);
        if (i % 77 == 0)
            assert_int_equal(journal_flush(j), 0);
    }
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    struct journal_tail *t = journal_tail_new(dir, PLAN);
    size_t total = 0;
    struct seen s;
    do {
        s = (struct seen){.most = 1000};
        assert_int_equal(journal_tail_poll(t, collect, &s), 0);
        total += s.n;
    } while (s.n);
    assert_int_equal(total, 40001);
    journal_tail_free(t);
}

/* What the writer of an earlier epoch adds after the next one began does not count. */
static void
test_fence(void **state)
{
    (void)state;
    int err;
    uint64_t fence = 1;
    unsigned damaged = 0;
    struct seen s = {0};
    struct journal *old = make(0, 0, 3);
    assert_int_equal(journal_read_shard(dir, 0, 1, PLAN, collect, &s, &fence, &damaged), 0);
    assert_int_equal(fence, 4 * 64);
    assert_int_equal(s.n, 4);
    struct journal_tail *t = journal_tail_new(dir, PLAN);
    struct journal *j = journal_create(dir, 0, 1, fence, PLAN, "nid2.1", false, 0, &err);
    assert_non_null(j);
    journal_add(old, record(3));
    assert_int_equal(journal_flush(old), 0);
    journal_add(j, record(4));
    assert_int_equal(journal_flush(j), 0);
    s = (struct seen){0};
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), 0);
    static const uint32_t all[] = {1000001, 0, 1, 2, 1000002, 4};
    expect(&s, 6, all);
    s = (struct seen){0};
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    expect(&s, 6, all);
    /* nobody takes the same epoch twice */
    assert_null(journal_create(dir, 0, 1, fence, PLAN, "nid3.1", false, 0, &err));
    assert_int_equal(err, EEXIST);
    s = (struct seen){0};
    assert_int_equal(journal_read_shard(dir, 0, 2, PLAN, collect, &s, &fence, &damaged), 0);
    assert_int_equal(fence, 2 * 64);
    expect(&s, 6, all);
    assert_int_equal(damaged, 0);
    /* of another plan nothing counts, and nothing is cut */
    assert_int_equal(journal_read_shard(dir, 0, 2, PLAN + 1, collect, &s, &fence, &damaged), 0);
    assert_int_equal(fence, 0);
    journal_tail_free(t);
    journal_close(old);
    journal_close(j);
}

static void
test_look(void **state)
{
    (void)state;
    struct journal_state j;
    uint32_t last[3];
    assert_int_equal(journal_epochs(dir, 3, last), ENOENT);
    assert_int_equal(journal_look(dir, 0, 1, PLAN, &j), ENOENT);
    struct journal *w = make(1, 0, 2);
    assert_int_equal(journal_epochs(dir, 3, last), 0);
    assert_int_equal(last[0] + 10 * last[1] + last[2], 10);
    assert_int_equal(journal_look(dir, 1, 1, PLAN, &j), 0);
    assert_true(j.ours && !j.closed);
    assert_string_equal(j.holder, "nid1.7");
    journal_add_close(w, 5, 2, 0);
    assert_int_equal(journal_flush(w), 0);
    assert_int_equal(journal_look(dir, 1, 1, PLAN, &j), 0);
    assert_true(j.closed && j.left == 5 && j.failed == 2);
    assert_int_equal(offsetof(struct journal_close, left), offsetof(struct journal_rec, task));
    assert_int_equal(offsetof(struct journal_close, failed), offsetof(struct journal_rec, wall_ms));
    assert_int_equal(journal_look(dir, 1, 1, PLAN + 1, &j), 0);
    assert_false(j.ours);
    journal_close(w);
    write_file("0002.e0001", "torn", 4);
    assert_int_equal(journal_look(dir, 2, 1, PLAN, &j), ENOENT);
}

static bool
only_odd(void *arg, uint32_t shard)
{
    (void)arg;
    return shard % 2;
}

static void
test_some_shards(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        journal_close(make(i, i, i + 1));
    struct journal_tail *t = journal_tail_new(dir, PLAN);
    journal_tail_want(t, only_odd, NULL);
    struct seen s = {0};
    assert_int_equal(journal_tail_poll(t, collect, &s), 0);
    expect(&s, 4, (const uint32_t[]){1000001, 1, 1000001, 3});
    journal_tail_free(t);
}

/* Numbers that nobody reached: readers need not go through all before them. */
static void
test_absurd_epochs(void **state)
{
    (void)state;
    journal_close(make(0, 5, 6));
    write_file("0000.e400000000", "", 0);
    write_file("4000000000.e400000000", "junk", 4);
    struct rlimit all;
    assert_int_equal(getrlimit(RLIMIT_AS, &all), 0);
#ifndef __SANITIZE_ADDRESS__ /* which needs it all */
    struct rlimit some = {.rlim_cur = (rlim_t)4 << 30, .rlim_max = all.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_AS, &some), 0);
#endif
    uint32_t last;
    uint64_t fence = 1;
    unsigned damaged = 0;
    struct seen s = {0};
    assert_int_equal(journal_epochs(dir, 1, &last), 0);
    assert_int_equal(last, 400000000);
    assert_int_equal(journal_read_shard(dir, 0, last, PLAN, collect, &s, &fence, &damaged), 0);
    expect(&s, 2, (const uint32_t[]){1000001, 5});
    assert_int_equal(fence, 0);
    assert_int_equal(damaged, 0);
    int err;
    struct journal *j = journal_create(dir, 0, last, fence, PLAN, writer, false, 0, &err);
    assert_non_null(j);
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    memset(&s, 0, sizeof s);
    assert_int_equal(journal_read_shard(dir, 0, last + 1, PLAN, collect, &s, &fence, &damaged), 0);
    expect(&s, 3, (const uint32_t[]){1000001, 5, 1000000 + 400000001});
    assert_int_equal(fence, sizeof(struct journal_head));
    assert_null(journal_create(dir, 0, 999999999, 0, PLAN, writer, false, 0, &err));
    assert_int_equal(err, EOVERFLOW);
    setrlimit(RLIMIT_AS, &all);
}

/* --- leases --- */

static pid_t
other_shim(const char *node, uint32_t seconds, char *holder)
{
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
        int err;
        struct lease *l = lease_open(dir, node, "17", seconds, &err);
        char name[HOLDER_SIZE] = "";
        if (l)
            strcpy(name, lease_holder(l));
        if (write(fd[1], name, sizeof name) != sizeof name)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(fd[0], holder, HOLDER_SIZE), HOLDER_SIZE);
    close(fd[0]);
    close(fd[1]);
    return pid;
}

static void
end_process(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void
lease_file(const char *holder, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/leases/%s", dir, holder);
}

static void
test_lease(void **state)
{
    (void)state;
    int err;
    char other[HOLDER_SIZE], who[64], found[HOLDER_SIZE];
    struct buf path = {0};
    pid_t pid = other_shim("nid00012.example.org", 300, other);
    assert_string_equal(other, "nid00012.1");
    struct lease *l = lease_open(dir, "nid00012", NULL, 300, &err);
    assert_non_null(l);
    assert_string_equal(lease_holder(l), "nid00012.2");
    assert_int_equal(lease_beat(l), 0);
    assert_int_equal(lease_judge(l, lease_holder(l), NULL), LEASE_HELD);
    assert_int_equal(lease_judge(l, other, NULL), LEASE_HELD);
    assert_true(lease_seen(dir, other, who, sizeof who));
    char tail[32];
    snprintf(tail, sizeof tail, " %ld 17", (long)pid);
    assert_string_equal(who + strlen(who) - strlen(tail), tail);
    assert_int_equal(lease_other(l, NULL, found, sizeof found), 0);
    assert_string_equal(found, other);
    assert_int_equal(lease_other(l, "nid00012", found, sizeof found), 0);
    assert_string_equal(found, other);
    assert_int_equal(lease_other(l, "nid0001", found, sizeof found), 0);
    assert_string_equal(found, "");
    end_process(pid);
    assert_int_equal(lease_judge(l, other, NULL), LEASE_DEAD); /* its lock is free */
    assert_false(lease_seen(dir, other, who, sizeof who));
    assert_int_equal(lease_end(l, other), 0);
    assert_int_equal(lease_judge(l, other, NULL), LEASE_DEAD);
    /* no name is given twice, and one that is no name becomes one */
    struct lease *m = lease_open(dir, "nid00012", NULL, 300, &err);
    assert_string_equal(lease_holder(m), "nid00012.3");
    struct lease *n = lease_open(dir, "../\n", NULL, 300, &err);
    assert_string_equal(lease_holder(n), "node.1");
    lease_close(n);
    assert_int_equal(lease_judge(l, "node.1", NULL), LEASE_DEAD);
    /* who was taken for dead learns it */
    assert_int_equal(lease_end(l, lease_holder(m)), 0);
    assert_int_equal(lease_beat(m), LEASE_LOST);
    lease_file(lease_holder(l), &path);
    assert_int_equal(unlink(path.p), 0);
    int fd = open(path.p, O_WRONLY | O_CREAT, 0666);
    close(fd);
    assert_int_equal(lease_beat(l), LEASE_LOST); /* nor does another file of its name help */
    lease_close(m);
    lease_close(l);
    assert_null(lease_open("/dev/null/x", NULL, NULL, 300, &err));
    assert_int_equal(err, ENOTDIR);
    buf_free(&path);
}

/* Who else works, on which node, for which job. */
static void
test_lease_nodes(void **state)
{
    (void)state;
    int err;
    char other[HOLDER_SIZE], same[HOLDER_SIZE];
    assert_true(lease_same_node("nid00012.1", "nid00012.17"));
    assert_false(lease_same_node("nid00012.1", "nid0001.1"));
    assert_false(lease_same_node("nid0001.1", "nid00012.1"));
    struct lease *l = lease_open(dir, "compute-rack1-nid00012", NULL, 300, &err);
    assert_string_equal(lease_holder(l), "e-rack1-nid00012.1"); /* the end tells more */
    pid_t first = other_shim("compute-rack1-nid00012", 300, same);
    assert_int_equal(lease_others(l, 9), 0);
    pid_t second = other_shim("compute-rack1-nid00013", 300, other);
    assert_int_equal(lease_others(l, 9), 1);
    assert_int_equal(lease_others(l, 0), 0);
    assert_true(lease_of_job(dir, other, "17"));
    assert_false(lease_of_job(dir, other, "1"));
    assert_false(lease_of_job(dir, other, "17 18"));
    end_process(second);
    assert_int_equal(lease_others(l, 9), 0);
    assert_false(lease_of_job(dir, other, "17"));
    end_process(first);
    lease_close(l);
}

static void
test_offers(void **state)
{
    (void)state;
    struct offer o[2];
    assert_int_equal(offers_list(dir, o, 2), 0);
    offer_make(dir, 7, 3);
    assert_int_equal(offers_list(dir, o, 2), 1);
    assert_int_equal(o[0].shard, 7);
    assert_int_equal(o[0].epoch, 3);
    offer_make(dir, 12345, 3);
    offer_make(dir, 8, 3);
    assert_int_equal(offers_list(dir, o, 2), 2);
    offer_end(dir, 7, 3);
    offer_end(dir, 12345, 3);
    offer_end(dir, 8, 3);
    assert_int_equal(offers_list(dir, o, 2), 0);
}

/* A lease of another host: only its time tells. */
static void
test_lease_expires(void **state)
{
    (void)state;
    int err;
    struct buf path = {0};
    struct lease *l = lease_open(dir, "nid1", NULL, 6, &err);
    lease_file("nid2.1", &path);
    int fd = open(path.p, O_RDWR | O_CREAT, 0666);
    assert_int_equal(write_all(fd, "nid2 17 0-0 2 -\n", 16), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_FRESH);
    assert_true(lease_seen(dir, "nid2.1", NULL, 0));
    struct timespec t[2];
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    t[0] = t[1] = st.st_mtim;
    t[1].tv_sec -= 1;
    assert_int_equal(futimens(fd, t), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_LATE);
    /* too old: but it is believed only when it was seen not to change for two beats */
    t[1].tv_sec -= 4;
    assert_int_equal(futimens(fd, t), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_LATE);
    nanosleep(&(struct timespec){0, 400000000}, NULL);
    t[1].tv_nsec ^= 4096; /* it lives, and its clock is slow */
    assert_int_equal(futimens(fd, t), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_LATE);
    t[1].tv_sec -= 1;
    assert_int_equal(futimens(fd, t), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_LATE);
    nanosleep(&(struct timespec){0, 700000000}, NULL);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_DEAD);
    /* what is no lease has a time all the same */
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_FRESH);
    close(fd);
    lease_close(l);
    buf_free(&path);
}

/* Writes a lease that was renewed so long ago. */
static void
old_lease(const char *holder, const char *line, int seconds)
{
    struct buf path = {0};
    struct timespec t[2] = {{0, UTIME_NOW}};
    clock_gettime(CLOCK_REALTIME, &t[1]);
    t[1].tv_sec -= seconds;
    lease_file(holder, &path);
    int fd = open(path.p, O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_int_equal(write_all(fd, line, strlen(line)), 0);
    assert_int_equal(futimens(fd, t), 0);
    close(fd);
    buf_free(&path);
}

/* A host of our name in another boot: an earlier one of ours, unless it renewed its lease since. */
static void
test_lease_boots(void **state)
{
    (void)state;
    int err;
    char host[128] = "", line[300];
    struct lease_sight seen;
    struct timespec up;
    struct lease *l = lease_open(dir, "nid1", NULL, 300, &err);
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &up), 0);
    snprintf(line, sizeof line, "%s 17 0-0 300 0 -\n", host);
    old_lease("nid2.1", line, 20);
    assert_int_equal(lease_judge(l, "nid2.1", &seen), LEASE_FRESH);
    assert_string_equal(seen.host, host);
    assert_int_equal(seen.pid, 17);
    assert_in_range(seen.age_ms, 19000, 25000);
    assert_in_range(seen.wait_ms, 275000, 281000);
    old_lease("nid2.1", line, 200);
    if (up.tv_sec > 250)
        assert_int_equal(lease_judge(l, "nid2.1", &seen), LEASE_LATE);
    old_lease("nid2.1", line, 301);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_DEAD);
    snprintf(line, sizeof line, "%s 17 0-0 86400 0 -\n", host);
    old_lease("nid2.1", line, (int)up.tv_sec + 28900); /* late, and before we booted */
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_DEAD);
    snprintf(line, sizeof line, "%s 17 ? 300 0 -\n", host);
    old_lease("nid2.1", line, 301);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_LATE);
    lease_close(l);
}

/* What is not there any more is gone only if its folder is there, and ours in it. */
static void
test_lease_gone(void **state)
{
    (void)state;
    int err;
    struct lease_sight seen;
    struct buf path = {0}, away = {0};
    struct lease *l = lease_open(dir, "nid1", NULL, 300, &err);
    buf_printf(&path, "%s/leases", dir);
    buf_printf(&away, "%s/away", dir);
    assert_int_equal(lease_judge(l, "nid2.1", NULL), LEASE_DEAD);
    assert_int_equal(rename(path.p, away.p), 0);
    assert_int_equal(lease_judge(l, "nid2.1", &seen), LEASE_UNSURE);
    assert_int_equal(seen.err, ENOENT);
    assert_int_equal(lease_beat(l), ENOENT);
    assert_false(lease_seen(dir, "nid2.1", NULL, 0));
    assert_int_equal(mkdir(path.p, 0777), 0);
    assert_int_equal(lease_judge(l, "nid2.1", &seen), LEASE_UNSURE);
    assert_int_equal(lease_beat(l), LEASE_LOST);
    assert_int_equal(rmdir(path.p), 0);
    assert_int_equal(rename(away.p, path.p), 0);
    assert_int_equal(lease_beat(l), 0);
    lease_close(l);
    buf_free(&path);
    buf_free(&away);
}

/* However many died at once, each is seen not to change. */
static void
test_lease_many(void **state)
{
    (void)state;
    enum { MANY = 50 };
    int err;
    char holder[HOLDER_SIZE];
    struct lease *l = lease_open(dir, "nid1", NULL, 300, &err);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            snprintf(holder, sizeof holder, "nid%d.1", i + 2);
            if (!round)
                old_lease(holder, "elsewhere 17 0-0 2 0 -\n", 100);
            assert_int_equal(lease_judge(l, holder, NULL), round ? LEASE_DEAD : LEASE_LATE);
        }
        nanosleep(&(struct timespec){0, 700000000}, NULL);
    }
    lease_close(l);
}

static void
test_hostile(void **state)
{
    (void)state;
    journal_close(make(0, 0, 2));
    unsigned seed = 12345;
    unsigned char junk[1000];
    for (int round = 0; round < 300; round++) {
        size_t n = (size_t)round * 3;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1103515245 + 12345;
            junk[i] = (unsigned char)(seed >> 16);
        }
        if (n > 5)
            junk[4] = JOURNAL_HEAD;
        write_file("0001.e0001", junk, n);
        struct seen s = {0};
        unsigned damaged;
        assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
        assert_int_equal(s.n, 3);
        assert_int_equal(damaged, n > 0);
    }
    /* a good checksum over a reason that does not exist */
    struct journal *j = make(0, 0, 1);
    struct journal_rec r = record(1);
    r.reason = JOURNAL_NREASONS;
    journal_add(j, r);
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    struct seen s = {0};
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), 0);
    assert_int_equal(s.n, 5);
}

/* What a task wrote is a record like the others, and one that counts nothing is none. */
static void
test_outputs(void **state)
{
    (void)state;
    struct journal *j = make(0, 0, 1);
    struct journal_output o = {.kind = JOURNAL_OUTPUT,
        .count = 2,
        .task = 7,
        .types = JOURNAL_FILE | JOURNAL_FOLDER << 2,
        .attempt = 1,
        .of = {{.size = UINT64_C(1) << 40, .mtime_ns = -5}, {.mtime_ns = INT64_MAX}}};
    journal_add_output(j, &o);
    journal_add(j, (struct journal_rec){.kind = JOURNAL_SYNC, .log_off = 128});
    assert_int_equal(journal_size(j), 128);
    assert_int_equal(journal_flush(j), 0);
    assert_int_equal(journal_size(j), 256);
    struct seen s = {0};
    unsigned damaged;
    assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
    assert_int_equal(s.n, 4);
    assert_int_equal(s.v[2], 7);
    for (int count = 0; count < 5; count += 4) {
        o.count = (uint8_t)count;
        struct journal *bad = make(1, 0, 1);
        journal_add_output(bad, &o);
        assert_int_equal(journal_flush(bad), 0);
        journal_close(bad);
        assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
        assert_true(damaged > 0);
    }
    journal_close(j);
}

/* --- what is to be tried again --- */

static void
fail_task(struct journal *j, uint32_t task, enum journal_reason reason)
{
    struct journal_rec r = record(task);
    r.reason = (uint8_t)reason;
    r.flags = JOURNAL_FINAL;
    journal_add(j, r);
    assert_int_equal(journal_flush(j), 0);
}

static bool
note_flags(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    (void)head;
    if (rec->kind == JOURNAL_END)
        buf_puts(arg, rec->flags & JOURNAL_VOID    ? rec->flags & JOURNAL_FINAL ? "?" : "v"
                      : rec->flags & JOURNAL_FINAL ? "F"
                                                   : "-");
    return true;
}

static void
expect_flags(uint64_t plan, const char *want)
{
    struct buf got = {0};
    buf_puts(&got, "");
    assert_int_equal(journal_read(dir, plan, note_flags, &got, NULL), 0);
    assert_string_equal(got.p, want);
    buf_free(&got);
}

/* Failures before the mark are void, those behind it are not; nor is what was done. */
static void
test_again(void **state)
{
    (void)state;
    int err;
    struct journal *first = make(2, 0, 0);
    fail_task(first, 1, REASON_EXIT);
    fail_task(first, 2, REASON_OK);
    journal_close(first);
    struct journal *j = next_journal(2, &err);
    fail_task(j, 3, REASON_OOM);
    fail_task(j, 4, REASON_LIMIT);
    expect_flags(PLAN, "FFFF");
    struct again_mark mark[] = {{1, 9, 64}, {2, 2, 2 * 64}};
    struct again a = {.number = 7, .mark = mark, .n = 2}, got;
    assert_int_equal(again_write(dir, PLAN, &a), 0);
    expect_flags(PLAN, "vFvF");
    assert_int_equal(again_read(dir, PLAN, &got), 0);
    assert_int_equal(got.number, 7);
    assert_int_equal(got.n, 2);
    assert_true(again_void(&got, 1, 8, 1 << 30) && again_void(&got, 1, 9, 0));
    assert_false(again_void(&got, 1, 9, 64) || again_void(&got, 1, 10, 0));
    assert_false(again_void(&got, 0, 1, 0) || again_void(&got, 3, 1, 0));
    again_free(&got);
    /* another plan has no part in it, and does not take it away */
    assert_int_equal(again_remove(dir, PLAN + 1), 0);
    assert_int_equal(again_read(dir, PLAN + 1, &got), 0);
    assert_int_equal(got.number + got.n, 0);
    expect_flags(PLAN, "vFvF");
    assert_int_equal(again_remove(dir, PLAN), 0);
    expect_flags(PLAN, "FFFF");
    journal_close(j);
}

/* Cut anywhere, and with any byte changed, it is none. */
static void
test_again_damaged(void **state)
{
    (void)state;
    struct again_mark mark[] = {{0, 1, 64}, {3, 2, 4096}};
    struct again a = {.number = 1, .mark = mark, .n = 2}, got;
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/again", dir);
    assert_int_equal(again_write(dir, PLAN, &a), 0);
    assert_int_equal(file_read(path.p, &text), 0);
    for (size_t n = 0; n < text.n; n++) {
        assert_int_equal(file_write_atomic(path.p, text.p, n, 0600), 0);
        assert_int_equal(again_read(dir, PLAN, &got), 0);
        assert_int_equal(got.number + got.n, 0);
        char was = text.p[n];
        for (int c = 0; c < 256; c += 5) {
            text.p[n] = (char)c;
            assert_int_equal(file_write_atomic(path.p, text.p, text.n, 0600), 0);
            assert_int_equal(again_read(dir, PLAN, &got), 0);
            assert_true(
                got.number + got.n == 0 || /* as another spelling of a number is not */
                (got.number == 1 && got.n == 2 && memcmp(got.mark, mark, sizeof mark) == 0));
            again_free(&got);
        }
        text.p[n] = was;
    }
    unlink(path.p);
    assert_int_equal(mkfifo(path.p, 0600), 0); /* nor does a pipe hold its reader for ever */
    assert_int_equal(again_read(dir, PLAN, &got), 0);
    assert_int_equal(got.number + got.n, 0);
    unlink(path.p);
    buf_free(&path);
    buf_free(&text);
}

static void
expect_wanted(uint64_t plan, const char *shards, const char *by)
{
    bool shard[4];
    char holder[HOLDER_SIZE], got[5] = "";
    memset(shard, 1, sizeof shard);
    assert_int_equal(wanted_read(dir, plan, shard, 4, holder), 0);
    for (int s = 0; s < 4; s++)
        got[s] = shard[s] ? 'x' : '.';
    assert_string_equal(got, shards);
    assert_string_equal(holder, by);
}

/* As long as who wants them lives, and of his plan; damaged it is none. */
static void
test_wanted(void **state)
{
    (void)state;
    int err;
    const bool shard[4] = {true, false, false, true};
    struct buf path = {0}, text = {0};
    expect_wanted(PLAN, "....", "");
    struct lease *l = lease_open(dir, LEASE_REDO, NULL, 300, &err);
    assert_non_null(l);
    assert_int_equal(wanted_write(dir, PLAN, lease_holder(l), shard, 4), 0);
    expect_wanted(PLAN, "x..x", lease_holder(l));
    expect_wanted(PLAN + 1, "....", "");
    buf_printf(&path, "%s/wanted", dir);
    assert_int_equal(file_read(path.p, &text), 0);
    for (size_t n = 0; n + 1 < text.n; n++) { /* but for the last end of a line */
        char was = text.p[n];
        assert_int_equal(file_write_atomic(path.p, text.p, n, 0600), 0);
        expect_wanted(PLAN, "....", "");
        text.p[n] = was == '7' ? '8' : '7';
        assert_int_equal(file_write_atomic(path.p, text.p, text.n, 0600), 0);
        expect_wanted(PLAN, "....", "");
        text.p[n] = was;
    }
    assert_int_equal(wanted_write(dir, PLAN, lease_holder(l), shard, 4), 0);
    lease_close(l);
    expect_wanted(PLAN, "....", "");
    wanted_remove(dir);
    assert_int_equal(access(path.p, F_OK), -1);
    buf_free(&path);
    buf_free(&text);
}

static void
test_again_later(void **state)
{
    (void)state;
    assert_true(
        again_later(1, 0) && again_later(2, 1) && again_later(1, 255) && again_later(3, 254));
    assert_false(again_later(0, 0) || again_later(0, 3) || again_later(1, 1) || again_later(1, 2) ||
                 again_later(255, 1));
}

static void
test_reasons(void **state)
{
    (void)state;
    assert_string_equal(journal_reason_name(REASON_OK), "ok");
    assert_string_equal(journal_reason_name(REASON_CANCELLED), "cancelled");
    assert_string_equal(journal_reason_name((enum journal_reason)200), "?");
    assert_true(journal_reason_charged(REASON_EXIT));
    assert_true(journal_reason_charged(REASON_LIMIT));
    assert_false(journal_reason_charged(REASON_WALLTIME));
    assert_false(journal_reason_charged(REASON_LOST));
    assert_false(journal_reason_charged(REASON_GONE));
    assert_false(journal_reason_charged(REASON_REDO));
    assert_true(journal_reason_undoes(REASON_REDO) && journal_reason_undoes(REASON_GONE));
    assert_false(journal_reason_undoes(REASON_LOST));
    assert_int_equal(lease_redo(LEASE_REDO ".12"), 12);
    assert_int_equal(lease_redo(LEASE_REDO "-a.3"), 0);
    assert_int_equal(lease_redo("nid3.4"), 0);
    struct journal_rec end = {.kind = JOURNAL_END, .reason = REASON_LOST};
    assert_false(journal_charged(&end));
    end.flags = JOURNAL_ALONE;
    assert_true(journal_charged(&end));
    end.reason = REASON_NODE;
    assert_false(journal_charged(&end));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, temp_make, temp_remove)
    const struct CMUnitTest tests[] = {T(test_round_trip), T(test_names), T(test_torn),
        T(test_flipped_bits), T(test_other_version), T(test_full_disk), T(test_two_writers),
        T(test_tail), T(test_many), T(test_fence), T(test_look), T(test_some_shards),
        T(test_absurd_epochs), T(test_lease), T(test_lease_expires), T(test_lease_boots),
        T(test_lease_gone), T(test_lease_many), T(test_lease_nodes), T(test_offers),
        T(test_hostile), T(test_outputs), T(test_reasons), T(test_again), T(test_again_damaged),
        T(test_again_later), T(test_wanted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
