#include "config.h"

#include "shim/obey.h"

#include "journal/paths.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "sched/claim.h"
#include "state/control.h"
#include "state/gates.h"
#include "util/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
obey_before(struct shim *r)
{
    struct buf state = {0};
    uint32_t *v, n;
    buf_printf(&state, "%s/" BUILD_STATE, r->opt.dir);
    orders_list(state.p, 0, &v, &n);
    r->leave.orders = n ? v[n - 1] : 0;
    free(v);
    buf_free(&state);
}

bool
obey_pauses(const struct shim *r)
{
    return control_pause(r->control) != NULL;
}

/* --- to leave --- */

/* A host may be meant by its whole name, or the part before the first '.'. */
static const struct order *
order_of_host(const struct shim *r, const char *host)
{
    const struct order *o = control_exclusion(r->control, host);
    return o ? o : control_host_drain(r->control, host, r->leave.orders);
}

/* The order by which this node is to leave; NULL: there is none. */
static const struct order *
order_to_leave(const struct shim *r)
{
    char host[256] = "";
    const struct order *o = r->opt.job ? control_job_drain(r->control, r->opt.job) : NULL;
    if (!o && r->opt.node)
        o = order_of_host(r, r->opt.node);
    if (o || gethostname(host, sizeof host - 1) != 0)
        return o;
    o = order_of_host(r, host);
    host[strcspn(host, ".")] = 0;
    return o ? o : order_of_host(r, host);
}

static void
say_leaving(const struct shim *r, const struct order *o, const char *what)
{
    struct buf whose = {0};
    control_whose(o, "at", &whose);
    if (o->kind == ORDER_DRAIN_JOB)
        say("job %s is to end, by %s: %s", o->of, whose.p, what);
    else if (o->kind == ORDER_DRAIN_HOST)
        say("this host (%s) is to end its work, by %s: %s", o->of, whose.p, what);
    else
        say("this host (%s) takes no work: excluded by %s ('wflc control include %s %s' has it "
            "take some again)%s%s",
            o->of, whose.p, o->of, r->opt.dir, r->sched ? "; " : "", r->sched ? what : "");
    buf_free(&whose);
}

static void
leave_if_ordered(struct shim *r)
{
    struct buf what = {0};
    const struct order *o = r->leave.draining ? NULL : order_to_leave(r);
    if (!o)
        return;
    buf_printf(&what, "no more tasks are started; waiting for %u that run",
        sched_count(r->sched, SCHED_RUNNING));
    say_leaving(r, o, what.p);
    r->leave.draining = r->leave.ordered = true;
    buf_free(&what);
}

/* --- to pause --- */

static void
say_pause(const struct shim *r, const struct order *o)
{
    struct buf whose = {0};
    control_whose(o, "since", &whose);
    say("paused by %s: nothing is started until 'wflc control resume %s'", whose.p, r->opt.dir);
    buf_free(&whose);
}

static void
say_resumed(const struct shim *r)
{
    for (uint32_t i = control_count(r->control); i-- > 0;) {
        const struct order *o = control_nth(r->control, i);
        if (o->kind != ORDER_RESUME)
            continue;
        say("resumed by %s", o->who);
        return;
    }
}

/* --- to release what gates held back --- */

static bool
was_held(const uint32_t *before, const struct shim *r, uint32_t task)
{
    return task >= before[plan_family_of(r->plan, task)] && !node_gated(r, task);
}

/* In a shard of ours they are taken; one that has only such tasks is looked at again. */
static bool
release_in(struct shim *r, const uint32_t *before, uint32_t shard, int64_t now)
{
    struct plan_range run;
    bool ours = shards_holds(r, shard), any = false;
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            if (!was_held(before, r, t))
                continue;
            any = true;
            if (ours && node_may_run(r, t))
                sched_take(r->sched, t, now);
        }
    return any && !ours;
}

/* Is there one among the orders from that one on? */
static bool
say_released(const struct shim *r, uint32_t from)
{
    bool any = false;
    for (uint32_t i = from; i < control_count(r->control); i++) {
        const struct order *o = control_nth(r->control, i);
        if (o->kind != ORDER_RELEASE)
            continue;
        say("gate '%s' released by %s", o->of, o->who);
        any = true;
    }
    return any;
}

static uint32_t
count_gated(const struct shim *r)
{
    const struct plan *p = r->plan;
    uint32_t n = 0;
    for (uint32_t k = 0; r->known.gated && k < p->nfamilies; k++)
        for (uint32_t t = r->known.gated[k]; t - p->family[k].first_task < p->family[k].ntasks; t++)
            n += sched_state(r->sched, t) == SCHED_AWAY;
    return n;
}

uint32_t
obey_tell_gates(const struct shim *r)
{
    const struct plan *p = r->plan;
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_family *f = &p->family[p->gate[i].family];
        uint32_t n = gates_held(p, i).ntasks;
        if (!gates_released(p, r->control, i))
            say("gate '%s' holds back %u task%s of %s: 'wflc control release' has them started",
                plan_string(p, p->gate[i].name), n, n == 1 ? "" : "s", plan_string(p, f->name));
    }
    return count_gated(r);
}

static void
release(struct shim *r, uint32_t from)
{
    uint32_t *before = r->known.gated;
    int64_t now = now_ms();
    if (!before || !say_released(r, from))
        return;
    r->known.gated = gates_closed(r->plan, r->control);
    for (uint32_t s = 0; s < r->plan->nshards; s++)
        if (release_in(r, before, s, now))
            claim_again(shards_claim(r), s, now);
    free(before);
}

/* --- to cancel --- */

/* What only checks a task beside its process is told by that. */
static bool
is_to_stop(const struct shim *r, const struct slot *s, const struct order *o)
{
    if (s->stop != REASON_OK || (s->parent && s->launched))
        return false;
    for (uint32_t i = 0; i < s->nmembers; i++)
        if (order_has_task(o, s->member[i].task) &&
            control_cancel(r->control, s->member[i].task)) /* that was not heeded yet */
            return true;
    return false;
}

/* Processes with tasks that the order cancels; what else is in them is tried again. */
static uint32_t
stop_running(struct shim *r, const struct order *o)
{
    uint32_t n = 0;
    /* from the last state on: what a slot comes to by that was looked at before */
    for (int state = SLOT_NSTATES - 1; state > SLOT_IDLE; state--)
        for (struct slot *s = r->slots.in_state[state].first, *next; s; s = next) {
            next = s->next;
            if (!is_to_stop(r, s, o))
                continue;
            s->stop = REASON_CANCELLED;
            slot_event(r, s, EVENT_STOP);
            n++;
        }
    return n;
}

/* A task of a shard that is ours, and does not run: if an order cancels it, it ends so. True: it
 * did. */
static bool
end_cancelled(struct shim *r, uint32_t task)
{
    const struct order *o = control_cancel(r->control, task);
    enum sched_state state = sched_state(r->sched, task);
    enum finding found = r->known.found[task];
    if (!o || state == SCHED_RUNNING || state == SCHED_DONE || state == SCHED_FAILED ||
        found == FINDING_ENDED || found == FINDING_DONE) /* what it wrote may be good */
        return false;
    r->known.found[task] = FINDING_NONE;
    r->known.charged[task] = 0;
    shards_record(r, control_heed_now(r->control, o, task));
    shards_record(r, (struct journal_rec){.kind = JOURNAL_END,
                         .reason = REASON_CANCELLED,
                         .flags = JOURNAL_FINAL,
                         .task = task,
                         .time_us = now_us()});
    sched_cancel(r->sched, task);
    return true;
}

static uint32_t
end_waiting(struct shim *r, const struct order *o)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->ntasks; i++)
        for (uint32_t t = o->tasks[i].first, k = 0; k < o->tasks[i].n; k++, t++)
            n += t < r->plan->head->ntasks && shards_hold(r, t) && end_cancelled(r, t);
    return n;
}

static bool
cancel_from(struct shim *r, uint32_t from)
{
    bool any = false;
    for (uint32_t i = from; i < control_count(r->control); i++) {
        const struct order *o = control_nth(r->control, i);
        if (o->kind != ORDER_CANCEL || o->plan != r->plan->head->identity)
            continue;
        uint32_t ended = end_waiting(r, o), stopped = stop_running(r, o);
        if (ended || stopped)
            say("cancelled by %s (%s): %u task%s not started, %u process%s stopped", o->who, o->of,
                ended, ended == 1 ? " is" : "s are", stopped, stopped == 1 ? " is" : "es are");
        any |= ended || stopped;
    }
    return any;
}

static void
end_in_shard(struct shim *r, uint32_t shard)
{
    struct plan_range run;
    for (uint32_t i = 0; plan_shard_run(r->plan, shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
            end_cancelled(r, t);
}

void
obey_took(struct shim *r, bool all)
{
    uint32_t n = 0;
    const struct hold *h;
    while ((h = shards_nth(r, n)))
        n++;
    for (uint32_t i = all || !n ? 0 : n - 1; i < n; i++)
        end_in_shard(r, shards_nth(r, i)->shard);
}

/* --- all of it --- */

bool
obey_open(struct shim *r)
{
    buf_reset(&r->path);
    buf_printf(&r->path, "%s/" STATE_CONTROL, r->state_dir);
    (void)dir_make(
        r->path.p); /* over NFS it is seen at once what comes into a folder that is there */
    r->control = control_new(r->state_dir, r->plan->head->identity);
    control_read_now(r->control);
    r->known.gated = gates_closed(r->plan, r->control);
    const struct order *leave = order_to_leave(r), *pause = control_pause(r->control);
    if (leave)
        say_leaving(r, leave, "nothing is started");
    else if (pause)
        say_pause(r, pause);
    return !leave;
}

void
obey_close(struct shim *r)
{
    control_free(r->control);
    free(r->known.gated);
}

bool
obey_tick(struct shim *r)
{
    uint32_t before = control_count(r->control);
    const struct order *paused = control_pause(r->control);
    uint32_t number = paused ? paused->number : 0;
    if (!control_read(r->control))
        return false;
    const struct order *pause = control_pause(r->control);
    if (pause && pause->number != number)
        say_pause(r, pause);
    else if (!pause && number)
        say_resumed(r);
    release(r, before);
    leave_if_ordered(r);
    return cancel_from(r, before);
}
