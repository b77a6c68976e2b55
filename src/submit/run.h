/* Programs of schedulers, run without a shell. */
#ifndef SUBMIT_RUN_H
#define SUBMIT_RUN_H

#include "util/buf.h"

#include <stdbool.h>

struct run_how {
    const char *dir;   /* where it runs; NULL: here */
    const char *input; /* the file that it reads as standard input; NULL: nothing */
    unsigned timeout_s;
};

struct run_result {
    struct buf out, err; /* what it printed: the first 64 MB and the first 64 kB */
    int code;            /* it exited with; -1: it did not exit by itself */
    bool cut;            /* `out` is not all */
};

/* Runs argv (NULL-terminated; found in PATH) and waits. It is killed after the timeout, or when we
 * are killed. False, and a sentence in `why`, if it could not be started or was killed. Free the
 * result with run_result_free in any case. */
bool run_program(const char *const *argv, const struct run_how *how, struct run_result *r,
    struct buf *why);
void run_result_free(struct run_result *r);

#endif
