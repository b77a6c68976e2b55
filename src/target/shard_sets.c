/* Joins tasks that must stay together: bundles, and what needs what. */
#include "config.h"

#include "target/shard_sets.h"

#include "cost/bundles.h"
#include "util/map64.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
join_roots(struct sets *m, uint32_t r, uint32_t s)
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
join(struct sets *m, uint32_t r, uint32_t t)
{
    if (m->parent[t] == r)
        return r;
    uint32_t s = sets_find(m, t);
    return s == r ? r : join_roots(m, r, s);
}

/* A set in which each task has one neighbour on each side at most is a chain: it is never wide. */
static void
note_end(struct sets *m, uint32_t t, uint8_t end)
{
    m->mark[t] |= (uint8_t)(m->mark[t] & end ? SET_WIDE : end);
}

static void
join_bundles(struct sets *m, const struct plan_family *f)
{
    struct map64 first;
    uint64_t before = 0;
    uint32_t root = PLAN_NONE;
    if (!f->bundle || !f->ntasks)
        return;
    map64_init(&first, 0, f->ntasks / 64 + 16);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        if (!sets_takes_part(m, f->first_task + i))
            continue;
        uint64_t key = bundle_key(m->p, f, i);
        if (root == PLAN_NONE || key != before) {
            bool found;
            uint32_t k = map64_add(&first, key, i, &found);
            root = sets_find(m, f->first_task + k);
            before = key;
        }
        uint32_t with = join(m, root, f->first_task + i);
        if (with != f->first_task + i && !m->alone[f - m->p->family])
            m->mark[with] |= SET_WIDE;
        root = with;
    }
    map64_free(&first);
}

/* --- needs --- */

/* Joins the members of a group to task t, which needs them. */
static void
join_members(struct sets *m, const struct relation *r, uint32_t group, uint32_t first_producer,
    uint32_t t)
{
    struct relation_walk w;
    uint32_t member, root = sets_find(m, t), n = 0;
    for (relation_members(r, group, &w); relation_next(&w, &member); n++) {
        note_end(m, first_producer + member, SET_NEEDED);
        root = join(m, root, first_producer + member);
    }
    note_end(m, t, SET_NEEDS);
    if (n > 1)
        m->mark[t] |= SET_WIDE;
}

static void
join_stored(struct sets *m, const struct relation *r, const struct plan_family *consumer,
    uint32_t first_producer)
{
    uint32_t *first = xmalloc((size_t)r->ngroups * sizeof *first + 1); /* that needs the group */
    if (r->ngroups)
        memset(first, 0xff, (size_t)r->ngroups * sizeof *first);
    for (uint32_t i = 0; i < r->nconsumers && !m->over; i++) {
        uint32_t t = consumer->first_task + i, group = relation_group(r, i);
        if (group == RELATION_NONE || !sets_takes_part(m, t) || relation_count(r, group) == 0)
            continue;
        if (first[group] == PLAN_NONE) {
            first[group] = t;
            continue;
        }
        m->mark[t] |= SET_WIDE;
        join(m, sets_find(m, first[group]), t);
    }
    for (uint32_t g = 0; g < r->ngroups && !m->over; g++)
        if (first[g] != PLAN_NONE)
            join_members(m, r, g, first_producer, first[g]);
    free(first);
}

static void
join_arithmetic(struct sets *m, const struct relation *r, const struct plan_family *consumer,
    uint32_t first_producer)
{
    for (uint32_t g = 0; g < r->ngroups && !m->over; g++) {
        struct relation_walk w;
        uint32_t i, first = PLAN_NONE;
        for (relation_consumers(r, g, &w); relation_next(&w, &i);) {
            uint32_t t = consumer->first_task + i;
            if (!sets_takes_part(m, t))
                continue;
            if (first == PLAN_NONE) {
                first = t;
                continue;
            }
            m->mark[t] |= SET_WIDE;
            join(m, sets_find(m, first), t);
        }
        if (first != PLAN_NONE)
            join_members(m, r, g, first_producer, first);
    }
}

void
sets_join_needs(struct sets *m, uint32_t i, uint32_t from)
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

void
sets_begin(struct sets *m, uint32_t from, uint32_t end)
{
    for (uint32_t k = from; k < end; k++) {
        const struct plan_family *f = &m->p->family[k];
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t t = f->first_task + i;
            if (!sets_takes_part(m, t))
                continue;
            m->parent[t] = t;
            m->weight[t] = work_weight(&m->work->family[k], i);
            m->mark[t] = m->part;
        }
        join_bundles(m, f);
    }
    m->over = false; /* bundles may be as large as they like: see SET_LOOSE */
}
