/* Control groups of Linux, v1 and v2, as far as memory goes. libc only, shared. `root` is put
 * before every path of /proc and /sys that is read: "", but in tests. */
#ifndef COST_CGROUP_H
#define COST_CGROUP_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* The least limit of our own group and of all above it, as far as they can be seen; UINT64_MAX:
 * none. Of v2 these are memory.max and memory.high, past which processes are slowed down until they
 * stand still; of v1 the one that the kernel works out itself. What is in use already is not taken
 * off: most of it is copies of files, which go when their room is wanted. */
uint64_t cgroup_memory(const char *root);

/* Appends the path of the file whose line "oom_kill N" counts the processes of our own group that
 * the kernel killed for want of memory, the group's or the machine's. False: there is none. */
bool cgroup_kills_file(const char *root, struct buf *path);
/* The number in the text of such a file, or of /proc/vmstat. False: it has none (before
 * Linux 4.13). */
bool cgroup_kills(const char *text, uint64_t *n);

/* Appends the folder of our own group of v2. False: there is none that is seen. */
bool cgroup_own(const char *root, struct buf *folder);
/* Of what is in use by a group of v2, the bytes that go when their room is wanted: copies of files,
 * and what the kernel remembers of their names and can forget. `stat`: its memory.stat. */
uint64_t cgroup_spare(const char *stat);

/* What the limits of our group and of those above it leave, looked at again and again: the files of
 * those that have a limit now stay open. */
struct cgroup_watch;
struct cgroup_watch *cgroup_watch_new(const char *root);
void cgroup_watch_free(struct cgroup_watch *w);
/* Bytes that may still be used before some group's limit is reached, copies of files not counted,
 * for these go when their room is wanted; *limit: that limit. UINT64_MAX: there is none, or it
 * cannot be told. */
uint64_t cgroup_watch_left(struct cgroup_watch *w, uint64_t *limit);

#endif
