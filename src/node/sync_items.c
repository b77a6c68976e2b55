/* Files and folders are put on the disk: one by one where they are few, else the whole file system.
 */
#include "config.h"

#include "node/syncer.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    FEW = 16,       /* files, for which the rest of the file system is left alone */
    WORKERS = 8,    /* processes, where many files have to be synced one by one */
    MOUNTS = 16,    /* file systems that are remembered */
    FOLDERS = 4096, /* folders whose parents are known to be on the disk */
};

/* A file system that was seen, with a folder of it. */
struct mount {
    dev_t device;
    int fd;
    bool whole; /* syncfs puts all of it on the disk */
};

static struct mount mount[MOUNTS];
static unsigned nmounts;
static uint64_t known_folder[FOLDERS];

/* File systems of which Linux writes everything back with syncfs. Others, such as Lustre (llite has
 * no sync_fs) or GPFS, give their promise with fsync of each file only. The numbers: statfs(2). */
static bool
syncs_as_a_whole(int fd)
{
    static const uint32_t known[] = {0xef53 /* ext2, 3, 4 */, 0x58465342 /* xfs */,
        0x9123683e /* btrfs */, 0xf2f52010 /* f2fs */, 0x2fc12fc1 /* zfs */, 0x6969 /* nfs */,
        0x794c7630 /* overlay */, 0x01021994 /* tmpfs */, 0x858458f6 /* ramfs */};
    struct statfs s;
    if (fstatfs(fd, &s) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if ((uint32_t)s.f_type == known[i])
            return true;
    return false;
}

/* What "is gone" means for something that was there: somebody removed it, and that may be so. */
static int
unless_gone(int err)
{
    return err == ENOENT || err == ENOTDIR ? 0 : err;
}

/* EINVAL: this is nothing that can be synced, e.g. a folder on some file systems. */
static int
sync_fd(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
}

static int
sync_path(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;
    int err = sync_fd(fd);
    close(fd);
    return err;
}

/* The file system of this folder, or NULL: errno. */
static const struct mount *
mount_of(const char *folder)
{
    struct stat st;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) != 0) {
        close(fd);
        return NULL;
    }
    for (unsigned i = 0; i < nmounts; i++)
        if (mount[i].device == st.st_dev) {
            close(fd);
            return &mount[i];
        }
    if (nmounts == MOUNTS) { /* more than anybody has: forget them all */
        while (nmounts)
            close(mount[--nmounts].fd);
    }
    mount[nmounts] = (struct mount){st.st_dev, fd, syncs_as_a_whole(fd)};
    return &mount[nmounts++];
}

/* --- as a whole --- */

/* All of them, if every file system can be; false: they have to be synced one by one. */
static bool
sync_whole(const struct sync_item *item, size_t n)
{
    struct buf folder = {0}, last = {0};
    bool good = true, seen[MOUNTS] = {false};
    unsigned before = nmounts;
    for (size_t i = 0; i < n && good; i++) {
        buf_reset(&folder);
        path_folder(item[i].path, &folder);
        if (last.n == folder.n && memcmp(last.p, folder.p, folder.n) == 0)
            continue;
        buf_reset(&last);
        buf_add(&last, folder.p, folder.n);
        const struct mount *m = mount_of(folder.p);
        if (!m && unless_gone(errno) == 0)
            continue;
        good = m && m->whole && nmounts >= before;
        if (good)
            seen[m - mount] = true;
    }
    for (unsigned i = 0; i < nmounts && good; i++)
        good = !seen[i] || syncfs(mount[i].fd) == 0;
    buf_free(&folder);
    buf_free(&last);
    return good;
}

/* --- one by one --- */

static int sync_entry(int folder, const char *name);

/* What is open, and all that is in it if it is a folder; closes it. Not by nftw(3), to which a
 * folder that cannot be read to its end is one that holds less. */
static int
sync_tree(int fd)
{
    struct stat st;
    int err = fstat(fd, &st) == 0 ? 0 : errno;
    bool folder = !err && S_ISDIR(st.st_mode), whole = false;
    DIR *d = folder ? fdopendir(fd) : NULL;
    if (folder && !d)
        err = errno;
    while (d && !err) {
        errno = 0;
        const struct dirent *e = readdir(d);
        err = e ? sync_entry(fd, e->d_name) : errno;
        if (!e)
            break;
        if (err == EACCES) { /* not for us to read: the whole file system, once */
            err = whole || syncfs(fd) == 0 ? 0 : errno;
            whole = true;
        }
    }
    if (!err)
        err = sync_fd(fd);
    if (d)
        closedir(d);
    else
        close(fd);
    return err;
}

/* No link leads out of a folder, and what is neither a file nor a folder has nothing for the disk.
 */
static int
sync_entry(int folder, const char *name)
{
    struct stat st;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return unless_gone(errno);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return 0;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    return unless_gone(fd < 0 ? errno : sync_tree(fd));
}

/* Its parents, too, when it was not seen before: they may have been made for it. */
static int
sync_folder(const char *folder)
{
    uint64_t h = hash64(folder, strlen(folder), 0);
    bool known = known_folder[h % FOLDERS] == h;
    char *path = xstrdup(folder);
    int err = unless_gone(sync_path(path));
    for (char *slash; !err && !known && (slash = strrchr(path, '/')) && slash > path;) {
        *slash = 0;
        err = unless_gone(sync_path(path));
        if (err == EACCES) /* it was there before us */
            err = 0;
    }
    if (!err && !known && *folder != '/')
        err = sync_path(".");
    if (!err)
        known_folder[h % FOLDERS] = h;
    free(path);
    return err;
}

/* A file, or a folder with all that is in it. */
static int
sync_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == EACCES) { /* its task made it unreadable, even for us */
        struct buf parent = {0};
        path_folder(path, &parent);
        const struct mount *m = mount_of(parent.p);
        int err = m && syncfs(m->fd) == 0 ? 0 : errno;
        buf_free(&parent);
        return unless_gone(err);
    }
    return unless_gone(fd < 0 ? errno : sync_tree(fd));
}

/* What `item`s number from, from + step ... wrote is sent on its way, all at once; then waited for.
 */
static void
sync_some(struct sync_item *item, size_t n, size_t from, size_t step, int *err)
{
    struct buf folder = {0}, last = {0};
    int last_err = 0;
    for (size_t i = from; i < n; i += step) {
        int fd = open(item[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            continue;
        sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* only a hint */
        close(fd);
    }
    for (size_t i = from; i < n; i += step)
        err[i] = sync_one(item[i].path);
    for (size_t i = from; i < n; i += step) {
        buf_reset(&folder);
        path_folder(item[i].path, &folder);
        if (last.n != folder.n || memcmp(last.p, folder.p, folder.n) != 0) {
            last_err = sync_folder(folder.p);
            buf_reset(&last);
            buf_add(&last, folder.p, folder.n);
        }
        err[i] = err[i] ? err[i] : last_err;
    }
    buf_free(&folder);
    buf_free(&last);
}

/* Many files take as long as the file system takes to answer, so several are asked for at a time.
 */
static void
sync_each(struct sync_item *item, size_t n)
{
    size_t size = (n + 1) * sizeof(int);
    int *err = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t step = n > FEW ? WORKERS : 1, from = 0;
    pid_t child[WORKERS] = {0};
    if (err == MAP_FAILED) {
        for (size_t i = 0; i < n; i++)
            item[i].err = ENOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        err[i] = EIO; /* as long as its process does not say better */
    for (; from + 1 < step; from++) {
        child[from] = fork();
        if (child[from] == 0) {
            sync_some(item, n, from, step, err);
            _exit(0);
        }
        if (child[from] < 0)
            sync_some(item, n, from, step, err);
    }
    sync_some(item, n, from, step, err);
    for (size_t i = 0; i < from; i++)
        if (child[i] > 0)
            waitpid(child[i], NULL, 0);
    for (size_t i = 0; i < n; i++)
        item[i].err = err[i];
    munmap(err, size);
}

void
sync_items(struct sync_item *item, size_t n)
{
    if (n > FEW && sync_whole(item, n))
        return;
    sync_each(item, n);
}
