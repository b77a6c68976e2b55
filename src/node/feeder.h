/* The lines that a program is fed on its standard input: a pipe that never blocks us, whatever the
 * program does with its end. SIGPIPE has to be ignored. */
#ifndef NODE_FEEDER_H
#define NODE_FEEDER_H

#include "util/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct feeder {
    int fd;         /* our end; -1: none, or it is closed */
    int watched;    /* then: what is still in the pipe can be seen; or -1 */
    bool ends;      /* end of file, once all is written */
    bool refused;   /* the program closed its end, or ended */
    bool within;    /* a line was sent in part */
    uint64_t given; /* bytes that lines had together, and */
    uint64_t sent;  /* of these, how many the pipe took */
    uint64_t left;  /* and how many of these nobody had read, when that was asked last */
    struct buf wait;
};

/* A new one; *input is the end of the program, to be closed by whoever called. 0 or errno. */
int feeder_open(struct feeder *f, int *input);
/* Closes all that is open. No effect on one that was never opened, with fd and watched -1. */
void feeder_close(struct feeder *f);
void feeder_free(struct feeder *f);
/* One more line, with its line end; returns `given` behind it. */
uint64_t feeder_add(struct feeder *f, const char *line, size_t n);
/* The lines of which nothing was sent yet are taken back: those behind the `given` that this
 * returns. */
uint64_t feeder_take_back(struct feeder *f);
/* No line comes behind those that there are. */
void feeder_end(struct feeder *f);
/* Sends what can be sent now; true: all that there is was, or nothing more can be. */
bool feeder_send(struct feeder *f);
/* How much of what was sent the program has read; once it has ended, that is final. */
uint64_t feeder_read(struct feeder *f);

#endif
