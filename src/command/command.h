/* What a command of wflc is, how all of them say what they have to say, and what they exit with. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "command/options.h"

#include "util/buf.h"
#include "util/list.h"

/* What wflc exits with. */
enum exit_code {
    EXIT_OK = 0,
    EXIT_ERRORS = 1,      /* the campaign has errors, or tasks failed */
    EXIT_USAGE = 2,       /* the command line */
    EXIT_FILES = 3,       /* something cannot be read or written */
    EXIT_INTERRUPTED = 4, /* stopped before the end */
};

struct command {
    const char *name;
    const char *args;    /* "FILE", "[FILE|DIR]" */
    const char *summary; /* one line, no full stop */
    const char *text;    /* for `wflc help NAME`, whole lines */
    /* those that it takes, but for --color, --help and --version, which all take */
    const struct command_option *options;
    size_t noptions;
    bool hidden;                         /* not for people: in no list of commands */
    int least, most;                     /* arguments */
    int (*run)(const struct options *o); /* an enum exit_code */
};

/* "wflc: " and the sentence on standard error, as all commands say what went wrong. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Writes `b` to standard output and empties it. False: nobody reads on, as behind `| head`, which
 * is no failure; or it cannot be written, which was said, and *code says it too. */
bool put_out(struct buf *b, int *code);

#endif
