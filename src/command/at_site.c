#include "config.h"

#include "command/at_site.h"

#include "util/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
at_site_free(struct at_site *a)
{
    plan_close(a->plan);
    site_profile_free(a->site);
    buf_free(&a->dir);
    buf_free(&a->script);
}

static int
open_plan(struct at_site *a)
{
    struct buf path = {0}, why = {0};
    buf_printf(&path, "%s/" PLAN_FILE, a->dir.p);
    a->plan = plan_open(path.p, &why);
    if (a->plan)
        plan_umask(a->plan);
    else
        say("%s", why.p);
    buf_free(&path);
    buf_free(&why);
    return a->plan ? EXIT_OK : EXIT_FILES;
}

/* The profile as it was when the campaign was built. A build for this machine alone has none. */
static int
open_profile(const struct options *o, struct at_site *a)
{
    struct buf path = {0};
    struct diags *d = diag_new();
    const struct site_texts nowhere = {0};
    buf_printf(&path, "%s/site.yaml", a->dir.p);
    if (access(path.p, F_OK) == 0) {
        a->site = site_profile_read(d, path.p, &nowhere);
    } else if (a->plan->head->njobs == 0) {
        struct site_texts dirs = site_dirs(NULL);
        a->site = site_profile_find(d, "workstation", NO_SPAN, &dirs);
        site_dirs_free(&dirs);
    } else {
        say("'%s' has no site.yaml; build the campaign again: wflc build FILE --site %s",
            path_for_people(a->dir.p), plan_site(a->plan));
    }
    if (o->quiet)
        diag_only_errors(d);
    diag_print(d, stderr, o->colour, 0);
    diag_free(d);
    buf_free(&path);
    return a->site ? EXIT_OK : EXIT_FILES;
}

static int
open_script(struct at_site *a)
{
    struct buf text = {0}, name = {0};
    buf_printf(&a->script, "%s/job.sh", a->dir.p);
    int err = file_read(a->script.p, &text);
    if (!err && access(a->script.p, X_OK) != 0)
        err = errno;
    if (err) {
        say("'%s' cannot be run: %s; build the campaign again", path_for_people(a->script.p),
            file_error(err));
    } else if (a->site->scheduler.kind == SITE_LOCAL) {
        a->queue = site_queue_default(a->site);
    } else {
        job_script_queue((enum site_kind)a->site->scheduler.kind, text.p, &name);
        a->queue = name.n ? site_queue_find(a->site, name.p) : NULL;
    }
    buf_free(&text);
    buf_free(&name);
    return err ? EXIT_FILES : EXIT_OK;
}

int
at_site_open(const struct options *o, const char *arg, struct at_site *a)
{
    struct buf dir = {0};
    int code = find_build(o, arg, &dir);
    if (code == EXIT_OK) {
        char *path = realpath(dir.p, NULL);
        if (path) {
            buf_puts(&a->dir, path);
        } else {
            say("cannot find '%s': %s", dir.p, strerror(errno));
            code = EXIT_FILES;
        }
        free(path);
    }
    if (code == EXIT_OK)
        code = open_plan(a);
    if (code == EXIT_OK)
        code = open_profile(o, a);
    if (code == EXIT_OK)
        code = open_script(a);
    a->scheduler = (struct scheduler){.site = a->site, .dir = a->dir.p, .script = a->script.p};
    buf_free(&dir);
    return code;
}
