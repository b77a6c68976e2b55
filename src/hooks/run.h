/* A command that is run to its end, or to the end of its time, with what it writes kept. libc only.
 */
#ifndef HOOKS_RUN_H
#define HOOKS_RUN_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum { RUN_OUTPUT = 65536 }; /* bytes of its output that are kept: the first ones */

struct run_end {
    int err;      /* it could not be started; else 0 */
    bool stopped; /* its time was over, or we were told to end */
    int status;   /* as waitpid has it */
};

/* Runs argv in a session of its own, in folder `work` (NULL: ours), with `env` (NAME=VALUE) added
 * to our environment, without input, for `limit_ms` at most; what it writes is appended to `out`.
 * What it leaves behind is not waited for. A signal TERM or INT that waits for us ends it. */
struct run_end run_command(const char *const *argv, const char *work, const char *const *env,
    int64_t limit_ms, struct buf *out);
/* Does such a signal wait for us? */
bool run_told_to_end(void);

#endif
