/* The checks, by name. Every message of the compiler carries one of these names; tests/golden
 * has at least one file for each. */
#ifndef MODEL_CHECKS_H
#define MODEL_CHECKS_H

#define CHECKS(X)                                                                                  \
    X(SYNTAX, "syntax", "the text is not a campaign")                                              \
    X(UNSUPPORTED, "unsupported", "a construct that this version does not compile yet")            \
    X(CAMPAIGN, "campaign", "a file has one campaign line, and at least one task")                 \
    X(DUPLICATE, "duplicate", "one name is declared twice")                                        \
    X(UNKNOWN_NAME, "unknown-name", "a name, column, function or unit that does not exist")        \
    X(UNUSED, "unused", "something is declared and never used")                                    \
    X(TYPE, "type", "a value of another type is needed")                                           \
    X(UNIT, "unit", "a unit is unknown, or missing")                                               \
    X(VALUE, "value", "a value is out of its range, or cannot be computed")                        \
    X(CYCLE, "cycle", "declarations or tasks need each other in a circle")                         \
    X(PARAM, "param", "-D names no parameter, or gives it a value of another type")                \
    X(PROPERTY, "property", "a property is missing, doubled, or has a wrong form")                 \
    X(TEMPLATE, "template", "a value is inserted in a way or place that cannot be")                \
    X(USE, "use", "a file that is used cannot be found, or uses itself")                           \
    X(SITE, "site", "a site says what cannot be")                                                  \
    X(BUNDLE, "bundle", "tasks that share a process are told apart, or cannot be bundled")         \
    X(MEMORY, "memory", "a memory model counts what the task does not have")                       \
    X(MESSAGE, "message", "an error or a warning of the campaign's own")                           \
    X(NO_OUTPUT, "no-output", "nothing but the record tells whether a task was done")              \
    X(NEEDS, "needs", "a needed task does not fit the one that needs it")                          \
    X(OUTPUT, "output", "an output cannot be told apart, or is never written")                     \
    X(PATH, "path", "data would make a path leave its folder, or an odd file name")                \
    X(EMPTY, "empty", "a task that never runs")                                                    \
    X(SIZE, "size", "more tasks or rows than a plan can hold")                                     \
    X(CSV, "csv", "a CSV table cannot be read")                                                    \
    X(SQLITE, "sqlite", "a database or a query of it cannot be read")                              \
    X(VISITS, "visits", "a table of visits lacks what visits need, or looks wrong")                \
    X(SENSORS, "sensors", "a camera lacks what sensors need, or has no such sensor")               \
    X(INSTCAT, "instcat", "an instance catalog cannot be read")                                    \
    X(GLOB, "glob", "no file matches a pattern")

#define X(name, text, meaning) static const char RULE_##name[] __attribute__((unused)) = text;
CHECKS(X)
#undef X

#endif
