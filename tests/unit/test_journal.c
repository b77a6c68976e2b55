/* Journals and leases: what is written is read, whatever happens to the end of the file. */
#include "config.h"

#include "journal/journal.h"
#include "util/buf.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAN UINT64_C(0x1122334455667788)

static char dir[64];

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wfl-journal-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

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
    char host[32];
};

static bool
collect(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct seen *s = arg;
    assert_true(s->n < 4096);
    if (rec->kind == JOURNAL_HEAD) {
        s->v[s->n++] = 1000000 + head->epoch;
        memcpy(s->host, head->host, sizeof s->host);
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

static struct journal *
make(uint32_t shard, uint32_t from, uint32_t to)
{
    int err;
    struct journal *j = journal_create(dir, shard, PLAN, &err);
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
    journal_close(j);
    j = make(0, 10, 11);
    assert_int_equal(journal_epoch(j), 2);
    journal_add(j, record(99)); /* never flushed */
    journal_close(j);
    journal_close(make(12345, 40, 41));
    assert_int_equal(journal_read(dir, PLAN, collect, &s, &damaged), 0);
    expect(&s, 10, (uint32_t[]){1000001, 0, 1, 1000002, 10, 1000001, 30, 31, 1000001, 40});
    assert_int_equal(damaged, 0);
    assert_true(s.host[0]);

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
    struct journal *j = journal_create(dir, 0, PLAN, &err);
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
    assert_null(journal_create(dir, 5000, PLAN, &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err, EFBIG);
    struct journal *j = journal_create(dir, 5000, PLAN, &err);
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
            for (int i = 0; i < EACH; i++) {
                int err;
                struct journal *j = journal_create(dir, 0, PLAN, &err);
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
    struct journal *j = journal_create(dir, 0, PLAN, &err);
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

static void
test_lease(void **state)
{
    (void)state;
    char who[64];
    assert_false(lease_held(dir, 0, who, sizeof who));
    assert_string_equal(who, "");
    int fd[2];
    assert_int_equal(pipe(fd), 0);
    pid_t pid = fork();
    if (pid == 0) {
        int lease = lease_take(dir, 0, NULL, 0);
        if (write(fd[1], lease >= 0 ? "y" : "n", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    char answer;
    assert_int_equal(read(fd[0], &answer, 1), 1);
    assert_int_equal(answer, 'y');
    assert_true(lease_held(dir, 0, who, sizeof who));
    char tail[32];
    snprintf(tail, sizeof tail, " %ld", (long)pid);
    assert_string_equal(who + strlen(who) - strlen(tail), tail);
    assert_true(lease_held(dir, 0, NULL, 0));
    memset(who, 'x', sizeof who);
    errno = 0;
    assert_int_equal(lease_take(dir, 0, who, sizeof who), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    assert_string_equal(who + strlen(who) - strlen(tail), tail);
    int other = lease_take(dir, 1, who, sizeof who);
    assert_true(other >= 0);
    /* one process has it only once, too */
    assert_int_equal(lease_take(dir, 1, who, 3), -1);
    assert_true(strlen(who) <= 2);
    close(other);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_false(lease_held(dir, 0, who, sizeof who));
    int mine = lease_take(dir, 0, who, sizeof who);
    assert_true(mine >= 0);
    assert_true(fcntl(mine, F_GETFD) & FD_CLOEXEC);
    close(mine);
    close(fd[0]);
    close(fd[1]);
    assert_int_equal(lease_take("/dev/null/x", 0, who, sizeof who), -1);
    assert_int_equal(errno, ENOTDIR);
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
    r.reason = REASON_CANCELLED + 1;
    journal_add(j, r);
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    struct seen s = {0};
    assert_int_equal(journal_read(dir, PLAN, collect, &s, NULL), 0);
    assert_int_equal(s.n, 5);
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
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_round_trip), T(test_names), T(test_torn),
        T(test_flipped_bits), T(test_other_version), T(test_full_disk), T(test_two_writers),
        T(test_tail), T(test_many), T(test_lease), T(test_hostile), T(test_reasons)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
