#include "config.h"

#include "codegen/header.h"

#include <stdlib.h>
#include <string.h>

/* --- options --- */

void
header_free(struct header *h)
{
    for (size_t i = 0; i < h->n; i++) {
        free(h->v[i].name);
        free(h->v[i].value);
    }
    free(h->v);
    *h = (struct header){0};
}

static struct header_option *
find(const struct header *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++)
        if (strcmp(h->v[i].name, name) == 0)
            return &h->v[i];
    return NULL;
}

const struct header_option *
header_find(const struct header *h, const char *name)
{
    return find(h, name);
}

void
header_set(struct header *h, const char *name, const char *value)
{
    struct header_option *o = find(h, name);
    if (!o) {
        h->v = xrealloc(h->v, (h->n + 1) * sizeof *h->v);
        o = &h->v[h->n++];
        *o = (struct header_option){.name = xstrdup(name)};
    }
    free(o->value);
    o->value = value ? xstrdup(value) : NULL;
}

void
header_drop(struct header *h, const char *name)
{
    struct header_option *o = find(h, name);
    if (!o)
        return;
    free(o->name);
    free(o->value);
    memmove(o, o + 1, (size_t)(h->v + h->n - o - 1) * sizeof *o);
    h->n--;
}

static bool
all_in(const struct header *a, const struct header *b, const char *lost, struct buf *why)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct header_option *x = &a->v[i], *y = find(b, x->name);
        if (!y) {
            buf_printf(why, "%s %s", x->name, lost);
            return false;
        }
        if (!x->value != !y->value || (x->value && strcmp(x->value, y->value) != 0)) {
            buf_printf(why, "%s would be '%s', not '%s'", x->name, y->value ? y->value : "",
                x->value ? x->value : "");
            return false;
        }
    }
    return true;
}

bool
header_same(const struct header *want, const struct header *got, struct buf *why)
{
    return all_in(want, got, "would be lost", why) && all_in(got, want, "is not wanted", why);
}

/* --- words --- */

void
words_add(struct words *w, const char *s, size_t n)
{
    char *copy = xmalloc(n + 1);
    memcpy(copy, s, n);
    copy[n] = 0;
    w->v = xrealloc(w->v, (w->n + 1) * sizeof *w->v);
    w->v[w->n++] = copy;
}

void
words_free(struct words *w)
{
    for (size_t i = 0; i < w->n; i++)
        free(w->v[i]);
    free(w->v);
    *w = (struct words){0};
}

/* --- getopt_long --- */

static void
add_long(struct header *h, const struct option_known *o, const char *value)
{
    struct buf name = {0};
    buf_printf(&name, "--%s", o->name);
    header_set(h, name.p, value);
    buf_free(&name);
}

static const struct option_known *
by_name(const struct option_known *known, const char *name, size_t n, struct buf *why)
{
    const struct option_known *near = NULL;
    bool several = false;
    for (const struct option_known *o = known; o->name; o++) {
        if (strncmp(o->name, name, n) != 0)
            continue;
        if (!o->name[n])
            return o;
        several = near != NULL;
        near = o;
    }
    if (several || !near)
        buf_printf(why,
            several ? "option '--%.*s' could be several" : "there is no option '--%.*s'", (int)n,
            name);
    return several ? NULL : near;
}

static bool
read_long(const struct option_known *known, const struct words *w, size_t *i, struct header *h,
    struct buf *why)
{
    const char *name = w->v[(*i)++] + 2, *eq = strchr(name, '=');
    const struct option_known *o =
        by_name(known, name, eq ? (size_t)(eq - name) : strlen(name), why);
    if (!o)
        return false;
    const char *value = eq ? eq + 1 : NULL;
    if (value && o->argument == OPTION_ALONE) {
        buf_printf(why, "option '--%s' takes no value", o->name);
        return false;
    }
    if (!value && o->argument == OPTION_TAKES) {
        if (*i >= w->n) {
            buf_printf(why, "option '--%s' has no value", o->name);
            return false;
        }
        value = w->v[(*i)++];
    }
    add_long(h, o, value);
    return true;
}

bool
option_read(const struct option_known *known, const struct words *w, size_t *i, struct header *h,
    struct buf *why)
{
    const char *word = w->v[*i];
    if (word[1] == '-')
        return read_long(known, w, i, h, why);
    ++*i;
    if (!word[1]) {
        buf_puts(why, "'-' alone is no option");
        return false;
    }
    for (const char *p = word + 1; *p; p++) {
        const struct option_known *o = known;
        while (o->name && o->letter != *p)
            o++;
        if (!o->name) {
            buf_printf(why, "there is no option '-%c'", *p);
            return false;
        }
        if (o->argument == OPTION_ALONE) {
            add_long(h, o, NULL);
            continue;
        }
        const char *value = p[1] ? p + 1 : NULL;
        if (!value && o->argument == OPTION_TAKES) {
            if (*i >= w->n) {
                buf_printf(why, "option '-%c' has no value", *p);
                return false;
            }
            value = w->v[(*i)++];
        }
        add_long(h, o, value);
        return true;
    }
    return true;
}

/* --- lines --- */

bool
script_next(const char *script, size_t size, size_t *at, struct script_line *line)
{
    if (*at >= size)
        return false;
    const char *p = script + *at, *end = memchr(p, '\n', size - *at);
    line->p = p;
    line->n = end ? (size_t)(end - p) : size - *at;
    *at += line->n + (end ? 1 : 0);
    return true;
}

bool
line_begins(const struct script_line *line, const char *text)
{
    size_t n = strlen(text);
    return line->n >= n && memcmp(line->p, text, n) == 0;
}

bool
line_is_comment(const struct script_line *line)
{
    size_t i = 0;
    while (i < line->n && strchr(" \t\r\v\f", line->p[i]) && line->p[i])
        i++;
    return i == line->n || line->p[i] == '#';
}

bool
script_has_cr(const char *script, size_t size)
{
    return size && (memchr(script, '\r', size) || memchr(script, 0, size));
}
