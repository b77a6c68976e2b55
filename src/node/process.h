/* What /proc tells of processes, and how they ended. libc only. */
#ifndef NODE_PROCESS_H
#define NODE_PROCESS_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct process {
    pid_t pid, parent, group;
    uint64_t start; /* ticks since the machine booted */
    uint32_t rss_kib;
    uint64_t ticks; /* of processors that it used */
    bool waits;     /* for something that may come, or not; not for the disk */
    bool ended;     /* and waits to be reaped */
    bool exits;     /* it ends just now */
    bool killed;    /* by a signal, be it that it exits, writes a core file, or is about to */
    int32_t slot;   /* for memory.c */
};

/* Reads the start of a small file; its length, or -1. NUL-terminated. */
ssize_t process_text(const char *path, char *p, size_t n);
/* Reads all of an open file of /proc, from its start, of which the kernel gives a page at a time;
 * false: it cannot be read. */
bool process_again(int fd, struct buf *text);
/* False: there is no such process (any more). */
bool process_read(pid_t pid, struct process *p);
/* Calls `each` for all that can be seen, in no order. */
void process_each(void (*each)(void *arg, pid_t pid), void *arg);
uint64_t process_now(void); /* the time, as `start` counts it */

struct process_end {
    pid_t pid;
    int status;
    struct rusage usage;
};

/* How many of our children that ended were reaped, `max` at most. */
uint32_t process_reap(struct process_end *e, uint32_t max);
/* The signal that a process died of, or that a shell or a launcher hands on for its command. */
int process_death(int status);
/* Does our child end just now, or has it been killed: the kernel first takes back its memory, for
 * seconds if that is large, and meanwhile those that it started, and that were killed with it, are
 * gone; before that it may write a core file. The program may be a child of this one's, of a shell
 * or a container's runtime; if that ends by itself, the shell may have more to do. */
bool process_dies(pid_t child);
/* A mistake of its own, even if it is on its way out. Not SIGABRT: some libraries end so when they
 * are told to. */
bool process_crashed(int status);

#endif
