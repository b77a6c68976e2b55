/* The screen as a whole: the head, the panels, the last lines. */
#include "config.h"

#include "top/draw.h"

#include "report/words.h"

#include <string.h>
#include <time.h>

/* --- the head --- */

static void
draw_name(const struct top_view *v, struct screen *s)
{
    const struct status *st = v->data->facts.status;
    const struct plan *p = st->plan;
    struct buf text = {0};
    time_t at = (time_t)(st->now_us / 1000000);
    struct tm tm;
    char clock[16] = "";
    if (localtime_r(&at, &tm))
        strftime(clock, sizeof clock, "%H:%M:%S", &tm);
    buf_printf(&text, "campaign %s on %s", plan_string(p, p->head->campaign), plan_site(p));
    if (v->nsites > 1)
        buf_printf(&text, " (site %zu of %zu, n: the next)", v->site + 1, v->nsites);
    screen_puts(s, 0, STYLE_STRONG, text.p);
    buf_reset(&text);
    if (v->every_s > 2.5) { /* to read it takes a while */
        buf_puts(&text, "every ");
        status_duration(v->every_s, &text);
        buf_puts(&text, "  ");
    }
    buf_puts(&text, clock);
    unsigned width = (unsigned)text.n;
    if (s->line[0].width + 2 + width <= s->width) {
        screen_pad(s, 0, STYLE_PLAIN, s->width - width);
        screen_puts(s, 0, v->reading_failed ? STYLE_BAD : STYLE_FAINT, text.p);
    }
    buf_free(&text);
}

/* "at work: 4 nodes of jobs 101, 102" */
static void
add_at_work(const struct top_view *v, struct buf *out)
{
    const struct status *st = v->data->facts.status;
    size_t njobs = 0, queued = v->data->queued;
    struct buf jobs = {0};
    for (size_t i = 0; i < st->nshims; i++) {
        const char *job = st->shim[i].job;
        bool again = !*job;
        for (size_t k = 0; k < i && !again; k++)
            again = strcmp(st->shim[k].job, job) == 0;
        if (again)
            continue;
        if (njobs++ < 4)
            buf_printf(&jobs, "%s%s", jobs.n ? ", " : "", job);
        else if (njobs == 5)
            buf_puts(&jobs, ", ...");
    }
    if (st->nshims)
        buf_printf(out, "at work: %zu node%s", st->nshims, st->nshims == 1 ? "" : "s");
    else
        buf_puts(out, "no job is at work");
    if (njobs == 1)
        buf_printf(out, " of job %s", jobs.p);
    else if (njobs)
        buf_printf(out, " of %zu jobs: %s", njobs, jobs.p);
    if (queued > njobs)
        buf_printf(out, "; %zu submitted", queued - njobs);
    buf_putc(out, '\n');
    buf_free(&jobs);
}

/* Puts whole lines, at most `most`, from line `y` on; returns how many. */
static unsigned
put_lines(struct screen *s, unsigned y, unsigned most, enum style style, const char *text)
{
    unsigned n = 0;
    while (*text && n < most) {
        size_t len = strcspn(text, "\n");
        screen_put(s, y + n++, style, text, len);
        text += len + (text[len] != 0);
    }
    return n;
}

/* Returns how many lines it has. */
static unsigned
draw_head(const struct top_view *v, struct screen *s)
{
    const struct status *st = v->data->facts.status;
    struct buf text = {0};
    unsigned most = s->height / 5 > 2 ? s->height / 5 : 2, y = 1;
    draw_name(v, s);
    if (v->reading_failed) {
        screen_puts(s, y++, STYLE_BAD, "the record cannot be read now; this is what was");
    } else {
        /* orders first: they are why things are not as usual */
        status_orders(st, false, &text);
        if (text.n)
            y += put_lines(s, y, most - 1, STYLE_WARN, text.p);
        buf_reset(&text);
        add_at_work(v, &text);
        status_outlook(st, &text);
        y += put_lines(s, y, y <= most ? most - y + 1 : 0, STYLE_PLAIN, text.p);
    }
    buf_free(&text);
    return y;
}

/* --- the last lines --- */

static const char keys_of_lists[] = "?:help q:quit Tab:panel /:filter s:sort l:log w:why p:pause "
                                    "d:drain i:status";

/* What is said or asked, and the keys; the number of lines. */
static unsigned
add_foot(const struct top_view *v, const struct screen *s, struct buf *out)
{
    if (v->mode == TOP_QUESTION)
        screen_wrap(v->question.p, s->width, true, out);
    else if (v->told.n)
        screen_wrap(v->told.p, s->width, true, out);
    unsigned n = 0;
    for (size_t i = 0; i < out->n; i++)
        n += out->p[i] == '\n';
    if (v->mode == TOP_INPUT)
        n++;
    else if (!out->n)
        n = 1;
    return n < s->height / 2 ? n : s->height / 2;
}

static void
draw_foot(const struct top_view *v, struct screen *s, unsigned lines, const struct buf *text)
{
    unsigned y = s->height - lines;
    enum style style = v->mode == TOP_QUESTION ? STYLE_WARN : v->wrong ? STYLE_BAD : STYLE_STRONG;
    if (text->n)
        put_lines(s, y, lines, style, text->p);
    if (v->mode == TOP_INPUT) {
        unsigned width = text_width(v->input.p, v->input.n), room = s->width - 10;
        screen_puts(s, s->height - 1, STYLE_STRONG, "filter: ");
        if (width > room)
            screen_skip(s, s->height - 1, width - room);
        screen_puts(s, s->height - 1, STYLE_PLAIN, v->input.p);
        screen_puts(s, s->height - 1, STYLE_MARKED, " ");
    } else if (!text->n) {
        screen_puts(s, y, STYLE_FAINT, keys_of_lists);
    }
}

/* --- the panels --- */

/* The focus has what it needs first; then those that change most. */
static const enum top_panel by_use[] = {PANEL_RUNNING, PANEL_OTHERS, PANEL_FAMILIES, PANEL_NODES};

/* Lines of all panels together that are over go to those that want more, in turn. */
static void
share(const struct top_view *v, unsigned lines, unsigned *height)
{
    unsigned left = lines, need;
    memset(height, 0, NPANELS * sizeof *height);
    need = top_panel_needs(v->focus);
    height[v->focus] = need < left ? need : left;
    left -= height[v->focus];
    for (int i = 0; i < NPANELS; i++) {
        need = top_panel_needs(by_use[i]);
        if (by_use[i] != v->focus && need <= left) {
            height[by_use[i]] = need;
            left -= need;
        }
    }
    for (bool more = true; left && more;) {
        more = false;
        for (enum top_panel p = 0; p < NPANELS && left; p++) {
            bool table = p == PANEL_FAMILIES || p == PANEL_NODES;
            unsigned most = table && p != v->focus ? lines / 3 : lines;
            if (height[p] && height[p] < top_panel_wants(v, p) && height[p] < most) {
                height[p]++;
                left--;
                more = true;
            }
        }
    }
    if (height[PANEL_OTHERS])
        height[PANEL_OTHERS] += left;
}

static void
draw_lists(struct top_view *v, struct screen *s)
{
    unsigned height[NPANELS], y = draw_head(v, s);
    struct buf text = {0};
    unsigned foot = add_foot(v, s, &text);
    share(v, s->height > y + foot ? s->height - y - foot : 0, height);
    for (enum top_panel p = 0; p < NPANELS; p++) {
        v->rows[p] = 0;
        if (height[p])
            top_draw_panel(v, p, y, height[p], s);
        y += height[p];
    }
    draw_foot(v, s, foot, &text);
    buf_free(&text);
}

void
top_draw(struct top_view *v, struct screen *s)
{
    screen_clear(s, v->width, v->height);
    if (v->width < TOP_LEAST_WIDTH || v->height < TOP_LEAST_HEIGHT) {
        struct buf text = {0}, lines = {0};
        buf_printf(&text, "too small: %u x %u; needed: %d x %d (q: quit)", v->width, v->height,
            TOP_LEAST_WIDTH, TOP_LEAST_HEIGHT);
        screen_wrap(text.p, v->width ? v->width : 1, true, &lines);
        put_lines(s, 0, v->height, STYLE_PLAIN, lines.p);
        buf_free(&text);
        buf_free(&lines);
    } else if (v->mode == TOP_PAGER) {
        top_draw_pager(v, s);
    } else {
        draw_lists(v, s);
    }
}
