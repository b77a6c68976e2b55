/* Tasks that run while one plan follows another: those of the new plan that are the same are not
 * started, and done if these are; those that would get in their way wait for their end. And the
 * same, any number of changes later, of those that have ended since, or still run. */
#include "config.h"

#include "state/carry-private.h"

#include "journal/journal.h"
#include "state/plans.h"

#include <stdlib.h>
#include <string.h>

/* --- what ended since the change before --- */

/* The plan with this identity, and its record; PLAN_NONE: not, with a sentence in `why`. */
static uint32_t
find_earlier(struct carry *c, uint64_t identity, const char *state, struct buf *why)
{
    struct buf path = {0};
    for (uint32_t i = 0; i < c->nearlier; i++)
        if (c->earlier[i].plan->head->identity == identity)
            return i;
    plans_path(state, identity, &path);
    struct plan *p = plan_open(path.p, why);
    buf_free(&path);
    if (!p)
        return PLAN_NONE;
    c->earlier = xrealloc(c->earlier, (c->nearlier + 1) * sizeof *c->earlier);
    struct earlier *e = &c->earlier[c->nearlier++];
    *e = (struct earlier){.plan = p};
    int err = carry_read(&e->record, p, state);
    if (!err)
        return c->nearlier - 1;
    buf_printf(why, "cannot read in '%s' what ran when the plan changed: %s", state, strerror(err));
    return PLAN_NONE;
}

void
carry_free_before(struct carry *c)
{
    for (uint32_t i = 0; i < c->nearlier; i++) {
        carry_free(&c->earlier[i].record);
        plan_close(c->earlier[i].plan);
    }
    free(c->earlier);
    free(c->via);
    next_free_tasks(&c->waited);
}

/* Does a task of the plan in force wait for it, of which nothing is on record? */
static bool
is_waited_for(const struct carry *c, const struct next_task *k)
{
    return k->task < c->old.plan->head->ntasks && !c->old.at[k->task] &&
           c->old.end_us[k->task] == NOT_DONE;
}

/* May it still run? None of the plan in force need wait for that. */
static bool
may_run(const struct carry *c, const struct next_task *k, uint32_t earlier)
{
    const struct record *r = &c->earlier[earlier].record;
    return is_waited_for(c, k) ||
           (k->task == PLAN_NONE && k->was < r->plan->head->ntasks && r->running[k->was]);
}

static void
take_before(struct carry *c, const struct next_task *k, uint32_t earlier)
{
    struct record *old = &c->old, *r = &c->earlier[earlier].record;
    if (!k->same || !is_waited_for(c, k) || k->was >= r->plan->head->ntasks)
        return;
    old->end_us[k->task] = r->end_us[k->was];
    old->tried_us[k->task] = r->tried_us[k->was];
    old->exact[k->task] = r->exact[k->was];
    old->ndone += r->end_us[k->was] != NOT_DONE;
    c->via[k->task] = (struct via){earlier, k->was};
}

static int
by_task(const void *a, const void *b)
{
    const struct next_task *x = a, *y = b;
    return (x->task > y->task) - (x->task < y->task);
}

bool
carry_before(struct carry *c, const char *state, struct buf *why)
{
    struct next_tasks *t = &c->waited;
    uint32_t n = c->old.plan->head->ntasks, left = 0;
    int err = next_read_tasks(state, c->old.plan->head->identity, t);
    if (err)
        buf_printf(why, "cannot read in '%s' what ran when the plan changed: %s", state,
            strerror(err));
    if (err || !t->n)
        return !err;
    c->via = xmalloc(((size_t)n + 1) * sizeof *c->via);
    for (uint32_t i = 0; i < n; i++)
        c->via[i] = (struct via){PLAN_NONE, PLAN_NONE};
    for (uint32_t i = 0; i < t->n; i++) {
        uint32_t earlier = find_earlier(c, t->task[i].plan, state, why);
        if (earlier == PLAN_NONE)
            return false;
        take_before(c, &t->task[i], earlier);
        if (may_run(c, &t->task[i], earlier))
            t->task[left++] = t->task[i];
    }
    t->n = left;
    qsort(t->task, left, sizeof *t->task, by_task);
    for (uint32_t i = 0; i < left && c->how->live; i++)
        if (t->task[i].plan == c->again.plan->head->identity) {
            buf_puts(why, "tasks still run by that very plan, which was in force before; wait for "
                          "them, or change the campaign in another way");
            return false;
        }
    return true;
}

void
carry_part_before(struct carry *c)
{
    for (uint32_t i = 0; c->via && i < c->old.plan->head->ntasks; i++) {
        if (c->via[i].task == PLAN_NONE)
            continue;
        struct record *r = &c->earlier[c->via[i].earlier].record;
        r->to[c->via[i].task] = c->old.to[i];
        r->tried_to[c->via[i].task] = c->old.tried_to[i];
        c->old.to[i] = c->old.tried_to[i] = PLAN_NONE;
    }
}

/* --- what runs now --- */

static const struct journal_head *
head_of(const struct record *r, uint32_t task)
{
    const struct journal_head *h = (const struct journal_head *)(const void *)r->heads.p;
    return &h[r->at[task] - 1];
}

/* One that is done while its process works on others may have to be made again. */
static bool
is_late(const struct plan *p, uint32_t task)
{
    return plan_releases(p, &p->family[plan_family_of(p, task)]);
}

/* Who has its shard now tells of a task that an earlier holder died with: of each shard its last
 * journal, in `heads`, + 1. */
static uint32_t *
last_journals(const struct record *r)
{
    const struct journal_head *h = (const struct journal_head *)(const void *)r->heads.p;
    uint32_t *last = xcalloc((size_t)r->plan->nshards + 1, sizeof *last);
    for (size_t i = 0; i < r->closed.n; i++)
        if (h[i].shard < r->plan->nshards)
            last[h[i].shard] = (uint32_t)i + 1;
    return last;
}

/* Of a dead one, too: whoever takes its tasks has to make sure that none of them runs any more. */
void
carry_find_running(struct carry *c)
{
    struct record *r = &c->old;
    if (!c->how->live)
        return;
    uint32_t *last = last_journals(r);
    c->pending = xcalloc((size_t)r->plan->head->ntasks + 1, 1);
    for (uint32_t t = 0; t < r->plan->head->ntasks; t++) {
        uint32_t at = last[plan_shard_of(r->plan, t)];
        bool done = r->end_us[t] != NOT_DONE, wrote_here = r->at[t] == at;
        if (!r->at[t] || !at || r->closed.p[at - 1] ||
            !(r->running[t] || (done && wrote_here && is_late(r->plan, t))))
            continue;
        c->pending[t] = 1;
        r->at[t] = at;
        r->end_us[t] = NOT_DONE;
        r->ndone -= done;
    }
    for (uint32_t i = 0; i < c->waited.n; i++)
        if (c->waited.task[i].task != PLAN_NONE)
            c->pending[c->waited.task[i].task] = 1;
    free(last);
}

uint32_t
carry_count_running(const struct carry *c)
{
    uint32_t n = 0;
    for (uint32_t t = 0; c->pending && t < c->old.plan->head->ntasks; t++)
        n += c->pending[t];
    return n;
}

/* Task `task` of the new plan waits for what runs by a plan before, number `i` of those. */
static void
add_waited(struct carry *c, uint32_t task, uint32_t i, bool same)
{
    struct next_task k = c->waited.task[i];
    k.task = task;
    k.same &= same;
    next_add_task(c->how->live->tasks, &k);
}

/* For all that task `was` of the plan in force waits for. */
static void
add_all_waited(struct carry *c, uint32_t task, uint32_t was, bool same)
{
    const struct next_tasks *t = &c->waited;
    uint32_t from = 0, to = t->n;
    while (from < to) {
        uint32_t mid = (from + to) / 2;
        if (t->task[mid].task < was)
            from = mid + 1;
        else
            to = mid;
    }
    for (; from < t->n && t->task[from].task == was; from++)
        add_waited(c, task, from, same);
}

/* Task `task` of the new plan, or PLAN_NONE, waits for one that runs. */
static void
add_task(struct carry *c, uint32_t task, uint32_t was, bool same)
{
    if (!c->old.at[was]) {
        add_all_waited(c, task, was, same);
        return;
    }
    const struct journal_head *h = head_of(&c->old, was);
    struct next_task k = {.task = task,
        .same = same,
        .late = is_late(c->old.plan, was),
        .shard = h->shard,
        .epoch = h->epoch,
        .was = was,
        .plan = c->old.plan->head->identity};
    memcpy(k.holder, h->holder, sizeof k.holder);
    next_add_task(c->how->live->tasks, &k);
}

/* --- what gets into its way --- */

/* The name of a task, and of each of its outputs, for the one with number `as`. */
static void
add_marks(struct plan_eval *e, const struct plan *p, uint32_t task, uint32_t as, struct buf *text,
    struct buf *marks)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    buf_reset(text);
    plan_task_label(p, task, text);
    struct mark m = {hash128(text->p, text->n), as};
    buf_add(marks, &m, sizeof m);
    for (uint32_t i = 0; i < f->noutputs; i++) {
        buf_reset(text);
        if (!plan_path(e, task, f->first_output + i, NULL, text))
            continue;
        m.id = hash128(text->p, text->n);
        buf_add(marks, &m, sizeof m);
    }
}

/* Of what runs by plans before, number i is number i behind the tasks of the plan in force. */
static void
list_unpaired(const struct carry *c, struct buf *marks)
{
    struct plan_eval *e = plan_eval_new(c->old.plan);
    struct buf text = {0};
    for (uint32_t t = 0; t < c->old.plan->head->ntasks; t++)
        if (c->pending[t] && c->old.to[t] == PLAN_NONE)
            add_marks(e, c->old.plan, t, t, &text, marks);
    plan_eval_free(e);
    for (uint32_t k = 0; k < c->nearlier; k++) {
        const struct plan *p = c->earlier[k].plan;
        e = plan_eval_new(p);
        for (uint32_t i = 0; i < c->waited.n; i++) {
            const struct next_task *w = &c->waited.task[i];
            if (w->plan == p->head->identity && w->was < p->head->ntasks &&
                (!w->same || c->old.to[w->task] == PLAN_NONE))
                add_marks(e, p, w->was, c->old.plan->head->ntasks + i, &text, marks);
        }
        plan_eval_free(e);
    }
    buf_free(&text);
}

/* A task may be meant by several of its marks: it is noted once. */
static void
compare_task(struct carry *c, uint32_t task, const struct buf *marks, const struct buf *own)
{
    const struct mark *v = (const struct mark *)(const void *)marks->p;
    const struct mark *o = (const struct mark *)(const void *)own->p;
    size_t n = marks->n / sizeof *v;
    uint32_t last = PLAN_NONE;
    for (size_t i = 0; i < own->n / sizeof *o; i++) {
        size_t from = 0, to = n;
        while (from < to) {
            size_t mid = (from + to) / 2;
            struct mark a = v[mid], b = o[i];
            a.task = b.task = 0;
            if (carry_by_identity(&a, &b) < 0)
                from = mid + 1;
            else
                to = mid;
        }
        for (; from < n && v[from].id.a == o[i].id.a && v[from].id.b == o[i].id.b; from++) {
            const uint32_t was = v[from].task, n_old = c->old.plan->head->ntasks;
            if (was != last && was < n_old)
                add_task(c, task, was, false);
            else if (was != last)
                add_waited(c, task, was - n_old, false);
            last = v[from].task;
            c->again.to[task] = PLAN_NONE;
        }
    }
}

void
carry_find_waiting(struct carry *c)
{
    struct buf marks = {0}, own = {0}, text = {0};
    const struct plan *p = c->again.plan;
    if (c->pending)
        list_unpaired(c, &marks);
    if (marks.n) {
        struct plan_eval *e = plan_eval_new(p);
        qsort(marks.p, marks.n / sizeof(struct mark), sizeof(struct mark), carry_by_identity);
        for (uint32_t t = 0; t < p->head->ntasks; t++) {
            buf_reset(&own);
            add_marks(e, p, t, t, &text, &own);
            compare_task(c, t, &marks, &own);
        }
        plan_eval_free(e);
    }
    buf_free(&marks);
    buf_free(&own);
    buf_free(&text);
}

void
carry_list_running(struct carry *c, const uint32_t *paired)
{
    for (uint32_t t = 0; c->pending && t < c->old.plan->head->ntasks; t++) {
        if (!c->pending[t])
            continue;
        add_task(c, paired[t], t, c->old.to[t] != PLAN_NONE);
        c->old.to[t] = PLAN_NONE;
    }
    for (uint32_t i = 0; i < c->waited.n && c->how->live; i++)
        if (c->waited.task[i].task == PLAN_NONE)
            add_waited(c, PLAN_NONE, i, false);
}
