/* The scheduling core's tasks and classes, and what becomes of tasks that end. */
#include "config.h"

#include "sched/internal.h"

#include "util/buf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- making one --- */

/* The larger first. */
static int
larger(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

/* Which of two classes is first, whatever is begun. */
static int
compare_stages(const struct sched_class *a, const struct sched_class *b)
{
    int c = (a->priority < b->priority) - (a->priority > b->priority);
    return c ? c : larger(a->stage, b->stage);
}

/* Of two pointers to classes, which one is first. */
static int
compare_classes(const void *pa, const void *pb)
{
    const struct sched_class *a = *(struct sched_class *const *)pa,
                             *b = *(struct sched_class *const *)pb;
    int c = compare_stages(a, b);
    c = c ? c : larger(a->time_ms, b->time_ms);
    c = c ? c : larger(a->cores, b->cores);
    c = c ? c : larger(a->gpus, b->gpus);
    c = c ? c : larger(a->memory, b->memory);
    return c ? c : (a > b) - (a < b); /* they are in one array */
}

/* Does a task of the class take so long that all else might be over before it, were it left to the
 * end? Not if it shares memory with others, for it would cost them room to begin it apart. */
static bool
is_long(const struct sched *s, uint32_t class)
{
    const struct sched_class *c = &s->class[class];
    return !c->shared && (double)c->time_ms >= s->long_ms;
}

/* Within a stage: what is long, then what is nearest to its end, whatever its class. */
static void
order_queues(struct sched *s)
{
    struct ready *r = &s->ready;
    uint32_t at = 0;
    for (uint32_t i = 0, end; i < s->nclasses; i = end) {
        const struct sched_class *c = &s->class[s->sorted[i]];
        for (end = i + 1; end < s->nclasses; end++)
            if (compare_stages(c, &s->class[s->sorted[end]]) != 0)
                break;
        for (uint32_t k = i; k < end; k++)
            for (uint32_t near = r->nears; near-- > 0 && is_long(s, s->sorted[k]);)
                r->order[at++] = s->sorted[k] * r->nears + near;
        for (uint32_t near = r->nears; near-- > 0;)
            for (uint32_t k = i; k < end; k++)
                if (!is_long(s, s->sorted[k]))
                    r->order[at++] = s->sorted[k] * r->nears + near;
    }
    ready_reorder(r);
}

void
sched_follow_work(struct sched *s)
{
    double ms = s->unknown ? INFINITY : s->work / s->all.cores, before = s->long_ms, longest = 0;
    if (s->ready.nears == 1 || ms == before ||
        (isfinite(before) && fabs(ms - before) <= before / 8))
        return;
    for (uint32_t i = 0; i < s->nclasses; i++)
        if (s->coming[i] && (double)s->class[i].time_ms > longest)
            longest = (double)s->class[i].time_ms;
    s->long_ms = ms;
    if (longest >= ms || longest >= before)
        order_queues(s);
}

/* Puts the classes from number `first` on among those before it, which are in order. */
static void
order_classes(struct sched *s, uint32_t first)
{
    uint32_t n = s->nclasses - first, *order = s->sorted;
    struct sched_class **fresh = xcalloc(n, sizeof(struct sched_class *));
    for (uint32_t i = 0; i < n; i++)
        fresh[i] = &s->class[first + i];
    qsort(fresh, n, sizeof(struct sched_class *), compare_classes);
    for (uint32_t at = s->nclasses; n; at--) {
        struct sched_class *last = first ? &s->class[order[first - 1]] : NULL;
        if (last && compare_classes(&last, &fresh[n - 1]) > 0)
            order[at - 1] = order[--first];
        else
            order[at - 1] = (uint32_t)(fresh[--n] - s->class);
    }
    free(fresh);
    order_queues(s);
}

void
sched_add_classes(struct sched *s, const struct sched_class *class, uint32_t n)
{
    uint32_t before = s->nclasses;
    assert(n <= SCHED_MOST_CLASSES);
    if (n <= before)
        return;
    s->nclasses = n;
    s->class = xrealloc(s->class, n * sizeof *s->class);
    s->sorted = xrealloc(s->sorted, n * sizeof *s->sorted);
    s->sure = xrealloc(s->sure, n * sizeof *s->sure);
    s->coming = xrealloc(s->coming, n * sizeof *s->coming);
    memset(s->coming + before, 0, (n - before) * sizeof *s->coming);
    memcpy(s->class + before, class + before, (n - before) * sizeof *class);
    for (uint32_t i = before; i < s->nclasses; i++) {
        struct room cost = cost_of(&s->class[i]), *least = &s->least;
        assert(fits(cost, s->all) && s->class[i].heavier <= s->nclasses);
        s->sure[i] = s->class[i].time_ms;
        least->cores = cost.cores < least->cores ? cost.cores : least->cores;
        least->gpus = cost.gpus < least->gpus ? cost.gpus : least->gpus;
        least->memory = cost.memory < least->memory ? cost.memory : least->memory;
    }
    ready_grow(&s->ready, n - before);
    order_classes(s, before);
}

void
sched_set_class(struct sched *s, uint32_t task, uint32_t class, uint32_t bundle)
{
    assert(class < s->nclasses && !s->class_of[task]);
    s->class_of[task] = (uint16_t)(class + 1);
    sched_set_bundle(s, task, bundle);
}

void
sched_set_bundle(struct sched *s, uint32_t task, uint32_t bundle)
{
    assert(!is_coming(s->state[task]));
    ready_set_lane(&s->ready, task, bundle);
}

const struct sched_class *
sched_class_of(const struct sched *s, uint32_t task)
{
    return s->class_of[task] ? &s->class[class_of(s, task)] : NULL;
}

uint32_t
sched_class_number(const struct sched *s, uint32_t task)
{
    return s->class_of[task] ? class_of(s, task) : SCHED_NONE;
}

void
sched_set_times(struct sched *s, const uint64_t *time_ms, const uint64_t *sure_ms)
{
    s->work = 0;
    s->unknown = 0;
    for (uint32_t i = 0; i < s->nclasses; i++) {
        s->class[i].time_ms = time_ms[i];
        count_work(s, i, (int64_t)s->coming[i]);
    }
    memcpy(s->sure, sure_ms, s->nclasses * sizeof *s->sure);
    order_classes(s, 0);
}

void
sched_set_memory(struct sched *s, const uint64_t *memory, const uint64_t *shared)
{
    s->least.memory = s->all.memory;
    for (uint32_t i = 0; i < s->nclasses; i++) {
        assert(memory[i] <= s->all.memory && shared[i] <= memory[i]);
        s->class[i].memory = memory[i];
        s->class[i].shared = shared[i];
        if (memory[i] < s->least.memory)
            s->least.memory = memory[i];
    }
    order_classes(s, 0);
    s->held.class = SCHED_NONE; /* what it kept was by what they had cost */
}

void
sched_set_over(struct sched *s, uint64_t bytes)
{
    s->over = bytes;
}

struct sched *
sched_new(const struct sched_config *c)
{
    struct sched *s = xcalloc(1, sizeof *s);
    s->all = s->room = s->least = (struct room){c->cores, c->gpus, c->memory};
    s->end = NO_END;
    s->long_ms = INFINITY;
    s->ntasks = c->ntasks;
    for (uint32_t i = 0; i < NDELAYS; i++)
        s->delayed[i] = (struct queue)QUEUE_EMPTY;
    s->cap_running = c->cores;
    s->running = xcalloc(s->cap_running, sizeof *s->running);
    s->free_running = SCHED_NONE;
    s->held.class = SCHED_NONE;
    s->count[SCHED_AWAY] = c->ntasks;
    s->class_of = xcalloc(c->ntasks, sizeof *s->class_of);
    s->state = xcalloc(c->ntasks, sizeof *s->state);
    s->links.next = xcalloc(c->ntasks, sizeof *s->links.next);
    s->since = xcalloc(c->ntasks, sizeof *s->since);
    graph_init(&s->graph, c);
    ready_init(&s->ready, c->ntasks, s->links.next, c->bundles, s->graph.begins);
    return s;
}

void
sched_free(struct sched *s)
{
    if (!s)
        return;
    graph_free(&s->graph);
    ready_free(&s->ready);
    free(s->class);
    free(s->sorted);
    free(s->sure);
    free(s->coming);
    free(s->running);
    free(s->class_of);
    free(s->state);
    free(s->links.next);
    free(s->since);
    free(s);
}

static void
make_heavier(struct sched *s, uint32_t task)
{
    uint32_t heavier = s->class[class_of(s, task)].heavier;
    if (heavier)
        s->class_of[task] = (uint16_t)heavier;
}

void
sched_change_class(struct sched *s, uint32_t task, uint32_t class)
{
    assert((s->state[task] == SCHED_AWAY || s->state[task] == SCHED_DELAYED ||
               s->state[task] == SCHED_WAITING) &&
           class < s->nclasses);
    int coming = is_coming((enum sched_state)s->state[task]);
    count_coming(s, class_of(s, task), -coming);
    s->class_of[task] = (uint16_t)(class + 1);
    count_coming(s, class, coming);
}

void
sched_set_heavier(struct sched *s, uint32_t task)
{
    make_heavier(s, task);
}

void
sched_set_end(struct sched *s, int64_t end)
{
    s->end = end;
}

void
sched_set_cautious(struct sched *s)
{
    s->cautious = true;
}

void
sched_take(struct sched *s, uint32_t task, int64_t now)
{
    if (s->state[task] != SCHED_AWAY)
        return;
    if (graph_waits(&s->graph, task))
        set_state(s, task, SCHED_WAITING);
    else
        make_ready(s, task, (uint32_t)now, false);
}

void
sched_resume(struct sched *s, uint32_t task, int64_t now)
{
    if (s->state[task] != SCHED_POSTPONED)
        return;
    set_state(s, task, SCHED_AWAY);
    sched_take(s, task, now);
}

void
sched_give(struct sched *s, uint32_t task)
{
    if (s->state[task] == SCHED_READY)
        ready_remove(&s->ready, task, class_of(s, task));
    else if (s->state[task] != SCHED_WAITING)
        return;
    set_state(s, task, SCHED_AWAY);
}

void
sched_start(struct sched *s, int64_t now)
{
    for (uint32_t t = 0; t < s->ntasks; t++)
        sched_take(s, t, now);
}

/* --- ends --- */

static void
give_back(struct sched *s, const struct running *r, struct room cost)
{
    give_room(&s->room, cost);
    if (!r->marked) /* else it was counted when it was marked */
        give_room(&s->held.room, cost);
}

static uint32_t
less(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void
sched_set_others(struct sched *s, uint32_t cores, uint32_t gpus, uint64_t memory, int64_t ends,
    int64_t now)
{
    struct others *o = &s->others;
    if (!o->told) { /* all of it, until the rest is given back */
        *o = (struct others){.room = s->room, .told = true, .since = now};
        take_room(&s->room, o->room);
    }
    const struct room has = {less(cores, o->room.cores), less(gpus, o->room.gpus),
        memory < o->room.memory ? memory : o->room.memory};
    struct room back = o->room;
    take_room(&back, has);
    give_room(&s->room, back);
    if (!o->marked) /* else it was counted when it was marked */
        give_room(&s->held.room, back);
    o->room = has;
    o->ends_at = ends;
}

static void
free_entry(struct sched *s, uint32_t entry)
{
    s->running[entry].free = s->free_running;
    s->free_running = entry;
}

static void
release(struct sched *s, uint32_t task)
{
    uint32_t entry = s->links.next[task];
    if (entry == SCHED_NONE) /* it was undone: its process is over */
        return;
    struct running *r = &s->running[entry];
    const struct sched_class *c = &s->class[r->class];
    r->count--;
    struct room cost = {c->cores, c->gpus, r->count || r->open ? r->memory - r->shared : r->memory};
    give_back(s, r, cost);
    if (!r->count && !r->open)
        free_entry(s, entry);
}

uint32_t
sched_open(struct sched *s, uint32_t task)
{
    assert(s->state[task] == SCHED_RUNNING);
    s->running[s->links.next[task]].open = true;
    return s->links.next[task];
}

void
sched_set_young(struct sched *s, uint32_t process, bool young)
{
    assert(s->running[process].open);
    s->running[process].young = young;
}

bool
sched_awaits(const struct sched *s)
{
    for (uint32_t i = 0; i < s->nrunning; i++) {
        const struct running *r = &s->running[i];
        if (r->young && r->lane && s->ready.lane[r->lane - 1].ready.first != SCHED_NONE)
            return true;
    }
    return false;
}

bool
sched_any_open(const struct sched *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->nrunning; i++)
        any |= s->running[i].open;
    return any;
}

void
sched_close(struct sched *s, uint32_t process)
{
    struct running *r = &s->running[process];
    assert(r->open);
    r->open = r->young = false;
    if (r->count)
        return;
    give_back(s, r, (struct room){.memory = r->shared});
    free_entry(s, process);
}

struct told {
    struct sched *s;
    uint32_t since;
};

static void
wake_consumer(void *arg, uint32_t task)
{
    struct told *w = arg;
    if (w->s->state[task] == SCHED_WAITING)
        make_ready(w->s, task, w->since, false);
}

static void
move_nearer(void *arg, uint32_t task, enum near near)
{
    struct sched *s = ((struct told *)arg)->s;
    if (s->state[task] == SCHED_READY)
        ready_move(&s->ready, task, class_of(s, task), near);
}

void
sched_begin(struct sched *s, uint32_t task)
{
    struct told told = {s, 0};
    if (ready_lane_begins(&s->ready, task))
        for (uint32_t t = ready_lane_first(&s->ready, task); t != SCHED_NONE;
             t = ready_lane_next(&s->ready, t))
            move_nearer(&told, t, NEAR_HERE);
    graph_begin(&s->graph, task, &(struct graph_told){wake_consumer, move_nearer, &told});
}

static void
count_done(struct sched *s, uint32_t task, int64_t now)
{
    struct told told = {s, (uint32_t)now};
    set_state(s, task, SCHED_DONE);
    graph_done(&s->graph, task, &(struct graph_told){wake_consumer, move_nearer, &told});
}

struct blocking {
    struct sched *s;
    struct queue todo;
};

static void
block(void *arg, uint32_t task)
{
    struct blocking *b = arg;
    if (b->s->state[task] != SCHED_WAITING && b->s->state[task] != SCHED_AWAY)
        return;
    set_state(b->s, task, SCHED_BLOCKED);
    queue_prepend(&b->todo, &b->s->links, task);
}

/* Everything that needs `task`, directly or not, will never run. The stack of those still to be
 * looked at runs through `next`, which a task that waits or is away does not use. */
static void
block_consumers(struct sched *s, uint32_t task)
{
    struct blocking b = {s, QUEUE_EMPTY};
    graph_consumers(&s->graph, task, false, block, &b);
    while (b.todo.first != SCHED_NONE)
        graph_consumers(&s->graph, queue_take_first(&b.todo, &s->links), false, block, &b);
}

void
block_all(struct sched *s)
{
    for (uint32_t t = 0; t < s->ntasks; t++)
        if (s->state[t] == SCHED_FAILED)
            block_consumers(s, t);
}

void
sched_set_done(struct sched *s, uint32_t task, int64_t now)
{
    if (s->state[task] != SCHED_AWAY && s->state[task] != SCHED_WAITING)
        return;
    count_done(s, task, now);
}

void
sched_set_gone(struct sched *s, uint32_t task)
{
    if (s->state[task] != SCHED_DONE)
        return;
    set_state(s, task, SCHED_AWAY);
    graph_undone(&s->graph, task);
}

void
sched_set_failed(struct sched *s, uint32_t task)
{
    if (s->state[task] != SCHED_AWAY)
        return;
    set_state(s, task, SCHED_FAILED);
    block_consumers(s, task);
}

void
sched_forget(struct sched *s, bool (*ours)(void *arg, uint32_t task), void *arg)
{
    for (uint32_t t = 0; t < s->ntasks; t++) {
        bool lost = s->state[t] == SCHED_FAILED || s->state[t] == SCHED_BLOCKED;
        if ((!lost && s->state[t] != SCHED_DONE) || ours(arg, t))
            continue;
        if (lost)
            set_state(s, t, SCHED_AWAY);
        else
            sched_set_gone(s, t);
    }
    block_all(s);
}

void
forget_delayed(struct sched *s, uint32_t task)
{
    for (unsigned i = 0; i < NDELAYS; i++)
        if (queue_has(&s->delayed[i], &s->links, task)) {
            queue_remove(&s->delayed[i], &s->links, task);
            return;
        }
}

void
sched_cancel(struct sched *s, uint32_t task)
{
    enum sched_state state = (enum sched_state)s->state[task];
    if (state == SCHED_RUNNING || state == SCHED_DONE || state == SCHED_FAILED)
        return;
    if (state == SCHED_READY)
        ready_remove(&s->ready, task, class_of(s, task));
    else if (state == SCHED_DELAYED)
        forget_delayed(s, task);
    set_state(s, task, SCHED_FAILED);
    block_consumers(s, task);
}

/* Again; or when what it needs is done again. */
static bool
waits_again(struct sched *s, uint32_t task)
{
    if (!graph_waits(&s->graph, task))
        return false;
    set_state(s, task, SCHED_WAITING);
    return true;
}

void
sched_ended(struct sched *s, uint32_t task, enum sched_result result, uint32_t nth, int64_t now)
{
    release(s, task);
    switch (result) {
    case SCHED_END_DONE:
        count_done(s, task, now);
        break;
    case SCHED_END_FAILED:
        set_state(s, task, SCHED_FAILED);
        block_consumers(s, task);
        break;
    case SCHED_END_HEAVIER:
        make_heavier(s, task);
        /* fall through */
    case SCHED_END_RETRY:
        if (waits_again(s, task))
            break;
        nth = nth < NDELAYS ? nth : NDELAYS - 1;
        set_state(s, task, SCHED_DELAYED);
        s->since[task] = (uint32_t)now + sched_pause_ms(nth);
        queue_append(&s->delayed[nth], &s->links, task);
        break;
    case SCHED_END_POSTPONE:
        set_state(s, task, SCHED_POSTPONED);
        break;
    case SCHED_END_AWAY:
        set_state(s, task, SCHED_AWAY);
        break;
    case SCHED_END_REQUEUE:
        if (waits_again(s, task))
            break;
        make_ready(s, task, (uint32_t)now, true);
        break;
    }
}

/* --- asking --- */

int64_t
sched_next_time(const struct sched *s, int64_t now)
{
    int64_t soonest = -1;
    for (unsigned i = 0; i < NDELAYS; i++) {
        if (s->delayed[i].first == SCHED_NONE)
            continue;
        int64_t at = now + (int32_t)(s->since[s->delayed[i].first] - (uint32_t)now);
        if (soonest < 0 || at < soonest)
            soonest = at;
    }
    return soonest;
}

bool
sched_pending(const struct sched *s, int64_t now)
{
    for (uint32_t r = ready_next(&s->ready, 0); r != SCHED_NONE; r = ready_next(&s->ready, r + 1))
        if (!too_late(s, ready_class(&s->ready, s->ready.order[r]), now))
            return true;
    for (unsigned i = 0; i < NDELAYS; i++) {
        for (uint32_t t = s->delayed[i].first; t != SCHED_NONE; t = s->links.next[t]) {
            int64_t at = now + (int32_t)(s->since[t] - (uint32_t)now);
            if (!too_late(s, class_of(s, t), at < now ? now : at))
                return true;
        }
    }
    return false;
}

bool
sched_could_start(const struct sched *s, uint32_t task, int64_t now)
{
    return s->state[task] == SCHED_AWAY && !graph_waits(&s->graph, task) &&
           !too_late(s, class_of(s, task), now) &&
           fits(cost_of(&s->class[class_of(s, task)]), free_room(s));
}

bool
sched_has_room(const struct sched *s)
{
    const struct room room = free_room(s);
    if (fits(s->least, room))
        return true;
    for (uint32_t i = 0; i < s->nrunning; i++) {
        const struct running *r = &s->running[i];
        const struct sched_class *c = &s->class[r->class];
        if (r->open && fits((struct room){c->cores, c->gpus, r->memory - r->shared}, room))
            return true;
    }
    return false;
}

uint32_t
sched_count(const struct sched *s, enum sched_state state)
{
    return s->count[state];
}

enum sched_state
sched_state(const struct sched *s, uint32_t task)
{
    return s->state[task];
}

uint32_t
sched_waited(const struct sched *s, uint32_t task)
{
    uint32_t ms = (uint32_t)s->running[s->links.next[task]].start - s->since[task];
    /* whoever starts it may have looked at the clock earlier */
    return ms > UINT32_MAX - 3600000 ? 0 : ms;
}

int64_t
sched_ends(const struct sched *s, int64_t now)
{
    int64_t longest = 0;
    for (uint32_t i = 0; i < s->nrunning; i++) {
        int64_t left = remaining(s, &s->running[i], now);
        longest = left > longest ? left : longest;
    }
    return now + longest;
}

uint32_t
sched_cores_used(const struct sched *s)
{
    return s->all.cores - s->room.cores;
}

uint64_t
sched_memory_used(const struct sched *s)
{
    return s->all.memory - s->room.memory;
}

uint64_t
sched_ready_time(const struct sched *s)
{
    uint64_t least = 0;
    for (uint32_t k = 0; k < s->nclasses * s->ready.nears; k++) {
        uint64_t time = s->sure[ready_class(&s->ready, k)];
        if (s->ready.queue[k].first != SCHED_NONE && time && (!least || time < least))
            least = time;
    }
    return least;
}
