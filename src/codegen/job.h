/* A batch job as all emitters are told of it. Everything in it is data, which emitters quote and
 * bring into the form of their scheduler. Borrowed. */
#ifndef CODEGEN_JOB_H
#define CODEGEN_JOB_H

#include "plan/plan.h"
#include "site/profile.h"

struct job {
    const struct site_profile *site;
    const struct site_queue *queue; /* NULL: the profile names none */
    const char *site_name;          /* as the campaign calls it */
    const char *campaign;           /* its name */
    const char *source;             /* the .wfl as it was named */
    const char *account;            /* NULL: none */
    uint32_t njobs, ntasks;
    uint32_t nodes;
    uint32_t seconds;    /* of walltime: whole minutes */
    const char *wflc;    /* absolute: the program, for jobs that submit others; NULL: not known */
    const char *dir;     /* absolute: where job.sh, campaign.wflp and wfl-shim are */
    const char *workdir; /* absolute: where relative names of the tasks start */
    const struct site_container *const *container; /* the runtimes that tasks need */
    size_t ncontainers;
    /* where nodes keep copies of images, and what is asked of the scheduler for it; or NULL */
    const char *copy_dir, *copy_request;
    const char *image;       /* the only one, if a directive of container[0] starts it; or NULL */
    const char *volumes;     /* "HERE:INSIDE;HERE:INSIDE" of that image; "": none */
    const struct plan *plan; /* made for the site, with its containers; NULL: there are none */
    bool gpus;               /* some task uses GPUs */
};

/* The script of the job, which is the same for all jobs of a campaign on a site. Its head was read
 * back by the scheduler's rules and holds what it should. False: the scheduler cannot express it;
 * `why` is a whole sentence with a remedy. Not for SITE_LOCAL. */
bool job_script(const struct job *j, struct buf *out, struct buf *why);

/* The script that job_script made for `from`, for jobs of the nodes and seconds of `to`: all that
 * is read of them is their site, nodes and seconds (whole minutes). Its head was read back, too.
 * False, and a sentence in `why`: it is not as it was written. */
bool job_resize(const struct job *from, const struct job *to, const struct buf *script,
    struct buf *out, struct buf *why);

/* A name for a job that the scheduler takes and shows: letters, digits, _ . and -, a letter first,
 * `max` bytes at most; `tail` ("-x7k2-12") is kept whole. */
void job_name_make(const char *campaign, const char *tail, int64_t max, struct buf *name);

#endif
