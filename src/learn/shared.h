/* The book that all shims keep together: STATE/learned/N, of which the one with the highest number
 * holds. libc only.
 *
 * Who has something to add reads that one, adds its own, and writes the next, which only one can
 * make: so nothing is lost, and nothing counts twice. Each adds seldom: when it knows a 64th more
 * than is in the file, of all or of a family, so that thousands of shims write hardly more often
 * than a few do. The last
 * files are kept, the others removed, so they stay below 300 whatever is run. What is torn or of
 * another plan is as an empty book: the journals remain the record, and status reads these. */
#ifndef LEARN_SHARED_H
#define LEARN_SHARED_H

#include "learn/book.h"

/* Reads what others have added since *number was the last one (at first 0), which it becomes. 0 or
 * errno; nothing there is no error. */
int shared_read(struct book *b, const char *state_dir, uint32_t *number);
/* Has it learned so much that others should know? `last`: it will not come to know more. */
bool shared_worth(const struct book *b, bool last);
/* Reads it, and adds what was learned here, if that is still worth it. `holder` is a name that
 * nobody else has. 0 or errno; EEXIST: others are faster all the time. */
int shared_add(struct book *b, const char *state_dir, const char *holder, bool last,
    uint32_t *number);

#endif
