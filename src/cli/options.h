/* The options of the command line: one table for reading, checking and help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "diag/checks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    COMMAND_CHECK = 1,
    COMMAND_BUILD = 2,
    COMMAND_RUN = 4,
    COMMAND_STATUS = 8,
    COMMAND_HELP = 16,
    COMMAND_EXPLAIN = 32,
    COMMAND_LIST = 64,
    COMMAND_GRAPH = 128,
    COMMAND_COMPLETE = 256,
    COMMAND_SITES = 512,
    COMMAND_FMT = 1024,
    COMMAND_SKY = 2048,
    COMMAND_SUBMIT = 4096,
    COMMAND_QUEUE = 8192,
    COMMAND_CANCEL = 16384,
    COMMAND_PLAN = 32768,
    COMMAND_AT_SITE = COMMAND_SUBMIT | COMMAND_QUEUE | COMMAND_CANCEL,
    COMMAND_COMPILING = COMMAND_CHECK | COMMAND_BUILD | COMMAND_RUN | COMMAND_LIST | COMMAND_GRAPH |
                        COMMAND_SKY | COMMAND_PLAN,
    COMMAND_ANY = 65535,
};

/* long name, short (0: none), argument (NULL: none), commands, what it does */
/* clang-format off */
#define OPTIONS(X)                                                                                 \
    X(DEFINE, "define", 'D', "NAME=VALUE", COMMAND_COMPILING,                                      \
        "give parameter NAME of the campaign this value; may be repeated")                         \
    X(INCLUDE, "include", 'I', "DIR", COMMAND_COMPILING,                                           \
        "look into DIR, too, for the files of 'use'; may be repeated")                             \
    X(SITE, "site", 0, "NAME",                                                                     \
        COMMAND_CHECK | COMMAND_BUILD | COMMAND_STATUS | COMMAND_LIST | COMMAND_GRAPH |            \
            COMMAND_SKY | COMMAND_PLAN | COMMAND_AT_SITE,                                          \
        "of this site, and with its parameters")                              \
    X(COMPARE, "compare", 0, "SITES", COMMAND_PLAN,                                                \
        "put sites side by side; their names with commas between them")                            \
    X(OUTPUT, "output", 'o', "PATH",                                                               \
        COMMAND_BUILD | COMMAND_RUN | COMMAND_STATUS | COMMAND_SKY | COMMAND_AT_SITE,              \
        "where builds are: PATH/CAMPAIGN/SITE (default: build); sky: the picture")         \
    X(VISIT, "visit", 0, "ID", COMMAND_SKY, "show the focal plane of this visit")                  \
    X(FAMILY, "family", 0, "NAME", COMMAND_SKY,                                                    \
        "look at this task (default: the first that asks which sensors see a region)")             \
    X(MARGIN, "margin", 0, "ANGLE", COMMAND_SKY,                                                   \
        "call sensors ambiguous whose margin is less (default: 30 arcsec)")                        \
    X(CORES, "cores", 0, "N", COMMAND_RUN | COMMAND_CHECK | COMMAND_PLAN,                              \
        "use N cores (default: all of this machine); check, plan: judge by so many")           \
    X(MEMORY, "memory", 0, "SIZE", COMMAND_RUN | COMMAND_CHECK | COMMAND_PLAN,                         \
        "use so much memory, e.g. \"12 GB\" (default: 90 % of this machine's); check, plan: judge by that")                    \
    X(GPUS, "gpus", 0, "N", COMMAND_RUN, "use N GPUs (default: all that are found)")               \
    X(NO_CONTAINERS, "no-containers", 0, NULL, COMMAND_BUILD | COMMAND_RUN,                        \
        "run commands without containers")                                                         \
    X(TIME, "time", 0, "DURATION", COMMAND_RUN,                                                    \
        "end within this time, e.g. \"2 h\": start only what fits, stop the rest in time")         \
    X(KEEP, "keep", 0, "N", COMMAND_SUBMIT,                                                        \
        "have N jobs at a time, while there are ready tasks that they could share (default: what "  \
        "the work is worth)")                                                                      \
    X(JOBS, "jobs", 0, "N", COMMAND_SUBMIT, "submit no more than N jobs")                          \
    X(WATCH, "watch", 0, NULL, COMMAND_SUBMIT,                                                     \
        "stay, and submit more as jobs end, until all is done")                                    \
    X(CHAIN, "chain", 0, NULL, COMMAND_SUBMIT, "let each job wait for the end of the one before")  \
    X(AGAIN, "again", 0, NULL, COMMAND_SUBMIT,                                                     \
        "have what failed tried again, once, and submit jobs for it")                              \
    X(DRY_RUN, "dry-run", 'n', NULL, COMMAND_SUBMIT, "submit nothing, print what would be")        \
    X(ENDING, "ending", 0, "ID", COMMAND_SUBMIT,                                                   \
        "this job is about to end, and is not counted among those that are there")                 \
    X(ALL, "all", 0, NULL, COMMAND_STATUS | COMMAND_QUEUE | COMMAND_CANCEL,                        \
        "everything: all failed tasks, jobs that ended, or all jobs")                         \
    X(CHECK, "check", 0, NULL, COMMAND_FMT, "change nothing, list what would, exit with 1")        \
    X(DIFF, "diff", 0, NULL, COMMAND_FMT, "change nothing, print what would change")               \
    X(JSON, "json", 0, NULL,                                                                       \
        COMMAND_STATUS | COMMAND_SKY | COMMAND_QUEUE | COMMAND_PLAN | COMMAND_SITES,               \
        "print JSON, for programs")                                                                \
    X(WARN, "warn", 'W', "CHECK", COMMAND_COMPILING,                                               \
        "warn of what CHECK finds; no-CHECK: do not; all: every check that warns")                 \
    X(ERROR, "error", 'E', "CHECK", COMMAND_COMPILING,                                             \
        "make the warnings of CHECK, or of all, errors")                                           \
    X(LIST, "list", 0, NULL, COMMAND_CHECK, "list the checks; no campaign is read")                \
    X(TASKS, "tasks", 0, NULL, COMMAND_LIST | COMMAND_GRAPH,                                       \
        "tasks, not families or paths")                                  \
    X(OUTPUTS, "outputs", 0, NULL, COMMAND_LIST, "list the paths of outputs")                      \
    X(INPUTS, "inputs", 0, NULL, COMMAND_LIST, "list the paths of inputs")                         \
    X(LONG, "long", 'l', NULL, COMMAND_LIST, "write the task and a tab before each path")          \
    X(FORCE, "force", 0, NULL, COMMAND_GRAPH, "draw more tasks than dot is good for")              \
    X(DEPFILE, "depfile", 0, "FILE", COMMAND_CHECK | COMMAND_BUILD | COMMAND_LIST,                 \
        "write a rule for make into FILE, with all files that were read")                          \
    X(MAX_ERRORS, "max-errors", 0, "N", COMMAND_COMPILING | COMMAND_SITES | COMMAND_FMT,           \
        "show at most N errors, 0 for all (default: 20)")                                          \
    X(DUMP_AST, "dump-ast", 0, NULL, COMMAND_CHECK | COMMAND_BUILD, "print the syntax tree")       \
    X(DUMP_MODEL, "dump-model", 0, NULL, COMMAND_CHECK | COMMAND_BUILD,                            \
        "print the checked campaign")                                                              \
    X(DUMP_PLAN, "dump-plan", 0, NULL, COMMAND_CHECK | COMMAND_BUILD, "print the plan")            \
    X(QUIET, "quiet", 'q', NULL,                                                                   \
        COMMAND_COMPILING | COMMAND_SUBMIT | COMMAND_CANCEL, "say nothing but errors")             \
    X(COLOR, "color", 0, "WHEN", COMMAND_ANY,                                                      \
        "colour messages: auto (default; on a terminal, unless NO_COLOR is set), always, never")   \
    X(HELP, "help", 'h', NULL, COMMAND_ANY, "print this help")                                     \
    X(VERSION, "version", 'V', NULL, COMMAND_ANY, "print the version")
/* clang-format on */

/* What an option does in one command, where that is not the same in all: option, commands, text */
#define OPTION_SENSES(X)                                                                           \
    X(SITE, COMMAND_BUILD, "build for this site of the campaign only; may be repeated")            \
    X(SITE, COMMAND_STATUS | COMMAND_AT_SITE, "of the build for this site")                        \
    X(SITE, COMMAND_CHECK | COMMAND_LIST | COMMAND_GRAPH | COMMAND_SKY | COMMAND_PLAN,             \
        "look at the campaign as it is on this site, with its parameters")                         \
    X(OUTPUT, COMMAND_BUILD | COMMAND_RUN, "build in PATH/CAMPAIGN/SITE (default: build)")         \
    X(OUTPUT, COMMAND_STATUS | COMMAND_AT_SITE,                                                    \
        "look for builds in PATH/CAMPAIGN/SITE (default: build)")                                  \
    X(OUTPUT, COMMAND_SKY, "write the picture into the file PATH, in SVG")                         \
    X(ALL, COMMAND_STATUS, "show every task that failed, not one of each kind")                    \
    X(ALL, COMMAND_QUEUE, "show jobs that ended, too")                                             \
    X(ALL, COMMAND_CANCEL, "cancel all jobs of the campaign")                                      \
    X(TASKS, COMMAND_LIST, "list tasks (default)")                                                 \
    X(TASKS, COMMAND_GRAPH, "draw tasks, not families")

enum option_bit {
#define X(id, name, short_name, arg, commands, text) OPTION_##id,
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
    double margin;              /* radians, if given */
    long cores;                 /* 0: all */
    long gpus;                  /* if given */
    double memory;              /* bytes; 0: the default */
    double time;                /* seconds; 0: no end */
    long max_errors;
    long keep, jobs; /* if given */
    bool watch, chain, again, dry_run;
    bool all, json, check, diff, no_containers, dump_ast, dump_model, dump_plan, quiet;
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
    char letter;     /* 0: none */
    const char *arg; /* NULL: takes no argument */
    unsigned commands;
    const char *text;
};
const struct option_info *option_info(enum option_bit i);
/* What it does in the command of `bit`; of COMMAND_ANY: in all of them. */
const char *option_text(enum option_bit i, unsigned bit);
/* What --color may be. */
extern const char *const colour_whens[];
enum { NCOLOUR_WHENS = 3 };

/* Reads the whole command line; options may stand anywhere. What is wrong is said on standard
 * error; returns false then. Call options_free in any case. */
bool options_read(int argc, char **argv, struct options *o);
void options_free(struct options *o);
/* The first given option that the command of `bit` does not take, or NULL. */
const char *options_misplaced(const struct options *o, unsigned bit);
void options_help(unsigned bit, FILE *to);

#endif
