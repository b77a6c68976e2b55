/* The journal: what happened to every task, as an append-only file of 64-byte records. It is the
 * only state of a campaign: resume, status and history read it, nothing else. Shared by wflc and
 * wfl-shim, libc only. All numbers are little-endian.
 *
 * state/journal/SSSS.eEEEE is the journal of shard SSSS (decimal, at least four digits) in epoch
 * EEEE: a shim that takes a shard over starts the next epoch, so that every file has one writer
 * for ever. The first record is the head. A torn or damaged record ends the file: what is behind
 * it does not count (and is cut off by nobody: the next epoch is another file). Readers take
 * only journals whose head names the hash of the plan at hand. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_VERSION 1

enum journal_kind {
    JOURNAL_HEAD = 1,
    JOURNAL_START = 2, /* an attempt starts; time_us: when */
    JOURNAL_END = 3,   /* it ended; time_us: when, wall_ms: how long it ran */
    JOURNAL_CLOSE = 4, /* the writer left in good order; nothing was running */
};

/* Why an attempt ended; a closed list (design.md section 9). */
#define JOURNAL_REASONS(X)                                                                         \
    X(OK, "ok")               /* exit 0, outputs checked and published */                          \
    X(EXIT, "exit")           /* exit code `code`, not 0 */                                        \
    X(SIGNAL, "signal")       /* killed by signal `code`, not by us */                             \
    X(OOM, "oom")             /* killed because memory ran out */                                  \
    X(LIMIT, "limit")         /* ran past its `limit` */                                           \
    X(WALLTIME, "walltime")   /* the job ended first; no retry is charged */                       \
    X(OUTPUT, "output")       /* an output is missing or failed a check, or a checkpoint is left */\
    X(INPUT, "input")         /* an input is missing, or a value could not be computed */          \
    X(NODE, "node")           /* the node failed; no retry is charged */                           \
    X(LOST, "lost")           /* the shim died with it; no retry is charged */                     \
    X(CANCELLED, "cancelled") /* stopped by its owner; no retry is charged */

enum journal_reason {
#define X(name, text) REASON_##name,
    JOURNAL_REASONS(X)
#undef X
};
const char *journal_reason_name(enum journal_reason r); /* "ok" ...; "?" if out of range */
bool journal_reason_charged(enum journal_reason r);     /* does it use up a retry? */

enum { /* flags of an END */
    JOURNAL_FINAL = 1,     /* no further attempt will be made: the task is done, or failed */
    JOURNAL_LEFTOVER = 2,  /* processes it left behind were killed */
    JOURNAL_RECOVERED = 4, /* settled by the outputs found after a crash */
    JOURNAL_CARRIED = 8,   /* carried over from the record of a previous plan */
    JOURNAL_SHARED = 16,   /* one process worked on several tasks: peak_kib is of all of it, times of
                              the processor and what was read and written are the task's equal part */
};

struct journal_rec {
    uint32_t crc; /* crc32 of the other 60 bytes */
    uint8_t kind, reason, code, flags;
    uint32_t task;    /* the plan's number */
    uint16_t attempt; /* from 1; counts charged attempts only */
    uint16_t node;    /* rank in the job; 0 in a job of one node */
    int64_t time_us;  /* CLOCK_REALTIME, microseconds since 1970 */
    uint32_t wall_ms, user_ms, sys_ms;
    uint32_t peak_kib; /* peak memory of the process tree; a START has times only */
    uint32_t wait_ms;  /* from ready to started */
    uint32_t read_kib, write_kib;
    uint32_t log_len; /* bytes of output kept in the log of this epoch; 0: none */
    uint64_t log_off; /* where its frame starts */
};
_Static_assert(sizeof(struct journal_rec) == 64, "a record is 64 bytes");

struct journal_head {
    uint32_t crc;
    uint8_t kind, version, pad[2];
    uint64_t plan_hash; /* its identity */
    uint32_t shard, epoch;
    int64_t time_us;
    char host[32]; /* NUL-padded, cut */
};
_Static_assert(sizeof(struct journal_head) == 64, "the head is a record");

/* --- writing (the shim; `wflc build` when it carries a record over) --- */
struct journal; /* single writer, buffers records until journal_flush */
/* Creates epoch `last + 1` of `shard` under `state_dir`/journal (made if needed), exclusively, and
 * writes its head. Returns NULL and an errno value in *err; no file of ours is left then. */
struct journal *journal_create(const char *state_dir, uint32_t shard, uint64_t plan_hash,
    int *err);
uint32_t journal_epoch(const struct journal *j);
/* `rec.crc` is filled in. Never fails: errors show at flush. */
void journal_add(struct journal *j, struct journal_rec rec);
/* Appends what is buffered with one write; 0 or errno (e.g. ENOSPC: a torn record may be on
 * disk; the next flush first truncates it away, then writes the rest; whole records stay). */
int journal_flush(struct journal *j);
int journal_sync(struct journal *j); /* fdatasync; 0 or errno */
void journal_close(struct journal *j); /* does not flush; NULL is fine */

/* --- reading --- */
/* Calls `each` for every good record of every epoch (ascending) of every shard that belongs to
 * plan_hash, heads included (cast). `each` returns false to stop. Returns 0, or errno if the
 * folder or a file cannot be read (ENOENT: no journal yet; ENOTSUP: a journal of this plan was
 * written by another version of wflc). Damaged tails are passed over and counted in *damaged if
 * it is not NULL; a record that a shim is just writing may count. Kinds and reasons are in range,
 * task numbers are not checked. Host names of heads end with a NUL. */
typedef bool journal_each(void *arg, const struct journal_head *head,
    const struct journal_rec *rec);
int journal_read(const char *state_dir, uint64_t plan_hash, journal_each *each, void *arg,
    unsigned *damaged);

/* A reader that follows growing files: each call gives what is new since the last one, in the
 * order of journal_read. A folder that is not there yet is no error. */
struct journal_tail;
struct journal_tail *journal_tail_new(const char *state_dir, uint64_t plan_hash);
int journal_tail_poll(struct journal_tail *t, journal_each *each, void *arg);
void journal_tail_free(struct journal_tail *t);

/* The lease of a shard: state/leases/SSSS, locked as long as its holder lives (by a lock of the
 * open file description), so that the kernel frees it when the holder is killed; holds
 * "host pid\n". Returns a descriptor to keep open (close-on-exec: a child that kept it would keep
 * the lease), or -1 with errno (EWOULDBLOCK, after two seconds: somebody has it; `holder`, if not NULL, tells who).
 * Asking (lease_held) never disturbs one who takes it. */
int lease_take(const char *state_dir, uint32_t shard, char *holder, size_t n);
bool lease_held(const char *state_dir, uint32_t shard, char *holder, size_t n);

#endif
