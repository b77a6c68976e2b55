#include "config.h"

#include "parser/ast.h"
#include "util/arena.h"
#include "util/buf.h"

#include <stdlib.h>

struct ast_tree {
    struct arena arena;
};

struct ast_tree *
ast_tree_new(void)
{
    return xcalloc(1, sizeof(struct ast_tree));
}

void
ast_tree_free(struct ast_tree *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    free(t);
}

void
ast_tree_keep(struct ast_tree *t, struct arena *a)
{
    arena_join(a, &t->arena);
    free(t);
}

struct ast *
ast_new(struct ast_tree *t, enum ast_kind kind, struct span at, const char *text)
{
    struct ast *a = arena_alloc(&t->arena, sizeof *a);
    *a = (struct ast){.kind = kind, .span = at, .name_span = NO_SPAN, .text = text};
    return a;
}

void
ast_add(struct ast *parent, struct ast *child)
{
    if (!child)
        return;
    if (parent->last)
        parent->last->next = child;
    else
        parent->child = child;
    for (; child; child = child->next) {
        parent->last = child;
        if (parent->height <= child->height)
            parent->height = child->height + 1;
    }
}

const char *
ast_text(struct ast_tree *t, const char *s, size_t n)
{
    return arena_text(&t->arena, s, n);
}

unsigned
ast_count(const struct ast *from, enum ast_kind kind)
{
    unsigned n = 0;
    for (; from; from = from->next)
        n += from->kind == kind;
    return n;
}

struct ast *
ast_find(const struct ast *from, enum ast_kind kind)
{
    while (from && from->kind != kind)
        from = from->next;
    return (struct ast *)from;
}
