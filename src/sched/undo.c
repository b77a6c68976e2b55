/* What was done, and is not any more, as its outputs were written anew. */
#include "config.h"

#include "sched/internal.h"

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
    graph_consumers(&s->graph, task, undo, &u);
    while (u.todo.first != SCHED_NONE)
        graph_consumers(&s->graph, queue_take_first(&u.todo, &s->links), undo, &u);
    if (u.unblocked) /* some may need what failed for other reasons, too */
        block_all(s);
    set_state(s, task, SCHED_RUNNING);
    s->links.next[task] = SCHED_NONE;
}
