/* What was done, and is not any more, as its outputs were written anew. */
#include "config.h"

#include "sched/internal.h"

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

struct undoing {
    struct sched *s;
    bool (*undone)(void *arg, uint32_t task);
    void *arg;
    struct queue todo; /* through `next`, which a task that waits, or is away, does not use */
    bool unblocked;    /* some were */
};

static void
undo(void *arg, uint32_t task)
{
    struct undoing *u = arg;
    struct sched *s = u->s;
    enum sched_state state = s->state[task];
    bool undone = u->undone(u->arg, task);
    switch (state) {
    case SCHED_READY:
        ready_remove(&s->ready, task, class_of(s, task));
        set_state(s, task, SCHED_WAITING);
        break;
    case SCHED_DELAYED:
        forget_delayed(s, task);
        set_state(s, task, SCHED_WAITING);
        break;
    case SCHED_DONE:
        if (!undone)
            break;
        graph_undone(&s->graph, task);
        set_state(s, task, SCHED_WAITING);
        queue_prepend(&u->todo, &s->links, task);
        break;
    case SCHED_FAILED:
        if (!undone)
            break;
        /* fall through */
    case SCHED_BLOCKED:
        set_state(s, task, SCHED_AWAY);
        queue_prepend(&u->todo, &s->links, task);
        u->unblocked = true;
        break;
    default:
        break;
    }
}

void
sched_undo(struct sched *s, uint32_t task, bool (*undone)(void *arg, uint32_t task), void *arg)
{
    struct undoing u = {s, undone, arg, QUEUE_EMPTY, false};
    assert(s->state[task] == SCHED_DONE);
    graph_undone(&s->graph, task);
    graph_consumers(&s->graph, task, false, undo, &u);
    while (u.todo.first != SCHED_NONE)
        graph_consumers(&s->graph, queue_take_first(&u.todo, &s->links), false, undo, &u);
    if (u.unblocked) /* some may need what failed for other reasons, too */
        block_all(s);
    set_state(s, task, SCHED_RUNNING);
    s->links.next[task] = SCHED_NONE;
}

struct walking {
    const struct sched *s;
    bool (*visit)(void *arg, uint32_t task);
    void *arg;
    uint8_t *seen;   /* a bit for each task */
    struct buf todo; /* uint32_t */
};

static void
walk_to(void *arg, uint32_t task)
{
    struct walking *w = arg;
    if (w->seen[task / 8] >> task % 8 & 1)
        return;
    w->seen[task / 8] |= (uint8_t)(1u << task % 8);
    if (w->visit(w->arg, task))
        buf_add(&w->todo, &task, sizeof task);
}

void
sched_ran_on(const struct sched *s, const uint32_t *task, size_t n,
    bool (*visit)(void *arg, uint32_t task), void *arg)
{
    struct walking w = {.s = s, .visit = visit, .arg = arg};
    w.seen = xcalloc((size_t)s->ntasks / 8 + 1, 1);
    buf_add(&w.todo, task, n * sizeof *task);
    while (w.todo.n) {
        uint32_t next;
        w.todo.n -= sizeof next;
        memcpy(&next, w.todo.p + w.todo.n, sizeof next);
        /* of one that is not done, what it blocks */
        graph_consumers(&s->graph, next, s->state[next] == SCHED_DONE, walk_to, &w);
    }
    buf_free(&w.todo);
    free(w.seen);
}
