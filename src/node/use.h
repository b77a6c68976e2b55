/* What became of a shim's node, for the record: whose it is, and why cores had no task. */
#ifndef NODE_USE_H
#define NODE_USE_H

#include "journal/journal.h"

#include <stdbool.h>
#include <stdint.h>

struct use;

/* From now on; `ends_us`: since 1970, when its job is over, 0: not known. `job` may be NULL; memory
 * in bytes. */
struct use_of {
    uint32_t cores;
    uint64_t memory;
    uint16_t rank;
    const char *job;
    int64_t ends_us;
};
struct use *use_new(const struct use_of *of);
void use_free(struct use *u);
/* So many cores have no task, for this reason, and tasks were given so much memory, as long as
 * nothing else is told. */
void use_set(struct use *u, uint32_t idle, enum journal_idle why, uint64_t given);
/* And so many have tasks of another shim of this node, which is about to go: they count as those of
 * a node that starts. */
void use_others(struct use *u, uint32_t cores);
void use_measured(struct use *u, uint64_t used); /* memory, bytes */
/* As of now. */
struct journal_who use_who(const struct use *u);
struct journal_use use_said(struct use *u);
/* It was not asked for so long that the record should hear of it, by which others know how long
 * this shim lived. */
bool use_silent(const struct use *u);

#endif
