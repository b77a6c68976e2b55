#include "config.h"

#include "state/carry-private.h"

#include "journal/journal.h"
#include "journal/paths.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

static bool
note_done(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct record *r = arg;
    if (rec->kind == JOURNAL_HEAD) {
        buf_add(&r->heads, head, sizeof *head);
        buf_putc(&r->closed, 0);
    } else if (rec->kind == JOURNAL_CLOSE) {
        r->closed.p[r->closed.n - 1] = 1;
    } else if (rec->task < r->plan->head->ntasks && rec->kind <= JOURNAL_END) {
        bool done =
            rec->kind == JOURNAL_END && rec->reason == REASON_OK && (rec->flags & JOURNAL_FINAL);
        r->end_us[rec->task] = done ? rec->time_us : NOT_DONE;
        if (done)
            r->tried_us[rec->task] = NOT_DONE;
        else if (rec->attempt) /* else it says nothing of one */
            r->tried_us[rec->task] = rec->time_us;
        r->at[rec->task] = (uint32_t)r->closed.n;
        r->running[rec->task] = rec->kind == JOURNAL_START;
        if (rec->kind == JOURNAL_START)
            r->exact[rec->task] = 0;
    } else if (rec->task < r->plan->head->ntasks && rec->kind == JOURNAL_OUTPUT) {
        const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, rec->task)];
        wrote_record(&r->writing, r->plan, f, (const struct journal_output *)(const void *)rec);
        r->exact[rec->task] = r->writing.exact;
    }
    return true;
}

int
carry_read(struct record *r, const struct plan *p, const char *state)
{
    uint32_t n = p->head->ntasks;
    r->plan = p;
    r->end_us = xmalloc(n * sizeof *r->end_us);
    r->to = xmalloc(n * sizeof *r->to);
    r->tried_us = xmalloc(n * sizeof *r->tried_us);
    r->tried_to = xmalloc(n * sizeof *r->tried_to);
    r->exact = xcalloc(n, sizeof *r->exact);
    r->at = xcalloc(n, sizeof *r->at);
    r->running = xcalloc(n, 1);
    for (uint32_t i = 0; i < n; i++) {
        r->end_us[i] = r->tried_us[i] = NOT_DONE;
        r->to[i] = r->tried_to[i] = PLAN_NONE;
    }
    int err = journal_read(state, p->head->identity, note_done, r, NULL);
    for (uint32_t i = 0; i < n; i++)
        r->ndone += r->end_us[i] != NOT_DONE;
    return err == ENOENT ? 0 : err;
}

void
carry_free(struct record *r)
{
    free(r->end_us);
    free(r->to);
    free(r->tried_us);
    free(r->tried_to);
    free(r->exact);
    free(r->at);
    free(r->running);
    buf_free(&r->heads);
    buf_free(&r->closed);
}

int
carry_by_identity(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;
    if (a->id.a != b->id.a)
        return a->id.a < b->id.a ? -1 : 1;
    if (a->id.b != b->id.b)
        return a->id.b < b->id.b ? -1 : 1;
    return a->task < b->task ? -1 : a->task > b->task;
}

/* The marks of the tasks of `p` that are done in `which` (NULL: of all), or were tried, or wait,
 * sorted. A task whose text cannot be computed has none: it matches nothing. */
static struct mark *
marks_of(const struct plan *p, const struct record *which, const uint8_t *waits, size_t *n)
{
    struct plan_eval *e = plan_eval_new(p);
    size_t cap = 1024;
    struct mark *m = xmalloc(cap * sizeof *m);
    *n = 0;
    for (uint32_t task = 0; task < p->head->ntasks; task++) {
        struct hash128 id;
        bool wanted = !which || which->end_us[task] != NOT_DONE ||
                      which->tried_us[task] != NOT_DONE || (waits && waits[task]);
        if (!wanted || !plan_task_identity(e, task, &id))
            continue;
        if (*n == cap) {
            cap *= 2;
            m = xrealloc(m, cap * sizeof *m);
        }
        m[(*n)++] = (struct mark){id, task};
    }
    plan_eval_free(e);
    qsort(m, *n, sizeof *m, carry_by_identity);
    return m;
}

/* Pairs equal tasks; equals among themselves pair in their order. Returns how many are done. A task
 * that is taken from the old record need not be taken from the new plan's own. */
static uint32_t
match(struct carry *c)
{
    size_t nold, nfresh, i = 0, k = 0;
    uint32_t pairs = 0;
    struct mark *old = marks_of(c->old.plan, &c->old, c->pending, &nold);
    struct mark *fresh = marks_of(c->again.plan, NULL, NULL, &nfresh);
    while (i < nold && k < nfresh) {
        struct mark a = old[i], b = fresh[k];
        a.task = b.task = 0;
        int order = carry_by_identity(&a, &b);
        if (order == 0) {
            uint32_t was = old[i].task;
            bool done = c->old.end_us[was] != NOT_DONE, waits = c->pending && c->pending[was];
            if (done || waits) {
                c->old.to[was] = fresh[k].task;
                c->again.end_us[fresh[k].task] = NOT_DONE;
            } else
                c->old.tried_to[was] = fresh[k].task;
            pairs += done;
        }
        i += order <= 0;
        k += order >= 0;
    }
    free(old);
    free(fresh);
    return pairs;
}

/* What of the rest is another one now; those with another command stay done if that is accepted. */
static void
look_at_changed(struct carry *c, bool accept, struct carried *out)
{
    uint32_t nold = c->old.plan->head->ntasks;
    uint8_t *done = xcalloc((size_t)nold + 1, 1);
    uint8_t *same = xcalloc((size_t)c->again.plan->head->ntasks + 1, 1);
    uint32_t *to = xmalloc(((size_t)nold + 1) * sizeof *to);
    for (uint32_t t = 0; t < nold; t++) {
        to[t] = PLAN_NONE;
        done[t] = c->old.end_us[t] != NOT_DONE && c->old.to[t] == PLAN_NONE;
        if (c->old.to[t] != PLAN_NONE)
            same[c->old.to[t]] = 1;
    }
    changed_find(c->old.plan, done, c->again.plan, same, to, &out->changed);
    for (uint32_t t = 0; t < nold && accept; t++)
        if (to[t] != PLAN_NONE) {
            c->old.to[t] = to[t];
            c->again.end_us[to[t]] = NOT_DONE;
            out->accepted++;
        }
    free(done);
    free(same);
    free(to);
}

/* Are the outputs of a task those that it wrote, as far as sizes and times tell? */
static bool
outputs_untouched(struct plan_eval *e, const struct plan *p, uint32_t task, uint64_t exact)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    struct buf path = {0};
    struct wrote now = {0};
    bool good = true;
    for (uint32_t i = 0; good && i < f->noutputs; i++) {
        struct journal_file file;
        enum journal_type type;
        buf_reset(&path);
        good = plan_path(e, task, f->first_output + i, NULL, &path) &&
               wrote_look(AT_FDCWD, path.p, &file, &type) == 0;
        if (good)
            wrote_add(&now, p, f, i, &file, type);
    }
    buf_free(&path);
    return good && now.exact == exact;
}

static uint32_t
drop(struct record *r, const uint8_t *kept)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->plan->head->ntasks; i++)
        if (r->to[i] != PLAN_NONE && !kept[r->to[i]]) {
            r->to[i] = PLAN_NONE;
            n += r->end_us[i] != NOT_DONE;
        }
    return n;
}

/* What needs a task that will run runs after it: its outputs were made from another input. */
static void
drop_stale(struct carry *c, struct carried *out)
{
    const struct plan *p = c->again.plan;
    const struct record *from[] = {&c->old, &c->again};
    uint8_t *kept = xcalloc((size_t)p->head->ntasks + 1, 1);
    for (int i = 0; i < 2; i++)
        for (uint32_t k = 0; k < from[i]->plan->head->ntasks; k++)
            if (from[i]->to[k] != PLAN_NONE)
                kept[from[i]->to[k]] = 1;
    changed_follow(p, kept);
    out->stale = drop(&c->old, kept);
    out->kept -= out->stale;
    out->back -= drop(&c->again, kept);
    free(kept);
}

static uint32_t
take_back(struct record *r)
{
    uint32_t n = 0;
    struct plan_eval *e = plan_eval_new(r->plan);
    for (uint32_t task = 0; task < r->plan->head->ntasks; task++)
        if (r->end_us[task] != NOT_DONE && outputs_untouched(e, r->plan, task, r->exact[task])) {
            r->to[task] = task;
            n++;
        }
    plan_eval_free(e);
    return n;
}

/* Of tasks that were begun and are not done the last attempt is carried over: it tells how long
 * they take at least, and that they may have left a checkpoint. Not where another record tells of
 * the task, or it waits for what runs. */
static void
find_tried(struct carry *c)
{
    struct record *from[] = {&c->old, &c->again};
    uint8_t *told = xcalloc((size_t)c->again.plan->head->ntasks + 1, 1);
    for (int i = 0; i < 2; i++)
        for (uint32_t t = 0; t < from[i]->plan->head->ntasks; t++)
            if (from[i]->to[t] != PLAN_NONE)
                told[from[i]->to[t]] = 1;
    for (uint32_t i = 0; c->how->live && i < c->how->live->tasks->n; i++)
        if (c->how->live->tasks->task[i].task != PLAN_NONE)
            told[c->how->live->tasks->task[i].task] = 1;
    for (uint32_t t = 0; t < c->again.plan->head->ntasks; t++)
        if (c->again.tried_us[t] != NOT_DONE)
            c->again.tried_to[t] = t;
    for (int i = 0; i < 2; i++)
        for (uint32_t t = 0; t < from[i]->plan->head->ntasks; t++) {
            uint32_t *to = &from[i]->tried_to[t];
            if (*to != PLAN_NONE && told[*to]++)
                *to = PLAN_NONE;
        }
    free(told);
}

/* What cannot be looked at is not missing: who goes on to read it will say why. */
static bool
is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static bool
has_journal(const char *state)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_JOURNAL, state);
    bool yes = is_there(path.p);
    buf_free(&path);
    return yes;
}

/* Enough for what is written by hand, and few enough to be asked of a file system at each build. */
enum { MOST_INPUTS = 100000 };

/* Of tasks that are done in `p`; from[] is what the record said of them under which plan. */
static void
look_since(const struct plan *p, const char *state, const struct record *const *from, int nfrom,
    struct carried *out)
{
    uint32_t n = p->head->ntasks;
    int64_t *done_us = xcalloc((size_t)n + 1, sizeof *done_us);
    uint8_t *changed = xcalloc((size_t)n + 1, 1);
    for (int i = 0; i < nfrom; i++)
        for (uint32_t t = 0; t < from[i]->plan->head->ntasks; t++) {
            uint32_t to = nfrom == 1 ? t : from[i]->to[t];
            if (to != PLAN_NONE && from[i]->end_us[t] != NOT_DONE)
                done_us[to] = from[i]->end_us[t];
        }
    out->many_inputs = !since_look(p, state, done_us, MOST_INPUTS, changed);
    for (uint32_t t = 0; t < n; t++)
        for (int k = 0; k < SINCE_NKINDS; k++)
            if (changed[t] >> k & 1 && !out->since[k]++)
                out->since_first[k] = t;
    free(done_us);
    free(changed);
}

static bool
asks_since(const struct plan *p)
{
    bool asks = p->nuses;
    for (uint32_t i = 0; i < p->nfamilies; i++)
        asks |= p->family[i].ninputs != 0;
    return asks;
}

/* The plan stays the one that it was. */
static bool
look_at_same(const struct plan *p, const char *state, struct carried *out, struct buf *why)
{
    struct record r = {0};
    const struct record *from[] = {&r};
    int err = carry_read(&r, p, state);
    if (err)
        buf_printf(why, "cannot read the record in '%s': %s", state, strerror(err));
    else if (r.ndone)
        look_since(p, state, from, 1, out);
    carry_free(&r);
    return !err;
}

/* Which tasks of the new plan are done, or wait, by what the record says. */
static void
decide(struct carry *c, const char *state, struct carried *out)
{
    const struct plan *old = c->old.plan;
    size_t size = ((size_t)old->head->ntasks + 1) * sizeof(uint32_t);
    uint32_t *paired = xmalloc(size);
    out->before = c->old.ndone;
    out->running = carry_count_running(c);
    out->kept = match(c);
    look_at_changed(c, c->how->accept, out);
    out->kept += out->accepted;
    out->back = take_back(&c->again);
    carry_find_waiting(c);
    memcpy(paired, c->old.to, size - sizeof *paired);
    drop_stale(c, out);
    carry_list_running(c, paired);
    find_tried(c);
    changed_look(old, c->again.plan, c->old.to, &out->changed);
    const struct record *from[] = {&c->old, &c->again};
    if (c->how->since && asks_since(c->again.plan))
        look_since(c->again.plan, state, from, 2, out);
    carry_part_before(c);
    free(paired);
}

static bool
carry_from(const struct plan *old, const struct plan *fresh, const char *path, const char *state,
    const struct carry_how *how, struct carried *out, struct buf *why)
{
    struct carry c = {.how = how};
    int err = carry_read(&c.old, old, state);
    if (!err)
        err = carry_read(&c.again, fresh, state);
    bool good = err || carry_before(&c, state, why);
    if (!err && good) {
        carry_find_running(&c);
        if (c.old.heads.n || c.again.heads.n || c.pending || c.via) {
            decide(&c, state, out);
            if (!how->looks)
                err = carry_write(&c, path, state);
        }
    }
    if (err)
        buf_printf(why, "cannot carry the record in '%s' over to the new plan: %s", state,
            strerror(err));
    carry_free(&c.old);
    carry_free(&c.again);
    carry_free_before(&c);
    free(c.pending);
    return err == 0 && good;
}

bool
carry_over(const char *dir, const struct plan *fresh, const struct carry_how *how,
    struct carried *out, struct buf *why)
{
    *out = (struct carried){0};
    struct buf path = {0}, state = {0}, reason = {0};
    buf_printf(&path, "%s/" PLAN_FILE, dir);
    buf_printf(&state, "%s/" BUILD_STATE, dir);
    bool good = true;
    if (has_journal(state.p) && is_there(path.p)) {
        struct plan *old = plan_open(path.p, &reason);
        if (!old) {
            buf_printf(why,
                "%s (its record is in '%s/" STATE_JOURNAL "'; to give that record up, remove '%s')",
                reason.p, state.p, state.p);
            good = false;
        } else if (old->head->identity != fresh->head->identity) {
            good = carry_from(old, fresh, path.p, state.p, how, out, why);
        } else if (how->since && asks_since(fresh)) {
            good = look_at_same(fresh, state.p, out, why);
        }
        plan_close(old);
    }
    buf_free(&path);
    buf_free(&state);
    buf_free(&reason);
    return good;
}
