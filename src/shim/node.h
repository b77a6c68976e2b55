/* What this machine has for tasks. */
#ifndef SHIM_NODE_H
#define SHIM_NODE_H

#include "runtime/shim.h"

/* Cores, memory and GPUs for the tasks, where the options left them open. */
void node_ask(struct shim *r);
/* False, with a message said: it can run no task of some family, whatever it costs. What it runs in
 * another way than the campaign says, as without a container, is said as well. */
bool node_runs_families(const struct shim *r);

#endif
