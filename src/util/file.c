#include "config.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
file_error(int err)
{
    return err == FILE_ODD ? "not a regular file"
           : err == EILSEQ ? "it holds NUL bytes, so it is no text (UTF-16 can be converted: iconv "
                             "-f UTF-16 -t UTF-8)"
                           : strerror(err);
}

int
file_open(const char *path, struct stat *st)
{
    struct stat own;
    if (!st)
        st = &own;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int err = fd < 0                 ? errno == ENXIO ? FILE_ODD : errno /* a socket */
              : fstat(fd, st) != 0   ? errno
              : S_ISREG(st->st_mode) ? 0
              : S_ISDIR(st->st_mode) ? EISDIR
                                     : FILE_ODD;
    if (!err)
        return fd;
    if (fd >= 0)
        close(fd);
    errno = err;
    return -1;
}

int
file_read(const char *path, struct buf *out)
{
    return file_read_most(path, SIZE_MAX, out);
}

int
file_read_most(const char *path, size_t most, struct buf *out)
{
    struct stat st;
    size_t before = out->n;
    int fd = file_open(path, &st);
    if (fd < 0)
        return errno;
    int err = (uint64_t)st.st_size > most ? EFBIG : 0;
    buf_reserve(out, err ? 1 : (size_t)st.st_size + 1);
    while (!err) {
        buf_reserve(out, 65536);
        ssize_t r = read(fd, out->p + out->n, out->cap - out->n - 1);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            err = errno;
        if (r <= 0)
            break;
        out->n += (size_t)r;
        if (out->n - before > most) /* it has grown */
            err = EFBIG;
    }
    out->p[out->n] = 0;
    close(fd);
    return err;
}

bool
file_number(const char *text, const char *word, uint64_t *n)
{
    size_t length = strlen(word);
    for (const char *q = text; (q = strstr(q, word)); q++)
        if ((q == text || q[-1] == '\n') && q[length] == ' ') {
            *n = strtoull(q + length, NULL, 10);
            return true;
        }
    return false;
}

int
write_all(int fd, const void *data, size_t n)
{
    const char *p = data;
    while (n) {
        ssize_t w = write(fd, p, n);
        if (w < 0) {
            if (errno == EINTR)
                continue;
            return errno;
        }
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

bool
file_trouble(int err)
{
    switch (err) {
    case 0:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EEXIST:
    case ENOTEMPTY:
    case EACCES:
    case EPERM:
    case EINVAL:
    case EFBIG:
    case E2BIG:
    case ENOEXEC:
    case ELIBBAD:
        return false;
    default:
        return true;
    }
}

void
path_folder(const char *path, struct buf *out)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        buf_putc(out, '.');
    else
        buf_add(out, path, slash == path ? 1 : (size_t)(slash - path));
}

int
file_write_atomic(const char *path, const void *p, size_t n, mode_t mode)
{
    struct buf tmp = {0};
    buf_printf(&tmp, "%s.tmp-%ld", path, (long)getpid());
    int err = 0;
    int fd = open(tmp.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) {
        err = errno;
        buf_free(&tmp);
        return err;
    }
    err = write_all(fd, p, n);
    if (!err && fsync(fd) != 0)
        err = errno;
    if (close(fd) != 0 && !err)
        err = errno;
    if (!err && rename(tmp.p, path) != 0)
        err = errno;
    if (err) {
        unlink(tmp.p);
    } else {
        struct buf dir = {0};
        path_folder(path, &dir);
        int dfd = open(dir.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (dfd >= 0) {
            /* some file systems refuse fsync of a folder; the rename itself was done */
            if (fsync(dfd) != 0 && errno != EINVAL && errno != ENOTSUP)
                err = errno;
            close(dfd);
        }
        buf_free(&dir);
    }
    buf_free(&tmp);
    return err;
}

bool
path_below(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    return strncmp(path, folder, n) == 0 && (path[n] == 0 || path[n] == '/' || n == 1);
}

int
dir_make(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    char *s = xstrdup(path);
    int err = 0;
    for (char *q = s + 1; !err; q++) {
        if (*q != '/' && *q != 0)
            continue;
        char c = *q;
        *q = 0;
        if (mkdir(s, 0777) != 0 && errno != EEXIST)
            err = errno;
        *q = c;
        if (c == 0)
            break;
    }
    free(s);
    if (!err && stat(path, &st) != 0)
        err = errno;
    else if (!err && !S_ISDIR(st.st_mode))
        err = ENOTDIR;
    return err;
}

int
dir_make_parent(const char *path)
{
    struct buf dir = {0};
    path_folder(path, &dir);
    int err = dir_make(dir.p);
    buf_free(&dir);
    return err;
}

int
dir_clear(DIR *dir)
{
    const struct dirent *e;
    int err = 0;
    while (dir && (e = readdir(dir)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
            unlinkat(dirfd(dir), e->d_name, 0) != 0 && errno != ENOENT)
            err = errno;
    if (dir)
        closedir(dir);
    return err;
}
