#include "config.h"

#include "outlook/outlook.h"

#include "model/demand.h"
#include "plan/build.h"
#include "cost/bundles.h"
#include "util/map64.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOOKED_AT = 1 << 15, MOST_SIMULATED = 150000, SHARDS_HERE = 4096 };
static const struct cut cut_here = {SHARDS_HERE, SHARDS_HERE, SHARDS_HERE / 2};

static const struct family *
family_of(const struct model *m, const char *name)
{
    for (unsigned i = 0; i < m->nfamilies; i++)
        if (strcmp(m->family[i]->name, name) == 0)
            return m->family[i];
    return NULL;
}

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
    o->slots = slots_of(&o->heavy, f->bundle != 0, &x->work.room);
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
    const struct pack_node node = {.memory = (double)x->work.room.memory,
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
    if ((o->site->walltime || o->site->nodes_min) && o->work.expected > 0 && o->jobs.njobs &&
        geometry_for(d, &o->work, &free, &g) && 2 * outlook_asked(&g) <= outlook_asked(&o->jobs))
        o->cheaper = g;
    diag_free(d);
}

/* The plan as it is built, and that with shards as the simulation wants them: for one machine
 * finely cut. */
static void
move_plan(struct outlook *o, const struct plan *p)
{
    if (o->site && o->jobs.njobs) {
        plan_for_site(p, o->site, &o->jobs, &o->image);
        o->written = o->image.n;
        return;
    }
    struct buf own = {0};
    if (o->site)
        plan_for_machine(p, o->site, &own);
    /* their runtime is looked for there */
    o->written = p->ncontainers ? 0 : o->site ? own.n : p->size;
    buf_free(&own);
    struct buf shards = {0}, runs = {0};
    shards_make(p, &o->work, &cut_here, &shards, &runs);
    const struct plan_at at = {.site = o->name,
        .gpus = PLAN_NONE,
        .nshards = (uint32_t)(shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(runs.n / sizeof(struct plan_range)),
        .shard = (const struct plan_shard *)(const void *)shards.p,
        .run = (const struct plan_range *)(const void *)runs.p};
    plan_move(p, &at, &o->image);
    buf_free(&shards);
    buf_free(&runs);
}

static void
run_in_thought(struct outlook *o)
{
    if (o->work.expected <= 0 || !o->work.room.cores || o->work.most_nodes > 1)
        return;
    o->simulation = (struct simulation){.plan = o->plan,
        .work = &o->work,
        .nodes = o->jobs.at_once * (o->jobs.nodes ? o->jobs.nodes : 1),
        .job_seconds = o->jobs.seconds,
        .most_tasks = MOST_SIMULATED};
    if (o->jobs.seconds && o->profile)
        o->simulation.kept = site_kept(o->profile);
    o->simulated = simulate(&o->simulation);
}

bool
outlook_make(struct outlook *o, struct diags *d, const struct model *m, const struct buf *image,
    const struct site *site, const struct node_room *here)
{
    struct buf why = {0};
    *o = (struct outlook){.m = m, .site = site, .name = site ? site->name : "local"};
    struct plan *p = plan_from_bytes(image->p, image->n, "campaign.wflp", &why);
    struct node_room room = here ? *here : (struct node_room){0};
    if (site) {
        o->profile = site->profile;
        if (site->profile->nodes.detected) { /* as large as this machine */
            struct node_room own;
            site_room(site->profile, NULL, &own);
            room.cores = own.cores ? own.cores : room.cores;
            room.memory = own.memory ? own.memory : room.memory;
        } else {
            site_room(site->profile, NULL, &room);
        }
    }
    bool ok = p != NULL;
    buf_free(&why);
    if (ok) {
        work_init(&o->work, p, &room);
        o->jobs = (struct geometry){.nodes = 1, .at_once = 1, .guessed = o->work.expected <= 0};
        ok = !site || geometry_for(d, &o->work, site, &o->jobs);
    }
    if (ok && site)
        look_for_cheaper(o);
    if (ok) {
        move_plan(o, p);
        o->plan = plan_from_bytes(o->image.p, o->image.n, "campaign.wflp", &why);
        buf_free(&why);
    }
    plan_close(p);
    if (!o->plan)
        return false;
    o->family = xcalloc(o->plan->nfamilies + 1, sizeof *o->family);
    for (uint32_t i = 0; i < o->plan->nfamilies; i++) {
        struct outlook_family *f = &o->family[i];
        f->in_plan = &o->plan->family[i];
        f->work = &o->work.family[i];
        f->f = family_of(m, plan_string(o->plan, f->in_plan->name));
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
    work_free(&o->work);
    plan_close(o->plan);
    buf_free(&o->image);
    *o = (struct outlook){0};
}
