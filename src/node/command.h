/* The words of a command, as they are made, and the program that they name. */
#ifndef NODE_COMMAND_H
#define NODE_COMMAND_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stddef.h>

struct command {
    struct buf words; /* each with a NUL behind it */
    char **argv;      /* after command_split */
    size_t nargv;
    struct buf name, program; /* the last program looked up, and where it is */
};

void command_free(struct command *c);
/* Points argv at the words. */
void command_split(struct command *c);
/* Adds a shell and its options. */
void command_shell(struct command *c, enum plan_shell shell);
/* Where `name` is, by the PATH that the task will have: in c->program. 0; EACCES: a file that
 * cannot be started; ENOENT, or why that is not known. */
int command_find(struct command *c, const char *name, const char *path);

#endif
