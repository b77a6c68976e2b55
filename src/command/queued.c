#include "config.h"

#include "command/queued.h"

#include "journal/paths.h"
#include "submit/record.h"
#include "submit/scheduler.h"

size_t
queued_jobs(const char *dir)
{
    struct buf state = {0}, why = {0};
    size_t n = 0;
    buf_printf(&state, "%s/" BUILD_STATE, dir);
    /* what is wrong with it, queue tells */
    struct record *r = record_open(state.p, false, 0, &why);
    for (size_t i = 0; r && i < r->n; i++)
        n += r->job[i].is == RECORD_JOB;
    record_free(r);
    n += scheduler_notes(state.p);
    buf_free(&state);
    buf_free(&why);
    return n;
}
