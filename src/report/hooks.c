/* Hooks of the campaign: which were run, and how they ended. */
#include "config.h"

#include "report/words.h"

#include "hooks/hooks.h"
#include "journal/paths.h"
#include "util/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void
state_of(const struct status *s, struct buf *path)
{
    buf_reset(path);
    buf_printf(path, "%s/" BUILD_STATE, s->dir);
}

/* The end of what it wrote: its last line that is not empty, without what could harm a terminal. */
static void
last_line(const char *path, struct buf *out)
{
    char text[1025];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    ssize_t n = fd >= 0 ? pread(fd, text, 1024, size > 1024 ? size - 1024 : 0) : 0;
    if (fd >= 0)
        close(fd);
    n = n > 0 ? n : 0;
    while (n && strchr(" \t\r\n", text[n - 1]))
        n--;
    ssize_t from = n;
    while (from && text[from - 1] != '\n')
        from--;
    for (; from < n; from++)
        buf_putc(out, (unsigned char)text[from] < 32 || text[from] == 127 ? '?' : text[from]);
}

static void
add_run(const struct status *s, const struct plan_hook *h, const struct hook_state *is,
    struct buf *out)
{
    struct buf path = {0}, line = {0};
    buf_puts(out, "hook 'when ");
    plan_hook_when(s->plan, h, out);
    buf_puts(out, "' was run ");
    status_duration((double)s->now_us * 1e-6 - (double)is->began_s, out);
    buf_printf(out, " ago by %s: ", *is->who ? is->who : "?");
    hook_how_text(is, out);
    state_of(s, &path);
    buf_printf(&path, "/" STATE_HOOKS "/%s.out", is->key);
    last_line(path.p, &line);
    if (line.n)
        buf_printf(out, ": %s", line.p);
    buf_printf(out, "\n    (%s)\n", path.p);
    buf_free(&path);
    buf_free(&line);
}

void
status_hooks(const struct status *s, struct buf *out)
{
    struct buf state = {0};
    uint32_t armed = 0;
    state_of(s, &state);
    for (uint32_t i = 0; i < s->plan->nhooks; i++) {
        struct hook_state is = hook_look(s->plan, &s->plan->hook[i], state.p);
        if (is.how == HOOK_ARMED)
            armed++;
        else
            add_run(s, &s->plan->hook[i], &is, out);
    }
    if (armed)
        buf_printf(out, "%u hook%s not run yet\n", armed, armed == 1 ? " was" : "s were");
    buf_free(&state);
}

static void
add_time(struct buf *out, const char *key, int64_t at_s)
{
    time_t t = (time_t)at_s;
    struct tm tm;
    char text[64] = "";
    if (at_s && gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    json_text(out, key, text);
}

void
status_hooks_json(const struct status *s, struct buf *out)
{
    struct buf state = {0}, text = {0};
    state_of(s, &state);
    for (uint32_t i = 0; i < s->plan->nhooks; i++) {
        const struct plan_hook *h = &s->plan->hook[i];
        struct hook_state is = hook_look(s->plan, h, state.p);
        json_item(out);
        buf_reset(&text);
        plan_hook_when(s->plan, h, &text);
        json_text(out, "when", text.p);
        json_text(out, "command", plan_hook_command(s->plan, h));
        buf_reset(&text);
        hook_how_text(&is, &text);
        json_text(out, "state", text.p);
        json_text(out, "by", is.who);
        add_time(out, "began", is.began_s);
        add_time(out, "ended", is.ended_s);
        buf_reset(&text);
        buf_printf(&text, "%s/" STATE_HOOKS "/%s.out", state.p, is.key);
        json_text(out, "output", is.how == HOOK_ARMED ? "" : text.p);
        buf_putc(out, '}');
    }
    buf_free(&state);
    buf_free(&text);
}
