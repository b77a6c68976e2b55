/* Where programs are. libc only. */
#ifndef UTIL_PROGRAM_H
#define UTIL_PROGRAM_H

#include "util/buf.h"

#include <stdbool.h>

/* Sets `path` to the first file of that name in PATH that can be executed. False: there is none. */
bool program_find(const char *name, struct buf *path);

#endif
