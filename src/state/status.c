#include "config.h"

#include "state/status.h"

#include "journal/lease.h"
#include "journal/paths.h"
#include "state/control.h"
#include "state/gates.h"
#include "state/tally.h"
#include "util/list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct tally *tally;
    const struct status_how *how;
};

/* After the leases were looked at: a shard at work has no more to tell than before. */
static bool
is_left(void *arg, uint32_t shard)
{
    const struct reading *r = arg;
    return tally_idle(r->tally, shard) && (!r->how->want || r->how->want(r->how->arg, shard));
}

static bool
take_record(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    const struct reading *r = arg;
    return (!r->how->also || r->how->also(r->how->arg, head, rec)) &&
           tally_take(r->tally, head, rec);
}

/* Reads the journal until the picture is consistent: once more after the leases were looked at, so
 * that of a shard without a lease nothing is missing; all again if an epoch began meanwhile. What
 * has a lease need not be looked at twice. */
static int
read_journal(struct reading *r, const char *state_dir)
{
    struct tally *t = r->tally;
    struct journal_tail *tail = journal_tail_new(state_dir, t->plan->head->identity);
    if (r->how->want)
        journal_tail_want(tail, r->how->want, r->how->arg);
    int err = journal_tail_poll(tail, take_record, r);
    uint64_t heads;
    int tries = 5;
    do {
        heads = t->heads;
        tally_leases(t, state_dir);
        journal_tail_want(tail, is_left, r);
        if (!err)
            err = journal_tail_poll(tail, take_record, r);
    } while (!err && heads != t->heads && --tries);
    journal_tail_free(tail);
    return err;
}

static int
by_first_shard(const void *a, const void *b)
{
    const struct status_shim *x = a, *y = b;
    if (!x->nshards || !y->nshards)
        return x->nshards || y->nshards ? (y->nshards > 0) - (x->nshards > 0)
                                        : strcmp(x->holder, y->holder);
    return x->shard < y->shard ? -1 : x->shard > y->shard;
}

/* "host pid job" */
static void
split_who(struct status_shim *j)
{
    char *blank = strrchr(j->who, ' ');
    j->job[0] = 0;
    if (!blank)
        return;
    *blank = 0;
    if (strcmp(blank + 1, "-") != 0)
        snprintf(j->job, sizeof j->job, "%s", blank + 1);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct status_shim *)a)->holder, ((const struct status_shim *)b)->holder);
}

/* Those of a node and job stand together: first who has shards, then who began last. */
static int
by_node(const void *a, const void *b)
{
    const struct status_shim *x = a, *y = b;
    size_t n = strlen(x->holder), m = strlen(y->holder);
    int c = lease_compare_nodes(x->holder, y->holder);
    c = c ? c : strcmp(x->job, y->job);
    c = c ? c : (y->nshards > 0) - (x->nshards > 0);
    return c ? c : n != m ? (m > n) - (m < n) : strcmp(y->holder, x->holder);
}

struct idle_shims {
    struct status *s;
    const char *state_dir;
    size_t nbusy, cap; /* busy ones stand first, by name */
};

static bool
take_idle_shim(void *arg, const char *holder)
{
    struct idle_shims *idle = arg;
    struct status *s = idle->s;
    struct status_shim j = {.since_us = -1};
    snprintf(j.holder, sizeof j.holder, "%s", holder);
    if (bsearch(&j, s->shim, idle->nbusy, sizeof j, by_name) ||
        !lease_seen(idle->state_dir, holder, j.who, sizeof j.who))
        return true;
    split_who(&j);
    ARRAY_GROW(s->shim, s->nshims, idle->cap);
    s->shim[s->nshims++] = j;
    return true;
}

/* Of a node and job there is one more only for what runs by a plan before. */
static void
add_idle_shims(struct status *s, const char *state_dir)
{
    struct idle_shims idle = {s, state_dir, s->nshims, s->nshims};
    size_t n = 0;
    lease_each(state_dir, take_idle_shim, &idle);
    if (s->nshims == idle.nbusy)
        return;
    qsort(s->shim, s->nshims, sizeof *s->shim, by_node);
    for (size_t i = 0; i < s->nshims; i++)
        if (s->shim[i].nshards || !n ||
            !lease_same_node(s->shim[n - 1].holder, s->shim[i].holder) ||
            strcmp(s->shim[n - 1].job, s->shim[i].job) != 0)
            s->shim[n++] = s->shim[i];
    s->nshims = n;
}

/* `state_dir`: those without shards, too; NULL: not these. */
static void
take_shims(struct status *s, const struct tally *t, const char *state_dir)
{
    size_t n;
    const struct tally_shard **live = tally_live(t, &n);
    s->shim = xcalloc(n + 1, sizeof *s->shim);
    s->leased = xcalloc(s->plan->nshards, sizeof *s->leased);
    for (size_t i = 0; i < n; i++) {
        const struct tally_shard *from = live[i];
        if (from->shard < s->plan->nshards)
            s->leased[from->shard] = true;
        if (i == 0 || strcmp(live[i - 1]->holder, from->holder) != 0) {
            struct status_shim *j = &s->shim[s->nshims++];
            j->shard = from->shard;
            j->epoch = from->epoch;
            j->since_us = tally_since_us(t, from);
            memcpy(j->holder, from->holder, sizeof j->holder);
            memcpy(j->who, from->who, sizeof j->who);
            split_who(j);
        }
        s->shim[s->nshims - 1].nshards++;
    }
    free(live);
    if (state_dir)
        add_idle_shims(s, state_dir);
    qsort(s->shim, s->nshims, sizeof *s->shim, by_first_shard);
}

static void
count_states(struct status *s)
{
    const struct plan *p = s->plan;
    s->family = xcalloc(p->nfamilies, sizeof *s->family);
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct plan_family *f = &p->family[k];
        struct status_count *c = &s->family[k];
        c->total = f->ntasks;
        for (uint32_t i = f->first_task; i < f->first_task + f->ntasks; i++)
            c->of[s->state[i]]++;
        s->all.total += c->total;
        for (int x = 0; x < STATUS_NSTATES; x++)
            s->all.of[x] += c->of[x];
    }
}

static void
take_over(struct status *s, const struct tally *t)
{
    s->over = xcalloc(s->plan->nfamilies, sizeof *s->over);
    s->cut = xcalloc(s->plan->nfamilies, sizeof *s->cut);
    for (uint32_t k = 0; k < s->plan->nfamilies; k++) {
        s->over[k] = t->family[k].over;
        s->cut[k] = t->family[k].cut;
    }
}

static int
by_task(const void *a, const void *b)
{
    uint32_t x = ((const struct status_failure *)a)->end.task;
    uint32_t y = ((const struct status_failure *)b)->end.task;
    return x < y ? -1 : x > y;
}

/* The last failure of each task that is failed now. */
static void
take_failures(struct status *s, struct tally *t)
{
    /* the last ones come last, and are marked by taking the task's slot */
    size_t n = 0;
    for (size_t i = 0; i < t->nfailures; i++)
        t->slot[t->failure[i].end.task] = (uint32_t)i;
    for (size_t i = 0; i < t->nfailures; i++) {
        uint32_t task = t->failure[i].end.task;
        if (s->state[task] == STATUS_FAILED && t->slot[task] == i)
            t->failure[n++] = t->failure[i];
    }
    if (n)
        qsort(t->failure, n, sizeof *t->failure, by_task);
    s->failure = t->failure;
    s->nfailures = n;
    t->failure = NULL;
    t->nfailures = t->cap_failure = 0;
}

/* 0: they are of one family, and for one reason. */
static int
compare_kinds(const struct status *s, uint32_t i, uint32_t k)
{
    const struct journal_rec *x = &s->failure[i].end, *y = &s->failure[k].end;
    uint32_t f = plan_family_of(s->plan, x->task), g = plan_family_of(s->plan, y->task);
    return f != g                   ? (f > g) - (f < g)
           : x->reason != y->reason ? x->reason - y->reason
                                    : x->code - y->code;
}

static int
by_kind(const void *a, const void *b, void *status)
{
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    int c = compare_kinds(status, i, k);
    return c ? c : (i > k) - (i < k);
}

static int
by_size(const void *a, const void *b)
{
    const struct status_group *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n) - (x->n > y->n)
                        : (x->first > y->first) - (x->first < y->first);
}

/* Failures that are alike are told together: there may be a million of them. */
static void
group_failures(struct status *s)
{
    size_t cap = 0;
    s->alike = xcalloc(s->nfailures + 1, sizeof *s->alike);
    for (size_t i = 0; i < s->nfailures; i++)
        s->alike[i] = (uint32_t)i;
    qsort_r(s->alike, s->nfailures, sizeof *s->alike, by_kind, s);
    for (size_t i = 0; i < s->nfailures; i++) {
        if (i == 0 || compare_kinds(s, s->alike[i - 1], s->alike[i]) != 0) {
            ARRAY_GROW(s->group, s->ngroups, cap);
            s->group[s->ngroups++] = (struct status_group){.first = i};
        }
        struct status_group *g = &s->group[s->ngroups - 1];
        uint32_t peak = s->failure[s->alike[i]].end.peak_kib;
        g->n++;
        g->peak_kib = peak > g->peak_kib ? peak : g->peak_kib;
    }
    if (s->ngroups)
        qsort(s->group, s->ngroups, sizeof *s->group, by_size);
}

static int
by_late_task(const void *a, const void *b)
{
    uint32_t x = ((const struct status_late *)a)->task, y = ((const struct status_late *)b)->task;
    return x < y ? -1 : x > y;
}

/* Those that still wait. */
static void
take_late(struct status *s, struct tally *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nlate; i++)
        if (s->state[t->late[i].task] == STATUS_LATE && t->slot[t->late[i].task] == i)
            t->late[n++] = t->late[i];
    if (n)
        qsort(t->late, n, sizeof *t->late, by_late_task);
    s->late = t->late;
    s->nlate = n;
    t->late = NULL;
    t->nlate = t->cap_late = 0;
}

static void
take_again(struct status *s, const struct tally *t)
{
    size_t cap = 0;
    for (uint32_t i = 0; t->count[SEEN_AGAIN] && i < s->plan->head->ntasks; i++) {
        uint32_t at_s = s->state[i] == STATUS_READY ? tally_again_s(t, i) : 0;
        if (at_s * INT64_C(1000000) <= s->now_us)
            continue;
        ARRAY_GROW(s->again, s->nagain, cap);
        s->again[s->nagain++] = (struct status_again){i, at_s};
        s->again_s = s->again_s && s->again_s < at_s ? s->again_s : at_s;
    }
}

static void
take_times(struct status *s, const struct tally *t)
{
    s->period_s = 3600;
    s->rate = tally_rate(t, s->now_us, &s->period_s, &s->done_lately);
    uint32_t *left = xcalloc(s->plan->nfamilies, sizeof *left);
    for (uint32_t k = 0; k < s->plan->nfamilies; k++) {
        const struct status_count *c = &s->family[k];
        left[k] = c->total - c->of[STATUS_DONE] - c->of[STATUS_FAILED] - c->of[STATUS_BLOCKED] -
                  c->of[STATUS_GATED];
    }
    s->eta_s = tally_eta(t, s->now_us, left);
    free(left);
}

struct status *
status_of(struct plan *p, const char *dir, const struct status_how *how, struct buf *why)
{
    struct buf path = {0};
    plan_umask(p);
    buf_printf(&path, "%s/" BUILD_STATE, dir);
    struct tally *t = tally_new(p, false);
    struct reading reading = {t, how};
    struct status *s = NULL;
    int err = read_journal(&reading, path.p);
    if (err) {
        tally_error(path.p, err, why);
        plan_close(p);
    } else {
        s = xcalloc(1, sizeof *s);
        s->plan = p;
        s->dir = xstrdup(dir);
        s->now_us = how->now_us;
        s->state = xcalloc_whole(p->head->ntasks, sizeof *s->state);
        s->control = control_new(path.p, p->head->identity);
        control_read_now(s->control);
        uint32_t *gated = gates_closed(p, s->control);
        tally_states(t, gated, s->state);
        free(gated);
        take_over(s, t);
        take_shims(s, t, how->want || how->before ? NULL : path.p);
        for (size_t i = 0; i < s->nshims; i++)
            if (!s->shim[i].nshards)
                account_waits(t->account, s->shim[i].holder, s->shim[i].job, how->now_us,
                    control_pause(s->control) ? ACCOUNT_PAUSED : ACCOUNT_NOTHING);
        tally_running(t, how->now_us);
        tally_account(t, how->now_us, &s->account);
        s->stopped =
            stop_find(path.p, p->head->identity, &s->stop) && s->stop.family < p->nfamilies;
        nodes_read(path.p, &s->bad, &s->nbad); /* if they cannot be read: none that is known */
        count_states(s);
        take_times(s, t);
        take_again(s, t);
        take_late(s, t); /* before slots have another meaning */
        take_failures(s, t);
        group_failures(s);
        s->wrote = t->wrote;
        t->wrote = NULL;
        s->book = t->book;
        t->book = NULL;
    }
    tally_free(t);
    buf_free(&path);
    return s;
}

struct status *
status_read(const char *dir, int64_t now_us, struct buf *why)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, dir);
    struct plan *p = plan_open(path.p, why);
    buf_free(&path);
    return p ? status_of(p, dir, &(struct status_how){.now_us = now_us}, why) : NULL;
}

void
status_free(struct status *s)
{
    if (!s)
        return;
    book_free(s->book);
    account_sum_free(&s->account);
    plan_close(s->plan);
    free(s->dir);
    free(s->state);
    free(s->wrote);
    free(s->family);
    free(s->over);
    free(s->cut);
    free(s->failure);
    free(s->late);
    free(s->again);
    free(s->alike);
    free(s->group);
    free(s->shim);
    free(s->leased);
    free(s->bad);
    control_free(s->control);
    free(s);
}
