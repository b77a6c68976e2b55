#include "config.h"

#include "ask/attempts.h"

#include "journal/next.h"
#include "journal/paths.h"
#include "report/words.h"
#include "state/plans.h"
#include "util/file.h"
#include "util/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct attempts *a = arg;
    if (rec->task != a->task || (rec->kind != JOURNAL_START && rec->kind != JOURNAL_END))
        return true;
    /* an END takes the place of its START; one without was settled by another shim */
    bool started = a->n && a->v[a->n - 1].rec.kind == JOURNAL_START;
    if (rec->kind == JOURNAL_START || !started) {
        ARRAY_GROW(a->v, a->n, a->cap);
        a->n++;
    }
    struct attempt *last = &a->v[a->n - 1];
    last->rec = *rec;
    memcpy(last->holder, head->holder, sizeof last->holder);
    return true;
}

/* By its plan alone. */
static int
read_plan(struct attempts *a)
{
    const struct plan *p = a->plan;
    uint32_t shard = plan_shard_of(p, a->task), *last = xcalloc(p->nshards + 1, sizeof *last);
    uint64_t fence;
    unsigned damaged = 0;
    a->n = 0;
    int err = journal_epochs(a->state_dir, p->nshards, last);
    if (!err && last[shard])
        err = journal_read_shard(a->state_dir, shard, last[shard], p->head->identity, take, a,
            &fence, &damaged);
    free(last);
    return err == ENOENT ? 0 : err;
}

/* --- by plans before --- */

/* The task of the same name; PLAN_NONE: there is none. Mostly it has the same place. */
static uint32_t
find_task(const struct attempts *a, const struct plan *before)
{
    const struct plan *p = a->plan;
    uint32_t k = plan_family_of(p, a->task), found = PLAN_NONE;
    const char *name = plan_string(p, p->family[k].name);
    struct buf wanted = {0}, label = {0};
    plan_task_label(p, a->task, &wanted);
    for (uint32_t f = 0; f < before->nfamilies; f++) {
        const struct plan_family *of = &before->family[f];
        if (strcmp(plan_string(before, of->name), name) != 0)
            continue;
        uint32_t at = a->task - p->family[k].first_task;
        for (uint32_t i = 0; i < of->ntasks && found == PLAN_NONE; i++) {
            uint32_t task = of->first_task + (i + at) % of->ntasks;
            buf_reset(&label);
            plan_task_label(before, task, &label);
            found = strcmp(label.p, wanted.p) == 0 ? task : PLAN_NONE;
        }
    }
    buf_free(&wanted);
    buf_free(&label);
    return found;
}

/* The plan by which it still runs; 0: it does not. */
static uint64_t
runs_by(const struct attempts *a)
{
    struct next_tasks t;
    uint64_t plan = 0;
    (void)next_read_tasks(a->state_dir, a->plan->head->identity, &t);
    for (uint32_t i = 0; i < t.n; i++)
        if (t.task[i].task == a->task && t.task[i].same)
            plan = t.task[i].plan;
    next_free_tasks(&t);
    return plan;
}

struct search {
    struct attempts *of;
    const struct journal_rec *carried; /* NULL: there is none */
};

/* Takes those at it by plan `p`, if the record that was carried over is of one of them, or none
 * was. False: that was done. */
static bool
take_before(void *search, struct plan *p)
{
    const struct search *s = search;
    struct attempts *a = s->of;
    struct attempts b = {.plan = p, .state_dir = a->state_dir, .task = find_task(a, p)};
    bool found = b.task != PLAN_NONE && read_plan(&b) == 0 && b.n, same = !s->carried;
    for (size_t i = 0; found && s->carried && i < b.n; i++)
        same |= b.v[i].rec.time_us == s->carried->time_us && !(b.v[i].rec.flags & JOURNAL_CARRIED);
    plan_close(p);
    if (!found || !same) {
        attempts_free(&b);
        return true;
    }
    free(a->v);
    a->v = b.v;
    a->n = b.n;
    a->cap = b.cap;
    return false;
}

/* What was carried over is told by the record of the plan by which it ran, which knows its log. */
static void
read_carried(struct attempts *a)
{
    const struct journal_rec last = a->v[a->n - 1].rec;
    if (last.kind == JOURNAL_END && last.flags & JOURNAL_CARRIED)
        plans_before(a->state_dir, a->plan->head->identity, take_before,
            &(struct search){a, &last});
}

/* And so is what runs by a plan before. */
static void
read_running(struct attempts *a)
{
    const uint64_t by = runs_by(a);
    struct buf path = {0}, why = {0};
    if (!by)
        return;
    plans_path(a->state_dir, by, &path);
    struct plan *p = plan_open(path.p, &why);
    if (p)
        take_before(&(struct search){a, NULL}, p);
    buf_free(&path);
    buf_free(&why);
}

int
attempts_read(struct attempts *a)
{
    int err = read_plan(a);
    if (!err && a->n)
        read_carried(a);
    else if (!err)
        read_running(a);
    return err;
}

const struct attempt *
attempts_choose(const struct attempts *a, long number)
{
    for (size_t i = a->n; i-- > 0;)
        if (!number || a->v[i].rec.attempt == number)
            return &a->v[i];
    return NULL;
}

void
attempts_free(struct attempts *a)
{
    free(a->v);
    a->v = NULL;
    a->n = a->cap = 0;
}

void
attempt_head(const struct attempts *a, const struct attempt *at, struct buf *out)
{
    buf_puts(out, "==> ");
    plan_task_label(a->plan, a->task, out);
    buf_printf(out, ", attempt %u on %.*s: ", at->rec.attempt, (int)strcspn(at->holder, "."),
        at->holder);
    if (at->rec.kind == JOURNAL_START)
        buf_puts(out, "not ended");
    else
        status_reason(a->plan, &at->rec, out);
    buf_puts(out, " <==\n");
}

/* Its shim numbers the files into which running tasks write; a START tells that number + 1. */
int
attempt_spool(const struct attempts *a, const struct attempt *at)
{
    struct buf path = {0};
    if (!at->rec.log_len)
        return -1;
    buf_printf(&path, "%s/" STATE_SPOOL "%u", a->state_dir, at->holder, at->rec.log_len - 1);
    int fd = file_open(path.p, NULL);
    buf_free(&path);
    return fd;
}

void
attempt_spool_read(int fd, off_t *from, struct buf *out)
{
    char piece[1 << 16];
    ssize_t n;
    while ((n = pread(fd, piece, sizeof piece, *from)) > 0) {
        buf_add(out, piece, (size_t)n);
        *from += n;
    }
}
