/* Inputs that tasks wait for (`input ... wait`). They are looked at before a task's START is
 * recorded; who lacks one is put off, with a record that says which, until its file has come. */
#include "config.h"

#include "runtime/files-private.h"

#include "node/awaited.h"
#include "runtime/shards.h"

#include <stdlib.h>

enum { TOLD = 5 }; /* tasks that wait, before that is not said any more */

struct late {
    struct awaited *awaited;
    uint32_t told;
};

/* Has the family such inputs? */
static bool
waits(const struct shim *r, uint32_t family)
{
    return r->late && plan_waits(r->plan, &r->plan->family[family]);
}

void
late_open(struct shim *r)
{
    bool any = false;
    for (uint32_t k = 0; k < r->plan->nfamilies; k++)
        any |= plan_waits(r->plan, &r->plan->family[k]);
    r->late = any ? xcalloc(1, sizeof *r->late) : NULL;
    if (any)
        r->late->awaited = awaited_new();
}

void
late_close(struct shim *r)
{
    if (r->late)
        awaited_free(r->late->awaited);
    free(r->late);
}

void
late_keep(struct shim *r, uint32_t task)
{
    if (!r->known.found[task] && waits(r, plan_family_of(r->plan, task)))
        r->known.found[task] = FINDING_LATE;
}

/* What is no lateness is found once more when it has started, and is its failure. */
enum progress
late_look(struct shim *r, struct slot *s)
{
    if (!waits(r, s->family))
        return PROGRESS_GOOD;
    s->files = FILES_INPUT;
    enum progress v = s->reason == REASON_OK ? files_look_inputs(r, s, true) : PROGRESS_BAD;
    if (v == PROGRESS_BAD && s->reason == REASON_INPUT && !journal_flaw_passes(s->flaw)) {
        s->reason = REASON_OK;
        s->note.n = s->noted;
        return PROGRESS_GOOD;
    }
    s->at->came = v == PROGRESS_GOOD;
    return v;
}

static void
record(struct shim *r, uint32_t task, uint32_t input, enum journal_flaw flaw)
{
    shards_record(r, (struct journal_rec){.kind = JOURNAL_LATE,
                         .code = (uint8_t)flaw,
                         .task = task,
                         .time_us = now_us(),
                         .log_off = input});
}

void
late_wait(struct shim *r, struct slot *s)
{
    struct late *k = r->late;
    uint32_t task = s->at->task;
    const struct plan_family *f = &r->plan->family[s->family];
    buf_reset(&r->path);
    if (!waits(r, s->family) || !journal_flaw_passes(s->flaw) ||
        !plan_path(r->eval, task, f->first_input + s->file, NULL, &r->path))
        return;
    awaited_add(k->awaited, task, r->path.p, now_ms());
    record(r, task, s->file, s->flaw);
    if (k->told++ >= TOLD && !r->opt.verbose)
        return;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    tell(r, "%s waits for its input %s (%s)", r->text.p, r->path.p, journal_flaw_name(s->flaw));
}

bool
late_tick(struct shim *r, int64_t now, bool last)
{
    struct late *k = r->late;
    bool any = false;
    uint32_t task;
    while (k && awaited_next(k->awaited, now, last, &task)) {
        last = false;
        if (sched_state(r->sched, task) != SCHED_POSTPONED || !shards_hold(r, task))
            continue; /* somebody cancelled it, or it is not ours any more */
        record(r, task, 0, FLAW_UNKNOWN);
        sched_resume(r->sched, task, now);
        any = true;
    }
    return any;
}

uint32_t
late_count(const struct shim *r, const char **path)
{
    *path = r->late ? awaited_one(r->late->awaited) : NULL;
    return r->late ? awaited_count(r->late->awaited) : 0;
}
