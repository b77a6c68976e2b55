/* Processes that are fed: the lines by which they are told of their tasks, and who is to blame for
 * what such a process did not do.
 *
 * A task that joins is prepared in a slot beside its process (slot.parent), as any task is before
 * it starts: its START is on file, and its inputs are there, before its line is sent. From then on
 * it is one of the process's tasks, which is done when its outputs are complete (release.c). Who
 * joins, and when no more do, src/shim/feeding.c decides.
 *
 * When the process ends, a task whose line the program had not read is nobody's mistake, as long as
 * something was done by it: else programs that read nothing would be started for ever. */
#include "config.h"

#include "runtime/files-private.h"
#include "runtime/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool
fed_family(const struct shim *r, const struct slot *s)
{
    return r->plan->family[s->family].feed.size != 0;
}

bool
fed_takes_more(const struct slot *s)
{
    return s->process != SCHED_NONE && !s->feeder.ends && !s->feeder.refused && !s->feeder.wait.n &&
           s->stop == REASON_OK && !s->warned && s->releases;
}

bool
fed_joins(const struct shim *r, const struct slot *s)
{
    return fed_takes_more(s) && sched_joins(r->sched, s->process, now_ms());
}

/* --- lines --- */

/* The line for the task at hand is one behind the others. False: it cannot be; s->reason is set. */
static bool
add_line(struct shim *r, struct slot *s, struct feeder *f)
{
    buf_reset(&r->text);
    plan_eval_tag(r->eval, s->tag);
    bool ok = plan_text(r->eval, s->at->task, r->plan->family[s->family].feed, &r->text);
    plan_eval_tag(r->eval, NULL);
    const char *why = NULL;
    if (!ok)
        why = plan_eval_error(r->eval);
    else if (r->text.n && memchr(r->text.p, '\n', r->text.n))
        why = "it holds a line break, and is to be one line; correct the data, or feed what tells "
              "the tasks apart in another way";
    else if (r->text.n && memchr(r->text.p, 0, r->text.n))
        why = "it holds a NUL character";
    if (why) {
        note_add(&s->note, "what it is fed cannot be made: %s", why);
        file_flaw(s, REASON_INPUT, FLAW_VALUE);
        return false;
    }
    s->at->line_at = f->given;
    s->at->line_end = feeder_add(f, r->text.n ? r->text.p : "", r->text.n);
    return true;
}

int
fed_prepare(struct shim *r, struct slot *s)
{
    int err = feeder_open(&s->feeder, &s->input);
    for (uint32_t i = 0; !err && i < s->nmembers;) {
        slot_turn(s, i);
        if (add_line(r, s, &s->feeder))
            i++;
        else
            slot_drop(r, s);
    }
    if (!s->nmembers) {
        close(s->input);
        feeder_close(&s->feeder);
    }
    return err;
}

/* Its standard input is ours until it is started. The first lines are in it by then: whatever the
 * program does, and how fast it does it, it was told of them. */
int
fed_spawn(struct shim *r, struct slot *s)
{
    feeder_send(&s->feeder);
    int own = fcntl(0, F_DUPFD_CLOEXEC, 3);
    int err = own < 0 || dup2(s->input, 0) < 0 ? errno : spawn_task(r, s);
    close(s->input);
    if (own >= 0) {
        dup2(own, 0);
        close(own);
    }
    if (err)
        feeder_close(&s->feeder);
    s->fed_at = now_ms();
    return err;
}

void
fed_enter(struct shim *r, struct slot *w)
{
    struct slot *s = w->parent;
    if (s->state != SLOT_RUNNING || s->feeder.ends || s->feeder.refused || s->stop != REASON_OK)
        w->reason = REASON_CANCELLED;
    else if (add_line(r, w, &s->feeder)) {
        slot_take(r, s, w);
        feeder_send(&s->feeder);
        s->fed_at = now_ms();
        release_again(r, s);
        if (r->opt.verbose) {
            buf_reset(&r->text);
            plan_task_label(r->plan, w->at->task, &r->text);
            say("%s: fed to process %ld, attempt %u", r->text.p, (long)s->group.pid,
                w->at->attempt);
        }
        w->nmembers = 0;
        return;
    }
    slot_drop(r, w);
}

void
fed_judge(struct shim *r, struct slot *s)
{
    bool fed = fed_family(r, s);
    if (!s->launched || (!fed && s->stop != REASON_LIMIT))
        return;
    const struct member *m = s->at;
    if (s->reason != REASON_OK && s->stop != REASON_WALLTIME && !m->over && !s->refuted &&
        release_was_complete(r, s)) {
        s->reason = REASON_OK; /* of itself it was done before: its outputs tell */
        return;
    }
    if (!fed)
        return;
    bool told = m->line_at < s->feeder.sent;
    if (s->stop == REASON_LIMIT && !m->over) {
        note_add(&s->note, "stopped with its process, of which another task ran past its limit");
        s->reason = REASON_CANCELLED;
    } else if ((s->reason == REASON_OK || journal_reason_charged(s->reason)) &&
               (!told || (s->progress && m->line_end > feeder_read(&s->feeder)))) {
        note_add(&s->note, "its process ended and had not read its line");
        s->reason = REASON_CANCELLED;
    }
}
