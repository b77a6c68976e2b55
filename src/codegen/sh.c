#include "config.h"

#include "codegen/sh.h"

#include <string.h>

static bool
clean(struct sh *s, const char *what, const char *value)
{
    for (const char *p = value; *p; p++) {
        if ((unsigned char)*p >= 0x20 && *p != 0x7f)
            continue;
        if (!s->why.n)
            buf_printf(&s->why, "%s has a control character in it (byte 0x%02x at position %zu)",
                what, (unsigned char)*p, (size_t)(p - value) + 1);
        return false;
    }
    return true;
}

void
sh_begin(struct sh *s)
{
    *s = (struct sh){0};
    buf_puts(&s->out, "#!/bin/sh\n");
}

void
sh_free(struct sh *s)
{
    buf_free(&s->out);
    buf_free(&s->why);
}

void
sh_comment(struct sh *s, const char *fmt, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    if (clean(s, "a comment", text.p))
        buf_printf(&s->out, "# %s\n", text.p);
    buf_free(&text);
}

void
sh_blank(struct sh *s)
{
    buf_putc(&s->out, '\n');
}

void
sh_code(struct sh *s, const char *text)
{
    buf_printf(&s->out, "%s\n", text);
}

void
sh_assign(struct sh *s, const char *name, const char *value)
{
    if (!clean(s, name, value))
        return;
    buf_printf(&s->out, "%s=", name);
    buf_shell_quote(&s->out, value, strlen(value), QUOTE_WORD);
    buf_putc(&s->out, '\n');
}
