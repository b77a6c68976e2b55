/* The head of a batch script as data: the options that a scheduler takes from it. Emitters say
 * what they want, write it, and read it back by the scheduler's own rules; both must agree.
 *
 * Names are written as a user would, each option under one of them only: "--nodes" for Slurm's -N,
 * "-l walltime" for a resource of PBS. */
#ifndef CODEGEN_HEADER_H
#define CODEGEN_HEADER_H

#include "util/buf.h"

#include <stdbool.h>

struct header_option {
    char *name;
    char *value; /* NULL: it takes none */
};

/* In the order in which they were first given. Initialise with {0}. */
struct header {
    struct header_option *v;
    size_t n;
};

void header_free(struct header *h);
/* Replaces the value that the option has. Both are copied; value may be NULL. */
void header_set(struct header *h, const char *name, const char *value);
void header_drop(struct header *h, const char *name); /* if it is there */
const struct header_option *header_find(const struct header *h, const char *name); /* or NULL */
/* The same options with the same values, in any order? If not, `why` tells the first difference. */
bool header_same(const struct header *want, const struct header *got, struct buf *why);

/* Words of a command line. Initialise with {0}. */
struct words {
    char **v;
    size_t n;
};
void words_add(struct words *w, const char *s, size_t n); /* copied */
void words_free(struct words *w);

enum option_argument { OPTION_ALONE, OPTION_TAKES, OPTION_MAY_TAKE };

/* An option of a command in the manner of getopt_long(3). */
struct option_known {
    const char *name;       /* without dashes; NULL ends a list */
    char letter;            /* 0: none */
    unsigned char argument; /* enum option_argument; MAY_TAKE: --name=VALUE or -nVALUE only */
};

/* Reads words[*i] and, if it takes one, its argument, as getopt_long does: long names may be cut
 * where they stay unique, letters may be joined. Adds what it finds under the long name with its
 * dashes; *i stands behind it then. The word must begin with a dash. False: such a command line is
 * refused; `why` says so in a sentence. */
bool option_read(const struct option_known *known, const struct words *w, size_t *i,
    struct header *h, struct buf *why);

/* A line of a script without its end. Returns the start of the next one, or NULL at the end. */
struct script_line {
    const char *p;
    size_t n;
};
bool script_next(const char *script, size_t size, size_t *at, struct script_line *line);
bool line_begins(const struct script_line *line, const char *text);
/* Is the first character of the line that is no blank a '#', or is there none? */
bool line_is_comment(const struct script_line *line);
/* Is a carriage return, or a NUL, among these bytes? */
bool script_has_cr(const char *script, size_t size);

#endif
