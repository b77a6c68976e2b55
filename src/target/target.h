/* A plan fitted to a site: all that is decided for it, once; and the plan's bytes there. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "target/containers.h"
#include "target/site.h"

/* Which containers are decided about. */
enum target_containers {
    TARGET_ALL,
    TARGET_BATCH, /* those of sites with a batch system; what is installed here is not looked for */
    TARGET_NONE,  /* commands are run without them */
};

struct target_options {
    enum target_containers containers;
    bool asked_there; /* what a node has is found out where the plan is run, whatever a profile says
                       */
    bool pack;        /* bundles are packed (work_pack), whoever wants it */
    struct costs *costs; /* of the draft, for all of its sites; NULL: it is fitted to one */
    /* what this machine has. If it is given, tasks are weighed for it, too, if the site is this
     * machine; NULL: only for jobs */
    const struct node_room *here;
};

struct target {
    const struct plan *draft;           /* the plan for no site; borrowed */
    const struct site *site;            /* of the campaign; NULL: this machine. Borrowed */
    const struct site_profile *profile; /* of the site; or NULL. Borrowed */
    const char *name;                   /* of the site */
    bool batch;                         /* it has a batch system */
    bool gpus;                          /* some task uses GPUs */
    /* what the profile says that a node has; for this machine, what it leaves open is not known */
    struct node_room room;
    bool weighed;            /* the next two are there */
    struct work work;        /* at a node of work.room, where nothing is left open any more */
    struct geometry jobs;    /* njobs 0: there are none */
    struct buf shards, runs; /* sections of the plan; empty: all tasks are one shard */
    struct containers containers;
};

/* Decides it for plan `draft`, which was made from `m`, on one of the model's sites or (NULL) on
 * this machine. What is wrong is queued in d; false then. Borrows m, draft, site and what they
 * hold. Free with target_free in any case. */
bool target_fit(struct diags *d, const struct model *m, const struct plan *draft,
    const struct site *site, const struct target_options *o, struct target *t);
/* The same of nothing but the containers, of a site with a batch system: for who looks at the
 * draft. */
bool target_contain(struct diags *d, const struct model *m, const struct plan *draft,
    const struct site *site, struct target *t);
/* Other shards than the site's jobs want, for a target that was weighed. */
void target_cut(struct target *t, const struct cut *cut);
/* Writes the plan as it is there, `image`, and opens it, which verifies it. NULL: a message was
 * queued. The plan borrows the image, and nothing of the target. */
struct plan *target_plan(struct diags *d, const struct target *t, struct buf *image);
void target_free(struct target *t);

/* The site that m was made for; NULL: it is none of the campaign's. */
const struct site *target_site(const struct model *m);

#endif
