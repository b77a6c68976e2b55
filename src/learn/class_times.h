/* What a book makes of classes: when their tasks should end, for the scheduling core. libc only. */
#ifndef LEARN_CLASS_TIMES_H
#define LEARN_CLASS_TIMES_H

#include "cost/classes.h"
#include "learn/book.h"

struct class_times {
    uint32_t n;
    uint64_t *expected, *sure; /* of each class, as sched_set_times wants them; owned */
    uint64_t version;          /* of the book that they are of */
};

void class_times_free(struct class_times *t);
/* Makes them for all classes; `k->class` has what is stated. True: some are by more than a 32nd
 * others than when that was last so, or classes were added. Else all are as they were.
 *
 * What is measured alone refuses no task a whole job, unless more than half of what ended took
 * longer than that, and tasks about as long were tried: a task that fits as it is stated may start
 * when the job does. Else what was learned on one bad day, or of short tasks, would never be put
 * right. */
bool class_times_make(struct class_times *t, struct book *b, const struct classes *k);

#endif
