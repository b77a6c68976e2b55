#include "config.h"

#include "parser/ast.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* Memory that goes in one piece: chunks, each with its own list link. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    max_align_t data[];
};

struct ast_tree {
    struct chunk *chunk;
};

enum { CHUNK = 64 * 1024 };

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
    for (struct chunk *c = t->chunk, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(t);
}

static void *
allocate(struct ast_tree *t, size_t n)
{
    n = (n + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    if (!t->chunk || t->chunk->size - t->chunk->used < n) {
        size_t size = n > CHUNK ? n : CHUNK;
        struct chunk *c = xmalloc(sizeof *c + size);
        c->used = 0;
        c->size = size;
        c->next = t->chunk;
        t->chunk = c;
    }
    void *p = (char *)t->chunk->data + t->chunk->used;
    t->chunk->used += n;
    return p;
}

struct ast *
ast_new(struct ast_tree *t, enum ast_kind kind, struct span at, const char *text)
{
    struct ast *a = allocate(t, sizeof *a);
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
    char *p = allocate(t, n + 1);
    if (n)
        memcpy(p, s, n);
    p[n] = 0;
    return p;
}

struct ast *
ast_find(const struct ast *from, enum ast_kind kind)
{
    while (from && from->kind != kind)
        from = from->next;
    return (struct ast *)from;
}
