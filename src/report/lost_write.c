/* Puts on record that outputs are lost, so that their tasks are run again. */
#include "config.h"

#include "report/lost.h"

#include "journal/lease.h"
#include "journal/paths.h"
#include "state/progress.h"
#include "util/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The tasks of one shard that may be lost, and what its journals say of them. */
struct shard {
    const struct plan *plan;
    const uint32_t *task; /* ascending */
    uint32_t n;
    uint8_t *done;
    bool closed;
    uint32_t left, failed;
    uint8_t again;
};

static int
by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

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
    const uint32_t *at = bsearch(&rec->task, s->task, s->n, sizeof *s->task, by_number);
    if (at)
        s->done[at - s->task] = rec->kind == JOURNAL_END && rec->reason == REASON_OK;
    return true;
}

/* The next epoch of a shard: whole and closed. Returns how many tasks of it are on record then. */
static uint32_t
write_epoch(const struct shard *s, const char *state, uint32_t shard, uint32_t last, uint64_t fence,
    const char *holder, int *err)
{
    uint32_t n = 0;
    int64_t now = now_us();
    struct journal *j = journal_create(state, shard, last, fence, s->plan->head->identity, holder,
        false, s->again, err);
    if (!j)
        return 0;
    for (uint32_t i = 0; i < s->n; i++) {
        if (!s->done[i])
            continue;
        n++;
        journal_add(j, (struct journal_rec){.kind = JOURNAL_END,
                           .reason = REASON_GONE,
                           .task = s->task[i],
                           .time_us = now});
    }
    journal_add_close(j, s->left + n, s->failed, now);
    *err = journal_flush(j);
    if (!*err)
        *err = journal_sync(j);
    if (*err == EINVAL) /* not a file that can be synced */
        *err = 0;
    journal_close(j);
    return *err ? 0 : n;
}

/* Only a shard that was closed in good order: whoever takes one of a dead shim looks at its
 * outputs. */
static uint32_t
write_shard(const char *state, const struct plan *p, uint32_t shard, uint32_t last, struct shard *s,
    const char *holder, int *err)
{
    uint64_t fence = 0;
    unsigned damaged = 0;
    uint32_t n = 0;
    s->plan = p;
    s->done = xcalloc(s->n, 1);
    *err = journal_read_shard(state, shard, last, p->head->identity, note, s, &fence, &damaged);
    bool any = false;
    for (uint32_t i = 0; i < s->n; i++)
        any |= s->done[i];
    if (!*err && s->closed && fence && any)
        n = write_epoch(s, state, shard, last, fence, holder, err);
    if (*err == EEXIST) /* somebody took it, and looks by himself */
        *err = 0;
    free(s->done);
    return n;
}

static uint32_t
write_all(const char *state, const struct plan *p, const uint32_t *task, uint32_t n,
    const char *holder, int *err)
{
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
    for (uint32_t s = 0; s < p->nshards && !*err; s++) {
        uint32_t from = s ? start[s - 1] : 0; /* each was moved to its end */
        struct shard sh = {.task = of + from, .n = start[s] - from};
        if (sh.n)
            written += write_shard(state, p, s, last[s], &sh, holder, err);
    }
    free(last);
    free(of);
    free(start);
    return written;
}

uint32_t
lost_write(const char *state, const struct plan *p, const uint32_t *task, uint32_t n, int *err)
{
    struct lease *own = lease_open(state, "wflc", NULL, LEASE_SECONDS, err);
    if (!own)
        return 0;
    uint32_t written = write_all(state, p, task, n, lease_holder(own), err);
    struct buf log = {0};
    state_log_path(&log, state, lease_holder(own));
    lease_close(own);
    if (!*err)
        unlink(log.p); /* it is empty; and no journal of that holder is open */
    buf_free(&log);
    return written;
}
