/* What the scanner, the lexer and the grammar hand each other. */
#ifndef LEXER_TOKEN_H
#define LEXER_TOKEN_H

#include "diag/diag.h"
#include "parser/ast.h"

union wfl_value {
    const char *text; /* in the tree's arena */
    int64_t ival;
    double rval;
    struct ast *node;
};

struct token {
    int kind;
    struct span at;
    union wfl_value value;
};

#endif
