#include "config.h"

#include "node/redone.h"

#include "journal/wanted.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_MS 2000

struct redone {
    const char *state_dir;
    const struct plan *plan;
    uint32_t seen, known;  /* the number of the last redo: in a record, and that was heeded */
    bool here;             /* the epoch that is read is of one */
    uint32_t shard;        /* that is read */
    struct buf task;       /* numbers of tasks whose old outputs may still be there */
    bool any;              /* somebody wants some: */
    bool *wanted, *before; /* of each shard, now and until the last look */
    int64_t look_at, until;
};

struct redone *
redone_new(const char *state_dir, const struct plan *p)
{
    struct redone *k = xcalloc(1, sizeof *k);
    *k = (struct redone){.state_dir = state_dir,
        .plan = p,
        .wanted = xcalloc(p->nshards, sizeof *k->wanted),
        .before = xcalloc(p->nshards, sizeof *k->before)};
    return k;
}

void
redone_free(struct redone *k)
{
    if (!k)
        return;
    buf_free(&k->task);
    free(k->wanted);
    free(k->before);
    free(k);
}

void
redone_learn(struct redone *k, const struct journal_head *head, const struct journal_rec *rec)
{
    if (rec->kind == JOURNAL_HEAD) {
        uint32_t number = lease_redo(head->holder);
        k->here = number != 0;
        k->seen = number > k->seen ? number : k->seen;
        if (!k->here || head->shard != k->shard)
            buf_reset(&k->task);
        k->shard = head->shard;
    } else if (rec->kind == JOURNAL_CLOSE) { /* they are in quarantine */
        buf_reset(&k->task);
    } else if (k->here && rec->kind == JOURNAL_END && rec->reason == REASON_REDO &&
               rec->task < k->plan->head->ntasks) {
        buf_add(&k->task, &rec->task, sizeof rec->task);
    }
}

bool
redone_news(struct redone *k)
{
    bool news = k->seen != k->known;
    k->known = k->seen;
    return news;
}

const uint32_t *
redone_left(struct redone *k, size_t *n)
{
    *n = k->task.n / sizeof(uint32_t);
    k->task.n = 0;
    return (const uint32_t *)(const void *)k->task.p;
}

bool
redone_look(struct redone *k, int64_t now)
{
    char holder[HOLDER_SIZE];
    bool was = k->any, *before = k->before;
    uint32_t n = k->plan->nshards;
    if (now < k->look_at)
        return false;
    k->before = k->wanted;
    k->wanted = before;
    wanted_read(k->state_dir, k->plan->head->identity, k->wanted, n, holder);
    k->any = *holder;
    k->look_at = now + LOOK_MS;
    k->until = was ? k->look_at : k->until;
    return was && memcmp(k->wanted, k->before, n * sizeof *k->wanted) != 0;
}

bool
redone_wants(const struct redone *k, uint32_t shard)
{
    return k->wanted[shard];
}

bool
redone_wanted(const struct redone *k, uint32_t shard)
{
    return k->before[shard];
}

bool
redone_keeps(const struct redone *k, int64_t now)
{
    return k->any || now < k->until;
}
