/* What processes and attempts of each family took, out of the record: the tasks of a bundle are put
 * together again. Of families with very many tasks some are looked at, whole bundles. */
#ifndef CALIBRATE_PROCESSES_H
#define CALIBRATE_PROCESSES_H

#include "cost/cost.h"
#include "plan/plan.h"
#include "state/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process {
    uint32_t task;      /* one of its tasks */
    uint32_t tasks;     /* that it worked on; if it was fed: the most at a time */
    uint64_t bytes;     /* its peak memory */
    double shared, own; /* what is stated: once, and of all those tasks together */
    bool open;          /* it was cut short, or failed: it would have used that at least */
};

/* An attempt at a task. */
struct run {
    uint32_t task, tasks;
    uint32_t process;       /* attempts with the same number are not independent of each other */
    double seconds, stated; /* stated: 0: nothing is */
    bool open;
};

struct measured {
    uint64_t attempts; /* that took time: all of them */
    uint32_t step;     /* one in so many tasks, or bundles, was looked at */
    struct process *process;
    size_t nprocesses, cap_processes;
    struct run *run;
    size_t nruns, cap_runs;
};

/* Of each family of the plan; free with processes_free. 0 or errno: the journals cannot be read.
 * No journal yet is fine. */
int processes_read(const struct status *s, struct measured **families);
void processes_free(struct measured *families, uint32_t n);

#endif
