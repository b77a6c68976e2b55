/* The journal: what happened to every task, as an append-only file of 64-byte records. It is the
 * only state of a campaign: resume, status and history read it, nothing else. Shared by wflc and
 * wfl-shim, libc only. All numbers are little-endian.
 *
 * state/journal/SSSS.eEEEE is the journal of shard SSSS (decimal, at least four digits) in epoch
 * EEEE: a shim that takes a shard over starts the next epoch, so that every file has one writer
 * for ever. To create it exclusively is to take the shard; its holder has it as long as its lease
 * lives (lease.h) and the journal is not closed. The first record is the head. A torn or damaged
 * record ends the file: what is behind it does not count (and is cut off by nobody: the next epoch
 * is another file). Nor does what the writer of an earlier epoch adds after the next one began,
 * whose head tells how much counts: so a holder that was taken for dead too early does no harm.
 * Readers take only journals whose head names the hash of the plan at hand. */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "journal/lease.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_VERSION 3
/* of a shard, at most: a file of a higher number is no journal */
#define JOURNAL_EPOCHS 999999999

enum journal_kind {
    JOURNAL_HEAD = 1,
    JOURNAL_START = 2, /* an attempt starts; time_us: when */
    JOURNAL_END = 3,   /* it ended; time_us: when, wall_ms: how long it ran */
    JOURNAL_CLOSE = 4, /* the writer left in good order: struct journal_close */
    /* What a task wrote, as it was when its checks had passed: struct journal_output. Stands before
     * the END, which comes when all of it is on the disk. */
    JOURNAL_OUTPUT = 5,
    /* The first log_off bytes of this file are on the disk, and the outputs of what ended in them.
     * What ended later is checked again if the epoch has no CLOSE. In what else there is room for,
     * the writer says something of itself: enum journal_said. */
    JOURNAL_SYNC = 6,
    /* The writer was told to end, or that its job does; time_us: when. What is lost later in this
     * epoch died with the job. */
    JOURNAL_TOLD = 7,
    /* The process that worked on the task used more memory than is stated: peak_kib, of log_off
     * bytes that are; time_us: when it was told. Stands before the END. */
    JOURNAL_OVER = 8,
    /* Order log_off (order.h) to cancel the task was heeded: the END behind this is for good.
     * Stands before it. */
    JOURNAL_CANCEL = 9,
    /* The task does not start, as input number log_off of its family is not there, or not good;
     * `code` says what it lacks, an enum journal_flaw, and 0: nothing, it is there now. time_us:
     * when that was seen. */
    JOURNAL_LATE = 10,
};

/* Why an attempt ended; a closed list. */
/* clang-format off */
#define JOURNAL_REASONS(X)                                                                         \
    X(OK, "ok")               /* exit 0, outputs checked and published */                          \
    X(EXIT, "exit")           /* exit code `code`, not 0 */                                        \
    X(SIGNAL, "signal")       /* killed by signal `code`, not by us */                             \
    X(OOM, "oom")             /* memory ran out; `code` is an exit code or a signal */               \
    X(LIMIT, "limit")         /* ran past its `limit` */                                           \
    X(WALLTIME, "walltime")   /* the job ended first; no retry is charged */                       \
    X(OUTPUT, "output")       /* an output is missing or failed a check, or a checkpoint is left;  \
                                 `code` is an enum journal_flaw */                                 \
    X(INPUT, "input")         /* an input is missing or failed a check, or a value could not be    \
                                 computed; `code` is an enum journal_flaw */                       \
    X(NODE, "node")           /* the node failed; no retry is charged */                           \
    X(LOST, "lost")           /* the shim died with it; no retry is charged */                     \
    X(CANCELLED, "cancelled") /* stopped by its owner; no retry is charged */                      \
    X(GONE, "gone")           /* it was done, but an output is not there any more; or it was done, \
                                 or had failed, on what is not done any more; not charged */       \
    X(REDO, "redo")           /* it is to be made again, as its owner asked; not charged */
/* clang-format on */

enum journal_reason {
#define X(name, text) REASON_##name,
    JOURNAL_REASONS(X)
#undef X
};
enum { JOURNAL_NREASONS = REASON_REDO + 1 };
const char *journal_reason_name(enum journal_reason r); /* "ok" ...; "?" if out of range */
bool journal_reason_charged(enum journal_reason r);     /* does it use up a retry? */
/* Does an END with it say that a task, whatever became of it, is to be made again? */
bool journal_reason_undoes(enum journal_reason r);

/* What is wrong with a file: `code` of an END whose reason is output or input. */
/* clang-format off */
#define JOURNAL_FLAWS(X)                                                                           \
    X(UNKNOWN, "unknown")                                                                          \
    X(MISSING, "missing")                                                                          \
    X(EMPTY, "empty")                                                                              \
    X(SIZE, "size")             /* not the one that its check asks for */                          \
    X(FITS, "fits")             /* fails this check */                                             \
    X(GZIP, "gzip")                                                                                \
    X(COMMAND, "command")                                                                          \
    X(UNCHECKED, "unchecked")   /* its check could not be made */                                  \
    X(STALE, "stale")           /* it was there before, and has not been written */                \
    X(TYPE, "type")             /* neither a regular file nor a folder */                          \
    X(UNREADABLE, "unreadable")                                                                    \
    X(PLACE, "place")           /* an output cannot be written, or be given its name */            \
    X(CHECKPOINT, "checkpoint") /* one is left: the task is not done */                            \
    X(VALUE, "value")           /* of a path or a command: it could not be computed */
/* clang-format on */

enum journal_flaw {
#define X(name, text) FLAW_##name,
    JOURNAL_FLAWS(X)
#undef X
};
const char *journal_flaw_name(enum journal_flaw f); /* "unknown" if out of range */
/* May it be over by itself, as when somebody still writes the file? */
bool journal_flaw_passes(enum journal_flaw f);
bool journal_reason_of_file(enum journal_reason r); /* is `code` such a one? */

enum {                     /* flags of an END */
    JOURNAL_FINAL = 1,     /* no further attempt will be made: the task is done, or failed */
    JOURNAL_LEFTOVER = 2,  /* processes it left behind were killed */
    JOURNAL_RECOVERED = 4, /* settled by the outputs found after a crash */
    JOURNAL_CARRIED = 8,   /* carried over from the record of a previous plan */
    JOURNAL_SHARED = 16, /* one process worked on several tasks: peak_kib is of all of it, times of
                            the processor and what was read and written are the task's equal part */
    /* Of a START, too: nothing ran beside it. A shim that dies with it was killed by it, so a LOST
     * with this is charged; its code is how often in a row that happened. */
    JOURNAL_ALONE = 32,
    /* It was stopped as its node ran short of memory, and others were beside it: not charged. */
    JOURNAL_SPARED = 64,
    /* Never on file: readers are told so that the attempt was the last one, but that its owner
     * asked to try the task again since (again.h); FINAL is not set then. */
    JOURNAL_VOID = 128,
};

struct journal_rec;
bool journal_charged(const struct journal_rec *end); /* does this END use up a retry? */
/* What becomes of the END of an attempt by another plan, or of a START without one, when it is
 * carried over to the record of this one, where it is of task `task`. Of what was not done it is
 * told, and nothing else: it is not charged. */
struct journal_rec journal_carried(const struct journal_rec *rec, uint32_t task);

struct journal_rec {
    uint32_t crc; /* crc32 of the other 60 bytes */
    uint8_t kind, reason, code, flags;
    uint32_t task;    /* the plan's number */
    uint16_t attempt; /* from 1, 0: none was made; counts charged attempts only */
    uint16_t node;    /* rank in the job; 0 in a job of one node */
    int64_t time_us;  /* CLOCK_REALTIME, microseconds since 1970 */
    uint32_t wall_ms; /* 0 of what never ran, or nobody knows how long */
    uint32_t user_ms, sys_ms;
    uint32_t peak_kib; /* peak memory of the process tree; a START has times only */
    uint32_t wait_ms;  /* from ready to started */
    uint32_t read_kib, write_kib;
    /* bytes of output kept in the log of this epoch; 0: none. Of a START: the number of the spool
     * into which it writes (STATE_SPOOL), + 1; 0: not known */
    uint32_t log_len;
    uint64_t log_off; /* where its frame starts */
};
_Static_assert(sizeof(struct journal_rec) == 64, "a record is 64 bytes");

/* Nothing was running. */
struct journal_close {
    uint32_t crc;
    uint8_t kind, pad[3];
    uint32_t left; /* tasks of the shard that may still be run; 0: it is finished */
    uint32_t none;
    int64_t time_us;
    uint32_t failed; /* tasks of it that failed or are blocked */
    uint32_t rest[9];
};
_Static_assert(sizeof(struct journal_close) == 64, "the end of an epoch is a record");
struct journal_close journal_close_of(const struct journal_rec *rec); /* of kind JOURNAL_CLOSE */

enum journal_type { JOURNAL_ABSENT, JOURNAL_FILE, JOURNAL_FOLDER };
enum { JOURNAL_OUTPUTS = 3 }; /* of one record; a task with more has several */

struct journal_output {
    uint32_t crc;
    uint8_t kind;
    uint8_t count; /* of the outputs below, 1 .. JOURNAL_OUTPUTS */
    uint8_t types; /* enum journal_type of each, two bits, the first one's are the lowest */
    uint8_t pad;
    uint32_t task;
    uint16_t attempt;
    uint16_t first; /* the number of the first one among those of its family */
    struct journal_file {
        uint64_t size;    /* bytes of a file; of a folder: 1, or 0 if nothing is in it */
        int64_t mtime_ns; /* since 1970, by the file system's clock */
    } of[JOURNAL_OUTPUTS];
};
_Static_assert(sizeof(struct journal_output) == 64, "what a task wrote is a record");

struct journal_head {
    uint32_t crc;
    uint8_t kind, version;
    uint8_t afresh;     /* 1: what had failed for good is tried again */
    uint8_t again;      /* the last request to do so that its holder knew (again.h); 0: none */
    uint64_t plan_hash; /* its identity */
    uint32_t shard, epoch;
    int64_t time_us;
    /* bytes of the epoch before that count; 0: there is none of this plan */
    uint64_t fence;
    char holder[HOLDER_SIZE]; /* who writes it; NUL-padded. Its log is logs/HOLDER.log */
};
_Static_assert(sizeof(struct journal_head) == 64, "the head is a record");

/* What a record of kind JOURNAL_SYNC says besides; both stand in its unused bytes, so that readers
 * who do not know of them read the record as ever. */
enum journal_said {
    JOURNAL_SAID_NOTHING,
    JOURNAL_SAID_WHO, /* struct journal_who: once, behind the head */
    JOURNAL_SAID_USE, /* struct journal_use: now and then, and before the CLOSE */
};

enum { JOURNAL_JOB_SIZE = 28 };

/* The node of a writer. */
struct journal_who {
    uint32_t crc;
    uint8_t kind, zero, said, pad;
    uint32_t ends_s;            /* when its job ends, seconds since 1970; 0: not known */
    uint16_t cores, rank;       /* for tasks, 65535: or more; which node of its job */
    int64_t began_us;           /* when the writer began */
    uint32_t memory_mib;        /* for tasks */
    char job[JOURNAL_JOB_SIZE]; /* its id, NUL-padded; a longer one is cut; "": none */
    uint64_t synced;            /* log_off */
};
_Static_assert(sizeof(struct journal_who) == 64, "who writes is a record");

/* Why cores of a node had no task. */
/* clang-format off */
#define JOURNAL_IDLES(X)                                                                           \
    X(START, "start")     /* the writer had not come so far */                                     \
    X(NOTHING, "nothing") /* nothing was ready */                                                  \
    X(MEMORY, "memory")   /* what was ready needs more memory than was free */                     \
    X(ROOM, "room")       /* more cores or GPUs at once, or they were kept for such a task */      \
    X(TIME, "time")       /* more time than the job had left */                                    \
    X(PAUSED, "paused")   /* nothing was started: people said so, trouble with files or with the   \
                             node, or a task that has to run alone */                                              \
    X(ENDING, "ending")   /* the writer was to end */                                              \
    X(AGAIN, "again")     /* what failed was to be tried again, and nothing else was ready */
/* clang-format on */
enum journal_idle {
#define X(name, text) IDLE_##name,
    JOURNAL_IDLES(X)
#undef X
        JOURNAL_NIDLES
};
const char *journal_idle_name(enum journal_idle i); /* "?" if out of range */

/* What became of a writer's node so far, all its shards together. */
struct journal_use {
    uint32_t crc;
    uint8_t kind, zero, said, pad;
    uint32_t given_mib, used_mib; /* memory: what the tasks that ran then were given, and used */
    int64_t time_us;
    uint32_t idle[JOURNAL_NIDLES]; /* tenths of a second of a core, each as enum journal_idle */
    uint64_t synced;               /* log_off */
};
_Static_assert(sizeof(struct journal_use) == 64, "what became of a node is a record");

/* The path of a journal, appended. */
void journal_path(const char *state_dir, uint32_t shard, uint32_t epoch, struct buf *path);

/* --- writing (the shim; `wflc build` when it carries a record over) --- */
struct journal; /* single writer, buffers records until journal_flush */
/* Creates epoch `last + 1` of `shard` under `state_dir`/journal (made if needed), exclusively, with
 * its head in it. NULL and an errno value in *err; EEXIST: somebody was faster; EOVERFLOW: there is
 * no epoch after `last`, as when a file was given such a name by hand. */
struct journal *journal_create(const char *state_dir, uint32_t shard, uint32_t last, uint64_t fence,
    uint64_t plan_hash, const char *holder, bool afresh, uint8_t again, int *err);
uint32_t journal_epoch(const struct journal *j);
/* `rec.crc` is filled in. Never fails: errors show at flush. */
void journal_add(struct journal *j, struct journal_rec rec);
void journal_add_output(struct journal *j, const struct journal_output *o);
void journal_add_close(struct journal *j, uint32_t left, uint32_t failed, int64_t time_us);
/* Kinds of records are filled in. */
void journal_add_who(struct journal *j, struct journal_who w);
void journal_add_use(struct journal *j, struct journal_use u);
uint64_t journal_size(const struct journal *j); /* bytes of whole records on file */
/* Appends what is buffered with one write; 0 or errno (e.g. ENOSPC: a torn record may be on
 * disk; the next flush first truncates it away, then writes the rest; whole records stay). */
int journal_flush(struct journal *j);
/* To have it on the disk: what it holds, and that it is there. That may take long; who must not
 * wait has another process do it. 0 or errno; that of names is tried only, for not every file
 * system can. */
int journal_sync(struct journal *j);
void journal_sync_names(const char *state_dir);
/* Flushes it, and has it on the disk, unless it is no file that can be synced. 0 or errno. */
int journal_save(struct journal *j);
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

/* The last epoch of each shard below nshards, 0 if it has none, whatever plan they are of. 0, or
 * errno; ENOENT: there is no journal yet. */
int journal_epochs(const char *state_dir, uint32_t nshards, uint32_t *last);

/* What a journal tells without being read as a whole. */
struct journal_state {
    bool ours;   /* it is of this plan, and of this version */
    bool closed; /* its last whole record is a CLOSE: */
    uint32_t left, failed;
    uint8_t again; /* as in its head */
    char holder[HOLDER_SIZE];
};
/* 0, or errno; ENOENT, too, if it has no head. */
int journal_look(const char *state_dir, uint32_t shard, uint32_t epoch, uint64_t plan_hash,
    struct journal_state *state);

/* journal_read of one shard, epochs 1 .. last. *fence: how many bytes of the last one count, 0 if
 * it is of another plan. */
int journal_read_shard(const char *state_dir, uint32_t shard, uint32_t last, uint64_t plan_hash,
    journal_each *each, void *arg, uint64_t *fence, unsigned *damaged);

/* A reader that follows growing files: each call gives what is new since the last one, in the
 * order of journal_read. A folder that is not there yet is no error. */
struct journal_tail;
struct journal_tail *journal_tail_new(const char *state_dir, uint64_t plan_hash);
int journal_tail_poll(struct journal_tail *t, journal_each *each, void *arg);
/* Only the shards for which `want` is true are looked for and read, from the next poll on. */
void journal_tail_want(struct journal_tail *t, bool (*want)(void *arg, uint32_t shard), void *arg);
void journal_tail_free(struct journal_tail *t);

#endif
