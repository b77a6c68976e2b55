#include "config.h"

#include "page/page.h"

#include "chart/plot.h"
#include "model/units.h"
#include "report/words.h"

#include <math.h>
#include <time.h>

const char *
page_family(const struct figures *f, uint32_t family)
{
    return plan_string(f->facts.plan, f->facts.plan->family[family].name);
}

/* --- the head --- */

static void
tile(struct svg *s, const char *id, const char *name, double value, const char *text)
{
    char plain[32];
    snprintf(plain, sizeof plain, "%.3f", value);
    svg_open(s, "div");
    html_put(s, "dt", NULL, "%s", name);
    svg_open(s, "dd");
    svg_word(s, "id", id);
    if (isfinite(value))
        svg_word(s, "data-v", plain);
    svg_say(s, "%s", text);
    svg_close(s);
    svg_close(s);
}

static void
count_tile(struct svg *s, const char *id, const char *name, uint64_t n)
{
    char text[THOUSANDS_SIZE];
    tile(s, id, name, (double)n, thousands(n, text));
}

static void
pace_tiles(const struct status *status, struct svg *s)
{
    struct buf text = {0};
    if (!isnan(status->rate)) {
        status_number((uint64_t)llround(status->rate), &text);
        tile(s, "rate", "tasks per hour, lately", status->rate, text.p);
    }
    buf_reset(&text);
    if (!isnan(status->eta_s) && status->nshims) {
        status_duration(status->eta_s, &text);
        tile(s, "left", "time left, expected", status->eta_s, text.p);
    }
    buf_free(&text);
}

static void
tiles(const struct figures *f, struct svg *s)
{
    const struct status *status = f->facts.status;
    html_open(s, "dl", "tiles");
    count_tile(s, "total", "tasks", status->all.total);
    for (int x = 0; x < STATUS_NSTATES; x++)
        if (status->all.of[x] || x == STATUS_DONE || x == STATUS_FAILED) {
            const char *name = status_state_name((enum status_state)x);
            count_tile(s, name, name, status->all.of[x]);
        }
    count_tile(s, "attempts", "attempts", f->nattempts);
    count_tile(s, "jobs", "shims at work", status->nshims);
    pace_tiles(status, s);
    svg_close(s);
}

static void
stops(const struct status *status, struct svg *s)
{
    if (status->stopped)
        html_put(s, "p", NULL, "The campaign has stopped itself: too many tasks of %s failed.",
            plan_string(status->plan, status->plan->family[status->stop.family].name));
    for (size_t i = 0; i < status->nbad; i++)
        html_put(s, "p", NULL, "Node %s is left out: %u processes in a row failed there (%s).",
            status->bad[i].name, status->bad[i].failures,
            journal_reason_name(status->bad[i].reason));
}

static void
raw(struct svg *s, const char *element, const char *text)
{
    svg_open(s, element);
    svg_say(s, "\n");
    buf_puts(&s->out, text); /* ours, and nothing in it is to be escaped */
    svg_close(s);
}

static void
meta(struct svg *s, const char *key, const char *name, const char *content)
{
    svg_open(s, "meta");
    svg_word(s, key, name);
    svg_word(s, "content", content);
    svg_close(s);
}

static void
head(const struct figures *f, struct svg *s)
{
    const struct plan *p = f->facts.plan;
    svg_open(s, "head");
    svg_open(s, "meta");
    svg_word(s, "charset", "utf-8");
    svg_close(s);
    meta(s, "name", "viewport", "width=device-width, initial-scale=1");
    meta(s, "name", "generator", "wflc " PACKAGE_VERSION);
    meta(s, "http-equiv", "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'");
    html_put(s, "title", NULL, "%s on %s", plan_string(p, p->head->campaign), plan_site(p));
    svg_open(s, "style");
    svg_say(s, "\n");
    buf_puts(&s->out, chart_theme);
    buf_puts(&s->out, page_style);
    svg_close(s);
    svg_close(s);
}

static void
header(const struct figures *f, struct svg *s)
{
    const struct plan *p = f->facts.plan;
    struct buf when = {0};
    html_open(s, "a", "skip");
    svg_word(s, "href", "#main");
    svg_say(s, "To the report");
    svg_close(s);
    svg_open(s, "header");
    html_put(s, "h1", NULL, "Campaign %s on %s", plan_string(p, p->head->campaign), plan_site(p));
    html_time_text((double)f->facts.status->now_us * 1e-6, &when);
    html_put(s, "p", "soft", "As of %s. All times are UTC.", when.p);
    stops(f->facts.status, s);
    tiles(f, s);
    svg_close(s);
    buf_free(&when);
}

/* --- the parts --- */

static const struct part {
    const char *id, *heading;
    void (*write)(const struct figures *f, struct svg *s);
} parts[] = {
    {"states", "States", page_states},
    {"progress", "Progress", page_progress},
    {"nodes", "Nodes", page_nodes},
    {"account", "Time of nodes", page_account},
    {"families", "Time and memory", page_families},
    {"failures", "Failures", page_failures},
    {"slowest", "Slowest tasks", page_slowest},
    {"critical", "Critical path", page_critical},
    {"planes", "Focal plane", page_planes},
    {"sky", "Sky", page_sky},
};

static bool
is_there(const struct figures *f, const struct part *part)
{
    if (part->write == page_planes)
        return f->nbins && page_has_plane(f);
    if (part->write == page_account)
        return page_has_account(f);
    return part->write == page_states || (part->write == page_sky ? page_has_sky(f) : f->nbins);
}

static void
link_to(struct svg *s, const char *id, const char *text)
{
    struct buf link = {0};
    buf_printf(&link, "#%s", id);
    svg_open(s, "li");
    svg_open(s, "a");
    svg_word(s, "href", link.p);
    svg_say(s, "%s", text);
    svg_close(s);
    svg_close(s);
    buf_free(&link);
}

/* Links, of which the script makes tabs. */
static void
contents(const struct figures *f, struct svg *s)
{
    svg_open(s, "nav");
    svg_word(s, "aria-label", "Contents");
    svg_open(s, "ul");
    link_to(s, "main", "All");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (is_there(f, &parts[i]))
            link_to(s, parts[i].id, parts[i].heading);
    svg_close(s);
    svg_close(s);
}

void
page_write(const struct figures *f, struct svg *s)
{
    buf_puts(&s->out, "<!DOCTYPE html>");
    svg_open(s, "html");
    svg_word(s, "xmlns", "http://www.w3.org/1999/xhtml");
    svg_word(s, "lang", "en");
    head(f, s);
    svg_open(s, "body");
    header(f, s);
    contents(f, s);
    svg_open(s, "main");
    svg_word(s, "id", "main");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!is_there(f, &parts[i]))
            continue;
        html_section(s, parts[i].id, parts[i].heading);
        parts[i].write(f, s);
        svg_close(s);
    }
    if (!f->nbins)
        html_put(s, "p", NULL, "Nothing has run yet.");
    svg_close(s);
    html_put(s, "footer", NULL,
        "Written by wflc " PACKAGE_VERSION
        ". The figures are those of wflc status and wflc history.");
    raw(s, "script", page_script);
    svg_end(s);
}
