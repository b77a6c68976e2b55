/* What stands in the folder of a build: its plan, and its record STATE. Each name is spelled here
 * and nowhere else in C; the scripts of jobs, which are shell, spell jobs and by-hand themselves
 * (codegen). libc only. */
#ifndef JOURNAL_PATHS_H
#define JOURNAL_PATHS_H

#include "util/buf.h"

#define BUILD_STATE "state"

/* --- below STATE --- */

#define STATE_JOURNAL "journal"       /* SSSS.eEEEE: journal.h */
#define STATE_LEASES "leases"         /* HOLDER: lease.h */
#define STATE_LOGS "logs"             /* HOLDER.log */
#define STATE_NODES "nodes"           /* NODE: nodes.h */
#define STATE_FAILED "failed"         /* HOLDER: stop.h */
#define STATE_STOP "stop"             /* stop.h */
#define STATE_AGAIN "again"           /* again.h */
#define STATE_CONTROL "control"       /* NNNN: order.h */
#define STATE_ELSEWHERE "elsewhere"   /* SSSS.eEEEE: offer.h */
#define STATE_NEXT "next"             /* N...: next.h */
#define STATE_LEARNED "learned"       /* N: learn/shared.h */
#define STATE_SINCE "since"           /* state/since.h */
#define STATE_PLANS "plans"           /* what was carried over: old plans and their journals */
#define STATE_JOBS "jobs"             /* scripts as they were submitted, and what jobs printed */
#define STATE_HOOKS "hooks"           /* KEY: hooks/hooks.h */
#define STATE_QUARANTINE "quarantine" /* N/PATH: outputs of before a redo */
#define STATE_SUBMITTED "submitted"   /* the record of jobs: submit/record.h */
#define STATE_WANTED "wanted"         /* wanted.h */
#define STATE_BY_HAND "by-hand"       /* jobs that submit.sh submitted */

/* For printf: what tasks of HOLDER write while they run, with the number of the slot behind it. */
#define STATE_SPOOL STATE_LOGS "/spool-%s-"

/* Appends STATE/logs/HOLDER.log. */
void state_log_path(struct buf *b, const char *state_dir, const char *holder);

#endif
