/* The process that starts the shim of a node again when it crashes. libc only. */
#ifndef NODE_KEEPER_H
#define NODE_KEEPER_H

#include "node/handover.h"

#include <stdbool.h>

/* Of a shim. */
enum {
    EXIT_ALL_DONE = 0,
    EXIT_SOME_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_START = 3,
    EXIT_DRAINED = 4,
    EXIT_NO_RECORD = 5,
    EXIT_OUTDATED = 6, /* taken for dead: another one has its tasks */
    EXIT_TURN = 7,     /* to the keeper alone: it goes on by another plan */
};

/* Runs `shim` in a child, and again if it crashes, or ends with EXIT_TURN; and another one beside
 * it, if it asks for that (handover.h), until it has ended; passes signals on. *warned becomes true
 * with the job's early warning, which the next child has to know; *between is as its shim finds it.
 * An exit code. */
int keeper_run(int (*shim)(void *arg), void *arg, bool *warned, struct handovers *between);

#endif
