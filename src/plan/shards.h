/* Inside the reader of plans: the tasks of each shard. */
#ifndef PLAN_SHARDS_H
#define PLAN_SHARDS_H

#include "plan/plan.h"

/* Checks p->shard and p->run, which are set, and makes what plan_shard_of needs. False: they are
 * damaged; every task must be in one run, and every run in one shard. */
bool plan_read_shards(struct plan *p);

#endif
