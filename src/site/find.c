/* Where profiles are. */
#include "config.h"

#include "site/profile.h"
#include "util/stdlib.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
add(struct site_texts *t, const char *s)
{
    t->v = xrealloc(t->v, (t->n + 2) * sizeof *t->v);
    t->v[t->n++] = xstrdup(s);
    t->v[t->n] = NULL;
}

static void
add_folder(struct site_texts *t, const char *dir, const char *below)
{
    struct buf path = {0};
    struct stat st;
    buf_printf(&path, "%s%s", dir, below);
    if (stat(path.p, &st) == 0 && S_ISDIR(st.st_mode))
        add(t, path.p);
    buf_free(&path);
}

/* Not add_folder("."): names of files there need no "./" before them. */
static void
add_campaign(struct site_texts *t, const char *dir)
{
    if (strcmp(dir, ".") == 0 || !*dir)
        add_folder(t, "sites", "");
    else
        add_folder(t, dir, "/sites");
    add_folder(t, *dir ? dir : ".", "");
}

struct site_texts
site_dirs(const char *campaign_dir)
{
    struct site_texts t = {0};
    struct buf lib = {0};
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *path = getenv("WFL_PATH");
    if (campaign_dir)
        add_campaign(&t, campaign_dir);
    if (config && *config == '/')
        add_folder(&t, config, "/wfl/sites");
    else if (home && *home)
        add_folder(&t, home, "/.config/wfl/sites");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        char *dir = strndup(path, n);
        if (n)
            add_folder(&t, dir, "/sites");
        free(dir);
        path += n + (path[n] == ':');
    }
    if (stdlib_dir(&lib))
        add_folder(&t, lib.p, "/sites");
    buf_free(&lib);
    return t;
}

void
site_dirs_free(struct site_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
    *t = (struct site_texts){0};
}

static int
is_profile(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".yaml") == 0;
}

static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(base_of(*(char *const *)a), base_of(*(char *const *)b));
}

struct site_texts
site_files(const struct site_texts *dirs)
{
    struct site_texts t = {0};
    for (size_t i = 0; i < dirs->n; i++) {
        struct dirent **entry;
        int n = scandir(dirs->v[i], &entry, is_profile, NULL);
        for (int j = 0; j < n; j++) {
            struct buf path = {0};
            bool seen = false;
            if (strcmp(dirs->v[i], ".") != 0)
                buf_printf(&path, "%s/", dirs->v[i]);
            buf_puts(&path, entry[j]->d_name);
            for (size_t k = 0; k < t.n && !seen; k++)
                seen = strcmp(base_of(t.v[k]), entry[j]->d_name) == 0;
            if (!seen)
                add(&t, path.p);
            buf_free(&path);
            free(entry[j]);
        }
        if (n >= 0)
            free(entry);
    }
    if (t.n)
        qsort(t.v, t.n, sizeof *t.v, by_name);
    return t;
}
