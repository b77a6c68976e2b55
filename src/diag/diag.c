#include "config.h"

#include "diag/diag-private.h"
#include "diag/utf8.h"
#include "util/buf.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

enum { TAB = 8, WINDOW = 100, LEFT_CONTEXT = 50 };

struct note {
    struct span at;
    char *text;
    bool is_help;
};

struct diag {
    enum severity queued, sev; /* as it was queued, and as it is shown */
    bool off;                  /* not shown at all */
    bool spoken;               /* its text may have lines */
    char *check, *text;
    struct span at;
    size_t number; /* order of queueing */
    struct note *note;
    size_t nnotes;
};

struct diags *
diag_new(void)
{
    return xcalloc(1, sizeof(struct diags));
}

static void
free_message(struct diag *m)
{
    for (size_t i = 0; i < m->nnotes; i++)
        free(m->note[i].text);
    free(m->note);
    free(m->check);
    free(m->text);
    free(m);
}

void
diag_free(struct diags *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < d->nqueue; i++)
        free_message(d->queue[i]);
    free(d->queue);
    for (size_t i = 0; i < d->nlevels; i++)
        free(d->level[i].check);
    free(d->level);
    sources_free(d);
    free(d);
}

static char *
format(const char *fmt, va_list ap)
{
    struct buf b = {0};
    buf_reserve(&b, 0);
    b.p[0] = 0;
    buf_vprintf(&b, fmt, ap);
    return b.p;
}

static struct check_level *
level_of(const struct diags *d, const char *check)
{
    for (size_t i = 0; i < d->nlevels; i++)
        if (strcmp(d->level[i].check, check) == 0)
            return &d->level[i];
    return NULL;
}

void
diag_set_level(struct diags *d, const char *check, enum diag_level level)
{
    struct check_level *l = level_of(d, check);
    if (!l) {
        d->level = xrealloc(d->level, (d->nlevels + 1) * sizeof *d->level);
        l = &d->level[d->nlevels++];
        l->check = xstrdup(check);
    }
    l->level = level;
}

void
diag_only_errors(struct diags *d)
{
    d->only_errors = true;
}

void
diag_spoken(struct diag *m)
{
    m->spoken = true;
}

struct diag *
diag_add(struct diags *d, enum severity sev, const char *check, struct span at, const char *fmt,
    ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(d, sev, check, at, fmt, ap);
    va_end(ap);
    return m;
}

struct diag *
diag_vadd(struct diags *d, enum severity sev, const char *check, struct span at, const char *fmt,
    va_list ap)
{
    struct diag *m = xcalloc(1, sizeof *m);
    m->text = format(fmt, ap);
    m->queued = m->sev = sev;
    m->check = xstrdup(check);
    m->at = at;
    m->number = d->nqueue;
    ARRAY_GROW(d->queue, d->nqueue, d->cap_queue);
    d->queue[d->nqueue++] = m;
    d->count[sev]++;
    const struct check_level *l = sev == DIAG_WARNING ? level_of(d, check) : NULL;
    if (l && l->level == DIAG_LEVEL_OFF) {
        m->off = true;
    } else if (l && l->level == DIAG_LEVEL_ERROR) {
        m->sev = DIAG_ERROR;
        d->raised = true;
    }
    return m;
}

static void
add_note(struct diag *m, struct span at, bool is_help, char *text)
{
    m->note = xrealloc(m->note, (m->nnotes + 1) * sizeof *m->note);
    m->note[m->nnotes++] = (struct note){at, text, is_help};
}

void
diag_note(struct diag *m, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_note(m, at, false, format(fmt, ap));
    va_end(ap);
}

void
diag_help(struct diag *m, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    add_note(m, NO_SPAN, true, format(fmt, ap));
    va_end(ap);
}

unsigned
diag_count(const struct diags *d, enum severity sev)
{
    return d->count[sev];
}

bool
diag_failed(const struct diags *d)
{
    return d->count[DIAG_ERROR] > 0 || d->raised;
}

size_t
diag_mark(const struct diags *d)
{
    return d->nqueue;
}

void
diag_forget(struct diags *d, size_t mark)
{
    while (d->nqueue > mark) {
        struct diag *m = d->queue[--d->nqueue];
        d->count[m->queued]--;
        free_message(m);
    }
    d->raised = false;
    for (size_t i = 0; i < d->nqueue; i++)
        d->raised |= d->queue[i]->queued == DIAG_WARNING && d->queue[i]->sev == DIAG_ERROR;
}

/* --- printing --- */

struct printer {
    struct diags *d;
    FILE *to;
    bool colour;
};

#define BOLD "1"
#define RED "1;31"
#define MAGENTA "1;35"
#define CYAN "1;36"

static void
paint(struct printer *p, const char *code)
{
    if (p->colour)
        fprintf(p->to, "\033[%sm", code);
}

static void
unpaint(struct printer *p)
{
    if (p->colour)
        fputs("\033[0m", p->to);
}

static bool
is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e);
}

/* Text that may come from a user's data: nothing in it reaches the terminal as a command. */
static void
put_clean(FILE *to, const char *s, size_t n)
{
    uint32_t code;
    for (size_t i = 0, len; i < n; i += len) {
        len = utf8_next(s + i, n - i, &code);
        if (is_control(code) || (code == 0xfffd && len == 1))
            putc('?', to);
        else
            fwrite(s + i, 1, len, to);
    }
}

/* What a campaign says of itself may have lines. */
static void
put_lines(FILE *to, const char *s)
{
    size_t n = strlen(s), line;
    while (n > 0 && strchr(" \t\r\n", s[n - 1]))
        n--;
    for (; n > 0; s += line, n -= line) {
        line = strcspn(s, "\t\r\n");
        line = line < n ? line : n;
        put_clean(to, s, line);
        if (line == n)
            return;
        bool more = s[line] == '\n' && !strchr("\r\n", s[line + 1]);
        fputs(s[line] == '\n' ? more ? "\n    " : "\n" : s[line] == '\t' ? "    " : "", to);
        line++;
    }
}

/* The width of the character at s, whose first column is `column`. */
static uint32_t
cell_width(uint32_t code, uint32_t column)
{
    if (code == '\t')
        return TAB - column % TAB;
    return is_control(code) ? 1 : utf8_width(code);
}

/* A quoted line: bytes start .. end of a source, and the columns of the marked part. */
struct quote {
    const char *text;
    uint32_t start, end;
    uint32_t mark, mark_end; /* columns */
    uint32_t from, to;       /* the columns shown */
    bool cut_left, cut_right;
    bool goes_on; /* the span continues on the next line */
};

/* Finds the columns; stops measuring where nothing more can be shown. */
static void
measure(struct quote *q, struct span at)
{
    uint32_t column = 0, code, i = q->start;
    bool seen = false;
    q->mark = q->mark_end = 0;
    while (i < q->end && !(seen && column > q->mark + 2 * WINDOW)) {
        if (i >= at.start && !seen) {
            q->mark = column;
            seen = true;
        }
        unsigned len = utf8_next(q->text + i, q->end - i, &code);
        column += cell_width(code, column);
        i += len;
        if (i <= at.end)
            q->mark_end = column;
    }
    if (!seen)
        q->mark = column;
    q->from = 0;
    q->to = column;
    if (column > WINDOW) {
        if (q->mark > WINDOW - LEFT_CONTEXT)
            q->from = q->mark - LEFT_CONTEXT;
        if (q->from + WINDOW > column)
            q->from = column - WINDOW;
        q->to = q->from + WINDOW;
    }
    q->cut_left = q->from > 0;
    q->cut_right = q->to < column || i < q->end;
    if (q->mark_end > q->to)
        q->mark_end = q->to;
    if (q->mark_end <= q->mark)
        q->mark_end = q->mark + 1;
}

static void
put_spaces(FILE *to, uint32_t n)
{
    while (n-- > 0)
        putc(' ', to);
}

static void
put_quoted(FILE *to, const struct quote *q)
{
    uint32_t first = q->cut_left ? q->from + 3 : q->from;
    uint32_t last = q->cut_right ? q->to - 3 : q->to;
    uint32_t column = 0, code, shown = first;
    if (q->cut_left)
        fputs("...", to);
    for (uint32_t i = q->start, len; i < q->end && column < last; i += len) {
        len = utf8_next(q->text + i, q->end - i, &code);
        uint32_t width = cell_width(code, column), next = column + width;
        if (column >= first && next <= last) {
            if (code == '\t')
                put_spaces(to, width);
            else
                put_clean(to, q->text + i, len);
            shown = next;
        } else if (next > first && column < last) { /* half of it lies outside of the window */
            uint32_t upto = next < last ? next : last;
            put_spaces(to, upto - shown);
            shown = upto;
        }
        column = next;
    }
    if (q->cut_right)
        fputs("...", to);
}

static void
put_line(struct printer *p, struct span at, const char *colour)
{
    struct source *s = p->d->source[at.file];
    struct quote q = {.text = s->text};
    if (at.start > s->n)
        at.start = (uint32_t)s->n;
    uint32_t line = source_line(s, at.start, &q.start, &q.end) + 1;
    if (at.end > s->n)
        at.end = (uint32_t)s->n;
    for (uint32_t i = q.end; i < at.end && !q.goes_on; i++)
        q.goes_on = !strchr(" \t\r\n", s->text[i]);
    if (at.start > q.end)
        at.start = q.end;
    if (at.end > q.end) {
        at.end = q.end;
        while (at.end > at.start && strchr(" \t", s->text[at.end - 1]))
            at.end--;
    }
    measure(&q, at);
    int digits = fprintf(p->to, "%5u |", line) - 2;
    if (q.end > q.start)
        putc(' ', p->to);
    put_quoted(p->to, &q);
    fprintf(p->to, "\n%*s | ", digits, "");
    put_spaces(p->to, q.mark - q.from);
    paint(p, colour);
    putc('^', p->to);
    for (uint32_t i = q.mark + 1; i < q.mark_end; i++)
        putc('~', p->to);
    if (q.goes_on)
        fputs("...", p->to);
    unpaint(p);
    putc('\n', p->to);
}

static void
put_place(struct printer *p, struct span at)
{
    if (at.file == DIAG_NO_FILE)
        return;
    uint32_t line, column;
    const char *name = diag_name(p->d, at.file);
    diag_where(p->d, at, &line, &column);
    paint(p, BOLD);
    put_clean(p->to, name, strlen(name));
    fprintf(p->to, ":%u:%u:", line, column);
    unpaint(p);
    putc(' ', p->to);
}

static void
put_label(struct printer *p, const char *label, const char *colour)
{
    paint(p, colour);
    fprintf(p->to, "%s:", label);
    unpaint(p);
    putc(' ', p->to);
}

static void
put_message(struct printer *p, const struct diag *m)
{
    static const char *const label[] = {"error", "warning", "note"};
    const char *colour = m->sev == DIAG_ERROR ? RED : MAGENTA;
    put_place(p, m->at);
    put_label(p, label[m->sev], colour);
    paint(p, BOLD);
    if (m->spoken)
        put_lines(p->to, m->text);
    else
        put_clean(p->to, m->text, strlen(m->text));
    unpaint(p);
    fprintf(p->to, " [%s]\n", m->check);
    if (m->at.file != DIAG_NO_FILE)
        put_line(p, m->at, colour);
    /* A remedy belongs to the message; other places follow. */
    for (int help = 1; help >= 0; help--) {
        for (size_t i = 0; i < m->nnotes; i++) {
            const struct note *n = &m->note[i];
            if (n->is_help != help)
                continue;
            if (n->is_help || n->at.file == DIAG_NO_FILE)
                fputs("  ", p->to);
            put_place(p, n->at);
            put_label(p, n->is_help ? "help" : "note", CYAN);
            put_clean(p->to, n->text, strlen(n->text));
            putc('\n', p->to);
            if (n->at.file != DIAG_NO_FILE)
                put_line(p, n->at, CYAN);
        }
    }
}

static int
by_place(const void *a, const void *b)
{
    const struct diag *x = *(struct diag *const *)a, *y = *(struct diag *const *)b;
    if (x->at.file != y->at.file)
        return x->at.file < y->at.file ? -1 : 1;
    if (x->at.start != y->at.start)
        return x->at.start < y->at.start ? -1 : 1;
    if (x->sev != y->sev)
        return x->sev < y->sev ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static bool
same_message(const struct diag *a, const struct diag *b)
{
    return a->sev == b->sev && a->at.file == b->at.file && a->at.start == b->at.start &&
           a->at.end == b->at.end && strcmp(a->text, b->text) == 0 &&
           strcmp(a->check, b->check) == 0;
}

/* Is queue[i] a repetition of an earlier message about the same place? */
static bool
is_repeated(struct diag *const *queue, size_t i)
{
    for (size_t j = i; j > 0; j--) {
        const struct diag *m = queue[j - 1];
        if (m->at.file != queue[i]->at.file || m->at.start != queue[i]->at.start)
            return false;
        if (same_message(m, queue[i]))
            return true;
    }
    return false;
}

void
diag_print(struct diags *d, FILE *to, bool colour, unsigned most)
{
    struct printer p = {d, to, colour};
    unsigned shown = 0, hidden = 0;
    if (d->nqueue)
        qsort(d->queue, d->nqueue, sizeof *d->queue, by_place);
    for (size_t i = 0; i < d->nqueue; i++) {
        const struct diag *m = d->queue[i];
        if (m->off || (d->only_errors && m->sev == DIAG_WARNING) || is_repeated(d->queue, i))
            continue;
        if (m->sev == DIAG_ERROR && most > 0 && shown == most) {
            hidden++;
            continue;
        }
        shown += m->sev == DIAG_ERROR;
        put_message(&p, m);
    }
    if (hidden)
        fprintf(to, "%u more error%s not shown\n", hidden, hidden == 1 ? "" : "s");
    for (size_t i = 0; i < d->nqueue; i++)
        free_message(d->queue[i]);
    d->nqueue = 0;
}
