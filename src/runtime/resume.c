/* What earlier shims left of a shard: which of its tasks are done, failed, lost, or still there. */
#include "config.h"

#include "journal/paths.h"
#include "node/orphans.h"
#include "node/redone.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "state/control.h"
#include "util/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSING_SHOWN 20

enum {
    SEEN_NOT,
    SEEN_DONE,
    SEEN_UNSAFE, /* done, but its shim died before the disk was known to have that */
    SEEN_FAILED,
    SEEN_CANCELLED,
};

/* An attempt without an END: its shim died. */
struct lost {
    uint32_t task, epoch;
    uint16_t attempt;
    bool alone, told; /* nothing ran beside it; its shim was told to end */
    int64_t since_us, told_us;
    bool published;  /* its outputs had passed their checks: */
    uint64_t exact;  /* what they were, see found_mark */
    uint64_t before; /* what its START says of files that were there */
};

/* A task that is done, and where its END is, in records from the start of its journal. */
struct fresh {
    uint32_t task;
    uint64_t at;
};

struct resume {
    uint8_t *row;  /* of each task: how often in a row shims died with it */
    uint8_t *seen; /* of each task */
    uint8_t *oom;  /* of each task: how often it ran out of memory since it was last begun afresh */
    uint32_t *wrote; /* of each task: half of the sum that tells its outputs; 0: none is known */
    uint32_t *open;  /* of each task: its place in `lost`, + 1 */
    /* of each task that was done while its process worked on, if that may have been left running:
     * half of the sum that tells its outputs exactly; 0: of others */
    uint32_t *exact;
    struct buf worked; /* uint32_t: these tasks, in the shard that is read */
    struct lost *lost;
    size_t nlost, cap;
    struct buf fresh; /* struct fresh: in the epoch that is read, behind what is on the disk */
    size_t first_fresh;
    uint64_t nrecords; /* of that epoch */
    uint64_t sum;      /* of the outputs of the task whose records are read */
    unsigned damaged;
    bool any;
    bool closed; /* the last epoch that was read was, and else, since which one none was: */
    uint32_t dead_from;
    uint32_t done, missing; /* in all shards */
};

static void
forget_lost(struct resume *u, uint32_t task)
{
    uint32_t hole = u->open[task];
    if (!hole)
        return;
    u->open[task] = 0;
    u->lost[hole - 1] = u->lost[--u->nlost];
    if (hole - 1 < u->nlost)
        u->open[u->lost[hole - 1].task] = hole;
}

static void
take_start(struct resume *u, uint32_t epoch, const struct journal_rec *rec)
{
    ARRAY_GROW(u->lost, u->nlost, u->cap);
    u->lost[u->nlost++] = (struct lost){.task = rec->task,
        .epoch = epoch,
        .attempt = rec->attempt,
        .alone = rec->flags & JOURNAL_ALONE,
        .since_us = rec->time_us,
        .before = rec->log_off};
    u->open[rec->task] = (uint32_t)u->nlost;
}

/* 0 stands for "not known". */
static uint32_t
half(uint64_t mark)
{
    uint32_t h = (uint32_t)(mark ^ mark >> 32);
    return h ? h : 1;
}

/* Outputs come in their order, in one record or several. */
static void
take_output(const struct shim *r, struct resume *u, const struct journal_output *o)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, o->task)];
    struct lost *l = u->open[o->task] ? &u->lost[u->open[o->task] - 1] : NULL;
    uint64_t sum = o->first ? u->sum : 0, exact = o->first && l ? l->exact : 0;
    for (uint32_t i = 0; i < o->count && o->first + i < f->noutputs; i++) {
        enum journal_type type = o->types >> 2 * i & 3;
        if (!r->plan->file[f->first_output + o->first + i].optional)
            sum += found_mark(o->first + i, &o->of[i], type, false);
        exact += found_mark(o->first + i, &o->of[i], type, true);
    }
    u->sum = sum; /* the records of one task stand together */
    u->wrote[o->task] = half(sum);
    r->known.owned[o->task / 8] |= (uint8_t)(1u << o->task % 8);
    if (l) {
        l->published = true;
        l->exact = exact;
    } else if (u->seen[o->task] == SEEN_UNSAFE) {
        u->seen[o->task] = SEEN_DONE; /* it was looked at once more, and was good */
    }
}

/* A task is done, and its process may work on others: as long as its shim lives, that looks whether
 * the outputs are written once more. */
static void
note_worked(const struct shim *r, struct resume *u, uint32_t task)
{
    const struct lost *l = u->open[task] ? &u->lost[u->open[task] - 1] : NULL;
    if (!l || !l->published ||
        !plan_releases(r->plan, &r->plan->family[plan_family_of(r->plan, task)]))
        return;
    u->exact[task] = half(l->exact);
    buf_add(&u->worked, &task, sizeof task);
}

static void
forget_worked(struct resume *u)
{
    const uint32_t *task = (const uint32_t *)(const void *)u->worked.p;
    for (size_t i = 0; i < u->worked.n / sizeof *task; i++)
        u->exact[task[i]] = 0;
    buf_reset(&u->worked);
}

static void
take_end(struct shim *r, struct resume *u, const struct journal_rec *rec)
{
    uint32_t task = rec->task;
    u->exact[task] = 0;
    if (rec->reason == REASON_OK && rec->flags & JOURNAL_SHARED)
        note_worked(r, u, task);
    forget_lost(u, task);
    u->seen[task] = SEEN_NOT;
    if (rec->reason != REASON_OK && rec->reason != REASON_INPUT)
        r->known.aside[task] = ASIDE_PERHAPS;
    if (rec->reason == REASON_OK || rec->flags & (JOURNAL_FINAL | JOURNAL_VOID))
        u->oom[task] = 0;
    else if (rec->reason == REASON_OOM && u->oom[task] < UINT8_MAX)
        u->oom[task]++;
    if (rec->reason != REASON_LOST || rec->flags & (JOURNAL_FINAL | JOURNAL_VOID))
        u->row[task] = 0;
    else if (u->row[task] < UINT8_MAX)
        u->row[task]++;
    if (rec->reason == REASON_OK) {
        u->seen[task] = SEEN_DONE;
        r->known.charged[task] = 0;
        r->known.owned[task / 8] |= (uint8_t)(1u << task % 8);
        struct fresh f = {task, u->nrecords - 1};
        buf_add(&u->fresh, &f, sizeof f);
    } else if (rec->flags & (JOURNAL_FINAL | JOURNAL_VOID)) {
        r->known.charged[task] = 0; /* to run again is to try afresh */
        u->seen[task] = !r->opt.batch || !(rec->flags & JOURNAL_FINAL) ? SEEN_NOT
                        : rec->reason == REASON_CANCELLED              ? SEEN_CANCELLED
                                                                       : SEEN_FAILED;
    } else if (journal_charged(rec) && r->known.charged[task] < UINT8_MAX) {
        r->known.charged[task]++;
    }
}

/* Nothing is charged of what was tried by a plan before, for what it needs may be another. */
void
resume_carried(struct shim *r, const struct journal_rec *end)
{
    learned_before(r, end);
    r->known.aside[end->task] = ASIDE_PERHAPS;
}

/* The first `n` records of the epoch are on the disk. */
static void
take_sync(struct resume *u, uint64_t n)
{
    const struct fresh *f = (const struct fresh *)(const void *)u->fresh.p;
    while (u->first_fresh < u->fresh.n / sizeof *f && f[u->first_fresh].at < n)
        u->first_fresh++;
}

/* An epoch is over; not closed: what ended since it was last synced is to be looked at again. */
static void
end_epoch(struct resume *u)
{
    const struct fresh *f = (const struct fresh *)(const void *)u->fresh.p;
    for (size_t i = u->first_fresh; i < u->fresh.n / sizeof *f; i++)
        if (u->seen[f[i].task] == SEEN_DONE)
            u->seen[f[i].task] = SEEN_UNSAFE;
    buf_reset(&u->fresh);
    u->first_fresh = 0;
    u->nrecords = 0;
}

/* The shim was told to end: what it had in work then died with its job. */
static void
mark_told(struct resume *u, uint32_t epoch, int64_t now_us)
{
    for (size_t i = 0; i < u->nlost; i++)
        if (u->lost[i].epoch == epoch) {
            u->lost[i].told = true;
            u->lost[i].told_us = now_us;
        }
}

static bool
replay(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shim *r = arg;
    struct resume *u = r->resume;
    u->any = true;
    redone_learn(r->redone, head, rec);
    if (rec->kind == JOURNAL_HEAD && u->closed)
        u->dead_from = head->epoch;
    u->closed = rec->kind == JOURNAL_CLOSE;
    if (u->closed)
        forget_worked(u);
    if (rec->kind == JOURNAL_TOLD)
        mark_told(u, head->epoch, rec->time_us);
    if (rec->kind == JOURNAL_HEAD)
        end_epoch(u);
    u->nrecords++;
    if (rec->kind == JOURNAL_SYNC)
        take_sync(u, rec->log_off / sizeof *rec);
    else if (rec->kind == JOURNAL_CLOSE)
        take_sync(u, UINT64_MAX);
    if ((rec->kind != JOURNAL_START && rec->kind != JOURNAL_END && rec->kind != JOURNAL_OUTPUT &&
            rec->kind != JOURNAL_CANCEL) ||
        rec->task >= r->plan->head->ntasks || plan_shard_of(r->plan, rec->task) != head->shard)
        return true;
    if (r->known.before && rec->kind != JOURNAL_OUTPUT)
        r->known.before[rec->task] =
            0; /* it was waited for, and since then it is a task like all */
    if (rec->kind == JOURNAL_OUTPUT) {
        take_output(r, u, (const struct journal_output *)(const void *)rec);
        return true;
    }
    if (rec->kind == JOURNAL_CANCEL) {
        control_heed(r->control, rec->task, (uint32_t)rec->log_off);
        return true;
    }
    if (rec->kind == JOURNAL_END && rec->flags & JOURNAL_CARRIED && rec->reason != REASON_OK) {
        resume_carried(r, rec);
        return true;
    }
    uint16_t before = rec->attempt ? (uint16_t)(rec->attempt - 1) : 0;
    r->known.charged[rec->task] = before < UINT8_MAX ? (uint8_t)before : UINT8_MAX;
    if (rec->kind == JOURNAL_END) {
        elsewhere_learn(r, head, rec);
        blame_learn(r, head, rec);
        learned_before(r, rec);
        take_end(r, u, rec);
        return true;
    }
    forget_lost(u, rec->task);
    u->seen[rec->task] = SEEN_NOT;
    u->exact[rec->task] = 0;
    take_start(u, head->epoch, rec);
    return true;
}

bool
resume_open(struct shim *r)
{
    uint32_t ntasks = r->plan->head->ntasks;
    r->resume = xcalloc(1, sizeof *r->resume);
    r->redone = redone_new(r->state_dir, r->plan);
    *r->resume = (struct resume){.seen = xcalloc(ntasks, 1),
        .oom = xcalloc(ntasks, 1),
        .row = xcalloc(ntasks, 1),
        .wrote = xcalloc(ntasks, sizeof *r->resume->wrote),
        .open = xcalloc(ntasks, sizeof *r->resume->open),
        .exact = xcalloc(ntasks, sizeof *r->resume->exact)};
    if (!orphans_end(r->strays, r->state_dir, r->lease, NULL))
        return false;
    sweep_dead(r);
    return true;
}

bool
resume_record(struct shim *r, uint32_t shard, uint32_t last, uint64_t *fence)
{
    unsigned damaged = 0;
    r->resume->closed = true;
    int err = journal_read_shard(r->state_dir, shard, last, r->plan->head->identity, replay, r,
        fence, &damaged);
    if (err) {
        say("%s/" STATE_JOURNAL " cannot be read: %s", r->state_dir, strerror(err));
        resume_forget(r);
        return false;
    }
    end_epoch(r->resume);
    r->resume->damaged += damaged;
    return true;
}

uint32_t
resume_dead_from(const struct shim *r)
{
    return r->resume->closed ? 0 : r->resume->dead_from;
}

void
resume_forget(struct shim *r)
{
    while (r->resume->nlost)
        forget_lost(r->resume, r->resume->lost[0].task);
    forget_worked(r->resume);
    end_epoch(r->resume);
}

static struct journal_rec
end_of(uint32_t task, uint16_t attempt, enum journal_reason reason)
{
    return (struct journal_rec){.kind = JOURNAL_END,
        .reason = (uint8_t)reason,
        .task = task,
        .attempt = attempt,
        .time_us = now_us()};
}

/* Its shim died with it and nothing else: that is charged. */
static void
charge_lost(struct shim *r, const struct lost *l, struct journal_rec *end)
{
    uint32_t retries = r->plan->family[plan_family_of(r->plan, l->task)].retries;
    struct buf note = {0};
    if (r->known.charged[l->task] < UINT8_MAX)
        r->known.charged[l->task]++;
    bool final = r->known.charged[l->task] > retries || r->known.charged[l->task] == UINT8_MAX;
    end->flags = (uint8_t)(JOURNAL_ALONE | (final ? JOURNAL_FINAL : 0));
    end->code = r->resume->row[l->task];
    if (final)
        r->resume->seen[l->task] = SEEN_FAILED;
    buf_reset(&r->text);
    plan_task_label(r->plan, l->task, &r->text);
    buf_printf(&note,
        "wfl-shim: the wfl-shim that ran it died with it %u times in a row, the last time with "
        "nothing beside it\n",
        end->code);
    say("%s: its shim died with it %u times in a row, the last time with nothing beside it: "
        "attempt %u "
        "failed",
        r->text.p, end->code, l->attempt);
    uint64_t at = 0;
    if (log_add(r->log, end, note.p, note.n, &at) == 0) {
        end->log_off = at;
        end->log_len = (uint32_t)note.n;
    }
    buf_free(&note);
}

/* One whose outputs had passed their checks, and are still the same files, is done; if it has
 * checks of their content, when these have passed once more, for the machine may have lost its
 * power. */
static bool
settle_one(struct shim *r, const struct lost *l)
{
    char tag[16];
    uint64_t sum;
    bool same = l->published && found_now(r, l->task, true, &sum) <= FOUND_EMPTY && sum == l->exact;
    if (same && found_checks_content(r, plan_family_of(r->plan, l->task))) {
        r->known.found[l->task] = FINDING_ENDED;
        return true;
    }
    if (same) {
        struct journal_rec end = end_of(l->task, l->attempt, REASON_OK);
        end.flags = JOURNAL_FINAL | JOURNAL_RECOVERED;
        safe_end(r, end);
        r->resume->seen[l->task] = SEEN_DONE;
        r->resume->row[l->task] = 0;
        return true;
    }
    snprintf(tag, sizeof tag, "e%u", l->epoch);
    found_discard(r, l->task, tag, l->published, l->before);
    if (r->known.aside[l->task] == ASIDE_NO)
        r->known.aside[l->task] = ASIDE_PERHAPS;
    struct journal_rec end = end_of(l->task, l->attempt, l->told ? REASON_WALLTIME : REASON_LOST);
    if (l->told) { /* so long it ran, at least; by a clock that may have been set meanwhile */
        int64_t ran_ms = (l->told_us - l->since_us) / 1000;
        end.wall_ms = ran_ms > 0 && ran_ms < UINT32_MAX ? (uint32_t)ran_ms : 0;
        r->resume->row[l->task] = 0;
    } else {
        r->resume->row[l->task] += r->resume->row[l->task] < UINT8_MAX;
        if (l->alone)
            charge_lost(r, l, &end);
    }
    learned_before(r, &end);
    shards_record(r, end);
    return false;
}

static void
settle_lost(struct shim *r)
{
    uint32_t recovered = 0;
    for (size_t i = 0; i < r->resume->nlost; i++)
        recovered += settle_one(r, &r->resume->lost[i]);
    if (r->resume->nlost)
        say("an earlier run died with %zu tasks running; %u of them were complete",
            r->resume->nlost, recovered);
    while (r->resume->nlost)
        forget_lost(r->resume, r->resume->lost[0].task);
}

/* Is what the record says is done still there? What is not is recorded at once, so that everybody
 * knows. */
static bool
still_done(struct shim *r, uint32_t task)
{
    uint64_t sum;
    enum found found = r->opt.verify ? found_now(r, task, false, &sum) : FOUND_UNKNOWN;
    if (found == FOUND_UNKNOWN ||
        (found != FOUND_GONE &&
            (r->resume->exact[task] || /* settle_worked looks at it more closely */
                (r->resume->wrote[task] ? half(sum) == r->resume->wrote[task]
                                        : found == FOUND_THERE))))
        return true;
    shards_record(r, end_of(task, 0, REASON_GONE));
    if (r->resume->missing++ < MISSING_SHOWN) {
        buf_reset(&r->text);
        plan_task_label(r->plan, task, &r->text);
        if (found == FOUND_GONE)
            say("%s is done in the record, but %s is missing: it runs again", r->text.p, r->path.p);
        else
            say("%s is done in the record, but what it wrote is not there as it was: it runs again",
                r->text.p);
    }
    return false;
}

/* As far as the record tells, and what is there. */
static void
settle_done(struct shim *r, uint32_t task, int64_t now)
{
    if (r->resume->seen[task] == SEEN_FAILED || r->resume->seen[task] == SEEN_CANCELLED) {
        sched_set_failed(r->sched, task);
        return;
    }
    bool done = r->resume->seen[task] == SEEN_DONE || r->resume->seen[task] == SEEN_UNSAFE;
    if (!done || (!node_leaves(r, task) && !still_done(r, task)))
        return;
    if (r->opt.verify && r->resume->seen[task] == SEEN_UNSAFE &&
        found_checks_content(r, plan_family_of(r->plan, task))) {
        r->known.found[task] = FINDING_DONE;
        return;
    }
    sched_set_done(r->sched, task, now);
    r->resume->done++;
}

/* What needs a task that is not done any more is not, nor has it failed. */
static bool
takes_back(void *arg, uint32_t task)
{
    struct shim *r = arg;
    enum sched_state state = sched_state(r->sched, task);
    if (!shards_hold(r, task) || node_leaves(r, task) || r->resume->seen[task] == SEEN_CANCELLED)
        return false;
    elsewhere_forget(r, task);
    if (state == SCHED_DONE) {
        r->resume->done--;
        safe_take_back(r, task);
    } else if (state == SCHED_FAILED || r->known.found[task] || r->known.charged[task]) {
        r->known.found[task] = FINDING_NONE; /* what it wrote may be whole, of what was read */
        end_uncharged(r, task);
    }
    return true;
}

/* A process wrote on, and its shim died before it saw that. */
static void
settle_worked(struct shim *r)
{
    struct resume *u = r->resume;
    const uint32_t *task = (const uint32_t *)(const void *)u->worked.p;
    for (size_t i = 0; i < u->worked.n / sizeof *task; i++) {
        uint64_t sum;
        if (!u->exact[task[i]] || sched_state(r->sched, task[i]) != SCHED_DONE ||
            node_leaves(r, task[i]) || found_now(r, task[i], true, &sum) > FOUND_EMPTY ||
            half(sum) == u->exact[task[i]])
            continue;
        buf_reset(&r->text);
        plan_task_label(r->plan, task[i], &r->text);
        say("%s: it was done, its process wrote an output of it once more, and its shim died "
            "before it saw that: it runs again, and so does what ran on it in shards of this one",
            r->text.p);
        stale_tell(r, task[i]);
        u->done--;
        safe_take_back(r, task[i]);
        sched_undo(r->sched, task[i], takes_back, r);
        sched_ended(r->sched, task[i], SCHED_END_AWAY, 0, now_ms());
    }
    forget_worked(u);
}

void
resume_settle(struct shim *r, uint32_t shard)
{
    struct plan_range run;
    int64_t now = now_ms();
    settle_lost(r);
    /* first all that is done, so that nothing is ready that waits for it in vain */
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);) {
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            for (; r->resume->oom[t]; r->resume->oom[t]--)
                sched_set_heavier(r->sched, t);
            settle_done(r, t, now);
        }
    }
    settle_worked(r);
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);) {
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            if (!node_may_run(r, t) || sched_state(r->sched, t) != SCHED_AWAY)
                continue;
            if (r->resume->row[t] >= ALONE_FROM)
                alone_keep(r, t);
            else if (elsewhere_wanted(r, t))
                elsewhere_keep(r, t);
            else {
                if (r->known.aside[t] != ASIDE_NO && left_matters(r, t))
                    left_keep(r, t);
                sched_take(r->sched, t, now);
            }
        }
    }
}

void
resume_told(struct shim *r)
{
    if (r->resume->damaged)
        say("%u journals end in a damaged record, as after a crash; what is before it counts",
            r->resume->damaged);
    if (r->resume->missing > MISSING_SHOWN)
        say("%u done tasks have lost outputs and run again", r->resume->missing);
    if (r->resume->any && r->plan->nshards == 1)
        tell(r, "%u of %u tasks were done before", r->resume->done, r->plan->head->ntasks);
}

void
resume_close(struct shim *r)
{
    struct resume *u = r->resume;
    redone_free(r->redone);
    if (!u)
        return;
    free(u->seen);
    free(u->oom);
    free(u->row);
    free(u->wrote);
    free(u->open);
    free(u->exact);
    buf_free(&u->worked);
    free(u->lost);
    buf_free(&u->fresh);
    free(u);
}
