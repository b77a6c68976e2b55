#include "config.h"

#include "util/relation.h"

#include <stddef.h>

/* Which pair a variable stands in, or npairs. `which`: 0 consumers, 1 producers. */
static uint32_t
pair_of(uint32_t v, int which, const uint32_t (*pair)[2], uint32_t npairs)
{
    uint32_t i = 0;
    while (i < npairs && pair[i][which] != v)
        i++;
    return i;
}

/* Neighbours of one side that are neighbours in the groups' number, too, become one digit. */
static void
push_digit(struct relation_digit *d, uint32_t *n, struct relation_digit next)
{
    if (*n && d[*n - 1].stride == next.stride * next.size &&
        d[*n - 1].weight == next.weight * next.size) {
        next.size *= d[*n - 1].size;
        d[*n - 1] = next;
    } else {
        d[(*n)++] = next;
    }
}

static bool
fill_side(struct relation_side *s, const uint32_t *size, uint32_t nvars, int which,
    const uint32_t (*pair)[2], uint32_t npairs, const uint32_t *weight)
{
    uint64_t all = 1;
    uint32_t stride[RELATION_MAX_DIGITS];
    for (uint32_t v = nvars; v-- > 0;) {
        stride[v] = (uint32_t)all;
        all *= size[v];
        if (all == 0 || all >= RELATION_NONE)
            return false;
    }
    s->n = (uint32_t)all;
    s->each = 1;
    for (uint32_t v = 0; v < nvars; v++) {
        uint32_t i = pair_of(v, which, pair, npairs);
        if (i < npairs) {
            push_digit(s->shared, &s->nshared,
                (struct relation_digit){stride[v], size[v], weight[i]});
        } else {
            s->each *= size[v];
            push_digit(s->free, &s->nfree, (struct relation_digit){stride[v], size[v], 0});
        }
    }
    return true;
}

bool
relation_product(struct relation *r, const uint32_t *consumer_size, uint32_t nconsumer,
    const uint32_t *producer_size, uint32_t nproducer, const uint32_t (*pair)[2], uint32_t npairs)
{
    if (nconsumer > RELATION_MAX_DIGITS || nproducer > RELATION_MAX_DIGITS ||
        npairs > RELATION_MAX_DIGITS)
        return false;
    *r = (struct relation){.arithmetic = true};
    /* the groups' number: the pairs in their order, the last one fastest */
    uint32_t weight[RELATION_MAX_DIGITS];
    uint64_t all = 1;
    for (uint32_t i = npairs; i-- > 0;) {
        uint32_t c = pair[i][0], p = pair[i][1];
        if (c >= nconsumer || p >= nproducer || consumer_size[c] != producer_size[p] ||
            pair_of(c, 0, pair, npairs) != i || pair_of(p, 1, pair, npairs) != i)
            return false;
        weight[i] = (uint32_t)all;
        all *= consumer_size[c];
        if (all == 0 || all >= RELATION_NONE)
            return false;
    }
    r->ngroups = (uint32_t)all;
    if (!fill_side(&r->consumer, consumer_size, nconsumer, 0, pair, npairs, weight) ||
        !fill_side(&r->producer, producer_size, nproducer, 1, pair, npairs, weight))
        return false;
    r->nconsumers = r->consumer.n;
    r->nproducers = r->producer.n;
    r->nmembers = r->producer.n;
    return true;
}

static uint32_t
group_in(const struct relation_side *s, uint32_t number)
{
    uint32_t g = 0;
    for (uint32_t i = 0; i < s->nshared; i++)
        g += number / s->shared[i].stride % s->shared[i].size * s->shared[i].weight;
    return g;
}

uint32_t
relation_group(const struct relation *r, uint32_t consumer)
{
    return r->arithmetic ? group_in(&r->consumer, consumer)
           : r->group_of ? r->group_of[consumer]
                         : consumer;
}

uint32_t
relation_group_with(const struct relation *r, uint32_t producer)
{
    return group_in(&r->producer, producer);
}

uint32_t
relation_count(const struct relation *r, uint32_t group)
{
    return r->arithmetic ? r->producer.each : r->start ? r->start[group + 1] - r->start[group] : 1;
}

/* Where the run begins that holds the i-th number of the walk, which is its first. */
static uint32_t
run_start(const struct relation_side *s, uint32_t base, uint32_t i)
{
    for (uint32_t k = s->nfree; k-- > 0; i /= s->free[k].size)
        base += i % s->free[k].size * s->free[k].stride;
    return base;
}

static void
walk_side(const struct relation_side *s, uint32_t group, struct relation_walk *w)
{
    uint32_t base = 0;
    for (uint32_t i = 0; i < s->nshared; i++)
        base += group / s->shared[i].weight % s->shared[i].size * s->shared[i].stride;
    *w = (struct relation_walk){.side = s, .n = s->each, .base = base, .at = base, .run = 1};
    if (s->nfree) {
        w->stride = s->free[s->nfree - 1].stride;
        w->run = s->free[s->nfree - 1].size;
    }
}

void
relation_members(const struct relation *r, uint32_t group, struct relation_walk *w)
{
    if (r->arithmetic) {
        walk_side(&r->producer, group, w);
        return;
    }
    uint32_t first = r->start ? r->start[group] : group, n = relation_count(r, group);
    *w = (struct relation_walk){.n = n, .at = first, .stride = 1, .run = n};
    if (r->members)
        w->list = r->members + first;
}

void
relation_consumers(const struct relation *r, uint32_t group, struct relation_walk *w)
{
    walk_side(&r->consumer, group, w);
}

bool
relation_next(struct relation_walk *w, uint32_t *number)
{
    if (w->i == w->n)
        return false;
    if (w->list) {
        *number = w->list[w->i++];
        return true;
    }
    *number = w->at;
    w->at += w->stride;
    if (++w->i < w->n && w->i % w->run == 0)
        w->at = run_start(w->side, w->base, w->i);
    return true;
}
