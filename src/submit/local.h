/* Jobs without a batch system: sessions of processes on this machine. The id of a job is
 * "PID.START": the process number alone would be used again by another one. START is field 22 of
 * /proc/PID/stat, proc(5). */
#ifndef SUBMIT_LOCAL_H
#define SUBMIT_LOCAL_H

#include "submit/queue.h"

#include <stdbool.h>

/* Starts `script` in a session of its own, immune to hangups, with folder `dir` as working folder,
 * nothing to read, and output and errors appended to file `log`. WFL_JOB_NAME=`name` is in its
 * environment, by which local_find knows it. False, and a sentence in `why`, on failure. */
bool local_submit(const char *script, const char *dir, const char *log, const char *name,
    struct buf *id, struct buf *why);

/* Is there a job of ours of this name? Its id is appended then. */
bool local_find(const char *name, struct buf *id);

/* Appends the job to q if it is still there. */
void local_ask(const char *id, const char *name, struct queue *q);

/* Sends TERM to the job's processes: what runs is finished; the second time, it is stopped. False:
 * there is no such job, or we may not. */
bool local_cancel(const char *id);

#endif
