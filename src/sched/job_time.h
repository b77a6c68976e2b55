/* What of a job's time is for tasks: the one rule that the checker, the planner, the simulation and
 * the shim follow, so that what is admitted is what starts.
 *
 *     |-- start --|---------------- tasks ----------------|- stopping -|- finish -|
 *     the job     the shim                                stop         end        over
 *
 * - `start`: seconds until the shim is there (launch.start_seconds of the profile). The shim itself
 *   counts from when it began.
 * - `finish`: seconds before the end of the job by which all has ended (time.finish_by_s).
 * - `over`: the walltime is.
 * - stopping: what runs is told to end a little earlier, a tenth of the time from the shim's begin
 *   to that end, 12 s at most: ten from TERM to KILL, and two. In the last sixth of it they are
 *   killed.
 * - No task starts that is expected to run beyond `stop`.
 * - `caution`: seconds before that end from when on no task starts whose time is not known
 *   (time.stop_starting_s), a quarter of the time at most. So one can start in every job that has
 *   any time for tasks.
 *
 * All is in milliseconds, so both sides round alike. */
#ifndef SCHED_JOB_TIME_H
#define SCHED_JOB_TIME_H

#include <stdint.h>

enum {
    JOB_GRACE_MS = 10000, /* from TERM to KILL */
    JOB_STOPPING_MS = JOB_GRACE_MS + 2000
};

/* What a profile keeps back, in seconds. */
struct job_kept {
    int64_t start, finish, caution;
};

/* When what happens, to a shim that began at `now` in a job that is over at `over`. */
struct job_time {
    int64_t end;      /* all has ended */
    int64_t stop;     /* what runs is told to end */
    int64_t kill;     /* and what still runs is killed */
    int64_t cautious; /* nothing of unknown time starts; INT64_MAX: no caution is wanted */
};
struct job_time job_time(int64_t now, int64_t over, int64_t finish_s, int64_t caution_s);

/* A task's expected time; upwards, and bounded. */
int64_t job_time_ms(double seconds);
/* How long a task may be expected to take in a job of so many seconds, in milliseconds; 0: no task
 * can. Never less in a longer job. */
int64_t job_time_for_tasks(int64_t seconds, const struct job_kept *k);
/* The part of it, in milliseconds, in which tasks are told to end. */
int64_t job_time_stopping(int64_t seconds, const struct job_kept *k);
/* The shortest job, in whole seconds, that has so many seconds for tasks (0 counts as a
 * millisecond). */
int64_t job_time_needed(double seconds, const struct job_kept *k);

#endif
