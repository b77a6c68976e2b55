/* prepare.sh: fetches and converts the images of a campaign for a site, once, where there is a
 * network. */
#ifndef CODEGEN_PREPARE_H
#define CODEGEN_PREPARE_H

#include "codegen/job.h"
#include "codegen/sh.h"

/* Appends the script to `s`, behind its #! line. It works in the folder that it lies in and writes
 * images/ there, with beside each image what it is: NAME.digest, of a file NAME.sif.sha256 and the
 * like. False: the plan's containers need no preparation, and nothing is written. */
bool prepare_script(const struct job *j, struct sh *s);

/* What the README of a folder says of it. */
#define PREPARE_README                                                                             \
    "  prepare.sh     makes the images of containers ready: run it once, where there is a "        \
    "network,\n"                                                                                   \
    "                 before anything else\n"

#endif
