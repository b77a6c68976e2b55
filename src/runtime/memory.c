/* What tasks use of the memory, sampled, and what the kernel killed for want of it. */
#include "config.h"

#include "runtime/run.h"

#include "runtime/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PSS_FROM_KIB 32768 /* smaller processes are not worth asking how much they share */

enum { SLOT_NONE = -1, SLOT_UNKNOWN = -2 }; /* of a process: no slot's, not known yet */

struct memory {
    struct process *process; /* by number */
    size_t n, cap;
    int vmstat; /* a file of /proc that is read again and again */
    char text[65536]; /* of it */
    uint64_t oom_kills; /* when it was last looked at */
};

struct memory *
memory_new(void)
{
    struct memory *m = xcalloc(1, sizeof *m);
    m->vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    memory_oom_kills(m, true);
    return m;
}

void
memory_free(struct memory *m)
{
    if (!m)
        return;
    if (m->vmstat >= 0)
        close(m->vmstat);
    free(m->process);
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
    struct memory *m = arg;
    if (m->n == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 256;
        m->process = xrealloc(m->process, m->cap * sizeof *m->process);
    }
    if (!process_read(pid, &m->process[m->n]))
        return;
    m->process[m->n++].slot = SLOT_UNKNOWN;
}

static struct process *
find_process(struct memory *m, pid_t pid)
{
    struct process key = {.pid = pid};
    return bsearch(&key, m->process, m->n, sizeof key, compare_pid);
}

static int32_t
slot_of_group(const struct run *r, pid_t group)
{
    for (uint32_t i = 0; i < r->nslots; i++)
        if (r->slot[i].state != SLOT_FREE && r->slot[i].pid == group && group)
            return (int32_t)i;
    return SLOT_NONE;
}

/* By its group, or that of its nearest ancestor that has a slot; who lost its parent is our child, and
 * is known by its mark. */
static int32_t
slot_of_process(const struct run *r, struct process *p)
{
    int32_t found = SLOT_NONE;
    unsigned depth = 0; /* a tree that changed while it was read might have a loop */
    for (struct process *q = p; q && depth < 1000; depth++) {
        found = q->slot != SLOT_UNKNOWN ? q->slot : slot_of_group(r, q->group);
        if (found == SLOT_NONE && q->slot == SLOT_UNKNOWN && q->parent == getpid())
            found = strays_slot(r, q->pid);
        if (found >= 0 || q->slot == SLOT_NONE)
            break;
        q = find_process(r->samples, q->parent);
    }
    return p->slot = found;
}

static void
list_processes(struct memory *m)
{
    m->n = 0;
    process_each(list_process, m);
    qsort(m->process, m->n, sizeof *m->process, compare_pid);
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

/* The memory of the slot's processes. Counting shares makes the kernel walk all page tables, so
 * it is asked for only where several large processes could make a new peak. */
static void
sample_slot(struct run *r, struct slot *s, int32_t index)
{
    const struct memory *m = r->samples;
    uint64_t sum = 0;
    unsigned large = 0;
    for (size_t i = 0; i < m->n; i++) {
        if (m->process[i].slot != index)
            continue;
        sum += m->process[i].rss_kib;
        large += m->process[i].rss_kib >= PSS_FROM_KIB;
    }
    if (sum > s->peak_kib && large > 1) {
        sum = 0;
        for (size_t i = 0; i < m->n; i++)
            if (m->process[i].slot == index)
                sum += m->process[i].rss_kib >= PSS_FROM_KIB ? pss_kib(&m->process[i])
                                                            : m->process[i].rss_kib;
    }
    if (sum > s->peak_kib)
        s->peak_kib = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

void
memory_sample(struct run *r, int64_t now)
{
    bool worth = false;
    memory_oom_kills(r->samples, true);
    for (uint32_t i = 0; i < r->nslots; i++) {
        const struct slot *s = &r->slot[i];
        bool runs = s->state == SLOT_RUNNING || s->state == SLOT_STOPPING;
        if (runs && now - s->started >= 1000) {
            worth = true;
            log_trim_spool(s->spool);
        }
    }
    if (!worth)
        return;
    list_processes(r->samples);
    for (size_t i = 0; i < r->samples->n; i++)
        slot_of_process(r, &r->samples->process[i]);
    for (uint32_t i = 0; i < r->nslots; i++)
        if (r->slot[i].state == SLOT_RUNNING || r->slot[i].state == SLOT_STOPPING)
            sample_slot(r, &r->slot[i], (int32_t)i);
}

uint64_t
memory_oom_kills(struct memory *m, bool look)
{
    if (!look)
        return m->oom_kills;
    if (process_again(m->vmstat, m->text, sizeof m->text)) {
        const char *q = strstr(m->text, "\noom_kill ");
        m->oom_kills = q ? strtoull(q + 10, NULL, 10) : 0;
    }
    return m->oom_kills;
}

