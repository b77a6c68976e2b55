/* Why a scheduler did not take a job, told from what its program said. */
#ifndef SUBMIT_REFUSAL_H
#define SUBMIT_REFUSAL_H

#include "site/profile.h"
#include "util/buf.h"

/* clang-format off */
#define REFUSALS(X)                                                                                \
    X(MISTAKE, "mistake") /* the job asks for what is not there: to be mended */                   \
    X(POLICY, "policy") /* this user or account may not: to be settled with the site */            \
    X(LIMIT, "limit")   /* too many jobs now: later there is room */                               \
    X(BUSY, "busy") /* no verdict, also what is not known: it may even have taken the job */
/* clang-format on */

enum refusal {
#define X(id, text) REFUSAL_##id,
    REFUSALS(X)
#undef X
};
const char *refusal_name(enum refusal r);

/* `said`: standard error and output of the submitting program. */
enum refusal refusal_of(enum site_kind kind, const char *said);

/* What a program said itself: behind the line that Python writes before it when nobody reads its
 * log, as in the clients of Cobalt. */
const char *refusal_text(const char *said);

/* The last lines of it that say something, in one line for a message: bounded, without control
 * characters. */
void refusal_quote(const char *said, struct buf *out);

#endif
