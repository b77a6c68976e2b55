#include "config.h"

#include "state/plans.h"

#include "journal/paths.h"

#include <dirent.h>
#include <inttypes.h>
#include <string.h>

void
plans_path(const char *state_dir, uint64_t identity, struct buf *path)
{
    buf_printf(path, "%s/" STATE_PLANS "/%016" PRIx64 ".wflp", state_dir, identity);
}

void
plans_before(const char *state_dir, uint64_t but, bool (*each)(void *arg, struct plan *p),
    void *arg)
{
    struct buf path = {0}, why = {0};
    buf_printf(&path, "%s/" STATE_PLANS "/", state_dir);
    size_t folder = path.n;
    DIR *d = opendir(path.p);
    bool more = true;
    for (const struct dirent *e; d && more && (e = readdir(d));) {
        path.n = folder;
        buf_puts(&path, e->d_name);
        struct plan *p = strstr(e->d_name, ".wflp") ? plan_open(path.p, &why) : NULL;
        if (p && p->head->identity != but)
            more = each(arg, p);
        else
            plan_close(p);
    }
    if (d)
        closedir(d);
    buf_free(&path);
    buf_free(&why);
}
