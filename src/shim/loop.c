/* The shim's loop: waits, starts, reaps, and does in time what time asks for. */
#include "config.h"

#include "node/process.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "shim/before.h"
#include "shim/feeding.h"
#include "shim/hooking.h"
#include "shim/idle.h"
#include "shim/loop.h"
#include "shim/obey.h"
#include "shim/turn.h"

#include "sched/claim.h"
#include "sched/job_time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000
#define SOON_MS 100 /* while it is decided whether a new plan comes */
#define SYNC_MS 5000
/* how long the journal may refuse before the tasks are stopped */
#define RECORD_PATIENCE_MS 60000
#define BEAT_AGAIN_MS 2000 /* when the lease could not be renewed */
#define LAUNCHES 64        /* in one turn, so that ends are seen meanwhile */
#define CLOSE_MS 30000     /* for the end of the record to be on the disk */
#define REAPED 64          /* before what ended is looked at */

struct loop {
    struct shim *r;
    int epoll, signals;
    int64_t now, next_tick, next_sync, next_beat;
    int64_t idle_since; /* nothing runs, nothing is ready; NEVER: that is not so */
    bool dirty;         /* something is in the journal's file, but not synced */
    int watched;        /* a file besides `signals` and release_fd, or -1 */
    bool changed;       /* records were added since the last flush */
    int64_t failing;    /* since when the journal refuses records; 0: it does not */
    bool hopeless;      /* for so long that nothing is waited for but what runs */
    int64_t next_flush; /* while it does */
    int64_t flush_pause;
    int beat_err; /* why the lease could not be renewed last time */
};

/* --- signals --- */

static void
stop_all(struct shim *r)
{
    /* from the last state on: what a slot comes to by that was looked at before */
    for (int state = SLOT_NSTATES - 1; state > SLOT_FREE; state--) {
        for (struct slot *s = r->slots.in_state[state].first; s; s = s->next)
            if (s->stop == REASON_OK)
                s->stop = r->leave.reason;
        slots_event(r, (enum slot_state)state, EVENT_STOP);
    }
}

static void
status_line(const struct shim *r)
{
    say("%u running, %u ready, %u wait, %u done, %u failed, %u blocked; %u of %u cores, "
        "%.1f of %.1f GB%s",
        sched_count(r->sched, SCHED_RUNNING), sched_count(r->sched, SCHED_READY),
        sched_count(r->sched, SCHED_WAITING) + sched_count(r->sched, SCHED_DELAYED),
        sched_count(r->sched, SCHED_DONE), sched_count(r->sched, SCHED_FAILED),
        sched_count(r->sched, SCHED_BLOCKED), sched_cores_used(r->sched), r->node.cores,
        (double)sched_memory_used(r->sched) / 1e9, (double)r->node.memory / 1e9,
        r->leave.stopping   ? ", stopping"
        : r->leave.draining ? ", draining"
                            : "");
}

/* Who ends a job kills it some time after the first signal, on Cobalt minutes: that is its end,
 * unless it has one before that. False: it is not known. */
static bool
job_is_killed_soon(struct loop *l)
{
    struct shim *r = l->r;
    int64_t over = l->now + (int64_t)r->opt.grace_s * 1000;
    if (!r->opt.batch || !r->opt.job || getppid() != r->leave.keeper)
        return false;
    if (over < r->time.end) {
        struct job_time t = job_time(l->now, over, 0, 0);
        r->time.over = over;
        r->time.end = t.end;
        r->time.stop_at = t.stop;
        r->time.kill_at = t.kill;
    }
    slots_event(r, SLOT_RUNNING, EVENT_WARN);
    return true;
}

/* The first request lets running tasks finish, as far as there is time, the second one stops them.
 * After the job's early warning (USR2) the first one is the end of the walltime, and stops them,
 * too. */
static void
end_request(struct loop *l, const char *name)
{
    struct shim *r = l->r;
    bool asked = r->leave.asked_at != NEVER;
    r->leave.asked_at = l->now;
    if (r->leave.stopping)
        r->leave.impatient = true;
    if (!r->opt.batch || getppid() == r->leave.keeper)
        shards_told(r);
    l->changed = true;
    if ((!r->leave.draining || r->leave.turns) && !r->leave.warned && !asked) {
        r->leave.draining = true;
        if (job_is_killed_soon(l))
            tell(r,
                "%s: no more tasks are started; %u that run have %lld s, for the job is killed "
                "then (once "
                "more stops them)",
                name, sched_count(r->sched, SCHED_RUNNING),
                (long long)((r->time.stop_at > l->now ? r->time.stop_at - l->now : 0) + 999) /
                    1000);
        else
            tell(r, "%s: no more tasks are started; waiting for %u that run (once more stops them)",
                name, sched_count(r->sched, SCHED_RUNNING));
    } else if (!r->leave.stopping) {
        r->leave.draining = r->leave.stopping = true;
        tell(r, "%s: stopping %u tasks", name, sched_count(r->sched, SCHED_RUNNING));
        stop_all(r);
        l->changed = true;
    }
}

/* The batch system's early warning. When the end comes, it is another signal, or the time that the
 * options told: then what is expected to end by then is still started. */
static void
job_ends_soon(struct loop *l)
{
    struct shim *r = l->r;
    if (!r->leave.warned)
        say("the job ends soon: %s",
            r->time.end == NEVER ? "no more tasks are started"
                                 : "only tasks that are expected to end in time are started");
    r->leave.warned = true;
    shards_told(r);
    l->changed = true;
    r->leave.draining |= r->time.end == NEVER;
    sched_set_cautious(r->sched);
    r->leave.reason = REASON_WALLTIME;
    slots_event(r, SLOT_RUNNING, EVENT_WARN);
}

static void
handle_signals(struct loop *l)
{
    struct shim *r = l->r;
    struct signalfd_siginfo info[16];
    r->leave.told = false; /* from here on we know ourselves */
    ssize_t n = read(l->signals, info, sizeof info);
    for (ssize_t i = 0; i < n / (ssize_t)sizeof *info; i++) {
        switch (info[i].ssi_signo) {
        case SIGINT:
            end_request(l, "interrupt");
            break;
        case SIGTERM:
            end_request(l, "TERM");
            break;
        case SIGUSR1:
            status_line(r);
            break;
        case SIGUSR2:
            job_ends_soon(l);
            break;
        default: /* SIGCHLD: the next thing the loop looks at; SIGHUP: ignored */
            break;
        }
    }
}

/* --- children --- */

static struct slot *
slot_of_leader(struct shim *r, pid_t pid)
{
    struct slot *s = slots_find(r, pid);
    return s && group_leads(&s->group) ? s : NULL;
}

/* No pidfds are needed: all processes are our children or become ours (we are a subreaper), so a
 * number stays taken until we reap it. Signals coalesce: reap until nothing is left. */
static void
reap_children(struct loop *l)
{
    struct shim *r = l->r;
    struct process_end ended[REAPED];
    bool any = false;
    uint32_t n;
    do {
        n = process_reap(ended, REAPED);
        strays_forget(r->strays);
        for (uint32_t i = 0; i < n; i++) {
            if (ended[i].pid == safe_pid(r)) {
                safe_died(r);
                continue;
            }
            if (hooking_ended(r, ended[i].pid))
                continue;
            struct slot *s = slot_of_leader(r, ended[i].pid);
            any |= !s; /* left behind by a task */
            if (!s)
                continue;
            s->group.status = ended[i].status;
            s->group.usage = ended[i].usage;
            slot_event(r, s, EVENT_EXIT);
            l->changed = true;
        }
    } while (n == REAPED);
    if (any)
        slots_event(r, SLOT_ENDING, EVENT_POLL);
    l->changed |= any;
}

static void
serve_due(struct loop *l, struct slot *s)
{
    if (s->signal_at <= l->now) {
        slot_event(l->r, s, EVENT_WARN);
        s->signal_at = NEVER; /* in another state nobody is there to be told */
        slots_changed(l->r, s);
    } else {
        slot_event(l->r, s, EVENT_TIME);
        l->changed = true;
    }
}

/* Before the kernel has to kill somebody: who uses more than was expected. */
static void
guard_memory(struct loop *l)
{
    struct shim *r = l->r;
    if (!memory_short(r->samples, l->now))
        return;
    for (struct group *g; (g = memory_victim(r->samples, l->now));) {
        if (!r->told.memory)
            tell(r, "this node runs short of memory: tasks are stopped, and tried again when there "
                    "is more");
        r->told.memory = true;
        slot_make_room(r, &r->slots.v[g->number]);
    }
}

static void
deadlines(struct loop *l)
{
    struct shim *r = l->r;
    if (l->now >= r->time.stop_at && !r->leave.stopping) {
        if (r->slots.nactive)
            tell(r, "the job ends: stopping %u tasks", sched_count(r->sched, SCHED_RUNNING));
        else
            tell(r,
                "the job has no time left: it is over in %.0f s, and what runs is told to end %.0f "
                "s "
                "before",
                (double)(r->time.over - l->now) / 1e3,
                (double)(r->time.over - r->time.stop_at) / 1e3);
        r->leave.draining = r->leave.stopping = true;
        r->leave.reason = REASON_WALLTIME;
        stop_all(r);
        l->changed = true;
    }
    if (l->now >= r->time.cautious_at) {
        sched_set_cautious(r->sched);
        r->time.cautious_at = NEVER;
    }
    /* each of them twice at most, so that one that stays due cannot hold us */
    struct slot *s;
    for (uint32_t n = 2 * r->slots.due.n; n && (s = slots_due(r, l->now)); n--)
        serve_due(l, s);
    if (l->now >= memory_next(r->samples))
        guard_memory(l);
    if (l->now >= l->next_tick) {
        memory_sample(r->samples, slots_trim_spools(r, l->now));
        peaks_sample(r);
        idle_sample(r);
        learned_tick(r, l->now);
        shards_tick(r, l->now);
        l->changed |= late_tick(r, l->now, false);
        l->changed |= obey_tick(r);
        turn_tick(r, l->now);
        l->changed |= before_tick(r, l->now);
        l->changed |= blame_left(r); /* what it took back is to be on file */
        l->next_tick = l->now + (turn_pauses(r) ? SOON_MS : TICK_MS);
    }
}

/* --- the lease --- */

/* Somebody took us for dead, and has our shards now: what runs here is ended at once, and nothing
 * of it is recorded or published. */
static void
abandon_all(struct loop *l)
{
    struct shim *r = l->r;
    say("this shim (%s) was taken for dead, and others work on its tasks now; what runs here is "
        "stopped",
        lease_holder(r->lease));
    r->leave.draining = r->leave.stopping = r->leave.outdated = true;
    /* the number of a group that is over may be somebody else's by now */
    for (uint32_t i = 0; i < r->slots.nused; i++)
        if (r->slots.v[i].group.work != GROUP_NONE)
            kill(-r->slots.v[i].group.pid, SIGKILL);
}

static void
beat_lease(struct loop *l)
{
    int64_t pause = (int64_t)l->r->opt.expiry_s * 1000 / LEASE_BEATS;
    int err = lease_beat(l->r->lease);
    if (err == LEASE_LOST)
        abandon_all(l);
    else if (err && err != l->beat_err)
        say("the lease cannot be renewed: %s; trying again and again", strerror(err));
    else if (!err && l->beat_err)
        say("the lease can be renewed again");
    l->beat_err = err;
    if (!err && l->r->sweep_later)
        sweep_dead(l->r);
    l->next_beat = l->now + (err && pause > BEAT_AGAIN_MS ? BEAT_AGAIN_MS : pause);
}

/* --- the journal --- */

static void
record_fails(struct loop *l, int err)
{
    struct shim *r = l->r;
    if (!l->failing) {
        say("the journal cannot be written: %s; no more tasks are started until it can",
            strerror(err));
        l->failing = l->now;
        l->flush_pause = 500;
    } else if (l->now - l->failing >= RECORD_PATIENCE_MS && !l->hopeless) {
        say("the journal still cannot be written: %s; what runs may end", strerror(err));
        r->leave.draining = true;
        l->hopeless = true;
        for (struct slot *s = r->slots.in_state[SLOT_PLANNED].first; s; s = s->next)
            s->stop = REASON_CANCELLED;
        /* what waits for its START to be on file never starts */
        slots_event(r, SLOT_PLANNED, EVENT_STOP);
    }
    l->flush_pause = l->flush_pause * 2 < 8000 ? l->flush_pause * 2 : 8000;
    l->next_flush = l->now + l->flush_pause;
}

/* Puts on file what was added; only then may tasks start whose START it is, or that depend on an
 * END in it. */
static bool
flush_record(struct loop *l)
{
    struct shim *r = l->r;
    if (l->failing && l->now < l->next_flush)
        return false;
    if (!l->changed && !l->failing)
        return true;
    int err = shards_flush(r);
    if (err) {
        record_fails(l, err);
        return false;
    }
    if (l->failing)
        say("the journal can be written again");
    l->failing = 0;
    l->changed = false;
    if (!l->dirty)
        l->next_sync = l->now + SYNC_MS;
    l->dirty = true;
    return true;
}

static void
sync_record(struct loop *l)
{
    l->dirty = !safe_sync(l->r);
    l->next_sync = l->now + SYNC_MS;
}

/* What is on the disk by now is recorded. */
static void
turn_safe(struct loop *l)
{
    struct shim *r = l->r;
    bool idle = !r->slots.nactive &&
                (r->leave.draining || obey_pauses(r) || !sched_count(r->sched, SCHED_READY));
    l->changed |= safe_turn(r, idle);
    int fd = safe_fd(r);
    if (fd == l->watched)
        return;
    struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
    if (fd >= 0)
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e);
    l->watched = fd;
}

/* --- launching --- */

static bool
may_not_start(const struct shim *r)
{
    return obey_pauses(r) || turn_pauses(r);
}

/* So little memory is left that nothing is started beside what runs. */
static bool
too_full(const struct shim *r)
{
    return r->slots.nactive && memory_full(r->samples);
}

static void
plan_launches(struct loop *l)
{
    struct shim *r = l->r;
    if (r->leave.draining || r->leave.told || may_not_start(r) || l->failing ||
        trouble_lasts(r, l->now) || alone_at_work(r) || blame_pauses(r))
        return;
    learned_use(r, l->now);
    sched_set_over(r->sched, memory_over(r->samples));
    l->changed |= feeding_join(r, l->now);
    for (uint32_t i = 0; i < LAUNCHES && r->slots.nactive < r->slots.n && !too_full(r); i++) {
        peaks_tell(r);
        uint64_t used = sched_memory_used(r->sched);
        uint32_t n = sched_launch(r->sched, l->now, r->slots.tasks, r->slots.ntogether);
        /* room, and nothing that is ready and fits: one more shard */
        bool awaits = !n && sched_awaits(r->sched);
        bool took = !n && !awaits && sched_has_room(r->sched) && shards_take(r, l->now);
        if (took) {
            before_took(r);
            obey_took(r, false);
        }
        if (!n && !took && (awaits || turn_shares(r) || !alone_next(r, l->now)))
            break;
        l->changed = true;
        if (!n) {
            feeding_join(r, l->now);
            continue;
        }
        uint32_t process = feeding_open(r, r->slots.tasks, &n);
        struct slot *s = slots_take(r);
        s->group.asked = sched_memory_used(r->sched) - used;
        slot_assign(r, s, NULL, r->slots.tasks, n);
        feeding_begin(r, s, process);
        if (alone_at_work(r))
            break;
    }
}

static void
start_planned(struct loop *l)
{
    struct shim *r = l->r;
    for (struct slot *s = r->slots.in_state[SLOT_PLANNED].first, *next; s; s = next) {
        next = s->next;
        slot_event(r, s, EVENT_GO);
        /* it could not start, or not yet */
        l->changed |= s->state <= SLOT_PLANNED;
    }
}

/* Nothing can be started for now. A node that may get something soon stays for a while. */
static bool
worth_waiting(struct loop *l)
{
    const struct shim *r = l->r;
    if (shards_more(r) || (obey_pauses(r) && sched_count(r->sched, SCHED_WAITING)) ||
        turn_shares(r))
        return true;
    if (l->idle_since == NEVER)
        l->idle_since = l->now;
    return l->now - l->idle_since < shards_patience(r);
}

static bool
more_to_do(struct loop *l)
{
    struct shim *r = l->r;
    if (!r->slots.nactive && l->failing)
        return !r->leave.stopping && !l->hopeless; /* leaving tries once more */
    /* what ended is recorded when it is on the disk, unless the job's time is over */
    if (safe_waiting(r) && !r->leave.impatient && l->now < r->time.kill_at)
        return true;
    if (hooking_busy(r) && !r->leave.impatient && l->now < r->time.kill_at)
        return true;
    if (r->slots.nactive ||
        (!r->leave.draining && (sched_pending(r->sched, l->now) || alone_left(r)))) {
        l->idle_since = NEVER;
        return true;
    }
    if (r->leave.draining)
        return turn_speaks(r) && !r->leave.stopping;
    /* what is ready takes too long: others can have it, if nothing else here can be done */
    if (sched_count(r->sched, SCHED_READY) ? shards_more(r) : worth_waiting(l))
        return true;
    bool came = late_tick(r, l->now, true);
    came |= before_tick(r, l->now); /* we may have taken their shards just now */
    l->changed |= came;
    return came;
}

/* Until something has to be done even if no process ends; -1: nothing has. */
static int
timeout(const struct loop *l)
{
    const struct shim *r = l->r;
    int64_t at = slots_next_time(r), t;
    if (l->changed && !l->failing)
        return 0;
    if (!r->leave.stopping && r->time.stop_at < at)
        at = r->time.stop_at;
    if (l->next_tick < at)
        at = l->next_tick;
    if (r->slots.nactive && memory_next(r->samples) < at)
        at = memory_next(r->samples);
    if (l->next_beat < at)
        at = l->next_beat;
    if (l->dirty && l->next_sync < at)
        at = l->next_sync;
    if (l->failing && l->next_flush < at)
        at = l->next_flush;
    t = safe_at(r, l->now);
    at = t < at ? t : at;
    t = r->slots.fed_at;
    if (t < at)
        at = t;
    t = release_at(r);
    at = t < at ? t : at;
    if (!r->slots.nactive && safe_waiting(r) && r->time.kill_at < at)
        at = r->time.kill_at;
    if (!r->leave.draining && !l->failing && r->trouble.until > l->now) {
        at = r->trouble.until < at ? r->trouble.until : at;
    } else if (!r->leave.draining && !r->leave.told && !may_not_start(r) && !l->failing &&
               r->slots.nactive < r->slots.n && !blame_pauses(r) && !alone_at_work(r) &&
               !too_full(r)) {
        t = sched_next_time(r->sched, l->now);
        if (t >= 0 && t < at)
            at = t;
        if (sched_has_room(r->sched) && shards_at(r) < at)
            at = shards_at(r);
    }
    if (at == NEVER)
        return -1;
    int64_t d = at - now_ms();
    return d < 0 ? 0 : d > 3600000 ? 3600000 : (int)d;
}

/* --- leaving --- */

/* Nothing of ours stays: processes that hid from their task's end are killed, too. */
static void
end_children(struct shim *r)
{
    int64_t give_up = now_ms() + GRACE_MS;
    while (strays_kill_children(r->strays, safe_pid(r)) && now_ms() < give_up) {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    }
}

/* What was started is ended, containers that live apart from their client, too, all at once; and
 * its files that are not published go. */
static int
leave_outdated(struct loop *l)
{
    struct shim *r = l->r;
    for (uint32_t i = 0; i < r->slots.nused; i++)
        container_kill(r->containers, &r->slots.v[i].contained);
    for (uint32_t i = 0; i < r->slots.nused; i++) {
        struct slot *s = &r->slots.v[i];
        container_ended(r->containers, &s->contained, true);
        if (s->state != SLOT_FREE)
            files_abandon(r, s);
    }
    return EXIT_OUTDATED;
}

static void
tell_too_short(const struct shim *r, int64_t now)
{
    static const char says[] = "the job's time is too short for what is ready to start";
    uint64_t least = sched_ready_time(r->sched);
    if (least)
        tell(r,
            "%s: the shortest is expected to take %.1f s, and %.1f s are left for tasks, of %.1f s "
            "when this shim began",
            says, (double)least / 1e3,
            (double)(r->time.stop_at > now ? r->time.stop_at - now : 0) / 1e3,
            (double)r->time.for_tasks / 1e3);
    else
        tell(r, "%s: its expected time is not known, so it is not started near the end", says);
}

/* What waits for files is the next job's. */
static void
tell_late(const struct shim *r)
{
    const char *path;
    uint32_t n = late_count(r, &path);
    if (n && !r->leave.draining)
        say("%u task%s for %s that %s not there, such as %s, and nothing else is left to do here: "
            "the next %s looks again",
            n, n == 1 ? " waits" : "s wait", n == 1 ? "an input" : "inputs", n == 1 ? "is" : "are",
            path, r->opt.batch ? "job" : "run");
}

static int
leave_job(struct loop *l)
{
    struct shim *r = l->r;
    end_children(r);
    if (r->leave.outdated)
        return leave_outdated(l);
    uint32_t given_up = safe_waiting(r);
    if (given_up)
        say("%u tasks have ended whose outputs are not known to be on the disk; the next run looks "
            "at them",
            given_up);
    learned_share(r);
    int err = shards_close(r);
    sweep_dead(r);
    if (err) {
        say("the record is incomplete: %s; what is not in it will be settled by the outputs",
            strerror(err));
        return EXIT_NO_RECORD;
    }
    int64_t until = now_ms() + CLOSE_MS;
    if (!given_up && !safe_finish(r, until < r->time.kill_at ? until : r->time.kill_at))
        say("the end of the record is not known to be on the disk; if the power fails now, the "
            "next "
            "run looks at what ended last");
    uint32_t away = sched_count(r->sched, SCHED_AWAY);
    uint32_t left = sched_count(r->sched, SCHED_READY) + sched_count(r->sched, SCHED_DELAYED) +
                    sched_count(r->sched, SCHED_WAITING) + sched_count(r->sched, SCHED_POSTPONED);
    uint32_t failed = sched_count(r->sched, SCHED_FAILED);
    uint32_t blocked = sched_count(r->sched, SCHED_BLOCKED);
    struct shards_sum shards = shards_sum(r);
    if (away && shards.unrecorded)
        return EXIT_NO_RECORD; /* it was said why */
    bool dead = r->opt.batch && !r->leave.draining && shards.late;
    if (dead)
        say("tasks are left with %s, whose lease is late: whether it lives was not known before "
            "--idle was "
            "over; the next job takes them over",
            shards.late);
    if (sched_count(r->sched, SCHED_READY) && r->time.end != NEVER && !r->leave.draining)
        tell_too_short(r, l->now);
    tell_late(r);
    uint32_t gated = r->leave.draining ? 0 : obey_tell_gates(r);
    if (r->plan->nshards == 1)
        tell(r, "%u done, %u failed, %u blocked, %u left", sched_count(r->sched, SCHED_DONE),
            failed, blocked, left + away);
    else
        tell(r, "%u done, %u failed, %u blocked, %u left here; %u with other nodes",
            sched_count(r->sched, SCHED_DONE), failed, blocked, left, away - gated);
    if (turn_made(r))
        return EXIT_TURN;
    if (r->leave.takes_none)
        return EXIT_NO_START; /* it was said why */
    /* there are launchers that end all shims when one of them ends with another code */
    bool sent_off = r->leave.ordered && r->opt.batch;
    if ((left || shards.nleft || dead || (r->leave.draining && away)) && !sent_off &&
        !given_up_now(r->given_up))
        return EXIT_DRAINED;
    return failed + blocked || shards.nfailed || given_up_now(r->given_up) ? EXIT_SOME_FAILED
                                                                           : EXIT_ALL_DONE;
}

static bool
open_loop(struct loop *l)
{
    sigset_t watched;
    sigemptyset(&watched);
    static const int number[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof number / sizeof *number; i++)
        sigaddset(&watched, number[i]);
    l->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = l->signals};
    struct epoll_event closed = {.events = EPOLLIN, .data.fd = release_fd(l->r)};
    if (l->signals >= 0 && l->epoll >= 0 &&
        epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->signals, &e) == 0 &&
        (closed.data.fd < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, closed.data.fd, &closed) == 0))
        return true;
    say("cannot wait for events: %s", strerror(errno));
    return false;
}

int
loop_run(struct shim *r)
{
    struct loop l = {.r = r, .epoll = -1, .signals = -1, .watched = -1, .changed = true};
    int result = EXIT_NO_START;
    if (open_loop(&l)) {
        l.now = now_ms();
        l.next_tick = l.now + TICK_MS;
        l.next_beat = l.now;
        l.idle_since = NEVER;
        sched_set_end(r->sched, r->time.stop_at);
        if (r->leave.warned) { /* before we were started again */
            r->leave.warned = false;
            job_ends_soon(&l);
        }
        handle_signals(&l); /* that came before: nothing starts in spite of them */
        turn_room(r, l.now);
        before_took(r);
        obey_took(r, true);
        for (;;) {
            if (l.now >= l.next_beat)
                beat_lease(&l);
            if (r->leave.outdated)
                break;
            reap_children(&l);
            deadlines(&l);
            l.changed |= release_turn(r, l.now);
            plan_launches(&l);
            l.changed |= feeding_turn(r, l.now);
            l.changed |= idle_turn(r, l.now, l.failing != 0);
            if (flush_record(&l)) {
                start_planned(&l);
                turn_answer(r);
                hooking_turn(r, l.now);
            }
            if (l.dirty && l.now >= l.next_sync)
                sync_record(&l);
            turn_safe(&l);
            if (!more_to_do(&l))
                break;
            struct epoll_event e;
            if (epoll_wait(l.epoll, &e, 1, timeout(&l)) > 0 && e.data.fd == l.signals)
                handle_signals(&l);
            l.now = now_ms();
        }
        result = leave_job(&l);
    }
    if (l.epoll >= 0)
        close(l.epoll);
    if (l.signals >= 0)
        close(l.signals);
    return result;
}
