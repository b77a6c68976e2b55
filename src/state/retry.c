#include "config.h"

#include "state/retry.h"

#include "journal/again.h"
#include "journal/journal.h"

#include <errno.h>
#include <stdlib.h>

struct retry {
    const struct plan *plan;
    uint8_t *failed;         /* of each task */
    struct again_mark *read; /* of each shard: how far its journals were read */
    uint8_t known;           /* the last request that any shim knew */
};

static bool
note(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct retry *r = arg;
    if (head->shard >= r->plan->nshards)
        return true;
    struct again_mark *at = &r->read[head->shard];
    if (rec->kind == JOURNAL_HEAD) {
        *at = (struct again_mark){.shard = head->shard, .epoch = head->epoch};
        if (again_later(head->again, r->known))
            r->known = head->again;
    }
    at->bytes += sizeof *rec;
    if ((rec->kind == JOURNAL_START || rec->kind == JOURNAL_END) &&
        rec->task < r->plan->head->ntasks && plan_shard_of(r->plan, rec->task) == head->shard)
        r->failed[rec->task] =
            rec->kind == JOURNAL_END && rec->reason != REASON_OK && rec->flags & JOURNAL_FINAL;
    return true;
}

/* The marks of the request before stay, as not all that it is about may have been tried; a shard in
 * which something failed since has a later one. */
static void
set_marks(const struct retry *r, struct again *a)
{
    uint32_t nshards = r->plan->nshards;
    uint8_t *failed = xcalloc(nshards, 1);
    for (uint32_t t = 0; t < r->plan->head->ntasks; t++)
        if (r->failed[t])
            failed[plan_shard_of(r->plan, t)] = 1;
    struct again_mark *mark = xcalloc(nshards, sizeof *mark);
    uint32_t n = 0, old = 0;
    for (uint32_t s = 0; s < nshards; s++) {
        while (old < a->n && a->mark[old].shard < s)
            old++;
        if (failed[s])
            mark[n++] = r->read[s];
        else if (old < a->n && a->mark[old].shard == s)
            mark[n++] = a->mark[old];
    }
    free(failed);
    free(a->mark);
    a->mark = mark;
    a->n = n;
}

int
retry_request(const char *state_dir, const struct plan *p, uint32_t *tasks)
{
    struct retry r = {.plan = p};
    struct again a = {0};
    *tasks = 0;
    r.failed = xcalloc(p->head->ntasks, 1);
    r.read = xcalloc(p->nshards, sizeof *r.read);
    int err = again_read(state_dir, p->head->identity, &a);
    if (!err)
        err = journal_read(state_dir, p->head->identity, note, &r, NULL);
    err = err == ENOENT ? 0 : err;
    for (uint32_t t = 0; !err && t < p->head->ntasks; t++)
        *tasks += r.failed[t];
    if (!err && *tasks) {
        uint8_t last = again_later(a.number, r.known) ? a.number : r.known;
        set_marks(&r, &a);
        a.number = last == UINT8_MAX ? 1 : (uint8_t)(last + 1);
        err = again_write(state_dir, p->head->identity, &a);
    }
    again_free(&a);
    free(r.failed);
    free(r.read);
    return err;
}
