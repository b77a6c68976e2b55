/* The commands of wflc: a table in main.c, one file each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

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
    unsigned bit;        /* COMMAND_*: which options it takes */
    int least, most;     /* arguments */
    int (*run)(const struct options *o); /* an enum exit_code */
};

extern const struct command command_check, command_build, command_run, command_status,
    command_help;

const struct command *command_find(const char *name); /* NULL: unknown, and it was said */
void command_list(FILE *to);

/* "wflc: " and the sentence on standard error, as all commands say what went wrong. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
