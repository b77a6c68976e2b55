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
sh_begin(struct sh *s, const char *interpreter)
{
    *s = (struct sh){0};
    buf_printf(&s->out, "#!%s\n", interpreter);
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
sh_profile_line(struct sh *s, const char *key, const char *text)
{
    if (clean(s, key, text))
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

void
sh_assign_command(struct sh *s, const char *name, const char *key, const char *command)
{
    if (clean(s, key, command))
        buf_printf(&s->out, "%s=$(%s) || %s=\n", name, command, name);
}

void
sh_raw(struct sh *s, const char *text)
{
    buf_puts(&s->out, text);
}

void
sh_end(struct sh *s)
{
    buf_putc(&s->out, '\n');
}

/* One word, quoted if it must be. A '=' needs none but in the first word of a line. */
static void
put_word(struct sh *s, const char *value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-+=./,:@%";
    bool first = !s->out.n || s->out.p[s->out.n - 1] == '\n';
    if (!first)
        buf_putc(&s->out, ' ');
    if (!first && *value && strspn(value, plain) == strlen(value))
        buf_puts(&s->out, value);
    else
        buf_shell_quote(&s->out, value, strlen(value), QUOTE_WORD);
}

void
sh_word(struct sh *s, const char *what, const char *value)
{
    if (clean(s, what, value))
        put_word(s, value);
}

void
sh_value(struct sh *s, const char *what, const char *quoted)
{
    if (clean(s, what, quoted))
        buf_puts(&s->out, quoted);
}

static const struct sh_insert *
inserted(const char *p, const struct sh_insert *insert, size_t n)
{
    for (size_t i = 0; *p == '{' && i < n; i++) {
        size_t len = strlen(insert[i].name);
        if (strncmp(p + 1, insert[i].name, len) == 0 && p[1 + len] == '}')
            return &insert[i];
    }
    return NULL;
}

void
sh_template(struct sh *s, const char *what, const char *text, const struct sh_insert *insert,
    size_t n)
{
    struct buf word = {0}, quoted = {0};
    bool variables = false;
    for (const char *p = text; *p;) {
        const struct sh_insert *i = inserted(p, insert, n);
        if (i) {
            variables = variables || strchr(i->value, '$');
            buf_puts(&word, i->value);
            buf_puts(&quoted, i->value);
            p += strlen(i->name) + 2;
        } else {
            buf_putc(&word, *p);
            buf_shell_quote(&quoted, p++, 1, QUOTE_DOUBLE);
        }
    }
    if (clean(s, what, text)) {
        if (variables)
            buf_printf(&s->out, "%s\"%s\"", s->out.n && s->out.p[s->out.n - 1] != '\n' ? " " : "",
                quoted.p);
        else
            put_word(s, word.n ? word.p : "");
    }
    buf_free(&word);
    buf_free(&quoted);
}

void
sh_path(struct sh *s, const char *what, const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    if (!strchr(path, '$')) {
        sh_word(s, what, path);
        return;
    }
    if (!clean(s, what, path))
        return;
    buf_puts(&s->out, " \"");
    for (const char *p = path; *p; p++) {
        if (*p == '$' && p[1] && strchr(letters, p[1]))
            buf_putc(&s->out, '$');
        else
            buf_shell_quote(&s->out, p, 1, QUOTE_DOUBLE);
    }
    buf_putc(&s->out, '"');
}
