/* What wflc itself puts on record: that tasks are not done any more, as outputs are lost, or that
 * they are, as they were done elsewhere, or that they are cancelled. It is the next epoch of a
 * shard that was closed, and that nobody has, and is closed again; shards of shims at work, and of
 * dead ones, are left alone. */
#ifndef REPORT_AMEND_H
#define REPORT_AMEND_H

#include "journal/journal.h"
#include "plan/plan.h"

struct amend {
    const struct plan *plan;
    bool done;       /* what is said of them; or */
    uint32_t cancel; /* the number of the order that cancels them, if it is not 0 */
    /* adds what stands before the END of a task; or NULL */
    void (*before)(void *arg, struct journal *j, uint32_t task);
    void *arg;
};

/* Of `n` tasks, ascending; `state` is the record. Returns of how many it was put on record, which
 * were not so yet; *err becomes an errno value if that could not be done of some, other than that
 * somebody took their shard. */
uint32_t amend_write(const char *state, const struct amend *how, const uint32_t *task, uint32_t n,
    int *err);

#endif
