#include "config.h"

#include "journal/stop.h"

#include "journal/paths.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The beginning of a small file; "": there is none. */
static void
read_small(int dir, const char *name, char *text, size_t size)
{
    struct stat st;
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n =
        fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, text, size - 1) : 0;
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

/* The folder is opened first: over NFS that asks the server for what is in it. */
bool
stop_find(const char *state_dir, uint64_t plan, struct stop *s)
{
    char text[256];
    uint64_t of;
    int dir = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return false;
    read_small(dir, "stop", text, sizeof text);
    close(dir);
    return sscanf(text, "wfl-stop 1 %16" SCNx64 " %" SCNu32 " %" SCNu32, &of, &s->family,
               &s->count) == 3 &&
           of == plan;
}

static int
replace(const char *path, const char *temporary, const struct buf *text)
{
    int err = dir_make_parent(path);
    int fd = err ? -1 : open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (!err)
        err = fd < 0 ? errno : write_all(fd, text->p, text->n);
    if (!err && rename(temporary, path) != 0)
        err = errno;
    if (fd >= 0)
        close(fd);
    if (err)
        unlink(temporary);
    return err;
}

int
stop_make(const char *state_dir, uint64_t plan, const struct stop *s, const char *what)
{
    struct buf path = {0}, temporary = {0}, text = {0};
    struct stop other;
    if (stop_find(state_dir, plan, &other))
        return 0;
    buf_printf(&path, "%s/" STATE_STOP, state_dir);
    buf_printf(&temporary, "%s/.stop.%ld", state_dir, (long)getpid());
    buf_printf(&text, "wfl-stop 1 %016" PRIx64 " %" PRIu32 " %" PRIu32 "\n%s\n", plan, s->family,
        s->count, what);
    int err = replace(path.p, temporary.p, &text);
    buf_free(&path);
    buf_free(&temporary);
    buf_free(&text);
    return err;
}

int
stop_tell(const char *state_dir, const char *holder, uint64_t plan, const uint32_t *failed,
    uint32_t nfamilies)
{
    struct buf path = {0}, temporary = {0}, text = {0};
    buf_printf(&path, "%s/" STATE_FAILED "/%s", state_dir, holder);
    buf_printf(&temporary, "%s/" STATE_FAILED "/.%s", state_dir, holder);
    for (uint32_t k = 0; k < nfamilies; k++)
        if (failed[k])
            buf_printf(&text, "%016" PRIx64 " %" PRIu32 " %" PRIu32 "\n", plan, k, failed[k]);
    int err = replace(path.p, temporary.p, &text);
    buf_free(&path);
    buf_free(&temporary);
    buf_free(&text);
    return err;
}

static DIR *
open_failed(const char *state_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_FAILED, state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    return d;
}

static uint32_t
count_in(const char *text, uint64_t plan, uint32_t family)
{
    uint64_t of;
    uint32_t k, n;
    for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL)
        if (sscanf(line, "%16" SCNx64 " %" SCNu32 " %" SCNu32, &of, &k, &n) == 3 && of == plan &&
            k == family)
            return n;
    return 0;
}

uint32_t
stop_others(const char *state_dir, const char *holder, uint64_t plan, uint32_t family,
    uint32_t enough)
{
    char text[16384];
    uint64_t sum = 0;
    DIR *d = open_failed(state_dir);
    const struct dirent *e;
    while (d && sum < enough && (e = readdir(d))) {
        if (e->d_name[0] == '.' || strcmp(e->d_name, holder) == 0)
            continue;
        read_small(dirfd(d), e->d_name, text, sizeof text);
        sum += count_in(text, plan, family);
    }
    if (d)
        closedir(d);
    return sum < enough ? (uint32_t)sum : enough;
}

int
stop_remove(const char *state_dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_STOP, state_dir);
    int err = unlink(path.p) == 0 || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    int left = dir_clear(open_failed(state_dir));
    return left ? left : err;
}
