/* What a scheduler says of the jobs of a user, whichever scheduler it is: pure readers of what its
 * programs print. Sources of the forms: the manuals of Slurm 22.05, OpenPBS, LSF 10.1 and
 * flux-core, the source of Cobalt 1.0.33. */
#ifndef SUBMIT_QUEUE_H
#define SUBMIT_QUEUE_H

#include "site/profile.h"
#include "util/arena.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A word that is not known counts as running: whatever it means, the job is still there. */
/* clang-format off */
#define QUEUE_STATES(X)                                                                            \
    X(WAITING, "waiting") /* will start by itself */                                               \
    X(HELD, "held")       /* will not before somebody, or another job, does something */           \
    X(RUNNING, "running") /* has nodes, or is about to get or to leave them */                     \
    X(SUSPENDED, "suspended") /* ran, and was stopped until somebody lets it go on */              \
    X(ENDED, "ended")     /* however it did: what was done, only the journal knows */
/* clang-format on */

enum queue_state {
#define X(id, text) QUEUE_##id,
    QUEUE_STATES(X)
#undef X
        QUEUE_NSTATES
};
const char *queue_state_name(enum queue_state s);

#define QUEUE_UNKNOWN INT64_C(-1)

/* Texts are never NULL; "" is what was not said. */
struct queue_job {
    const char *id; /* as job_id_read gives it */
    const char *name;
    const char *queue;
    const char *word; /* the state in the scheduler's own word */
    const char *why;  /* it waits, or what else the scheduler remarks */
    enum queue_state state;
    int64_t nodes, elapsed_s, left_s; /* QUEUE_UNKNOWN: not said */
};

struct queue {
    struct queue_job *v;
    size_t n, cap;
    struct arena arena; /* owns the texts */
};
void queue_free(struct queue *q);
struct queue_job *queue_add(struct queue *q); /* an empty one, to be filled in at once */
const struct queue_job *queue_by_id(const struct queue *q, const char *id);     /* or NULL */
const struct queue_job *queue_by_name(const struct queue *q, const char *name); /* or NULL */

/* What squeue is asked to print of each job, below a line that names these. */
#define QUEUE_SLURM_FORMAT "%i|%T|%M|%L|%D|%P|%q|%r|%j"

/* Appends the jobs that the program which scheduler_ask runs has printed; `now_s` is the time of
 * day. Lines that are no jobs (banners of wrappers, headers) are passed over. False, and a sentence
 * in `why`: this is no answer. A kind `local` has none. */
bool queue_read(enum site_kind kind, const char *text, size_t n, int64_t now_s, struct queue *q,
    struct buf *why);
/* Those that speak JSON: PBS, LSF, Flux. Where several questions were asked, this stands between
 * their answers, as in RFC 7464. */
#define QUEUE_NEXT_ANSWER '\036'
bool queue_read_json(enum site_kind kind, const char *text, size_t n, int64_t now_s,
    struct queue *q, struct buf *why);

/* What lets a job go on that is held or suspended, as a part of a sentence: "release it with
 * '...'"; nothing is appended if it is neither, or waits for another job alone. */
void queue_remedy(enum site_kind kind, const struct queue_job *j, struct buf *out);
/* Is a job of Slurm that is pending for this reason held, until somebody or another job does
 * something? */
bool queue_slurm_holds(const char *why);

/* "1-02:03:04", "2:03:04", "3:04" in seconds; QUEUE_UNKNOWN for all else ("UNLIMITED", "N/A"). */
int64_t queue_seconds(const char *s);

/* The id in what the submitting program printed on standard output: the line that `regex` (POSIX
 * extended, group 1) finds. Site programs print lines of their own, before it mostly: the last
 * line that fits holds the id; on Cobalt, the first. Ids of Flux become decimal numbers. False, and
 * a sentence in `why`: there is none. */
bool job_id_read(enum site_kind kind, const char *regex, const char *text, struct buf *id,
    struct buf *why);
/* An id as people may give it, in the form of job_id_read: "ƒ2oLkTLb" of Flux, "12" for
 * "12.server" stays what it is. */
void job_id_normal(enum site_kind kind, const char *given, struct buf *id);

/* The queue that the head of the job's script names, as the scheduler reads it; nothing is appended
 * if it names none, or the scheduler would refuse the script. */
void job_script_queue(enum site_kind kind, const char *script, struct buf *queue);

#endif
