/* What the grammar's actions and its messages share. */
#ifndef PARSER_PARSE_H
#define PARSER_PARSE_H

#include "lexer/lexer.h"

struct parse {
    struct ast_tree *tree;
    struct diags *d;
    struct lexer lx;
    struct ast *root;
    bool cut; /* something was nested too deeply: what it stood in is incomplete */
};

#endif
