/* Shell commands: each value that is inserted is quoted for the place where it stands, or it is
 * refused there. */
#include "config.h"

#include "check/check.h"
#include "check/pieces.h"
#include "shell/scan.h"

#include <string.h>

/* Why a value is refused, and what to do; @ is how the campaign writes the value. */
static const struct refusal {
    const char *text, *help;
} refusals[] = {
    [SHELL_COMMENT] = {"a value is inserted into a comment of the shell script",
        "write {{ and }} for braces that are only text"},
    [SHELL_HERE] = {"a value inserted into a here-document cannot be quoted safely",
        "set a shell variable before it (x={@}) and write $x there"},
    [SHELL_DELIMITER] = {"what ends a here-document cannot be a value",
        "write a word there, as EOF"},
    [SHELL_BACKQUOTE] = {"a value inserted into `...` cannot be quoted safely",
        "write $(...), where it can"},
    [SHELL_PARAMETER] = {"a value inserted into ${{...}} cannot be quoted safely",
        "set a shell variable before it (x={@}) and write $x there"},
    [SHELL_DOLLAR] = {"the value of '@' would be the name of a shell variable here",
        "for the value, write {@} without '$'; for the shell's variable, ${{@}}"},
    [SHELL_TAIL] = {"the value of '@' would go on with the name of the variable before it",
        "put that name into braces, as in ${{x}}"},
    [SHELL_BACKSLASH] = {"a backslash before a value would take part of its quotes away",
        "drop it: the value is quoted anyway; two of them are one that is only text"},
    [SHELL_DOLLAR_QUOTE] = {"a value in $'...' or $\"...\" is read in different ways by shells",
        "use quotes without '$' for the value; a word may have parts in different quotes"},
    [SHELL_TILDE] =
        {"the value of '@' is the name of a user behind '~' to some shells, and text to others",
            "write the whole path of that user's folder; or \"~\" in quotes, if only the character "
            "is meant"},
    [SHELL_NAME] = {"the value of '@' would be the name of a variable or a function of the shell",
        "write the name itself; a value goes behind NAME="},
    [SHELL_COMMAND] =
        {"the value of '@' would be the name of a command, also of one of the shell's own, as eval",
            "write env -- {@}, or an argument list, run [@, ...], for a program; or its folder "
            "before it"},
    [SHELL_SUBSCRIPT] =
        {"the shell evaluates what stands in NAME[...]: the value could be a command",
            "use an argument list, run [\"program\", @], or a program that reads the value"},
    [SHELL_ARITHMETIC] =
        {"the shell evaluates what stands in arithmetic: the value could be a command",
            "a whole number without a format can stand there, with blanks around it; or let the "
            "campaign "
            "compute: {@ + 1}"},
    [SHELL_REGEX] = {"a value inserted into a regular expression of [[ ]] cannot be quoted safely",
        "use case, or grep with -e {@}"},
    [SHELL_DESCRIPTOR] = {"the value of '@' would be the number of an open file here",
        "write > {@} 2>&1"},
    [SHELL_AGAIN] = {"this command of the shell reads its words once more: the value could be a "
                     "command",
        "set a shell variable before it (x={@}) and write \\$x, or single quotes around $x, there"},
};

/* One insertion. */
struct insertion {
    const struct ast *at;
    struct expr *e; /* as text; of :list: not yet known */
    enum type type; /* of the value */
    bool raw, list;
};

static struct span
source_of(const struct ast *insert)
{
    return insert->child->span;
}

/* How the campaign writes the value, if that is short. */
static void
add_source(struct checker *c, const struct ast *insert, struct buf *out)
{
    struct span at = source_of(insert);
    const char *text = diag_text(c->d, at.file, NULL);
    if (text && at.end - at.start <= 40 && !memchr(text + at.start, '\n', at.end - at.start))
        buf_add(out, text + at.start, at.end - at.start);
    else
        buf_puts(out, "...");
}

/* `text` with the value's source for each @, and single braces for double ones unless `keep`. */
static void
fill_in(struct checker *c, const struct ast *insert, const char *text, bool keep, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '@')
            add_source(c, insert, out);
        else
            buf_putc(out, *text);
        if (!keep && (*text == '{' || *text == '}') && text[1] == *text)
            text++;
    }
}

static struct expr *
refuse(struct checker *c, const struct ast *insert, enum shell_place place,
    const struct shell_text *facts)
{
    struct buf text = {0}, help = {0};
    if (place == SHELL_UNSURE) {
        buf_printf(&text, "a value cannot be quoted safely here: %s", facts->why);
        buf_puts(&help, facts->bash
                            ? "say 'shell bash', in the task or at the head of the file; or set"
                            : "set");
        buf_puts(&help, " a shell variable in the first line (x={");
        add_source(c, insert, &help);
        buf_printf(&help, "}) and write \"$x\" here%s",
            facts->bash ? "" : "; or use an argument list, run [...]");
    } else {
        fill_in(c, insert, refusals[place].text, false, &text);
        fill_in(c, insert, refusals[place].help, true, &help);
    }
    struct diag *m = error_at(c, RULE_TEMPLATE, insert->span, "%s", text.p);
    diag_help(m, "%s", help.p);
    buf_free(&text);
    buf_free(&help);
    return error_expr(c, insert->span);
}

/* Its value as text, before it is known where it stands. */
static void
read_insertion(struct scope *s, const struct ast *x, struct insertion *out)
{
    const char *format = x->text;
    *out = (struct insertion){.at = x};
    out->list = format && strcmp(format, "list") == 0;
    out->raw = format && strcmp(format, "raw") == 0;
    if (out->list) {
        out->e = list_insert(s, x, 1);
        return;
    }
    if (format && strcmp(format, "file") == 0) {
        out->e = list_insert(s, x, 3);
        out->type = out->e->type;
        return;
    }
    struct expr *e = check_expr(s, x->child);
    out->type = e->type;
    out->e = format_insert(s, x, out->raw ? NULL : format, e);
    if (out->e->type == TYPE_ERROR || !out->raw)
        return;
    struct diag *m = diag_add(s->c->d, DIAG_WARNING, RULE_RAW, x->span,
        "a value is inserted into a shell command without quotes");
    diag_help(m, "the shell may split it, or take parts of it as commands; without :raw the "
                 "compiler quotes it");
}

/* Does it stand in the text as it is? */
static bool
is_text(const struct insertion *in)
{
    return in->raw && in->e->type != TYPE_ERROR && expr_is_const(in->e) &&
           !memchr(in->e->value.s.p, 0, in->e->value.s.n);
}

static struct expr *
quoted(struct checker *c, const struct insertion *in, const struct shell_mark *mark)
{
    struct expr *q = expr_new(c->a, EX_QUOTE, TYPE_STRING, in->at->span, 1);
    q->arg[0] = in->e;
    q->index = shell_how(mark->place);
    return fold(c, q);
}

/* The value, quoted for its place, or an error. */
static struct expr *
shell_piece(struct checker *c, const struct insertion *in, const struct shell_mark *mark,
    const struct shell_text *facts)
{
    const struct ast *x = in->at;
    bool number = in->type == TYPE_INT && (!x->text || strcmp(x->text, "d") == 0);
    if (in->e->type == TYPE_ERROR)
        return in->e;
    if (mark->place == SHELL_COMMENT || mark->place == SHELL_DOLLAR)
        return refuse(c, x, mark->place, facts);
    if (in->raw)
        return in->e;
    if (mark->place > SHELL_NUMBER)
        return refuse(c, x, mark->place, facts);
    if (mark->command && !expr_is_const(in->e))
        return refuse(c, x, SHELL_COMMAND, facts);
    if (mark->numbers && !number)
        return refuse(c, x, mark->numbers, facts);
    if (!in->list)
        return quoted(c, in, mark);
    if (mark->alone)
        return in->e;
    struct diag *m = error_at(c, RULE_TEMPLATE, x->span,
        mark->place == SHELL_DOUBLE || mark->place == SHELL_SINGLE
            ? "a list is inserted inside quotes, where it would be one word"
            : "a list is inserted where one word stands");
    diag_help(m, mark->place == SHELL_DOUBLE || mark->place == SHELL_SINGLE
                     ? "take the quotes away: each of its words is quoted by itself"
                     : "put blanks around it: each of them is a word of its own");
    return error_expr(c, x->span);
}

static void
warn_open(struct checker *c, const struct ast *a, char open)
{
    const char *inside = open == '"'    ? "double quotes"
                         : open == '\'' ? "single quotes"
                         : open == '`'  ? "backquotes"
                         : open == '{'  ? "${...}"
                                        : "parentheses, or a case";
    struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_TEMPLATE, a->span,
        "the shell command ends inside %s", inside);
    if (open == '\'' || open == '"')
        diag_help(m,
            "an apostrophe in a shell command opens quotes; write \\\\' for the character");
}

static void
warn_pipe(struct checker *c, const struct ast *a)
{
    struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_PIPE, a->span,
        "if a command before a '|' fails, nobody learns of it");
    diag_help(m,
        "'shell bash', in the task or at the head of the file, lets the whole pipe fail then; or "
        "write the first one's output into a file");
}

/* A block ends at the first command that fails: its author sees lines, and takes each for a step.
 */
enum plan_shell
shell_of(const struct scope *s, const struct ast *a)
{
    bool block = a->kind == AST_STRING && a->ival == 1;
    return s->bash ? block ? PLAN_SHELL_BASH_E : PLAN_SHELL_BASH
           : block ? PLAN_SHELL_SH_E
                   : PLAN_SHELL_SH;
}

/* Is the command at the end of this text a word of the shell's own, which may be given any number
 * of words? In doubt not. */
static bool
shells_own(const char *text, size_t n)
{
    static const char own[] = " for printf echo set select ", before[] = " do then else ! ";
    size_t from = 0, k;
    char open = 0;
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && open != '\'')
            i++;
        else if (open ? text[i] == open : text[i] == '\'' || text[i] == '"')
            open = open ? 0 : text[i];
        else if (!open && memchr(";|&(\n", text[i], 5))
            from = i + 1;
    }
    for (;; from += k) { /* past what a command follows */
        from += strspn(text + from, " \t");
        k = strcspn(text + from, " \t");
        char word[12];
        if (snprintf(word, sizeof word, " %.*s ", (int)k, text + from) >= (int)sizeof word ||
            k == 0)
            return false;
        if (strstr(own, word))
            return true;
        if (!strstr(before, word))
            return false;
    }
}

struct expr *
check_shell(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct scope inner = *s; /* a string inside an insertion is no shell text of its own */
    unsigned n = ast_count(a->child, AST_INSERT), k = 0;
    struct insertion *in = arena_alloc(c->a, n * sizeof *in);
    struct shell_mark *mark = arena_alloc(c->a, n * sizeof *mark);
    struct buf text = {0};
    struct shell_text facts;
    struct pieces p;
    inner.shell = false;
    size_t nmarks = 0;
    for (const struct ast *x = a->child; x; x = x->next) {
        if (x->kind == AST_TEXT) {
            buf_puts(&text, x->text);
            continue;
        }
        inner.insert = x;
        read_insertion(&inner, x, &in[k]);
        if (in[k].list && in[k].e->kind == EX_NEED_OUT)
            in[k].e->inside = text.n && shells_own(text.p, text.n);
        if (is_text(&in[k]))
            buf_add(&text, in[k].e->value.s.p, in[k].e->value.s.n);
        else
            buf_putc(&text, 0);
        nmarks += !is_text(&in[k++]);
    }
    shell_scan(text.n ? text.p : "", text.n, s->bash ? SHELL_BASH : SHELL_SH, mark, nmarks, &facts);
    pieces_init(&p, c);
    k = 0;
    bool unsure = false; /* which is said once */
    for (const struct ast *x = a->child; x; x = x->next) {
        if (x->kind == AST_TEXT) {
            pieces_add(&p, expr_string(c->a, x->span, x->text, strlen(x->text)));
        } else if (is_text(&in[k])) {
            pieces_add(&p, in[k++].e);
        } else {
            bool again = unsure && mark->place == SHELL_UNSURE;
            pieces_add(&p, again ? error_expr(c, x->span) : shell_piece(c, &in[k], mark, &facts));
            unsure = unsure || mark->place == SHELL_UNSURE;
            if (in[k++].list && mark->joins) /* the last path could be the number of an open file */
                pieces_add(&p, expr_string(c->a, x->span, " ", 1));
            mark++;
        }
    }
    if (facts.lost && !s->bash && !p.failed && !memmem(text.p, text.n, "pipefail", 8))
        warn_pipe(c, a);
    buf_free(&text);
    if (facts.open && !p.failed)
        warn_open(c, a, facts.open);
    return measured(c, pieces_join(&p, a->span));
}
