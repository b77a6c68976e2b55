/* Work in pieces on all processors. Used by the compiler only. */
#ifndef UTIL_PARALLEL_H
#define UTIL_PARALLEL_H

/* Calls f(arg, i) once for each i below n, in any order and several at a time, and returns when all
 * are done. Where threads cannot be had, it works without. */
void parallel_for(unsigned n, void (*f)(void *arg, unsigned i), void *arg);

#endif
