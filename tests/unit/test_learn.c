/* What is learned of times: sketches against exact numbers, books against their rules, and files
 * that many write and anybody may have written. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cost/classes.h"
#include "driver/compile.h"
#include "learn/class_times.h"
#include "learn/shared.h"
#include "sched/sched.h"
#include "util/file.h"

static uint64_t seed;

static double
uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

/* Half of them are below 1, and 95 of 100 below `p95`. */
static double
lognormal(double p95)
{
    double normal = sqrt(-2 * log(uniform())) * cos(2 * 3.14159265358979 * uniform());
    return exp(normal * log(p95) / 1.6449);
}

/* --- sketches --- */

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
near(double got, double want, double by)
{
    if (!(got > want / (1 + by) && got < want * (1 + by)))
        fail_msg("%g is not near %g", got, want);
}

static void
quantiles_are_near(void **state)
{
    (void)state;
    static double v[5000];
    static const double q[] = {0.05, 0.5, 0.9, 0.95, 0.99};
    for (int round = 0; round < 20; round++) {
        struct sketch s = {0};
        double unit = exp2(16 * uniform() - 8), p95 = 1.05 + 3 * uniform(), sum = 0;
        unsigned n = round < 10 ? 5000 : 40 + (unsigned)round;
        for (unsigned i = 0; i < n; i++) {
            v[i] = unit * lognormal(p95);
            sum += v[i];
            s.ended[sketch_bin(v[i])]++;
        }
        qsort(v, n, sizeof *v, ascending);
        for (unsigned i = 0; i < 5; i++) {
            bool known;
            double got = sketch_quantile(&s, q[i], 0, &known);
            assert_true(known);
            near(got, v[(unsigned)ceil(q[i] * n) - 1], 0.091); /* a bin */
        }
        near(sketch_mean(&s, 0), sum / n, 0.05);
        assert_int_equal(sketch_ended(&s), n);
    }
}

static void
values_beyond_are_in_the_outer_bins(void **state)
{
    (void)state;
    assert_int_equal(sketch_bin(0), 0);
    assert_int_equal(sketch_bin(-1), 0);
    assert_int_equal(sketch_bin(NAN), 0);
    assert_int_equal(sketch_bin(1e-300), 0);
    assert_int_equal(sketch_bin(1e300), SKETCH_BINS - 1);
    assert_int_equal(sketch_bin(INFINITY), SKETCH_BINS - 1);
    for (unsigned i = 0; i < SKETCH_BINS; i++)
        assert_int_equal(sketch_bin(sketch_edge(i + 0.5)), i);
    struct sketch s = {0};
    bool known;
    assert_true(sketch_quantile(&s, 0.5, 0, &known) == 0 && !known && sketch_mean(&s, 0) == 0);
    near(sketch_quantile(&s, 0.5, 20, &known), 1, 0.091);
    assert_true(known);
}

static void
merged_is_the_sum(void **state)
{
    (void)state;
    struct sketch part[3] = {{{0}, {0}}}, all = {0}, sum = {0};
    for (unsigned i = 0; i < 3000; i++) {
        unsigned bin = sketch_bin(lognormal(3));
        struct sketch *s = &part[(unsigned)(3 * uniform())];
        int32_t *count = uniform() < 0.8 ? s->ended : s->open;
        count[bin]++;
        (count == s->ended ? all.ended : all.open)[bin]++;
    }
    for (int i = 0; i < 3; i++)
        sketch_add(&sum, &part[i]);
    assert_memory_equal(&sum, &all, sizeof all);
    int32_t most = INT32_MAX - 1;
    sketch_count(&most, 5);
    assert_int_equal(most, INT32_MAX);
    sketch_count(&most, INT64_MIN);
    assert_true(most >= -INT32_MAX && most <= 0);
}

/* In jobs of some length, long tasks are cut short more often. */
static void
what_is_cut_short_counts(void **state)
{
    (void)state;
    struct sketch s = {0}, naive = {0};
    for (unsigned i = 0; i < 20000; i++) {
        double takes = lognormal(1.6), left = 2.5 * uniform();
        if (takes <= left)
            s.ended[sketch_bin(takes)]++;
        else
            s.open[sketch_bin(left)]++;
        if (takes <= left)
            naive.ended[sketch_bin(takes)]++;
    }
    near(sketch_quantile(&s, 0.5, 0, NULL), 1, 0.02);
    near(sketch_quantile(&s, 0.95, 0, NULL), 1.6, 0.03);
    near(sketch_mean(&s, 0), exp(pow(log(1.6) / 1.6449, 2) / 2), 0.03);
    assert_true(sketch_quantile(&naive, 0.95, 0, NULL) < 1.53);
    bool known;
    struct sketch open = {0};
    open.open[sketch_bin(4.01)] = 33;
    near(sketch_quantile(&open, 0.5, 0, &known), 2 * 4.36, 0.01);
    assert_false(known);
    near(sketch_quantile(&open, 0.95, 20, &known), 2 * 4.36, 0.01);
    assert_false(known);
}

/* --- books --- */

static const char text[] = "campaign c\nset n = 1 .. 1000\n"
                           "task a_told for i in n { time 10 s; run \"a {i}\" }\n"
                           "task b_varied for i in n { time i * 1 s; run \"b {i}\" }\n"
                           "task c_untold for i in n { run \"c {i}\" }\n"
                           "task d_goes for i in n { time 10 s; run \"d {i}\"\n"
                           "checkpoint \"d{i}\" }\n";
enum { TOLD, VARIED, UNTOLD, GOES };

static struct plan *
text_plan(const char *from, struct buf *image)
{
    struct buf why = {0};
    assert_int_equal(file_write_atomic("c.wfl", from, strlen(from), 0644), 0);
    struct diags *d = diag_new();
    const struct compile_options o = {.file = "c.wfl"};
    struct compilation *c = compile(d, &o);
    if (!c)
        diag_print(d, stderr, false, 9);
    assert_non_null(c);
    buf_add(image, c->image.p, c->image.n);
    compilation_free(c);
    diag_free(d);
    struct plan *p = plan_from_bytes(image->p, image->n, "c", &why);
    assert_non_null(p);
    return p;
}

static void
ends(struct book *b, uint32_t task, enum journal_reason reason, uint8_t flags, double seconds)
{
    const struct journal_rec end = {.kind = JOURNAL_END,
        .reason = (uint8_t)reason,
        .flags = flags,
        .task = task,
        .attempt = 1,
        .wall_ms = (uint32_t)(seconds * 1000)};
    book_end(b, &end, NULL);
}

static void
books_believe_what_is_enough(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p);
    struct book_time t = book_time(b, TOLD, 0, 10);
    assert_true(t.expected == 10 && t.sure == 10 && !t.firm);
    t = book_time(b, UNTOLD, 0, 0);
    assert_true(t.expected == 0 && t.sure == 0 && !t.firm);
    for (uint32_t i = 0; i < BOOK_ENOUGH - 2; i++) {
        ends(b, i, REASON_OK, 0, 30);
        ends(b, 1000 + i, REASON_OK, 0, (i + 1) / 4.0); /* a fourth of what is stated */
        ends(b, 2000 + i, REASON_OK, 0, 7);
    }
    t = book_time(b, TOLD, 0, 10);
    near(t.sure, 30, 0.1); /* that it takes longer is believed at once */
    assert_false(t.firm);
    t = book_time(b, VARIED, 0, 100);
    assert_true(t.sure > 90); /* and that it takes less is not */
    assert_true(book_time(b, UNTOLD, 0, 0).sure == 0);
    for (uint32_t i = 0; i < 2; i++) {
        ends(b, 500 + i, REASON_OK, 0, 30);
        ends(b, 1399, REASON_OK, 0, 100);
        ends(b, 2500 + i, REASON_OK, 0, 7);
    }
    t = book_time(b, TOLD, 0, 10);
    near(t.expected, 30, 0.1);
    near(t.mean, 30, 0.1);
    assert_true(t.firm);
    t = book_time(b, VARIED, 0, 100);
    near(t.sure, 25, 0.1);
    t = book_time(b, UNTOLD, 0, 0);
    near(t.expected, 7, 0.1);
    assert_true(t.firm);
    assert_int_equal(book_ends(b), 3 * BOOK_ENOUGH);
    uint32_t n;
    struct book_said *said = book_say(b, &n);
    assert_int_equal(n, 3);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(said[i].family, i);
        assert_int_equal(said[i].ended, BOOK_ENOUGH);
        assert_int_equal(said[i].absolute, i == UNTOLD);
    }
    free(said);
    book_free(b);
    plan_close(p);
    buf_free(&image);
}

static void
only_ends_that_tell_a_time_are_ends(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p);
    uint32_t n;
    ends(b, 0, REASON_OK, JOURNAL_RECOVERED, 30);
    ends(b, 0, REASON_LOST, 0, 0);
    ends(b, 0, REASON_GONE, 0, 0);
    assert_int_equal(book_ends(b), 0);
    ends(b, 0, REASON_OK, JOURNAL_CARRIED | JOURNAL_SHARED | JOURNAL_FINAL, 30);
    ends(b, 1, REASON_LIMIT, JOURNAL_FINAL, 30); /* no attempt takes longer */
    ends(b, 2, REASON_WALLTIME, 0, 30);
    ends(b, 3, REASON_EXIT, 0, 1);
    ends(b, 4, REASON_CANCELLED, 0, 30);
    struct book_said *said = book_say(b, &n);
    assert_int_equal(n, 1);
    assert_int_equal(said->ended, 2);
    free(said);
    /* what goes on from a checkpoint is over after a part of its time */
    ends(b, 3000, REASON_OK, 0, 10);
    ends(b, 3001, REASON_WALLTIME, 0, 10);
    ends(b, 3001, REASON_OK, 0, 1);
    ends(b, 3001, REASON_OK, 0, 11); /* and its outputs were lost */
    const struct journal_rec before = {.kind = JOURNAL_END, .reason = REASON_LOST, .task = 3002};
    book_ended_before(b, &before);
    ends(b, 3002, REASON_OK, 0, 1);
    said = book_say(b, &n);
    assert_int_equal(n, 2);
    assert_int_equal(said[1].family, GOES);
    assert_int_equal(said[1].ended, 2);
    free(said);
    book_free(b);
    plan_close(p);
    buf_free(&image);
}

/* When the first ones of many end, the others are known to take longer. */
static void
what_runs_counts(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p);
    static double takes[1000];
    static struct book_mark mark[1000];
    seed = 3;
    for (uint32_t i = 0; i < 1000; i++)
        takes[i] = 30 * lognormal(1.6);
    for (double now = 1; now < 23; now++)
        for (uint32_t i = 0; i < 1000; i++)
            if (takes[i] >= now)
                book_runs(b, i, now, &mark[i]);
    uint32_t over = 0;
    for (uint32_t i = 0; i < 1000; i++)
        if (takes[i] < 22) {
            const struct journal_rec end = {.kind = JOURNAL_END,
                .task = i,
                .wall_ms = (uint32_t)(takes[i] * 1000)};
            book_end(b, &end, &mark[i]);
            over++;
        }
    assert_true(over > 100 && over < 200);
    struct book_time t = book_time(b, TOLD, 0, 10);
    assert_true(t.expected > 30 && !t.firm);
    for (uint32_t i = 0; i < 1000; i++)
        if (takes[i] >= 22) {
            const struct journal_rec end = {.kind = JOURNAL_END,
                .task = i,
                .wall_ms = (uint32_t)(takes[i] * 1000)};
            book_end(b, &end, &mark[i]);
        }
    t = book_time(b, TOLD, 0, 10);
    near(t.expected, 30, 0.05);
    near(t.sure, 48, 0.05);
    uint32_t n;
    struct book_said *said = book_say(b, &n);
    assert_int_equal(said->ended, 1000);
    free(said);
    book_free(b);
    plan_close(p);
    buf_free(&image);
}

/* What families use of the memory is in the same book, and tells nothing of times. */
static void
memory_is_no_time(void **state)
{
    (void)state;
    struct buf image = {0}, bytes = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p), *c = book_new(p);
    double ratio = 0;
    uint32_t n;
    assert_int_equal(book_memory_of(b, TOLD, &ratio), 0);
    for (uint32_t i = 0; i < 100; i++)
        book_memory(b, TOLD, i < 97 ? 3 : 40);
    assert_int_equal(book_memory_of(b, TOLD, &ratio), 100);
    assert_true(ratio > 2.9 && ratio < 3.4); /* upwards */
    assert_int_equal(book_memory_of(b, VARIED, &ratio), 0);
    assert_true(book_time(b, TOLD, 0, 10).sure == 10);
    free(book_say(b, &n));
    assert_int_equal(n, 0);
    ends(b, 0, REASON_OK, 0, 10);
    book_write(b, &bytes);
    book_read(c, bytes.p, bytes.n);
    book_memory(c, TOLD, 3);
    assert_int_equal(book_memory_of(c, TOLD, &ratio), 101);
    free(book_say(c, &n));
    assert_int_equal(n, 1);
    book_free(b);
    book_free(c);
    plan_close(p);
    buf_free(&image);
    buf_free(&bytes);
}

static void
hostile_bytes_are_as_none(void **state)
{
    (void)state;
    struct buf image = {0}, other_image = {0}, bytes = {0};
    struct plan *p = text_plan(text, &image),
                *other = text_plan("campaign d\ntask a { run \"a\" }\n", &other_image);
    struct book *b = book_new(p), *c = book_new(p), *d = book_new(other);
    for (uint32_t i = 0; i < 30; i++)
        ends(b, i, REASON_OK, 0, 1 + i);
    ends(b, 1000, REASON_WALLTIME, 0, 1);
    book_write(b, &bytes);
    assert_int_equal(book_read(c, bytes.p, bytes.n), BOOK_GOOD);
    assert_int_equal(book_ends(c), 31);
    near(book_time(c, TOLD, 0, 10).expected, book_time(b, TOLD, 0, 10).expected, 1e-9);
    assert_int_equal(book_read(d, bytes.p, bytes.n), BOOK_OTHER);
    for (size_t n = 0; n < bytes.n; n++) {
        assert_int_equal(book_read(c, bytes.p, n), BOOK_NONE);
        assert_int_equal(book_ends(c), 0);
        for (int bit = 0; bit < 8; bit++) {
            bytes.p[n] ^= (char)(1 << bit);
            assert_int_equal(book_read(c, bytes.p, bytes.n), BOOK_NONE);
            bytes.p[n] ^= (char)(1 << bit);
        }
    }
    assert_true(book_time(c, TOLD, 0, 10).expected == 10);
    /* whole, but of nonsense: the sum is right, and words are not */
    struct buf wild = {0};
    seed = 11;
    for (int round = 0; round < 20000; round++) {
        buf_reset(&wild);
        buf_add(&wild, bytes.p, bytes.n);
        for (int k = 0; k < 4; k++) {
            uint32_t word = uniform() < 0.5 ? (uint32_t)(300 * uniform())
                                            : (uint32_t)(4294967295.0 * uniform());
            size_t at = 12 + (size_t)(uniform() * (double)(bytes.n - 16)) / 4 * 4;
            if (at < 16 || at >= 40)
                memcpy(wild.p + at, &word, sizeof word);
        }
        uint64_t sum = hash64(wild.p + 40, wild.n - 40, hash64(wild.p, 32, 0));
        memcpy(wild.p + 32, &sum, sizeof sum);
        book_read(c, wild.p, wild.n);
        struct book_time t = book_time(c, TOLD, 0, 10);
        assert_true(t.sure >= 0 && t.expected >= 0 && t.sure < 1e12);
    }
    buf_free(&wild);
    book_free(b);
    book_free(c);
    book_free(d);
    plan_close(p);
    plan_close(other);
    buf_free(&image);
    buf_free(&other_image);
    buf_free(&bytes);
}

/* --- files --- */

static void
empty_folder(void)
{
    DIR *d = opendir("learned");
    assert_int_equal(dir_clear(d), 0);
}

static unsigned
files(void)
{
    unsigned n = 0;
    DIR *d = opendir("learned");
    const struct dirent *e;
    while (d && (e = readdir(d)))
        n += *e->d_name != '.' || (e->d_name[1] && e->d_name[1] != '.');
    closedir(d);
    return n;
}

static void
shims_tell_each_other(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *a = book_new(p), *b = book_new(p), *c = book_new(p);
    uint32_t na = 0, nb = 0, nc = 0;
    assert_int_equal(shared_read(a, ".", &na), 0);
    assert_false(shared_worth(a, true));
    for (uint32_t i = 0; i < 30; i++) {
        ends(a, i, REASON_OK, 0, 30);
        ends(b, i + 30, REASON_OK, 0, 30);
    }
    assert_true(shared_worth(a, false));
    assert_int_equal(shared_add(a, ".", "a", false, &na), 0);
    assert_int_equal(book_fresh(a), 0);
    assert_int_equal(shared_add(b, ".", "b", false, &nb), 0);
    assert_true(na == 1 && nb == 2);
    assert_int_equal(book_ends(b), 60);
    assert_int_equal(shared_read(a, ".", &na), 0);
    assert_int_equal(book_ends(a), 60);
    assert_true(book_time(a, TOLD, 0, 10).firm);
    /* of one end more nobody needs to hear, but at the end */
    ends(a, 70, REASON_OK, 0, 30);
    assert_false(shared_worth(a, false));
    assert_true(shared_worth(a, true));
    assert_int_equal(shared_add(a, ".", "a", true, &na), 0);
    ends(b, 71, REASON_OK, 0, 30);
    assert_int_equal(shared_add(b, ".", "b", true, &nb), 0);
    assert_int_equal(shared_read(c, ".", &nc), 0);
    assert_int_equal(book_ends(c), 62);
    assert_int_equal(files(), 4);
    /* the last file is torn: the one before it holds */
    assert_int_equal(truncate("learned/4", 50), 0);
    book_free(c);
    c = book_new(p);
    nc = 0;
    assert_int_equal(shared_read(c, ".", &nc), 0);
    assert_int_equal(book_ends(c), 61);
    /* another plan came after it: nothing before that counts any more */
    struct buf other_image = {0};
    struct plan *other = text_plan("campaign d\ntask a { run \"a\" }\n", &other_image);
    struct book *d = book_new(other);
    uint32_t nd = 0;
    ends(d, 0, REASON_OK, 0, 30);
    assert_int_equal(shared_add(d, ".", "d", true, &nd), 0);
    assert_true(nd == 5 && book_ends(d) == 1);
    assert_int_equal(shared_read(c, ".", &nc), 0);
    assert_int_equal(book_ends(c), 0);
    book_free(d);
    plan_close(other);
    buf_free(&other_image);
    /* things that are no files of ours */
    assert_int_equal(mkdir("learned/99", 0777), 0);
    assert_int_equal(mkfifo("learned/98", 0666), 0);
    assert_int_equal(symlink("/dev/zero", "learned/97"), 0);
    assert_int_equal(symlink("/dev/zero", "learned/4294967297"), 0);
    assert_int_equal(shared_read(c, ".", &nc), 0);
    assert_int_equal(rmdir("learned/99"), 0);
    empty_folder();
    book_free(a);
    book_free(b);
    book_free(c);
    plan_close(p);
    buf_free(&image);
}

/* Many at a time: what was added counts once, whoever was faster. */
static void
nothing_is_lost_and_nothing_counts_twice(void **state)
{
    (void)state;
    enum { WRITERS = 6, ROUNDS = 40 };
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    for (int w = 0; w < WRITERS; w++) {
        if (fork())
            continue;
        struct book *b = book_new(p);
        uint32_t number = 0, told = 0, fresh = 0;
        char name[8];
        snprintf(name, sizeof name, "w%d", w);
        for (int i = 0; i < ROUNDS; i++) {
            for (int k = 0; k < 50; k++, fresh++)
                ends(b, (uint32_t)k, REASON_OK, 0, 10);
            if (shared_add(b, ".", name, true, &number) == 0 && book_fresh(b) == 0) {
                told += fresh;
                fresh = 0;
            }
        }
        _exit(write(pipes[1], &told, sizeof told) == (ssize_t)sizeof told ? 0 : 1);
    }
    uint64_t sum = 0;
    for (int w = 0; w < WRITERS; w++) {
        uint32_t told;
        assert_int_equal(read(pipes[0], &told, sizeof told), sizeof told);
        sum += told;
    }
    while (wait(NULL) > 0)
        ;
    struct book *b = book_new(p);
    uint32_t number = 0;
    assert_int_equal(shared_read(b, ".", &number), 0);
    assert_true(sum > 0 && book_ends(b) == sum);
    for (int i = 0; i < 400; i++) {
        for (int k = 0; k < 400; k++)
            ends(b, (uint32_t)k, REASON_OK, 0, 10);
        assert_int_equal(shared_add(b, ".", "b", true, &number), 0);
    }
    assert_true(number > 256 && files() <= 256);
    empty_folder();
    book_free(b);
    close(pipes[0]);
    close(pipes[1]);
    plan_close(p);
    buf_free(&image);
}

/* --- for the scheduling core --- */

static void
a_whole_job_is_never_refused_in_doubt(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 2, .gpus = 0};
    const uint64_t most = 65500;
    struct classes k;
    struct class_times t = {0};
    struct book *b = book_new(p);
    classes_init(&k, p, e, &room, (int64_t)most, NULL, NULL);
    assert_int_equal(classes_try(&k), CLASSES_MADE);
    assert_int_equal(k.kind[0].family, TOLD);
    assert_true(class_times_make(&t, b, &k));
    bool nearly = false;
    for (uint32_t i = 0; i < k.n; i++) { /* nothing is known: what is stated holds, to the end */
        assert_true(t.expected[i] == k.class[i].time_ms && t.sure[i] == k.class[i].time_ms);
        nearly |= t.sure[i] > most - most / 64 && t.sure[i] <= most;
    }
    assert_true(nearly);
    assert_false(class_times_make(&t, b, &k));
    for (uint32_t i = 0; i < 200; i++) /* all are cut short by jobs */
        ends(b, i, REASON_WALLTIME, 0, 60);
    assert_true(class_times_make(&t, b, &k));
    assert_int_equal(t.sure[0], most - most / 64);
    for (uint32_t i = 0; i < 500; i++) /* the longest would end, if there were more time */
        ends(b, i, REASON_OK, 0, i < 400 ? 50 : 90);
    assert_true(class_times_make(&t, b, &k));
    assert_int_equal(t.sure[0], most - most / 64);
    for (uint32_t i = 0; i < 2000; i++) /* by far most need a longer job */
        ends(b, i % 1000, REASON_OK, 0, 90);
    assert_true(class_times_make(&t, b, &k));
    assert_true(t.sure[0] > most && t.expected[0] > most);
    class_times_free(&t);
    classes_free(&k);
    book_free(b);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
}

/* One job, some of whose tasks start: none with less time left than 95 of 100 of those that ended
 * took, by their exact ratios, less the width of a bin; and nothing waits that would fit with that
 * to spare. */
static void
one_job(const struct plan *p, struct plan_eval *e, const struct node_room *room)
{
    enum { NTASKS = 40, MOST = 80 };
    static double ratio[MOST];
    struct book *b = book_new(p);
    struct classes k;
    struct class_times t = {0};
    int64_t length = 20000 + (int64_t)(1e6 * uniform()), end = length;
    double spread = 1.05 + uniform(), factor = exp2(6 * uniform() - 3);
    uint32_t nends = BOOK_ENOUGH + (uint32_t)((MOST - BOOK_ENOUGH) * uniform());
    for (uint32_t i = 0; i < nends; i++) {
        uint32_t stated = 1 + (uint32_t)(999 * uniform());
        ratio[i] = (uint32_t)(stated * factor * lognormal(spread) * 1000) * 1e-3 / stated;
        ends(b, 1000 + stated - 1, REASON_OK, 0, ratio[i] * stated + 1e-6);
    }
    qsort(ratio, nends, sizeof *ratio, ascending);
    double sure = ratio[(unsigned)ceil(0.95 * nends) - 1];
    classes_init(&k, p, e, room, length, NULL, NULL);
    assert_int_equal(classes_try(&k), CLASSES_MADE);
    struct sched *s = sched_new(
        &(struct sched_config){.cores = room->cores, .memory = room->memory, .ntasks = NTASKS});
    sched_add_classes(s, k.class, k.n);
    sched_set_end(s, end);
    class_times_make(&t, b, &k);
    sched_set_times(s, t.expected, t.sure);
    uint32_t of[NTASKS], out;
    for (uint32_t i = 0; i < NTASKS; i++) {
        do
            of[i] = (uint32_t)(k.n * uniform());
        while (k.kind[of[i]].family != VARIED);
        sched_set_class(s, i, of[i], SCHED_NONE);
        sched_take(s, i, 0);
    }
    for (int64_t now = 0; now < end; now += 1 + (int64_t)(length * 0.2 * uniform())) {
        while (sched_launch(s, now, &out, 1)) {
            double takes = (double)k.class[of[out]].time_ms * sure;
            bool whole = (double)k.class[of[out]].time_ms <= (double)length &&
                         takes > (double)length * 0.9; /* a job of its own */
            assert_true(whole || (double)now + takes / 1.1 <= (double)end);
            sched_ended(s, out, SCHED_END_DONE, 0, now);
        }
        for (uint32_t i = 0; i < NTASKS; i++)
            assert_false(
                sched_state(s, i) == SCHED_READY &&
                (double)now + (double)k.class[of[i]].time_ms * sure * 1.1 + 2 < (double)end);
    }
    sched_free(s);
    class_times_free(&t);
    classes_free(&k);
    book_free(b);
}

static void
nothing_starts_that_cannot_finish(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 4, .gpus = 0};
    for (seed = 1; seed <= 10000; seed++) {
        uint64_t keep = seed;
        seed *= 0x9e3779b97f4a7c15u;
        one_job(p, e, &room);
        seed = keep;
    }
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
}

/* Each end changes what is expected by little: it is told when that is much. */
static void
small_changes_add_up(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 2, .gpus = 0};
    struct classes k;
    struct class_times t = {0};
    struct book *b = book_new(p);
    uint64_t told = 0;
    uint32_t times = 0;
    classes_init(&k, p, e, &room, INT64_MAX, NULL, NULL);
    assert_int_equal(classes_try(&k), CLASSES_MADE);
    for (uint32_t i = 0; i < 3000; i++) {
        ends(b, i % 1000, REASON_OK, 0, 10 + 20.0 * i / 3000);
        if (class_times_make(&t, b, &k)) {
            told = t.sure[0];
            times++;
        }
    }
    near((double)told, 29e3, 0.1);
    assert_true(times < 300);
    class_times_free(&t);
    classes_free(&k);
    book_free(b);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
}

/* What holds of short tasks need not hold of long ones: these are refused when such were tried. */
static void
what_was_not_tried_is_not_refused(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p), *c = book_new(p);
    struct buf bytes = {0};
    for (uint32_t i = 1; i <= 100; i++) /* b_varied, stated 1 to 100 s: ten times as much */
        ends(b, 1000 + i - 1, REASON_OK, 0, 10 * i);
    near(book_time(b, VARIED, 0, 500).expected, 5000, 0.1);
    assert_true(book_time(b, VARIED, 0, 200).firm && !book_time(b, VARIED, 0, 201).firm);
    ends(b, 1000 + 498, REASON_EXIT, 0, 1);
    assert_false(book_time(b, VARIED, 0, 500).firm);
    ends(b, 1000 + 498, REASON_WALLTIME, 0, 3000);
    assert_true(book_time(b, VARIED, 0, 500).firm);
    book_write(b, &bytes);
    assert_int_equal(book_read(c, bytes.p, bytes.n), BOOK_GOOD);
    assert_true(book_time(c, VARIED, 0, 998).firm && !book_time(c, VARIED, 0, 999).firm);
    buf_free(&bytes);
    book_free(b);
    book_free(c);
    plan_close(p);
    buf_free(&image);
}

/* A job that ended with a task that hung has not learned that all of them do. */
static void
a_few_that_hang_are_strays(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p);
    for (uint32_t i = 0; i < 28; i++)
        ends(b, i, REASON_OK, 0, 11);
    for (uint32_t i = 0; i < BOOK_STRAY; i++) {
        ends(b, 30 + i, REASON_WALLTIME, 0, 240);
        near(book_time(b, TOLD, 0, 10).sure, 11, 0.1);
    }
    ends(b, 40, REASON_WALLTIME, 0, 240);
    assert_true(book_time(b, TOLD, 0, 10).sure > 200);
    book_free(b);
    plan_close(p);
    buf_free(&image);
}

/* Many that started together end together: the first one tells of those that follow, which are no
 * strays, whether they were seen just before it or just after. */
static void
the_first_of_many_tells(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    for (double seen = 35; seen < 45; seen += 0.25)
        for (uint32_t others = 1; others < 64; others += others) {
            struct book *b = book_new(p);
            for (uint32_t i = 0; i < others; i++)
                book_runs(b, i, seen, &(struct book_mark){0});
            ends(b, others, REASON_OK, 0, 40);
            if (others >= BOOK_ENOUGH)
                assert_true(book_time(b, TOLD, 0, 10).sure >= 40);
            for (uint32_t i = 1; i < BOOK_ENOUGH; i++)
                ends(b, others + i, REASON_OK, 0, 40);
            assert_true(book_time(b, TOLD, 0, 10).sure >= 40);
            book_free(b);
        }
    plan_close(p);
    buf_free(&image);
}

/* Of a small family as much is told as of a large one. */
static void
small_families_are_worth_it(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    struct book *b = book_new(p);
    for (int k = 0; k < 100; k++)
        for (uint32_t i = 0; i < 100; i++)
            ends(b, i, REASON_OK, 0, 10);
    assert_true(shared_worth(b, false));
    book_shared(b);
    ends(b, 0, REASON_OK, 0, 10);
    assert_false(shared_worth(b, true));
    ends(b, 1000, REASON_OK, 0, 10);
    assert_true(shared_worth(b, true) && shared_worth(b, false));
    book_free(b);
    plan_close(p);
    buf_free(&image);
}

static int
enter(void **state)
{
    static char dir[] = "/tmp/wfl-learn-XXXXXX";
    *state = dir;
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
    return unlink("c.wfl") == 0 && rmdir("learned") == 0 && chdir("/") == 0 && rmdir(*state) == 0
               ? 0
               : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_are_near),
        cmocka_unit_test(values_beyond_are_in_the_outer_bins), cmocka_unit_test(merged_is_the_sum),
        cmocka_unit_test(what_is_cut_short_counts), cmocka_unit_test(books_believe_what_is_enough),
        cmocka_unit_test(only_ends_that_tell_a_time_are_ends), cmocka_unit_test(what_runs_counts),
        cmocka_unit_test(memory_is_no_time), cmocka_unit_test(hostile_bytes_are_as_none),
        cmocka_unit_test(shims_tell_each_other),
        cmocka_unit_test(nothing_is_lost_and_nothing_counts_twice),
        cmocka_unit_test(a_whole_job_is_never_refused_in_doubt),
        cmocka_unit_test(nothing_starts_that_cannot_finish), cmocka_unit_test(small_changes_add_up),
        cmocka_unit_test(what_was_not_tried_is_not_refused),
        cmocka_unit_test(a_few_that_hang_are_strays), cmocka_unit_test(the_first_of_many_tells),
        cmocka_unit_test(small_families_are_worth_it)};
    return cmocka_run_group_tests(tests, enter, leave);
}
