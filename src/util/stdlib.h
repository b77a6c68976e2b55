/* The standard library of the language: modules and site profiles that come with wflc. Linked
 * into the compiler alone. */
#ifndef UTIL_STDLIB_H
#define UTIL_STDLIB_H

#include "util/buf.h"

#include <stdbool.h>

/* Appends its folder: $WFL_STDLIB; else `stdlib` beside the program, as in a build tree; else the
 * one that an installation has, wherever it was moved to: ../share/wflc/stdlib from the program;
 * else where configure meant it to be. Returns false, appending nothing, if there is no such
 * folder. */
bool stdlib_dir(struct buf *dir);
/* If there is none: a sentence for people that tells where it was looked for. */
void stdlib_lost(struct buf *why);

#endif
