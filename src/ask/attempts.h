/* The attempts at one task, as the journal has them, and what each wrote. */
#ifndef ASK_ATTEMPTS_H
#define ASK_ATTEMPTS_H

#include "journal/journal.h"
#include "plan/plan.h"
#include "util/buf.h"

#include <sys/types.h>

/* As its last record has it: its END, or its START, if it has not ended. */
struct attempt {
    char holder[HOLDER_SIZE];
    struct journal_rec rec;
};

/* Those at one task, in their order. The caller sets the first three members, which are borrowed,
 * and the rest to 0; free with attempts_free. */
struct attempts {
    const struct plan *plan;
    const char *state_dir; /* the record */
    uint32_t task;
    struct attempt *v;
    size_t n, cap;
};
/* Reads them, again if they were; of a task that was carried over, or still runs by the plan
 * before, those by that plan. 0 or errno; no journal yet is fine. */
int attempts_read(struct attempts *a);
/* The last one with this number; 0: of all. NULL: there is none. */
const struct attempt *attempts_choose(const struct attempts *a, long number);
void attempts_free(struct attempts *a);

/* "==> sim[v=2], attempt 1 on n1: exit 3 <==", a whole line. */
void attempt_head(const struct attempts *a, const struct attempt *at, struct buf *out);
/* Of one that has not ended: the file into which it writes; -1: it cannot be seen from here. */
int attempt_spool(const struct attempts *a, const struct attempt *at);
/* Appends what is there from *from on, and moves that. */
void attempt_spool_read(int fd, off_t *from, struct buf *out);

#endif
