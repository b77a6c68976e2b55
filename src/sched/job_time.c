#include "config.h"

#include "sched/job_time.h"

#include <math.h>

#define MOST_SECONDS 1e12 /* of a task; more is as bad */

int64_t
job_time_ms(double seconds)
{
    return (int64_t)ceil(fmin(seconds, MOST_SECONDS) * 1000);
}

static int64_t
stopping(int64_t left)
{
    return left / 10 < JOB_STOPPING_MS ? left / 10 : JOB_STOPPING_MS;
}

struct job_time
job_time(int64_t now, int64_t over, int64_t finish_s, int64_t caution_s)
{
    struct job_time t = {.end = over - finish_s * 1000, .cautious = INT64_MAX};
    int64_t left = t.end > now ? t.end - now : 0, early = stopping(left);
    t.stop = t.end - early;
    t.kill = t.end - early / 6;
    if (caution_s)
        t.cautious = t.end - (caution_s * 1000 < left / 4 ? caution_s * 1000 : left / 4);
    return t;
}

int64_t
job_time_for_tasks(int64_t seconds, const struct job_kept *k)
{
    int64_t begin = k->start * 1000;
    struct job_time t = job_time(begin, seconds * 1000, k->finish, k->caution);
    return t.stop > begin ? t.stop - begin : 0;
}

int64_t
job_time_stopping(int64_t seconds, const struct job_kept *k)
{
    struct job_time t = job_time(k->start * 1000, seconds * 1000, k->finish, k->caution);
    return t.end - t.stop;
}

int64_t
job_time_needed(double seconds, const struct job_kept *k)
{
    int64_t ms = job_time_ms(seconds), want = ms < 1 ? 1 : ms;
    int64_t low = k->start + k->finish, high = low + want / 1000 + JOB_STOPPING_MS / 1000 + 1;
    while (low < high) { /* `high` has enough */
        int64_t middle = low + (high - low) / 2;
        if (job_time_for_tasks(middle, k) < want)
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}
