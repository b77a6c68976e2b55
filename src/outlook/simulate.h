/* A campaign run in thought: the scheduling core, in virtual time, on the nodes that were planned.
 */
#ifndef OUTLOOK_SIMULATE_H
#define OUTLOOK_SIMULATE_H

#include "cost/classes.h"
#include "plan/plan.h"
#include "target/work.h"
#include "sched/job_time.h"

struct simulation {
    const struct plan *plan; /* with its shards */
    const struct work *work; /* of which the expected times are known (`expected` is not 0) */
    uint32_t nodes;          /* that work at a time, in jobs that follow each other */
    double job_seconds;      /* walltime of each; 0: one job without an end */
    struct job_kept kept;    /* of a job's time */
    /* that are looked at: of larger plans some shards and nodes are taken, evenly */
    uint32_t most_tasks;

    /* what came out */
    double makespan;     /* seconds from the start of the first job to the end of the last task */
    double utilisation;  /* what tasks use of the nodes until then: 0 .. 1 */
    uint32_t jobs;       /* that followed each other */
    double part;         /* of the tasks that were looked at */
    uint32_t unfinished; /* of them: no job is long enough */
    /* else nothing of this is known: this task cannot be classified, or ... */
    enum classes_end ended;
    uint32_t bad;
};

/* Runs it. Nodes take shards in their order, the next one as soon as they have done what they have
 * (judged by expected times); shards that need others start when all before them in the chain are
 * done; tasks take exactly as long as is expected, those without a time no time. Nobody waits for a
 * queue. False: it ended early, and says why (`ended`). */
bool simulate(struct simulation *s);
/* What a node of it makes of its tasks: as the shim of a node would. Free with classes_free. */
void simulation_classes(const struct simulation *s, struct plan_eval *e, struct classes *k);

#endif
