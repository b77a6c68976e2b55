/* What the processes of each slot use of the memory, as control groups and /proc tell. */
#include "config.h"

#include "node/usage.h"

#include "node/process.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PSS_FROM_KIB 32768 /* smaller processes are not worth asking how much they share */

enum { SLOT_NONE = -1, SLOT_UNKNOWN = -2 }; /* of a process: no slot's, not known yet */

enum {
    PART = 100,        /* of the time of a core that measuring may take */
    SHARES_US = 50000, /* how long at a time is asked of the processes of a slot what they share */
};

struct usage {
    const struct groups *all;
    const struct strays *strays;
    struct cgroups *cgroups;
    struct usage_processes last, before;
    int64_t next_us; /* when to measure again */
};

struct usage *
usage_new(const struct groups *all, const struct strays *strays)
{
    struct usage *u = xcalloc(1, sizeof *u);
    u->all = all;
    u->strays = strays;
    return u;
}

void
usage_groups(struct usage *u, struct cgroups *c)
{
    u->cgroups = c;
}

void
usage_free(struct usage *u)
{
    if (!u)
        return;
    free(u->last.process);
    free(u->before.process);
    free(u);
}

static int64_t
us_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
clock_us(void)
{
    return us_of(CLOCK_MONOTONIC);
}

/* What measuring took since then, of a core: where others have the cores it takes long, and costs
 * no more. But a tenth of the time counts, as we may have waited for locks of the measured. */
static int64_t
cost_us(int64_t since_us, int64_t since_cpu_us)
{
    int64_t cpu = us_of(CLOCK_PROCESS_CPUTIME_ID) - since_cpu_us, all = clock_us() - since_us;
    return cpu > all / 10 ? cpu : all / 10;
}

/* --- whose processes --- */

static int
compare_pid(const void *a, const void *b)
{
    const struct process *p = a, *q = b;
    return (p->pid > q->pid) - (p->pid < q->pid);
}

static void
list_process(void *arg, pid_t pid)
{
    struct usage_processes *m = arg;
    ARRAY_GROW(m->process, m->n, m->cap);
    if (!process_read(pid, &m->process[m->n]))
        return;
    m->process[m->n++].slot = SLOT_UNKNOWN;
}

struct process *
usage_find(const struct usage_processes *m, pid_t pid)
{
    struct process key = {.pid = pid};
    return m->n ? bsearch(&key, m->process, m->n, sizeof key, compare_pid) : NULL;
}

static int32_t
slot_of_group(const struct usage *u, pid_t group)
{
    const struct group *g = groups_find(u->all, group);
    return g ? (int32_t)g->number : SLOT_NONE;
}

/* By its group, or that of its nearest ancestor that has a slot; who lost its parent is our child,
 * and is known by its mark. */
static int32_t
slot_of_process(const struct usage *u, struct process *p)
{
    int32_t found = SLOT_NONE;
    unsigned depth = 0; /* a tree that changed while it was read might have a loop */
    for (struct process *q = p; q && depth < 1000; depth++) {
        found = q->slot != SLOT_UNKNOWN ? q->slot : slot_of_group(u, q->group);
        if (found == SLOT_NONE && q->slot == SLOT_UNKNOWN && q->parent == getpid())
            found = strays_slot(u->strays, q->pid);
        if (found >= 0 || q->slot == SLOT_NONE)
            break;
        q = usage_find(&u->last, q->parent);
    }
    return p->slot = found;
}

void
usage_take(struct usage *u)
{
    struct usage_processes *now = &u->last;
    now->n = 0;
    process_each(list_process, now);
    qsort(now->process, now->n, sizeof *now->process, compare_pid);
    for (size_t i = 0; i < now->n; i++)
        slot_of_process(u, &now->process[i]);
}

const struct usage_processes *
usage_last(const struct usage *u)
{
    return &u->last;
}

struct usage_processes *
usage_turn(struct usage *u)
{
    struct usage_processes spare = u->before;
    u->before = u->last;
    u->last = spare;
    usage_take(u);
    return &u->before;
}

void
usage_forget(struct usage *u)
{
    u->last.n = 0;
}

/* --- how much --- */

/* What a process would free if it ended, shared pages counted by their share. False: it is ending,
 * and has none any more. */
static bool
pss_kib(const struct process *p, uint64_t *kib)
{
    char path[48], text[2048];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)p->pid);
    ssize_t n = process_text(path, text, sizeof text);
    if (n <= 0 || !file_number(text, "Pss:", kib))
        *kib = p->rss_kib; /* there is no such file, or it is not for us */
    return n > 0 || (n < 0 && errno != ESRCH);
}

static bool
is_large(const struct group *g, const struct process *p)
{
    return p->slot == (int32_t)g->number && p->rss_kib >= PSS_FROM_KIB;
}

/* Adds up the memory of the processes of each slot, as if they shared nothing, and what they do. */
static void
sum_memory(struct usage *u)
{
    for (uint32_t i = 0; i < u->all->n; i++) {
        u->all->v[i]->sum_kib = u->all->v[i]->doing = 0;
        u->all->v[i]->large_kib = u->all->v[i]->nlarge = u->all->v[i]->nseen = 0;
    }
    for (size_t i = 0; i < u->last.n; i++) {
        const struct process *p = &u->last.process[i];
        if (p->slot < 0)
            continue;
        struct group *g = u->all->v[p->slot];
        bool large = is_large(g, p);
        g->doing += ((uint64_t)p->pid << 32) + p->ticks;
        if (!p->waits && !p->ended) /* works, or wants to */
            g->doing += (uint64_t)clock_us();
        g->sum_kib += p->rss_kib;
        g->large_kib += large ? p->rss_kib : 0;
        g->nlarge += large;
        g->nseen += !p->ended;
    }
}

/* Of the first n processes of the list, are the group's large ones still there? */
static bool
all_live(const struct usage *u, const struct group *g, size_t n)
{
    struct process now;
    for (size_t i = 0; i < n; i++)
        if (is_large(g, &u->last.process[i]) &&
            (!process_read(u->last.process[i].pid, &now) || now.ended))
            return false;
    return true;
}

/* To count shares the kernel walks all page tables. Who was not asked in time shares as much as
 * those who were. If one has ended meanwhile, others count for it what they shared with it, and
 * nothing is learned. Of n processes alike, of which a part f is each one's own, a share is f +
 * (1 - f) / n: so f is known for other numbers of them, too. */
static void
count_shares(struct usage *u, struct group *g)
{
    const int64_t from = clock_us(), from_cpu = us_of(CLOCK_PROCESS_CPUTIME_ID);
    int64_t took = 0;
    uint64_t rss = 0, pss = 0, kib;
    bool live = true;
    size_t n = 0;
    for (; n < u->last.n && took < SHARES_US && live; n++) {
        if (!is_large(g, &u->last.process[n]))
            continue;
        live = pss_kib(&u->last.process[n], &kib);
        rss += u->last.process[n].rss_kib;
        pss += kib;
        took = clock_us() - from;
    }
    if (!live || !all_live(u, g, n))
        return;
    double own = ((double)pss / (double)rss * g->nlarge - 1) / (g->nlarge - 1);
    g->own_part = own < 0 ? 0 : own > 1 ? 1 : (float)own;
    g->shares_us = clock_us() + cost_us(from, from_cpu) * PART;
}

/* Several large processes may share pages. That is looked at when they could make a new peak or use
 * more than was expected; how much of what they use is their own changes little in between. */
static uint64_t
used_kib(struct usage *u, struct group *g)
{
    uint64_t bytes;
    if (u->cgroups && cgroups_used(u->cgroups, g->number, g->nseen, &bytes))
        return bytes / 1024;
    if (g->nlarge < 2)
        return g->sum_kib;
    bool much = g->sum_kib > g->peak_kib || g->sum_kib * 1024 > g->asked;
    if (much && (g->own_part < 0 || clock_us() >= g->shares_us))
        count_shares(u, g);
    if (g->own_part < 0)
        return much ? g->used_kib : g->sum_kib;
    double own = (double)g->own_part, share = own + (1 - own) / g->nlarge;
    return g->sum_kib - g->large_kib + (uint64_t)((double)g->large_kib * share);
}

void
usage_measure(struct usage *u, bool now)
{
    const int64_t from = clock_us(), from_cpu = us_of(CLOCK_PROCESS_CPUTIME_ID);
    if (!now && from < u->next_us)
        return;
    usage_take(u);
    sum_memory(u);
    for (uint32_t i = 0; i < u->all->n; i++) {
        struct group *g = u->all->v[i];
        if (g->work != GROUP_TASK)
            continue;
        g->looked_at = from / 1000;
        if (g->doing != g->did)
            g->busy_at = g->looked_at;
        g->did = g->doing;
        g->used_kib = used_kib(u, g);
        if (g->used_kib > g->peak_kib)
            g->peak_kib = g->used_kib > UINT32_MAX ? UINT32_MAX : (uint32_t)g->used_kib;
    }
    u->next_us = from + cost_us(from, from_cpu) * PART;
}
