/* The checks of profiles, by name, as those of campaigns (diag/checks.h). tests/golden/site has
 * at least one file for each. */
#ifndef SITE_RULES_H
#define SITE_RULES_H

#define SITE_RULES(X)                                                                              \
    X(YAML, "site-yaml", "the text is no YAML, or has what profiles must not have")                \
    X(KEY, "site-key", "a key is unknown, missing, or given twice")                                \
    X(TYPE, "site-type", "a value of another type is needed")                                      \
    X(QUOTES, "site-quotes", "YAML takes a word for something else: it needs quotes, or none")     \
    X(VALUE, "site-value", "a value is out of its range, or in another unit")                      \
    X(FIT, "site-fit", "values of a profile contradict each other, or the scheduler")              \
    X(NAME, "site-name", "no profile has this name, or its file has another one")                  \
    X(INHERITS, "site-inherits", "profiles inherit from each other in a circle")                   \
    X(RETIRED, "site-retired", "the machine is gone")

#define X(name, text, meaning) static const char RULE_##name[] __attribute__((unused)) = text;
SITE_RULES(X)
#undef X

#endif
