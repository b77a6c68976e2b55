/* Compound commands of the shell that have a grammar of their own: case, for and select, [[ ]]. */
#include "config.h"

#include "shell/lex.h"

#include <string.h>

/* A word that must be `text`. */
static void
expect(struct lex *s, const char *text, const char *why)
{
    struct word w;
    word_read(s, &w, false);
    if (!w.literal || strcmp(w.text, text) != 0)
        lex_unsure(s, why);
}

void
compound_case(struct lex *s)
{
    static const char why[] = "a case command is none that a shell takes";
    struct word w;
    word_skip(s, false);
    word_read(s, &w, false);
    word_skip(s, true);
    expect(s, "in", why);
    while (s->i < s->n) {
        word_skip(s, true);
        bool open = lex_at(s, 0) == '(';
        lex_go(s, open);
        for (;;) {
            word_skip(s, false);
            word_read(s, &w, false);
            if (!open && w.literal && strcmp(w.text, "esac") == 0)
                return;
            open = true; /* from the second one on it is a pattern */
            if (w.from == s->i)
                lex_unsure(s, why);
            word_skip(s, false);
            if (lex_at(s, 0) != '|')
                break;
            lex_go(s, 1);
        }
        if (lex_at(s, 0) != ')') {
            lex_unsure(s, why);
            return;
        }
        lex_go(s, 1);
        scan_list(s, STOP_ESAC);
        /* it stopped behind ;; or behind esac */
        if (s->i >= 4 && memcmp(s->p + s->i - 4, "esac", 4) == 0)
            return;
    }
    lex_ended(s, '(');
}

void
compound_for(struct lex *s)
{
    struct word w;
    word_skip(s, false);
    if (lex_at(s, 0) == '(' && lex_at(s, 1) == '(') {
        if (s->kind == SHELL_SH)
            lex_bash_only(s, "for ((...)) is known to some shells only");
        lex_go(s, 2);
        lex_arithmetic(s);
        return;
    }
    word_read(s, &w, false);
    word_refuse(s, w.first, w.end, SHELL_NAME);
    word_skip(s, s->nhere == 0);
    if (lex_at(s, 0) != 'i' || lex_at(s, 1) != 'n' || !word_ends(lex_at(s, 2)))
        return;
    lex_go(s, 2);
    for (;;) {
        word_skip(s, false);
        if (word_ends(lex_at(s, 0)))
            return;
        word_read(s, &w, false);
        word_note_alone(s, &w);
    }
}

/* Behind =~: up to the blank that ends the expression. */
static void
regex(struct lex *s)
{
    struct word w = {.literal = false};
    enum shell_place before = s->refuse;
    unsigned open = 0;
    s->refuse = before ? before : SHELL_REGEX;
    word_skip(s, false);
    for (int c; (c = lex_at(s, 0)) != LEX_END && (open || (c != ' ' && c != '\t' && c != '\n'));) {
        open += c == '(';
        if (c == ')' && open)
            open--;
        else if (c == ')')
            break;
        if (c == ';' || c == '&' || c == '<' || c == '>' || c == '\n')
            lex_unsure(s, "a regular expression in [[ ]] is not plain");
        else
            word_part(s, &w, c);
    }
    s->refuse = before;
}

void
compound_condition(struct lex *s)
{
    static const char *const evaluates[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R",
        NULL};
    size_t first = s->next;
    bool numbers = false;
    struct word w;
    for (int c;;) {
        word_skip(s, true);
        c = lex_at(s, 0);
        if (c == LEX_END)
            break;
        if (word_ends(c)) {
            if (c == ';' || ((c == '<' || c == '>') && lex_at(s, 1) == '('))
                lex_unsure(s, "[[ ... ]] is not plain");
            else
                lex_go(s, 1);
            continue;
        }
        word_read(s, &w, false);
        if (lex_at(s, 0) == '(')
            lex_unsure(s, "a pattern in [[ ]] is not plain");
        numbers |= w.literal && word_is_one_of(w.text, evaluates);
        if (w.literal && strcmp(w.text, "=~") == 0)
            regex(s);
        if (w.literal && strcmp(w.text, "]]") == 0)
            break;
    }
    for (size_t i = first; numbers && i < s->next; i++)
        s->mark[i].numbers = SHELL_ARITHMETIC;
    lex_recall(s, first);
}
