#include "config.h"

#include "util/stdlib.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
beside_program(struct buf *dir)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - sizeof "stdlib");
    if (n <= 0)
        return false;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (!slash)
        return false;
    strcpy(slash + 1, "stdlib");
    if (!is_folder(self))
        return false;
    buf_puts(dir, self);
    return true;
}

bool
stdlib_dir(struct buf *dir)
{
    const char *env = getenv("WFL_STDLIB");
    if (env && *env) {
        if (is_folder(env))
            buf_puts(dir, env);
        return is_folder(env);
    }
    if (beside_program(dir))
        return true;
    if (!is_folder(PKGDATADIR "/stdlib"))
        return false;
    buf_puts(dir, PKGDATADIR "/stdlib");
    return true;
}
