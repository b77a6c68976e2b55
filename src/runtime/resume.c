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

enum { SEEN_NOT, SEEN_DONE };

/* An attempt without an END: its shim died. */
struct lost {
    uint32_t task, epoch;
    uint16_t attempt;
    int64_t start_us;
};

struct resume {
    struct run *r;
    uint8_t *seen; /* of each task */
    uint8_t *oom;  /* of each task: how often it ran out of memory since it was last begun afresh */
    struct lost *lost;
    size_t nlost, cap;
    bool any;
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

static bool
replay(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct resume *u = arg;
    struct run *r = u->r;
    u->any = true;
    if ((rec->kind != JOURNAL_START && rec->kind != JOURNAL_END) ||
        rec->task >= r->plan->head->ntasks)
        return true;
    forget_lost(u, rec->task);
    u->seen[rec->task] = SEEN_NOT;
    if (rec->kind == JOURNAL_END && (rec->reason == REASON_OK || rec->flags & JOURNAL_FINAL))
        u->oom[rec->task] = 0;
    else if (rec->kind == JOURNAL_END && rec->reason == REASON_OOM && u->oom[rec->task] < UINT8_MAX)
        u->oom[rec->task]++;
    uint16_t before = rec->attempt ? (uint16_t)(rec->attempt - 1) : 0;
    r->charged[rec->task] = before < UINT8_MAX ? (uint8_t)before : UINT8_MAX;
    if (rec->kind == JOURNAL_START) {
        if (u->nlost == u->cap) {
            u->cap = u->cap ? u->cap * 2 : 256;
            u->lost = xrealloc(u->lost, u->cap * sizeof *u->lost);
        }
        u->lost[u->nlost++] = (struct lost){rec->task, head->epoch, rec->attempt, rec->time_us};
    } else if (rec->reason == REASON_OK) {
        u->seen[rec->task] = SEEN_DONE;
        r->charged[rec->task] = 0;
    } else if (rec->flags & JOURNAL_FINAL) {
        r->charged[rec->task] = 0; /* to run again is to try afresh */
    } else if (journal_reason_charged(rec->reason) && r->charged[rec->task] < UINT8_MAX) {
        r->charged[rec->task]++;
    }
    return true;
}

/* The tasks of a shim that was killed may still run, and write. */
static bool
end_orphans(const struct run *r)
{
    bool told = false;
    int64_t give_up = now_ms() + PATIENCE_MS;
    while (watch_kill_orphans(r->state_dir)) {
        if (!told)
            say("killing what an earlier run left running");
        told = true;
        if (now_ms() > give_up) {
            say("processes of an earlier run cannot be killed; is a file system stuck?");
            return false;
        }
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return true;
}

/* A shim that leaves in good order removes its spools, and none starts a task without one: where
 * some are left, tasks may run, be it those of another plan. Their output went with their shim. */
static bool
end_earlier_run(const struct run *r)
{
    struct buf path = {0};
    buf_printf(&path, "%s/logs", r->state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    if (!d)
        return true;
    bool any = false, good = true;
    const struct dirent *e;
    while (good && (e = readdir(d))) {
        if (strncmp(e->d_name, "spool-", 6) != 0)
            continue;
        good = any || end_orphans(r);
        any = true;
        if (good)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    return good;
}

bool
resume_record(struct run *r)
{
    uint32_t ntasks = r->plan->head->ntasks;
    state = (struct resume){.r = r, .seen = xcalloc(ntasks, 1), .oom = xcalloc(ntasks, 1)};
    unsigned damaged = 0;
    int err = journal_read(r->state_dir, r->plan->head->identity, replay, &state, &damaged);
    if (err && err != ENOENT) {
        say("%s/journal cannot be read: %s", r->state_dir, strerror(err));
        return false;
    }
    if (damaged)
        say("%u journals end in a damaged record, as after a crash; what is before it counts",
            damaged);
    return end_earlier_run(r);
}

static void
settle_lost(struct run *r)
{
    uint32_t recovered = 0;
    char tag[16];
    for (size_t i = 0; i < state.nlost; i++) {
        const struct lost *l = &state.lost[i];
        snprintf(tag, sizeof tag, "e%u", l->epoch);
        bool done = files_settle(r, l->task, tag, l->start_us);
        recovered += done;
        if (done)
            state.seen[l->task] = SEEN_DONE;
        journal_add(r->journal, (struct journal_rec){.kind = JOURNAL_END,
            .reason = done ? REASON_OK : REASON_LOST,
            .flags = done ? JOURNAL_FINAL | JOURNAL_RECOVERED : 0,
            .task = l->task,
            .attempt = l->attempt,
            .time_us = now_us()});
    }
    if (state.nlost)
        say("an earlier run died with %zu tasks running; %u of them were complete",
            state.nlost, recovered);
}

void
resume_settle(struct run *r)
{
    uint32_t done = 0, missing = 0;
    settle_lost(r);
    for (uint32_t t = 0; t < r->plan->head->ntasks; t++) {
        for (; state.oom[t]; state.oom[t]--)
            sched_set_heavier(r->sched, t);
        if (state.seen[t] != SEEN_DONE)
            continue;
        if (r->verify && !files_present(r, t)) {
            if (missing++ < MISSING_SHOWN) {
                buf_reset(&r->text);
                plan_task_label(r->plan, t, &r->text);
                say("%s is done in the record, but %s is missing: it runs again", r->text.p,
                    r->path.p);
            }
            continue;
        }
        sched_set_done(r->sched, t);
        done++;
    }
    if (missing > MISSING_SHOWN)
        say("%u done tasks have lost outputs and run again", missing);
    if (state.any)
        tell(r, "%u of %u tasks were done before", done, r->plan->head->ntasks);
    free(state.seen);
    free(state.oom);
    free(state.lost);
    state = (struct resume){0};
}
