#include "config.h"

#include "ask/attempts.h"

#include "journal/paths.h"
#include "report/words.h"
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

int
attempts_read(struct attempts *a)
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
