#include "config.h"

#include "table/files.h"

#include "table/table.h"
#include "util/buf.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_ENTRIES = 5000000 }; /* of folders that are looked at for one pattern */

/* glob's callbacks have no argument of their own. */
static _Thread_local char *unreadable;
static _Thread_local int unreadable_error;
static _Thread_local uint32_t entries;

static int
on_error(const char *path, int err)
{
    if (err == ENOENT || err == ENOTDIR)
        return 0;
    free(unreadable);
    unreadable = xstrdup(path);
    unreadable_error = err;
    return 1;
}

#ifdef GLOB_ALTDIRFUNC
struct folder {
    DIR *dir;
    char *path;
};

static void *
open_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return NULL;
    struct folder *f = xcalloc(1, sizeof *f);
    *f = (struct folder){dir, xstrdup(path)};
    return f;
}

/* To glob, a folder ends where it has read enough, or cannot be read any further. */
static struct dirent *
next_entry(void *folder)
{
    const struct folder *f = folder;
    if (entries >= MOST_ENTRIES)
        return NULL;
    entries++;
    errno = 0;
    struct dirent *e = readdir(f->dir);
    if (!e && errno)
        on_error(f->path, errno);
    return e;
}

static void
close_folder(void *folder)
{
    struct folder *f = folder;
    closedir(f->dir);
    free(f->path);
    free(f);
}
#else
#define GLOB_ALTDIRFUNC 0
#endif

static int
by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The remedy when nothing matches: the first folder on the way that is not there, if one. */
static void
say_what_is_missing(struct diag *m, const char *pattern)
{
    char *s = xstrdup(pattern);
    struct stat st;
    for (char *p = s + 1; *s && (p = strchr(p, '/')); p++) {
        *p = 0;
        if (strpbrk(s, "*?["))
            break;
        if (stat(s, &st) != 0) {
            diag_help(m, "the folder '%s' does not exist", s);
            free(s);
            return;
        }
        *p = '/';
    }
    free(s);
    diag_help(m, "* stands for any part of one name, ? for one character, [abc] for one of these");
}

/* Takes the wanted names over from glob's list. */
static bool
keep(struct diags *d, const char *check, struct span at, bool folders, const glob_t *g,
    struct files *out)
{
    bool good = true;
    out->path = xcalloc(g->gl_pathc, sizeof *out->path);
    for (size_t i = 0; i < g->gl_pathc; i++) {
        const char *p = g->gl_pathv[i];
        size_t n = strlen(p);
        bool folder = n && p[n - 1] == '/';
        if (folder != folders)
            continue;
        if (table_control(p, strlen(p))) {
            struct diag *m = diag_add(d, DIAG_ERROR, check, at,
                "a file name with a control character in it matches: number %zu of %zu", i + 1,
                (size_t)g->gl_pathc);
            diag_help(m, "names end up in commands: rename the file, or narrow the pattern");
            good = false;
            continue;
        }
        char *copy = xstrdup(p);
        while (folder && n > 1 && copy[n - 1] == '/')
            copy[--n] = 0;
        out->path[out->n++] = copy;
    }
    return good;
}

bool
files_match(struct diags *d, const char *check, const char *pattern, struct span at,
    struct files *out)
{
    *out = (struct files){0};
    glob_t g = {0};
#if GLOB_ALTDIRFUNC
    g.gl_opendir = open_folder;
    g.gl_readdir = next_entry;
    g.gl_closedir = close_folder;
    g.gl_stat = stat;
    g.gl_lstat = lstat;
#endif
    size_t len = strlen(pattern);
    diag_depend_pattern(d, pattern);
    entries = 0;
    int rc = glob(pattern, GLOB_NOSORT | GLOB_MARK | GLOB_ALTDIRFUNC, on_error, &g);
    bool good = true;
    if (entries == MOST_ENTRIES) {
        diag_help(diag_add(d, DIAG_ERROR, check, at,
                      "more than %d million names were looked at for '%s'", MOST_ENTRIES / 1000000,
                      pattern),
            "put fewer files where it looks, or write the paths into a table: from list \"...\"");
        good = false;
    } else if (rc == GLOB_ABORTED || unreadable) {
        diag_help(diag_add(d, DIAG_ERROR, check, at, "cannot read the folder '%s': %s",
                      unreadable ? unreadable : pattern, strerror(unreadable_error)),
            "files in it would silently be missing from the campaign");
        good = false;
    } else if (rc == GLOB_NOSPACE) {
        diag_add(d, DIAG_ERROR, check, at, "out of memory while expanding '%s'", pattern);
        good = false;
    } else if (rc == 0) {
        good = keep(d, check, at, len && pattern[len - 1] == '/', &g, out);
    }
    free(unreadable);
    unreadable = NULL;
    globfree(&g);
    if (good && out->n == 0) {
        say_what_is_missing(diag_add(d, DIAG_ERROR, check, at, "no file matches '%s'", pattern),
            pattern);
        good = false;
    }
    if (out->n)
        qsort(out->path, out->n, sizeof *out->path, by_bytes);
    return good;
}

void
files_free(struct files *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->path[i]);
    free(f->path);
    *f = (struct files){0};
}
