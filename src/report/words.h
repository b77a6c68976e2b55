/* The state of a campaign and what happened in it, for people and for programs. All append to
 * `out`. */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "state/status.h"

const char *status_state_name(enum status_state s);

/* For people: who is at work, the matrix family x state, rate and time left, then what failed: at
 * most `most` groups of failures that are alike, with one example each; 0: every failed task.
 * `queued` jobs were submitted and are not known to have ended. */
void status_text(const struct status *s, size_t most, size_t queued, struct buf *out);
/* The same for programs, one JSON object, always with all failed tasks. `lost` is what became of
 * their outputs (lost.h); NULL: nobody looked. */
struct lost;
void status_json(const struct status *s, const struct lost *lost, struct buf *out);

/* Why an attempt ended, in words: "exit 127: program not found", "limit of 5 min passed". */
void status_reason(const struct plan *p, const struct journal_rec *end, struct buf *out);
/* The failed attempt in a few lines: label, reason, where it ran, where it is declared, what its
 * log (below dir/state) says last. */
void status_failure_text(const struct plan *p, const char *dir, const struct status_failure *f,
    struct buf *out);

/* The same of a group: how many, of which family, why, and the first of them as an example. */
void status_group_text(const struct status *s, const struct status_group *g, struct buf *out);

/* "4.5 s", "12 min", "3 h 20 min", "2 d 4 h". */
void status_duration(double seconds, struct buf *out);
/* 4050000 as "4 050 000". */
void status_number(uint64_t n, struct buf *out);

#endif
