/* The environments of tasks: one for each family, whose first words are set at each launch. */
#ifndef NODE_TASK_ENV_H
#define NODE_TASK_ENV_H

#include "node/container.h"
#include "node/gpus.h"
#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>

struct task_envs;

/* Of all families of the plan, made from our own; the plan is borrowed. `c`: NULL, no containers
 * are started. */
struct task_envs *task_envs_new(const struct plan *p, const struct containers *c,
    const char *state_dir, const char *holder);
void task_envs_free(struct task_envs *w);
/* Names the GPUs that the slot has taken. */
void task_env_gpus(struct task_envs *w, uint32_t family, const struct gpus *g, uint32_t slot);
/* Sets what differs from task to task; false: a value cannot be computed. */
bool task_env_fill(struct task_envs *w, struct plan_eval *eval, uint32_t task, unsigned attempt,
    uint32_t cores);
/* NULL-terminated, as it was filled last. */
char **task_env_words(const struct task_envs *w, uint32_t family);
/* The PATH in it; `fixed`: for all tasks of the family. */
const char *task_env_path(const struct task_envs *w, uint32_t family, bool *fixed);
/* What its container is told: the family's own variables, if they are no words of the runtime's
 * environment, and ours. NULL-terminated, until it is called again. */
void task_env_contained(struct task_envs *w, uint32_t family, char ***own, char ***ours);

#endif
