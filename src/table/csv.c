/* Tables from text: cells separated by commas, tabs or blanks. The source is scanned once; cells go
 * straight into the columns, which widen when a later cell asks for it. */
#include "config.h"

#include "table/table.h"

#include "diag/checks.h"

#include "util/number.h"
#include "util/buf.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_ERRORS = 20,     /* a file with more is of another kind: reading stops */
    MOST_COLUMNS = 10000, /* no table for people has more */
};

/* One cell, unquoted and trimmed; `p` points into the source or into the reader's buffer. */
struct cell {
    const char *p;
    uint32_t n;
    bool quoted, bad;
    const char *control; /* a control character in it, in words; or NULL */
    struct span at;      /* with its quotes */
};

struct column_state {
    bool decided;      /* the column has its type and memory */
    struct span first; /* the cell that gave the type */
    uint32_t *empty;   /* rows that were empty before it had, and where */
    uint32_t *empty_at, nempty;
    uint32_t text, length, id; /* of a text column: the last cell in the source, and its string */
};

struct csv {
    struct diags *d;
    struct strpool *pool;
    const char *text;
    uint32_t n, pos, line;
    uint32_t file, cap; /* cap: rows that there is memory for */
    const struct csv_form *form;
    char separator;
    unsigned errors;
    struct table *out;
    struct column_state *state;
    struct buf unquoted;
};

static struct diag *complain(struct csv *c, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static struct diag *
complain(struct csv *c, struct span at, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(c->d, DIAG_ERROR, RULE_CSV, at, fmt, ap);
    va_end(ap);
    c->errors++;
    return m;
}

static struct span
span_of(const struct csv *c, uint32_t start, uint32_t end)
{
    return (struct span){c->file, start, end};
}

static bool
at_line_end(const struct csv *c)
{
    return c->pos >= c->n || c->text[c->pos] == '\n' ||
           (c->text[c->pos] == '\r' && (c->pos + 1 >= c->n || c->text[c->pos + 1] == '\n'));
}

static void
next_line(struct csv *c)
{
    const char *nl = memchr(c->text + c->pos, '\n', c->n - c->pos);
    c->pos = nl ? (uint32_t)(nl - c->text) + 1 : c->n;
    c->line++;
}

static bool
is_blank(const struct csv *c, char ch)
{
    return ch == ' ' || (ch == '\t' && c->separator != '\t');
}

static bool
ends_cell(const struct csv *c, char ch)
{
    return ch == c->separator || (ch == '\t' && c->separator == ' ');
}

/* A line between the rows, or a `#` line among those of a list. */
static bool
at_no_row(struct csv *c)
{
    if (c->separator == ' ') {
        while (c->pos < c->n && is_blank(c, c->text[c->pos]))
            c->pos++;
    }
    if (c->form->comments && c->pos < c->n && c->text[c->pos] == '#')
        return true;
    return at_line_end(c);
}

static const char *
separators(const struct csv *c)
{
    return c->separator == ','    ? "commas"
           : c->separator == '\t' ? "tabs"
           : c->separator == '\n' ? "lines"
                                  : "blanks";
}

/* Behind an opening quote; leaves c->pos behind the closing one. */
static void
quoted_cell(struct csv *c, struct cell *cell)
{
    uint32_t open = c->pos - 1;
    buf_reset(&c->unquoted);
    for (;;) {
        const char *q = memchr(c->text + c->pos, '"', c->n - c->pos);
        if (!q) {
            diag_help(complain(c, span_of(c, open, open + 1), "this quote is never closed"),
                "a quote inside a quoted cell is written twice: \"\"");
            cell->bad = true;
            c->pos = c->n;
            break;
        }
        uint32_t to = (uint32_t)(q - c->text);
        buf_add(&c->unquoted, c->text + c->pos, to - c->pos);
        c->pos = to + 1;
        if (c->pos >= c->n || c->text[c->pos] != '"')
            break;
        buf_putc(&c->unquoted, '"');
        c->pos++;
    }
    cell->at = span_of(c, open, c->pos);
    cell->p = c->unquoted.p;
    cell->n = (uint32_t)c->unquoted.n;
    while (c->separator != ' ' && c->pos < c->n && is_blank(c, c->text[c->pos]))
        c->pos++;
    if (!cell->bad && !at_line_end(c) && !ends_cell(c, c->text[c->pos])) {
        uint32_t from = c->pos;
        while (!at_line_end(c) && !ends_cell(c, c->text[c->pos]))
            c->pos++;
        diag_help(complain(c, span_of(c, from, c->pos), "text behind the closing quote of a cell"),
            "a quote inside a quoted cell is written twice: \"\"");
        cell->bad = true;
    }
}

static void
plain_cell(struct csv *c, struct cell *cell)
{
    uint32_t start = c->pos, i = c->pos, n = c->n;
    const char *s = c->text;
    while (i < n && !ends_cell(c, s[i]) && s[i] != '\n')
        i++;
    c->pos = i;
    if (i > start && s[i - 1] == '\r' && (i == n || s[i] == '\n'))
        c->pos = --i;
    while (i > start && c->separator != '\n' && is_blank(c, s[i - 1]))
        i--;
    cell->p = s + start;
    cell->n = i - start;
    cell->at = span_of(c, start, i);
}

/* Reads one cell; true if a separator and thus another one follows. */
static bool
next_cell(struct csv *c, struct cell *cell)
{
    *cell = (struct cell){0};
    bool line = c->separator == '\n'; /* all of it is one cell as it is */
    while (!line && c->pos < c->n && is_blank(c, c->text[c->pos]))
        c->pos++;
    if (!line && c->pos < c->n && c->text[c->pos] == '"') {
        cell->quoted = true;
        c->pos++;
        quoted_cell(c, cell);
    } else {
        plain_cell(c, cell);
    }
    for (uint32_t i = 0; i < cell->n && !cell->bad; i++) {
        unsigned char ch = (unsigned char)cell->p[i];
        if ((ch < 0x20 || ch == 0x7f) && !(line && ch == '\t'))
            cell->control = ch == '\n' ? "a line break" : ch == '\t' ? "a tab" : "not printable";
    }
    if (line)
        return false;
    if (c->separator == ' ') { /* blanks at the end of a line are no cell */
        while (c->pos < c->n && is_blank(c, c->text[c->pos]))
            c->pos++;
        return !at_line_end(c);
    }
    if (c->pos < c->n && c->text[c->pos] == c->separator) {
        c->pos++;
        return true;
    }
    return false;
}

/* --- types --- */

static bool
parse_bool(const struct cell *cell, bool *b)
{
    static const char *const yes[] = {"true", "True", "TRUE"};
    static const char *const no[] = {"false", "False", "FALSE"};
    for (int i = 0; i < 3; i++) {
        if (cell->n == 4 && memcmp(cell->p, yes[i], 4) == 0)
            return *b = true, true;
        if (cell->n == 5 && memcmp(cell->p, no[i], 5) == 0)
            return *b = false, true;
    }
    return false;
}

static const char *
type_words(enum column_type t)
{
    static const char *const words[] = {"whole numbers", "numbers", "text", "true or false"};
    return words[t];
}

/* How many bytes of a cell a message shows: whole characters, one line's worth. */
static int
shown(const struct cell *cell)
{
    uint32_t n = cell->n > 60 ? 60 : cell->n;
    while (n < cell->n && n && (cell->p[n] & 0xc0) == 0x80)
        n--;
    return (int)n;
}

/* The cell has no value: said if it is used. */
static void
add_hole(struct csv *c, uint32_t k, uint32_t row, struct span at, const char *why, const char *help)
{
    struct column *col = &c->out->col[k];
    struct buf text = {0};
    buf_printf(&text, "column '%s': %s", strpool_get(c->pool, col->name), why);
    holes_add(&col->holes, row, strpool_add(c->pool, text.p, text.n),
        help ? strpool_adds(c->pool, help) : 0, at);
    buf_free(&text);
}

static const char too_large[] =
    "if it is a name and no quantity, write the column's first cell in quotes";

/* A cell of text, or an empty one, where there are numbers. */
static void
misfit(struct csv *c, uint32_t k, const struct cell *cell, enum number_kind kind)
{
    struct column *col = &c->out->col[k];
    struct span first = c->state[k].first;
    struct buf why = {0}, help = {0};
    if (kind == NUMBER_RANGE)
        buf_printf(&why, "%.*s is too large for a number", shown(cell), cell->p);
    else if (kind == NUMBER_NOT_FINITE)
        buf_printf(&why, "'%.*s' is no usable number", shown(cell), cell->p);
    else if (cell->n == 0)
        buf_printf(&why, "it holds %s, but this cell is empty", type_words(col->type));
    else
        buf_printf(&why, "it holds %s, but this cell is '%.*s'", type_words(col->type), shown(cell),
            cell->p);
    if (first.end > first.start && kind != NUMBER_RANGE)
        buf_printf(&help, "write the column's first value in quotes (\"%.*s\") to make it text",
            (int)(first.end - first.start > 60 ? 60 : first.end - first.start),
            c->text + first.start);
    add_hole(c, k, c->out->nrows, cell->at, why.p, kind == NUMBER_RANGE ? too_large : help.p);
    buf_free(&why);
    buf_free(&help);
}

/* Gives column k its type from the first cell that is not empty. */
static void
decide(struct csv *c, uint32_t k, const struct cell *cell)
{
    struct column *col = &c->out->col[k];
    struct column_state *st = &c->state[k];
    int64_t i;
    double r;
    bool b;
    col->type = COLUMN_STRING;
    if (!cell->quoted && c->separator != '\n') { /* a line is what it is */
        switch (number_parse(cell->p, cell->n, &i, &r)) {
        case NUMBER_INT:
            col->type = COLUMN_INT;
            break;
        case NUMBER_REAL:
        case NUMBER_RANGE:
        case NUMBER_NOT_FINITE:
            col->type = COLUMN_REAL;
            break;
        case NUMBER_NONE:
            if (parse_bool(cell, &b))
                col->type = COLUMN_BOOL;
        }
    }
    st->first = cell->at;
    for (uint32_t e = 0; e < st->nempty && col->type != COLUMN_STRING; e++) {
        const struct cell empty = {.p = "", .at = span_of(c, st->empty_at[e], st->empty_at[e])};
        uint32_t now = c->out->nrows;
        c->out->nrows = st->empty[e];
        misfit(c, k, &empty, NUMBER_NONE);
        c->out->nrows = now;
    }
    st->decided = true;
    col->data = xcalloc(c->cap, column_width(col->type));
}

/* A whole-number column met a fraction. Numbers past 2^53 would change silently: they are lost. */
static void
widen(struct csv *c, uint32_t k)
{
    struct column *col = &c->out->col[k];
    const int64_t *from = col->data, limit = INT64_C(1) << 53;
    double *to = xcalloc(c->cap, sizeof *to);
    struct holes *before = col->holes;
    col->holes = NULL;
    for (uint32_t row = 0; row < c->out->nrows; row++) {
        const struct hole *old = holes_at(before, row);
        char why[128];
        if (old) {
            holes_add(&col->holes, row, old->why, old->help, old->row == row ? old->at : NO_SPAN);
        } else if (from[row] > limit || from[row] < -limit) {
            snprintf(why, sizeof why,
                "%lld, beside fractions in other rows, is more than a real number can "
                "hold exactly",
                (long long)from[row]);
            add_hole(c, k, row, NO_SPAN, why, "make all cells of the column whole numbers");
        }
        to[row] = (double)from[row];
    }
    holes_free(before);
    free(col->data);
    col->data = to;
    col->type = COLUMN_REAL;
}

static void
note_empty(struct csv *c, struct column_state *st, const struct cell *cell)
{
    if (!(st->nempty & (st->nempty - 1))) {
        size_t cap = st->nempty ? (size_t)st->nempty * 2 : 1;
        st->empty = xrealloc(st->empty, cap * sizeof *st->empty);
        st->empty_at = xrealloc(st->empty_at, cap * sizeof *st->empty_at);
    }
    st->empty[st->nempty] = c->out->nrows;
    st->empty_at[st->nempty++] = cell->at.start;
}

static void
store(struct csv *c, uint32_t k, const struct cell *cell)
{
    struct column *col = &c->out->col[k];
    struct column_state *st = &c->state[k];
    uint32_t row = c->out->nrows;
    if (!st->decided && !cell->bad) {
        if (cell->n == 0 && !cell->quoted) {
            note_empty(c, st, cell);
            return;
        }
        decide(c, k, cell);
    }
    if (st->decided)
        memset((char *)col->data + row * column_width(col->type), 0, column_width(col->type));
    if (cell->bad)
        return;
    if (cell->control) {
        char why[80];
        snprintf(why, sizeof why, "a control character is in this cell (%s)", cell->control);
        add_hole(c, k, row, cell->at, why,
            strcmp(cell->control, "a tab") == 0
                ? "separate cells by commas, or say what separates them, { separator tab }, or "
                  "that a cell is a whole line, "
                  "{ separator line }"
                : "remove it, for values end up in commands and file names");
        return;
    }
    if (col->type == COLUMN_STRING) {
        ((uint32_t *)col->data)[row] = strpool_add(c->pool, cell->p, cell->n);
        return;
    }
    if (col->type == COLUMN_BOOL) {
        bool b = false;
        if (!parse_bool(cell, &b))
            misfit(c, k, cell, NUMBER_NONE);
        ((uint8_t *)col->data)[row] = b;
        return;
    }
    int64_t i = 0;
    double r = 0;
    enum number_kind kind = number_parse(cell->p, cell->n, &i, &r);
    if (kind != NUMBER_INT && kind != NUMBER_REAL) {
        misfit(c, k, cell, kind);
        return;
    }
    if (kind == NUMBER_REAL && col->type == COLUMN_INT)
        widen(c, k);
    if (col->type == COLUMN_INT) {
        ((int64_t *)col->data)[row] = i;
        return;
    }
    ((double *)col->data)[row] = r;
    if (kind == NUMBER_INT && (i > INT64_C(1) << 53 || i < -(INT64_C(1) << 53))) {
        char why[128];
        snprintf(why, sizeof why,
            "%lld, beside fractions in other rows, is more than a real number can hold exactly",
            (long long)i);
        add_hole(c, k, row, cell->at, why, "make all cells of the column whole numbers");
    }
}

/* --- header and rows --- */

static void
check_header_cell(struct csv *c, const struct cell *cell, struct span comment)
{
    int64_t i;
    double r;
    if (cell->bad || cell->n == 0)
        return;
    if (cell->control) {
        diag_help(
            complain(c, cell->at, "a name with a control character in it (%s)", cell->control),
            strcmp(cell->control, "a tab") == 0
                ? "separate cells by commas, or say what separates them: { separator tab }"
                : "the first line names the columns: remove it");
        return;
    }
    enum number_kind kind = number_parse(cell->p, cell->n, &i, &r);
    if (!cell->quoted && (kind == NUMBER_INT || kind == NUMBER_REAL)) {
        struct diag *m =
            complain(c, cell->at, "'%.*s' where a column should be named", shown(cell), cell->p);
        if (comment.file != DIAG_NO_FILE)
            diag_note(m, comment, "a line that begins with # is a comment");
        diag_help(m, "the first line (that is no comment) names the columns; if it is data, name "
                     "them in the campaign: { columns a, b }");
    }
}

static void
add_column(struct csv *c, const struct cell *cell)
{
    struct table *t = c->out;
    uint32_t name = strpool_add(c->pool, cell->p, cell->n);
    int twin = cell->n && !cell->bad ? table_column(t, name) : -1;
    if (twin >= 0)
        diag_note(complain(c, cell->at, "two columns are named '%s'", strpool_get(c->pool, name)),
            t->col[twin].at, "the first one");
    t->col = xrealloc(t->col, (t->ncols + 1) * sizeof *t->col);
    if (!cell->n) /* nothing can name it, and rows are not told apart by it */
        name = strpool_adds(c->pool, "");
    t->col[t->ncols++] = (struct column){.name = name, .type = COLUMN_STRING, .at = cell->at};
}

/* The names of the columns; false if there is nothing that could be read as a table. */
static bool
read_header(struct csv *c)
{
    struct span comment = NO_SPAN;
    if (c->n >= 3 && memcmp(c->text, "\xef\xbb\xbf", 3) == 0)
        c->pos = 3;
    while (c->pos < c->n && (at_no_row(c) || c->text[c->pos] == '#')) {
        uint32_t from = c->pos;
        bool is_comment = c->text[c->pos] == '#';
        next_line(c);
        if (is_comment)
            comment = span_of(c, from, c->pos - (c->text[c->pos - 1] == '\n'));
    }
    if (c->pos >= c->n) {
        diag_help(complain(c, span_of(c, c->n, c->n), "the table is empty"),
            "the first line names the columns, separated by %s", separators(c));
        return false;
    }
    if (c->form->ncolumns) {
        struct table *t = c->out;
        t->col = xcalloc(c->form->ncolumns, sizeof *t->col);
        for (; t->ncols < c->form->ncolumns; t->ncols++)
            t->col[t->ncols] = (struct column){.name = c->form->column[t->ncols],
                .type = COLUMN_STRING,
                .at = c->form->column_at[t->ncols]};
        return true;
    }
    for (bool more = true; more;) {
        struct cell cell;
        more = next_cell(c, &cell);
        if (c->out->ncols == MOST_COLUMNS) {
            diag_help(complain(c, cell.at, "more than %d columns", MOST_COLUMNS),
                "a table has a row for each thing and a column for each of its properties: turn it "
                "round");
            return false;
        }
        check_header_cell(c, &cell, comment);
        add_column(c, &cell);
        if (!more && c->out->ncols == 1 && !cell.quoted && !cell.bad &&
            memchr(cell.p, ';', cell.n)) {
            diag_help(complain(c, cell.at, "one column only, and its name has a semicolon in it"),
                "separate cells by commas, or write the name in quotes if it is meant");
            return false;
        }
        if (!more && c->out->ncols == 1 && !cell.quoted && !cell.bad &&
            memchr(cell.p, ' ', cell.n)) {
            diag_help(complain(c, cell.at, "one column only, and its name has a blank in it"),
                "separate cells by commas, or read a list separated by blanks: from list \"...\"");
            return false;
        }
    }
    next_line(c);
    return c->errors == 0;
}

/* Room for more rows: as many as there should be, by the length of those so far. */
static void
grow(struct csv *c)
{
    struct table *t = c->out;
    uint64_t all = c->pos ? (uint64_t)t->nrows * c->n / c->pos : 0;
    uint64_t cap = c->cap ? c->cap + c->cap / 2 : 1024;
    /* a cell takes a byte, with what ends it */
    uint64_t most = (c->n - c->pos) / t->ncols + 2 + t->nrows;
    if (t->nrows && all + all / 64 > cap)
        cap = all + all / 64;
    if (cap > most)
        cap = most;
    t->row_line = xrealloc(t->row_line, (size_t)cap * sizeof *t->row_line);
    for (uint32_t k = 0; k < t->ncols; k++) {
        if (!c->state[k].decided)
            continue;
        size_t size = column_width(t->col[k].type);
        t->col[k].data = xrealloc(t->col[k].data, cap * size);
    }
    c->cap = (uint32_t)cap;
}

/* The names of columns, where the campaign says that the first line is data: all of it is text, and
 * below it stand numbers. */
static void
check_first_row(struct csv *c, uint32_t second)
{
    const struct table *t = c->out;
    uint32_t end = c->pos;
    bool numbers = false, name = true;
    c->pos = second;
    for (uint32_t k = 0; k < t->ncols; k++) {
        struct cell cell;
        int64_t i;
        double r;
        next_cell(c, &cell);
        name =
            name && c->separator != '\n' && t->col[k].type == COLUMN_STRING && c->state[k].decided;
        numbers =
            numbers || (!cell.quoted && (number_parse(cell.p, cell.n, &i, &r) == NUMBER_INT ||
                                            number_parse(cell.p, cell.n, &i, &r) == NUMBER_REAL));
    }
    c->pos = end;
    if (!name || !numbers || c->text[c->state[0].first.start] == '"')
        return;
    struct diag *m =
        complain(c, c->state[0].first, "this line looks like the names of the columns");
    diag_note(m, t->col[0].at, "but the campaign names them here");
    diag_help(m, "leave `columns` out");
}

/* Leaves c->pos behind a cell's comma, or at the line's end; false: neither is here. */
static bool
behind_cell(struct csv *c, uint32_t i, bool *more)
{
    *more = i < c->n && c->text[i] == ',';
    if (!*more && i < c->n && c->text[i] != '\n')
        return false;
    c->pos = i + *more;
    return true;
}

/* The usual cell: digits in a column of whole numbers, or printable text without blanks and quotes.
 * False: it is another one, nothing was done. Only between commas. */
static bool
usual_cell(struct csv *c, uint32_t k, bool *more)
{
    const struct column *col = &c->out->col[k];
    struct column_state *st = &c->state[k];
    const char *s = c->text;
    uint32_t i = c->pos, start = i, n = c->n;
    if (!st->decided || c->separator != ',')
        return false;
    if (col->type == COLUMN_INT) {
        bool negative = i < n && s[i] == '-';
        uint32_t first = i += negative;
        int64_t v = 0;
        for (; i < n && s[i] >= '0' && s[i] <= '9' && i - first < 18; i++)
            v = v * 10 + (s[i] - '0');
        if (i == first || !behind_cell(c, i, more))
            return false;
        ((int64_t *)col->data)[c->out->nrows] = negative ? -v : v;
        return true;
    }
    if (col->type != COLUMN_STRING)
        return false;
    while (i < n && (unsigned char)s[i] > '"' && s[i] != ',' && s[i] != 0x7f)
        i++;
    if (!behind_cell(c, i, more))
        return false;
    if (i - start != st->length || memcmp(s + start, s + st->text, i - start) != 0 || !st->length) {
        st->id = strpool_add(c->pool, s + start, i - start);
        st->text = start;
        st->length = i - start;
    }
    ((uint32_t *)col->data)[c->out->nrows] = st->id;
    return true;
}

static void
read_row(struct csv *c)
{
    struct table *t = c->out;
    struct cell cell;
    uint32_t k = 0, start = c->pos;
    uint32_t line = c->line;
    struct span beyond = NO_SPAN;
    if (t->nrows == c->cap)
        grow(c);
    for (bool more = true; more; k++) {
        if (k < t->ncols && usual_cell(c, k, &more))
            continue;
        more = next_cell(c, &cell);
        if (k < t->ncols)
            store(c, k, &cell);
        else if (k == t->ncols)
            beyond = cell.at;
        if (cell.quoted)
            for (uint32_t i = cell.at.start; i < cell.at.end; i++)
                c->line += c->text[i] == '\n';
    }
    if (k != t->ncols) {
        struct span at = k < t->ncols ? span_of(c, start, c->pos) : beyond;
        const char *what = c->form->ncolumns ? "campaign" : "header";
        struct diag *m = complain(c, at, "this row has %u cell%s, but the %s names %u column%s", k,
            k == 1 ? "" : "s", what, t->ncols, t->ncols == 1 ? "" : "s");
        diag_note(m, span_join(t->col[0].at, t->col[t->ncols - 1].at), "the %s",
            c->form->ncolumns ? "columns" : what);
        if (k > t->ncols)
            diag_help(m, "a cell with a %s in it is written in quotes",
                c->separator == ','    ? "comma"
                : c->separator == '\t' ? "tab"
                                       : "blank");
    } else {
        t->row_line[t->nrows++] = line;
        if (t->nrows == 2 && c->form->ncolumns)
            check_first_row(c, start);
    }
    next_line(c);
}

bool
table_read_csv(struct diags *d, struct strpool *pool, const char *path, struct span at,
    struct table *out)
{
    const struct csv_form form = {.separator = ','};
    return table_read_separated(d, pool, path, at, &form, out);
}

bool
table_read_separated(struct diags *d, struct strpool *pool, const char *path, struct span at,
    const struct csv_form *form, struct table *out)
{
    *out = (struct table){.at = at, .file = DIAG_NO_FILE};
    uint32_t file;
    int err = diag_source_file(d, path, &file);
    if (err) {
        diag_add(d, DIAG_ERROR, RULE_CSV, at, "cannot read the table '%s': %s", path,
            file_error(err));
        return false;
    }
    size_t n;
    struct csv c = {.d = d,
        .pool = pool,
        .file = file,
        .line = 1,
        .out = out,
        .form = form,
        .separator = form->separator};
    c.text = diag_text(d, file, &n);
    c.n = (uint32_t)n;
    out->file = file;
    if (read_header(&c)) {
        c.state = xcalloc(out->ncols, sizeof *c.state);
        while (c.pos < c.n && c.errors < MOST_ERRORS) {
            if (at_no_row(&c))
                next_line(&c);
            else
                read_row(&c);
        }
        if (c.pos < c.n)
            complain(&c, span_of(&c, c.pos, c.pos), "reading of '%s' stopped here, after %u errors",
                path, c.errors);
        if (out->nrows == 0 && c.errors == 0)
            diag_help(complain(&c, out->col[0].at, "the table '%s' has no rows", path),
                "%swrite one line a row", form->ncolumns ? "" : "below the names of the columns, ");
        for (uint32_t k = 0; k < out->ncols; k++) /* nothing but empty cells: text */
            if (!c.state[k].decided)
                out->col[k].data = xcalloc(c.cap, sizeof(uint32_t));
    }
    for (uint32_t k = 0; c.state && k < out->ncols; k++) {
        free(c.state[k].empty);
        free(c.state[k].empty_at);
    }
    free(c.state);
    buf_free(&c.unquoted);
    return c.errors == 0;
}
