/* Puts outputs on the disk. A file that was written is in the memory of its machine only, until it
 * is synced; that can take long, so a child process does it, and the loop never waits. What it is
 * asked for while it is at work makes the next batch: so its cost is that of a batch, however many
 * small files there are. libc only.
 *
 * Paths are added to tickets, which are numbered from 1 and answered in this order. */
#ifndef NODE_SYNCER_H
#define NODE_SYNCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct syncer;

/* NULL and *err: no process is to be had. */
struct syncer *syncer_new(int *err);
/* What was not answered is given up, and the process ends when it can; NULL is fine. */
void syncer_free(struct syncer *w);
pid_t syncer_pid(const struct syncer *w);
/* To be watched: readable when there are answers; writable when syncer_send may go on. */
int syncer_fd(const struct syncer *w);

/* A file, or a folder with all that is in it, of the ticket that is being made. */
void syncer_add(struct syncer *w, const char *path);
/* The ticket is complete: its number. */
uint64_t syncer_ticket(struct syncer *w);
/* Hands over what was added, as far as the process takes it; false: some of it is left. `hurry`:
 * nothing else is to come soon, so the batch does not wait for company. */
bool syncer_send(struct syncer *w, bool hurry);

/* One answer: all tickets up to this one are on the disk (err 0), or just this one is not. False:
 * there is none now; *dead: nor will there ever be one, as the process has died. */
bool syncer_answer(struct syncer *w, uint64_t *ticket, int *err, bool *dead);

/* --- for the process, and for tests --- */
struct sync_item {
    const char *path;
    int err; /* why it is not on the disk; that it is gone by now is no error */
};
/* Syncs all of them, and the folders that they are in. */
void sync_items(struct sync_item *item, size_t n);

#endif
