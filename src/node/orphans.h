/* Tasks of dead shims that still run on this machine. */
#ifndef NODE_ORPHANS_H
#define NODE_ORPHANS_H

#include "journal/lease.h"
#include "node/strays.h"

/* Ends those of one holder, or (only NULL) of all that are dead. A shim that leaves in good order
 * removes its spools, and none starts a task without one: where some are left of one that is dead,
 * tasks may run, be it those of another plan. Their output went with their shim. False, with a
 * message said: they cannot be ended. */
bool orphans_end(const struct strays *s, const char *state_dir, struct lease *l, const char *only);

#endif
