/* What a result depends on, for make. */
#ifndef DRIVER_DEPFILE_H
#define DRIVER_DEPFILE_H

#include "diag/diag.h"
#include "util/buf.h"

/* Writes the rule "targets: every file and folder that was read" into `path`. `d` has ndiags of the
 * compilations that read them. On failure returns false and a whole sentence in `why`. */
bool depfile_write(struct diags *const *d, size_t ndiags, const char *path,
    const char *const *target, size_t ntargets, struct buf *why);

#endif
