/* What a selector is, for those who read and those who ask it. */
#ifndef ASK_SELECT_PRIVATE_H
#define ASK_SELECT_PRIVATE_H

#include "ask/select.h"

/* name, what it is compared as */
#define FIELDS(X)                                                                                  \
    X(FAMILY, "family", TEXT)                                                                      \
    X(STATE, "state", TEXT)                                                                        \
    X(CHANGED, "changed", TEXT)                                                                    \
    X(REASON, "reason", TEXT)                                                                      \
    X(HOST, "host", TEXT)                                                                          \
    X(EXIT, "exit", NUMBER)                                                                        \
    X(SIGNAL, "signal", NUMBER)                                                                    \
    X(TRY, "try", NUMBER)                                                                          \
    X(TIME, "time", DURATION)                                                                      \
    X(MEMORY, "memory", SIZE)
enum field {
#define X(id, name, as) FIELD_##id,
    FIELDS(X)
#undef X
        FIELD_ROWS, /* of variables */
    NFIELDS = FIELD_ROWS
};
enum kind { TEXT, NUMBER, DURATION, SIZE };

/* Which rows of a variable are meant. */
struct rows {
    uint32_t var;   /* of the family */
    uint64_t *bits; /* NULL: the family has no such variable, none of its tasks is meant */
};

struct term {
    enum field field;
    enum plan_compare compare;
    double number;
    bool *is;          /* of each family, state or reason: is it meant? */
    char *pattern;     /* of hosts */
    struct rows *rows; /* of each family */
};

struct selector {
    const struct facts *facts;
    const struct plan *plan;
    struct term *term;
    size_t n, cap;
};

/* --- select_read.c --- */
/* Adds the term that `text` is; borrowed. False: `why` as selector_new has it. */
bool select_read(struct selector *s, const char *text, struct buf *why);

/* --- select.c --- */
/* Does it fit one of the patterns, which have commas between them? */
bool select_fits(const char *patterns, const char *text);

#endif
