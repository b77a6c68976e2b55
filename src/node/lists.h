/* Files of paths that a command names, `{task.output:file}`: beside the spool of the slot, which is
 * seen in containers, too. They live as long as the process that reads them. */
#ifndef NODE_LISTS_H
#define NODE_LISTS_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdint.h>

/* The command that is made. */
struct lists {
    struct plan_host host;
    struct buf spool; /* its path */
    uint32_t *n;      /* how many there are; borrowed */
};

/* While a command is made, lists leave out what is not there, and files of them are written beside
 * l->spool. */
void lists_begin(struct lists *l, struct plan_eval *eval, uint32_t *n);
int lists_made(struct plan_eval *eval); /* 0 or errno: it cannot be made now */
/* Removes all of them beside the spool. */
void lists_drop(const char *spool, uint32_t *n);

#endif
