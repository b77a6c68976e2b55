/* wflc top: a campaign, live in a terminal. */
#ifndef TOP_TOP_H
#define TOP_TOP_H

#include "journal/order.h"
#include "util/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* What it is to show, and what it cannot do itself; all borrowed. */
struct top_how {
    const char *const *dir; /* folders of builds, one for each site */
    size_t ndirs;
    const char *filter; /* terms of a selector, "": none */
    bool colours;
    /* jobs that were submitted and are not known to be over */
    size_t (*queued)(const char *dir);
    /* gives an order, and tells what became of it; false: it was not given */
    bool (*order)(const char *dir, enum order_kind kind, const char *of, struct buf *told);
};

enum top_end {
    TOP_ENDED,
    TOP_NO_TERMINAL, /* `why` has a sentence, also of the next two */
    TOP_BAD_FILTER,
    TOP_UNREADABLE
};
/* Until somebody has enough of it. */
enum top_end top_run(const struct top_how *how, struct buf *why);

#endif
