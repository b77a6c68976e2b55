/* The options of the command line: how each is written, and what its value is. Which of them a
 * command takes, and what they do there, its own table says (cli/cmd_NAME.c); reading, help and
 * completion follow from both. */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include "diag/checks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* long name, letter (0: none), argument (NULL: none), and what it does: of an option that several
 * commands take, for those that say nothing else of it, and for the list of all */
/* clang-format off */
#define OPTIONS(X)                                                                                 \
    X(DEFINE, "define", 'D', "NAME=VALUE",                                                         \
        "give parameter NAME of the campaign this value; may be repeated")                         \
    X(INCLUDE, "include", 'I', "DIR",                                                              \
        "look into DIR, too, for the files of 'use'; may be repeated")                             \
    X(SITE, "site", 0, "NAME", "of this site, and with its parameters")                            \
    X(COMPARE, "compare", 0, "SITES", NULL)                                                        \
    X(OUTPUT, "output", 'o', "PATH",                                                               \
        "where builds are: PATH/CAMPAIGN/SITE (default: build); sky: the picture")                 \
    X(VISIT, "visit", 0, "ID", NULL)                                                               \
    X(FAMILY, "family", 0, "NAME", NULL)                                                           \
    X(MARGIN, "margin", 0, "ANGLE", NULL)                                                          \
    X(CORES, "cores", 0, "N",                                                                      \
        "use N cores (default: all of this machine); check, plan: judge by so many")               \
    X(MEMORY, "memory", 0, "SIZE",                                                                 \
        "use so much memory, e.g. \"12 GB\" (default: 90 % of this machine's); check, plan: judge " \
        "by that")                                                                                 \
    X(GPUS, "gpus", 0, "N", NULL)                                                                  \
    X(NO_CONTAINERS, "no-containers", 0, NULL, "run commands without containers")                  \
    X(TIME, "time", 0, "DURATION", NULL)                                                           \
    X(KEEP, "keep", 0, "N", NULL)                                                                  \
    X(JOBS, "jobs", 0, "N", NULL)                                                                  \
    X(WATCH, "watch", 0, NULL, NULL)                                                               \
    X(CHAIN, "chain", 0, NULL, NULL)                                                               \
    X(AGAIN, "again", 0, NULL, NULL)                                                               \
    X(DRY_RUN, "dry-run", 'n', NULL, NULL)                                                         \
    X(ONLY, "only", 0, "TERMS", NULL)                                                              \
    X(ACCEPT, "accept", 0, NULL, "keep done tasks though their command is another one now")        \
    X(WAIT, "wait", 0, NULL, NULL)                                                                 \
    X(YES, "yes", 'y', NULL, "do not ask")                                                         \
    X(ENDING, "ending", 0, "ID", NULL)                                                             \
    X(ALL, "all", 0, NULL, "everything: all failed tasks, jobs that ended, or all jobs")           \
    X(CHECK, "check", 0, NULL, NULL)                                                               \
    X(DIFF, "diff", 0, NULL, NULL)                                                                 \
    X(JSON, "json", 0, NULL, "print JSON, for programs")                                           \
    X(CSV, "csv", 0, NULL, "print comma-separated values, for programs and spreadsheets")          \
    X(LAST, "last", 0, NULL, NULL)                                                                 \
    X(NODES, "nodes", 0, NULL, NULL)                                                               \
    X(EXIT_CODE, "exit-code", 0, NULL, NULL)                                                       \
    X(COLUMNS, "columns", 0, "NAMES", "show these columns, names with commas between them")        \
    X(DEEP, "deep", 0, NULL, "make the checks of outputs, too, which read them")                   \
    X(ORPHANS, "orphans", 0, NULL, "look for files that belong to no task")                        \
    X(REPAIR, "repair", 0, NULL, "put on record what is lost, so that it is made again")           \
    X(ADOPT, "adopt", 0, NULL, "put on record that tasks are done whose outputs are there")        \
    X(TO, "to", 0, "FILE", "write into this SQLite database")                                      \
    X(CRATE, "crate", 0, "DIR", NULL)                                                              \
    X(LICENSE, "license", 0, "URL", NULL)                                                          \
    X(JOB, "job", 0, "ID", NULL)                                                                   \
    X(HOST, "host", 0, "NAME", NULL)                                                               \
    X(SORT, "sort", 0, "COLUMN", NULL)                                                             \
    X(COUNT_BY, "count-by", 0, "NAMES", "count tasks that are alike in these columns")             \
    X(TRY, "try", 0, "N", NULL)                                                                    \
    X(FOLLOW, "follow", 'f', NULL, NULL)                                                           \
    X(WARN, "warn", 'W', "CHECK",                                                                  \
        "warn of what CHECK finds; no-CHECK: do not; all: every check that warns")                 \
    X(ERROR, "error", 'E', "CHECK", "make the warnings of CHECK, or of all, errors")               \
    X(LIST, "list", 0, NULL, NULL)                                                                 \
    X(TASKS, "tasks", 0, NULL, "tasks, not families or paths")                                     \
    X(OUTPUTS, "outputs", 0, NULL, NULL)                                                           \
    X(INPUTS, "inputs", 0, NULL, NULL)                                                             \
    X(LONG, "long", 'l', NULL, NULL)                                                               \
    X(FORCE, "force", 0, NULL, NULL)                                                               \
    X(DEPFILE, "depfile", 0, "FILE",                                                               \
        "write a rule for make into FILE, with all files that were read")                          \
    X(MAX_ERRORS, "max-errors", 0, "N", "show at most N errors, 0 for all (default: 20)")          \
    X(DUMP_AST, "dump-ast", 0, NULL, "print the syntax tree")                                      \
    X(DUMP_MODEL, "dump-model", 0, NULL, "print the checked campaign")                             \
    X(DUMP_PLAN, "dump-plan", 0, NULL, "print the plan")                                           \
    X(QUIET, "quiet", 'q', NULL, "say nothing but errors")                                         \
    X(COLOR, "color", 0, "WHEN",                                                                   \
        "colour messages: auto (default; on a terminal, unless NO_COLOR is set), always, never")   \
    X(HELP, "help", 'h', NULL, "print this help")                                                  \
    X(VERSION, "version", 'V', NULL, "print the version")
/* clang-format on */

enum option_bit {
#define X(id, name, letter, arg, text) OPTION_##id,
    OPTIONS(X)
#undef X
        OPTION_COUNT
};

struct options {
    uint64_t given; /* the bits of options that were there */
    const char **define;
    size_t ndefine;
    const char **include;
    size_t ninclude;
    const char **only; /* terms of a selector, of all --only */
    size_t nonly;
    const char *site;   /* the last one; NULL: none */
    const char **sites; /* all that were given */
    size_t nsites;
    const char *compare;           /* names with commas between them */
    const char *ending;            /* the id of a job; NULL: none */
    struct check_setting *setting; /* of -W and -E, in their order */
    size_t nsettings;
    const char *depfile; /* NULL: none */
    const char *output;
    const char *visit, *family; /* or NULL */
    const char *columns, *sort, *count_by, *to, *crate, *license;
    const char *job, *host;
    double margin; /* radians, if given */
    long cores;    /* 0: all */
    long gpus;     /* if given */
    double memory; /* bytes; 0: the default */
    double time;   /* seconds; 0: no end */
    long max_errors;
    long keep, jobs, attempt; /* if given */
    bool watch, chain, again, dry_run;
    bool last, nodes, exit_code;
    bool deep, orphans, repair, adopt, yes, wait, accept;
    bool all, json, csv, follow, check, diff, no_containers, dump_ast, dump_model, dump_plan, quiet;
    bool colour; /* of messages on standard error */
    char **arg;  /* what is no option */
    int nargs;
};

static inline bool
option_given(const struct options *o, enum option_bit i)
{
    return o->given >> i & 1;
}

/* What the table says of option `i`. */
struct option_info {
    const char *name;
    char letter;      /* 0: none */
    const char *arg;  /* NULL: takes no argument */
    const char *text; /* or NULL */
};
const struct option_info *option_info(enum option_bit i);

/* A command's own table has such a line for each option that it takes. */
struct command_option {
    enum option_bit option;
    const char *text; /* what it does there; NULL: what the table of all says */
};
/* Those of commands that compile a campaign, */
#define OPTIONS_COMPILING                                                                          \
    {OPTION_DEFINE, NULL}, {OPTION_INCLUDE, NULL}, {OPTION_WARN, NULL}, {OPTION_ERROR, NULL},      \
        {OPTION_MAX_ERRORS, NULL},                                                                 \
    {                                                                                              \
        OPTION_QUIET, NULL                                                                         \
    }
/* of those that do so for one site, and tell what it will be like, */
#define OPTION_SITE_LOOKED_AT                                                                      \
    {                                                                                              \
        OPTION_SITE, "look at the campaign as it is on this site, with its parameters"             \
    }
/* and of those that look for what was built. */
#define OPTIONS_OF_BUILD                                                                           \
    {OPTION_SITE, "of the build for this site"},                                                   \
    {                                                                                              \
        OPTION_OUTPUT, "look for builds in PATH/CAMPAIGN/SITE (default: build)"                    \
    }

struct command;
/* What it does in a command. NULL: the command does not take it. */
const char *option_text(enum option_bit i, const struct command *c);
/* What --color may be. */
extern const char *const colour_whens[];
enum { NCOLOUR_WHENS = 3 };

/* Reads the whole command line; options may stand anywhere. What is wrong is said on standard
 * error; returns false then. Call options_free in any case. */
bool options_read(int argc, char **argv, struct options *o);
void options_free(struct options *o);
/* The first given option that the command does not take, or NULL. */
const char *options_misplaced(const struct options *o, const struct command *c);

#endif
