/* Gates (`gate "..." after 100 of draw`): which tasks are held back until people release them. */
#ifndef STATE_GATES_H
#define STATE_GATES_H

#include "plan/plan.h"
#include "state/control.h"

/* The order that released gate `i` of the plan; NULL: it is closed. */
const struct order *gates_released(const struct plan *p, const struct control *c, uint32_t i);
/* Of each family the first task that a closed gate holds back, PLAN_NONE: there is none. From
 * malloc; NULL: no gate is closed. */
uint32_t *gates_closed(const struct plan *p, const struct control *c);

#endif
