/* Whole files and folders. libc only. Functions return 0, or an errno value. */
#ifndef UTIL_FILE_H
#define UTIL_FILE_H

#include "util/buf.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { FILE_ODD = 4000 };        /* beside the errno values: neither a regular file nor a folder */
const char *file_error(int err); /* strerror, and words for FILE_ODD */

/* Opens a regular file to be read: what else may have its name (a pipe, a device) could hold us for
 * ever, or never end. Waits for nobody. -1, and errno or FILE_ODD. `st`, if not NULL, is filled in.
 */
int file_open(const char *path, struct stat *st);
int file_read(const char *path, struct buf *out); /* appends the whole file */
/* The same of no more than `most` bytes; of a longer file EFBIG. */
int file_read_most(const char *path, size_t most, struct buf *out);
/* Of a text as the kernel writes many: the number behind `word` in the first line that begins with
 * that and a blank; one that is "max" or the like is 0. False: there is no such line. */
bool file_number(const char *text, const char *word, uint64_t *n);
int write_all(int fd, const void *p, size_t n); /* retries short writes */

/* Is it the file system's or the machine's trouble, which may be over when it is tried again? Not
 * so what follows from the path and from what somebody put there: that stays as it is. */
bool file_trouble(int err);

/* Replaces `path` in one step: writes a temporary file beside it, fsync, rename, fsync of the
 * folder. On failure nothing of ours is left and `path` is as it was. */
int file_write_atomic(const char *path, const void *p, size_t n, mode_t mode);

/* Removes all files in it, and closes it; NULL is fine. 0 or the last errno. */
int dir_clear(DIR *dir);
/* mkdir -p. Existing folders are fine. */
int dir_make(const char *path);
/* The folder that holds `path`, by its name, appended: "." if it names none. */
void path_folder(const char *path, struct buf *out);
bool path_below(const char *path, const char *folder); /* or the folder itself; by their names */

/* The same for the folder that holds `path`. */
int dir_make_parent(const char *path);

#endif
