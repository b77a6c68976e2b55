/* Where in a shell script a byte stands: outside of quotes, inside "..." and so on. Enough of
 * POSIX XCU 2.2, 2.3 and 2.7.4 to quote what is inserted there; not a shell parser. */
#ifndef MODEL_SHELL_STATE_H
#define MODEL_SHELL_STATE_H

#include <stdbool.h>
#include <stddef.h>

enum shell_place {
    SHELL_WORD,    /* outside of quotes */
    SHELL_DOUBLE,  /* inside "..." */
    SHELL_SINGLE,  /* inside '...' */
    SHELL_COMMENT, /* behind a # */
    SHELL_HERE,    /* inside a here-document */
};

struct shell_state {
    /* what is open, innermost last: ( ` " ' # and H for a here-document */
    char open[64];
    int depth;
    bool escaped;    /* a backslash stands before */
    bool in_word;    /* so that # does not start a comment */
    char before;     /* the character before */
    bool here_next;  /* a here-document starts at the next line */
    char delimiter[64];
    size_t ndelimiter;
    char line[64]; /* the present line of a here-document, as far as it fits */
    size_t nline;
};

void shell_feed(struct shell_state *s, const char *p, size_t n);
/* A value is inserted here: it is part of a word. */
void shell_insert(struct shell_state *s);
enum shell_place shell_place(const struct shell_state *s);

#endif
