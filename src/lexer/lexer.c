#include "config.h"

#include "lexer/scan-private.h"
#include "lexer/words.h"
#include "parser/grammar.h"
#include "lexer/scan-interface.h"

#include <string.h>

/* How far a declaration's head reaches. */
enum head {
    HEAD_NONE,
    HEAD_BLOCK, /* to its block, which it must have */
    HEAD_MAYBE  /* over line ends before certain words, or before its block */
};

/* Runs the scanner over the text without saying anything, to find the strings that lack their
 * closing quote: one such turns all that follows inside out, so it must be known beforehand. */
static void
find_unterminated(struct lexer *lx)
{
    struct scan_state *s = &lx->scan;
    union wfl_value value;
    struct span at;
    s->dry = true;
    do {
        s->suspect = UINT32_MAX;
        s->ended_in_string = false;
        lx->scanner = scan_begin(s);
        while (scan_token(lx->scanner, &value, &at) != T_END)
            ;
        scan_end(lx->scanner);
        if (s->ended_in_string && s->suspect != UINT32_MAX)
            s->unterminated[s->nunterminated++] = s->suspect;
    } while (s->ended_in_string && s->suspect != UINT32_MAX && s->nunterminated < MAX_UNTERMINATED);
    s->dry = s->quiet = s->too_deep = false;
}

void
lexer_init(struct lexer *lx, struct ast_tree *t, struct diags *d, uint32_t file)
{
    memset(lx, 0, sizeof *lx);
    lx->scan.d = d;
    lx->scan.tree = t;
    lx->scan.file = file;
    lx->scan.text = diag_text(d, file, NULL);
    lx->prev.at = (struct span){file, 0, 0};
    find_unterminated(lx);
    lx->scanner = scan_begin(&lx->scan);
}

void
lexer_free(struct lexer *lx)
{
    scan_end(lx->scanner);
    buf_free(&lx->scan.run);
}

struct diag *
lexer_error(struct lexer *lx, struct span at, const char *fmt, ...)
{
    struct buf text = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    struct diag *m = scan_error(&lx->scan, at, "%s", text.p);
    buf_free(&text);
    return m;
}

void
lexer_stop(struct lexer *lx)
{
    lx->done = true;
    lx->scan.quiet = true;
}

bool
token_ends_operand(int kind)
{
    switch (kind) {
    case T_IDENT:
    case T_INT:
    case T_REAL:
    case T_TRUE:
    case T_FALSE:
    case T_STRING_END:
    case T_BLOCK_END:
    case T_RAW:
    case ')':
    case ']':
        return true;
    default: {
        const struct word *w = word_of(kind);
        return w && !(w->flags & WORD_RESERVED);
    }
    }
}

/* Does a line that ends with this token go on? */
static bool
goes_on(int kind)
{
    switch (kind) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '<':
    case '>':
    case '=':
    case '.':
    case ',':
    case T_EQ:
    case T_NE:
    case T_LE:
    case T_GE:
    case T_RANGE:
        return true;
    default: {
        const struct word *w = word_of(kind);
        return w && w->flags & WORD_RESERVED && kind != T_TRUE && kind != T_FALSE;
    }
    }
}

/* --- looking ahead --- */

static const struct token *
peek(struct lexer *lx, unsigned i)
{
    while (lx->nqueue <= i) {
        struct token *t = &lx->queue[lx->nqueue];
        t->kind = T_END;
        t->at = (struct span){lx->scan.file, lx->prev.at.end, lx->prev.at.end};
        if (lx->nqueue == 0 || t[-1].kind != T_END)
            t->kind = scan_token(lx->scanner, &t->value, &t->at);
        lx->nqueue++;
    }
    return &lx->queue[i];
}

static struct token
take(struct lexer *lx)
{
    struct token t = *peek(lx, 0);
    if (t.kind != T_END)
        memmove(lx->queue, lx->queue + 1, --lx->nqueue * sizeof t);
    return t;
}

/* Puts a token that is not in the text before what comes next. */
static void
insert(struct lexer *lx, int kind, uint32_t at)
{
    memmove(lx->queue + 1, lx->queue, lx->nqueue++ * sizeof lx->queue[0]);
    lx->queue[0] = (struct token){.kind = kind, .at = {lx->scan.file, at, at}};
}

const struct bracket *
lexer_top(const struct lexer *lx)
{
    return lx->nbrackets ? &lx->bracket[lx->nbrackets - 1] : NULL;
}

/* The innermost block, or NULL. */
static const struct bracket *
block(const struct lexer *lx)
{
    for (unsigned i = lx->nbrackets; i > 0; i--) {
        if (lx->bracket[i - 1].kind == '{')
            return &lx->bracket[i - 1];
    }
    return NULL;
}

/* The words that start a statement of the block at hand; 0: any name does. */
static unsigned
vocabulary(struct lexer *lx)
{
    const struct bracket *b = block(lx);
    if (!b)
        return WORD_DECLARATION;
    return b->owner == T_TASK ? WORD_TASK : b->owner == T_CONTAINER ? WORD_CONTAINER : 0;
}

/* --- line ends --- */

/* Is token i ahead a name that starts a declaration: a word and then a name on the same line? */
static bool
declaration_ahead(struct lexer *lx, unsigned i)
{
    if (peek(lx, i)->kind != T_IDENT)
        return false;
    const struct word *w = word_find(peek(lx, i)->value.text);
    return w && w->flags & WORD_DECLARATION && peek(lx, i + 1)->kind == T_IDENT;
}

/* In ( or [, does the next line begin another statement, because the bracket was not closed? */
static bool
bracket_left_open(struct lexer *lx)
{
    unsigned words = vocabulary(lx);
    if (peek(lx, 0)->kind == '}')
        return true;
    if (!token_ends_operand(lx->prev.kind) || peek(lx, 0)->kind != T_IDENT)
        return false;
    const struct word *w = word_find(peek(lx, 0)->value.text);
    if (declaration_ahead(lx, 0))
        return true;
    int next = peek(lx, 1)->kind;
    return w && words && w->flags & words &&
           (next == T_IDENT || next == T_STRING_BEGIN || next == T_INT || next == T_REAL ||
               next == '[');
}

/* A statement ends here, whatever ( and [ of it are open. */
static void
leave_brackets(struct lexer *lx)
{
    while (lexer_top(lx) && strchr("([", lexer_top(lx)->kind))
        lx->left_open = lx->bracket[--lx->nbrackets];
}

static bool
head_goes_on(struct lexer *lx)
{
    const struct token *next = peek(lx, 0);
    switch (next->kind) {
    case '{':
    case T_WHERE:
    case T_NEEDS:
    case T_FOR:
    case T_VIA:
    case T_AND:
    case T_OR:
        return true;
    case T_IDENT:
        return strcmp(next->value.text, "from") == 0 ||
               (lx->first.kind == T_REGION && strcmp(next->value.text, "minus") == 0) ||
               (lx->first.kind == T_SITE && strcmp(next->value.text, "profile") == 0);
    default:
        return false;
    }
}

static bool
line_end_counts(struct lexer *lx)
{
    int prev = lx->prev.kind;
    const struct bracket *b = lexer_top(lx);
    if (prev == 0 || prev == T_NEWLINE || prev == ';' || prev == '{')
        return false;
    if (b && b->kind == 'i')
        return false;
    if (b && b->kind != '{') {
        if (!bracket_left_open(lx))
            return false;
        leave_brackets(lx);
        return true;
    }
    if ((lx->first.kind == T_ERROR || lx->first.kind == T_WARNING) &&
        (prev == T_STRING_END || prev == T_RAW) && peek(lx, 0)->kind == T_IDENT &&
        strcmp(peek(lx, 0)->value.text, "when") == 0)
        return false;
    if (goes_on(prev) || (prev == T_MINUS && lx->first.kind == T_REGION))
        return declaration_ahead(lx, 0); /* then something is missing at the end of the line */
    if (lx->head == HEAD_BLOCK)
        return peek(lx, 0)->kind == '}' || declaration_ahead(lx, 0);
    return lx->head != HEAD_MAYBE || !head_goes_on(lx);
}

/* --- statements --- */

/* Drops what is left of a statement that nobody can understand, with its blocks and its ';'. */
static void
skip_statement(struct lexer *lx)
{
    unsigned depth = 0;
    for (;;) {
        int kind = peek(lx, 0)->kind;
        if (depth == 0 && kind == ';')
            take(lx);
        if (kind == T_END || (depth == 0 && (kind == '}' || kind == ';')))
            return;
        if (kind == T_NEWLINE && depth == 0 && peek(lx, 1)->kind != '{')
            return;
        depth += kind == '{';
        depth -= kind == '}';
        take(lx);
    }
}

static void
say_unknown(struct lexer *lx, const struct token *t, unsigned words, const struct word *near)
{
    const struct word *known = word_find(t->value.text);
    bool is_task_word = known && known->flags & WORD_TASK && words == WORD_DECLARATION;
    const char *what = words == WORD_DECLARATION ? "declaration" : "property";
    const char *whose = words == WORD_TASK        ? " of a task"
                        : words == WORD_CONTAINER ? " of a container"
                                                  : "";
    struct diag *m = is_task_word
                         ? lexer_error(lx, t->at, "property '%s' outside of a task", t->value.text)
                         : lexer_error(lx, t->at, "unknown %s '%s'%s", what, t->value.text, whose);
    if (!m)
        return;
    if (is_task_word) {
        diag_help(m, "is there a '}' too many before it?");
    } else if (known && known->token == T_CHECK) {
        diag_help(m, "'check' belongs on the line of its output");
    } else if (known && known->token == T_WHEN && words == WORD_TASK) {
        diag_help(m,
            "a hook stands outside of tasks: when failed > 1 %% of TASK run \"COMMAND\"; in a "
            "task 'when' belongs on the line of its 'retry', 'error' or 'warning'");
    } else if (near) {
        diag_help(m, "did you mean '%s'?", near->text);
    } else {
        struct buf list = {0};
        word_list(&list, words);
        diag_help(m, "%s %s: %s", words == WORD_DECLARATION ? "the declarations" : "the properties",
            words == WORD_DECLARATION ? "are" : "here are", list.p);
        buf_free(&list);
    }
}

/* Is this, in a block, a declaration that belongs outside of it? A 'when' with blanks before it is
 * meant for the task. */
static bool
is_misplaced(struct lexer *lx, const struct word *w, uint32_t at)
{
    if (!w || !(w->flags & WORD_DECLARATION) || w->token == T_PARAM || w->token == T_SHELL ||
        w->token == T_SYNC || peek(lx, 0)->kind != T_IDENT)
        return false;
    if (w->token == T_MEMORY || w->token == T_CONTAINER)
        return peek(lx, 1)->kind == '{';
    if (w->token == T_WHEN && vocabulary(lx) == WORD_TASK)
        return at == 0 || lx->scan.text[at - 1] == '\n';
    return true;
}

static void
say_missing_brace(struct lexer *lx, struct span at, const char *where)
{
    struct diag *m = lexer_error(lx, at, "missing '}' %s", where);
    if (m)
        diag_note(m, block(lx)->at, "the block begins here");
}

/* The first word of a statement: true if the statement can be read. */
static bool
start_statement(struct lexer *lx, struct token *t)
{
    unsigned words = vocabulary(lx);
    const struct word *w = word_find(t->value.text);
    if (block(lx) && is_misplaced(lx, w, t->at.start)) {
        char where[64];
        snprintf(where, sizeof where, "before this '%s'", w->text);
        say_missing_brace(lx, t->at, where);
        uint32_t at = lx->prev.at.end;
        insert(lx, T_IDENT, 0);
        lx->queue[0] = *t;
        insert(lx, T_NEWLINE, at);
        insert(lx, '}', at);
        *t = take(lx);
        return true;
    }
    if (!words || (w && w->flags & words))
        return true;
    const struct word *near = word_nearest(t->value.text, words);
    if (w && w->flags)
        near = NULL; /* spelt well, but in the wrong place */
    say_unknown(lx, t, words, near);
    if (!near || (w && w->token == T_CHECK)) {
        skip_statement(lx);
        return false;
    }
    t->value.text = near->text;
    return true;
}

static int
head_of(int kind)
{
    switch (kind) {
    case T_TASK:
    case T_MEMORY:
    case T_CONTAINER:
        return HEAD_BLOCK;
    case T_SITE:
    case T_CAMERA:
    case T_VISITS:
    case T_TABLE:
    case T_SENSORS:
    case T_REGION:
        return HEAD_MAYBE;
    default:
        return HEAD_NONE;
    }
}

/* --- words and brackets --- */

/* A name before a value, in the parentheses of a call: `ra 61.8 deg`. */
static bool
is_label(struct lexer *lx, const struct token *t)
{
    const struct bracket *b = lexer_top(lx);
    if (!b || !b->is_call || (lx->prev.kind != '(' && lx->prev.kind != ','))
        return false;
    switch (peek(lx, 0)->kind) {
    case T_IDENT:
    case T_INT:
    case T_REAL:
    case T_STRING_BEGIN:
    case T_RAW:
        return true;
    case '-': /* `dec -44 deg` is a label and its value, `a - 44` a difference */
        return b->is_shape && peek(lx, 0)->at.start > t->at.end &&
               peek(lx, 1)->at.start == peek(lx, 0)->at.end && peek(lx, 1)->kind != T_NEWLINE;
    default:
        return false;
    }
}

static void
classify(struct lexer *lx, struct token *t)
{
    if (lx->prev.kind == '.' || lx->prev.kind == T_INT || lx->prev.kind == T_REAL) {
        const struct word *w = word_find(t->value.text);
        if (w && lx->prev.kind != '.')
            t->kind = w->token; /* after a number a unit, unless it is a word of ours */
        return;
    }
    if (is_label(lx, t)) {
        t->kind = T_LABEL;
        return;
    }
    const struct word *w = word_find(t->value.text);
    if (w)
        t->kind = w->token;
}

static bool
is_shape(const struct token *t)
{
    static const char *const shape[] = {"strip", "polygon", "circle", "box", "parallactic",
        "sidereal"};
    for (size_t i = 0; t->kind == T_IDENT && i < sizeof shape / sizeof shape[0]; i++) {
        if (strcmp(t->value.text, shape[i]) == 0)
            return true;
    }
    return false;
}

static void
open_bracket(struct lexer *lx, const struct token *t, char kind)
{
    if (lx->nbrackets == MAX_BRACKETS) {
        struct diag *m = lexer_error(lx, t->at, "brackets nested more than %d deep", MAX_BRACKETS);
        if (m)
            diag_help(m, "give the inner parts names with 'let'");
        lexer_stop(lx);
        return;
    }
    struct bracket *b = &lx->bracket[lx->nbrackets++];
    *b = (struct bracket){.kind = kind, .at = t->at};
    if (kind == '(') {
        b->is_call = token_ends_operand(lx->prev.kind);
        b->is_shape = is_shape(&lx->prev);
    }
    if (kind == '{') {
        b->owner = lx->first.kind;
        lx->head = HEAD_NONE;
    }
}

/* Closes the innermost `kind`, and what was left open inside it. */
static void
close_bracket(struct lexer *lx, char kind)
{
    for (unsigned i = lx->nbrackets; i > 0; i--) {
        char open = lx->bracket[i - 1].kind;
        if (open == kind) {
            if (i < lx->nbrackets)
                lx->left_open = lx->bracket[i];
            lx->nbrackets = i - 1;
            return;
        }
        if (kind != '{' && kind != 'i' && (open == '{' || open == 'i'))
            return;
    }
}

static void
track_brackets(struct lexer *lx, const struct token *t)
{
    switch (t->kind) {
    case '(':
    case '[':
    case '{':
        open_bracket(lx, t, (char)t->kind);
        break;
    case T_INSERT_BEGIN:
        open_bracket(lx, t, 'i');
        break;
    case ')':
        close_bracket(lx, '(');
        break;
    case ']':
        close_bracket(lx, '[');
        break;
    case '}':
        close_bracket(lx, '{');
        break;
    case ';':
        leave_brackets(lx);
        break;
    case T_INSERT_END:
        close_bracket(lx, 'i');
        break;
    default:
        break;
    }
}

/* The end of the text: a line end before it, and the braces that are missing. True if the queue
 * holds something new. */
static bool
end_file(struct lexer *lx)
{
    if (block(lx)) {
        struct span at = {lx->scan.file, lx->prev.at.end, lx->prev.at.end};
        say_missing_brace(lx, at, "at the end of the file");
        lx->scan.quiet = true;
        insert(lx, '}', at.start);
        return true;
    }
    if (lx->prev.kind != 0 && lx->prev.kind != T_NEWLINE && lx->prev.kind != ';') {
        insert(lx, T_NEWLINE, lx->prev.at.end);
        return true;
    }
    return false;
}

/* Does a statement begin with the next token? */
static bool
at_start(const struct lexer *lx)
{
    const struct bracket *b = lexer_top(lx);
    int prev = lx->prev.kind;
    return (!b || b->kind == '{') && (prev == 0 || prev == T_NEWLINE || prev == ';' || prev == '{');
}

int
lexer_next(struct lexer *lx, union wfl_value *value, struct span *at)
{
    struct token t;
    bool starts;
    lx->left_open.kind = 0;
    for (;;) {
        if (lx->done || (lx->scan.quiet && lx->scan.errors >= MAX_SYNTAX_ERRORS)) {
            *at = (struct span){lx->scan.file, lx->prev.at.end, lx->prev.at.end};
            return T_END;
        }
        t = take(lx);
        starts = at_start(lx);
        if (t.kind == T_END) {
            if (end_file(lx)) {
                t = take(lx);
            } else {
                *at = (struct span){lx->scan.file, lx->prev.at.end, lx->prev.at.end};
                return T_END;
            }
        } else if (t.kind == T_NEWLINE) {
            bool inserted = t.at.start == t.at.end;
            if (!inserted && !line_end_counts(lx))
                continue;
            t.at.start = t.at.end = lx->prev.at.end;
        } else if (t.kind == T_IDENT) {
            if (starts && !start_statement(lx, &t))
                continue;
            if (t.kind == T_IDENT)
                classify(lx, &t);
        }
        break;
    }
    if (starts) {
        lx->first = t;
        lx->first_depth = lx->nbrackets;
        lx->index = 0;
        lx->head = lx->nbrackets == 0 ? head_of(t.kind) : HEAD_NONE;
    } else {
        lx->index++;
    }
    track_brackets(lx, &t);
    lx->before = lx->prev;
    lx->prev = t;
    *value = t.value;
    *at = t.at;
    return lx->done ? T_END : t.kind;
}
