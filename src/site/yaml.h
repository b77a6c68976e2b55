/* YAML files as trees with places, less what profiles must not have: anchors, aliases, tags, merge
 * keys, directives, several documents, keys that are no words, one key twice. */
#ifndef SITE_YAML_H
#define SITE_YAML_H

#include "diag/diag.h"
#include "util/arena.h"

#include <stdbool.h>

enum node_kind {
    NODE_BAD, /* something was wrong here, and it was said */
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
};

/* Where a value came from. */
enum node_origin { FROM_FILE, FROM_KIND, FROM_DEFAULT };

struct site_node {
    enum node_kind kind;
    enum node_origin origin;
    const char *file; /* FROM_FILE: its name and line */
    uint32_t line;
    struct span at;   /* NO_SPAN unless FROM_FILE */
    bool plain;       /* a scalar without quotes */
    const char *text; /* of a scalar */
    size_t n;         /* children */
    struct site_entry {
        const char *key; /* NULL in a list */
        struct span key_at;
        struct site_node *value;
    } * child;
};

/* Reads a source; the tree lives in the arena. What is wrong is queued in d, and *whole tells
 * whether the text was read to its end. Returns NULL if it holds nothing. */
struct site_node *site_yaml_read(struct diags *d, struct arena *a, uint32_t file, bool *whole);

struct site_node *site_node_new(struct arena *a, enum node_kind kind);
void site_node_add(struct arena *a, struct site_node *to, const char *key, struct span key_at,
    struct site_node *value);
/* The value of a key of a map, or NULL. */
struct site_node *site_node_get(const struct site_node *map, const char *key);
/* The node at a path such as "queues[2].tiers", or NULL. */
struct site_node *site_node_at(const struct site_node *root, const char *path);

/* What a plain scalar is by the rules of YAML 1.1, which many readers still follow. */
enum plain_type {
    PLAIN_TEXT,
    PLAIN_EMPTY,
    PLAIN_NULL,        /* null, ~ */
    PLAIN_BOOL,        /* true, yes, off, ... */
    PLAIN_INTEGER,     /* 12 */
    PLAIN_ODD_INTEGER, /* 012, 0x12, 0b1, 1_000, +1 */
    PLAIN_SEXAGESIMAL, /* 12:30:00 */
    PLAIN_REAL,        /* 1.5 */
    PLAIN_ODD_REAL,    /* 1e3, .inf, 1_0.5, 1:30.5 */
    PLAIN_DATE,        /* 2023-05-31 */
};
enum plain_type site_plain_type(const char *s);
/* The value of a PLAIN_SEXAGESIMAL or PLAIN_ODD_INTEGER as YAML 1.1 has it. */
long long site_plain_integer(const char *s);

#endif
