#include "config.h"

#include "model/demand.h"

#include "cost/cost.h"
#include "diag/checks.h"
#include "model/units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- what there is --- */

void
site_nodes(const struct site *s, const struct site_queue *q, int64_t *least, int64_t *most)
{
    site_job_nodes(s->profile, q, least, most);
    if (s->nodes_min > *least)
        *least = s->nodes_min;
    if (s->nodes_max && s->nodes_max < *most)
        *most = s->nodes_max;
}

/* How long a job of so many nodes, or more, can be; 0: not known. */
static int64_t
walltime(const struct site *s, int64_t nodes)
{
    const struct site_queue *q = s->queue;
    int64_t least, most;
    if (s->walltime)
        return (int64_t)s->walltime;
    if (!q)
        return 0;
    site_nodes(s, q, &least, &most);
    return site_walltime_longest(q, nodes > least ? nodes : least, most);
}

/* Of a job so long, what a task can have at most. */
static int64_t
for_tasks(const struct site *s, int64_t seconds)
{
    struct job_kept k = site_kept(s->profile);
    return job_time_for_tasks(seconds, &k);
}

struct job_kept
site_kept(const struct site_profile *p)
{
    return (struct job_kept){p->launch.start_seconds, p->time.finish_by_s, p->time.stop_starting_s};
}

/* A profile that counts in threads, or in tasks, may do so in packing, too: only what is more than
 * any of these is too much. */
static int64_t
cores(const struct site_profile *p)
{
    const struct site_machine none = {0};
    int64_t slots = site_slots(p, &none), own = p->nodes.cores - (int64_t)p->nodes.reserved_cores.n;
    return p->nodes.cores == 0 ? INT64_MAX : slots > own ? slots : own;
}

/* --- in words --- */

void
demand_time(struct buf *out, double seconds)
{
    long long s = llround(seconds);
    if (s < 60 || s > 1000000000) {
        quantity_duration(out, seconds);
        return;
    }
    const char *blank = "";
    if (s >= 3600) {
        buf_printf(out, "%lld h", s / 3600);
        blank = " ";
    }
    if (s % 3600 >= 60) {
        buf_printf(out, "%s%lld min", blank, s % 3600 / 60);
        blank = " ";
    }
    if (s % 60)
        buf_printf(out, "%s%lld s", blank, s % 60);
}

/* "100 GB", or to the byte if that would read as `other` does. */
static void
add_bytes(struct buf *out, double bytes, double other)
{
    struct buf a = {0}, b = {0};
    quantity_bytes(&a, bytes);
    quantity_bytes(&b, other);
    if (bytes != other && strcmp(a.p, b.p) == 0)
        buf_printf(out, "%.0f B", bytes);
    else
        buf_puts(out, a.p);
    buf_free(&a);
    buf_free(&b);
}

static void
add_gib(struct buf *out, uint64_t bytes)
{
    buf_printf(out, "%.6g GiB", (double)bytes / 1073741824.0);
}

static const char *
plural(double n)
{
    return n == 1 ? "" : "s";
}

static struct diag *
tell(const struct model *m, const struct family *f, const struct demand *d, enum severity severity,
    const char *says)
{
    struct diag *x =
        d->label ? diag_add(m->diags, severity, RULE_FIT, d->at, "%s %s", d->label, says)
                 : diag_add(m->diags, severity, RULE_FIT, d->at, "task '%s' %s", f->name, says);
    if (d->label)
        diag_note(x, NO_SPAN, "no other task of '%s' asks for more", f->name);
    return x;
}

/* --- one demand, one site --- */

/* container 2 GB + v 8 GB + sensor 90 GB = 100 GB */
static void
note_terms(struct diag *x, const struct family *f, const struct demand *d, double have)
{
    struct buf sum = {0};
    for (unsigned i = 0; d->term && i < f->nterms; i++) {
        buf_printf(&sum, "%s%s ", i ? " + " : "", f->term[i].name);
        quantity_bytes(&sum, d->term[i]);
    }
    if (sum.n) {
        buf_puts(&sum, " = ");
        add_bytes(&sum, d->value, have);
        diag_note(x, f->at, "%s", sum.p);
    }
    buf_free(&sum);
}

static void
check_memory(const struct model *m, const struct site *s, const struct family *f,
    const struct demand *d)
{
    const struct site_profile *p = s->profile;
    const struct site_machine none = {0};
    double have = (double)site_memory_budget(p, &none);
    if (!p->nodes.memory || d->value <= have)
        return;
    struct buf text = {0}, node = {0};
    buf_puts(&text, "needs ");
    add_bytes(&text, d->value, have);
    buf_puts(&text, " of memory, and a node of ");
    buf_printf(&text, "'%s' has ", s->name);
    add_bytes(&text, have, d->value);
    buf_puts(&text, " for tasks");
    struct diag *x = tell(m, f, d, DIAG_ERROR, text.p);
    note_terms(x, f, d, have);
    add_gib(&node, p->nodes.memory);
    buf_puts(&node, ", less ");
    add_gib(&node, p->nodes.memory - (uint64_t)have);
    buf_puts(&node, " for the system = ");
    add_gib(&node, (uint64_t)have);
    buf_puts(&node, " = ");
    add_bytes(&node, have, d->value);
    diag_note(x, s->profile_at, "a node of '%s' has %s", p->name, node.p);
    diag_help(x, "lower the memory if that is more than the program uses, or take a site with "
                 "larger nodes");
    buf_free(&text);
    buf_free(&node);
}

static void
check_count(const struct model *m, const struct site *s, const struct family *f,
    const struct demand *d)
{
    const struct site_profile *p = s->profile;
    int64_t have = d->of == DEMAND_GPUS ? p->nodes.gpus : cores(p);
    const char *what = d->of == DEMAND_GPUS ? "GPU" : "core";
    bool asked = p->nodes.detected && d->of == DEMAND_GPUS; /* when the machine is known */
    if (asked || d->value <= (double)have)
        return;
    struct buf text = {0};
    buf_printf(&text, "needs %.0f %s%s, and a node of '%s' has %s", d->value, what,
        plural(d->value), s->name, have ? "" : "none");
    if (have)
        buf_printf(&text, "%lld%s", (long long)have,
            d->of == DEMAND_CORES && have > p->nodes.cores ? " (each thread counts as one)" : "");
    struct diag *x = tell(m, f, d, DIAG_ERROR, text.p);
    diag_note(x, s->profile_at, "it is one of '%s'", p->name);
    diag_help(x, "let the task use fewer, or take a site whose nodes have more");
    buf_free(&text);
}

static void
check_nodes(const struct model *m, const struct site *s, const struct family *f,
    const struct demand *d)
{
    const struct site_queue *q = s->queue;
    int64_t least, most, in_queue;
    site_job_nodes(s->profile, q, &least, &in_queue);
    site_nodes(s, q, &least, &most);
    if (d->value <= (double)most)
        return;
    struct buf text = {0};
    buf_printf(&text, "needs %.0f whole node%s, and a job of '%s' has at most %lld", d->value,
        plural(d->value), s->name, (long long)most);
    struct diag *x = tell(m, f, d, DIAG_ERROR, text.p);
    if (most < in_queue)
        diag_note(x, s->nodes_at, "jobs of '%s' have so many", s->name);
    else if (q && q->max_nodes == most)
        diag_note(x, s->queue_name ? s->queue_at : s->profile_at, "queue '%s' of '%s'", q->name,
            s->profile->name);
    else
        diag_note(x, s->profile_at, "'%s' has no larger jobs", s->profile->name);
    diag_help(x, "%s",
        most < in_queue && d->value <= (double)in_queue
            ? "let the site have larger jobs"
            : "let the task use fewer, or take a site with larger jobs");
    buf_free(&text);
}

bool
help_longer_queue(struct diag *m, const struct site *s, int64_t nodes, double seconds)
{
    int64_t least = nodes > s->nodes_min ? nodes : s->nodes_min;
    int64_t most = s->nodes_max ? s->nodes_max : INT64_MAX;
    for (size_t i = 0; i < s->profile->queues.n; i++) {
        const struct site_queue *q = &s->profile->queues.v[i];
        int64_t longest = q == s->queue ? 0 : site_walltime_longest(q, least, most);
        if ((double)longest < seconds)
            continue;
        struct buf text = {0};
        demand_time(&text, (double)longest);
        diag_help(m, "jobs in queue '%s' may take %s", q->name, text.p);
        buf_free(&text);
        return true;
    }
    return false;
}

/* Where the walltime comes from, and what of it is not for tasks. */
static void
note_walltime(struct diag *x, const struct site *s, int64_t have)
{
    struct buf text = {0};
    const struct site_profile *p = s->profile;
    struct job_kept k = site_kept(p);
    int64_t stopping = job_time_stopping(have, &k);
    demand_time(&text, (double)have);
    buf_puts(&text, ", less ");
    demand_time(&text, (double)k.start);
    buf_puts(&text, stopping ? " to start, " : " to start and ");
    demand_time(&text, (double)k.finish);
    buf_puts(&text, " to end");
    if (stopping) {
        buf_puts(&text, " and ");
        demand_time(&text, (double)stopping / 1e3);
        buf_puts(&text, " to stop what runs");
    }
    buf_puts(&text, " = ");
    if (for_tasks(s, have))
        demand_time(&text, floor((double)for_tasks(s, have) / 1e3));
    else
        buf_puts(&text, "nothing");
    if (s->walltime)
        diag_note(x, s->walltime_at, "the %swalltime is %s", s->walltime_min > 0 ? "longest " : "",
            text.p);
    else
        diag_note(x, s->queue_name ? s->queue_at : s->profile_at,
            "jobs in queue '%s' of '%s' have at most %s", s->queue->name, p->name, text.p);
    buf_free(&text);
}

static void
help_time(struct diag *x, const struct site *s, const struct family *f, double seconds)
{
    struct site unsaid = *s;
    struct job_kept k = site_kept(s->profile);
    double want = (double)job_time_needed(seconds, &k);
    unsaid.walltime = 0;
    int64_t longest = walltime(&unsaid, f->nodes);
    if (s->walltime && (double)longest >= want) {
        struct buf text = {0};
        demand_time(&text, (double)longest);
        diag_help(x, "queue '%s' allows a walltime of %s", s->queue->name, text.p);
        buf_free(&text);
    } else if (!help_longer_queue(x, s, f->nodes, want)) {
        diag_help(x, "no job of '%s' may take so long: split the task, or take another site",
            s->profile->name);
    }
    if (f->ncheckpoints)
        diag_help(x,
            "of a task that goes on from a checkpoint, 'time' may be what one run of it takes");
}

static void
check_time(const struct model *m, const struct site *s, const struct family *f,
    const struct demand *d)
{
    int64_t have = walltime(s, f->nodes), use = for_tasks(s, have);
    if (!have || !use || job_time_ms(d->value) <= use || job_time_ms(d->time) > use)
        return; /* of jobs without any time for tasks it was said */
    struct buf text = {0};
    if (d->of == DEMAND_TIME) {
        buf_puts(&text, "is expected to take ");
        demand_time(&text, ceil(d->value));
        buf_printf(&text, ", and no job of '%s' is that long", s->name);
    } else {
        buf_puts(&text, "may run for ");
        demand_time(&text, ceil(d->value));
        buf_printf(&text, ", and every job of '%s' ends before", s->name);
    }
    struct diag *x = tell(m, f, d, d->of == DEMAND_TIME ? DIAG_ERROR : DIAG_WARNING, text.p);
    note_walltime(x, s, have);
    help_time(x, s, f, d->value);
    buf_free(&text);
}

bool
demand_no_time(struct diags *d, const struct site *s)
{
    int64_t have = walltime(s, 0);
    if (!have || for_tasks(s, have))
        return false;
    struct diag *x = diag_add(d, DIAG_ERROR, RULE_FIT, s->walltime ? s->walltime_at : s->at,
        "jobs of '%s' have no time for any task", s->name);
    note_walltime(x, s, have);
    struct job_kept k = site_kept(s->profile);
    if (!help_longer_queue(x, s, 0, (double)job_time_needed(0, &k)))
        diag_help(x, "%s",
            s->walltime ? "let jobs have a longer walltime"
                        : "say in the profile what jobs really need: launch.start_seconds, "
                          "time.finish_by_s");
    return true;
}

/* --- all of them --- */

bool
demand_judged(const struct model *m, const struct family *f)
{
    for (unsigned i = 0; i < m->nsites; i++)
        if (m->sites[i].judged)
            return f->runs_on != PLAN_ON_SUBMIT; /* of the host that submits nothing is known */
    return m->here.memory || m->here.cores;
}

/* This machine has less than a task asks for. */
static void
check_here(const struct model *m, const struct family *f, const struct demand *d)
{
    bool memory = d->of == DEMAND_MEMORY, cores = d->of == DEMAND_CORES;
    double have = memory ? (double)m->here.memory : cores ? m->here.cores : 0;
    if (have <= 0 || d->value <= have || m->here.some)
        return;
    struct buf text = {0};
    if (memory) {
        buf_puts(&text, "needs ");
        add_bytes(&text, d->value, have);
        buf_puts(&text, " of memory, and this machine has ");
        add_bytes(&text, have, d->value);
        buf_puts(&text, " for tasks");
    } else {
        buf_printf(&text, "needs %.0f core%s, and this machine has %.0f", d->value,
            plural(d->value), have);
    }
    struct diag *x = tell(m, f, d, m->here.runs ? DIAG_ERROR : DIAG_WARNING, text.p);
    if (memory)
        note_terms(x, f, d, have);
    if (memory)
        diag_help(x, "lower the memory if that is more than the program uses, or %s",
            m->here.runs
                ? "run on a machine with more; 'wflc run --memory SIZE' uses more of this one"
                : "run on a machine with more, or on a site: 'wflc run' here refuses it");
    else
        diag_help(x, "let the task use fewer, or %s",
            m->here.runs ? "run on a machine with more"
                         : "run it elsewhere: 'wflc run' here refuses it");
    buf_free(&text);
}

void
demand_check(const struct model *m, const struct family *f, const struct demand *d)
{
    static void (*const check[])(const struct model *, const struct site *, const struct family *,
        const struct demand *) = {[DEMAND_MEMORY] = check_memory,
        [DEMAND_CORES] = check_count,
        [DEMAND_GPUS] = check_count,
        [DEMAND_NODES] = check_nodes,
        [DEMAND_TIME] = check_time,
        [DEMAND_LIMIT] = check_time};
    for (unsigned i = 0; i < m->nsites; i++)
        if (m->sites[i].judged)
            check[d->of](m, &m->sites[i], f, d);
    check_here(m, f, d);
}

/* --- what is the same for all tasks --- */

static bool
constant(const struct expr *e, double *n)
{
    if (!e || e->type == TYPE_ERROR || !expr_is_const(e))
        return false;
    *n = e->value.tag == VAL_INT ? (double)e->value.i : e->value.r;
    return true;
}

static void
constant_memory(const struct model *m, const struct family *f)
{
    double *term = xcalloc(f->nterms + 1, sizeof *term);
    struct demand d = {.of = DEMAND_MEMORY,
        .value = COST_DEFAULT_MEMORY,
        .at = f->at,
        .term = term};
    bool known = !f->memory || constant(f->memory, &d.value);
    for (unsigned i = 0; i < f->nterms && known; i++)
        known = constant(f->term[i].size, &term[i]);
    if (f->memory)
        d.at = f->memory->at;
    if (known)
        demand_check(m, f, &d);
    free(term);
}

void
demand_check_constants(const struct model *m, const struct family *f)
{
    double n;
    constant_memory(m, f);
    if (constant(f->cores, &n))
        demand_check(m, f, &(struct demand){.of = DEMAND_CORES, .value = n, .at = f->cores->at});
    if (constant(f->gpus, &n))
        demand_check(m, f, &(struct demand){.of = DEMAND_GPUS, .value = n, .at = f->gpus->at});
    if (f->nodes)
        demand_check(m, f,
            &(struct demand){.of = DEMAND_NODES, .value = (double)f->nodes, .at = f->nodes_at});
    double time = 0;
    if (constant(f->time, &time))
        demand_check(m, f, &(struct demand){.of = DEMAND_TIME, .value = time, .at = f->time->at});
    if (constant(f->limit, &n))
        demand_check(m, f,
            &(struct demand){.of = DEMAND_LIMIT, .value = n, .at = f->limit->at, .time = time});
}
