/* The slots of a node: how many, who is in which, and what is due in them. */
#include "config.h"

#include "node/prepare.h"
#include "runtime/files.h"
#include "runtime/shim.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors besides those of slots and journals: 0 to 2, lease, log, loop, files of /proc, and
 * what is open for a moment. */
enum { NEEDED_FILES = 32, SPARE_FILES = 64 };

enum { BESIDE = 8 }; /* tasks that are checked or join at a time, beside others of theirs */

/* --- lists, one for each state --- */

static void
unlist_slot(struct shim *r, struct slot *s)
{
    struct slot_list *l = &r->slots.in_state[s->listed];
    *(s->prev ? &s->prev->next : &l->first) = s->next;
    *(s->next ? &s->next->prev : &l->last) = s->prev;
}

static const enum group_work work_in[SLOT_NSTATES] = {
    [SLOT_TESTING] = GROUP_CHECK,
    [SLOT_RUNNING] = GROUP_TASK,
    [SLOT_STOPPING] = GROUP_TASK,
    [SLOT_ENDING] = GROUP_ENDING,
    [SLOT_CHECKING] = GROUP_CHECK,
};

/* The one that became free last is the first one to be used again. */
static void
list_slot(struct shim *r, struct slot *s)
{
    struct slot_list *l = &r->slots.in_state[s->state];
    bool front = s->state == SLOT_FREE;
    s->listed = s->state;
    s->group.work = work_in[s->state];
    s->prev = front ? NULL : l->last;
    s->next = front ? l->first : NULL;
    *(s->prev ? &s->prev->next : &l->first) = s;
    *(s->next ? &s->next->prev : &l->last) = s;
}

/* No page of it was touched before. */
static struct slot *
begin_slot(struct shim *r, enum slot_state state)
{
    assert(r->slots.nused < r->slots.nbeside + r->slots.n);
    struct slot *s = &r->slots.v[r->slots.nused++];
    s->spool = -1;
    s->state = state;
    s->feeder.fd = s->feeder.watched = -1;
    s->process = SCHED_NONE;
    s->deadline = s->signal_at = s->due.at = s->release_at = NEVER;
    groups_add(&r->slots.groups, &s->group);
    list_slot(r, s);
    return s;
}

/* --- how many --- */

/* On this machine alone all shards are ours, and each has its journal open; on a node of a job
 * hardly more than there are tasks that run. */
static rlim_t
files_for(const struct shim *r, rlim_t slots)
{
    rlim_t shards = r->plan->nshards;
    return slots + r->slots.nbeside + (r->opt.batch && slots < shards ? slots : shards);
}

/* Each slot keeps a spool open. What cannot be had is done without. */
static void
share_files(struct shim *r)
{
    rlim_t files = prepare_files(files_for(r, r->slots.ntogether) + SPARE_FILES);
    uint32_t n = r->slots.ntogether;
    while (n > 1 && files_for(r, n) + NEEDED_FILES > files)
        n--;
    if (n < r->slots.ntogether)
        say("no more than %llu files may be open (ulimit -n), so that %u process%s of tasks can "
            "run at "
            "a time instead of %u",
            (unsigned long long)files, n, n == 1 ? "" : "es", r->slots.ntogether);
    r->slots.n = n;
    r->slots.journals = UINT32_MAX;
    if (r->opt.batch)
        r->slots.journals = files > NEEDED_FILES + r->slots.nbeside + n + 1
                                ? (uint32_t)(files - NEEDED_FILES - r->slots.nbeside - n)
                                : 1;
}

void
slots_open(struct shim *r)
{
    /* a task takes a core at least, so no more than these ever run */
    r->slots.ntogether =
        r->node.cores < r->plan->head->ntasks ? r->node.cores : r->plan->head->ntasks;
    r->slots.nbeside = r->release ? BESIDE : 0;
    for (uint32_t i = 0; i < r->plan->nfamilies; i++)
        if (r->plan->family[i].bundle && found_checks_content(r, i))
            r->slots.nbeside = BESIDE;
    share_files(r);
    uint32_t all = r->slots.nbeside + r->slots.n;
    r->slots.v = xcalloc(all, sizeof *r->slots.v);
    r->slots.fed_at = NEVER;
    r->slots.due.v = xcalloc(all, sizeof *r->slots.due.v);
    r->slots.tasks = xcalloc(r->slots.ntogether, sizeof *r->slots.tasks);
    groups_open(&r->slots.groups, all);
    for (uint32_t i = 0; i < r->slots.nbeside; i++)
        begin_slot(r, SLOT_IDLE);
}

void
slots_close(struct shim *r)
{
    for (uint32_t i = 0; i < r->slots.nused; i++) {
        struct slot *s = &r->slots.v[i];
        slot_close_spool(r, s);
        buf_free(&s->note);
        buf_free(&s->before);
        buf_free(&s->wrote);
        feeder_free(&s->feeder);
        buf_free(&s->released);
        buf_free(&s->marks);
        free(s->member);
    }
    free(r->slots.v);
    free(r->slots.due.v);
    groups_close(&r->slots.groups);
    free(r->slots.tasks);
}

/* --- giving them out --- */

struct slot *
slots_take(struct shim *r)
{
    if (r->slots.in_state[SLOT_FREE].first)
        return r->slots.in_state[SLOT_FREE].first;
    return begin_slot(r, SLOT_FREE);
}

void
slots_event(struct shim *r, enum slot_state state, enum slot_event e)
{
    for (struct slot *s = r->slots.in_state[state].first, *next; s; s = next) {
        next = s->next;
        slot_event(r, s, e);
    }
}

/* --- who is due --- */

int64_t
slots_next_time(const struct shim *r)
{
    const struct due *d = due_first(&r->slots.due);
    return d ? d->at : NEVER;
}

struct slot *
slots_due(const struct shim *r, int64_t now)
{
    struct due *d = due_first(&r->slots.due);
    return d && d->at <= now ? (struct slot *)(void *)((char *)d - offsetof(struct slot, due))
                             : NULL;
}

/* --- all at once --- */

struct slot *
slots_find(const struct shim *r, pid_t pid)
{
    const struct group *g = groups_find(&r->slots.groups, pid);
    return g ? &r->slots.v[g->number] : NULL;
}

static bool
trim_spools(const struct shim *r, enum slot_state state, int64_t now)
{
    bool any = false;
    for (struct slot *s = r->slots.in_state[state].first; s; s = s->next) {
        if (now - s->started < 1000)
            continue;
        any = true;
        log_trim_spool(s->spool);
    }
    return any;
}

bool
slots_trim_spools(const struct shim *r, int64_t now)
{
    bool runs = trim_spools(r, SLOT_RUNNING, now);
    return trim_spools(r, SLOT_STOPPING, now) || runs;
}

void
slots_changed(struct shim *r, struct slot *s)
{
    if (s->listed != s->state) {
        unlist_slot(r, s);
        list_slot(r, s);
    }
    groups_lead(&r->slots.groups, &s->group);
    int64_t due = s->deadline < s->signal_at ? s->deadline : s->signal_at;
    due_set(&r->slots.due, &s->due, due);
}
