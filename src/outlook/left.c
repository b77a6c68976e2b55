/* What is left of a campaign that was begun, with times as they were measured; and what of it may
 * run before gates are released. */
#include "config.h"

#include "outlook/outlook.h"

#include "state/gates.h"

#include <stdlib.h>

static double
learned(void *arg, uint32_t family, double stated, double *most)
{
    struct book_time t = book_time(arg, family, 0, stated);
    *most = t.sure;
    return t.mean;
}

/* Node-seconds; 0: not known, or not of all. */
static double
weigh(struct costs *costs, const struct node_room *room, const struct work_left *left)
{
    struct work w;
    work_weigh_left(&w, costs, room, left);
    double seconds = w.untimed ? 0 : w.expected;
    work_free(&w);
    return seconds;
}

void
outlook_add_left(struct outlook *o, const struct status *s)
{
    const struct plan *p = s->plan;
    uint8_t *left = xcalloc((size_t)p->head->ntasks + 1, 1);
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        left[t] = s->state[t] != STATUS_DONE && s->state[t] != STATUS_FAILED &&
                  s->state[t] != STATUS_BLOCKED;
        o->left += left[t];
    }
    o->status = s;
    if (o->left) {
        struct costs costs;
        struct work_left how = {.left = left};
        costs_init(&costs, p);
        o->left_stated = weigh(&costs, &o->work->room, &how);
        how.seconds = learned;
        how.arg = s->book;
        o->left_measured = weigh(&costs, &o->work->room, &how);
        costs_free(&costs);
    }
    free(left);
}

void
outlook_add_gates(struct outlook *o, const struct control *c)
{
    const struct plan *p = o->plan;
    uint8_t *open = gates_open(p, c);
    o->control = c;
    o->gated = open != NULL;
    if (!open)
        return;
    struct costs costs;
    for (uint32_t t = 0; t < p->head->ntasks; t++)
        o->open += open[t];
    costs_init(&costs, p);
    o->open_stated = weigh(&costs, &o->work->room, &(struct work_left){.left = open});
    costs_free(&costs);
    free(open);
}
