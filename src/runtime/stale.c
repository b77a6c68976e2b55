/* What was done is not any more, and tasks ran on it of whose record we are not the writer: others
 * have their shards, or nobody has. They stay as they are, and are named. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"

#include <stdlib.h>

enum { SHOWN = 5 };

/* Of which that may be so. */
struct suspect {
    uint32_t task;
    bool ran;
};

struct stale {
    struct shim *r;
    struct buf suspect; /* struct suspect */
};

static bool
suspect(void *arg, uint32_t task)
{
    struct stale *k = arg;
    enum sched_state state = sched_state(k->r->sched, task);
    bool ended = state == SCHED_DONE || state == SCHED_FAILED;
    if (shards_hold(k->r, task))
        return ended;
    struct suspect s = {task, ended};
    buf_add(&k->suspect, &s, sizeof s);
    return false; /* what was made of it is made again with it */
}

static struct suspect *
suspects(const struct stale *k, size_t *n)
{
    *n = k->suspect.n / sizeof(struct suspect);
    return (struct suspect *)(void *)k->suspect.p;
}

/* What the last record of each says. */
static bool
learn(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct stale *k = arg;
    size_t n;
    struct suspect *s = suspects(k, &n);
    (void)head;
    for (size_t i = 0; i < n && (rec->kind == JOURNAL_START || rec->kind == JOURNAL_END); i++)
        if (s[i].task == rec->task)
            s[i].ran = rec->kind == JOURNAL_START || rec->reason == REASON_OK ||
                       (rec->flags & JOURNAL_FINAL && rec->reason != REASON_CANCELLED);
    return true;
}

/* Reads the shards of those of which it is not known whether they ran. */
static void
ask_record(struct stale *k)
{
    const struct plan *p = k->r->plan;
    size_t n;
    const struct suspect *s = suspects(k, &n);
    uint32_t *last = xcalloc((size_t)p->nshards + 1, sizeof *last);
    uint64_t fence;
    unsigned damaged = 0;
    if (n && journal_epochs(k->r->state_dir, p->nshards, last) == 0)
        for (size_t i = 0; i < n; i++) {
            uint32_t shard = plan_shard_of(p, s[i].task);
            if (last[shard])
                (void)journal_read_shard(k->r->state_dir, shard, last[shard], p->head->identity,
                    learn, k, &fence, &damaged);
            last[shard] = 0; /* once is enough */
        }
    free(last);
}

void
stale_tell(struct shim *r, uint32_t task)
{
    struct stale k = {.r = r};
    struct buf shown = {0};
    size_t n, stale = 0;
    sched_ran_on(r->sched, &task, 1, suspect, &k);
    ask_record(&k);
    const struct suspect *s = suspects(&k, &n);
    for (size_t i = 0; i < n; i++) {
        if (!s[i].ran)
            continue;
        if (stale++ < SHOWN) {
            buf_puts(&shown, shown.n ? " '" : "'");
            plan_task_label(r->plan, s[i].task, &shown);
            buf_putc(&shown, '\'');
        }
    }
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    if (stale > SHOWN)
        say("%zu tasks, as %s, ran on what %s had written before, and are not of this shim's "
            "shards: they stay as they are, until \"wflc redo %s '%s'\" has it made again, and "
            "them",
            stale, shown.p, r->text.p, r->opt.dir, r->text.p);
    else if (stale)
        say("%s ran on what %s had written before, and %s not of this shim's shards: %s, until "
            "\"wflc redo %s %s\" has %s made again",
            shown.p, r->text.p, stale > 1 ? "are" : "is",
            stale > 1 ? "they stay as they are" : "it stays as it is", r->opt.dir, shown.p,
            stale > 1 ? "them" : "it");
    buf_free(&shown);
    buf_free(&k.suspect);
}
