/* The scheduling core's tasks and classes, and what becomes of tasks that end. */
#include "config.h"

#include "sched/internal.h"

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* --- making one --- */

/* The larger first. */
static int
larger(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

/* Of two pointers to classes, which one is first. */
static int
compare_classes(const void *pa, const void *pb)
{
    const struct sched_class *a = *(struct sched_class *const *)pa,
                             *b = *(struct sched_class *const *)pb;
    int c = (a->priority < b->priority) - (a->priority > b->priority);
    c = c ? c : larger(a->time_ms, b->time_ms);
    c = c ? c : larger(a->cores, b->cores);
    c = c ? c : larger(a->gpus, b->gpus);
    c = c ? c : larger(a->memory, b->memory);
    return c ? c : (a > b) - (a < b); /* they are in one array */
}

/* Puts the classes from number `first` on among those before it, which are in order. */
static void
order_classes(struct sched *s, uint32_t first)
{
    uint32_t n = s->nclasses - first, *order = s->ready.order;
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
    ready_reorder(&s->ready);
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
    memcpy(s->class + before, class + before, (n - before) * sizeof *class);
    for (uint32_t i = before; i < s->nclasses; i++) {
        struct room cost = cost_of(&s->class[i]), *least = &s->least;
        assert(fits(cost, s->all) && s->class[i].heavier <= s->nclasses);
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
    if (bundle != SCHED_NONE)
        ready_set_lane(&s->ready, task, bundle);
}

const struct sched_class *
sched_class_of(const struct sched *s, uint32_t task)
{
    return s->class_of[task] ? &s->class[class_of(s, task)] : NULL;
}

void
sched_set_times(struct sched *s, const uint64_t *time_ms)
{
    for (uint32_t i = 0; i < s->nclasses; i++)
        s->class[i].time_ms = time_ms[i];
    order_classes(s, 0);
}

struct sched *
sched_new(const struct sched_config *c)
{
    struct sched *s = xcalloc(1, sizeof *s);
    s->all = s->room = s->least = (struct room){c->cores, c->gpus, c->memory};
    s->end = NO_END;
    s->ntasks = c->ntasks;
    for (uint32_t i = 0; i < NDELAYS; i++)
        s->delayed[i] = (struct queue)QUEUE_EMPTY;
    s->running = xcalloc(c->cores, sizeof *s->running);
    s->free_running = SCHED_NONE;
    s->held.class = SCHED_NONE;
    s->count[SCHED_AWAY] = c->ntasks;
    s->class_of = xcalloc(c->ntasks, sizeof *s->class_of);
    s->state = xcalloc(c->ntasks, sizeof *s->state);
    s->links.next = xcalloc(c->ntasks, sizeof *s->links.next);
    s->since = xcalloc(c->ntasks, sizeof *s->since);
    ready_init(&s->ready, c->ntasks, s->links.next, c->bundles);
    graph_init(&s->graph, c);
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
sched_give(struct sched *s, uint32_t task)
{
    if (s->state[task] == SCHED_WAITING)
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
release(struct sched *s, uint32_t task)
{
    uint32_t entry = s->links.next[task];
    struct running *r = &s->running[entry];
    const struct sched_class *c = &s->class[r->class];
    r->count--;
    struct room cost = r->count ? further_cost(c) : cost_of(c);
    give_room(&s->room, cost);
    if (!r->marked) /* else it was counted when it was marked */
        give_room(&s->held.room, cost);
    if (r->count)
        return;
    r->free = s->free_running;
    s->free_running = entry;
}

struct waking {
    struct sched *s;
    uint32_t since;
};

static void
wake_consumer(void *arg, uint32_t task)
{
    struct waking *w = arg;
    if (w->s->state[task] == SCHED_WAITING)
        make_ready(w->s, task, w->since, false);
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
    graph_consumers(&s->graph, task, block, &b);
    while (b.todo.first != SCHED_NONE)
        graph_consumers(&s->graph, queue_take_first(&b.todo, &s->links), block, &b);
}

void
sched_set_done(struct sched *s, uint32_t task, int64_t now)
{
    if (s->state[task] != SCHED_AWAY && s->state[task] != SCHED_WAITING)
        return;
    set_state(s, task, SCHED_DONE);
    graph_done(&s->graph, task, wake_consumer, &(struct waking){s, (uint32_t)now});
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
sched_ended(struct sched *s, uint32_t task, enum sched_result result, uint32_t nth, int64_t now)
{
    release(s, task);
    switch (result) {
    case SCHED_END_DONE:
        set_state(s, task, SCHED_DONE);
        graph_done(&s->graph, task, wake_consumer, &(struct waking){s, (uint32_t)now});
        break;
    case SCHED_END_FAILED:
        set_state(s, task, SCHED_FAILED);
        block_consumers(s, task);
        break;
    case SCHED_END_HEAVIER:
        make_heavier(s, task);
        /* fall through */
    case SCHED_END_RETRY:
        nth = nth < NDELAYS ? nth : NDELAYS - 1;
        set_state(s, task, SCHED_DELAYED);
        s->since[task] = (uint32_t)now + (nth < NDELAYS - 1 ? 1000u << nth : 60000u);
        queue_append(&s->delayed[nth], &s->links, task);
        break;
    case SCHED_END_POSTPONE:
        set_state(s, task, SCHED_POSTPONED);
        break;
    case SCHED_END_AWAY:
        set_state(s, task, SCHED_AWAY);
        break;
    case SCHED_END_REQUEUE:
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
        if (!too_late(s, s->ready.order[r], now))
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
sched_has_room(const struct sched *s)
{
    return fits(s->least, s->room);
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
    for (uint32_t k = 0; k < s->nclasses; k++) {
        uint64_t time = s->class[k].time_ms;
        if (s->ready.queue[k].first != SCHED_NONE && time && (!least || time < least))
            least = time;
    }
    return least;
}
