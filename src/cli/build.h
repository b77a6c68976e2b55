/* What check, build and run have in common. */
#ifndef CLI_BUILD_H
#define CLI_BUILD_H

#include "cli/command.h"

#include "diag/diag.h"
#include "model/model.h"
#include "plan/plan.h"

/* A compiled campaign, and where it was written. Initialise with {0}; free with built_free. */
struct built {
    struct buf name;   /* of the campaign */
    struct buf image;  /* the plan's bytes */
    struct plan *plan; /* over them */
    struct buf dir;    /* of its files; an absolute path */
    struct buf work;   /* where its tasks run; an absolute path */
};
void built_free(struct built *b);

/* What a command wants of the compiler besides the plan. */
struct compiling {
    bool builds;      /* files are made of it: they are what a --depfile is about */
    bool here;        /* and run on this machine: its containers are looked for */
    bool judges_here; /* tasks that do not fit on this machine are told, if they may run on it */
    const char *site; /* as in compile_options; of what builds only */
    /* see compile_options */
    void (*with_model)(const struct model *m, const struct buf *image, void *arg);
    void *arg;
    FILE *messages; /* where what is wrong is told; NULL: on standard error */
};

/* What this machine has for tasks, or what --memory and --cores say. */
struct here build_here(const struct options *o);
/* Compiles o->arg[0] and prints what is wrong with it. `how` may be NULL. Returns an enum
 * exit_code, as all here. */
int campaign_compile(const struct options *o, const struct compiling *how, struct built *b);
/* The same with messages in `d`, which are printed to `messages`, and without a --depfile. */
int campaign_compile_in(struct diags *d, FILE *messages, const struct options *o,
    const struct compiling *how, struct built *b);
/* Prints on standard error those messages of a text, as diag_print makes it, that were not printed
 * before; `said` remembers them. */
void messages_once(const char *text, struct buf *said);
/* The same as campaign_compile, and writes ROOT/CAMPAIGN/local. */
int campaign_build(const struct options *o, struct built *b);
/* Writes the folders of all sites of the campaign, or of those of --site. Nothing is written if one
 * of them has an error. */
int campaign_build_sites(const struct options *o);

/* Replaces what is in folder b->dir, which no shim may be using: carries the record over, and
 * tells of it. `f` NULL: that of the site `local`. */
struct folder;
int build_write(const struct options *o, struct built *b, const struct folder *f);
/* The absolute path of `path` in `out`, and the working folder in `cwd`. */
int build_absolute(const char *path, struct buf *cwd, struct buf *out);

/* Writes the rule "targets: every file and folder that was read" for make into `path`. `d` has
 * ndiags of the compilations that read them. */
int depfile_write(struct diags *const *d, size_t ndiags, const char *path,
    const char *const *target, size_t ntargets);

/* The name as people would type it: without the working folder before it, if it is below. */
const char *path_for_people(const char *path);

/* Finds the folder that a build made: of the campaign in a .wfl file, the folder itself, a
 * campaign's name, or (arg NULL) the only one below o->output. */
int find_build(const struct options *o, const char *arg, struct buf *dir);
/* The same, of a campaign that was built for several sites all of them: each with a NUL behind it.
 */
int find_builds(const struct options *o, const char *arg, struct buf *dirs);

/* The program wfl-shim: $WFL_SHIM, or the one beside wflc. */
int find_shim(struct buf *path);

#endif
