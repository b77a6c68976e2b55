#include "config.h"

#include "report/said.h"

#include "journal/paths.h"
#include "state/log.h"

#include <stdbool.h>
#include <string.h>

enum { MOST = 200 }; /* bytes of a line that are shown */

static const char prefix[] = "wfl-shim: ";

static bool
starts_with(const char *s, size_t n, const char *what)
{
    return n >= strlen(what) && memcmp(s, what, strlen(what)) == 0;
}

/* So that a terminal shows it and does not obey it: C0, DEL, and C1 as UTF-8 has it. */
static void
add_line(struct buf *out, const char *s, size_t n)
{
    size_t shown = n;
    if (n > MOST)
        for (shown = MOST; shown > MOST - 4 && ((unsigned char)s[shown] & 0xc0) == 0x80;)
            shown--; /* not within a character */
    for (size_t i = 0; i < shown; i++) {
        unsigned char c = (unsigned char)s[i];
        bool c1 = c == 0xc2 && i + 1 < shown && ((unsigned char)s[i + 1] & 0xe0) == 0x80;
        buf_putc(out, c == '\t' ? ' ' : c < 32 || c == 127 || c1 ? '?' : s[i]);
        i += c1;
    }
    if (shown < n)
        buf_puts(out, "...");
}

static bool
is_blank(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r", s[i]) || !s[i])
            return false;
    return true;
}

/* Goes through the lines from the last to the first, until both are found. */
static void
last_lines(const char *text, size_t n, struct buf *shim, struct buf *task)
{
    bool want_shim = true, want_task = true;
    while (n && (want_shim || want_task)) {
        if (text[n - 1] == '\n')
            n--;
        const char *before = n ? memrchr(text, '\n', n) : NULL;
        const char *line = before ? before + 1 : text;
        size_t len = (size_t)(text + n - line);
        n = (size_t)(line - text);
        if (starts_with(line, len, prefix)) {
            line += sizeof prefix - 1;
            len -= sizeof prefix - 1;
            /* "... N bytes left out ..." is no reason */
            if (want_shim && !starts_with(line, len, "... ")) {
                add_line(shim, line, len);
                want_shim = false;
            }
        } else if (want_task && !is_blank(line, len)) {
            add_line(task, line, len);
            want_task = false;
        }
    }
}

void
said_read(const char *dir, const struct status_failure *f, struct buf *shim, struct buf *task)
{
    struct buf state = {0}, text = {0};
    buf_printf(&state, "%s/" BUILD_STATE, dir);
    /* without a log the rest of the report is as good as before */
    if (log_read(state.p, f->holder, &f->end, &text) == 0)
        last_lines(text.p, text.n, shim, task);
    buf_free(&state);
    buf_free(&text);
}
