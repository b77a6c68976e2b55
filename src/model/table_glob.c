#include "config.h"

#include "model/table.h"

#include "model/checks.h"

#include "model/files.h"
#include "util/buf.h"

#include <string.h>

bool
table_read_glob(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    struct table *out)
{
    enum { PATH, NAME, STEM, DIR, NCOLS };
    static const char *const names[NCOLS] = {"path", "name", "stem", "dir"};
    *out = (struct table){.at = at, .file = DIAG_NO_FILE};
    struct files f;
    bool good = files_match(d, RULE_GLOB, pattern, at, &f);
    uint32_t *id[NCOLS];
    out->nrows = (uint32_t)f.n;
    out->ncols = NCOLS;
    out->col = xcalloc(NCOLS, sizeof *out->col);
    for (int k = 0; k < NCOLS; k++) {
        id[k] = xcalloc(f.n, sizeof *id[k]);
        out->col[k] = (struct column){.name = strpool_adds(pool, names[k]),
            .type = COLUMN_STRING,
            .data = id[k],
            .at = NO_SPAN};
    }
    for (size_t i = 0; i < f.n; i++) {
        const char *path = f.path[i], *slash = strrchr(path, '/');
        const char *name = slash ? slash + 1 : path;
        /* a leading dot belongs to the name: the stem of ".hidden.txt" is ".hidden" */
        const char *dot = *name ? strchr(name + 1, '.') : NULL;
        id[PATH][i] = strpool_adds(pool, path);
        id[NAME][i] = strpool_adds(pool, name);
        id[STEM][i] = strpool_add(pool, name, dot ? (size_t)(dot - name) : strlen(name));
        id[DIR][i] = !slash          ? strpool_adds(pool, ".")
                     : slash == path ? strpool_adds(pool, "/")
                                     : strpool_add(pool, path, (size_t)(slash - path));
    }
    files_free(&f);
    return good;
}
