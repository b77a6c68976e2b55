/* A batch job as all emitters are told of it. Everything in it is data, which emitters quote and
 * bring into the form of their scheduler. Borrowed. */
#ifndef CODEGEN_JOB_H
#define CODEGEN_JOB_H

#include "plan/plan.h"
#include "site/profile.h"

struct job {
    const struct site_profile *site;
    const struct site_queue *queue; /* NULL: the profile names none */
    const char *campaign;           /* its name */
    const char *source;             /* the .wfl as it was named */
    const char *account;            /* NULL: none */
    uint32_t nodes;
    uint32_t seconds;    /* of walltime: whole minutes */
    const char *dir;     /* absolute: where job.sh, campaign.wflp and wfl-shim are */
    const char *workdir; /* absolute: where relative names of the tasks start */
};

#endif
