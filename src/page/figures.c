#include "config.h"

#include "page/figures.h"

#include "cost/cost.h"
#include "util/list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
keep_earlier(void *arg, uint32_t task, const struct fact *attempt)
{
    struct figures *f = arg;
    ARRAY_GROW(f->earlier, f->nearlier, f->cap_earlier);
    f->earlier[f->nearlier++] = (struct figures_earlier){task, *attempt};
}

void
figures_each(const struct figures *f, void (*each)(void *arg, uint32_t task, const struct fact *a),
    void *arg)
{
    for (size_t i = 0; i < f->nearlier; i++)
        each(arg, f->earlier[i].task, &f->earlier[i].fact);
    for (uint32_t t = 0; t < f->facts.plan->head->ntasks; t++)
        if (f->facts.task[t].attempt || f->facts.task[t].ended_s)
            each(arg, t, &f->facts.task[t]);
}

bool
figures_runs(const struct figures *f, uint32_t task, const struct fact *a)
{
    return a->started_s && !a->ended_s && f->facts.status->state[task] == STATUS_RUNNING;
}

/* --- hosts --- */

static const char *
host_name(const struct figures *f, uint32_t holder, size_t *n)
{
    const char *name = strpool_get(&f->facts.holders, holder);
    *n = strcspn(name, ".");
    return name;
}

static int
compare_names(const struct figures *f, uint32_t a, uint32_t b)
{
    size_t n, m;
    const char *x = host_name(f, a, &n), *y = host_name(f, b, &m);
    int c = memcmp(x, y, n < m ? n : m);
    return c ? c : (n > m) - (n < m);
}

static int
by_name(const void *a, const void *b, void *arg)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    int c = compare_names(arg, x, y);
    return c ? c : (x > y) - (x < y);
}

/* Holders, of which one host may have had many, by the names of their hosts. */
static void
find_hosts(struct figures *f)
{
    uint32_t n = f->facts.holders.count, *holder = xcalloc(n + 1, sizeof *holder);
    f->host_of = xcalloc(n + 1, sizeof *f->host_of);
    f->host = xcalloc(n + 1, sizeof *f->host);
    for (uint32_t i = 1; i < n; i++)
        holder[i - 1] = i;
    if (n > 1)
        qsort_r(holder, n - 1, sizeof *holder, by_name, f);
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (i == 0 || compare_names(f, holder[i - 1], holder[i]) != 0)
            f->host[f->nhosts++] = (struct figures_host){.holder = holder[i], .first_s = INFINITY};
        f->host_of[holder[i]] = f->nhosts - 1;
    }
    f->nrows = f->nhosts < FIGURES_ROWS ? f->nhosts : FIGURES_ROWS;
    for (uint32_t i = 0; i < f->nhosts; i++)
        f->host[i].row = (uint32_t)((uint64_t)i * f->nrows / f->nhosts);
    free(holder);
}

uint32_t
figures_row(const struct figures *f, unsigned row, uint32_t *n)
{
    uint32_t first = 0;
    while (first < f->nhosts && f->host[first].row != row)
        first++;
    for (*n = 0; first + *n < f->nhosts && f->host[first + *n].row == row;)
        ++*n;
    return first;
}

/* --- the time in which something happened --- */

struct span {
    const struct figures *f;
    double first, last;
};

/* When it ran; false: nobody knows. */
static bool
ran(const struct figures *f, uint32_t task, const struct fact *a, double *from, double *to)
{
    bool runs = figures_runs(f, task, a);
    *to = runs ? (double)f->facts.status->now_us * 1e-6 : a->ended_s + a->ended_ms * 1e-3;
    *from = *to - fact_ran_s(&f->facts, a);
    return runs || a->ended_s;
}

static void
widen(void *arg, uint32_t task, const struct fact *a)
{
    struct span *s = arg;
    double from, to;
    if (!ran(s->f, task, a, &from, &to))
        return;
    s->first = from < s->first ? from : s->first;
    s->last = to > s->last ? to : s->last;
}

static void
divide_time(struct figures *f)
{
    static const double steps[] = {1, 5, 10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200,
        86400, 172800, 604800, 2419200};
    struct span s = {f, INFINITY, -INFINITY};
    figures_each(f, widen, &s);
    if (!(s.last >= s.first))
        return;
    for (size_t i = 0; i < COUNT_OF(steps) || f->nbins > FIGURES_BINS; i++) {
        f->step_s = i < COUNT_OF(steps) ? steps[i] : f->step_s * 2;
        f->first_s = floor(s.first / f->step_s) * f->step_s;
        f->nbins = (unsigned)fmin(floor((s.last - f->first_s) / f->step_s) + 1, 1e9);
        if (f->nbins <= FIGURES_BINS)
            break;
    }
    f->bin = xcalloc(f->nbins, sizeof *f->bin);
    f->row_s = xcalloc((size_t)f->nrows * f->nbins + 1, sizeof *f->row_s);
}

static unsigned
bin_of(const struct figures *f, double s)
{
    double i = floor((s - f->first_s) / f->step_s);
    return i < 0 ? 0 : i < f->nbins ? (unsigned)i : f->nbins - 1;
}

/* --- counting --- */

struct counting {
    struct figures *f;
    struct plan_eval *eval;
    struct cost *constant; /* of each family that has one */
    bool *evaluated;
    uint8_t *seen; /* of each host and bin: it is counted among its nodes */
};

static struct cost
stated(struct counting *c, uint32_t family, uint32_t task)
{
    const struct plan_family *pf = &c->f->facts.plan->family[family];
    struct cost cost;
    if (c->evaluated[family])
        return c->constant[family];
    cost_of(c->eval, pf, task, &cost, NULL);
    if (pf->constant) {
        c->constant[family] = cost;
        c->evaluated[family] = true;
    }
    return cost;
}

/* What ran from one time to another, in the bins of that. */
static void
spread(struct counting *c, struct figures_host *h, double from, double to, double planned,
    double used)
{
    struct figures *f = c->f;
    for (unsigned i = bin_of(f, from), last = bin_of(f, to); i <= last; i++) {
        double low = f->first_s + i * f->step_s, high = low + f->step_s;
        double s = fmin(high, to) - fmax(low, from);
        size_t at = (size_t)(h - f->host) * f->nbins + i;
        struct figures_bin *b = &f->bin[i];
        b->busy_s += s;
        b->planned += planned * s;
        b->used += used * s;
        f->row_s[h->row * f->nbins + i] += s;
        b->nodes += !c->seen[at];
        c->seen[at] = 1;
    }
}

static void
count_host(struct figures_host *h, const struct fact *a, double from, double to)
{
    h->attempts++;
    h->good += a->ended_s && a->reason == REASON_OK;
    h->busy_s += to - from;
    h->first_s = fmin(h->first_s, from);
    h->last_s = fmax(h->last_s, to);
}

static void
note_range(double value, double *least, double *most)
{
    *least = *most == 0 || value < *least ? value : *least;
    *most = value > *most ? value : *most;
}

/* What it took, beside what is stated; of those that ended well. */
static void
compare(struct figures_family *of, const struct fact *a, const struct cost *cost)
{
    double s = a->wall_ms * 1e-3, bytes = a->peak_kib * 1024.0;
    note_range(cost->memory, &of->least_bytes, &of->most_bytes_stated);
    if (cost->seconds > 0)
        note_range(cost->seconds, &of->least_time, &of->most_time);
    if (a->reason != REASON_OK)
        return;
    if (s > 0 && (of->absolute || cost->seconds > 0))
        sketch_count(&of->time.ended[sketch_bin(of->absolute ? s : s / cost->seconds)], 1);
    if (bytes > 0 && cost->memory > 0 && !(a->flags & JOURNAL_SHARED))
        sketch_count(&of->memory.ended[sketch_bin(bytes / cost->memory)], 1);
}

static void
count(void *arg, uint32_t task, const struct fact *a)
{
    struct counting *c = arg;
    struct figures *f = c->f;
    uint32_t family = plan_family_of(f->facts.plan, task);
    struct figures_family *of = &f->family[family];
    double from, to;
    if (!a->attempt)
        return;
    f->nattempts++;
    of->attempts++;
    if (!ran(f, task, a, &from, &to))
        return;
    struct figures_host *h = &f->host[f->host_of[a->holder]];
    struct cost cost = stated(c, family, task);
    bool known = a->ended_s && a->peak_kib && !(a->flags & JOURNAL_SHARED);
    if (a->holder) { /* what was carried over has none */
        count_host(h, a, from, to);
        spread(c, h, from, to, known ? cost.memory : 0, known ? a->peak_kib * 1024.0 : 0);
    }
    if (!a->ended_s)
        return;
    f->nended[a->reason]++;
    of->ended[a->reason]++;
    f->bin[bin_of(f, to)].ended[a->reason]++;
    of->wall_s += to - from;
    of->longest_s = fmax(of->longest_s, to - from);
    of->most_bytes = fmax(of->most_bytes, a->peak_kib * 1024.0);
    compare(of, a, &cost);
}

static void
count_attempts(struct figures *f)
{
    const struct plan *p = f->facts.plan;
    struct counting c = {.f = f,
        .eval = plan_eval_new(p),
        .constant = xcalloc(p->nfamilies + 1, sizeof *c.constant),
        .evaluated = xcalloc(p->nfamilies + 1, sizeof *c.evaluated),
        .seen = xcalloc((size_t)f->nhosts * f->nbins + 1, 1)};
    f->family = xcalloc(p->nfamilies + 1, sizeof *f->family);
    for (uint32_t k = 0; k < p->nfamilies; k++)
        f->family[k].absolute = p->family[k].time.size == 0;
    figures_each(f, count, &c);
    plan_eval_free(c.eval);
    free(c.constant);
    free(c.evaluated);
    free(c.seen);
}

static void
note_slow(struct figures *f, uint32_t task)
{
    double s = fact_ran_s(&f->facts, &f->facts.task[task]);
    unsigned i = f->nslowest;
    if (!(s > 0) || (i == FIGURES_SLOWEST && s <= f->slowest[i - 1].ran_s))
        return;
    f->nslowest += i < FIGURES_SLOWEST;
    for (i = f->nslowest - 1; i && f->slowest[i - 1].ran_s < s; i--)
        f->slowest[i] = f->slowest[i - 1];
    f->slowest[i] = (struct figures_slow){task, s};
}

/* What tasks are now, and when they became so. */
static void
count_tasks(struct figures *f)
{
    const struct facts *facts = &f->facts;
    for (uint32_t t = 0; t < facts->plan->head->ntasks; t++) {
        const struct fact *a = &facts->task[t];
        uint8_t state = facts->status->state[t];
        if (a->ended_s || figures_runs(f, t, a))
            note_slow(f, t);
        if (f->nbins && state == STATUS_DONE)
            f->bin[bin_of(f, a->ended_s)].done++;
        else if (f->nbins && state == STATUS_FAILED)
            f->bin[bin_of(f, a->ended_s)].failed++;
    }
}

bool
figures_read(const char *dir, int64_t now_us, struct figures *f, struct buf *why)
{
    *f = (struct figures){0};
    if (!facts_open(dir, &f->facts, why) ||
        !facts_read_all(dir, now_us, keep_earlier, f, &f->facts, why))
        return false;
    find_hosts(f);
    divide_time(f);
    count_attempts(f);
    count_tasks(f);
    return true;
}

void
figures_free(struct figures *f)
{
    facts_free(&f->facts);
    free(f->earlier);
    free(f->bin);
    free(f->family);
    free(f->host);
    free(f->host_of);
    free(f->row_s);
}
