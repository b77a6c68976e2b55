#include "config.h"

#include "state/control.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/clock.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So often it is looked again when something had changed: the times of folders may be coarse, and a
 * file may not be complete yet. */
enum { LOOKS = 3 };

struct control {
    char *state_dir;
    uint64_t plan;
    struct order *order;
    uint32_t n, cap;
    uint32_t last; /* all up to this number were read, or are damaged */
    uint32_t damaged;
    bool cancels; /* of this plan: there are some */
    struct folder_mark mark;
    unsigned looks; /* that are to be made yet */
    uint32_t
        *heeded; /* of each task below ntasks: the number of the last cancel that was; 0: none */
    uint32_t ntasks;
};

struct control *
control_new(const char *state_dir, uint64_t plan)
{
    struct control *c = xcalloc(1, sizeof *c);
    c->state_dir = xstrdup(state_dir);
    c->plan = plan;
    return c;
}

void
control_free(struct control *c)
{
    if (!c)
        return;
    for (uint32_t i = 0; i < c->n; i++)
        order_free(&c->order[i]);
    free(c->order);
    free(c->heeded);
    free(c->state_dir);
    free(c);
}

/* --- reading --- */

/* False: it may not be complete yet, and is to be read later. */
static bool
take(struct control *c, uint32_t number, bool patient)
{
    struct order o;
    int err = order_read(c->state_dir, number, &o);
    if (err && patient)
        return false;
    c->last = number;
    if (err) {
        c->damaged++;
        return true;
    }
    ARRAY_GROW(c->order, c->n, c->cap);
    c->order[c->n++] = o;
    c->cancels |= o.kind == ORDER_CANCEL && o.plan == c->plan;
    return true;
}

static void
take_new(struct control *c, bool patient)
{
    uint32_t *v, n;
    if (orders_list(c->state_dir, c->last, &v, &n) != 0)
        c->looks += !c->looks; /* and again */
    for (uint32_t i = 0; i < n && take(c, v[i], patient); i++)
        continue;
    free(v);
}

bool
control_read(struct control *c)
{
    uint32_t before = c->n;
    if (folder_changed(c->state_dir, STATE_CONTROL, &c->mark))
        c->looks = LOOKS + 1;
    if (!c->looks)
        return false;
    c->looks--;
    take_new(c, c->looks > 0);
    return c->n > before;
}

void
control_read_now(struct control *c)
{
    folder_changed(c->state_dir, STATE_CONTROL, &c->mark);
    c->looks = LOOKS;
    take_new(c, false);
}

/* --- what is in force --- */

uint32_t
control_count(const struct control *c)
{
    return c->n;
}

const struct order *
control_nth(const struct control *c, uint32_t i)
{
    return &c->order[i];
}

uint32_t
control_last(const struct control *c)
{
    return c->n ? c->order[c->n - 1].number : 0;
}

uint32_t
control_damaged(const struct control *c)
{
    return c->damaged;
}

/* The last order of one of two kinds that is about `of` (NULL: whatever it is about). */
static const struct order *
last_of(const struct control *c, enum order_kind a, enum order_kind b, const char *of)
{
    for (uint32_t i = c->n; i-- > 0;) {
        const struct order *o = &c->order[i];
        if ((o->kind == a || o->kind == b) && (!of || strcmp(o->of, of) == 0))
            return o;
    }
    return NULL;
}

const struct order *
control_pause(const struct control *c)
{
    const struct order *o = last_of(c, ORDER_PAUSE, ORDER_RESUME, NULL);
    return o && o->kind == ORDER_PAUSE ? o : NULL;
}

const struct order *
control_exclusion(const struct control *c, const char *host)
{
    const struct order *o = last_of(c, ORDER_EXCLUDE, ORDER_INCLUDE, host);
    return o && o->kind == ORDER_EXCLUDE ? o : NULL;
}

const struct order *
control_job_drain(const struct control *c, const char *job)
{
    return last_of(c, ORDER_DRAIN_JOB, ORDER_DRAIN_JOB, job);
}

const struct order *
control_host_drain(const struct control *c, const char *host, uint32_t after)
{
    const struct order *o = last_of(c, ORDER_DRAIN_HOST, ORDER_DRAIN_HOST, host);
    return o && o->number > after ? o : NULL;
}

const struct order *
control_release(const struct control *c, const char *gate)
{
    return last_of(c, ORDER_RELEASE, ORDER_RELEASE, gate);
}

bool
control_holds(const struct control *c, const struct order *o)
{
    switch (o->kind) {
    case ORDER_PAUSE:
        return control_pause(c) == o;
    case ORDER_EXCLUDE:
        return control_exclusion(c, o->of) == o;
    case ORDER_DRAIN_JOB:
        return control_job_drain(c, o->of) == o;
    case ORDER_DRAIN_HOST:
        return control_host_drain(c, o->of, 0) == o;
    case ORDER_RELEASE:
        return control_release(c, o->of) == o;
    case ORDER_CANCEL:
        return o->plan == c->plan;
    default:
        return false;
    }
}

const struct order *
control_cancel(const struct control *c, uint32_t task)
{
    if (!c->cancels)
        return NULL;
    uint32_t heeded = task < c->ntasks ? c->heeded[task] : 0;
    for (uint32_t i = c->n; i-- > 0 && c->order[i].number > heeded;) {
        const struct order *o = &c->order[i];
        if (o->kind == ORDER_CANCEL && o->plan == c->plan && order_has_task(o, task))
            return o;
    }
    return NULL;
}

void
control_heed(struct control *c, uint32_t task, uint32_t number)
{
    if (task >= c->ntasks) {
        uint32_t n = task < UINT32_MAX / 2 ? task * 2 + 64 : UINT32_MAX;
        c->heeded = xrealloc(c->heeded, n * sizeof *c->heeded);
        memset(c->heeded + c->ntasks, 0, (n - c->ntasks) * sizeof *c->heeded);
        c->ntasks = n;
    }
    if (c->heeded[task] < number)
        c->heeded[task] = number;
}

struct journal_rec
control_heed_now(struct control *c, const struct order *o, uint32_t task)
{
    control_heed(c, task, o->number);
    return (struct journal_rec){.kind = JOURNAL_CANCEL,
        .task = task,
        .log_off = o->number,
        .time_us = now_us()};
}

void
control_whose(const struct order *o, const char *since, struct buf *out)
{
    time_t at = (time_t)o->time_s, now = time(NULL);
    struct tm then, today;
    char text[40] = "";
    if (localtime_r(&at, &then) && localtime_r(&now, &today)) {
        bool same = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
        strftime(text, sizeof text, same ? "%H:%M" : "%Y-%m-%d %H:%M", &then);
    }
    buf_printf(out, "%s %s %s", o->who, since, text);
}
