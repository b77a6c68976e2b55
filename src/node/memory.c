/* What tasks use of the memory, sampled, and which of them ran out of it.
 *
 * Where tasks have control groups of their own (cgroups.h), the kernel tells in whose it killed a
 * process. Else, and of those that had left them, it counts whom it kills for want of memory: in
 * our own control group, and on the whole machine. It does not tell whom, and the one killed is
 * often not the process that we started but one of those that this started, so that all we see is
 * an exit code, perhaps much later. The rule, which is looked at when a second is over, and before
 * an attempt that failed is judged:
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
 * 4. Kills elsewhere on the machine explain death by KILL or 128 + 9 alone, only in the last
 *    minute, and not of what is seen to have been small: the task may run in a group of its own
 *    (of a container, say), or somebody else's may. The last of a large process takes its time. */
#include "config.h"

#include "node/memory.h"

#include "cost/cgroup.h"
#include "cost/machine.h"
#include "cost/ratios.h"
#include "node/cgroups.h"
#include "node/guard.h"
#include "node/process.h"
#include "node/usage.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOT_NONE = -1 }; /* of a process: no slot's */

#define RECENT_MS 60000
#define GOING_MS 2000 /* so long it may take what was killed to give its memory back */
/* What we add to the score by which the kernel chooses whom to kill: to that of a process that has
 * half of all memory it makes one that has all of it. */
#define PREY 500
#define PREY_MOST 1000 /* that score ends there */
#define SMALL_PART 8   /* of what was asked for: there may be many workers */
#define SMALL_KIB 16384

struct memory {
    const struct groups *all;
    struct usage *usage;
    int vmstat, group;            /* files that are read again and again, or -1 */
    struct buf text;              /* of these */
    uint64_t killed, killed_here; /* when it was last looked at: on the machine, in our group */
    uint64_t elsewhere;           /* the most that the machine counted more than our group */
    int64_t elsewhere_at;         /* when it became more */
    uint64_t open, opened;        /* kills that are put down to nobody, and how many ever were */
    uint64_t guessed;             /* kills of which no group of a slot told whose they are */
    int meminfo, score;           /* as vmstat */
    int own_score;
    struct cgroup_watch *watch;
    struct cgroups *cgroups; /* of slots, or NULL */
    int folder;              /* of the one of the process that is being made, or -1 */
    uint64_t grant;          /* of the batch system */
    struct guard guard;
    struct guard_process *process; /* scratch, of each group */
};

static uint64_t
read_kills(struct memory *m, int fd, uint64_t before)
{
    uint64_t n;
    return process_again(fd, &m->text) && cgroup_kills(m->text.p, &n) ? n : before;
}

static void
divide(struct memory *m)
{
    m->cgroups = cgroups_open();
    usage_groups(m->usage, m->cgroups);
    if (!m->cgroups)
        return;
    if (m->group >= 0)
        close(m->group); /* it may be of those alone that are no tasks */
    m->group = cgroups_kills_file(m->cgroups);
}

void
memory_undivided(struct memory *m)
{
    cgroups_close(m->cgroups);
    m->cgroups = NULL;
    usage_groups(m->usage, NULL);
}

struct memory *
memory_new(const struct groups *all, const struct strays *strays)
{
    struct memory *m = xcalloc(1, sizeof *m);
    m->all = all;
    m->usage = usage_new(all, strays);
    struct buf path = {0};
    m->vmstat = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
    m->group = cgroup_kills_file("", &path) ? open(path.p, O_RDONLY | O_CLOEXEC) : -1;
    buf_free(&path);
    divide(m);
    m->killed = read_kills(m, m->vmstat, 0);
    m->killed_here = read_kills(m, m->group, 0);
    m->elsewhere = m->killed > m->killed_here ? m->killed - m->killed_here : 0;
    m->meminfo = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
    m->score = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    m->own_score = process_again(m->score, &m->text) ? atoi(m->text.p) : PREY_MOST;
    m->watch = cgroup_watch_new("");
    m->folder = -1;
    m->grant = machine_job_memory();
    return m;
}

void
memory_free(struct memory *m)
{
    if (!m)
        return;
    const int files[] = {m->vmstat, m->group, m->meminfo, m->score};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (files[i] >= 0)
            close(files[i]);
    cgroup_watch_free(m->watch);
    cgroups_close(m->cgroups);
    free(m->process);
    buf_free(&m->text);
    usage_free(m->usage);
    free(m);
}

/* --- who was killed --- */

/* Takes a new sample. Who of the one before is gone is marked in that one; gives the size of the
 * largest that lives. A slot may have another task by now. */
static uint32_t
find_gone(struct memory *m, struct usage_processes **gone)
{
    struct usage_processes *before = *gone = usage_turn(m->usage);
    const struct usage_processes *last = usage_last(m->usage);
    uint32_t largest = 0;
    for (size_t i = 0; i < last->n; i++)
        if (last->process[i].slot >= 0 && last->process[i].rss_kib > largest)
            largest = last->process[i].rss_kib;
    for (size_t i = 0; i < before->n; i++) {
        struct process *p = &before->process[i];
        const struct process *now = usage_find(last, p->pid);
        p->ended = !now || now->start != p->start || now->ended;
        if (!p->ended || p->slot < 0 || p->start < m->all->v[p->slot]->born ||
            (uint64_t)p->rss_kib * 1024 < m->all->v[p->slot]->asked / SMALL_PART)
            p->slot = SLOT_NONE;
    }
    return largest;
}

static struct process *
largest_gone(const struct usage_processes *m)
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
    struct usage_processes *gone;
    uint32_t largest = find_gone(m, &gone);
    m->guessed += kills;
    struct process waited_for = {.slot = SLOT_NONE};
    if (ending && (uint64_t)ending->usage.ru_maxrss * 1024 > ending->asked)
        waited_for = (struct process){.rss_kib = (uint32_t)ending->usage.ru_maxrss,
            .slot = (int32_t)ending->number};
    for (; kills; kills--) {
        struct process *p = largest_gone(gone);
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

/* Of so many kills those of which the groups of slots tell; gives how many are left. */
static uint64_t
put_to_groups(struct memory *m, uint64_t kills)
{
    for (uint32_t i = 0; m->cgroups && i < m->all->n; i++) {
        uint32_t n = cgroups_killed(m->cgroups, i);
        m->all->v[i]->kills += n;
        kills -= n < kills ? n : kills;
    }
    return kills;
}

static void
look_in_group(struct memory *m, struct group *ending)
{
    uint64_t before = m->killed_here;
    m->killed_here = read_kills(m, m->group, before);
    if (m->killed_here <= before)
        return;
    uint64_t kills = put_to_groups(m, m->killed_here - before);
    if (kills)
        put_down(m, ending, kills);
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

/* Children inherit it, and with it all that they start. Who may raise it may lower it again to what
 * it was. */
static void
set_score(const struct memory *m, int score)
{
    char text[16];
    int n = snprintf(text, sizeof text, "%d", score < PREY_MOST ? score : PREY_MOST);
    if (m->score >= 0 && m->own_score < PREY_MOST)
        (void)!pwrite(m->score, text, (size_t)n, 0);
}

void
memory_begun(struct memory *m)
{
    set_score(m, m->own_score);
    if (m->folder >= 0)
        close(m->folder);
    m->folder = -1;
}

int
memory_begin(struct memory *m, struct group *g)
{
    set_score(m, m->own_score + PREY);
    g->used_kib = 0;
    g->going_at = 0;
    g->own_part = -1;
    g->shares_us = 0;
    look_in_group(m, NULL); /* what was killed before is none of its own */
    g->kills = 0;
    g->opened = m->opened;
    g->guessed = m->guessed;
    g->elsewhere = m->elsewhere;
    m->folder = m->cgroups ? cgroups_begin(m->cgroups, g->number) : -1;
    return m->folder;
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
    bool small = !g->hidden && peak < SMALL_KIB && peak * 1024 < g->asked / SMALL_PART;
    return killed && !small && m->elsewhere > g->elsewhere &&
           now_ms() - m->elsewhere_at < RECENT_MS;
}

/* Whom the kernel kills it counts before. Kills that are new stay so: whose they are is known when
 * that process is gone, and only where slots have groups of their own: what is good enough to say
 * who ran out of memory may be wrong, as of two that go at once. Where those of our group cannot be
 * read, or are not those of its processes, it may be any on the machine. */
enum memory_struck
memory_struck(struct memory *m, const struct group *g)
{
    bool here = m->group >= 0 && !g->hidden;
    uint64_t before = here ? m->killed_here : m->killed;
    if (g->kills || m->guessed > g->guessed || (!here && m->elsewhere > g->elsewhere))
        return STRUCK;
    return read_kills(m, here ? m->group : m->vmstat, before) > before ? STRUCK_UNSURE : STRUCK_NOT;
}

/* --- once a second --- */

void
memory_sample(struct memory *m, bool worth)
{
    look_for_kills(m, NULL);
    if (worth)
        usage_measure(m->usage, false);
    else
        usage_forget(m->usage);
}

/* --- what is left --- */

static uint64_t
used_by_all(const struct memory *m)
{
    uint64_t kib = 0;
    for (uint32_t i = 0; i < m->all->n; i++)
        if (m->all->v[i]->work == GROUP_TASK)
            kib += m->all->v[i]->used_kib;
    return kib * 1024;
}

/* Whichever is nearer to its end: what the machine has, what groups are limited to, what the batch
 * system gave. What cannot be read limits nothing. */
static struct guard_room
room_left(struct memory *m)
{
    struct guard_room room = {UINT64_MAX, UINT64_MAX};
    uint64_t all, left, limit;
    if (process_again(m->meminfo, &m->text) && file_number(m->text.p, "MemTotal:", &all) &&
        file_number(m->text.p, "MemAvailable:", &left))
        room = (struct guard_room){all * 1024, left * 1024};
    left = cgroup_watch_left(m->watch, &limit);
    if (left < room.left)
        room = (struct guard_room){limit, left};
    uint64_t used = used_by_all(m);
    left = m->grant == UINT64_MAX ? UINT64_MAX : m->grant > used ? m->grant - used : 0;
    if (left < room.left)
        room = (struct guard_room){m->grant, left};
    return room;
}

int64_t
memory_next(const struct memory *m)
{
    return m->guard.next_at;
}

bool
memory_short(struct memory *m, int64_t now)
{
    struct guard_room room = room_left(m);
    guard_look(&m->guard, now, &room);
    if (m->guard.level != GUARD_SHORT)
        return false;
    usage_measure(m->usage, true);
    return true;
}

struct group *
memory_victim(struct memory *m, int64_t now)
{
    const struct groups *all = m->all;
    uint32_t n = 0;
    m->process = xrealloc(m->process, (all->n + 1) * sizeof *m->process);
    for (uint32_t i = 0; i < all->n; i++) {
        const struct group *g = all->v[i];
        bool going = g->going_at && (g->work == GROUP_TASK || g->work == GROUP_ENDING);
        if (going ? now - g->going_at > GOING_MS : g->work != GROUP_TASK)
            continue;
        m->process[n++] = (struct guard_process){.used = g->used_kib * 1024,
            .asked = g->asked > RATIOS_LEAST ? g->asked : RATIOS_LEAST,
            .born = g->born,
            .going = going,
            .number = i};
    }
    uint32_t found = guard_pick(m->process, n, m->guard.want);
    if (found == GUARD_NONE)
        return NULL;
    struct group *g = all->v[m->process[found].number];
    g->going_at = now;
    return g;
}

bool
memory_full(const struct memory *m)
{
    return m->guard.level != GUARD_CALM;
}

uint64_t
memory_over(const struct memory *m)
{
    uint64_t over = 0;
    for (uint32_t i = 0; i < m->all->n; i++) {
        const struct group *g = m->all->v[i];
        uint64_t used = g->used_kib * 1024;
        bool much = g->work == GROUP_TASK && used >= RATIOS_LEAST && used > g->asked;
        over += much ? used - g->asked : 0;
    }
    return over;
}
