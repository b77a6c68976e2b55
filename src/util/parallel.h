/* Work in pieces on all processors. Used by wflc only. */
#ifndef UTIL_PARALLEL_H
#define UTIL_PARALLEL_H

#include <stdbool.h>

enum { PARALLEL_AHEAD = 96 };

/* Calls f(arg, i) once for each i below n, in any order and several at a time, and returns when all
 * are done. Where threads cannot be had, it works without. */
void parallel_for(unsigned n, void (*f)(void *arg, unsigned i), void *arg);
/* The same for what waits for disks and servers more than it computes. */
void parallel_wait(unsigned n, void (*f)(void *arg, unsigned i), void *arg);
/* Does what ahead_run (ahead.h) says, PARALLEL_AHEAD of them ahead. */
void parallel_ahead(unsigned n, void (*make)(void *arg, unsigned i),
    bool (*take)(void *arg, unsigned i), void *arg);

#endif
