/* Words and numbers of the texts for people. */
#include "config.h"

#include "outlook/pieces.h"

#include "model/units.h"
#include "outlook/text.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 96, LABEL = 11 };

/* Appends a paragraph: its label, and the text cut at blanks (a no-break '~' stands for one). */
void
text_paragraph(struct buf *out, const char *label, const struct buf *text)
{
    const char *s = text->n ? text->p : "";
    buf_printf(out, "%-*s", LABEL, label);
    for (size_t at = LABEL; *s;) {
        size_t n = strcspn(s, " ");
        if (at > LABEL && at + 1 + n > WIDTH) {
            buf_printf(out, "\n%*s", LABEL, "");
            at = LABEL;
        } else if (at > LABEL) {
            buf_putc(out, ' ');
            at++;
        }
        for (size_t i = 0; i < n; i++)
            buf_putc(out, s[i] == '~' ? ' ' : s[i]);
        at += n;
        s += n + strspn(s + n, " ");
    }
    buf_putc(out, '\n');
}

/* The text from `from` on is one word. */
void
text_together(struct buf *text, size_t from)
{
    for (; from < text->n; from++)
        if (text->p[from] == ' ')
            text->p[from] = '~';
}

void
text_number(struct buf *out, double n)
{
    size_t from = out->n;
    status_number(n < 1e18 ? (uint64_t)llround(n) : UINT64_C(1000000000000000000), out);
    text_together(out, from);
}

void
text_time(struct buf *out, double seconds)
{
    size_t from = out->n;
    status_duration(seconds, out);
    text_together(out, from);
}

void
text_size(struct buf *out, double bytes)
{
    size_t from = out->n;
    quantity_bytes(out, bytes);
    text_together(out, from);
}

static bool
whole(double n, double unit)
{
    return n == 0 || fmod(n, unit) == 0;
}

/* A node's memory is given in GiB, a task's often in GB: one of them for a whole sum. */
void
text_memory(struct buf *out, double bytes, bool binary)
{
    if (binary && bytes >= 1048576)
        buf_printf(out, bytes >= 1073741824 ? "%.4g~GiB" : "%.4g~MiB",
            bytes / (bytes >= 1073741824 ? 1073741824 : 1048576));
    else
        text_size(out, bytes);
}

bool
text_in_gib(const struct outlook_family *f)
{
    return whole(f->heavy.memory, 1048576) && whole(f->heavy.shared, 1048576) &&
           !whole(f->heavy.memory, 1e6);
}

const char *
text_plural(double n)
{
    return n == 1 ? "" : "s";
}

/* With a decimal where it is small; never 0 for something. */
static void
short_number(struct buf *out, double n)
{
    if (n <= 0 || n >= 9.95 || n == floor(n))
        status_number(n > 0 ? (uint64_t)llround(fmin(n, 1e18)) : 0, out);
    else if (n < 0.001)
        buf_puts(out, "<0.001");
    else
        buf_printf(out, n < 0.095 ? "%.1g" : "%.1f", n);
}

/* The number, short enough for a column. */
void
text_column(struct buf *out, int width, double n)
{
    struct buf text = {0};
    short_number(&text, n);
    buf_printf(out, "%*s", width, text.p);
    buf_free(&text);
}

void
text_hours(struct buf *out, double seconds)
{
    size_t from = out->n;
    short_number(out, seconds / 3600);
    text_together(out, from);
}
