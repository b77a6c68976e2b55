/* What is carried over goes into journals of the new plan. */
#include "config.h"

#include "state/carry-private.h"

#include "journal/again.h"
#include "journal/journal.h"
#include "journal/paths.h"
#include "learn/shared.h"
#include "state/plans.h"
#include "util/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kept {
    uint32_t shard;
    uint32_t first_output; /* + 1; 0: none */
    struct journal_rec rec;
};

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

/* Is it the one that counted, by the time that was noted? */
static bool
is_end(const struct record *from, const struct journal_rec *rec)
{
    return rec->kind == JOURNAL_END && from->to[rec->task] != PLAN_NONE &&
           rec->time_us == from->end_us[rec->task] && rec->reason == REASON_OK;
}

static bool
is_tried(const struct record *from, const struct journal_rec *rec)
{
    return (rec->kind == JOURNAL_START || rec->kind == JOURNAL_END) && rec->attempt &&
           from->tried_to[rec->task] != PLAN_NONE && rec->time_us == from->tried_us[rec->task] &&
           (rec->kind == JOURNAL_START) == from->running[rec->task];
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
    bool done = is_end(from, rec);
    if (!done && !is_tried(from, rec))
        return true;
    struct journal_rec r =
        journal_carried(rec, done ? from->to[rec->task] : from->tried_to[rec->task]);
    from->to[rec->task] = from->tried_to[rec->task] = PLAN_NONE; /* once */
    struct kept k = {plan_shard_of(c->again.plan, r.task), done ? c->first_output[rec->task] : 0,
        r};
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
    uint32_t left = plan_shard_tasks(p, k->shard);
    int err;
    struct journal *j =
        journal_create(state, k->shard, last, 0, p->head->identity, "", true, 0, &err);
    if (!j)
        return err;
    for (uint32_t i = 0; i < n; i++) {
        add_outputs(c, j, &k[i]);
        journal_add(j, k[i].rec);
        left -= k[i].rec.reason == REASON_OK;
    }
    journal_add_close(j, left, 0, k[n - 1].rec.time_us);
    err = journal_save(j);
    journal_close(j);
    return err;
}

static int
write_journals(struct carry *c, const char *state, const char *to)
{
    uint32_t nshards = c->again.plan->nshards, *last = xcalloc(nshards, sizeof *last);
    int err = journal_epochs(state, nshards, last);
    for (uint32_t i = 0; i < c->nearlier + 2 && !err; i++) {
        c->from = i < c->nearlier ? &c->earlier[i].record : i == c->nearlier ? &c->old : &c->again;
        c->first_output = xcalloc((size_t)c->from->plan->head->ntasks + 1, sizeof(uint32_t));
        err = journal_read(state, c->from->plan->head->identity, copy_record, c, NULL);
        free(c->first_output);
    }
    struct kept *k = (struct kept *)(void *)c->kept.p;
    uint32_t n = (uint32_t)(c->kept.n / sizeof *k);
    if (n)
        qsort(k, n, sizeof *k, by_shard);
    for (uint32_t i = 0, end; i < n && !err; i = end) {
        for (end = i + 1; end < n && k[end].shard == k[i].shard;)
            end++;
        err = write_shard(c, to, last[k[i].shard], k + i, end - i);
    }
    journal_sync_names(to);
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
    plans_path(state, old->head->identity, &to);
    int err = dir_make_parent(to.p);
    if (!err && link(path, to.p) != 0 && errno != EEXIST) /* not every file system has links */
        err = file_write_atomic(to.p, old->base, old->size, 0666);
    buf_free(&to);
    return err;
}

static bool
learn_end(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct book *b = arg;
    (void)head;
    if (rec->kind == JOURNAL_END && rec->task < book_plan(b)->head->ntasks)
        book_end(b, rec, NULL);
    return true;
}

/* Shims do not read all journals: what these tell of times is in a file for them. Nothing is lost
 * without it but time. */
static void
learn_again(const struct plan *fresh, const char *state, const char *to)
{
    struct book *b = book_new(fresh);
    uint32_t number = 0;
    if (journal_read(to, fresh->head->identity, learn_end, b, NULL) == 0)
        shared_add(b, state, "build", true, &number);
    book_free(b);
}

int
carry_write(struct carry *c, const char *path, const char *state)
{
    const struct plan *fresh = c->again.plan;
    const char *to = c->how->live ? c->how->live->to : state;
    int err = keep_plan(c->old.plan, path, state);
    if (!err)
        err = write_journals(c, state, to);
    if (!err) /* it says where in those journals */
        err = again_remove(state, fresh->head->identity);
    if (!err)
        err = retire_journals(&c->again, state);
    if (!err)
        learn_again(fresh, state, to);
    return err;
}
