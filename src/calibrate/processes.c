/* From records of tasks to processes. The tasks of a bundle are those whose START names the same
 * spool of a shim, from the first of them until none is left. No START is carried over to another
 * plan: what shared a process is looked for in the record of the plan that it ran by. */
#include "config.h"

#include "calibrate/processes.h"

#include "cost/bundles.h"
#include "cost/ratios.h"
#include "journal/journal.h"
#include "journal/paths.h"
#include "state/plans.h"
#include "util/list.h"
#include "util/map64.h"
#include "util/strpool.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Processes of a family, about; and of tasks that share them so many times that. */
enum { MOST_PROCESSES = 4096, MOST_SHARING = 4 };

/* A START or END of a task of a bundle. */
struct event {
    int64_t time_us;
    uint32_t holder, task, wall_ms, peak_kib;
    uint32_t spool; /* START */
    uint8_t kind, reason, flags;
    bool part; /* another attempt was before, which may have left a checkpoint */
};

struct reader {
    const struct plan *plan;
    struct measured *family;
    struct plan_eval *eval;
    struct cost *constant; /* of families whose costs are */
    uint8_t *done, *begun; /* bits of tasks: seen to their end; an attempt was made */
    struct map64 carried;  /* tasks that were carried over and shared a process, by identity */
    struct strpool holders;
    const struct journal_head *head;
    uint32_t holder; /* of that */
    struct event *event, *alone;
    size_t nevents, cap, nalone, cap_alone;
    uint32_t processes; /* numbers that were given */
};

static bool
get_bit(const uint8_t *bits, uint32_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

static bool
set_bit(uint8_t *bits, uint32_t i)
{
    bool was = get_bit(bits, i);
    bits[i / 8] |= (uint8_t)(1u << i % 8);
    return was;
}

/* --- which tasks --- */

static void
choose_steps(struct reader *r, const struct status *s)
{
    for (uint32_t i = 0; i < r->plan->nfamilies; i++) {
        uint64_t most = MOST_PROCESSES * (uint64_t)(r->plan->family[i].bundle ? MOST_SHARING : 1);
        uint64_t ended = s ? (uint64_t)s->family[i].of[STATUS_DONE] + s->family[i].of[STATUS_FAILED]
                           : r->plan->family[i].ntasks;
        r->family[i].step = (uint32_t)(ended / most) + 1;
    }
}

static bool
is_chosen(const struct reader *r, uint32_t family, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[family];
    uint32_t step = r->family[family].step;
    uint64_t key = f->bundle ? bundle_key(r->plan, f, task - f->first_task) : task;
    return step == 1 || hash64(&key, sizeof key, 0) % step == 0;
}

/* --- records --- */

static uint32_t
holder_of(struct reader *r, const struct journal_head *head)
{
    if (head != r->head)
        r->holder = strpool_adds(&r->holders, head->holder);
    r->head = head;
    return r->holder;
}

static bool
took_time(const struct journal_rec *end)
{
    return end->wall_ms && end->reason != REASON_INPUT && end->reason != REASON_GONE &&
           end->reason != REASON_LOST && !(end->flags & JOURNAL_RECOVERED);
}

static void
note_end(struct reader *r, uint32_t family, struct event *e)
{
    bool before = set_bit(r->begun, e->task);
    e->part = before && r->plan->family[family].ncheckpoints;
    if (e->reason == REASON_OK && !e->part)
        set_bit(r->done, e->task);
}

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct reader *r = arg;
    if (rec->kind == JOURNAL_HEAD) /* the next journal's head may be where the last one's was */
        r->head = NULL;
    bool end = rec->kind == JOURNAL_END;
    if ((!end && rec->kind != JOURNAL_START) || rec->task >= r->plan->head->ntasks)
        return true;
    uint32_t family = plan_family_of(r->plan, rec->task);
    bool timed = end && took_time(rec), bundled = r->plan->family[family].bundle != 0;
    r->family[family].attempts += timed;
    if (end && rec->flags & JOURNAL_CARRIED && rec->flags & JOURNAL_SHARED) {
        struct hash128 id;
        bool found;
        if (plan_task_identity(r->eval, rec->task, &id))
            map64_add(&r->carried, id.a, rec->task, &found);
        if (rec->reason == REASON_OK)
            set_bit(r->done, rec->task);
        return true;
    }
    if ((!bundled && !timed) || !is_chosen(r, family, rec->task))
        return true;
    struct event e = {rec->time_us, holder_of(r, head), rec->task, timed ? rec->wall_ms : 0,
        rec->peak_kib, end ? 0 : rec->log_len, rec->kind, rec->reason, rec->flags, false};
    if (timed)
        note_end(r, family, &e);
    if (bundled) {
        ARRAY_GROW(r->event, r->nevents, r->cap);
        r->event[r->nevents++] = e;
    } else {
        ARRAY_GROW(r->alone, r->nalone, r->cap_alone);
        r->alone[r->nalone++] = e;
    }
    return true;
}

/* --- what is stated --- */

static struct cost
stated(struct reader *r, uint32_t family, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[family];
    struct cost c, *kept = &r->constant[family];
    if (f->constant && kept->memory > 0)
        return *kept;
    cost_of(r->eval, f, task, &c, NULL);
    if (f->constant)
        *kept = c;
    return c;
}

/* --- processes --- */

static void
add_run(struct reader *r, uint32_t family, const struct event *e, uint32_t process, uint32_t tasks)
{
    struct measured *m = &r->family[family];
    bool open = e->reason != REASON_OK || e->part;
    if (open && get_bit(r->done, e->task)) /* then its whole time is known as well */
        return;
    ARRAY_GROW(m->run, m->nruns, m->cap_runs);
    m->run[m->nruns++] = (struct run){e->task, tasks, process, e->wall_ms * 1e-3,
        stated(r, family, e->task).seconds, open};
}

static void
add_process(struct reader *r, uint32_t family, struct process p)
{
    struct measured *m = &r->family[family];
    if (!p.bytes || r->plan->family[family].nodes) /* what has whole nodes may use all there is */
        return;
    p.bytes = p.bytes > RATIOS_LEAST ? p.bytes : RATIOS_LEAST;
    ARRAY_GROW(m->process, m->nprocesses, m->cap_processes);
    m->process[m->nprocesses++] = p;
}

/* A process that had one task. */
static void
add_alone(struct reader *r, const struct event *e)
{
    uint32_t family = plan_family_of(r->plan, e->task);
    struct cost c = stated(r, family, e->task);
    bool open = e->reason != REASON_OK;
    add_run(r, family, e, r->processes++, 1);
    if (!open || !get_bit(r->done, e->task))
        add_process(r, family,
            (struct process){e->task, 1, e->peak_kib * UINT64_C(1024), c.shared,
                c.memory - c.shared, open});
}

/* The process of a spool, with the ends of its tasks so far. */
struct opened {
    uint32_t running, most; /* tasks */
    struct event *end;      /* of tasks that took time */
    uint32_t n, cap;
};

struct sweep {
    struct reader *r;
    uint32_t *spool_of;    /* of each task that runs: + 1 */
    struct opened *opened; /* by spool */
    uint32_t n;
};

static void
close_process(struct reader *r, struct opened *o)
{
    uint32_t family = plan_family_of(r->plan, o->end->task);
    bool fed = r->plan->family[family].feed.size;
    struct process p = {.task = o->end->task, .tasks = fed ? o->most : o->n};
    double own = 0;
    bool all_done = true;
    for (uint32_t i = 0; i < o->n; i++) {
        const struct event *e = &o->end[i];
        struct cost c = stated(r, family, e->task);
        own += (c.memory - c.shared) / o->n;
        p.shared = c.shared > p.shared ? c.shared : p.shared;
        p.bytes = e->peak_kib > p.bytes ? e->peak_kib : p.bytes;
        p.open |= e->reason != REASON_OK;
        all_done &= get_bit(r->done, e->task);
        add_run(r, family, e, r->processes, p.tasks);
    }
    r->processes++;
    p.bytes *= 1024;
    p.own = own * p.tasks;
    if (!p.open || !all_done)
        add_process(r, family, p);
}

static struct opened *
opened_at(struct sweep *s, uint32_t spool)
{
    if (spool >= s->n) {
        uint32_t n = 2 * spool + 8;
        s->opened = xrealloc(s->opened, n * sizeof *s->opened);
        for (; s->n < n; s->n++)
            s->opened[s->n] = (struct opened){0};
    }
    return &s->opened[spool];
}

static void
event_start(struct sweep *s, const struct event *e)
{
    enum { MOST_SPOOLS = 1 << 20 }; /* what is beyond is damage */
    if (!e->spool || e->spool > MOST_SPOOLS || s->spool_of[e->task])
        return;
    struct opened *o = opened_at(s, e->spool);
    s->spool_of[e->task] = e->spool;
    o->running++;
    o->most = o->running > o->most ? o->running : o->most;
}

static void
event_end(struct sweep *s, const struct event *e)
{
    uint32_t spool = s->spool_of[e->task];
    bool shared = e->flags & JOURNAL_SHARED;
    if (!spool && !shared && e->wall_ms) /* its START was in another place, or is lost */
        add_alone(s->r, e);
    if (!spool)
        return;
    struct opened *o = &s->opened[spool];
    s->spool_of[e->task] = 0;
    o->running--;
    if (e->wall_ms) {
        ARRAY_GROW(o->end, o->n, o->cap);
        o->end[o->n++] = *e;
    }
    if (o->running)
        return;
    if (o->n)
        close_process(s->r, o);
    o->n = o->most = 0;
}

/* Those of one shim. What it did not end died with it: nothing is known of that. */
static void
sweep_holder(struct sweep *s, const struct event *e, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (e[i].kind == JOURNAL_START)
            event_start(s, &e[i]);
        else
            event_end(s, &e[i]);
    for (size_t i = 0; i < n; i++)
        s->spool_of[e[i].task] = 0;
    for (uint32_t i = 0; i < s->n; i++)
        s->opened[i].running = s->opened[i].most = s->opened[i].n = 0;
}

/* What ended at the moment at which another one began made room for it. */
static int
in_time(const void *pa, const void *pb)
{
    const struct event *a = pa, *b = pb;
    if (a->holder != b->holder)
        return a->holder < b->holder ? -1 : 1;
    if (a->time_us != b->time_us)
        return a->time_us < b->time_us ? -1 : 1;
    return a->kind != b->kind ? b->kind - a->kind : (a->task > b->task) - (a->task < b->task);
}

static void
find_processes(struct reader *r)
{
    struct sweep s = {.r = r};
    for (size_t i = 0; i < r->nalone; i++)
        add_alone(r, &r->alone[i]);
    if (!r->nevents)
        return;
    s.spool_of = xcalloc((size_t)r->plan->head->ntasks + 1, sizeof *s.spool_of);
    qsort(r->event, r->nevents, sizeof *r->event, in_time);
    for (size_t i = 0, end; i < r->nevents; i = end) {
        for (end = i + 1; end < r->nevents && r->event[end].holder == r->event[i].holder;)
            end++;
        sweep_holder(&s, &r->event[i], end - i);
    }
    for (uint32_t i = 0; i < s.n; i++)
        free(s.opened[i].end);
    free(s.opened);
    free(s.spool_of);
}

/* --- records of plans before --- */

/* PLAN_NONE: it was not carried over, or shared no process. */
static uint32_t
carried_to(const struct reader *r, const struct reader *before, uint32_t task)
{
    struct hash128 id;
    return plan_task_identity(before->eval, task, &id) ? map64_find(&r->carried, id.a) : PLAN_NONE;
}

/* What is stated is what is stated now; of all tasks of a process as of the one. */
static void
add_before(struct reader *r, const struct reader *before, const struct measured *m)
{
    for (size_t i = 0; i < m->nprocesses; i++) {
        struct process p = m->process[i];
        p.task = carried_to(r, before, p.task);
        if (p.task == PLAN_NONE || (p.open && get_bit(r->done, p.task)))
            continue;
        struct cost c = stated(r, plan_family_of(r->plan, p.task), p.task);
        p.shared = c.shared;
        p.own = (c.memory - c.shared) * p.tasks;
        add_process(r, plan_family_of(r->plan, p.task), p);
    }
    for (size_t i = 0; i < m->nruns; i++) {
        const struct run *run = &m->run[i];
        struct event e = {.task = carried_to(r, before, run->task),
            .wall_ms = (uint32_t)lround(run->seconds * 1e3),
            .part = run->open};
        if (e.task != PLAN_NONE)
            add_run(r, plan_family_of(r->plan, e.task), &e, r->processes + run->process,
                run->tasks);
    }
}

static int read_record(const struct plan *p, const struct status *s, const char *state,
    struct reader *heir, struct measured **families);

struct inheriting {
    struct reader *heir;
    const char *state;
};

static bool
read_before(void *inheriting, struct plan *p)
{
    const struct inheriting *i = inheriting;
    struct measured *families = NULL;
    (void)read_record(p, NULL, i->state, i->heir, &families);
    processes_free(families, p->nfamilies);
    plan_close(p);
    return true;
}

/* --- all of a plan --- */

/* With the status of the plan, or for the reader of another one, the heir, which takes what was
 * carried over to that. */
static int
read_record(const struct plan *p, const struct status *s, const char *state, struct reader *heir,
    struct measured **families)
{
    struct reader r = {.plan = p, .eval = plan_eval_new(p)};
    r.family = *families = xcalloc((size_t)p->nfamilies + 1, sizeof *r.family);
    r.constant = xcalloc((size_t)p->nfamilies + 1, sizeof *r.constant);
    r.done = xcalloc((size_t)p->head->ntasks / 8 + 1, 1);
    r.begun = xcalloc((size_t)p->head->ntasks / 8 + 1, 1);
    strpool_init(&r.holders);
    map64_init(&r.carried, 0, 64);
    choose_steps(&r, s);
    int err = journal_read(state, p->head->identity, take, &r, NULL);
    find_processes(&r);
    for (uint32_t i = 0; heir && i < p->nfamilies; i++)
        add_before(heir, &r, &r.family[i]);
    if (heir)
        heir->processes += r.processes;
    else if (r.carried.used)
        plans_before(state, p->head->identity, read_before, &(struct inheriting){&r, state});
    strpool_free(&r.holders);
    map64_free(&r.carried);
    plan_eval_free(r.eval);
    free(r.constant);
    free(r.done);
    free(r.begun);
    free(r.event);
    free(r.alone);
    return err == ENOENT ? 0 : err;
}

int
processes_read(const struct status *s, struct measured **families)
{
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    int err = read_record(s->plan, s, state.p, NULL, families);
    buf_free(&state);
    return err;
}

void
processes_free(struct measured *families, uint32_t n)
{
    for (uint32_t i = 0; families && i < n; i++) {
        free(families[i].process);
        free(families[i].run);
    }
    free(families);
}
