/* What this machine lets tasks have of its memory; one rule for the shim, and for the compiler
 * where it plans for the machine at hand. libc only, shared. */
#ifndef COST_MACHINE_H
#define COST_MACHINE_H

#include <stdint.h>

/* Bytes: the least of what the machine has, of the limits of our control group and those above it,
 * of what the batch system gave to the job here, as it tells in the environment, and of our own
 * limits of address space and data, by which some batch systems bind a job. */
uint64_t machine_memory(void);
/* That, less a tenth for others, for ourselves and for what was estimated too low. */
uint64_t machine_task_memory(void);
/* Cores that this process may use. */
uint32_t machine_cores(void);
/* What the environment tells of the job on this node; UINT64_MAX: nothing. */
uint64_t machine_job_memory(void);

#endif
