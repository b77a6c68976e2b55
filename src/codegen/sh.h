/* Writes POSIX shell so that every value is quoted by construction: the text that a caller gives
 * literally is a format of ours, and values come in only through the functions below. */
#ifndef CODEGEN_SH_H
#define CODEGEN_SH_H

#include "util/buf.h"

#include <stdbool.h>

/* A script in the making. Initialise with sh_begin; free with sh_free. A value with a control
 * character is refused: nothing is written for it and `why` says which. */
struct sh {
    struct buf out;
    struct buf why; /* the first refusal, a whole sentence; empty: none */
};

/* A word in braces that stands for a variable of the script. */
struct sh_insert {
    const char *name;  /* without the braces */
    const char *value; /* text of ours, as it stands in double quotes: "$nnodes", "64" */
};

void sh_begin(struct sh *s, const char *interpreter); /* the #! line */
void sh_free(struct sh *s);
void sh_comment(struct sh *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sh_blank(struct sh *s); /* an empty line */
/* A line of ours, as it is: `text` is never data. */
void sh_code(struct sh *s, const char *text);
/* A line of shell that a site's profile gives: it is code, of one line. */
void sh_profile_line(struct sh *s, const char *key, const char *text);
void sh_assign(struct sh *s, const char *name, const char *value); /* name='value' */
/* name=$(command || true), the command being a profile's. */
void sh_assign_command(struct sh *s, const char *name, const char *key, const char *command);

/* Parts of a line that is written piece by piece; the caller ends it with sh_end. `what` names
 * the value in a refusal. A blank goes before a word that does not begin the line. */
void sh_raw(struct sh *s, const char *text);                     /* text of ours */
void sh_word(struct sh *s, const char *what, const char *value); /* one word */
/* A value in the scheduler's own quotes, for the head of a script: what a shell takes for a
 * comment. */
void sh_value(struct sh *s, const char *what, const char *quoted);
/* One word with {names} replaced; those that are not known stay as they are. */
void sh_template(struct sh *s, const char *what, const char *text, const struct sh_insert *insert,
    size_t n);
/* One word, a path in which $NAME is a variable of the job. */
void sh_path(struct sh *s, const char *what, const char *path);
void sh_end(struct sh *s);

#endif
