/* What `wflc run` shows while a shim works: the journal, followed. */
#ifndef STATE_PROGRESS_H
#define STATE_PROGRESS_H

#include "state/status.h"

struct progress_state {
    uint32_t total, done, running, failed, blocked, late;
    double rate;  /* tasks done per hour, in the last minutes; NAN: none yet */
    double eta_s; /* seconds left; NAN: unknown */
    /* Attempts that went wrong since the last poll (end.flags & JOURNAL_FINAL: the last one, else
     * it will be tried again); valid until the next poll. */
    const struct status_failure *failure;
    size_t nfailures;
};

struct progress;
/* `dir` as for status_read. Tasks that are done already count as done; attempts that failed before
 * this call are not shown as new. */
struct progress *progress_new(const char *dir, struct buf *why);
/* Returns 0, or an errno value (the journal cannot be read; `s` is what was known before). */
int progress_poll(struct progress *p, int64_t now_us, struct progress_state *s);
const struct plan *progress_plan(const struct progress *p); /* borrowed */
void progress_free(struct progress *p);

#endif
