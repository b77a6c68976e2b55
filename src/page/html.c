#include "config.h"

#include "page/html.h"

#include "model/units.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

void
html_open(struct svg *s, const char *element, const char *class)
{
    svg_open(s, element);
    if (class)
        svg_word(s, "class", class);
}

void
html_close(struct svg *s)
{
    svg_say(s, "%s", ""); /* so that there is a tag that closes it */
    svg_close(s);
}

static void
say_text(struct svg *s, const char *fmt, va_list ap)
{
    struct buf text = {0};
    buf_vprintf(&text, fmt, ap);
    svg_say(s, "%s", text.n ? text.p : "");
    buf_free(&text);
}

void
html_put(struct svg *s, const char *element, const char *class, const char *fmt, ...)
{
    va_list ap;
    html_open(s, element, class);
    va_start(ap, fmt);
    say_text(s, fmt, ap);
    va_end(ap);
    svg_close(s);
}

void
html_section(struct svg *s, const char *id, const char *heading)
{
    svg_open(s, "section");
    svg_word(s, "id", id);
    html_put(s, "h2", NULL, "%s", heading);
}

void
html_figure(struct svg *s, const char *class, const char *heading, const char *text)
{
    html_open(s, "article", class);
    if (heading)
        html_put(s, "h3", NULL, "%s", heading);
    if (text)
        html_put(s, "p", "soft", "%s", text);
}

void
html_legend(struct svg *s, const char *const *of)
{
    html_open(s, "ul", "legend");
    for (; *of; of += 2) {
        svg_open(s, "li");
        html_open(s, "span", of[0]);
        svg_word(s, "aria-hidden", "true");
        html_close(s);
        svg_say(s, " %s", of[1]);
        svg_close(s);
    }
    svg_close(s);
}

/* --- tables --- */

void
html_table(struct svg *s, const char *id, const char *caption, bool folded, const char *const *head,
    size_t n)
{
    svg_open(s, folded ? "details" : "div");
    if (folded)
        html_put(s, "summary", NULL, "Table: %s", caption);
    html_open(s, "div", "wide");
    svg_word(s, "role", "region");
    svg_word(s, "aria-label", caption);
    svg_word(s, "tabindex", "0");
    html_open(s, "table", "sorts");
    svg_word(s, "id", id);
    html_put(s, "caption", folded ? "hidden" : NULL, "%s", caption);
    svg_open(s, "thead");
    svg_open(s, "tr");
    for (size_t i = 0; i < n; i++) {
        html_open(s, "th", *head[i] == '#' ? "number" : NULL);
        svg_word(s, "scope", "col");
        svg_say(s, "%s", head[i] + (*head[i] == '#'));
        svg_close(s);
    }
    svg_close(s);
    svg_close(s);
    svg_open(s, "tbody");
}

void
html_foot(struct svg *s)
{
    html_close(s);
    svg_open(s, "tfoot");
}

void
html_table_end(struct svg *s)
{
    html_close(s); /* the body, or the foot */
    svg_close(s);
    svg_close(s);
    svg_close(s);
}

void
html_row(struct svg *s, const char *fmt, ...)
{
    va_list ap;
    svg_open(s, "tr");
    svg_open(s, "th");
    svg_word(s, "scope", "row");
    va_start(ap, fmt);
    say_text(s, fmt, ap);
    va_end(ap);
    svg_close(s);
}

void
html_row_end(struct svg *s)
{
    svg_close(s);
}

void
html_cell(struct svg *s, const char *fmt, ...)
{
    va_list ap;
    svg_open(s, "td");
    va_start(ap, fmt);
    say_text(s, fmt, ap);
    va_end(ap);
    svg_close(s);
}

void
html_count(struct svg *s, uint64_t n)
{
    char text[THOUSANDS_SIZE], plain[32];
    snprintf(plain, sizeof plain, "%llu", (unsigned long long)n);
    html_open(s, "td", n ? "number" : "number none");
    svg_word(s, "data-v", plain);
    svg_say(s, "%s", thousands(n, text));
    svg_close(s);
}

void
html_value(struct svg *s, double value, const char *text)
{
    char plain[32];
    snprintf(plain, sizeof plain, "%.3f", value);
    html_open(s, "td", "number");
    if (isfinite(value))
        svg_word(s, "data-v", plain);
    svg_say(s, "%s", isfinite(value) ? text : "");
    svg_close(s);
}

void
html_duration(struct svg *s, double seconds)
{
    struct buf text = {0};
    if (isfinite(seconds))
        quantity_duration(&text, seconds);
    html_value(s, seconds, text.n ? text.p : "");
    buf_free(&text);
}

void
html_bytes(struct svg *s, double bytes)
{
    struct buf text = {0};
    if (bytes > 0)
        quantity_bytes(&text, bytes);
    html_value(s, bytes > 0 ? bytes : NAN, text.n ? text.p : "");
    buf_free(&text);
}

void
html_time_text(double seconds, struct buf *out)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    char text[32];
    if (gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
        buf_puts(out, text);
}

void
html_time(struct svg *s, double seconds)
{
    struct buf text = {0};
    if (isfinite(seconds))
        html_time_text(seconds, &text);
    html_value(s, seconds, text.n ? text.p : "");
    buf_free(&text);
}
