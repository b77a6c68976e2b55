/* What a campaign will be like on a site, before it is started: for people who decide. */
#ifndef OUTLOOK_OUTLOOK_H
#define OUTLOOK_OUTLOOK_H

#include "model/model.h"
#include "outlook/simulate.h"
#include "state/status.h"
#include "target/target.h"

struct outlook_family {
    const struct family *f; /* of the model; borrowed */
    const struct plan_family *in_plan;
    const struct family_work *work;
    double combinations; /* of rows of all variables */
    /* of each variable: how many rows of its table stand in tasks; owned */
    uint32_t *used;
    struct cost heavy;  /* of the task that needs most memory, of those that were looked at */
    double light;       /* bytes that the one needs that needs least */
    struct slots slots; /* on a node, of tasks like the heavy one */
    /* sizes of the terms of the heavy one's memory; NAN: it varies. Owned */
    double *term;
};

/* The one change of the campaign that makes jobs cheapest. */
struct change {
    enum change_of { CHANGE_NONE, CHANGE_WALLTIME, CHANGE_NODES, CHANGE_BOTH, CHANGE_QUEUE } of;
    double shortest, longest; /* walltime to write, as a range; 0: as it is */
    struct geometry jobs;     /* then */
    double charged;           /* node-seconds of them */
};

struct outlook {
    const struct model *m;
    const struct site *site;            /* NULL: this machine */
    const struct site_profile *profile; /* NULL: this machine */
    const char *name;                   /* of the site */
    struct target target;               /* the plan on it: owned, as are: */
    struct buf image;                   /* the bytes of the plan there, with shards */
    struct plan *plan;
    const struct work *work; /* of the target */
    const struct geometry *jobs;
    struct waste waste; /* of the jobs; used 0: it is not known */
    struct change change;
    /* bytes of the plan that is built; 0: this depends on where it is built */
    size_t written;
    struct outlook_family *family; /* plan->nfamilies, in the plan's order */
    uint64_t outputs;              /* files that tasks write */
    /* expected times are known, no task takes several nodes, and the simulation came to its end */
    bool simulated;
    struct simulation simulation;
    /* how far it is where it was built, if it was begun; NULL: it was not. Borrowed; and what is
     * left there, in node-seconds, as stated and as measured; 0: not known */
    const struct status *status;
    uint32_t left;
    double left_stated, left_measured;
    /* what people ordered there; NULL: that is not known. Borrowed. If a gate is closed by that:
     * how many tasks may run before, and their node-seconds as stated; 0: not known */
    const struct control *control;
    bool gated;
    uint32_t open;
    double open_stated;
};

/* Makes the outlook of a planned campaign (its draft, for no site) on one of its sites; NULL: on
 * this machine, whose room is given. What is wrong is queued in d; false: there is no outlook.
 * Borrows m and the draft. Free with outlook_free in any case; it must not move before that. */
bool outlook_make(struct outlook *o, struct diags *d, const struct model *m,
    const struct plan *draft, const struct site *site, const struct node_room *here);
/* Adds what is left by the record of the campaign as it was built, for the same site. */
void outlook_add_left(struct outlook *o, const struct status *s);
/* Adds what gates hold back. */
void outlook_add_gates(struct outlook *o, const struct control *c);
void outlook_free(struct outlook *o);
/* Why the simulation ended early, for people; nothing, if it did not. */
void outlook_ended(const struct outlook *o, struct buf *out);
/* Node-seconds that all jobs ask for. */
double outlook_asked(const struct geometry *g);

#endif
