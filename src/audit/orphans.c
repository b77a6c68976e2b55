/* Files in the folders of outputs that belong to no task of the plan. */
#include "config.h"

#include "audit/audit.h"

#include "util/file.h"
#include "util/hash.h"
#include "util/map128.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* One folder may be spelt in many ways ("out", "./out", "out//", through links): what is known of
 * it goes by the name that it really has. */
struct search {
    struct map128 known;  /* paths of files of tasks, and of the folders above them */
    struct map128 folder; /* that hold outputs */
    struct map128 spelt;  /* folders as the campaign has them: where `real` tells their names */
    struct buf real;      /* each with a NUL behind it; empty: it is not there */
    struct buf folders;   /* of `folder`, as the campaign has them, each with a NUL behind it */
    const char **orphan;
    struct buf names;
};

/* True: it was not known yet. */
static bool
add(struct map128 *m, const char *path, size_t n)
{
    bool found;
    map128_add(m, hash128(path, n), 0, &found);
    return !found;
}

/* The name that a folder really has; empty: it is not there. */
static const char *
real_name(struct search *s, const char *folder)
{
    bool found;
    uint64_t at = map128_add(&s->spelt, hash128(folder, strlen(folder)), s->real.n, &found);
    if (!found) {
        char *name = realpath(folder, NULL);
        buf_add(&s->real, name ? name : "", name ? strlen(name) + 1 : 1);
        free(name);
    }
    return s->real.p + at;
}

/* What is in the folder under this name. */
static void
join(const char *folder, const char *name, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
}

/* The path, and all folders above it. */
static void
know(struct search *s, const char *path)
{
    size_t n = strlen(path);
    while (n && add(&s->known, path, n)) {
        while (n && path[n - 1] != '/')
            n--;
        while (n && path[n - 1] == '/')
            n--;
    }
}

static void
know_files(struct search *s, const struct plan *p)
{
    struct plan_eval *e = plan_eval_new(p);
    struct buf path = {0}, folder = {0}, whole = {0};
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        const uint32_t range[][2] = {{f->first_output, f->noutputs}, {f->first_input, f->ninputs},
            {f->first_checkpoint, f->ncheckpoints}};
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
            for (int r = 0; r < 3; r++)
                for (uint32_t k = range[r][0]; k < range[r][0] + range[r][1]; k++) {
                    buf_reset(&path);
                    buf_reset(&folder);
                    if (!plan_path(e, t, k, NULL, &path) || !path.n)
                        continue;
                    while (path.n > 1 && path.p[path.n - 1] == '/')
                        path.p[--path.n] = 0;
                    path_folder(path.p, &folder);
                    const char *real = real_name(s, folder.p), *name = strrchr(path.p, '/');
                    if (!*real)
                        continue;
                    join(real, name ? name + 1 : path.p, &whole);
                    know(s, whole.p);
                    if (r == 0 && add(&s->folder, real, strlen(real)))
                        buf_add(&s->folders, folder.p, folder.n + 1);
                }
    }
    buf_free(&path);
    buf_free(&folder);
    buf_free(&whole);
    plan_eval_free(e);
}

static void
look_into(struct search *s, const char *folder, struct audit *a)
{
    const char *work = real_name(s, "."), *real = real_name(s, folder); /* which is known */
    bool here = strcmp(real, work) == 0; /* where tasks run: much else may be there */
    DIR *d = here ? NULL : opendir(folder);
    struct buf path = {0};
    for (const struct dirent *e; d && (e = readdir(d));) {
        /* names with a dot are temporary ones of tasks, or somebody's own */
        if (e->d_name[0] == '.')
            continue;
        uint64_t value;
        join(real, e->d_name, &path);
        if (map128_find(&s->known, hash128(path.p, path.n), &value))
            continue;
        join(folder, e->d_name, &path);
        buf_add(&s->names, path.p, path.n + 1);
        a->norphans++;
    }
    if (d)
        closedir(d);
    buf_free(&path);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
audit_orphans(const struct plan *p, struct audit *a)
{
    struct search s = {0};
    know_files(&s, p);
    for (size_t at = 0; at < s.folders.n; at += strlen(s.folders.p + at) + 1)
        look_into(&s, s.folders.p + at, a);
    s.orphan = xcalloc(a->norphans + 1, sizeof *s.orphan);
    size_t n = 0;
    for (size_t at = 0; at < s.names.n; at += strlen(s.names.p + at) + 1)
        s.orphan[n++] = s.names.p + at;
    if (n)
        qsort(s.orphan, n, sizeof *s.orphan, by_name);
    for (size_t i = 0; i < n; i++)
        buf_add(&a->orphan, s.orphan[i], strlen(s.orphan[i]) + 1);
    map128_free(&s.known);
    map128_free(&s.folder);
    map128_free(&s.spelt);
    buf_free(&s.real);
    buf_free(&s.folders);
    buf_free(&s.names);
    free(s.orphan);
}
