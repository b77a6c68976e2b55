/* Control groups of Linux, v2, one for each slot, where ours was given to us to divide. The kernel
 * counts there what the processes of a task use, shared pages once, and which of them it killed.
 * libc only.
 *
 * Ours is divided if we own it (as root: if it is marked as delegated, as systemd does), nobody is
 * in it but we, our children and those who wait for us, and memory can be counted below it. All of
 * these go to a group below it then, since a group that is divided has no processes; until it is
 * closed. */
#ifndef NODE_CGROUPS_H
#define NODE_CGROUPS_H

#include <stdbool.h>
#include <stdint.h>

struct cgroups;

struct cgroups *cgroups_open(void); /* NULL: ours is not divided, and all stays as it was */
void cgroups_close(struct cgroups *c);
/* Descriptor of a file that counts the processes of all of them, and our own, that were killed
 * (cgroup_kills), or -1; the caller's. */
int cgroups_kills_file(const struct cgroups *c);

/* A process of the slot is about to be made: descriptor of the folder of its group, the caller's,
 * or -1: it cannot have one. What was counted of it before is none of its own. */
int cgroups_begin(struct cgroups *c, uint32_t slot);
/* Bytes that its processes use now. False: it cannot be told, or less than `n` processes are in it,
 * so that others of them went elsewhere. */
bool cgroups_used(struct cgroups *c, uint32_t slot, uint32_t n, uint64_t *bytes);
/* How many of its processes were killed for want of memory since it began, or this was asked. */
uint32_t cgroups_killed(struct cgroups *c, uint32_t slot);

#endif
