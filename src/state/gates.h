/* Gates (`gate "..." after 100 of draw`): which tasks are held back until people release them. */
#ifndef STATE_GATES_H
#define STATE_GATES_H

#include "plan/plan.h"
#include "state/control.h"

/* The tasks that gate `i` of the plan holds back, while it is closed. */
struct plan_range gates_held(const struct plan *p, uint32_t i);
/* The order that released it; NULL: it is closed. */
const struct order *gates_released(const struct plan *p, const struct control *c, uint32_t i);
/* Of each family the first task that a closed gate holds back, PLAN_NONE: there is none. From
 * malloc; NULL: no gate is closed. */
uint32_t *gates_closed(const struct plan *p, const struct control *c);
/* Of each task: may it run before a gate is released, as far as gates go? A closed one holds back
 * what needs its tasks, too. From malloc; NULL: no gate is closed. */
uint8_t *gates_open(const struct plan *p, const struct control *c);

#endif
