/* Makes nodes for the grammar's actions. */
#ifndef PARSER_BUILD_H
#define PARSER_BUILD_H

#include "parser/parse.h"

/* A node with the children given. `name_at` is where its text stands, or NO_SPAN. A node that
 * would be too high is reported and made without children; its declaration is then left out. */
struct ast *build(struct parse *p, enum ast_kind kind, struct span at, const char *text,
    struct span name_at, struct ast *const *child, size_t n);
#define CHILDREN(...)                                                                              \
    (struct ast *const[]){__VA_ARGS__},                                                            \
        sizeof((struct ast *const[]){__VA_ARGS__}) / sizeof(struct ast *)
#define NODE(kind, at, ...) build(p, AST_##kind, at, NULL, NO_SPAN, CHILDREN(__VA_ARGS__))
#define NAMED(kind, at, text, name_at, ...)                                                        \
    build(p, AST_##kind, at, text, name_at, CHILDREN(__VA_ARGS__))
#define LEAF(kind, at, text) build(p, AST_##kind, at, text, at, NULL, 0)

struct ast *build_int(struct parse *p, struct span at, int64_t n);
struct ast *build_real(struct parse *p, struct span at, double x);
/* Moves all children of `list` to the end of `parent`, which it gives back. */
struct ast *build_adopt(struct parse *p, struct ast *parent, struct ast *list);
/* Appends to a list that a rule is collecting; no child is nothing. */
struct ast *build_append(struct parse *p, struct ast *list, struct ast *child);
/* Appends a declaration to the file's, unless something in it was too high: nobody then finds a
 * node without the children that it must have. */
struct ast *build_declaration(struct parse *p, struct ast *list, struct ast *decl);
/* Takes the common indentation off a block string's text. */
void build_dedent(struct parse *p, struct ast *string);

#endif
