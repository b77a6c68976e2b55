/* How full bundles can make the nodes, and shards one node. */
#include "config.h"

#include "target/work.h"

#include "cost/bundles.h"
#include "util/map64.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_LOOKED_AT = 1 << 15 };

/* What the task asks for that needs most memory, of those that are looked at. */
static struct cost
heaviest(struct costs *costs, uint32_t i)
{
    const struct plan_family *f = &costs->plan->family[i];
    const struct family_costs *c = costs_family(costs, i);
    struct cost heavy = c->one, other;
    for (uint32_t k = 0; c->of && k < c->nkinds; k++)
        if (c->kind[k].memory > heavy.memory)
            heavy = c->kind[k];
    if (!c->many)
        return heavy;
    struct plan_eval *e = plan_eval_new(costs->plan);
    for (uint32_t k = 0; k < f->ntasks; k += f->ntasks / MOST_LOOKED_AT + 1)
        if (cost_of(e, f, f->first_task + k, &other, NULL) && other.memory > heavy.memory)
            heavy = other;
    plan_eval_free(e);
    return heavy;
}

/* How many tasks each bundle has, packed onto nodes. */
static void
pack_family(struct family_work *w, struct costs *costs, uint32_t i, const struct node_room *room,
    const uint8_t *left)
{
    const struct plan_family *f = &costs->plan->family[i];
    const struct cost heavy = heaviest(costs, i);
    const struct slots slots = slots_of(&heavy, true, room);
    const struct pack_node node = {.memory = (double)room->memory,
        .shared = heavy.shared,
        .own = heavy.memory - heavy.shared,
        .tasks = slots.by_cores < slots.by_gpus ? slots.by_cores : slots.by_gpus};
    struct buf sizes = {0};
    struct map64 known;
    map64_init(&known, 0, f->ntasks / 64 + 16);
    for (uint32_t t = 0, k = 0; t < f->ntasks; t++) {
        static const uint32_t none = 0;
        bool found;
        if (left && !left[f->first_task + t])
            continue;
        k = map64_add(&known, bundle_key(costs->plan, f, t), w->nbundles, &found);
        if (!found) {
            buf_add(&sizes, &none, sizeof none);
            w->nbundles++;
        }
        ((uint32_t *)(void *)sizes.p)[k]++;
    }
    map64_free(&known);
    w->node = node;
    if (node.tasks != PLAN_NONE)
        pack(&node, (const uint32_t *)(const void *)sizes.p, w->nbundles, &w->packing);
    buf_free(&sizes);
}

void
work_pack(struct work *w, struct costs *costs, const uint8_t *left)
{
    const struct plan *p = costs->plan;
    w->packed = w->fills;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        struct family_work *f = &w->family[i];
        if (!p->family[i].bundle || !p->family[i].ntasks)
            continue;
        pack_family(f, costs, i, &w->room, left);
        if ((double)f->packing.nodes > f->fills)
            w->packed += (double)f->packing.nodes - f->fills;
    }
}

/* --- shards --- */

/* Tasks of one family in a shard. */
struct pile {
    uint32_t family, ntasks, nbundles;
    uint64_t weight;
};

/* How long they keep a node: bundles cost what is shared by their tasks, so that few tasks of many
 * bundles may fill it, too. */
static uint64_t
pile_weight(const struct work *w, const struct pile *pile)
{
    const struct family_work *f = &w->family[pile->family];
    if (!f->packing.cap || !pile->ntasks)
        return pile->weight;
    const struct pack_node *node = &f->node;
    double tasks = pile->ntasks, fluid = tasks / f->slots,
           memory = pile->nbundles * node->shared + tasks * node->own;
    double filled = node->memory > 0 ? fmax(fluid, memory / node->memory) : fluid;
    return (uint64_t)((double)pile->weight * filled / fluid);
}

uint64_t
work_of_shard(const struct work *w, const struct plan *p, uint32_t s)
{
    struct pile pile = {.family = PLAN_NONE};
    struct plan_range run;
    uint64_t weight = 0, before = 0;
    for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            uint32_t f = plan_family_of(p, t);
            if (f != pile.family) {
                weight += pile.family == PLAN_NONE ? 0 : pile_weight(w, &pile);
                pile = (struct pile){.family = f};
            }
            uint32_t k = t - p->family[f].first_task;
            uint64_t bundle = p->family[f].bundle ? bundle_key(p, &p->family[f], k) : 0;
            pile.nbundles += !pile.ntasks++ || bundle != before;
            before = bundle;
            pile.weight += work_weight(&w->family[f], k);
        }
    return weight + (pile.family == PLAN_NONE ? 0 : pile_weight(w, &pile));
}
