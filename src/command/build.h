/* What the commands that compile have in common. */
#ifndef COMMAND_BUILD_H
#define COMMAND_BUILD_H

#include "command/command.h"

#include "diag/diag.h"
#include "driver/build.h"
#include "driver/compile.h"
#include "model/model.h"
#include "plan/plan.h"

/* What a command wants of the compiler. */
struct compiling {
    bool judges_here; /* tasks that do not fit on this machine are told, if they may run on it */
    bool draft;       /* as in compile_options */
    const char *site; /* NULL: that of --site */
    void (*change)(void *arg, struct model *m); /* as in compile_options */
    void *change_arg;
};

/* What this machine has for tasks, or what --memory and --cores say. */
struct here build_here(const struct options *o);

/* A compiled campaign, and the messages about it. */
struct campaign {
    struct diags *d;
    struct compilation *compiled; /* NULL after an error */
};
/* Compiles o->arg[0], prints what is wrong with it, and writes its --depfile. `how` may be NULL.
 * Returns an enum exit_code, as all here. Free with campaign_free in any case. */
int campaign_compile(const struct options *o, const struct compiling *how, struct campaign *c);
void campaign_free(struct campaign *c);
/* The same with messages in `d`, which are not printed yet, and without a --depfile. */
int campaign_compile_in(struct diags *d, const struct options *o, const struct compiling *how,
    struct compilation **c);
/* Prints on standard error those messages that were not printed before; `said` remembers them. */
void messages_once(struct diags *d, const struct options *o, struct buf *said);

/* A campaign that was built, into folders. Initialise with {0}; free with campaign_built_free. */
struct campaign_built {
    struct build build;
    struct build_options options;         /* of the build */
    struct buf library, root, work, self; /* what they borrow */
};
/* Writes the folders of all sites of the campaign, or of those of --site; or (`runs`) of this
 * machine alone, where it is going to be run. Nothing is written if one of them has an error. */
int campaign_build(const struct options *o, bool runs, struct campaign_built *b);
void campaign_built_free(struct campaign_built *b);
const char *built_campaign(const struct built *s); /* its name; borrowed */
bool built_there(const struct built *s);           /* is a plan in its folder? */

/* Asks on the terminal. An end of the input is no. */
bool answers_yes(const char *question);

/* The name as people would type it: without the working folder before it, if it is below. */
const char *path_for_people(const char *path);

/* Finds the folder that a build made: of the campaign in a .wfl file, the folder itself, a
 * campaign's name, or (arg NULL) the only one below o->output. */
int find_build(const struct options *o, const char *arg, struct buf *dir);
/* The same, of a campaign that was built for several sites all of them: each with a NUL behind it.
 */
int find_builds(const struct options *o, const char *arg, struct buf *dirs);
/* Is it no name of a build, but of a task of the only campaign that was built? Nothing is said. */
bool find_is_task(const struct options *o, const char *arg);

/* The program wfl-shim: $WFL_SHIM, or the one beside wflc. */
int find_shim(struct buf *path);

#endif
