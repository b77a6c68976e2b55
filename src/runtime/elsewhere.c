/* Retries on other nodes. While others work on the campaign, a task that failed here is not tried
 * again here: when the rest of its shard is finished, the shard is given back and offered, and the
 * next node that has nothing ready takes it. A node takes none of the tasks that failed last on
 * itself, so that two of them do not hand a shard to and fro without trying its tasks in between.
 *
 * All waits are bounded: a task for which no other node came within a part of --idle, or with
 * nobody left who could come, is tried here. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"

#include "journal/offer.h"
#include "sched/claim.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

#define OTHERS_KEPT_MS 3000 /* how long it is believed that others are there, or not */
#define PART_OF_IDLE 5
enum { OFFERS = 64 };

/* A shard that was given back for tasks that failed here; when we take it ourselves. */
struct returned {
    uint32_t shard;
    int64_t until;
};

enum { ELSEWHERE_BUSY = 8 };

struct elsewhere {
    uint8_t *here;   /* of each task: 1, it failed last on this node; 2, on another one */
    uint8_t *insist; /* of each shard, 1: nobody else takes it */
    struct returned *returned;
    uint32_t nreturned, cap;
    struct offer offer[OFFERS];
    uint32_t noffers, next_offer, offers_left;
    int64_t asked_at;
    bool others; /* live on other nodes */
    bool stays;  /* for the sake of one of these, which others work on: */
    struct busy {
        uint32_t shard;
        char holder[HOLDER_SIZE];
    } busy[ELSEWHERE_BUSY];
    unsigned nbusy;
};

void
elsewhere_open(struct shim *r)
{
    struct elsewhere *e = r->elsewhere = xcalloc(1, sizeof *e);
    if (!r->opt.batch)
        return;
    e->here = xcalloc(r->plan->head->ntasks, 1);
    e->insist = xcalloc(r->plan->nshards, 1);
}

void
elsewhere_close(struct shim *r)
{
    struct elsewhere *e = r->elsewhere;
    if (!e)
        return;
    free(e->here);
    free(e->insist);
    free(e->returned);
    free(e);
}

static int64_t
patience_ms(const struct shim *r)
{
    return (int64_t)r->opt.idle_s * 1000 / PART_OF_IDLE;
}

bool
elsewhere_others(struct shim *r)
{
    struct elsewhere *e = r->elsewhere;
    int64_t now = now_ms();
    if (!e->asked_at || now - e->asked_at > OTHERS_KEPT_MS) {
        e->others = r->opt.batch && lease_others(r->lease, 1) > 0;
        e->asked_at = now;
    }
    return e->others;
}

/* Out of memory is no matter of the node: the retry gets more of it. What is to run on the first
 * node of a job has no other one. */
static bool
of_any_node(const struct shim *r, uint32_t task)
{
    return r->plan->family[plan_family_of(r->plan, task)].runs_on == PLAN_ON_NODE;
}

void
elsewhere_learn(struct shim *r, const struct journal_head *head, const struct journal_rec *end)
{
    enum journal_reason reason = (enum journal_reason)end->reason;
    if (reason == REASON_GONE)
        elsewhere_forget(r, end->task);
    if (!r->opt.batch ||
        (reason != REASON_OK && reason != REASON_NODE && !journal_reason_charged(reason)))
        return;
    bool here = lease_same_node(head->holder, lease_holder(r->lease));
    r->elsewhere->here[end->task] = reason == REASON_OK || reason == REASON_OOM ? 0 : here ? 1 : 2;
}

bool
elsewhere_failed_there(const struct shim *r, uint32_t task)
{
    return r->elsewhere->here[task] == 2;
}

bool
elsewhere_failed(struct shim *r, uint32_t task, enum journal_reason reason)
{
    if (!r->opt.batch)
        return false;
    r->elsewhere->here[task] = reason != REASON_OOM;
    return reason != REASON_OOM && of_any_node(r, task) && !r->leave.draining &&
           elsewhere_others(r);
}

bool
elsewhere_wanted(struct shim *r, uint32_t task)
{
    return r->opt.batch && r->elsewhere->here[task] == 1 &&
           !r->elsewhere->insist[plan_shard_of(r->plan, task)] && of_any_node(r, task) &&
           elsewhere_others(r);
}

void
elsewhere_forget(struct shim *r, uint32_t task)
{
    if (r->opt.batch)
        r->elsewhere->here[task] = 0;
}

void
elsewhere_keep(struct shim *r, uint32_t task)
{
    struct hold *h = shards_hold(r, task);
    if (!h->away_since)
        h->away_since = now_ms();
}

/* What failed here is tried here. */
static void
take_back(struct shim *r, struct hold *h, int64_t now)
{
    struct plan_range run;
    h->away_since = 0;
    for (uint32_t i = 0; plan_shard_run(r->plan, h->shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            if (node_may_run(r, t) && !alone_kept(r, t))
                sched_take(r->sched, t, now);
}

/* The shard was given back: others are told, and if none comes we do it. */
void
elsewhere_given(struct shim *r, const struct hold *h)
{
    struct elsewhere *e = r->elsewhere;
    bool leaves = blame_left(r);
    if (!h->away_since && !leaves)
        return;
    e->insist[h->shard] = 0;
    offer_make(r->state_dir, h->shard, h->epoch);
    struct journal_state next;
    if (journal_look(r->state_dir, h->shard, h->epoch + 1, r->plan->head->identity, &next) == 0)
        offer_end(r->state_dir, h->shard, h->epoch); /* whoever took it may not have seen it */
    if (leaves)
        return;
    ARRAY_GROW(e->returned, e->nreturned, e->cap);
    e->returned[e->nreturned++] = (struct returned){h->shard, now_ms() + patience_ms(r)};
}

/* Those that nobody took. */
static void
insist_on_returned(struct shim *r, int64_t now)
{
    struct elsewhere *e = r->elsewhere;
    bool others = e->nreturned && elsewhere_others(r);
    for (uint32_t i = e->nreturned; i-- > 0;) {
        uint32_t s = e->returned[i].shard;
        bool ours = claim_is_left(shards_claim(r), s);
        if (ours && others && now < e->returned[i].until)
            continue;
        if (ours) {
            e->insist[s] = 1;
            claim_again(shards_claim(r), s, now);
            e->stays = false;
        }
        e->returned[i] = e->returned[--e->nreturned];
    }
}

void
elsewhere_tick(struct shim *r, int64_t now)
{
    struct hold *h;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++) {
        if (!h->away_since)
            continue;
        if (!elsewhere_others(r) || now - h->away_since >= patience_ms(r))
            take_back(r, h, now);
        else if (blame_keeps(r, now)) /* nobody can come before that is over */
            h->away_since = now;
    }
    insist_on_returned(r, now);
}

/* --- what others offer --- */

uint32_t
elsewhere_offer(struct shim *r, uint32_t after, uint32_t *epoch)
{
    struct elsewhere *e = r->elsewhere;
    if (!r->opt.batch)
        return PLAN_NONE;
    if (after == PLAN_NONE) {
        e->noffers = offers_list(r->state_dir, e->offer, OFFERS);
        e->next_offer = e->noffers ? r->opt.rank % e->noffers : 0; /* not all try the same one */
        e->offers_left = e->noffers;
    }
    while (e->offers_left) {
        struct offer o = e->offer[e->next_offer++ % e->noffers];
        e->offers_left--;
        if (o.shard >= r->plan->nshards || !claim_offered(shards_claim(r), o.shard, o.epoch))
            continue;
        *epoch = o.epoch;
        return o.shard;
    }
    return PLAN_NONE;
}

/* --- staying --- */

void
elsewhere_busy(struct shim *r, uint32_t shard, const char *holder)
{
    struct elsewhere *e = r->elsewhere;
    for (unsigned i = 0; i < e->nbusy; i++)
        if (strcmp(e->busy[i].holder, holder) == 0)
            return;
    if (e->nbusy == ELSEWHERE_BUSY)
        return;
    e->busy[e->nbusy].shard = shard;
    strcpy(e->busy[e->nbusy++].holder, holder);
}

/* Does its holder still work on it, as a shim of our job? */
static bool
still_busy(const struct shim *r, const struct busy *b)
{
    struct journal_state j;
    return lease_of_job(r->state_dir, b->holder, r->opt.job) &&
           journal_look(r->state_dir, b->shard, claim_epoch(shards_claim(r), b->shard),
               r->plan->head->identity, &j) == 0 &&
           !j.closed && strcmp(j.holder, b->holder) == 0;
}

/* A job lasts until the last of its shims leaves. So one with nothing to do may as well stay, in
 * case that tasks fail on another node. It does not look at all shards meanwhile, but at one, and
 * at what is offered. */
bool
elsewhere_stays(struct shim *r)
{
    struct elsewhere *e = r->elsewhere;
    e->stays = false;
    for (unsigned i = 0; r->opt.nnodes > 1 && r->opt.job && i < e->nbusy && !e->stays; i++)
        e->stays = still_busy(r, &e->busy[i]);
    return e->stays;
}

bool
elsewhere_still(struct shim *r)
{
    return r->elsewhere->stays && elsewhere_stays(r);
}

bool
elsewhere_hopes(const struct shim *r)
{
    return !r->leave.takes_none && (r->elsewhere->stays || r->elsewhere->nreturned);
}

void
elsewhere_round(struct shim *r)
{
    r->elsewhere->nbusy = 0;
}
