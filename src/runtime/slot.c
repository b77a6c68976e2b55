#include "config.h"

#include "runtime/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* How many failures are told on stderr one by one; status and log know them all. */
#define FAILURES_SHOWN 20

void
slot_note(struct slot *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_puts(&s->note, "wfl-shim: ");
    buf_vprintf(&s->note, fmt, ap);
    buf_putc(&s->note, '\n');
    va_end(ap);
}

static struct journal_rec
record(const struct slot *s, enum journal_kind kind)
{
    return (struct journal_rec){.kind = (uint8_t)kind,
        .task = s->task,
        .attempt = s->attempt,
        .time_us = now_us(),
        .wait_ms = s->wait_ms};
}

void
slot_spool_path(const struct run *r, const struct slot *s, struct buf *path)
{
    buf_printf(path, "%s/logs/spool-%u-%u", r->state_dir, r->epoch, (unsigned)(s - r->slot));
}

/* The slot's own spool, which all its tasks use in turn. */
static int
open_spool(struct run *r, struct slot *s)
{
    if (s->spool >= 0)
        return 0;
    buf_reset(&r->path);
    slot_spool_path(r, s, &r->path);
    s->spool = open(r->path.p, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (s->spool < 0)
        return errno;
    int err = posix_spawn_file_actions_init(&s->actions);
    if (!err)
        err = posix_spawn_file_actions_adddup2(&s->actions, s->spool, 1);
    if (!err)
        err = posix_spawn_file_actions_adddup2(&s->actions, 1, 2);
    return err;
}

void
slot_assign(struct run *r, struct slot *s, uint32_t task)
{
    s->state = SLOT_PLANNED;
    s->task = task;
    s->family = plan_family_of(r->plan, task);
    s->attempt = (uint16_t)(r->charged[task] + 1);
    s->pid = 0;
    s->deadline = NEVER;
    s->reason = s->stop = REASON_OK;
    s->code = s->flags = 0;
    s->wait_ms = sched_waited(r->sched, task);
    s->wall_ms = s->user_ms = s->sys_ms = s->peak_kib = s->read_kib = s->write_kib = 0;
    s->output = s->check = 0;
    buf_reset(&s->note);
    buf_reset(&s->before);
    r->nactive++;
    journal_add(r->journal, record(s, JOURNAL_START));
}

/* --- the end of an attempt --- */

static void
tell_failure(struct run *r, const struct slot *s, bool final)
{
    if (!r->verbose && (!final || r->nfailed_shown > FAILURES_SHOWN))
        return;
    if (!r->verbose && r->nfailed_shown++ == FAILURES_SHOWN) {
        tell(r, "more tasks failed; wflc status tells");
        return;
    }
    buf_reset(&r->text);
    plan_task_label(r->plan, s->task, &r->text);
    char code[16] = "";
    if (s->reason == REASON_EXIT || s->reason == REASON_SIGNAL)
        snprintf(code, sizeof code, " %u", s->code);
    tell(r, "%s: %s%s, attempt %u%s (%s:%u)", r->text.p, journal_reason_name(s->reason), code,
        s->attempt, final ? "" : ", will be tried again", plan_place_name(r->plan, PLACE_FAMILY, s->family),
        r->plan->place[PLACE_FAMILY][s->family].line);
}

static void
keep_log(struct run *r, struct slot *s, struct journal_rec *end)
{
    buf_reset(&r->text);
    int err = s->spool < 0 ? 0 : log_take_spool(s->spool, &r->text);
    if (r->text.n && s->note.n && r->text.p[r->text.n - 1] != '\n')
        buf_putc(&r->text, '\n');
    buf_add(&r->text, s->note.p, s->note.n);
    if (!err && r->text.n) {
        uint64_t at = 0;
        err = log_add(r->log, end, r->text.p, r->text.n, &at);
        if (!err) {
            end->log_off = at;
            end->log_len = (uint32_t)r->text.n;
        }
    }
    if (err && !r->log_failing)
        say("task %u: its output cannot be kept: %s; the same may hold for others", s->task,
            strerror(err));
    if (err || r->text.n)
        r->log_failing = err != 0;
}

static void
conclude(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    bool good = s->reason == REASON_OK;
    if (!good)
        files_discard(r, s);
    bool charged = journal_reason_charged(s->reason) && !good;
    if (charged && r->charged[s->task] < UINT8_MAX)
        r->charged[s->task]++;
    bool final = good || (charged && (r->charged[s->task] > f->retries ||
                                         r->charged[s->task] == UINT8_MAX));
    struct journal_rec end = record(s, JOURNAL_END);
    end.reason = (uint8_t)s->reason;
    end.code = s->code;
    end.flags = (uint8_t)(s->flags | (final ? JOURNAL_FINAL : 0));
    end.wall_ms = s->wall_ms;
    end.user_ms = s->user_ms;
    end.sys_ms = s->sys_ms;
    end.peak_kib = s->peak_kib;
    end.read_kib = s->read_kib;
    end.write_kib = s->write_kib;
    keep_log(r, s, &end);
    journal_add(r->journal, end);

    enum sched_result result = SCHED_END_DONE;
    if (!good)
        result = final ? SCHED_END_FAILED : charged ? SCHED_END_RETRY : SCHED_END_REQUEUE;
    sched_ended(r->sched, s->task, result, charged ? r->charged[s->task] - 1u : 0, now_ms());
    if (!good)
        tell_failure(r, s, final);
    s->state = SLOT_FREE;
    s->pid = 0;
    s->deadline = NEVER;
    r->nactive--;
}

/* --- handlers: state by event --- */

typedef void handler(struct run *r, struct slot *s);

/* The system gives no process: wait, longer each time, and launch nothing else meanwhile. Who is
 * refused while others wait already waits with them. */
static void
pause_spawning(struct run *r, struct slot *s, enum slot_state state, int err)
{
    int64_t now = now_ms();
    if (r->launch_at <= now) {
        if (!r->refusal_told)
            say("no process can be started: %s; trying again and again", strerror(err));
        r->refusal_told = true;
        r->spawn_pause = r->spawn_pause ? r->spawn_pause * 2 : 100;
        if (r->spawn_pause > 5000)
            r->spawn_pause = 5000;
        r->launch_at = now + r->spawn_pause;
    }
    s->state = state;
    s->deadline = r->launch_at;
}

/* When the process just started is stopped. */
static int64_t
limit_from(struct run *r, struct slot *s, int64_t now)
{
    double limit = 0;
    if (!plan_number(r->eval, s->task, r->plan->family[s->family].limit, &limit) || limit <= 0)
        return NEVER;
    return limit > 1e12 ? NEVER : now + (int64_t)(limit * 1000);
}

static void
cancel(struct run *r, struct slot *s)
{
    s->reason = s->stop;
    conclude(r, s);
}

static void
start(struct run *r, struct slot *s)
{
    if (r->draining) { /* meanwhile */
        s->stop = r->stop_reason;
        cancel(r, s);
        return;
    }
    s->state = SLOT_RUNNING;
    int err = open_spool(r, s);
    if (err) {
        slot_note(s, "no file for its output: %s", strerror(err));
        s->reason = REASON_NODE;
        say("no file for the output of tasks: %s", strerror(err));
        r->draining = true;
        conclude(r, s);
        return;
    }
    if (!files_prepare(r, s)) {
        conclude(r, s);
        return;
    }
    s->started = now_ms();
    s->oom_kills = watch_oom_kills(r->watch, false);
    err = spawn_task(r, s);
    if (err == EAGAIN || err == ENOMEM) {
        pause_spawning(r, s, SLOT_REFUSED, err);
        return;
    }
    if (err) {
        conclude(r, s);
        return;
    }
    r->spawn_pause = 0;
    s->deadline = limit_from(r, s, s->started);
    if (r->verbose) {
        buf_reset(&r->text);
        plan_task_label(r->plan, s->task, &r->text);
        say("%s: started, attempt %u, pid %ld", r->text.p, s->attempt, (long)s->pid);
    }
}

static void
kill_group(const struct slot *s, int sig)
{
    kill(-s->pid, sig);
}

static void
terminate(struct run *r, struct slot *s)
{
    (void)r;
    kill_group(s, SIGTERM);
    kill_group(s, SIGCONT); /* a stopped one would never see it */
    s->state = SLOT_STOPPING;
    s->deadline = now_ms() + GRACE_MS;
}

static void
over_limit(struct run *r, struct slot *s)
{
    s->stop = REASON_LIMIT;
    slot_note(s, "stopped: it ran past its limit");
    terminate(r, s);
}

static void
kill_now(struct run *r, struct slot *s)
{
    (void)r;
    kill_group(s, SIGKILL);
    s->deadline = NEVER;
}

/* Kills what is left of the group, whose leader is reaped, and of the task's strays; true: there
 * was something, which has to be waited for. The group's number cannot have been given to others
 * meanwhile: numbers go round in a circle of ten thousands. */
static bool
leftovers(struct run *r, struct slot *s)
{
    while (waitpid(-s->pid, NULL, WNOHANG) > 0)
        ; /* had ended before: nothing to be killed */
    bool group = kill(-s->pid, SIGKILL) == 0;
    bool strays = watch_kill_strays(r, s);
    return group || strays;
}

static uint32_t
milliseconds(const struct timeval *t)
{
    return (uint32_t)(t->tv_sec * 1000 + t->tv_usec / 1000);
}

/* Of the leader and all it waited for. The memory is the largest single process of them, and
 * never less than this program's own, which the kernel counts for a child until it calls exec.
 * Blocks of 512 bytes are what was read and written below the page cache. */
static void
account(struct slot *s)
{
    const struct rusage *u = &s->usage;
    s->wall_ms = (uint32_t)(now_ms() - s->started);
    s->user_ms = milliseconds(&u->ru_utime);
    s->sys_ms = milliseconds(&u->ru_stime);
    if (u->ru_maxrss > (long)s->peak_kib)
        s->peak_kib = (uint32_t)u->ru_maxrss;
    s->read_kib = (uint32_t)(u->ru_inblock / 2);
    s->write_kib = (uint32_t)(u->ru_oublock / 2);
}

static void
judge(struct run *r, struct slot *s)
{
    bool killed = WIFSIGNALED(s->status);
    s->code = (uint8_t)(killed ? WTERMSIG(s->status) : WEXITSTATUS(s->status));
    if (s->stop != REASON_OK) {
        s->reason = s->stop;
        return;
    }
    if (!killed && s->code == 0)
        return;
    s->reason = killed ? REASON_SIGNAL : REASON_EXIT;
    /* nobody here sent it: was it the kernel? A shell hands its command's death on as 128 + 9. */
    if (s->code == (killed ? SIGKILL : 128 + SIGKILL)) {
        if (watch_oom_kills(r->watch, true) > s->oom_kills)
            s->reason = REASON_OOM;
    }
}

static void
wait_for_group(struct slot *s, enum slot_state state)
{
    s->state = state;
    s->patience = 10;
    s->deadline = now_ms() + s->patience;
}

static void check_on(struct run *r, struct slot *s);

/* What was asked to end meanwhile is not checked any further: that could take its time. */
static void
finish(struct run *r, struct slot *s)
{
    if (s->reason == REASON_OK)
        s->reason = s->stop;
    if (s->reason == REASON_OK)
        check_on(r, s);
    else
        conclude(r, s);
}

static void
task_exit(struct run *r, struct slot *s)
{
    judge(r, s);
    account(s);
    if (leftovers(r, s)) {
        if (s->stop == REASON_OK)
            s->flags |= JOURNAL_LEFTOVER;
        wait_for_group(s, SLOT_ENDING);
        return;
    }
    finish(r, s);
}

static void
look_again(struct slot *s)
{
    if (s->deadline > now_ms())
        return;
    s->patience = s->patience < 500 ? s->patience * 2 : 1000;
    s->deadline = now_ms() + s->patience;
}

static void
group_poll(struct run *r, struct slot *s)
{
    if (leftovers(r, s))
        look_again(s);
    else
        finish(r, s);
}

static void
check_on(struct run *r, struct slot *s)
{
    s->deadline = NEVER;
    switch (files_check(r, s)) {
    case PROGRESS_CHILD:
        s->state = SLOT_CHECKING;
        s->deadline = limit_from(r, s, now_ms());
        break;
    case PROGRESS_LATER:
        pause_spawning(r, s, SLOT_CHECK_REFUSED, EAGAIN);
        break;
    case PROGRESS_GOOD:
    case PROGRESS_BAD:
        conclude(r, s);
        break;
    }
}

static void
check_timeout(struct run *r, struct slot *s)
{
    slot_note(s, "the check of an output ran past the task's limit");
    kill_now(r, s);
}

static void
check_exit(struct run *r, struct slot *s)
{
    int status = s->status;
    if (status != 0 && s->stop == REASON_OK) { /* else it was killed with its task */
        const struct plan_family *f = &r->plan->family[s->family];
        buf_reset(&r->path);
        if (!plan_path(r->eval, s->task, f->first_output + s->output, false, &r->path))
            buf_puts(&r->path, "?");
        const struct plan_file *file = &r->plan->file[f->first_output + s->output];
        uint32_t kind = r->plan->check[file->first_check + s->check - 1].kind; /* it went on */
        slot_note(s, "output %s: failed its check %s (%s %d)", r->path.p,
            kind == CHECK_FITS   ? "fits"
            : kind == CHECK_GZIP ? "gzip"
                                 : "command",
            WIFSIGNALED(status) ? "signal" : "exit",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        s->reason = REASON_OUTPUT;
    }
    if (leftovers(r, s))
        wait_for_group(s, SLOT_ENDING);
    else
        finish(r, s);
}

static handler *const on[SLOT_NSTATES][EVENT_N] = {
    /*                      GO       EXIT        POLL        TIME           STOP */
    [SLOT_FREE] =          {NULL,    NULL,       NULL,       NULL,          NULL},
    [SLOT_PLANNED] =       {start,   NULL,       NULL,       NULL,          cancel},
    [SLOT_REFUSED] =       {NULL,    NULL,       NULL,       start,         cancel},
    [SLOT_RUNNING] =       {NULL,    task_exit,  NULL,       over_limit,    terminate},
    [SLOT_STOPPING] =      {NULL,    task_exit,  NULL,       kill_now,      NULL},
    [SLOT_ENDING] =        {NULL,    NULL,       group_poll, group_poll,    NULL},
    [SLOT_CHECKING] =      {NULL,    check_exit, NULL,       check_timeout, kill_now},
    [SLOT_CHECK_REFUSED] = {NULL,    NULL,       NULL,       check_on,      cancel},
};

void
slot_event(struct run *r, struct slot *s, enum slot_event e)
{
    if (on[s->state][e])
        on[s->state][e](r, s);
}
