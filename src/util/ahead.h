/* Work on many files, some of it ahead, while others are waited for. A program without threads does
 * one after the other; wflc says at its start that it has some. libc only. */
#ifndef UTIL_AHEAD_H
#define UTIL_AHEAD_H

#include <stdbool.h>

/* For each i below n, make(arg, i), then take(arg, i), in the order of i and in the caller's
 * thread, until take returns false. make may be called in other threads, up to ahead_most() - 1
 * further than take has come, and for some i that are never taken; when this returns, none is still
 * at it. `take` may be NULL. */
typedef void ahead_runner(unsigned n, void (*make)(void *arg, unsigned i),
    bool (*take)(void *arg, unsigned i), void *arg);
ahead_runner ahead_run;

/* The one without threads, which is used until another one is. */
ahead_runner ahead_one_by_one;

/* How many may be made and not taken yet; 1 without threads. What is made of i may stand at
 * i % ahead_most(). */
unsigned ahead_most(void);
/* From now on `run` does it. Before other threads are there. */
void ahead_use(ahead_runner *run, unsigned most);

#endif
