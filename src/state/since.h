/* What done tasks were made from may have changed since: inputs, and files that the campaign names
 * as what its commands use (`uses`).
 *
 * An input has changed if it is a file that was written after the task had ended, and after all of
 * its outputs (which tells, should clocks of hosts differ); one that is gone has not. Of files that
 * are used the content counts: the file STATE/since has what it was at each build, so that it is
 * known what it was when a task ended.
 *
 *     wfl-since 1 ACCEPTED     up to when changes are accepted, microseconds since 1970; 0: none
 * are TIME DIGEST PATH         the content of a file from TIME on, by its SHA-256; ascending
 *     ...
 *     end CRC                  of all lines before it, hexadecimal
 *
 * Paths start at the working folder, which has to be that of the tasks. */
#ifndef STATE_SINCE_H
#define STATE_SINCE_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define SINCE_KINDS(X)                                                                             \
    X(INPUTS, "inputs")                                                                            \
    X(USES, "uses")
enum since_kind {
#define X(id, text) SINCE_##id,
    SINCE_KINDS(X)
#undef X
        SINCE_NKINDS
};
const char *since_kind_name(enum since_kind k);

enum { SINCE_NOT_DONE = 0 };

/* Sets bits (1 << enum since_kind) in changed[] of each task that is done: done_us[] is when, or
 * SINCE_NOT_DONE. No more than `most` files are looked at as inputs (0: all that there are); false:
 * there are more, and of inputs nothing is told. */
bool since_look(const struct plan *p, const char *state, const int64_t *done_us, uint32_t most,
    uint8_t *changed);

/* The same of `n` tasks: appends a line for each file to out[] of the task. */
void since_tell(const struct plan *p, const char *state, const uint32_t *task,
    const int64_t *done_us, uint32_t n, struct buf *out);

/* For a build: notes what the content of used files is now; `accept`: all that has changed until
 * now is fine. The caller holds the lease. 0 or an errno value. */
int since_note(const struct plan *p, const char *state, bool accept);

#endif
