/* learn [JOBS]: what learned times bring where the stated ones are wrong. A node of 33 slots works
 * on one family in jobs of eight mean run times, under a virtual clock, with the scheduling core
 * and the book as a shim uses them: what is lost to the end of jobs, and what is refused though it
 * would have fitted in 95 of 100 cases, or with a tenth to spare (far); after the first 200 ends,
 * in parts of the node time. */
#include "config.h"

#include "random.h"
#include "driver/compile.h"
#include "learn/class_times.h"
#include "util/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SLOTS = 33,
    MEAN_MS = 3600000,
    TICK_MS = 10000, /* between looks at what runs, and changes of times */
    FIRST = 200,     /* ends before it is measured */
    MOST = 100000,
};

struct trial {
    double factor; /* what is stated, in mean run times; 0: nothing */
    double p95;    /* of the run times, in medians */
    bool learns, varied;
};

struct result {
    double lost, refused, far; /* parts of the node time */
    uint32_t ends, jobs;
};

static uint32_t njobs = 40;

static struct plan *
make_plan(const struct trial *t, struct buf *image)
{
    char name[] = "/tmp/wfl-bench-XXXXXX";
    struct buf text = {0}, why = {0};
    buf_printf(&text,
        "campaign c\nset n = 1 .. %u\ntask a for i in n { memory 1 GB; run \"a {i}\"\n", MOST);
    if (t->factor > 0)
        buf_printf(&text, "time %.3f s%s\n", t->factor * MEAN_MS * 1e-3,
            t->varied ? " * (0.5 + (i mod 11) / 10.0)" : "");
    buf_puts(&text, "}\n");
    int fd = mkstemp(name);
    if (fd < 0 || write_all(fd, text.p, text.n) != 0) {
        perror(name);
        exit(1);
    }
    close(fd);
    struct diags *d = diag_new();
    const struct compile_options o = {.file = name};
    struct compilation *c = compile(d, &o);
    if (!c) {
        diag_print(d, stderr, false, 9);
        exit(1);
    }
    buf_add(image, c->image.p, c->image.n);
    compilation_free(c);
    diag_free(d);
    unlink(name);
    buf_free(&text);
    return plan_from_bytes(image->p, image->n, "c", &why);
}

struct running {
    uint32_t task; /* PLAN_NONE: the slot is free */
    int64_t start, end;
    struct book_mark mark;
};

static void
ended(struct book *b, struct running *x, enum journal_reason reason, int64_t now)
{
    const struct journal_rec end = {.kind = JOURNAL_END,
        .reason = (uint8_t)reason,
        .task = x->task,
        .attempt = 1,
        .wall_ms = (uint32_t)(now - x->start)};
    book_end(b, &end, &x->mark);
    x->task = PLAN_NONE;
}

static struct result
run(const struct trial *t)
{
    struct buf image = {0};
    struct result r = {0};
    struct plan *p = make_plan(t, &image);
    struct plan_eval *e = plan_eval_new(p);
    struct book *b = book_new(p);
    struct running slot[SLOTS];
    const struct node_room room = {.memory = UINT64_C(1) << 50, .cores = SLOTS, .gpus = 0};
    const int64_t job = 8 * MEAN_MS;
    double *takes = malloc(MOST * sizeof *takes), time = 0, lost = 0, refused = 0, far = 0;
    bool *done = calloc(MOST, sizeof *done);
    uint32_t to = 0; /* those before it are done, or taken in this job */
    const double sigma = log(t->p95) / 1.6448536, median = MEAN_MS / exp(sigma * sigma / 2);
    random_state = 88172645463325252u;
    for (uint32_t i = 0; i < MOST; i++)
        takes[i] = median * spread(t->p95) * (t->varied ? 0.5 + ((i + 1) % 11) / 10.0 : 1);
    struct class_times times = {0};
    for (r.jobs = 0; r.jobs < njobs; r.jobs++) {
        struct classes k;
        classes_init(&k, p, e, &room, job, NULL, NULL);
        struct sched *s = sched_new(
            &(struct sched_config){.cores = SLOTS, .memory = room.memory, .ntasks = MOST});
        classes_shard(&k, 0);
        while (classes_next(&k) == CLASSES_MADE && k.ntasks && k.task[0].task < to + 4000) {
            sched_add_classes(s, k.class, k.n);
            for (uint32_t i = 0; i < k.ntasks; i++)
                sched_set_class(s, k.task[i].task, k.task[i].class, SCHED_NONE);
        }
        sched_set_end(s, job);
        class_times_free(&times);
        for (uint32_t i = 0, n = 0; n < 3000; i++)
            if (!done[i]) {
                sched_take(s, i, 0);
                n++;
            }
        for (int i = 0; i < SLOTS; i++)
            slot[i] = (struct running){.task = PLAN_NONE};
        for (int64_t now = 0; now < job; now += TICK_MS) {
            bool counts = r.ends >= FIRST;
            for (int i = 0; i < SLOTS; i++) {
                if (slot[i].task == PLAN_NONE)
                    continue;
                if (slot[i].end <= now) {
                    sched_ended(s, slot[i].task, SCHED_END_DONE, 0, now);
                    done[slot[i].task] = true;
                    to = slot[i].task > to ? slot[i].task : to;
                    ended(b, &slot[i], REASON_OK, slot[i].end);
                    r.ends++;
                } else {
                    book_runs(b, slot[i].task, (double)(now - slot[i].start) * 1e-3, &slot[i].mark);
                }
            }
            if (t->learns && class_times_make(&times, b, &k))
                sched_set_times(s, times.expected, times.sure);
            uint32_t task;
            for (int i = 0; i < SLOTS; i++) {
                if (slot[i].task == PLAN_NONE && sched_launch(s, now, &task, 1))
                    slot[i] = (struct running){.task = task,
                        .start = now,
                        .end = now + (int64_t)takes[task]};
                double left = (double)(job - now), sure = median * t->p95;
                if (t->varied)
                    sure *= 0.5; /* of the shortest */
                if (counts && slot[i].task == PLAN_NONE) {
                    refused += left >= sure ? TICK_MS : 0;
                    far += left >= 1.1 * sure ? TICK_MS : 0;
                }
                time += counts ? TICK_MS : 0;
            }
        }
        for (int i = 0; i < SLOTS; i++)
            if (slot[i].task != PLAN_NONE) {
                lost += r.ends >= FIRST ? (double)(job - slot[i].start) : 0;
                ended(b, &slot[i], REASON_WALLTIME, job);
            }
        sched_free(s);
        classes_free(&k);
    }
    r.lost = time > 0 ? lost / time : NAN;
    r.refused = time > 0 ? refused / time : NAN;
    r.far = time > 0 ? far / time : NAN;
    class_times_free(&times);
    book_free(b);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
    free(takes);
    free(done);
    return r;
}

int
main(int argc, char **argv)
{
    static const double factors[] = {0.3, 1, 3, 0}, p95[] = {1.3, 1.6, 4};
    bool good = true;
    if (argc > 1)
        njobs = (uint32_t)atoi(argv[1]);
    printf("33 slots, %u jobs of eight mean run times; after the first %d ends, in %% of the node "
           "time:\n"
           "p95/p50  times     stated   lost  refused  far   | as stated: lost  refused\n",
        njobs, FIRST);
    for (int v = 0; v < 2; v++)
        for (int q = 0; q < 3; q++)
            for (int f = 0; f < 4; f++) {
                if (v && !factors[f])
                    continue;
                struct trial t = {factors[f], p95[q], true, v};
                struct result with = run(&t);
                t.learns = false;
                struct result without = run(&t);
                printf("%5.1f    %-7s  %4.1f x   %5.2f   %5.2f   %5.2f  |  %12.2f   %5.2f\n",
                    p95[q], v ? "differ" : "alike", factors[f], 100 * with.lost, 100 * with.refused,
                    100 * with.far, 100 * without.lost, 100 * without.refused);
                good &= p95[q] > 2 || (with.lost <= 0.02 && with.far <= 0.001);
            }
    printf("at p95/p50 below 2 at most 2 %% are lost, and nothing is refused far: %s\n",
        good ? "yes" : "no");
    return !good;
}
