/* A campaign and its record as a Workflow Run RO-Crate: the folder and its files. */
#include "config.h"

#include "export/crate-private.h"

#include "util/file.h"
#include "util/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USES "uses"
#define SITE "site.yaml"
#define OURS "written by wflc " /* in the metadata of crates that may be written anew */

enum { CHUNK = 1 << 16 };

/* --- files --- */

static void
path_of(const struct crate *c, const char *name, bool partial, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/%s%s", c->root, name, partial ? ".partial" : "");
}

bool
crate_open(struct crate *c, const char *name)
{
    struct buf path = {0};
    if (!c->error) {
        path_of(c, name, true, &path);
        c->out = fopen(path.p, "w");
        c->error = c->out ? 0 : errno;
    }
    buf_free(&path);
    buf_reset(&c->text);
    return !c->error;
}

void
crate_flush(struct crate *c, bool all)
{
    if (!all && c->text.n < CHUNK)
        return;
    if (!c->error && c->text.n && fwrite(c->text.p, 1, c->text.n, c->out) != c->text.n)
        c->error = errno;
    buf_reset(&c->text);
}

void
crate_close(struct crate *c, const char *name)
{
    struct buf from = {0}, to = {0};
    crate_flush(c, true);
    if (fclose(c->out) != 0 && !c->error)
        c->error = errno;
    path_of(c, name, true, &from);
    path_of(c, name, false, &to);
    if (c->error || rename(from.p, to.p) != 0) {
        c->error = c->error ? c->error : errno;
        unlink(from.p);
    }
    buf_free(&from);
    buf_free(&to);
}

/* Copies a file into the crate. */
static void
copy(struct crate *c, const char *from, const char *name)
{
    struct buf partial = {0}, to = {0};
    char hex[SHA256_HEX + 1];
    path_of(c, name, true, &partial);
    path_of(c, name, false, &to);
    int fd = open(partial.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int err = fd < 0 ? errno : sha256_file(from, fd, hex);
    if (fd >= 0 && close(fd) != 0 && !err)
        err = errno;
    if (!err && rename(partial.p, to.p) != 0)
        err = errno;
    if (err)
        unlink(partial.p);
    c->error = c->error ? c->error : err;
    buf_free(&partial);
    buf_free(&to);
}

/* --- the folder --- */

static bool
is_there(const struct crate *c, const char *name)
{
    struct buf path = {0};
    struct stat st;
    path_of(c, name, false, &path);
    bool there = lstat(path.p, &st) == 0;
    buf_free(&path);
    return there;
}

/* Did an earlier export make it? */
static bool
is_ours(const struct crate *c)
{
    struct buf path = {0}, text = {0};
    path_of(c, CRATE_METADATA, false, &path);
    bool ours = file_read(path.p, &text) == 0 && text.n && strstr(text.p, OURS);
    buf_free(&path);
    buf_free(&text);
    return ours;
}

static bool
is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static const char *
base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The files that the campaign uses and that declare tasks, by the names that they have in the
 * crate, and where they are. */
static void
find_parts(struct crate *c, struct buf *sources)
{
    const struct plan *p = c->plan;
    const char *main_file = plan_place_name(p, PLACE_SOURCE, 0);
    struct strpool seen;
    strpool_init(&seen);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const char *file = plan_place_name(p, PLACE_FAMILY, i);
        uint32_t before = seen.count;
        if (strcmp(file, main_file) == 0 || strpool_adds(&seen, file) < before)
            continue;
        buf_printf(&c->parts, USES "/%u-%s", seen.count - 1, base_name(file));
        buf_putc(&c->parts, '\0');
        if (*file != '/' && access(file, R_OK) != 0)
            buf_printf(sources, "%s/", c->how->work);
        buf_puts(sources, file);
        buf_putc(sources, '\0');
    }
    strpool_free(&seen);
}

/* Makes the folder, unless something is in it that is not ours. */
static bool
make_folder(struct crate *c, struct buf *why)
{
    const char *const names[] = {CRATE_METADATA, CRATE_RECORD, USES, SITE, c->campaign.p};
    struct buf to = {0};
    int err = dir_make(c->how->dir);
    c->root = err ? NULL : realpath(c->how->dir, NULL);
    if (!c->root) {
        buf_printf(why, "%s: %s", c->how->dir, strerror(err ? err : errno));
        return false;
    }
    path_of(c, c->campaign.p, false, &to);
    bool here = is_same_file(to.p, c->how->source), ours = is_ours(c);
    buf_free(&to);
    for (size_t i = 0; i < sizeof names / sizeof *names && !ours; i++)
        if (is_there(c, names[i]) && !(here && names[i] == c->campaign.p)) {
            buf_printf(why,
                "%s/%s is there, and is not of a crate that wflc wrote; name another "
                "folder",
                c->how->dir, names[i]);
            return false;
        }
    path_of(c, CRATE_RECORD, false, &to);
    c->error = dir_make(to.p);
    if (!c->error && !here)
        copy(c, c->how->source, c->campaign.p);
    buf_free(&to);
    return true;
}

static void
copy_parts(struct crate *c, const struct buf *sources)
{
    struct buf path = {0};
    const char *from = sources->p;
    path_of(c, USES, false, &path);
    if (c->parts.n && !c->error)
        c->error = dir_make(path.p);
    for (const char *to = c->parts.p; to && to < c->parts.p + c->parts.n && !c->error;
         to += strlen(to) + 1, from += strlen(from) + 1)
        copy(c, from, to);
    buf_reset(&path);
    buf_printf(&path, "%s/" SITE, c->facts->status->dir);
    c->site = access(path.p, R_OK) == 0;
    if (c->site && !c->error)
        copy(c, path.p, SITE);
    buf_free(&path);
}

/* --- all of it --- */

static int
write_all_of(struct crate *c)
{
    int err = c->error ? 0 : crate_put_lines(c);
    if (!err && !c->many)
        err = crate_read_outputs(c);
    if (!err && crate_open(c, CRATE_METADATA)) {
        crate_put_graph(c);
        crate_close(c, CRATE_METADATA);
    }
    return err;
}

static void
crate_free(struct crate *c)
{
    plan_eval_free(c->eval);
    strpool_free(&c->files);
    buf_free(&c->campaign);
    buf_free(&c->parts);
    buf_free(&c->text);
    buf_free(&c->part);
    buf_free(&c->mentions);
    buf_free(&c->file);
    free(c->root);
    free(c->output);
    free(c->first_output);
}

bool
export_crate(const struct facts *facts, const struct crate_how *how, struct buf *why)
{
    struct crate c = {.facts = facts,
        .plan = facts->plan,
        .how = how,
        .many = facts->plan->head->ntasks > CRATE_TASKS};
    struct buf sources = {0};
    c.eval = plan_eval_new(c.plan);
    strpool_init(&c.files);
    buf_puts(&c.campaign, base_name(how->source));
    find_parts(&c, &sources);
    bool ok = make_folder(&c, why);
    if (ok) {
        copy_parts(&c, &sources);
        int err = write_all_of(&c);
        ok = !err && !c.error;
        if (err)
            buf_printf(why, "the journals cannot be read: %s", strerror(err));
        else if (c.error)
            buf_printf(why, "the crate in %s cannot be written: %s", how->dir, strerror(c.error));
    }
    buf_free(&sources);
    crate_free(&c);
    return ok;
}
