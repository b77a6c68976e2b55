/* What the orders of wflc control have in common, for those who give them elsewhere, too. */
#ifndef COMMAND_CONTROL_H
#define COMMAND_CONTROL_H

#include "command/build.h"

#include "plan/plan.h"
#include "state/control.h"

/* The campaign, and the order that is given to it. Initialise with {0}. */
struct campaign_control {
    struct buf dir, state;
    struct plan *plan;
    struct control *control;
    struct order order;
};

/* All of these return an enum exit_code; `told` becomes a sentence, of what is wrong then. */

/* Of the build in c->dir, which is set: opens the plan, reads the orders so far. */
int control_open(struct campaign_control *c, struct buf *told);
/* Who gives the order, and when. */
void control_begin(struct order *o);
/* Gives c->order as it is; nothing is told of what is well. */
int control_give(struct campaign_control *c, struct buf *told);
/* Gives an order of such a kind, other than a cancel, if it makes sense now, and tells what
 * follows. `of`: the job or the host, as people may name them; else NULL. */
int control_obey(struct campaign_control *c, enum order_kind kind, const char *of,
    struct buf *told);
void control_close(struct campaign_control *c);

#endif
