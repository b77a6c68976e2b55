/* Files, what they inherit, and the order in which all of it is checked. */
#include "config.h"

#include "site/profile.h"

#include "site/fill.h"
#include "site/rules.h"
#include "util/file.h"
#include "util/stdlib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The files that are being read: each inherits from the next one. */
struct chain {
    const char *name;
    dev_t dev;
    ino_t ino;
    const struct chain *heir;
    unsigned depth;
};

enum { DEEPEST_CHAIN = 20 };

struct loader {
    struct diags *d;
    struct arena *a;
    const struct site_texts *dirs;
    bool torn; /* a file could not be read to its end, or was not found */
};

static struct site_node *load(struct loader *l, const char *path, struct span at,
    const struct chain *heir);

static bool
is_in(const struct chain *c, const struct stat *st)
{
    for (; c; c = c->heir)
        if (c->dev == st->st_dev && c->ino == st->st_ino)
            return true;
    return false;
}

/* DIR/NAME.yaml, unless it is one of those that are being read: a profile may inherit from one of
 * its own name further down the search path. */
static bool
try_folder(const char *dir, size_t n, const char *name, const struct chain *heir, bool *circle,
    struct buf *path)
{
    struct stat st;
    buf_reset(path);
    if (n != 1 || *dir != '.')
        buf_printf(path, "%.*s/", (int)n, dir);
    buf_printf(path, "%s.yaml", name);
    if (stat(path->p, &st) != 0 || S_ISDIR(st.st_mode))
        return false;
    if (!is_in(heir, &st))
        return true;
    *circle = true;
    return false;
}

static void
say_circle(struct loader *l, const char *name, struct span at, const struct chain *heir)
{
    struct buf way = {0};
    const struct chain *c = heir;
    const char *names[DEEPEST_CHAIN + 1];
    size_t n = 0;
    for (; c && n < DEEPEST_CHAIN; c = c->heir) {
        names[n++] = c->name;
        if (strcmp(c->name, name) == 0)
            break;
    }
    while (n > 0)
        buf_printf(&way, "%s -> ", names[--n]);
    struct diag *m = diag_add(l->d, DIAG_ERROR, RULE_INHERITS, at,
        "profiles inherit from each other in a circle: %s%s", way.p, name);
    diag_help(m, "remove one 'inherits'");
    buf_free(&way);
}

static bool
is_name(const char *s)
{
    return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s);
}

static void
say_unknown(struct diags *d, const char *name, struct span at, const struct site_texts *dirs,
    const char *own, size_t own_n)
{
    char *here = own_n ? strndup(own, own_n) : NULL;
    char **all = xcalloc(dirs->n + 1, sizeof *all);
    struct site_texts places = {all, dirs->n + (here != NULL)};
    if (here)
        all[0] = here;
    if (dirs->n)
        memcpy(all + (here != NULL), dirs->v, dirs->n * sizeof *all);
    struct site_texts files = site_files(&places);
    char **names = xcalloc(files.n + 1, sizeof *names);
    for (size_t i = 0; i < files.n; i++) {
        const char *slash = strrchr(files.v[i], '/'), *base = slash ? slash + 1 : files.v[i];
        names[i] = strndup(base, strlen(base) - 5);
    }
    size_t n = strlen(name);
    bool ending = n > 5 && strcmp(name + n - 5, ".yaml") == 0;
    char *stem = strndup(name, ending ? n - 5 : n);
    const char *near = diag_nearest(stem, (const char *const *)names, files.n);
    free(stem);
    struct buf lost = {0};
    struct diag *m = diag_add(d, DIAG_ERROR, RULE_NAME, at, "there is no site profile '%s'", name);
    if (near) {
        diag_help(m, "did you mean '%s'?", near);
    } else if (!stdlib_dir(&lost)) {
        stdlib_lost(&lost);
        diag_help(m, "%s", lost.p);
    } else {
        diag_help(m,
            "'wflc sites' lists the profiles that there are, and wfl-site(5) tells where "
            "%s.yaml is looked for",
            name);
    }
    buf_free(&lost);
    for (size_t i = 0; i < files.n; i++)
        free(names[i]);
    free(names);
    site_dirs_free(&files);
    free(all);
    free(here);
}

/* The tree of the profile that the one at `path` names in its 'inherits', or NULL. */
static struct site_node *
load_base(struct loader *l, const char *path, const struct site_node *inherits,
    const struct chain *own)
{
    const char *slash = strrchr(path, '/'), *dir = slash ? path : ".";
    size_t n = slash ? (size_t)(slash - path) : 1;
    struct buf file = {0};
    struct site_node *base = NULL;
    bool circle = false, found = false;
    if (own->depth >= DEEPEST_CHAIN) {
        l->torn = true;
        diag_add(l->d, DIAG_ERROR, RULE_INHERITS, inherits->at,
            "more than %d profiles inherit from each other", DEEPEST_CHAIN);
        return NULL;
    }
    found = try_folder(dir, n, inherits->text, own, &circle, &file);
    for (size_t i = 0; !found && i < l->dirs->n; i++)
        found =
            try_folder(l->dirs->v[i], strlen(l->dirs->v[i]), inherits->text, own, &circle, &file);
    if (found)
        base = load(l, arena_text(l->a, file.p, file.n), inherits->at, own);
    else if (circle)
        say_circle(l, inherits->text, inherits->at, own);
    else
        say_unknown(l->d, inherits->text, inherits->at, l->dirs, dir, n);
    buf_free(&file);
    l->torn |= !base;
    return base;
}

/* What `over` says, and of `base` the rest; base may be NULL. `path` is that of the two. */
static struct site_node *
merge(const struct value_reader *r, const char *path, struct site_node *base,
    struct site_node *over)
{
    if (over->kind != NODE_MAP || (base && base->kind != NODE_MAP))
        return over;
    struct site_node *n = site_node_new(r->a, NODE_MAP);
    n->origin = over->origin;
    n->file = over->file;
    n->line = over->line;
    n->at = over->at;
    for (size_t i = 0; i < (base ? base->n : 0) + over->n; i++) {
        bool first = base && i < base->n;
        const struct site_entry *e =
            first ? &base->child[i] : &over->child[i - (base ? base->n : 0)];
        struct site_node *own = first ? site_node_get(over, e->key) : e->value;
        const char *below = arena_printf(r->a, "%s%s%s", path, *path ? "." : "", e->key);
        if ((!first && base && site_node_get(base, e->key)) ||
            (own && site_takes_back(r, below, own)))
            continue;
        site_node_add(r->a, n, e->key, e->key_at,
            own ? merge(r, below, first ? e->value : NULL, own) : e->value);
    }
    return n;
}

/* The file is found by its name, so the profile must have the same; but for the copy of a profile
 * that wflc build leaves beside a plan. */
static void
check_name(struct loader *l, const char *path, const struct site_node *root)
{
    const struct site_node *n = site_node_get(root, "name");
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    if (!n || n->kind != NODE_SCALAR || len < 5 || strcmp(base + len - 5, ".yaml") != 0)
        return;
    if (strlen(n->text) == len - 5 && strncmp(n->text, base, len - 5) == 0)
        return;
    if (strcmp(base, "site.yaml") == 0)
        return;
    struct diag *m = diag_add(l->d, DIAG_ERROR, RULE_NAME, n->at, "profile '%s' is in the file %s",
        n->text, base);
    diag_help(m, "profiles are found by the names of their files: rename one of the two");
}

/* The copy has all values of what it inherits from, which need not be there any more, or has
 * changed since. */
static bool
is_resolved(const char *path, const struct site_node *name)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    return strcmp(base, "site.yaml") == 0 && name && name->kind == NODE_SCALAR &&
           strcmp(name->text, "site") != 0;
}

static struct site_node *
load(struct loader *l, const char *path, struct span at, const struct chain *heir)
{
    uint32_t file;
    bool whole;
    struct stat st = {0};
    int err = diag_source_file(l->d, path, &file);
    if (err) {
        diag_add(l->d, DIAG_ERROR, RULE_YAML, at, "cannot read '%s': %s", path, file_error(err));
        return NULL;
    }
    if (strcmp(path, "-") != 0)
        (void)stat(path, &st); /* it was just read; without it, circles end at DEEPEST_CHAIN */
    struct site_node *root = site_yaml_read(l->d, l->a, file, &whole);
    l->torn |= !whole;
    if (!root)
        return NULL;
    const struct site_node *inherits =
        root->kind == NODE_MAP ? site_node_get(root, "inherits") : NULL;
    struct value_reader r = {l->d, l->a,
        inherits && inherits->kind == NODE_SCALAR && !site_node_is_null(inherits)};
    site_check_tree(&r, root, whole);
    if (root->kind != NODE_MAP)
        return NULL;
    check_name(l, path, root);
    const struct site_node *name = site_node_get(root, "name");
    if (is_resolved(path, name) || !inherits || inherits->kind != NODE_SCALAR ||
        site_node_is_null(inherits) || !is_name(inherits->text))
        return root;
    struct chain own = {name && name->kind == NODE_SCALAR ? name->text : "?", st.st_dev, st.st_ino,
        heir, heir ? heir->depth + 1 : 0};
    struct site_node *base = load_base(l, path, inherits, &own);
    return base ? merge(&r, "", base, root) : root;
}

/* Names of files must outlive the diags that they are borrowed from. */
static void
keep_names(struct arena *a, struct site_node *n, const char **last, const char **copy)
{
    if (n->file && n->file != *last) {
        *last = n->file;
        *copy = arena_text(a, n->file, strlen(n->file));
    }
    if (n->file)
        n->file = *copy;
    for (size_t i = 0; i < n->n; i++)
        keep_names(a, n->child[i].value, last, copy);
}

struct site_profile *
site_profile_read(struct diags *d, const char *path, const struct site_texts *dirs)
{
    struct site_profile *p = xcalloc(1, sizeof *p);
    struct loader l = {.d = d, .a = &p->arena, .dirs = dirs};
    struct value_reader r = {d, &p->arena, false};
    const char *last = NULL, *copy = NULL;
    unsigned before = diag_count(d, DIAG_ERROR);
    struct site_node *root = load(&l, path, NO_SPAN, NULL);
    if (root && !l.torn)
        site_check_required(&r, root);
    if (root && diag_count(d, DIAG_ERROR) == before) {
        site_add_defaults(&p->arena, root);
        p->tree = root;
        p->file = arena_text(&p->arena, path, strlen(path));
        if (!site_fill(p))
            diag_add(d, DIAG_ERROR, RULE_TYPE, root->at, "the profile cannot be understood");
        else
            site_check_fit(d, p, root);
    }
    if (!root || diag_count(d, DIAG_ERROR) > before) {
        site_profile_free(p);
        return NULL;
    }
    keep_names(&p->arena, p->tree, &last, &copy);
    return p;
}

struct site_profile *
site_profile_find(struct diags *d, const char *name, struct span at, const struct site_texts *dirs)
{
    struct buf path = {0};
    struct site_profile *p = NULL;
    bool circle, found = false, may_be = is_name(name);
    for (size_t i = 0; may_be && !found && i < dirs->n; i++)
        found = try_folder(dirs->v[i], strlen(dirs->v[i]), name, NULL, &circle, &path);
    if (found)
        p = site_profile_read(d, path.p, dirs);
    else
        say_unknown(d, name, at, dirs, NULL, 0);
    buf_free(&path);
    return p;
}
