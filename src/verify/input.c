#include "config.h"

#include "verify/input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
start(struct input *in)
{
    in->pos = in->end = INPUT_BACK;
    in->base = (uint64_t)0 - INPUT_BACK;
    in->eof = false;
    in->err = 0;
    memset(in->buf, 0, INPUT_BACK);
}

void
input_fd(struct input *in, int fd)
{
    start(in);
    in->fd = fd;
}

void
input_memory(struct input *in, const void *p, size_t n)
{
    start(in);
    in->fd = -1;
    in->mem = p;
    in->left = n;
    in->more = NULL;
}

void
input_pieces(struct input *in, input_more *more, void *arg)
{
    input_memory(in, NULL, 0);
    in->more = more;
    in->arg = arg;
}

static size_t
copy_some(struct input *in, uint8_t *to, size_t n)
{
    if (!in->left && in->more && !(in->mem = in->more(in->arg, &in->left)))
        in->left = 0;
    if (n > in->left)
        n = in->left;
    if (n) {
        memcpy(to, in->mem, n);
        in->mem += n;
        in->left -= n;
    }
    return n;
}

/* A pipe may be one that does not wait; whoever shares it does not want us to change that. */
static bool
wait_for_more(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, -1);
    return n > 0 || (n < 0 && errno == EINTR);
}

static size_t
read_some(struct input *in, uint8_t *to, size_t n)
{
    if (in->fd < 0)
        return copy_some(in, to, n);
    ssize_t r;
    do
        r = read(in->fd, to, n);
    while (r < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_more(in->fd))));
    if (r < 0)
        in->err = errno;
    return r < 0 ? 0 : (size_t)r;
}

/* Moves what is there to the front, and reads more behind it. */
static bool
read_more(struct input *in)
{
    if (in->eof)
        return false;
    size_t from = in->pos - INPUT_BACK;
    memmove(in->buf, in->buf + from, in->end - from);
    in->base += from;
    in->pos -= from;
    in->end -= from;
    size_t r = read_some(in, in->buf + in->end, sizeof in->buf - in->end);
    in->end += r;
    in->eof = r == 0;
    return r > 0;
}

bool
input_fill(struct input *in)
{
    return in->pos < in->end || read_more(in);
}

const uint8_t *
input_take(struct input *in, size_t n)
{
    while (in->end - in->pos < n)
        if (!read_more(in))
            return NULL;
    in->pos += n;
    return in->buf + in->pos - n;
}

/* Moves on in a regular file, as far as it goes; 0 if that cannot be done. */
static uint64_t
seek_over(struct input *in, uint64_t n)
{
    struct stat st;
    if (in->fd < 0 || in->eof || fstat(in->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    uint64_t at = in->base + in->end, size = (uint64_t)st.st_size;
    if (size <= at)
        return 0;
    if (n > size - at)
        n = size - at;
    if (lseek(in->fd, (off_t)(at + n), SEEK_SET) < 0)
        return 0;
    in->base = at + n - INPUT_BACK;
    in->pos = in->end = INPUT_BACK;
    return n;
}

uint64_t
input_skip(struct input *in, uint64_t n)
{
    uint64_t skipped = 0;
    while (skipped < n) {
        uint64_t left = n - skipped, here = in->end - in->pos;
        if (here == 0) {
            uint64_t far = left > sizeof in->buf ? seek_over(in, left) : 0;
            if (!far && !read_more(in))
                break;
            skipped += far;
            continue;
        }
        if (here > left)
            here = left;
        in->pos += (size_t)here;
        skipped += here;
    }
    return skipped;
}
