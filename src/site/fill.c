#include "config.h"

#include "site/fill.h"

#include <stdlib.h>
#include <string.h>

/* --- defaults --- */

static void
mark_origin(struct site_node *n, enum node_origin origin)
{
    n->origin = origin;
    n->at = NO_SPAN;
    n->file = NULL;
    for (size_t i = 0; i < n->n; i++)
        mark_origin(n->child[i].value, origin);
}

/* YAML of our own. */
static struct site_node *
read_own(struct arena *a, const char *text, enum node_origin origin)
{
    struct diags *d = diag_new();
    bool whole;
    uint32_t file = diag_source_text(d, "defaults", text, strlen(text));
    struct site_node *n = site_yaml_read(d, a, file, &whole);
    if (!n || !whole || diag_count(d, DIAG_ERROR)) {
        diag_print(d, stderr, false, 0);
        abort();
    }
    diag_free(d);
    mark_origin(n, origin);
    return n;
}

struct defaults {
    struct arena *a;
    const struct site_node *kind; /* the defaults of the kind */
};

static void add_to_map(struct defaults *c, const char *path, struct site_node *map);

static struct site_node *
default_of(struct defaults *c, const struct site_key *k)
{
    struct site_node *n = k->flags & BY_KIND ? site_node_at(c->kind, k->path) : NULL;
    if (n)
        return n;
    if (k->type == KEY_MAP)
        return site_node_new(c->a, NODE_MAP);
    if ((k->flags & (COMPUTED | REQUIRED)) || !*k->fallback)
        return NULL;
    return read_own(c->a, k->fallback, FROM_DEFAULT);
}

static void
add_to_key(struct defaults *c, const struct site_key *k, struct site_node *map)
{
    struct site_node *n = site_node_get(map, k->name);
    if (!n) {
        n = default_of(c, k);
        if (n)
            site_node_add(c->a, map, k->name, NO_SPAN, n);
    } else if (k->type == KEY_MAP && n->kind != NODE_MAP) {
        n->kind = NODE_MAP; /* null: nothing of it is known */
    }
    if (n && k->type == KEY_MAP)
        add_to_map(c, k->path, n);
    if (!n || k->type != KEY_LIST)
        return;
    struct buf path = {0};
    buf_printf(&path, "%s[]", k->path);
    for (size_t i = 0; n->kind == NODE_LIST && i < n->n; i++)
        add_to_map(c, path.p, n->child[i].value);
    buf_free(&path);
}

static void
add_to_map(struct defaults *c, const char *path, struct site_node *map)
{
    for (size_t i = 0; i < site_nkeys; i++)
        if (strcmp(site_key(i)->parent, path) == 0)
            add_to_key(c, site_key(i), map);
}

void
site_add_defaults(struct arena *a, struct site_node *root)
{
    const struct site_key *k = site_key_path("scheduler.kind");
    struct value_reader r = {diag_new(), a, false};
    const struct site_node *n = site_node_at(root, "scheduler.kind");
    int kind = 0;
    if (n)
        site_value(&r, k, n, &kind);
    diag_free(r.d);
    struct defaults c = {a, read_own(a, site_kind_defaults((enum site_kind)kind), FROM_KIND)};
    add_to_map(&c, "", root);
}

/* --- the profile --- */

struct list {
    char *v;
    size_t n;
};

static bool fill_map(struct value_reader *r, const char *path, const struct site_node *map,
    void *record);

static bool
fill_list(struct value_reader *r, const struct site_key *k, const struct site_node *n, void *at)
{
    struct list list = {NULL, n->n};
    struct buf path = {0};
    bool good = n->kind == NODE_LIST;
    buf_printf(&path, "%s[]", k->path);
    list.v = arena_alloc(r->a, (n->n + 1) * k->item_size);
    for (size_t i = 0; good && i < n->n; i++)
        good = fill_map(r, path.p, n->child[i].value, list.v + i * k->item_size);
    buf_free(&path);
    memcpy(at, &list, sizeof list); /* all of these lists begin with a pointer and a count */
    return good;
}

static bool
fill_map(struct value_reader *r, const char *path, const struct site_node *map, void *record)
{
    bool good = map->kind == NODE_MAP;
    for (size_t i = 0; good && i < site_nkeys; i++) {
        const struct site_key *k = site_key(i);
        const struct site_node *n = NULL;
        if (strcmp(k->parent, path) == 0)
            n = site_node_get(map, k->name);
        if (!n)
            continue;
        if (k->type == KEY_MAP) /* its keys lie in the same record */
            good = fill_map(r, k->path, n, record);
        else if (k->type == KEY_LIST)
            good = fill_list(r, k, n, (char *)record + k->offset);
        else
            good = site_value(r, k, n, (char *)record + k->offset);
    }
    return good;
}

/* --- what is computed --- */

static void
add_computed(struct site_profile *p, struct site_node *map, const char *name, const char *text,
    bool plain)
{
    struct site_node *n = site_node_new(&p->arena, NODE_SCALAR);
    n->plain = plain;
    n->text = arena_text(&p->arena, text, strlen(text));
    site_node_add(&p->arena, map, name, NO_SPAN, n);
}

static void
compute_nodes(struct site_profile *p)
{
    struct site_node *nodes = site_node_get(p->tree, "nodes");
    char text[32];
    if (p->nodes.cores == SITE_NONE)
        p->nodes.cores = 0;
    if (p->nodes.threads_per_core == SITE_NONE)
        p->nodes.threads_per_core = 0;
    if (!site_node_get(nodes, "max_per_job")) {
        p->nodes.max_per_job = p->nodes.count;
        snprintf(text, sizeof text, "%lld", (long long)p->nodes.count);
        add_computed(p, nodes, "max_per_job", p->nodes.count == SITE_NONE ? "null" : text, true);
    }
    p->nodes.reserve_given = site_node_get(nodes, "memory_reserve_gib") != NULL;
    if (p->nodes.reserve_given || !p->nodes.memory)
        return;
    p->nodes.reserve = site_default_reserve(p->nodes.memory);
    snprintf(text, sizeof text, "%.6f", (double)p->nodes.reserve / 1073741824.0);
    add_computed(p, nodes, "memory_reserve_gib", text, true);
}

static void
compute_storage(struct site_profile *p)
{
    const struct site_node *list = site_node_at(p->tree, "nodes.local_storage");
    for (size_t i = 0; i < p->nodes.local_storage.n; i++) {
        struct site_storage *s = &p->nodes.local_storage.v[i];
        struct site_node *item = list->child[i].value;
        if (site_node_get(item, "counts_as_memory"))
            continue;
        s->counts_as_memory = s->kind == SITE_STORAGE_RAM;
        add_computed(p, item, "counts_as_memory", s->counts_as_memory ? "true" : "false", true);
    }
}

/* Containers of Docker and its kin see nothing of what is outside. */
static void
compute_containers(struct site_profile *p)
{
    const struct site_node *list = site_node_at(p->tree, "containers");
    for (size_t i = 0; i < p->containers.n; i++) {
        struct site_container *c = &p->containers.v[i];
        struct site_node *item = list->child[i].value;
        if (site_node_get(item, "inherit_env"))
            continue;
        c->inherit_env = c->runtime != SITE_RUNTIME_DOCKER && c->runtime != SITE_RUNTIME_PODMAN &&
                         c->runtime != SITE_RUNTIME_PODMAN_HPC;
        add_computed(p, item, "inherit_env", c->inherit_env ? "true" : "false", true);
    }
}

static void
compute_queues(struct site_profile *p)
{
    const struct site_node *list = site_node_at(p->tree, "queues");
    for (size_t i = 0; i < p->queues.n; i++) {
        struct site_queue *q = &p->queues.v[i];
        struct buf text = {0};
        if (site_node_get(list->child[i].value, "max_walltime"))
            continue;
        for (size_t j = 0; j < q->tiers.n; j++)
            if (q->tiers.v[j].max_walltime > q->max_walltime)
                q->max_walltime = q->tiers.v[j].max_walltime;
        if (!q->tiers.n)
            continue; /* it is missing */
        site_walltime_text(q->max_walltime, &text);
        add_computed(p, list->child[i].value, "max_walltime", text.p, false);
        buf_free(&text);
    }
}

bool
site_fill(struct site_profile *p)
{
    struct value_reader r = {diag_new(), &p->arena, false};
    bool good = fill_map(&r, "", p->tree, p);
    diag_free(r.d);
    if (!good)
        return false;
    compute_nodes(p);
    compute_storage(p);
    compute_containers(p);
    compute_queues(p);
    return true;
}
