/* The loop: signals, reaping, launching, the journal, leaving. */
#ifndef SHIM_LOOP_H
#define SHIM_LOOP_H

struct shim;

int loop_run(struct shim *r); /* an exit code */

#endif
