/* Numbers, strings, and characters that do not belong: the scanner's actions. */
#include "config.h"

#include "diag/utf8.h"
#include "lexer/scan-private.h"
#include "lexer/words.h"
#include "parser/grammar.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct diag *
scan_error(struct scan_state *s, struct span at, const char *fmt, ...)
{
    if (s->dry || s->quiet)
        return NULL;
    struct buf text = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    struct diag *m = diag_add(s->d, DIAG_ERROR, "syntax", at, "%s", text.p);
    buf_free(&text);
    if (++s->errors == MAX_SYNTAX_ERRORS) {
        diag_help(m, "this is syntax error number %d; the rest of the file was not read",
            MAX_SYNTAX_ERRORS);
        s->quiet = true;
    }
    return m;
}

static void
help(struct diag *m, const char *text)
{
    if (m)
        diag_help(m, "%s", text);
}

const char *
scan_copy(struct scan_state *s, const char *text, size_t n)
{
    return s->dry ? "" : ast_text(s->tree, text, n);
}

int64_t
scan_int(struct scan_state *s, struct span at, const char *text)
{
    errno = 0;
    long long n = strtoll(text, NULL, 10);
    if (errno)
        help(scan_error(s, at, "this whole number is too large"),
            "the largest is 9223372036854775807; a real number is written 1e20");
    return n;
}

double
scan_real(struct scan_state *s, struct span at, const char *text)
{
    double x = strtod(text, NULL);
    if (isinf(x))
        help(scan_error(s, at, "this number is too large"), "the largest is about 1.8e308");
    return isinf(x) ? 0 : x;
}

void
scan_check_text(struct scan_state *s, struct span at, const char *text, size_t n)
{
    uint32_t code;
    for (size_t i = 0, len; i < n; i += len) {
        len = utf8_next(text + i, n - i, &code);
        struct span here = {at.file, at.start + (uint32_t)i, at.start + (uint32_t)(i + len)};
        if (code == 0xfffd && len == 1) {
            help(scan_error(s, here, "byte 0x%02x is not valid UTF-8", (unsigned char)text[i]),
                "save the file as UTF-8");
            return;
        }
        if (code == 0x7f ||
            (code < 0x20 && code != '\t' && code != '\n' && !(code == '\r' && i + 1 == n))) {
            help(scan_error(s, here, "control character 0x%02x in the text", code), "remove it");
            return;
        }
    }
}

void
scan_text(struct scan_state *s, struct span at, const char *text, size_t n)
{
    scan_check_text(s, at, text, n);
    buf_add(&s->run, text, n);
}

void
scan_escape(struct scan_state *s, struct span at, const char *text)
{
    struct diag *m;
    if (text[1] == '{' || text[1] == '}') {
        m = scan_error(s, at, "unknown escape '%s'", text);
        if (m)
            diag_help(m, "a brace is written '%c%c'", text[1], text[1]);
        buf_putc(&s->run, text[1]);
        return;
    }
    m = (unsigned char)text[1] > 0x20 && (unsigned char)text[1] < 0x7f
            ? scan_error(s, at, "unknown escape '%s'", text)
            : scan_error(s, at, "a lone backslash in a string");
    help(m, "the escapes are \\\\ \\\" \\n \\t; a backslash is written \\\\, and '...' or"
            " \"\"\"...\"\"\" take it as it is");
}

bool
scan_is_hook(const struct scan_state *s, uint32_t at)
{
    static const char word[] = "when";
    while (at > 0 && s->text[at - 1] != '\n' && s->text[at - 1] != ';')
        at--;
    at += (uint32_t)strspn(s->text + at, " \t");
    return strncmp(s->text + at, word, sizeof word - 1) == 0 &&
           strchr(" \t", s->text[at + sizeof word - 1]);
}

void
scan_instead(struct scan_state *s, struct span at, const char *text, const char *ours)
{
    struct diag *m = scan_error(s, at, "'%s' is not an operator here", text);
    if (m)
        diag_help(m, "write '%s'", ours);
}

void
scan_comment(struct scan_state *s, struct span at, const char *text)
{
    at.end = at.start + 2;
    help(scan_error(s, at, "'%.2s' does not start a comment", text),
        text[1] == '/' ? "comments start with '#'; division of whole numbers is 'div'"
                       : "comments start with '#' and end with the line");
}

void
scan_stray(struct scan_state *s, struct span at, const char *text)
{
    size_t n = at.end - at.start;
    uint32_t code;
    unsigned len = utf8_next(text, n, &code);
    at.end = at.start + len;
    bool same_line = s->stray > 0 && !memchr(s->text + s->stray, '\n', at.start - s->stray);
    s->stray = at.end;
    if (same_line)
        return;
    if (code < 0x20 || code == 0x7f) {
        help(scan_error(s, at, "control character 0x%02x in the text", code), "remove it");
    } else if (code == 0xfffd && len == 1) {
        scan_check_text(s, at, text, n);
    } else if (code >= 0x201c && code <= 0x201f) {
        help(scan_error(s, at, "typographic quotes do not make a string"), "use plain quotes: \"");
    } else if (code == 0xa0) {
        help(scan_error(s, at, "a no-break space"), "replace it by an ordinary blank");
    } else {
        struct diag *m = scan_error(s, at, "unexpected character '%.*s'", (int)len, text);
        if (s->nstrings)
            help(m, "if no value is meant here: braces that are only text are written {{ and }}");
        else if (code == '$')
            help(m, "a value is inserted into a string as {name}");
        else if (code == '\\')
            help(m, "a line goes on by itself after an operator, after a comma and in brackets");
        else if (code == '~')
            help(m,
                "text stands in quotes, and ~ is known to the shell only: write the whole path");
        else if (code == '^')
            help(m, "there is no power operator; write x * x");
    }
}

bool
scan_open(struct scan_state *s, struct span at, int state)
{
    if (s->nstrings == MAX_STRINGS) {
        help(scan_error(s, at, "strings nested more than %d deep", MAX_STRINGS),
            "give the inner ones names with 'let'");
        s->quiet = true;
        s->too_deep = true;
        s->nstrings = 0;
        return false;
    }
    s->string[s->nstrings++] = (struct open_string){.at = at.start, .state = state};
    scan_start_run(s);
    return true;
}

uint32_t
scan_close(struct scan_state *s)
{
    return s->string[--s->nstrings].at;
}

void
scan_start_run(struct scan_state *s)
{
    buf_reset(&s->run);
    s->run_start = s->pos;
}

void
scan_take_run(struct scan_state *s, union wfl_value *value, struct span *at)
{
    value->text = scan_copy(s, s->run.p, s->run.n);
    *at = (struct span){s->file, s->run_start, s->pos};
    scan_start_run(s);
}

bool
scan_is_unterminated(const struct scan_state *s)
{
    for (unsigned i = 0; i < s->nunterminated; i++) {
        if (s->unterminated[i] == s->string[s->nstrings - 1].at)
            return true;
    }
    return false;
}

void
scan_unterminated(struct scan_state *s, uint32_t at, const char *quote)
{
    struct span here = {s->file, at, at + (uint32_t)strlen(quote)};
    struct diag *m = scan_error(s, here, "this string has no end");
    if (m)
        diag_help(m, "close it with %s", quote);
}

static bool
is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void
scan_suspect(struct scan_state *s)
{
    uint32_t at = s->string[s->nstrings - 1].at, end = s->pos - 1, line = end;
    char word[32];
    size_t n = 0;
    if (!s->dry || s->suspect != UINT32_MAX)
        return;
    while (line > at && s->text[line - 1] != '\n')
        line--;
    if (line == at || !strchr(" \t[(=", s->text[end - 1]))
        return;
    while (line < end && strchr(" \t", s->text[line]))
        line++;
    while (line < end && is_word(s->text[line]) && n + 1 < sizeof word)
        word[n++] = s->text[line++];
    word[n] = 0;
    const struct word *w = word_find(word);
    if (w && w->flags & (WORD_DECLARATION | WORD_TASK | WORD_CONTAINER))
        s->suspect = at;
}

void
scan_eof_in_string(struct scan_state *s, bool block)
{
    uint32_t at = scan_close(s);
    s->ended_in_string = true;
    if (s->suspect == UINT32_MAX && !block)
        s->suspect = at;
    scan_unterminated(s, at, block ? "\"\"\"" : "\"");
    s->quiet = true;
}

bool
scan_insertion_left_open(struct scan_state *s, int string_state)
{
    if (s->nstrings == 0)
        return false;
    const struct open_string *o = &s->string[s->nstrings - 1];
    if (o->state != string_state || o->brackets || !token_ends_operand(s->last))
        return false;
    scan_unclosed_insertion(s);
    return true;
}

void
scan_unclosed_insertion(struct scan_state *s)
{
    uint32_t at = s->string[s->nstrings - 1].insertion;
    if (scan_is_unterminated(s))
        return; /* which is said once */
    help(scan_error(s, (struct span){s->file, at, at + 1},
             "the insertion that this '{' begins has no '}'"),
        "close it; a brace itself is written '{{'");
}

void
scan_eof_in_insertion(struct scan_state *s)
{
    if (s->nstrings == 0)
        return;
    s->ended_in_string = s->suspect != UINT32_MAX;
    scan_unclosed_insertion(s);
    s->quiet = true;
    s->nstrings = 0;
}
