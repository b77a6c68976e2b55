/* wflc log --host: what tasks wrote on a host. */
#ifndef CLI_LOG_HOST_H
#define CLI_LOG_HOST_H

#include "command/options.h"

/* Prints what all attempts wrote that have ended there, in their order: that a task was done
 * elsewhere since does not hide it. An enum exit_code. */
int log_of_host(const struct options *o);

#endif
