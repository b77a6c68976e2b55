/* What jobs print, in state/jobs. */
#ifndef SUBMIT_OUTPUT_H
#define SUBMIT_OUTPUT_H

#include "util/buf.h"

#include <stdbool.h>

/* The last line with something in it of what the job with this id printed, bounded and without
 * control characters, and the file where it stands. False: there is none. `dir`: what wflc build
 * made. */
bool output_last_line(const char *dir, const char *id, struct buf *path, struct buf *line);

#endif
