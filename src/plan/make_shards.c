#include "config.h"

#include "plan/site.h"

#include "plan/bundles.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

/* Tasks that must stay together are a set of a union-find forest, whose root is the first of them.
 * A pass over the needs makes the sets that are closed under them. Those that are too large, as when
 * a last task needs all the others, are taken apart again: families are cut into stages, as few as
 * possible, so that no set of the needs within a stage is too large. */

struct maker {
    const struct plan *p;
    const struct work *work;
    uint32_t *parent;
    uint32_t *weight; /* of roots: of the whole set. Later: the shard of each task */
    uint8_t *mark;    /* of each task; NULL: none was needed */
    struct piece {
        uint32_t ntasks, shard;
        uint32_t left, guess, is; /* weights: of those to come, of the piece */
    } *piece;         /* the last one of each loose root; with mark */
    bool *alone;      /* of each family: it has nothing to do with any other */
    uint64_t limit;   /* sets that are heavier ... */
    bool over;        /* ... have come up */
};
enum { STAGED = 1, /* the task is in a set that was too large */
    LOOSE = 2 };   /* a root of tasks that do not need each other: a bundle that is more than fills a
                      node, and is cut into pieces that do */

/* --- sets --- */

static inline uint32_t
find(struct maker *m, uint32_t t)
{
    uint32_t *parent = m->parent;
    while (parent[t] != t) {
        parent[t] = parent[parent[t]];
        t = parent[t];
    }
    return t;
}

static uint32_t
join_roots(struct maker *m, uint32_t r, uint32_t s)
{
    if (s < r) {
        uint32_t swap = s;
        s = r;
        r = swap;
    }
    m->parent[s] = r;
    uint64_t sum = (uint64_t)m->weight[r] + m->weight[s];
    m->over |= sum > m->limit;
    m->weight[r] = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    return r;
}

/* Joins the set of t to that of root r; returns the root of both. */
static inline uint32_t
join(struct maker *m, uint32_t r, uint32_t t)
{
    if (m->parent[t] == r)
        return r;
    uint32_t s = find(m, t);
    return s == r ? r : join_roots(m, r, s);
}

static inline bool
takes_part(const struct maker *m, uint32_t t)
{
    return !m->mark || m->mark[t];
}

static void
join_bundles(struct maker *m, const struct plan_family *f)
{
    struct map64 first;
    uint64_t before = 0;
    uint32_t root = PLAN_NONE;
    if (!f->bundle || !f->ntasks)
        return;
    map64_init(&first, 0, f->ntasks / 64 + 16);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        if (!takes_part(m, f->first_task + i))
            continue;
        uint64_t key = bundle_key(m->p, f, i);
        if (root == PLAN_NONE || key != before) {
            bool found;
            uint32_t k = map64_add(&first, key, i, &found);
            root = find(m, f->first_task + k);
            before = key;
        }
        root = join(m, root, f->first_task + i);
    }
    map64_free(&first);
}

/* --- needs --- */

/* Joins the members of a group to task t, which needs them. */
static void
join_members(struct maker *m, const struct relation *r, uint32_t group, uint32_t first_producer,
    uint32_t t)
{
    struct relation_walk w;
    uint32_t member, root = find(m, t);
    for (relation_members(r, group, &w); relation_next(&w, &member);)
        root = join(m, root, first_producer + member);
}

static void
join_stored(struct maker *m, const struct relation *r, const struct plan_family *consumer,
    uint32_t first_producer)
{
    uint32_t *first = xmalloc((size_t)r->ngroups * sizeof *first + 1); /* that needs the group */
    if (r->ngroups)
        memset(first, 0xff, (size_t)r->ngroups * sizeof *first);
    for (uint32_t i = 0; i < r->nconsumers && !m->over; i++) {
        uint32_t t = consumer->first_task + i, group = relation_group(r, i);
        if (group == RELATION_NONE || !takes_part(m, t) || relation_count(r, group) == 0)
            continue;
        if (first[group] != PLAN_NONE)
            join(m, find(m, first[group]), t);
        else
            first[group] = t;
    }
    for (uint32_t g = 0; g < r->ngroups && !m->over; g++)
        if (first[g] != PLAN_NONE)
            join_members(m, r, g, first_producer, first[g]);
    free(first);
}

static void
join_arithmetic(struct maker *m, const struct relation *r, const struct plan_family *consumer,
    uint32_t first_producer)
{
    for (uint32_t g = 0; g < r->ngroups && !m->over; g++) {
        struct relation_walk w;
        uint32_t i, root = PLAN_NONE;
        for (relation_consumers(r, g, &w); relation_next(&w, &i);) {
            uint32_t t = consumer->first_task + i;
            if (takes_part(m, t))
                root = root == PLAN_NONE ? find(m, t) : join(m, root, t);
        }
        if (root != PLAN_NONE)
            join_members(m, r, g, first_producer, root);
    }
}

/* Joins the tasks of family `i` to those that they need, of families from `from` on. */
static void
join_needs(struct maker *m, uint32_t i, uint32_t from)
{
    const struct plan *p = m->p;
    const struct plan_family *f = &p->family[i];
    for (uint32_t k = f->first_need; k < f->first_need + f->nneeds && !m->over; k++) {
        if (p->need[k].producer < from)
            continue;
        const struct plan_family *producer = &p->family[p->need[k].producer];
        if (p->relation[k].arithmetic)
            join_arithmetic(m, &p->relation[k], f, producer->first_task);
        else
            join_stored(m, &p->relation[k], f, producer->first_task);
    }
}

/* Every task that takes part, of families from .. end - 1, is a set by itself; then bundles. */
static void
begin(struct maker *m, uint32_t from, uint32_t end)
{
    for (uint32_t k = from; k < end; k++) {
        const struct plan_family *f = &m->p->family[k];
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t t = f->first_task + i;
            if (!takes_part(m, t))
                continue;
            m->parent[t] = t;
            m->weight[t] = work_weight(&m->work->family[k], i);
        }
        join_bundles(m, f);
    }
    m->over = false; /* bundles may be as large as they like: see LOOSE */
}

/* --- stages --- */

/* Finds the families that need none, and that none needs; marks what is in sets that are too heavy.
 * False: there are none. */
static bool
mark_heavy(struct maker *m, uint64_t limit)
{
    const struct plan *p = m->p;
    uint32_t n = p->head->ntasks;
    bool heavy = false, bundles = false;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        m->alone[i] = p->family[i].nneeds == 0;
    for (uint32_t k = 0; k < p->nneeds; k++)
        m->alone[p->need[k].producer] = false;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        bundles |= m->alone[i] && p->family[i].bundle;
    for (uint32_t t = 0; t < n && !heavy; t++)
        heavy = m->parent[t] == t && m->weight[t] > limit;
    if (!heavy && !bundles)
        return false;
    uint8_t *mark = xcalloc(n, 1);
    for (uint32_t t = 0; t < n && heavy; t++)
        mark[t] = m->weight[find(m, t)] > limit ? STAGED : 0;
    m->mark = mark;
    m->piece = xcalloc(n, sizeof *m->piece);
    return heavy;
}

/* Writes which family begins each stage to `start`; returns how many there are. Sets are as they
 * are within the stages. */
static uint32_t
cut_stages(struct maker *m, uint32_t *start)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->p->nfamilies; i++) {
        begin(m, i, i + 1);
        if (n)
            join_needs(m, i, start[n - 1]);
        if (n && !m->over)
            continue;
        if (n) { /* what was joined on trial is taken apart */
            begin(m, start[n - 1], i + 1);
            for (uint32_t k = start[n - 1]; k < i; k++)
                join_needs(m, k, start[n - 1]);
            m->over = false;
        }
        start[n++] = i;
    }
    return n;
}

/* --- shards --- */

struct dealer {
    uint64_t all, dealt; /* weights */
    uint32_t want;
    uint32_t last;  /* which of the equal parts of `all` the last set was in, or PLAN_NONE */
    uint32_t count; /* shards so far */
};

/* The shard of the next set, by where its middle is. */
static uint32_t
deal(struct dealer *d, uint64_t weight)
{
    double middle = (double)d->dealt + (double)weight / 2;
    uint32_t part = (uint32_t)(middle * d->want / (double)d->all);
    if (d->last == PLAN_NONE || part > d->last) {
        d->last = part;
        d->count++;
    }
    d->dealt += weight;
    return d->count - 1;
}

/* Is the set of root t, task i of family k, a bundle that may be cut, and is more than fills a node? */
static bool
is_loose(const struct maker *m, uint32_t t, uint32_t k, uint32_t i)
{
    const struct family_work *f = &m->work->family[k];
    if (f->slots == PLAN_NONE)
        return false;
    if (m->weight[t] > m->limit)
        return true;
    return m->alone[k] && m->p->family[k].bundle &&
           m->weight[t] > (uint64_t)f->slots * work_weight(f, i);
}

/* The shard of the next task of a bundle that is cut into pieces. */
static uint32_t
deal_piece(struct maker *m, struct dealer *d, uint32_t root, const struct family_work *f, uint32_t i)
{
    struct piece *piece = &m->piece[root];
    uint32_t own = work_weight(f, i);
    if (piece->ntasks == 0) {
        uint64_t weight = (uint64_t)own * f->slots; /* if the others are like this one */
        piece->guess = weight < piece->left ? (uint32_t)weight : piece->left;
        piece->shard = deal(d, piece->guess);
        piece->is = 0;
    }
    piece->left -= own;
    piece->is += own;
    if (++piece->ntasks >= f->slots || !piece->left) {
        piece->ntasks = 0;
        d->dealt = d->dealt - piece->guess + piece->is;
    }
    return piece->shard;
}

/* Gives the tasks of families from .. end - 1 with this mark their shards, in weight[]. */
static void
deal_tasks(struct maker *m, struct dealer *d, uint32_t from, uint32_t end, uint8_t mark)
{
    d->last = PLAN_NONE;
    for (uint32_t k = from; k < end; k++) {
        const struct plan_family *f = &m->p->family[k];
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t t = f->first_task + i;
            if (m->mark && (m->mark[t] & STAGED) != mark)
                continue;
            uint32_t root = find(m, t);
            if (root == t && m->mark && is_loose(m, t, k, i)) {
                m->mark[t] |= LOOSE;
                m->piece[t].left = m->weight[t];
            }
            if (m->mark && m->mark[root] & LOOSE)
                m->weight[t] = deal_piece(m, d, root, &m->work->family[k], i);
            else
                m->weight[t] = root == t ? deal(d, m->weight[t]) : m->weight[root];
        }
    }
}

/* From the shard of each task to runs. */
static void
write_runs(const uint32_t *of, uint32_t ntasks, uint32_t nshards, struct buf *shards,
    struct buf *runs)
{
    struct plan_shard *shard = xcalloc(nshards + 1, sizeof *shard);
    uint32_t *next = xcalloc((size_t)nshards + 1, sizeof *next), nruns = 0;
    for (uint32_t t = 0; t < ntasks; t++) {
        shard[of[t]].ntasks++;
        if (t == 0 || of[t] != of[t - 1])
            shard[of[t]].nruns++;
    }
    for (uint32_t s = 0; s < nshards; s++) {
        shard[s].first_run = next[s] = nruns;
        nruns += shard[s].nruns;
    }
    struct plan_run *run = xmalloc((size_t)nruns * sizeof *run + 1);
    for (uint32_t t = 0, n; t < ntasks; t += n) {
        for (n = 1; t + n < ntasks && of[t + n] == of[t];)
            n++;
        run[next[of[t]]++] = (struct plan_run){t, n};
    }
    buf_add(shards, shard, nshards * sizeof *shard);
    buf_add(runs, run, nruns * sizeof *run);
    free(shard);
    free(next);
    free(run);
}

void
shards_make(const struct plan *p, const struct work *work, uint32_t want, struct buf *shards,
    struct buf *runs)
{
    uint32_t n = p->head->ntasks, nstages = 0;
    if (n == 0)
        return;
    struct maker m = {p, work, xmalloc(n * sizeof(uint32_t)), xmalloc(n * sizeof(uint32_t)), NULL,
        NULL, xcalloc(p->nfamilies + 1, sizeof(bool)), UINT64_MAX, false};
    uint32_t *start = xcalloc(p->nfamilies + 1, sizeof *start);
    struct dealer d = {.want = want ? want : 1};
    begin(&m, 0, p->nfamilies);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        join_needs(&m, i, 0);
    for (uint32_t t = 0; t < n; t++)
        d.all += m.parent[t] == t ? m.weight[t] : 0;
    uint64_t heavy = 2 * d.all / d.want;
    if (mark_heavy(&m, heavy)) {
        m.limit = heavy;
        nstages = cut_stages(&m, start);
        d.want = d.want > nstages ? d.want - nstages : 1;
    }
    start[nstages] = p->nfamilies;
    for (uint32_t s = 0; s < nstages; s++)
        deal_tasks(&m, &d, start[s], start[s + 1], STAGED);
    deal_tasks(&m, &d, 0, p->nfamilies, 0);
    write_runs(m.weight, n, d.count, shards, runs);
    free(m.parent);
    free(m.weight);
    free(m.mark);
    free(m.piece);
    free(m.alone);
    free(start);
}
