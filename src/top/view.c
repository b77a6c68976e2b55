#include "config.h"

#include "top/view.h"

#include "top/ask.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

void
top_view_init(struct top_view *v)
{
    v->focus = PANEL_RUNNING;
    v->sort[PANEL_RUNNING].by = ASK_TIME;
    v->sort[PANEL_OTHERS].by = ASK_ENDED;
    buf_puts(&v->filter, "");
    buf_puts(&v->input, "");
}

void
top_view_free(struct top_view *v)
{
    buf_free(&v->filter);
    buf_free(&v->input);
    buf_free(&v->told);
    buf_free(&v->question);
    buf_free(&v->title);
    buf_free(&v->text);
}

void
top_view_tell(struct top_view *v, bool wrong, const char *text)
{
    buf_reset(&v->told);
    buf_puts(&v->told, text);
    v->wrong = wrong;
}

void
top_node_name(const struct account_node *n, struct buf *out)
{
    const char *dot = strrchr(n->holder, '.');
    buf_add(out, n->holder, dot && dot > n->holder ? (size_t)(dot - n->holder) : strlen(n->holder));
}

int64_t
top_every_ms(int64_t took_ms)
{
    enum { LEAST = 1000, TIMES = 10 };
    return took_ms * TIMES > LEAST ? took_ms * TIMES : LEAST;
}

/* --- what is in the panels --- */

static const struct top_list *
list_of(const struct top_view *v, enum top_panel p)
{
    return p == PANEL_RUNNING ? &v->data->running : p == PANEL_OTHERS ? &v->data->others : NULL;
}

size_t
top_view_lines(const struct top_view *v, enum top_panel p)
{
    return p == PANEL_FAMILIES ? v->data->facts.plan->nfamilies
           : p == PANEL_NODES  ? v->data->nnodes
                               : list_of(v, p)->n;
}

/* What stands in a line: the family, the node, the task. */
static uint32_t
id_at(const struct top_view *v, enum top_panel p, size_t line)
{
    return p == PANEL_FAMILIES ? (uint32_t)line
           : p == PANEL_NODES  ? v->data->node[line]
                               : list_of(v, p)->task[line];
}

static bool
lists_tasks(enum top_panel p)
{
    return p == PANEL_RUNNING || p == PANEL_OTHERS;
}

bool
top_view_task(const struct top_view *v, uint32_t *task)
{
    bool any = lists_tasks(v->focus) && top_view_lines(v, v->focus);
    if (any)
        *task = id_at(v, v->focus, v->place[v->focus].cursor);
    return any;
}

static void
place_cursor(struct top_view *v, enum top_panel p, size_t line)
{
    size_t n = top_view_lines(v, p);
    struct top_place *at = &v->place[p];
    at->cursor = line < n ? line : n ? n - 1 : 0;
    at->known = n > 0;
    if (n)
        at->id = id_at(v, p, at->cursor);
}

/* One that was never moved stays at the top: there the news are. */
void
top_view_renew(struct top_view *v)
{
    for (enum top_panel p = 0; p < NPANELS; p++) {
        const struct top_place *at = &v->place[p];
        size_t n = top_view_lines(v, p), line = at->cursor;
        for (size_t i = 0; i < n && at->known && at->cursor; i++)
            if (id_at(v, p, i) == at->id)
                line = i;
        place_cursor(v, p, line);
    }
}

const enum ask_column *
top_columns(enum top_panel p, size_t *n)
{
    static const enum ask_column running[] = {ASK_TIME, ASK_TRY, ASK_TASK, ASK_HOST, ASK_STARTED},
                                 others[] = {ASK_STATE, ASK_REASON, ASK_TIME, ASK_MEMORY, ASK_ENDED,
                                     ASK_TASK, ASK_HOST, ASK_TRY};
    *n = p == PANEL_RUNNING ? COUNT_OF(running) : COUNT_OF(others);
    return p == PANEL_RUNNING ? running : others;
}

/* --- moving --- */

static size_t
moved(size_t at, size_t n, int key, size_t page)
{
    size_t last = n ? n - 1 : 0;
    page = page ? page : 1;
    switch (key) {
    case TOP_UP:
    case 'k':
        return at ? at - 1 : 0;
    case TOP_DOWN:
    case 'j':
        return at < last ? at + 1 : last;
    case TOP_PAGE_UP:
        return at > page ? at - page : 0;
    case TOP_PAGE_DOWN:
    case ' ':
        return at + page < last ? at + page : last;
    case TOP_HOME:
    case 'g':
        return 0;
    case TOP_END:
    case 'G':
        return last;
    default:
        return at;
    }
}

enum { STEP = 8 };

static unsigned
shifted(unsigned at, int key)
{
    return key == TOP_RIGHT ? at + STEP : at > STEP ? at - STEP : 0;
}

/* --- what is asked with a line, or a key --- */

static enum top_action
begin_input(struct top_view *v)
{
    v->mode = TOP_INPUT;
    buf_reset(&v->input);
    buf_puts(&v->input, v->filter.p);
    return TOP_DRAW;
}

static enum top_action
input_key(struct top_view *v, int key)
{
    struct buf *b = &v->input;
    enum { CTRL_U = 'U' - 64 };
    if (key == TOP_ESCAPE) {
        v->mode = TOP_LISTS;
    } else if (key == TOP_ENTER) {
        return TOP_FILTER;
    } else if (key == CTRL_U) {
        buf_reset(b);
    } else if (key == TOP_BACKSPACE) {
        while (b->n && (b->p[b->n - 1] & 0xc0) == 0x80)
            b->n--;
        b->n -= b->n > 0;
        b->p[b->n] = 0;
    } else if (key >= ' ' && key < 0x100 && key != 0x7f) {
        buf_putc(b, (char)key);
    }
    return TOP_DRAW;
}

static enum top_action
question_key(struct top_view *v, int key)
{
    v->mode = TOP_LISTS;
    for (size_t i = 0; i < COUNT_OF(v->choice); i++)
        if (v->choice[i].key && key == v->choice[i].key) {
            v->order = v->choice[i];
            return TOP_ORDER;
        }
    top_view_tell(v, false, "nothing was ordered");
    return TOP_DRAW;
}

static enum top_action
open_page(struct top_view *v, enum top_page page)
{
    bool of_task = page == PAGE_LOG || page == PAGE_WHY;
    if (of_task && !top_view_task(v, &v->page_task)) {
        top_view_tell(v, false,
            !lists_tasks(v->focus) ? "no task is under the cursor: Tab goes to the lists of tasks"
                                   : "the list is empty");
        return TOP_DRAW;
    }
    v->page = page;
    v->mode = TOP_PAGER;
    v->line = 0;
    v->follow = page == PAGE_LOG; /* what was said last */
    return TOP_PAGE;
}

static enum top_action
pager_key(struct top_view *v, int key)
{
    size_t page = v->height > 3 ? v->height - 3 : 1;
    switch (key) {
    case 'q':
    case TOP_ESCAPE:
    case TOP_ENTER:
        v->mode = TOP_LISTS;
        return TOP_DRAW;
    case 'r':
        return TOP_PAGE;
    case '?':
        return v->page == PAGE_HELP ? TOP_DRAW : open_page(v, PAGE_HELP);
    default:
        break;
    }
    size_t last = v->lines > page + 1 ? v->lines - page - 1 : 0;
    v->line = moved(v->line, last + 1, key, page);
    v->follow = v->page == PAGE_LOG && v->line == last; /* as long as the end is seen */
    return TOP_DRAW;
}

/* --- the lists --- */

static enum top_action
set_filter(struct top_view *v, const char *text)
{
    buf_reset(&v->input);
    buf_puts(&v->input, strcmp(v->filter.p, text) == 0 ? "" : text);
    return TOP_FILTER;
}

/* The tasks of the family, or of the node, under the cursor; once more: all. Of a task, its log. */
static enum top_action
enter(struct top_view *v)
{
    struct buf text = {0};
    const struct facts *f = &v->data->facts;
    size_t line = v->place[v->focus].cursor;
    if (lists_tasks(v->focus))
        return open_page(v, PAGE_LOG);
    if (!top_view_lines(v, v->focus))
        return TOP_DRAW;
    if (v->focus == PANEL_FAMILIES) {
        buf_printf(&text, "family=%s", plan_string(f->plan, f->plan->family[line].name));
    } else {
        const struct account_node *n = &f->status->account.node[v->data->node[line]];
        buf_printf(&text, "host=%.*s", (int)strcspn(n->holder, "."), n->holder);
    }
    enum top_action a = set_filter(v, text.p);
    buf_free(&text);
    return a;
}

static enum top_action
sort_by(struct top_view *v, int key)
{
    if (!lists_tasks(v->focus))
        v->focus = PANEL_OTHERS;
    struct top_sort *s = &v->sort[v->focus];
    size_t n, i = 0;
    const enum ask_column *c = top_columns(v->focus, &n);
    while (i + 1 < n && c[i] != s->by)
        i++;
    if (key == 'R')
        s->reverse = !s->reverse;
    else
        *s = (struct top_sort){c[(key == 's' ? i + 1 : i + n - 1) % n], false};
    v->place[v->focus] = (struct top_place){0};
    return TOP_CHOOSE;
}

static enum top_action
move(struct top_view *v, int key)
{
    enum top_panel p = v->focus;
    place_cursor(v, p, moved(v->place[p].cursor, top_view_lines(v, p), key, v->rows[p]));
    return TOP_DRAW;
}

static enum top_action
list_key(struct top_view *v, int key)
{
    switch (key) {
    case 'q':
        return TOP_QUIT;
    case TOP_TAB:
        v->focus = (v->focus + 1) % NPANELS;
        return TOP_DRAW;
    case TOP_TAB_BACK:
        v->focus = (v->focus + NPANELS - 1) % NPANELS;
        return TOP_DRAW;
    case TOP_LEFT:
    case TOP_RIGHT:
        v->shift = shifted(v->shift, key);
        return TOP_DRAW;
    case TOP_ENTER:
        return enter(v);
    case TOP_ESCAPE:
        return *v->filter.p ? set_filter(v, v->filter.p) : TOP_DRAW;
    case '/':
        return begin_input(v);
    case 's':
    case 'S':
    case 'R':
        return sort_by(v, key);
    case 'l':
        return open_page(v, PAGE_LOG);
    case 'w':
        return open_page(v, PAGE_WHY);
    case 'i':
        return open_page(v, PAGE_STATUS);
    case '?':
    case 'h':
        return open_page(v, PAGE_HELP);
    case 'p':
        return top_ask_pause(v);
    case 'd':
        return top_ask_drain(v);
    case 'n':
        return v->nsites > 1 ? TOP_NEXT : TOP_DRAW;
    case 'r':
        return TOP_READ;
    default:
        return move(v, key);
    }
}

enum top_action
top_view_key(struct top_view *v, int key)
{
    if (key == TOP_NONE || key == TOP_RESIZED)
        return TOP_DRAW;
    buf_reset(&v->told);
    switch (v->mode) {
    case TOP_INPUT:
        return input_key(v, key);
    case TOP_QUESTION:
        return question_key(v, key);
    case TOP_PAGER:
        return pager_key(v, key);
    case TOP_LISTS:
        break;
    }
    return list_key(v, key);
}
