/* What became of the jobs that were submitted. */
#include "config.h"

#include "submit/keep.h"

#include "submit/output.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

struct settling {
    const struct scheduler *s;
    struct record *r;
    const struct queue *q;
    int64_t asked_s;
    uint32_t done;
    struct buf *news;
    int err;
    bool clear;
};

static void
add(struct settling *x, enum record_word word, size_t i, const char *id, const char *text)
{
    /* clang-format off */
    const struct record_line line = {
        .word = word, .i = i, .id = id, .text = text, .done = x->done, .now_s = time(NULL)};
    if (!x->err)
        x->err = record_add(x->r, &line);
}

/* Its name is no other job's; an id may have been given to another one meanwhile. */
static const struct queue_job *
shown(const struct queue *q, const struct record_job *j)
{
    const struct queue_job *there = queue_by_name(q, j->name);
    if (!there && *j->id && (j->is == RECORD_JOB || record_by_hand(j)))
        there = queue_by_id(q, j->id);
    return there;
}

static const char *
verdict(const struct record_job *j)
{
    return j->is == RECORD_REFUSED ? "refused" : j->is == RECORD_VOID ? "not submitted" : "over";
}

/* What the scheduler shows is there, whatever was told before: the wflc that asked for it was killed, or the
 * scheduler gave no clear answer, or a wrong one. */
static void
adopt(struct settling *x, size_t i)
{
    const struct record_job *j = &x->r->job[i];
    const struct queue_job *there = j->is == RECORD_JOB ? NULL : shown(x->q, j);
    if (!there || (j->is != RECORD_INTENT && (there->state == QUEUE_ENDED || x->asked_s <= j->end_s)))
        return;
    if (x->news && j->is == RECORD_INTENT && j->doubted)
        buf_printf(x->news, "job %s (%s) was taken, though the scheduler gave no clear answer\n", there->id, j->name);
    else if (x->news && j->is == RECORD_INTENT)
        buf_printf(x->news, "job %s (%s) was submitted before wflc was interrupted\n", there->id, j->name);
    else if (x->news)
        buf_printf(x->news, "job %s (%s) is in the queue, though it was taken for %s\n", there->id,
            j->name, verdict(j));
    add(x, RECORD_JOB, i, there->id,
        j->is == RECORD_INTENT ? "found by its name" : "the scheduler shows it");
}

int
keep_adopt(const struct scheduler *s, struct record *r, const struct queue *q, int64_t asked_s,
    struct buf *news)
{
    struct settling x = {.s = s, .r = r, .q = q, .asked_s = asked_s, .news = news};
    for (size_t i = 0; i < r->n && !x.err; i++)
        adopt(&x, i);
    return x.err;
}

/* Of an intent that the scheduler does not show. */
static void
intent(struct settling *x, size_t i)
{
    if (x->asked_s > x->r->job[i].intent_s + x->s->site->scheduler.poll_s ||
        x->s->site->scheduler.kind == SITE_LOCAL)
        add(x, RECORD_VOID, i, NULL, NULL);
    else
        x->clear = false;
}

/* What a job printed that ended without use: a scheduler or a shell says there why it never began. */
static void
tell_last_words(struct settling *x, const struct record_job *j)
{
    struct buf path = {0}, line = {0};
    if (j->cancelled || x->done != j->done_before || x->s->site->scheduler.kind == SITE_LOCAL)
        return;
    if (output_last_line(x->s->dir, j->id, &path, &line))
        buf_printf(x->news, "job %s ended, and no task was done meanwhile; the last line of its '%s': %s\n",
            j->id, path.p + strlen(x->s->dir) + 1, line.p);
    buf_free(&path);
    buf_free(&line);
}

static void
job(struct settling *x, size_t i)
{
    const struct record_job *j = &x->r->job[i];
    const struct queue_job *there = shown(x->q, j);
    if (!scheduler_ended(x->s, j, x->q, x->asked_s))
        return;
    tell_last_words(x, j);
    add(x, RECORD_ENDED, i, j->id, there ? there->word : NULL);
}

bool
keep_settle(const struct scheduler *s, struct record *r, const struct queue *q, int64_t asked_s,
    uint32_t done, struct buf *news, int *err)
{
    struct settling x = {
        .s = s, .r = r, .q = q, .asked_s = asked_s, .done = done, .news = news, .clear = true};
    for (size_t i = 0; i < r->n && !x.err; i++) {
        adopt(&x, i);
        if (r->job[i].is == RECORD_INTENT)
            intent(&x, i);
        if (r->job[i].is == RECORD_JOB && !x.err)
            job(&x, i);
    }
    /* clang-format on */
    *err = x.err;
    return x.clear;
}
