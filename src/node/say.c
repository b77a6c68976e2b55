/* Lines of text that tell who says them. */
#include "config.h"

#include "node/say.h"

#include <stdarg.h>
#include <unistd.h>

static void
add_line(struct buf *out, const char *fmt, va_list ap)
{
    buf_puts(out, "wfl-shim: ");
    buf_vprintf(out, fmt, ap);
    buf_putc(out, '\n');
}

/* One write a line, so that lines of several programs do not mix. */
void
say_list(const char *fmt, va_list ap)
{
    static struct buf line;
    buf_reset(&line);
    add_line(&line, fmt, ap);
    /* nobody listens, or a full disk: the journal tells the same */
    (void)!write(2, line.p, line.n);
}

void
say(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say_list(fmt, ap);
    va_end(ap);
}

void
note_add(struct buf *note, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_line(note, fmt, ap);
    va_end(ap);
}
