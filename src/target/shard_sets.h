/* Sets of tasks that must stay together, for make_shards.c: a union-find forest, in which the root
 * of a set is its first task. */
#ifndef TARGET_SHARD_SETS_H
#define TARGET_SHARD_SETS_H

#include "target/site.h"

/* What is noted of a task. */
enum {
    /* whose turn it is to be dealt: neither, or */
    SET_STAGED = 1, /* with its stage, as its set was too large */
    SET_LAST = 2,   /* after the others, as its set is too much work for what is left by then */
    SET_LIST = SET_STAGED | SET_LAST,
    /* it needs another task of its set; another one of its set needs it */
    SET_NEEDS = 4,
    SET_NEEDED = 8,
    SET_WIDE = 16, /* several tasks of its set may be ready at a time */
    /* of a root: the set is a bundle of tasks that do not need each other, and more than fills a
     * node: it is cut into pieces that do */
    SET_LOOSE = 32,
    /* the same, whatever its size, if bundles of its family were packed: it is in bins */
    SET_BINNED = 64,
};

struct sets {
    const struct plan *p;
    const struct work *work;
    uint32_t *parent;
    uint32_t *weight; /* of roots: of the whole set */
    uint8_t *mark;    /* of each task */
    uint8_t part;     /* tasks whose SET_LIST is another one are left as they are */
    bool *alone;      /* of each family: it needs none, and none needs it */
    uint64_t limit;   /* sets that are heavier ... */
    bool over;        /* ... have come up; nothing more is joined then */
};

static inline uint32_t
sets_find(struct sets *m, uint32_t t)
{
    uint32_t *parent = m->parent;
    while (parent[t] != t) {
        parent[t] = parent[parent[t]];
        t = parent[t];
    }
    return t;
}

static inline bool
sets_takes_part(const struct sets *m, uint32_t t)
{
    return (m->mark[t] & SET_LIST) == m->part;
}

/* Every task that takes part, of families from .. end - 1, is a set by itself; then bundles. */
void sets_begin(struct sets *m, uint32_t from, uint32_t end);
/* Joins the tasks of family `i` to those that they need, of families from `from` on. */
void sets_join_needs(struct sets *m, uint32_t i, uint32_t from);

#endif
