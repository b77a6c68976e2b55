/* Jobs on record: what the record of tasks tells of the nodes of each, and what that of jobs tells
 * of those that were submitted. A run on this machine alone is a job, too. */
#ifndef SUBMIT_JOBS_H
#define SUBMIT_JOBS_H

#include "state/status.h"
#include "submit/record.h"

struct job_line {
    const char *id;   /* of the job, or of the shim that ran alone; borrowed */
    bool alone;       /* it is that of a shim */
    const char *name; /* of one that was submitted; "": it was not by wflc; borrowed */
    const char *state;
    const char *text;                     /* what the scheduler said of it; "": nothing; borrowed */
    uint32_t nodes;                       /* that took something to do */
    int64_t began_us;                     /* 0: not yet */
    int64_t ended_us;                     /* 0: not yet, or not known */
    int64_t ends_us;                      /* of one that runs; 0: not known */
    uint32_t done, failed, lost, running; /* attempts at tasks */
    double part_s[ACCOUNT_NPARTS];        /* seconds of its nodes */
    bool bad;                             /* it came to nothing, or to an end before its time */
};

struct job_lines {
    struct job_line *job; /* in the order in which they began; those that have not come last */
    size_t n, cap;
};

/* `s` are those of `nstatus` plans: the one in force, and those before. A node that goes on by
 * another plan is one. `r` may be NULL: nothing was submitted. All are borrowed by the jobs. Free
 * j->job. */
void jobs_list(struct status *const *s, size_t nstatus, const struct record *r,
    struct job_lines *j);
double job_all_s(const struct job_line *j);    /* the time of its nodes */
double job_used_s(const struct job_line *j);   /* in which tasks were of use, or run */
double job_wasted_s(const struct job_line *j); /* with attempts of no use */

#endif
