#include "config.h"

#include "util/stdlib.h"

#include "util/file.h"
#include "util/system.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES = 3 };

static bool
is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Where it may be, in order; one of no use is empty. Returns how many. */
static unsigned
places(struct buf place[PLACES])
{
    const char *env = getenv("WFL_STDLIB");
    struct buf self = {0}, bin = {0};
    unsigned n = 0;
    if (env && *env) {
        buf_puts(&place[n++], env);
        return n;
    }
    program_path(&self);
    if (self.n) {
        path_folder(self.p, &bin);
        buf_printf(&place[n++], "%s/stdlib", bin.p);
        path_folder(bin.p, &place[n]);
        buf_puts(&place[n++], "/share/wflc/stdlib");
    }
    buf_puts(&place[n++], PKGDATADIR "/stdlib");
    buf_free(&self);
    buf_free(&bin);
    return n;
}

bool
stdlib_dir(struct buf *dir)
{
    struct buf place[PLACES] = {{0}};
    unsigned n = places(place), i = 0;
    while (i < n && !is_folder(place[i].p))
        i++;
    if (i < n)
        buf_puts(dir, place[i].p);
    for (unsigned k = 0; k < n; k++)
        buf_free(&place[k]);
    return i < n;
}

void
stdlib_lost(struct buf *why)
{
    struct buf place[PLACES] = {{0}};
    unsigned n = places(place);
    const char *env = getenv("WFL_STDLIB");
    buf_puts(why, "the library of wflc (its cameras, regions and profiles) is not there: ");
    if (env && *env)
        buf_puts(why, "WFL_STDLIB names the folder ");
    else
        buf_puts(why, "it was looked for in ");
    for (unsigned i = 0; i < n; i++) {
        bool again = i && strcmp(place[i].p, place[i - 1].p) == 0;
        if (!again)
            buf_printf(why, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", place[i].p);
    }
    for (unsigned i = 0; i < n; i++)
        buf_free(&place[i]);
    if (!env || !*env)
        buf_puts(why, "; install it beside wflc, or set WFL_STDLIB to its folder");
}
