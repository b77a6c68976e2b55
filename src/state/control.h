/* What people ordered while jobs run (journal/order.h), and what of that is in force. Pausing,
 * exclusions and drains hold whatever the plan; a cancel holds for tasks of one plan, until the
 * record says of the task that it was heeded. */
#ifndef STATE_CONTROL_H
#define STATE_CONTROL_H

#include "journal/journal.h"
#include "journal/order.h"

struct control;

/* Of the campaign in this folder; nothing is read yet. */
struct control *control_new(const char *state_dir, uint64_t plan);
void control_free(struct control *c);
/* Reads what is new, if anything is; made to be called once a second. True: there is some. */
bool control_read(struct control *c);
/* The same before anything else, or once: what is not complete is left out. */
void control_read_now(struct control *c);

uint32_t control_count(const struct control *c);                      /* of orders that are known */
const struct order *control_nth(const struct control *c, uint32_t i); /* in their order */
uint32_t control_last(const struct control *c); /* the number of the last one; 0: there is none */
uint32_t control_damaged(const struct control *c); /* files that are no orders, as they seem */

/* The order by which it is so; NULL: it is not. */
const struct order *control_pause(const struct control *c);
const struct order *control_exclusion(const struct control *c, const char *host);
const struct order *control_job_drain(const struct control *c, const char *job);
/* Of those after number `after`. */
const struct order *control_host_drain(const struct control *c, const char *host, uint32_t after);
const struct order *control_release(const struct control *c, const char *gate);
/* Is it in force, as far as that can be told without knowing who is at work? */
bool control_holds(const struct control *c, const struct order *o);

/* The last cancel of the task that was not heeded yet. */
const struct order *control_cancel(const struct control *c, uint32_t task);
/* Cancels of it, up to this number, were heeded. */
void control_heed(struct control *c, uint32_t task, uint32_t number);
/* This one is heeded now: the record that says so, which stands before the END of the task. */
struct journal_rec control_heed_now(struct control *c, const struct order *o, uint32_t task);

/* "ann@login3 since 12:04", with such a word between, by the time of day of this machine; with the
 * day, if that is not today. */
void control_whose(const struct order *o, const char *since, struct buf *out);

#endif
