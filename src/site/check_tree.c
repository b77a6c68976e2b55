/* A profile's YAML against the schema: keys, kinds of values, what is missing. */
#include "config.h"

#include "site/check.h"

#include "site/rules.h"

#include <string.h>

static void check_map(struct value_reader *r, const char *path, const struct site_node *map,
    bool whole);

/* "queues[].tiers[]" is called tiers, "scheduler.arrays" by its whole path. */
static const char *
called(const char *path, int *n)
{
    for (const char *list; (list = strstr(path, "[]."));)
        path = list + 3;
    *n = (int)strcspn(path, "[");
    return path;
}

/* The key that was meant: a similar one here, one with its unit, or the same word elsewhere. */
static void
help_unknown(struct diag *m, const char *parent, const char *word)
{
    const char *names[128] = {NULL};
    size_t n = 0, len = strlen(word);
    for (size_t i = 0; i < site_nkeys && n < 128; i++)
        if (strcmp(site_key(i)->parent, parent) == 0)
            names[n++] = site_key(i)->name;
    const char *near = diag_nearest(word, names, n);
    for (size_t i = 0; i < n && !near; i++)
        if (strncmp(names[i], word, len) == 0 && names[i][len] == '_')
            near = names[i];
    if (near) {
        diag_help(m, "did you mean '%s'?", near);
        return;
    }
    for (size_t i = 0; i < site_nkeys; i++)
        if (strcmp(site_key(i)->name, word) == 0) {
            int size;
            const char *map = called(site_key(i)->parent, &size);
            if (*map)
                diag_help(m, "'%s' is a key of '%.*s'", word, size, map);
            else
                diag_help(m, "'%s' stands at the top, not indented", word);
            return;
        }
    diag_help(m, "wfl-site(5) lists the keys");
}

/* Keys that were there and did nothing. */
static bool
is_gone(const char *parent, const char *key)
{
    static const char *const gone[] = {"scheduler.arrays", "nodes.fast_memory_gib",
        "nodes.local_storage[].gib", "launch.batch_runs_on", "launch.max_concurrent",
        "queues[].scope", "filesystems[].purpose", "containers[].runs_entrypoint", "network"};
    size_t n = strlen(parent);
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (strncmp(gone[i], parent, n) == 0 &&
            strcmp(gone[i] + n + (n && gone[i][n] == '.'), key) == 0)
            return true;
    return false;
}

static void
say_unknown(struct value_reader *r, const char *parent, const struct site_entry *e)
{
    struct diag *m;
    int n;
    const char *map = called(parent, &n);
    if (*parent)
        m = diag_add(r->d, DIAG_ERROR, RULE_KEY, e->key_at, "'%.*s' has no key '%s'", n, map,
            e->key);
    else
        m = diag_add(r->d, DIAG_ERROR, RULE_KEY, e->key_at, "a profile has no key '%s'", e->key);
    if (is_gone(parent, e->key))
        diag_help(m, "take it out: it had no effect");
    else
        help_unknown(m, parent, e->key);
}

/* Says that a key is missing in a map, unless it is there under a name like it. */
static void
say_missing(struct value_reader *r, const struct site_key *k, const struct site_node *map)
{
    struct buf wants = {0};
    int n;
    const char *parent = called(k->parent, &n);
    for (size_t i = 0; i < map->n; i++)
        if (!site_key_find(k->parent, map->child[i].key) &&
            diag_nearest(map->child[i].key, &k->name, 1))
            return;
    site_key_wants(k, &wants);
    struct diag *m = diag_add(r->d, DIAG_ERROR, RULE_KEY, map->at,
        "the key '%s' is missing%s%.*s%s", k->name, n ? " in '" : "", n, parent, n ? "'" : "");
    diag_help(m, "it takes %s: %s", wants.p, k->meaning);
    buf_free(&wants);
}

static void
check_list(struct value_reader *r, const struct site_key *k, const struct site_node *n, bool whole)
{
    struct buf path = {0};
    if (n->kind != NODE_LIST) {
        site_value_wrong(r, k, n);
        return;
    }
    buf_printf(&path, "%s[]", k->path);
    for (size_t i = 0; i < n->n; i++) {
        const struct site_node *item = n->child[i].value;
        if (item->kind == NODE_MAP) {
            check_map(r, path.p, item, whole);
            for (size_t j = 0; whole && j < site_nkeys; j++)
                if ((site_key(j)->flags & REQUIRED) && strcmp(site_key(j)->parent, path.p) == 0 &&
                    !site_node_get(item, site_key(j)->name))
                    say_missing(r, site_key(j), item);
        } else if (item->kind != NODE_BAD) {
            diag_add(r->d, DIAG_ERROR, RULE_TYPE, item->at, "'%s' is a list of maps", k->name);
        }
    }
    buf_free(&path);
}

static void
check_map(struct value_reader *r, const char *path, const struct site_node *map, bool whole)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct site_entry *e = &map->child[i];
        const struct site_key *k = site_key_find(path, e->key);
        union site_any any;
        if (!k)
            say_unknown(r, path, e);
        else if (e->value->kind == NODE_BAD || site_takes_back(r, k->path, e->value))
            continue;
        else if (k->type == KEY_LIST)
            check_list(r, k, e->value, whole);
        else if (k->type != KEY_MAP)
            site_value(r, k, e->value, &any);
        else if (e->value->kind == NODE_MAP)
            check_map(r, k->path, e->value, whole);
        else if (!(k->flags & NULLABLE) || !site_node_is_null(e->value))
            site_value_wrong(r, k, e->value);
    }
}

void
site_check_tree(struct value_reader *r, const struct site_node *root, bool whole)
{
    if (root->kind != NODE_MAP) {
        if (root->kind != NODE_BAD)
            diag_add(r->d, DIAG_ERROR, RULE_TYPE, root->at,
                "a profile is a map of keys, as in 'schema: 1'");
        return;
    }
    check_map(r, "", root, whole);
    const struct site_node *schema = site_node_get(root, "schema");
    if (schema && schema->kind == NODE_SCALAR && site_plain_type(schema->text) == PLAIN_INTEGER &&
        strcmp(schema->text, "1") != 0) {
        struct diag *m = diag_add(r->d, DIAG_ERROR, RULE_VALUE, schema->at,
            "this wflc knows version 1 of the schema, not %s", schema->text);
        diag_help(m, "write 'schema: 1', and compare the profile with wfl-site(5)");
    }
    /* these two belong to the file, and are not inherited */
    if (whole && !schema)
        say_missing(r, site_key_path("schema"), root);
    if (whole && !site_node_get(root, "name"))
        say_missing(r, site_key_path("name"), root);
}

static void
check_required(struct value_reader *r, const char *path, const struct site_node *map)
{
    for (size_t i = 0; i < site_nkeys; i++) {
        const struct site_key *k = site_key(i);
        if (strcmp(k->parent, path) != 0)
            continue;
        const struct site_node *n = site_node_get(map, k->name);
        if (!n && (k->flags & REQUIRED) && strcmp(k->path, "schema") && strcmp(k->path, "name"))
            say_missing(r, k, map);
        else if (n && k->type == KEY_MAP && n->kind == NODE_MAP)
            check_required(r, k->path, n);
    }
}

void
site_check_required(struct value_reader *r, const struct site_node *root)
{
    check_required(r, "", root);
}
