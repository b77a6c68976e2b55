/* Prints, for each file named, its lines with a letter for each byte that says what it is for the
 * lexer: the truth that the tests of the syntax files compare editors with.
 *
 *     #  comment     "  string      0  number     u  unit     f  format of an insertion
 *     i  brace of an insertion      k  keyword    .  anything else
 *
 * A word that may also be a name counts as a keyword where its statement begins. */
#include "config.h"

#include "lexer/lexer.h"
#include "lexer/words.h"
#include "parser/grammar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct painter {
    const char *text;
    size_t n;
    char *class;
    unsigned strings; /* open */
    int prev;
    bool starts;
};

static void
paint(struct painter *p, struct span at, char c)
{
    memset(p->class + at.start, c, at.end - at.start);
}

/* What lies between two tokens of code; in strings, what lies between is string. */
static void
paint_gap(struct painter *p, size_t from, size_t to, bool code)
{
    bool comment = false;
    for (size_t i = from; i < to; i++) {
        comment = code && (comment || p->text[i] == '#') && p->text[i] != '\n';
        p->class[i] = comment ? '#' : code ? '.' : '"';
    }
}

static char
class_of(const struct painter *p, int kind)
{
    const struct word *w = word_of(kind);
    switch (kind) {
    case T_STRING_BEGIN:
    case T_BLOCK_BEGIN:
    case T_STRING_END:
    case T_BLOCK_END:
    case T_TEXT:
    case T_RAW:
        return '"';
    case T_INT:
    case T_REAL:
        return '0';
    case T_FORMAT:
        return 'f';
    case T_INSERT_BEGIN:
    case T_INSERT_END:
        return 'i';
    case T_IDENT:
        return p->prev == T_INT || p->prev == T_REAL ? 'u' : '.';
    default:
        return w && (w->flags == 0 || w->flags & (WORD_RESERVED | WORD_SMALL) || p->starts) ? 'k'
                                                                                            : '.';
    }
}

static void
paint_all(struct painter *p, struct lexer *lx)
{
    union wfl_value value;
    struct span at = {0};
    size_t pos = 0;
    bool code = true; /* and no text of a string */
    p->starts = true;
    for (int kind; (kind = lexer_next(lx, &value, &at)) != T_END;) {
        if (at.start >= pos)
            paint_gap(p, pos, at.start, code);
        if (kind == T_FORMAT)
            p->class[at.start - 1] = 'f'; /* its colon */
        paint(p, at, class_of(p, kind));
        pos = at.end > pos ? at.end : pos;
        code = kind != T_STRING_BEGIN && kind != T_BLOCK_BEGIN && kind != T_TEXT &&
               kind != T_INSERT_END;
        p->starts = kind == T_NEWLINE || kind == ';' || kind == '{';
        p->prev = kind;
    }
    paint_gap(p, pos, p->n, true);
}

static int
print_file(const char *path)
{
    struct diags *d = diag_new();
    struct ast_tree *t = ast_tree_new();
    struct painter p = {0};
    uint32_t file;
    int err = diag_source_file(d, path, &file);
    if (err) {
        fprintf(stderr, "token_classes: %s: %s\n", path, strerror(err));
    } else {
        struct lexer *lx = xmalloc(sizeof *lx);
        p.text = diag_text(d, file, &p.n);
        p.class = xcalloc(p.n + 1, 1);
        lexer_init(lx, t, d, file);
        paint_all(&p, lx);
        for (size_t i = 0; i < p.n; i++)
            putchar(p.text[i] == '\n' ? '\n' : p.class[i]);
        lexer_free(lx);
        free(lx);
        free(p.class);
    }
    ast_tree_free(t);
    diag_free(d);
    return err;
}

int
main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= print_file(argv[i]) != 0;
    return failed;
}
