/* The compiler as one call: from a .wfl file to the bytes of a plan. */
#ifndef DRIVER_COMPILE_H
#define DRIVER_COMPILE_H

#include "diag/diag.h"
#include "diag/checks.h"
#include "model/model.h"
#include "util/buf.h"

struct compile_options {
    const char *file;          /* the campaign; "-" is standard input */
    const char *const *define; /* "name=value" each, from -D */
    size_t ndefine;
    const char *const *include; /* folders, from -I */
    size_t ninclude;
    const char *stdlib, *site;           /* or NULL; as struct check_options */
    const char *build;                   /* the folder that it is going to be built into; or NULL */
    const struct check_setting *setting; /* from -W and -E */
    size_t nsettings;
    /* if not NULL, called with the checked model and the plan after it was planned without an
     * error; may queue errors */
    void (*with_model)(const struct model *m, const struct buf *image, void *arg);
    void *arg;
    struct here machine; /* for which tasks are judged where the campaign may run on it */
    bool here; /* the plan is going to be run on this machine: its containers are looked for */
    bool dump_ast, dump_model; /* write these stages to `dump` */
    FILE *dump;
};

/* Compiles. All messages are queued in `d`; false if there was an error. On success `image`
 * holds campaign.wflp and `name` (if not NULL) the campaign's name. */
bool compile_campaign(struct diags *d, const struct compile_options *o, struct buf *image,
    struct buf *name);

#endif
