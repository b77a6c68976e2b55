/* The status for programs. */
#include "config.h"

#include "report/status.h"

#include "report/said.h"

#include <math.h>
#include <string.h>
#include <time.h>

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

/* A string; bytes that are no UTF-8 (a path may have them) become U+FFFD. */
static void
add_string(struct buf *out, const char *s)
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

static void
add_key(struct buf *out, const char *key)
{
    buf_printf(out, is_first(out) ? "\"%s\": " : ", \"%s\": ", key);
}

/* The next object of a list, on a line of its own. */
static void
open_item(struct buf *out)
{
    buf_puts(out, is_first(out) ? "\n    {" : ",\n    {");
}

static void
add_text(struct buf *out, const char *key, const char *s)
{
    add_key(out, key);
    add_string(out, s);
}

static void
add_integer(struct buf *out, const char *key, uint64_t n)
{
    add_key(out, key);
    buf_printf(out, "%llu", (unsigned long long)n);
}

static void
add_real(struct buf *out, const char *key, double x)
{
    add_key(out, key);
    if (isfinite(x))
        buf_printf(out, "%.3f", x);
    else
        buf_puts(out, "null");
}

/* RFC 3339, UTC. */
static void
add_time(struct buf *out, const char *key, int64_t us)
{
    time_t t = (time_t)(us / 1000000);
    struct tm tm;
    char text[64];
    add_key(out, key);
    if (us >= 0 && gmtime_r(&t, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        buf_printf(out, "\"%s.%03dZ\"", text, (int)(us / 1000 % 1000));
    else
        buf_puts(out, "null");
}

static void
add_count(struct buf *out, const struct status_count *c)
{
    add_integer(out, "total", c->total);
    for (int x = 0; x < STATUS_NSTATES; x++)
        add_integer(out, status_state_name((enum status_state)x), c->of[x]);
}

static void
add_failure(struct buf *out, const struct status *s, const struct status_failure *f)
{
    const struct plan *p = s->plan;
    const struct journal_rec *r = &f->end;
    uint32_t number = plan_family_of(p, r->task);
    const struct plan_family *family = &p->family[number];
    struct buf text = {0};
    open_item(out);
    add_integer(out, "task", r->task);
    plan_task_label(p, r->task, &text);
    add_text(out, "label", text.p);
    add_text(out, "reason", journal_reason_name((enum journal_reason)r->reason));
    add_integer(out, "code", r->code);
    buf_reset(&text);
    status_reason(p, r, &text);
    add_text(out, "text", text.p);
    add_integer(out, "attempt", r->attempt);
    add_integer(out, "attempts", (uint64_t)family->retries + 1);
    add_text(out, "host", f->host);
    add_integer(out, "node", r->node);
    add_time(out, "ended", r->time_us);
    add_real(out, "wall_seconds", r->wall_ms * 1e-3);
    add_integer(out, "peak_bytes", (uint64_t)r->peak_kib * 1024);
    add_text(out, "file", plan_place_name(p, PLACE_FAMILY, number));
    add_integer(out, "line", p->place[PLACE_FAMILY][number].line);
    struct buf shim = {0}, task = {0};
    said_read(s->dir, f, &shim, &task);
    add_text(out, "shim_said", shim.n ? shim.p : "");
    add_text(out, "task_said", task.n ? task.p : "");
    buf_free(&shim);
    buf_free(&task);
    buf_putc(out, '}');
    buf_free(&text);
}

void
status_json(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    struct buf b = {0}; /* of its own: commas look at what is before them */
    buf_putc(&b, '{');
    add_text(&b, "campaign", plan_string(p, p->head->campaign));
    add_text(&b, "site", plan_site(p));
    add_time(&b, "time", s->now_us);
    add_key(&b, "tasks");
    buf_putc(&b, '{');
    add_count(&b, &s->all);
    buf_puts(&b, "},\n  \"families\": [");
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        open_item(&b);
        add_text(&b, "name", plan_string(p, p->family[k].name));
        add_count(&b, &s->family[k]);
        if (p->family[k].stop_after) {
            add_key(&b, "stopped");
            buf_puts(&b, s->family[k].of[STATUS_FAILED] >= p->family[k].stop_after ? "true" : "false");
        }
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"jobs\": [");
    for (size_t i = 0; i < s->njobs; i++) {
        open_item(&b);
        add_text(&b, "holder", s->job[i].holder);
        add_integer(&b, "shard", s->job[i].shard);
        add_integer(&b, "epoch", s->job[i].epoch);
        add_time(&b, "since", s->job[i].since_us);
        buf_putc(&b, '}');
    }
    buf_puts(&b, "],\n  \"period_seconds\": ");
    buf_printf(&b, "%.3f", s->period_s);
    add_integer(&b, "done_in_period", s->done_lately);
    add_real(&b, "tasks_per_hour", s->rate);
    add_real(&b, "seconds_left", s->eta_s);
    buf_puts(&b, ",\n  \"failed\": [");
    for (size_t i = 0; i < s->nfailures; i++)
        add_failure(&b, s, &s->failure[i]);
    buf_puts(&b, "]}\n");
    buf_add(out, b.p, b.n);
    buf_free(&b);
}
