/* What is left of a task that goes on from a checkpoint: who has ten minutes to go may start in a
 * job that has an hour left. Such tasks are of classes that start at any time; before one does, its
 * checkpoint is looked at, and who would not end in time waits for another job. */
#include "config.h"

#include "runtime/files-private.h"

#include "cost/cost.h"
#include "sched/job_time.h"
#include "util/file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ANSWER = 4096, /* of what was printed, the end counts */
    TOLD = 5,      /* tasks that wait, before that is not said any more */
};

bool
left_matters(const struct shim *r, uint32_t task)
{
    return r->plan->family[plan_family_of(r->plan, task)].remaining.size != 0 &&
           r->time.stop_at != NEVER;
}

void
left_keep(struct shim *r, uint32_t task)
{
    uint32_t class = classes_begun(&r->classes, sched_class_number(r->sched, task));
    sched_add_classes(r->sched, r->classes.class, r->classes.n);
    learned_classes(r);
    sched_change_class(r->sched, task, class);
    r->known.found[task] = FINDING_BEGUN;
}

/* Seconds, as milliseconds that are known; of what is no time: NEVER. */
static int64_t
known_ms(double seconds)
{
    if (!(seconds >= 0) || isinf(seconds))
        return NEVER;
    int64_t ms = job_time_ms(seconds);
    return ms > 0 ? ms : 1;
}

/* Then all of it is. `said`: what who was asked had to say, or "". */
static void
not_told(struct shim *r, struct slot *s, const char *why, const char *said)
{
    s->at->left_ms = NEVER;
    buf_reset(&r->text);
    plan_task_label(r->plan, s->at->task, &r->text);
    say("%s: how much of it is left cannot be told, so it is taken for all of it: %s%s%s",
        r->text.p, why, *said ? ": " : "", said);
}

/* The checkpoint is r->path. */
static enum progress
ask(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    uint32_t task = s->at->task;
    double seconds = NAN;
    buf_reset(&r->text);
    if (!f->remaining_shell && plan_number(r->eval, task, f->remaining, &seconds))
        s->at->left_ms = known_ms(seconds);
    if (s->at->left_ms && s->at->left_ms != NEVER)
        return PROGRESS_GOOD;
    if (!f->remaining_shell || !plan_text(r->eval, task, f->remaining, &r->text)) {
        not_told(r, s, s->at->left_ms ? "it is no time" : plan_eval_error(r->eval), "");
        return PROGRESS_GOOD;
    }
    s->files = FILES_LEFT;
    s->asked_at = lseek(s->spool, 0, SEEK_END);
    int err = spawn_check(r, s, f->remaining_shell, r->text.p, r->path.p);
    if (!err)
        return PROGRESS_CHILD;
    if (file_trouble(err)) {
        trouble_met(r, "no process can be started", err);
        return PROGRESS_LATER;
    }
    not_told(r, s, strerror(err), "");
    return PROGRESS_GOOD;
}

static const char *
last_line(char *text)
{
    size_t n = strlen(text);
    while (n && strchr(" \t\r\n", text[n - 1]))
        text[--n] = 0;
    return strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
}

/* What was printed is none of the task's words. */
void
left_told(struct shim *r, struct slot *s, bool cut)
{
    char text[ANSWER + 1], *end;
    off_t size = lseek(s->spool, 0, SEEK_END);
    off_t from = size - s->asked_at > ANSWER ? size - ANSWER : s->asked_at;
    ssize_t n = pread(s->spool, text, ANSWER, from);
    text[n > 0 ? n : 0] = 0;
    (void)!ftruncate(s->spool, s->asked_at);
    if (s->stop != REASON_OK)
        return;
    const char *line = last_line(text);
    double seconds = strtod(line, &end);
    bool good = s->group.status == 0 && end > line && !*end;
    s->at->left_ms = good ? known_ms(seconds) : NEVER;
    if (s->at->left_ms == NEVER)
        not_told(r, s,
            cut                    ? "who was asked ran past the task's limit"
            : s->group.status != 0 ? "who was asked failed"
                                   : "the last line that was printed is no number of seconds",
            line);
}

/* All of the task at hand, as far as it is known; else 0. */
static int64_t
whole_ms(struct shim *r, const struct slot *s)
{
    const struct class_kind *k = &r->classes.kind[sched_class_number(r->sched, s->at->task)];
    double stated = cost_seconds(r->eval, &r->plan->family[s->family], s->at->task);
    double sure = book_time(learned_book(r), k->family, k->key, stated).sure;
    return sure > 0 ? job_time_ms(sure) : 0;
}

static void
tell_late(struct shim *r, const struct slot *s, int64_t ms, int64_t left)
{
    if (r->told.late++ >= TOLD)
        return;
    buf_reset(&r->text);
    plan_task_label(r->plan, s->at->task, &r->text);
    tell(r, "%s: %.0f s of it are left, and the job has %.0f s: it waits for another job",
        r->text.p, ceil((double)ms / 1e3), (double)(left > 0 ? left : 0) / 1e3);
}

enum progress
left_look(struct shim *r, struct slot *s)
{
    if (!s->at->left_ms) {
        enum progress there = file_checkpoint(r, s);
        if (there == PROGRESS_LATER || s->reason != REASON_OK)
            return there;
        if (there == PROGRESS_BAD)
            s->at->left_ms = NEVER;
        else if ((there = ask(r, s)) != PROGRESS_GOOD)
            return there;
    }
    int64_t ms = s->at->left_ms == NEVER ? whole_ms(r, s) : s->at->left_ms;
    int64_t left = r->time.stop_at - now_ms();
    if (ms <= left)
        return PROGRESS_GOOD;
    tell_late(r, s, ms, left);
    s->reason = REASON_WALLTIME;
    return PROGRESS_BAD;
}
