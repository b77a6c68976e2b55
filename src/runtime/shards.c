#include "config.h"

#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"

#include "journal/again.h"
#include "journal/offer.h"
#include "journal/paths.h"
#include "util/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which shards this shim works on. It takes the next one when nothing is ready to start, in the
 * order of the list, as the large ones come first in it; but within a stretch of it from the place
 * that its rank gives it, so that the nodes of a job do not all try the same ones. Shards that wait
 * for tasks of others come last, and one of them at a time. */

/* Between looks at shards that others work on: longer each time that nothing came of it. */
#define LOOK_SOONEST_MS 100
#define LOOK_LATEST_MS 5000
#define LIST_SOONEST_MS 1000 /* between lists of all journals within a round */
#define LOOKS 32             /* at journals in one turn of the loop */
#define STRETCH 256          /* shards, at least */

enum shard_state {
    SHARD_UNKNOWN, /* not ours: to be looked at */
    SHARD_OURS,
    SHARD_OVER,      /* nothing is left in it */
    SHARD_ELSEWHERE, /* nothing is left in it that this node could do */
};

/* A task that others wait for: of this group of this need. */
struct waits {
    uint32_t need, group, task;
};

struct shards {
    struct hold **hold;    /* nholds */
    struct hold **hold_of; /* of each shard; NULL: not ours */
    uint32_t nholds, cap;
    uint8_t *state;   /* of each shard */
    uint32_t *epoch;  /* of each shard: its last one, as far as known */
    uint8_t again;    /* the request to try again what failed that was in force when we began */
    uint8_t *watched; /* of each shard: what is done in it is followed */
    uint8_t **ended, **followed; /* of each need, a bit for each group: all its tasks have ended;
                                    the shards of its tasks are watched */
    struct waits last_wait;
    struct journal_tail *tail;
    /* numbers of tasks that are done by the journals of others, while these are read */
    struct buf learned;
    uint32_t looked; /* how far a round of looks is */
    uint32_t rounds;
    uint32_t nbusy, nfresh, nlate; /* of this round: others work on them, or may do so */
    uint32_t waiting;              /* a free one that waits for others; PLAN_NONE */
    bool holds_waiting;
    bool took;     /* one at least */
    bool gave;     /* one at least back, with tasks left in it */
    bool list_old; /* others took shards since the journals were listed */
    /* in this round one could not be taken, as a journal cannot be read or made: */
    bool unrecorded;
    bool full;               /* nor could any other, as the disk is full or we have to end */
    uint64_t nfailed, nleft; /* tasks of shards that are over, or given back */
    int64_t list_soonest;
    int64_t look_at, learn_at, learn_soonest, pause, learn_pause;
    char busy[HOLDER_SIZE]; /* somebody who works on one */
    char late[HOLDER_SIZE]; /* and of whom that is not sure */
    struct buf trouble;     /* what was said last of leases and journals that cannot be read */
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

/* --- what its tasks need of other shards --- */

/* The group of what a task of family `f` needs by its need number `n`, or RELATION_NONE: nothing,
 * or all of it was found to have ended. */
static uint32_t
open_group(const struct shim *r, const struct plan_family *f, uint32_t n, uint32_t task)
{
    uint32_t g = relation_group(&r->plan->relation[n], task - f->first_task);
    return g == RELATION_NONE || r->shards->ended[n][g / 8] >> g % 8 & 1 ? RELATION_NONE : g;
}

/* Has a task of that group not ended that is of another shard than `s`? Groups may be large, and
 * many shards in a row wait for the same one: so the last answer is remembered. */
static bool
group_waits(struct shim *r, uint32_t n, uint32_t g, uint32_t s)
{
    const struct plan *p = r->plan;
    struct waits *last = &r->shards->last_wait;
    if (last->need == n && last->group == g && sched_state(r->sched, last->task) == SCHED_AWAY &&
        plan_shard_of(p, last->task) != s)
        return true;
    uint32_t first = p->family[p->need[n].producer].first_task, member;
    bool ended = true;
    struct relation_walk w;
    for (relation_members(&p->relation[n], g, &w); relation_next(&w, &member);) {
        if (sched_state(r->sched, first + member) != SCHED_AWAY)
            continue;
        if (plan_shard_of(p, first + member) != s) {
            *last = (struct waits){n, g, first + member};
            return true;
        }
        ended = false;
    }
    if (ended)
        r->shards->ended[n][g / 8] |= (uint8_t)(1u << g % 8);
    return false;
}

/* From now on what is done in the shards of that group's tasks is followed. */
static void
watch_group(struct shim *r, uint32_t n, uint32_t g)
{
    const struct plan *p = r->plan;
    uint32_t first = p->family[p->need[n].producer].first_task, member;
    uint8_t *seen = &r->shards->followed[n][g / 8];
    struct relation_walk w;
    if (*seen >> g % 8 & 1)
        return;
    *seen |= (uint8_t)(1u << g % 8);
    for (relation_members(&p->relation[n], g, &w); relation_next(&w, &member);)
        if (sched_state(r->sched, first + member) == SCHED_AWAY)
            r->shards->watched[plan_shard_of(p, first + member)] = 1;
}

/* Do tasks of shard `s` wait for some of others that are not known to have ended? `watch`: these
 * are followed, all of them; else the first one is enough. */
static bool
needs_others(struct shim *r, uint32_t s, bool watch)
{
    const struct plan *p = r->plan;
    struct plan_range run;
    bool any = false;
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct plan_family *f = &p->family[k];
        for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++) {
            uint32_t before = RELATION_NONE;
            for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);) {
                uint32_t from = run.first_task > f->first_task ? run.first_task : f->first_task;
                uint32_t end = run.first_task + run.ntasks, last = f->first_task + f->ntasks;
                for (uint32_t t = from; t < end && t < last; t++) {
                    uint32_t g = open_group(r, f, n, t);
                    if (g == RELATION_NONE || g == before || !group_waits(r, n, g, s))
                        continue;
                    if (!watch)
                        return true;
                    any = true;
                    before = g;
                    watch_group(r, n, g);
                }
            }
        }
    }
    return any;
}

static bool
is_watched(void *arg, uint32_t shard)
{
    const struct shim *r = arg;
    return shard < r->plan->nshards && r->shards->watched[shard] && !r->shards->hold_of[shard];
}

/* What others did with tasks that ours wait for; of a shard that is ours we know better. */
static bool
learn(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shim *r = arg;
    if (rec->kind != JOURNAL_END || rec->task >= r->plan->head->ntasks ||
        plan_shard_of(r->plan, rec->task) != head->shard || r->shards->hold_of[head->shard])
        return true;
    struct buf *done = &r->shards->learned;
    if (rec->reason == REASON_OK) {
        buf_add(done, &rec->task, sizeof rec->task);
    } else if (rec->reason == REASON_GONE) {
        uint32_t *task = (uint32_t *)(void *)done->p;
        for (size_t i = done->n / sizeof *task; i-- > 0;)
            if (task[i] == rec->task)
                task[i] = PLAN_NONE;
        sched_set_gone(r->sched, rec->task);
    } else if (rec->flags & JOURNAL_FINAL) {
        sched_set_failed(r->sched, rec->task);
    }
    return true;
}

/* What is done by all that the journals say: an end may be followed by word that its outputs are
 * gone. */
static void
use_learned(struct shim *r)
{
    const uint32_t *task = (const uint32_t *)(const void *)r->shards->learned.p;
    for (size_t i = 0; i < r->shards->learned.n / sizeof *task; i++)
        if (task[i] != PLAN_NONE)
            sched_set_done(r->sched, task[i], now_ms());
    buf_reset(&r->shards->learned);
}

static void
learn_from_others(struct shim *r)
{
    if (!r->shards->tail) {
        r->shards->tail = journal_tail_new(r->state_dir, r->plan->head->identity);
        journal_tail_want(r->shards->tail, is_watched, r);
    }
    int err = journal_tail_poll(r->shards->tail, learn, r);
    use_learned(r);
    if (err)
        say("the journals of other nodes cannot be read: %s", strerror(err));
}

/* Does the shard wait for tasks of shards that are not finished? What is done in them is learned,
 * but not for each shard anew: journals of others are many. */
static bool
waits_for_others(struct shim *r, uint32_t s, int64_t now)
{
    struct shards *k = r->shards;
    if (!r->plan->nneeds || r->plan->nshards == 1 || !needs_others(r, s, true))
        return false;
    if (now < k->learn_soonest)
        return true;
    learn_from_others(r);
    k->learn_soonest = now_ms() + LOOK_SOONEST_MS;
    return needs_others(r, s, false);
}

/* --- taking --- */

enum chance {
    CHANCE_FREE,
    CHANCE_BUSY, /* somebody works on it, or may do so */
    CHANCE_OVER, /* nothing is left to be done */
};

/* What is left of a shard whose journal is closed. */
static enum chance
closed_chance(struct shim *r, const struct journal_state *j)
{
    bool again = j->failed && again_later(r->shards->again, j->again);
    if (j->left || again || !r->opt.batch) /* this machine alone makes sure of all outputs */
        return CHANCE_FREE;
    r->shards->nfailed += j->failed;
    return CHANCE_OVER;
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

/* May the shard be taken? Its holder is judged, and if dead, loses its lease. */
static enum chance
judge(struct shim *r, uint32_t s)
{
    uint32_t epoch = r->shards->epoch[s];
    struct journal_state j;
    struct lease_sight seen;
    if (!epoch)
        return CHANCE_FREE;
    int err = journal_look(r->state_dir, s, epoch, r->plan->head->identity, &j);
    if (err && err != ENOENT) {
        say_trouble(r, "a journal of shard %u cannot be read: %s", s, strerror(err));
        return CHANCE_BUSY;
    }
    if (err || !j.ours)
        return CHANCE_FREE;
    if (j.closed)
        return closed_chance(r, &j);
    if (!*j.holder)
        return CHANCE_FREE; /* wflc build, which carried a record over and did not live */
    enum lease_life life = lease_judge(r->lease, j.holder, &seen);
    if (life != LEASE_DEAD) {
        if (r->opt.batch && life == LEASE_UNSURE && seen.err > 0)
            say_trouble(r, "the lease of %s cannot be looked at: %s; asking again", j.holder,
                strerror(seen.err));
        r->shards->nfresh += life == LEASE_FRESH;
        if (life == LEASE_LATE || life == LEASE_UNSURE) {
            r->shards->nlate++;
            snprintf(r->shards->late, sizeof r->shards->late, "%s", j.holder);
        }
        snprintf(r->shards->busy, sizeof r->shards->busy, "%s", j.holder);
        elsewhere_busy(r, s, j.holder);
        return CHANCE_BUSY;
    }
    /* it may have left in good order since we looked: it closes its journals first */
    err = journal_look(r->state_dir, s, epoch, r->plan->head->identity, &j);
    if (!err && j.closed)
        return closed_chance(r, &j);
    if (!err)
        err = lease_end(r->lease, j.holder);
    if (err) { /* if it only stood still, it has to learn that from its lease */
        say_trouble(r, "shard %u cannot be taken over from %s: %s", s, j.holder, strerror(err));
        return CHANCE_BUSY;
    }
    return resume_end_orphans(r, j.holder) ? CHANCE_FREE : CHANCE_BUSY;
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

/* Takes shard `s`, which is free; false: somebody was faster, or it cannot be recorded. */
static bool
take(struct shim *r, uint32_t s)
{
    uint64_t fence;
    int err;
    if (!feed_shard(r, s)) {
        r->shards->full = true;
        return false;
    }
    if (!resume_record(r, s, r->shards->epoch[s], &fence)) {
        r->shards->unrecorded = true;
        return false;
    }
    struct journal *j = journal_create(r->state_dir, s, r->shards->epoch[s], fence,
        r->plan->head->identity, lease_holder(r->lease), !r->opt.batch, r->shards->again, &err);
    if (!j) {
        resume_forget(r);
        if (err == EEXIST) {
            r->shards->epoch[s]++;
            r->shards->list_old = true;
        } else if (err == EOVERFLOW) {
            say("%s/" STATE_JOURNAL
                "/%04u.e%u: the name of the last journal that shard %u can have; remove "
                "it if "
                "it was put there by hand",
                r->state_dir, s, r->shards->epoch[s], s);
            r->shards->unrecorded = true;
        } else {
            say("%s/" STATE_JOURNAL ": a new journal cannot be made: %s", r->state_dir,
                strerror(err));
            r->shards->unrecorded = r->shards->full = true;
        }
        return false;
    }
    struct hold *h = xcalloc(1, sizeof *h);
    *h = (struct hold){.shard = s,
        .epoch = journal_epoch(j),
        .journal = j,
        .changed = true,
        .dead_from = resume_dead_from(r)};
    snprintf(h->tag, sizeof h->tag, "e%u", h->epoch);
    ARRAY_GROW(r->shards->hold, r->shards->nholds, r->shards->cap);
    r->shards->hold[r->shards->nholds++] = h;
    r->shards->hold_of[s] = h;
    r->shards->epoch[s] = h->epoch;
    if (h->epoch > 1) /* it may have been offered, which we need not have seen */
        offer_end(r->state_dir, s, h->epoch - 1);
    r->shards->state[s] = SHARD_OURS;
    r->shards->took = true;
    if (r->leave.warned)
        add_told(h);
    forget_learned(r, s);
    resume_settle(r, s);
    return true;
}

static bool
list_epochs(struct shim *r, int64_t now)
{
    uint32_t *last = xcalloc(r->plan->nshards, sizeof *last);
    int err = journal_epochs(r->state_dir, r->plan->nshards, last);
    if (err && err != ENOENT)
        say("%s/" STATE_JOURNAL " cannot be read: %s", r->state_dir, strerror(err));
    for (uint32_t s = 0; s < r->plan->nshards; s++) {
        /* what another one took goes on there: look again */
        if (last[s] > r->shards->epoch[s] && r->shards->state[s] != SHARD_OURS) {
            r->shards->state[s] = SHARD_UNKNOWN;
            r->shards->epoch[s] = last[s];
        }
    }
    free(last);
    r->shards->list_old = false;
    r->shards->list_soonest = now + LIST_SOONEST_MS;
    return !err || err == ENOENT;
}

/* A bit for each group of each need. */
static uint8_t **
new_groups(const struct plan *p)
{
    uint8_t **bits = xcalloc((size_t)p->nneeds + 1, sizeof *bits);
    for (uint32_t n = 0; n < p->nneeds; n++)
        bits[n] = xcalloc(p->relation[n].ngroups / 8 + 1, 1);
    return bits;
}

static void
free_groups(const struct plan *p, uint8_t **bits)
{
    for (uint32_t n = 0; bits && n < p->nneeds; n++)
        free(bits[n]);
    free(bits);
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
    k->state = xcalloc(n, 1);
    k->epoch = xcalloc(n, sizeof *k->epoch);
    k->hold_of = xcalloc(n, sizeof(struct hold *));
    k->watched = xcalloc(n, 1);
    k->waiting = PLAN_NONE;
    k->last_wait.need = PLAN_NONE;
    k->ended = new_groups(r->plan);
    k->followed = new_groups(r->plan);
    return know_request(r) && list_epochs(r, now_ms());
}

/* What came of a look at a shard that is not ours. */
enum look {
    LOOK_TOOK,
    LOOK_TAKEN, /* others have it, or nothing is left to be done */
    LOOK_NOT,   /* it waits for others, or could not be taken */
};

static enum look
look_at(struct shim *r, uint32_t s, int64_t now, uint32_t *looks)
{
    struct shards *k = r->shards;
    *looks += k->epoch[s] != 0;
    switch (judge(r, s)) {
    case CHANCE_OVER:
        k->state[s] = SHARD_OVER;
        return LOOK_TAKEN;
    case CHANCE_BUSY:
        k->nbusy++;
        return LOOK_TAKEN;
    case CHANCE_FREE:
        break;
    }
    *looks += k->epoch[s] == 0 && r->plan->nneeds;
    if (waits_for_others(r, s, now)) {
        k->waiting = k->waiting == PLAN_NONE ? s : k->waiting;
        return LOOK_NOT;
    }
    if (take(r, s))
        return LOOK_TOOK;
    *looks += k->list_old;
    return LOOK_NOT;
}

/* A shard that another node gave back for tasks that failed there. */
static bool
take_offered(struct shim *r, int64_t now)
{
    uint32_t epoch, looks = 0;
    for (uint32_t s = PLAN_NONE; (s = elsewhere_offer(r, s, &epoch)) != PLAN_NONE;) {
        enum look l = look_at(r, s, now, &looks);
        if (l != LOOK_NOT)
            offer_end(r->state_dir, s, epoch);
        if (l == LOOK_TOOK)
            return true;
        if (r->shards->full)
            return false;
    }
    return false;
}

/* The shard that is looked at as number `i` of a round. */
static uint32_t
in_turn(const struct shim *r, uint32_t i)
{
    uint32_t stretch = r->opt.nnodes > STRETCH ? r->opt.nnodes : STRETCH,
             first = i / stretch * stretch;
    uint32_t left = r->plan->nshards - first, n = left < stretch ? left : stretch;
    return first + (uint32_t)((i - first + (uint64_t)n * r->opt.rank / r->opt.nnodes) % n);
}

/* Looks for a shard from the first one that was not looked at in this round. */
static bool
look_for_one(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    uint32_t n = r->plan->nshards, looks = 0;
    for (; k->looked < n && looks < LOOKS; k->looked++) {
        uint32_t s = in_turn(r, k->looked);
        if (k->state[s] != SHARD_UNKNOWN)
            continue;
        if (look_at(r, s, now, &looks) == LOOK_TOOK) {
            k->looked++;
            return true;
        }
        if (k->full) {
            k->looked = n; /* the next one could not be taken either */
            return false;
        }
        /* to try in vain costs more than to list once what others took meanwhile */
        if (k->list_old && now >= k->list_soonest)
            list_epochs(r, now);
    }
    if (k->looked < n) {
        k->look_at = now; /* the next turn goes on */
        return false;
    }
    /* nothing else is there: wait for others with one of those that wait */
    uint32_t s = k->waiting;
    if (s != PLAN_NONE && k->state[s] == SHARD_UNKNOWN && !k->holds_waiting && take(r, s)) {
        k->holds_waiting = true;
        return true;
    }
    return false;
}

static int64_t
longer(int64_t pause)
{
    pause = pause ? pause * 2 : LOOK_SOONEST_MS;
    return pause < LOOK_LATEST_MS ? pause : LOOK_LATEST_MS;
}

/* Begins a round of looks, unless all that is to be known is whether others still work. True: a
 * shard was taken that others offer. */
static bool
new_round(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    if (take_offered(r, now))
        return true;
    if (elsewhere_still(r))
        return false;
    if (k->rounds++ && !list_epochs(r, now))
        return false;
    k->looked = k->nbusy = k->nfresh = k->nlate = 0;
    elsewhere_round(r);
    k->waiting = PLAN_NONE;
    k->unrecorded = k->full = false;
    return false;
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
    if (sched_count(r->sched, SCHED_WAITING)) /* that may last: it is a round without a find */
        k->looked = r->plan->nshards;
    k->look_at = now + LOOK_SOONEST_MS;
    return false;
}

bool
shards_take(struct shim *r, int64_t now)
{
    struct shards *k = r->shards;
    if (r->leave.draining || r->leave.takes_none || now < k->look_at || !may_hold_more(r, now))
        return false;
    if (k->looked >= r->plan->nshards && new_round(r, now)) {
        k->pause = 0;
        return true;
    }
    if (k->looked < r->plan->nshards && look_for_one(r, now)) {
        k->pause = 0;
        return true;
    }
    if (k->looked >= r->plan->nshards) {
        k->pause = longer(k->pause);
        k->look_at = now + k->pause;
        if (!sched_count(r->sched, SCHED_WAITING) && !k->nlate)
            elsewhere_stays(r);
    }
    return false;
}

bool
shards_take_all(struct shim *r, char busy[HOLDER_SIZE])
{
    struct shards *k = r->shards;
    while (k->nholds < r->plan->nshards) {
        k->look_at = 0; /* at once */
        k->busy[0] = 0;
        if (shards_take(r, now_ms()) || (!k->nbusy && shards_more(r)))
            continue;
        strcpy(busy, k->busy);
        return false;
    }
    return true;
}

bool
shards_more(const struct shim *r)
{
    return !r->leave.takes_none && (r->shards->rounds == 0 || r->shards->looked < r->plan->nshards);
}

int64_t
shards_patience(const struct shim *r)
{
    const struct shards *k = r->shards;
    bool waits = sched_count(r->sched, SCHED_WAITING) > 0 && r->plan->nshards > 1;
    if (elsewhere_hopes(r) || blame_pauses(r))
        return NEVER; /* as long as others work, or may come */
    for (uint32_t i = 0; i < k->nholds; i++)
        if (k->hold[i]->away_since)
            return NEVER; /* it will be given back */
    if (waits || k->nlate)
        return (int64_t)r->opt.idle_s * 1000;
    /* somebody may have died just before we came: until its lease is late */
    if (k->nfresh && !k->took)
        return (int64_t)r->opt.expiry_s * 1000 * 2 / LEASE_BEATS + LOOK_LATEST_MS;
    return 0;
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
    if (!h->nheld)
        journal_add_close(h->journal, left, failed, now_us());
    int err = journal_flush(h->journal);
    if (err)
        return err;
    safe_add_journal(r, h);
    r->shards->state[h->shard] = left ? SHARD_ELSEWHERE : SHARD_OVER;
    r->shards->gave |= left > 0;
    r->shards->watched[h->shard] |= left > 0; /* what is ours may wait for what is done there */
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
runs(const struct shim *r, uint32_t s)
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
    elsewhere_tick(r, now);
    blame_tick(r, now);
    given_up_tick(r, now);
    if (sched_count(r->sched, SCHED_WAITING) && now >= k->learn_at && (k->tail || k->gave)) {
        uint32_t ready = sched_count(r->sched, SCHED_READY);
        learn_from_others(r);
        k->learn_pause = sched_count(r->sched, SCHED_READY) > ready ? 0 : longer(k->learn_pause);
        k->learn_at = now + k->learn_pause;
    }
    bool waiting = false;
    for (uint32_t i = k->nholds; i-- > 0;) {
        struct hold *h = k->hold[i];
        uint32_t left, away, wait, failed;
        count_left(r, h->shard, &left, &away, &wait, &failed);
        bool over = !h->nalone && (left == away || all_elsewhere(r, h, left, away, wait));
        waiting |= left && k->waiting == h->shard && !over;
        if (blame_left(r) ? runs(r, h->shard) : !over || blame_keeps(r, now))
            continue;
        if (!h->changed && !h->nheld && give_back(r, i, left, failed))
            return; /* it is tried again */
    }
    k->holds_waiting &= waiting;
}

int
shards_close(struct shim *r)
{
    int failed = 0;
    for (uint32_t i = r->shards->nholds; i-- > 0;) {
        uint32_t left, away, wait, lost;
        count_left(r, r->shards->hold[i]->shard, &left, &away, &wait, &lost);
        r->shards->nleft += left;
        int err = give_back(r, i, left, lost);
        failed = err ? err : failed;
    }
    return failed;
}

void
shards_free(struct shim *r)
{
    struct shards *k = r->shards;
    if (!k)
        return;
    for (uint32_t i = 0; i < k->nholds; i++) {
        journal_close(k->hold[i]->journal);
        free(k->hold[i]);
    }
    journal_tail_free(k->tail);
    buf_free(&k->learned);
    buf_free(&k->trouble);
    free(k->hold);
    free(k->hold_of);
    free(k->state);
    free(k->epoch);
    free(k->watched);
    free_groups(r->plan, k->ended);
    free_groups(r->plan, k->followed);
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

int64_t
shards_look_at(const struct shim *r)
{
    return r->shards->look_at;
}

uint32_t
shards_epoch(const struct shim *r, uint32_t shard)
{
    return r->shards->epoch[shard];
}

bool
shards_left(const struct shim *r, uint32_t shard)
{
    return r->shards->state[shard] == SHARD_ELSEWHERE;
}

void
shards_look_again(struct shim *r, uint32_t shard, int64_t now)
{
    r->shards->state[shard] = SHARD_UNKNOWN;
    r->shards->looked = r->plan->nshards; /* a new round of looks, now */
    r->shards->look_at = now;
}

bool
shards_offered(struct shim *r, uint32_t shard, uint32_t epoch)
{
    struct shards *k = r->shards;
    if (k->state[shard] == SHARD_OURS ||
        (k->state[shard] == SHARD_ELSEWHERE && k->epoch[shard] >= epoch))
        return false;
    if (k->epoch[shard] < epoch)
        k->epoch[shard] = epoch;
    k->state[shard] = SHARD_UNKNOWN;
    return true;
}

struct shards_sum
shards_sum(const struct shim *r)
{
    const struct shards *k = r->shards;
    if (!k)
        return (struct shards_sum){0};
    return (
        struct shards_sum){k->took, k->unrecorded, k->nfailed, k->nleft, k->nlate ? k->late : NULL};
}
