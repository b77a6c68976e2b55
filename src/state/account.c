/* Core time of nodes, by what they did with it. What attempts took is on record, START to END; of
 * what is left their shims say why; the rest is idle. */
#include "config.h"

#include "state/account.h"

#include "journal/lease.h"
#include "util/list.h"
#include "util/strpool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A shim that was not heard of for longer has not lived until its job's end (node/use.c says
 * something as often). */
#define SIGN_US (INT64_C(310) * 1000000)

/* Attempts without an end: so many cores, and when they began, added up. */
struct open_ends {
    double cores, since_s;
};

struct holder {
    struct account_node node;
    int64_t first_us;       /* of its records */
    int64_t told_us;        /* it was told to end; 0: not */
    uint32_t nopen;         /* journals without a CLOSE */
    enum account_part rest; /* what it has not said a reason for */
    uint32_t idle[JOURNAL_NIDLES];
    double core_s[ACCOUNT_NPARTS];
    struct open_ends lost, running;
};

struct account {
    const struct plan *plan;
    struct plan_eval *eval; /* NULL until a family needs it */
    double *cores;          /* of tasks of each family; 0: they differ */
    struct strpool names;
    uint32_t *by_name; /* from a name to its holder */
    size_t nnames, cap_names;
    struct holder *holder;
    size_t n, cap;
};

const char *
account_name(enum account_part p)
{
    static const char *const name[] = {
#define X(id, name, text) name,
        ACCOUNT_PARTS(X)
#undef X
    };
    return name[p];
}

const char *
account_text(enum account_part p)
{
    static const char *const of[] = {
#define X(id, name, text) text,
        ACCOUNT_PARTS(X)
#undef X
    };
    return of[p];
}

static double
evaluate(struct account *a, uint32_t f, uint32_t task)
{
    double n = 1;
    if (!a->eval)
        a->eval = plan_eval_new(a->plan);
    if (!plan_number(a->eval, task, a->plan->family[f].cores, &n) || !(n >= 0))
        return 1;
    return n < PLAN_MOST_CORES ? n : PLAN_MOST_CORES;
}

struct account *
account_new(const struct plan *p)
{
    struct account *a = xcalloc(1, sizeof *a);
    a->plan = p;
    strpool_init(&a->names);
    a->cores = xcalloc(p->nfamilies, sizeof *a->cores);
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct plan_family *f = &p->family[k];
        a->cores[k] = !f->cores.size                 ? 1
                      : f->constant && f->ntasks > 0 ? evaluate(a, k, f->first_task)
                                                     : 0;
    }
    return a;
}

void
account_free(struct account *a)
{
    if (!a)
        return;
    for (size_t i = 0; i < a->n; i++)
        free(a->holder[i].node.of_family);
    plan_eval_free(a->eval);
    strpool_free(&a->names);
    free(a->cores);
    free(a->by_name);
    free(a->holder);
    free(a);
}

static double
cores_of(struct account *a, uint32_t f, uint32_t task)
{
    return a->cores[f] > 0 ? a->cores[f] : evaluate(a, f, task);
}

/* --- records --- */

static void
seen_at(struct holder *h, int64_t us)
{
    if (us > h->node.sign_us)
        h->node.sign_us = us;
}

/* The number of a holder that is seen at that time. */
static uint32_t
holder_of(struct account *a, const char *holder, int64_t us)
{
    uint32_t name = strpool_adds(&a->names, holder);
    while (a->nnames <= name) {
        ARRAY_GROW(a->by_name, a->nnames, a->cap_names);
        a->by_name[a->nnames++] = ACCOUNT_NONE;
    }
    if (a->by_name[name] == ACCOUNT_NONE) {
        ARRAY_GROW(a->holder, a->n, a->cap);
        a->by_name[name] = (uint32_t)a->n;
        a->holder[a->n++] = (struct holder){.first_us = us,
            .rest = ACCOUNT_IDLE,
            .node.cores = a->plan->head->cores,
            .node.rank = UINT32_MAX};
        snprintf(a->holder[a->n - 1].node.holder, HOLDER_SIZE, "%s", holder);
    }
    struct holder *h = &a->holder[a->by_name[name]];
    h->first_us = us < h->first_us ? us : h->first_us;
    seen_at(h, us);
    return a->by_name[name];
}

uint32_t
account_head(struct account *a, const struct journal_head *head)
{
    if (!lease_of_shim(head->holder))
        return ACCOUNT_NONE;
    uint32_t holder = holder_of(a, head->holder, head->time_us);
    a->holder[holder].nopen++;
    return holder;
}

int64_t
account_began_us(const struct account *a, uint32_t holder)
{
    return a->holder[holder].first_us;
}

static enum account_part
part_of(const struct journal_rec *end)
{
    switch ((enum journal_reason)end->reason) {
    case REASON_OK:
        return ACCOUNT_USEFUL;
    case REASON_WALLTIME:
        return ACCOUNT_WALLTIME;
    case REASON_NODE:
    case REASON_LOST:
    case REASON_CANCELLED:
    case REASON_GONE:
    case REASON_REDO:
        return ACCOUNT_KILLED;
    default:
        return ACCOUNT_FAILED;
    }
}

/* Records may be of anything, so that times may be too far from each other for a whole number. */
static double
between_s(int64_t from_us, int64_t to_us)
{
    return ((double)to_us - (double)from_us) * 1e-6;
}

void
account_end(struct account *a, uint32_t holder, uint32_t f, const struct journal_rec *end,
    int64_t since_us)
{
    if (holder == ACCOUNT_NONE || !since_us)
        return;
    struct holder *h = &a->holder[holder];
    const enum account_part part = part_of(end);
    const double cores = cores_of(a, f, end->task);
    double all = between_s(since_us, end->time_us), ran = end->wall_ms * 1e-3;
    ran = ran < all ? ran : all > 0 ? all : 0;
    h->core_s[part] += ran * cores;
    h->core_s[ACCOUNT_STARTING] += all > ran ? (all - ran) * cores : 0;
    h->node.done += part == ACCOUNT_USEFUL;
    h->node.failed += part == ACCOUNT_FAILED;
    h->node.lost += part == ACCOUNT_WALLTIME || part == ACCOUNT_KILLED;
    seen_at(h, end->time_us);
}

void
account_open(struct account *a, uint32_t holder, uint32_t f, uint32_t task, int64_t since_us,
    bool lost)
{
    if (holder == ACCOUNT_NONE)
        return;
    struct holder *h = &a->holder[holder];
    struct open_ends *o = lost ? &h->lost : &h->running;
    const double cores = cores_of(a, f, task);
    o->cores += cores;
    o->since_s += between_s(h->first_us, since_us) * cores;
    h->node.lost += lost;
    h->node.running += !lost;
    if (!lost && !h->node.of_family)
        h->node.of_family = xcalloc(a->plan->nfamilies, sizeof *h->node.of_family);
    if (!lost)
        h->node.of_family[f]++;
    seen_at(h, since_us);
}

static void
take_who(struct holder *h, const struct journal_who *w)
{
    struct account_node *n = &h->node;
    n->cores = w->cores;
    n->rank = w->rank;
    n->memory_mib = w->memory_mib;
    n->began_us = w->began_us;
    n->ends_us = (int64_t)w->ends_s * 1000000;
    memcpy(n->job, w->job, sizeof n->job);
    n->job[sizeof n->job - 1] = 0;
}

/* All of its journals say the same, each up to its own end. */
static void
take_use(struct holder *h, const struct journal_use *u)
{
    if (u->time_us < h->node.said_us)
        return;
    h->node.said_us = u->time_us;
    h->node.given_mib = u->given_mib;
    h->node.used_mib = u->used_mib;
    memcpy(h->idle, u->idle, sizeof h->idle);
    seen_at(h, u->time_us);
}

void
account_other(struct account *a, uint32_t holder, const struct journal_rec *rec)
{
    if (holder == ACCOUNT_NONE)
        return;
    struct holder *h = &a->holder[holder];
    const struct journal_who *w = (const void *)rec;
    if (rec->kind == JOURNAL_SYNC && w->said == JOURNAL_SAID_WHO)
        take_who(h, w);
    else if (rec->kind == JOURNAL_SYNC && w->said == JOURNAL_SAID_USE)
        take_use(h, (const void *)rec);
    if (rec->kind == JOURNAL_TOLD)
        h->told_us = rec->time_us;
    if (rec->kind == JOURNAL_CLOSE && h->nopen)
        h->nopen--;
    if (rec->kind == JOURNAL_TOLD || rec->kind == JOURNAL_CLOSE)
        seen_at(h, rec->time_us);
}

void
account_live(struct account *a, uint32_t holder)
{
    if (holder != ACCOUNT_NONE)
        a->holder[holder].node.live = true;
}

void
account_waits(struct account *a, const char *holder, const char *job, int64_t now_us,
    enum account_part part)
{
    uint32_t at = holder_of(a, holder, now_us); /* which may move them */
    struct holder *h = &a->holder[at];
    h->node.live = true;
    h->rest = part;
    if (!*h->node.job)
        snprintf(h->node.job, sizeof h->node.job, "%s", job);
}

/* --- when all was read --- */

/* From when to when it was there; true: it died with its job. */
static bool
set_span(struct holder *h, int64_t now_us)
{
    struct account_node *n = &h->node;
    n->died = !n->live && h->nopen;
    bool over = n->died && h->told_us;
    if (!n->began_us || n->began_us > h->first_us)
        n->began_us = h->first_us;
    n->ended_us = n->live && now_us > n->sign_us ? now_us : n->sign_us;
    if (n->died && n->ends_us > n->sign_us && n->ends_us <= now_us &&
        between_s(n->sign_us, n->ends_us) <= SIGN_US * 1e-6) {
        n->ended_us = n->ends_us;
        over = true;
    }
    if (n->ended_us < n->began_us)
        n->ended_us = n->began_us;
    n->over_us = n->ended_us;
    return over;
}

/* Until the node's end. */
static double
open_s(const struct holder *h, const struct open_ends *o)
{
    double s = between_s(h->first_us, h->node.ended_us) * o->cores - o->since_s;
    return s > 0 ? s : 0;
}

/* What cores did not do, in all `idle_s`: for the reasons that were said, and what is left for
 * one that was not. */
static void
share_idle(struct holder *h, double idle_s)
{
    static const enum account_part of[JOURNAL_NIDLES] = {[IDLE_START] = ACCOUNT_STARTING,
        [IDLE_NOTHING] = ACCOUNT_NOTHING,
        [IDLE_MEMORY] = ACCOUNT_MEMORY,
        [IDLE_ROOM] = ACCOUNT_ROOM,
        [IDLE_TIME] = ACCOUNT_TIME,
        [IDLE_PAUSED] = ACCOUNT_PAUSED,
        [IDLE_ENDING] = ACCOUNT_ENDING,
        [IDLE_AGAIN] = ACCOUNT_AGAIN};
    double said = 0;
    for (int i = 0; i < JOURNAL_NIDLES; i++)
        said += h->idle[i] * 0.1;
    double scale = said > idle_s ? idle_s / said : 1;
    for (int i = 0; i < JOURNAL_NIDLES; i++)
        h->core_s[of[i]] += h->idle[i] * 0.1 * scale;
    h->core_s[h->rest] += said < idle_s ? idle_s - said : 0;
}

static void
finish_holder(struct holder *h, int64_t now_us)
{
    struct account_node *n = &h->node;
    bool over = set_span(h, now_us);
    double span = between_s(n->began_us, n->ended_us), busy = 0;
    h->core_s[ACCOUNT_RUNNING] += open_s(h, &h->running);
    h->core_s[over ? ACCOUNT_WALLTIME : ACCOUNT_KILLED] += open_s(h, &h->lost);
    if (!n->cores) {
        n->part_s[ACCOUNT_UNKNOWN] = span;
        return;
    }
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        busy += h->core_s[i];
    /* clocks are set, and records may be of anything: what is more than there was is cut */
    double whole = span * n->cores, scale = busy > whole ? whole / busy : 1;
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        h->core_s[i] *= scale;
    share_idle(h, busy < whole ? whole - busy : 0);
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        n->part_s[i] = h->core_s[i] / n->cores;
}

static int
by_beginning(const void *pa, const void *pb)
{
    const struct account_node *a = pa, *b = pb;
    int c = (a->began_us > b->began_us) - (a->began_us < b->began_us);
    return c ? c : strcmp(a->holder, b->holder);
}

static int
by_place(const void *pa, const void *pb)
{
    const struct account_node *a = *(struct account_node *const *)pa,
                              *b = *(struct account_node *const *)pb;
    int c = strcmp(a->job, b->job);
    c = c ? c : (a->rank > b->rank) - (a->rank < b->rank);
    return c ? c : by_beginning(a, b);
}

/* A job keeps its nodes until the last of its shims has ended: a node whose own has, and was not
 * started again, has nothing to do. */
static void
wait_for_jobs(struct account_sum *sum)
{
    struct account_node **v = xmalloc((sum->n + 1) * sizeof(struct account_node *));
    for (size_t i = 0; i < sum->n; i++)
        v[i] = &sum->node[i];
    qsort(v, sum->n, sizeof(struct account_node *), by_place);
    for (size_t first = 0, end = 0; first < sum->n; first = end) {
        int64_t over_us = INT64_MIN;
        for (; end < sum->n && strcmp(v[end]->job, v[first]->job) == 0; end++)
            over_us = v[end]->ended_us > over_us ? v[end]->ended_us : over_us;
        for (size_t i = first; i < end && *v[first]->job; i++) {
            struct account_node *n = v[i];
            if (n->live || (i + 1 < end && v[i + 1]->rank == n->rank))
                continue;
            enum account_part part = !n->cores ? ACCOUNT_UNKNOWN
                                     : n->died ? ACCOUNT_IDLE
                                               : ACCOUNT_NOTHING;
            n->over_us = over_us;
            n->part_s[part] += between_s(n->ended_us, over_us);
        }
    }
    free(v);
}

void
account_finish(struct account *a, int64_t now_us, struct account_sum *sum)
{
    *sum = (struct account_sum){.node = xcalloc(a->n + 1, sizeof *sum->node), .n = a->n};
    for (size_t i = 0; i < a->n; i++) {
        finish_holder(&a->holder[i], now_us);
        sum->node[i] = a->holder[i].node;
        a->holder[i].node.of_family = NULL; /* its owner is the sum */
    }
    wait_for_jobs(sum);
    for (int k = 0; k < ACCOUNT_NPARTS; k++) {
        for (size_t i = 0; i < sum->n; i++)
            sum->part_s[k] += sum->node[i].part_s[k];
        sum->all_s += sum->part_s[k];
    }
    qsort(sum->node, sum->n, sizeof *sum->node, by_beginning);
}

void
account_sum_free(struct account_sum *s)
{
    for (size_t i = 0; i < s->n; i++)
        free(s->node[i].of_family);
    free(s->node);
    *s = (struct account_sum){0};
}
