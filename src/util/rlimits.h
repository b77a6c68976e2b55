/* Limits of processes that a login shell may have, and that are not meant for the jobs it submits:
 * time of the processor, size of files, address space and data of each process, processes of the
 * user. libc only. */
#ifndef UTIL_RLIMITS_H
#define UTIL_RLIMITS_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* Raises them as far as they may be raised; may be called between fork and exec. */
void rlimits_raise(void);

/* Appends what is not unlimited for each process, "2 s of processor time (ulimit -t), files of 1.0
 * MB (ulimit -f)"; of memory only what is less than `memory`. False: nothing. `hard`: as far as it
 * may not even be raised. */
bool rlimits_list(uint64_t memory, bool hard, struct buf *out);

#endif
