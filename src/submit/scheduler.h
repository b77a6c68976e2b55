/* What is asked of a site's scheduler: which jobs the user has, to take another one, to end one. */
#ifndef SUBMIT_SCHEDULER_H
#define SUBMIT_SCHEDULER_H

#include "journal/nodes.h"
#include "submit/queue.h"
#include "submit/record.h"
#include "submit/refusal.h"

struct scheduler {
    const struct site_profile *site; /* borrowed */
    const char *dir;                 /* absolute: what wflc build made for the site; borrowed */
    const char *script;              /* absolute: job.sh; borrowed */
    /* the text of the script for jobs of another size; NULL: that of job.sh. Borrowed */
    const struct buf *resized;
    bool dry; /* commands are only shown: nothing is written for them */
    /* nodes that jobs leave out, where that can be asked for; borrowed */
    const struct bad_node *bad;
    size_t nbad;
};

/* Which jobs the user has, all in one answer; of `local`, those of the record that run, by their
 * ids or, of intents, by their names. An answer is kept for the user's other campaigns, and within
 * scheduler.poll_s seconds it is given again instead of asking: *asked_s is when the scheduler was
 * asked. Free q with queue_free in any case. False, and a sentence in `why`: nobody can tell. */
bool scheduler_ask(const struct scheduler *s, const struct record *r, struct queue *q,
    int64_t *asked_s, struct buf *why);

/* Takes the jobs that submit.sh sent into the record. 0, or an errno value. */
int scheduler_by_hand(const struct scheduler *s, struct record *r);
/* How many of them it does not have yet. */
size_t scheduler_notes(const char *state_dir);

/* Has the submitted job ended, as far as `q`, asked for at asked_s, tells? One that is younger than
 * the answer has not. */
bool scheduler_ended(const struct scheduler *s, const struct record_job *j, const struct queue *q,
    int64_t asked_s);

/* The command that submits a job: NULL-terminated words, and the file it reads on standard input or
 * NULL. `after`: the id of a job that must have ended first, or NULL. Empty for `local`. The words
 * are the buffer's; free both. */
struct submit_command {
    const char **argv;
    const char *input;
    struct arena arena;
};
bool submit_command_make(const struct scheduler *s, const char *name, const char *after,
    struct submit_command *c, struct buf *why);
void submit_command_free(struct submit_command *c);

/* Submits it. False: *refusal says of what kind, `said` what the scheduler said. */
bool scheduler_submit(const struct scheduler *s, const char *name, const char *after,
    struct buf *id, enum refusal *refusal, struct buf *said);

/* Can jobs be asked to leave out nodes? */
bool scheduler_excludes(const struct scheduler *s);

/* Asks to end the job. False: `said` says why not. */
bool scheduler_cancel(const struct scheduler *s, const char *id, struct buf *said);

/* Can a job wait for the end of another one, however it ends? */
bool scheduler_chains(const struct scheduler *s);

#endif
