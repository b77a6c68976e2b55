/* The rule for make of --depfile. */
#include "config.h"

#include "driver/depfile.h"

#include "util/file.h"
#include "util/strpool.h"

#include <errno.h>
#include <glob.h>
#include <string.h>

/* A rule for make is being written; `seen` holds what is in it. */
struct rule {
    struct buf prerequisites, empty_rules, unspeakable;
    struct strpool seen; /* "", and the campaign is the first */
};

/* Appends a name as GNU make reads it back; false if it has no spelling there. Targets can be
 * named a little less freely than prerequisites. */
static bool
make_name(struct buf *out, const char *name, bool is_target)
{
    size_t n = strlen(name);
    if (n == 0 || strpbrk(name, "\n;(") || strchr("\\ \t", name[n - 1]))
        return false;
    if (is_target && (strpbrk(name, "=|\t") || name[n - 1] == '&'))
        return false;
    if (*name == '~')
        buf_puts(out, "./");
    for (const char *s = name; *s; s++) {
        size_t back = strspn(s, "\\");
        bool quoted = strchr(is_target ? " \t#:*?[|%" : " \t#:*?[|", s[back]);
        /* backslashes count only before what they could quote */
        for (size_t i = 0; i < back * (quoted ? 2 : 1); i++)
            buf_putc(out, '\\');
        s += back;
        if (*s == '$')
            buf_putc(out, '$');
        else if (quoted)
            buf_putc(out, '\\');
        buf_putc(out, *s);
    }
    return true;
}

static void
add(struct rule *r, const char *path)
{
    uint32_t before = r->seen.count;
    if (strpool_adds(&r->seen, path) < before)
        return;
    struct buf name = {0};
    if (!make_name(&name, path, false)) {
        if (!r->unspeakable.n)
            buf_puts(&r->unspeakable, path);
    } else {
        buf_printf(&r->prerequisites, " \\\n  %s", name.p);
        bool is_campaign = before == 1;
        buf_reset(&name);
        /* should it go away, make shall ask us what that means */
        if (!is_campaign && make_name(&name, path, true))
            buf_printf(&r->empty_rules, "%s:\n", name.p);
    }
    buf_free(&name);
}

/* The folder before a slash at `n` of the pattern, and with wildcards in it all that match. */
static void
add_folders(struct rule *r, const char *pattern, size_t n)
{
    struct buf folder = {0};
    buf_add(&folder, n ? pattern : *pattern == '/' ? "/" : ".", n ? n : 1);
    if (!strpbrk(folder.p, "*?[\\")) {
        add(r, folder.p);
    } else {
        glob_t g;
        struct stat st;
        if (glob(folder.p, 0, NULL, &g) == 0)
            for (size_t i = 0; i < g.gl_pathc; i++)
                if (stat(g.gl_pathv[i], &st) == 0 && S_ISDIR(st.st_mode))
                    add(r, g.gl_pathv[i]);
        globfree(&g);
    }
    buf_free(&folder);
}

static void
add_dependency(void *arg, const char *path, bool is_pattern)
{
    if (!is_pattern) {
        add(arg, path);
        return;
    }
    /* Every part with a wildcard is looked up in the folders that the parts before it match. */
    for (const char *part = path; part;) {
        size_t n = strcspn(part, "/");
        const char *next = part[n] ? part + n + 1 : NULL;
        if (memchr(part, '*', n) || memchr(part, '?', n) || memchr(part, '[', n))
            add_folders(arg, path, part > path ? (size_t)(part - path) - 1 : 0);
        part = next;
    }
}

bool
depfile_write(struct diags *const *d, size_t ndiags, const char *path, const char *const *target,
    size_t ntargets, struct buf *why)
{
    struct rule r = {0};
    strpool_init(&r.seen);
    struct buf text = {0};
    for (size_t i = 0; i < ntargets; i++) {
        buf_puts(&text, i ? " " : "");
        if (!make_name(&text, target[i], true) && !r.unspeakable.n)
            buf_puts(&r.unspeakable, target[i]);
    }
    for (size_t i = 0; i < ndiags; i++)
        diag_each_dependency(d[i], add_dependency, &r);
    buf_printf(&text, ":%s\n", r.prerequisites.n ? r.prerequisites.p : "");
    if (r.empty_rules.n)
        buf_printf(&text, "\n%s", r.empty_rules.p);
    int err = r.unspeakable.n ? 0 : file_write_atomic(path, text.p, text.n, 0666);
    if (r.unspeakable.n)
        buf_printf(why, "--depfile: make has no spelling for the name '%s'; rename it",
            r.unspeakable.p);
    else if (err)
        buf_printf(why, "cannot write '%s': %s", path, strerror(err));
    bool good = !r.unspeakable.n && !err;
    strpool_free(&r.seen);
    buf_free(&r.prerequisites);
    buf_free(&r.empty_rules);
    buf_free(&r.unspeakable);
    buf_free(&text);
    return good;
}
