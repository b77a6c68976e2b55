/* The means by which shards are taken and given back: leases, journals, offers. Which one is next,
 * and when to look again, sched/claim.h says. */
#include "config.h"

#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"

#include "journal/again.h"
#include "journal/offer.h"
#include "journal/paths.h"
#include "node/orphans.h"
#include "node/redone.h"
#include "sched/claim.h"
#include "util/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tag {
    struct tag *next;
    uint32_t epoch;
    char text[16];
};

struct shards {
    struct claim *claim;   /* which one is next */
    struct hold **hold;    /* nholds */
    struct hold **hold_of; /* of each shard; NULL: not ours */
    struct tag *tags;      /* of all epochs of shards that were ours */
    uint32_t nholds, cap;
    uint8_t again; /* the request to try again what failed that was in force when we began */
    struct {
        uint32_t shard, epoch;
    } offer;                 /* the one that is looked at as it was offered */
    uint64_t nfailed, nleft; /* tasks of shards that are over, or given back */
    char busy[HOLDER_SIZE];  /* somebody who works on one */
    char late[HOLDER_SIZE];  /* and of whom that is not sure */
    struct buf trouble;      /* what was said last of leases and journals that cannot be read */
};

/* --- the journals of what is held --- */

struct hold *
shards_hold(const struct shim *r, uint32_t task)
{
    return r->shards->hold_of[plan_shard_of(r->plan, task)];
}

void
shards_record(struct shim *r, struct journal_rec rec)
{
    struct hold *h = shards_hold(r, rec.task);
    rec.node = shim_rank(r);
    journal_add(h->journal, rec);
    h->nended += rec.kind == JOURNAL_END;
    h->changed = true;
}

void
shards_record_output(struct shim *r, const struct journal_output *o)
{
    struct hold *h = shards_hold(r, o->task);
    journal_add_output(h->journal, o);
    h->changed = true;
}

static void
add_told(struct hold *h)
{
    journal_add(h->journal, (struct journal_rec){.kind = JOURNAL_TOLD, .time_us = now_us()});
    h->changed = true;
}

void
shards_told(struct shim *r)
{
    for (uint32_t i = 0; i < r->shards->nholds; i++)
        add_told(r->shards->hold[i]);
}

int
shards_flush(struct shim *r)
{
    int failed = 0;
    for (uint32_t i = 0; i < r->shards->nholds; i++) {
        struct hold *h = r->shards->hold[i];
        int err = h->changed ? journal_flush(h->journal) : 0;
        h->dirty |= h->changed && !err;
        h->changed &= err != 0;
        failed = err ? err : failed;
    }
    return failed;
}

/* --- taking --- */

/* What is left of a shard whose journal is closed. */
static enum claim_sight
sight_of_closed(struct shim *r, const struct journal_state *j)
{
    bool again = j->failed && again_later(r->shards->again, j->again);
    if (j->left || again || !r->opt.batch) /* this machine alone makes sure of all outputs */
        return CLAIM_FREE;
    r->shards->nfailed += j->failed;
    return CLAIM_OVER;
}

/* It is tried again and again, so the same is not said twice in a row. */
static void say_trouble(struct shim *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void
say_trouble(struct shim *r, const char *fmt, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    if (!r->shards->trouble.n || strcmp(text.p, r->shards->trouble.p) != 0)
        say("%s", text.p);
    buf_free(&r->shards->trouble);
    r->shards->trouble = text;
}

/* Of a holder that is not dead. */
static enum claim_sight
sight_of_holder(struct shim *r, uint32_t s, const char *holder, enum lease_life life, int err)
{
    bool late = life == LEASE_LATE || life == LEASE_UNSURE;
    if (r->opt.batch && life == LEASE_UNSURE && err > 0)
        say_trouble(r, "the lease of %s cannot be looked at: %s; asking again", holder,
            strerror(err));
    if (late)
        snprintf(r->shards->late, sizeof r->shards->late, "%s", holder);
    snprintf(r->shards->busy, sizeof r->shards->busy, "%s", holder);
    elsewhere_busy(r, s, holder);
    return late ? CLAIM_LATE : life == LEASE_FRESH ? CLAIM_FRESH : CLAIM_BUSY;
}

/* May the shard be taken? Its holder is judged, and if dead, loses its lease. */
static enum claim_sight
judge_holder(struct shim *r, uint32_t s, uint32_t epoch)
{
    struct journal_state j;
    struct lease_sight seen;
    if (!epoch)
        return CLAIM_FREE;
    int err = journal_look(r->state_dir, s, epoch, r->plan->head->identity, &j);
    if (err && err != ENOENT) {
        say_trouble(r, "a journal of shard %u cannot be read: %s", s, strerror(err));
        return CLAIM_BUSY;
    }
    if (err || !j.ours)
        return CLAIM_FREE;
    if (j.closed)
        return sight_of_closed(r, &j);
    if (!*j.holder)
        return CLAIM_FREE; /* wflc build, which carried a record over and did not live */
    enum lease_life life = lease_judge(r->lease, j.holder, &seen);
    if (life != LEASE_DEAD)
        return sight_of_holder(r, s, j.holder, life, seen.err);
    /* it may have left in good order since we looked: it closes its journals first */
    err = journal_look(r->state_dir, s, epoch, r->plan->head->identity, &j);
    if (!err && j.closed)
        return sight_of_closed(r, &j);
    if (!err)
        err = lease_end(r->lease, j.holder);
    if (err) { /* if it only stood still, it has to learn that from its lease */
        say_trouble(r, "shard %u cannot be taken over from %s: %s", s, j.holder, strerror(err));
        return CLAIM_BUSY;
    }
    return orphans_end(r->strays, r->state_dir, r->lease, j.holder) ? CLAIM_FREE : CLAIM_BUSY;
}

/* Of a shard that is ours its record tells, and our own look at its outputs, not what was learned.
 */
static void
forget_learned(struct shim *r, uint32_t s)
{
    struct plan_range run;
    for (uint32_t i = 0; plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            sched_set_gone(r->sched, t);
}

/* The journal could not be made; `epoch` is the one before it. */
static enum claim_result
say_not_made(struct shim *r, uint32_t s, uint32_t epoch, int err)
{
    resume_forget(r);
    if (err == EEXIST)
        return CLAIM_LOST;
    if (err == EOVERFLOW) {
        say("%s/" STATE_JOURNAL
            "/%04u.e%u: the name of the last journal that shard %u can have; remove "
            "it if it was put there by hand",
            r->state_dir, s, epoch, s);
        return CLAIM_UNRECORDED;
    }
    say("%s/" STATE_JOURNAL ": a new journal cannot be made: %s", r->state_dir, strerror(err));
    return CLAIM_FULL;
}

static void
add_hold(struct shim *r, struct hold *h)
{
    struct shards *k = r->shards;
    ARRAY_GROW(k->hold, k->nholds, k->cap);
    k->hold[k->nholds++] = h;
    k->hold_of[h->shard] = h;
}

/* Shards of one epoch have one: a process may have tasks of several of them, and lasts longer than
 * some. */
static const char *
tag_of(struct shards *k, uint32_t epoch)
{
    struct tag *t = k->tags;
    while (t && t->epoch != epoch)
        t = t->next;
    if (!t) {
        t = xmalloc(sizeof *t);
        *t = (struct tag){.next = k->tags, .epoch = epoch};
        snprintf(t->text, sizeof t->text, "e%u", epoch);
        k->tags = t;
    }
    return t->text;
}

/* What a redo that died had not put into quarantine is not written over. */
static void
keep_left(struct shim *r)
{
    size_t n;
    const uint32_t *task = redone_left(r->redone, &n);
    for (size_t i = 0; i < n; i++)
        found_keep(r, task[i]);
}

/* Takes shard `s`, which is free after epoch *epoch; that is ours then. */
static enum claim_result
take_shard(struct shim *r, uint32_t s, uint32_t *epoch)
{
    uint64_t fence;
    int err;
    if (!feed_shard(r, s))
        return CLAIM_REFUSED;
    if (!resume_record(r, s, *epoch, &fence))
        return CLAIM_UNRECORDED;
    struct journal *j = journal_create(r->state_dir, s, *epoch, fence, r->plan->head->identity,
        lease_holder(r->lease), !r->opt.batch && !r->opt.only, r->shards->again, &err);
    if (!j)
        return say_not_made(r, s, *epoch, err);
    struct hold *h = xcalloc(1, sizeof *h);
    *h = (struct hold){.shard = s,
        .epoch = journal_epoch(j),
        .journal = j,
        .changed = true,
        .dead_from = resume_dead_from(r)};
    h->tag = tag_of(r->shards, h->epoch);
    bool redone = redone_news(r->redone) && r->opt.batch;
    if (redone)
        follow_forget(r);
    add_hold(r, h);
    journal_add_who(j, use_who(r->use));
    *epoch = h->epoch;
    if (h->epoch > 1) /* it may have been offered, which we need not have seen */
        offer_end(r->state_dir, s, h->epoch - 1);
    if (r->leave.warned)
        add_told(h);
    forget_learned(r, s);
    feed_bundles(r, s, h->epoch);
    if (redone)
        follow_anew(r);
    keep_left(r);
    resume_settle(r, s);
    return CLAIM_TOOK;
}

static bool
list_epochs(struct shim *r, int64_t now)
{
    uint32_t *last = xcalloc(r->plan->nshards, sizeof *last);
    int err = journal_epochs(r->state_dir, r->plan->nshards, last);
    bool good = !err || err == ENOENT;
    if (!good)
        say("%s/" STATE_JOURNAL " cannot be read: %s", r->state_dir, strerror(err));
    if (claim_listed(r->shards->claim, good ? last : NULL, now))
        elsewhere_round(r);
    free(last);
    return good;
}

/* Which request to try again what failed is in force now. One that comes later is not for us, for
 * what we have learned of failures stays; who starts then takes the shards that we close. */
static bool
know_request(struct shim *r)
{
    struct again a;
    int err = again_read(r->state_dir, r->plan->head->identity, &a);
    if (err)
        say("%s/" STATE_AGAIN " cannot be read: %s", r->state_dir, strerror(err));
    r->shards->again = a.number;
    again_free(&a);
    return !err;
}

bool
shards_open(struct shim *r)
{
    uint32_t n = r->plan->nshards;
    struct shards *k = r->shards = xcalloc(1, sizeof *k);
    k->claim = claim_new(n, r->opt.rank, r->opt.nnodes);
    k->hold_of = xcalloc(n, sizeof(struct hold *));
    k->offer.shard = PLAN_NONE;
    follow_open(r);
    return know_request(r) && list_epochs(r, now_ms());
}

/* One that others offer, after epoch *epoch; each of them once. */
static void
ask_offers(struct shim *r, bool first)
{
    struct shards *k = r->shards;
    k->offer.shard = elsewhere_offer(r, first ? PLAN_NONE : k->offer.shard, &k->offer.epoch);
    claim_offer(k->claim, k->offer.shard);
}

/* Is there something ready that does not fit beside what runs, or in the time that is left? Then
 * only a shard helps of which something could start now. This machine alone takes all of them. */
static bool
must_fit(const struct shim *r)
{
    return r->opt.batch && sched_count(r->sched, SCHED_READY) > 0;
}

/* Beside what runs, one of which nothing could start now is no help either: others may have the
 * room. But one that waits for tasks of ours, or of others, may be; and one whose tasks join a
 * process that is open, which is not known before it is ours. */
static bool
should_fit(const struct shim *r)
{
    return must_fit(r) ||
           (r->opt.batch && sched_count(r->sched, SCHED_RUNNING) > 0 && !sched_any_open(r->sched));
}

/* One that this node cannot have at all is told of when there is nothing else. */
static bool
fits_not(struct shim *r, uint32_t s, bool begun, int64_t now)
{
    struct plan_range run;
    if (!feed_try(r, s))
        return true;
    for (uint32_t i = 0; plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            if (sched_could_start(r->sched, t, now) || (begun && left_matters(r, t)))
                return false;
    return true;
}

/* Has it nothing but tasks that gates hold back? */
static bool
all_gated(const struct shim *r, uint32_t s)
{
    struct plan_range run;
    for (uint32_t i = 0; r->known.gated && plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task, end = t + run.ntasks; t < end;) {
            const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, t)];
            if (!node_gated(r, t))
                return false;
            t = f->first_task + f->ntasks; /* and so are those behind it */
        }
    return r->known.gated != NULL;
}

static void
look_at_shard(struct shim *r, uint32_t s, int64_t now)
{
    struct shards *k = r->shards;
    uint32_t epoch = claim_epoch(k->claim, s);
    enum claim_sight sight = redone_wants(r->redone, s)        ? CLAIM_BUSY
                             : r->opt.batch && all_gated(r, s) ? CLAIM_OVER
                                                               : judge_holder(r, s, epoch);
    if (sight == CLAIM_FREE && follow_waits(r, s, now))
        sight = CLAIM_WAITS;
    bool free_one = sight == CLAIM_FREE || sight == CLAIM_WAITS;
    if (!free_one && s == k->offer.shard)
        offer_end(r->state_dir, s, k->offer.epoch);
    if (sight == CLAIM_FREE && should_fit(r) && fits_not(r, s, epoch > 0, now)) {
        if (sched_count(r->sched, SCHED_RUNNING))
            claim_too_large(k->claim, now);
        else
            claim_too_long(k->claim);
        return;
    }
    claim_saw(k->claim, sight, epoch || (free_one && r->plan->nneeds));
}

/* True: it is ours. */
static bool
try_to_take(struct shim *r, uint32_t s, int64_t now)
{
    struct shards *k = r->shards;
    uint32_t epoch = claim_epoch(k->claim, s);
    enum claim_result result = CLAIM_REFUSED;
    if (!redone_wants(r->redone, s) &&
        (!must_fit(r) ||
            !fits_not(r, s, epoch > 0, now))) /* it may wait for others, and be no help now */
        result = take_shard(r, s, &epoch);
    if (result == CLAIM_TOOK && s == k->offer.shard)
        offer_end(r->state_dir, s, k->offer.epoch);
    claim_took(k->claim, result, epoch, now);
    return result == CLAIM_TOOK;
}

/* As long as a shard is ours its journal is open. */
static bool
may_hold_more(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    if (k->nholds >= r->slots.journals)
        shards_tick(r, now);
    if (k->nholds < r->slots.journals)
        return true;
    claim_wait(k->claim, sched_count(r->sched, SCHED_WAITING) > 0, now);
    return false;
}

int64_t
shards_at(const struct shim *r)
{
    return r->leave.draining || r->leave.takes_none ? NEVER : claim_at(r->shards->claim);
}

bool
shards_take(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    uint32_t s;
    if (!must_fit(r))
        claim_emptied(k->claim);
    if (now < shards_at(r) || !may_hold_more(r, now))
        return false;
    for (bool asked = false, stays;;) {
        switch (claim_next(k->claim, now, &s)) {
        case CLAIM_REST:
            return false;
        case CLAIM_ENDED:
            if (!sched_count(r->sched, SCHED_WAITING) && !claim_round(k->claim)->nlate)
                elsewhere_stays(r);
            return false;
        case CLAIM_OFFERS:
            ask_offers(r, !asked);
            asked = true;
            break;
        case CLAIM_STAY:
            stays = elsewhere_still(r);
            if (claim_stay(k->claim, stays, now))
                elsewhere_round(r);
            break;
        case CLAIM_LIST:
            list_epochs(r, now);
            break;
        case CLAIM_LOOK:
            look_at_shard(r, s, now);
            break;
        case CLAIM_TAKE:
            if (try_to_take(r, s, now))
                return true;
            break;
        }
    }
}

bool
shards_take_all(struct shim *r, char busy[HOLDER_SIZE])
{
    struct shards *k = r->shards;
    while (k->nholds < r->plan->nshards) {
        claim_hurry(k->claim);
        k->busy[0] = 0;
        if (shards_take(r, now_ms()) || (!claim_round(k->claim)->nbusy && shards_more(r)))
            continue;
        strcpy(busy, k->busy);
        return false;
    }
    return true;
}

bool
shards_more(const struct shim *r)
{
    return !r->leave.takes_none && claim_more(r->shards->claim);
}

int64_t
shards_patience(const struct shim *r)
{
    const struct shards *k = r->shards;
    bool waits =
        (sched_count(r->sched, SCHED_WAITING) > 0 && r->plan->nshards > 1) || r->known.nbefore > 0;
    if (elsewhere_hopes(r) || blame_pauses(r) || redone_keeps(r->redone, now_ms()))
        return NEVER; /* as long as others work, or may come */
    for (uint32_t i = 0; i < k->nholds; i++)
        if (k->hold[i]->away_since)
            return NEVER; /* it will be given back */
    if (r->leave.takes_none && !waits)
        return 0;
    return claim_patience(k->claim, waits, (int64_t)r->opt.idle_s * 1000,
        (int64_t)r->opt.expiry_s * 1000 * 2 / LEASE_BEATS);
}

/* --- giving back --- */

/* *left may still be run, *away of them not by this node, *waiting not yet; *failed never will. */
static void
count_left(const struct shim *r, uint32_t s, uint32_t *left, uint32_t *away, uint32_t *waiting,
    uint32_t *failed)
{
    struct plan_range run;
    *left = *away = *waiting = *failed = 0;
    for (uint32_t i = 0; plan_shard_run(r->plan, s, &i, &run);) {
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            enum sched_state state = sched_state(r->sched, t);
            bool lost = state == SCHED_FAILED ? !blame_forgiven(r, t)
                                              : state == SCHED_BLOCKED && !blame_left(r);
            *failed += lost;
            *left += !lost && state != SCHED_DONE;
            *away += state == SCHED_AWAY;
            *waiting += state == SCHED_WAITING;
        }
    }
}

/* Closes the journal of hold number `i`; it stays open for those who come, if ends are missing in
 * it that wait for the disk. 0 or errno. */
static int
give_back(struct shim *r, uint32_t i, uint32_t left, uint32_t failed)
{
    struct hold *h = r->shards->hold[i];
    left += h->nundone;
    journal_add_use(h->journal, use_said(r->use));
    if (!h->nheld)
        journal_add_close(h->journal, left, failed, now_us());
    int err = journal_flush(h->journal);
    if (err)
        return err;
    safe_add_journal(r, h);
    claim_gave(r->shards->claim, h->shard, left > 0);
    if (left) /* what is ours may wait for what is done there */
        follow_shard(r, h->shard);
    r->shards->nfailed += failed;
    r->shards->hold_of[h->shard] = NULL;
    r->shards->hold[i] = r->shards->hold[--r->shards->nholds];
    sweep_outputs(r, h);
    if (left && (!r->leave.draining || blame_left(r)))
        elsewhere_given(r, h);
    journal_close(h->journal);
    free(h);
    return 0;
}

/* Do tasks of this shard run? */
static bool
any_runs(const struct shim *r, uint32_t s)
{
    struct plan_range run;
    for (uint32_t i = 0; plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            if (sched_state(r->sched, t) == SCHED_RUNNING)
                return true;
    return false;
}

/* Nothing can be done in it before another node has done what failed here: what waits for that is
 * another node's, too. */
static bool
all_elsewhere(struct shim *r, const struct hold *h, uint32_t left, uint32_t away, uint32_t waiting)
{
    struct plan_range run;
    if (!h->away_since || !away || left != away + waiting)
        return false;
    for (uint32_t i = 0; plan_shard_run(r->plan, h->shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            sched_give(r->sched, t);
    return true;
}

void
shards_tick(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    if (!r->opt.batch)
        return;
    wanted_tick(r, now);
    elsewhere_tick(r, now);
    blame_tick(r, now);
    given_up_tick(r->given_up, now);
    follow_tick(r, now);
    bool looked = false; /* what may be undone: only if it matters */
    for (uint32_t i = k->nholds; i-- > 0;) {
        struct hold *h = k->hold[i];
        /* what ran on what may be undone is no reason not to take more, or to let others wait */
        bool yields = h->wanted || k->nholds >= r->slots.journals;
        uint32_t left, away, wait, failed;
        count_left(r, h->shard, &left, &away, &wait, &failed);
        bool over = !h->nalone && (left == away || all_elsewhere(r, h, left, away, wait));
        if (blame_left(r) || r->leave.turns ? any_runs(r, h->shard) : !over || blame_keeps(r, now))
            continue;
        if (!looked)
            release_look_kept(r);
        looked = true;
        if (release_keeps(r, h->shard, yields))
            continue;
        uint32_t wanted = h->wanted ? h->shard : PLAN_NONE;
        if (h->changed || h->nheld)
            continue;
        if (give_back(r, i, left, failed))
            return;              /* it is tried again */
        if (wanted != PLAN_NONE) /* and taken again, when who wants it is done */
            claim_again(k->claim, wanted, now);
    }
}

/* Tasks that this run leaves as they are. */
static uint32_t
count_spared(const struct shim *r, uint32_t s)
{
    struct plan_range run;
    uint32_t n = 0;
    for (uint32_t i = 0; r->opt.only && plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            n += node_leaves(r, t) && sched_state(r->sched, t) == SCHED_AWAY;
    return n;
}

int
shards_close(struct shim *r)
{
    int failed = 0;
    for (uint32_t i = r->shards->nholds; i-- > 0;) {
        uint32_t left, away, wait, lost;
        count_left(r, r->shards->hold[i]->shard, &left, &away, &wait, &lost);
        r->shards->nleft +=
            left + r->shards->hold[i]->nundone - count_spared(r, r->shards->hold[i]->shard);
        int err = give_back(r, i, left, lost);
        failed = err ? err : failed;
    }
    return failed;
}

void
shards_free(struct shim *r)
{
    struct shards *k = r->shards;
    follow_close(r);
    if (!k)
        return;
    for (uint32_t i = 0; i < k->nholds; i++) {
        journal_close(k->hold[i]->journal);
        free(k->hold[i]);
    }
    for (struct tag *t = k->tags, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    claim_free(k->claim);
    buf_free(&k->trouble);
    free(k->hold);
    free(k->hold_of);
    free(k);
}

/* --- what others ask --- */

struct hold *
shards_nth(const struct shim *r, uint32_t i)
{
    return r->shards && i < r->shards->nholds ? r->shards->hold[i] : NULL;
}

bool
shards_holds(const struct shim *r, uint32_t shard)
{
    return r->shards->hold_of[shard] != NULL;
}

struct claim *
shards_claim(const struct shim *r)
{
    return r->shards->claim;
}

struct shards_sum
shards_sum(const struct shim *r)
{
    const struct shards *k = r->shards;
    if (!k)
        return (struct shards_sum){0};
    const struct claim_round *round = claim_round(k->claim);
    return (struct shards_sum){claim_any(k->claim), round->unrecorded, k->nfailed, k->nleft,
        round->nlate ? k->late : NULL};
}
