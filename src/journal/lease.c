#include "config.h"

#include "journal/journal.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Locks of open file descriptions (F_OFD_*): they end with their holder as those of flock do, and
 * unlike those they can be asked about without taking them for a moment, which would make a shim
 * that starts just then believe that the shard is taken. */

static struct flock
whole_file(void)
{
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

static void
lease_path(struct buf *b, const char *state_dir, uint32_t shard)
{
    buf_printf(b, "%s/leases/%04u", state_dir, shard);
}

static void
read_holder(int fd, char *holder, size_t n)
{
    if (!holder || n == 0)
        return;
    ssize_t r = pread(fd, holder, n - 1, 0);
    holder[r > 0 ? r : 0] = 0;
    holder[strcspn(holder, "\n")] = 0;
}

static int
write_holder(int fd)
{
    char host[256] = "", line[300];
    if (gethostname(host, sizeof host - 1) != 0)
        host[0] = 0;
    int n = snprintf(line, sizeof line, "%s %ld\n", host, (long)getpid());
    if (ftruncate(fd, 0) != 0)
        return errno;
    return write_all(fd, line, (size_t)n);
}

/* When the holder is killed while it starts a task, the child still has the descriptor until its
 * exec, and with it the lock: what is taken is asked for again, for two seconds at most. */
static int
lock_patiently(int fd)
{
    for (int tries = 0;; tries++) {
        struct flock lock = whole_file();
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
        if (errno != EACCES && errno != EAGAIN)
            return errno;
        if (tries == 200)
            return EWOULDBLOCK;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
}

int
lease_take(const char *state_dir, uint32_t shard, char *holder, size_t n)
{
    if (holder && n)
        holder[0] = 0;
    struct buf path = {0};
    lease_path(&path, state_dir, shard);
    int fd = -1, err = dir_make_parent(path.p);
    if (!err) {
        fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
        err = fd < 0 ? errno : 0;
    }
    buf_free(&path);
    if (!err)
        err = lock_patiently(fd);
    if (!err)
        err = write_holder(fd);
    else if (err == EWOULDBLOCK)
        read_holder(fd, holder, n);
    if (err) {
        if (fd >= 0)
            close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

bool
lease_held(const char *state_dir, uint32_t shard, char *holder, size_t n)
{
    if (holder && n)
        holder[0] = 0;
    struct buf path = {0};
    lease_path(&path, state_dir, shard);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    buf_free(&path);
    if (fd < 0)
        return false;
    struct flock lock = whole_file();
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    if (held)
        read_holder(fd, holder, n);
    close(fd);
    return held;
}
