/* The critical path: of done tasks, those that need one another and took longest together. */
#ifndef ASK_CHAIN_H
#define ASK_CHAIN_H

#include "ask/facts.h"

struct chain {
    struct chain_link {
        uint32_t task;
        double began_s, ended_s; /* its good attempt; seconds since 1970 */
        double worked_s;         /* how long that took */
        /* from the end of the one before to its own begin: other needs, room, attempts that did
         * not end well; 0 of the first, and if it did not wait */
        double waited_s;
    } * link;
    uint32_t n; /* 0: nothing is done */
    double worked_s, waited_s;
};

/* Of a record that was read; free it with chain_free. */
void chain_find(const struct facts *f, struct chain *c);
void chain_free(struct chain *c);

#endif
