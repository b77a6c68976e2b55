/* The formatter: what it makes means the same, has the same comments, and stays as it is. */
#include "config.h"

#include "fuzz.h"

#include "fmt/format.h"
#include "parser/ast.h"

#include <string.h>

/* A source, what it means, and its layout. */
struct side {
    struct diags *d;
    struct ast_tree *tree;
    struct ast *root;
    struct buf out;
    bool good;
};

static void
side_init(struct side *s, const void *p, size_t n)
{
    memset(s, 0, sizeof *s);
    s->d = diag_new();
    uint32_t file = diag_source_text(s->d, "c.wfl", p, n);
    s->good = format_source(s->d, file, &s->out);
    s->tree = ast_tree_new();
    s->root = wfl_parse(s->tree, s->d, file);
}

static void
side_free(struct side *s)
{
    ast_tree_free(s->tree);
    diag_free(s->d);
    buf_free(&s->out);
}

static bool
same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* A real number is compared by its text. */
static bool
same_tree(const struct ast *a, const struct ast *b)
{
    if (a->kind != b->kind || !same_text(a->text, b->text))
        return false;
    if ((a->kind == AST_INT || a->kind == AST_BOOL) && a->ival != b->ival)
        return false;
    const struct ast *c = a->child, *e = b->child;
    for (; c && e; c = c->next, e = e->next) {
        if (!same_tree(c, e))
            return false;
    }
    return !c && !e;
}

/* All characters but blanks and line ends, in order: a test that needs no idea of tokens. */
static bool
same_ink(const char *a, size_t na, const char *b, size_t nb)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < na && strchr(" \t\r\n", a[i]))
            i++;
        while (j < nb && strchr(" \t\r\n", b[j]))
            j++;
        if (i == na || j == nb)
            return i == na && j == nb;
        if (a[i++] != b[j++])
            return false;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct side one, two;
    if (n == 0 || memchr(p, 0, n))
        return 0; /* no source has a NUL */
    side_init(&one, p, n);
    if (one.good) {
        side_init(&two, one.out.p, one.out.n);
        if (!two.good || !same_ink((const char *)p, n, one.out.p, one.out.n) ||
            !same_tree(one.root, two.root))
            __builtin_trap();
        if (two.out.n != one.out.n || memcmp(two.out.p, one.out.p, one.out.n) != 0)
            __builtin_trap();
        struct buf before = {0}, diff = {0};
        buf_add(&before, p, n);
        format_diff("a", &before, "b", &one.out, &diff);
        if ((diff.n == 0) != (before.n == one.out.n && memcmp(p, one.out.p, before.n) == 0))
            __builtin_trap();
        buf_free(&before);
        buf_free(&diff);
        side_free(&two);
    }
    side_free(&one);
    return 0;
}
