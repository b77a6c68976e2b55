/* Files that processes are about to write: when one of them was closed, or was given its name; and
 * does anybody still write to it? Told by inotify, as far as it tells: it knows nothing of what
 * other machines write to a file system that they share, and users have so many watches only. So
 * who needs to know looks himself as well, now and then. */
#ifndef NODE_WATCH_H
#define NODE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch;

struct watch *watch_new(void);
void watch_free(struct watch *w);
/* Readable when watch_read has something to tell; -1: it never has. */
int watch_fd(const struct watch *w);
/* The file will be written at `path`, in a folder that is there, for `id`. */
void watch_add(struct watch *w, const char *path, uint64_t id);
/* No file of `id` is of interest any more. */
void watch_drop(struct watch *w, uint64_t id);
/* Calls `each` with the id of each file that was closed by one who could write to it, or renamed to
 * its path, since the last time; some may come more than once. `each` adds and drops nothing. */
void watch_read(struct watch *w, void (*each)(void *arg, uint64_t id), void *arg);

enum writers {
    WRITERS_NONE,
    WRITERS_SOME,
    WRITERS_UNSEEN, /* the kernel does not say that there is none, but none is seen */
};
/* Has a process of this machine the file open for writing, or mapped? */
enum writers watch_writers(const char *path);
/* What it is now, as far as its writing goes: to be renamed changes nothing. 0: it is not there. */
uint64_t watch_mark(const char *path);

#endif
