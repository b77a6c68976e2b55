#include "config.h"

#include "learn/shared.h"

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

enum {
    PART = 64,        /* what is worth to be told is such a part of what is known */
    TRIES = 4,        /* to be the next one */
    READ = 2,         /* files: the last one may be torn by a crash, or just being written */
    KEPT = 256,       /* so that who was held up does not make one anew that was removed */
    MOST = 999999999, /* a higher number is nobody's */
};

static bool
is_much(uint64_t ends, uint64_t fresh, bool last)
{
    uint64_t known = ends - fresh;
    return fresh && fresh >= known / PART && (last || fresh >= BOOK_ENOUGH || fresh >= known / 2);
}

bool
shared_worth(const struct book *b, bool last)
{
    uint64_t ends = book_ends(b), fresh = book_fresh(b);
    bool worth = is_much(ends, fresh, last);
    for (uint32_t i = 0; !worth && book_family(b, &i, &ends, &fresh);)
        worth = is_much(ends, fresh, last);
    return worth;
}

/* The number that a file is named; 0: it is none of ours. */
static uint32_t
number_of(const char *name)
{
    uint32_t n = 0;
    if (*name == '0')
        return 0;
    for (; *name >= '0' && *name <= '9' && n <= MOST / 10; name++)
        n = n * 10 + (uint32_t)(*name - '0');
    return *name || n > MOST ? 0 : n;
}

/* The numbers of the last two files, the last one first; 0: there is none. 0 or errno. */
static int
list(int dir, uint32_t last[READ])
{
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (!d) {
        int err = errno;
        if (copy >= 0)
            close(copy);
        return err;
    }
    memset(last, 0, READ * sizeof *last);
    const struct dirent *e;
    while ((e = readdir(d))) {
        uint32_t n = number_of(e->d_name);
        if (n > last[0]) {
            last[1] = last[0];
            last[0] = n;
        } else if (n > last[1] && n < last[0]) {
            last[1] = n;
        }
    }
    closedir(d);
    return 0;
}

static enum book_kind
read_one(struct book *b, int dir, uint32_t number, struct buf *bytes)
{
    char name[16];
    snprintf(name, sizeof name, "%" PRIu32, number);
    buf_reset(bytes);
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;
    bool good = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size < 1 << 24;
    if (good && st.st_size) {
        buf_reserve(bytes, (size_t)st.st_size);
        ssize_t n = read(fd, bytes->p, (size_t)st.st_size);
        bytes->n = n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return book_read(b, bytes->p, good ? bytes->n : 0);
}

static int
read_last(struct book *b, int dir, uint32_t *number)
{
    uint32_t last[READ] = {0};
    int err = list(dir, last);
    if (err || last[0] == *number)
        return err;
    struct buf bytes = {0};
    *number = last[0];
    for (int i = 0; i < READ && last[i]; i++)
        if (read_one(b, dir, last[i], &bytes) != BOOK_NONE)
            break;
    buf_free(&bytes);
    return 0;
}

static int
open_folder(const char *state_dir, int *dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_LEARNED, state_dir);
    *dir = open(path.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = *dir < 0 ? errno : 0;
    buf_free(&path);
    return err;
}

int
shared_read(struct book *b, const char *state_dir, uint32_t *number)
{
    int dir, err = open_folder(state_dir, &dir);
    if (err)
        return err == ENOENT ? 0 : err;
    err = read_last(b, dir, number);
    close(dir);
    return err;
}

/* Makes file `number`, if nobody else has; as journals are made. */
static int
create(int dir, const char *holder, uint32_t number, const struct buf *bytes)
{
    char name[16], temporary[HOLDER_SIZE + 32];
    struct stat st;
    snprintf(name, sizeof name, "%" PRIu32, number);
    snprintf(temporary, sizeof temporary, ".learned.e%" PRIu32 ".%s", number, holder);
    int fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int err = fd < 0 ? errno : write_all(fd, bytes->p, bytes->n);
    if (!err && linkat(dir, temporary, dir, name, 0) != 0) {
        err = errno;
        /* over NFS the answer may get lost, and the second try finds what the first one did */
        if (err == EEXIST && fstat(fd, &st) == 0 && st.st_nlink == 2)
            err = 0;
    }
    if (fd >= 0) {
        close(fd);
        unlinkat(dir, temporary, 0);
    }
    if (err != EPERM && err != ENOTSUP && err != ENOSYS)
        return err;
    fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return errno;
    err = write_all(fd, bytes->p, bytes->n);
    close(fd);
    return err;
}

/* All but the last ones. */
static void
remove_old(int dir, uint32_t number)
{
    char name[16];
    for (uint32_t n = number > KEPT ? number - KEPT : 0; n; n--) {
        snprintf(name, sizeof name, "%" PRIu32, n);
        if (unlinkat(dir, name, 0) != 0)
            break;
    }
}

int
shared_add(struct book *b, const char *state_dir, const char *holder, bool last, uint32_t *number)
{
    struct buf path = {0}, bytes = {0};
    int dir, err;
    buf_printf(&path, "%s/" STATE_LEARNED, state_dir);
    err = dir_make(path.p);
    buf_free(&path);
    err = err ? err : open_folder(state_dir, &dir);
    if (err)
        return err;
    for (int i = 0; i < TRIES; i++) {
        err = read_last(b, dir, number);
        if (err || !shared_worth(b, last))
            break;
        buf_reset(&bytes);
        book_write(b, &bytes);
        err = *number < MOST ? create(dir, holder, *number + 1, &bytes) : EOVERFLOW;
        if (!err) {
            ++*number;
            book_shared(b);
            remove_old(dir, *number);
        }
        if (err != EEXIST)
            break;
    }
    close(dir);
    buf_free(&bytes);
    return err;
}
