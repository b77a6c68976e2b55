/* Tasks that run while one plan follows another: those of the new plan that are the same are not
 * started, and done if these are; those that would get in their way wait for their end. And the
 * same, one change later, of those that have ended since. */
#include "config.h"

#include "state/carry-private.h"

#include "journal/journal.h"
#include "journal/paths.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- what ended since the change before --- */

static bool
open_before(struct carry *c, const struct next_tasks *t, const char *state, struct buf *why)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_PLANS "/%016" PRIx64 ".wflp", state, t->from);
    c->plan_before = plan_open(path.p, why);
    buf_free(&path);
    return c->plan_before != NULL;
}

/* What the plan in force has on record of a task holds alone. */
static void
take_before(struct carry *c, const struct next_task *k)
{
    struct record *old = &c->old;
    if (!k->same || k->task >= old->plan->head->ntasks || k->was >= c->plan_before->head->ntasks ||
        old->at[k->task] || old->end_us[k->task] != NOT_DONE ||
        c->before.end_us[k->was] == NOT_DONE)
        return;
    old->end_us[k->task] = c->before.end_us[k->was];
    old->exact[k->task] = c->before.exact[k->was];
    old->ndone++;
    c->via[k->task] = k->was;
}

bool
carry_before(struct carry *c, const char *state, struct buf *why)
{
    struct next_tasks t;
    uint32_t n = c->old.plan->head->ntasks;
    int err = next_read_tasks(state, c->old.plan->head->identity, &t);
    if (!err && !t.n)
        return true;
    bool good = !err && open_before(c, &t, state, why);
    if (good)
        err = carry_read(&c->before, c->plan_before, state);
    if (err)
        buf_printf(why, "cannot read in '%s' what ran when the plan changed: %s", state,
            strerror(err));
    good &= !err;
    if (good) {
        c->via = xmalloc(((size_t)n + 1) * sizeof *c->via);
        for (uint32_t i = 0; i < n; i++)
            c->via[i] = PLAN_NONE;
        for (uint32_t i = 0; i < t.n; i++)
            take_before(c, &t.task[i]);
    }
    next_free_tasks(&t);
    return good;
}

void
carry_part_before(struct carry *c)
{
    for (uint32_t i = 0; c->via && i < c->old.plan->head->ntasks; i++) {
        if (c->via[i] == PLAN_NONE || c->old.to[i] == PLAN_NONE)
            continue;
        c->before.to[c->via[i]] = c->old.to[i];
        c->old.to[i] = PLAN_NONE;
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

static void
add_task(struct carry *c, uint32_t task, uint32_t was, bool same)
{
    const struct journal_head *h = head_of(&c->old, was);
    struct next_task k = {.task = task,
        .same = same,
        .late = is_late(c->old.plan, was),
        .shard = h->shard,
        .epoch = h->epoch,
        .was = was};
    memcpy(k.holder, h->holder, sizeof k.holder);
    next_add_task(c->how->live->tasks, &k);
}

/* --- what gets into its way --- */

/* The name of a task, and of each of its outputs. */
static void
add_marks(struct plan_eval *e, const struct plan *p, uint32_t task, struct buf *text,
    struct buf *marks)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    buf_reset(text);
    plan_task_label(p, task, text);
    struct mark m = {hash128(text->p, text->n), task};
    buf_add(marks, &m, sizeof m);
    for (uint32_t i = 0; i < f->noutputs; i++) {
        buf_reset(text);
        if (!plan_path(e, task, f->first_output + i, NULL, text))
            continue;
        m.id = hash128(text->p, text->n);
        buf_add(marks, &m, sizeof m);
    }
}

static void
list_unpaired(const struct carry *c, struct buf *marks)
{
    struct plan_eval *e = plan_eval_new(c->old.plan);
    struct buf text = {0};
    for (uint32_t t = 0; t < c->old.plan->head->ntasks; t++)
        if (c->pending[t] && c->old.to[t] == PLAN_NONE)
            add_marks(e, c->old.plan, t, &text, marks);
    buf_free(&text);
    plan_eval_free(e);
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
            if (v[from].task != last)
                add_task(c, task, v[from].task, false);
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
            add_marks(e, p, t, &text, &own);
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
        if (!c->pending[t] || paired[t] == PLAN_NONE)
            continue;
        add_task(c, paired[t], t, c->old.to[t] != PLAN_NONE);
        c->old.to[t] = PLAN_NONE;
    }
}
