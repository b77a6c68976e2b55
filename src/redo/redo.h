/* Tasks that are to be made again, as their owner asks: those that were chosen, what follows from
 * them, what that costs; and how it goes on record while jobs may run.
 *
 * Old outputs are renamed, never removed. In this order, so that whoever dies in between does no
 * harm (a shard of a dead holder is taken by the next shim):
 *
 * - All shards that it is about are taken, as shims take them: with the next epoch of each. Those
 * of tasks that need what is made again are among them, so that nobody starts one meanwhile. Shims
 *   that have some are asked for them (journal/wanted.h).
 * - It is on record of each task, consumers first. From then on shims know: one that takes such a
 *   shard forgets what it had learned (node/redone.h).
 * - Old outputs go into quarantine. What is still there when we die, the next shim renames.
 * - The epochs are closed: the shards are free. */
#ifndef REDO_REDO_H
#define REDO_REDO_H

#include "ask/facts.h"
#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- choose.c: which --- */
enum redo_why {
    REDO_NOT,
    REDO_CHOSEN,
    REDO_FOLLOWS, /* it needs one of these, and is done, failed or blocked */
};

struct redo_choice {
    uint8_t *why;        /* enum redo_why of each task */
    uint8_t *takes;      /* of each shard: it is to be taken */
    uint32_t n, nchosen; /* tasks; of these, chosen */
    uint32_t left_out;   /* that were chosen: somebody has their shard, or one of what follows */
};

/* `state` is enum status_state of each task, of those `chosen` only done and failed ones count;
 * `busy`: of each shard, it cannot be taken. Free with redo_choice_free. */
void redo_choose(const struct plan *p, const uint8_t *state, const uint8_t *chosen,
    const bool *busy, struct redo_choice *c);
void redo_choice_free(struct redo_choice *c);
/* Which shards will not be given back soon: they are with shims at work, and tasks of them run.
 * `busy` is of each shard. */
void redo_busy(const struct status *s, bool *busy);

/* --- price.c: what it costs --- */
struct redo_price {
    double core_hours, node_hours; /* of tasks on parts of nodes, and on whole ones */
    uint32_t measured, stated;     /* tasks whose time is known so */
    uint32_t unknown;              /* tasks of which no time is known */
};
void redo_price(const struct facts *f, const struct redo_choice *c, struct redo_price *price);

/* --- quarantine.c: where old outputs go --- */
struct quarantine {
    struct buf folder;  /* STATE/quarantine/N; empty: none was needed yet */
    struct buf last;    /* the folder there that was made last */
    const char *state;  /* borrowed */
    unsigned number;    /* N */
    uint64_t moved;     /* files and folders */
    uint64_t aside;     /* renamed where they were, as the folder is of another file system */
    struct buf example; /* one of these */
    uint64_t left;      /* that could not be renamed */
    struct buf trouble; /* "PATH: why" of one of these */
};
/* Renames what is at `path`, if anything is. */
void quarantine_move(struct quarantine *q, const char *path);
void quarantine_free(struct quarantine *q);

/* --- record.c: it is done --- */
struct redo_made {
    uint32_t n, nchosen, left_out; /* as in redo_choice, by what the record says at last */
    bool told_to_end;              /* while it waited; nothing was done */
    bool at_work; /* what is left out is with shims that live; else with one that died */
    struct quarantine quarantine;
};
struct redo_how {
    const uint8_t *chosen; /* of each task */
    /* Tasks that run are waited for, as long as it takes or until INT or TERM; those of them that
     * were chosen are made again, too. Else what is with shims whose tasks run is left out. */
    bool waits;
    void (*asks)(uint32_t nshards); /* told when shims are asked for shards, which takes a while */
};
/* Of the build in `dir`, whose plan is `p`; outputs are looked for from the working folder. False:
 * a sentence in `why` tells what could not be done; what was done until then holds. Free with
 * redo_made_free in any case. */
bool redo_make(const char *dir, const struct plan *p, const struct redo_how *how,
    struct redo_made *made, struct buf *why);
void redo_made_free(struct redo_made *made);

#endif
