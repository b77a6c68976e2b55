/* Where the tasks of a folder that `wflc build` wrote do their work, read back from its job.sh. */
#ifndef CODEGEN_PLACE_H
#define CODEGEN_PLACE_H

#include "util/buf.h"

#include <stdbool.h>

struct place {
    struct buf work; /* where relative names of the tasks start; empty: it cannot be told */
    bool elsewhere;  /* the script was made for another folder than that it lies in: a copy */
};
void place_free(struct place *p);
/* `dir` is the folder. */
void place_read(const char *dir, struct place *p);
/* The same of the text of a script. */
void place_of_script(const char *script, size_t n, const char *dir, struct place *p);

#endif
