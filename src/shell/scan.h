/* Reads the text of a shell command as a shell would, to tell how a value may be inserted at each
 * place: POSIX XCU 2 with what dash and bash make of it. What runs is the shell's business; this
 * only knows where words, quotes and here-documents begin and end. Where shells differ, or the text
 * is none that a shell takes, nothing behind it is sure, and that is what it says. */
#ifndef SHELL_SCAN_H
#define SHELL_SCAN_H

#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum shell_kind {
    SHELL_SH, /* any: dash, bash as sh, and others */
    SHELL_BASH,
};

enum shell_place {
    SHELL_ARGUMENT, /* (part of) an argument; a plain value needs no quotes */
    SHELL_WORD,     /* (part of) a word that needs quotes, whatever the value is */
    SHELL_DOUBLE,   /* inside "..." */
    SHELL_SINGLE,   /* inside '...' */
    SHELL_NUMBER,   /* inside of arithmetic */
    /* refused: */
    SHELL_COMMENT,
    SHELL_HERE,         /* a here-document, */
    SHELL_DELIMITER,    /* and what ends it */
    SHELL_BACKQUOTE,    /* `...` */
    SHELL_PARAMETER,    /* ${...} */
    SHELL_DOLLAR,       /* behind a $ */
    SHELL_TAIL,         /* inside "...", behind $NAME */
    SHELL_BACKSLASH,    /* behind a backslash */
    SHELL_DOLLAR_QUOTE, /* $'...' and $"..." */
    SHELL_TILDE,        /* behind ~ */
    SHELL_NAME,         /* of a variable or a function */
    SHELL_COMMAND,      /* of a command, if it differs from task to task (shell_mark.command) */
    SHELL_SUBSCRIPT,    /* NAME[...] */
    SHELL_ARITHMETIC,   /* $((...)), or part of a number or name in it */
    SHELL_REGEX,        /* [[ ... =~ ... ]] */
    SHELL_DESCRIPTOR,   /* >&... */
    SHELL_AGAIN,        /* what the shell reads once more: eval, let, trap */
    SHELL_UNSURE,       /* shell_text.why says why */
};

/* What is known of one insertion. */
struct shell_mark {
    enum shell_place place;
    enum shell_place numbers; /* not SHELL_ARGUMENT: only whole numbers, and this says why */
    bool command;    /* it is (part of) the name of a command, which the shell itself may have */
    bool alone;      /* it is a whole word, and could be several */
    unsigned nested; /* in so many substitutions */
    bool joins;      /* a < or > follows */
};

struct shell_text {
    const char *why; /* nothing behind that place is sure; NULL: all is */
    bool bash;       /* but for bash alone it would be */
    char open;       /* the text ends inside of this: " ' ` ( { or 0 */
    bool lost;       /* a pipe loses the status of a command that could fail */
};

/* Insertions are the NUL bytes of the text: `nmarks` of them. */
void shell_scan(const char *p, size_t n, enum shell_kind kind, struct shell_mark *mark,
    size_t nmarks, struct shell_text *out);

/* How a value is quoted at a place where it is not refused. */
enum shell_quote shell_how(enum shell_place place);

/* Does the text have a word that says that something works in another folder: cd, pushd, -C ...? */
bool shell_moves(const char *p, size_t n);

#endif
