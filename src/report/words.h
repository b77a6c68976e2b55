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
/* Parts of it, whole lines each: nodes that are left out, and what people ordered, with the
 * `commands` that end it; */
void status_orders(const struct status *s, bool commands, struct buf *out);
/* the matrix: a head, a line for each family, the sum; */
void status_matrix(const struct status *s, struct buf *out);
/* what follows from it: rate and time left, or why nothing goes on. */
void status_outlook(const struct status *s, struct buf *out);
/* The same for programs, one JSON object, always with all failed tasks. `lost` is what became of
 * their outputs (lost.h); NULL: nobody looked. */
struct lost;
void status_json(const struct status *s, const struct lost *lost, struct buf *out);

/* How many tasks of each family are in each state, as CSV with a head (`head`), and the sum. */
void status_csv(const struct status *s, bool head, struct buf *out);
/* The nodes at work, a line for each: what runs there, memory, and when they gave a sign last. */
void status_nodes(const struct status *s, struct buf *out);
/* The same as objects of an array. */
void status_nodes_json(const struct status *s, struct buf *out);
/* Seconds since it gave a sign of life; NAN: not known. */
double status_sign_s(const struct status *s, const struct account_node *n);

/* Why an attempt ended, in words: "exit 127: program not found", "limit of 5 min passed". */
void status_reason(const struct plan *p, const struct journal_rec *end, struct buf *out);
/* The failed attempt in a few lines: label, reason, where it ran, where it is declared, what its
 * log (below dir/state) says last. */
void status_failure_text(const struct plan *p, const char *dir, const struct status_failure *f,
    struct buf *out);

/* The same of a group: how many, of which family, why, and the first of them as an example. */
void status_group_text(const struct status *s, const struct status_group *g, struct buf *out);

/* Tasks whose inputs are late: how many, and some of them; nothing, if there are none. */
void status_late(const struct status *s, struct buf *out);
/* What one of them waits for, and since when. */
void status_late_one(const struct status *s, const struct status_late *l, struct buf *out);
/* Looks whether what they wait for is there by now: such tasks are ready, as `s` says then. `work`:
 * where paths of tasks start; NULL: not known, nothing is looked at. Returns how many are ready. */
uint32_t status_late_look(struct status *s, const char *work);

/* Gates that are closed: a line each, with the `commands` that release them. */
void status_gates(const struct status *s, bool commands, struct buf *out);
/* That command. */
void status_gate_release(const struct status *s, uint32_t gate, struct buf *out);
/* All gates, as objects of an array. */
void status_gates_json(const struct status *s, struct buf *out);

/* Hooks of the campaign: what was run, when, and how it ended; those that were not run are counted.
 */
void status_hooks(const struct status *s, struct buf *out);
/* The same as objects of an array. */
void status_hooks_json(const struct status *s, struct buf *out);

/* How long tasks took, a line for each family of which enough have ended, and for each of what they
 * are learned by; nothing, if there is none. */
void status_times(const struct status *s, struct buf *out);
/* The values that an entry of the book is of, "u, 3"; "" if it is of all of its family. */
void status_learned_by(const struct status *s, const struct book_said *said, struct buf *out);

/* What became of the time of nodes, a line for each part; nothing, if no node has worked. */
void status_account(const struct status *s, struct buf *out);
/* A member of an object for each part, in seconds. */
void account_json(const double part_s[ACCOUNT_NPARTS], struct buf *out);

/* "4.5 s", "12 min", "3 h 20 min", "2 d 4 h". */
void status_duration(double seconds, struct buf *out);
/* 4050000 as "4 050 000". */
void status_number(uint64_t n, struct buf *out);
/* "1 task", "4 050 000 tasks" */
void status_counted(uint64_t n, const char *one, const char *many, struct buf *out);

#endif
