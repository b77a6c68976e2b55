/* A plan for jobs at work, and what is told of a record that is carried over. */
#ifndef COMMAND_BUILD_LIVE_H
#define COMMAND_BUILD_LIVE_H

#include "command/build.h"

#include "journal/lease.h"
#include "state/carry.h"

/* Shims work by the plan that is in the folder of `s`: the new one comes in force, and the other
 * files are replaced. `own` is a builder's lease. An exit code. */
int build_live(const struct options *o, const struct built *s, const char *state,
    struct lease *own);
/* Says that what is in the folder is being run, by `who`. */
void build_refused(const struct built *s, const char *who);
/* What became of tasks that were done before. */
void tell_carried(const struct options *o, const struct plan *p, const struct carried *c,
    const char *state);

#endif
