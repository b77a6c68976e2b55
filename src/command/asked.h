/* Which build, and which of its tasks, a command line asks for: [FILE|DIR|NAME] [TERM...]. */
#ifndef COMMAND_ASKED_H
#define COMMAND_ASKED_H

#include "ask/columns.h"
#include "ask/select.h"
#include "command/command.h"

struct asked {
    struct buf dir;
    struct facts facts;
    struct selector *selector;
};

/* What of the record is needed, if only a few tasks are asked for by family and variables. */
enum asked_record {
    ASKED_ALL,
    ASKED_NEEDS, /* that of these, and of all that they need */
    ASKED_NONE,  /* facts.status is NULL then */
};
/* Is it a term of a selector, rather than the name of a build? A task without variables is a term,
 * and looks like a name. */
bool asked_is_term(const struct options *o, const char *arg);
/* Reads the selector and the record; what is wrong is said. An enum exit_code; free with asked_free
 * in any case. */
int asked_read(const struct options *o, enum asked_record record, struct asked *a);
/* The same terms, of another plan of the build; NULL: it has not what they ask for, see `why`. */
struct selector *asked_selector(const struct options *o, const struct facts *f, struct buf *why);
bool asked_takes(const struct asked *a, uint32_t task); /* its last attempt */
/* The first from this one on that is meant, or PLAN_NONE. */
uint32_t asked_next(const struct asked *a, uint32_t task);
/* From here on names of files start where those of tasks do. `writes`: what it is to do to the
 * record, for people, which is refused of a copy; or NULL. An enum exit_code, what is wrong is
 * said.
 */
int asked_enter(struct asked *a, const char *writes);
/* What has changed since these tasks were done, a line for each file, in out[] of each; nothing of
 * those that are not done, or if where tasks run is not at hand. */
void asked_changes(const struct asked *a, const uint32_t *task, uint32_t n, struct buf *out);
void asked_free(struct asked *a);

/* What --json, --csv and an option of columns ask for; false: what is wrong was said. */
bool asked_form(const struct options *o, enum ask_form *form);
bool asked_columns(const char *option, const char *names, struct ask_list *list);

/* Prints a list, piece by piece. */
struct asked_lines {
    const struct facts *facts;
    const struct ask_list *list;
    enum ask_form form;
    int *code; /* where it is said that it cannot be written */
    struct buf out;
    bool over; /* nobody reads on */
};
void asked_begin(struct asked_lines *l, const struct facts *f, const struct ask_list *list,
    enum ask_form form, int *code);
void asked_line(struct asked_lines *l, uint32_t task, const struct fact *fact);
void asked_end(struct asked_lines *l);

/* The help of commands that take a selector. */
#define ASKED_ARGS "[FILE|DIR|NAME] [TERM ...]"
#define ASKED_TEXT                                                                                 \
    "TERMs say which tasks; all of them must hold:\n"                                              \
    "    family=draw  state=failed,blocked  reason=oom  host=n17*  exit=7  signal=9\n"             \
    "    'try>1'  'time>2h'  'memory>3GB'  v=479028  's=R22_*'  v.band!=r\n"                       \
    "    'draw[v=479028 s=R22_S11]'  changed=inputs,uses (since it was done)\n"

#endif
