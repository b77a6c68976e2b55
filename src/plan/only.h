/* A list of a plan's tasks, as wflc hands it to the shim that is to run no others. libc only. */
#ifndef PLAN_ONLY_H
#define PLAN_ONLY_H

#include "plan/plan.h"

#include <stdint.h>

/* `set` is of each task. 0 or an errno value. */
int only_write(int fd, const struct plan *p, const uint8_t *set);
/* The same, read back up to the end; NULL: that is no list of this plan's tasks. The caller frees
 * it. */
uint8_t *only_read(int fd, const struct plan *p);

#endif
