#include "config.h"

#include "top/top.h"

#include "ask/attempts.h"
#include "ask/why.h"
#include "journal/paths.h"
#include "report/words.h"
#include "state/log.h"
#include "top/draw.h"
#include "top/terminal.h"
#include "util/clock.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Groups of them on the page of status. */
enum { FAILURES = 10 };

struct top {
    const struct top_how *how;
    const char *dir;
    struct top_data data;
    struct selector *filter; /* of data.facts; NULL: none */
    struct top_view view;
    struct screen screen;
    int64_t next_ms; /* when it is read again */
};

/* --- reading --- */

static void
choose(struct top *t)
{
    top_data_choose(&t->data, t->filter, &t->view.sort[PANEL_RUNNING], &t->view.sort[PANEL_OTHERS]);
    top_view_renew(&t->view);
}

/* What was there before stays if it fails. */
static bool
read_all(struct top *t, struct buf *why)
{
    int64_t began = now_ms();
    struct top_data data;
    bool ok = top_data_read(t->dir, now_us(), &data, why);
    if (ok) {
        /* a selector borrows the facts; of another plan it may not make sense any more */
        struct buf wrong = {0};
        selector_free(t->filter);
        top_data_free(&t->data);
        t->data = data;
        t->data.queued = t->how->queued(t->dir);
        t->filter = top_filter(&t->data.facts, t->view.filter.p, &wrong);
        if (wrong.n) {
            top_view_tell(&t->view, true, wrong.p);
            buf_reset(&t->view.filter);
        }
        buf_free(&wrong);
        choose(t);
    }
    int64_t every = top_every_ms(now_ms() - began);
    t->view.every_s = (double)every * 1e-3;
    t->view.reading_failed = !ok;
    t->next_ms = now_ms() + every;
    return ok;
}

static bool
read_again(struct top *t)
{
    struct buf why = {0};
    bool ok = read_all(t, &why);
    if (!ok)
        top_view_tell(&t->view, true, why.p);
    buf_free(&why);
    return ok;
}

/* If it cannot be read, the one that is shown stays, for orders go to that. */
static void
next_site(struct top *t)
{
    struct top_view *v = &t->view;
    size_t before = v->site;
    v->site = (v->site + 1) % v->nsites;
    t->dir = t->how->dir[v->site];
    memset(v->place, 0, sizeof v->place);
    if (!read_again(t)) {
        v->site = before;
        t->dir = t->how->dir[before];
        v->reading_failed = false;
    }
}

/* --- the filter, orders --- */

static void
take_filter(struct top *t)
{
    struct top_view *v = &t->view;
    struct buf why = {0};
    struct selector *s = top_filter(&t->data.facts, v->input.p, &why);
    if (why.n) { /* it may be mended */
        top_view_tell(v, true, why.p);
    } else {
        selector_free(t->filter);
        t->filter = s;
        buf_reset(&v->filter);
        buf_puts(&v->filter, s ? v->input.p : "");
        v->mode = TOP_LISTS;
        v->place[PANEL_RUNNING] = v->place[PANEL_OTHERS] = (struct top_place){0};
        choose(t);
    }
    buf_free(&why);
}

static void
give_order(struct top *t)
{
    struct buf told = {0};
    const struct top_choice *c = &t->view.order;
    bool ok = t->how->order(t->dir, c->kind, *c->of ? c->of : NULL, &told);
    read_again(t);
    top_view_tell(&t->view, !ok, told.n ? told.p : "");
    buf_free(&told);
}

/* --- pages --- */

/* As `wflc log` shows it. */
static void
add_log(const struct top *t, struct buf *title, struct buf *text)
{
    struct buf state = {0};
    const struct plan *p = t->data.facts.plan;
    buf_printf(&state, "%s/" BUILD_STATE, t->dir);
    struct attempts a = {.plan = p, .state_dir = state.p, .task = t->view.page_task};
    int err = attempts_read(&a);
    const struct attempt *at = err ? NULL : attempts_choose(&a, 0);
    int fd = at && at->rec.kind == JOURNAL_START ? attempt_spool(&a, at) : -1;
    off_t from = 0;
    if (at) {
        attempt_head(&a, at, title);
        title->p[--title->n] = 0; /* the end of the line */
    } else {
        plan_task_label(p, a.task, title);
    }
    if (at && at->rec.kind == JOURNAL_END)
        err = log_read(state.p, at->holder, &at->rec, text);
    else if (fd >= 0)
        attempt_spool_read(fd, &from, text);
    if (err)
        buf_printf(text, "it cannot be read: %s\n",
            err == EBADMSG ? "it is damaged" : strerror(err));
    else if (!at)
        buf_puts(text, "it has not been started yet\n");
    else if (at->rec.kind == JOURNAL_START && fd < 0)
        buf_puts(text, "what it writes cannot be seen from here yet; it is kept when it ends\n");
    else if (!text->n)
        buf_puts(text,
            at->rec.kind == JOURNAL_END ? "it wrote nothing\n" : "it has written nothing yet\n");
    if (fd >= 0)
        close(fd);
    attempts_free(&a);
    buf_free(&state);
}

static void
fill_page(struct top *t)
{
    struct top_view *v = &t->view;
    const struct facts *f = &t->data.facts;
    buf_reset(&v->title);
    buf_reset(&v->text);
    if (v->page <= PAGE_WHY && v->page_task >= f->plan->head->ntasks) {
        buf_puts(&v->text, "the plan is another one now, without this task\n");
        return;
    }
    switch (v->page) {
    case PAGE_LOG:
        add_log(t, &v->title, &v->text);
        break;
    case PAGE_WHY:
        buf_puts(&v->title, "why ");
        plan_task_label(f->plan, v->page_task, &v->title);
        why_text(f, v->page_task, &v->text);
        break;
    case PAGE_STATUS:
        buf_printf(&v->title, "status %s", t->dir);
        status_text(f->status, FAILURES, t->data.queued, &v->text);
        break;
    case PAGE_HELP:
        buf_puts(&v->title, "help of wflc top");
        buf_puts(&v->text, top_help);
        break;
    }
}

/* --- the loop --- */

static void
draw(struct top *t)
{
    terminal_size(&t->view.width, &t->view.height);
    top_draw(&t->view, &t->screen);
    terminal_show(&t->screen);
}

/* False: it ends. */
static bool
act(struct top *t, enum top_action a)
{
    switch (a) {
    case TOP_QUIT:
        return false;
    case TOP_CHOOSE:
        choose(t);
        break;
    case TOP_FILTER:
        take_filter(t);
        break;
    case TOP_READ:
        read_again(t);
        break;
    case TOP_NEXT:
        next_site(t);
        break;
    case TOP_ORDER:
        give_order(t);
        break;
    case TOP_PAGE:
        fill_page(t);
        break;
    case TOP_DRAW:
        break;
    }
    return true;
}

static void
loop(struct top *t)
{
    for (bool more = true; more && !terminal_ended();) {
        draw(t);
        int64_t wait = t->next_ms - now_ms();
        int key = terminal_key(wait > 0 ? (int)wait : 0);
        more = act(t, top_view_key(&t->view, key));
        if (more && key == TOP_NONE && now_ms() >= t->next_ms) {
            read_again(t);
            if (t->view.mode == TOP_PAGER)
                fill_page(t);
        }
    }
}

enum top_end
top_run(const struct top_how *how, struct buf *why)
{
    struct top t = {.how = how, .dir = how->dir[0]};
    enum top_end end = TOP_ENDED;
    top_view_init(&t.view);
    t.view.data = &t.data;
    t.view.nsites = how->ndirs;
    if (!read_all(&t, why)) {
        end = TOP_UNREADABLE;
    } else {
        buf_puts(&t.view.input, how->filter);
        t.filter = top_filter(&t.data.facts, how->filter, why);
        buf_puts(&t.view.filter, how->filter);
        choose(&t);
        if (why->n)
            end = TOP_BAD_FILTER;
        else if (!terminal_open(how->colours, why))
            end = TOP_NO_TERMINAL;
    }
    if (end == TOP_ENDED) {
        loop(&t);
        terminal_close();
    }
    selector_free(t.filter);
    top_data_free(&t.data);
    top_view_free(&t.view);
    screen_free(&t.screen);
    return end;
}
