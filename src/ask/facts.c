#include "config.h"

#include "ask/facts.h"

#include "journal/lease.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* Does the record tell once more of the end of this attempt, as when a node takes a failure back?
 * Then it counts as that says. */
static bool
fact_again(const struct fact *f, const struct journal_rec *rec)
{
    return rec->kind == JOURNAL_END && f->ended_s && rec->attempt && rec->attempt == f->attempt;
}

const struct fact *
fact_take(struct fact_reader *r, const struct journal_head *head, const struct journal_rec *rec)
{
    if (r->shard != head->shard || r->epoch != head->epoch || !r->holder) {
        r->shard = head->shard;
        r->epoch = head->epoch;
        r->holder = lease_of_shim(head->holder) ? strpool_adds(r->holders, head->holder) : 0;
    }
    if ((rec->kind != JOURNAL_START && rec->kind != JOURNAL_END) || rec->task >= r->ntasks)
        return NULL;
    struct fact *f = &r->task[rec->task];
    uint32_t now_s = (uint32_t)(rec->time_us / 1000000);
    if (fact_again(f, rec)) {
        f->reason = rec->reason;
        f->code = rec->code;
        f->flags = rec->flags;
        return f;
    }
    if (rec->attempt && !r->holder) /* wflc took over what a shim did */
        r->holder = strpool_adds(r->holders, head->holder);
    /* what was carried over ran by a plan before, with another one */
    uint32_t holder = rec->attempt && !(rec->flags & JOURNAL_CARRIED) ? r->holder : 0;
    if (rec->kind == JOURNAL_START) {
        *f = (struct fact){.holder = holder, .started_s = now_s, .attempt = rec->attempt};
        return f;
    }
    bool open = f->started_s && !f->ended_s && f->attempt == rec->attempt;
    *f = (struct fact){/* that it was lost, another one found */
        .holder = open && rec->reason == REASON_LOST ? f->holder : holder,
        .started_s = open ? f->started_s : now_s - rec->wall_ms / 1000,
        .ended_s = now_s,
        .ended_ms = (uint16_t)(rec->time_us / 1000 % 1000),
        .wall_ms = rec->wall_ms,
        .peak_kib = rec->peak_kib,
        .attempt = rec->attempt,
        .reason = rec->reason,
        .code = rec->code,
        .flags = rec->flags};
    return f;
}

bool
fact_follow(struct fact_reader *r, const struct journal_head *head, const struct journal_rec *rec,
    struct fact *ended)
{
    *ended = rec->task < r->ntasks ? r->task[rec->task] : (struct fact){0};
    return fact_take(r, head, rec) && ended->ended_s && !fact_again(ended, rec);
}

double
fact_ran_s(const struct facts *f, const struct fact *a)
{
    if (!a->started_s || a->ended_s)
        return a->wall_ms * 1e-3;
    /* by another host's clock, or since the reading began, it may have started later than now */
    double ran_s = (double)f->status->now_us * 1e-6 - a->started_s;
    return ran_s > 0 ? ran_s : 0;
}

bool
facts_open(const char *dir, struct facts *f, struct buf *why)
{
    struct buf path = {0};
    *f = (struct facts){0};
    strpool_init(&f->holders);
    buf_printf(&path, "%s/" PLAN_FILE, dir);
    f->plan = plan_open(path.p, why);
    buf_free(&path);
    return f->plan != NULL;
}

struct reading {
    struct fact_reader reader;
    const uint64_t *shards;
    facts_earlier *earlier;
    void *arg;
};

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct reading *r = arg;
    fact_take(&r->reader, head, rec);
    return true;
}

static bool
take_all(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct reading *r = arg;
    struct fact ended;
    if (fact_follow(&r->reader, head, rec, &ended))
        r->earlier(r->arg, rec->task, &ended);
    return true;
}

static bool
is_wanted(void *arg, uint32_t shard)
{
    const struct reading *r = arg;
    return r->shards[shard / 64] >> shard % 64 & 1;
}

static bool
read_by(struct reading *r, const char *dir, int64_t now_us, struct facts *f, struct buf *why)
{
    uint32_t ntasks = f->plan->head->ntasks;
    f->task = xcalloc((size_t)ntasks + 1, sizeof *f->task);
    r->reader = (struct fact_reader){f->task, ntasks, &f->holders, 0, 0, 0};
    const struct status_how how = {.now_us = now_us,
        .also = r->earlier ? take_all : take,
        .want = r->shards ? is_wanted : NULL,
        .arg = r};
    f->status = status_of(f->plan, dir, &how, why);
    f->plan = f->status ? f->status->plan : NULL;
    return f->status != NULL;
}

bool
facts_read(const char *dir, int64_t now_us, const uint64_t *shards, struct facts *f,
    struct buf *why)
{
    return read_by(&(struct reading){.shards = shards}, dir, now_us, f, why);
}

bool
facts_read_all(const char *dir, int64_t now_us, facts_earlier *each, void *arg, struct facts *f,
    struct buf *why)
{
    return read_by(&(struct reading){.earlier = each, .arg = arg}, dir, now_us, f, why);
}

static int64_t
done_us_of(const struct facts *f, uint32_t task)
{
    const struct fact *a = &f->task[task];
    bool known = f->status->state[task] == STATUS_DONE && a->ended_s;
    return known ? a->ended_s * INT64_C(1000000) + a->ended_ms * 1000 + 999 : SINCE_NOT_DONE;
}

void
facts_tell_changed(const struct facts *f, const char *state, const uint32_t *task, uint32_t n,
    struct buf *out)
{
    int64_t *done_us = xcalloc((size_t)n + 1, sizeof *done_us);
    bool any = false;
    for (uint32_t i = 0; i < n; i++) {
        done_us[i] = done_us_of(f, task[i]);
        any |= done_us[i] != SINCE_NOT_DONE;
    }
    if (any)
        since_tell(f->plan, state, task, done_us, n, out);
    free(done_us);
}

void
facts_look(struct facts *f, const char *state)
{
    uint32_t n = f->plan->head->ntasks;
    int64_t *done_us = xcalloc((size_t)n + 1, sizeof *done_us);
    f->changed = xcalloc((size_t)n + 1, 1);
    for (uint32_t t = 0; t < n; t++)
        done_us[t] = done_us_of(f, t);
    since_look(f->plan, state, done_us, 0, f->changed);
    free(done_us);
}

void
facts_free(struct facts *f)
{
    if (!f->status)
        plan_close(f->plan);
    status_free(f->status);
    free(f->task);
    free(f->changed);
    strpool_free(&f->holders);
    *f = (struct facts){0};
}

void
facts_host(const struct facts *f, uint32_t holder, struct buf *out)
{
    const char *name = strpool_get(&f->holders, holder);
    if (holder)
        buf_add(out, name, strcspn(name, "."));
    else
        buf_putc(out, '-');
}
