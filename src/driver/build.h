/* A campaign for its sites, in memory: compiled, fitted, with the texts of its folders. */
#ifndef DRIVER_BUILD_H
#define DRIVER_BUILD_H

#include "codegen/folder.h"
#include "driver/compile.h"
#include "target/target.h"

struct build_options {
    struct compile_options compile; /* but `site` and `draft`, which build_make sets */
    const char *root, *work;        /* absolute: the folder of builds, the one where tasks run */
    const char *const *site;        /* to build for; none: all sites of the campaign, */
    size_t nsites;                  /* or this machine (local), if it has none */
    bool runs;                      /* what is built is run here: no jobs are made */
    bool no_containers;
    const char *wflc; /* absolute: for jobs that submit others; NULL: not known */
};

/* What is written for one site. */
struct built {
    char *site;
    bool done;  /* all that follows is there */
    bool batch; /* it has a batch system, and these jobs are meant: */
    uint32_t njobs, nodes;
    struct buf image;
    struct plan *plan; /* over it */
    struct buf dir;    /* absolute, of the files */
    const char *work;  /* where tasks run; borrowed from the options */
    struct folder folder;
};

enum build_end {
    BUILD_GOOD,
    BUILD_ERRORS,   /* of the campaign: the messages tell them */
    BUILD_READ_ONCE /* standard input would have to be read again; `why` tells it */
};

/* Initialise with {0}; free with build_free. */
struct build {
    const struct build_options *o;
    struct built *site;
    size_t nsites;
    bool all;         /* no site is named */
    struct diags **d; /* of each compilation, with its messages; owned */
    size_t ndiags;
    struct buf why;
};

/* Makes all of it, as far as there are no errors. Borrows o. */
enum build_end build_make(struct build *b, const struct build_options *o);
void build_free(struct build *b);

#endif
