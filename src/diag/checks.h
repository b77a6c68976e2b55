/* The checks, by name. Every message of the compiler carries one of these names; tests/golden
 * has at least one file for each.
 *
 * What a check finds for certain is an error (DIAG_ERROR) and stays one. What it only warns of
 * (DIAG_WARNING) can be switched off, or made an error. */
#ifndef DIAG_CHECKS_H
#define DIAG_CHECKS_H

#include "diag/diag.h"
#include "util/buf.h"

/* What a check gives if nothing else is asked for: errors, warnings, nothing, or errors and
 * warnings. */
enum check_finds { FINDS_ERROR, FINDS_WARNING, FINDS_OFF, FINDS_BOTH };

/* clang-format off */
#define CHECKS(X)                                                                                  \
    X(SYNTAX, "syntax", ERROR, "the text is not a campaign")                                       \
    X(CAMPAIGN, "campaign", ERROR, "a file has one campaign line, and at least one task")          \
    X(DUPLICATE, "duplicate", ERROR, "a name or a property is given twice")                                 \
    X(UNKNOWN_NAME, "unknown-name", ERROR, "a name, column, function or check that does not exist") \
    X(UNUSED, "unused", WARNING, "something is declared and never used")                           \
    X(TYPE, "type", ERROR, "a value of another type is needed")                                    \
    X(UNIT, "unit", ERROR, "a unit is unknown, or missing")                                        \
    X(VALUE, "value", ERROR, "a value is out of its range, or cannot be computed")                 \
    X(CYCLE, "cycle", ERROR, "declarations or tasks need each other in a circle")                  \
    X(PARAM, "param", ERROR, "-D names no parameter, or gives it a value of another type")         \
    X(PROPERTY, "property", ERROR, "a property is missing, or has a wrong form")          \
    X(TEMPLATE, "template", BOTH, "a value is inserted in a way or place that cannot be")          \
    X(PIPE, "pipe", WARNING, "a pipe loses the status of a command that fails")                   \
    X(RAW, "raw", OFF, "a value is inserted into a shell command without quotes, by :raw")         \
    X(USE, "use", ERROR, "a file that is used cannot be found or read")                    \
    X(SITE, "site", BOTH, "a site says what cannot be, or cannot do what a task needs")            \
    X(SITE_RETIRED, "site-retired", WARNING, "the machine of a site is gone")                      \
    X(FIT, "fit", BOTH, "a task fits on no node, or into no job, of a site")                       \
    X(BUNDLE, "bundle", ERROR, "tasks that share a process are told apart, or cannot be bundled")  \
    X(MEMORY, "memory", ERROR, "a memory model counts what the task does not have")                \
    X(MESSAGE, "message", BOTH, "an error or a warning of the campaign's own")                     \
    X(NO_OUTPUT, "without-output", WARNING, "nothing but the record tells whether a task was done")     \
    X(NEEDS, "needs", BOTH, "a needed task does not fit the one that needs it")                    \
    X(LONG_LIST, "long-list", WARNING, "a list of paths is longer than what a program can be given") \
    X(OUTPUT, "output", ERROR, "an output hits another one, or files of wflc")   \
    X(PATH, "path", ERROR, "data would make a path leave its folder, or an odd file name")         \
    X(EMPTY, "empty", ERROR, "a task that never runs")                                             \
    X(SIZE, "size", ERROR, "more tasks or rows than a plan can hold")                              \
    X(CSV, "csv", ERROR, "a CSV table cannot be read")                                             \
    X(JSON, "json", ERROR, "a JSON table cannot be read")                                          \
    X(SQLITE, "sqlite", ERROR, "a database or a query of it cannot be read")                       \
    X(VISITS, "visits", BOTH, "a table of visits lacks what visits need, or looks wrong")          \
    X(SENSORS, "sensors", ERROR, "a camera lacks what sensors need, or has no such sensor")        \
    X(REGION, "region", ERROR, "a region is none, or is asked what it does not know")              \
    X(INSTCAT, "instcat", BOTH, "an instance catalog cannot be read, or has odd objects")                \
    X(GATE, "gate", WARNING, "a gate holds no task back")                                          \
    X(GLOB, "glob", ERROR, "no file matches a pattern")
/* clang-format on */

#define X(name, text, finds, meaning)                                                              \
    static const char RULE_##name[] __attribute__((unused)) = text;
CHECKS(X)
#undef X

struct check {
    const char *name;
    enum check_finds finds;
    const char *meaning;
};

/* The table, in its order, and the number of its entries. */
const struct check *checks_all(size_t *n);
const struct check *check_find(const char *name); /* NULL: unknown */

/* What -W and -E ask for. */
struct check_setting {
    const struct check *check; /* NULL: all that warn */
    enum diag_level level;
};

/* Reads the NAME, no-NAME or all of -W, or (`errors`) the NAME or all of -E. False, with a
 * sentence in `why`: there is no such check, or it cannot be set so. */
bool check_setting_parse(const char *s, bool errors, struct check_setting *out, struct buf *why);

/* Sets the levels in `d`: those of the table, then the settings, of which the last one wins. */
void checks_apply(struct diags *d, const struct check_setting *setting, size_t n);

#endif
