/* Ends of attempts that wait until what was written is on the disk, in the order in which they
 * came. So no task is done in the record before those that it needed, and none whose outputs a
 * power cut could take. Consumers need not wait: they read what is in the memory of this machine.
 */
#include "config.h"

#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "node/syncer.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define RESTART_MS 1000
#define FINISH_MS 100 /* between looks for a signal */
#define UNSENT_MS 10  /* until the process that syncs is given more */

struct held {
    uint64_t ticket;
    bool recorded; /* the record did not wait: only of interest if it fails */
    struct journal_rec end;
};

struct safe {
    struct syncer *syncer; /* NULL: it died, and none could be had since */
    struct buf held;       /* struct held, a queue: */
    size_t first;
    uint32_t nwaiting; /* of them, those that are not recorded */
    uint64_t journals; /* the ticket of journals, 0: none is under way */
    uint64_t last;     /* the last ticket that was made */
    uint64_t answered; /* and the last one that is known about */
    int64_t restart_at;
    bool unsent;
    bool journal_failing, refused; /* told once */
};

static struct held *
queue(const struct safe *w, size_t *n)
{
    *n = w->held.n / sizeof(struct held);
    return (struct held *)(void *)w->held.p;
}

static enum plan_sync
sync_mode(const struct shim *r, uint32_t family)
{
    return r->opt.sync >= 0 ? (enum plan_sync)r->opt.sync
                            : (enum plan_sync)r->plan->family[family].sync;
}

static void
add_outputs(struct shim *r, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++) {
        buf_reset(&r->path);
        if (plan_path(r->eval, task, i, NULL, &r->path))
            syncer_add(r->safe->syncer, r->path.p);
    }
}

static void
push(struct shim *r, const struct journal_rec *end, bool recorded)
{
    struct held h = {r->safe->last, recorded, *end};
    buf_add(&r->safe->held, &h, sizeof h);
    if (recorded)
        return;
    shards_hold(r, end->task)->nheld++;
    r->safe->nwaiting++;
}

void
safe_end(struct shim *r, struct journal_rec end)
{
    struct safe *w = r->safe;
    uint32_t family = plan_family_of(r->plan, end.task);
    enum plan_sync mode = sync_mode(r, family);
    bool outputs = mode != PLAN_SYNC_NEVER && r->plan->family[family].noutputs;
    size_t n;
    queue(w, &n);
    if (outputs && w->syncer) {
        add_outputs(r, end.task);
        w->last = syncer_ticket(w->syncer);
    }
    bool waits = mode == PLAN_SYNC_FIRST && (outputs || n > w->first);
    if (!waits)
        shards_record(r, end);
    if (waits || outputs)
        push(r, &end, !waits);
}

void
safe_take_back(struct shim *r, uint32_t task)
{
    size_t n;
    struct held *h = queue(r->safe, &n);
    for (size_t i = r->safe->first; i < n; i++) {
        if (h[i].end.task != task)
            continue;
        h[i].end.reason = REASON_GONE;
        if (h[i].recorded)
            continue;
        h[i].recorded = true;
        shards_hold(r, task)->nheld--;
        r->safe->nwaiting--;
    }
    shards_record(r, (struct journal_rec){.kind = JOURNAL_END,
                         .reason = REASON_GONE,
                         .task = task,
                         .time_us = now_us()});
}

static void
take_off(struct safe *w)
{
    size_t n;
    queue(w, &n);
    if (++w->first < n && w->first < 1024)
        return;
    w->held.n -= w->first * sizeof(struct held);
    memmove(w->held.p, w->held.p + w->first * sizeof(struct held), w->held.n);
    w->first = 0;
}

/* All up to this ticket is on the disk. */
static bool
release(struct shim *r, uint64_t ticket)
{
    struct safe *w = r->safe;
    bool any = false;
    size_t n;
    for (struct held *h = queue(w, &n); w->first < n && h[w->first].ticket <= ticket;
         h = queue(w, &n)) {
        struct held top = h[w->first];
        if (!top.recorded) {
            shards_hold(r, top.end.task)->nheld--;
            w->nwaiting--;
            shards_record(r, top.end);
            any = true;
        }
        take_off(w);
    }
    return any;
}

/* What a task wrote is not on the disk: it is not done. Here it counts as such, for others may have
 * started that need it; the next one who takes its shard does it again. */
static void
fail(struct shim *r, struct held *h, int err)
{
    struct hold *hold = shards_hold(r, h->end.task);
    buf_reset(&r->text);
    plan_task_label(r->plan, h->end.task, &r->text);
    say("%s: what it wrote cannot be put on the disk: %s; the next run does it again", r->text.p,
        strerror(err));
    h->end.reason = REASON_NODE;
    h->end.flags &= (uint8_t)~JOURNAL_FINAL;
    if (!hold)
        return;
    hold->nundone++;
    if (h->recorded)
        shards_record(r, h->end);
}

/* What was being synced of journals may not have got to the disk: they are to be synced once more.
 */
static void
forget_marks(struct shim *r)
{
    struct hold *h;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++) {
        h->nended += h->mark != 0;
        h->dirty |= h->mark != 0;
        h->mark = 0;
    }
}

static void
fail_ticket(struct shim *r, uint64_t ticket, int err)
{
    struct safe *w = r->safe;
    size_t n;
    struct held *h = queue(w, &n);
    if (ticket == w->journals) {
        if (!w->journal_failing)
            say("the journal cannot be put on the disk: %s", strerror(err));
        w->journal_failing = true;
        w->journals = 0;
        forget_marks(r);
        return;
    }
    for (size_t i = w->first; i < n && h[i].ticket <= ticket; i++)
        if (h[i].ticket == ticket && h[i].end.reason == REASON_OK)
            fail(r, &h[i], err);
}

/* --- journals --- */

static void
add_journal(struct shim *r, const struct hold *h)
{
    buf_reset(&r->path);
    journal_path(r->state_dir, h->shard, h->epoch, &r->path);
    syncer_add(r->safe->syncer, r->path.p);
}

void
safe_add_journal(struct shim *r, const struct hold *h)
{
    if (!r->safe->syncer)
        return;
    add_journal(r, h);
    r->safe->last = syncer_ticket(r->safe->syncer);
}

bool
safe_sync(struct shim *r)
{
    struct safe *w = r->safe;
    bool any = false;
    if (!w->syncer || w->journals)
        return false;
    struct hold *h;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++) {
        if (!h->dirty)
            continue;
        add_journal(r, h);
        h->mark = h->nended ? journal_size(h->journal) : 0;
        h->nended = 0;
        h->dirty = false;
        any = true;
    }
    if (any)
        w->journals = w->last = syncer_ticket(w->syncer);
    return true;
}

/* So much of them is on the disk, and all outputs that were handed over before. */
static bool
journals_synced(struct shim *r)
{
    bool any = false;
    r->safe->journals = 0;
    r->safe->journal_failing = false;
    struct journal_use use = use_said(r->use);
    struct hold *h;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++) {
        if (!h->mark)
            continue;
        use.synced = h->mark;
        journal_add_use(h->journal, use);
        h->changed = true;
        h->mark = 0;
        any = true;
    }
    return any;
}

/* --- the process --- */

void
safe_open(struct shim *r)
{
    int err;
    r->safe = xcalloc(1, sizeof *r->safe);
    r->safe->syncer = syncer_new(&err); /* if not now, then when it is needed */
}

/* Another one does not know what the last one was told. */
static void
restart(struct shim *r)
{
    struct safe *w = r->safe;
    int err;
    size_t n;
    w->restart_at = now_ms() + RESTART_MS;
    w->syncer = syncer_new(&err);
    if (!w->syncer && w->nwaiting && !w->refused)
        say("no process can be started that puts outputs on the disk: %s; trying again and again",
            strerror(err));
    w->refused = !w->syncer && w->nwaiting;
    if (!w->syncer)
        return;
    w->last = w->answered = 0;
    w->journals = 0;
    struct held *h = queue(w, &n);
    for (size_t i = w->first; i < n; i++) {
        add_outputs(r, h[i].end.task);
        h[i].ticket = w->last = syncer_ticket(w->syncer);
    }
    forget_marks(r);
}

void
safe_died(struct shim *r)
{
    struct safe *w = r->safe;
    if (!w->syncer)
        return;
    say("the process that puts outputs on the disk has died; another one is started");
    syncer_free(w->syncer);
    w->syncer = NULL;
    if (now_ms() >= w->restart_at)
        restart(r);
}

bool
safe_turn(struct shim *r, bool hurry)
{
    struct safe *w = r->safe;
    uint64_t ticket;
    int err;
    bool any = false, dead = false;
    if (!w->syncer && now_ms() >= w->restart_at)
        restart(r);
    while (w->syncer && syncer_answer(w->syncer, &ticket, &err, &dead)) {
        w->answered = ticket;
        if (err) {
            fail_ticket(r, ticket, err);
            any = true;
            continue;
        }
        any |= release(r, ticket);
        if (w->journals && ticket >= w->journals)
            any |= journals_synced(r);
    }
    if (dead)
        safe_died(r);
    w->unsent = w->syncer && !syncer_send(w->syncer, hurry);
    return any;
}

uint32_t
safe_waiting(const struct shim *r)
{
    return r->safe->nwaiting;
}

int64_t
safe_at(const struct shim *r, int64_t now)
{
    const struct safe *w = r->safe;
    return !w->syncer ? w->restart_at : w->unsent ? now + UNSENT_MS : NEVER;
}

int
safe_fd(const struct shim *r)
{
    return r->safe->syncer ? syncer_fd(r->safe->syncer) : -1;
}

pid_t
safe_pid(const struct shim *r)
{
    return r->safe ? syncer_pid(r->safe->syncer) : 0;
}

/* Somebody wants us to end at once. */
static bool
hurried(void)
{
    sigset_t pending;
    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

bool
safe_finish(struct shim *r, int64_t until)
{
    struct safe *w = r->safe;
    int err;
    bool good = true, dead = false;
    while (w->syncer && w->answered < w->last && !dead && now_ms() < until && !hurried()) {
        struct pollfd p = {.fd = syncer_fd(w->syncer), .events = POLLIN};
        if (!syncer_send(w->syncer, true))
            p.events |= POLLOUT;
        poll(&p, 1, FINISH_MS);
        while (syncer_answer(w->syncer, &w->answered, &err, &dead))
            good &= !err;
    }
    return good && w->answered >= w->last;
}

void
safe_close(struct shim *r)
{
    if (!r->safe)
        return;
    syncer_free(r->safe->syncer);
    buf_free(&r->safe->held);
    free(r->safe);
    r->safe = NULL;
}
