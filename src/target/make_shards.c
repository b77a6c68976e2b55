/* Makes shards of a plan. Tasks that must stay together are a set of a union-find forest, whose
 * root is the first of them. A pass over the needs makes the sets that are closed under them. Those
 * that are too large, as when a last task needs all the others, are taken apart again: families are
 * cut into stages, as few as possible, so that no set of the needs within a stage is too large.
 * What is left is dealt in lists, those of the stages and the one of the sets that were not taken
 * apart; the last sets of each list are taken apart, too, family by family. */
#include "config.h"

#include "target/site.h"

#include "cost/bundles.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

struct maker {
    const struct plan *p;
    const struct work *work;
    uint32_t *parent;
    uint32_t *weight; /* of roots: of the whole set. Later: the shard of each task */
    uint8_t *mark;    /* of each task */
    uint8_t part;     /* tasks of other marks are left as they are */
    struct piece {
        uint32_t ntasks, shard;
        uint32_t left, guess, is; /* weights: of those to come, of the piece */
    } * piece;                    /* the last one of each loose root; NULL: no family has bundles */
    bool *alone;                  /* of each family: it has nothing to do with any other */
    const struct cut *cut;
    uint64_t all;   /* weight */
    uint64_t limit; /* sets that are heavier ... */
    bool over;      /* ... have come up */
};
enum {          /* marks: whose list the task is on */
    STAGED = 1, /* it is in a set that was too large */
    LAST = 2,   /* in one of the last ones */
    LIST = STAGED | LAST,
    /* and what is known of it */
    LOOSE = 4, /* a root of tasks that do not need each other: a bundle that is more than fills a
                  node, and is cut into pieces that do */
    NEEDS = 8,
    NEEDED = 16, /* a task of its set, another one of its set */
    WIDE = 32,   /* so that several tasks of its set may be ready at a time */
};

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
    return (m->mark[t] & LIST) == m->part;
}

/* A set in which each task has one neighbour on each side at most is a chain: it is never wide. */
static void
note_end(struct maker *m, uint32_t t, uint8_t end)
{
    m->mark[t] |= (uint8_t)(m->mark[t] & end ? WIDE : end);
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
        uint32_t with = join(m, root, f->first_task + i);
        if (with != f->first_task + i && !m->alone[f - m->p->family])
            m->mark[with] |= WIDE;
        root = with;
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
    uint32_t member, root = find(m, t), n = 0;
    for (relation_members(r, group, &w); relation_next(&w, &member); n++) {
        note_end(m, first_producer + member, NEEDED);
        root = join(m, root, first_producer + member);
    }
    note_end(m, t, NEEDS);
    if (n > 1)
        m->mark[t] |= WIDE;
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
        if (first[group] == PLAN_NONE) {
            first[group] = t;
            continue;
        }
        m->mark[t] |= WIDE;
        join(m, find(m, first[group]), t);
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
        uint32_t i, first = PLAN_NONE;
        for (relation_consumers(r, g, &w); relation_next(&w, &i);) {
            uint32_t t = consumer->first_task + i;
            if (!takes_part(m, t))
                continue;
            if (first == PLAN_NONE) {
                first = t;
                continue;
            }
            m->mark[t] |= WIDE;
            join(m, find(m, first), t);
        }
        if (first != PLAN_NONE)
            join_members(m, r, g, first_producer, first);
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
            m->mark[t] = m->part;
        }
        join_bundles(m, f);
    }
    m->over = false; /* bundles may be as large as they like: see LOOSE */
}

/* --- stages --- */

/* Finds the families that need none, and that none needs. */
static void
find_alone(struct maker *m)
{
    const struct plan *p = m->p;
    bool bundles = false;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        m->alone[i] = p->family[i].nneeds == 0;
        bundles |= p->family[i].bundle != 0;
    }
    for (uint32_t k = 0; k < p->nneeds; k++)
        m->alone[p->need[k].producer] = false;
    if (bundles)
        m->piece = xcalloc(p->head->ntasks, sizeof *m->piece);
}

/* What is known of one task of a set is known of its root; when nothing is joined any more. */
static void
tell_roots(struct maker *m, uint32_t from, uint32_t end)
{
    for (uint32_t t = from; t < end; t++)
        if (takes_part(m, t))
            m->mark[find(m, t)] |= m->mark[t] & (NEEDS | NEEDED | WIDE);
}

/* Is a set too much work for one node, if so much is left, it and what comes after it? */
static bool
too_heavy(const struct maker *m, uint32_t root, uint64_t left)
{
    return m->mark[root] & WIDE && (uint64_t)m->weight[root] * m->cut->together > left;
}

/* Marks what is in sets that are too heavy whatever comes after them. False: there are none. */
static bool
mark_heavy(struct maker *m)
{
    uint32_t n = m->p->head->ntasks;
    bool any = false;
    tell_roots(m, 0, n);
    for (uint32_t t = 0; t < n; t++) { /* roots come first */
        uint32_t root = find(m, t);
        bool heavy = root == t ? too_heavy(m, t, m->all) : m->mark[root] & STAGED;
        m->mark[t] |= heavy ? STAGED : 0;
        any |= heavy;
    }
    return any;
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

enum { MOST_ROUNDS = 32 }; /* weights are 32 bits */

struct dealer {
    uint64_t all, dealt; /* weights, of the list at hand */
    uint32_t parts, rounds;
    uint32_t last;  /* which part of `all` the last set was in, or PLAN_NONE */
    uint32_t count; /* shards so far */
};

/* The part that so much of the list is in: the first half of it has `parts`, of equal weight, and
 * so has the first half of the rest, and so on; in the last round the whole rest has them. */
static uint32_t
part_of(const struct dealer *d, double dealt)
{
    double from = 0, rest = (double)d->all;
    uint32_t round = 0;
    for (; round + 1 < d->rounds && dealt >= from + rest / 2; round++) {
        from += rest / 2;
        rest /= 2;
    }
    rest /= round + 1 < d->rounds ? 2 : 1;
    uint32_t part = (uint32_t)((dealt - from) * d->parts / rest);
    return round * d->parts + (part < d->parts ? part : d->parts - 1);
}

/* The shard of the next set, by where its middle is. */
static uint32_t
deal(struct dealer *d, uint64_t weight)
{
    uint32_t part = part_of(d, (double)d->dealt + (double)weight / 2);
    if (d->last == PLAN_NONE || part > d->last) {
        d->last = part;
        d->count++;
    }
    d->dealt += weight;
    return d->count - 1;
}

/* Is the set of root t, task i of family k, nothing but a bundle, and is that more than fills a
 * node? */
static bool
is_loose(const struct maker *m, uint32_t t, uint32_t k, uint32_t i)
{
    const struct family_work *f = &m->work->family[k];
    return m->p->family[k].bundle && f->slots != PLAN_NONE && !(m->mark[t] & (NEEDS | NEEDED)) &&
           m->weight[t] > (uint64_t)f->slots * work_weight(f, i);
}

/* The shard of the next task of a bundle that is cut into pieces. */
static uint32_t
deal_piece(struct maker *m, struct dealer *d, uint32_t root, const struct family_work *f,
    uint32_t i)
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

/* Gives the tasks of families from .. end - 1 that take part their shards, in weight[]. */
static void
deal_tasks(struct maker *m, struct dealer *d, uint32_t from, uint32_t end)
{
    d->last = PLAN_NONE;
    for (uint32_t k = from; k < end; k++) {
        const struct plan_family *f = &m->p->family[k];
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t t = f->first_task + i;
            if (!takes_part(m, t))
                continue;
            uint32_t root = find(m, t);
            if (root == t && is_loose(m, t, k, i)) {
                m->mark[t] |= LOOSE;
                m->piece[t].left = m->weight[t];
            }
            if (m->mark[root] & LOOSE)
                m->weight[t] = deal_piece(m, d, root, &m->work->family[k], i);
            else
                m->weight[t] = root == t ? deal(d, m->weight[t]) : m->weight[root];
        }
    }
}

static uint64_t
weigh_list(struct maker *m, uint32_t first, uint32_t end)
{
    uint64_t all = 0;
    for (uint32_t t = first; t < end; t++)
        all += takes_part(m, t) && m->parent[t] == t ? m->weight[t] : 0;
    return all;
}

/* Marks the tasks of those sets that are too heavy for what is left of the list, so that nodes
 * would find nothing beside them. False: there are none. */
static bool
mark_last(struct maker *m, uint32_t first, uint32_t end, uint64_t all)
{
    uint8_t part = m->part;
    uint64_t left = all;
    bool any = false;
    for (uint32_t t = first; t < end; t++) {
        if ((m->mark[t] & ~LAST & LIST) != part)
            continue;
        uint32_t root = find(m, t);
        bool last = root == t ? too_heavy(m, t, left) : m->mark[root] & LAST;
        left -= root == t ? m->weight[t] : 0;
        m->mark[t] |= last ? LAST : 0;
        any |= last;
    }
    return any;
}

/* Deals the tasks of families from .. end - 1 with this mark. */
static void
deal_list(struct maker *m, struct dealer *d, uint32_t from, uint32_t end, uint8_t mark,
    uint32_t nlists)
{
    const struct cut *cut = m->cut;
    const struct plan_family *family = m->p->family;
    uint32_t first = family[from].first_task,
             behind = family[end - 1].first_task + family[end - 1].ntasks;
    m->part = mark;
    d->all = weigh_list(m, first, behind);
    d->dealt = 0;
    uint32_t least = cut->most / nlists / 2 < cut->parts ? cut->most / nlists / 2 : cut->parts;
    least = least ? least : 1;
    double others = (double)cut->most - (double)least * nlists;
    uint32_t most =
        least + (others > 0 ? (uint32_t)(others * (double)d->all / (double)m->all + 0.5) : 0);
    d->parts = most < cut->parts ? most : cut->parts;
    d->rounds = most / d->parts < MOST_ROUNDS ? most / d->parts : MOST_ROUNDS;
    tell_roots(m, first, behind);
    bool any = cut->most >= 2 * cut->parts && mark_last(m, first, behind, d->all);
    deal_tasks(m, d, from, end);
    m->part = mark | LAST;
    for (uint32_t k = from; any && k < end; k++) {
        begin(m, k, k + 1);
        deal_tasks(m, d, k, k + 1);
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
    struct plan_range *run = xmalloc((size_t)nruns * sizeof *run + 1);
    for (uint32_t t = 0, n; t < ntasks; t += n) {
        for (n = 1; t + n < ntasks && of[t + n] == of[t];)
            n++;
        run[next[of[t]]++] = (struct plan_range){t, n};
    }
    buf_add(shards, shard, nshards * sizeof *shard);
    buf_add(runs, run, nruns * sizeof *run);
    free(shard);
    free(next);
    free(run);
}

void
shards_make(const struct plan *p, const struct work *work, const struct cut *cut,
    struct buf *shards, struct buf *runs)
{
    uint32_t n = p->head->ntasks, nstages = 0;
    if (n == 0)
        return;
    struct maker m = {.p = p,
        .work = work,
        .cut = cut,
        .parent = xmalloc(n * sizeof(uint32_t)),
        .weight = xmalloc(n * sizeof(uint32_t)),
        .mark = xcalloc(n, 1),
        .alone = xcalloc(p->nfamilies + 1, sizeof(bool)),
        .limit = UINT64_MAX};
    uint32_t *start = xcalloc(p->nfamilies + 1, sizeof *start);
    struct dealer d = {0};
    find_alone(&m);
    begin(&m, 0, p->nfamilies);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        join_needs(&m, i, 0);
    m.all = weigh_list(&m, 0, n);
    m.limit = m.all / cut->together;
    if (mark_heavy(&m)) {
        m.part = STAGED;
        nstages = cut_stages(&m, start);
    }
    start[nstages] = p->nfamilies;
    m.part = 0;
    bool others = weigh_list(&m, 0, n) > 0;
    for (uint32_t s = 0; s < nstages; s++)
        deal_list(&m, &d, start[s], start[s + 1], STAGED, nstages + others);
    if (others)
        deal_list(&m, &d, 0, p->nfamilies, 0, nstages + 1);
    write_runs(m.weight, n, d.count, shards, runs);
    free(m.parent);
    free(m.weight);
    free(m.mark);
    free(m.piece);
    free(m.alone);
    free(start);
}
