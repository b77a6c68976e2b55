/* What is read ahead, in threads, is given out as if it were read one after the other. */
#include "config.h"

#include "journal/journal.h"
#include "util/ahead.h"
#include "util/buf.h"
#include "util/parallel.h"
#include "temp_lib.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLAN UINT64_C(0x1122334455667788)

enum { SHARDS = 300, LARGE = 20000 /* records: more than are read at once */ };

static unsigned seed;

static unsigned
any(unsigned below)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % below;
}

static int
setup(void **state)
{
    seed = 4711;
    return temp_make(state);
}

/* --- the order of things --- */

struct order {
    atomic_uint made[1000];
    atomic_uint taken;
    unsigned last; /* the one that shall be the last */
    pthread_t caller;
};

static void
make_one(void *arg, unsigned i)
{
    struct order *o = arg;
    assert(i < atomic_load(&o->taken) + PARALLEL_AHEAD);
    if (i % 97 == 5)
        usleep(2000);
    atomic_fetch_add(&o->made[i], 1);
}

static bool
take_one(void *arg, unsigned i)
{
    struct order *o = arg;
    assert_true(pthread_equal(pthread_self(), o->caller));
    assert_int_equal(i, o->taken);
    assert_int_equal(o->made[i], 1);
    if (i % 89 == 7)
        usleep(2000);
    o->taken++;
    return i != o->last;
}

static void
test_order(void **state)
{
    (void)state;
    for (unsigned n = 0; n <= 1000; n += n ? n : 1) {
        for (unsigned last = 0; last <= n; last += last < 3 ? 1 : last) {
            struct order o = {.last = last, .caller = pthread_self()};
            parallel_ahead(n, make_one, take_one, &o);
            assert_int_equal(o.taken, last < n ? last + 1 : n);
            for (unsigned i = 0; i < 1000; i++)
                assert_true(o.made[i] <= (i < n && i < o.taken + PARALLEL_AHEAD));
        }
        struct order o = {.last = n};
        parallel_ahead(n < PARALLEL_AHEAD ? n : 0, make_one, NULL, &o);
    }
}

/* Where files are waited for, more are asked for than there are processors. */
struct waiting {
    atomic_uint at_once, most;
};

static void
wait_one(void *arg, unsigned i)
{
    struct waiting *w = arg;
    unsigned n = atomic_fetch_add(&w->at_once, 1) + 1, most = atomic_load(&w->most);
    while (n > most && !atomic_compare_exchange_weak(&w->most, &most, n))
        ;
    (void)i;
    usleep(2000);
    atomic_fetch_sub(&w->at_once, 1);
}

static void
test_waiting(void **state)
{
    (void)state;
    cpu_set_t set;
    struct waiting w = {0};
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    parallel_ahead(2000, wait_one, NULL, &w);
    assert_true(w.most > (CPU_COUNT(&set) < 12 ? (unsigned)CPU_COUNT(&set) + 4 : 12));
}

/* --- journals --- */

/* All that was given out. */
struct seen {
    struct buf b;
    size_t n, most; /* most: stop there; 0: never */
};

static bool
note(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct seen *s = arg;
    buf_add(&s->b, head, sizeof *head);
    buf_add(&s->b, rec, sizeof *rec);
    return ++s->n != s->most;
}

static void
same(struct seen *a, struct seen *b)
{
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->b.n, b->b.n);
    assert_memory_equal(a->b.p ? a->b.p : "", b->b.p ? b->b.p : "", a->b.n);
}

static int
read_both(size_t most, size_t *n)
{
    struct seen a = {.most = most}, b = {.most = most};
    unsigned damaged_a = 0, damaged_b = 0;
    ahead_use(ahead_one_by_one, 1);
    int err = journal_read(dir, PLAN, note, &a, &damaged_a);
    ahead_use(parallel_ahead, PARALLEL_AHEAD);
    assert_int_equal(journal_read(dir, PLAN, note, &b, &damaged_b), err);
    same(&a, &b);
    assert_int_equal(damaged_a, damaged_b);
    *n = a.n;
    buf_free(&a.b);
    buf_free(&b.b);
    return err;
}

static void
add_records(struct journal *j, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        journal_add(j, (struct journal_rec){.kind = any(2) ? JOURNAL_START : JOURNAL_END,
                           .task = any(1000),
                           .attempt = 1,
                           .time_us = any(1000)});
    assert_int_equal(journal_flush(j), 0);
}

static struct journal *
make_journal(uint32_t shard, uint32_t epoch, uint64_t fence, uint64_t plan, unsigned n)
{
    int err;
    struct journal *j = journal_create(dir, shard, epoch - 1, fence, plan, "n.1", false, 0, &err);
    assert_non_null(j);
    add_records(j, n);
    return j;
}

/* The end is torn, or followed by what is no record, or a byte is another one. */
static void
damage(uint32_t shard, uint32_t epoch)
{
    struct buf path = {0};
    struct stat st;
    char byte;
    journal_path(dir, shard, epoch, &path);
    int fd = open(path.p, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    if (st.st_size < 64) { /* it was torn before */
        close(fd);
        buf_free(&path);
        return;
    }
    off_t at = any(2) ? (off_t)any((unsigned)st.st_size) : st.st_size - 1 - (off_t)any(64);
    if (any(3) == 0) {
        assert_int_equal(ftruncate(fd, at), 0);
    } else if (any(2)) {
        char junk[100] = "no record";
        size_t n = 1 + any(sizeof junk);
        assert_int_equal(pwrite(fd, junk, n, st.st_size), n);
    } else {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 1;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
    buf_free(&path);
}

static void
make_journals(void)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++) {
        uint32_t epochs = 1 + any(3);
        for (uint32_t e = 1; e <= epochs; e++) {
            unsigned n = shard % 75 == 7 ? LARGE + any(3) : any(100);
            uint64_t fence = any(3) ? 0 : any(2) ? 64 * any(100) : any(6400);
            journal_close(make_journal(shard, e, fence, any(20) ? PLAN : PLAN + 1, n));
            if (any(4) == 0)
                damage(shard, e);
        }
    }
    struct buf path = {0};
    journal_path(dir, SHARDS / 2, 9, &path);
    assert_int_equal(mkfifo(path.p, 0666), 0);
    buf_reset(&path);
    journal_path(dir, SHARDS / 3, 9, &path);
    close(open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    buf_free(&path);
}

/* A journal that cannot be opened ends it all, and is not noticed before its turn. */
static void
test_journals(void **state)
{
    (void)state;
    struct buf path = {0};
    size_t all, some;
    assert_int_equal(read_both(0, &all), ENOENT);
    make_journals();
    assert_int_equal(read_both(0, &all), 0);
    assert_true(all > 5000);
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(read_both(1 + any((unsigned)all), &some), 0);
        assert_true(some <= all);
    }
    journal_path(dir, SHARDS / 4, 9, &path);
    assert_int_equal(symlink(path.p, path.p), 0);
    assert_int_equal(read_both(0, &some), ELOOP);
    assert_true(some > 0 && some < all);
    assert_int_equal(read_both(some, &some), 0);
    buf_free(&path);
}

/* Two that follow the same files, which grow, and are torn, and have other epochs. */
static void
test_tails(void **state)
{
    (void)state;
    struct seen a = {0}, b = {0};
    struct journal_tail *one = journal_tail_new(dir, PLAN), *other = journal_tail_new(dir, PLAN);
    struct journal *j[SHARDS];
    uint32_t epoch[SHARDS];
    for (uint32_t i = 0; i < SHARDS; i++)
        j[i] = make_journal(i, epoch[i] = 1, 0, PLAN, any(20));
    for (int round = 0; round < 30; round++) {
        a.most = b.most = round % 3 ? 0 : a.n + 1 + any(500);
        ahead_use(ahead_one_by_one, 1);
        int err = journal_tail_poll(one, note, &a);
        ahead_use(parallel_ahead, PARALLEL_AHEAD);
        assert_int_equal(journal_tail_poll(other, note, &b), err);
        same(&a, &b);
        for (uint32_t i = any(3); i < SHARDS; i += 1 + any(5)) {
            add_records(j[i], any(10));
            if (any(10) == 0) {
                uint64_t size = journal_size(j[i]);
                journal_close(j[i]);
                j[i] = make_journal(i, ++epoch[i], any(2) ? size : 0, PLAN, any(10));
            } else if (any(10) == 0) {
                journal_add_close(j[i], 1, 0, 1000);
                assert_int_equal(journal_flush(j[i]), 0);
            } else if (any(20) == 0) {
                damage(i, epoch[i]);
            }
        }
    }
    assert_true(a.n > 5000);
    for (uint32_t i = 0; i < SHARDS; i++)
        journal_close(j[i]);
    journal_tail_free(one);
    journal_tail_free(other);
    buf_free(&a.b);
    buf_free(&b.b);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, temp_remove)
    const struct CMUnitTest tests[] = {T(test_order), T(test_waiting), T(test_journals),
        T(test_tails)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
