#include "config.h"

#include "verify/whole.h"

#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITER_MS 10000

typedef enum verdict checker(struct input *in, struct buf *why);

/* A pipe that nobody will write to must not hold us: whoever wants to may take a while to come.
 * What is opened here is our own, but for a socket, which cannot be opened. */
static int
open_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENXIO && strcmp(path, "/dev/stdin") == 0)
        return fcntl(0, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode))
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, WRITER_MS);
    return fd;
}

static enum verdict
check_file(checker *check, const char *path, struct input *in, struct buf *why)
{
    int fd = open_file(path);
    if (fd < 0) {
        int err = errno;
        buf_printf(why, "cannot open: %s", strerror(err));
        return file_trouble(err) ? VERDICT_TROUBLE : VERDICT_UNREADABLE;
    }
    input_fd(in, fd);
    enum verdict v = check(in, why);
    if (in->err) {
        buf_reset(why);
        buf_printf(why, "cannot read: %s (at byte %llu)", strerror(in->err),
            (unsigned long long)in->base + in->end);
        v = file_trouble(in->err) ? VERDICT_TROUBLE : VERDICT_UNREADABLE;
    }
    close(fd);
    return v;
}

int
check_main(int argc, char **argv)
{
    checker *check = NULL;
    if (argc >= 3)
        check = strcmp(argv[1], "fits") == 0   ? check_fits
                : strcmp(argv[1], "gzip") == 0 ? check_gzip
                                               : NULL;
    if (!check) {
        fputs("usage: wfl-shim check fits|gzip FILE...\n", stderr);
        return 2;
    }
    struct input *in = xmalloc(sizeof *in);
    struct buf why = {0};
    int code = 0;
    for (int i = 2; i < argc; i++) {
        buf_reset(&why);
        enum verdict v = check_file(check, argv[i], in, &why);
        if (v != VERDICT_GOOD)
            printf("%s: %s\n", argv[i], why.p);
        if ((int)v > code)
            code = (int)v;
    }
    buf_free(&why);
    free(in);
    if (fflush(stdout) != 0 && code == 0)
        code = 3;
    return code;
}
