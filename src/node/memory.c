/* What tasks use of the memory, sampled, and which of them ran out of it.
 *
 * The kernel counts whom it kills for want of memory: in our own control group, and on the whole
 * machine. It does not tell whom, and the one killed is often not the process that we started but
 * one of those that this started, so that all we see is an exit code, perhaps much later. The rule,
 * which is looked at when a second is over, and before an attempt that failed is judged:
 *
 * 1. A kill in our group is put down to the slot that lost the largest process since the last
 *    sample, for the kernel takes the largest one; but not if that is small beside what still
 *    lives, or beside what its task had asked for. Whether one that began after the last sample is
 *    lost cannot be seen; but what a process that failed had waited for is known, and counts if it
 *    was more than had been asked for.
 * 2. A kill of which nothing was seen stays open. It is put down to the first attempt that was at
 *    work then and fails, if that was killed by KILL itself (or exits with 128 + 9), used more than
 *    it had asked for, or was alone.
 * 3. One kill explains one failure. An attempt that failed and had a kill put down to it ran out of
 *    memory; one that ends well has ended well, whatever was killed.
 * 4. Kills elsewhere on the machine explain death by KILL or 128 + 9 alone, and only in the last
 *    minute: the task may run in a group of its own (of a container, say), or somebody else's may.
 *    The last of a large process takes its time. */
#include "config.h"

#include "node/memory.h"

#include "cost/cgroup.h"
#include "node/process.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/list.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PSS_FROM_KIB 32768 /* smaller processes are not worth asking how much they share */

enum { SLOT_NONE = -1, SLOT_UNKNOWN = -2 }; /* of a process: no slot's, not known yet */

#define RECENT_MS 60000
#define SMALL_PART 8 /* of what was asked for: there may be many workers */

struct sample { /* by number of process */
    struct process *process;
    size_t n, cap;
};

struct memory {
    const struct groups *all;
    const struct strays *strays;
    struct sample last, before;
    int vmstat, group;            /* files that are read again and again, or -1 */
    struct buf text;              /* of these */
    uint64_t killed, killed_here; /* when it was last looked at: on the machine, in our group */
    uint64_t elsewhere;           /* the most that the machine counted more than our group */
    int64_t elsewhere_at;         /* when it became more */
    uint64_t open, opened;        /* kills that are put down to nobody, and how many ever were */
};

static uint64_t
read_kills(struct memory *m, int fd, uint64_t before)
{
    uint64_t n;
    return process_again(fd, &m->text) && cgroup_kills(m->text.p, &n) ? n : before;
}

struct memory *
memory_new(const struct groups *all, const struct strays *strays)
{
    struct memory *m = xcalloc(1, sizeof *m);
    m->all = all;
    m->strays = strays;
    struct buf path = {0};
    m->vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    m->group = cgroup_kills_file("", &path) ? open(path.p, O_RDONLY | O_CLOEXEC) : -1;
    buf_free(&path);
    m->killed = read_kills(m, m->vmstat, 0);
    m->killed_here = read_kills(m, m->group, 0);
    m->elsewhere = m->killed > m->killed_here ? m->killed - m->killed_here : 0;
    return m;
}

void
memory_free(struct memory *m)
{
    if (!m)
        return;
    if (m->vmstat >= 0)
        close(m->vmstat);
    if (m->group >= 0)
        close(m->group);
    buf_free(&m->text);
    free(m->last.process);
    free(m->before.process);
    free(m);
}

/* --- samples --- */

static int
compare_pid(const void *a, const void *b)
{
    const struct process *p = a, *q = b;
    return (p->pid > q->pid) - (p->pid < q->pid);
}

static void
list_process(void *arg, pid_t pid)
{
    struct sample *m = arg;
    ARRAY_GROW(m->process, m->n, m->cap);
    if (!process_read(pid, &m->process[m->n]))
        return;
    m->process[m->n++].slot = SLOT_UNKNOWN;
}

static struct process *
find_process(const struct sample *m, pid_t pid)
{
    struct process key = {.pid = pid};
    return m->n ? bsearch(&key, m->process, m->n, sizeof key, compare_pid) : NULL;
}

static int32_t
slot_of_group(const struct memory *m, pid_t group)
{
    const struct group *g = groups_find(m->all, group);
    return g ? (int32_t)g->number : SLOT_NONE;
}

/* By its group, or that of its nearest ancestor that has a slot; who lost its parent is our child,
 * and is known by its mark. */
static int32_t
slot_of_process(const struct memory *m, struct process *p)
{
    int32_t found = SLOT_NONE;
    unsigned depth = 0; /* a tree that changed while it was read might have a loop */
    for (struct process *q = p; q && depth < 1000; depth++) {
        found = q->slot != SLOT_UNKNOWN ? q->slot : slot_of_group(m, q->group);
        if (found == SLOT_NONE && q->slot == SLOT_UNKNOWN && q->parent == getpid())
            found = strays_slot(m->strays, q->pid);
        if (found >= 0 || q->slot == SLOT_NONE)
            break;
        q = find_process(&m->last, q->parent);
    }
    return p->slot = found;
}

static void
take_sample(struct memory *m)
{
    struct sample *now = &m->last;
    now->n = 0;
    process_each(list_process, now);
    qsort(now->process, now->n, sizeof *now->process, compare_pid);
    for (size_t i = 0; i < now->n; i++)
        slot_of_process(m, &now->process[i]);
}

/* What a process would free if it ended, shared pages counted by their share. */
static uint32_t
pss_kib(const struct process *p)
{
    char path[48], text[2048];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)p->pid);
    if (process_text(path, text, sizeof text) <= 0)
        return p->rss_kib;
    const char *q = strstr(text, "\nPss:");
    return q ? (uint32_t)strtoul(q + 5, NULL, 10) : p->rss_kib;
}

/* Adds up the memory of the processes of each slot. */
static void
sum_memory(struct memory *m)
{
    for (uint32_t i = 0; i < m->all->n; i++) {
        m->all->v[i]->sum_kib = 0;
        m->all->v[i]->nlarge = 0;
    }
    for (size_t i = 0; i < m->last.n; i++) {
        const struct process *p = &m->last.process[i];
        if (p->slot < 0)
            continue;
        m->all->v[p->slot]->sum_kib += p->rss_kib;
        m->all->v[p->slot]->nlarge += p->rss_kib >= PSS_FROM_KIB;
    }
}

/* Counting shares makes the kernel walk all page tables, so it is asked for only where several
 * large processes could make a new peak. */
static void
discount_shares(struct memory *m)
{
    for (size_t i = 0; i < m->last.n; i++) {
        const struct process *p = &m->last.process[i];
        struct group *g = p->slot < 0 || p->rss_kib < PSS_FROM_KIB ? NULL : m->all->v[p->slot];
        if (g && g->nlarge > 1 && g->sum_kib > g->peak_kib)
            g->sum_kib = g->sum_kib - p->rss_kib + pss_kib(p);
    }
}

static void
take_peaks(struct memory *m)
{
    for (uint32_t i = 0; i < m->all->n; i++) {
        struct group *g = m->all->v[i];
        if (g->work == GROUP_TASK && g->sum_kib > g->peak_kib)
            g->peak_kib = g->sum_kib > UINT32_MAX ? UINT32_MAX : (uint32_t)g->sum_kib;
    }
}

/* --- who was killed --- */

/* Takes a new sample. Who of the one before is gone is marked in that one; gives the size of the
 * largest that lives. A slot may have another task by now. */
static uint32_t
find_gone(struct memory *m)
{
    struct sample spare = m->before;
    uint32_t largest = 0;
    m->before = m->last;
    m->last = spare;
    take_sample(m);
    for (size_t i = 0; i < m->last.n; i++)
        if (m->last.process[i].slot >= 0 && m->last.process[i].rss_kib > largest)
            largest = m->last.process[i].rss_kib;
    for (size_t i = 0; i < m->before.n; i++) {
        struct process *p = &m->before.process[i];
        const struct process *now = find_process(&m->last, p->pid);
        p->ended = !now || now->start != p->start || now->ended;
        if (!p->ended || p->slot < 0 || p->start < m->all->v[p->slot]->born ||
            (uint64_t)p->rss_kib * 1024 < m->all->v[p->slot]->asked / SMALL_PART)
            p->slot = SLOT_NONE;
    }
    return largest;
}

static struct process *
largest_gone(const struct sample *m)
{
    struct process *found = NULL;
    for (size_t i = 0; i < m->n; i++)
        if (m->process[i].slot >= 0 && (!found || m->process[i].rss_kib > found->rss_kib))
            found = &m->process[i];
    return found;
}

/* Kills that were just seen; `ending`: the group whose leader just failed, or NULL. */
static void
put_down(struct memory *m, struct group *ending, uint64_t kills)
{
    uint32_t largest = find_gone(m);
    struct process waited_for = {.slot = SLOT_NONE};
    if (ending && (uint64_t)ending->usage.ru_maxrss * 1024 > ending->asked)
        waited_for = (struct process){.rss_kib = (uint32_t)ending->usage.ru_maxrss,
            .slot = (int32_t)ending->number};
    for (; kills; kills--) {
        struct process *p = largest_gone(&m->before);
        if (waited_for.slot >= 0 && (!p || waited_for.rss_kib >= p->rss_kib))
            p = &waited_for;
        if (!p || p->rss_kib < largest / 2)
            break;
        m->all->v[p->slot]->kills++;
        p->slot = SLOT_NONE;
    }
    m->open += kills;
    m->opened += kills;
}

static void
look_in_group(struct memory *m, struct group *ending)
{
    uint64_t before = m->killed_here;
    m->killed_here = read_kills(m, m->group, before);
    if (m->killed_here > before)
        put_down(m, ending, m->killed_here - before);
}

/* The machine is looked at first, so that what happens in between is not taken for somebody else's.
 */
static void
look_for_kills(struct memory *m, struct group *ending)
{
    m->killed = read_kills(m, m->vmstat, m->killed);
    look_in_group(m, ending);
    if (m->killed > m->killed_here && m->killed - m->killed_here > m->elsewhere) {
        m->elsewhere = m->killed - m->killed_here;
        m->elsewhere_at = now_ms();
    }
}

void
memory_begin(struct memory *m, struct group *g)
{
    look_in_group(m, NULL); /* what was killed before is none of its own */
    g->kills = 0;
    g->opened = m->opened;
    g->elsewhere = m->elsewhere;
}

static bool
is_alone(const struct memory *m, const struct group *g)
{
    for (uint32_t i = 0; i < m->all->n; i++)
        if (m->all->v[i] != g && m->all->v[i]->work == GROUP_TASK)
            return false;
    return true;
}

bool
memory_ran_out(struct memory *m, struct group *g)
{
    bool killed = WIFSIGNALED(g->status) ? WTERMSIG(g->status) == SIGKILL
                                         : WEXITSTATUS(g->status) == 128 + SIGKILL;
    /* of a check only what it had waited for is known */
    uint64_t peak = g->work == GROUP_TASK ? g->peak_kib : (uint64_t)g->usage.ru_maxrss;
    look_for_kills(m, g);
    if (g->kills)
        return true;
    if (m->open && m->opened > g->opened && (killed || peak * 1024 > g->asked || is_alone(m, g))) {
        m->open--;
        return true;
    }
    return killed && m->elsewhere > g->elsewhere && now_ms() - m->elsewhere_at < RECENT_MS;
}

/* --- once a second --- */

void
memory_sample(struct memory *m, bool worth)
{
    look_for_kills(m, NULL);
    m->last.n = 0;
    if (!worth)
        return;
    take_sample(m);
    sum_memory(m);
    discount_shares(m);
    take_peaks(m);
}
