/* Writes POSIX shell so that every value is quoted by construction: the text that a caller gives
 * literally is a format of ours, and values come in only through the functions below. */
#ifndef CODEGEN_SH_H
#define CODEGEN_SH_H

#include "util/buf.h"

#include <stdbool.h>

/* A script in the making. Initialise with sh_begin; free `out` with buf_free. A value with a
 * control character is refused: nothing is written for it and `why` says which. */
struct sh {
    struct buf out;
    struct buf why; /* the first refusal, a whole sentence; empty: none */
};

void sh_begin(struct sh *s); /* the #! line */
void sh_free(struct sh *s);
void sh_comment(struct sh *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sh_blank(struct sh *s); /* an empty line */
/* A line of ours, as it is: `text` is never data. */
void sh_code(struct sh *s, const char *text);
void sh_assign(struct sh *s, const char *name, const char *value); /* name='value' */

#endif
