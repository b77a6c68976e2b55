/* Words of a shell text, and what they leave for their marks. */
#include "config.h"

#include "shell/lex.h"

#include <string.h>

bool
word_ends(int c)
{
    return c == LEX_END || (c && strchr(" \t\n;&|<>()", c));
}

bool
word_is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(text, *list) != 0)
        list++;
    return *list != NULL;
}

static bool
is_safe(int c)
{
    return lex_is_name(c, false) || (c > 0 && strchr("_-./:,+@%=", c));
}

void
word_refuse(struct lex *s, size_t first, size_t end, enum shell_place why)
{
    for (; first < end; first++)
        s->mark[first].place = why;
}

/* At the [ of NAME[...]: bash takes what is inside for arithmetic if this is an assignment. */
static void
subscript(struct lex *s)
{
    enum shell_place refused = s->refuse, numbers = s->numbers;
    s->refuse = refused ? refused : SHELL_SUBSCRIPT;
    s->numbers = SHELL_SUBSCRIPT;
    int c;
    lex_go(s, 1);
    while ((c = lex_at(s, 0)) != LEX_END && c != ']') {
        if (c == LEX_MARK)
            lex_mark(s, SHELL_SUBSCRIPT);
        else if (c == '$')
            lex_dollar(s, true);
        else if (word_ends(c) || strchr("'\"\\`[", c))
            lex_unsure(s, "shells read NAME[...] in different ways");
        else
            lex_go(s, 1);
    }
    s->refuse = refused;
    s->numbers = numbers;
    if (c == ']' && s->kind == SHELL_SH && (lex_at(s, 1) == '=' || lex_at(s, 1) == '+'))
        lex_bash_only(s, "NAME[...]= is known to some shells only");
}

static void array(struct lex *s); /* behind NAME=( */

static void
add_literal(struct word *w, int c)
{
    if (w->len + 1 < sizeof w->text) {
        w->text[w->len++] = (char)c;
        w->text[w->len] = 0;
    } else {
        w->literal = false;
    }
}

/* One character, or one quoted or expanded part, of a word. */
void
word_part(struct lex *s, struct word *w, int c)
{
    bool plain = c != '\'' && c != '"' && c != '$' && c != '`' && c != '\\' && c != LEX_MARK;
    w->safe = w->safe && (c == LEX_MARK || is_safe(c));
    if (plain) {
        if (w->literal)
            add_literal(w, c);
        lex_go(s, 1);
        return;
    }
    if (c == '\\' && lex_at(s, 1) == '\n') { /* as if it were not there */
        lex_go(s, 1);
        lex_inner_newline(s);
        return;
    }
    bool tilde = w->literal && w->len && w->text[w->len - 1] == '~';
    w->literal = false;
    if (c == LEX_MARK)
        lex_mark(s, tilde ? SHELL_TILDE : SHELL_WORD);
    else if (c == '\\')
        lex_escape(s);
    else if (c == '$')
        lex_dollar(s, false);
    else {
        lex_go(s, 1);
        c == '`' ? lex_backquote(s) : c == '"' ? lex_double(s) : lex_single(s);
    }
}

/* Sets the name of a word that was read: eval is the same as \\eval, e"va"l and, if x is empty,
 * ${x}eval. */
static void
name_word(const struct lex *s, struct word *w)
{
    size_t n = 0;
    for (size_t i = w->from; i < s->i && n + 1 < sizeof w->name; i++) {
        char c = s->p[i], next = i + 1 < s->i ? s->p[i + 1] : 0;
        const char *close = c == '`'      ? "`"
                            : c != '$'    ? NULL
                            : next == '{' ? "}"
                            : next == '(' ? ")"
                                          : "";
        w->expands = w->expands || (close && next != '\'' && next != '"');
        if (close && *close) {
            for (i++; i < s->i && s->p[i] != *close;)
                i++;
        } else if (close) {
            while (i + 1 < s->i && lex_is_name((unsigned char)s->p[i + 1], false))
                i++;
        } else if (c && !strchr("'\"\\\n", c)) {
            w->name[n++] = c;
        }
    }
    w->name[n + 1 < sizeof w->name ? n : 0] = 0;
}

/* A word; `assignment`: it may be one. Its marks need quotes, until somebody says that they do not.
 */
void
word_read(struct lex *s, struct word *w, bool assignment)
{
    bool name = assignment; /* so far only what a name may have */
    *w = (struct word){.literal = true, .safe = true, .first = s->next, .from = s->i};
    for (int c; !word_ends(c = lex_at(s, 0));) {
        bool begun = s->i > w->from;
        if (name && begun && (c == '=' || (c == '+' && lex_at(s, 1) == '='))) {
            if (c == '+' && s->kind == SHELL_SH)
                lex_bash_only(s, "NAME+= is known to some shells only");
            w->assigns = true;
            w->again = strcmp(w->text, "PS4") == 0;
            word_refuse(s, w->first, s->next, SHELL_NAME);
            name = false;
            lex_go(s, c == '+');
            if (lex_at(s, 1) == '(' && s->kind == SHELL_SH) {
                lex_bash_only(s, "NAME=(...) is known to some shells only");
            } else if (lex_at(s, 1) == '(') {
                lex_go(s, 2);
                array(s);
            }
            word_part(s, w, '=');
        } else if (name && begun && c == '[' && w->first == s->next) {
            subscript(s);
            w->literal = w->safe = false;
        } else {
            name = name && (c == LEX_MARK || c == ']' || lex_is_name(c, !begun));
            word_part(s, w, c);
        }
    }
    w->end = s->next;
    name_word(s, w);
    for (size_t i = w->first; w->again && i < w->end; i++)
        s->mark[i].numbers = SHELL_AGAIN;
    lex_recall(s, w->first);
}

/* The word is one value and nothing else, and several could stand there. */
void
word_note_alone(struct lex *s, const struct word *w)
{
    if (w->end == w->first + 1 && s->i == w->from + 1) {
        s->mark[w->first].alone = true;
        s->mark[w->first].joins = lex_at(s, 0) == '<' || lex_at(s, 0) == '>';
    }
}

/* Plain values in it need no quotes. */
void
word_note_plain(struct lex *s, const struct word *w)
{
    int c = lex_at(s, 0);
    for (size_t i = w->first; w->safe && c != '<' && c != '>' && i < w->end; i++)
        if (s->mark[i].place == SHELL_WORD)
            s->mark[i].place = SHELL_ARGUMENT;
}

/* Goes over blanks, comments, and newlines if `lines`. */
void
word_skip(struct lex *s, bool lines)
{
    for (int c; (c = lex_at(s, 0)) != LEX_END;) {
        int before = s->i ? (unsigned char)s->p[s->i - 1] : '\n';
        if (c == ' ' || c == '\t') {
            lex_go(s, 1);
        } else if (c == '\\' && lex_at(s, 1) == '\n') {
            if (before && strchr("&|;<>()", before) && lex_at(s, 2) > 0 &&
                strchr("&|;<>()-#", lex_at(s, 2)))
                lex_unsure(s, "a line is broken within an operator");
            lex_go(s, 1);
            if (s->i < s->n)
                lex_inner_newline(s);
        } else if (c == '#') {
            while (lex_at(s, 0) != LEX_END && lex_at(s, 0) != '\n')
                lex_at(s, 0) == LEX_MARK ? lex_mark(s, SHELL_COMMENT) : lex_go(s, 1);
        } else if (c == '\n' && lines) {
            lex_newline(s);
        } else {
            return;
        }
    }
}

static void
array(struct lex *s)
{
    struct word w;
    for (int c;;) {
        word_skip(s, true);
        c = lex_at(s, 0);
        if (c == ')')
            return;
        if (c == LEX_END) {
            lex_ended(s, '(');
            return;
        }
        if (word_ends(c)) {
            lex_unsure(s, "the words of an array are not plain");
            return;
        }
        word_read(s, &w, false);
        if (w.from < s->n && s->p[w.from] == '[')
            word_refuse(s, w.first, w.end, SHELL_SUBSCRIPT);
        word_note_alone(s, &w);
    }
}
