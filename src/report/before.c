#include "config.h"

#include "report/before.h"

#include "journal/next.h"
#include "journal/paths.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

/* A shim that ran some. */
struct lingering {
    char holder[HOLDER_SIZE];
    bool alive;
};

struct lingerers {
    const char *state;
    struct lingering *v;
    size_t n, cap;
};

static bool
is_alive(struct lingerers *l, const char *holder)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->v[i].holder, holder) == 0)
            return l->v[i].alive;
    ARRAY_GROW(l->v, l->n, l->cap);
    struct lingering *k = &l->v[l->n++];
    memcpy(k->holder, holder, sizeof k->holder);
    k->alive = lease_seen(l->state, holder, NULL, 0);
    return k->alive;
}

/* What became of it is not on record. */
static bool
is_open(const struct status *s, uint32_t task)
{
    return task < s->plan->head->ntasks && s->state[task] != STATUS_DONE &&
           s->state[task] != STATUS_FAILED && s->state[task] != STATUS_RUNNING;
}

static void
read_list(const struct status *s, struct buf *state, struct next_tasks *t)
{
    buf_printf(state, "%s/" BUILD_STATE, s->dir);
    (void)next_read_tasks(state->p, s->plan->head->identity, t); /* who builds next tells of that */
}

void
before_text(const struct status *s, struct buf *out)
{
    struct buf state = {0};
    struct next_tasks t;
    uint32_t n = 0, same = 0;
    read_list(s, &state, &t);
    struct lingerers l = {.state = state.p};
    for (uint32_t i = 0; i < t.n; i++) {
        if (!is_open(s, t.task[i].task) || !is_alive(&l, t.task[i].holder))
            continue;
        n++;
        same += t.task[i].same;
    }
    if (n)
        buf_printf(out,
            "the plan was changed: %u task%s not started while nodes run %s by the one before%s\n",
            n, n == 1 ? " is" : "s are", n == 1 ? "it" : "them",
            same == n ? "" : ", or what is in the way");
    free(l.v);
    next_free_tasks(&t);
    buf_free(&state);
}

bool
before_why(const struct status *s, uint32_t task, struct buf *out)
{
    struct buf state = {0};
    struct next_tasks t;
    const size_t before = out->n;
    read_list(s, &state, &t);
    for (uint32_t i = 0; i < t.n; i++) {
        const struct next_task *k = &t.task[i];
        if (k->task != task || !is_open(s, task))
            continue;
        bool alive = lease_seen(state.p, k->holder, NULL, 0);
        if (k->same && alive)
            buf_printf(out, "  it runs by the plan before, with %s, and is done when that is\n",
                k->holder);
        else if (alive)
            buf_printf(out,
                "  it waits for a task of the plan before that runs with %s: one of its name, or "
                "that writes what it writes\n",
                k->holder);
    }
    next_free_tasks(&t);
    buf_free(&state);
    return out->n > before;
}
