/* What we ourselves must be before we start processes. */
#ifndef NODE_PREPARE_H
#define NODE_PREPARE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

/* Descriptors, signals, limits, and whose parent we are; `batch`: on a node of a job, behind our
 * keeper. `reset`: the signals of which children get the default actions. False: said. */
bool prepare_process(bool batch, sigset_t *reset);
/* Ours as well: tasks inherit it, and we need little. It is of each process, so it comes after the
 * machine was asked what all may use. 0: none. */
void prepare_address_space(uint64_t bytes);
/* So many files may be open, if it can be had: how many we may have. No more is asked for than is
 * needed: tasks inherit the limit, and some programs go through all numbers, or take none above
 * 1024. */
rlim_t prepare_files(rlim_t want);

#endif
