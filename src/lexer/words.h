/* The words of the language: token, spelling, where it may start a statement. Reserved words are
 * never names; all others are names wherever a name is meant. */
#ifndef LEXER_WORDS_H
#define LEXER_WORDS_H

#include <stddef.h>

enum {
    WORD_RESERVED = 1,
    WORD_DECLARATION = 2,
    WORD_TASK = 4,      /* a property of a task */
    WORD_CONTAINER = 8, /* a property of a container */
    WORD_SMALL = 16,    /* it stands elsewhere, too, as those without flags do */
};

#define WFL_WORDS(X)                                                                               \
    X(AND, "and", WORD_RESERVED)                                                                   \
    X(OR, "or", WORD_RESERVED)                                                                     \
    X(NOT, "not", WORD_RESERVED)                                                                   \
    X(IN, "in", WORD_RESERVED)                                                                     \
    X(IF, "if", WORD_RESERVED)                                                                     \
    X(THEN, "then", WORD_RESERVED)                                                                 \
    X(ELSE, "else", WORD_RESERVED)                                                                 \
    X(DIV, "div", WORD_RESERVED)                                                                   \
    X(MOD, "mod", WORD_RESERVED)                                                                   \
    X(TRUE, "true", WORD_RESERVED)                                                                 \
    X(FALSE, "false", WORD_RESERVED)                                                               \
    X(FOR, "for", WORD_RESERVED)                                                                   \
    X(WHERE, "where", WORD_RESERVED)                                                               \
    X(NEEDS, "needs", WORD_RESERVED)                                                               \
    X(VIA, "via", WORD_RESERVED)                                                                   \
    X(CAMPAIGN, "campaign", WORD_DECLARATION)                                                      \
    X(USE, "use", WORD_DECLARATION)                                                                \
    X(PARAM, "param", WORD_DECLARATION)                                                            \
    X(LET, "let", WORD_DECLARATION)                                                                \
    X(SET, "set", WORD_DECLARATION)                                                                \
    X(TABLE, "table", WORD_DECLARATION)                                                            \
    X(VISITS, "visits", WORD_DECLARATION)                                                          \
    X(REGION, "region", WORD_DECLARATION)                                                          \
    X(SENSORS, "sensors", WORD_DECLARATION)                                                        \
    X(CAMERA, "camera", WORD_DECLARATION)                                                          \
    X(MEMORY, "memory", WORD_DECLARATION | WORD_TASK)                                              \
    X(CONTAINER, "container", WORD_DECLARATION | WORD_TASK)                                        \
    X(TASK, "task", WORD_DECLARATION)                                                              \
    X(SITE, "site", WORD_DECLARATION)                                                              \
    X(SHELL, "shell", WORD_DECLARATION | WORD_TASK)                                                \
    X(UMASK, "umask", WORD_DECLARATION)                                                            \
    X(SYNC, "sync", WORD_DECLARATION | WORD_TASK)                                                  \
    X(USES, "uses", WORD_DECLARATION | WORD_TASK)                                                  \
    X(CORES, "cores", WORD_TASK)                                                                   \
    X(GPUS, "gpus", WORD_TASK)                                                                     \
    X(NODES, "nodes", WORD_TASK)                                                                   \
    X(TIME, "time", WORD_TASK)                                                                     \
    X(LIMIT, "limit", WORD_TASK)                                                                   \
    X(RUN, "run", WORD_TASK)                                                                       \
    X(INPUT, "input", WORD_TASK)                                                                   \
    X(OUTPUT, "output", WORD_TASK)                                                                 \
    X(CHECKPOINT, "checkpoint", WORD_TASK)                                                         \
    X(REMAINING, "remaining", WORD_TASK)                                                           \
    X(RETRY, "retry", WORD_TASK)                                                                   \
    X(ENV, "env", WORD_TASK | WORD_CONTAINER)                                                      \
    X(BUNDLE, "bundle", WORD_TASK)                                                                 \
    X(FEED, "feed", WORD_TASK)                                                                     \
    X(PLACE, "place", WORD_TASK)                                                                   \
    X(AFFINITY, "affinity", WORD_TASK)                                                             \
    X(PRIORITY, "priority", WORD_TASK)                                                             \
    X(ORDER, "order", WORD_TASK)                                                                   \
    X(LEARN, "learn", WORD_TASK)                                                                   \
    X(SIGNAL, "signal", WORD_TASK)                                                                 \
    X(AFTER, "after", WORD_TASK)                                                                   \
    X(STOP, "stop", 0)                                                                             \
    X(BIND, "bind", WORD_TASK | WORD_CONTAINER)                                                    \
    X(IMAGE, "image", WORD_TASK | WORD_CONTAINER)                                                  \
    X(ERROR, "error", WORD_DECLARATION | WORD_TASK)                                                \
    X(WARNING, "warning", WORD_DECLARATION | WORD_TASK)                                            \
    X(FROM, "from", 0)                                                                             \
    X(DISTINCT, "distinct", 0)                                                                     \
    X(PROFILE, "profile", 0)                                                                       \
    X(CHECK, "check", 0)                                                                           \
    X(BY, "by", 0)                                                                                 \
    X(BEFORE, "before", 0)                                                                         \
    X(WHEN, "when", WORD_DECLARATION | WORD_SMALL)                                                 \
    X(GATE, "gate", WORD_DECLARATION)                                                              \
    X(MINUS, "minus", 0)                                                                           \
    X(OF, "of", 0)                                                                                 \
    X(WAIT, "wait", 0)                                                                             \
    X(STEP, "step", 0)                                                                             \
    X(UNLESS, "unless", 0)

struct word {
    const char *text;
    int token; /* of the grammar */
    unsigned flags;
};

/* The word spelt s, or NULL. */
const struct word *word_find(const char *s);
/* The word of a token, or NULL. */
const struct word *word_of(int token);
/* The word with one of `flags` that is nearest to s by its letters, or by what other tools call so;
 * or NULL. */
const struct word *word_nearest(const char *s, unsigned flags);
/* Lists the words with one of `flags`: "cores, gpus, ...", into buf. */
struct buf;
void word_list(struct buf *b, unsigned flags);

#endif
