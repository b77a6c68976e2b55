/* What became of the jobs that were submitted. */
#include "config.h"

#include "submit/keep.h"

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
    const struct record_line line = {
        .word = word, .i = i, .id = id, .text = text, .done = x->done, .now_s = time(NULL)};
    if (!x->err)
        x->err = record_add(x->r, &line);
}

/* The last wflc was killed between its intent and its record, or the scheduler never answered. */
static void
intent(struct settling *x, size_t i)
{
    const char *name = x->r->job[i].name;
    const struct queue_job *there = queue_by_name(x->q, name);
    if (there) {
        add(x, RECORD_JOB, i, there->id, "found by its name");
        buf_printf(
            x->news, "job %s (%s) was submitted before wflc was interrupted\n", there->id, name);
    } else if (x->asked_s > x->r->job[i].intent_s + x->s->site->scheduler.poll_s ||
               x->s->site->scheduler.kind == SITE_LOCAL) {
        add(x, RECORD_VOID, i, NULL, NULL);
    } else {
        x->clear = false;
    }
}

static void
job(struct settling *x, size_t i)
{
    const struct record_job *j = &x->r->job[i];
    const struct queue_job *there = queue_by_id(x->q, j->id);
    if (scheduler_ended(x->s, j, x->q, x->asked_s))
        add(x, RECORD_ENDED, i, j->id, there ? there->word : NULL);
}

bool
keep_settle(const struct scheduler *s, struct record *r, const struct queue *q, int64_t asked_s,
    uint32_t done, struct buf *news, int *err)
{
    struct settling x = {
        .s = s, .r = r, .q = q, .asked_s = asked_s, .done = done, .news = news, .clear = true};
    for (size_t i = 0; i < r->n && !x.err; i++) {
        if (r->job[i].is == RECORD_INTENT)
            intent(&x, i);
        if (r->job[i].is == RECORD_JOB && !x.err)
            job(&x, i);
    }
    *err = x.err;
    return x.clear;
}
