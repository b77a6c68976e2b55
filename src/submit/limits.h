/* How many jobs to submit now: pure arithmetic. */
#ifndef SUBMIT_LIMITS_H
#define SUBMIT_LIMITS_H

#include "site/profile.h"

#include <stdbool.h>
#include <stdint.h>

/* Jobs by state. */
struct job_counts {
    uint32_t waiting, held, running;
};

struct limits_work {
    uint32_t planned;  /* jobs, for all tasks */
    uint32_t ntasks;   /* all tasks */
    uint32_t hopeful;  /* tasks that can still be done, those that run included */
    uint32_t unleased; /* of these, the ones that no job at work has a lease for */
    uint32_t shards;   /* that no job at work has a lease for, with tasks that are ready */
    uint32_t nodes;    /* of a job */
};

/* How many more jobs the queue takes: `all` are the user's jobs in it. A queue of scope `project`
 * counts jobs of others, too, which nobody tells us: the scheduler will refuse them. Without a
 * scheduler (`local`) a job runs when it is submitted, so that max_running, 1 if the profile says
 * nothing, is the limit. `q` may be NULL. */
uint32_t limits_room(enum site_kind kind, const struct site_queue *q, const struct job_counts *all);

/* How many more jobs the work that is left is worth: its share of the planned jobs, less those
 * (`ours`) that are there. Jobs that wait will lease what is unleased first; a job for which
 * nothing is left to lease would end at once. `keep`: so many are to be there at a time
 * (UINT32_MAX: nobody said so), and more than were planned, as long as each finds a shard with
 * ready tasks; but of a `chain`, of which one works at a time, no more than planned. */
uint32_t limits_wanted(const struct limits_work *w, const struct job_counts *ours, uint32_t keep,
    bool chain);

#endif
