/* Tasks with which shims died several times in a row. One of them may have killed its shim, and
 * those beside it are lost as well. So each of them is tried by itself, when nothing else can be
 * done here: if the shim dies again, it is known with whom. */
#include "config.h"

#include "runtime/shards.h"
#include "runtime/shim.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

struct alone {
    uint32_t *kept; /* tasks, away for the scheduler */
    uint32_t n, cap;
    uint32_t task; /* the one that was taken last; if there were any */
    bool any;
};

void
alone_open(struct shim *r)
{
    r->alone = xcalloc(1, sizeof *r->alone);
}

void
alone_keep(struct shim *r, uint32_t task)
{
    struct alone *a = r->alone;
    if (!a->n && !a->any) {
        say("some tasks were running when shims died, %d times in a row or more: each of them is "
            "tried "
            "by itself, after all others",
            ALONE_FROM);
        a->any = true;
    }
    ARRAY_GROW(a->kept, a->n, a->cap);
    a->kept[a->n++] = task;
    shards_hold(r, task)->nalone++;
}

bool
alone_kept(const struct shim *r, uint32_t task)
{
    for (uint32_t i = 0; i < r->alone->n; i++)
        if (r->alone->kept[i] == task)
            return true;
    return false;
}

bool
alone_next(struct shim *r, int64_t now)
{
    struct alone *a = r->alone;
    if (!a->n || r->slots.nactive || sched_pending(r->sched, now) || shards_more(r))
        return false;
    a->task = a->kept[0];
    memmove(a->kept, a->kept + 1, --a->n * sizeof *a->kept);
    shards_hold(r, a->task)->nalone--;
    sched_take(r->sched, a->task, now);
    return true;
}

bool
alone_starts(const struct shim *r, uint32_t task)
{
    return r->alone->any && r->alone->task == task && !r->slots.nactive;
}

bool
alone_at_work(const struct shim *r)
{
    return r->alone->any && r->slots.nactive && r->alone->task != PLAN_NONE &&
           sched_state(r->sched, r->alone->task) == SCHED_RUNNING;
}

void
alone_close(struct shim *r)
{
    if (r->alone)
        free(r->alone->kept);
    free(r->alone);
}

bool
alone_left(const struct shim *r)
{
    return r->alone->n > 0;
}
