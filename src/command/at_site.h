/* What submit, queue and cancel have in common: the folder that a build made for a site. */
#ifndef COMMAND_AT_SITE_H
#define COMMAND_AT_SITE_H

#include "command/build.h"

#include "submit/scheduler.h"

/* Initialise with {0}; free with at_site_free. */
struct at_site {
    struct buf dir, script; /* absolute */
    struct plan *plan;
    struct site_profile *site;
    const struct site_queue *queue; /* that the script names; NULL: none, or the profile has none */
    struct scheduler scheduler;
};

/* Finds the folder (find_build; `arg` may be NULL), its plan and its profile. Returns an enum
 * exit_code; what is wrong was said. */
int at_site_open(const struct options *o, const char *arg, struct at_site *a);
void at_site_free(struct at_site *a);

#endif
