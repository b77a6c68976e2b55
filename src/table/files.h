/* The files that a pattern names. */
#ifndef TABLE_FILES_H
#define TABLE_FILES_H

#include "diag/diag.h"

#include <stddef.h>

struct files {
    char **path; /* sorted by bytes */
    size_t n;
};

/* Expands `pattern` (as glob(7)). Folders are left out unless the pattern ends in a slash, which
 * is then not part of the names. No match, a folder that cannot be read, or a name with control
 * characters is an error, queued under `check` at `at`; returns false then. Free in any case. */
bool files_match(struct diags *d, const char *check, const char *pattern, struct span at,
    struct files *out);
void files_free(struct files *f);

#endif
