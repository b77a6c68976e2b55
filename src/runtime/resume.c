#include "config.h"

#include "runtime/run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000 /* for processes of an earlier run that were killed to be gone */
#define MISSING_SHOWN 20

enum { SEEN_NOT, SEEN_DONE, SEEN_FAILED };

/* An attempt without an END: its shim died. */
struct lost {
    uint32_t task, epoch;
    uint16_t attempt;
    bool alone, told; /* nothing ran beside it; its shim was told to end */
    int64_t start_us;
};

struct resume {
    uint8_t *row;  /* of each task: how often in a row shims died with it */
    uint8_t *seen; /* of each task */
    uint8_t *oom;  /* of each task: how often it ran out of memory since it was last begun afresh */
    struct lost *lost;
    size_t nlost, cap;
    unsigned damaged;
    bool any;
    uint32_t done, missing; /* in all shards */
};

static struct resume state;

static void
forget_lost(struct resume *u, uint32_t task)
{
    /* those that run are few, and the one that ends was often added last */
    for (size_t i = u->nlost; i-- > 0;) {
        if (u->lost[i].task == task) {
            u->lost[i] = u->lost[--u->nlost];
            return;
        }
    }
}

/* The shim was told to end: what it had in work then died with its job. */
static void
mark_told(struct resume *u, uint32_t epoch)
{
    for (size_t i = 0; i < u->nlost; i++)
        u->lost[i].told |= u->lost[i].epoch == epoch;
}

static bool
replay(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct run *r = arg;
    struct resume *u = &state;
    u->any = true;
    if (rec->kind == JOURNAL_TOLD)
        mark_told(u, head->epoch);
    if ((rec->kind != JOURNAL_START && rec->kind != JOURNAL_END) ||
        rec->task >= r->plan->head->ntasks ||
        plan_shard_of(r->plan, rec->task) != head->shard)
        return true;
    forget_lost(u, rec->task);
    if (rec->kind == JOURNAL_END)
        elsewhere_learn(r, head, rec);
    u->seen[rec->task] = SEEN_NOT;
    if (rec->kind == JOURNAL_END && (rec->reason == REASON_OK || rec->flags & (JOURNAL_FINAL | JOURNAL_VOID)))
        u->oom[rec->task] = 0;
    else if (rec->kind == JOURNAL_END && rec->reason == REASON_OOM && u->oom[rec->task] < UINT8_MAX)
        u->oom[rec->task]++;
    if (rec->kind == JOURNAL_END && (rec->reason != REASON_LOST || rec->flags & (JOURNAL_FINAL | JOURNAL_VOID)))
        u->row[rec->task] = 0;
    else if (rec->kind == JOURNAL_END && u->row[rec->task] < UINT8_MAX)
        u->row[rec->task]++;
    uint16_t before = rec->attempt ? (uint16_t)(rec->attempt - 1) : 0;
    r->charged[rec->task] = before < UINT8_MAX ? (uint8_t)before : UINT8_MAX;
    if (rec->kind == JOURNAL_START) {
        if (u->nlost == u->cap) {
            u->cap = u->cap ? u->cap * 2 : 256;
            u->lost = xrealloc(u->lost, u->cap * sizeof *u->lost);
        }
        u->lost[u->nlost++] = (struct lost){.task = rec->task, .epoch = head->epoch,
            .attempt = rec->attempt, .alone = rec->flags & JOURNAL_ALONE, .start_us = rec->time_us};
    } else if (rec->reason == REASON_OK) {
        u->seen[rec->task] = SEEN_DONE;
        r->charged[rec->task] = 0;
    } else if (rec->flags & (JOURNAL_FINAL | JOURNAL_VOID)) {
        r->charged[rec->task] = 0; /* to run again is to try afresh */
        u->seen[rec->task] = r->batch && rec->flags & JOURNAL_FINAL ? SEEN_FAILED : SEEN_NOT;
    } else if (journal_charged(rec) && r->charged[rec->task] < UINT8_MAX) {
        r->charged[rec->task]++;
    }
    return true;
}

/* The tasks of a shim that was killed may still run here, and write. */
static bool
end_orphans(const struct run *r, const char *holder)
{
    bool told = false;
    int64_t begin = now_ms();
    while (strays_kill_orphans(r->strays, r->state_dir, holder)) {
        if (!told)
            say("killing what an earlier run left running");
        told = true;
        if (now_ms() > begin + PATIENCE_MS) {
            say("processes of an earlier run cannot be killed; is a file system stuck?");
            return false;
        }
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return true;
}

typedef void sweep(struct run *r, DIR *d, const char *name);

static void
sweep_folder(struct run *r, const char *folder, sweep *each)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", r->state_dir, folder);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    while (d && (e = readdir(d)))
        each(r, d, e->d_name);
    if (d)
        closedir(d);
}

/* The lease of a shim that died on this machine, whether it had taken anything or not. */
static void
sweep_lease(struct run *r, DIR *d, const char *name)
{
    (void)d;
    if (*name != '.' && strlen(name) < HOLDER_SIZE && lease_judge(r->lease, name, NULL) == LEASE_DEAD)
        lease_end(r->lease, name);
}

/* A journal that its maker did not live to give its name: .SSSS.eEEEE.HOLDER. */
static void
sweep_journal(struct run *r, DIR *d, const char *name)
{
    const char *holder = *name == '.' ? strstr(name + 1, ".e") : NULL;
    holder = holder ? strchr(holder + 1, '.') : NULL;
    if (holder && strlen(holder + 1) < HOLDER_SIZE &&
        lease_judge(r->lease, holder + 1, NULL) == LEASE_DEAD)
        unlinkat(dirfd(d), name, 0);
}

/* A shim that leaves in good order removes its spools, and none starts a task without one: where
 * some are left of one that is dead, tasks may run, be it those of another plan. Their output went
 * with their shim. `only`: of this holder; NULL: of all dead ones. */
static bool
end_spools(struct run *r, const char *only)
{
    struct buf path = {0};
    char holder[HOLDER_SIZE], ended[HOLDER_SIZE] = "";
    buf_printf(&path, "%s/logs", r->state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    if (!d)
        return true;
    bool good = true;
    const struct dirent *e;
    while (good && (e = readdir(d))) {
        const char *dash = strrchr(e->d_name, '-');
        if (strncmp(e->d_name, "spool-", 6) != 0 || dash < e->d_name + 6 ||
            dash - e->d_name - 6 >= HOLDER_SIZE)
            continue;
        snprintf(holder, sizeof holder, "%.*s", (int)(dash - e->d_name - 6), e->d_name + 6);
        if (only ? strcmp(holder, only) != 0 : lease_judge(r->lease, holder, NULL) != LEASE_DEAD)
            continue;
        if (strcmp(holder, ended) != 0)
            good = end_orphans(r, holder);
        strcpy(ended, holder);
        if (good)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    return good;
}

bool
resume_open(struct run *r)
{
    uint32_t ntasks = r->plan->head->ntasks;
    state = (struct resume){.seen = xcalloc(ntasks, 1), .oom = xcalloc(ntasks, 1),
        .row = xcalloc(ntasks, 1)};
    if (!end_spools(r, NULL))
        return false;
    if (r->rank == 0) { /* one of all nodes is enough */
        sweep_folder(r, "leases", sweep_lease);
        sweep_folder(r, "journal", sweep_journal);
    }
    return true;
}

bool
resume_end_orphans(struct run *r, const char *holder)
{
    return end_spools(r, holder);
}

bool
resume_record(struct run *r, uint32_t shard, uint32_t last, uint64_t *fence)
{
    unsigned damaged = 0;
    int err = journal_read_shard(r->state_dir, shard, last, r->plan->head->identity, replay, r, fence,
        &damaged);
    if (err) {
        say("%s/journal cannot be read: %s", r->state_dir, strerror(err));
        resume_forget();
        return false;
    }
    state.damaged += damaged;
    return true;
}

void
resume_forget(void)
{
    state.nlost = 0;
}

/* Its shim died with it and nothing else: that is charged. */
static void
charge_lost(struct run *r, const struct lost *l, struct journal_rec *end)
{
    uint32_t retries = r->plan->family[plan_family_of(r->plan, l->task)].retries;
    struct buf note = {0};
    if (r->charged[l->task] < UINT8_MAX)
        r->charged[l->task]++;
    bool final = r->charged[l->task] > retries || r->charged[l->task] == UINT8_MAX;
    end->flags = (uint8_t)(JOURNAL_ALONE | (final ? JOURNAL_FINAL : 0));
    end->code = state.row[l->task];
    if (final)
        state.seen[l->task] = SEEN_FAILED;
    buf_reset(&r->text);
    plan_task_label(r->plan, l->task, &r->text);
    buf_printf(&note, "wfl-shim: the wfl-shim that ran it died with it %u times in a row, the last time with "
        "nothing beside it\n", end->code);
    say("%s: its shim died with it %u times in a row, the last time with nothing beside it: attempt %u "
        "failed", r->text.p, end->code, l->attempt);
    uint64_t at = 0;
    if (log_add(r->log, end, note.p, note.n, &at) == 0) {
        end->log_off = at;
        end->log_len = (uint32_t)note.n;
    }
    buf_free(&note);
}

static void
settle_lost(struct run *r)
{
    uint32_t recovered = 0;
    char tag[16];
    for (size_t i = 0; i < state.nlost; i++) {
        const struct lost *l = &state.lost[i];
        struct journal_rec end = {.kind = JOURNAL_END, .task = l->task, .attempt = l->attempt,
            .time_us = now_us()};
        snprintf(tag, sizeof tag, "e%u", l->epoch);
        if (files_settle(r, l->task, tag, l->start_us)) {
            recovered++;
            state.seen[l->task] = SEEN_DONE;
            state.row[l->task] = 0;
            end.flags = JOURNAL_FINAL | JOURNAL_RECOVERED;
        } else if (l->told) {
            state.row[l->task] = 0;
            end.reason = REASON_WALLTIME;
        } else {
            state.row[l->task] += state.row[l->task] < UINT8_MAX;
            end.reason = REASON_LOST;
            if (l->alone)
                charge_lost(r, l, &end);
        }
        shards_record(r, end);
    }
    if (state.nlost)
        say("an earlier run died with %zu tasks running; %u of them were complete",
            state.nlost, recovered);
    state.nlost = 0;
}

/* Is what the record says is done still there? */
static bool
still_done(struct run *r, uint32_t task)
{
    if (!r->verify || files_present(r, task))
        return true;
    if (state.missing++ < MISSING_SHOWN) {
        buf_reset(&r->text);
        plan_task_label(r->plan, task, &r->text);
        say("%s is done in the record, but %s is missing: it runs again", r->text.p, r->path.p);
    }
    return false;
}

void
resume_settle(struct run *r, uint32_t shard)
{
    struct plan_run run;
    int64_t now = now_ms();
    settle_lost(r);
    /* first all that is done, so that nothing is ready that waits for it in vain */
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);) {
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            for (; state.oom[t]; state.oom[t]--)
                sched_set_heavier(r->sched, t);
            if (state.seen[t] == SEEN_FAILED) {
                sched_set_failed(r->sched, t);
            } else if (state.seen[t] == SEEN_DONE && still_done(r, t)) {
                sched_set_done(r->sched, t, now);
                state.done++;
            }
        }
    }
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);) {
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            if (!node_may_run(r, t) || sched_state(r->sched, t) != SCHED_AWAY)
                continue;
            if (state.row[t] >= ALONE_FROM)
                alone_keep(r, t);
            else if (elsewhere_wanted(r, t))
                elsewhere_keep(r, t);
            else
                sched_take(r->sched, t, now);
        }
    }
}

void
resume_told(struct run *r)
{
    if (state.damaged)
        say("%u journals end in a damaged record, as after a crash; what is before it counts",
            state.damaged);
    if (state.missing > MISSING_SHOWN)
        say("%u done tasks have lost outputs and run again", state.missing);
    if (state.any && r->plan->nshards == 1)
        tell(r, "%u of %u tasks were done before", state.done, r->plan->head->ntasks);
}

void
resume_close(void)
{
    free(state.seen);
    free(state.oom);
    free(state.row);
    free(state.lost);
    state = (struct resume){0};
}
