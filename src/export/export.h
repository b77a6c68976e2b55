/* The record of a campaign for other programs: a SQLite database, lines of JSON or CSV, and a
 * Workflow Run RO-Crate, all as wfl-export(5) tells it. */
#ifndef EXPORT_EXPORT_H
#define EXPORT_EXPORT_H

#include "ask/columns.h"
#include "ask/facts.h"
#include "journal/journal.h"
#include "plan/plan.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPORT_VERSION 1

struct export_done {
    uint64_t attempts, outputs; /* added */
    bool fresh;                 /* the file was made, not added to */
};

/* Writes what `facts`, which were read, and the journals tell into `file`. If that is an export of
 * this plan already, what is new is added, in one step; else it must not be there, and has its name
 * only when it is whole. False: `why` becomes a whole sentence, and the file is as it was. */
bool export_db(const struct facts *facts, const char *file, struct export_done *done,
    struct buf *why);

/* Takes text some at a time, and empties the buffer; false: no more is wanted. */
typedef bool export_put(void *arg, struct buf *text);
/* A line for each attempt that has ended, as the database has it: ASK_JSON or ASK_CSV. 0 or errno:
 * the journals cannot be read. */
int export_lines(const struct facts *facts, enum ask_form form, export_put *put, void *arg);

struct crate_how {
    const char *dir;     /* of the crate: made, or one of ours, which is written anew */
    const char *work;    /* where relative names of tasks start: absolute */
    const char *source;  /* the campaign's text */
    const char *license; /* of what is in the crate, or NULL */
};
enum { CRATE_TASKS = 1000 }; /* of a plan, at most, that are entities of the crate themselves */
/* Writes a crate; its files are whole before ro-crate-metadata.json tells of them. Nothing that it
 * did not write itself is replaced. False: `why` becomes a whole sentence. */
bool export_crate(const struct facts *facts, const struct crate_how *how, struct buf *why);

/* --- private to src/export: attempt.c --- */
/* An attempt that has ended. */
struct attempt {
    uint32_t task;
    const struct journal_head *head;
    const struct journal_rec *end;
    const char *holder; /* "": not on record, as it was carried over from a plan before */
    char host[HOLDER_SIZE];
    double started, ended;     /* seconds since 1970 */
    const char *reason, *flaw; /* flaw: NULL, if it is none of a file */
    bool final;
};
void attempt_of(const struct journal_head *head, const struct journal_rec *end, struct attempt *a);
/* {"v": 230, "s": "R22_S11"}: the variables of a task, appended. */
void attempt_variables(const struct plan *p, uint32_t task, struct buf *out);
/* "absent", "file" or "folder": what output `i` of the record is. */
const char *attempt_output_kind(const struct journal_output *o, uint32_t i);

#endif
