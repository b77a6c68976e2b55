/* What follows from tasks that are made again, and what of it cannot be: all of it by groups of
 * needs, so that each need is gone through twice, however many tasks there are. */
#include "config.h"

#include "redo/redo.h"

#include "util/relation.h"

#include <stdlib.h>
#include <string.h>

struct choosing {
    const struct plan *p;
    const uint8_t *state;
    const bool *busy;
    struct redo_choice *c;
    uint8_t *stays; /* of each task: it cannot be made again now */
};

void
redo_choice_free(struct redo_choice *c)
{
    free(c->why);
    free(c->takes);
}

static bool
was_made(uint8_t state)
{
    return state == STATUS_DONE || state == STATUS_FAILED;
}

/* Of each group of a need, by its members. */
enum { NOTHING_AGAIN, DONE_AGAIN, FAILED_AGAIN };

/* The caller frees it. */
static uint8_t *
look_at_groups(const struct choosing *k, const struct relation *r, uint32_t first)
{
    uint8_t *group = xcalloc((size_t)r->ngroups + 1, 1);
    for (uint32_t g = 0; g < r->ngroups; g++) {
        struct relation_walk w;
        uint32_t member;
        for (relation_members(r, g, &w); group[g] < FAILED_AGAIN && relation_next(&w, &member);)
            if (k->c->why[first + member])
                group[g] = k->state[first + member] == STATUS_DONE ? DONE_AGAIN : FAILED_AGAIN;
    }
    return group;
}

/* Tasks of a family that need what is made again. What is blocked was not made of it, and follows
 * only if that is what blocks it. */
static void
follow_need(struct choosing *k, const struct plan_family *f, uint32_t need)
{
    const struct relation *r = &k->p->relation[need];
    struct redo_choice *c = k->c;
    uint8_t *group = look_at_groups(k, r, k->p->family[k->p->need[need].producer].first_task);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        uint32_t g = relation_group(r, i), t = f->first_task + i;
        if (g == RELATION_NONE || !group[g])
            continue;
        c->takes[plan_shard_of(k->p, t)] = 1;
        bool freed = k->state[t] == STATUS_BLOCKED && group[g] == FAILED_AGAIN;
        if (!c->why[t] && (was_made(k->state[t]) || freed))
            c->why[t] = REDO_FOLLOWS;
    }
    free(group);
}

/* Producers come before their consumers. */
static void
follow(struct choosing *k)
{
    for (uint32_t i = 0; i < k->p->nfamilies; i++) {
        const struct plan_family *f = &k->p->family[i];
        for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++)
            follow_need(k, f, n);
    }
}

/* What a task stays for that is made of it: so that nothing stands beside what it was not made of.
 */
static void
keep_need(struct choosing *k, const struct plan_family *f, uint32_t need)
{
    const struct relation *r = &k->p->relation[need];
    uint32_t first = k->p->family[k->p->need[need].producer].first_task, member;
    uint8_t *group = xcalloc((size_t)r->ngroups + 1, 1);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        uint32_t g = relation_group(r, i), t = f->first_task + i;
        if (g != RELATION_NONE && (k->stays[t] || k->busy[plan_shard_of(k->p, t)]))
            group[g] = 1;
    }
    for (uint32_t g = 0; g < r->ngroups; g++) {
        struct relation_walk w;
        if (group[g])
            for (relation_members(r, g, &w); relation_next(&w, &member);)
                k->stays[first + member] |= k->c->why[first + member] != REDO_NOT;
    }
    free(group);
}

static void
keep(struct choosing *k)
{
    for (uint32_t i = k->p->nfamilies; i-- > 0;) {
        const struct plan_family *f = &k->p->family[i];
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
            k->stays[t] |= k->c->why[t] && k->busy[plan_shard_of(k->p, t)];
        for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++)
            keep_need(k, f, n);
    }
}

static void
choose(struct choosing *k, const uint8_t *chosen)
{
    uint32_t ntasks = k->p->head->ntasks;
    memset(k->c->why, REDO_NOT, ntasks);
    memset(k->c->takes, 0, k->p->nshards);
    for (uint32_t t = 0; t < ntasks; t++)
        if (chosen[t] && was_made(k->state[t]) && !k->stays[t])
            k->c->why[t] = REDO_CHOSEN;
    follow(k);
}

void
redo_busy(const struct status *s, bool *busy)
{
    memset(busy, 0, s->plan->nshards * sizeof *busy);
    for (uint32_t t = 0; t < s->plan->head->ntasks; t++)
        if (s->state[t] == STATUS_RUNNING)
            busy[plan_shard_of(s->plan, t)] = true;
}

void
redo_choose(const struct plan *p, const uint8_t *state, const uint8_t *chosen, const bool *busy,
    struct redo_choice *c)
{
    uint32_t ntasks = p->head->ntasks;
    struct choosing k = {p, state, busy, c, xcalloc((size_t)ntasks + 1, 1)};
    *c = (struct redo_choice){.why = xcalloc((size_t)ntasks + 1, 1),
        .takes = xcalloc(p->nshards, 1)};
    choose(&k, chosen);
    keep(&k);
    for (uint32_t t = 0; t < ntasks; t++)
        c->left_out += k.stays[t] && c->why[t] == REDO_CHOSEN;
    if (c->left_out)
        choose(&k, chosen);
    for (uint32_t t = 0; t < ntasks; t++) {
        c->n += c->why[t] != REDO_NOT;
        c->nchosen += c->why[t] == REDO_CHOSEN;
        if (c->why[t])
            c->takes[plan_shard_of(p, t)] = 1;
    }
    free(k.stays);
}
