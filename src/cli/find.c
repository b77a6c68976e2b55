#include "config.h"

#include "cli/build.h"

#include "diag/diag.h"
#include "parser/ast.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
path_for_people(const char *path)
{
    char *cwd = getcwd(NULL, 0);
    size_t n = cwd ? strlen(cwd) : 0;
    bool below = n > 1 && strncmp(path, cwd, n) == 0 && path[n] == '/' && path[n + 1];
    free(cwd);
    return below ? path + n + 1 : path;
}

void
find_self(struct buf *path)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    if (n > 0 && (size_t)n < sizeof self)
        buf_add(path, self, (size_t)n);
}

int
find_shim(struct buf *path)
{
    const char *env = getenv("WFL_SHIM");
    if (env && *env) {
        buf_puts(path, env);
        if (access(env, X_OK) == 0)
            return EXIT_OK;
        say("WFL_SHIM names '%s': %s", env, strerror(errno));
        return EXIT_FILES;
    }
    find_self(path);
    char *slash = path->n ? strrchr(path->p, '/') : NULL;
    if (slash) {
        path->n = (size_t)(slash - path->p);
        buf_puts(path, "/wfl-shim");
        if (access(path->p, X_OK) == 0)
            return EXIT_OK;
    }
    buf_reset(path);
    buf_puts(path, LIBEXECDIR "/wfl-shim");
    if (access(path->p, X_OK) == 0)
        return EXIT_OK;
    say("cannot find the program wfl-shim, neither beside wflc nor in %s; set WFL_SHIM to its path",
        LIBEXECDIR);
    return EXIT_FILES;
}

/* --- builds --- */

static bool
has_plan(const char *dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/campaign.wflp", dir);
    bool yes = access(path.p, F_OK) == 0;
    buf_free(&path);
    return yes;
}

/* How many sites the folder of a campaign was built for: of --site, or of all. `dir` is the folder of the
 * first, `names` those of all. */
static unsigned
sites_below(const struct options *o, const char *campaign, struct buf *dir, struct buf *names)
{
    struct buf found = {0};
    struct dirent **e;
    unsigned sites = 0;
    int n = scandir(campaign, &e, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = e[i]->d_name;
        buf_reset(&found);
        buf_printf(&found, "%s/%s", campaign, name);
        if (*name != '.' && (!o->site || strcmp(o->site, name) == 0) && has_plan(found.p)) {
            buf_printf(names, "%s%s", sites ? ", " : "", name);
            if (sites++ == 0) {
                buf_reset(dir);
                buf_puts(dir, found.p);
            }
        }
        free(e[i]);
    }
    if (n >= 0)
        free(e);
    buf_free(&found);
    return sites;
}

/* EXIT_OK, or EXIT_USAGE if there are several, which is said; EXIT_FILES if there is none, which is
 * not. */
static int
below(const struct options *o, const char *campaign, struct buf *dir)
{
    struct buf names = {0};
    unsigned n = sites_below(o, campaign, dir, &names);
    if (n > 1)
        say("'%s' was built for several sites: %s; say which, e.g. --site %.*s", campaign, names.p,
            (int)strcspn(names.p, ","), names.p);
    buf_free(&names);
    return n == 1 ? EXIT_OK : n ? EXIT_USAGE : EXIT_FILES;
}

static int
by_name(const struct options *o, const char *name, struct buf *dir)
{
    struct buf campaign = {0};
    buf_printf(&campaign, "%s/%s", o->output, name);
    int code = below(o, campaign.p, dir);
    buf_free(&campaign);
    return code;
}

/* Only the name is wanted: errors elsewhere in the file do not matter now. */
static int
name_of_campaign(const char *file, struct buf *name)
{
    struct diags *d = diag_new();
    struct ast_tree *t = ast_tree_new();
    uint32_t source;
    int err = diag_source_file(d, file, &source);
    const struct ast *a = NULL;
    if (!err)
        a = ast_find(wfl_parse(t, d, source)->child, AST_CAMPAIGN);
    if (a && a->text)
        buf_puts(name, a->text);
    else if (err)
        say("cannot read '%s': %s", file, file_error(err));
    else
        say("'%s' names no campaign; its first line would be like: campaign my_survey", file);
    ast_tree_free(t);
    diag_free(d);
    return name->n ? EXIT_OK : err ? EXIT_FILES : EXIT_ERRORS;
}

/* " for site 'cori'", if one is asked for. */
static void
for_site(const struct options *o, struct buf *b)
{
    buf_reset(b);
    buf_puts(b, "");
    if (o->site)
        buf_printf(b, " for site '%s'", o->site);
}

static int
by_file(const struct options *o, const char *file, struct buf *dir)
{
    struct buf name = {0}, site = {0};
    int code = name_of_campaign(file, &name);
    if (code == EXIT_OK) {
        code = by_name(o, name.p, dir);
        for_site(o, &site);
        if (code == EXIT_FILES)
            say("campaign '%s' was not built in '%s'%s yet: wflc %s %s", name.p, o->output, site.p,
                o->site ? "build" : "run", file);
    }
    buf_free(&name);
    buf_free(&site);
    return code;
}

static int
the_only_one(const struct options *o, struct buf *dir)
{
    struct buf campaign = {0}, found = {0}, names = {0}, sites = {0}, only = {0};
    unsigned n = 0;
    DIR *root = opendir(o->output);
    if (!root && errno != ENOENT) {
        say("cannot read the folder '%s': %s", o->output, strerror(errno));
        return EXIT_FILES;
    }
    for (const struct dirent *e; root && (e = readdir(root));) {
        buf_reset(&campaign);
        buf_printf(&campaign, "%s/%s", o->output, e->d_name);
        if (e->d_name[0] == '.' || !sites_below(o, campaign.p, &found, &sites))
            continue;
        if (n++ == 0)
            buf_puts(&only, campaign.p);
        buf_printf(&names, "%s%s", n > 1 ? ", " : "", e->d_name);
    }
    if (root)
        closedir(root);
    int code = n == 1 ? below(o, only.p, dir) : n ? EXIT_USAGE : EXIT_FILES;
    for_site(o, &sites);
    if (n == 0)
        say("no campaign was built in '%s'%s yet: wflc %s (or name its folder with -o DIR)",
            o->output, sites.p,
            o->site ? "build FILE.wfl" : "run FILE.wfl, or wflc build FILE.wfl for its sites");
    else if (n > 1)
        say("there are several campaigns in '%s': %s; name one, e.g. wflc status %.*s", o->output,
            names.p, (int)strcspn(names.p, ","), names.p);
    buf_free(&campaign);
    buf_free(&found);
    buf_free(&names);
    buf_free(&sites);
    buf_free(&only);
    return code;
}

int
find_build(const struct options *o, const char *arg, struct buf *dir)
{
    struct stat st;
    if (!arg)
        return the_only_one(o, dir);
    bool there = strcmp(arg, "-") == 0 || stat(arg, &st) == 0;
    int err = errno, code;
    if (there && strcmp(arg, "-") != 0 && S_ISDIR(st.st_mode)) {
        if (has_plan(arg)) {
            buf_puts(dir, arg);
            return EXIT_OK;
        }
        code = below(o, arg, dir); /* build/demo means its only site */
        if (code == EXIT_FILES)
            code = by_name(o, arg, dir);
        if (code == EXIT_FILES && o->site)
            say("'%s' holds no build for site '%s'", arg, o->site);
        else if (code == EXIT_FILES)
            say("'%s' is no folder that a build made: it holds no campaign.wflp", arg);
        return code;
    }
    if (there)
        return by_file(o, arg, dir);
    code = strchr(arg, '/') ? EXIT_FILES : by_name(o, arg, dir);
    if (code == EXIT_FILES)
        say("'%s' is neither a file, nor a folder, nor a campaign built in '%s': %s", arg, o->output,
            strerror(err));
    return code;
}
