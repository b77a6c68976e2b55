/* Shards of random campaigns: every task in one, closed under needs or in the order of stages,
 * bundles whole; the large ones first. And what comes of it: nodes find work as long as there is
 * some. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "plan/build.h"
#include "image_lib.h"
#include "target/site.h"

enum { NFAMILIES = 6, MOST_ROWS = 12 };

static unsigned
dice(unsigned n)
{
    return (unsigned)rand() % n;
}

static void
put_file(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

/* --- random campaigns --- */

static void
write_table(void)
{
    struct buf b = {0};
    buf_puts(&b, "n,a,b\n");
    for (unsigned i = 0, n = 1 + dice(MOST_ROWS); i < n; i++)
        buf_printf(&b, "%u,%u,%u\n", i, dice(5), dice(9));
    put_file("t.csv", &b);
    buf_free(&b);
}

static void
write_family(struct buf *b, unsigned i)
{
    bool second = dice(2);
    unsigned time = dice(4);
    buf_printf(b, "task f%u for x in t%s", i, second ? ", y in t" : "");
    if (dice(3) == 0)
        buf_puts(b, " where x.a < 4");
    for (unsigned k = 0, n = i ? dice(3) : 0; k < n; k++) {
        unsigned producer = (i + 7 * k + dice(i)) % i;
        if (k && producer == (i + dice(i)) % i)
            continue;
        buf_printf(b, "\n  needs f%u", producer);
        if (dice(2))
            buf_printf(b, " where f%u.x.%c == x.%c", producer, "nab"[dice(3)], "nab"[dice(3)]);
        break;
    }
    buf_puts(b, " {\n    memory 1 GB\n");
    if (time == 0)
        buf_puts(b, "    time 1 min * (1 + x.b)\n");
    else if (time == 1)
        buf_printf(b, "    time %u s\n", 1 + dice(5000));
    if (second && dice(2))
        buf_printf(b, "    bundle by %c\n    run \"echo {bundle.join(x.n, ' ')}\"\n}\n",
            dice(2) ? 'x' : 'y');
    else
        buf_printf(b, "    run \"true {x.n}\"\n}\n");
}

static struct plan *
random_plan(struct buf *image)
{
    struct buf text = {0}, why = {0};
    write_table();
    buf_puts(&text, "campaign random\ntable t from csv \"t.csv\"\n");
    for (unsigned i = 0; i < NFAMILIES; i++)
        write_family(&text, i);
    put_file("random.wfl", &text);
    struct diags *d = diag_new();
    struct plan *p = NULL;
    if (compile_image(d, "random.wfl", image))
        p = plan_from_bytes(image->p, image->n, "random", &why);
    diag_free(d);
    buf_free(&text);
    buf_free(&why);
    return p;
}

/* --- what must hold --- */

struct checked {
    const struct plan *p; /* with its shards */
    const struct work *w;
    uint32_t *set;    /* slowly: the least task of the set closed under needs and bundles */
    uint64_t *weight; /* of the set, at its least task */
    /* of each task: how many it needs, how many need it; 2: more than one */
    uint8_t *before, *behind;
    /* the set, at its least task: several of its tasks may be ready at a time */
    bool *wide;
    uint64_t all;
    const struct cut *cut;
    unsigned whole; /* wide sets that were left together */
};

static uint32_t
weight_of(const struct checked *c, uint32_t task)
{
    uint32_t f = plan_family_of(c->p, task);
    return work_weight(&c->w->family[f], task - c->p->family[f].first_task);
}

static bool
same_bundle(const struct plan *p, const struct plan_family *f, uint32_t a, uint32_t b)
{
    uint32_t x[VM_MAX_VARS], y[VM_MAX_VARS];
    plan_rows(p, a, x);
    plan_rows(p, b, y);
    bool same = f->bundle != 0;
    for (uint32_t v = 0; v < f->nvars; v++)
        if (f->bundle >> v & 1)
            same &= x[v] == y[v];
    return same;
}

static void
merge(struct checked *c, uint32_t a, uint32_t b)
{
    uint32_t x = c->set[a], y = c->set[b], low = x < y ? x : y;
    for (uint32_t t = 0; x != y && t < c->p->head->ntasks; t++)
        if (c->set[t] == x || c->set[t] == y)
            c->set[t] = low;
}

typedef void pair_fn(struct checked *c, uint32_t a, uint32_t b);

static void
each_need(struct checked *c, pair_fn *fn)
{
    const struct plan *p = c->p;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        for (uint32_t k = p->family[i].first_need;
             k < p->family[i].first_need + p->family[i].nneeds; k++)
            for (uint32_t t = 0; t < p->family[i].ntasks; t++) {
                struct relation_walk w;
                uint32_t member, g = relation_group(&p->relation[k], t);
                if (g == RELATION_NONE)
                    continue;
                for (relation_members(&p->relation[k], g, &w); relation_next(&w, &member);)
                    fn(c, p->family[i].first_task + t,
                        p->family[p->need[k].producer].first_task + member);
            }
}

static void
each_bundle(struct checked *c, pair_fn *fn)
{
    for (uint32_t i = 0; i < c->p->nfamilies; i++) {
        const struct plan_family *f = &c->p->family[i];
        for (uint32_t a = f->first_task; a < f->first_task + f->ntasks; a++)
            for (uint32_t b = f->first_task; b < a; b++)
                if (same_bundle(c->p, f, a, b))
                    fn(c, a, b);
    }
}

static void
count_ends(struct checked *c, uint32_t consumer, uint32_t producer)
{
    c->before[consumer] += c->before[consumer] < 2;
    c->behind[producer] += c->behind[producer] < 2;
}

static void
widen(struct checked *c, uint32_t a, uint32_t b)
{
    const struct plan *p = c->p;
    uint32_t f = plan_family_of(p, a);
    bool alone = p->family[f].nneeds == 0;
    for (uint32_t k = 0; k < p->nneeds; k++)
        alone &= p->need[k].producer != f;
    (void)b;
    c->wide[c->set[a]] |= !alone;
}

static void
in_order(struct checked *c, uint32_t consumer, uint32_t producer)
{
    uint32_t a = plan_shard_of(c->p, consumer), b = plan_shard_of(c->p, producer);
    bool wide = c->wide[c->set[consumer]];
    assert_true(b <= a);
    if (!wide || c->cut->together == 1)
        assert_int_equal(a, b);
    if (wide && c->weight[c->set[consumer]] * c->cut->together > c->all)
        return;
    c->whole += wide && a == b;
}

static void
whole(struct checked *c, uint32_t a, uint32_t b)
{
    uint32_t number = plan_family_of(c->p, a), n = 0, shard = PLAN_NONE, pieces = 0;
    const struct plan_family *f = &c->p->family[number];
    for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
        if (same_bundle(c->p, f, a, t)) {
            pieces += plan_shard_of(c->p, t) != shard;
            shard = plan_shard_of(c->p, t);
            n++;
        }
    uint32_t fills = (n + c->w->family[number].slots - 1) / c->w->family[number].slots;
    assert_true(pieces <= fills);
    if (fills == 1)
        assert_int_equal(plan_shard_of(c->p, a), plan_shard_of(c->p, b));
}

/* A task is found in the shard whose runs have it. */
static void
found(const struct plan *p)
{
    struct plan_range run;
    for (uint32_t s = 0; s < p->nshards; s++)
        for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
            for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
                assert_int_equal(plan_shard_of(p, t), s);
}

/* None is much larger than its part of a list, but for what is not taken apart. */
static void
even(const struct checked *c)
{
    const struct plan *p = c->p;
    found(p);
    uint32_t parts = c->cut->most / (p->nfamilies + 1) / 2;
    parts = parts < c->cut->parts ? parts : c->cut->parts;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        if (p->family[i].bundle && c->w->family[i].weights)
            return; /* a piece of a bundle is not quite what its first task promises */
    uint64_t most = c->all / c->cut->together;
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        uint32_t f = plan_family_of(p, t), slots = p->family[f].bundle ? c->w->family[f].slots : 1;
        uint64_t piece = (uint64_t)weight_of(c, t) * slots;
        if (c->set[t] == t && !c->wide[t] && c->weight[t] > piece && !p->family[f].bundle)
            piece = c->weight[t]; /* a chain */
        most = piece > most ? piece : most;
    }
    assert_true(p->nshards <= c->cut->most + 3 * p->nfamilies + 1);
    for (uint32_t s = 0; s < p->nshards; s++) {
        struct plan_range run;
        uint64_t sum = 0;
        for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
            for (uint32_t t = 0; t < run.ntasks; t++)
                sum += weight_of(c, run.first_task + t);
        assert_true(sum <= c->all / (parts ? parts : 1) + most + 2);
    }
}

static struct plan *
with_shards(const struct plan *p, const struct work *w, const struct cut *cut, struct buf *image)
{
    struct buf shards = {0}, runs = {0}, why = {0};
    shards_make(p, w, cut, &shards, &runs);
    const struct plan_at at = {.site = "x",
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_range)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_range *)(const void *)runs.p};
    buf_reset(image);
    plan_move(p, &at, image);
    struct plan *q = plan_from_bytes(image->p, image->n, "shards", &why); /* each task in one */
    assert_non_null(q);
    buf_free(&shards);
    buf_free(&runs);
    buf_free(&why);
    return q;
}

static void
check_shards(const struct plan *p, const struct work *w, const struct cut *cut, unsigned *staged,
    unsigned *kept)
{
    struct buf image = {0}, image_again = {0};
    struct plan *q = with_shards(p, w, cut, &image), *again = with_shards(p, w, cut, &image_again);
    assert_int_equal(q->nshards, again->nshards);
    for (uint32_t t = 0; t < q->head->ntasks; t++)
        assert_int_equal(plan_shard_of(q, t), plan_shard_of(again, t));
    plan_close(again);
    buf_free(&image_again);
    uint32_t n = q->head->ntasks;
    struct checked c = {.p = q, .w = w, .cut = cut};
    c.set = xmalloc(n * sizeof *c.set);
    c.weight = xcalloc(n, sizeof *c.weight);
    c.before = xcalloc(n, 1);
    c.behind = xcalloc(n, 1);
    c.wide = xcalloc(n, sizeof *c.wide);
    for (uint32_t t = 0; t < n; t++) {
        c.set[t] = t;
        c.all += weight_of(&c, t);
    }
    each_need(&c, merge);
    each_bundle(&c, merge);
    each_need(&c, count_ends);
    each_bundle(&c, widen);
    for (uint32_t t = 0; t < n; t++) {
        c.weight[c.set[t]] += weight_of(&c, t);
        c.wide[c.set[t]] |= c.before[t] > 1 || c.behind[t] > 1;
    }
    each_need(&c, in_order);
    each_bundle(&c, whole);
    even(&c);
    for (uint32_t t = 0; t < n; t++)
        if (c.wide[t] && c.weight[t] * cut->together > c.all) {
            ++*staged;
            break;
        }
    *kept += c.whole > 0;
    plan_close(q);
    buf_free(&image);
    free(c.set);
    free(c.weight);
    free(c.before);
    free(c.behind);
    free(c.wide);
}

/* --- nodes that take shards --- */

/* Nodes of one slot each, and tasks of one length, or bundles: a step is as long as a task. A node
 * takes the first free shard in which something can be started, when it has nothing that can. */
struct nodes {
    const struct plan *p;
    uint32_t n;
    uint32_t *owner; /* of each shard; PLAN_NONE: it is free */
    uint8_t *state;  /* of each task: 0, or done in this step, or before: */
    uint32_t *done;  /* how often */
};
enum { NOT_BEGUN, BEGUN, ENDED };

static bool
may_start(const struct nodes *v, uint32_t task)
{
    const struct plan *p = v->p;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    if (v->state[task] != NOT_BEGUN)
        return false;
    for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++) {
        uint32_t g = relation_group(&p->relation[k], task - f->first_task), member;
        struct relation_walk w;
        if (g == RELATION_NONE)
            continue;
        for (relation_members(&p->relation[k], g, &w); relation_next(&w, &member);)
            if (v->state[p->family[p->need[k].producer].first_task + member] != ENDED)
                return false;
    }
    return true;
}

/* The first task of the shard, from `after` on, that can be started; PLAN_NONE: none. */
static uint32_t
startable(const struct nodes *v, uint32_t shard)
{
    struct plan_range run;
    for (uint32_t i = 0; plan_shard_run(v->p, shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            if (may_start(v, t))
                return t;
    return PLAN_NONE;
}

/* The task that node `k` begins, and what is of its bundle and shard with it; false: it finds none.
 */
static bool
begin_one(struct nodes *v, uint32_t k)
{
    const struct plan *p = v->p;
    for (int taken = 1; taken >= 0; taken--)
        for (uint32_t s = 0; s < p->nshards; s++) {
            uint32_t t = v->owner[s] == (taken ? k : PLAN_NONE) ? startable(v, s) : PLAN_NONE;
            if (t == PLAN_NONE)
                continue;
            const struct plan_family *f = &p->family[plan_family_of(p, t)];
            v->owner[s] = k;
            for (uint32_t b = t; b < f->first_task + f->ntasks; b++)
                if (b == t ||
                    (same_bundle(p, f, t, b) && plan_shard_of(p, b) == s && may_start(v, b))) {
                    v->state[b] = BEGUN;
                    v->done[b]++;
                }
            return true;
        }
    return false;
}

/* Can somebody else's task be started, in a shard that is somebody's? */
static bool
kept_from_us(const struct nodes *v)
{
    for (uint32_t s = 0; s < v->p->nshards; s++)
        if (v->owner[s] != PLAN_NONE && startable(v, s) != PLAN_NONE)
            return true;
    return false;
}

/* Each task is done once, and no node is idle while another one has a queue. */
static void
share_work(const struct plan *p, const struct work *w, uint32_t n)
{
    static const struct cut cut = {256, 16384, 32}; /* as for one planned node */
    struct buf image = {0};
    struct plan *q = with_shards(p, w, &cut, &image);
    uint32_t ntasks = q->head->ntasks, left = ntasks;
    struct nodes v = {.p = q,
        .n = n,
        .owner = xmalloc(q->nshards * sizeof *v.owner),
        .state = xcalloc(ntasks, 1),
        .done = xcalloc(ntasks, sizeof *v.done)};
    memset(v.owner, 0xff, q->nshards * sizeof *v.owner);
    for (uint32_t step = 0; left; step++) {
        bool all_work = true;
        assert_true(step <= ntasks);
        for (uint32_t k = 0; k < n; k++)
            all_work &= begin_one(&v, (k + step) % n);
        assert_true(all_work || !kept_from_us(&v));
        for (uint32_t t = 0; t < ntasks; t++)
            if (v.state[t] == BEGUN) {
                v.state[t] = ENDED;
                left--;
            }
    }
    for (uint32_t t = 0; t < ntasks; t++)
        assert_int_equal(v.done[t], 1);
    plan_close(q);
    buf_free(&image);
    free(v.owner);
    free(v.state);
    free(v.done);
}

/* The first shards have the most tasks, the last ones one, and there are few of them for many
 * tasks. */
static void
sizes(void **state)
{
    (void)state;
    char dir[] = "/tmp/wfl-shards-XXXXXX";
    static const char text[] = "campaign c\nset n = 1 .. 300\nset m = 1 .. 300\n"
                               "task t for i in n, k in m { memory 1 GB\nrun \"true {i} {k}\" }\n";
    static const struct node_room room = {.memory = UINT64_C(76000000000), .cores = 3, .gpus = 0};
    static const struct cut cut = {256, 16384, 32};
    struct buf image = {0}, shared = {0}, why = {0}, b = {0};
    struct work w;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    buf_puts(&b, text);
    put_file("c.wfl", &b);
    struct diags *d = diag_new();
    assert_true(compile_image(d, "c.wfl", &image));
    diag_free(d);
    struct plan *p = plan_from_bytes(image.p, image.n, "c", &why);
    assert_non_null(p);
    work_init(&w, p, &room);
    struct plan *q = with_shards(p, &w, &cut, &shared);
    assert_true(q->nshards < 256 * 10);
    assert_true(plan_shard_tasks(q, 0) > 150);
    for (uint32_t s = 1; s < q->nshards; s++) /* but for rounding */
        assert_true(plan_shard_tasks(q, s) <= plan_shard_tasks(q, s - 1) + 1);
    for (uint32_t s = q->nshards - 256; s < q->nshards; s++)
        assert_int_equal(plan_shard_tasks(q, s), 1);
    plan_close(q);
    plan_close(p);
    work_free(&w);
    buf_free(&image);
    buf_free(&shared);
    buf_free(&b);
    assert_int_equal(unlink("c.wfl"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* Bundles that were packed are in shards that fill a node, whatever their sizes: one more task
 * finds no room in most of them. */
static void
shards_fill_nodes(void **state)
{
    (void)state;
    char dir[] = "/tmp/wfl-shards-XXXXXX";
    static const char text[] =
        "campaign c\nset n = 1 .. 60\nset m = 1 .. 189\n"
        "task t for v in n, s in m where s * 3 < v * v mod 500 + 40 {\n"
        "memory { container 0 GB; v 10 GB; m 2 GB }\nbundle by v\n"
        "run \"true {v} {bundle.join(s, ' ')}\" }\n"
        "task u for v in n needs t where t.v == v { memory 1 GB\nrun \"true {v}\" }\n";
    static const struct node_room room = {.memory = UINT64_C(76000000000), .cores = 68, .gpus = 0};
    static const struct cut cut = {8000, 16384, 1000};
    struct buf image = {0}, shared = {0}, why = {0}, b = {0};
    struct work w;
    struct costs costs;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    buf_puts(&b, text);
    put_file("c.wfl", &b);
    struct diags *d = diag_new();
    assert_true(compile_image(d, "c.wfl", &image));
    diag_free(d);
    struct plan *p = plan_from_bytes(image.p, image.n, "c", &why);
    assert_non_null(p);
    costs_init(&costs, p);
    work_weigh(&w, &costs, &room);
    work_pack(&w, &costs, NULL);
    struct plan *q = with_shards(p, &w, &cut, &shared);
    uint32_t nodes = 0, full = 0;
    for (uint32_t s = 0; s < q->nshards; s++) {
        struct plan_range run;
        uint32_t tasks = 0, instances = 0, before = PLAN_NONE, rows[2];
        for (uint32_t i = 0; plan_shard_run(q, s, &i, &run);)
            for (uint32_t k = run.first_task; k < run.first_task + run.ntasks; k++) {
                if (k >= q->family[0].ntasks)
                    continue;
                plan_rows(q, k, rows);
                instances += rows[0] != before;
                before = rows[0];
                tasks++;
            }
        nodes += tasks > 0;
        full += tasks && tasks == pack_room(&w.family[0].node, instances);
        assert_true(!tasks || tasks <= pack_room(&w.family[0].node, instances));
    }
    assert_true(nodes >= w.family[0].packing.bound && nodes <= w.family[0].packing.nodes + 2);
    assert_true(full > nodes * 3 / 4);
    work_free(&w);
    costs_free(&costs);
    plan_close(q);
    plan_close(p);
    buf_free(&image);
    buf_free(&shared);
    buf_free(&b);
    assert_int_equal(unlink("c.wfl"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void
random_plans(void **state)
{
    (void)state;
    static const struct node_room room = {.memory = UINT64_C(76000000000), .cores = 3, .gpus = 0};
    char dir[] = "/tmp/wfl-shards-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    unsigned planned = 0, staged = 0, tried = 0, kept = 0;
    for (unsigned i = 0; i < 150; i++) {
        struct buf image = {0};
        srand(i); /* the round is the seed */
        struct plan *p = random_plan(&image);
        if (p && p->head->ntasks < 700) {
            struct work w;
            static const struct cut cut[] = {{1, 1, 1}, {2, 2, 2}, {5, 17, 8}, {17, 17, 17},
                {8, 400, 32}, {100, 100, 100}};
            work_init(&w, p, &room);
            for (size_t k = 0; k < sizeof cut / sizeof *cut; k++, tried++)
                check_shards(p, &w, &cut[k], &staged, &kept);
            share_work(p, &w, 1 + i % 5);
            work_free(&w);
            planned++;
        }
        plan_close(p);
        buf_free(&image);
    }
    assert_true(planned > 40);
    assert_true(staged > 40 && tried - staged > 40 && kept > 40);
    assert_int_equal(chdir("/"), 0);
    struct buf cmd = {0};
    buf_printf(&cmd, "rm -r %s", dir);
    assert_int_equal(system(cmd.p), 0);
    buf_free(&cmd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_plans), cmocka_unit_test(sizes),
        cmocka_unit_test(shards_fill_nodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
