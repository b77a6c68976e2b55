#include "config.h"

#include "plan/planner.h"

#include "model/checks.h"

#include <stdlib.h>
#include <string.h>

/* needs T via TABLE: the natural join of both tasks' rows with the rows of a table, on columns of
 * equal names. A variable over a set counts as a column of the set's name. */

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

static int
by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Group << 32 | producer, each once and in order, into compressed rows. */
static void
compress_pairs(struct buf *pairs, struct grouping *g)
{
    uint64_t *pair = (uint64_t *)(void *)pairs->p;
    size_t n = pairs->n / sizeof *pair, kept = 0;
    if (n)
        qsort(pair, n, sizeof *pair, by_value);
    g->start = xcalloc((size_t)g->ngroups + 1, sizeof *g->start);
    g->members = xmalloc((n + 1) * sizeof *g->members);
    for (size_t i = 0; i < n; i++) {
        if (i && pair[i] == pair[i - 1])
            continue;
        g->members[kept++] = (uint32_t)pair[i];
        g->start[(pair[i] >> 32) + 1]++;
    }
    for (uint32_t i = 0; i < g->ngroups; i++)
        g->start[i + 1] += g->start[i];
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

    struct buf key = {0}, pairs = {0};
    uint32_t row[VM_MAX_VARS];
    bool found;
    for (uint32_t t = 0; t < consumer->ntasks; t++) {
        planned_rows(consumer, t, row);
        group_of[t] = (uint32_t)map128_add(&g->map,
            hash_cells(p, &ours, consumer->f, row, NULL, 0, &key), g->ngroups, &found);
        g->ngroups += !found;
    }
    /* producers of one key, as a chain: the newest first */
    struct map128 chain = {0};
    uint32_t *head = xmalloc(((size_t)producer->ntasks + 1) * sizeof *head),
             *next = xmalloc(((size_t)producer->ntasks + 1) * sizeof *next), nchains = 0;
    for (uint32_t t = 0; t < producer->ntasks; t++) {
        planned_rows(producer, t, row);
        uint64_t c = map128_add(&chain,
            hash_cells(p, &theirs, producer->f, row, NULL, 0, &key), nchains, &found);
        next[t] = found ? head[c] : PLAN_NONE;
        head[c] = t;
        nchains += !found;
    }
    for (uint32_t r = 0; r < via->nrows; r++) {
        uint64_t group, c;
        if (!map128_find(&g->map, hash_cells(p, &ours, NULL, NULL, via, r, &key), &group) ||
            !map128_find(&chain, hash_cells(p, &theirs, NULL, NULL, via, r, &key), &c))
            continue;
        for (uint32_t t = head[c]; t != PLAN_NONE; t = next[t]) {
            uint64_t pair = group << 32 | t;
            buf_add(&pairs, &pair, sizeof pair);
        }
    }
    compress_pairs(&pairs, g);
    map128_free(&chain);
    free(head);
    free(next);
    buf_free(&pairs);
    buf_free(&key);
    return true;
}
