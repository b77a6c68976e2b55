/* The site `local`: this machine, no batch system. */
#ifndef CODEGEN_LOCAL_H
#define CODEGEN_LOCAL_H

#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>

/* Fills folder `dir` (made if needed): wfl-shim (a copy of `shim_path`), job.sh, README and, last,
 * campaign.wflp. Tasks run in `workdir`, an absolute path. Each file is replaced in one step, and
 * left alone when it is the same already. On failure returns false and a whole sentence in `why`;
 * running it again completes it. */
bool emit_local(const struct plan *p, const char *dir, const char *workdir, const char *shim_path,
    struct buf *why);

#endif
