#include "config.h"

#include "shim/turn.h"

#include "journal/names.h"
#include "journal/next.h"
#include "journal/paths.h"
#include "node/handover.h"
#include "node/keeper.h"
#include "node/orphans.h"
#include "runtime/shards.h"
#include "util/file.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SURE = 10 }; /* looks after which we look whatever the folder's time says */

struct turn {
    struct folder_mark mark;
    struct next next; /* the last one that was seen */
    bool answered;    /* it */
    bool failing;
    unsigned looks;
    bool missed;          /* a plan came in force without us */
    bool asked;           /* for a successor */
    bool shares;          /* the node, with the shim of the plan before, whose tasks have */
    cpu_set_t processors; /* these */
};

static const char *
plan_path_of(struct shim *r)
{
    buf_reset(&r->path);
    buf_printf(&r->path, "%s/" PLAN_FILE, r->opt.dir);
    return r->path.p;
}

bool
turn_settle(struct shim *r, bool *settled)
{
    struct next x;
    int err = next_settle(plan_path_of(r), r->state_dir, r->lease, &x);
    *settled = x.state != NEXT_OPEN;
    if (err)
        say("%s/" STATE_NEXT ": what became of a new plan cannot be told: %s", r->state_dir,
            strerror(err));
    return !err;
}

static int
answer(struct shim *r, uint32_t number, const char *word)
{
    char text[NEXT_TEXT];
    snprintf(text, sizeof text, "%s %d", word, PLAN_VERSION);
    return next_answer(r->state_dir, number, lease_holder(r->lease), text);
}

void
turn_begins(struct shim *r)
{
    struct next x;
    if (next_last(r->state_dir, &x) == 0 && x.state == NEXT_OPEN)
        answer(r, x.number, NEXT_BEGINS);
}

void
turn_open(struct shim *r)
{
    r->turn = xcalloc(1, sizeof *r->turn);
    const struct handover *before = r->node.handovers.before;
    r->turn->shares = before && atomic_load(&before->lives);
    CPU_ZERO(&r->turn->processors);
    if (!r->opt.batch)
        return;
    buf_reset(&r->path);
    buf_printf(&r->path, "%s/" STATE_NEXT, r->state_dir);
    (void)dir_make(r->path.p); /* over NFS it is seen at once what comes into it */
}

void
turn_close(struct shim *r)
{
    free(r->turn);
}

bool
turn_pauses(const struct shim *r)
{
    return r->turn->next.state == NEXT_OPEN && !r->leave.turns;
}

/* --- the node, which two shims share meanwhile --- */

/* What tasks still have of it, with those of who went before us: all, if one is to be alone. */
static void
tell_successor(struct shim *r, int64_t now)
{
    struct handover *h = r->node.handovers.next;
    const bool alone = alone_at_work(r);
    cpu_set_t processors = r->turn->processors;
    for (uint32_t i = 0; i < r->slots.nused; i++)
        CPU_OR(&processors, &processors, &r->slots.v[i].processors);
    for (uint32_t i = 0; i < r->node.gpus.n && i < PLAN_MOST_GPUS; i++)
        h->gpu[i] = r->node.gpus.v[i].taken_by != 0;
    h->processors = processors;
    h->ends = sched_ends(r->sched, now);
    h->memory = alone ? r->node.memory : sched_memory_used(r->sched) + memory_over(r->samples);
    atomic_store(&h->cores, alone ? r->node.cores : sched_cores_used(r->sched));
}

void
turn_room(struct shim *r, int64_t now)
{
    struct turn *t = r->turn;
    const struct handover *h = r->node.handovers.before;
    if (!t->shares)
        return;
    const bool lives = atomic_load(&h->lives);
    if (!lives) /* if it died, its tasks are left */
        orphans_end(r->strays, r->state_dir, r->lease, NULL);
    const uint32_t cores = lives ? atomic_load(&h->cores) : 0;
    cpu_set_t back = t->processors;
    CPU_ZERO(&t->processors);
    if (lives)
        t->processors = h->processors;
    if (r->node.places) {
        CPU_XOR(&back, &back, &t->processors);
        places_give(r->node.places, &back);
        places_hold(r->node.places, &t->processors);
    }
    const uint32_t gpus = gpus_hold(&r->node.gpus, lives ? h->gpu : NULL, PLAN_MOST_GPUS);
    sched_set_others(r->sched, cores, gpus, lives ? h->memory : 0, h->ends, now);
    use_others(r->use, cores < r->node.cores ? cores : r->node.cores);
    t->shares = lives;
}

bool
turn_shares(const struct shim *r)
{
    return r->turn->shares;
}

bool
turn_speaks(const struct shim *r)
{
    return r->turn->asked && r->turn->shares;
}

static void
begin_turn(struct shim *r, int64_t now)
{
    const uint32_t n = sched_count(r->sched, SCHED_RUNNING);
    r->leave.draining = r->leave.turns = true;
    if (n && r->node.handovers.next && getppid() == r->leave.keeper) {
        tell_successor(r, now);
        r->turn->asked = true;
        atomic_store(&r->node.handovers.next->asked, true);
        kill(r->leave.keeper, SIGCHLD); /* he looks */
        tell(r, "there is a new plan: this node goes on by it, beside %u tasks that run", n);
    } else {
        tell(r, "there is a new plan: this node goes on by it when %u tasks that run have ended",
            n);
    }
}

static void
sync_holds(struct shim *r)
{
    struct hold *h;
    for (uint32_t i = 0; (h = shards_nth(r, i)); i++)
        journal_sync(h->journal); /* so that other hosts see it */
}

/* One more, while we bring to its end what runs by a plan before. But of what runs by one that was
 * followed without us nothing is known to the others. */
static void
stand_by(struct shim *r)
{
    struct next x;
    if (next_last(r->state_dir, &x) != 0 || x.state != NEXT_OPEN)
        return;
    sync_holds(r);
    if (r->turn->missed)
        next_answer(r->state_dir, x.number, lease_holder(r->lease),
            "it still runs tasks of a plan before the one that is in force");
    else
        answer(r, x.number, NEXT_READY);
}

static void
look(struct shim *r, int64_t now)
{
    struct turn *t = r->turn;
    struct next x, before = {.number = t->next.number};
    int err = next_settle(plan_path_of(r), r->state_dir, r->lease, &x);
    if (!err && t->answered) /* there may be one more already */
        err = next_read(r->state_dir, &before);
    if (err && !t->failing)
        say("%s/" STATE_NEXT " cannot be read: %s; asking again", r->state_dir, strerror(err));
    t->failing = err != 0;
    if (err)
        return;
    const bool agreed = t->answered && before.state == NEXT_DONE;
    t->answered &= x.number == t->next.number;
    t->next = x;
    t->missed = !agreed && x.state == NEXT_OPEN && x.from != r->plan->head->identity;
    if (agreed || t->missed)
        begin_turn(r, now);
}

void
turn_tick(struct shim *r, int64_t now)
{
    struct turn *t = r->turn;
    turn_room(r, now);
    if (t->asked)
        tell_successor(r, now);
    if (r->leave.outdated)
        return;
    bool changed = folder_changed(r->state_dir, STATE_NEXT, &t->mark) || ++t->looks % SURE == 0;
    if (!r->leave.turns && (changed || t->failing || turn_pauses(r)))
        look(r, now);
    if (r->leave.turns && changed)
        stand_by(r);
}

/* Is there one that was given tasks, and has no process of theirs so far? What it looks at first
 * may end them, or have their START recorded later. */
static bool
any_prepares(const struct shim *r)
{
    for (int state = SLOT_IDLE + 1; state < SLOT_NSTATES; state++)
        for (const struct slot *s = r->slots.in_state[state].first; s; s = s->next)
            if (!s->launched)
                return true;
    return false;
}

void
turn_answer(struct shim *r)
{
    struct turn *t = r->turn;
    if (!turn_pauses(r) || t->answered || any_prepares(r))
        return;
    sync_holds(r);
    int err = !r->opt.batch
                  ? next_answer(r->state_dir, t->next.number, lease_holder(r->lease), NEXT_ALONE)
              : getppid() != r->leave.keeper
                  ? next_answer(r->state_dir, t->next.number, lease_holder(r->lease),
                        "nobody is there to start it again")
                  : answer(r, t->next.number, NEXT_READY);
    if (err && !t->failing)
        say("%s/" STATE_NEXT " cannot be written: %s; asking again", r->state_dir, strerror(err));
    t->failing = err != 0;
    t->answered = !err;
}

bool
turn_made(const struct shim *r)
{
    return r->leave.turns && !r->leave.stopping && r->leave.asked_at == NEVER;
}
