/* Tasks that run on by the plan before the one that is in force (journal/next.h), for people. */
#ifndef REPORT_BEFORE_H
#define REPORT_BEFORE_H

#include "state/status.h"
#include "util/buf.h"

/* Appends a line, if there are any. */
void before_text(const struct status *s, struct buf *out);
/* Appends why a task that could start does not; false: it is not for such a one. */
bool before_why(const struct status *s, uint32_t task, struct buf *out);

#endif
