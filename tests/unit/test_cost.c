/* What tasks cost, as the scheduling core is fed it: the simulation feeds what the shim of a node
 * feeds, and both what the plan says. */
#include "config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cost/classes.h"
#include "driver/compile.h"
#include "model/demand.h"
#include "outlook/simulate.h"
#include "target/target.h"

enum { NFAMILIES = 5 };

static char *top; /* of the sources */

static unsigned
dice(unsigned n)
{
    return (unsigned)rand() % n;
}

/* --- random campaigns --- */

static void
write_family(struct buf *b, unsigned i)
{
    static const char *const time[] = {"", "time 90 s", "time 7 s * (1 + x.b)",
        "time 2 h * (1 + x.a)"};
    static const char *const memory[] = {"", "memory 1.5 GB", "memory 70 MB * (1 + x.b)",
        "memory { x 2 GB; task 30 MB * (1 + x.a) }"};
    static const char *const cores[] = {"", "cores 3", "cores 1 + x.a"};
    bool whole = dice(6) == 0, second = !whole && dice(2), bundled = second && dice(2);
    buf_printf(b, "task f%u for x in t%s", i, second ? ", y in t" : "");
    if (i && dice(2)) /* both are in one shard then */
        buf_printf(b, " needs f%u where f%u.x.n == x.n", i - 1, i - 1);
    buf_printf(b, " {\n    %s\n", time[dice(4)]);
    if (whole)
        buf_puts(b, "    nodes 1\n");
    else
        buf_printf(b, "    %s\n    %s\n    %s\n", memory[dice(bundled ? 4 : 3)], cores[dice(3)],
            dice(3)   ? ""
            : dice(2) ? "gpus 1"
                      : "gpus x.a");
    if (dice(3) == 0)
        buf_puts(b, "    priority x.b - 2\n");
    if (!whole && dice(2))
        buf_printf(b, "    retry %u, memory x 1.%u when out of memory\n", 1 + dice(5), 1 + dice(9));
    if (bundled)
        buf_printf(b, "    bundle by x\n    run \"f {x.n} {bundle.join(y.n, ' ')}\"\n}\n");
    else
        buf_printf(b, "    run \"f {x.n}\"\n}\n");
}

static struct plan *
compiled(const char *file, struct buf *image)
{
    struct buf why = {0}, lib = {0};
    buf_printf(&lib, "%s/stdlib", top);
    setenv("WFL_STDLIB", lib.p, 1);
    struct diags *d = diag_new();
    const struct compile_options o = {.file = file, .stdlib = lib.p};
    struct compilation *c = compile(d, &o);
    if (!c)
        diag_print(d, stderr, false, 9);
    assert_non_null(c);
    buf_add(image, c->image.p, c->image.n);
    compilation_free(c);
    struct plan *p = plan_from_bytes(image->p, image->n, file, &why);
    assert_non_null(p);
    diag_free(d);
    buf_free(&lib);
    return p;
}

static struct plan *
random_plan(struct buf *image)
{
    FILE *f = fopen("t.csv", "w");
    assert_non_null(f);
    fputs("n,a,b\n", f);
    for (unsigned i = 0, n = 1 + dice(20); i < n; i++)
        fprintf(f, "%u,%u,%u\n", i, dice(5), dice(900));
    assert_int_equal(fclose(f), 0);
    struct buf text = {0};
    buf_puts(&text, "campaign random\ntable t from csv \"t.csv\"\n");
    for (unsigned i = 0; i < NFAMILIES; i++)
        write_family(&text, i);
    assert_non_null(f = fopen("c.wfl", "w"));
    assert_true(fputs(text.p, f) >= 0);
    assert_int_equal(fclose(f), 0);
    buf_free(&text);
    return compiled("c.wfl", image);
}

/* --- a site, and both sides --- */

static struct site_queue queue;
static struct site_profile profile;
static struct site site;

static void
random_site(void)
{
    queue = (struct site_queue){.name = (char *)(uintptr_t) "q",
        .min_nodes = 1,
        .max_nodes = 8,
        .max_walltime = 86400 * (1 + dice(2)),
        .max_queued = 20,
        .max_running = 10};
    profile = (struct site_profile){.name = (char *)(uintptr_t) "s",
        .scheduler.kind = SITE_SLURM,
        .nodes = {.count = 8,
            .max_per_job = 8,
            .cores = 5 + dice(60),
            .threads_per_core = 1,
            .memory = (UINT64_C(70) << 30) + dice(1000000),
            .reserve_given = true,
            .reserve = dice(1000000000),
            .gpus = 4 + dice(3)}};
    profile.launch.start_seconds = dice(300);
    profile.time.finish_by_s = dice(300);
    profile.time.stop_starting_s = dice(900);
    site = (struct site){.name = "s", .profile = &profile, .queue = &queue};
}

/* What one side made of each task. */
struct side {
    struct classes k;
    struct plan_eval *eval;
    struct classed *of; /* of each task */
};

static void
take(struct side *s, const struct plan *p, uint32_t shard)
{
    uint32_t n = 0;
    for (classes_shard(&s->k, shard);; n += s->k.ntasks) {
        assert_int_equal(classes_next(&s->k), CLASSES_MADE);
        if (!s->k.ntasks)
            break;
        for (uint32_t i = 0; i < s->k.ntasks; i++)
            s->of[s->k.task[i].task] = s->k.task[i];
    }
    assert_int_equal(n, plan_shard_tasks(p, shard));
}

/* The shim knows the plan alone, looks at some tasks when it starts, and takes shards in any order,
 * or not at all. */
static void
shim_side(struct side *s, const struct plan *p)
{
    const struct node_room room = {p->head->memory, p->head->cores, p->head->gpus};
    int64_t begin = 1000 * (profile.launch.start_seconds + dice(2) * 77);
    struct job_time t = job_time(begin,
        begin + ((int64_t)p->head->job_seconds - profile.launch.start_seconds) * 1000,
        profile.time.finish_by_s, profile.time.stop_starting_s);
    uint32_t n = p->nshards, *order = malloc(n * sizeof *order);
    s->eval = plan_eval_new(p);
    s->of = calloc(p->head->ntasks, sizeof *s->of);
    classes_init(&s->k, p, s->eval, &room, t.stop - begin, NULL, NULL);
    assert_int_equal(classes_try(&s->k), CLASSES_MADE);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = dice(i + 1);
        order[i] = order[k];
        order[k] = i;
    }
    for (uint32_t i = 0; i < n; i++)
        take(s, p, order[i]);
    free(order);
}

static void
simulated_side(struct side *s, const struct plan *p, const struct work *w, double seconds)
{
    struct simulation in = {.plan = p,
        .work = w,
        .job_seconds = seconds,
        .kept = site_kept(&profile)};
    s->eval = plan_eval_new(p);
    s->of = calloc(p->head->ntasks, sizeof *s->of);
    simulation_classes(&in, s->eval, &s->k);
    for (uint32_t i = 0; i < p->nshards; i++)
        take(s, p, i);
}

static void
side_free(struct side *s)
{
    classes_free(&s->k);
    plan_eval_free(s->eval);
    free(s->of);
}

/* --- what must hold --- */

/* The class and what follows from it; their numbers may differ. */
static void
equal_classes(const struct classes *a, uint32_t ca, const struct classes *b, uint32_t cb)
{
    for (;;) {
        struct sched_class x = a->class[ca], y = b->class[cb];
        assert_int_equal(x.heavier != 0, y.heavier != 0);
        ca = x.heavier - 1;
        cb = y.heavier - 1;
        bool more = x.heavier;
        x.heavier = y.heavier = 0;
        assert_memory_equal(&x, &y, sizeof x);
        if (!more)
            return;
    }
}

static bool
share(const struct plan *p, uint32_t a, uint32_t b)
{
    uint32_t x[VM_MAX_VARS], y[VM_MAX_VARS];
    uint32_t family = plan_family_of(p, a);
    const struct plan_family *f = &p->family[family];
    bool same = f->bundle && plan_family_of(p, b) == family;
    plan_rows(p, a, x);
    plan_rows(p, b, y);
    for (uint32_t v = 0; v < f->nvars && same; v++)
        same = !(f->bundle >> v & 1) || x[v] == y[v];
    return same;
}

static double
asked(struct plan_eval *e, uint32_t task, struct plan_code code, double otherwise)
{
    assert_true(plan_number(e, task, code, &otherwise));
    return otherwise;
}

/* Rounded upwards, by so much at most; not at all past `most`, if it was not. */
static void
rounded(double got, double want, double by, double most)
{
    assert_true(got >= want && got <= ceil(want) * (1 + by) + 1);
    assert_true(want > most || got <= most);
}

/* One task, against what the plan says. */
static void
as_asked(const struct side *s, const struct plan *p, uint32_t t)
{
    const struct plan_family *f = &p->family[plan_family_of(p, t)];
    const struct node_room *room = &s->k.room;
    struct sched_class c = s->k.class[s->of[t].class];
    double memory = asked(s->eval, t, f->memory, 1e9), shared = asked(s->eval, t, f->shared, 0);
    double time = asked(s->eval, t, f->time, 0);
    assert_int_equal(s->of[t].ms, (int64_t)ceil(time * 1000));
    assert_int_equal(s->k.kind[s->of[t].class].family, f - p->family);
    assert_int_equal(c.time_ms != 0, time != 0);
    rounded((double)c.time_ms, time * 1000, f->constant ? 0 : 1.0 / 16, (double)s->k.most_ms);
    assert_int_equal(c.priority, (int32_t)asked(s->eval, t, f->priority, 0));
    assert_true(c.cores <= room->cores && c.gpus <= room->gpus && c.memory <= room->memory);
    if (f->nodes) {
        assert_true(c.cores == room->cores && c.gpus == room->gpus && c.memory == room->memory);
        return;
    }
    rounded((double)c.memory, memory, f->constant ? 0 : 1.0 / 64, (double)room->memory);
    rounded((double)(c.memory - c.shared), memory - shared, f->constant ? 0 : 1.0 / 64, INFINITY);
    assert_int_equal(c.cores, (uint32_t)asked(s->eval, t, f->cores, 1));
    assert_int_equal(c.gpus, (uint32_t)asked(s->eval, t, f->gpus, 0));
    uint32_t n = 0;
    for (uint64_t before = c.memory; c.heavier; before = c.memory) {
        assert_int_equal(s->k.kind[c.heavier - 1].family, f - p->family);
        c = s->k.class[c.heavier - 1];
        n++;
        double want = fmin((double)before * f->retry_memory, (double)room->memory);
        assert_true(c.memory > before && fabs((double)c.memory - want) <= 1);
    }
    assert_true(n == (f->retry_memory > 1 ? f->retries : 0) || c.memory == room->memory);
}

static void
check_bundles(const struct plan *p, const struct side *s, uint32_t t, uint32_t u)
{
    bool same = s->of[t].bundle == s->of[u].bundle && s->of[t].bundle != SCHED_NONE;
    assert_int_equal(same, share(p, t, u));
}

static void
check_sides(const struct plan *p, const struct side *a, const struct side *b)
{
    assert_true(a->k.most_ms == b->k.most_ms && a->k.room.memory == b->k.room.memory &&
                a->k.room.cores == b->k.room.cores && a->k.room.gpus == b->k.room.gpus);
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        assert_int_equal(a->of[t].ms, b->of[t].ms);
        equal_classes(&a->k, a->of[t].class, &b->k, b->of[t].class);
        as_asked(a, p, t);
        for (uint32_t u = t + 1; u < p->head->ntasks && (u < t + 9 || p->head->ntasks < 1000); u++)
            if (u < t + 9 || plan_shard_of(p, t) == plan_shard_of(p, u)) {
                check_bundles(p, a, t, u);
                check_bundles(p, b, t, u);
            }
    }
}

/* The plan, as it is built for the site, and as `wflc plan` looks at it. */
static uint32_t
compare(const struct plan *p)
{
    const struct target_options how = {.containers = TARGET_NONE};
    struct buf image = {0};
    struct diags *d = diag_new();
    struct target t;
    struct side shim, simulated;
    assert_true(target_fit(d, NULL, p, &site, &how, &t));
    struct plan *q = target_plan(d, &t, &image);
    assert_non_null(q);
    shim_side(&shim, q);
    simulated_side(&simulated, q, &t.work, t.jobs.seconds);
    check_sides(q, &shim, &simulated);
    uint32_t shards = q->nshards;
    side_free(&shim);
    side_free(&simulated);
    plan_close(q);
    target_free(&t);
    diag_free(d);
    buf_free(&image);
    return shards;
}

static void
shim_and_simulation_feed_the_same(void **state)
{
    (void)state;
    uint32_t shards = 0;
    srand(7);
    for (int i = 0; i < 40; i++) {
        struct buf image = {0};
        struct plan *p = random_plan(&image);
        random_site();
        shards += compare(p);
        plan_close(p);
        buf_free(&image);
    }
    assert_true(shards > 40 * 10);
}

static void
so_they_do_in_the_examples(void **state)
{
    (void)state;
    static const char *const name[] = {"minisky/minisky", "dc2/dc2"};
    for (unsigned i = 0; i < 2; i++) {
        struct buf image = {0}, file = {0};
        buf_printf(&file, "%s/examples/%s.wfl", top, name[i]);
        struct plan *p = compiled(file.p, &image);
        random_site();
        compare(p);
        plan_close(p);
        buf_free(&image);
        buf_free(&file);
    }
}

/* --- what does not fit, and what differs --- */

static struct plan *
text_plan(const char *text, struct buf *image)
{
    FILE *f = fopen("c.wfl", "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return compiled("c.wfl", image);
}

static bool
stop_now(void *arg)
{
    return --*(int *)arg < 0;
}

static void
what_cannot_run_is_told(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan("campaign c\nset n = 1 .. 1000\n"
                               "task a for i in n { memory 1 MB * i; run \"a {i}\" }\n",
        &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = 999000000, .cores = 2, .gpus = 0};
    struct classes k;
    classes_init(&k, p, e, &room, INT64_MAX, NULL, NULL);
    assert_int_equal(classes_try(&k), CLASSES_MADE); /* it looks at some */
    assert_true(k.n > 10 && k.n <= 64 && k.class[0].memory < 1020000);
    classes_shard(&k, 0);
    assert_int_equal(classes_next(&k), CLASSES_LARGE);
    assert_int_equal(k.bad, 999);
    classes_free(&k);
    int questions = 2;
    classes_init(&k, p, e, &room, INT64_MAX, stop_now, &questions);
    classes_shard(&k, 0);
    assert_int_equal(classes_next(&k), CLASSES_STOPPED);
    assert_true(questions < 0);
    classes_free(&k);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
}

static void
bundles_are_of_one_family(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan("campaign c\nset n = 1 .. 9\nset m = 1 .. 4\n"
                               "task a for i in n, k in m { bundle by i\n"
                               "run \"a {i} {bundle.join(k, ' ')}\" }\n"
                               "task b for i in n, k in m { bundle by i\n"
                               "run \"b {i} {bundle.join(k, ' ')}\" }\n",
        &image);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 2, .gpus = 0};
    struct side s = {.eval = plan_eval_new(p), .of = calloc(72, sizeof *s.of)};
    classes_init(&s.k, p, s.eval, &room, INT64_MAX, NULL, NULL);
    take(&s, p, 0);
    assert_int_equal(s.k.n, 2); /* that cost the same */
    assert_memory_equal(&s.k.class[0], &s.k.class[1], sizeof *s.k.class);
    for (uint32_t t = 0; t < 72; t++)
        assert_int_equal(s.k.kind[s.of[t].class].family, t / 36);
    for (uint32_t t = 0; t < 72; t++)
        for (uint32_t u = t + 1; u < 72; u++)
            check_bundles(p, &s, t, u);
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

/* Numbers of classes do not run out: what comes late is rounded more. */
static void
many_classes_are_few(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan(
        "campaign c\nset n = 1 .. 600\nset m = 1 .. 600\n"
        "task a for i in n, k in m { memory 1 MB * i * i; time 1 s * k * k; run \"a {i} {k}\" }\n",
        &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 2, .gpus = 0};
    struct side s = {.eval = e, .of = calloc(360000, sizeof *s.of)};
    classes_init(&s.k, p, e, &room, INT64_MAX, NULL, NULL);
    take(&s, p, 0);
    assert_true(s.k.n > SCHED_MOST_CLASSES / 2 && s.k.n < SCHED_MOST_CLASSES);
    for (uint32_t i = 0; i < p->head->ntasks; i += 999) {
        double memory = asked(e, i, p->family[0].memory, 0),
               time = asked(e, i, p->family[0].time, 0);
        const struct sched_class *c = &s.k.class[s.of[i].class];
        rounded((double)c->memory, memory, 1.0 / 8, INFINITY);
        rounded((double)c->time_ms, time * 1000, 1.0 / 2, INFINITY);
    }
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

/* One more task than there are numbers of classes, and each is given one that does for it. */
static void
check_many(const char *text, uint32_t cores)
{
    struct buf image = {0};
    struct plan *p = text_plan(text, &image);
    const struct plan_family *f = &p->family[0];
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = cores, .gpus = 0};
    struct side s = {.eval = plan_eval_new(p), .of = calloc(p->head->ntasks, sizeof *s.of)};
    assert_true(p->head->ntasks > SCHED_MOST_CLASSES);
    classes_init(&s.k, p, s.eval, &room, INT64_MAX, NULL, NULL);
    take(&s, p, 0);
    assert_true(s.k.n > SCHED_MOST_CLASSES / 2 && s.k.n <= SCHED_MOST_CLASSES);
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        const struct sched_class *c = &s.k.class[s.of[t].class];
        double memory = asked(s.eval, t, f->memory, 1e9), time = asked(s.eval, t, f->time, 0);
        int32_t priority = (int32_t)asked(s.eval, t, f->priority, 0);
        assert_true(c->cores == asked(s.eval, t, f->cores, 1));
        rounded((double)c->memory, memory, 1.0 / 8, INFINITY);
        rounded((double)c->time_ms, time * 1000, 1.0 / 2, INFINITY);
        assert_true(abs(c->priority) <= abs(priority));
        assert_true(abs(c->priority) >= abs(priority) - 1 - abs(priority) / 16);
        assert_int_equal(c->heavier != 0, f->retry_memory > 1);
    }
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

static void
numbers_never_run_out(void **state)
{
    (void)state;
    check_many("campaign c\nset n = 1 .. 50000\nset k = 0 .. 1\n"
               "task a for i in n, j in k { memory 950 MB + 40 MB * j; time 10 s; priority i\n"
               "run \"a {i} {j}\" }\n",
        2);
    check_many("campaign c\nset n = -35000 .. 35000\ntask a for i in n { priority i\n"
               "retry 2, memory x 2 when out of memory\nrun \"a {i}\" }\n",
        2);
    /* rather another priority than other cores, which tasks are told */
    check_many("campaign c\nset n = 1 .. 33000\nset k = 0 .. 1\n"
               "task a for i in n, j in k { cores 33001 - i; priority j\nrun \"a {i} {j}\" }\n",
        33000);
}

/* Only what costs more than all that has a number has none. */
static void
the_largest_has_no_number(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan("campaign c\nset n = 1 .. 33000\nset k = 1 .. 2\n"
                               "task a for j in k, i in n { cores i; memory 1 GB * j\n"
                               "run \"a {i} {j}\" }\n",
        &image);
    struct plan_eval *e = plan_eval_new(p);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 33000, .gpus = 0};
    struct classes k;
    enum classes_end end;
    classes_init(&k, p, e, &room, INT64_MAX, NULL, NULL);
    classes_shard(&k, 0);
    while ((end = classes_next(&k)) == CLASSES_MADE)
        assert_true(k.ntasks);
    assert_int_equal(end, CLASSES_MANY);
    assert_int_equal(k.bad, SCHED_MOST_CLASSES);
    classes_shard(&k, 0); /* these have theirs */
    assert_int_equal(classes_next(&k), CLASSES_MADE);
    classes_free(&k);
    plan_eval_free(e);
    plan_close(p);
    buf_free(&image);
}

/* The tasks of a bundle may share a process, but for those whose temporary names have another
 * epoch. */
static void
bundles_are_of_an_epoch(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p =
        text_plan("campaign c\nset n = 1 .. 3\nset k = 1 .. 4\n"
                  "task a for j in n, i in k { bundle by j; run \"a {bundle.join(i, \" \")}\" }\n"
                  "task b for j in n { run \"b {j}\" }\n",
            &image);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 8, .gpus = 0};
    struct side s = {.eval = plan_eval_new(p), .of = calloc(p->head->ntasks, sizeof *s.of)};
    classes_init(&s.k, p, s.eval, &room, INT64_MAX, NULL, NULL);
    uint32_t first = classes_bundle(&s.k, 0, 0, 1), other = classes_bundle(&s.k, 0, 0, 2);
    assert_int_not_equal(first, SCHED_NONE);
    assert_int_not_equal(other, SCHED_NONE);
    assert_int_not_equal(first, other);
    for (uint32_t t = 0; t < 12; t++) {
        assert_int_equal(classes_bundle(&s.k, 0, t, 1) == first, t < 4);
        assert_int_equal(classes_bundle(&s.k, 0, t, 2) == other, t < 4);
    }
    assert_int_equal(classes_bundle(&s.k, 1, 12, 1), SCHED_NONE);
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

/* What is the same for all tasks is not rounded because something else of them differs. */
static void
only_what_differs_is_rounded(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan("campaign c\nset n = 1 .. 90\n"
                               "task a for i in n { memory 2001 MB; time 1 min * i; run \"a\" }\n"
                               "task b for i in n { memory 2001 MB * i; time 3601 s; run \"b\" }\n",
        &image);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 2, .gpus = 0};
    struct side s = {.eval = plan_eval_new(p), .of = calloc(180, sizeof *s.of)};
    classes_init(&s.k, p, s.eval, &room, INT64_MAX, NULL, NULL);
    take(&s, p, 0);
    for (uint32_t t = 0; t < 180; t++) {
        const struct sched_class *c = &s.k.class[s.of[t].class];
        if (t < 90)
            assert_true(c->memory == UINT64_C(2001000000) && c->time_ms >= 60000 * (t + 1));
        else
            assert_true(c->time_ms == 3601000 && c->memory >= UINT64_C(2001000000) * (t - 89));
    }
    assert_true(s.k.n < 180); /* and what differs is */
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

/* Classes are of a kind, until there are no numbers: then one of another family does, rather than
 * none. */
static void
kinds_stand_in_for_others(void **state)
{
    (void)state;
    struct buf image = {0};
    struct plan *p = text_plan("campaign c\nset n = 1 .. 33000\n"
                               "task a for i in n { cores i; run \"a {i}\" }\n"
                               "task b for i in n { cores i; run \"b {i}\" }\n",
        &image);
    const struct node_room room = {.memory = UINT64_MAX / 4, .cores = 33000, .gpus = 0};
    struct side s = {.eval = plan_eval_new(p), .of = calloc(p->head->ntasks, sizeof *s.of)};
    classes_init(&s.k, p, s.eval, &room, INT64_MAX, NULL, NULL);
    take(&s, p, 0);
    uint32_t others = 0;
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        uint32_t family = s.k.kind[s.of[t].class].family;
        assert_int_equal(s.k.class[s.of[t].class].cores, t % 33000 + 1);
        assert_true(family == t / 33000 || t > SCHED_MOST_CLASSES - 1100);
        others += family != t / 33000;
    }
    assert_true(others > 400 && others < 1600);
    side_free(&s);
    plan_close(p);
    buf_free(&image);
}

static int
enter(void **state)
{
    static char dir[] = "/tmp/wfl-cost-XXXXXX";
    *state = dir;
    top = realpath(getenv("top_srcdir"), NULL);
    return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
    free(top);
    return unlink("c.wfl") == 0 && unlink("t.csv") == 0 && chdir("/") == 0 && rmdir(*state) == 0
               ? 0
               : -1;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(shim_and_simulation_feed_the_same),
        cmocka_unit_test(so_they_do_in_the_examples), cmocka_unit_test(what_cannot_run_is_told),
        cmocka_unit_test(bundles_are_of_an_epoch), cmocka_unit_test(bundles_are_of_one_family),
        cmocka_unit_test(kinds_stand_in_for_others), cmocka_unit_test(only_what_differs_is_rounded),
        cmocka_unit_test(many_classes_are_few), cmocka_unit_test(numbers_never_run_out),
        cmocka_unit_test(the_largest_has_no_number)};
    return cmocka_run_group_tests(tests, enter, leave);
}
