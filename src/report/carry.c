#include "config.h"

#include "report/carry.h"

#include "journal/journal.h"
#include "util/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FLUSH_EVERY = 1 << 14 }; /* records: 1 MiB */

struct carry {
    const struct plan *old, *fresh;
    uint32_t *to; /* of each old task: its number in the new plan, or PLAN_NONE */
    uint8_t *done; /* of each old task */
    struct journal *journal;
    uint32_t pending, kept;
    int err;
};

/* A task and what makes it the same task in another plan. */
struct mark {
    struct hash128 id;
    uint32_t task;
};

static bool
note_done(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct carry *c = arg;
    (void)head;
    if (rec->task < c->old->head->ntasks && rec->kind == JOURNAL_END)
        c->done[rec->task] = rec->reason == REASON_OK && (rec->flags & JOURNAL_FINAL);
    else if (rec->task < c->old->head->ntasks && rec->kind == JOURNAL_START)
        c->done[rec->task] = 0;
    return true;
}

static int
by_identity(const void *pa, const void *pb)
{
    const struct mark *a = pa, *b = pb;
    if (a->id.a != b->id.a)
        return a->id.a < b->id.a ? -1 : 1;
    if (a->id.b != b->id.b)
        return a->id.b < b->id.b ? -1 : 1;
    return a->task < b->task ? -1 : 1;
}

/* The marks of the tasks of `p` that are set in `which` (NULL: of all), sorted. A task whose text
 * cannot be computed has none: it matches nothing. */
static struct mark *
marks_of(const struct plan *p, const uint8_t *which, size_t *n)
{
    struct plan_eval *e = plan_eval_new(p);
    size_t cap = 1024;
    struct mark *m = xmalloc(cap * sizeof *m);
    *n = 0;
    for (uint32_t task = 0; task < p->head->ntasks; task++) {
        struct hash128 id;
        if ((which && !which[task]) || !plan_task_identity(e, task, &id))
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

/* Pairs equal tasks; equals among themselves pair in their order. */
static void
match(struct carry *c)
{
    size_t nold, nfresh, i = 0, k = 0;
    struct mark *old = marks_of(c->old, c->done, &nold);
    struct mark *fresh = marks_of(c->fresh, NULL, &nfresh);
    while (i < nold && k < nfresh) {
        struct mark a = old[i], b = fresh[k];
        a.task = b.task = 0;
        bool equal = a.id.a == b.id.a && a.id.b == b.id.b;
        if (equal)
            c->to[old[i++].task] = fresh[k++].task;
        else if (by_identity(&a, &b) < 0)
            i++;
        else
            k++;
    }
    free(old);
    free(fresh);
}

static bool
copy_record(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct carry *c = arg;
    (void)head;
    if (rec->kind != JOURNAL_END || rec->reason != REASON_OK || !(rec->flags & JOURNAL_FINAL) ||
        rec->task >= c->old->head->ntasks || c->to[rec->task] == PLAN_NONE)
        return true;
    struct journal_rec r = *rec;
    r.task = c->to[rec->task];
    r.flags |= JOURNAL_CARRIED;
    r.log_off = 0;
    r.log_len = 0;
    c->to[rec->task] = PLAN_NONE; /* once */
    c->kept++;
    journal_add(c->journal, r);
    if (++c->pending == FLUSH_EVERY) {
        c->err = journal_flush(c->journal);
        c->pending = 0;
    }
    return c->err == 0;
}

static int
write_journal(struct carry *c, const char *state)
{
    c->journal = journal_create(state, 0, c->fresh->head->hash, &c->err);
    if (!c->journal)
        return c->err;
    int err = journal_read(state, c->old->head->hash, copy_record, c, NULL);
    if (!err)
        err = c->err;
    if (!err)
        err = journal_flush(c->journal);
    if (!err)
        err = journal_sync(c->journal);
    journal_close(c->journal);
    return err;
}

/* Keeps the old plan under its hash: the names of its tasks stay known. */
static int
keep_plan(const struct plan *old, const char *path, const char *state)
{
    struct buf to = {0};
    buf_printf(&to, "%s/plans/%016" PRIx64 ".wflp", state, old->head->hash);
    int err = dir_make_parent(to.p);
    if (!err && link(path, to.p) != 0 && errno != EEXIST) /* not every file system has links */
        err = file_write_atomic(to.p, old->base, old->size, 0666);
    buf_free(&to);
    return err;
}

static bool
has_journal(const char *state)
{
    struct buf path = {0};
    buf_printf(&path, "%s/journal", state);
    bool yes = access(path.p, F_OK) == 0;
    buf_free(&path);
    return yes;
}

static bool
carry_from(struct carry *c, const char *path, const char *state, struct carried *out,
    struct buf *why)
{
    uint32_t n = c->old->head->ntasks;
    c->done = xcalloc(n, 1);
    c->to = xmalloc(n * sizeof *c->to);
    memset(c->to, 0xff, n * sizeof *c->to);
    int err = journal_read(state, c->old->head->hash, note_done, c, NULL);
    if (err == ENOENT)
        err = 0;
    for (uint32_t i = 0; i < n; i++)
        out->before += c->done[i];
    if (!err && out->before) {
        match(c);
        err = keep_plan(c->old, path, state);
        if (!err)
            err = write_journal(c, state);
        out->kept = c->kept;
    }
    if (err)
        buf_printf(why, "cannot carry the record in '%s' over to the new plan: %s", state,
            strerror(err));
    free(c->done);
    free(c->to);
    return err == 0;
}

bool
carry_over(const char *dir, const struct plan *fresh, struct carried *out, struct buf *why)
{
    *out = (struct carried){0};
    struct buf path = {0}, state = {0}, reason = {0};
    buf_printf(&path, "%s/campaign.wflp", dir);
    buf_printf(&state, "%s/state", dir);
    bool good = true;
    if (has_journal(state.p) && access(path.p, F_OK) == 0) {
        struct plan *old = plan_open(path.p, &reason);
        if (!old) {
            buf_printf(why,
                "%s (its record is in '%s/journal'; to give that record up, remove '%s')",
                reason.p, state.p, state.p);
            good = false;
        } else if (old->head->hash != fresh->head->hash) {
            struct carry c = {.old = old, .fresh = fresh};
            good = carry_from(&c, path.p, state.p, out, why);
        }
        plan_close(old);
    }
    buf_free(&path);
    buf_free(&state);
    buf_free(&reason);
    return good;
}
