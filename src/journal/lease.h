/* Leases: which shims live. A shim that works in a campaign's folder has a file state/leases/HOLDER
 * as long as it does, and the journals that it writes name it. What a dead holder had in work,
 * others take over. libc only.
 *
 * HOLDER is "NODE.N", and no two shims of a campaign ever have the same: state/logs/HOLDER.log is
 * created exclusively and stays. The lease holds one line, "HOST PID BOOT SECONDS START JOB
 * ORDERS", is locked, and its time is renewed by the holder (lease_beat) several times within
 * SECONDS. START is when the process was started, in ticks since the machine booted, ORDERS the
 * number of the last order (order.h) that was given before the holder began. A holder is dead if
 *   - its lease is gone: it left, or somebody took it for dead; or
 *   - it ran on this host since this host booted, the lock is free (a kernel frees the locks of who
 *     dies; across hosts locks are not relied upon), and its process is not there; or
 *   - it ran on a host of this name before that booted, which its lease's age shows; or
 *   - its lease was not renewed for SECONDS. That is told by the file system's own clock, as the
 *     age of its lease against one that was just renewed, and is believed only after the lease was
 *     also seen not to change for a part of that time: clocks of hosts need not agree.
 * What cannot be looked at is no proof of anything: it is asked again. Gone is only what is not in
 * its folder while that is there. A holder that could not lock its lease says '?' for BOOT, and so
 * does one that cannot read it: of these only silence tells. Who finds a dead holder removes its
 * lease before using what it had; so a holder that was only stopped learns from its next lease_beat
 * that it lost everything. */
#ifndef JOURNAL_LEASE_H
#define JOURNAL_LEASE_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
    HOLDER_SIZE = 24,    /* of a holder's name, with its NUL */
    LEASE_SECONDS = 300, /* after which a lease that is not renewed ends, unless told otherwise */
    LEASE_BEATS = 6,     /* renewals within that time */
};

struct lease;

/* Makes a lease for this process. `node` is the node's name, or NULL: that of the host; what is no
 * letter, digit, '-' or '_' is left out, and so is what is behind the first '.', and of more than
 * 16 signs the first ones: names of nodes differ at their end. `job` (or NULL) is noted in it for
 * people. NULL and *err. */
struct lease *lease_open(const char *state_dir, const char *node, const char *job, uint32_t seconds,
    int *err);
/* The same for one who obeys orders: `orders` is the number of the last one before it began. */
struct lease *lease_open_after(const char *state_dir, const char *node, const char *job,
    uint32_t seconds, uint32_t orders, int *err);
/* Gives it up; NULL is fine. */
void lease_close(struct lease *l);
const char *lease_holder(const struct lease *l);
#define LEASE_LOST (-1)
/* Renews it. 0; LEASE_LOST: somebody took this holder for dead, and nothing that it had is its own
 * any more; or an errno value: it could not be renewed, and is still ours as far as is known. */
int lease_beat(struct lease *l);

enum lease_life {
    LEASE_DEAD,
    LEASE_UNSURE, /* its lease cannot be looked at now */
    LEASE_LATE,   /* it should have been renewed by now */
    LEASE_FRESH,  /* renewed lately, perhaps for the last time */
    LEASE_HELD,   /* its lock or its process proves that it lives */
};
/* What was seen of a holder that is not dead. */
struct lease_sight {
    int err;        /* why its lease cannot be looked at */
    char host[128]; /* "": its lease does not say */
    long pid;
    struct timespec renewed; /* by the file system's clock */
    int64_t age_ms;          /* since then; -1: not known */
    int64_t wait_ms;         /* after which it is known to be dead, if there is no sign of life */
};
/* What can be told of a holder. Looks at its lease, renewing our own. `seen` may be NULL. */
enum lease_life lease_judge(struct lease *l, const char *holder, struct lease_sight *seen);
/* A holder that is not alive loses its lease for good. 0 or errno. */
int lease_end(struct lease *l, const char *holder);

/* An order of holders by their nodes: less than 0, 0: of the same one, more than 0. */
int lease_compare_nodes(const char *a, const char *b);
/* Do both holders name the same node? */
bool lease_same_node(const char *a, const char *b);
/* Is this a shim's name? wflc writes records and has leases, too, and runs nothing. "" is none. */
bool lease_of_shim(const char *holder);
/* Goes through the leases of shims, alive or not, until `see` gives false. */
void lease_each(const char *state_dir, bool (*see)(void *arg, const char *holder), void *arg);
/* How many shims may be alive, but for those on the node of the holder `but` ("": of all nodes); no
 * more than `most` are counted. */
unsigned lease_shims(const char *state_dir, const char *but, unsigned most);
/* The same, on other nodes than l's. */
unsigned lease_others(const struct lease *l, unsigned most);
/* May this holder be alive, and is it a shim of this job? */
bool lease_of_job(const char *state_dir, const char *holder, const char *job);
/* Waits until it is known whether a holder lives: it is seen to renew its lease, or to be dead. */
struct lease_wait {
    const char *what; /* it holds, for people */
    void (*tell)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
    int64_t most_ms;         /* of waiting; 0: as long as it takes */
    int signal;              /* set: INT or TERM, which ended the wait */
    struct lease_sight seen; /* set */
};
/* LEASE_DEAD; LEASE_HELD: it lives; another one: that could not be told in time, or a signal came.
 * Tells how long it will wait, and of trouble. */
enum lease_life lease_wait(struct lease *l, const char *holder, struct lease_wait *w);
/* "host X, process N", and when its last sign of life was. */
void lease_words(const char *holder, const struct lease_sight *seen, struct buf *out);

/* For those who only look: has the holder a lease that may be alive? `who` gets "HOST PID JOB", "-"
 * for no job. */
bool lease_seen(const char *state_dir, const char *holder, char *who, size_t n);
/* The last order before it began; 0: none, or that is not known. */
uint32_t lease_orders(const char *state_dir, const char *holder);
/* When it was renewed last, by the file system's clock; false: that cannot be told. */
bool lease_renewed(const char *state_dir, const char *holder, struct timespec *t);
/* The name of the node that stands for wflc where it mends the record (`wflc verify`). */
#define LEASE_AMEND "wflc"
/* That of `wflc build`, which no shim works beside. */
#define LEASE_BUILDER "wflc-build"
/* That of `wflc redo`. Shims have to forget what they know of others' tasks when they meet one of
 * it in a journal; its number, from 1 and rising, tells which. 0: that is another holder. */
#define LEASE_REDO "wflc-redo"
uint32_t lease_redo(const char *holder);
/* Somebody other than `l` who may be alive; gives the name, or "". `node`: only of this name, or
 * NULL: of any. 0, or errno: the leases cannot be listed. */
int lease_other(struct lease *l, const char *node, char *holder, size_t n);

#endif
