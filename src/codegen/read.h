/* How each scheduler takes options from a script: an own implementation of its rules, with what
 * it refuses and what it ignores in silence. */
#ifndef CODEGEN_READ_H
#define CODEGEN_READ_H

#include "codegen/header.h"

/* X_read: the whole script. X_read_line: the text of one directive, without its prefix. Both add to
 * `h`; false: it would be refused, and `why` is a clause that says why. Any bytes may be given. */
#define READER(X)                                                                                  \
    bool X##_read(const char *script, size_t n, struct header *h, struct buf *why);                \
    bool X##_read_line(const char *text, struct header *h, struct buf *why)
READER(slurm);
READER(cobalt);
READER(pbs);
READER(lsf);
READER(flux);
#undef READER

#endif
