#include "config.h"

#include "sched/sched.h"

#include "sched/graph.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

enum { NDELAYS = 7 }; /* 1 s, 2 s ... 32 s, 60 s */

/* Tasks by links through sched.next. */
struct queue {
    uint32_t first, last;
};

struct running {
    uint32_t task;
    bool marked; /* the reservation counts on its end */
    int64_t start;
};

/* What is kept for the first class in order, see the head of sched.h. */
struct reservation {
    uint32_t rank;   /* of the class; SCHED_NONE: none */
    int64_t until;   /* when the last marked task should have ended */
    uint64_t memory; /* free now and with the marked tasks' end, less the class's own cost */
    uint32_t cores;
};

struct sched {
    uint32_t cores, free_cores;
    uint64_t memory, free_memory;
    uint32_t ntasks, nclasses;
    struct sched_class *class; /* by rank: in order */
    struct queue *ready;       /* by rank */
    uint64_t *occupied;        /* a bit for each rank with a ready task */
    struct queue delayed[NDELAYS];
    struct running *running; /* at most one for each core */
    uint32_t nrunning;
    struct reservation held;
    struct graph graph;
    uint32_t count[SCHED_NSTATES];
    /* of each task */
    uint16_t *rank;
    uint8_t *state;
    uint32_t *next;  /* in its queue; of a running task: its index in `running` */
    uint32_t *since; /* when it became ready, or will; milliseconds, wraps after 49 days */
};

static void
set_state(struct sched *s, uint32_t task, enum sched_state state)
{
    s->count[s->state[task]]--;
    s->count[state]++;
    s->state[task] = (uint8_t)state;
}

static void
append(struct sched *s, struct queue *q, uint32_t task)
{
    s->next[task] = SCHED_NONE;
    if (q->first == SCHED_NONE)
        q->first = task;
    else
        s->next[q->last] = task;
    q->last = task;
}

static void
prepend(struct sched *s, struct queue *q, uint32_t task)
{
    s->next[task] = q->first;
    if (q->first == SCHED_NONE)
        q->last = task;
    q->first = task;
}

static uint32_t
take_first(struct sched *s, struct queue *q)
{
    uint32_t task = q->first;
    q->first = s->next[task];
    return task;
}

static void
make_ready(struct sched *s, uint32_t task, uint32_t since, bool before_others)
{
    uint32_t rank = s->rank[task];
    set_state(s, task, SCHED_READY);
    s->since[task] = since;
    if (before_others)
        prepend(s, &s->ready[rank], task);
    else
        append(s, &s->ready[rank], task);
    s->occupied[rank / 64] |= (uint64_t)1 << rank % 64;
}

/* The first rank >= `from` with a ready task, or SCHED_NONE. */
static uint32_t
next_occupied(const struct sched *s, uint32_t from)
{
    uint32_t nwords = (s->nclasses + 63) / 64, w = from / 64;
    if (w >= nwords)
        return SCHED_NONE;
    uint64_t bits = s->occupied[w] & ~(uint64_t)0 << from % 64;
    while (!bits) {
        if (++w >= nwords)
            return SCHED_NONE;
        bits = s->occupied[w];
    }
    return w * 64 + (uint32_t)__builtin_ctzll(bits);
}

/* --- making one --- */

struct order {
    struct sched_class class;
    uint32_t index;
};

static int
compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
compare_order(const void *pa, const void *pb)
{
    const struct order *a = pa, *b = pb;
    int c = compare_u64(b->class.priority, a->class.priority);
    if (!c)
        c = compare_u64(b->class.time_ms, a->class.time_ms);
    if (!c)
        c = compare_u64(b->class.cores, a->class.cores);
    if (!c)
        c = compare_u64(b->class.memory, a->class.memory);
    return c ? c : compare_u64(a->index, b->index);
}

/* Sorts the classes and renames those of the tasks to ranks. */
static void
rank_classes(struct sched *s, const struct sched_config *c)
{
    struct order *order = xcalloc(c->nclasses, sizeof *order);
    uint16_t *rank_of = xcalloc(c->nclasses, sizeof *rank_of);
    for (uint32_t i = 0; i < c->nclasses; i++)
        order[i] = (struct order){c->class[i], i};
    qsort(order, c->nclasses, sizeof *order, compare_order);
    for (uint32_t i = 0; i < c->nclasses; i++) {
        s->class[i] = order[i].class;
        rank_of[order[i].index] = (uint16_t)i;
    }
    for (uint32_t t = 0; t < s->ntasks; t++)
        s->rank[t] = rank_of[s->rank[t]];
    free(rank_of);
    free(order);
}

struct sched *
sched_new(const struct sched_config *c, uint32_t *refused)
{
    for (uint32_t t = 0; t < c->ntasks; t++) {
        const struct sched_class *k = &c->class[c->class_of[t]];
        if (k->cores > c->cores || k->memory > c->memory) {
            *refused = t;
            free(c->class_of);
            return NULL;
        }
    }
    struct sched *s = xcalloc(1, sizeof *s);
    s->cores = s->free_cores = c->cores;
    s->memory = s->free_memory = c->memory;
    s->ntasks = c->ntasks;
    s->nclasses = c->nclasses;
    s->class = xcalloc(c->nclasses, sizeof *s->class);
    s->ready = xcalloc(c->nclasses, sizeof *s->ready);
    for (uint32_t i = 0; i < c->nclasses; i++)
        s->ready[i].first = SCHED_NONE;
    for (uint32_t i = 0; i < NDELAYS; i++)
        s->delayed[i].first = SCHED_NONE;
    s->occupied = xcalloc((c->nclasses + 63) / 64, sizeof *s->occupied);
    s->running = xcalloc(c->cores, sizeof *s->running);
    s->held.rank = SCHED_NONE;
    s->count[SCHED_WAITING] = c->ntasks;
    s->rank = c->class_of;
    s->state = xcalloc(c->ntasks, sizeof *s->state);
    s->next = xcalloc(c->ntasks, sizeof *s->next);
    s->since = xcalloc(c->ntasks, sizeof *s->since);
    rank_classes(s, c);
    graph_init(&s->graph, c);
    return s;
}

void
sched_free(struct sched *s)
{
    if (!s)
        return;
    graph_free(&s->graph);
    free(s->class);
    free(s->ready);
    free(s->occupied);
    free(s->running);
    free(s->rank);
    free(s->state);
    free(s->next);
    free(s->since);
    free(s);
}

void
sched_set_done(struct sched *s, uint32_t task)
{
    set_state(s, task, SCHED_DONE);
}

static void
ignore_ready(void *arg, uint32_t task)
{
    (void)arg;
    (void)task;
}

void
sched_start(struct sched *s, int64_t now)
{
    for (uint32_t t = 0; t < s->ntasks; t++)
        if (s->state[t] == SCHED_DONE)
            graph_done(&s->graph, t, ignore_ready, NULL);
    for (uint32_t t = 0; t < s->ntasks; t++)
        if (s->state[t] == SCHED_WAITING && !graph_waits(&s->graph, t))
            make_ready(s, t, (uint32_t)now, false);
}

/* --- launching --- */

static bool
fits(const struct sched_class *c, uint32_t cores, uint64_t memory)
{
    return c->cores <= cores && c->memory <= memory;
}

static uint32_t
launch(struct sched *s, uint32_t rank, int64_t now, bool marked)
{
    uint32_t task = take_first(s, &s->ready[rank]);
    if (s->ready[rank].first == SCHED_NONE)
        s->occupied[rank / 64] &= ~((uint64_t)1 << rank % 64);
    s->free_cores -= s->class[rank].cores;
    s->free_memory -= s->class[rank].memory;
    s->next[task] = s->nrunning;
    s->running[s->nrunning++] = (struct running){task, marked, now};
    set_state(s, task, SCHED_RUNNING);
    return task;
}

/* How long a running task should still run. One that is past its expected time, or has none, is
 * taken to be half through. */
static int64_t
remaining(const struct sched *s, const struct running *r, int64_t now)
{
    int64_t elapsed = now - r->start;
    int64_t expected = (int64_t)s->class[s->rank[r->task]].time_ms;
    return expected > elapsed ? expected - elapsed : elapsed;
}

static void
reserve(struct sched *s, uint32_t rank, int64_t now)
{
    uint32_t cores = s->free_cores;
    uint64_t memory = s->free_memory;
    int64_t longest = 0;
    for (uint32_t i = 0; i < s->nrunning; i++)
        s->running[i].marked = false;
    while (!fits(&s->class[rank], cores, memory)) {
        struct running *soonest = NULL;
        int64_t left = 0;
        for (uint32_t i = 0; i < s->nrunning; i++) {
            int64_t l = remaining(s, &s->running[i], now);
            if (!s->running[i].marked && (!soonest || l < left)) {
                soonest = &s->running[i];
                left = l;
            }
        }
        /* the node is large enough for every class, so all that runs is enough at the latest */
        soonest->marked = true;
        longest = left;
        cores += s->class[s->rank[soonest->task]].cores;
        memory += s->class[s->rank[soonest->task]].memory;
    }
    s->held = (struct reservation){rank, now + longest, memory - s->class[rank].memory,
        cores - s->class[rank].cores};
}

/* A task of a class behind the reserved one that may start; false: none. */
static bool
backfill(struct sched *s, int64_t now, uint32_t *task)
{
    struct reservation *h = &s->held;
    for (uint32_t r = next_occupied(s, h->rank + 1); r != SCHED_NONE; r = next_occupied(s, r + 1)) {
        const struct sched_class *c = &s->class[r];
        if (!fits(c, s->free_cores, s->free_memory))
            continue;
        bool beside = fits(c, h->cores, h->memory);
        if (!beside && (!c->time_ms || now + (int64_t)c->time_ms > h->until))
            continue;
        if (beside) {
            h->cores -= c->cores;
            h->memory -= c->memory;
        }
        *task = launch(s, r, now, !beside);
        return true;
    }
    return false;
}

static bool
launch_next(struct sched *s, int64_t now, uint32_t *task)
{
    uint32_t first = s->free_cores ? next_occupied(s, 0) : SCHED_NONE;
    if (first == SCHED_NONE)
        return false;
    if (fits(&s->class[first], s->free_cores, s->free_memory)) {
        *task = launch(s, first, now, false);
        s->held.rank = SCHED_NONE;
        return true;
    }
    uint32_t r = next_occupied(s, first + 1);
    while (r != SCHED_NONE && !fits(&s->class[r], s->free_cores, s->free_memory))
        r = next_occupied(s, r + 1);
    if (r == SCHED_NONE)
        return false; /* nothing that could come first: no reservation needed */
    if (s->held.rank != first)
        reserve(s, first, now);
    return backfill(s, now, task);
}

/* Retries whose time has come. */
static void
wake_delayed(struct sched *s, int64_t now)
{
    for (unsigned i = 0; i < NDELAYS; i++) {
        struct queue *q = &s->delayed[i];
        while (q->first != SCHED_NONE && (int32_t)(s->since[q->first] - (uint32_t)now) <= 0) {
            uint32_t task = take_first(s, q);
            make_ready(s, task, s->since[task], false);
        }
    }
}

uint32_t
sched_launch(struct sched *s, int64_t now, uint32_t *out, uint32_t max)
{
    if (s->count[SCHED_DELAYED])
        wake_delayed(s, now);
    uint32_t n = 0;
    while (n < max && launch_next(s, now, &out[n]))
        n++;
    return n;
}

/* --- ends --- */

static void
release(struct sched *s, uint32_t task)
{
    uint32_t i = s->next[task];
    const struct sched_class *c = &s->class[s->rank[task]];
    s->free_cores += c->cores;
    s->free_memory += c->memory;
    if (!s->running[i].marked) { /* else it was counted when it was marked */
        s->held.cores += c->cores;
        s->held.memory += c->memory;
    }
    s->running[i] = s->running[--s->nrunning];
    if (i < s->nrunning)
        s->next[s->running[i].task] = i;
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
    if (b->s->state[task] != SCHED_WAITING)
        return;
    set_state(b->s, task, SCHED_BLOCKED);
    prepend(b->s, &b->todo, task);
}

/* Everything that needs `task`, directly or not, will never run. The stack of those still to be
 * looked at runs through `next`, which a waiting task does not use. */
static void
block_consumers(struct sched *s, uint32_t task)
{
    struct blocking b = {s, {SCHED_NONE, SCHED_NONE}};
    graph_consumers(&s->graph, task, block, &b);
    while (b.todo.first != SCHED_NONE)
        graph_consumers(&s->graph, take_first(s, &b.todo), block, &b);
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
    case SCHED_END_RETRY:
        nth = nth < NDELAYS ? nth : NDELAYS - 1;
        set_state(s, task, SCHED_DELAYED);
        s->since[task] = (uint32_t)now + (nth < NDELAYS - 1 ? 1000u << nth : 60000u);
        append(s, &s->delayed[nth], task);
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
    return (uint32_t)s->running[s->next[task]].start - s->since[task];
}

uint32_t
sched_cores_used(const struct sched *s)
{
    return s->cores - s->free_cores;
}

uint64_t
sched_memory_used(const struct sched *s)
{
    return s->memory - s->free_memory;
}
