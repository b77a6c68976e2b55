/* The life of one process and its tasks, as a table of states and events. */
#include "config.h"

#include "journal/paths.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"
#include "util/file.h"
#include "util/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
slot_spool_path(const struct shim *r, const struct slot *s, struct buf *path)
{
    buf_printf(path, "%s/" STATE_SPOOL "%u", r->state_dir, lease_holder(r->lease),
        (unsigned)(s - r->slots.v));
}

static void
drop_lists(struct shim *r, struct slot *s)
{
    buf_reset(&r->path);
    slot_spool_path(r, s, &r->path);
    lists_drop(r->path.p, &s->nlists);
}

/* All the slot's tasks use it in turn. */
int
slot_open_spool(struct shim *r, struct slot *s)
{
    if (s->spool >= 0)
        return 0;
    buf_reset(&r->path);
    slot_spool_path(r, s, &r->path);
    s->spool = open(r->path.p, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    return s->spool < 0 ? errno : 0;
}

void
slot_close_spool(struct shim *r, struct slot *s)
{
    if (s->spool < 0)
        return;
    drop_lists(r, s); /* r->path is the spool's now */
    close(s->spool);
    s->spool = -1;
    unlink(r->path.p);
}

static void
turn_to(struct slot *s, struct member *m)
{
    s->at = m;
    s->file = s->check = 0;
    s->refuted = false;
    s->checked = m < s->member + s->nmembers && m->checked; /* it may be the end of them */
    buf_reset(&s->wrote);
}

void
slot_turn(struct slot *s, uint32_t number)
{
    turn_to(s, s->member + number);
}

/* An attempt begins; a START tells what stands where its outputs will be, and in which spool what
 * it writes is. */
static void
record_start(struct shim *r, struct slot *s)
{
    struct journal_rec start = end_record(s, JOURNAL_START);
    start.log_off = found_before(r, s->at->task);
    start.log_len = (uint32_t)((s->parent ? s->parent : s) - r->slots.v) + 1;
    start.flags = alone_starts(r, s->at->task) ? JOURNAL_ALONE : 0;
    shards_record(r, start);
}

void
slot_begin(struct slot *s, struct slot *parent, uint32_t family, uint32_t n)
{
    s->family = family;
    s->nmembers = n;
    s->group.pid = 0;
    s->deadline = s->signal_at = s->release_at = NEVER;
    s->spare_until = 0;
    s->outcome = s->reason = s->stop = REASON_OK;
    s->files = FILES_INPUT;
    s->launched = s->exited = s->warned = s->with_job = s->blamed = s->releases = false;
    s->starved = s->progress = s->begins = s->ahead = false;
    s->complete_at = 0;
    s->nshared = s->njoining = s->nreleasing = 0;
    s->logged = PLAN_NONE;
    s->code = s->flags = 0;
    s->contained = (struct contained){0};
    s->wall_ms = s->user_ms = s->sys_ms = s->group.peak_kib = s->read_kib = s->write_kib = 0;
    s->noted = 0;
    s->parent = parent;
    s->process = SCHED_NONE;
    s->width = n;
    buf_reset(&s->released);
    buf_reset(&s->marks);
    buf_reset(&s->note);
    buf_reset(&s->before);
    if (n > s->cap)
        s->member = xrealloc(s->member, (s->cap = n) * sizeof *s->member);
}

void
slot_assign(struct shim *r, struct slot *s, struct slot *parent, const uint32_t *task, uint32_t n)
{
    slot_begin(s, parent, plan_family_of(r->plan, task[0]), n);
    s->state = SLOT_PLANNED;
    s->tag = shards_hold(r, task[0])->tag; /* all are of one epoch */
    for (uint32_t i = 0; i < n; i++) {
        s->member[i] = (struct member){.task = task[i],
            .wait_ms = sched_waited(r->sched, task[i]),
            .attempt = (uint16_t)(r->known.charged[task[i]] + 1)};
        turn_to(s, &s->member[i]);
        late_keep(r, task[i]);
        if (!r->known.found[task[i]]) /* else if it has to be done again */
            record_start(r, s);
    }
    turn_to(s, s->member);
    r->slots.nactive += !parent;
    slots_changed(r, s);
}

void
slot_join(struct shim *r, struct slot *s, uint32_t task)
{
    size_t each = r->plan->family[s->family].noutputs * sizeof(uint64_t);
    ARRAY_GROW(s->member, s->nmembers, s->cap);
    s->member[s->nmembers++] = (struct member){.task = task,
        .attempt = (uint16_t)(r->known.charged[task] + 1),
        .look_at = NEVER};
    while (s->before.n < s->nmembers * each)
        buf_add(&s->before, &(uint64_t){0}, sizeof(uint64_t));
    turn_to(s, &s->member[s->nmembers - 1]);
    record_start(r, s);
    turn_to(s, s->member);
}

void
slot_take(struct shim *r, struct slot *s, const struct slot *from)
{
    size_t each = r->plan->family[s->family].noutputs * sizeof(uint64_t);
    ARRAY_GROW(s->member, s->nmembers, s->cap);
    struct member *m = &s->member[s->nmembers++];
    *m = from->member[0];
    m->started = now_ms();
    m->limit_at = end_limit(r, s, m->task, m->started);
    buf_add(&s->before, from->before.p, each);
    s->nshared++;
    turn_to(s, s->member);
    s->deadline = end_common_limit(r, s);
    peaks_joined(r, s);
    release_add(r, s, m);
    slots_changed(r, s);
}

void
slot_leave(struct shim *r, struct slot *s, uint32_t number)
{
    size_t each = r->plan->family[s->family].noutputs * sizeof(uint64_t), at = number * each;
    size_t behind = s->before.n > at + each ? s->before.n - at - each : 0;
    s->nmembers--;
    memmove(s->member + number, s->member + number + 1, (s->nmembers - number) * sizeof *s->member);
    if (behind)
        memmove(s->before.p + at, s->before.p + at + each, behind);
    if (s->before.n > at)
        s->before.n = at + behind;
    turn_to(s, s->member);
}

void
slot_free(struct shim *r, struct slot *s)
{
    struct slot *parent = s->parent;
    s->state = parent ? SLOT_IDLE : SLOT_FREE;
    s->group.pid = 0;
    s->deadline = s->signal_at = NEVER;
    if (s->group.outlived) /* what it still writes is not to be in the log of the next task */
        slot_close_spool(r, s);
    s->group.outlived = false;
    if (s->process != SCHED_NONE) {
        sched_close(r->sched, s->process);
        feeder_close(&s->feeder);
        s->process = SCHED_NONE;
        r->slots.nfed--;
    }
    if (!parent) {
        r->slots.nactive--;
        return;
    }
    s->parent = NULL;
    slots_changed(r, s);
    --*(s->launched ? &parent->nreleasing : &parent->njoining);
    if (parent->state == SLOT_ENDING && !parent->nreleasing && !parent->njoining)
        slot_event(r, parent, EVENT_POLL);
}

/* The attempt at the task at hand ends; what was noted about it alone goes with it. */
static void
conclude_attempt(struct shim *r, struct slot *s)
{
    s->progress |= s->reason == REASON_OK;
    end_attempt(r, s);
    s->note.n = s->noted;
    if (s->note.p)
        s->note.p[s->noted] = 0;
    s->reason = s->outcome;
}

/* --- handlers: state by event --- */

typedef void handler(struct shim *r, struct slot *s);

/* Comes again when the trouble may be over. */
static void
wait_in(const struct shim *r, struct slot *s, enum slot_state state)
{
    s->state = state;
    s->deadline = r->trouble.until;
}

static void settle_members(struct shim *r, struct slot *s);

/* Before anything ran: none of its tasks does. */
static void
cancel_members(struct shim *r, struct slot *s)
{
    if (!s->launched)
        turn_to(s, s->member);
    s->outcome = s->reason = s->stop;
    settle_members(r, s);
}

/* Meanwhile no more tasks are to be started. */
static void
drain_members(struct shim *r, struct slot *s)
{
    s->stop = r->leave.reason;
    cancel_members(r, s);
}

void
slot_drop(struct shim *r, struct slot *s)
{
    uint32_t number = slot_number(s);
    conclude_attempt(r, s);
    slot_leave(r, s, number);
    turn_to(s, s->member + number);
}

static void
launch_members(struct shim *r, struct slot *s)
{
    turn_to(s, s->member);
    if (s->parent) {
        fed_enter(r, s);
        slot_free(r, s);
        return;
    }
    bool fed = fed_family(r, s);
    int err = fed ? fed_prepare(r, s) : 0;
    if (!s->nmembers) {
        slot_free(r, s);
        return;
    }
    turn_to(s, s->member);
    s->started = now_ms();
    s->files = FILES_OUTPUT;
    s->state = SLOT_RUNNING;
    peaks_begin(r, s);
    if (!err)
        err = fed ? fed_spawn(r, s) : spawn_task(r, s);
    if (file_trouble(err)) {
        s->files = FILES_INPUT;
        trouble_met(r,
            s->nlists ? "a task with a list of paths cannot be started"
                      : "no process can be started",
            err);
        wait_in(r, s, SLOT_REFUSED);
        return;
    }
    s->launched = true;
    s->nshared = s->nmembers;
    if (err) {
        spawn_give_back(r, s);
        drop_lists(r, s);
        s->outcome = s->reason;
        s->noted = s->note.n;
        settle_members(r, s);
        return;
    }
    trouble_over(r);
    for (uint32_t i = 0; i < s->nmembers; i++) {
        s->member[i].started = s->started;
        s->member[i].limit_at = end_limit(r, s, s->member[i].task, s->started);
    }
    s->deadline = end_common_limit(r, s);
    s->signal_at = end_signal_time(r, s);
    release_begin(r, s);
    if (r->opt.verbose) {
        buf_reset(&r->text);
        plan_task_label(r->plan, s->at->task, &r->text);
        if (s->nmembers > 1)
            buf_printf(&r->text, " and %u more", s->nmembers - 1);
        say("%s: started, attempt %u, pid %ld", r->text.p, s->at->attempt, (long)s->group.pid);
    }
}

/* What an earlier shim left of the task at hand, or what it waits for, was looked at: it is done,
 * or (false) it starts, which has to be on file first. */
static bool
settle_found(struct shim *r, struct slot *s, enum finding found, bool good)
{
    uint32_t task = s->at->task;
    if (good && found < FINDING_BEGUN) {
        s->flags |= JOURNAL_RECOVERED;
        slot_drop(r, s);
        s->flags &= (uint8_t)~JOURNAL_RECOVERED;
        r->known.found[task] = FINDING_NONE;
        return true;
    }
    r->known.found[task] = FINDING_NONE;
    if (!good) {
        buf_reset(&r->text);
        plan_task_label(r->plan, task, &r->text);
        say("%s had ended, but what it wrote is not good any more: it runs again", r->text.p);
        (void)!write(2, s->note.p, s->note.n);
        s->note.n = s->noted;
        s->reason = REASON_OK;
    }
    record_start(r, s);
    s->begins = true;
    return false;
}

static enum progress
look_first(struct shim *r, struct slot *s, enum finding found)
{
    enum progress v = found == FINDING_BEGUN ? left_look(r, s) : PROGRESS_GOOD;
    if (found >= FINDING_BEGUN)
        return v == PROGRESS_GOOD ? late_look(r, s) : v;
    if (found != FINDING_NONE)
        return found_check(r, s);
    s->files = FILES_INPUT;
    return s->reason == REASON_OK ? files_prepare(r, s) : PROGRESS_BAD;
}

/* Goes on with what has to be looked at before the process starts. A task for which it is not good
 * fails by itself. */
static void
prepare_members(struct shim *r, struct slot *s)
{
    s->deadline = NEVER;
    while (s->at < s->member + s->nmembers) {
        enum finding found = r->known.found[s->at->task];
        enum progress v = look_first(r, s, found);
        if (v == PROGRESS_CHILD) {
            s->state = SLOT_TESTING;
            s->deadline = end_limit(r, s, s->at->task, now_ms());
            return;
        }
        if (v == PROGRESS_LATER && !r->leave.draining) {
            wait_in(r, s, SLOT_REFUSED);
            return;
        }
        if (v == PROGRESS_LATER)
            break;
        if (found && (v == PROGRESS_GOOD || s->reason == REASON_OUTPUT)) {
            if (!settle_found(r, s, found, v == PROGRESS_GOOD))
                turn_to(s, s->at + 1);
        } else if (v == PROGRESS_BAD)
            slot_drop(r, s);
        else
            turn_to(s, s->at + 1);
    }
    if (!s->nmembers)
        slot_free(r, s);
    else if (r->leave.draining)
        drain_members(r, s);
    else if (s->begins)
        s->state = SLOT_PLANNED; /* until that is on file */
    else
        launch_members(r, s);
}

static void
start_members(struct shim *r, struct slot *s)
{
    if (r->leave.draining) {
        drain_members(r, s);
        return;
    }
    int err = slot_open_spool(r, s);
    if (err != EMFILE && err != ENFILE && file_trouble(err)) {
        trouble_met(r, r->path.p, err);
        wait_in(r, s, SLOT_REFUSED);
        return;
    }
    if (err) {
        note_add(&s->note, "no file for its output: %s", strerror(err));
        s->noted = s->note.n;
        s->stop = REASON_NODE;
        say("no file for the output of tasks: %s", strerror(err));
        r->leave.draining = true;
        cancel_members(r, s);
        return;
    }
    turn_to(s, s->member);
    buf_reset(&s->before);
    s->begins = false;
    prepare_members(r, s);
}

static void
kill_group(const struct slot *s, int sig)
{
    kill(-s->group.pid, sig);
}

static void
send_signal(const struct slot *s, int sig)
{
    kill_group(s, sig);
    kill_group(s, SIGCONT); /* a stopped one would never see it */
}

/* The job ends soon: who wants to hear of that does, once. A shell between us and the program may
 * die of the signal; the program has its time all the same. */
static void
warn_group(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    s->signal_at = NEVER;
    if (!f->signal || s->warned)
        return;
    s->warned = true;
    s->spare_until = now_ms() + (int64_t)f->signal_s * 1000;
    if (s->spare_until > r->time.kill_at)
        s->spare_until = r->time.kill_at;
    send_signal(s, (int)f->signal);
}

static void
terminate_group(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    if (s->stop == REASON_WALLTIME && f->signal && !s->warned)
        warn_group(r, s);
    else
        send_signal(s, SIGTERM);
    s->state = SLOT_STOPPING;
    s->deadline = now_ms() + GRACE_MS;
    if (s->deadline > r->time.kill_at)
        s->deadline = r->time.kill_at;
}

/* What is still to end of its group has no more time. */
static void
spare_no_more(struct shim *r, struct slot *s)
{
    if (s->stop != REASON_WALLTIME || r->time.kill_at == NEVER)
        s->spare_until = 0;
    s->deadline = now_ms();
}

static void
over_limit(struct shim *r, struct slot *s)
{
    bool fed = fed_family(r, s);
    s->stop = REASON_LIMIT;
    for (uint32_t i = 0; i < s->nmembers; i++)
        s->member[i].over = !s->member[i].held_at && (!fed || s->member[i].limit_at <= now_ms());
    note_add(&s->note,
        fed ? "stopped: a task ran past its limit" : "stopped: it ran past its limit");
    terminate_group(r, s);
}

static void
kill_now(struct shim *r, struct slot *s)
{
    bool told = s->launched && container_kill(r->containers, &s->contained);
    if (!told)
        kill_group(s, SIGKILL);
    s->deadline = told ? now_ms() + GRACE_MS : NEVER;
}

void
slot_make_room(struct shim *r, struct slot *s)
{
    if (s->stop == REASON_OK) {
        s->stop = REASON_OOM;
        /* who has all of it already gets no more the next time */
        s->flags |= s->group.asked < r->node.memory ? JOURNAL_SPARED : 0;
    }
    kill_now(r, s);
    s->state = SLOT_STOPPING;
    slots_changed(r, s);
}

/* Kills what is left of the group, whose leader is reaped, and of the task's strays; true: there
 * was something, which has to be waited for. The group's number cannot have been given to others
 * meanwhile: numbers go round in a circle of ten thousands. */
static bool
kill_leftovers(struct shim *r, struct slot *s)
{
    while (waitpid(-s->group.pid, NULL, WNOHANG) > 0)
        ; /* had ended before: nothing to be killed */
    if (s->spare_until > now_ms() && kill(-s->group.pid, 0) == 0)
        return true;
    bool group = kill(-s->group.pid, SIGKILL) == 0;
    /* its task's process has the same names in its environment, and works */
    if (s->parent && !s->ahead)
        return group;
    pid_t foreign;
    bool strays = strays_kill(r->strays, &s->group, safe_pid(r), &foreign);
    if (foreign) {
        note_add(&s->note,
            "process %ld, which it left behind, belongs to another user and cannot be ended",
            (long)foreign);
        s->noted = s->note.n;
    }
    return group || strays;
}

static void
wait_for_group(struct slot *s, enum slot_state state)
{
    s->state = state;
    s->patience = 10;
    s->deadline = now_ms() + s->patience;
}

/* Goes on with the checks of the task at hand; false: has to wait for that. */
static bool
check_on(struct shim *r, struct slot *s)
{
    s->deadline = NEVER;
    switch (files_check(r, s)) {
    case PROGRESS_CHILD:
        s->state = SLOT_CHECKING;
        s->deadline = end_limit(r, s, s->at->task, now_ms());
        if (s->stop != REASON_OK && s->deadline > r->time.kill_at)
            s->deadline = r->time.kill_at;
        return false;
    case PROGRESS_LATER:
        if (r->trouble.given_up) { /* it lasted too long: what it wrote cannot be told */
            s->reason = REASON_NODE;
            return true;
        }
        wait_in(r, s, SLOT_CHECK_REFUSED);
        return false;
    case PROGRESS_GOOD:
    case PROGRESS_BAD:
        break;
    }
    return true;
}

/* --- checks side by side, when the process has ended: in slots beside, which are ahead --- */

/* Each has the room of its task. False: not now. */
static bool
begin_ahead(struct shim *r, struct slot *s, struct member *m)
{
    bool may = !fed_family(r, s) || m->line_end <= feeder_read(&s->feeder); /* see fed_judge */
    struct slot *w = may ? release_beside(r, s, m) : NULL;
    if (!w)
        return false;
    w->ahead = true;
    w->stop = s->stop;
    settle_members(r, w);
    slots_changed(r, w);
    return true;
}

/* What was found of its task is the parent's, in the order of its tasks. */
static void
end_ahead(struct shim *r, struct slot *w)
{
    w->state = SLOT_CHECKED;
    w->deadline = NEVER;
    slots_changed(r, w);
    if (w->parent->state == SLOT_AWAITING)
        slot_event(r, w->parent, EVENT_GO);
}

/* In the order of tasks, as far as slots are free. While the slot makes checks of its own, as none
 * was, no other does. False: what checks the task at hand has to be waited for. */
static bool
check_ahead(struct shim *r, struct slot *s)
{
    bool begins = s->outcome == REASON_OK && s->reason == REASON_OK && s->nmembers > 1 &&
                  !s->file && !s->check && found_checks_content(r, s->family);
    s->state = SLOT_CHECKING; /* it does not wait meanwhile */
    for (struct member *m = s->at + s->checked; begins && m < s->member + s->nmembers; m++)
        begins = m->beside || begin_ahead(r, s, m);
    struct slot *w = s->at->beside;
    if (w && w->state != SLOT_CHECKED) {
        s->state = SLOT_AWAITING;
        s->deadline = NEVER;
    } else if (w) {
        (void)log_take_spool(w->spool, &s->note); /* what the checks wrote */
        if (s->note.n > s->noted && s->note.p[s->note.n - 1] != '\n')
            buf_putc(&s->note, '\n');
        if (s->reason == REASON_OK) {
            buf_add(&s->note, w->note.p, w->note.n);
            s->reason = w->reason;
            s->flaw = w->flaw;
            s->checked = w->reason == REASON_OK;
        }
        s->at->beside = NULL;
        slot_free(r, w);
    }
    return s->state != SLOT_AWAITING;
}

/* Ends the attempts at the tasks of a process that ended, as far as no check has to be waited for.
 * What was asked to end meanwhile is not checked any further, as that could take its time; only
 * the end of the job allows for it. */
static void
settle_members(struct shim *r, struct slot *s)
{
    for (;;) {
        if (s->reason == REASON_OK && s->stop != REASON_WALLTIME)
            s->reason = s->stop;
        if (!s->ahead)
            fed_judge(r, s);
        if (s->reason == REASON_OK && s->at->anew)
            s->reason = REASON_CANCELLED;
        if (!s->ahead && !check_ahead(r, s))
            return;
        if (s->reason == REASON_OK && !check_on(r, s))
            return;
        if (s->ahead) {
            end_ahead(r, s);
            return;
        }
        if (s->reason == REASON_OUTPUT && (s->with_job || s->stop == REASON_WALLTIME))
            s->reason = REASON_WALLTIME;
        conclude_attempt(r, s);
        if (s->at + 1 == s->member + s->nmembers)
            break;
        turn_to(s, s->at + 1);
    }
    slot_free(r, s);
}

/* Nothing is left of a group that was at work. */
static void
finish_group(struct shim *r, struct slot *s)
{
    if (s->parent && s->launched && !s->ahead) {
        release_check(r, s);
        return;
    }
    release_end(r, s);
    if (!s->nmembers)
        slot_free(r, s);
    else if (s->launched)
        settle_members(r, s);
    else if (s->stop != REASON_OK)
        cancel_members(r, s);
    else
        prepare_members(r, s);
}

/* What is checked of its process, or made ready to join that, which has ended, is not any more. */
static void
stop_beside(struct shim *r, struct slot *s)
{
    for (uint32_t i = 0; i < r->slots.nbeside && (s->nreleasing || s->njoining); i++) {
        struct slot *w = &r->slots.v[i];
        if (w->parent != s)
            continue;
        if (w->stop == REASON_OK)
            w->stop = w->ahead ? s->stop : REASON_CANCELLED;
        slot_event(r, w, EVENT_STOP);
    }
}

static void
task_exit(struct shim *r, struct slot *s)
{
    end_process(r, s);
    container_ended(r->containers, &s->contained, WIFSIGNALED(s->group.status));
    spawn_drop_script(r, s);
    drop_lists(r, s);
    /* one that was not told, or did not die of it, has ended as it meant to */
    if (s->exited || !s->with_job || (s->stop != REASON_OK && s->stop != REASON_WALLTIME))
        s->spare_until = 0;
    stop_beside(r, s);
    release_stop(r, s);
    bool left = kill_leftovers(r, s);
    if (left && s->stop == REASON_OK && !s->warned)
        s->flags |= JOURNAL_LEFTOVER;
    if (left || s->nreleasing || s->njoining) {
        wait_for_group(s, SLOT_ENDING);
        return;
    }
    spawn_give_back(r, s);
    finish_group(r, s);
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
group_poll(struct shim *r, struct slot *s)
{
    if (kill_leftovers(r, s) || s->nreleasing || s->njoining) {
        look_again(s);
        return;
    }
    s->spare_until = 0;
    spawn_give_back(r, s);
    finish_group(r, s);
}

static void
check_timeout(struct shim *r, struct slot *s)
{
    if (s->stop == REASON_OK && s->files != FILES_LEFT)
        note_add(&s->note, "the check of an %s ran past the task's limit",
            s->files == FILES_INPUT ? "input" : "output");
    s->cut_short = true;
    kill_now(r, s);
}

/* The end of the job leaves a check the time that a task would have. */
static void
check_stop(struct shim *r, struct slot *s)
{
    if (s->stop != REASON_WALLTIME || r->time.kill_at == NEVER || !s->launched)
        kill_now(r, s);
    else if (s->deadline > r->time.kill_at)
        s->deadline = r->time.kill_at;
}

static void
check_exit(struct shim *r, struct slot *s)
{
    bool cut = s->cut_short, again = false;
    s->cut_short = false;
    if (s->files == FILES_LEFT) {
        left_told(r, s, cut);
    } else if (s->group.status != 0 && s->stop == REASON_OK) {
        bool ran_out = !cut && memory_ran_out(r->samples, &s->group);
        if (!cut && !ran_out && end_with_job(r, s->group.status)) {
            s->reason = r->leave.reason;
        } else {
            again = files_check_failed(r, s) == PROGRESS_LATER;
            if (!again && cut)
                s->flaw = FLAW_UNCHECKED;
            if (!again && ran_out) {
                note_add(&s->note, "that ran out of memory, which says nothing of the file");
                s->reason = REASON_OOM;
            }
        }
    } else if (s->group.status != 0) { /* it was killed with its task, or might have been */
        s->reason = s->stop;
    }
    s->refuted = s->reason != REASON_OK;
    if (kill_leftovers(r, s))
        wait_for_group(s, SLOT_ENDING);
    else if (again && (!s->parent || s->ahead))
        wait_in(r, s, s->launched ? SLOT_CHECK_REFUSED : SLOT_REFUSED);
    else
        finish_group(r, s);
}

/* clang-format off */
static handler *const on[SLOT_NSTATES][EVENT_N] = {
    /*                      GO             EXIT        POLL        TIME            WARN        STOP */
    [SLOT_FREE]          = {NULL,          NULL,       NULL,       NULL,           NULL,       NULL},
    [SLOT_IDLE]          = {NULL,          NULL,       NULL,       NULL,           NULL,       NULL},
    [SLOT_PLANNED]       = {start_members, NULL,       NULL,       NULL,           NULL,       cancel_members},
    [SLOT_TESTING]       = {NULL,          check_exit, NULL,       check_timeout,  NULL,       kill_now},
    [SLOT_REFUSED]       = {NULL,          NULL,       NULL,       start_members,  NULL,       cancel_members},
    [SLOT_RUNNING]       = {NULL,          task_exit,  NULL,       over_limit,     warn_group, terminate_group},
    [SLOT_STOPPING]      = {NULL,          task_exit,  NULL,       kill_now,       NULL,       NULL},
    [SLOT_ENDING]        = {NULL,          NULL,       group_poll, group_poll,     NULL,       spare_no_more},
    [SLOT_CHECKING]      = {NULL,          check_exit, NULL,       check_timeout,  NULL,       check_stop},
    [SLOT_CHECK_REFUSED] = {NULL,          NULL,       NULL,       settle_members, NULL,       cancel_members},
    [SLOT_CHECKED]       = {NULL,          NULL,       NULL,       NULL,           NULL,       NULL},
    [SLOT_AWAITING]      = {settle_members,NULL,       NULL,       NULL,           NULL,       stop_beside},
};
/* clang-format on */

void
slot_event(struct shim *r, struct slot *s, enum slot_event e)
{
    if (!on[s->state][e])
        return;
    on[s->state][e](r, s);
    slots_changed(r, s);
}
