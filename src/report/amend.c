#include "config.h"

#include "report/amend.h"

#include "journal/lease.h"
#include "journal/next.h"
#include "journal/paths.h"
#include "state/progress.h"
#include "util/clock.h"
#include "util/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The tasks of one shard, and what its journals say of them. */
struct shard {
    const struct amend *how;
    const uint32_t *task; /* ascending */
    uint32_t n;
    bool *done;   /* of each */
    uint8_t *all; /* enum ended of each task of the plan */
    bool closed;
    uint32_t left, failed;
    uint8_t again;
};

enum ended { NOT_ENDED, DONE, FAILED };

static bool
note(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shard *s = arg;
    s->closed = rec->kind == JOURNAL_CLOSE;
    if (rec->kind == JOURNAL_HEAD)
        s->again = head->again;
    if (s->closed) {
        struct journal_close c = journal_close_of(rec);
        s->left = c.left;
        s->failed = c.failed;
    }
    if (rec->kind != JOURNAL_START && rec->kind != JOURNAL_END)
        return true;
    bool done = rec->kind == JOURNAL_END && rec->reason == REASON_OK;
    const uint32_t *at = bsearch(&rec->task, s->task, s->n, sizeof *s->task, ascending_u32);
    if (at)
        s->done[at - s->task] = done;
    if (rec->task < s->how->plan->head->ntasks)
        s->all[rec->task] = done                                                     ? DONE
                            : rec->kind == JOURNAL_END && rec->flags & JOURNAL_FINAL ? FAILED
                                                                                     : NOT_ENDED;
    return true;
}

/* Is nothing to be said of its task number `i`? One that is cancelled has neither ended well nor
 * failed. */
static bool
is_so(const struct shard *s, uint32_t i)
{
    return s->how->cancel ? s->all[s->task[i]] != NOT_ENDED : s->done[i] == s->how->done;
}

/* What is left of it when that is said: what was blocked may not be any more. */
static void
count_left(struct shard *s, uint32_t shard)
{
    struct plan_range run;
    s->left = s->failed = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (!is_so(s, i))
            s->all[s->task[i]] = s->how->cancel ? FAILED : DONE;
    for (uint32_t i = 0; plan_shard_run(s->how->plan, shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            s->left += s->all[t] == NOT_ENDED;
            s->failed += s->all[t] == FAILED;
        }
}

static struct journal_rec
end_of(const struct amend *how, uint32_t task, int64_t now)
{
    return (struct journal_rec){.kind = JOURNAL_END,
        .reason = how->cancel ? REASON_CANCELLED
                  : how->done ? REASON_OK
                              : REASON_GONE,
        .flags = how->cancel ? JOURNAL_FINAL
                 : how->done ? JOURNAL_FINAL | JOURNAL_RECOVERED
                             : 0,
        .task = task,
        .time_us = now};
}

/* The next epoch of a shard: whole and closed. Returns how many tasks of it are on record then. */
static uint32_t
write_epoch(struct shard *s, const char *state, uint32_t shard, uint32_t last, uint64_t fence,
    const char *holder, int *err)
{
    const struct amend *how = s->how;
    uint32_t n = 0;
    int64_t now = now_us();
    struct journal *j = journal_create(state, shard, last, fence, how->plan->head->identity, holder,
        false, s->again, err);
    if (!j)
        return 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (is_so(s, i))
            continue;
        n++;
        if (how->before)
            how->before(how->arg, j, s->task[i]);
        if (how->cancel)
            journal_add(j, (struct journal_rec){.kind = JOURNAL_CANCEL,
                               .task = s->task[i],
                               .log_off = how->cancel,
                               .time_us = now});
        journal_add(j, end_of(how, s->task[i], now));
    }
    if (how->done || how->cancel)
        count_left(s, shard);
    else
        s->left += n;
    journal_add_close(j, s->left, s->failed, now);
    *err = journal_save(j);
    journal_close(j);
    return *err ? 0 : n;
}

/* Only a shard that was closed in good order, or that nobody ever had: whoever takes one of a dead
 * shim looks at its outputs. */
static uint32_t
write_shard(const char *state, uint32_t shard, uint32_t last, struct shard *s, const char *holder,
    int *err)
{
    uint64_t fence = 0;
    unsigned damaged = 0;
    uint32_t n = 0;
    s->done = xcalloc(s->n, sizeof *s->done);
    *err = last ? journal_read_shard(state, shard, last, s->how->plan->head->identity, note, s,
                      &fence, &damaged)
                : 0;
    bool any = false, fresh = !last && (s->how->done || s->how->cancel);
    for (uint32_t i = 0; i < s->n; i++)
        any |= !is_so(s, i);
    if (!*err && (fresh || (s->closed && fence)) && any)
        n = write_epoch(s, state, shard, last, fence, holder, err);
    if (*err == EEXIST) /* somebody took it, and looks by himself */
        *err = 0;
    free(s->done);
    return n;
}

static uint32_t
write_all(const char *state, const struct amend *how, const uint32_t *task, uint32_t n,
    const char *holder, int *err)
{
    const struct plan *p = how->plan;
    uint8_t *all = xcalloc((size_t)p->head->ntasks + 1, 1);
    uint32_t written = 0, *last = xcalloc(p->nshards, sizeof *last);
    uint32_t *of = xmalloc((size_t)n * sizeof *of),
             *start = xcalloc((size_t)p->nshards + 1, sizeof *start);
    /* by shard, and in each ascending as before */
    for (uint32_t i = 0; i < n; i++)
        start[plan_shard_of(p, task[i]) + 1]++;
    for (uint32_t s = 0; s < p->nshards; s++)
        start[s + 1] += start[s];
    for (uint32_t i = 0; i < n; i++)
        of[start[plan_shard_of(p, task[i])]++] = task[i];
    *err = journal_epochs(state, p->nshards, last);
    if (*err == ENOENT && (how->done || how->cancel)) /* there is no journal yet */
        *err = 0;
    for (uint32_t s = 0; s < p->nshards && !*err; s++) {
        uint32_t from = s ? start[s - 1] : 0; /* each was moved to its end */
        struct shard sh = {.how = how, .task = of + from, .n = start[s] - from, .all = all};
        if (sh.n)
            written += write_shard(state, s, last[s], &sh, holder, err);
    }
    free(all);
    free(last);
    free(of);
    free(start);
    return written;
}

/* A builder reads the record, and would not see what we write. */
static bool
builds_none(const char *state, struct lease *own, int *err)
{
    char holder[HOLDER_SIZE];
    struct next x;
    *err = lease_other(own, LEASE_BUILDER, holder, sizeof holder);
    if (!*err)
        *err = *holder ? EBUSY : next_void(state, own, &x);
    return !*err;
}

uint32_t
amend_write(const char *state, const struct amend *how, const uint32_t *task, uint32_t n, int *err)
{
    struct lease *own = lease_open(state, LEASE_AMEND, NULL, LEASE_SECONDS, err);
    if (!own)
        return 0;
    if (!builds_none(state, own, err)) {
        lease_close(own);
        return 0;
    }
    uint32_t written = write_all(state, how, task, n, lease_holder(own), err);
    struct buf log = {0};
    state_log_path(&log, state, lease_holder(own));
    lease_close(own);
    if (!*err)
        unlink(log.p); /* it is empty; and no journal of that holder is open */
    buf_free(&log);
    return written;
}
