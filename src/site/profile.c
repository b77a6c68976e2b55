#include "config.h"

#include "site/profile.h"

#include "site/rules.h"

#include <stdlib.h>
#include <string.h>

void
site_profile_free(struct site_profile *p)
{
    if (!p)
        return;
    struct arena a = p->arena;
    free(p);
    arena_free(&a);
}

void
site_profile_warn(const struct site_profile *p, struct diags *d, struct span at)
{
    if (p->status != SITE_RETIRED)
        return;
    struct diag *m = diag_add(d, DIAG_WARNING, RULE_RETIRED, at, "site '%s' was retired%s%s",
        p->name, p->retired_on ? " on " : "", p->retired_on ? p->retired_on : "");
    diag_help(m, "plans and scripts are made all the same; 'wflc sites' lists the sites");
}

const struct site_queue *
site_queue_find(const struct site_profile *p, const char *name)
{
    for (size_t i = 0; i < p->queues.n; i++)
        if (strcmp(p->queues.v[i].name, name) == 0)
            return &p->queues.v[i];
    return NULL;
}

const struct site_queue *
site_queue_default(const struct site_profile *p)
{
    for (size_t i = 0; i < p->queues.n; i++)
        if (p->queues.v[i].is_default)
            return &p->queues.v[i];
    return p->queues.n ? &p->queues.v[0] : NULL;
}

int64_t
site_walltime_max(const struct site_queue *q, int64_t nodes)
{
    int64_t most = q->tiers.n ? 0 : q->max_walltime;
    if (nodes < q->min_nodes || (q->max_nodes != SITE_NONE && nodes > q->max_nodes))
        return 0;
    for (size_t i = 0; i < q->tiers.n && q->tiers.v[i].min_nodes <= nodes; i++)
        most = q->tiers.v[i].max_walltime;
    return most < q->max_walltime ? most : q->max_walltime;
}

int64_t
site_walltime_longest(const struct site_queue *q, int64_t least, int64_t most)
{
    if (least < q->min_nodes)
        least = q->min_nodes;
    if (q->max_nodes != SITE_NONE && most > q->max_nodes)
        most = q->max_nodes;
    int64_t longest = least <= most ? site_walltime_max(q, least) : 0;
    for (size_t i = 0; i < q->tiers.n; i++) {
        int64_t n = q->tiers.v[i].min_nodes;
        int64_t here = n > least && n <= most ? site_walltime_max(q, n) : 0;
        longest = here > longest ? here : longest;
    }
    return longest;
}

void
site_job_nodes(const struct site_profile *p, const struct site_queue *q, int64_t *least,
    int64_t *most)
{
    *least = q ? q->min_nodes : 1;
    *most = p->nodes.max_per_job == SITE_NONE ? INT64_MAX : p->nodes.max_per_job;
    if (q && q->tiers.n && *least < q->tiers.v[0].min_nodes)
        *least = q->tiers.v[0].min_nodes;
    if (q && q->max_nodes != SITE_NONE && q->max_nodes < *most)
        *most = q->max_nodes;
}

uint64_t
site_default_reserve(uint64_t memory)
{
    const uint64_t least = UINT64_C(2) << 30;
    return memory / 25 > least ? memory / 25 : least;
}

uint64_t
site_memory_budget(const struct site_profile *p, const struct site_machine *detected)
{
    uint64_t memory = p->nodes.memory ? p->nodes.memory : detected->memory;
    uint64_t reserve = p->nodes.reserve_given ? p->nodes.reserve : site_default_reserve(memory);
    return memory > reserve ? memory - reserve : 0;
}

int64_t
site_slots(const struct site_profile *p, const struct site_machine *detected)
{
    int64_t cores = p->nodes.cores ? p->nodes.cores : detected->cores;
    int64_t threads =
        p->nodes.threads_per_core ? p->nodes.threads_per_core : detected->threads_per_core;
    cores -= (int64_t)p->nodes.reserved_cores.n;
    if (p->nodes.slots > 0)
        return p->nodes.slots;
    if (p->nodes.slots == SITE_SLOTS_THREADS)
        cores *= threads;
    return cores > 1 ? cores : 1;
}
