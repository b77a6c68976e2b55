#include "config.h"

#include "parser/parse.h"

#include "parser/grammar.h"

#include <stdlib.h>

struct ast *
wfl_parse(struct ast_tree *t, struct diags *d, uint32_t file)
{
    struct parse *p = xcalloc(1, sizeof *p);
    p->tree = t;
    p->d = d;
    lexer_init(&p->lx, t, d, file);
    /* What it returns is no news: every error was queued. */
    (void)wfl_yyparse(p);
    struct ast *root = p->root;
    if (!root)
        root = ast_new(t, AST_FILE, (struct span){file, 0, 0}, NULL);
    lexer_free(&p->lx);
    free(p);
    return root;
}
