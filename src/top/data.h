/* What wflc top shows of a campaign: plan and record, as status and tasks read them, and the tasks
 * that are meant, in their order. */
#ifndef TOP_DATA_H
#define TOP_DATA_H

#include "ask/columns.h"
#include "ask/facts.h"
#include "ask/select.h"

/* In which order tasks are listed; those that are alike by their numbers. */
struct top_sort {
    enum ask_column by; /* as ask_compare has it */
    bool reverse;
};

enum { TOP_MOST = 1000 }; /* tasks of a list that are kept, the first ones */

struct top_list {
    uint32_t *task; /* n of them, in their order; from malloc */
    size_t n, cap;
    uint64_t all; /* so many are meant */
};

struct top_data {
    struct facts facts;
    struct top_list running; /* what runs, */
    struct top_list others;  /* and what has ended; or, with a filter, whatever else it takes */
    uint32_t *node;          /* those at work, as indices in facts.status->account */
    size_t nnodes;
    size_t queued; /* jobs that were submitted and are not known to be over */
};

/* Reads all of it but `queued` from the folder of a build. False: `why` has a sentence; then
 * nothing is there. Free with top_data_free in any case. */
bool top_data_read(const char *dir, int64_t now_us, struct top_data *d, struct buf *why);
/* Makes the lists. `filter`: NULL is none. */
void top_data_choose(struct top_data *d, const struct selector *filter,
    const struct top_sort *running, const struct top_sort *others);
void top_data_free(struct top_data *d);

/* Terms of a selector as people type them in one line: blanks part them but within [], '' and "".
 * Each of `term`, and the array, is from malloc. False: something is not closed; `why` has a
 * sentence, and there are none. */
bool top_terms(const char *line, char ***term, size_t *n, struct buf *why);
void top_terms_free(char **term, size_t n);
/* The selector of a line; NULL: `why` becomes what is wrong, or (why->n is 0) there are no terms.
 */
struct selector *top_filter(const struct facts *f, const char *line, struct buf *why);

#endif
