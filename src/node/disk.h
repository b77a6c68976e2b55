/* What stands at a path, and is there room for more? */
#ifndef NODE_DISK_H
#define NODE_DISK_H

#include "journal/journal.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct stat;

/* Changes whenever a file is written or replaced; never 0. */
uint64_t file_signature(const struct stat *st);
int folder_is_empty(const char *path, bool *empty); /* 0 or errno */
/* What it is, and how large. ENOENT, if it is neither a file nor a folder. 0 or errno. */
int file_describe(const char *path, struct journal_file *f, enum journal_type *type);
/* Removes a file, or a folder with all in it. 0 or errno; nothing there is fine. */
int file_remove(const char *path);
/* Removes what was put aside as PATH.failed. */
void file_remove_aside(const char *path);
/* Renames what is nobody's to remove to PATH.before-N, the first such name that is free. 0 or
 * errno.
 */
int file_keep(const char *path, struct buf *to);

/* Has the file system of this folder less room than that? 0, or why not: ENOSPC. */
int disk_room(const char *folder, uint64_t need);
/* Can a small file be written there? A quota, for one, shows only so. `holder` is in its name, if
 * it must have one. 0 or errno. */
int disk_probe(const char *folder, const char *holder);

#endif
