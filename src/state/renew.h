/* The next plan comes in force while nodes of jobs work by the one that is there. They start
 * nothing while that is decided (journal/next.h), go on by the old one with what they run, and
 * begin with the new one when that has ended. */
#ifndef STATE_RENEW_H
#define STATE_RENEW_H

#include "journal/lease.h"
#include "plan/plan.h"
#include "state/carry.h"

#include <stdbool.h>
#include <stdint.h>

struct renew {
    const char *plan, *state; /* the plan that is in force, and the folder of the record */
    const char *dir;          /* of both */
    struct lease *own;        /* a builder's */
    const struct plan *fresh;
    bool accept; /* as in carry_how */
    /* set: */
    struct carried carried;
    uint32_t nshims, nrunning; /* that answered; tasks that run on by the plan before */
    uint32_t nsame;            /* of these, ones that the new plan has, too */
    bool interrupted;          /* a signal came */
    char holder[HOLDER_SIZE];
};

enum renewed {
    RENEW_NOBODY, /* no shim works here; nothing was done */
    RENEW_SAME,   /* they work by this very plan */
    RENEW_DONE,
    RENEW_ALONE, /* one works that is no node of a job: `holder`; all is as it was */
    RENEW_NOT,   /* all is as it was; a sentence in `why` */
};

/* Earlier changes are settled (next_settle). */
enum renewed renew_plan(struct renew *r, struct buf *why);

#endif
