/* The simulation: which node takes which shards, and what its scheduling core makes of them. */
#include "config.h"

#include "outlook/simulate.h"

#include "cost/bundles.h"
#include "outlook/levels.h"
#include "sched/sched.h"
#include "util/map64.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* processes: those with tasks have a core each, and so had those that just lost the last one */
enum { MOST_CORES = 4096, MOST_FED = 2 * MOST_CORES };

struct running {
    int64_t end;
    uint32_t task; /* among those of the node */
    uint32_t fed;  /* its process in `fed`, or PLAN_NONE */
};

/* A process that is fed: its number to the core, and how many tasks it works on; 0: it has ended.
 */
struct fed {
    uint32_t number, count;
};

/* What is borrowed by a need of a node. */
struct lists {
    uint32_t *group_of, *start, *members;
};

struct sim {
    struct simulation *s;
    const struct plan *p;
    struct plan_eval *eval;
    uint32_t *level; /* of each shard: how many shards come before it, one needing the other */
    uint32_t nlevels;
    uint32_t *local; /* of each task: its number on the node at hand, or PLAN_NONE */

    /* the node at hand */
    struct classes classes;
    struct classed *task; /* ascending */
    uint32_t ntasks;
    uint32_t *family; /* of each */
    uint32_t *turn;   /* they in the order of their shards */
    struct turns {    /* of each of these: where in `turn`, and was it taken? */
        uint32_t first, n;
        bool taken;
    } * shard;
    uint32_t nshards;
    bool *done;
    struct sched *sched;
    struct lists *lists; /* that it borrows, nlists */
    uint32_t nlists;
    struct running *heap;
    struct fed *fed; /* room for MOST_FED; nfed were used at some time */
    uint32_t nheap, nfed;
    double used; /* node-seconds, of all nodes */
};

/* --- a node's tasks, for the core --- */

/* Need `k`, of those tasks alone that the node has, consumers from `first` on. */
static void
local_need(struct sim *m, uint32_t k, uint32_t first, uint32_t n, const struct plan_family *f,
    struct sched_need *need, struct lists *l)
{
    const struct relation *r = &m->p->relation[k];
    const struct plan_family *producer = &m->p->family[m->p->need[k].producer];
    struct buf start = {0}, members = {0};
    struct map64 known;
    uint32_t ngroups = 0, nmembers = 0, from = PLAN_NONE, last = 0;
    l->group_of = xmalloc(((size_t)n + 1) * sizeof *l->group_of);
    map64_init(&known, 0, 64);
    buf_add(&start, &nmembers, sizeof nmembers);
    for (uint32_t i = 0; i < m->ntasks; i++)
        if (m->task[i].task >= producer->first_task &&
            m->task[i].task - producer->first_task < producer->ntasks) {
            from = from == PLAN_NONE ? i : from;
            last = i;
        }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t g = relation_group(r, m->task[first + i].task - f->first_task), member;
        l->group_of[i] = RELATION_NONE;
        if (g == RELATION_NONE || from == PLAN_NONE)
            continue;
        bool found;
        l->group_of[i] = map64_add(&known, g, ngroups, &found);
        if (found)
            continue;
        struct relation_walk w;
        ngroups++;
        for (relation_members(r, g, &w); relation_next(&w, &member);) {
            uint32_t local = m->local[producer->first_task + member];
            if (local == PLAN_NONE)
                continue;
            local -= from;
            buf_add(&members, &local, sizeof local);
            nmembers++;
        }
        buf_add(&start, &nmembers, sizeof nmembers);
    }
    map64_free(&known);
    buf_reserve(&members, 1);
    l->start = (uint32_t *)(void *)start.p;
    l->members = (uint32_t *)(void *)members.p;
    *need = (struct sched_need){.first_consumer = first,
        .first_producer = from == PLAN_NONE ? 0 : from,
        .of = {.nconsumers = n,
            .nproducers = from == PLAN_NONE ? 0 : last - from + 1,
            .ngroups = ngroups,
            .nmembers = nmembers,
            .group_of = l->group_of,
            .start = l->start,
            .members = l->members}};
}

static void
make_sched(struct sim *m)
{
    const struct plan *p = m->p;
    struct sched_need *need = xcalloc(p->nneeds + 1, sizeof *need);
    m->lists = xcalloc(p->nneeds + 1, sizeof *m->lists);
    struct sched_config c = {.cores = m->classes.room.cores,
        .gpus = m->classes.room.gpus,
        .memory = m->classes.room.memory,
        .ntasks = m->ntasks,
        .bundles = bundles_any(p),
        .need = need};
    for (uint32_t i = 0, end; i < m->ntasks; i = end) {
        const struct plan_family *f = &p->family[m->family[i]];
        for (end = i; end < m->ntasks && m->family[end] == m->family[i];)
            end++;
        for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++, c.nneeds++)
            local_need(m, k, i, end - i, f, &need[c.nneeds], &m->lists[c.nneeds]);
    }
    m->nlists = c.nneeds;
    m->sched = sched_new(&c);
    sched_add_classes(m->sched, m->classes.class, m->classes.n);
    for (uint32_t i = 0; i < m->ntasks; i++)
        sched_set_class(m->sched, i, m->task[i].class, m->task[i].bundle);
    free(need);
}

static void
free_sched(struct sim *m)
{
    sched_free(m->sched);
    for (uint32_t k = 0; k < m->nlists; k++) {
        free(m->lists[k].group_of);
        free(m->lists[k].start);
        free(m->lists[k].members);
    }
    free(m->lists);
}

/* --- running --- */

static void
push(struct sim *m, struct running x)
{
    uint32_t i = m->nheap++;
    for (; i && m->heap[(i - 1) / 2].end > x.end; i = (i - 1) / 2)
        m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = x;
}

static struct running
pop(struct sim *m)
{
    struct running top = m->heap[0], x = m->heap[--m->nheap];
    uint32_t i = 0;
    for (uint32_t k; (k = 2 * i + 1) < m->nheap; i = k) {
        k += k + 1 < m->nheap && m->heap[k + 1].end < m->heap[k].end;
        if (m->heap[k].end >= x.end)
            break;
        m->heap[i] = m->heap[k];
    }
    m->heap[i] = x;
    return top;
}

/* Tasks that start together. They end one by one, unless their process ends them all. */
static void
start(struct sim *m, const uint32_t *task, uint32_t n, uint32_t fed, int64_t now)
{
    const struct plan_family *f = &m->p->family[m->family[task[0]]];
    bool whole = !plan_releases(m->p, f);
    int64_t longest = 0;
    for (uint32_t i = 0; i < n; i++)
        if (m->task[task[i]].ms > longest)
            longest = m->task[task[i]].ms;
    for (uint32_t i = 0; i < n; i++)
        push(m, (struct running){now + (whole ? longest : m->task[task[i]].ms), task[i], fed});
    if (fed != PLAN_NONE)
        m->fed[fed].count += n;
}

/* Feeds it what there is room for. */
static void
feed(struct sim *m, uint32_t fed, int64_t now)
{
    uint32_t out[64], n;
    while ((n = sched_join(m->sched, m->fed[fed].number, now, out, 64)))
        start(m, out, n, fed, now);
}

/* A process starts with these tasks. */
static void
start_process(struct sim *m, const uint32_t *task, uint32_t n, int64_t now)
{
    uint32_t i = 0;
    if (!m->p->family[m->family[task[0]]].feed.size) {
        start(m, task, n, PLAN_NONE, now);
        return;
    }
    while (i < m->nfed && m->fed[i].number != PLAN_NONE)
        i++;
    assert(i < MOST_FED);
    m->nfed += i == m->nfed;
    m->fed[i] = (struct fed){sched_open(m->sched, task[0]), 0};
    start(m, task, n, i, now);
    feed(m, i, now); /* before another process is begun for its visit */
}

/* All that starts now, as in the shim: what is fed to processes, then new ones; and processes that
 * nothing is left for end. True: they gave back something. */
static bool
start_all(struct sim *m, int64_t now)
{
    static uint32_t out[MOST_CORES];
    uint32_t n;
    bool ended = false;
    for (uint32_t i = 0; i < m->nfed; i++)
        if (m->fed[i].number != PLAN_NONE)
            feed(m, i, now);
    while ((n = sched_launch(m->sched, now, out, MOST_CORES)))
        start_process(m, out, n, now);
    for (uint32_t i = 0; i < m->nfed; i++) {
        if (m->fed[i].number == PLAN_NONE || m->fed[i].count)
            continue;
        sched_close(m->sched, m->fed[i].number);
        m->fed[i].number = PLAN_NONE;
        ended = true;
    }
    return ended;
}

static bool
could_start(const struct sim *m, const struct turns *s, int64_t now)
{
    for (uint32_t i = s->first; i < s->first + s->n; i++)
        if (sched_could_start(m->sched, m->turn[i], now))
            return true;
    return false;
}

/* Nothing more starts now: one more shard, as the shim takes it. */
static bool
take_shard(struct sim *m, int64_t now)
{
    bool must_fit = sched_count(m->sched, SCHED_READY) > 0;
    if (!sched_has_room(m->sched))
        return false;
    for (uint32_t k = 0; k < m->nshards; k++) {
        struct turns *s = &m->shard[k];
        if (s->taken)
            continue;
        if (must_fit && !could_start(m, s, now)) {
            if (m->nheap)
                return false; /* it is looked at again when something has ended */
            continue;
        }
        s->taken = true;
        for (uint32_t i = s->first; i < s->first + s->n; i++)
            sched_take(m->sched, m->turn[i], now);
        return true;
    }
    return false;
}

/* One job, from `now`: all that is done before its end. Returns when the last task ended. */
static int64_t
run_job(struct sim *m, int64_t now, int64_t end, uint32_t *ndone)
{
    if (end >= 0)
        sched_set_end(m->sched, end);
    for (uint32_t i = 0; i < m->ntasks; i++)
        if (m->done[i])
            sched_set_done(m->sched, i, now);
    for (uint32_t k = 0; k < m->nshards; k++)
        m->shard[k].taken = false;
    m->nfed = 0;
    int64_t last = now;
    for (;;) {
        while (start_all(m, now))
            ;
        if (take_shard(m, now))
            continue;
        if (!m->nheap)
            return last;
        now = last = m->heap[0].end;
        /* all at once, or the first ones' room is cut up */
        while (m->nheap && m->heap[0].end == now) {
            struct running x = pop(m);
            m->done[x.task] = true;
            ++*ndone;
            if (x.fed != PLAN_NONE)
                m->fed[x.fed].count--;
            sched_ended(m->sched, x.task, SCHED_END_DONE, 0, now);
        }
    }
}

/* The tasks of the node, in jobs one after the other, from `start` on. Returns when the last one
 * ended. */
static int64_t
run_node(struct sim *m, int64_t start)
{
    const struct simulation *s = m->s;
    int64_t length = (int64_t)(s->job_seconds * 1000), from = length ? s->kept.start * 1000 : 0;
    int64_t use = length ? job_time_for_tasks((int64_t)s->job_seconds, &s->kept) : 0;
    int64_t last = start;
    uint32_t ndone = 0;
    for (int64_t job = length ? start / length : 0; ndone < m->ntasks; job++) {
        int64_t begin = job * length + from, end = length ? begin + use : -1;
        if (begin < start)
            begin = start;
        make_sched(m);
        uint32_t before = ndone;
        int64_t ended = end >= 0 && begin >= end ? last : run_job(m, begin, end, &ndone);
        free_sched(m);
        if (ndone == before && begin == job * length + from) {
            m->s->unfinished += m->ntasks - ndone;
            break;
        }
        if (ndone > before)
            last = ended;
    }
    return last;
}

/* --- all nodes --- */

struct load {
    uint64_t weight;
    struct buf shards; /* uint32_t */
};

/* This share of the shards of a level, each to the node with the least to do. */
static void
deal(struct sim *m, uint32_t level, double share, struct load *load, uint32_t nodes)
{
    const struct plan *p = m->p;
    uint32_t count = 0, taken = 0;
    for (uint32_t s = 0; s < p->nshards; s++)
        count += m->level[s] == level;
    uint32_t take = (uint32_t)ceil(count * share - 1e-6);
    for (uint32_t s = 0, n = 0; s < p->nshards; s++) {
        if (m->level[s] != level || n++ < (uint32_t)((taken + 0.5) * count / take))
            continue;
        taken++;
        uint32_t least = 0;
        for (uint32_t k = 1; k < nodes; k++)
            least = load[k].weight < load[least].weight ? k : least;
        buf_add(&load[least].shards, &s, sizeof s);
        load[least].weight += work_of_shard(m->s->work, m->p, s);
    }
}

static int
ascending(const void *a, const void *b)
{
    uint32_t x = ((const struct classed *)a)->task, y = ((const struct classed *)b)->task;
    return x < y ? -1 : x > y;
}

static double
node_seconds(const struct sim *m, uint32_t i)
{
    const struct plan_family *f = &m->p->family[m->family[i]];
    struct cost c;
    cost_of(m->eval, f, m->task[i].task, &c, NULL);
    return (double)m->task[i].ms * 1e-3 * cost_part(&c, f, &m->s->work->room);
}

/* What is not known of the node limits nothing. */
void
simulation_classes(const struct simulation *s, struct plan_eval *e, struct classes *k)
{
    struct node_room room = s->work->room;
    int64_t length = (int64_t)s->job_seconds;
    room.cores = room.cores ? room.cores : MOST_CORES;
    room.gpus = room.gpus == PLAN_NONE ? PLAN_MOST_GPUS : room.gpus;
    room.memory = room.memory ? room.memory : UINT64_MAX / 4;
    classes_init(k, s->plan, e, &room, length ? job_time_for_tasks(length, &s->kept) : INT64_MAX,
        NULL, NULL);
}

/* Makes the tasks of some shards those of the node at hand, as far as they can be classified. */
static enum classes_end
load_node(struct sim *m, const struct load *l)
{
    const uint32_t *shard = (const uint32_t *)(const void *)l->shards.p;
    struct buf tasks = {0};
    enum classes_end end = CLASSES_MADE;
    simulation_classes(m->s, m->eval, &m->classes);
    m->nshards = (uint32_t)(l->shards.n / sizeof *shard);
    m->shard = xcalloc((size_t)m->nshards + 1, sizeof *m->shard);
    for (uint32_t k = 0; k < m->nshards && end == CLASSES_MADE; k++) {
        m->shard[k].first = (uint32_t)(tasks.n / sizeof *m->task);
        classes_shard(&m->classes, shard[k]);
        while ((end = classes_next(&m->classes)) == CLASSES_MADE && m->classes.ntasks)
            buf_add(&tasks, m->classes.task, m->classes.ntasks * sizeof *m->task);
        m->shard[k].n = (uint32_t)(tasks.n / sizeof *m->task) - m->shard[k].first;
    }
    m->s->bad = m->classes.bad;
    m->task = (struct classed *)(void *)tasks.p;
    m->ntasks = (uint32_t)(tasks.n / sizeof *m->task);
    m->turn = xmalloc(((size_t)m->ntasks + 1) * sizeof *m->turn);
    for (uint32_t i = 0; i < m->ntasks; i++)
        m->turn[i] = m->task[i].task;
    if (m->ntasks)
        qsort(m->task, m->ntasks, sizeof *m->task, ascending);
    m->family = xmalloc(((size_t)m->ntasks + 1) * sizeof *m->family);
    m->done = xcalloc((size_t)m->ntasks + 1, sizeof *m->done);
    m->heap = xmalloc(((size_t)m->ntasks + 1) * sizeof *m->heap);
    for (uint32_t i = 0, f = 0; i < m->ntasks; i++) {
        uint32_t task = m->task[i].task;
        while (task - m->p->family[f].first_task >= m->p->family[f].ntasks)
            f++;
        m->family[i] = f;
        m->local[task] = i;
    }
    for (uint32_t i = 0; i < m->ntasks; i++)
        m->turn[i] = m->local[m->turn[i]];
    return end;
}

static void
unload_node(struct sim *m)
{
    double before = -1;
    for (uint32_t i = 0; i < m->ntasks; i++) {
        const struct plan_family *f = &m->p->family[m->family[i]];
        if (i == 0 || m->family[i] != m->family[i - 1] || !f->constant)
            before = node_seconds(m, i);
        m->used += m->done[i] ? before : 0;
        m->local[m->task[i].task] = PLAN_NONE;
    }
    classes_free(&m->classes);
    free(m->task);
    free(m->family);
    free(m->turn);
    free(m->shard);
    free(m->done);
    free(m->heap);
}

bool
simulate(struct simulation *s)
{
    const struct plan *p = s->plan;
    struct sim m = {.s = s, .p = p, .eval = plan_eval_new(p)};
    uint32_t step = 1;
    m.fed = xcalloc(MOST_FED, sizeof *m.fed);
    m.local = xmalloc(((size_t)p->head->ntasks + 1) * sizeof *m.local);
    memset(m.local, 0xff, p->head->ntasks * sizeof *m.local);
    m.nlevels = levels_find(p, &m.level);
    if (s->most_tasks && p->head->ntasks > s->most_tasks)
        step = (p->head->ntasks + s->most_tasks - 1) / s->most_tasks;
    /* one node at least; if it cannot do the shards' part of its own, time is stretched */
    uint32_t nodes = s->nodes > step ? s->nodes / step : 1;
    double share = s->nodes > step ? (double)nodes / s->nodes : 1.0 / step;
    double stretch = s->nodes > step ? 1 : (double)step / s->nodes;
    struct load *load = xcalloc(nodes, sizeof *load);
    uint64_t looked_at = 0;
    int64_t end = 0;
    s->ended = CLASSES_MADE;
    s->unfinished = 0;
    for (uint32_t level = 0; level < m.nlevels && s->ended == CLASSES_MADE; level++) {
        int64_t start = end;
        deal(&m, level, share, load, nodes);
        for (uint32_t k = 0; k < nodes && s->ended == CLASSES_MADE; k++) {
            s->ended = load_node(&m, &load[k]);
            looked_at += m.ntasks;
            bool runs = s->ended == CLASSES_MADE && m.ntasks;
            int64_t last = runs ? run_node(&m, start) : start;
            end = last > end ? last : end;
            unload_node(&m);
            buf_reset(&load[k].shards);
            load[k].weight = 0;
        }
    }
    s->utilisation = end ? m.used / (nodes * (double)end * 1e-3) : 0;
    s->makespan = (double)end * 1e-3 * stretch;
    s->jobs = s->job_seconds > 0 && end ? (uint32_t)ceil(s->makespan / s->job_seconds) : 1;
    s->part = p->head->ntasks ? (double)looked_at / p->head->ntasks : 1;
    for (uint32_t k = 0; k < nodes; k++)
        buf_free(&load[k].shards);
    free(load);
    free(m.level);
    free(m.local);
    free(m.fed);
    plan_eval_free(m.eval);
    return s->ended == CLASSES_MADE;
}
