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

void
graph_init(struct graph *g, const struct sched_config *c)
{
    *g = (struct graph){.ntasks = c->ntasks};
    for (uint32_t i = 0; i < c->nneeds; i++)
        g->ngroups += c->need[i].ngroups;
    if (!g->ngroups)
        return;
    g->of_producer = xcalloc((size_t)g->ntasks + 1, sizeof *g->of_producer);
    g->of_group = xcalloc((size_t)g->ngroups + 1, sizeof *g->of_group);
    g->members_left = xcalloc(g->ngroups, sizeof *g->members_left);
    g->groups_left = xcalloc(g->ntasks, sizeof *g->groups_left);

    uint32_t base = 0;
    for (uint32_t i = 0; i < c->nneeds; base += c->need[i++].ngroups) {
        const struct sched_need *d = &c->need[i];
        for (uint32_t k = 0; k < d->ngroups; k++)
            g->members_left[base + k] = d->start[k + 1] - d->start[k];
        for (uint32_t k = d->ngroups ? d->start[0] : 0; d->ngroups && k < d->start[d->ngroups]; k++)
            g->of_producer[d->first_producer + d->members[k] + 1]++;
        for (uint32_t k = 0; k < d->nconsumers; k++) {
            uint32_t group = d->group_of[k];
            if (group == SCHED_NONE || !g->members_left[base + group])
                continue;
            g->of_group[base + group + 1]++;
            g->groups_left[d->first_consumer + k]++;
        }
    }
    g->producer_group = xmalloc(sum_up(g->of_producer, g->ntasks) * sizeof(uint32_t));
    g->group_consumer = xmalloc(sum_up(g->of_group, g->ngroups) * sizeof(uint32_t));

    base = 0;
    for (uint32_t i = 0; i < c->nneeds; base += c->need[i++].ngroups) {
        const struct sched_need *d = &c->need[i];
        for (uint32_t k = 0; k < d->ngroups; k++)
            for (uint32_t m = d->start[k]; m < d->start[k + 1]; m++)
                g->producer_group[g->of_producer[d->first_producer + d->members[m]]++] = base + k;
        for (uint32_t k = 0; k < d->nconsumers; k++) {
            uint32_t group = d->group_of[k];
            if (group != SCHED_NONE && g->members_left[base + group])
                g->group_consumer[g->of_group[base + group]++] = d->first_consumer + k;
        }
    }
    shift_back(g->of_producer, g->ntasks);
    shift_back(g->of_group, g->ngroups);
}

void
graph_free(struct graph *g)
{
    free(g->of_producer);
    free(g->producer_group);
    free(g->of_group);
    free(g->group_consumer);
    free(g->members_left);
    free(g->groups_left);
    *g = (struct graph){0};
}

void
graph_done(struct graph *g, uint32_t task, void (*ready)(void *arg, uint32_t task), void *arg)
{
    if (!g->ngroups)
        return;
    for (uint32_t i = g->of_producer[task]; i < g->of_producer[task + 1]; i++) {
        uint32_t group = g->producer_group[i];
        if (--g->members_left[group])
            continue;
        for (uint32_t k = g->of_group[group]; k < g->of_group[group + 1]; k++)
            if (!--g->groups_left[g->group_consumer[k]])
                ready(arg, g->group_consumer[k]);
    }
}
