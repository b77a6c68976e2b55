#include "config.h"

#include "runtime/run.h"

#include "util/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KERNEL_THREAD 0x00200000u /* PF_KTHREAD of Linux; proc(5) shows these flags */
#define PSS_FROM_KIB 32768 /* smaller processes are not worth asking how much they share */

struct process {
    pid_t pid, parent, group;
    uint32_t rss_kib;
    int32_t slot; /* whose task it belongs to; -1: none, -2: not known yet */
};

struct watch {
    struct process *process;
    size_t n, cap;
    uint32_t page_kib;
    int children, vmstat; /* files of /proc that are read again and again */
    char text[65536];     /* of these */
    uint64_t oom_kills;   /* when it was last looked at */
};

struct watch *
watch_new(void)
{
    struct watch *w = xcalloc(1, sizeof *w);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    w->page_kib = (uint32_t)(sysconf(_SC_PAGESIZE) / 1024);
    w->children = open(path, O_RDONLY | O_CLOEXEC);
    w->vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    watch_oom_kills(w, true);
    return w;
}

void
watch_free(struct watch *w)
{
    if (!w)
        return;
    if (w->children >= 0)
        close(w->children);
    if (w->vmstat >= 0)
        close(w->vmstat);
    free(w->process);
    free(w);
}

/* Reads the start of a small file of /proc; its length, or -1. NUL-terminated. */
static ssize_t
read_start(const char *path, char *p, size_t n)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t r = read(fd, p, n - 1);
    close(fd);
    p[r < 0 ? 0 : r] = 0;
    return r;
}

/* Reads all of an open file of /proc into w->text, NUL-terminated; false: it cannot be read. The
 * kernel gives a page at a time. */
static bool
read_text(struct watch *w, int fd)
{
    size_t n = 0;
    ssize_t r = -1;
    while (n < sizeof w->text - 1) {
        r = pread(fd, w->text + n, sizeof w->text - 1 - n, (off_t)n);
        if (r <= 0)
            break;
        n += (size_t)r;
    }
    w->text[n] = 0;
    return n > 0 || r == 0;
}

/* The value of `name` in /proc/PID/environ equals `value`? */
static bool
environ_has(pid_t pid, const char *name, const char *value, struct buf *scratch)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%ld/environ", (long)pid);
    buf_reset(scratch);
    if (file_read(path, scratch) != 0)
        return false;
    size_t k = strlen(name);
    for (const char *q = scratch->p, *end = q + scratch->n; q < end; q += strlen(q) + 1)
        if (strncmp(q, name, k) == 0 && q[k] == '=')
            return strcmp(q + k + 1, value) == 0;
    return false;
}

/* --- memory --- */

/* /proc/PID/stat; the command's name in it may hold anything, so it is read from its last ')'. */
static bool
read_stat(const char *pid, uint32_t page_kib, struct process *p)
{
    char path[300], text[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    if (read_start(path, text, sizeof text) <= 0)
        return false;
    const char *q = strrchr(text, ')');
    long parent, group, rss;
    if (!q || sscanf(q + 1,
            " %*c %ld %ld %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %*u"
            " %*u %ld", &parent, &group, &rss) != 3)
        return false;
    *p = (struct process){.pid = (pid_t)atol(pid), .parent = (pid_t)parent,
        .group = (pid_t)group, .rss_kib = (uint32_t)rss * page_kib, .slot = -2};
    return true;
}

static int
compare_pid(const void *a, const void *b)
{
    const struct process *p = a, *q = b;
    return (p->pid > q->pid) - (p->pid < q->pid);
}

static void
list_processes(struct watch *w)
{
    w->n = 0;
    DIR *d = opendir("/proc");
    if (!d)
        return;
    const struct dirent *e;
    while ((e = readdir(d))) {
        if (!isdigit((unsigned char)e->d_name[0]))
            continue;
        if (w->n == w->cap) {
            w->cap = w->cap ? w->cap * 2 : 256;
            w->process = xrealloc(w->process, w->cap * sizeof *w->process);
        }
        if (read_stat(e->d_name, w->page_kib, &w->process[w->n]))
            w->n++;
    }
    closedir(d);
    qsort(w->process, w->n, sizeof *w->process, compare_pid);
}

static struct process *
find_process(struct watch *w, pid_t pid)
{
    struct process key = {.pid = pid};
    return bsearch(&key, w->process, w->n, sizeof key, compare_pid);
}

static int32_t
slot_of_group(const struct run *r, pid_t group)
{
    for (uint32_t i = 0; i < r->nslots; i++)
        if (r->slot[i].state != SLOT_FREE && r->slot[i].pid == group && group)
            return (int32_t)i;
    return -1;
}

/* By its group, or that of its nearest ancestor that has a slot. */
static int32_t
slot_of_process(const struct run *r, struct process *p)
{
    int32_t found = -2;
    unsigned depth = 0; /* a tree that changed while it was read might have a loop */
    for (struct process *q = p; q && depth < 1000; q = find_process(r->watch, q->parent), depth++) {
        found = q->slot != -2 ? q->slot : slot_of_group(r, q->group);
        if (found >= 0 || q->slot == -1)
            break;
    }
    p->slot = found >= 0 ? found : -1;
    return p->slot;
}

/* What a process would free if it ended, shared pages counted by their share. */
static uint32_t
pss_kib(const struct process *p)
{
    char path[48], text[2048];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)p->pid);
    if (read_start(path, text, sizeof text) <= 0)
        return p->rss_kib;
    const char *q = strstr(text, "\nPss:");
    return q ? (uint32_t)strtoul(q + 5, NULL, 10) : p->rss_kib;
}

/* The memory of the slot's processes. Counting shares makes the kernel walk all page tables, so
 * it is asked for only where several large processes could make a new peak. */
static void
sample_slot(struct run *r, struct slot *s, int32_t index)
{
    const struct watch *w = r->watch;
    uint64_t sum = 0;
    unsigned large = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (w->process[i].slot != index)
            continue;
        sum += w->process[i].rss_kib;
        large += w->process[i].rss_kib >= PSS_FROM_KIB;
    }
    if (sum > s->peak_kib && large > 1) {
        sum = 0;
        for (size_t i = 0; i < w->n; i++)
            if (w->process[i].slot == index)
                sum += w->process[i].rss_kib >= PSS_FROM_KIB ? pss_kib(&w->process[i])
                                                            : w->process[i].rss_kib;
    }
    if (sum > s->peak_kib)
        s->peak_kib = sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

void
watch_sample(struct run *r, int64_t now)
{
    bool worth = false;
    watch_oom_kills(r->watch, true);
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
    list_processes(r->watch);
    for (size_t i = 0; i < r->watch->n; i++)
        slot_of_process(r, &r->watch->process[i]);
    for (uint32_t i = 0; i < r->nslots; i++)
        if (r->slot[i].state == SLOT_RUNNING || r->slot[i].state == SLOT_STOPPING)
            sample_slot(r, &r->slot[i], (int32_t)i);
}

uint64_t
watch_oom_kills(struct watch *w, bool look)
{
    if (!look)
        return w->oom_kills;
    if (read_text(w, w->vmstat)) {
        const char *q = strstr(w->text, "\noom_kill ");
        w->oom_kills = q ? strtoull(q + 10, NULL, 10) : 0;
    }
    return w->oom_kills;
}

/* --- processes that left their group --- */

/* As a subreaper we become the parent of whatever loses its own. Calls `each` for our children. */
static void
each_child(struct watch *w, void (*each)(void *arg, pid_t pid), void *arg)
{
    if (w->children < 0) { /* a kernel without CONFIG_PROC_CHILDREN */
        list_processes(w);
        for (size_t i = 0; i < w->n; i++)
            if (w->process[i].parent == getpid())
                each(arg, w->process[i].pid);
        return;
    }
    if (!read_text(w, w->children))
        return;
    char *q = w->text, *end;
    for (;; q = end) {
        long pid = strtol(q, &end, 10);
        if (end == q)
            return;
        each(arg, (pid_t)pid);
    }
}

struct stray_search {
    struct run *r;
    const struct slot *slot;
    bool found;
};

static void
kill_if_stray(void *arg, pid_t pid)
{
    struct stray_search *search = arg;
    struct run *r = search->r;
    char task[16], attempt[16];
    static struct buf scratch;
    for (uint32_t i = 0; i < r->nslots; i++)
        if (r->slot[i].pid == pid)
            return;
    snprintf(task, sizeof task, "%u", search->slot->env_task);
    snprintf(attempt, sizeof attempt, "%u", search->slot->env_attempt);
    if (environ_has(pid, "WFL_TASK", task, &scratch) &&
        environ_has(pid, "WFL_ATTEMPT", attempt, &scratch) && kill(pid, SIGKILL) == 0)
        search->found = true;
}

bool
watch_kill_strays(struct run *r, struct slot *s)
{
    struct stray_search search = {r, s, false};
    each_child(r->watch, kill_if_stray, &search);
    return search.found;
}

static void
kill_child(void *arg, pid_t pid)
{
    *(bool *)arg = true;
    kill(pid, SIGKILL);
}

bool
watch_kill_children(struct watch *w)
{
    bool any = false;
    each_child(w, kill_child, &any);
    return any;
}

/* A process that is just being executed has no environment for a moment. Is this a young one without
 * any, and no zombie? */
static bool
may_be_starting(const char *pid, const struct buf *its_environ)
{
    char path[300], text[1024], state;
    unsigned flags;
    unsigned long long start; /* in ticks since the machine booted */
    struct timespec now;
    if (its_environ->n)
        return false;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    const char *behind = read_start(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (!behind || sscanf(behind + 1,
                       " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                       "%*d %llu",
                       &state, &flags, &start) != 3)
        return false;
    clock_gettime(CLOCK_BOOTTIME, &now);
    double age = (double)now.tv_sec - (double)start / (double)sysconf(_SC_CLK_TCK);
    return state != 'Z' && state != 'X' && !(flags & KERNEL_THREAD) && age < 10;
}

enum watch_orphans
watch_kill_orphans(const char *state_dir, const char *holder)
{
    DIR *d = opendir("/proc");
    if (!d)
        return ORPHANS_NONE;
    struct buf scratch = {0};
    enum watch_orphans found = ORPHANS_NONE;
    const struct dirent *e;
    while ((e = readdir(d))) {
        pid_t pid = (pid_t)atol(e->d_name);
        if (pid <= 0 || pid == getpid())
            continue;
        /* of another user it cannot be read */
        if (environ_has(pid, "WFL_STATE", state_dir, &scratch) &&
            environ_has(pid, "WFL_HOLDER", holder, &scratch)) {
            if (kill(pid, SIGKILL) == 0)
                found = ORPHANS_KILLED;
        } else if (found == ORPHANS_NONE && may_be_starting(e->d_name, &scratch)) {
            found = ORPHANS_UNSURE;
        }
    }
    closedir(d);
    buf_free(&scratch);
    return found;
}
