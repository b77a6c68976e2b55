/* What sources.c and diag.c share. */
#ifndef DIAG_DIAG_PRIVATE_H
#define DIAG_DIAG_PRIVATE_H

#include "diag/diag.h"

struct source {
    char *name;
    char *text; /* NUL-terminated */
    size_t n;
    bool is_file;
    uint32_t *line; /* where each line starts; NULL until somebody asks */
    uint32_t nlines;
};

struct dependency {
    char *path;
    bool is_pattern;
};

struct check_level {
    char *check;
    enum diag_level level;
};

struct diags {
    struct source **source;
    uint32_t nsources;
    struct dependency *dependency;
    size_t ndependencies, cap_dependencies;
    struct diag **queue;
    size_t nqueue, cap_queue;
    unsigned count[3];
    bool raised; /* a warning counts as an error */
    bool only_errors;
    struct check_level *level;
    size_t nlevels;
};

void sources_free(struct diags *d);
/* The line (from 0) that holds byte `at`, and its range without the line end. */
uint32_t source_line(struct source *s, uint32_t at, uint32_t *start, uint32_t *end);

#endif
