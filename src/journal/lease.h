/* Leases: which shims live. A shim that works in a campaign's folder has a file state/leases/HOLDER
 * as long as it does, and the journals that it writes name it. What a dead holder had in work, others
 * take over. libc only.
 *
 * HOLDER is "NODE.N", and no two shims of a campaign ever have the same: state/logs/HOLDER.log is
 * created exclusively and stays. The lease holds one line, "HOST PID BOOT SECONDS JOB", is locked, and
 * its time is renewed by the holder (lease_beat) several times within SECONDS. A holder is dead if
 *   - its lease is gone: it left, or somebody took it for dead; or
 *   - it ran on this host since this host booted, and the lock is free (a kernel frees the locks of
 *     who dies; across hosts locks are not relied upon); or
 *   - its lease was not renewed for SECONDS. That is told by the file system's own clock, as the age
 *     of its lease against one that was just renewed, and is believed only after the lease was also
 *     seen not to change for a part of that time: clocks of hosts need not agree.
 * Who finds a dead holder removes its lease before using what it had; so a holder that was only
 * stopped learns from its next lease_beat that it lost everything (ESTALE). */
#ifndef JOURNAL_LEASE_H
#define JOURNAL_LEASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOLDER_SIZE = 24,     /* of a holder's name, with its NUL */
    LEASE_SECONDS = 300,  /* after which a lease that is not renewed ends, unless told otherwise */
    LEASE_BEATS = 6,      /* renewals within that time */
};

struct lease;

/* Makes a lease for this process. `node` is the node's name, or NULL: that of the host; what is no
 * letter, digit, '-' or '_' is left out, and so is what is behind the first '.', and of more than 16
 * signs the first ones: names of nodes differ at their end.
 * `job` (or NULL) is noted in it for people. NULL and *err. */
struct lease *lease_open(
    const char *state_dir, const char *node, const char *job, uint32_t seconds, int *err);
/* Gives it up; NULL is fine. */
void lease_close(struct lease *l);
const char *lease_holder(const struct lease *l);
/* Renews it. 0; ESTALE: somebody took this holder for dead, and nothing that it had is its own any
 * more; or another errno: it could not be renewed. */
int lease_beat(struct lease *l);

enum lease_life {
    LEASE_DEAD,
    LEASE_LATE,  /* it should have been renewed by now */
    LEASE_FRESH, /* renewed lately, perhaps for the last time */
    LEASE_HELD,  /* its lock proves that it lives */
};
/* What can be told of a holder. Looks at its lease, renewing our own. */
enum lease_life lease_judge(struct lease *l, const char *holder);
/* A holder that is not alive loses its lease for good. 0 or errno. */
int lease_end(struct lease *l, const char *holder);

/* Do both holders name the same node? */
bool lease_same_node(const char *a, const char *b);
/* How many shims on other nodes than l's may be alive; no more than `most` are counted. */
unsigned lease_others(const struct lease *l, unsigned most);
/* May this holder be alive, and is it a shim of this job? */
bool lease_of_job(const char *state_dir, const char *holder, const char *job);

/* For those who only look: has the holder a lease that may be alive? `who` gets "HOST PID". */
bool lease_seen(const char *state_dir, const char *holder, char *who, size_t n);
/* The name of the node that stands for `wflc build`, which no shim works beside. */
#define LEASE_BUILDER "wflc-build"
/* Somebody other than `l` (or NULL) who may be alive; gives the name. `node`: only of this name, or
 * NULL: of any. */
bool lease_other(
    const char *state_dir, const struct lease *l, const char *node, char *holder, size_t n);

#endif
