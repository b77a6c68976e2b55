/* Shards that are ours: taken, recorded, given back; and what follows from what others did. */
#ifndef RUNTIME_SHARDS_H
#define RUNTIME_SHARDS_H

#include "journal/journal.h"
#include "journal/lease.h"

#include <stdbool.h>
#include <stdint.h>

struct shim;
struct slot;

/* A shard that is ours. */
struct hold {
    uint32_t shard, epoch;
    struct journal *journal;
    const char *tag;     /* of temporary names in this epoch; borrowed until shards_free */
    bool changed, dirty; /* something is to be written, to be synced */
    uint32_t nalone;     /* tasks of it that are kept, by alone.c or shim/before.c */
    bool wanted;         /* by somebody else, so none of its tasks is started */
    /* the first epoch before this one whose holder may have left things; 0: none */
    uint32_t dead_from;
    /* since when tasks that failed here are left to other nodes; 0: none are */
    int64_t away_since;
    uint64_t mark;   /* bytes that are being synced; 0: none are */
    uint32_t nended; /* attempts in it since the last JOURNAL_SYNC */
    uint32_t nheld;  /* ends that wait for the disk */
    /* tasks whose outputs did not get there: not done, whatever r->sched says */
    uint32_t nundone;
};

/* --- shards.c --- */
/* What is there; nothing is taken yet. False, with a message said. */
bool shards_open(struct shim *r);
/* When shards_take is worth a try; NEVER: no more are taken. */
int64_t shards_at(const struct shim *r);
/* Takes one more shard; false: none can be taken now, see shards_more and shards_at. */
bool shards_take(struct shim *r, int64_t now);
/* On this machine alone: takes all, as far as it can be taken now. False: not all; *busy is one who
 * works on some, or empty. */
bool shards_take_all(struct shim *r, char busy[HOLDER_SIZE]);
/* Has not every shard been looked at in this round? */
bool shards_more(const struct shim *r);
/* How long this node should stay when it has nothing to do, in milliseconds. */
int64_t shards_patience(const struct shim *r);
/* Gives back what is finished, learns what others did; now and then. Only for a node of a job. */
void shards_tick(struct shim *r, int64_t now);
/* Gives everything back. 0 or errno: a journal could not be closed. */
int shards_close(struct shim *r);
void shards_free(struct shim *r);
struct hold *shards_nth(const struct shim *r, uint32_t i); /* NULL: so many are not ours */
bool shards_holds(const struct shim *r, uint32_t shard);
struct hold *shards_hold(const struct shim *r, uint32_t task); /* NULL: its shard is not ours */
void shards_record(struct shim *r, struct journal_rec rec);
void shards_record_output(struct shim *r, const struct journal_output *o);
int shards_flush(struct shim *r);
struct claim *shards_claim(const struct shim *r); /* which one is next */

/* What is to be known of them at the end. */
struct shards_sum {
    bool took;               /* one at least */
    bool unrecorded;         /* a journal cannot be read or made, so that one could not be taken */
    uint64_t nfailed, nleft; /* tasks of shards that are over, or given back */
    const char *late;        /* who may be dead, and has some; NULL: nobody; borrowed */
};
struct shards_sum shards_sum(const struct shim *r);

/* --- follow.c --- */
void follow_open(struct shim *r);
void follow_close(struct shim *r);
/* Do tasks of the shard wait for some of others that have not ended, as far as is known? */
bool follow_waits(struct shim *r, uint32_t shard, int64_t now);
/* What is done in it from now on is of interest: it was given back with tasks left in it. */
void follow_shard(struct shim *r, uint32_t shard);
/* What was learned of the tasks of others may not hold any more; and when what is ours is known: it
 * is learned anew. */
void follow_forget(struct shim *r);
void follow_anew(struct shim *r);
/* Looks what was done, if something waits for that. */
void follow_tick(struct shim *r, int64_t now);

/* --- resume.c --- */
/* Kills what dead shims left running on this machine. False, with a message said: cannot start. */
bool resume_open(struct shim *r);
/* Reads the record of a shard, up to epoch `last`, of which *fence bytes count; before its new
 * journal is made. False, with a message said. */
bool resume_record(struct shim *r, uint32_t shard, uint32_t last, uint64_t *fence);
/* Since which epoch none was closed; 0: the last one was, or there is none. Of what was read last.
 */
uint32_t resume_dead_from(const struct shim *r);
/* The journal could not be made: what was read is void. */
void resume_forget(struct shim *r);
/* Marks done tasks in r->sched, writes how lost ones ended and which outputs are gone, takes the
 * others. */
void resume_settle(struct shim *r, uint32_t shard);
/* Of a task the last attempt by a plan before, which was carried over: it may have been begun. */
void resume_carried(struct shim *r, const struct journal_rec *end);
void resume_told(struct shim *r);
void resume_close(struct shim *r);

/* --- wanted.c --- */
/* Now and then: looks who wants which shards, and starts no tasks of those. */
void wanted_tick(struct shim *r, int64_t now);

/* --- sweep.c --- */
/* Leases of the dead, what they left running and unfinished journals; only by one node of a job.
 * What cannot be judged yet sets r->sweep_later. */
void sweep_dead(struct shim *r);
/* Temporary outputs that epochs before this one left, of which no record may be left, either. */
void sweep_outputs(struct shim *r, const struct hold *h);

/* What runs was told to end: on record. */
void shards_told(struct shim *r);

/* --- stale.c --- */
/* A task is about to be undone: names those that ran on it in shards that are not ours. */
void stale_tell(struct shim *r, uint32_t task);

/* --- elsewhere.c --- */
void elsewhere_open(struct shim *r);
void elsewhere_close(struct shim *r);
/* Do shims on other nodes live? */
bool elsewhere_others(struct shim *r);
/* An attempt ended, as the record of an earlier run says. */
void elsewhere_learn(struct shim *r, const struct journal_head *head,
    const struct journal_rec *end);
/* An attempt failed here, charged, and there will be another one: is it another node's? */
bool elsewhere_failed(struct shim *r, uint32_t task, enum journal_reason reason);
/* A task of a shard that was just taken: is its next attempt another node's? */
bool elsewhere_wanted(struct shim *r, uint32_t task);
/* Did it fail last on another node? */
bool elsewhere_failed_there(const struct shim *r, uint32_t task);
/* It did not, after all. */
void elsewhere_forget(struct shim *r, uint32_t task);
/* It is: its shard is to be given back. */
void elsewhere_keep(struct shim *r, uint32_t task);
void elsewhere_given(struct shim *r, const struct hold *h);
/* What nobody else took is done here. */
void elsewhere_tick(struct shim *r, int64_t now);
/* The next shard that others offer, with its epoch; PLAN_NONE: there is none. `after`: PLAN_NONE,
 * to begin with. */
uint32_t elsewhere_offer(struct shim *r, uint32_t after, uint32_t *epoch);
/* A holder has a shard. */
void elsewhere_busy(struct shim *r, uint32_t shard, const char *holder);
/* Is there nothing to do but to stay while others of this job work? */
bool elsewhere_stays(struct shim *r);
bool elsewhere_still(struct shim *r); /* and was that so before? */
/* May what others do give this node something to do? */
bool elsewhere_hopes(const struct shim *r);
void elsewhere_round(struct shim *r); /* of looks: it begins */

/* --- alone.c --- */
enum { ALONE_FROM = 2 }; /* a task that was lost so often in a row is tried by itself */
void alone_open(struct shim *r);
/* Keeps a task of a shard that is ours until nothing else can be done. */
void alone_keep(struct shim *r, uint32_t task);
bool alone_kept(const struct shim *r, uint32_t task);
/* Gives the next one to the scheduler, if it is time for that. */
bool alone_next(struct shim *r, int64_t now);
/* The task is about to start: is it one of these? */
bool alone_starts(const struct shim *r, uint32_t task);
/* One of them runs: nothing is to start beside it. */
bool alone_at_work(const struct shim *r);
bool alone_left(const struct shim *r); /* is any kept? */
void alone_close(struct shim *r);

/* --- blame.c --- */
/* False, with a message said: this node was found to be bad, and others work. */
bool blame_open(struct shim *r);
void blame_close(struct shim *r);
/* An attempt ended, as the record of an earlier run says. */
void blame_learn(struct shim *r, const struct journal_head *head, const struct journal_rec *end);
/* The attempt at the task at hand ended for s->reason. */
void blame_ended(struct shim *r, struct slot *s);
/* What the task failed for here was no fault of the node, nor its own. */
void blame_forget(struct shim *r, uint32_t task);
/* Once a second: has this node to leave? */
void blame_tick(struct shim *r, int64_t now);
/* Nothing is started until that is known. */
bool blame_pauses(const struct shim *r);
/* Shards are not given back until that is known. */
bool blame_keeps(const struct shim *r, int64_t now);
/* This node is bad: it leaves. */
bool blame_left(const struct shim *r);
/* And therefore this task, which failed here, did not. */
bool blame_forgiven(const struct shim *r, uint32_t task);

#endif
