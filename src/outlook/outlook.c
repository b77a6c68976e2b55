/* Looks ahead: makes what the texts about a campaign tell. */
#include "config.h"

#include "outlook/outlook.h"

#include "model/demand.h"
#include "cost/bundles.h"
#include "util/map64.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKED_AT = 1 << 15, MOST_SIMULATED = 150000, SHARDS_HERE = 4096 };
static const struct cut cut_here = {SHARDS_HERE, SHARDS_HERE, SHARDS_HERE / 2};

/* How many rows of each variable's table stand in tasks. */
static void
count_rows(const struct plan *p, const struct plan_family *f, struct outlook_family *o)
{
    o->used = xcalloc(f->nvars + 1, sizeof *o->used);
    o->combinations = 1;
    for (uint32_t v = 0; v < f->nvars; v++) {
        uint32_t nrows = p->table[p->var[f->first_var + v].table].nrows;
        o->combinations *= nrows;
        if (f->instances == PLAN_PRODUCT) {
            o->used[v] = nrows;
            continue;
        }
        const uint32_t *rows = plan_u32(p, f->rows) + v;
        uint8_t *seen = xcalloc((size_t)nrows + 1, 1);
        for (uint64_t t = 0; t < f->ntasks; t++) {
            uint32_t row = rows[t * f->nvars];
            o->used[v] += !seen[row];
            seen[row] = 1;
        }
        free(seen);
    }
}

static void
look_at_costs(const struct outlook *x, struct outlook_family *o)
{
    const struct plan_family *f = o->in_plan;
    struct plan_eval *e = plan_eval_new(x->plan);
    uint32_t step = f->constant ? f->ntasks : f->ntasks / MOST_LOOKED_AT + 1;
    for (uint32_t i = 0; i < f->ntasks; i += step) {
        struct cost c;
        cost_of(e, f, f->first_task + i, &c, NULL);
        if (i == 0 || c.memory > o->heavy.memory)
            o->heavy = c;
        o->light = i == 0 || c.memory < o->light ? c.memory : o->light;
    }
    plan_eval_free(e);
    o->slots = slots_of(&o->heavy, f->bundle != 0, &x->work->room);
    o->term = xcalloc(o->f->nterms + 1, sizeof *o->term);
    for (unsigned i = 0; i < o->f->nterms; i++) {
        const struct expr *size = o->f->term[i].size;
        o->term[i] = !expr_is_const(size)         ? NAN
                     : size->value.tag == VAL_INT ? (double)size->value.i
                                                  : size->value.r;
    }
}

/* How many tasks each bundle has, packed onto nodes. */
static void
pack_bundles(const struct outlook *x, struct outlook_family *o)
{
    const struct plan_family *f = o->in_plan;
    struct buf sizes = {0};
    struct map64 known;
    if (!f->bundle)
        return;
    map64_init(&known, 0, f->ntasks / 64 + 16);
    for (uint32_t i = 0, k = 0; i < f->ntasks; i++) {
        static const uint32_t none = 0;
        uint64_t key = bundle_key(x->plan, f, i);
        bool found;
        k = map64_add(&known, key, o->nbundles, &found);
        if (!found) {
            buf_add(&sizes, &none, sizeof none);
            o->nbundles++;
        }
        ((uint32_t *)(void *)sizes.p)[k]++;
    }
    map64_free(&known);
    const struct pack_node node = {.memory = (double)x->work->room.memory,
        .shared = o->heavy.shared,
        .own = o->heavy.memory - o->heavy.shared,
        .tasks = o->slots.by_cores < o->slots.by_gpus ? o->slots.by_cores : o->slots.by_gpus};
    if (node.tasks != PLAN_NONE)
        pack(&node, (const uint32_t *)(const void *)sizes.p, o->nbundles, &o->packing);
    buf_free(&sizes);
}

double
outlook_asked(const struct geometry *g)
{
    return (double)g->njobs * g->nodes * g->seconds;
}

/* Do the campaign's own words on walltime and nodes make jobs dearer, twice or more? */
static void
look_for_cheaper(struct outlook *o)
{
    struct site free = *o->site;
    struct diags *d = diag_new();
    struct geometry g;
    free.walltime = 0;
    free.nodes_min = free.nodes_max = 0;
    if ((o->site->walltime || o->site->nodes_min) && o->work->expected > 0 && o->jobs->njobs &&
        geometry_for(d, o->work, &free, &g) && 2 * outlook_asked(&g) <= outlook_asked(o->jobs))
        o->cheaper = g;
    diag_free(d);
}

static void
run_in_thought(struct outlook *o)
{
    if (o->work->expected <= 0 || !o->work->room.cores || o->work->most_nodes > 1)
        return;
    o->simulation = (struct simulation){.plan = o->plan,
        .work = o->work,
        .nodes = o->jobs->at_once * (o->jobs->nodes ? o->jobs->nodes : 1),
        .job_seconds = o->jobs->seconds,
        .most_tasks = MOST_SIMULATED};
    if (o->jobs->seconds && o->profile)
        o->simulation.kept = site_kept(o->profile);
    o->simulated = simulate(&o->simulation);
}

void
outlook_ended(const struct outlook *o, struct buf *out)
{
    const struct simulation *s = &o->simulation;
    if (s->ended == CLASSES_MANY) {
        buf_puts(out, CLASSES_MANY_WORDS);
    } else if (s->ended == CLASSES_LARGE) {
        plan_task_label(s->plan, s->bad, out);
        buf_puts(out, " needs more than a node has");
    } else if (s->ended == CLASSES_UNKNOWN) {
        buf_puts(out, "what ");
        plan_task_label(s->plan, s->bad, out);
        buf_puts(out, " needs cannot be computed");
    }
}

/* The plan as it is built, and that with shards as the simulation wants them: for one machine
 * finely cut. */
static bool
open_plan(struct outlook *o, struct diags *d)
{
    o->plan = target_plan(d, &o->target, &o->image);
    o->written = o->image.n;
    if (!o->plan || o->target.batch)
        return o->plan != NULL;
    if (o->plan->ncontainers)
        o->written = 0; /* their runtime is looked for there */
    plan_close(o->plan);
    target_cut(&o->target, &cut_here);
    o->plan = target_plan(d, &o->target, &o->image);
    return o->plan != NULL;
}

bool
outlook_make(struct outlook *o, struct diags *d, const struct model *m, const struct plan *draft,
    const struct site *site, const struct node_room *here)
{
    const struct target_options how = {.containers = TARGET_BATCH, .here = here};
    *o = (struct outlook){.m = m, .site = site};
    bool good = target_fit(d, m, draft, site, &how, &o->target);
    o->name = o->target.name;
    o->profile = o->target.profile;
    o->work = &o->target.work;
    o->jobs = &o->target.jobs;
    if (!good || !open_plan(o, d))
        return false;
    if (site)
        look_for_cheaper(o);
    o->family = xcalloc(o->plan->nfamilies + 1, sizeof *o->family);
    for (uint32_t i = 0; i < o->plan->nfamilies; i++) {
        struct outlook_family *f = &o->family[i];
        f->in_plan = &o->plan->family[i];
        f->work = &o->work->family[i];
        f->f = m->planned[i];
        count_rows(o->plan, f->in_plan, f);
        look_at_costs(o, f);
        pack_bundles(o, f);
        o->outputs += (uint64_t)f->in_plan->ntasks * f->in_plan->noutputs;
    }
    run_in_thought(o);
    return true;
}

void
outlook_free(struct outlook *o)
{
    for (uint32_t i = 0; o->plan && i < o->plan->nfamilies; i++) {
        free(o->family[i].used);
        free(o->family[i].term);
    }
    free(o->family);
    plan_close(o->plan);
    buf_free(&o->image);
    target_free(&o->target);
    *o = (struct outlook){0};
}
