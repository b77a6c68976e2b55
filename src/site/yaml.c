#include "config.h"

#include "site/yaml.h"

#include "diag/utf8.h"
#include "site/rules.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* The schema nests five deep; what nests deeper is no profile. */
enum { DEEPEST = 16, LARGEST = 1 << 20 };

struct site_node *
site_node_new(struct arena *a, enum node_kind kind)
{
    struct site_node *n = arena_alloc(a, sizeof *n);
    n->kind = kind;
    n->origin = FROM_DEFAULT;
    n->at = NO_SPAN;
    n->text = "";
    return n;
}

void
site_node_add(struct arena *a, struct site_node *to, const char *key, struct span key_at,
    struct site_node *value)
{
    if ((to->n & (to->n - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
        struct site_entry *old = to->child;
        to->child = arena_alloc(a, (to->n ? to->n * 2 : 1) * sizeof *to->child);
        if (to->n)
            memcpy(to->child, old, to->n * sizeof *old);
    }
    to->child[to->n++] = (struct site_entry){key, key_at, value};
}

static const struct site_entry *
entry(const struct site_node *map, const char *key, size_t n)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->n; i++)
        if (strncmp(map->child[i].key, key, n) == 0 && !map->child[i].key[n])
            return &map->child[i];
    return NULL;
}

struct site_node *
site_node_get(const struct site_node *map, const char *key)
{
    const struct site_entry *e = entry(map, key, strlen(key));
    return e ? e->value : NULL;
}

struct site_node *
site_node_at(const struct site_node *root, const char *path)
{
    const struct site_node *at = root;
    while (at && *path) {
        if (*path == '[') {
            char *end;
            size_t i = strtoul(path + 1, &end, 10);
            at = at->kind == NODE_LIST && i < at->n ? at->child[i].value : NULL;
            path = end + 1;
        } else {
            path += *path == '.';
            size_t n = strcspn(path, ".[");
            const struct site_entry *e = entry(at, path, n);
            at = e ? e->value : NULL;
            path += n;
        }
    }
    return (struct site_node *)at;
}

/* --- reading --- */

struct reader {
    struct diags *d;
    struct arena *a;
    uint32_t file;
    const char *text;
    size_t n;
    size_t mark;      /* bytes of a byte-order mark before it */
    uint32_t *offset; /* of each character, if some of them have more than a byte */
    size_t nchars;
    yaml_parser_t yaml;
    bool failed;
};

/* libyaml counts characters; we count bytes. */
static void
map_characters(struct reader *r)
{
    uint32_t code;
    size_t chars = 0;
    for (size_t i = 0; i < r->n; chars++)
        i += utf8_next(r->text + i, r->n - i, &code);
    if (chars == r->n)
        return;
    r->offset = xmalloc((chars + 1) * sizeof *r->offset);
    for (size_t i = 0; i < r->n;) {
        r->offset[r->nchars++] = (uint32_t)i;
        i += utf8_next(r->text + i, r->n - i, &code);
    }
    r->offset[r->nchars] = (uint32_t)r->n;
}

static uint32_t
offset_of(const struct reader *r, size_t index)
{
    if (r->offset)
        return (uint32_t)r->mark + r->offset[index < r->nchars ? index : r->nchars];
    return (uint32_t)(r->mark + (index < r->n ? index : r->n));
}

static struct span
span_of(const struct reader *r, yaml_mark_t start, yaml_mark_t end)
{
    return (struct span){r->file, offset_of(r, start.index), offset_of(r, end.index)};
}

static struct span
span_of_event(const struct reader *r, const yaml_event_t *e)
{
    return span_of(r, e->start_mark, e->end_mark);
}

/* A line that says where the construct began that libyaml stumbled over. */
static void
note_context(struct reader *r, struct diag *m)
{
    if (!r->yaml.context || r->yaml.context_mark.index == r->yaml.problem_mark.index)
        return;
    struct span at = span_of(r, r->yaml.context_mark, r->yaml.context_mark);
    diag_note(m, at, "%s that begins here", r->yaml.context);
}

static void
say_failure(struct reader *r)
{
    const char *problem = r->yaml.problem ? r->yaml.problem : "it cannot be read";
    uint32_t i =
        r->yaml.error == YAML_READER_ERROR
            ? (uint32_t)(r->mark + (r->yaml.problem_offset < r->n ? r->yaml.problem_offset : r->n))
            : offset_of(r, r->yaml.problem_mark.index);
    size_t left = r->mark + r->n - i;
    struct span at = {r->file, i, left ? i + 1 : i};
    struct diag *m;
    if (left && r->text[i - r->mark] == '\t') {
        m = diag_add(r->d, DIAG_ERROR, RULE_YAML, at, "a tab, which YAML does not take here");
        diag_help(m, "indent with blanks");
        return;
    }
    m = diag_add(r->d, DIAG_ERROR, RULE_YAML, at, "this is no YAML: %s", problem);
    if (strstr(problem, "mapping values are not allowed"))
        diag_help(m, "a text with ': ' in it stands in quotes; keys of one map are indented alike");
    else if (strstr(problem, "did not find expected"))
        diag_help(m, "keys of one map and dashes of one list are indented alike; "
                     "lists in brackets need commas");
    else if (strstr(problem, "cannot start any token"))
        diag_help(m, "write the value in quotes");
    note_context(r, m);
}

static bool
next(struct reader *r, yaml_event_t *e)
{
    if (!r->failed && yaml_parser_parse(&r->yaml, e))
        return true;
    if (!r->failed)
        say_failure(r);
    r->failed = true;
    return false;
}

static void
refuse(struct reader *r, const yaml_event_t *e, const char *what, const char *help)
{
    struct diag *m =
        diag_add(r->d, DIAG_ERROR, RULE_YAML, span_of_event(r, e), "%s has no place here", what);
    diag_help(m, "%s", help);
}

static void
refuse_extras(struct reader *r, const yaml_event_t *e, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
    if (anchor)
        refuse(r, e, "an anchor (&name)",
            "write the value where it is needed, "
            "or inherit from another profile");
    if (tag)
        refuse(r, e, "a tag (!name)", "write the value alone; the key decides on its type");
}

static struct site_node *build(struct reader *r, const yaml_event_t *e, int depth);

static const char *
read_key(struct reader *r, const yaml_event_t *e, int depth)
{
    if (e->type == YAML_SCALAR_EVENT) {
        const char *key = (const char *)e->data.scalar.value;
        bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        refuse_extras(r, e, e->data.scalar.anchor, e->data.scalar.tag);
        if (strlen(key) != e->data.scalar.length) {
            diag_add(r->d, DIAG_ERROR, RULE_YAML, span_of_event(r, e), "a key with a NUL in it");
            return NULL;
        }
        if (!plain || strcmp(key, "<<") != 0)
            return arena_text(r->a, key, e->data.scalar.length);
        refuse(r, e, "a merge key (<<)", "a profile takes over another one with 'inherits: NAME'");
        return NULL;
    }
    if (e->type == YAML_ALIAS_EVENT)
        refuse(r, e, "an alias (*name)", "write the key");
    else
        refuse(r, e, "a list or map as a key", "keys are words, as in 'name: value'");
    if (e->type != YAML_ALIAS_EVENT)
        build(r, e, depth + 1);
    return NULL;
}

static void
build_map(struct reader *r, struct site_node *map, int depth)
{
    yaml_event_t e;
    while (next(r, &e)) {
        if (e.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&e);
            return;
        }
        struct span at = span_of_event(r, &e);
        const char *key = read_key(r, &e, depth);
        yaml_event_delete(&e);
        if (!next(r, &e))
            return;
        struct site_node *value = build(r, &e, depth + 1);
        yaml_event_delete(&e);
        const struct site_entry *first = key ? entry(map, key, strlen(key)) : NULL;
        if (first) {
            struct diag *m =
                diag_add(r->d, DIAG_ERROR, RULE_KEY, at, "the key '%s' is given twice", key);
            diag_help(m, "remove one of the two");
            diag_note(m, first->key_at, "first here");
        } else if (key) {
            site_node_add(r->a, map, key, at, value);
        }
    }
}

static void
build_list(struct reader *r, struct site_node *list, int depth)
{
    yaml_event_t e;
    while (next(r, &e)) {
        bool end = e.type == YAML_SEQUENCE_END_EVENT;
        if (!end)
            site_node_add(r->a, list, NULL, NO_SPAN, build(r, &e, depth + 1));
        yaml_event_delete(&e);
        if (end)
            return;
    }
}

static struct site_node *
build(struct reader *r, const yaml_event_t *e, int depth)
{
    struct site_node *n = site_node_new(r->a, NODE_BAD);
    n->origin = FROM_FILE;
    n->file = diag_name(r->d, r->file);
    n->line = (uint32_t)e->start_mark.line + 1;
    n->at = span_of_event(r, e);
    if (depth > DEEPEST) {
        if (!r->failed)
            diag_add(r->d, DIAG_ERROR, RULE_YAML, n->at, "nested deeper than any profile");
        r->failed = true;
        return n;
    }
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        refuse_extras(r, e, e->data.scalar.anchor, e->data.scalar.tag);
        n->text = arena_text(r->a, (const char *)e->data.scalar.value, e->data.scalar.length);
        n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        n->kind = NODE_SCALAR;
        if (strlen(n->text) == e->data.scalar.length)
            return n;
        diag_add(r->d, DIAG_ERROR, RULE_YAML, n->at, "a text with a NUL in it");
        n->kind = NODE_BAD;
        return n;
    case YAML_SEQUENCE_START_EVENT:
        refuse_extras(r, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        n->kind = NODE_LIST;
        build_list(r, n, depth);
        return n;
    case YAML_MAPPING_START_EVENT:
        refuse_extras(r, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        n->kind = NODE_MAP;
        build_map(r, n, depth);
        return n;
    default:
        refuse(r, e, "an alias (*name)",
            "write the value where it is needed, "
            "or inherit from another profile");
        return n;
    }
}

static struct site_node *
read_document(struct reader *r)
{
    yaml_event_t e;
    struct site_node *root = NULL;
    unsigned documents = 0;
    bool end = false;
    while (!end && next(r, &e)) {
        if (e.type == YAML_DOCUMENT_START_EVENT) {
            if (e.data.document_start.version_directive ||
                e.data.document_start.tag_directives.start !=
                    e.data.document_start.tag_directives.end)
                refuse(r, &e, "a directive (%NAME)", "remove the line");
            if (++documents == 2)
                refuse(r, &e, "a second document", "one file holds one profile; remove this '---'");
        } else if (e.type == YAML_STREAM_END_EVENT) {
            end = true;
        } else if (e.type != YAML_STREAM_START_EVENT && e.type != YAML_DOCUMENT_END_EVENT) {
            struct site_node *n = build(r, &e, 0);
            root = root ? root : n;
        }
        yaml_event_delete(&e);
        end = end || documents > 1;
    }
    return root;
}

struct site_node *
site_yaml_read(struct diags *d, struct arena *a, uint32_t file, bool *whole)
{
    struct reader r = {.d = d, .a = a, .file = file};
    struct site_node *root = NULL;
    *whole = false;
    r.text = diag_text(d, file, &r.n);
    if (r.n > LARGEST) {
        diag_add(d, DIAG_ERROR, RULE_YAML, (struct span){file, 0, 0}, "too large for a profile");
        return NULL;
    }
    if (r.n >= 3 && memcmp(r.text, "\xef\xbb\xbf", 3) == 0) {
        r.mark = 3; /* as editors write it; libyaml takes it for a character */
        r.text += 3;
        r.n -= 3;
    }
    map_characters(&r);
    if (!yaml_parser_initialize(&r.yaml))
        abort(); /* out of memory */
    yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.yaml, (const unsigned char *)r.text, r.n);
    root = read_document(&r);
    *whole = !r.failed;
    if (!root && !r.failed)
        diag_add(d, DIAG_ERROR, RULE_YAML, (struct span){file, 0, 0}, "there is nothing in it");
    yaml_parser_delete(&r.yaml);
    free(r.offset);
    return root;
}
