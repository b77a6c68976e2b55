#include "config.h"

#include "top/screen.h"

#include "diag/utf8.h"

#include <stdlib.h>
#include <string.h>

void
screen_clear(struct screen *s, unsigned width, unsigned height)
{
    for (unsigned y = height; y < s->height; y++) {
        buf_free(&s->line[y].text);
        buf_free(&s->line[y].style);
    }
    s->line = xrealloc(s->line, (height + 1) * sizeof *s->line);
    for (unsigned y = 0; y < height; y++) {
        struct screen_line *l = &s->line[y];
        if (y >= s->height)
            *l = (struct screen_line){0};
        buf_reset(&l->text);
        buf_reset(&l->style);
        l->width = l->skip = 0;
    }
    s->width = width;
    s->height = height;
}

void
screen_free(struct screen *s)
{
    screen_clear(s, 0, 0);
    free(s->line);
    *s = (struct screen){0};
}

/* A character, which takes `width` columns. */
static void
put_one(const struct screen *s, struct screen_line *l, enum style style, const char *text, size_t n,
    unsigned width)
{
    if (l->skip) { /* of a wide one that is cut, the rest is a blank */
        bool cut = width > l->skip;
        l->skip -= width < l->skip ? width : l->skip;
        if (!cut)
            return;
        text = " ";
        n = width = 1;
    }
    if (l->width + width > s->width)
        return;
    l->width += width;
    buf_add(&l->text, text, n);
    while (n--)
        buf_putc(&l->style, (char)style);
}

static bool
is_safe(uint32_t code, unsigned n)
{
    return code >= 0x20 && code != 0x7f && !(code >= 0x80 && code < 0xa0) &&
           !(code == 0xfffd && n == 1) && code != 0x200e && code != 0x200f &&
           !(code >= 0x202a && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);
}

void
screen_put(struct screen *s, unsigned y, enum style style, const char *text, size_t n)
{
    if (y >= s->height)
        return;
    struct screen_line *l = &s->line[y];
    for (size_t at = 0; at < n && l->width < s->width;) {
        uint32_t code;
        unsigned len = utf8_next(text + at, n - at, &code);
        if (is_safe(code, len))
            put_one(s, l, style, text + at, len, utf8_width(code));
        else
            put_one(s, l, style, "?", 1, 1);
        at += len;
    }
}

void
screen_puts(struct screen *s, unsigned y, enum style style, const char *text)
{
    screen_put(s, y, style, text, strlen(text));
}

void
screen_pad(struct screen *s, unsigned y, enum style style, unsigned column)
{
    while (y < s->height && s->line[y].width < column && s->line[y].width < s->width)
        put_one(s, &s->line[y], style, " ", 1, 1);
}

void
screen_skip(struct screen *s, unsigned y, unsigned columns)
{
    if (y < s->height)
        s->line[y].skip = columns;
}

void
screen_mark(struct screen *s, unsigned y, enum style style)
{
    if (y >= s->height)
        return;
    struct screen_line *l = &s->line[y];
    l->skip = 0;
    screen_pad(s, y, style, s->width);
    memset(l->style.p, style, l->style.n);
}

unsigned
text_width(const char *text, size_t n)
{
    unsigned width = 0;
    for (size_t at = 0; at < n;) {
        uint32_t code;
        unsigned len = utf8_next(text + at, n - at, &code);
        width += is_safe(code, len) ? utf8_width(code) : 1;
        at += len;
    }
    return width;
}

/* --- long lines --- */

/* Without tabs and what was written over; *n becomes the length of what is in `plain`. */
static void
plain_line(const char *text, size_t n, struct buf *plain)
{
    buf_reset(plain);
    while (n && text[n - 1] == '\r')
        n--;
    const char *over = n ? memrchr(text, '\r', n) : NULL;
    if (over) {
        n -= (size_t)(over + 1 - text);
        text = over + 1;
    }
    unsigned column = 0;
    for (size_t at = 0; at < n;) {
        uint32_t code;
        unsigned len = utf8_next(text + at, n - at, &code);
        if (code == '\t') {
            do
                buf_putc(plain, ' ');
            while (++column % 8);
        } else {
            buf_add(plain, text + at, len);
            column += is_safe(code, len) ? utf8_width(code) : 1;
        }
        at += len;
    }
}

/* Bytes of the text that fit into a line. */
static size_t
that_fit(const char *text, size_t n, unsigned width, bool words)
{
    unsigned column = 0;
    size_t at = 0, blank = 0;
    while (at < n) {
        uint32_t code;
        unsigned len = utf8_next(text + at, n - at, &code);
        column += is_safe(code, len) ? utf8_width(code) : 1;
        if (column > width && at)
            return words && blank > at / 2 ? blank : at;
        if (code == ' ')
            blank = at;
        at += len;
    }
    return n;
}

void
screen_wrap(const char *text, unsigned width, bool words, struct buf *out)
{
    struct buf plain = {0};
    while (*text) {
        size_t n = strcspn(text, "\n");
        plain_line(text, n, &plain);
        size_t at = 0;
        do {
            size_t fit = that_fit(plain.p + at, plain.n - at, width, words);
            buf_add(out, plain.p + at, fit);
            buf_putc(out, '\n');
            at += fit;
            if (words && at < plain.n && plain.p[at] == ' ')
                at++;
        } while (at < plain.n);
        text += n + (text[n] != 0);
    }
    buf_free(&plain);
}
