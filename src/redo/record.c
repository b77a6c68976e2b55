/* How a redo is put on record; redo.h tells in which order, and why. */
#include "config.h"

#include "redo/redo.h"

#include "journal/journal.h"
#include "journal/lease.h"
#include "journal/next.h"
#include "journal/paths.h"
#include "journal/wanted.h"
#include "state/status.h"
#include "util/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
    LEASE_S = 120,        /* so that shims do not wait for long if we die */
    ASK_MS = 20000,       /* for shards that shims have */
    PAUSE_NS = 200000000, /* between looks */
    LONG_PAUSE_S = 2,     /* when it has taken as long as that */
};

/* A shard that is ours. */
struct taken {
    struct journal *journal; /* NULL: it is not */
    bool interrupted;        /* a redo before this one died with it */
};

struct record {
    const char *dir;
    struct buf state; /* the folder */
    const struct plan *plan;
    struct lease *lease;
    int64_t beat_ms; /* when the lease was renewed last */
    struct status *status;
    uint32_t *last; /* the last epoch of each shard */
    bool *busy;     /* of each shard: somebody else has it, and keeps it */
    bool *wanted;   /* of each shard: it is ours, or shall be */
    bool asked;     /* for some of these */
    bool died;      /* somebody did who had one of them */
    const struct redo_how *how;
    struct taken *taken;
    struct redo_choice choice;
    struct redo_made *made;
    struct buf *why;
};

static bool
refuse(struct record *r, const char *what, int err)
{
    buf_printf(r->why, "%s/%s: %s", r->state.p, what, strerror(err));
    return false;
}

/* Others may take what is ours if they hear nothing of us for long. */
static bool
still_ours(struct record *r)
{
    int64_t now = now_ms();
    if (now - r->beat_ms < LEASE_S * 1000 / LEASE_BEATS)
        return true;
    r->beat_ms = now;
    if (lease_beat(r->lease) != LEASE_LOST)
        return true;
    buf_printf(r->why,
        "%s: this process stood still for so long that it was taken for dead; "
        "what it had not got to yet stays as it is",
        r->dir);
    return false;
}

/* --- what is there --- */

/* One that its builder did not live to decide: shims wait for that, and so would what we write. */
static bool
end_change(struct record *r)
{
    struct next x;
    struct buf plan = {0};
    buf_printf(&plan, "%s/" PLAN_FILE, r->dir);
    int err = next_settle(plan.p, r->state.p, r->lease, &x);
    buf_free(&plan);
    return err ? refuse(r, STATE_NEXT, err) : true;
}

/* Whoever builds now would carry over a record that we are changing; he looks for us, too. */
static bool
no_builder(struct record *r)
{
    char holder[HOLDER_SIZE];
    int err = lease_other(r->lease, LEASE_BUILDER, holder, sizeof holder);
    if (err)
        return refuse(r, STATE_LEASES, err);
    if (!*holder || lease_judge(r->lease, holder, NULL) == LEASE_DEAD)
        return end_change(r);
    buf_printf(r->why, "%s is being built just now; try again when it is", r->dir);
    return false;
}

/* What the record says now. */
static bool
read_status(struct record *r)
{
    status_free(r->status);
    r->status = status_read(r->dir, now_us(), r->why);
    if (!r->status)
        return false;
    if (r->status->plan->head->identity == r->plan->head->identity)
        return true;
    buf_printf(r->why, "%s was built anew meanwhile; nothing was done", r->dir);
    return false;
}

/* A task that may be done as it ran by the plan before stays as it is, with all that has to do with
 * it, until that is on record. */
static bool
spare_before(struct record *r)
{
    struct next_tasks t;
    int err = next_read_tasks(r->state.p, r->plan->head->identity, &t);
    for (uint32_t i = 0; i < t.n; i++) {
        uint32_t task = t.task[i].task;
        uint8_t state = task < r->plan->head->ntasks ? r->status->state[task] : STATUS_DONE;
        if (state != STATUS_DONE && state != STATUS_FAILED)
            r->busy[plan_shard_of(r->plan, task)] = true;
    }
    next_free_tasks(&t);
    return err ? refuse(r, STATE_NEXT, err) : true;
}

static bool
open_record(struct record *r)
{
    int err = 0;
    r->lease = lease_open(r->state.p, LEASE_REDO, NULL, LEASE_S, &err);
    if (!r->lease)
        return refuse(r, STATE_LEASES, err);
    r->beat_ms = now_ms();
    if (!no_builder(r) || !read_status(r))
        return false;
    r->last = xcalloc(r->plan->nshards, sizeof *r->last);
    r->taken = xcalloc(r->plan->nshards, sizeof *r->taken);
    r->wanted = xcalloc(r->plan->nshards, sizeof *r->wanted);
    r->busy = xcalloc(r->plan->nshards, sizeof *r->busy);
    if (!r->how->waits)
        redo_busy(r->status, r->busy);
    return spare_before(r);
}

/* --- to take shards --- */

struct shard_record {
    char holder[HOLDER_SIZE];
    bool closed;
    uint8_t again;
};

static bool
note(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct shard_record *s = arg;
    s->closed = rec->kind == JOURNAL_CLOSE;
    if (rec->kind == JOURNAL_HEAD) {
        memcpy(s->holder, head->holder, sizeof s->holder);
        s->again = head->again;
    }
    return true;
}

enum got { GOT_IT, GOT_LATER, GOT_NEVER };

/* Only a shard that was closed in good order, or that nobody ever had: what a dead shim left has to
 * be looked at by the next one. We leave nothing of that kind. */
static enum got
is_free(struct record *r, const struct shard_record *s, struct taken *t)
{
    t->interrupted = !s->closed;
    if (s->closed)
        return GOT_IT;
    if (lease_judge(r->lease, s->holder, NULL) != LEASE_DEAD)
        return GOT_LATER;
    return lease_redo(s->holder) && lease_end(r->lease, s->holder) == 0 ? GOT_IT : GOT_NEVER;
}

static enum got
take_shard(struct record *r, uint32_t shard)
{
    struct taken t = {0};
    struct shard_record s = {0};
    unsigned damaged = 0;
    uint64_t fence = 0, identity = r->plan->head->identity;
    uint32_t last = r->last[shard];
    int err = 0;
    if (last)
        err = journal_read_shard(r->state.p, shard, last, identity, note, &s, &fence, &damaged);
    enum got got = !err && fence ? is_free(r, &s, &t) : GOT_IT;
    if (got != GOT_IT)
        return got;
    if (!err)
        t.journal = journal_create(r->state.p, shard, last, fence, identity, lease_holder(r->lease),
            false, s.again, &err);
    if (err == EEXIST) /* somebody was faster */
        return GOT_LATER;
    if (err)
        refuse(r, STATE_JOURNAL, err);
    r->taken[shard] = t;
    return err ? GOT_NEVER : GOT_IT;
}

/* Tries all that are wanted and not ours yet; *later of them may be had later. */
static bool
take_round(struct record *r, uint32_t *later)
{
    int err = journal_epochs(r->state.p, r->plan->nshards, r->last);
    *later = 0;
    if (err && err != ENOENT)
        return refuse(r, STATE_JOURNAL, err);
    for (uint32_t s = 0; s < r->plan->nshards && !r->why->n; s++) {
        if (!r->wanted[s] || r->taken[s].journal || r->busy[s])
            continue;
        enum got got = take_shard(r, s);
        *later += got == GOT_LATER;
        r->busy[s] = got == GOT_NEVER;
        r->died |= got == GOT_NEVER;
    }
    return !r->why->n && still_ours(r);
}

static bool
ask(struct record *r)
{
    uint32_t nshards = r->plan->nshards;
    char holder[HOLDER_SIZE];
    bool *shard = xcalloc(nshards, sizeof *shard);
    int err = wanted_read(r->state.p, r->plan->head->identity, shard, nshards, holder);
    if (!err && *holder && strcmp(holder, lease_holder(r->lease)) != 0)
        buf_printf(r->why, "%s: another redo is at work; try again when it has ended", r->dir);
    else if (!err)
        err = wanted_write(r->state.p, r->plan->head->identity, lease_holder(r->lease), r->wanted,
            nshards);
    free(shard);
    if (err)
        refuse(r, STATE_WANTED, err);
    r->asked = !r->why->n;
    return r->asked;
}

/* Until the next look. False: told to end. */
static bool
pause_for(struct record *r, int64_t waited_ms)
{
    if (!r->how->waits) {
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
        return true;
    }
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    struct timespec t = {waited_ms > ASK_MS ? LONG_PAUSE_S : 0, waited_ms > ASK_MS ? 0 : PAUSE_NS};
    if (sigtimedwait(&end, NULL, &t) < 0)
        return true;
    buf_puts(r->why, "told to end while waiting; nothing was done");
    r->made->told_to_end = true;
    return false;
}

/* What shims have in hand they are asked for, and waited for a while. */
static bool
take_wanted(struct record *r)
{
    uint32_t later;
    bool good = take_round(r, &later);
    if (!good || !later)
        return good;
    if (!ask(r))
        return false;
    r->how->asks(later);
    int64_t began = now_ms();
    while (good && later && (r->how->waits || now_ms() - began < ASK_MS))
        good = pause_for(r, now_ms() - began) && take_round(r, &later);
    for (uint32_t s = 0; s < r->plan->nshards; s++)
        r->busy[s] |= r->wanted[s] && !r->taken[s].journal;
    return good;
}

/* Shards with chosen tasks that run; how many of them are not ours yet. */
static uint32_t
want_running(struct record *r)
{
    uint32_t missing = 0;
    for (uint32_t t = 0; r->how->waits && t < r->plan->head->ntasks; t++) {
        uint32_t s = plan_shard_of(r->plan, t);
        if (!r->how->chosen[t] || r->status->state[t] != STATUS_RUNNING || r->busy[s])
            continue;
        r->wanted[s] = true;
        missing += !r->taken[s].journal;
    }
    return missing;
}

/* When all that is wanted is ours nothing of it changes any more. What cannot be taken is left out,
 * with all that has to do with it. */
static bool
take_all(struct record *r)
{
    for (;;) {
        uint32_t missing = want_running(r);
        redo_choice_free(&r->choice);
        redo_choose(r->plan, r->status->state, r->how->chosen, r->busy, &r->choice);
        for (uint32_t s = 0; s < r->plan->nshards; s++) {
            r->wanted[s] |= r->choice.takes[s];
            missing += r->choice.takes[s] && !r->taken[s].journal;
        }
        if (!missing)
            return true;
        if (!take_wanted(r) || !read_status(r))
            return false;
    }
}

/* Every shard that is ours has an open file. */
static void
allow_files(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

/* --- to write --- */

static int
save_all(struct record *r, int (*save)(struct journal *j))
{
    int err = 0;
    for (uint32_t s = 0; s < r->plan->nshards && !err; s++)
        if (r->taken[s].journal)
            err = save(r->taken[s].journal);
    return err;
}

static bool
was_made(const struct record *r, uint32_t task)
{
    uint8_t state = r->status->state[task];
    return r->choice.why[task] && (state == STATUS_DONE || state == STATUS_FAILED);
}

/* Consumers first: nothing is done that was made of what is not. */
static bool
write_ends(struct record *r)
{
    const struct plan *p = r->plan;
    int64_t now = now_us();
    int err = 0;
    for (uint32_t i = p->nfamilies; i-- > 0 && !err;) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
            if (was_made(r, t))
                journal_add(r->taken[plan_shard_of(p, t)].journal,
                    (struct journal_rec){.kind = JOURNAL_END,
                        .reason = REASON_REDO,
                        .task = t,
                        .time_us = now});
        err = save_all(r, journal_flush);
    }
    if (!err)
        err = save_all(r, journal_save);
    return err ? refuse(r, STATE_JOURNAL, err) : true;
}

static bool
move_outputs(struct record *r)
{
    const struct plan *p = r->plan;
    struct plan_eval *e = plan_eval_new(p);
    struct buf path = {0};
    bool ours = true;
    for (uint32_t i = p->nfamilies; i-- > 0 && ours;) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks && ours; t++)
            for (uint32_t k = 0; k < f->noutputs && was_made(r, t) && (ours = still_ours(r)); k++) {
                buf_reset(&path);
                if (plan_path(e, t, f->first_output + k, NULL, &path))
                    quarantine_move(&r->made->quarantine, path.p);
            }
    }
    plan_eval_free(e);
    buf_free(&path);
    return ours;
}

static void
close_shard(struct record *r, uint32_t s)
{
    struct plan_range run;
    uint32_t left = 0, failed = 0;
    for (uint32_t i = 0; plan_shard_run(r->plan, s, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++) {
            uint8_t state = r->status->state[t];
            bool again = r->choice.why[t], lost = state == STATUS_FAILED || state == STATUS_BLOCKED;
            failed += !again && lost;
            left += again || (!lost && state != STATUS_DONE);
        }
    journal_add_close(r->taken[s].journal, left, failed, now_us());
}

/* One that another redo died with is not closed: what that one left is for the next shim. */
static bool
close_all(struct record *r)
{
    for (uint32_t s = 0; s < r->plan->nshards; s++)
        if (r->taken[s].journal && !r->taken[s].interrupted)
            close_shard(r, s);
    int err = save_all(r, journal_save);
    return err ? refuse(r, STATE_JOURNAL, err) : true;
}

static void
tell(struct record *r)
{
    struct redo_made *m = r->made;
    m->n = r->choice.n;
    m->nchosen = r->choice.nchosen;
    m->left_out = r->choice.left_out;
    m->at_work = !r->died;
}

static void
free_record(struct record *r)
{
    for (uint32_t s = 0; r->taken && s < r->plan->nshards; s++)
        journal_close(r->taken[s].journal);
    if (r->asked)
        wanted_remove(r->state.p);
    free(r->taken);
    free(r->wanted);
    free(r->busy);
    free(r->last);
    redo_choice_free(&r->choice);
    status_free(r->status);
    lease_close(r->lease);
    buf_free(&r->state);
}

bool
redo_make(const char *dir, const struct plan *p, const struct redo_how *how, struct redo_made *made,
    struct buf *why)
{
    struct record r = {.dir = dir, .plan = p, .how = how, .made = made, .why = why};
    sigset_t end, before;
    sigemptyset(&end);
    sigaddset(&end, SIGINT);
    sigaddset(&end, SIGTERM);
    if (how->waits) /* they end the wait, and not us in the middle of what follows */
        sigprocmask(SIG_BLOCK, &end, &before);
    *made = (struct redo_made){0};
    buf_printf(&r.state, "%s/" BUILD_STATE, dir);
    made->quarantine.state = r.state.p;
    allow_files();
    bool taken = open_record(&r) && take_all(&r);
    if (taken)
        tell(&r);
    else if (r.choice.why)
        memset(r.choice.why, REDO_NOT, p->head->ntasks);
    bool made_all = taken && (!r.choice.n || (write_ends(&r) && move_outputs(&r)));
    bool good = made_all;
    if (r.taken && (made_all || !taken)) /* else it is as if we had died */
        good &= close_all(&r);
    made->quarantine.state = NULL;
    free_record(&r);
    if (how->waits)
        sigprocmask(SIG_SETMASK, &before, NULL);
    return good;
}

void
redo_made_free(struct redo_made *made)
{
    quarantine_free(&made->quarantine);
}
