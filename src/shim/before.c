#include "config.h"

#include "shim/before.h"

#include "journal/next.h"
#include "journal/paths.h"
#include "node/orphans.h"
#include "runtime/files.h"
#include "runtime/shards.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 1000 };

/* What became of one, by the journal of before. */
struct ending {
    bool ended;
    struct journal_rec end; /* or its start; of kind 0: it was not tried */
    struct buf outputs;     /* struct journal_output */
};

struct before {
    struct next_tasks list;
    uint32_t *mine; /* of each in the list: the epoch in which its shard is ours, and it is waited
                       for; 0: it is not */
    uint32_t nmine;
    int64_t look_at;
    bool failing;
};

static int
by_journal(const void *pa, const void *pb)
{
    const struct next_task *a = pa, *b = pb;
    if (a->shard != b->shard)
        return a->shard < b->shard ? -1 : 1;
    if (a->epoch != b->epoch)
        return a->epoch < b->epoch ? -1 : 1;
    return a->was < b->was ? -1 : a->was > b->was;
}

bool
before_open(struct shim *r)
{
    struct before *b = r->before = xcalloc(1, sizeof *b);
    uint32_t n = r->plan->head->ntasks;
    int err = next_read_tasks(r->state_dir, r->plan->head->identity, &b->list);
    if (err) {
        say("%s/" STATE_NEXT ": which tasks run by the plan before cannot be read: %s",
            r->state_dir, strerror(err));
        return false;
    }
    if (!b->list.n)
        return true;
    qsort(b->list.task, b->list.n, sizeof *b->list.task, by_journal);
    b->mine = xcalloc(b->list.n, sizeof *b->mine);
    r->known.before = xcalloc(n, sizeof *r->known.before);
    for (uint32_t i = 0; i < b->list.n; i++)
        if (b->list.task[i].task < n)
            r->known.before[b->list.task[i].task]++;
    return true;
}

void
before_close(struct shim *r)
{
    if (r->before) {
        next_free_tasks(&r->before->list);
        free(r->before->mine);
    }
    free(r->before);
    free(r->known.before);
}

/* Our record tells nothing of it so far. */
static bool
is_waited_for(const struct shim *r, uint32_t i)
{
    const struct next_task *k = &r->before->list.task[i];
    return k->task < r->plan->head->ntasks && r->known.before[k->task];
}

/* Of number `i` of the list; NULL: its shard is not ours, or it was given back since. */
static struct hold *
hold_of(const struct shim *r, uint32_t i)
{
    struct before *b = r->before;
    struct hold *h = b->mine[i] ? shards_hold(r, b->list.task[i].task) : NULL;
    return h && h->epoch == b->mine[i] ? h : NULL;
}

/* From now on it is not, by this line of the list. */
static void
end_wait(struct shim *r, uint32_t i)
{
    struct before *b = r->before;
    struct hold *h = hold_of(r, i);
    if (h)
        h->nalone--;
    b->nmine -= b->mine[i] != 0;
    b->mine[i] = 0;
    r->known.nbefore = b->nmine;
}

void
before_took(struct shim *r)
{
    struct before *b = r->before;
    for (uint32_t i = 0; i < b->list.n; i++) {
        struct hold *h = is_waited_for(r, i) ? shards_hold(r, b->list.task[i].task) : NULL;
        if (b->mine[i] && !hold_of(r, i))
            end_wait(r, i);
        if (b->mine[i] || !h)
            continue;
        b->mine[i] = h->epoch;
        b->nmine++;
        h->nalone++;
        b->look_at = 0;
    }
    r->known.nbefore = b->nmine;
}

/* --- what the journal says --- */

/* The tasks of the list that are in one journal, from number `first` on. */
struct reading {
    struct shim *r;
    uint32_t first, epoch;
    bool closed;
    struct ending *end; /* as the list */
};

static bool
in_journal(const struct before *b, uint32_t i, const struct next_task *of)
{
    return i < b->list.n && b->list.task[i].shard == of->shard &&
           b->list.task[i].epoch == of->epoch;
}

static void
note_record(struct ending *e, const struct journal_rec *rec)
{
    if (rec->kind == JOURNAL_START || rec->kind == JOURNAL_END) {
        e->ended = rec->kind == JOURNAL_END;
        e->end = *rec;
    }
    if (rec->kind == JOURNAL_START)
        buf_reset(&e->outputs);
    if (rec->kind == JOURNAL_OUTPUT) {
        if (((const struct journal_output *)(const void *)rec)->first == 0)
            buf_reset(&e->outputs);
        buf_add(&e->outputs, rec, sizeof *rec);
    }
}

static bool
note(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct reading *g = arg;
    const struct before *b = g->r->before;
    g->closed = head->epoch == g->epoch && rec->kind == JOURNAL_CLOSE;
    if (head->epoch != g->epoch ||
        (rec->kind != JOURNAL_START && rec->kind != JOURNAL_END && rec->kind != JOURNAL_OUTPUT))
        return true;
    for (uint32_t i = g->first; in_journal(b, i, &b->list.task[g->first]); i++)
        if (b->mine[i] && b->list.task[i].was == rec->task)
            note_record(&g->end[i], rec);
    return true;
}

/* 0 or errno. */
static int
read_journal(struct shim *r, struct reading *g)
{
    const struct before *b = r->before;
    const struct next_task *k = &b->list.task[g->first];
    uint64_t fence;
    unsigned damaged = 0;
    for (uint32_t i = g->first; in_journal(b, i, k); i++) {
        buf_free(&g->end[i].outputs);
        g->end[i] = (struct ending){0};
    }
    g->epoch = k->epoch;
    g->closed = false;
    return journal_read_shard(r->state_dir, k->shard, k->epoch, k->plan, note, g, &fence, &damaged);
}

/* --- what follows --- */

static bool
is_done(const struct ending *e)
{
    return e->ended && e->end.reason == REASON_OK && (e->end.flags & JOURNAL_FINAL);
}

static void
carry(struct shim *r, uint32_t task, const struct ending *e)
{
    const struct journal_output *o = (const struct journal_output *)(const void *)e->outputs.p;
    for (size_t i = 0; i < e->outputs.n / sizeof *o; i++) {
        struct journal_output copy = o[i];
        copy.task = task;
        shards_record_output(r, &copy);
    }
    shards_record(r, journal_carried(&e->end, task));
    r->known.owned[task / 8] |= (uint8_t)(1u << task % 8);
    sched_set_done(r->sched, task, now_ms());
}

/* It is tried here, and may have been begun there. */
static void
carry_tried(struct shim *r, uint32_t task, const struct journal_rec *last)
{
    struct journal_rec end = journal_carried(last, task);
    shards_record(r, end);
    resume_carried(r, &end);
    if (left_matters(r, task))
        left_keep(r, task);
}

static void
settle(struct shim *r, uint32_t i, const struct ending *e)
{
    const struct next_task *k = &r->before->list.task[i];
    uint32_t task = k->task;
    end_wait(r, i);
    if (!r->known.before[task])
        return;
    if (sched_state(r->sched, task) != SCHED_AWAY) { /* it was cancelled */
        r->known.before[task] = 0;
    } else if (k->same && is_done(e)) {
        r->known.before[task] = 0;
        carry(r, task, e);
    } else if (--r->known.before[task] == 0) {
        if (k->same && e->end.kind)
            carry_tried(r, task, &e->end);
        if (node_may_run(r, task))
            sched_take(r->sched, task, now_ms());
    }
}

/* Its holder is dead: nothing of it runs here any more. */
static bool
holder_is_dead(struct shim *r, const char *holder)
{
    return lease_judge(r->lease, holder, NULL) == LEASE_DEAD && lease_end(r->lease, holder) == 0 &&
           orphans_end(r->strays, r->state_dir, r->lease, holder);
}

/* All of one journal. */
static bool
look_at_journal(struct shim *r, struct reading *g)
{
    struct before *b = r->before;
    const struct next_task of = b->list.task[g->first];
    int err = read_journal(r, g);
    bool dead = !err && !g->closed && holder_is_dead(r, of.holder), any = false;
    if (dead) /* it may have ended something since */
        err = read_journal(r, g);
    if (err && !b->failing)
        say("a journal of shard %u of the plan before cannot be read: %s", of.shard, strerror(err));
    b->failing = err != 0;
    for (uint32_t i = g->first; in_journal(b, i, &of); i++) {
        if (!b->mine[i] || err ||
            !(g->closed || dead || (g->end[i].ended && !b->list.task[i].late)))
            continue;
        settle(r, i, &g->end[i]);
        any = true;
    }
    return any;
}

bool
before_tick(struct shim *r, int64_t now)
{
    struct before *b = r->before;
    bool any = false;
    if (!b->nmine || now < b->look_at)
        return false;
    struct reading g = {.r = r, .end = xcalloc(b->list.n, sizeof *g.end)};
    uint32_t end;
    before_took(r); /* some may have been given back */
    for (uint32_t first = 0; first < b->list.n; first = end) {
        bool mine = false;
        for (end = first; in_journal(b, end, &b->list.task[first]); end++)
            mine |= b->mine[end] != 0;
        g.first = first;
        any |= mine && look_at_journal(r, &g);
    }
    for (uint32_t i = 0; i < b->list.n; i++)
        buf_free(&g.end[i].outputs);
    free(g.end);
    b->look_at = now + LOOK_MS;
    return any;
}
