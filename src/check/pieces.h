/* The pieces of a text with insertions, joined at the end; constants that meet are one piece. */
#ifndef CHECK_PIECES_H
#define CHECK_PIECES_H

#include "check/check.h"
#include "util/buf.h"

struct pieces {
    struct checker *c;
    struct list part;    /* struct expr */
    struct buf text;     /* of the constants since the last piece, */
    struct span text_at; /* if it is in a file */
    bool failed;
};

void pieces_init(struct pieces *p, struct checker *c);
void pieces_add(struct pieces *p, struct expr *e);
/* Frees it; an error if a piece was one. */
struct expr *pieces_join(struct pieces *p, struct span at);

#endif
