/* Which shards wait for which others. */
#ifndef OUTLOOK_LEVELS_H
#define OUTLOOK_LEVELS_H

#include "plan/plan.h"

/* (*level)[shard]: how many shards come before it, one needing the other; returns how many levels
 * there are, 1 or more. The caller frees it. */
uint32_t levels_find(const struct plan *p, uint32_t **level);

#endif
