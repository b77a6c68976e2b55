/* The end of an attempt: why it ended, what is kept of it, and its record. */
#include "config.h"

#include "node/process.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "state/control.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>

/* How many failures are told on stderr one by one; status and log know them all. */
#define FAILURES_SHOWN 20
#define GRACE_SLACK_MS 30000 /* a job's KILL may come so much later than it is said to */

struct journal_rec
end_record(const struct slot *s, enum journal_kind kind)
{
    return (struct journal_rec){.kind = (uint8_t)kind,
        .task = s->at->task,
        .attempt = s->at->attempt,
        .time_us = now_us(),
        .wait_ms = s->at->wait_ms};
}

/* --- when --- */

int64_t
end_limit(struct shim *r, struct slot *s, uint32_t task, int64_t now)
{
    double limit = 0;
    if (!plan_number(r->eval, task, r->plan->family[s->family].limit, &limit) || limit <= 0)
        return NEVER;
    return limit > 1e12 ? NEVER : now + (int64_t)(limit * 1000);
}

int64_t
end_common_limit(struct shim *r, struct slot *s)
{
    bool fed = fed_family(r, s);
    int64_t soonest = NEVER, latest = 0;
    for (uint32_t i = 0; i < s->nmembers; i++) {
        int64_t at = s->member[i].limit_at;
        latest = at > latest ? at : latest;
        soonest = at < soonest && !s->member[i].held_at ? at : soonest;
    }
    return fed ? soonest : latest;
}

int64_t
end_signal_time(const struct shim *r, const struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    if (!f->signal || r->time.end == NEVER)
        return NEVER;
    int64_t at = r->time.end - (int64_t)f->signal_s * 1000;
    return at > s->started ? at : NEVER;
}

/* --- a process --- */

static uint32_t
milliseconds(const struct timeval *t)
{
    return (uint32_t)(t->tv_sec * 1000 + t->tv_usec / 1000);
}

uint32_t
end_ran_ms(const struct slot *s)
{
    int64_t ran = now_ms() - s->started;
    return ran > 0 ? (uint32_t)ran : 1;
}

/* Of the leader and all it waited for. The memory is the largest single process of them, and
 * never less than this program's own, which the kernel counts for a child until it calls exec.
 * Blocks of 512 bytes are what was read and written below the page cache. */
static void
account(struct slot *s)
{
    const struct rusage *u = &s->group.usage;
    s->wall_ms = end_ran_ms(s);
    s->user_ms = milliseconds(&u->ru_utime);
    s->sys_ms = milliseconds(&u->ru_stime);
    if (u->ru_maxrss > (long)s->group.peak_kib)
        s->group.peak_kib = (uint32_t)u->ru_maxrss;
    s->read_kib = (uint32_t)(u->ru_inblock / 2);
    s->write_kib = (uint32_t)(u->ru_oublock / 2);
    if (s->contained.in) /* it lives apart from its client: what that used is none of the task's */
        s->user_ms = s->sys_ms = s->read_kib = s->write_kib = 0;
}

/* Was the job told to end? Its time may be over any moment after the early warning; TERM and INT
 * are followed by KILL, on some systems after minutes. */
static bool
told_to_end(const struct shim *r)
{
    return r->leave.warned || r->leave.told ||
           (r->leave.asked_at != NEVER &&
               now_ms() - r->leave.asked_at < r->opt.grace_s * INT64_C(1000) + GRACE_SLACK_MS);
}

/* Who ends a job sends signals to all processes of it, so that tasks may die before we have read
 * ours, or die with them. */
bool
end_with_job(struct shim *r, int status)
{
    sigset_t pending;
    int sig = process_death(status);
    if (sig != SIGTERM && sig != SIGKILL && sig != SIGHUP && sig != SIGINT)
        return false;
    if (told_to_end(r))
        return true;
    /* others that died at the same time were waited for with the first one */
    if (now_ms() - r->leave.listened_at > 10)
        nanosleep(&(struct timespec){0, 100000000}, NULL);
    r->leave.listened_at = now_ms();
    r->leave.told = sigpending(&pending) == 0 &&
                    (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1 ||
                        sigismember(&pending, SIGUSR2) == 1);
    return r->leave.told;
}

/* Does the campaign say that memory ran out when a process ends like that? */
static bool
named_oom(const struct shim *r, const struct slot *s, bool killed)
{
    uint32_t code = killed ? 128u + s->code : s->code;
    return code < 256 && r->plan->family[s->family].retry_oom[code / 32] >> code % 32 & 1;
}

/* What was told that the job ends, and ended, may be done; else nothing is held against it. */
static void
judge_process(struct shim *r, struct slot *s)
{
    bool killed = WIFSIGNALED(s->group.status);
    bool good = s->group.status == 0;
    if (good && s->stop == REASON_OOM) { /* it had ended before that reached it */
        s->stop = REASON_OK;
        s->flags &= (uint8_t)~JOURNAL_SPARED;
    }
    s->exited = !killed;
    s->with_job = s->warned &&
                  (!killed || WTERMSIG(s->group.status) == (int)r->plan->family[s->family].signal);
    s->code = (uint8_t)(killed ? WTERMSIG(s->group.status) : WEXITSTATUS(s->group.status));
    if (good && (s->stop == REASON_OK || s->stop == REASON_WALLTIME))
        return;
    bool crash = s->stop == REASON_WALLTIME && process_crashed(s->group.status);
    if (s->stop != REASON_OK && !crash) {
        s->outcome = s->stop;
        if (s->stop == REASON_OOM)
            note_add(&s->note,
                "stopped, for this node ran short of memory: %.2f GB of it were seen in use, and "
                "%.2f GB were expected",
                (double)s->group.peak_kib * 1024 / 1e9, (double)s->group.asked / 1e9);
        return;
    }
    s->outcome = killed ? REASON_SIGNAL : REASON_EXIT;
    if (crash)
        return;
    bool ran_out = memory_ran_out(r->samples, &s->group);
    if (ran_out)
        s->outcome = REASON_OOM;
    else if (s->with_job)
        s->outcome = REASON_WALLTIME;
    else if (end_with_job(r, s->group.status))
        s->outcome = r->leave.reason;
    else if (named_oom(r, s, killed))
        s->outcome = REASON_OOM;
    if (s->outcome == REASON_OOM)
        note_add(&s->note, "%s: %.2f GB of it were seen in use, and %.2f GB were expected",
            ran_out ? "ran out of memory" : "ended as the campaign says of who ran out of memory",
            (double)s->group.peak_kib * 1024 / 1e9, (double)s->group.asked / 1e9);
}

/* It was the runtime of its container that failed, and not the command. */
static bool
not_started(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    const struct container *b = s->launched ? container_of(r->containers, f) : NULL;
    return b && !WIFSIGNALED(s->group.status) &&
           container_failed(r->containers, b, f->shell, s->spool, s->code, &s->note);
}

void
end_process(struct shim *r, struct slot *s)
{
    account(s);
    judge_process(r, s);
    peaks_ended(r, s, s->outcome == REASON_OK);
    s->reason = s->outcome;
    if (s->outcome == REASON_EXIT && not_started(r, s)) {
        s->reason = s->outcome = REASON_NODE;
        r->leave.draining = true; /* and this node is of no use */
    }
    s->noted = s->note.n;
    s->signal_at = NEVER;
}

/* --- an attempt at a task --- */

uint8_t
end_code(const struct slot *s)
{
    return journal_reason_of_file(s->reason) ? (uint8_t)s->flaw : s->code;
}

static void
tell_failure(struct shim *r, const struct slot *s, bool final, bool elsewhere)
{
    if (!r->opt.verbose && (!final || r->told.nfailed > FAILURES_SHOWN))
        return;
    if (!r->opt.verbose && r->told.nfailed++ == FAILURES_SHOWN) {
        tell(r, "more tasks failed; wflc status tells");
        return;
    }
    buf_reset(&r->text);
    plan_task_label(r->plan, s->at->task, &r->text);
    char code[24] = "";
    if (s->reason == REASON_EXIT || s->reason == REASON_SIGNAL)
        snprintf(code, sizeof code, " %u", s->code);
    else if (journal_reason_of_file(s->reason))
        snprintf(code, sizeof code, " (%s)", journal_flaw_name(s->flaw));
    tell(r, "%s: %s%s, attempt %u%s (%s:%u)", r->text.p, journal_reason_name(s->reason), code,
        s->at->attempt,
        final       ? ""
        : elsewhere ? ", will be tried again on another node"
                    : ", will be tried again",
        plan_place_name(r->plan, PLACE_FAMILY, s->family),
        r->plan->place[PLACE_FAMILY][s->family].line);
}

/* What a process wrote is kept with the first of its tasks, and the others refer to that one. */
static void
keep_log(struct shim *r, struct slot *s, struct journal_rec *end)
{
    buf_reset(&r->text);
    int err = s->spool < 0 ? 0 : log_take_spool(s->spool, &r->text);
    if (r->text.n && s->launched && s->logged == PLAN_NONE)
        s->logged = s->at->task;
    if (r->text.n && s->note.n && r->text.p[r->text.n - 1] != '\n')
        buf_putc(&r->text, '\n');
    if (s->logged != PLAN_NONE && s->logged != s->at->task) {
        buf_puts(&r->text, "wfl-shim: its process worked on several tasks; what it wrote is in the "
                           "log of ");
        plan_task_label(r->plan, s->logged, &r->text);
        buf_putc(&r->text, '\n');
    }
    buf_add(&r->text, s->note.p, s->note.n);
    if (!err && r->text.n) {
        uint64_t at = 0;
        end->node = shim_rank(r);
        err = log_add(r->log, end, r->text.p, r->text.n, &at);
        if (!err) {
            end->log_off = at;
            end->log_len = (uint32_t)r->text.n;
        }
    }
    if (err && !r->told.log_failing)
        say("task %u: its output cannot be kept: %s; the same may hold for others", s->at->task,
            strerror(err));
    if (err || r->text.n)
        r->told.log_failing = err != 0;
}

/* Of what its process used, the equal part of a task that ended with it; the first one takes what
 * is left over. */
static uint32_t
part(const struct slot *s, uint32_t all)
{
    uint32_t n = s->nmembers > 1 ? s->nmembers : 1;
    return all / n + (s->at == s->member ? all % n : 0);
}

static void
fill_end(const struct slot *s, struct journal_rec *end)
{
    end->reason = (uint8_t)s->reason;
    end->code = end_code(s);
    end->flags = (uint8_t)(s->flags | (s->nshared > 1 ? JOURNAL_SHARED : 0));
    int64_t joined = s->at->started > s->started ? s->at->started - s->started : 0;
    end->wall_ms = s->wall_ms > joined ? s->wall_ms - (uint32_t)joined : s->wall_ms > 0;
    end->peak_kib = s->group.peak_kib;
    end->user_ms = part(s, s->user_ms);
    end->sys_ms = part(s, s->sys_ms);
    end->read_kib = part(s, s->read_kib);
    end->write_kib = part(s, s->write_kib);
}

/* What it wrote, as files_check or found_check left it. */
static void
record_outputs(struct shim *r, const struct slot *s)
{
    const struct wrote *w = (const struct wrote *)(const void *)s->wrote.p;
    size_t n = s->wrote.n / sizeof *w;
    for (size_t first = 0; first < n; first += JOURNAL_OUTPUTS) {
        struct journal_output o = {.kind = JOURNAL_OUTPUT,
            .task = s->at->task,
            .attempt = s->at->attempt,
            .first = (uint16_t)first};
        for (; o.count < JOURNAL_OUTPUTS && first + o.count < n; o.count++) {
            o.of[o.count] = w[first + o.count].file;
            o.types |= (uint8_t)(w[first + o.count].type << 2 * o.count);
        }
        shards_record_output(r, &o);
    }
}

/* It was not looked at whether an earlier shim has done it, or it waits: it stays as it is, for the
 * next one. */
static void
leave_found(struct shim *r, struct slot *s)
{
    sched_ended(r->sched, s->at->task, SCHED_END_POSTPONE, 0, now_ms());
}

void
end_uncharged(struct shim *r, uint32_t task)
{
    r->known.charged[task] = 0;
    shards_record(r, (struct journal_rec){.kind = JOURNAL_END,
                         .reason = REASON_GONE,
                         .task = task,
                         .time_us = now_us()});
}

/* Who kept to what was expected, and had to go all the same, needs no more the next time. */
static enum sched_result
heavier_or_again(const struct slot *s)
{
    return s->flags & JOURNAL_SPARED && !peaks_above(s) ? SCHED_END_RETRY : SCHED_END_HEAVIER;
}

void
end_attempt(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    bool good = s->reason == REASON_OK;
    if (!good && r->known.found[s->at->task]) {
        leave_found(r, s);
        if (s->reason == REASON_INPUT)
            late_wait(r, s);
        return;
    }
    if (!good && s->stop == REASON_OK && s->files == FILES_OUTPUT &&
        (s->reason == REASON_EXIT || s->reason == REASON_SIGNAL || s->reason == REASON_OUTPUT) &&
        trouble_explains(r, s))
        s->reason = REASON_NODE;
    if (s->at->undone && journal_reason_charged(s->reason))
        s->reason = REASON_CANCELLED;
    const struct order *cancel = good ? NULL : control_cancel(r->control, s->at->task);
    if (cancel)
        s->reason = REASON_CANCELLED;
    if (!good)
        files_discard(r, s);
    else
        trouble_over(r);
    if (!good && blame_left(r) && journal_reason_charged(s->reason))
        s->reason = REASON_NODE;
    blame_ended(r, s);
    bool charged = journal_reason_charged(s->reason) && !good && !(s->flags & JOURNAL_SPARED);
    if (charged && r->known.charged[s->at->task] < UINT8_MAX)
        r->known.charged[s->at->task]++;
    bool hopeless = s->reason == REASON_EXIT && f->retry_unless[s->code / 32] >> s->code % 32 & 1;
    bool final = good || cancel ||
                 (charged && (hopeless || r->known.charged[s->at->task] > f->retries ||
                                 r->known.charged[s->at->task] == UINT8_MAX));
    struct journal_rec end = end_record(s, JOURNAL_END);
    fill_end(s, &end);
    end.flags |= final ? JOURNAL_FINAL : 0;
    learned_end(r, s, &end);
    keep_log(r, s, &end);
    peaks_record(r, s);
    if (good) {
        record_outputs(r, s);
        if (r->known.found[s->at->task] !=
            FINDING_DONE) /* else that is recorded, and now confirmed */
            safe_end(r, end);
    } else {
        if (cancel) {
            r->known.charged[s->at->task] = 0;
            shards_record(r, control_heed_now(r->control, cancel, s->at->task));
        }
        shards_record(r, end);
        if (s->at->undone && s->at->attempt > 1 && !cancel)
            end_uncharged(r, s->at->task); /* what attempts before had been */
    }

    bool elsewhere = !good && !final && (charged || s->reason == REASON_NODE) &&
                     elsewhere_failed(r, s->at->task, s->reason);
    if (elsewhere)
        elsewhere_keep(r, s->at->task);
    enum sched_result result = SCHED_END_DONE;
    if (!good)
        result = final                          ? SCHED_END_FAILED
                 : elsewhere                    ? SCHED_END_AWAY
                 : s->reason == REASON_OOM      ? heavier_or_again(s)
                 : charged                      ? SCHED_END_RETRY
                 : s->reason == REASON_WALLTIME ? SCHED_END_POSTPONE
                                                : SCHED_END_REQUEUE;
    if (!good && feed_alone(r, s->at->task))
        sched_set_bundle(r->sched, s->at->task, SCHED_NONE);
    sched_ended(r->sched, s->at->task, result, charged ? r->known.charged[s->at->task] - 1u : 0,
        now_ms());
    if (result == SCHED_END_HEAVIER)
        peaks_more(r, s);
    if ((result == SCHED_END_RETRY || result == SCHED_END_HEAVIER) && left_matters(r, s->at->task))
        left_keep(r, s->at->task);
    if (!good && !cancel)
        tell_failure(r, s, final, elsewhere);
    if (final && !good && !cancel)
        given_up_count(r->given_up, s->family);
}
