#include "config.h"

#include "command/command.h"

#include "util/file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("wflc: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}

bool
put_out(struct buf *b, int *code)
{
    int err = write_all(STDOUT_FILENO, b->p, b->n);
    buf_reset(b);
    if (err && err != EPIPE) {
        say("cannot write to standard output: %s", strerror(err));
        *code = EXIT_FILES;
    }
    return err == 0;
}
