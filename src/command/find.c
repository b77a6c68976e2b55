/* The build that is meant on the command line, and where wfl-shim is. */
#include "config.h"

#include "command/build.h"

#include "diag/diag.h"
#include "parser/ast.h"
#include "util/file.h"
#include "util/system.h"

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
    struct buf self = {0};
    program_path(&self);
    path_folder(self.n ? self.p : "", path);
    buf_puts(path, "/wfl-shim");
    buf_free(&self);
    if (access(path->p, X_OK) == 0)
        return EXIT_OK;
    say("cannot use the program wfl-shim beside wflc, '%s': %s; put it there, or set WFL_SHIM to "
        "its path",
        path->p, strerror(errno));
    return EXIT_FILES;
}

/* --- builds --- */

static bool
has_plan(const char *dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, dir);
    bool yes = access(path.p, F_OK) == 0;
    buf_free(&path);
    return yes;
}

/* The folders of the sites that a campaign was built for, of --site or of all, are appended, each
 * with a NUL behind it. */
static unsigned
sites_below(const struct options *o, const char *campaign, struct buf *dirs)
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
            buf_add(dirs, found.p, found.n + 1);
            sites++;
        }
        free(e[i]);
    }
    if (n >= 0)
        free(e);
    buf_free(&found);
    return sites;
}

/* EXIT_FILES if there is none, which is not said. */
static int
by_name(const struct options *o, const char *name, struct buf *dirs)
{
    struct buf campaign = {0};
    buf_printf(&campaign, "%s/%s", o->output, name);
    unsigned n = sites_below(o, campaign.p, dirs);
    buf_free(&campaign);
    return n ? EXIT_OK : EXIT_FILES;
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
by_file(const struct options *o, const char *file, struct buf *dirs)
{
    struct buf name = {0}, site = {0};
    int code = name_of_campaign(file, &name);
    if (code == EXIT_OK) {
        code = by_name(o, name.p, dirs);
        for_site(o, &site);
        if (code == EXIT_FILES)
            say("campaign '%s' was not built in '%s'%s yet: wflc %s %s", name.p, o->output, site.p,
                o->site ? "build" : "run", file);
    }
    buf_free(&name);
    buf_free(&site);
    return code;
}

/* How many campaigns were built in `root`, their names, and the folders of the first. */
static unsigned
campaigns_in(const struct options *o, DIR *root, struct buf *dirs, struct buf *names)
{
    struct buf campaign = {0}, found = {0};
    unsigned n = 0;
    for (const struct dirent *e; root && (e = readdir(root));) {
        buf_reset(&campaign);
        buf_reset(&found);
        buf_printf(&campaign, "%s/%s", o->output, e->d_name);
        if (e->d_name[0] == '.' || !sites_below(o, campaign.p, &found))
            continue;
        if (n++ == 0)
            buf_add(dirs, found.p, found.n);
        buf_printf(names, "%s%s", n > 1 ? ", " : "", e->d_name);
    }
    buf_free(&campaign);
    buf_free(&found);
    return n;
}

static int
the_only_one(const struct options *o, struct buf *dirs)
{
    struct buf names = {0}, site = {0};
    DIR *root = opendir(o->output);
    if (!root && errno != ENOENT) {
        say("cannot read the folder '%s': %s", o->output, strerror(errno));
        return EXIT_FILES;
    }
    unsigned n = campaigns_in(o, root, dirs, &names);
    if (root)
        closedir(root);
    for_site(o, &site);
    if (n == 0)
        say("no campaign was built in '%s'%s yet: wflc %s (or name its folder with -o DIR)",
            o->output, site.p,
            o->site ? "build FILE.wfl" : "run FILE.wfl, or wflc build FILE.wfl for its sites");
    else if (n > 1)
        say("there are several campaigns in '%s': %s; name one, e.g. %.*s", o->output, names.p,
            (int)strcspn(names.p, ","), names.p);
    buf_free(&names);
    buf_free(&site);
    return n == 1 ? EXIT_OK : n ? EXIT_USAGE : EXIT_FILES;
}

bool
find_is_task(const struct options *o, const char *arg)
{
    struct stat st;
    struct buf dirs = {0}, names = {0}, path = {0};
    bool is = false;
    DIR *root = stat(arg, &st) != 0 && !strchr(arg, '/') && by_name(o, arg, &dirs) != EXIT_OK
                    ? opendir(o->output)
                    : NULL;
    if (root && campaigns_in(o, root, &dirs, &names) == 1) {
        buf_printf(&path, "%s/" PLAN_FILE, dirs.p);
        struct plan *p = plan_open(path.p, &names);
        for (uint32_t k = 0; p && k < p->nfamilies; k++)
            is |= strcmp(plan_string(p, p->family[k].name), arg) == 0;
        plan_close(p);
    }
    if (root)
        closedir(root);
    buf_free(&dirs);
    buf_free(&names);
    buf_free(&path);
    return is;
}

int
find_builds(const struct options *o, const char *arg, struct buf *dirs)
{
    struct stat st;
    if (!arg)
        return the_only_one(o, dirs);
    bool there = strcmp(arg, "-") == 0 || stat(arg, &st) == 0;
    int err = errno, code;
    if (there && strcmp(arg, "-") != 0 && S_ISDIR(st.st_mode)) {
        if (has_plan(arg)) {
            buf_add(dirs, arg, strlen(arg) + 1);
            return EXIT_OK;
        }
        /* build/demo means its sites */
        code = sites_below(o, arg, dirs) ? EXIT_OK : by_name(o, arg, dirs);
        if (code == EXIT_FILES && o->site)
            say("'%s' holds no build for site '%s'", arg, o->site);
        else if (code == EXIT_FILES)
            say("'%s' is no folder that a build made: it holds no campaign.wflp", arg);
        return code;
    }
    if (there)
        return by_file(o, arg, dirs);
    code = strchr(arg, '/') ? EXIT_FILES : by_name(o, arg, dirs);
    if (code == EXIT_FILES)
        say("'%s' is neither a file, nor a folder, nor a campaign built in '%s': %s", arg,
            o->output, strerror(err));
    return code;
}

int
find_build(const struct options *o, const char *arg, struct buf *dir)
{
    struct buf dirs = {0};
    int code = find_builds(o, arg, &dirs);
    size_t first = code == EXIT_OK ? strlen(dirs.p) : 0;
    if (code == EXIT_OK && first + 1 < dirs.n) {
        struct buf names = {0};
        for (const char *d = dirs.p; d < dirs.p + dirs.n; d += strlen(d) + 1)
            buf_printf(&names, "%s%s", names.n ? ", " : "", strrchr(d, '/') + 1);
        say("'%.*s' was built for several sites: %s; say which, e.g. --site %.*s",
            (int)(strrchr(dirs.p, '/') - dirs.p), dirs.p, names.p, (int)strcspn(names.p, ","),
            names.p);
        buf_free(&names);
        code = EXIT_USAGE;
    } else if (code == EXIT_OK) {
        buf_puts(dir, dirs.p);
    }
    buf_free(&dirs);
    return code;
}
