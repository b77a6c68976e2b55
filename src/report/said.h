/* What the log of an attempt says, in a line or two; private to src/report. */
#ifndef REPORT_SAID_H
#define REPORT_SAID_H

#include "state/status.h"

/* Appends the last line that the shim wrote into the log of the attempt ("output x.fits: is
 * empty"), and the last line that the task itself wrote; nothing if there is none or the log is
 * gone. Control characters become '?', long lines are cut. */
void said_read(const char *dir, const struct status_failure *f, struct buf *shim, struct buf *task);

#endif
