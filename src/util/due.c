#include "config.h"

#include "util/due.h"

#include <stdbool.h>

static void
place(struct dues *all, uint32_t at, struct due *d)
{
    all->v[at] = d;
    d->place = at;
}

/* Puts `d` where it belongs, from a place that is free. */
static void
settle(struct dues *all, uint32_t at, struct due *d)
{
    for (; at && d->at < all->v[(at - 1) / 2]->at; at = (at - 1) / 2)
        place(all, at, all->v[(at - 1) / 2]);
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < all->n && all->v[child + 1]->at < all->v[child]->at)
            child++;
        if (child >= all->n || all->v[child]->at >= d->at)
            break;
        place(all, at, all->v[child]);
        at = child;
    }
    place(all, at, d);
}

void
due_set(struct dues *all, struct due *d, int64_t at)
{
    bool was = d->at != NEVER;
    if (d->at == at)
        return;
    d->at = at;
    if (at == NEVER) {
        struct due *last = all->v[--all->n];
        if (last != d)
            settle(all, d->place, last);
    } else {
        settle(all, was ? d->place : all->n++, d);
    }
}
