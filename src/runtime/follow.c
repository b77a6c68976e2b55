/* What others do with tasks that ours wait for: which these are, and what their journals say. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"

#include "sched/claim.h"

#include <stdlib.h>
#include <string.h>

/* A task that others wait for: of this group of this need. */
struct waits {
    uint32_t need, group, task;
};

struct follow {
    uint8_t *watched;            /* of each shard: what is done in it is followed */
    uint8_t **ended, **followed; /* of each need, a bit for each group: all its tasks have ended;
                                    the shards of its tasks are watched */
    struct waits last_wait;
    struct journal_tail *tail;
    struct buf learned; /* numbers of tasks that are done by the journals of others, while these are
                         * read, */
    uint8_t *done;      /* and a bit for each that is not undone behind that */
    bool any; /* shard is watched: whether there is a tail or not, for it is made anew at times */
    int64_t learn_at, learn_soonest, pause;
};

/* The group of what a task of family `f` needs by its need number `n`, or RELATION_NONE: nothing,
 * or all of it was found to have ended. */
static uint32_t
open_group(const struct shim *r, const struct plan_family *f, uint32_t n, uint32_t task)
{
    uint32_t g = relation_group(&r->plan->relation[n], task - f->first_task);
    return g == RELATION_NONE || r->follow->ended[n][g / 8] >> g % 8 & 1 ? RELATION_NONE : g;
}

/* Has a task of that group not ended that is of another shard than `s`? Groups may be large, and
 * many shards in a row wait for the same one: so the last answer is remembered. */
static bool
group_waits(struct shim *r, uint32_t n, uint32_t g, uint32_t s)
{
    const struct plan *p = r->plan;
    struct waits *last = &r->follow->last_wait;
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
        r->follow->ended[n][g / 8] |= (uint8_t)(1u << g % 8);
    return false;
}

/* From now on what is done in the shards of that group's tasks is followed. */
static void
watch_group(struct shim *r, uint32_t n, uint32_t g)
{
    const struct plan *p = r->plan;
    uint32_t first = p->family[p->need[n].producer].first_task, member;
    uint8_t *seen = &r->follow->followed[n][g / 8];
    struct relation_walk w;
    if (*seen >> g % 8 & 1)
        return;
    *seen |= (uint8_t)(1u << g % 8);
    r->follow->any = true;
    for (relation_members(&p->relation[n], g, &w); relation_next(&w, &member);)
        if (sched_state(r->sched, first + member) == SCHED_AWAY)
            r->follow->watched[plan_shard_of(p, first + member)] = 1;
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
    return shard < r->plan->nshards && r->follow->watched[shard] && !shards_holds(r, shard);
}

/* What others did with tasks that ours wait for; of a shard that is ours we know better. */
static bool
learn(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shim *r = arg;
    if (rec->kind != JOURNAL_END || rec->task >= r->plan->head->ntasks ||
        plan_shard_of(r->plan, rec->task) != head->shard || shards_holds(r, head->shard))
        return true;
    uint8_t *done = &r->follow->done[rec->task / 8], bit = (uint8_t)(1u << rec->task % 8);
    if (rec->reason == REASON_OK) {
        buf_add(&r->follow->learned, &rec->task, sizeof rec->task);
        *done |= bit;
    } else if (journal_reason_undoes(rec->reason)) {
        *done &= (uint8_t)~bit;
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
    const uint32_t *task = (const uint32_t *)(const void *)r->follow->learned.p;
    for (size_t i = 0; i < r->follow->learned.n / sizeof *task; i++) {
        uint8_t *done = &r->follow->done[task[i] / 8], bit = (uint8_t)(1u << task[i] % 8);
        if (*done & bit)
            sched_set_done(r->sched, task[i], now_ms());
        *done &= (uint8_t)~bit;
    }
    buf_reset(&r->follow->learned);
}

static void
learn_from_others(struct shim *r)
{
    if (!r->follow->tail) {
        r->follow->tail = journal_tail_new(r->state_dir, r->plan->head->identity);
        journal_tail_want(r->follow->tail, is_watched, r);
    }
    int err = journal_tail_poll(r->follow->tail, learn, r);
    use_learned(r);
    if (err)
        say("the journals of other nodes cannot be read: %s", strerror(err));
}

/* What is done is learned, but not for each shard anew: journals of others are many. */
bool
follow_waits(struct shim *r, uint32_t s, int64_t now)
{
    struct follow *k = r->follow;
    if (!r->plan->nneeds || r->plan->nshards == 1 || !needs_others(r, s, true))
        return false;
    if (now < k->learn_soonest)
        return true;
    learn_from_others(r);
    k->learn_soonest = now_ms() + CLAIM_SOONEST_MS;
    return needs_others(r, s, false);
}

void
follow_shard(struct shim *r, uint32_t s)
{
    r->follow->watched[s] = 1;
    r->follow->any = true;
}

void
follow_tick(struct shim *r, int64_t now)
{
    struct follow *k = r->follow;
    if (!sched_count(r->sched, SCHED_WAITING) || now < k->learn_at || !k->any)
        return;
    uint32_t ready = sched_count(r->sched, SCHED_READY);
    learn_from_others(r);
    k->pause = sched_count(r->sched, SCHED_READY) > ready ? 0 : claim_longer(k->pause);
    k->learn_at = now + k->pause;
}

static bool
is_ours(void *arg, uint32_t task)
{
    return shards_hold(arg, task) != NULL;
}

void
follow_forget(struct shim *r)
{
    const struct plan *p = r->plan;
    struct follow *k = r->follow;
    journal_tail_free(k->tail);
    k->tail = NULL;
    buf_reset(&k->learned);
    k->last_wait.need = PLAN_NONE;
    for (uint32_t n = 0; n < p->nneeds; n++) {
        memset(k->ended[n], 0, p->relation[n].ngroups / 8 + 1);
        memset(k->followed[n], 0, p->relation[n].ngroups / 8 + 1);
    }
    sched_forget(r->sched, is_ours, r);
}

void
follow_anew(struct shim *r)
{
    const struct hold *h;
    bool waits = false;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++)
        waits |= needs_others(r, h->shard, true);
    if (waits)
        learn_from_others(r);
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

void
follow_open(struct shim *r)
{
    struct follow *k = r->follow = xcalloc(1, sizeof *k);
    k->watched = xcalloc(r->plan->nshards, 1);
    k->done = xcalloc(r->plan->head->ntasks / 8 + 1, 1);
    k->last_wait.need = PLAN_NONE;
    k->ended = new_groups(r->plan);
    k->followed = new_groups(r->plan);
}

void
follow_close(struct shim *r)
{
    struct follow *k = r->follow;
    if (!k)
        return;
    journal_tail_free(k->tail);
    buf_free(&k->learned);
    free(k->watched);
    free(k->done);
    free_groups(r->plan, k->ended);
    free_groups(r->plan, k->followed);
    free(k);
}
