#include "config.h"

#include "util/program.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
program_find(const char *name, struct buf *path)
{
    const char *list = getenv("PATH");
    while (list && *list) {
        size_t n = strcspn(list, ":");
        struct stat st;
        buf_reset(path);
        buf_add(path, list, n);
        buf_printf(path, "/%s", name);
        if (stat(path->p, &st) == 0 && S_ISREG(st.st_mode) && access(path->p, X_OK) == 0)
            return true;
        list += n + (list[n] == ':');
    }
    return false;
}
