#include "config.h"

#include "plan/shape.h"

#include <string.h>

/* Puts the components of an absolute path, with a "/" behind each, before those that are there. */
static void
put_before(struct shape *out, const char *path, size_t n)
{
    unsigned at = 0;
    for (const char *end; n; n -= (size_t)(end - path), path = end) {
        size_t len = (size_t)((const char *)memchr(path, '/', n) - path);
        end = path + len + 1;
        struct component c = {.first = out->piece->len, .n = len > 0};
        struct piece p = {.constant = true, .var = -1, .least = len, .most = len};
        for (size_t i = 0; i < len; i++)
            p.chars[(unsigned char)path[i]] = true;
        buf_add(&p.text, path, len);
        if (len)
            g_array_append_val(out->piece, p);
        else
            buf_free(&p.text);
        g_array_insert_val(out->component, at++, c);
    }
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
    if (up && up < out->component->len) {
        g_array_remove_range(out->component, 0, up);
        put_before(out, cwd, left);
        n = n - up;
        for (size_t i = 0; i < left; i++)
            n += cwd[i] == '/';
    }
    unsigned below = 1;
    const char *s = cwd + 1;
    if (n == 0 || component_at(out, 0)->n || out->component->len < 2)
        return;
    for (size_t len; *s; s += len + 1, below++) {
        len = strcspn(s, "/");
        const struct component *c = below < n ? component_at(out, below) : NULL;
        const struct piece *p = c && c->n == 1 ? piece_at(out, c->first) : NULL;
        if (!p || !p->constant || p->text.n != len || memcmp(p->text.p, s, len) != 0)
            return;
    }
    if (below < out->component->len)
        g_array_remove_range(out->component, 0, below);
}
