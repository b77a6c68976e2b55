/* The site of this machine: no batch system. */
#ifndef CODEGEN_LOCAL_H
#define CODEGEN_LOCAL_H

#include "codegen/job.h"

/* job.sh, and the text of README; `images`: there is a prepare.sh. */
bool local_script(const struct job *j, struct buf *out, struct buf *why);
void local_readme(const struct job *j, bool images, struct buf *out);

#endif
