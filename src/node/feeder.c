#include "config.h"

#include "node/feeder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int
feeder_open(struct feeder *f, int *input)
{
    int ends[2];
    struct buf wait = f->wait;
    buf_reset(&wait);
    *f = (struct feeder){.fd = -1, .watched = -1, .wait = wait};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    if (fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
        int err = errno;
        close(ends[0]);
        close(ends[1]);
        return err;
    }
    f->fd = ends[1];
    *input = ends[0];
    return 0;
}

uint64_t
feeder_read(struct feeder *f)
{
    int n = 0, fd = f->fd >= 0 ? f->fd : f->watched;
    if (fd >= 0 && ioctl(fd, FIONREAD, &n) == 0)
        f->left = (uint64_t)n;
    return f->sent - f->left;
}

/* What is in the pipe can be asked for as long as one end is open here. One to read from, in the
 * place of ours, does not keep the program from the end of file. */
static void
end_file(struct feeder *f)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
    f->watched = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    feeder_read(f);
    close(f->fd);
    f->fd = -1;
}

void
feeder_close(struct feeder *f)
{
    feeder_read(f);
    if (f->fd >= 0)
        close(f->fd);
    if (f->watched >= 0)
        close(f->watched);
    f->fd = f->watched = -1;
}

void
feeder_free(struct feeder *f)
{
    feeder_close(f);
    buf_free(&f->wait);
}

uint64_t
feeder_add(struct feeder *f, const char *line, size_t n)
{
    buf_add(&f->wait, line, n);
    buf_putc(&f->wait, '\n');
    return f->given += n + 1;
}

uint64_t
feeder_take_back(struct feeder *f)
{
    const char *end = f->within && f->wait.n ? memchr(f->wait.p, '\n', f->wait.n) : NULL;
    f->wait.n = end ? (size_t)(end - f->wait.p) + 1 : 0;
    return f->given = f->sent + f->wait.n;
}

void
feeder_end(struct feeder *f)
{
    f->ends = true;
    feeder_send(f);
}

bool
feeder_send(struct feeder *f)
{
    while (f->fd >= 0 && f->wait.n && !f->refused) {
        ssize_t n = write(f->fd, f->wait.p, f->wait.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return false;
        if (n < 0) { /* EPIPE: nobody reads any more */
            f->refused = true;
            break;
        }
        f->within = f->wait.p[n - 1] != '\n';
        f->sent += (uint64_t)n;
        f->wait.n -= (size_t)n;
        memmove(f->wait.p, f->wait.p + n, f->wait.n);
    }
    if (f->ends && f->fd >= 0)
        end_file(f);
    return true;
}
