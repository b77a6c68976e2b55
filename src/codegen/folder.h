/* The folder of a campaign on a site: what `wflc build` writes. */
#ifndef CODEGEN_FOLDER_H
#define CODEGEN_FOLDER_H

#include "codegen/job.h"
#include "util/buf.h"

#include <stdbool.h>
#include <sys/types.h>

/* What of it is made from the job: job.sh, README, and of a site with a profile site.yaml, of a
 * batch system submit.sh and cancel.sh, of images that have to be fetched prepare.sh. Initialise
 * with {0}. */
struct folder {
    struct folder_file {
        const char *name;
        struct buf text;
        mode_t mode;
    } file[6];
    size_t n;
};
void folder_free(struct folder *f);

/* Makes these texts. False: the job cannot be expressed; `why` is a whole sentence. */
bool folder_make(const struct job *j, struct folder *f, struct buf *why);
/* Is prepare.sh among them? */
bool folder_prepares(const struct folder *f);

/* Fills folder `dir` (made if needed): a copy of `shim_path` as wfl-shim, the files of `f` and,
 * last, campaign.wflp, the plan `p`. Each is replaced in one step, and left alone when it is the
 * same already; of these files, those that are not in `f` are removed. On failure returns false and
 * a whole sentence in `why`; running it again completes it. */
bool folder_put(const struct folder *f, const char *dir, const char *shim_path,
    const struct plan *p, struct buf *why);

#endif
