/* The jobs that are asked for: in which queue, of how many nodes, how long. */
#include "config.h"

#include "target/site.h"

#include "diag/checks.h"
#include "model/demand.h"
#include "util/hash.h"
#include "util/map64.h"

#include <math.h>
#include <stdlib.h>

#define HOUR 3600.0
#define DAY (24 * HOUR)
/* Of times that are estimates, to spare: if nobody said how long jobs are; and within a range. */
#define SPARE_UNSAID (7.0 / 6)
#define SPARE 1.05
#define MORE_WORK 1.05 /* where the walltime is no range: nodes are not always as full as that */
#define AS_CHEAP 1.01

enum {
    PART_OF_MACHINE = 8,
    MOST_UNKNOWN = 128,
    MOST_LENGTHS = 16, /* of tasks, whose waves are tried */
    MOST_WAVES = 16,
    STEPS = 48,     /* walltimes that are tried whatever tasks take */
    MOST_JOBS = 64, /* numbers of them, for each walltime */
};

/* What the jobs are chosen for. */
struct wanted {
    const struct work *work;
    const struct site *site;
    struct job_kept kept;
    int64_t least, most; /* nodes */
    double low, high;    /* walltime; high 0: what the queue allows */
    double spare, more;  /* tasks take so many times as long; there is so much more work */
};

/* Jobs of one tier of the queue. */
struct tier {
    int64_t least; /* nodes */
    double low, high, spare;
};

struct choice {
    double njobs, nodes, seconds;
    double charged, end;
};

struct choices {
    const struct wanted *w;
    double cheapest;
    struct choice best; /* njobs 0: there is none */
    /* what was asked already: nodes_needed of a walltime */
    struct map64 known;
    struct buf needed; /* double */
    uint32_t nneeded;
};

/* --- what jobs cost --- */

/* The time of a job that is charged for, but booting. */
static double
rounded(const struct site_profile *p, double seconds)
{
    double step = 60 * (double)(p->charging.round_minutes > 1 ? p->charging.round_minutes : 1);
    return ceil(seconds / step - 1e-9) * step;
}

/* Node-seconds of one. */
static double
charged(const struct site_profile *p, double nodes, double seconds)
{
    return fmax(nodes, (double)p->charging.min_nodes) *
           (rounded(p, seconds) + 60 * (double)p->charging.boot_minutes);
}

double
geometry_charged(const struct site_profile *p, const struct geometry *g)
{
    return g->njobs * charged(p, g->nodes, g->seconds);
}

void
geometry_waste(const struct work *work, const struct site_profile *p, const struct geometry *g,
    struct waste *out)
{
    struct job_kept kept = site_kept(p);
    double nodes = (double)g->njobs * g->nodes;
    double use = (double)job_time_for_tasks(g->seconds, &kept) / 1e3;
    double packed = work->packed > work->fills ? work->packed / work->fills : 1;
    double busy = fmin(nodes, waves_nodes(work, use, 1)) * use;
    *out = (struct waste){.used = work->node_seconds,
        .start = nodes * fmin((double)kept.start, g->seconds),
        .room = work->node_seconds * (packed - 1),
        .tail = nodes * use - busy,
        .charged = geometry_charged(p, g) - nodes * g->seconds};
    double rest = nodes * g->seconds - out->used - out->start - out->room;
    out->tail = fmax(0, fmin(out->tail, rest));
    out->ends = rest - out->tail;
}

/* --- which are possible --- */

static double
for_tasks(const struct wanted *w, double seconds)
{
    return (double)job_time_for_tasks((int64_t)seconds, &w->kept) / 1e3;
}

/* The whole minutes of the shortest job that has so long for tasks. */
static double
minutes_for(const struct wanted *w, double seconds)
{
    return ceil((double)job_time_needed(seconds, &w->kept) / 60 - 1e-9) * 60;
}

static double
between(double n, double least, double most)
{
    return n > most ? most : n < least ? least : n;
}

/* How many nodes of jobs so long all of it needs. */
static double
nodes_needed(const struct wanted *w, const struct tier *t, double seconds)
{
    return waves_nodes(w->work, for_tasks(w, seconds), t->spare) * w->more;
}

static double
needed(struct choices *c, const struct tier *t, double seconds)
{
    const double of[] = {seconds, t->spare};
    bool found;
    uint32_t i = map64_add(&c->known, hash64(of, sizeof of, 0), c->nneeded, &found);
    if (!found) {
        double n = nodes_needed(c->w, t, seconds);
        buf_add(&c->needed, &n, sizeof n);
        c->nneeded++;
    }
    return ((const double *)(const void *)c->needed.p)[i];
}

/* Ends are compared to ten minutes. */
static bool
is_better(const struct choice *a, const struct choice *b)
{
    return a->end != b->end       ? a->end < b->end
           : a->njobs != b->njobs ? a->njobs < b->njobs
                                  : a->charged < b->charged;
}

static uint32_t
at_once(const struct site *s, double njobs, double nodes)
{
    const struct site_queue *q = s->queue;
    double n = njobs, fit = floor((double)s->profile->nodes.count / fmax(nodes, 1));
    if (q && q->max_queued != SITE_NONE && q->queued_counts == SITE_COUNTED_ALL)
        n = fmin(n, (double)q->max_queued);
    if (q && q->max_running != SITE_NONE)
        n = fmin(n, (double)q->max_running);
    if (s->profile->nodes.count > 0)
        n = fmin(n, fit);
    return n > 1 ? (uint32_t)n : 1;
}

/* Jobs of this walltime. In the first round only what they cost at least is looked for. */
static void
try_walltime(struct choices *c, const struct tier *t, double seconds, bool first)
{
    const struct wanted *w = c->w;
    double all = needed(c, t, seconds), most = (double)w->most, least = (double)t->least;
    if (isinf(all))
        return;
    double fewest = fmax(1, ceil(all / most - 1e-6));
    for (double n = fewest; n < fewest + MOST_JOBS && (n == fewest || n * least < all); n++) {
        struct choice x = {.njobs = n, .seconds = seconds};
        x.nodes = between(ceil(all / n - 1e-6), least, most);
        x.charged = n * charged(w->site->profile, x.nodes, seconds);
        if (first) {
            c->cheapest = fmin(c->cheapest, x.charged);
            continue;
        }
        if (x.charged > c->cheapest * AS_CHEAP)
            continue;
        x.end = ceil(ceil(n / at_once(w->site, n, x.nodes)) * seconds / 600);
        if (c->best.njobs == 0 || is_better(&x, &c->best))
            c->best = x;
    }
}

/* Or a little longer, if that costs the same. */
static void
try_within(struct choices *c, const struct tier *t, double seconds, bool first)
{
    if (seconds >= t->low && seconds <= t->high)
        try_walltime(c, t, fmin(rounded(c->w->site->profile, seconds), t->high), first);
}

/* Waves of tasks so long, whole ones. */
static void
try_waves(struct choices *c, const struct tier *t, double length, bool first)
{
    for (unsigned k = 1; k <= MOST_WAVES && length > 0; k++) {
        double seconds = minutes_for(c->w, k * length * t->spare);
        if (seconds > t->high)
            return;
        try_within(c, t, seconds, first);
    }
}

static void
try_tier(struct choices *c, const struct tier *t, bool first)
{
    const struct work *work = c->w->work;
    try_walltime(c, t, t->high, first);
    if (t->low >= t->high)
        return;
    try_within(c, t, t->low, first);
    for (unsigned i = 1; i < STEPS; i++)
        try_within(c, t, ceil(t->low * pow(t->high / t->low, i / (double)STEPS) / 60) * 60, first);
    try_waves(c, t, work->longest, first);
    try_waves(c, t, work->typical, first);
    for (uint32_t i = 0; i < work->ntimes; i += work->ntimes / MOST_LENGTHS + 1)
        try_waves(c, t, work->time[i].seconds, first);
}

/* One for each tier; without a queue, or one without tiers, one. Returns how many are possible. */
static size_t
list_tiers(const struct wanted *w, struct tier *out)
{
    const struct site_queue *q = w->site->queue;
    const struct work *work = w->work;
    size_t ntiers = q && q->tiers.n ? q->tiers.n : 1, n = 0;
    for (size_t i = 0; i < ntiers; i++) {
        struct tier t = {.least = w->least, .spare = w->spare};
        if (q && q->tiers.n && q->tiers.v[i].min_nodes > t.least)
            t.least = q->tiers.v[i].min_nodes;
        if (t.least > w->most)
            continue;
        double longest = q ? (double)site_walltime_max(q, t.least) : DAY;
        t.high = w->high > 0 && (w->high < longest || !q) ? w->high : longest;
        t.low = fmax(w->low, q ? (double)q->min_walltime : 0);
        double use = for_tasks(w, t.high);
        if (t.low > t.high || use <= 0 || use * 1e3 < (double)job_time_ms(work->longest))
            continue;
        if (work->longest * t.spare > use)
            t.spare = fmax(1, use / work->longest);
        /* one job, and not one for each link of a chain; where nobody knows how long tasks take,
         * an hour, for the shim starts none of them near the end */
        double one = fmax(work->longest, fmin(work->chain, use / t.spare)) * t.spare;
        if (work->untimed)
            one = fmax(one, HOUR);
        t.low = fmin(fmax(t.low, minutes_for(w, one)), t.high);
        out[n++] = t;
    }
    return n;
}

/* The walltime as short as it can be with so many nodes. */
static void
shorten(const struct wanted *w, const struct tier *t, struct choice *c)
{
    double low = ceil(t->low / 60), high = ceil(c->seconds / 60), nodes = c->njobs * c->nodes;
    while (low < high) { /* `high` is long enough */
        double middle = floor((low + high) / 2);
        if (nodes_needed(w, t, middle * 60) <= nodes + 1e-6)
            high = middle;
        else
            low = middle + 1;
    }
    c->seconds = fmin(c->seconds, high * 60);
}

/* The cheapest; of those that cost about as little, the one that ends first. False: none is
 * possible. */
static bool
choose(const struct wanted *w, struct geometry *g)
{
    const struct site_queue *q = w->site->queue;
    struct tier *tier = xcalloc((q ? q->tiers.n : 0) + 1, sizeof *tier);
    size_t n = list_tiers(w, tier);
    struct choices c = {.w = w, .cheapest = INFINITY};
    map64_init(&c.known, 0, 1024);
    for (int first = 1; first >= 0; first--)
        for (size_t i = 0; i < n; i++)
            try_tier(&c, &tier[i], first);
    for (size_t i = 0; i < n && c.best.njobs > 0; i++)
        if ((double)tier[i].least <= c.best.nodes && c.best.seconds <= tier[i].high) {
            shorten(w, &tier[i], &c.best);
            break;
        }
    free(tier);
    map64_free(&c.known);
    buf_free(&c.needed);
    if (c.best.njobs == 0)
        return false;
    g->njobs = (uint32_t)fmin(c.best.njobs, 1e9);
    g->nodes = (uint32_t)c.best.nodes;
    g->seconds = (uint32_t)(ceil(c.best.seconds / 60 - 1e-9) * 60);
    return true;
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
    w->high = s->walltime;
    w->low = s->walltime_min > 0 ? s->walltime_min : s->walltime;
    bool range = w->low < w->high;
    w->spare = range ? SPARE : s->walltime > 0 ? 1 : SPARE_UNSAID;
    w->more = range ? 1 : MORE_WORK;
}

/* What there would be, if the walltime were as long as its range allows. */
static void
without_range(const struct wanted *w, struct geometry *g)
{
    struct wanted longest = *w;
    struct geometry other = *g;
    longest.low = longest.high;
    longest.spare = 1;
    if (w->low < w->high && choose(&longest, &other))
        g->longest_charged = geometry_charged(w->site->profile, &other);
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
    bool good = true;
    if (work->expected <= 0) {
        choose_untimed(&w, g);
    } else {
        good = choose(&w, g);
        if (!good && !s->nodes_max) { /* only larger jobs may be so long */
            site_nodes(s, s->queue, &w.least, &w.most);
            good = choose(&w, g);
        }
        without_range(&w, g);
        if (g->queue && g->seconds < g->queue->min_walltime)
            g->seconds = (uint32_t)((g->queue->min_walltime + 59) / 60 * 60);
    }
    g->at_once = at_once(s, g->njobs, g->nodes);
    return good || no_job(d, &w);
}
