/* needs T via TABLE: the natural join of both tasks' rows with the rows of a table, on columns of
 * equal names. A variable over a set counts as a column of the set's name. */
#include "config.h"

#include "planner/joinkey.h"

#include "diag/checks.h"
#include "util/list.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

/* Columns that a family's variables and the table have in common. */
struct shared_columns {
    unsigned n;
    unsigned var[VM_MAX_VARS];
    unsigned column[VM_MAX_VARS]; /* of the variable's table */
    unsigned via[VM_MAX_VARS];    /* of the table */
};

static void
find_shared(const struct family *f, const struct table *via, struct shared_columns *s)
{
    for (unsigned c = 0; c < via->ncols && s->n < VM_MAX_VARS; c++) {
        for (unsigned v = 0; v < f->nvars; v++) {
            int i = table_column(f->var[v].table, via->col[c].name);
            if (i < 0)
                continue;
            s->var[s->n] = v;
            s->column[s->n] = (unsigned)i;
            s->via[s->n++] = c;
            break;
        }
    }
}

static struct hash128
hash_cells(struct planner *p, const struct shared_columns *s, const struct family *f,
    const uint32_t *row, const struct table *via, uint32_t via_row, struct buf *key)
{
    buf_reset(key);
    for (unsigned i = 0; i < s->n; i++) {
        const struct column *c =
            f ? &f->var[s->var[i]].table->col[s->column[i]] : &via->col[s->via[i]];
        key_value(key, cell_value(&p->m->strings, c, f ? row[s->var[i]] : via_row));
    }
    return hash128(key->p, key->n);
}

static bool
joinable(struct planner *p, const struct shared_columns *s, const struct need *need,
    const struct family *f)
{
    if (s->n)
        return true;
    struct diag *m = diag_add(p->d, DIAG_ERROR, RULE_NEEDS, need->at,
        "'%s' has no column in common with '%s', through which it is joined", f->name,
        strpool_get(&p->m->strings, need->via->name));
    diag_note(m, need->via->at, "the table");
    diag_note(m, f->at, "the task");
    return false;
}

/* Sorts a group's members, keeps each once; returns how many are left. */
static uint32_t
sort_members(uint32_t *m, uint32_t n)
{
    if (n > 24) {
        qsort(m, n, sizeof *m, ascending_u32);
    } else {
        for (uint32_t i = 1; i < n; i++) {
            uint32_t v = m[i], k = i;
            for (; k && m[k - 1] > v; k--)
                m[k] = m[k - 1];
            m[k] = v;
        }
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!kept || m[kept - 1] != m[i])
            m[kept++] = m[i];
    return kept;
}

/* A group and a member of it. */
struct pair {
    uint32_t group, member;
};

/* Pairs in any order into compressed rows. */
static void
compress_pairs(const struct buf *pairs, struct grouping *g)
{
    const struct pair *pair = (const struct pair *)(const void *)pairs->p;
    size_t n = pairs->n / sizeof *pair;
    uint32_t *start = g->start = xcalloc((size_t)g->ngroups + 2, sizeof *start);
    g->members = xmalloc((n + 1) * sizeof *g->members);
    for (size_t i = 0; i < n; i++)
        start[pair[i].group + 2]++;
    for (uint32_t i = 2; i <= g->ngroups + 1; i++)
        start[i] += start[i - 1];
    for (size_t i = 0; i < n; i++)
        g->members[start[pair[i].group + 1]++] = pair[i].member;
    uint32_t kept = 0, from = 0;
    for (uint32_t i = 0; i < g->ngroups; i++) {
        uint32_t to = start[i + 1], count = sort_members(g->members + from, to - from);
        memmove(g->members + kept, g->members + from, count * sizeof *g->members);
        start[i] = kept;
        kept += count;
        from = to;
    }
    start[g->ngroups] = kept;
}

/* A map from keys, packed or hashed, and how to make those of one pair of sides. */
struct lookup {
    struct planner *p;
    bool packed;
    struct rowkey key;
    struct join_side family, table;
    const struct shared_columns *shared;
    struct map64 map;
    struct map128 hashed;
    uint64_t block[JOIN_BLOCK];
    uint64_t last; /* key that was looked up, and what was found */
    uint32_t found;
    struct buf text;
};

static void
lookup_init(struct lookup *l, struct planner *p, const struct planned *f, const struct table *via,
    const struct shared_columns *s)
{
    *l = (struct lookup){.p = p, .family = {.family = f}, .shared = s};
    for (unsigned i = 0; i < s->n; i++) {
        join_side_add(&l->family, s->var[i], f->f->var[s->var[i]].table, s->column[i]);
        join_side_add(&l->table, 0, via, s->via[i]);
    }
    l->packed = join_key_make(&l->key, &l->family, &l->table);
    if (l->packed)
        map64_init(&l->map, l->key.space, f->ntasks);
}

static void
lookup_free(struct lookup *l)
{
    map64_free(&l->map);
    map128_free(&l->hashed);
    buf_free(&l->text);
}

/* The packed key number i, of `n` on one side. */
static uint64_t
packed_key(struct lookup *l, const struct join_side *s, uint32_t i, uint32_t n)
{
    if (i % JOIN_BLOCK == 0)
        join_keys(&l->key, s, i, n - i < JOIN_BLOCK ? n - i : JOIN_BLOCK, l->block);
    return l->block[i % JOIN_BLOCK];
}

/* Adds instance t of the family; instances come in their order. */
static uint32_t
lookup_add(struct lookup *l, uint32_t t, uint32_t fresh, bool *found)
{
    const struct planned *f = l->family.family;
    if (l->packed)
        return map64_add(&l->map, packed_key(l, &l->family, t, f->ntasks), fresh, found);
    uint32_t row[VM_MAX_VARS];
    planned_rows(f, t, row);
    return (uint32_t)map128_add(&l->hashed,
        hash_cells(l->p, l->shared, f->f, row, NULL, 0, &l->text), fresh, found);
}

/* What was added with the cells of row r of the table; rows come in their order, too. */
static uint32_t
lookup_find(struct lookup *l, const struct table *via, uint32_t r)
{
    if (l->packed) {
        uint64_t key = packed_key(l, &l->table, r, via->nrows);
        if (r == 0 || key != l->last) { /* rows that are alike often follow each other */
            l->last = key;
            l->found = map64_find(&l->map, key);
        }
        return l->found;
    }
    uint64_t value = 0;
    struct hash128 key = hash_cells(l->p, l->shared, NULL, NULL, via, r, &l->text);
    return map128_find(&l->hashed, key, &value) ? (uint32_t)value : UINT32_MAX;
}

bool
group_via(struct planner *p, const struct planned *consumer, const struct planned *producer,
    const struct need *need, struct grouping *g, uint32_t *group_of)
{
    const struct table *via = need->via;
    struct shared_columns ours = {0}, theirs = {0};
    find_shared(consumer->f, via, &ours);
    find_shared(producer->f, via, &theirs);
    if (!joinable(p, &ours, need, consumer->f) || !joinable(p, &theirs, need, producer->f))
        return false;

    struct lookup *group = xmalloc(sizeof *group), *chain = xmalloc(sizeof *chain);
    struct buf pairs = {0};
    bool found;
    lookup_init(group, p, consumer, via, &ours);
    lookup_init(chain, p, producer, via, &theirs);
    for (uint32_t t = 0; t < consumer->ntasks; t++) {
        group_of[t] = lookup_add(group, t, g->ngroups, &found);
        g->ngroups += !found;
    }
    /* producers of one key, as a chain: the newest first */
    uint32_t *head = xmalloc(((size_t)producer->ntasks + 1) * sizeof *head),
             *next = xmalloc(((size_t)producer->ntasks + 1) * sizeof *next), nchains = 0;
    for (uint32_t t = 0; t < producer->ntasks; t++) {
        uint32_t c = lookup_add(chain, t, nchains, &found);
        next[t] = found ? head[c] : PLAN_NONE;
        head[c] = t;
        nchains += !found;
    }
    bool ok = true;
    for (uint32_t r = 0; r < via->nrows && ok; r++) {
        uint32_t in = lookup_find(group, via, r), c = lookup_find(chain, via, r);
        if (in == UINT32_MAX || c == UINT32_MAX)
            continue;
        for (uint32_t t = head[c]; t != PLAN_NONE; t = next[t]) {
            struct pair pair = {in, t};
            buf_add(&pairs, &pair, sizeof pair);
            ok = pairs.n / sizeof pair <= MOST_PAIRS;
            if (!ok)
                break;
        }
    }
    if (ok)
        compress_pairs(&pairs, g);
    else
        planner_too_many_pairs(p, need->at);
    lookup_free(group);
    lookup_free(chain);
    free(group);
    free(chain);
    free(head);
    free(next);
    buf_free(&pairs);
    return ok;
}
