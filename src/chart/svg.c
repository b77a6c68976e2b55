#include "config.h"

#include "chart/svg.h"

#include "diag/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Readable on paper and, where the reader prefers that, on black. Kinds of lines and text; colours
 * that carry data are set where they are used. */
static const char style[] =
    "text { font: 13px \"Helvetica Neue\", Helvetica, Arial, \"Liberation Sans\", sans-serif; "
    "fill: #1c2430 }\n"
    ".title { font-size: 20px; font-weight: 600 }\n"
    ".head { font-weight: 600 }\n"
    ".soft { fill: #5a6675 }\n"
    ".small { font-size: 11px; fill: #5a6675 }\n"
    ".tiny { font-size: 7px; fill: #1c2430 }\n"
    ".middle { text-anchor: middle }\n"
    ".right { text-anchor: end }\n"
    ".on { paint-order: stroke; stroke: #f4f6f9; stroke-width: 3px; stroke-linejoin: round }\n"
    ".paper { fill: #ffffff }\n"
    ".sky { fill: #f4f6f9 }\n"
    ".frame { fill: none; stroke: #8a94a3 }\n"
    ".grid { fill: none; stroke: #1c2430; stroke-opacity: .22; stroke-width: .8 }\n"
    ".edge { fill: none; stroke: #c2185b; stroke-width: 2.2; stroke-linejoin: round }\n"
    ".under { fill: none; stroke: #ffffff; stroke-opacity: .6; stroke-width: 3.8; "
    "stroke-linejoin: round }\n"
    ".second { stroke-dasharray: 7 4 }\n"
    ".third { stroke-dasharray: 2 3 }\n"
    ".within { fill: #c2185b; fill-opacity: .07 }\n"
    ".dots { fill: none; stroke-linecap: round }\n"
    ".outline { fill: none; stroke-width: .9; stroke-linejoin: round }\n"
    ".axis { fill: none; stroke: #1c2430; stroke-width: 1.2 }\n"
    ".ink { fill: #1c2430 }\n"
    ".kept { fill: #8fd0c3; stroke: #3d8a7c }\n"
    ".trimmed { fill: #dde2e8; stroke: #a5afbb }\n"
    ".near { fill: #f5a623; stroke: #9a5b00 }\n"
    ".near-trimmed { fill: #fdebc8; stroke: #d08700; stroke-dasharray: 3 2 }\n"
    ".lost { stroke: #a5afbb; stroke-opacity: .6 }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "text, .tiny { fill: #e4e8ee }\n"
    ".soft, .small { fill: #9aa6b5 }\n"
    ".on { stroke: #1b222c }\n"
    ".paper { fill: #12171e }\n"
    ".sky { fill: #1b222c }\n"
    ".frame { stroke: #66717f }\n"
    ".grid { stroke: #e4e8ee; stroke-opacity: .25 }\n"
    ".edge { stroke: #ff6fa5 }\n"
    ".under { stroke: #12171e }\n"
    ".within { fill: #ff6fa5; fill-opacity: .12 }\n"
    ".axis { stroke: #e4e8ee }\n"
    ".ink { fill: #e4e8ee }\n"
    ".kept { fill: #2f8577; stroke: #7fd3c4 }\n"
    ".trimmed { fill: #2b3440; stroke: #55606e }\n"
    ".near { fill: #d98a00; stroke: #ffd58a }\n"
    ".near-trimmed { fill: #4a3a1a; stroke: #d98a00 }\n"
    ".lost { stroke: #66717f }\n"
    "}\n";

/* --- text --- */

static bool
is_xml(uint32_t c)
{
    return (c >= 0x20 && c != 0x7f && c < 0xfffe) || c >= 0x10000 || c == '\n' || c == '\t';
}

static void
escape(struct buf *out, const char *p, size_t n)
{
    for (unsigned k; n; p += k, n -= k) {
        uint32_t c;
        k = utf8_next(p, n, &c);
        if (c == '&')
            buf_puts(out, "&amp;");
        else if (c == '<')
            buf_puts(out, "&lt;");
        else if (c == '>')
            buf_puts(out, "&gt;");
        else if (c == '"')
            buf_puts(out, "&quot;");
        else if (!is_xml(c) || (c == 0xfffd && k == 1))
            buf_puts(out, "\xef\xbf\xbd");
        else
            buf_add(out, p, k);
    }
}

/* To a tenth, without what need not be written, and never as -0. */
static void
number(struct buf *out, double v)
{
    double limited = v > 1e8 ? 1e8 : v > -1e8 ? v : -1e8; /* what is no number, too */
    long tenths = lround(limited * 10);
    buf_printf(out, "%s%ld", tenths < 0 ? "-" : "", labs(tenths) / 10);
    if (tenths % 10)
        buf_printf(out, ".%ld", labs(tenths) % 10);
}

/* --- elements --- */

static void
end_tag(struct svg *s)
{
    if (s->state == SVG_PATH)
        buf_putc(&s->out, '"');
    if (s->state != SVG_CONTENT)
        buf_putc(&s->out, '>');
    s->state = SVG_CONTENT;
}

void
svg_open(struct svg *s, const char *element)
{
    assert(s->depth < SVG_MAX_DEPTH);
    end_tag(s);
    buf_printf(&s->out, "%s<%s", s->words ? "" : "\n", element);
    s->open[s->depth++] = element;
    s->state = SVG_TAG;
    s->words = strcmp(element, "text") == 0 || strcmp(element, "title") == 0;
}

void
svg_close(struct svg *s)
{
    assert(s->depth > 0);
    const char *element = s->open[--s->depth];
    if (s->state != SVG_CONTENT)
        buf_puts(&s->out, s->state == SVG_PATH ? "\"/>" : "/>");
    else
        buf_printf(&s->out, "%s</%s>",
            strcmp(element, "g") == 0 || strcmp(element, "svg") == 0 ? "\n" : "", element);
    s->state = SVG_CONTENT;
    s->words = false;
}

void
svg_word(struct svg *s, const char *name, const char *value)
{
    assert(s->state == SVG_TAG);
    buf_printf(&s->out, " %s=\"", name);
    escape(&s->out, value, strlen(value));
    buf_putc(&s->out, '"');
}

void
svg_number(struct svg *s, const char *name, double value)
{
    assert(s->state == SVG_TAG);
    buf_printf(&s->out, " %s=\"", name);
    number(&s->out, value);
    buf_putc(&s->out, '"');
}

void
svg_colour(struct svg *s, const char *name, unsigned rgb)
{
    assert(s->state == SVG_TAG);
    buf_printf(&s->out, " %s=\"#%06x\"", name, rgb & 0xffffff);
}

static void
say(struct svg *s, const char *fmt, va_list ap)
{
    struct buf text = {0};
    end_tag(s);
    buf_vprintf(&text, fmt, ap);
    escape(&s->out, text.p, text.n);
    buf_free(&text);
}

void
svg_say(struct svg *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    say(s, fmt, ap);
    va_end(ap);
}

/* --- paths --- */

static void
draw(struct svg *s, char what, double x, double y)
{
    if (s->state == SVG_TAG)
        buf_puts(&s->out, " d=\"");
    s->state = SVG_PATH;
    buf_putc(&s->out, what);
    number(&s->out, x);
    buf_putc(&s->out, ' ');
    number(&s->out, y);
}

void
svg_move(struct svg *s, double x, double y)
{
    draw(s, 'M', x, y);
}

void
svg_line(struct svg *s, double x, double y)
{
    draw(s, 'L', x, y);
}

void
svg_shut(struct svg *s)
{
    buf_putc(&s->out, 'z');
}

void
svg_run(struct svg *s, double x, double y, double width)
{
    draw(s, 'M', x, y);
    buf_putc(&s->out, 'h');
    number(&s->out, width);
}

void
svg_box(struct svg *s, double x, double y, double width, double height)
{
    draw(s, 'M', x, y);
    const double side[] = {width, height, -width};
    for (int i = 0; i < 3; i++) {
        buf_putc(&s->out, i == 1 ? 'v' : 'h');
        number(&s->out, side[i]);
    }
    buf_putc(&s->out, 'z');
}

/* --- whole elements --- */

void
svg_rect(struct svg *s, const char *class, double x, double y, double width, double height)
{
    svg_open(s, "rect");
    svg_word(s, "class", class);
    svg_number(s, "x", x);
    svg_number(s, "y", y);
    svg_number(s, "width", width);
    svg_number(s, "height", height);
    svg_close(s);
}

void
svg_segment(struct svg *s, const char *class, double x1, double y1, double x2, double y2)
{
    svg_open(s, "path");
    svg_word(s, "class", class);
    svg_move(s, x1, y1);
    svg_line(s, x2, y2);
    svg_close(s);
}

void
svg_text(struct svg *s, const char *class, double x, double y, const char *fmt, ...)
{
    va_list ap;
    svg_open(s, "text");
    if (*class)
        svg_word(s, "class", class);
    svg_number(s, "x", x);
    svg_number(s, "y", y);
    va_start(ap, fmt);
    say(s, fmt, ap);
    va_end(ap);
    svg_close(s);
}

void
svg_title(struct svg *s, const char *fmt, ...)
{
    va_list ap;
    svg_open(s, "title");
    va_start(ap, fmt);
    say(s, fmt, ap);
    va_end(ap);
    svg_close(s);
}

void
svg_open_clipped(struct svg *s, const char *id, double x, double y, double width, double height)
{
    struct buf url = {0};
    svg_open(s, "clipPath");
    svg_word(s, "id", id);
    svg_rect(s, "clip", x, y, width, height);
    svg_close(s);
    svg_open(s, "g");
    buf_printf(&url, "url(#%s)", id);
    svg_word(s, "clip-path", url.p);
    buf_free(&url);
}

/* The root element, still open for attributes. */
static void
open_root(struct svg *s, double width, double height)
{
    struct buf box = {0};
    svg_open(s, "svg");
    svg_word(s, "xmlns", "http://www.w3.org/2000/svg");
    svg_word(s, "role", "img");
    svg_number(s, "width", width);
    svg_number(s, "height", height);
    buf_puts(&box, "0 0 ");
    number(&box, width);
    buf_putc(&box, ' ');
    number(&box, height);
    svg_word(s, "viewBox", box.p);
    buf_free(&box);
}

void
svg_begin(struct svg *s, double width, double height, const char *title)
{
    buf_puts(&s->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    open_root(s, width, height);
    svg_title(s, "%s", title);
    svg_open(s, "style");
    svg_say(s, "\n%s", style);
    svg_close(s);
    svg_rect(s, "paper", 0, 0, width, height);
}

void
svg_begin_inline(struct svg *s, const char *id, double width, double height, const char *title,
    const char *text)
{
    struct buf ids = {0};
    open_root(s, width, height);
    svg_word(s, "class", "chart");
    buf_printf(&ids, "%s-title %s-text", id, id);
    svg_word(s, "aria-labelledby", ids.p);
    svg_open(s, "title");
    ids.p[strlen(id) + strlen("-title")] = 0;
    svg_word(s, "id", ids.p);
    svg_say(s, "%s", title);
    svg_close(s);
    svg_open(s, "desc");
    svg_word(s, "id", ids.p + strlen(id) + strlen("-title") + 1);
    svg_say(s, "%s", text);
    svg_close(s);
    buf_free(&ids);
}

void
svg_end(struct svg *s)
{
    while (s->depth)
        svg_close(s);
    buf_putc(&s->out, '\n');
}

void
svg_free(struct svg *s)
{
    buf_free(&s->out);
}
