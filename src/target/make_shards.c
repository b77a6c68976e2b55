/* Makes shards of a plan. Tasks that must stay together are a set of a union-find forest, whose
 * root is the first of them. A pass over the needs makes the sets that are closed under them. Those
 * that are too large, as when a last task needs all the others, are taken apart again: families are
 * cut into stages, as few as possible, so that no set of the needs within a stage is too large.
 * What is left is dealt in lists, those of the stages and the one of the sets that were not taken
 * apart; the last sets of each list are taken apart, too, family by family. */
#include "config.h"

#include "target/bins.h"
#include "target/shard_sets.h"

#include <stdlib.h>
#include <string.h>

struct maker {
    struct sets sets;
    const struct cut *cut;
    uint64_t all; /* weight */
    /* Of each task that was dealt. In the memory of sets.weight: when a root is dealt, the weight
     * of its set is known to the dealer, and nobody asks for it any more */
    uint32_t *shard;
    /* of each loose root the piece of its set that is being dealt; NULL: no family has bundles */
    struct piece {
        uint32_t ntasks, shard;
        uint32_t left;     /* weight of the tasks of the set that are not dealt yet */
        uint32_t expected; /* weight of the piece, when it was begun, */
        uint32_t weight;   /* and so far */
    } * piece;
};

/* --- stages --- */

/* Finds the families that need none, and that none needs. */
static void
find_alone(struct maker *m)
{
    const struct plan *p = m->sets.p;
    bool bundles = false;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        m->sets.alone[i] = p->family[i].nneeds == 0;
        bundles |= p->family[i].bundle != 0;
    }
    for (uint32_t k = 0; k < p->nneeds; k++)
        m->sets.alone[p->need[k].producer] = false;
    if (bundles)
        m->piece = xcalloc(p->head->ntasks, sizeof *m->piece);
}

/* What is known of one task of a set is known of its root; when nothing is joined any more. */
static void
tell_roots(struct maker *m, uint32_t from, uint32_t end)
{
    for (uint32_t t = from; t < end; t++)
        if (sets_takes_part(&m->sets, t))
            m->sets.mark[sets_find(&m->sets, t)] |=
                m->sets.mark[t] & (SET_NEEDS | SET_NEEDED | SET_WIDE);
}

/* Is a set too much work for one node, if so much is left, it and what comes after it? */
static bool
too_heavy(const struct maker *m, uint32_t root, uint64_t left)
{
    return m->sets.mark[root] & SET_WIDE &&
           (uint64_t)m->sets.weight[root] * m->cut->together > left;
}

/* Marks what is in sets that are too heavy whatever comes after them. False: there are none. */
static bool
mark_heavy(struct maker *m)
{
    uint32_t n = m->sets.p->head->ntasks;
    bool any = false;
    tell_roots(m, 0, n);
    for (uint32_t t = 0; t < n; t++) { /* roots come first */
        uint32_t root = sets_find(&m->sets, t);
        bool heavy = root == t ? too_heavy(m, t, m->all) : m->sets.mark[root] & SET_STAGED;
        m->sets.mark[t] |= heavy ? SET_STAGED : 0;
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
    for (uint32_t i = 0; i < m->sets.p->nfamilies; i++) {
        sets_begin(&m->sets, i, i + 1);
        if (n)
            sets_join_needs(&m->sets, i, start[n - 1]);
        if (n && !m->sets.over)
            continue;
        if (n) { /* what was joined on trial is taken apart */
            sets_begin(&m->sets, start[n - 1], i + 1);
            for (uint32_t k = start[n - 1]; k < i; k++)
                sets_join_needs(&m->sets, k, start[n - 1]);
            m->sets.over = false;
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
    const struct family_work *f = &m->sets.work->family[k];
    return m->sets.p->family[k].bundle && f->slots != PLAN_NONE &&
           !(m->sets.mark[t] & (SET_NEEDS | SET_NEEDED)) &&
           m->sets.weight[t] > (uint64_t)f->slots * work_weight(f, i);
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
        piece->expected = weight < piece->left ? (uint32_t)weight : piece->left;
        piece->shard = deal(d, piece->expected);
        piece->weight = 0;
    }
    piece->left -= own;
    piece->weight += own;
    if (++piece->ntasks >= f->slots || !piece->left) {
        piece->ntasks = 0;
        d->dealt = d->dealt - piece->expected + piece->weight;
    }
    return piece->shard;
}

/* --- bins --- */

/* Bundles of a family that nothing else is in a set with, as they were packed onto nodes: what
 * fills a node is in one shard. */
struct binned {
    struct bins bins;
    struct buf sizes;  /* of each bundle */
    uint64_t *weight;  /* of each bin */
    uint32_t *shard;   /* of each bin */
    uint32_t *number;  /* of each root, from the first task of the family on */
    uint32_t *at, *in; /* of each bundle: the part that its next task is in, and how many are */
};

static uint32_t
bundle_number(struct maker *m, struct binned *n, const struct plan_family *f, uint32_t t)
{
    return n->number[sets_find(&m->sets, t) - f->first_task];
}

/* Marks them, and counts their tasks. */
static void
find_bundles(struct maker *m, struct binned *n, const struct plan_family *f)
{
    for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++) {
        if (!sets_takes_part(&m->sets, t))
            continue;
        static const uint32_t none = 0;
        uint32_t root = sets_find(&m->sets, t);
        if (root == t && !(m->sets.mark[t] & (SET_NEEDS | SET_NEEDED))) {
            m->sets.mark[t] |= SET_BINNED;
            n->number[t - f->first_task] = (uint32_t)(n->sizes.n / sizeof none);
            buf_add(&n->sizes, &none, sizeof none);
        }
        if (m->sets.mark[root] & SET_BINNED)
            ((uint32_t *)(void *)n->sizes.p)[bundle_number(m, n, f, t)]++;
    }
}

/* Deals them, so that their tasks have shards. */
static void
deal_bins(struct maker *m, struct dealer *d, uint32_t k)
{
    const struct plan_family *f = &m->sets.p->family[k];
    const struct family_work *w = &m->sets.work->family[k];
    struct binned n = {.number = xmalloc(((size_t)f->ntasks + 1) * sizeof *n.number)};
    find_bundles(m, &n, f);
    uint32_t nbundles = (uint32_t)(n.sizes.n / sizeof(uint32_t));
    bins_make(&n.bins, &w->node, (const uint32_t *)(const void *)n.sizes.p, nbundles);
    n.weight = xcalloc((size_t)n.bins.n + 1, sizeof *n.weight);
    n.shard = xcalloc((size_t)n.bins.n + 1, sizeof *n.shard);
    n.in = xcalloc((size_t)nbundles + 1, sizeof *n.in);
    n.at = xmalloc(((size_t)nbundles + 1) * sizeof *n.at);
    memcpy(n.at, n.bins.first, nbundles * sizeof *n.at);
    for (uint32_t i = 0; i < f->ntasks; i++) { /* first m->shard is the bin */
        uint32_t t = f->first_task + i;
        if (!sets_takes_part(&m->sets, t) || !(m->sets.mark[sets_find(&m->sets, t)] & SET_BINNED))
            continue;
        uint32_t b = bundle_number(m, &n, f, t);
        if (n.in[b]++ == n.bins.part[n.at[b]].ntasks) {
            n.at[b] = n.bins.part[n.at[b]].next;
            n.in[b] = 1;
        }
        m->shard[t] = n.bins.part[n.at[b]].bin;
        n.weight[m->shard[t]] += work_weight(w, i);
    }
    for (uint32_t b = 0; b < n.bins.n; b++)
        n.shard[b] = deal(d, n.weight[b]);
    for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
        if (sets_takes_part(&m->sets, t) && m->sets.mark[sets_find(&m->sets, t)] & SET_BINNED)
            m->shard[t] = n.shard[m->shard[t]];
    bins_free(&n.bins);
    buf_free(&n.sizes);
    free(n.weight);
    free(n.shard);
    free(n.number);
    free(n.at);
    free(n.in);
}

/* Gives the tasks of families from .. end - 1 that take part their shards, in m->shard. */
static void
deal_tasks(struct maker *m, struct dealer *d, uint32_t from, uint32_t end)
{
    d->last = PLAN_NONE;
    for (uint32_t k = from; k < end; k++) {
        const struct plan_family *f = &m->sets.p->family[k];
        /* a process that is fed goes on with the next piece of its own visit: that of another one
         * would need a process more */
        if (f->bundle && !f->feed.size && m->sets.work->family[k].packing.cap)
            deal_bins(m, d, k);
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t t = f->first_task + i;
            if (!sets_takes_part(&m->sets, t))
                continue;
            uint32_t root = sets_find(&m->sets, t);
            if (m->sets.mark[root] & SET_BINNED)
                continue;
            if (root == t && is_loose(m, t, k, i)) {
                m->sets.mark[t] |= SET_LOOSE;
                m->piece[t].left = m->sets.weight[t];
            }
            if (m->sets.mark[root] & SET_LOOSE)
                m->shard[t] = deal_piece(m, d, root, &m->sets.work->family[k], i);
            else
                m->shard[t] = root == t ? deal(d, m->sets.weight[t]) : m->shard[root];
        }
    }
}

static uint64_t
weigh_list(struct maker *m, uint32_t first, uint32_t end)
{
    uint64_t all = 0;
    for (uint32_t t = first; t < end; t++)
        all += sets_takes_part(&m->sets, t) && m->sets.parent[t] == t ? m->sets.weight[t] : 0;
    return all;
}

/* Marks the tasks of those sets that are too heavy for what is left of the list, so that nodes
 * would find nothing beside them. False: there are none. */
static bool
mark_last(struct maker *m, uint32_t first, uint32_t end, uint64_t all)
{
    uint8_t part = m->sets.part;
    uint64_t left = all;
    bool any = false;
    for (uint32_t t = first; t < end; t++) {
        if ((m->sets.mark[t] & ~SET_LAST & SET_LIST) != part)
            continue;
        uint32_t root = sets_find(&m->sets, t);
        bool last = root == t ? too_heavy(m, t, left) : m->sets.mark[root] & SET_LAST;
        left -= root == t ? m->sets.weight[t] : 0;
        m->sets.mark[t] |= last ? SET_LAST : 0;
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
    const struct plan_family *family = m->sets.p->family;
    uint32_t first = family[from].first_task,
             behind = family[end - 1].first_task + family[end - 1].ntasks;
    m->sets.part = mark;
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
    m->sets.part = mark | SET_LAST;
    for (uint32_t k = from; any && k < end; k++) {
        sets_begin(&m->sets, k, k + 1);
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
    struct maker m = {.sets = {.p = p,
                          .work = work,
                          .parent = xmalloc(n * sizeof(uint32_t)),
                          .weight = xmalloc(n * sizeof(uint32_t)),
                          .mark = xcalloc(n, 1),
                          .alone = xcalloc(p->nfamilies + 1, sizeof(bool)),
                          .limit = UINT64_MAX},
        .cut = cut};
    m.shard = m.sets.weight;
    uint32_t *start = xcalloc(p->nfamilies + 1, sizeof *start);
    struct dealer d = {0};
    find_alone(&m);
    sets_begin(&m.sets, 0, p->nfamilies);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        sets_join_needs(&m.sets, i, 0);
    m.all = weigh_list(&m, 0, n);
    m.sets.limit = m.all / cut->together;
    if (mark_heavy(&m)) {
        m.sets.part = SET_STAGED;
        nstages = cut_stages(&m, start);
    }
    start[nstages] = p->nfamilies;
    m.sets.part = 0;
    bool others = weigh_list(&m, 0, n) > 0;
    for (uint32_t s = 0; s < nstages; s++)
        deal_list(&m, &d, start[s], start[s + 1], SET_STAGED, nstages + others);
    if (others)
        deal_list(&m, &d, 0, p->nfamilies, 0, nstages + 1);
    write_runs(m.shard, n, d.count, shards, runs);
    free(m.sets.parent);
    free(m.sets.weight);
    free(m.sets.mark);
    free(m.piece);
    free(m.sets.alone);
    free(start);
}
