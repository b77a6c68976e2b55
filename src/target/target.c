/* Decides everything of a site, and writes the plan for it. */
#include "config.h"

#include "target/target.h"

#include "diag/checks.h"
#include "plan/build.h"

#include <math.h>
#include <string.h>

/* Shards are taken by nodes one by one. The first ones are some part of what a node does in a job,
 * so that there are few journals for much work; yet so small that nodes that nobody planned for
 * find something. They fill a node, at least: less would be taken together with the next one, and
 * what all runs at once nobody else could do sooner. A folder can hold so many journals. */
enum {
    SHARDS_A_NODE = 4,
    LEAST_PARTS = 256,
    MOST_PARTS = 4096,
    MOST_SHARDS = 16384,
    BIN_PARTS = 4
};
/* left, when tasks that need each other are taken apart */
enum { SETS_A_NODE = 2, LEAST_SETS = 32 };

/* The part of the work that is bundles, as nodes that it fills. */
static double
in_bundles(const struct work *w)
{
    double fills = 0;
    for (uint32_t i = 0; i < w->nfamilies; i++)
        fills += w->family[i].packing.nodes ? w->family[i].fills : 0;
    return fills;
}

static struct cut
cut_for(const struct geometry *g, const struct work *w)
{
    uint64_t nodes = (uint64_t)g->nodes * (g->njobs ? g->njobs : 1),
             at_work = (uint64_t)g->nodes * g->at_once;
    uint64_t parts = nodes < MOST_PARTS / SHARDS_A_NODE ? nodes * SHARDS_A_NODE : MOST_PARTS;
    parts = parts < LEAST_PARTS ? LEAST_PARTS : parts;
    double filling = w->fills > 2 ? w->fills / 2 : 1; /* of the first half, shards that fill one */
    parts = (double)parts > filling ? (uint64_t)filling : parts;
    parts = parts < at_work ? at_work : parts;
    /* what was packed stays as it is: with so many parts, no two bins are in one, which would be
     * two waves for the node that takes it */
    bool packed = in_bundles(w) > w->fills / 2 && w->packed <= MOST_SHARDS;
    double bins = packed ? BIN_PARTS * filling : 0;
    parts = (double)parts < bins ? (uint64_t)bins : parts;
    uint64_t sets = at_work * SETS_A_NODE < LEAST_SETS ? LEAST_SETS : at_work * SETS_A_NODE;
    return (struct cut){.parts = (uint32_t)(parts < MOST_SHARDS ? parts : MOST_SHARDS),
        .most = MOST_SHARDS,
        .together = (uint32_t)(sets < MOST_SHARDS ? sets : MOST_SHARDS)};
}

void
target_cut(struct target *t, const struct cut *cut)
{
    buf_reset(&t->shards);
    buf_reset(&t->runs);
    shards_make(t->draft, &t->work, cut, &t->shards, &t->runs);
}

const struct site *
target_site(const struct model *m)
{
    for (unsigned i = 0; i < m->nsites; i++)
        if (strcmp(m->sites[i].name, m->site) == 0)
            return &m->sites[i];
    return NULL;
}

/* What a node has: of this machine, what the profile leaves open is asked from `here`. */
static struct node_room
whole_room(const struct target *t, const struct node_room *here)
{
    struct node_room room = t->room;
    if (t->profile && !t->profile->nodes.detected)
        return room;
    room.cores = room.cores ? room.cores : here->cores;
    room.memory = room.memory ? room.memory : here->memory;
    room.gpus = here->gpus;
    return room;
}

/* How much work it is there, in which jobs. */
static bool
weigh(struct target *t, struct diags *d, const struct target_options *o)
{
    static const struct node_room unknown = {.gpus = PLAN_NONE};
    const struct node_room room = whole_room(t, o->here ? o->here : &unknown);
    struct costs own = {0}, *costs = o->costs ? o->costs : &own;
    if (!o->costs)
        costs_init(&own, t->draft);
    t->weighed = true;
    work_weigh(&t->work, costs, &room);
    if (o->pack || t->batch)
        work_pack(&t->work, costs, NULL);
    if (!o->costs)
        costs_free(&own);
    t->jobs = (struct geometry){.nodes = 1, .at_once = 1, .guessed = t->work.expected <= 0};
    return !t->site || geometry_for(d, &t->work, t->site, &t->jobs);
}

static void
begin(struct target *t, const struct plan *draft, const struct site *site)
{
    *t = (struct target){.draft = draft,
        .site = site,
        .profile = site ? site->profile : NULL,
        .name = site ? site->name : "local",
        .room.gpus = PLAN_NONE};
    t->batch = t->profile && t->profile->scheduler.kind != SITE_LOCAL;
}

bool
target_contain(struct diags *d, const struct model *m, const struct plan *draft,
    const struct site *site, struct target *t)
{
    begin(t, draft, site);
    return !t->batch || containers_decide(d, m, draft, t->profile, &t->containers);
}

bool
target_fit(struct diags *d, const struct model *m, const struct plan *draft,
    const struct site *site, const struct target_options *o, struct target *t)
{
    bool good = true;
    begin(t, draft, site);
    if (site && !t->profile) {
        diag_add(d, DIAG_ERROR, RULE_SITE, site->at,
            "nothing is known of site '%s': it has no profile", site->name);
        return false;
    }
    if (site && !o->asked_there)
        site_room(t->profile, NULL, &t->room);
    for (uint32_t i = 0; i < draft->nfamilies; i++)
        t->gpus |= draft->family[i].gpus.size != 0;
    if (t->batch || o->here)
        good = weigh(t, d, o);
    if (o->containers == TARGET_ALL || (o->containers == TARGET_BATCH && t->batch))
        good = containers_decide(d, m, draft, t->profile, &t->containers) && good;
    if (good && t->batch) {
        const struct cut cut = cut_for(&t->jobs, &t->work);
        target_cut(t, &cut);
    }
    return good;
}

static uint32_t
whole_seconds(double seconds)
{
    return (uint32_t)fmin(ceil(seconds), UINT32_MAX);
}

static uint32_t
shortest(const struct site *s)
{
    return whole_seconds(s->walltime_min > 0 ? s->walltime_min : s->walltime);
}

struct plan *
target_plan(struct diags *d, const struct target *t, struct buf *image)
{
    const struct containers *c = &t->containers;
    const bool decided = c->containers.n != 0;
    const struct plan_at at = {.site = t->name,
        .cores = t->room.cores,
        .gpus = t->room.gpus,
        .memory = t->room.memory,
        .njobs = t->batch ? t->jobs.njobs : 0,
        .job_nodes = t->batch ? t->jobs.nodes : 0,
        .job_seconds = t->batch ? t->jobs.seconds : 0,
        .least_nodes = t->batch ? (uint32_t)t->site->nodes_min : 0,
        .most_nodes = t->batch ? (uint32_t)t->site->nodes_max : 0,
        .least_seconds = t->batch ? shortest(t->site) : 0,
        .most_seconds = t->batch ? whole_seconds(t->site->walltime) : 0,
        .nshards = (uint32_t)(t->shards.n / sizeof(struct plan_shard)),
        .nruns = (uint32_t)(t->runs.n / sizeof(struct plan_range)),
        .shard = (const struct plan_shard *)(const void *)t->shards.p,
        .run = (const struct plan_range *)(const void *)t->runs.p,
        .containers = decided ? &c->containers : NULL,
        .words = &c->words,
        .texts = &c->texts};
    struct buf why = {0};
    plan_move(t->draft, &at, image);
    struct plan *p = plan_from_bytes(image->p, image->n, PLAN_FILE, &why);
    if (!p)
        diag_add(d, DIAG_ERROR, RULE_SITE, t->site ? t->site->at : NO_SPAN,
            "the plan that was made for '%s' is not valid (a fault of wflc, please report it): %s",
            t->name, why.p);
    buf_free(&why);
    return p;
}

void
target_free(struct target *t)
{
    if (t->weighed)
        work_free(&t->work);
    buf_free(&t->shards);
    buf_free(&t->runs);
    containers_free(&t->containers);
    *t = (struct target){0};
}
