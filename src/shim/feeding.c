#include "config.h"

#include "shim/feeding.h"

#include "runtime/shards.h"
#include "runtime/shim.h"
#include "sched/claim.h"

#define STILL_MS 10000 /* processes that do nothing for so long do not work at their tasks */
#define SEND_MS 50     /* until the pipe is looked at again, if it was full */

/* --- who joins --- */

/* How many tasks a process that starts with this one may have at a time. */
static uint32_t
width_of(const struct shim *r, uint32_t task)
{
    uint32_t width = sched_width(r->sched, task);
    return width < r->slots.ntogether ? width : r->slots.ntogether;
}

uint32_t
feeding_open(struct shim *r, uint32_t *task, uint32_t *n)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task[0])];
    if (!f->feed.size)
        return SCHED_NONE;
    uint32_t process = sched_open(r->sched, task[0]), width = width_of(r, task[0]);
    if (*n < width)
        *n += sched_join(r->sched, process, now_ms(), task + *n, width - *n);
    return process;
}

void
feeding_begin(struct shim *r, struct slot *s, uint32_t process)
{
    if (process == SCHED_NONE)
        return;
    s->process = process;
    sched_set_young(r->sched, process, true); /* what is to join is prepared beside it */
    s->width = width_of(r, s->member->task);
    r->slots.nfed++;
}

/* True: something joined it. */
static bool
join(struct shim *r, struct slot *s, int64_t now)
{
    bool any = false;
    s->starved = false;
    while (s->nmembers + s->njoining < s->width) {
        struct slot *w = r->slots.in_state[SLOT_IDLE].first;
        uint32_t task;
        if (!w && sched_joins(r->sched, s->process, now))
            s->starved = true;
        uint64_t used = sched_memory_used(r->sched);
        if (!w || !sched_join(r->sched, s->process, now, &task, 1))
            break;
        s->group.asked += sched_memory_used(r->sched) - used;
        s->njoining++;
        slot_assign(r, w, s, &task, 1);
        any = true;
    }
    return any;
}

bool
feeding_join(struct shim *r, int64_t now)
{
    bool any = false;
    for (struct slot *s = r->slots.in_state[SLOT_RUNNING].first; r->slots.nfed && s; s = s->next) {
        if (s->process != SCHED_NONE)
            sched_set_young(r->sched, s->process, false);
        any |= fed_takes_more(s) && join(r, s, now);
    }
    return any;
}

/* The task at hand is not one of the process any more, and nobody is to blame. */
static void
drop_untold(struct shim *r, struct slot *s)
{
    int spool = s->spool;
    s->spool = -1; /* what the process says is kept with others */
    note_add(&s->note, "its process took no more lines; it is tried again");
    s->reason = REASON_CANCELLED;
    slot_drop(r, s);
    s->spool = spool;
}

/* Of what was not begun to be sent the process is not told any more. True: there was some. */
static bool
take_back(struct shim *r, struct slot *s)
{
    uint64_t told = feeder_take_back(&s->feeder);
    uint32_t before = s->nmembers;
    for (uint32_t i = s->nmembers; i-- > 0;) {
        if (s->member[i].line_end <= told || s->member[i].beside)
            continue;
        slot_turn(s, i);
        drop_untold(r, s);
    }
    slot_turn(s, 0);
    return s->nmembers < before;
}

/* --- the end of file --- */

static bool
sits_still(struct slot *s)
{
    return !s->contained.in && group_rest(&s->group, s->fed_at) > STILL_MS &&
           feeder_read(&s->feeder) == s->feeder.given;
}

/* Has it nothing to do before it is told more? */
static bool
is_idle(const struct slot *s)
{
    return s->state == SLOT_RUNNING && s->complete_at && s->feeder.fd >= 0 && !s->feeder.ends;
}

static bool
any_at_work(const struct shim *r)
{
    for (int state = SLOT_PLANNED; state < SLOT_NSTATES; state++)
        for (const struct slot *s = r->slots.in_state[state].first; s; s = s->next)
            if (!s->parent && !is_idle(s))
                return true;
    return false;
}

/* All that it was told of is complete. What the others of the bundle wait for may be done soon; so
 * long it is worth its room if nobody else wants that, though not for ever: what needs its last
 * task waits, too. */
static bool
is_worth_keeping(struct shim *r, struct slot *s, int64_t now)
{
    return now - s->complete_at < STILL_MS && sched_may_join(r->sched, s->process, now) &&
           (fed_joins(r, s) || (!sched_count(r->sched, SCHED_READY) && any_at_work(r)));
}

/* May tasks of the bundle be in a shard that is still to be looked at? */
static bool
may_take_more(const struct shim *r)
{
    return !r->leave.takes_none && claim_unseen(shards_claim(r));
}

static bool
is_last(struct shim *r, struct slot *s, int64_t now)
{
    if (s->njoining || s->starved)
        return false;
    return !s->nmembers || (s->complete_at && !is_worth_keeping(r, s, now)) ||
           (!sched_may_join(r->sched, s->process, now) && !may_take_more(r)) ||
           feed_alone(r, s->member->task) || sits_still(s);
}

static bool
turn(struct shim *r, struct slot *s, int64_t now)
{
    bool any = false, stops = r->leave.draining || s->stop != REASON_OK || s->warned;
    if (!feeder_send(&s->feeder) && r->slots.fed_at > now + SEND_MS)
        r->slots.fed_at = now + SEND_MS;
    if (s->feeder.refused || stops)
        any = take_back(r, s);
    if (s->complete_at && fed_joins(r, s))
        release_again(r, s); /* its last task need not be that any more */
    if (!s->feeder.ends && (s->feeder.refused || stops || !s->releases || is_last(r, s, now))) {
        feeder_end(&s->feeder);
        release_again(r, s);
    }
    return any;
}

bool
feeding_turn(struct shim *r, int64_t now)
{
    bool any = false;
    r->slots.fed_at = NEVER;
    for (int state = SLOT_RUNNING; r->slots.nfed && state <= SLOT_STOPPING; state++)
        for (struct slot *s = r->slots.in_state[state].first; s; s = s->next)
            if (s->process != SCHED_NONE && s->feeder.fd >= 0)
                any |= turn(r, s, now);
    return any;
}
