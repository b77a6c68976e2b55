/* What stands at a path, its end, and room on its file system. */
#include "config.h"

#include "node/disk.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* No clock is compared with another one, so that a file server may have its own. */
uint64_t
file_signature(const struct stat *st)
{
    uint64_t v[] = {st->st_ino, (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
        (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ctim.tv_sec, (uint64_t)st->st_ctim.tv_nsec};
    uint64_t h = hash64(v, sizeof v, 0);
    return h ? h : 1;
}

int
folder_is_empty(const char *path, bool *empty)
{
    DIR *d = opendir(path);
    if (!d)
        return errno;
    const struct dirent *e;
    *empty = true;
    do {
        errno = 0;
        e = readdir(d);
        if (e)
            *empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    } while (e && *empty);
    int err = e ? 0 : errno;
    closedir(d);
    return err;
}

int
file_describe(const char *path, struct journal_file *f, enum journal_type *type)
{
    struct stat st;
    bool empty;
    *type = JOURNAL_ABSENT;
    *f = (struct journal_file){0};
    if (stat(path, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return ENOENT;
    int err = S_ISDIR(st.st_mode) ? folder_is_empty(path, &empty) : 0;
    if (err)
        return err;
    *type = S_ISREG(st.st_mode) ? JOURNAL_FILE : JOURNAL_FOLDER;
    f->size = *type == JOURNAL_FILE ? (uint64_t)st.st_size : !empty;
    f->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)ftw;
    if (remove(path) == 0 || errno == ENOENT)
        return 0;
    /* it should be empty: not all of it could be read, which nftw does not say, or somebody still
     * writes there */
    if (errno == ENOTEMPTY || errno == EEXIST)
        errno = kind == FTW_DNR ? EACCES : EBUSY;
    return -1;
}

int
file_remove(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : errno;
}

void
file_remove_aside(const char *path)
{
    struct buf aside = {0};
    buf_printf(&aside, "%s.failed", path);
    file_remove(aside.p);
    buf_free(&aside);
}

int
file_keep(const char *path, struct buf *to)
{
    struct stat st;
    int err = 0;
    for (unsigned n = 1; !err; n++) {
        buf_reset(to);
        buf_printf(to, "%s.before-%u", path, n);
        err = lstat(to->p, &st) == 0 ? 0 : errno;
    }
    if (err == ENOENT) /* that name is free */
        err = rename(path, to->p) == 0 ? 0 : errno;
    return err;
}

/* --- room --- */

int
disk_room(const char *folder, uint64_t need)
{
    struct statvfs v;
    if (statvfs(folder, &v) != 0)
        return file_trouble(errno) ? errno : 0;
    bool full = (uint64_t)v.f_bavail * v.f_frsize < need || (v.f_files && v.f_favail == 0);
    return full ? ENOSPC : 0;
}

/* A file without a name, which a shim that is killed does not leave behind; where the file system
 * knows none, one that loses its name at once. -1 and errno. */
static int
open_probe(const char *folder, const char *holder)
{
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    struct buf path = {0};
    buf_printf(&path, "%s/.wfl-probe.%s", folder, holder);
    fd = open(path.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err = errno;
    if (fd >= 0)
        unlink(path.p);
    buf_free(&path);
    errno = err;
    return fd;
}

int
disk_probe(const char *folder, const char *holder)
{
    static const char block[4096];
    int fd = open_probe(folder, holder);
    int err = fd < 0 ? errno : write_all(fd, block, sizeof block);
    if (!err && fsync(fd) != 0)
        err = errno;
    if (fd >= 0 && close(fd) != 0 && !err)
        err = errno;
    return file_trouble(err) ? err : 0;
}
