/* wflc control cancel: tasks that are stopped, or not started. */
#ifndef CLI_CONTROL_CANCEL_H
#define CLI_CONTROL_CANCEL_H

#include "command/options.h"

/* `o`: of the arguments those behind the order. An enum exit_code. */
int control_cancel_tasks(const struct options *o);

#endif
