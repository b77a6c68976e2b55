#include "config.h"

#include "state/carry.h"

#include "journal/again.h"
#include "journal/journal.h"
#include "journal/paths.h"
#include "state/wrote.h"
#include "util/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

/* What a journal says of a plan's tasks. */
struct record {
    const struct plan *plan;
    int64_t *end_us;      /* of each task: when it was done, or NOT_DONE */
    uint32_t *to;         /* of each task: its number in the new plan, or PLAN_NONE */
    uint64_t *exact;      /* of each task: the sum of what it wrote; 0: not known */
    struct wrote writing; /* what the records of one task said so far */
    struct buf heads;     /* struct journal_head of each journal read */
    uint32_t ndone;
};
#define NOT_DONE INT64_MIN

struct carry {
    struct record old;         /* of the plan in force */
    struct record again;       /* of the new plan, when it was in force before */
    const struct record *from; /* what copy_record reads */
    struct buf kept;           /* struct kept of each task that is carried over */
    struct buf outputs;        /* struct journal_output, those of a task one after the other */
    uint32_t *first_output;    /* of each task of `from`: the first of its last ones there, + 1 */
};

struct kept {
    uint32_t shard;
    uint32_t first_output; /* + 1; 0: none */
    struct journal_rec rec;
};

/* A task and what makes it the same task in another plan. */
struct mark {
    struct hash128 id;
    uint32_t task;
};

static bool
note_done(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct record *r = arg;
    if (rec->kind == JOURNAL_HEAD) {
        buf_add(&r->heads, head, sizeof *head);
    } else if (rec->task < r->plan->head->ntasks && rec->kind <= JOURNAL_END) {
        bool done =
            rec->kind == JOURNAL_END && rec->reason == REASON_OK && (rec->flags & JOURNAL_FINAL);
        r->end_us[rec->task] = done ? rec->time_us : NOT_DONE;
        if (rec->kind == JOURNAL_START)
            r->exact[rec->task] = 0;
    } else if (rec->task < r->plan->head->ntasks && rec->kind == JOURNAL_OUTPUT) {
        const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, rec->task)];
        wrote_record(&r->writing, r->plan, f, (const struct journal_output *)(const void *)rec);
        r->exact[rec->task] = r->writing.exact;
    }
    return true;
}

static int
read_record(struct record *r, const struct plan *p, const char *state)
{
    uint32_t n = p->head->ntasks;
    r->plan = p;
    r->end_us = xmalloc(n * sizeof *r->end_us);
    r->to = xmalloc(n * sizeof *r->to);
    r->exact = xcalloc(n, sizeof *r->exact);
    for (uint32_t i = 0; i < n; i++) {
        r->end_us[i] = NOT_DONE;
        r->to[i] = PLAN_NONE;
    }
    int err = journal_read(state, p->head->identity, note_done, r, NULL);
    for (uint32_t i = 0; i < n; i++)
        r->ndone += r->end_us[i] != NOT_DONE;
    return err == ENOENT ? 0 : err;
}

static void
free_record(struct record *r)
{
    free(r->end_us);
    free(r->to);
    free(r->exact);
    buf_free(&r->heads);
}

static int
by_identity(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;
    if (a->id.a != b->id.a)
        return a->id.a < b->id.a ? -1 : 1;
    if (a->id.b != b->id.b)
        return a->id.b < b->id.b ? -1 : 1;
    return a->task < b->task ? -1 : a->task > b->task;
}

/* The marks of the tasks of `p` that are done in `which` (NULL: of all), sorted. A task whose text
 * cannot be computed has none: it matches nothing. */
static struct mark *
marks_of(const struct plan *p, const struct record *which, size_t *n)
{
    struct plan_eval *e = plan_eval_new(p);
    size_t cap = 1024;
    struct mark *m = xmalloc(cap * sizeof *m);
    *n = 0;
    for (uint32_t task = 0; task < p->head->ntasks; task++) {
        struct hash128 id;
        if ((which && which->end_us[task] == NOT_DONE) || !plan_task_identity(e, task, &id))
            continue;
        if (*n == cap) {
            cap *= 2;
            m = xrealloc(m, cap * sizeof *m);
        }
        m[(*n)++] = (struct mark){id, task};
    }
    plan_eval_free(e);
    qsort(m, *n, sizeof *m, by_identity);
    return m;
}

/* Pairs equal tasks; equals among themselves pair in their order. Returns how many. A task that
 * is taken from the old record need not be taken from the new plan's own. */
static uint32_t
match(struct carry *c)
{
    size_t nold, nfresh, i = 0, k = 0;
    uint32_t pairs = 0;
    struct mark *old = marks_of(c->old.plan, &c->old, &nold);
    struct mark *fresh = marks_of(c->again.plan, NULL, &nfresh);
    while (i < nold && k < nfresh) {
        struct mark a = old[i], b = fresh[k];
        a.task = b.task = 0;
        int order = by_identity(&a, &b);
        if (order == 0) {
            c->old.to[old[i].task] = fresh[k].task;
            c->again.end_us[fresh[k].task] = NOT_DONE;
            pairs++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    free(old);
    free(fresh);
    return pairs;
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

/* Which tasks of plan `p` that are set in `kept` need only such as are set? Clears the others. */
static bool
clear_stale(const struct plan *p, const struct plan_family *f, uint32_t need, uint8_t *kept)
{
    const struct relation *r = &p->relation[need];
    const uint8_t *producer = kept + p->family[p->need[need].producer].first_task;
    uint8_t *good = xmalloc((size_t)r->ngroups + 1);
    bool changed = false;
    for (uint32_t g = 0; g < r->ngroups; g++) {
        struct relation_walk w;
        uint32_t member;
        good[g] = 1;
        for (relation_members(r, g, &w); good[g] && relation_next(&w, &member);)
            good[g] = producer[member];
    }
    for (uint32_t k = 0; k < f->ntasks; k++) {
        uint8_t *task = &kept[f->first_task + k];
        uint32_t g = *task ? relation_group(r, k) : RELATION_NONE;
        if (g != RELATION_NONE && !good[g]) {
            *task = 0;
            changed = true;
        }
    }
    free(good);
    return changed;
}

static uint32_t
drop(struct record *r, const uint8_t *kept)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->plan->head->ntasks; i++)
        if (r->to[i] != PLAN_NONE && !kept[r->to[i]]) {
            r->to[i] = PLAN_NONE;
            n++;
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
    bool changed = true;
    while (changed) { /* families may stand in any order */
        changed = false;
        for (uint32_t i = 0; i < p->nfamilies; i++) {
            const struct plan_family *f = &p->family[i];
            for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++)
                changed |= clear_stale(p, f, k, kept);
        }
    }
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

/* Those of a task stand together, though not always right before its end. */
static void
copy_output(struct carry *c, const struct journal_output *o)
{
    if (c->from->to[o->task] == PLAN_NONE)
        return;
    struct journal_output copy = *o;
    copy.task = c->from->to[o->task];
    if (o->first == 0)
        c->first_output[o->task] = (uint32_t)(c->outputs.n / sizeof copy) + 1;
    buf_add(&c->outputs, &copy, sizeof copy);
}

static bool
copy_record(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct carry *c = arg;
    const struct record *from = c->from;
    (void)head;
    if (rec->kind == JOURNAL_HEAD || rec->task >= from->plan->head->ntasks)
        return true;
    if (rec->kind == JOURNAL_OUTPUT)
        copy_output(c, (const struct journal_output *)(const void *)rec);
    else if (rec->kind == JOURNAL_START)
        c->first_output[rec->task] = 0;
    /* the one that counted: with the time that was noted */
    if (rec->kind != JOURNAL_END || from->to[rec->task] == PLAN_NONE ||
        rec->time_us != from->end_us[rec->task] || rec->reason != REASON_OK)
        return true;
    struct journal_rec r = *rec;
    r.task = from->to[rec->task];
    r.flags |= JOURNAL_CARRIED;
    r.log_off = 0;
    r.log_len = 0;
    from->to[rec->task] = PLAN_NONE; /* once */
    struct kept k = {plan_shard_of(c->again.plan, r.task), c->first_output[rec->task], r};
    buf_add(&c->kept, &k, sizeof k);
    return true;
}

static int
by_shard(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    if (x->shard != y->shard)
        return x->shard < y->shard ? -1 : 1;
    return x->rec.task < y->rec.task ? -1 : x->rec.task > y->rec.task;
}

/* What a task wrote stands before its end. */
static void
add_outputs(const struct carry *c, struct journal *j, const struct kept *k)
{
    const struct journal_output *o = (const struct journal_output *)(const void *)c->outputs.p;
    size_t n = c->outputs.n / sizeof *o, first = k->first_output;
    for (size_t i = first - 1; first && i < n && o[i].task == k->rec.task; i++) {
        if (i >= first && o[i].first == 0)
            break; /* of an attempt after it */
        journal_add_output(j, &o[i]);
    }
}

/* The journal of one shard, of whose tasks `n` are carried over: whole and closed. */
static int
write_shard(const struct carry *c, const char *state, uint32_t last, const struct kept *k,
    uint32_t n)
{
    const struct plan *p = c->again.plan;
    int err;
    struct journal *j =
        journal_create(state, k->shard, last, 0, p->head->identity, "", true, 0, &err);
    if (!j)
        return err;
    for (uint32_t i = 0; i < n; i++) {
        add_outputs(c, j, &k[i]);
        journal_add(j, k[i].rec);
    }
    journal_add_close(j, plan_shard_tasks(p, k->shard) - n, 0, k[n - 1].rec.time_us);
    err = journal_flush(j);
    if (!err)
        err = journal_sync(j);
    journal_close(j);
    return err;
}

static int
write_journals(struct carry *c, const char *state)
{
    const struct record *from[] = {&c->old, &c->again};
    uint32_t nshards = c->again.plan->nshards, *last = xcalloc(nshards, sizeof *last);
    int err = journal_epochs(state, nshards, last);
    for (int i = 0; i < 2 && !err; i++) {
        c->from = from[i];
        c->first_output = xcalloc((size_t)from[i]->plan->head->ntasks + 1, sizeof(uint32_t));
        err = journal_read(state, from[i]->plan->head->identity, copy_record, c, NULL);
        free(c->first_output);
    }
    struct kept *k = (struct kept *)(void *)c->kept.p;
    uint32_t n = (uint32_t)(c->kept.n / sizeof *k);
    if (n)
        qsort(k, n, sizeof *k, by_shard);
    for (uint32_t i = 0, end; i < n && !err; i = end) {
        for (end = i + 1; end < n && k[end].shard == k[i].shard;)
            end++;
        err = write_shard(c, state, last[k[i].shard], k + i, end - i);
    }
    journal_sync_names(state);
    free(last);
    buf_free(&c->kept);
    buf_free(&c->outputs);
    return err;
}

/* The new plan's journals of before must not speak any more: what still holds was copied. */
static int
retire_journals(const struct record *r, const char *state)
{
    const struct journal_head *h = (const struct journal_head *)r->heads.p;
    size_t n = r->heads.n / sizeof *h;
    struct buf from = {0}, to = {0};
    int err = 0;
    for (size_t i = 0; i < n && !err; i++) {
        buf_reset(&from);
        buf_reset(&to);
        journal_path(state, h[i].shard, h[i].epoch, &from);
        buf_printf(&to, "%s/" STATE_PLANS "/%016" PRIx64 ".%04" PRIu32 ".e%04" PRIu32, state,
            h[i].plan_hash, h[i].shard, h[i].epoch);
        if (rename(from.p, to.p) != 0 && errno != ENOENT)
            err = errno;
    }
    buf_free(&from);
    buf_free(&to);
    return err;
}

/* Keeps the old plan under its hash: the names of its tasks stay known. */
static int
keep_plan(const struct plan *old, const char *path, const char *state)
{
    struct buf to = {0};
    buf_printf(&to, "%s/" STATE_PLANS "/%016" PRIx64 ".wflp", state, old->head->identity);
    int err = dir_make_parent(to.p);
    if (!err && link(path, to.p) != 0 && errno != EEXIST) /* not every file system has links */
        err = file_write_atomic(to.p, old->base, old->size, 0666);
    buf_free(&to);
    return err;
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

static bool
carry_from(const struct plan *old, const struct plan *fresh, const char *path, const char *state,
    struct carried *out, struct buf *why)
{
    struct carry c = {0};
    int err = read_record(&c.old, old, state);
    if (!err)
        err = read_record(&c.again, fresh, state);
    if (!err && (c.old.ndone || c.again.heads.n)) {
        out->before = c.old.ndone;
        out->kept = match(&c);
        out->back = take_back(&c.again);
        drop_stale(&c, out);
        err = keep_plan(old, path, state);
        if (!err)
            err = write_journals(&c, state);
        if (!err) /* it says where in those journals */
            err = again_remove(state, fresh->head->identity);
        if (!err)
            err = retire_journals(&c.again, state);
    }
    if (err)
        buf_printf(why, "cannot carry the record in '%s' over to the new plan: %s", state,
            strerror(err));
    free_record(&c.old);
    free_record(&c.again);
    return err == 0;
}

bool
carry_over(const char *dir, const struct plan *fresh, struct carried *out, struct buf *why)
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
            good = carry_from(old, fresh, path.p, state.p, out, why);
        }
        plan_close(old);
    }
    buf_free(&path);
    buf_free(&state);
    buf_free(&reason);
    return good;
}
