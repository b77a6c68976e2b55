/* Looks ahead: makes what the texts about a campaign tell. */
#include "config.h"

#include "outlook/outlook.h"

#include "model/demand.h"

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

double
outlook_asked(const struct geometry *g)
{
    return (double)g->njobs * g->nodes * g->seconds;
}

/* Tries a change of the site; it must make jobs cheaper by so much to be better. A range of
 * walltimes that allows all is made such as people would write. */
static void
try_change(struct outlook *o, enum change_of of, const struct site *changed, double least)
{
    struct geometry g;
    struct site s = *changed;
    struct diags *d = diag_new();
    double before = o->change.of ? o->change.charged : geometry_charged(o->profile, o->jobs);
    bool good = geometry_for(d, o->work, &s, &g);
    if (good && (of == CHANGE_WALLTIME || of == CHANGE_BOTH)) {
        double unit = g.seconds < 2 * 3600 ? 600 : 3600;
        s.walltime_min = fmax(floor(g.seconds / unit) * unit, s.walltime_min);
        s.walltime = fmin(ceil(g.seconds / unit) * unit, s.walltime);
        good = geometry_for(d, o->work, &s, &g);
    }
    double charged = good ? geometry_charged(o->profile, &g) : INFINITY;
    if (charged <= before * (1 - least))
        o->change = (struct change){of, s.walltime_min, s.walltime, g, charged};
    diag_free(d);
}

static void
allow_all_walltimes(struct site *s)
{
    int64_t least, most;
    site_nodes(s, s->queue, &least, &most);
    s->walltime = (double)site_walltime_longest(s->queue, least, most);
    s->walltime_min = (double)s->queue->min_walltime;
}

/* A walltime, nodes or a queue that waste less; two changes only if one alone does not do. */
static void
look_for_change(struct outlook *o)
{
    const double worth = 0.05, little = 0.01;
    const struct site *s = o->site;
    struct site walltime = *s, nodes = *s, both;
    nodes.nodes_min = nodes.nodes_max = 0;
    both = nodes;
    if (s->walltime > 0 && s->queue) {
        allow_all_walltimes(&walltime);
        allow_all_walltimes(&both);
        try_change(o, CHANGE_WALLTIME, &walltime, worth);
    }
    if (s->nodes_min)
        try_change(o, CHANGE_NODES, &nodes, o->change.of ? little : worth);
    for (size_t i = 0; i < s->profile->queues.n; i++) {
        int64_t least, most;
        struct site queue = *s;
        queue.queue = &s->profile->queues.v[i];
        site_job_nodes(s->profile, queue.queue, &least, &most);
        if (queue.queue != s->queue && !queue.queue->preemptible && s->nodes_min <= most &&
            (!s->nodes_max || (s->nodes_max >= least && s->nodes_max <= most)) &&
            (!s->nodes_min || s->nodes_min >= least))
            try_change(o, CHANGE_QUEUE, &queue, o->change.of ? little : worth);
    }
    if (s->walltime > 0 && s->nodes_min && s->queue)
        try_change(o, CHANGE_BOTH, &both, worth);
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
    const struct target_options how = {.containers = TARGET_BATCH, .here = here, .pack = true};
    *o = (struct outlook){.m = m, .site = site};
    bool good = target_fit(d, m, draft, site, &how, &o->target);
    o->name = o->target.name;
    o->profile = o->target.profile;
    o->work = &o->target.work;
    o->jobs = &o->target.jobs;
    if (!good || !open_plan(o, d))
        return false;
    if (site && o->jobs->njobs && o->work->expected > 0) {
        geometry_waste(o->work, o->profile, o->jobs, &o->waste);
        look_for_change(o);
    }
    o->family = xcalloc(o->plan->nfamilies + 1, sizeof *o->family);
    for (uint32_t i = 0; i < o->plan->nfamilies; i++) {
        struct outlook_family *f = &o->family[i];
        f->in_plan = &o->plan->family[i];
        f->work = &o->work->family[i];
        f->f = m->planned[i];
        count_rows(o->plan, f->in_plan, f);
        look_at_costs(o, f);
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
