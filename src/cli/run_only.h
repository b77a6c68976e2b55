/* Which tasks `wflc run` runs. */
#ifndef CLI_RUN_ONLY_H
#define CLI_RUN_ONLY_H

#include "command/build.h"
#include "command/command.h"

/* The tasks that --only chooses, and what they need, as a file without a name, in *only. An enum
 * exit_code; what is wrong is said. */
int run_choose(const struct options *o, const struct built *b, int *only);
/* What would be run, of a dry run. Likewise. */
int run_tell_dry(const struct options *o, const struct built *b);

#endif
