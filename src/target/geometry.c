/* The jobs that are asked for: in which queue, of how many nodes, how long. */
#include "config.h"

#include "target/site.h"

#include "diag/checks.h"
#include "model/demand.h"

#include <math.h>
#include <stdlib.h>

#define HOUR 3600.0
#define DAY (24 * HOUR)
#define TO_SPARE (7.0 / 6) /* of a walltime that is made to fit */
#define AS_CHEAP 1.15
#define NOT_FULL 1.2 /* nodes never are, quite, and times are estimates */

enum { PART_OF_MACHINE = 8, MOST_UNKNOWN = 128 };

/* What the jobs are chosen for. */
struct wanted {
    const struct work *work;
    const struct site *site;
    struct job_kept kept;
    int64_t least, most; /* nodes */
};

struct choice {
    double njobs, nodes, seconds;
};

static double
charged(const struct choice *c)
{
    return c->njobs * c->nodes * c->seconds;
}

static double
between(double n, double least, double most)
{
    return n > most ? most : n < least ? least : n;
}

/* Jobs of `least` nodes or more, of this walltime. False: they are too short. */
static bool
choose(const struct wanted *w, int64_t least, double walltime, struct choice *c)
{
    double use = (double)job_time_for_tasks((int64_t)walltime, &w->kept) / 1e3,
           t = w->work->typical;
    double work = w->work->expected * NOT_FULL;
    double most = (double)(w->most > least ? w->most : least);
    if (use <= 0 || use * 1e3 < (double)job_time_ms(w->work->longest))
        return false;
    double used = t > 0 && use >= t ? floor(use / t + 1e-9) * t : use;
    double nodes = between(ceil(work / used - 1e-9), (double)least, most);
    c->njobs = fmax(1, ceil(work / (nodes * used) - 1e-9));
    c->nodes = between(ceil(work / (c->njobs * used) - 1e-9), (double)least, most);
    c->seconds = walltime;
    if (w->site->walltime)
        return true;
    double each = work / (c->njobs * c->nodes); /* of a node, in a job */
    each = fmax(t > 0 ? ceil(each / t - 1e-9) * t : each, w->work->longest);
    /* one job, and not one for each link of a chain */
    each = fmax(each, fmin(w->work->chain, use));
    if (w->work->untimed)
        each = fmax(each, HOUR); /* nobody knows; the shim starts none near the end */
    c->seconds = fmin(walltime, (double)job_time_needed(each * TO_SPARE, &w->kept));
    return true;
}

/* Is `a` better than `b`, if both are cheap enough? */
static bool
better(const struct choice *a, const struct choice *b)
{
    return a->njobs < b->njobs || (a->njobs == b->njobs && a->nodes < b->nodes);
}

/* One for each tier; without a queue, or one without tiers, one. Returns how many are possible. */
static size_t
list_choices(const struct wanted *w, struct choice *c)
{
    const struct site_queue *q = w->site->queue;
    size_t ntiers = q && q->tiers.n ? q->tiers.n : 1, n = 0;
    for (size_t i = 0; i < ntiers; i++) {
        int64_t least = w->least;
        if (q && q->tiers.n && q->tiers.v[i].min_nodes > least)
            least = q->tiers.v[i].min_nodes;
        if (least > w->most)
            continue;
        double longest = q ? (double)site_walltime_max(q, least) : DAY;
        double walltime = w->site->walltime ? w->site->walltime : longest;
        if (q && walltime > longest)
            continue;
        n += choose(w, least, walltime, &c[n]);
    }
    return n;
}

static void
choose_timed(const struct choice *c, size_t n, struct geometry *g)
{
    const struct choice *best = NULL;
    double cheapest = INFINITY;
    for (size_t i = 0; i < n; i++)
        cheapest = fmin(cheapest, charged(&c[i]));
    for (size_t i = 0; i < n; i++)
        if (charged(&c[i]) <= cheapest * AS_CHEAP && (!best || better(&c[i], best)))
            best = &c[i];
    g->njobs = (uint32_t)fmin(best->njobs, 1e9);
    g->nodes = (uint32_t)best->nodes;
    g->seconds = (uint32_t)(ceil(best->seconds / 60 - 1e-9) * 60);
}

/* No time is known: as many nodes as all tasks fill once. */
static void
choose_untimed(const struct wanted *w, struct geometry *g)
{
    const struct site_queue *q = w->site->queue;
    g->guessed = true;
    g->njobs = 1;
    g->nodes = (uint32_t)between(ceil(w->work->fills), (double)w->least, (double)w->most);
    double walltime = w->site->walltime;
    if (q && walltime) /* a tier that has it */
        for (size_t i = 0; i < q->tiers.n && (double)site_walltime_max(q, g->nodes) < walltime; i++)
            if (q->tiers.v[i].min_nodes > g->nodes && q->tiers.v[i].min_nodes <= w->most)
                g->nodes = (uint32_t)q->tiers.v[i].min_nodes;
    for (size_t i = 0; q && !walltime && i < q->tiers.n; i++) /* or one that has time for tasks */
        if (!job_time_for_tasks(site_walltime_max(q, g->nodes), &w->kept) &&
            q->tiers.v[i].min_nodes > g->nodes)
            g->nodes = (uint32_t)q->tiers.v[i].min_nodes;
    if (!walltime)
        walltime = q ? fmin((double)site_walltime_max(q, g->nodes), DAY) : HOUR;
    g->seconds = (uint32_t)(ceil(walltime / 60) * 60);
}

/* The checker has looked at every site that it compiled for; this is for the others. */
static bool
no_job(struct diags *d, const struct wanted *w)
{
    struct buf need = {0};
    const struct site *s = w->site;
    demand_time(&need, (double)job_time_needed(w->work->longest, &w->kept));
    struct diag *m = diag_add(d, DIAG_ERROR, RULE_SITE, s->at,
        "no job of '%s' may take the %s that its longest task needs, with starting and ending",
        s->name, need.p);
    for (size_t i = 0; s->queue && i < s->queue->tiers.n; i++) {
        struct buf text = {0};
        demand_time(&text, (double)s->queue->tiers.v[i].max_walltime);
        diag_note(m, NO_SPAN, "queue '%s', from %lld nodes on: at most %s", s->queue->name,
            (long long)s->queue->tiers.v[i].min_nodes, text.p);
        buf_free(&text);
    }
    if (!help_longer_queue(m, s, s->nodes_min, (double)job_time_needed(w->work->longest, &w->kept)))
        diag_help(m, "let jobs have other nodes or another walltime, or split the task");
    buf_free(&need);
    return false;
}

static void
find_bounds(struct wanted *w)
{
    const struct site *s = w->site;
    site_nodes(s, s->queue, &w->least, &w->most);
    if (w->work->most_nodes > w->least)
        w->least = w->work->most_nodes;
    if (!s->nodes_max) {
        int64_t part =
            s->profile->nodes.count > 0 ? s->profile->nodes.count / PART_OF_MACHINE : MOST_UNKNOWN;
        w->most = w->most < part ? w->most : part;
    }
    if (w->most < w->least)
        w->most = w->least;
    w->kept = site_kept(s->profile);
}

static uint32_t
at_once(const struct site *s, const struct geometry *g)
{
    const struct site_queue *q = s->queue;
    int64_t n = g->njobs, fit = s->profile->nodes.count / (g->nodes ? g->nodes : 1);
    if (q && q->max_queued != SITE_NONE && q->queued_counts == SITE_COUNTED_ALL &&
        q->max_queued < n)
        n = q->max_queued;
    if (q && q->max_running != SITE_NONE && q->max_running < n)
        n = q->max_running;
    if (s->profile->nodes.count > 0 && fit < n)
        n = fit;
    return n > 1 ? (uint32_t)n : 1;
}

/* What a user may have on a node is too little for all tasks that fit on it: a process for each,
 * beside the shim and its keeper; and the shim keeps a file or two open for each. */
static void
warn_of_limits(struct diags *d, const struct work *w, const struct site *s)
{
    enum { OWN_PROCESSES = 2, OWN_FILES = 32 };
    const struct site_profile *p = s->profile;
    uint32_t most = 0;
    for (uint32_t i = 0; i < w->nfamilies; i++)
        if (w->family[i].slots != PLAN_NONE && w->family[i].slots > most && w->family[i].fills > 0)
            most = w->family[i].slots;
    const struct {
        int64_t limit, needs;
        const char *what, *key;
    } of[] = {{p->limits.processes, (int64_t)most + OWN_PROCESSES, "processes", "limits.processes"},
        {p->limits.open_files, (int64_t)most * 2 + OWN_FILES, "open files", "limits.open_files"}};
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        if (of[i].limit != SITE_NONE && of[i].limit < of[i].needs)
            diag_help(diag_add(d, DIAG_WARNING, RULE_SITE, s->profile_at,
                          "a node of '%s' runs up to %u tasks at once, which is %lld %s, but a "
                          "user may have %lld "
                          "there (%s of the profile '%s')",
                          s->name, most, (long long)of[i].needs, of[i].what, (long long)of[i].limit,
                          of[i].key, p->name),
                "let tasks ask for more cores or memory, or write fewer 'slots' in the profile");
}

bool
geometry_for(struct diags *d, const struct work *work, const struct site *s, struct geometry *g)
{
    struct wanted w = {.work = work, .site = s};
    warn_of_limits(d, work, s);
    *g = (struct geometry){.queue = s->queue, .at_once = 1};
    if (s->profile->scheduler.kind == SITE_LOCAL) {
        g->nodes = 1;
        g->seconds = (uint32_t)(ceil(s->walltime / 60) * 60);
        g->guessed = work->expected <= 0;
        return true;
    }
    find_bounds(&w);
    if (work->expected <= 0) {
        choose_untimed(&w, g);
        g->at_once = at_once(s, g);
        return true;
    }
    struct choice *c = xcalloc((s->queue ? s->queue->tiers.n : 0) + 1, sizeof *c);
    size_t n = list_choices(&w, c);
    if (!n && !s->nodes_max) { /* only larger jobs may be so long */
        site_nodes(s, s->queue, &w.least, &w.most);
        n = list_choices(&w, c);
    }
    if (n)
        choose_timed(c, n, g);
    if (g->queue && g->seconds < g->queue->min_walltime)
        g->seconds = (uint32_t)((g->queue->min_walltime + 59) / 60 * 60);
    g->at_once = at_once(s, g);
    free(c);
    return n || no_job(d, &w);
}
