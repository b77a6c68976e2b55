#include "config.h"

#include "fmt/format.h"

#include "fmt/page.h"
#include "parser/ast.h"

static void
put(const struct page *p, struct buf *out, uint32_t start, uint32_t end, uint32_t *column,
    uint32_t at)
{
    buf_reserve(out, at);
    for (; *column < at; ++*column)
        buf_putc(out, ' ');
    buf_add(out, p->text + start, end - start);
    *column = page_column(p, start, end, at);
}

static void
put_page(const struct page *p, struct buf *out)
{
    const char *line_end = p->crlf ? "\r\n" : "\n";
    buf_add(out, p->text, p->bom);
    for (uint32_t r = 0; r < p->nrows; r++) {
        const struct row *row = &p->row[r];
        uint32_t column = 0;
        if (row->blank)
            buf_puts(out, line_end);
        for (uint32_t i = row->first; i < row->first + row->natoms; i++)
            put(p, out, p->atom[i].start, p->atom[i].end, &column, p->atom[i].at);
        if (row->comment_end > row->comment)
            put(p, out, row->comment, row->comment_end, &column, row->at);
        buf_puts(out, line_end);
    }
}

bool
format_source(struct diags *d, uint32_t file, struct buf *out)
{
    struct ast_tree *t = ast_tree_new();
    (void)wfl_parse(t, d, file);
    ast_tree_free(t);
    if (diag_count(d, DIAG_ERROR) > 0)
        return false;
    struct page p = {0};
    page_cut(&p, d, file);
    page_space(&p);
    page_place(&p);
    page_place_comments(&p);
    put_page(&p, out);
    buf_reserve(out, 0);
    page_free(&p);
    return true;
}
