#include "config.h"

#include "util/json.h"

#include <math.h>
#include <stdbool.h>

/* Bytes of the UTF-8 character at p, or 0 if there is none: overlong forms, surrogates and what is
 * beyond U+10FFFF are none. */
static size_t
utf8_length(const unsigned char *p)
{
    size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) || (*p == 0xf0 && p[1] < 0x90) ||
        (*p == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

void
json_string(struct buf *out, const char *s)
{
    const unsigned char *p = (const unsigned char *)s;
    buf_putc(out, '"');
    while (*p) {
        size_t n = utf8_length(p);
        if (n == 0)
            buf_puts(out, "\\ufffd");
        else if (*p == '"' || *p == '\\')
            buf_printf(out, "\\%c", *p);
        else if (*p < 32 || *p == 127)
            buf_printf(out, "\\u%04x", *p);
        else
            buf_add(out, p, n);
        p += n ? n : 1;
    }
    buf_putc(out, '"');
}

static bool
is_first(const struct buf *out)
{
    return out->n && (out->p[out->n - 1] == '{' || out->p[out->n - 1] == '[');
}

void
json_key(struct buf *out, const char *key)
{
    buf_puts(out, is_first(out) ? "\"" : ", \"");
    buf_puts(out, key);
    buf_puts(out, "\": ");
}

void
json_item(struct buf *out)
{
    buf_puts(out, is_first(out) ? "\n    {" : ",\n    {");
}

void
json_text(struct buf *out, const char *key, const char *s)
{
    json_key(out, key);
    json_string(out, s);
}

void
json_integer(struct buf *out, const char *key, uint64_t n)
{
    json_key(out, key);
    buf_printf(out, "%llu", (unsigned long long)n);
}

void
json_bool(struct buf *out, const char *key, bool yes)
{
    json_key(out, key);
    buf_puts(out, yes ? "true" : "false");
}

void
json_real(struct buf *out, const char *key, double x)
{
    json_key(out, key);
    if (isfinite(x))
        buf_printf(out, "%.3f", x);
    else
        buf_puts(out, "null");
}
