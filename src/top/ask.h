/* What is asked before an order is given. Private to src/top. */
#ifndef TOP_ASK_H
#define TOP_ASK_H

#include "top/view.h"

/* To pause the campaign, or to resume it if it is paused. */
enum top_action top_ask_pause(struct top_view *v);
/* To drain the node under the cursor, or that of the task there; or its job. */
enum top_action top_ask_drain(struct top_view *v);

#endif
