#include "config.h"

#include "sched/graph.h"

#include "util/buf.h"

#include <stdlib.h>

/* Turns counts at [i + 1] into offsets at [i]; returns the total. */
static uint32_t
sum_up(uint32_t *a, uint32_t n)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= n; i++) {
        sum += a[i];
        a[i] = sum;
    }
    return sum;
}

/* Offsets were used as cursors: each now is where the next one began. Moves them back. */
static void
shift_back(uint32_t *a, uint32_t n)
{
    for (uint32_t i = n; i > 0; i--)
        a[i] = a[i - 1];
    a[0] = 0;
}

/* Which groups each producer is a member of, in their order. */
static void
invert_members(struct graph_need *n, const struct relation *r)
{
    struct relation_walk w;
    uint32_t member;
    n->of_producer = xcalloc((size_t)r->nproducers + 1, sizeof *n->of_producer);
    for (uint32_t g = 0; g < r->ngroups; g++)
        for (relation_members(r, g, &w); relation_next(&w, &member);)
            n->of_producer[member + 1]++;
    n->producer_group = xmalloc(sum_up(n->of_producer, r->nproducers) * sizeof(uint32_t) + 1);
    for (uint32_t g = 0; g < r->ngroups; g++)
        for (relation_members(r, g, &w); relation_next(&w, &member);)
            n->producer_group[n->of_producer[member]++] = g;
    shift_back(n->of_producer, r->nproducers);
}

static bool
waits_for(const struct graph_need *n, uint32_t group)
{
    return group != RELATION_NONE && n->left[group];
}

static void
invert_groups(struct graph_need *n, const struct relation *r)
{
    n->of_group = xcalloc((size_t)r->ngroups + 1, sizeof *n->of_group);
    for (uint32_t k = 0; k < r->nconsumers; k++)
        if (waits_for(n, relation_group(r, k)))
            n->of_group[relation_group(r, k) + 1]++;
    n->group_consumer = xmalloc(sum_up(n->of_group, r->ngroups) * sizeof(uint32_t) + 1);
    for (uint32_t k = 0; k < r->nconsumers; k++)
        if (waits_for(n, relation_group(r, k)))
            n->group_consumer[n->of_group[relation_group(r, k)]++] = k;
    shift_back(n->of_group, r->ngroups);
}

/* Is it told of a group of so many members how near it is? */
static bool
is_told(uint32_t count)
{
    return count >= 2 && count <= GROUP_MOST;
}

static void
add_need(struct graph *g, const struct sched_need *d)
{
    struct graph_need *n = &g->need[g->nneeds++];
    n->first_consumer = d->first_consumer;
    n->first_producer = d->first_producer;
    n->of = d->of;
    n->left = xmalloc((size_t)d->of.ngroups * sizeof *n->left + 1);
    for (uint32_t k = 0; k < d->of.ngroups; k++)
        n->left[k] = relation_count(&d->of, k);
    for (uint32_t k = 0; k < d->of.ngroups && !n->near; k++)
        if (is_told(n->left[k]))
            n->near = xcalloc(d->of.ngroups, 1);
    g->begins |= n->near != NULL;
    for (uint32_t k = 0; k < d->of.nconsumers; k++)
        if (waits_for(n, relation_group(&d->of, k)))
            g->groups_left[d->first_consumer + k]++;
    if (!d->of.arithmetic) {
        invert_members(n, &d->of);
        invert_groups(n, &d->of);
    }
}

void
graph_init(struct graph *g, const struct sched_config *c)
{
    *g = (struct graph){0};
    if (!c->nneeds)
        return;
    g->need = xcalloc(c->nneeds, sizeof *g->need);
    g->groups_left = xcalloc(c->ntasks, sizeof *g->groups_left);
    for (uint32_t i = 0; i < c->nneeds; i++)
        add_need(g, &c->need[i]);
}

void
graph_free(struct graph *g)
{
    for (uint32_t i = 0; i < g->nneeds; i++) {
        free(g->need[i].left);
        free(g->need[i].near);
        free(g->need[i].of_producer);
        free(g->need[i].producer_group);
        free(g->need[i].of_group);
        free(g->need[i].group_consumer);
    }
    free(g->need);
    free(g->groups_left);
    *g = (struct graph){0};
}

/* The groups that a task is a member of, in every need, one after the other. */
struct group_walk {
    struct graph_need *need; /* what the last group is of */
    struct graph_need *end;
    uint32_t task;
    uint32_t next; /* how many of its groups there have come */
};

static struct group_walk
groups_of(const struct graph *g, uint32_t task)
{
    return (struct group_walk){g->need, g->need + g->nneeds, task, 0};
}

/* False: there is no other. */
static bool
next_group(struct group_walk *w, uint32_t *group)
{
    for (; w->need < w->end; w->need++, w->next = 0) {
        const struct graph_need *n = w->need;
        uint32_t producer = w->task - n->first_producer;
        if (w->task < n->first_producer || producer >= n->of.nproducers)
            continue;
        if (n->of.arithmetic && !w->next++) {
            *group = relation_group_with(&n->of, producer);
            return true;
        }
        if (!n->of.arithmetic &&
            w->next < n->of_producer[producer + 1] - n->of_producer[producer]) {
            *group = n->producer_group[n->of_producer[producer] + w->next++];
            return true;
        }
    }
    return false;
}

typedef void visit_fn(void *arg, uint32_t task);

static void
visit_group(const struct graph_need *n, uint32_t group, visit_fn *visit, void *arg)
{
    if (n->of.arithmetic) {
        struct relation_walk w;
        uint32_t consumer;
        for (relation_consumers(&n->of, group, &w); relation_next(&w, &consumer);)
            visit(arg, n->first_consumer + consumer);
        return;
    }
    for (uint32_t k = n->of_group[group]; k < n->of_group[group + 1]; k++)
        visit(arg, n->first_consumer + n->group_consumer[k]);
}

/* --- how near groups are to their end --- */

/* The group is as near as that now, unless it was nearer. */
static void
come_nearer(struct graph_need *n, uint32_t group, enum near near, const struct graph_told *told)
{
    if (!n->near || near <= n->near[group] || !is_told(relation_count(&n->of, group)))
        return;
    struct relation_walk w;
    uint32_t member;
    n->near[group] = (uint8_t)near;
    for (relation_members(&n->of, group, &w); relation_next(&w, &member);)
        told->nearer(told->arg, n->first_producer + member, near);
}

void
graph_begin(struct graph *g, uint32_t task, const struct graph_told *told)
{
    struct group_walk w = groups_of(g, task);
    for (uint32_t group; g->begins && next_group(&w, &group);)
        come_nearer(w.need, group, NEAR_HERE, told);
}

enum near
graph_near(const struct graph *g, uint32_t task)
{
    enum near near = NEAR_NOT;
    struct group_walk w = groups_of(g, task);
    for (uint32_t group; g->begins && next_group(&w, &group);)
        if (w.need->near && w.need->near[group] > near)
            near = w.need->near[group];
    return near;
}

/* --- ends --- */

struct release {
    struct graph *g;
    const struct graph_told *told;
};

static void
release_one(void *arg, uint32_t task)
{
    struct release *r = arg;
    if (!--r->g->groups_left[task])
        r->told->ready(r->told->arg, task);
}

/* One member less is left of the group. */
static void
count_off(struct release *r, struct graph_need *n, uint32_t group)
{
    if (!--n->left[group]) {
        visit_group(n, group, release_one, r);
        return;
    }
    bool half = n->near && n->left[group] <= relation_count(&n->of, group) / 2;
    come_nearer(n, group, half ? NEAR_HALF : NEAR_BEGUN, r->told);
}

void
graph_done(struct graph *g, uint32_t task, const struct graph_told *told)
{
    struct release r = {g, told};
    struct group_walk w = groups_of(g, task);
    for (uint32_t group; next_group(&w, &group);)
        count_off(&r, w.need, group);
}

static void
hold_one(void *arg, uint32_t task)
{
    struct graph *g = arg;
    g->groups_left[task]++;
}

void
graph_undone(struct graph *g, uint32_t task)
{
    struct group_walk w = groups_of(g, task);
    for (uint32_t group; next_group(&w, &group);)
        if (!w.need->left[group]++)
            visit_group(w.need, group, hold_one, g);
}

void
graph_consumers(const struct graph *g, uint32_t task, bool whole, visit_fn *visit, void *arg)
{
    struct group_walk w = groups_of(g, task);
    for (uint32_t group; next_group(&w, &group);)
        if (!whole || !w.need->left[group])
            visit_group(w.need, group, visit, arg);
}
