/* Who died left processes, and spools that tell of them. */
#include "config.h"

#include "node/orphans.h"

#include "journal/paths.h"
#include "node/say.h"
#include "util/buf.h"
#include "util/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 30000 /* for processes that were killed to be gone */

/* The tasks of a shim that was killed may still run here, and write. */
static bool
end_orphans(const struct strays *s, const char *state_dir, const char *holder)
{
    bool told = false;
    int64_t begin = now_ms();
    while (strays_kill_orphans(s, state_dir, holder)) {
        if (!told)
            say("killing what an earlier run left running");
        told = true;
        if (now_ms() > begin + PATIENCE_MS) {
            say("processes of an earlier run cannot be killed; is a file system stuck?");
            return false;
        }
        nanosleep(&(struct timespec){0, 5000000}, NULL);
    }
    return true;
}

bool
orphans_end(const struct strays *s, const char *state_dir, struct lease *l, const char *only)
{
    struct buf path = {0};
    char holder[HOLDER_SIZE], ended[HOLDER_SIZE] = "";
    buf_printf(&path, "%s/" STATE_LOGS, state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    if (!d)
        return true;
    bool good = true;
    const struct dirent *e;
    while (good && (e = readdir(d))) {
        const char *dash = strrchr(e->d_name, '-');
        if (strncmp(e->d_name, "spool-", 6) != 0 || dash < e->d_name + 6 ||
            dash - e->d_name - 6 >= HOLDER_SIZE)
            continue;
        snprintf(holder, sizeof holder, "%.*s", (int)(dash - e->d_name - 6), e->d_name + 6);
        if (only ? strcmp(holder, only) != 0 : lease_judge(l, holder, NULL) != LEASE_DEAD)
            continue;
        if (strcmp(holder, ended) != 0)
            good = end_orphans(s, state_dir, holder);
        strcpy(ended, holder);
        if (good)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
    return good;
}
