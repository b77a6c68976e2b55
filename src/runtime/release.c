/* Tasks of a process that are done while it works on others: all outputs that such a task must have
 * are there, nobody has them open for writing, no checkpoint is left, and their checks are passed.
 * It is recorded and published then, and its room on the node is free.
 *
 * A look at a task is due a moment after one of its outputs was closed, and now and then, since not
 * every file system tells of that; without word of it, outputs are to be as they were at the look
 * before. The checks are made in a slot of its own (slot.parent is that of the process), which
 * costs nothing. Bad outputs say nothing yet: they may be written anew.
 *
 * The last task of a process is never done before it: what the process shares, uses and says has to
 * be somebody's. Folders cannot be told to be whole, and a process cannot lose a GPU, so there
 * tasks end with their process as well.
 *
 * What is done may be written once more. That is found when the process has ended: the task is the
 * slot's again, its END is taken back, and so are those of tasks that ran on it. */
#include "config.h"

#include "node/process.h"
#include "node/watch.h"
#include "runtime/files-private.h"
#include "runtime/shards.h"
#include "util/file.h"
#include "util/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* After a file was closed. Who kills a job kills the program, which closes its files, and then who
 * would tell of that: it is known by then (process_dies), or by the end of a container's client. */
#define QUIET_MS 5
#define QUIET_APART_MS 500
#define STRUCK_MS 1000 /* until it is known of whom the kernel killed a process */
#define BUSY_MS 20     /* until one of those that check may be free */
/* Between looks: an eighth of the time that the process runs, within these. */
#define LOOK_SOONEST_MS 2000
#define LOOK_UNTOLD_MS 250 /* the soonest, if we are told nothing */
#define LOOK_LATEST_MS 10000

/* Why a shard is not given back. */
enum { KEPT_NOT, KEPT_CONSUMER, KEPT_DONE };

struct release {
    struct watch *watch;
    int64_t at;       /* when a slot is to be looked at, or NEVER */
    uint8_t *changed; /* of each family: a task of it wrote again after it was done */
    uint8_t *kept;    /* of each shard, as release_look_kept saw it */
    struct buf stop;  /* uint32_t: tasks that run on what is not done any more */
    struct buf again; /* uint32_t: tasks that had failed on it, or are blocked for that */
};

void
release_open(struct shim *r)
{
    bool any = false;
    for (uint32_t i = 0; i < r->plan->nfamilies; i++)
        any |= plan_releases(r->plan, &r->plan->family[i]);
    if (!any)
        return;
    r->release = xcalloc(1, sizeof *r->release);
    r->release->watch = watch_new();
    r->release->changed = xcalloc(r->plan->nfamilies, 1);
    r->release->kept = xcalloc(r->plan->nshards, 1);
    r->release->at = NEVER;
}

void
release_close(struct shim *r)
{
    if (!r->release)
        return;
    watch_free(r->release->watch);
    buf_free(&r->release->stop);
    buf_free(&r->release->again);
    free(r->release->changed);
    free(r->release->kept);
    free(r->release);
    r->release = NULL;
}

int
release_fd(const struct shim *r)
{
    return r->release ? watch_fd(r->release->watch) : -1;
}

int64_t
release_at(const struct shim *r)
{
    return r->release ? r->release->at : NEVER;
}

/* --- when to look --- */

static uint64_t
id_of(const struct shim *r, const struct slot *s, uint32_t task)
{
    return (uint64_t)(s - r->slots.v) << 32 | task;
}

static struct member *
member_of(const struct slot *s, uint32_t task)
{
    for (uint32_t i = 0; i < s->nmembers; i++)
        if (s->member[i].task == task)
            return &s->member[i];
    return NULL;
}

static int64_t
next_look(const struct shim *r, const struct slot *s, int64_t now)
{
    int64_t pause = (now - s->started) / 8;
    int64_t least = watch_fd(r->release->watch) < 0 ? LOOK_UNTOLD_MS : LOOK_SOONEST_MS;
    pause = pause < least ? least : pause;
    return now + (pause < LOOK_LATEST_MS ? pause : LOOK_LATEST_MS);
}

static int64_t
quiet_from(const struct slot *s, int64_t now)
{
    return now + (s->contained.in ? QUIET_APART_MS : QUIET_MS);
}

static void
look_then(struct shim *r, struct slot *s, struct member *m, int64_t at)
{
    m->look_at = at;
    s->release_at = at < s->release_at ? at : s->release_at;
    r->release->at = at < r->release->at ? at : r->release->at;
}

void
release_again(struct shim *r, struct slot *s)
{
    s->complete_at = 0;
    for (uint32_t i = 0; s->releases && i < s->nmembers; i++)
        if (s->member[i].complete && !s->member[i].beside)
            look_then(r, s, &s->member[i], now_ms());
}

static void
was_closed(void *arg, uint64_t id)
{
    struct shim *r = arg;
    struct slot *s = &r->slots.v[id >> 32];
    struct member *m = s->releases ? member_of(s, (uint32_t)id) : NULL;
    if (!m)
        return;
    m->told = true;
    look_then(r, s, m, quiet_from(s, now_ms()));
}

/* The output of the task, where the process writes it, in r->path. */
static bool
output_path(struct shim *r, const struct slot *s, uint32_t task, uint32_t output, bool temporary)
{
    buf_reset(&r->path);
    return plan_path(r->eval, task, r->plan->family[s->family].first_output + output,
        temporary ? s->tag : NULL, &r->path);
}

/* Is something of this attempt at the output's place, r->path? */
static bool
is_written(struct shim *r, const struct slot *s, uint32_t output, struct stat *st)
{
    bool named = r->plan->file[r->plan->family[s->family].first_output + output].name != 0;
    return stat(r->path.p, st) == 0 && (named || file_signature(st) != file_before(r, s, output));
}

void
release_begin(struct shim *r, struct slot *s)
{
    s->releases = r->release && (s->nmembers > 1 || fed_family(r, s)) &&
                  plan_releases(r->plan, &r->plan->family[s->family]) &&
                  !r->release->changed[s->family];
    for (uint32_t i = 0; i < s->nmembers; i++)
        release_add(r, s, &s->member[i]);
}

void
release_add(struct shim *r, struct slot *s, struct member *m)
{
    struct member *at = s->at;
    struct stat st;
    s->at = m;
    for (uint32_t k = 0; s->releases && k < r->plan->family[s->family].noutputs; k++) {
        if (!output_path(r, s, m->task, k, true))
            continue;
        watch_add(r->release->watch, r->path.p, id_of(r, s, m->task));
        m->told |= is_written(r, s, k, &st); /* before we could be told */
    }
    s->at = at;
    if (s->releases)
        look_then(r, s, m, m->told ? quiet_from(s, now_ms()) : next_look(r, s, m->started));
}

/* --- is it complete? --- */

/* Output `k` of the task at hand, for its sum. False: it is not complete. */
static bool
output_complete(struct shim *r, struct slot *s, struct member *m, uint32_t k, uint64_t *sum,
    enum writers *writers)
{
    const struct plan_file *file = &r->plan->file[r->plan->family[s->family].first_output + k];
    struct stat st;
    if (!output_path(r, s, m->task, k, true) || !is_written(r, s, k, &st))
        return file->optional;
    if (!S_ISREG(st.st_mode)) { /* who opens a FIFO changes what its writers see */
        m->look_at = NEVER;
        return false;
    }
    *sum = hash64(&(uint64_t){file_signature(&st)}, sizeof(uint64_t), *sum + k);
    enum writers w = watch_writers(r->path.p);
    if (w == WRITERS_UNSEEN && *writers == WRITERS_NONE)
        *writers = w;
    return w != WRITERS_SOME;
}

/* Whether it is shall be known. Its next look is later. */
static bool
is_complete(struct shim *r, struct slot *s, struct member *m, int64_t now)
{
    enum writers writers = WRITERS_NONE;
    uint64_t sum = 1;
    bool told = m->told;
    m->told = false;
    m->look_at = next_look(r, s, now);
    if (m->checked)
        return true;
    s->at = m;
    for (uint32_t k = 0; k < r->plan->family[s->family].noutputs; k++)
        if (!output_complete(r, s, m, k, &sum, &writers))
            return false;
    if (sum == m->bad || file_checkpoint(r, s) != PROGRESS_BAD)
        return false;
    bool same = sum == m->seen;
    m->seen = sum;
    return same || (told && writers == WRITERS_NONE);
}

bool
release_was_complete(struct shim *r, struct slot *s)
{
    struct member *m = s->at;
    enum writers writers = WRITERS_NONE;
    uint64_t sum = 1;
    uint32_t n = m->checked ? 0 : r->plan->family[s->family].noutputs;
    for (uint32_t k = 0; m->complete && k < n; k++)
        m->complete = output_complete(r, s, m, k, &sum, &writers);
    return m->complete && (m->checked || sum == m->seen);
}

/* --- it is checked, beside its process --- */

/* A task that is complete and waits for its checks, or is checked, does not run: its limit waits.
 */
static void
hold_limit(struct shim *r, struct slot *s, struct member *m, bool holds, int64_t now)
{
    if (holds == (m->held_at != 0))
        return;
    if (!holds && m->limit_at != NEVER)
        m->limit_at += now - m->held_at;
    m->held_at = holds ? now : 0;
    if (s->state != SLOT_RUNNING)
        return;
    s->deadline = end_common_limit(r, s);
    slots_changed(r, s);
}

/* It is not done, as far as can be told now. */
static void
give_up_check(struct shim *r, struct slot *w)
{
    struct slot *s = w->parent;
    struct member *m = member_of(s, w->at->task);
    m->beside = NULL;
    m->checked = w->checked;
    if (w->reason == REASON_OUTPUT) {
        m->bad = m->seen;
        hold_limit(r, s, m, false, now_ms());
    }
    look_then(r, s, m, m->told ? quiet_from(s, now_ms()) : next_look(r, s, now_ms()));
    buf_reset(&r->text);
    if (w->spool >= 0) /* what the check wrote */
        (void)log_take_spool(w->spool, &r->text);
    slot_free(r, w);
}

static void
remember(struct shim *r, struct slot *s, uint32_t task)
{
    buf_add(&s->released, &task, sizeof task);
    for (uint32_t k = 0; k < r->plan->family[s->family].noutputs; k++) {
        uint64_t mark = output_path(r, s, task, k, false) ? watch_mark(r->path.p) : 0;
        buf_add(&s->marks, &mark, sizeof mark);
    }
}

/* The task is done, and its process goes on. */
static void
let_go(struct shim *r, struct slot *w)
{
    struct slot *s = w->parent;
    uint32_t task = w->at->task;
    note_add(&w->note, "it was done while its process worked on other tasks; what that writes is "
                       "kept with the first of those that end with it");
    w->wall_ms = end_ran_ms(w);
    w->group.peak_kib = s->group.peak_kib;
    w->measured = (uint64_t)s->group.peak_kib * 1024;
    w->stated = s->stated;
    w->at->mark = member_of(s, task)->mark; /* it was counted while it was checked */
    uint64_t used = sched_memory_used(r->sched);
    s->progress = true;
    end_attempt(r, w);
    s->group.asked -= used - sched_memory_used(r->sched); /* it is given to others */
    remember(r, s, task);
    watch_drop(r->release->watch, id_of(r, s, task));
    slot_leave(r, s, (uint32_t)(member_of(s, task) - s->member));
    if (s->state == SLOT_RUNNING)
        s->deadline = end_common_limit(r, s);
    slots_changed(r, s);
    release_again(r, s); /* that was waited for */
    slot_free(r, w);
}

void
release_check(struct shim *r, struct slot *w)
{
    w->deadline = NEVER;
    if (w->reason == REASON_OK)
        w->reason = w->stop;
    switch (w->reason == REASON_OK ? files_check(r, w) : PROGRESS_BAD) {
    case PROGRESS_CHILD:
        w->state = SLOT_CHECKING;
        w->deadline = end_limit(r, w, w->at->task, now_ms());
        slots_changed(r, w);
        break;
    case PROGRESS_GOOD:
        let_go(r, w);
        break;
    case PROGRESS_BAD:
    case PROGRESS_LATER:
        give_up_check(r, w);
        break;
    }
}

static bool
keep_consumer(void *arg, uint32_t task)
{
    struct shim *r = arg;
    enum sched_state state = sched_state(r->sched, task);
    uint8_t *kept = &r->release->kept[plan_shard_of(r->plan, task)];
    bool ended = state == SCHED_DONE || state == SCHED_FAILED || state == SCHED_BLOCKED;
    if (ended && !*kept)
        *kept = KEPT_CONSUMER;
    return ended && shards_hold(r, task);
}

void
release_look_kept(struct shim *r)
{
    struct release *w = r->release;
    struct buf done = {0};
    if (!w)
        return;
    memset(w->kept, KEPT_NOT, r->plan->nshards);
    for (uint32_t i = r->slots.nbeside; i < r->slots.nused; i++) {
        const struct slot *s = &r->slots.v[i];
        const uint32_t *task = (const uint32_t *)(const void *)s->released.p;
        for (size_t k = 0; s->state != SLOT_FREE && k < s->released.n / sizeof *task; k++)
            if (task[k] != PLAN_NONE) {
                w->kept[plan_shard_of(r->plan, task[k])] = KEPT_DONE;
                buf_add(&done, &task[k], sizeof *task);
            }
    }
    if (done.n)
        sched_ran_on(r->sched, (const uint32_t *)(const void *)done.p, done.n / sizeof(uint32_t),
            keep_consumer, r);
    buf_free(&done);
}

bool
release_keeps(const struct shim *r, uint32_t shard, bool done)
{
    return r->release && r->release->kept[shard] >= (done ? KEPT_DONE : KEPT_CONSUMER);
}

struct slot *
release_beside(struct shim *r, struct slot *s, struct member *m)
{
    size_t each = r->plan->family[s->family].noutputs * sizeof(uint64_t);
    struct slot *w = r->slots.in_state[SLOT_IDLE].first;
    if (!w || slot_open_spool(r, w) != 0)
        return NULL;
    slot_begin(w, s, s->family, 1);
    w->tag = s->tag;
    w->member[0] = *m;
    slot_turn(w, 0);
    w->files = FILES_OUTPUT;
    w->launched = true;
    w->started = m->started;
    w->nshared = s->nshared;
    w->logged = m->task; /* not the process's own */
    w->group.asked = s->group.asked / s->nshared;
    buf_add(&w->before, s->before.p + (m - s->member) * (ptrdiff_t)each, each);
    m->beside = w;
    s->nreleasing++;
    return w;
}

/* --- the looks --- */

/* May one more be done before the process ends? The last one only if another comes then. And none
 * when it was told that the job ends, or may have been killed with it: what it closes then need not
 * be whole. */
static bool
may_release(struct shim *r, struct slot *s)
{
    if (s->warned)
        return false;
    return s->nmembers > s->nreleasing + 1 || (s->process != SCHED_NONE && fed_joins(r, s));
}

static void
look_at_member(struct shim *r, struct slot *s, struct member *m, int64_t now)
{
    if (m->beside || m->look_at > now)
        return;
    m->complete = is_complete(r, s, m, now);
    if (m->complete && process_dies(s->group.pid)) {
        m->complete = false;
        m->bad = m->seen; /* it closed what it may have wanted to go on with */
    }
    bool may = m->complete && may_release(r, s);
    bool last = m->complete && !may && !s->nreleasing;
    s->complete_at = !last ? 0 : s->complete_at ? s->complete_at : now;
    /* one that is last, and fed, waits for the end of file */
    bool waits = m->complete && s->process != SCHED_NONE && !s->feeder.ends;
    hold_limit(r, s, m, may || waits, now);
    struct slot *w = may ? release_beside(r, s, m) : NULL;
    if (w)
        release_check(r, w);
    else if (may)
        m->look_at = now + BUSY_MS;
}

/* What was not checked yet will not be while its process runs. */
static void
hold_no_more(struct shim *r, struct slot *s, int64_t now)
{
    for (uint32_t i = 0; s->releases && i < s->nmembers; i++)
        if (!s->member[i].beside)
            hold_limit(r, s, &s->member[i], false, now);
}

/* True: some of its tasks are done. */
static bool
look_at_slot(struct shim *r, struct slot *s, int64_t now)
{
    size_t before = s->released.n;
    enum memory_struck struck = memory_struck(r->samples, &s->group);
    s->release_at = struck == STRUCK_UNSURE ? now + STRUCK_MS : NEVER;
    if (struck == STRUCK) { /* what is whole is known when it ends */
        hold_no_more(r, s, now);
        release_stop(r, s);
    }
    if (struck != STRUCK_NOT)
        return false;
    for (uint32_t i = 0, n = s->nmembers; i < s->nmembers; i += n == s->nmembers, n = s->nmembers)
        look_at_member(r, s, &s->member[i], now); /* one that is done is not there any more */
    for (uint32_t i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->member[i];
        if (!m->beside && m->look_at < s->release_at)
            s->release_at = m->look_at;
    }
    s->at = s->member;
    return s->released.n > before;
}

bool
release_turn(struct shim *r, int64_t now)
{
    struct release *w = r->release;
    bool any = false;
    if (!w)
        return false;
    watch_read(w->watch, was_closed, r);
    if (now < w->at)
        return false;
    w->at = NEVER;
    bool leaves = r->leave.asked_at != NEVER; /* see may_release */
    for (struct slot *s = r->slots.in_state[SLOT_RUNNING].first; s; s = s->next) {
        if (leaves)
            hold_no_more(r, s, now);
        if (leaves || !s->releases)
            continue;
        if (s->release_at <= now)
            any |= look_at_slot(r, s, now);
        w->at = s->release_at < w->at ? s->release_at : w->at;
    }
    return any;
}

/* --- the end of the process --- */

void
release_stop(struct shim *r, struct slot *s)
{
    for (uint32_t i = 0; s->releases && i < s->nmembers; i++)
        watch_drop(r->release->watch, id_of(r, s, s->member[i].task));
    s->releases = false;
}

/* Was an output of it written since? Files are known by their marks; and one that had a temporary
 * name may be there again (*anew): who opened it by that name found nothing, so what it has now is
 * perhaps a part. That a file is not there says nothing: who came behind may have taken it away. */
static bool
wrote_again(struct shim *r, const struct slot *s, uint32_t task, const uint64_t *mark, bool *anew)
{
    const struct plan_family *f = &r->plan->family[s->family];
    bool changed = false;
    *anew = false;
    for (uint32_t k = 0; k < f->noutputs; k++) {
        uint64_t now = output_path(r, s, task, k, false) ? watch_mark(r->path.p) : 0;
        changed |= now && now != mark[k];
        *anew |= r->plan->file[f->first_output + k].name && output_path(r, s, task, k, true) &&
                 watch_mark(r->path.p);
    }
    return changed || *anew;
}

/* What was not written again is looked at with the rest, so it loses its name for a moment. */
static void
take_names_back(struct shim *r, const struct slot *s, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[s->family];
    struct buf name = {0};
    for (uint32_t k = 0; k < f->noutputs; k++) {
        buf_reset(&name);
        if (r->plan->file[f->first_output + k].name && output_path(r, s, task, k, true) &&
            access(r->path.p, F_OK) != 0 &&
            plan_path(r->eval, task, f->first_output + k, NULL, &name))
            (void)!rename(name.p, r->path.p);
    }
    buf_free(&name);
}

/* It runs again, elsewhere: what becomes of it is not its first process's any more. */
static void
forget(struct shim *r, uint32_t task)
{
    for (uint32_t i = r->slots.nbeside; i < r->slots.nused; i++) {
        const struct buf *released = &r->slots.v[i].released;
        uint32_t *v = (uint32_t *)(void *)released->p;
        for (size_t k = 0; k < released->n / sizeof task; k++)
            v[k] = v[k] == task ? PLAN_NONE : v[k];
    }
}

/* What attempts at the task failed for was that they read too early: nothing of that counts. */
static void
forgive(struct shim *r, uint32_t task, enum sched_state state)
{
    if (!r->known.charged[task])
        return;
    blame_forget(r, task);
    elsewhere_forget(r, task);
    if (state == SCHED_RUNNING) { /* its record says so when it has ended */
        r->known.charged[task] = 0;
        return;
    }
    end_uncharged(r, task);
    if (state == SCHED_FAILED)
        given_up_forgive(r->given_up, task);
}

/* A task ran, or runs, on what is not done any more, failed on it, or waits for more. One that was
 * cancelled, or failed before we had it, was charged nothing, and stays as it is. */
static bool
is_undone(void *arg, uint32_t task)
{
    struct shim *r = arg;
    enum sched_state state = sched_state(r->sched, task);
    bool charged = r->known.charged[task] != 0;
    if (!shards_hold(r, task))
        return false; /* nobody can tell its record so */
    if (state == SCHED_DONE) {
        safe_take_back(r, task);
        forget(r, task);
        r->known.charged[task] = 0;
        return true;
    }
    forgive(r, task, state);
    if (state == SCHED_RUNNING)
        buf_add(&r->release->stop, &task, sizeof task);
    else if (charged || state == SCHED_BLOCKED)
        buf_add(&r->release->again, &task, sizeof task);
    return charged;
}

/* Tasks that had failed, or were left to others for that, and those that were blocked. */
static void
take_again(struct shim *r)
{
    const uint32_t *task = (const uint32_t *)(const void *)r->release->again.p;
    for (size_t i = 0; i < r->release->again.n / sizeof *task; i++)
        if (node_may_run(r, task[i]) && !alone_kept(r, task[i]))
            sched_take(r->sched, task[i], now_ms());
}

/* Also where it is checked, or made ready to join, beside its process. What it wrote, or exits
 * with, is not to count. */
static void
stop_consumer(struct shim *r, uint32_t task)
{
    for (uint32_t i = 0; i < r->slots.nused; i++) {
        struct slot *s = &r->slots.v[i];
        bool free = s->state == SLOT_FREE || s->state == SLOT_IDLE;
        struct member *m = free ? NULL : member_of(s, task);
        if (!m)
            continue;
        m->complete = false;
        m->undone = true;
        if (s->stop != REASON_CANCELLED) {
            s->stop = REASON_CANCELLED;
            note_add(&s->note, "stopped: what it reads was written anew, see the log of the shim");
        }
        slot_event(r, s, EVENT_STOP);
    }
}

/* It is the slot's again, and looked at as if it had never been done, or (`anew`) to be done anew.
 */
static void
undo(struct shim *r, struct slot *s, uint32_t task, bool anew)
{
    struct buf *stop = &r->release->stop;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    say("%s: it was done, and an output of it was written once more: it %s again, and what "
        "ran on it in shards of this shim runs again (%s:%u; %s)",
        r->text.p, anew ? "runs" : "is looked at",
        plan_place_name(r->plan, PLACE_FAMILY, s->family),
        r->plan->place[PLACE_FAMILY][s->family].line,
        fed_family(r, s)
            ? "an output of a task that is fed is to be whole when it is closed"
            : "'bundle by ..., whole' has tasks done when their process ends, as they are from "
              "here on");
    stale_tell(r, task);
    r->release->changed[s->family] = true;
    safe_take_back(r, task);
    buf_reset(stop);
    buf_reset(&r->release->again);
    sched_undo(r->sched, task, is_undone, r);
    for (size_t i = 0; i < stop->n / sizeof task; i++)
        stop_consumer(r, ((const uint32_t *)(const void *)stop->p)[i]);
    take_again(r);
    if (!anew)
        take_names_back(r, s, task);
    slot_join(r, s, task);
    s->member[s->nmembers - 1].anew = anew;
}

void
release_end(struct shim *r, struct slot *s)
{
    size_t n = s->released.n / sizeof(uint32_t), each = r->plan->family[s->family].noutputs;
    const uint32_t *task = (const uint32_t *)(const void *)s->released.p;
    const uint64_t *mark = (const uint64_t *)(const void *)s->marks.p;
    bool anew;
    for (size_t i = 0; i < n; i++)
        if (task[i] != PLAN_NONE && wrote_again(r, s, task[i], mark + i * each, &anew))
            undo(r, s, task[i], anew);
    buf_reset(&s->released);
}
