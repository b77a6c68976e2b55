/* The commands of a shell text: lists, simple commands and what their words mean, redirections. */
#include "config.h"

#include "shell/lex.h"

#include <string.h>

/* Where a word stands. */
enum position {
    AT_START,  /* of a command: reserved words count */
    AT_PREFIX, /* behind assignments or redirections: assignments still count */
    AT_ARGUMENT,
    AT_END, /* of a compound command: what closes an outer one may follow */
};

/* The command at hand. */
struct command {
    enum position at;
    char name[24]; /* literal, or "" */
    size_t first;  /* mark */
    bool named;    /* nothing but its first word was read */
    bool unknown;  /* its name is expanded: to nothing, perhaps */
    bool wraps;    /* command, builtin: the name of another one follows */
    bool declares; /* export, declare ...: arguments are assignments, */
    bool types;    /* and may say that values are evaluated */
    bool reads;    /* eval, read ...: arguments are names or commands */
};

static void
begin(struct command *c, enum position at)
{
    *c = (struct command){.at = at};
}

/* Reserved words; false: `w` is none here. */
static bool
reserved(struct lex *s, struct command *c, const struct word *w)
{
    static const char *const opens[] = {"if", "then", "elif", "else", "while", "until", "do", "{",
        "!", NULL};
    static const char *const closes[] = {"fi", "done", "}", NULL};
    static const char *const bash[] = {"[[", "function", "select", "time", "coproc", NULL};
    const char *text = w->text;
    if (!w->literal)
        return false;
    if (word_is_one_of(text, opens)) {
        begin(c, AT_START);
    } else if (word_is_one_of(text, closes)) {
        begin(c, AT_END);
    } else if (strcmp(text, "case") == 0) {
        if (++s->depth > LEX_DEEPEST)
            lex_unsure(s, "it is nested very deep");
        compound_case(s);
        s->depth--;
        begin(c, AT_END);
    } else if (strcmp(text, "for") == 0 || (strcmp(text, "select") == 0 && s->kind == SHELL_BASH)) {
        compound_for(s);
        begin(c, AT_END);
    } else if (!word_is_one_of(text, bash)) {
        return false;
    } else if (s->kind == SHELL_SH) {
        lex_bash_only(s, strcmp(text, "[[") == 0
                             ? "'[[' is known to some shells only"
                             : "a reserved word of bash is a command to other shells");
    } else if (strcmp(text, "[[") == 0) {
        compound_condition(s);
        begin(c, AT_END);
    } else if (strcmp(text, "time") == 0) {
        word_skip(s, false);
        if (lex_at(s, 0) == '-' && lex_at(s, 1) == 'p' && word_ends(lex_at(s, 2)))
            lex_go(s, 2);
        begin(c, AT_START);
    } else if (strcmp(text, "function") == 0) {
        struct word name;
        word_skip(s, false);
        word_read(s, &name, false);
        word_refuse(s, name.first, name.end, SHELL_NAME);
        word_skip(s, false);
        if (lex_at(s, 0) == '(' && lex_at(s, 1) == ')')
            lex_go(s, 2);
        begin(c, AT_START);
    } else {
        lex_unsure(s, "what coproc begins is not followed");
    }
    return true;
}

/* Could it be no word at all? */
static bool
may_vanish(const struct lex *s, const struct word *w)
{
    return w->expands && !w->name[0] && s->p[w->from] != '"';
}

/* What a word means that is the command's name, or may be, once an expansion before it is gone. */
static void
name_command(struct lex *s, struct command *c, const struct word *w)
{
    static const char *const types[] = {"declare", "typeset", "local", NULL};
    static const char *const declares[] = {"export", "readonly", NULL};
    static const char *const wraps[] = {"command", "builtin", NULL};
    static const char *const reads[] = {"eval", "let", "trap", "read", "unset", "mapfile",
        "readarray", "getopts", "compgen", "complete", NULL};
    c->at = AT_ARGUMENT;
    memcpy(c->name, w->name, sizeof c->name);
    c->types = word_is_one_of(c->name, types);
    c->declares = c->types || word_is_one_of(c->name, declares);
    c->reads = word_is_one_of(c->name, reads);
    c->wraps = word_is_one_of(c->name, wraps);
    if (c->wraps)
        c->at = AT_PREFIX;
    if (strcmp(c->name, "alias") == 0)
        lex_unsure(s, "behind 'alias' words may mean anything");
}

/* The first word of a command, or an assignment before it. */
static void
first_word(struct lex *s, struct command *c, const struct word *w)
{
    if (w->assigns || (c->wraps && w->name[0] == '-')) {
        c->at = AT_PREFIX;
        return;
    }
    c->named = !c->wraps;
    c->first = w->first;
    c->unknown = may_vanish(s, w);
    for (size_t i = w->first; i < w->end;
         i++) /* with a / it is a program, and nothing of the shell's own */
        s->mark[i].command =
            s->mark[i].nested == s->nested && !memchr(s->p + w->from, '/', s->i - w->from);
    name_command(s, c, w);
}

static void
argument(struct lex *s, struct command *c, const struct word *w)
{
    c->named = false;
    word_note_alone(s, w);
    word_note_plain(s, w);
    if (c->unknown && w->first == w->end) {
        c->unknown = may_vanish(s, w);
        name_command(s, c, w);
    }
    if (c->declares && !w->assigns)
        word_refuse(s, w->first, w->end, SHELL_NAME);
    if (c->types && !w->assigns && (w->expands || (w->name[0] == '-' && strpbrk(w->name, "in"))))
        lex_unsure(s, "the shell may evaluate the values of a variable that is declared so");
    if (strcmp(c->name, "printf") == 0 && strncmp(w->name, "-v", 2) == 0)
        c->reads = true;
    if ((strcmp(c->name, "[") == 0 || strcmp(c->name, "test") == 0) &&
        (strcmp(w->name, "-v") == 0 || strcmp(w->name, "-R") == 0))
        c->reads = true;
    for (size_t i = w->first; c->reads && i < w->end; i++)
        s->mark[i].numbers = SHELL_AGAIN;
}

/* 2>, {fd}>: no word of the command. */
static bool
is_descriptor(struct lex *s, const struct word *w)
{
    int c = lex_at(s, 0);
    if ((c != '<' && c != '>') || !w->literal || !w->len)
        return false;
    if (strspn(w->text, "0123456789") == w->len)
        return true;
    if (w->text[0] != '{' || w->text[w->len - 1] != '}' || w->len < 3)
        return false;
    if (s->kind == SHELL_SH)
        lex_bash_only(s, "{NAME}> is known to some shells only");
    return true;
}

static void
command_word(struct lex *s, struct command *c, enum stop stop, bool *done)
{
    struct word w;
    word_read(s, &w, c->at == AT_START || c->at == AT_PREFIX || c->declares);
    if (is_descriptor(s, &w))
        return;
    if (w.literal && strcmp(w.text, "esac") == 0 && (c->at == AT_START || c->at == AT_END)) {
        *done = stop == STOP_ESAC;
        if (!*done)
            lex_unsure(s, "'esac' without its case");
        return;
    }
    if ((c->at == AT_START || c->at == AT_END) && reserved(s, c, &w))
        return;
    if (c->at == AT_END) {
        lex_unsure(s, "words follow a compound command");
        lex_recall(s, w.first);
    } else if (c->at == AT_ARGUMENT) {
        argument(s, c, &w);
    } else {
        first_word(s, c, &w);
    }
}

/* At < or >. */
static void
redirection(struct lex *s, struct command *c)
{
    struct word w;
    int op = lex_at(s, 0), next = lex_at(s, 1);
    if (c->at == AT_START)
        c->at = AT_PREFIX;
    c->named = false;
    if (next == '(') {
        if (s->kind == SHELL_SH) {
            lex_bash_only(s, "<( ) is known to some shells only");
            return;
        }
        lex_go(s, 2);
        scan_substitution(s);
        if (!word_ends(lex_at(s, 0)))
            lex_unsure(s, "<( ) has something behind it");
        return;
    }
    lex_go(s, 1);
    if (op == '<' && next == '<' && lex_at(s, 1) != '<') {
        lex_go(s, 1);
        lex_delimiter(s);
        return;
    }
    bool string = op == '<' && next == '<';
    if (string && s->kind == SHELL_SH)
        lex_bash_only(s, "<<< is known to some shells only");
    if (string)
        lex_go(s, 2);
    else if (next == op || next == '&' || (op == '<' ? next == '>' : next == '|'))
        lex_go(s, 1);
    if (lex_at(s, 0) == '\\' && lex_at(s, 1) == '\n')
        lex_unsure(s, "a line is broken within an operator");
    word_skip(s, false);
    if (s->kind == SHELL_BASH && (lex_at(s, 0) == '<' || lex_at(s, 0) == '>') &&
        lex_at(s, 1) == '(') {
        lex_go(s, 2);
        scan_substitution(s);
        return;
    }
    if (word_ends(lex_at(s, 0))) {
        lex_unsure(s, "a redirection goes nowhere");
        return;
    }
    word_read(s, &w, false);
    word_note_plain(s, &w);
    if (next == '&')
        word_refuse(s, w.first, w.end, SHELL_DESCRIPTOR);
}

/* A command that cannot fail, for all that matters before a pipe. */
static bool
is_harmless(const struct command *c)
{
    static const char *const harmless[] = {"echo", "printf", "true", ":", "yes", "seq", NULL};
    return c->at == AT_ARGUMENT && word_is_one_of(c->name, harmless);
}

/* `k` bytes further on: `true` or `:`, as behind || for what may fail. */
static bool
is_true(const struct lex *s, size_t k)
{
    while (lex_at(s, k) == ' ' || lex_at(s, k) == '\t')
        k++;
    for (const char *w = lex_at(s, k) == ':' ? ":" : "true"; *w; w++, k++)
        if (lex_at(s, k) != *w)
            return false;
    return word_ends(lex_at(s, k));
}

/* A list goes on, or ends, behind a pipe; `meant`: that it may fail was said. */
static void
end_pipe(struct lex *s, bool meant)
{
    if (s->nested)
        return;
    s->out->lost |= s->piped && !meant;
    s->piped = false;
}

/* At ; & or |. True: the list ends. */
static bool
separator(struct lex *s, struct command *c, enum stop stop)
{
    int op = lex_at(s, 0), next = lex_at(s, 1);
    if (op == ';' && (next == ';' || next == '&')) {
        lex_go(s, next == ';' && lex_at(s, 2) == '&' ? 3 : 2);
        if (stop != STOP_ESAC)
            lex_unsure(s, "';;' without its case");
        else if (s->kind == SHELL_SH && s->p[s->i - 1] == '&')
            lex_bash_only(s, "';&' is known to some shells only");
        return true;
    }
    if (op == '&' && next == '>') {
        if (s->kind == SHELL_SH) {
            lex_bash_only(s, "'&>' is known to some shells only");
            return false;
        }
        lex_go(s, 1);
        redirection(s, c);
        return false;
    }
    if (op == '|' && next == '&' && s->kind == SHELL_SH) {
        lex_bash_only(s, "'|&' is known to some shells only");
        return false;
    }
    if (op == '|' && next != '|' && !s->nested && !s->out->why && !is_harmless(c))
        s->piped = true;
    else if (op != '|' ? next != op : next == '|')
        end_pipe(s, op == '|' && is_true(s, 2));
    lex_go(s, next == op || (op == '|' && next == '&') ? 2 : 1);
    begin(c, AT_START);
    return false;
}

/* At (. */
static void
parenthesis(struct lex *s, struct command *c)
{
    lex_go(s, 1);
    if (c->at == AT_ARGUMENT && c->named) { /* NAME ( ) */
        word_skip(s, false);
        word_refuse(s, c->first, s->next, SHELL_NAME);
        if (lex_at(s, 0) != ')')
            lex_unsure(s, "a '(' is where shells know none");
        lex_go(s, 1);
        word_skip(s, true);
        begin(c, AT_START);
    } else if (c->at != AT_START) {
        lex_unsure(s, "a '(' is where shells know none");
    } else if (lex_at(s, 0) == '(' && s->kind == SHELL_SH) {
        lex_bash_only(s, "'((' is arithmetic to some shells, and two parentheses to others");
    } else if (lex_at(s, 0) == '(') {
        lex_go(s, 1);
        lex_arithmetic(s);
        begin(c, AT_END);
    } else {
        scan_list(s, STOP_PARENTHESIS);
        begin(c, AT_END);
    }
}

void
scan_list(struct lex *s, enum stop stop)
{
    struct command c;
    bool done = false;
    begin(&c, AT_START);
    if (++s->depth > LEX_DEEPEST)
        lex_unsure(s, "it is nested very deep");
    while (!done) {
        word_skip(s, false);
        int ch = lex_at(s, 0);
        if (ch == LEX_END) {
            if (stop != STOP_END)
                lex_ended(s, '(');
            break;
        }
        switch (ch) {
        case '\n':
            if (c.at != AT_START)
                end_pipe(s, false);
            lex_newline(s);
            begin(&c, AT_START);
            break;
        case ';':
        case '&':
        case '|':
            done = separator(s, &c, stop);
            break;
        case '(':
            parenthesis(s, &c);
            break;
        case ')':
            if (stop != STOP_PARENTHESIS)
                lex_unsure(s, "a ')' without its '('");
            lex_go(s, 1);
            done = true;
            break;
        case '<':
        case '>':
            redirection(s, &c);
            break;
        default:
            command_word(s, &c, stop, &done);
        }
    }
    s->depth--;
}

void
scan_substitution(struct lex *s)
{
    enum shell_place refused = s->refuse;
    unsigned base = s->base;
    s->base = s->nhere;
    s->nested++;
    scan_list(s, STOP_PARENTHESIS);
    if (s->nhere > s->base)
        lex_unsure(s, "a here-document is announced in $( ) and begins behind it");
    s->nested--;
    s->base = base;
    s->refuse = refused;
}

void
shell_scan(const char *p, size_t n, enum shell_kind kind, struct shell_mark *mark, size_t nmarks,
    struct shell_text *out)
{
    struct lex s = {.p = p, .n = n, .kind = kind, .mark = mark, .nmarks = nmarks, .out = out};
    *out = (struct shell_text){0};
    scan_list(&s, STOP_END);
    end_pipe(&s, false);
    for (; s.next < nmarks; s.next++)
        mark[s.next] = (struct shell_mark){.place = SHELL_UNSURE};
}

enum shell_quote
shell_how(enum shell_place place)
{
    static const enum shell_quote how[] = {
        [SHELL_ARGUMENT] = QUOTE_WORD,
        [SHELL_WORD] = QUOTE_ALWAYS,
        [SHELL_DOUBLE] = QUOTE_DOUBLE,
        [SHELL_SINGLE] = QUOTE_SINGLE,
        [SHELL_NUMBER] = QUOTE_NUMBER,
    };
    return how[place];
}

bool
shell_moves(const char *p, size_t n)
{
    static const char *const words[] = {"cd", "pushd", "popd", "chdir", "-C", "--directory",
        "--chdir"};
    for (size_t i = 0; i < n; i++) {
        int before = i ? (unsigned char)p[i - 1] : ' ';
        if (lex_is_name(before, false) || (before && strchr("-./", before)))
            continue;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            size_t len = strlen(words[k]);
            if (n - i >= len && memcmp(p + i, words[k], len) == 0 &&
                (words[k][0] == '-' || i + len == n || !strchr("-./=", p[i + len])) &&
                (words[k][0] == '-' || i + len == n ||
                    !lex_is_name((unsigned char)p[i + len], false)))
                return true;
        }
    }
    return false;
}
