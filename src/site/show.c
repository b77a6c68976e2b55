/* A profile as YAML, with where each value came from. */
#include "config.h"

#include "site/value.h"

#include <string.h>

enum { COMMENT_COLUMN = 44 };

/* A word that stays the same text without quotes, anywhere. */
static bool
needs_no_quotes(const char *s)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    return *s && strspn(s, safe) == strlen(s) && s[strspn(s, "-")] &&
           site_plain_type(s) == PLAIN_TEXT && strcmp(s, ".") != 0;
}

static void
add_text(const char *s, struct buf *out)
{
    if (needs_no_quotes(s)) {
        buf_puts(out, s);
        return;
    }
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static void
add_scalar(const struct site_node *n, struct buf *out)
{
    if (n->plain && site_plain_type(n->text) != PLAIN_TEXT)
        buf_puts(out, n->text);
    else
        add_text(n->text, out);
}

static void
add_value(const struct site_node *n, struct buf *out)
{
    switch (n->kind) {
    case NODE_LIST:
        buf_putc(out, '[');
        for (size_t i = 0; i < n->n; i++) {
            buf_puts(out, i ? ", " : "");
            add_value(n->child[i].value, out);
        }
        buf_putc(out, ']');
        break;
    case NODE_MAP:
        buf_putc(out, '{');
        for (size_t i = 0; i < n->n; i++) {
            buf_puts(out, i ? ", " : "");
            add_text(n->child[i].key, out);
            buf_puts(out, ": ");
            add_value(n->child[i].value, out);
        }
        buf_putc(out, '}');
        break;
    case NODE_SCALAR:
    case NODE_BAD:
        add_scalar(n, out);
        break;
    }
}

enum { MOST_FILES = 32 };

struct show {
    const struct site_profile *p;
    struct buf *out;
    const char *file[MOST_FILES]; /* those that values come from */
    size_t nfiles;
};

static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void
collect_files(struct show *s, const struct site_node *n)
{
    bool seen = !n->file;
    for (size_t i = 0; i < s->nfiles && !seen; i++)
        seen = strcmp(s->file[i], n->file) == 0;
    if (!seen && s->nfiles < MOST_FILES)
        s->file[s->nfiles++] = n->file;
    for (size_t i = 0; i < n->n; i++)
        collect_files(s, n->child[i].value);
}

/* The name of the file alone, unless there are two of that name. */
static const char *
short_name(const struct show *s, const char *file)
{
    unsigned same = 0;
    for (size_t i = 0; i < s->nfiles; i++)
        same += strcmp(base_of(s->file[i]), base_of(file)) == 0;
    return same == 1 ? base_of(file) : file;
}

static void
add_origin(const struct show *s, const struct site_node *n, size_t line)
{
    size_t width = s->out->n - line;
    buf_printf(s->out, "%*s # ", width < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - width) : 0, "");
    if (n->origin == FROM_FILE)
        buf_printf(s->out, "%s:%u\n", short_name(s, n->file), n->line);
    else if (n->origin == FROM_KIND)
        buf_printf(s->out, "default of kind %s\n",
            site_word_name("scheduler.kind", s->p->scheduler.kind));
    else
        buf_puts(s->out, "default\n");
}

/* The keys of a map, in the order of the schema. `dash`: the first one begins an item. */
static void
show_map(const struct show *s, const char *path, const struct site_node *map, int indent, bool dash)
{
    for (size_t i = 0; i < site_nkeys; i++) {
        const struct site_key *k = site_key(i);
        const struct site_node *n = NULL;
        size_t line = s->out->n;
        if (strcmp(k->parent, path) == 0)
            n = site_node_get(map, k->name);
        if (!n)
            continue;
        buf_printf(s->out, "%*s%s%s:", dash ? indent - 2 : indent, "", dash ? "- " : "", k->name);
        dash = false;
        if (k->type == KEY_MAP) {
            buf_putc(s->out, '\n');
            show_map(s, k->path, n, indent + 2, false);
        } else if (k->type == KEY_LIST && n->n) {
            struct buf item = {0};
            buf_putc(s->out, '\n');
            buf_printf(&item, "%s[]", k->path);
            for (size_t j = 0; j < n->n; j++)
                show_map(s, item.p, n->child[j].value, indent + 4, true);
            buf_free(&item);
        } else {
            buf_putc(s->out, ' ');
            add_value(n, s->out);
            add_origin(s, n, line);
        }
    }
}

void
site_profile_show(const struct site_profile *p, struct buf *out)
{
    struct show s = {.p = p, .out = out};
    collect_files(&s, p->tree);
    for (size_t i = 0; i < s.nfiles; i++)
        buf_printf(out, "# %s\n", s.file[i]);
    show_map(&s, "", p->tree, 0, false);
}
