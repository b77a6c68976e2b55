/* How the containers of a campaign are started on a site: which runtime, which form of the image,
 * which words before a command. */
#ifndef TARGET_CONTAINERS_H
#define TARGET_CONTAINERS_H

#include "model/model.h"
#include "plan/plan.h"

/* What a site makes of the containers of a plan. */
struct containers {
    struct buf containers, words, texts; /* sections of the plan; empty if it has no containers */
    /* which of the profile's runtimes start them, each once, in the profile's order */
    const struct site_container **used;
    size_t nused;
    /* where nodes keep copies of images, and what a job asks the scheduler for to have that disk;
     * NULL: nowhere, nothing. Borrowed from the profile */
    const char *copy_dir, *copy_request;
    struct site_profile *own; /* that of this machine, if the campaign names none */
};

/* Decides it for the containers of plan `p`, which was made from `m`: by the site's profile, the
 * first of its runtimes that can run the image; for this machine (NULL, or a profile of kind
 * local) that of them that is installed, too. What is wrong, such as that there is none, is queued
 * in d; false then. Free with containers_free in any case. */
bool containers_decide(struct diags *d, const struct model *m, const struct plan *p,
    const struct site_profile *site, struct containers *out);
void containers_free(struct containers *c);

/* A name without the "docker:" or "docker://" before it. Borrowed. */
const char *containers_bare_name(const char *image);

/* What the header of a job's script says for the plan's container, if a directive starts it
 * (container[].directive), for Shifter: "HERE:INSIDE;HERE:INSIDE" of its folders, nothing if there
 * are none. The image is its `source`. */
void containers_volumes(const struct plan *p, const struct plan_container *c,
    const struct site_profile *site, struct buf *out);

/* --- container_words.c --- */
/* The words that stand before a command, for a container whose runtime, form and directive are
 * set. */
uint32_t containers_text(struct containers *b, const char *text); /* adds it */
void containers_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, struct plan_container *c);

#endif
