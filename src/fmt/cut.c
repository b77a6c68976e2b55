/* A file in pieces: lines, words and comments as they stand, for the formatter. */
#include "config.h"

#include "fmt/page.h"

#include "diag/utf8.h"
#include "lexer/lexer.h"
#include "parser/grammar.h"
#include "util/list.h"

#include <stdlib.h>
#include <string.h>

struct cutter {
    struct page *page;
    uint32_t pos;    /* what is before was dealt with */
    uint32_t column; /* of pos */
    bool line_ended; /* the next atom or comment begins a row */
    bool blank;      /* there was a blank line */
    uint32_t open[MAX_BRACKETS];
    unsigned nopen;
    uint32_t statement; /* at hand; NONE: the next atom begins one */
};

uint32_t
page_column(const struct page *p, uint32_t start, uint32_t end, uint32_t at)
{
    uint32_t code;
    for (uint32_t i = start; i < end;) {
        unsigned len = utf8_next(p->text + i, end - i, &code);
        if (code == '\n')
            at = 0;
        else if (code == '\t')
            at = at / 8 * 8 + 8;
        else if (code != '\r')
            at += utf8_width(code);
        i += len;
    }
    return at;
}

bool
page_starts_row(const struct page *p, uint32_t atom)
{
    return p->row[p->atom[atom].row].first == atom;
}

static struct row *
add_row(struct cutter *c)
{
    struct page *p = c->page;
    ARRAY_GROW(p->row, p->nrows, p->rows_cap);
    struct row *r = &p->row[p->nrows++];
    *r = (struct row){.first = p->natoms, .blank = c->blank};
    c->line_ended = c->blank = false;
    return r;
}

/* Line ends and comments between two atoms. */
static void
cut_gap(struct cutter *c, uint32_t end)
{
    struct page *p = c->page;
    while (c->pos < end) {
        uint32_t start = c->pos;
        char ch = p->text[c->pos++];
        if (ch == '\n') {
            c->blank = c->line_ended;
            c->line_ended = true;
        } else if (ch == '#') {
            while (c->pos < end && p->text[c->pos] != '\n')
                c->pos++;
            uint32_t last = c->pos;
            while (strchr(" \t\r", p->text[last - 1]))
                last--;
            struct row *r = c->line_ended ? add_row(c) : &p->row[p->nrows - 1];
            r->comment = start;
            r->comment_end = last;
            r->was = c->column;
        }
        c->column = page_column(p, start, c->pos, c->column);
    }
}

static void
add_atom(struct cutter *c, int kind, uint32_t start, uint32_t end)
{
    struct page *p = c->page;
    uint32_t behind = c->column;
    cut_gap(c, start);
    if (c->line_ended)
        add_row(c);
    ARRAY_GROW(p->atom, p->natoms, p->atoms_cap);
    uint32_t me = p->natoms++;
    bool closes = kind == ')' || kind == ']' || kind == '}';
    struct atom *a = &p->atom[me];
    *a = (struct atom){.start = start, .end = end, .kind = kind, .row = p->nrows - 1};
    p->row[a->row].natoms++;
    a->parent = c->nopen ? c->open[c->nopen - 1] : NONE;
    if (closes && c->nopen)
        c->nopen--;
    if (kind == '}')
        c->statement = a->parent == NONE ? NONE : p->atom[a->parent].statement;
    if (c->statement == NONE)
        c->statement = me;
    a->statement = c->statement;
    if ((kind == '(' || kind == '[' || kind == '{') && c->nopen < MAX_BRACKETS)
        c->open[c->nopen++] = me;
    if (kind == ';' || kind == '{')
        c->statement = NONE;
    a->was = c->column;
    a->had = page_starts_row(p, me) ? 0 : a->was - behind;
    a->lines = memchr(p->text + start, '\n', end - start) != NULL;
    c->column = page_column(p, start, end, c->column);
    c->pos = end;
}

/* A blank line stays, but not at the start of the file, and neither first nor last in a block. */
static bool
keeps_blank(const struct page *p, uint32_t r)
{
    const struct row *row = &p->row[r], *above = row - 1;
    if (r == 0 || !row->blank || (row->natoms && p->atom[row->first].kind == '}'))
        return false;
    return above->natoms == 0 || p->atom[above->first + above->natoms - 1].kind != '{';
}

void
page_cut(struct page *p, struct diags *d, uint32_t file)
{
    struct lexer *lx = xmalloc(sizeof *lx);
    struct ast_tree *tree = ast_tree_new(); /* for the lexer's texts, which we do not need */
    struct cutter c = {.page = p, .statement = NONE, .line_ended = true};
    p->text = diag_text(d, file, &p->n);
    p->bom = p->n >= 3 && memcmp(p->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    c.pos = p->bom;
    const char *line_end = memchr(p->text, '\n', p->n);
    p->crlf = line_end && line_end > p->text && line_end[-1] == '\r';
    lexer_init(lx, tree, d, file);
    union wfl_value value;
    struct span at;
    unsigned strings = 0; /* open, one inside the other */
    uint32_t start = 0;
    for (int kind; (kind = lexer_next(lx, &value, &at)) != T_END;) {
        bool opens = kind == T_STRING_BEGIN || kind == T_BLOCK_BEGIN;
        bool closes = kind == T_STRING_END || kind == T_BLOCK_END;
        if (strings == 0 && kind == T_NEWLINE) {
            c.statement = NONE;
            continue;
        }
        if (strings == 0)
            start = at.start;
        strings += opens;
        strings -= closes;
        if (strings == 0)
            add_atom(&c, kind, start, at.end);
    }
    cut_gap(&c, (uint32_t)p->n);
    for (uint32_t r = 0; r < p->nrows; r++) /* lines that go away part nothing */
        p->row[r].blank = keeps_blank(p, r);
    lexer_free(lx);
    free(lx);
    ast_tree_free(tree);
}

void
page_free(struct page *p)
{
    free(p->atom);
    free(p->row);
}
