/* Inside the scanner of shell text (scan.h): quotes, expansions and here-documents, which
 * lex.c reads, words (word.c), commands (scan.c) and compound ones (compound.c). */
#ifndef SHELL_LEX_H
#define SHELL_LEX_H

#include "shell/scan.h"

enum { LEX_END = -1, LEX_MARK = 0, LEX_MOST_HERE = 16, LEX_DEEPEST = 40 };

struct lex_here {
    size_t from, n; /* the delimiter, without its quotes, in `delimiters` */
    bool tabs;      /* <<-: tabs before it do not count */
    bool quoted;    /* nothing is expanded */
};

struct lex {
    const char *p;
    size_t n, i;
    enum shell_kind kind;
    struct shell_mark *mark;
    size_t nmarks, next; /* the next mark */
    struct shell_text *out;
    unsigned depth;
    enum shell_place refuse;  /* all marks are refused for this; 0: none is */
    enum shell_place numbers; /* all marks must be numbers because of this; 0: they need not */
    struct lex_here here[LEX_MOST_HERE]; /* announced, to begin at the next line */
    unsigned nhere, base; /* the first `base` belong to what the $( ) at hand stands in */
    unsigned nested;      /* in so many substitutions */
    bool piped;           /* a pipe has lost a status, if nothing behind it says that it may */
    char delimiters[512];
    size_t ndelimiters;
};

/* The byte `k` further on. */
static inline int
lex_at(const struct lex *s, size_t k)
{
    return s->n - s->i > k ? (unsigned char)s->p[s->i + k] : LEX_END;
}
/* Goes on by k bytes; at the end nothing moves. */
static inline void
lex_go(struct lex *s, size_t k)
{
    s->i += s->n - s->i > k ? k : s->n - s->i;
}

/* From here on nothing is sure: the end. */
void lex_unsure(struct lex *s, const char *why);
void lex_bash_only(struct lex *s, const char *why); /* but for bash alone it would be */
void lex_ended(struct lex *s, char inside);
/* Marks first .. now are not sure either, if something since was not. */
void lex_recall(struct lex *s, size_t first);
void lex_mark(struct lex *s, enum shell_place place); /* at a mark: goes behind it */
bool lex_is_name(int c, bool first);

/* Each is called at, or behind, what begins it, and goes behind what ends it. */
void lex_escape(struct lex *s);              /* at a backslash that no newline follows */
void lex_single(struct lex *s);              /* behind ' */
void lex_double(struct lex *s);              /* behind " */
void lex_dollar(struct lex *s, bool quoted); /* at $; inside of "..." or a here-document? */
void lex_backquote(struct lex *s);           /* behind ` */
void lex_arithmetic(struct lex *s);          /* behind (( */
void lex_delimiter(struct lex *s);           /* behind << */
void lex_newline(struct lex *s);       /* at a newline that ends a command: here-documents follow */
void lex_inner_newline(struct lex *s); /* at one inside of quotes and the like */

/* --- words: word.c --- */

struct word {
    char text[24]; /* as far as it is literal */
    char name[24]; /* what its quotes and expansions leave of it, if it is no longer */
    size_t len;
    bool expands;      /* there are expansions in it */
    bool literal;      /* nothing but unquoted characters */
    bool safe;         /* nothing but marks, and characters that mean nothing to any shell */
    bool assigns;      /* NAME=..., */
    bool again;        /* to a variable that the shell expands once more */
    size_t first, end; /* its marks */
    size_t from;       /* where it begins */
};

bool word_ends(int c); /* before this, an unquoted character? */
bool word_is_one_of(const char *text, const char *const *list); /* that ends with NULL */
/* A word; `assignment`: it may be one. Its marks need quotes, until somebody says that they do not.
 */
void word_read(struct lex *s, struct word *w, bool assignment);
/* Notes if the word is one value and nothing else, where several could stand. */
void word_note_alone(struct lex *s, const struct word *w);
/* Plain values in it need no quotes. */
void word_note_plain(struct lex *s, const struct word *w);
/* Marks first .. end - 1 are refused. */
void word_refuse(struct lex *s, size_t first, size_t end, enum shell_place why);
/* One character, or one quoted or expanded part, of a word that begins with c. */
void word_part(struct lex *s, struct word *w, int c);
/* Goes over blanks, comments, and newlines if `lines`. */
void word_skip(struct lex *s, bool lines);

/* --- commands: scan.c --- */

enum stop { STOP_END, STOP_PARENTHESIS, STOP_ESAC };

/* Commands, up to and with what ends them: for STOP_ESAC ;; or esac. */
void scan_list(struct lex *s, enum stop stop);
void scan_substitution(struct lex *s); /* behind $( */

/* --- commands with a grammar of their own: compound.c --- */

void compound_case(struct lex *s);      /* behind `case`, up to and with its `esac` */
void compound_for(struct lex *s);       /* behind `for` and `select`, up to its `do` */
void compound_condition(struct lex *s); /* behind [[, up to and with its ]] */

#endif
