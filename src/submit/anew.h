/* Which jobs what is left of a campaign is worth: chosen as those that were planned were
 * (target/site.h), within what the campaign allows, with times as they were learned. */
#ifndef SUBMIT_ANEW_H
#define SUBMIT_ANEW_H

#include "state/status.h"
#include "submit/scheduler.h"

struct anew {
    /* what is known; borrowed */
    const struct scheduler *scheduler;
    const struct site_queue *queue; /* that jobs go to; NULL: not known */
    const struct status *status;
    const struct record *record;
    const struct queue *there;
    int64_t asked_s;
    const char *ending;           /* the id of a job that is about to end; or NULL */
    const char *state_dir;        /* the record's folder */
    bool hopeful[STATUS_NSTATES]; /* tasks in that state can still be done */
    bool longest; /* where jobs were too short, as long ones as may be; else twice that long */
    /* what came out */
    uint32_t njobs;          /* to submit now */
    uint32_t nodes, seconds; /* of each */
    bool changed;            /* these are not those of the plan */
};

/* Are jobs known to be too short? Of families of which all that were tried, or all that are left,
 * were cut off by the end of their job, and without a checkpoint. */
enum anew_room {
    ANEW_ENOUGH, /* not known, or there is work besides */
    ANEW_LONGER, /* jobs may be longer */
    ANEW_SHORT, /* nothing else is ready, and no job may be longer; `why` is a sentence, appended */
};
enum anew_room anew_room(const struct anew *a, struct buf *why);
/* Jobs are as planned, if others would not cost 5 % less. Those that wait will do what nobody works
 * on first, and so much is submitted that all jobs together, by their nodes and walltimes, are
 * worth what can still be done. False: it cannot be said, as where tasks have no time. */
bool anew_choose(struct anew *a);
/* The script for jobs that are not as planned; `news` tells of it. False: it cannot be had, and
 * jobs are as planned. */
bool anew_script(const struct anew *a, struct buf *script, struct buf *news);

#endif
