#include "config.h"

#include "state/wrote.h"

#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t
mark(uint32_t i, enum journal_type type, uint64_t size, int64_t mtime_ns)
{
    const uint64_t v[] = {i, type, size, (uint64_t)mtime_ns};
    return hash64(v, sizeof v, 0) | 1;
}

void
wrote_add(struct wrote *w, const struct plan *p, const struct plan_family *f, uint32_t i,
    const struct journal_file *file, enum journal_type type)
{
    /* whether a folder has anything in it is all that is told of it */
    uint64_t size = type == JOURNAL_FOLDER ? file->size != 0 : file->size;
    if (!p->file[f->first_output + i].optional)
        w->rough += mark(i, type, size, 0);
    w->exact += mark(i, type, size, type == JOURNAL_FILE ? file->mtime_ns : 0);
}

void
wrote_record(struct wrote *w, const struct plan *p, const struct plan_family *f,
    const struct journal_output *o)
{
    if (o->first == 0)
        *w = (struct wrote){0};
    for (uint32_t i = 0; i < o->count && o->first + i < f->noutputs; i++)
        wrote_add(w, p, f, o->first + i, &o->of[i], o->types >> 2 * i & 3);
}

uint32_t
wrote_half(uint64_t sum)
{
    uint32_t h = (uint32_t)(sum ^ sum >> 32);
    return sum && !h ? 1 : h;
}

static int
is_empty(int dirfd, const char *path, bool *empty)
{
    int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        int err = errno;
        if (fd >= 0)
            close(fd);
        return err;
    }
    const struct dirent *e;
    do {
        errno = 0;
        e = readdir(d);
    } while (e && (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0));
    int err = e ? 0 : errno;
    *empty = !e;
    closedir(d);
    return err;
}

int
wrote_look(int dirfd, const char *path, struct journal_file *file, enum journal_type *type)
{
    struct stat st;
    bool empty = false;
    int err = fstatat(dirfd, path, &st, 0) == 0 ? 0 : errno;
    *type = JOURNAL_ABSENT;
    *file = (struct journal_file){0};
    if (!err && S_ISDIR(st.st_mode))
        err = is_empty(dirfd, path, &empty);
    if (err || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return err == ENOENT || err == ENOTDIR ? 0 : err;
    *type = S_ISREG(st.st_mode) ? JOURNAL_FILE : JOURNAL_FOLDER;
    file->size = *type == JOURNAL_FILE ? (uint64_t)st.st_size : !empty;
    file->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return 0;
}

bool
wrote_folder_absent(int dirfd, const char *path, struct buf *folder)
{
    struct journal_file file;
    enum journal_type type;
    buf_reset(folder);
    path_folder(path, folder);
    if (wrote_look(dirfd, folder->p, &file, &type) != 0 || type != JOURNAL_FOLDER)
        return true;
    return !file.size && faccessat(dirfd, folder->p, W_OK, AT_EACCESS) != 0;
}

bool
wrote_may_be_empty(const struct plan *p, const struct plan_file *f)
{
    for (uint32_t i = f->first_check; i < f->first_check + f->nchecks; i++)
        if (p->check[i].kind == CHECK_EXISTS)
            return true;
    return false;
}
