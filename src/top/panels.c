/* The panels: families, nodes, tasks that run, tasks that have ended. */
#include "config.h"

#include "top/draw.h"

#include "journal/lease.h"
#include "report/words.h"
#include "util/list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MARK = 2 }; /* columns at the left in which the cursor's line has a sign */

unsigned
top_panel_wants(const struct top_view *v, enum top_panel p)
{
    size_t n = top_view_lines(v, p), head = p == PANEL_NODES ? 1 : 2;
    n = n ? n : 1;
    return n < 10000 ? (unsigned)(n + head) : 10000;
}

unsigned
top_panel_needs(enum top_panel p)
{
    return p == PANEL_NODES ? 2 : 3;
}

/* Moves the first line that is seen so that the cursor is among the `rows`. */
static size_t
first_seen(struct top_view *v, enum top_panel p, unsigned rows)
{
    struct top_place *at = &v->place[p];
    size_t n = top_view_lines(v, p);
    v->rows[p] = rows;
    if (at->first + rows > n)
        at->first = n > rows ? n - rows : 0;
    if (at->cursor < at->first)
        at->first = at->cursor;
    if (rows && at->cursor >= at->first + rows)
        at->first = at->cursor - rows + 1;
    return at->first;
}

/* What stands before a line, and whether it is that of the cursor. */
static bool
begin_row(const struct top_view *v, enum top_panel p, size_t line, unsigned y, struct screen *s)
{
    bool here = p == v->focus && line == v->place[p].cursor;
    screen_puts(s, y, STYLE_PLAIN, here ? "> " : "  ");
    screen_skip(s, y, v->shift);
    return here;
}

static void
end_row(bool here, unsigned y, struct screen *s)
{
    if (here)
        screen_mark(s, y, STYLE_MARKED);
}

/* --- families --- */

/* Where the cell of a head's word ends, from `at` on: behind the word. */
static size_t
cell_end(const char *head, size_t n, size_t at)
{
    while (at < n && head[at] == ' ')
        at++;
    while (at < n && head[at] != ' ')
        at++;
    return at;
}

/* Of a cell that ends below the `n` letters at `word`; one that says 0 has a point. */
static enum style
style_of(const char *word, size_t n, char last)
{
    static const struct {
        const char *name;
        enum style style;
    } of[] = {{"failed", STYLE_BAD}, {"blocked", STYLE_BAD}, {"interrupted", STYLE_WARN},
        {"running", STYLE_GOOD}};
    for (size_t i = 0; i < COUNT_OF(of) && last != '.'; i++)
        if (n > strlen(of[i].name) &&
            strncmp(word + n - strlen(of[i].name), of[i].name, strlen(of[i].name)) == 0)
            return of[i].style;
    return STYLE_PLAIN;
}

/* A line of the matrix; its cells end where the words of the head do. */
static void
put_counts(const char *head, const char *line, size_t n, unsigned y, struct screen *s)
{
    size_t width = strcspn(head, "\n");
    for (size_t at = 0, end; at < width && at < n; at = end) {
        end = cell_end(head, width, at);
        end = end < n ? end : n;
        screen_put(s, y, style_of(head + at, end - at, line[end - 1]), line + at, end - at);
    }
}

static void
draw_families(struct top_view *v, unsigned y, unsigned height, struct screen *s)
{
    struct buf text = {0};
    status_matrix(v->data->facts.status, &text);
    size_t n = top_view_lines(v, PANEL_FAMILIES);
    unsigned rows = height > 2 ? height - 2 : 0, bottom = y + height - 1;
    size_t first = first_seen(v, PANEL_FAMILIES, rows), i = 0;
    for (const char *at = text.p; *at; i++) {
        size_t len = strcspn(at, "\n");
        if (i == 0) {
            begin_row(v, PANEL_FAMILIES, SIZE_MAX, y, s);
            screen_put(s, y, STYLE_STRONG, at, len);
        } else if (i == n + 1) {
            begin_row(v, PANEL_FAMILIES, SIZE_MAX, bottom, s);
            put_counts(text.p, at, len, bottom, s);
        } else if (i > first && i <= first + rows) {
            unsigned line = y + (unsigned)(i - first);
            bool here = begin_row(v, PANEL_FAMILIES, i - 1, line, s);
            put_counts(text.p, at, len, line, s);
            end_row(here, line, s);
        }
        at += len + (at[len] != 0);
    }
    buf_free(&text);
}

/* --- tables whose columns are as wide as what is seen of them --- */

enum { MOST_COLUMNS = 10 };

struct column {
    const char *name;
    unsigned least; /* columns of the terminal */
    bool number;
};

struct table {
    const struct column *column;
    size_t ncolumns;
    struct buf *cell; /* of `rows` lines, the columns of each */
    enum style *style;
    size_t rows;
    unsigned width[MOST_COLUMNS];
};

static void
table_init(struct table *t, const struct column *column, size_t ncolumns, size_t rows)
{
    *t = (struct table){.column = column, .ncolumns = ncolumns, .rows = rows};
    t->cell = xcalloc(rows * ncolumns + 1, sizeof *t->cell);
    t->style = xcalloc(rows + 1, sizeof *t->style);
}

static void
table_free(struct table *t)
{
    for (size_t i = 0; i < t->rows * t->ncolumns; i++)
        buf_free(&t->cell[i]);
    free(t->cell);
    free(t->style);
}

/* A column in which nothing stands is left out. */
static void
table_measure(struct table *t)
{
    for (size_t c = 0; c < t->ncolumns; c++) {
        unsigned most = 0;
        for (size_t r = 0; r < t->rows; r++) {
            const struct buf *b = &t->cell[r * t->ncolumns + c];
            unsigned width = b->n ? text_width(b->p, b->n) : 0;
            most = width > most ? width : most;
        }
        unsigned head = (unsigned)strlen(t->column[c].name);
        head = head > t->column[c].least ? head : t->column[c].least;
        t->width[c] = !most ? 0 : most > head ? most : head;
    }
}

static void
put_cell(const struct table *t, size_t c, enum style style, const char *text, size_t n, unsigned y,
    struct screen *s)
{
    static const char blanks[] = "                                                            ";
    unsigned width = text_width(text, n), pad = t->width[c] > width ? t->width[c] - width : 0;
    bool last = c + 1 == t->ncolumns;
    pad = pad < sizeof blanks - 1 ? pad : sizeof blanks - 1;
    if (t->column[c].number)
        screen_put(s, y, style, blanks, pad);
    screen_put(s, y, style, text, n);
    if (!t->column[c].number && !last)
        screen_put(s, y, style, blanks, pad);
    if (!last)
        screen_put(s, y, style, blanks, 2);
}

static void
table_head(const struct table *t, unsigned y, struct screen *s)
{
    for (size_t c = 0; c < t->ncolumns; c++)
        if (t->width[c])
            put_cell(t, c, STYLE_STRONG, t->column[c].name, strlen(t->column[c].name), y, s);
}

static void
table_row(const struct table *t, size_t r, unsigned y, struct screen *s)
{
    for (size_t c = 0; c < t->ncolumns; c++) {
        const struct buf *b = &t->cell[r * t->ncolumns + c];
        if (t->width[c])
            put_cell(t, c, t->style[r], b->n ? b->p : "", b->n, y, s);
    }
}

/* --- nodes --- */

/* clang-format off */
static const struct column node_columns[] = {
    {"NODE", 6, false}, {"JOB", 3, false}, {"CORES", 5, true}, {"TASKS", 16, false},
    {"USED", 5, true}, {"MEMORY", 13, true}, {"LEFT", 6, true}, {"SIGN", 5, true},
};
/* clang-format on */
enum { NODE_NAME, NODE_JOB, NODE_CORES, NODE_TASKS, NODE_USED, NODE_MEMORY, NODE_LEFT, NODE_SIGN };

static void
add_tasks(const struct status *st, const struct account_node *n, struct buf *out)
{
    for (uint32_t k = 0; n->of_family && k < st->plan->nfamilies; k++)
        if (n->of_family[k])
            buf_printf(out, "%s%" PRIu32 " %s", out->n ? ", " : "", n->of_family[k],
                plan_string(st->plan, st->plan->family[k].name));
    if (!out->n)
        buf_puts(out, "none");
}

/* How much of its time had tasks that were, or are, of use: as `wflc jobs` has it. */
static void
add_used(const struct account_node *n, struct buf *out)
{
    double all = 0, used = n->part_s[ACCOUNT_USEFUL] + n->part_s[ACCOUNT_RUNNING];
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        all += n->part_s[i];
    if (all > n->part_s[ACCOUNT_UNKNOWN])
        buf_printf(out, "%.0f %%", 100 * used / all);
}

static void
add_memory(const struct account_node *n, struct buf *out)
{
    const double gb = 1048576e-9;
    if (n->said_us && n->memory_mib)
        buf_printf(out, "%.1f of %.1f GB", n->used_mib * gb, n->memory_mib * gb);
    else if (n->memory_mib)
        buf_printf(out, "%.1f GB", n->memory_mib * gb);
}

static void
fill_node(const struct status *st, const struct account_node *n, struct buf *cell)
{
    double sign = status_sign_s(st, n);
    top_node_name(n, &cell[NODE_NAME]);
    buf_puts(&cell[NODE_JOB], n->job);
    if (n->cores)
        buf_printf(&cell[NODE_CORES], "%" PRIu32, n->cores);
    add_tasks(st, n, &cell[NODE_TASKS]);
    add_used(n, &cell[NODE_USED]);
    add_memory(n, &cell[NODE_MEMORY]);
    if (n->ends_us)
        status_duration(n->ends_us > st->now_us ? (double)(n->ends_us - st->now_us) * 1e-6 : 0,
            &cell[NODE_LEFT]);
    if (sign >= 0)
        status_duration(sign, &cell[NODE_SIGN]);
}

static void
draw_nodes(struct top_view *v, unsigned y, unsigned height, struct screen *s)
{
    const struct status *st = v->data->facts.status;
    unsigned rows = height - 1;
    size_t first = first_seen(v, PANEL_NODES, rows), n = v->data->nnodes;
    struct table t;
    if (!n) {
        begin_row(v, PANEL_NODES, v->place[PANEL_NODES].cursor, y, s);
        screen_puts(s, y, STYLE_STRONG, "NODES");
        screen_puts(s, y + 1, STYLE_FAINT, "  none is at work");
        return;
    }
    size_t seen = n - first < rows ? n - first : rows;
    table_init(&t, node_columns, COUNT_OF(node_columns), seen);
    for (size_t i = 0; i < seen; i++)
        fill_node(st, &st->account.node[v->data->node[first + i]], &t.cell[i * t.ncolumns]);
    table_measure(&t);
    begin_row(v, PANEL_NODES, SIZE_MAX, y, s);
    table_head(&t, y, s);
    for (size_t i = 0; i < seen; i++) {
        unsigned line = y + 1 + (unsigned)i;
        bool here = begin_row(v, PANEL_NODES, first + i, line, s);
        table_row(&t, i, line, s);
        end_row(here, line, s);
    }
    table_free(&t);
}

/* --- tasks --- */

/* In the order of top_columns. */
/* clang-format off */
static const struct column running_columns[] = {
    {"TIME", 8, true}, {"TRY", 3, true}, {"TASK", 24, false}, {"HOST", 6, false},
    {"STARTED", 8, false},
};
static const struct column other_columns[] = {
    {"STATE", 7, false}, {"REASON", 8, false}, {"TIME", 7, true}, {"MEMORY", 7, true},
    {"ENDED", 8, false}, {"TASK", 20, false}, {"HOST", 6, false}, {"TRY", 3, true},
};
/* clang-format on */

/* "2026-01-31 12:04:05" without the day if it is today's, else without the seconds and the year. */
static void
shorten_time(const struct status *st, struct buf *b)
{
    time_t now = (time_t)(st->now_us / 1000000);
    struct tm tm;
    char today[16] = "";
    if (b->n != 19 || !localtime_r(&now, &tm) || !strftime(today, sizeof today, "%Y-%m-%d", &tm))
        return;
    bool same = strncmp(b->p, today, 10) == 0;
    memmove(b->p, b->p + (same ? 11 : 5), same ? 8 : 11);
    b->n = same ? 8 : 11;
    b->p[b->n] = 0;
}

static void
fill_tasks(const struct top_view *v, enum top_panel p, const struct top_list *l, size_t first,
    struct table *t)
{
    const struct facts *f = &v->data->facts;
    size_t n;
    const enum ask_column *column = top_columns(p, &n);
    for (size_t i = 0; i < t->rows; i++) {
        uint32_t task = l->task[first + i];
        uint8_t state = f->status->state[task];
        for (size_t c = 0; c < n; c++) {
            struct buf *b = &t->cell[i * n + c];
            ask_cell(f, column[c], task, &f->task[task], b);
            if (column[c] == ASK_ENDED || column[c] == ASK_STARTED)
                shorten_time(f->status, b);
        }
        t->style[i] = state == STATUS_FAILED || state == STATUS_BLOCKED ? STYLE_BAD
                      : state != STATUS_DONE && f->task[task].ended_s && p == PANEL_OTHERS
                          ? STYLE_WARN
                          : STYLE_PLAIN;
    }
}

/* What the list is, above it. */
static void
draw_title(const struct top_view *v, enum top_panel p, const struct top_list *l, unsigned y,
    struct screen *s)
{
    const struct top_sort *sort = &v->sort[p];
    bool filter = *v->filter.p;
    struct buf text = {0};
    size_t n, i = 0;
    const enum ask_column *column = top_columns(p, &n);
    while (column[i] != sort->by)
        i++;
    const char *by = (p == PANEL_RUNNING ? running_columns : other_columns)[i].name;
    buf_puts(&text, p == PANEL_RUNNING ? "RUNNING " : filter ? "NOT RUNNING " : "ENDED ");
    status_number(l->all, &text);
    if (l->all > l->n)
        buf_printf(&text, ", the first %zu", l->n);
    if (sort->by == ASK_ENDED && !sort->reverse) {
        buf_puts(&text, ", the latest first");
    } else if (sort->by == ASK_TIME && !sort->reverse) {
        buf_puts(&text, ", the longest first");
    } else {
        buf_puts(&text, ", by ");
        for (; *by; by++)
            buf_putc(&text, (char)(*by | 0x20));
        buf_puts(&text, sort->reverse ? " reversed" : "");
    }
    if (filter)
        buf_printf(&text, ", of %s", v->filter.p);
    screen_puts(s, y, STYLE_STRONG, "- ");
    screen_puts(s, y, p == v->focus ? STYLE_MARKED : STYLE_STRONG, text.p);
    screen_puts(s, y, STYLE_STRONG, " ");
    while (s->line[y].width < s->width)
        screen_puts(s, y, STYLE_FAINT, "-");
    buf_free(&text);
}

static void
draw_tasks(struct top_view *v, enum top_panel p, unsigned y, unsigned height, struct screen *s)
{
    const struct top_list *l = p == PANEL_RUNNING ? &v->data->running : &v->data->others;
    unsigned rows = height > 2 ? height - 2 : 0;
    size_t first = first_seen(v, p, rows);
    struct table t;
    draw_title(v, p, l, y, s);
    if (!l->n) {
        screen_puts(s, y + 1, STYLE_FAINT, "  none");
        return;
    }
    size_t seen = l->n - first < rows ? l->n - first : rows;
    if (p == PANEL_RUNNING)
        table_init(&t, running_columns, COUNT_OF(running_columns), seen);
    else
        table_init(&t, other_columns, COUNT_OF(other_columns), seen);
    fill_tasks(v, p, l, first, &t);
    table_measure(&t);
    begin_row(v, p, SIZE_MAX, y + 1, s);
    table_head(&t, y + 1, s);
    for (size_t i = 0; i < seen; i++) {
        unsigned line = y + 2 + (unsigned)i;
        bool here = begin_row(v, p, first + i, line, s);
        table_row(&t, i, line, s);
        end_row(here, line, s);
    }
    table_free(&t);
}

void
top_draw_panel(struct top_view *v, enum top_panel p, unsigned y, unsigned height, struct screen *s)
{
    switch (p) {
    case PANEL_FAMILIES:
        draw_families(v, y, height, s);
        break;
    case PANEL_NODES:
        draw_nodes(v, y, height, s);
        break;
    case PANEL_RUNNING:
    case PANEL_OTHERS:
        draw_tasks(v, p, y, height, s);
        break;
    case NPANELS:
        break;
    }
}
