/* Shapes of paths as the file system sees them: without ".", ".." and doubled slashes. */
#include "config.h"

#include "planner/shape.h"

#include <string.h>

/* Puts the components of an absolute path, with a "/" behind each, before those that are there. */
static void
put_before(struct shape *out, const char *path, size_t n)
{
    unsigned at = 0;
    for (const char *end; n; n -= (size_t)(end - path), path = end) {
        size_t len = (size_t)((const char *)memchr(path, '/', n) - path);
        end = path + len + 1;
        struct component c = {.first = out->npieces, .n = len > 0};
        struct piece p = {.constant = true, .var = -1, .least = len, .most = len};
        for (size_t i = 0; i < len; i++)
            p.chars[(unsigned char)path[i]] = true;
        buf_add(&p.text, path, len);
        if (len)
            shape_add_piece(out, &p);
        else
            buf_free(&p.text);
        shape_insert(out, at++, &c);
    }
}

static void
drop_first(struct shape *out, unsigned n)
{
    out->ncomponents -= n;
    memmove(out->component, out->component + n, out->ncomponents * sizeof *out->component);
}

void
shape_canonical(const char *cwd, struct shape *out, unsigned n)
{
    unsigned up = 0;
    size_t left = strlen(cwd);
    while (up < n && left > 1 && component_is(out, component_at(out, up), "..")) {
        up++;
        for (left--; cwd[left - 1] != '/';)
            left--;
    }
    if (up && up < out->ncomponents) {
        drop_first(out, up);
        put_before(out, cwd, left);
        n = n - up;
        for (size_t i = 0; i < left; i++)
            n += cwd[i] == '/';
    }
    unsigned below = 1;
    const char *s = cwd + 1;
    if (n == 0 || component_at(out, 0)->n || out->ncomponents < 2)
        return;
    for (size_t len; *s; s += len + 1, below++) {
        len = strcspn(s, "/");
        const struct component *c = below < n ? component_at(out, below) : NULL;
        const struct piece *p = c && c->n == 1 ? piece_at(out, c->first) : NULL;
        if (!p || !p->constant || p->text.n != len || memcmp(p->text.p, s, len) != 0)
            return;
    }
    if (below < out->ncomponents)
        drop_first(out, below);
}
