#include "config.h"

#include "state/tally.h"

#include "journal/paths.h"
#include "sched/pause.h"
#include "util/ahead.h"
#include "util/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tally *
tally_new(const struct plan *p, bool every_attempt)
{
    struct tally *t = xcalloc(1, sizeof *t);
    t->plan = p;
    t->every_attempt = every_attempt;
    t->seen = xcalloc_whole(p->head->ntasks, sizeof *t->seen);
    t->slot = xcalloc_whole(p->head->ntasks, sizeof *t->slot);
    t->wrote = xcalloc_whole(p->head->ntasks, sizeof *t->wrote);
    t->family = xcalloc(p->nfamilies, sizeof *t->family);
    t->book = book_new(p);
    t->account = account_new(p);
    map64_init(&t->shard_index, 0, p->nshards);
    t->count[SEEN_NOTHING] = p->head->ntasks;
    for (uint32_t k = 0; k < p->nfamilies; k++)
        t->family[k].count[SEEN_NOTHING] = p->family[k].ntasks;
    return t;
}

void
tally_free(struct tally *t)
{
    if (!t)
        return;
    free(t->seen);
    free(t->slot);
    free(t->wrote);
    free(t->run);
    free(t->fail);
    free(t->late);
    free(t->shard);
    map64_free(&t->shard_index);
    free(t->family);
    free(t->over);
    free(t->cut);
    book_free(t->book);
    account_free(t->account);
    free(t->failure);
    free(t);
}

/* --- records --- */

static struct tally_family *
family_of(struct tally *t, uint32_t task)
{
    const struct plan_family *f = &t->plan->family[t->last_family];
    if (task - f->first_task >= f->ntasks)
        t->last_family = plan_family_of(t->plan, task);
    return &t->family[t->last_family];
}

static void
add_run(struct tally *t, uint32_t task, uint32_t s, int64_t since_us)
{
    uint32_t at = (uint32_t)t->nrun, next = t->shard[s].running;
    ARRAY_GROW(t->run, t->nrun, t->cap_run);
    t->run[t->nrun++] = (struct tally_run){task, s, since_us, TALLY_NONE, next};
    if (next != TALLY_NONE)
        t->run[next].before = at;
    t->shard[s].running = at;
    t->slot[task] = at;
}

/* What stands before and behind `r` in its list shall point there instead of at it. */
static void
link_run(struct tally *t, const struct tally_run *r, uint32_t before_points, uint32_t next_points)
{
    if (r->before != TALLY_NONE)
        t->run[r->before].next = before_points;
    else
        t->shard[r->shard].running = before_points;
    if (r->next != TALLY_NONE)
        t->run[r->next].before = next_points;
}

/* The last one fills the hole. */
static void
remove_run(struct tally *t, uint32_t hole)
{
    link_run(t, &t->run[hole], t->run[hole].next, t->run[hole].before);
    uint32_t last = (uint32_t)--t->nrun;
    if (hole == last)
        return;
    t->run[hole] = t->run[last];
    link_run(t, &t->run[hole], hole, hole);
    t->slot[t->run[hole].task] = hole;
}

static void
change(struct tally *t, uint32_t task, enum tally_seen to)
{
    enum tally_seen from = t->seen[task];
    struct tally_family *f = family_of(t, task);
    if (from == SEEN_RUNNING)
        remove_run(t, t->slot[task]);
    t->count[from]--;
    t->count[to]++;
    f->count[from]--;
    f->count[to]++;
    t->failed += from == SEEN_FAILED || to == SEEN_FAILED;
    t->seen[task] = (uint8_t)to;
}

/* What still runs in shard `s` does not run any more. */
static void
lose(struct tally *t, uint32_t s)
{
    while (t->shard[s].running != TALLY_NONE) {
        const struct tally_run r = t->run[t->shard[s].running];
        uint32_t task = r.task;
        family_of(t, task);
        account_open(t->account, t->shard[s].node, t->last_family, task, r.since_us, true);
        change(t, task, SEEN_LOST);
        t->slot[task] = s;
    }
}

static void
add_fail(struct tally *t, uint32_t task, uint32_t s)
{
    ARRAY_GROW(t->fail, t->nfail, t->cap_fail);
    t->fail[t->nfail] = (struct tally_fail){task, t->shard[s].failed};
    t->shard[s].failed = (uint32_t)t->nfail++;
}

/* A new epoch tries afresh what failed before. */
static void
try_afresh(struct tally *t, uint32_t s)
{
    for (uint32_t i = t->shard[s].failed; i != TALLY_NONE; i = t->fail[i].next) {
        uint32_t task = t->fail[i].task;
        if (t->seen[task] == SEEN_FAILED && t->slot[task] == s)
            change(t, task, SEEN_AFRESH);
    }
    t->shard[s].failed = TALLY_NONE;
}

/* Index of the shard of this head. */
static uint32_t
find_shard(struct tally *t, const struct journal_head *head)
{
    if (t->last_shard < t->nshards && t->shard[t->last_shard].shard == head->shard)
        return t->last_shard;
    bool found;
    uint32_t at = map64_add(&t->shard_index, head->shard, (uint32_t)t->nshards, &found);
    if (found)
        return t->last_shard = at;
    ARRAY_GROW(t->shard, t->nshards, t->cap_shard);
    t->shard[t->nshards] = (struct tally_shard){.shard = head->shard,
        .node = ACCOUNT_NONE,
        .running = TALLY_NONE,
        .failed = TALLY_NONE};
    return t->last_shard = (uint32_t)t->nshards++;
}

static void
take_output(struct tally *t, const struct journal_output *o)
{
    const struct tally_family *f = family_of(t, o->task);
    wrote_record(&t->writing, t->plan, &t->plan->family[f - t->family], o);
    t->wrote[o->task] = wrote_half(t->writing.rough);
}

/* Its last attempt was cut off by the end of its job, after `ran_ms`, or was not. */
static void
set_cut(struct tally *t, uint32_t task, bool cut, uint32_t ran_ms)
{
    uint8_t bit = (uint8_t)(1u << task % 8);
    if (!t->cut && !cut)
        return;
    if (!t->cut)
        t->cut = xcalloc(t->plan->head->ntasks / 8 + 1, 1);
    struct status_cut *c = &family_of(t, task)->cut;
    bool was = t->cut[task / 8] & bit;
    c->n += cut;
    c->n -= was;
    t->cut[task / 8] = (uint8_t)(cut ? t->cut[task / 8] | bit : t->cut[task / 8] & ~bit);
    if (cut && ran_ms >= c->ran_ms) {
        c->task = task;
        c->ran_ms = ran_ms;
    }
}

static void
take_start(struct tally *t, const struct journal_head *head, const struct journal_rec *rec)
{
    set_cut(t, rec->task, false, 0);
    if (t->wrote[rec->task]) /* what is never written to needs no memory */
        t->wrote[rec->task] = 0;
    change(t, rec->task, SEEN_RUNNING);
    add_run(t, rec->task, find_shard(t, head), rec->time_us);
}

static void
keep_failure(struct tally *t, const struct journal_head *head, const struct journal_rec *rec)
{
    ARRAY_GROW(t->failure, t->nfailures, t->cap_failure);
    struct status_failure *f = &t->failure[t->nfailures++];
    f->end = *rec;
    f->shard = head->shard;
    f->epoch = head->epoch;
    memcpy(f->holder, head->holder, sizeof f->holder);
    snprintf(f->host, sizeof f->host, "%.*s", (int)strcspn(f->holder, "."), f->holder);
}

/* When that of an attempt which failed may be tried again, by whoever has its shard; 0: at once. */
static uint32_t
again_s(const struct journal_rec *rec)
{
    bool charged = journal_charged(rec);
    if (!charged && !(rec->flags & JOURNAL_SPARED))
        return 0;
    uint32_t pause_ms = sched_pause_ms(charged && rec->attempt ? rec->attempt - 1u : 0);
    return (uint32_t)((rec->time_us + pause_ms * INT64_C(1000) + 999999) / 1000000);
}

static void
take_end(struct tally *t, const struct journal_head *head, const struct journal_rec *rec)
{
    bool final = rec->flags & JOURNAL_FINAL;
    book_end(t->book, rec, NULL);
    set_cut(t, rec->task, rec->reason == REASON_WALLTIME && !final, rec->wall_ms);
    if (t->seen[rec->task] == SEEN_RUNNING) {
        const struct tally_run *r = &t->run[t->slot[rec->task]];
        family_of(t, rec->task);
        account_end(t->account, t->shard[r->shard].node, t->last_family, rec, r->since_us);
    }
    if (rec->reason != REASON_OK) {
        change(t, rec->task, final ? SEEN_FAILED : SEEN_AGAIN);
        t->slot[rec->task] = final ? find_shard(t, head) : again_s(rec);
        if (final)
            add_fail(t, rec->task, t->slot[rec->task]);
        if (final || (t->every_attempt && !(rec->flags & JOURNAL_CARRIED)))
            keep_failure(t, head, rec);
        return;
    }
    change(t, rec->task, SEEN_DONE);
    if (rec->flags & (JOURNAL_RECOVERED | JOURNAL_CARRIED))
        return; /* it did not end then */
    struct tally_family *f = family_of(t, rec->task);
    f->nran++;
    f->ran_s += rec->wall_ms * 1e-3;
    int64_t number = rec->time_us / 1000000 / TALLY_STEP_S;
    if (number < 0)
        return;
    struct tally_step *s = &t->step[number % TALLY_STEPS];
    if (s->number > number)
        return; /* of an earlier turn of the ring */
    if (s->number < number)
        *s = (struct tally_step){.number = number};
    s->done++;
    s->busy_s += rec->wall_ms * 1e-3;
}

/* The one that is farthest over is told of. */
static void
take_over(struct tally *t, const struct journal_rec *rec)
{
    struct status_over *o = &family_of(t, rec->task)->over;
    uint8_t bit = (uint8_t)(1u << rec->task % 8);
    if (!t->over)
        t->over = xcalloc(t->plan->head->ntasks / 8 + 1, 1);
    o->n += !(t->over[rec->task / 8] & bit);
    t->over[rec->task / 8] |= bit;
    uint64_t used = (uint64_t)rec->peak_kib * 1024, stated = rec->log_off ? rec->log_off : 1;
    if (o->stated && (double)used / (double)stated <= (double)o->used / (double)o->stated)
        return;
    o->used = used;
    o->stated = stated;
}

/* Since when it waits is known from the first time that this was told. */
static void
take_late(struct tally *t, const struct journal_rec *rec)
{
    if (!rec->code) {
        if (t->seen[rec->task] == SEEN_LATE)
            change(t, rec->task, SEEN_NOTHING);
        return;
    }
    bool before = t->seen[rec->task] == SEEN_LATE;
    if (!before) {
        change(t, rec->task, SEEN_LATE);
        t->slot[rec->task] = (uint32_t)t->nlate;
        ARRAY_GROW(t->late, t->nlate, t->cap_late);
        t->late[t->nlate++] = (struct status_late){.since_us = rec->time_us};
    }
    struct status_late *l = &t->late[t->slot[rec->task]];
    if (before && l->input != rec->log_off)
        l->since_us = rec->time_us;
    l->task = rec->task;
    l->input = (uint32_t)rec->log_off;
    l->flaw = rec->code;
}

static void
take_head(struct tally *t, const struct journal_head *head)
{
    uint32_t s = find_shard(t, head);
    lose(t, s);
    if (head->afresh)
        try_afresh(t, s);
    t->shard[s].epoch = head->epoch;
    t->shard[s].closed = false;
    memcpy(t->shard[s].holder, head->holder, sizeof t->shard[s].holder);
    t->shard[s].since_us = head->time_us;
    t->shard[s].node = account_head(t->account, head);
    t->heads++;
}

/* What is about the holder, not about a task. */
static void
take_other(struct tally *t, const struct journal_head *head, const struct journal_rec *rec)
{
    uint32_t s = find_shard(t, head);
    if (rec->kind == JOURNAL_CLOSE) {
        lose(t, s);
        t->shard[s].closed = true;
    }
    account_other(t->account, t->shard[s].node, rec);
}

static void
take_task(struct tally *t, const struct journal_head *head, const struct journal_rec *rec)
{
    if (rec->task >= t->plan->head->ntasks)
        return;
    if (rec->kind == JOURNAL_START)
        take_start(t, head, rec);
    else if (rec->kind == JOURNAL_END)
        take_end(t, head, rec);
    else if (rec->kind == JOURNAL_OVER)
        take_over(t, rec);
    else if (rec->kind == JOURNAL_LATE)
        take_late(t, rec);
    else
        take_output(t, (const struct journal_output *)(const void *)rec);
}

bool
tally_take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    switch ((enum journal_kind)rec->kind) {
    case JOURNAL_HEAD:
        take_head(arg, head);
        break;
    case JOURNAL_CLOSE:
    case JOURNAL_SYNC:
    case JOURNAL_TOLD:
        take_other(arg, head, rec);
        break;
    case JOURNAL_START:
    case JOURNAL_END:
    case JOURNAL_OUTPUT:
    case JOURNAL_OVER:
    case JOURNAL_LATE:
        take_task(arg, head, rec);
        break;
    case JOURNAL_CANCEL: /* the END behind it says it all */
        break;
    }
    return true;
}

void
tally_error(const char *state_dir, int err, struct buf *why)
{
    if (err == ENOTSUP)
        buf_printf(why, "%s/" STATE_JOURNAL ": written by another version of wflc; use that one",
            state_dir);
    else
        buf_printf(why, "%s/" STATE_JOURNAL ": cannot be read: %s", state_dir, strerror(err));
}

static int
by_holder(const void *a, const void *b)
{
    const struct tally_shard *x = *(struct tally_shard *const *)a,
                             *y = *(struct tally_shard *const *)b;
    int c = strcmp(x->holder, y->holder);
    return c ? c : (x->shard > y->shard) - (x->shard < y->shard);
}

struct leases {
    const char *state_dir;
    struct tally_shard **first; /* of each holder */
};

static void
look_at_lease(void *leases, unsigned i)
{
    const struct leases *l = leases;
    struct tally_shard *s = l->first[i];
    s->live = lease_seen(l->state_dir, s->holder, s->who, sizeof s->who);
}

/* A shim may have many shards; each lease is looked at once. */
void
tally_leases(struct tally *t, const char *state_dir)
{
    struct tally_shard **open = xcalloc(t->nshards + 1, sizeof(struct tally_shard *));
    size_t n = 0;
    for (size_t i = 0; i < t->nshards; i++) {
        t->shard[i].live = false;
        if (!t->shard[i].closed)
            open[n++] = &t->shard[i];
    }
    qsort(open, n, sizeof *open, by_holder);
    struct leases leases = {state_dir, xcalloc(n + 1, sizeof(struct tally_shard *))};
    unsigned holders = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(open[i - 1]->holder, open[i]->holder) != 0)
            leases.first[holders++] = open[i];
    ahead_run(holders, look_at_lease, NULL, &leases);
    for (size_t i = 1; i < n; i++)
        if (strcmp(open[i - 1]->holder, open[i]->holder) == 0) {
            open[i]->live = open[i - 1]->live;
            memcpy(open[i]->who, open[i - 1]->who, sizeof open[i]->who);
        }
    free(leases.first);
    free(open);
}

bool
tally_idle(const struct tally *t, uint32_t shard)
{
    uint32_t s = map64_find(&t->shard_index, shard);
    return s == UINT32_MAX || !t->shard[s].live;
}

uint32_t
tally_again_s(const struct tally *t, uint32_t task)
{
    bool again = t->seen[task] == SEEN_AGAIN && !tally_idle(t, plan_shard_of(t->plan, task));
    return again ? t->slot[task] : 0;
}

const struct tally_shard **
tally_live(const struct tally *t, size_t *n)
{
    const struct tally_shard **live = xcalloc(t->nshards + 1, sizeof(struct tally_shard *));
    *n = 0;
    for (size_t i = 0; i < t->nshards; i++)
        if (t->shard[i].live)
            live[(*n)++] = &t->shard[i];
    qsort(live, *n, sizeof *live, by_holder);
    return live;
}

/* --- states --- */

/* Of each group of a need: DONE, WAITING, GATED or BLOCKED. */
static void
group_states(const struct relation *r, const uint8_t *producer, uint8_t *group)
{
    for (uint32_t g = 0; g < r->ngroups; g++) {
        uint8_t result = STATUS_DONE;
        struct relation_walk w;
        uint32_t member;
        for (relation_members(r, g, &w); relation_next(&w, &member);) {
            uint8_t s = producer[member];
            if (s == STATUS_FAILED || s == STATUS_BLOCKED) {
                result = STATUS_BLOCKED;
                break;
            }
            if (s != STATUS_DONE && result != STATUS_GATED)
                result = s == STATUS_GATED ? STATUS_GATED : STATUS_WAITING;
        }
        group[g] = result;
    }
}

/* What the needs alone say, and gates, for all tasks of a family: READY, WAITING, GATED or BLOCKED.
 */
static void
needs_states(const struct plan *p, const struct plan_family *f, uint32_t gated, uint8_t *state)
{
    uint8_t *of = state + f->first_task;
    uint32_t open = gated - f->first_task < f->ntasks ? gated - f->first_task : f->ntasks;
    memset(of, STATUS_READY, open);
    memset(of + open, STATUS_GATED, f->ntasks - open);
    for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++) {
        const struct relation *r = &p->relation[k];
        uint8_t *group = xmalloc((size_t)r->ngroups + 1);
        group_states(r, state + p->family[p->need[k].producer].first_task, group);
        for (uint32_t i = 0; i < f->ntasks; i++) {
            uint32_t g = of[i] == STATUS_BLOCKED ? RELATION_NONE : relation_group(r, i);
            if (g != RELATION_NONE && group[g] != STATUS_DONE &&
                (of[i] != STATUS_GATED || group[g] == STATUS_BLOCKED))
                of[i] = group[g];
        }
        free(group);
    }
}

void
tally_states(const struct tally *t, const uint32_t *gated, uint8_t *state)
{
    const struct plan *p = t->plan;
    /* producers come before their consumers */
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct plan_family *f = &p->family[k];
        needs_states(p, f, gated ? gated[k] : PLAN_NONE, state);
        for (uint32_t i = f->first_task; i < f->first_task + f->ntasks; i++) {
            switch ((enum tally_seen)t->seen[i]) {
            case SEEN_DONE:
                state[i] = STATUS_DONE;
                break;
            case SEEN_FAILED:
                state[i] = STATUS_FAILED;
                break;
            case SEEN_RUNNING:
                if (t->shard[t->run[t->slot[i]].shard].live)
                    state[i] = STATUS_RUNNING;
                else if (state[i] == STATUS_READY) /* else what it needs was not on record yet */
                    state[i] = STATUS_INTERRUPTED;
                break;
            case SEEN_AFRESH:
                if (!t->shard[t->slot[i]].live)
                    state[i] = STATUS_FAILED;
                break;
            case SEEN_LATE:
                if (state[i] == STATUS_READY)
                    state[i] = STATUS_LATE;
                break;
            case SEEN_LOST: /* the shim that has the shard now starts it again */
                if (state[i] == STATUS_READY && !t->shard[t->slot[i]].live)
                    state[i] = STATUS_INTERRUPTED;
                break;
            default:
                break;
            }
        }
    }
}
