/* From text to the tokens of the grammar, in two steps: the scanner (wfl.l) cuts the text; the
 * lexer decides which line ends count, what is a keyword, and repairs what a typing slip broke. */
#ifndef LEXER_LEXER_H
#define LEXER_LEXER_H

#include "lexer/token.h"
#include "util/buf.h"

enum {
    MAX_BRACKETS = 200,   /* open at one place */
    MAX_STRINGS = 16,     /* strings within insertions of strings */
    MAX_UNTERMINATED = 8, /* quotes forgotten that we find the place of */
    MAX_SYNTAX_ERRORS = 100
};

/* A string that is being scanned; code inside it belongs to an insertion. */
struct open_string {
    uint32_t at;        /* its opening quote */
    uint32_t insertion; /* the { of its insertion at hand */
    int state;          /* of the scanner, inside the string */
    unsigned brackets;  /* ( and [ open in the insertion */
};

/* The scanner's side. */
struct scan_state {
    struct diags *d;
    struct ast_tree *tree;
    uint32_t file, pos;
    const char *text;
    struct open_string string[MAX_STRINGS];
    unsigned nstrings;
    struct buf run; /* text of the string at hand */
    uint32_t run_start;
    int last; /* the last token, to tell operands from operators */
    bool dry; /* looks for quotes forgotten, reports nothing */
    bool too_deep;
    unsigned errors;
    uint32_t unterminated[MAX_UNTERMINATED];
    unsigned nunterminated;
    uint32_t stray;       /* behind the last character that did not belong */
    uint32_t suspect;     /* a string that swallowed the start of another; UINT32_MAX: none */
    bool ended_in_string; /* (dry) */
    bool quiet;           /* enough was said: what follows from it is not reported */
};

/* The kinds of brackets: ( [ {, and i for an insertion. */
struct bracket {
    char kind;
    bool is_call, is_shape; /* ( after a name; after a name whose arguments have labels */
    int owner;              /* {: the token its statement began with */
    struct span at;
};

struct lexer {
    struct scan_state scan;
    void *scanner; /* flex's */
    struct token queue[8];
    unsigned nqueue;
    struct bracket bracket[MAX_BRACKETS];
    unsigned nbrackets;
    struct token prev, before; /* delivered last, and before that */
    struct bracket left_open;  /* a ( or [ that `prev` left unclosed; kind 0: none */
    struct token first;        /* the first token of the statement at hand */
    unsigned first_depth;      /* brackets open when it began */
    unsigned index;            /* how many of its tokens were delivered */
    int head;                  /* enum head */
    bool done;
};

void lexer_init(struct lexer *lx, struct ast_tree *t, struct diags *d, uint32_t file);
void lexer_free(struct lexer *lx);
int lexer_next(struct lexer *lx, union wfl_value *value, struct span *at);
/* Queues a syntax error, or returns NULL if no more of them are wanted. */
struct diag *lexer_error(struct lexer *lx, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Nothing more will be read: the next token is the end of the file. */
void lexer_stop(struct lexer *lx);
/* The innermost bracket open, or NULL. */
const struct bracket *lexer_top(const struct lexer *lx);
/* May an operand end with this token? */
bool token_ends_operand(int kind);

#endif
