/* What is shown of attempts: the columns of lists, for people and for programs. */
#ifndef ASK_COLUMNS_H
#define ASK_COLUMNS_H

#include "ask/facts.h"

/* name, least width, is it a number? */
#define ASK_COLUMNS(X)                                                                             \
    X(STATE, "state", 11, false)                                                                   \
    X(TRY, "try", 3, true)                                                                         \
    X(REASON, "reason", 10, false)                                                                 \
    X(CODE, "code", 4, true)                                                                       \
    X(TIME, "time", 8, true)                                                                       \
    X(MEMORY, "memory", 8, true)                                                                   \
    X(STARTED, "started", 19, false)                                                               \
    X(ENDED, "ended", 19, false)                                                                   \
    X(HOST, "host", 8, false)                                                                      \
    X(FAMILY, "family", 10, false)                                                                 \
    X(TASK, "task", 24, false)
enum ask_column {
#define X(id, name, width, number) ASK_##id,
    ASK_COLUMNS(X)
#undef X
        ASK_NCOLUMNS
};

enum ask_form { ASK_TEXT, ASK_CSV, ASK_JSON };

struct ask_list {
    enum ask_column column[ASK_NCOLUMNS];
    size_t n;
};

/* Reads names with commas between them. False: `why` becomes a whole sentence. */
bool ask_columns(const char *names, struct ask_list *list, struct buf *why);
/* The line above the others; JSON has none. */
void ask_head(const struct ask_list *list, enum ask_form form, struct buf *out);
/* One attempt at a task, a whole line. Those of JSON are objects, which json_item separates. */
void ask_row(const struct facts *f, const struct ask_list *list, enum ask_form form, uint32_t task,
    const struct fact *fact, struct buf *out);
/* One cell as people read it. */
void ask_cell(const struct facts *f, enum ask_column column, uint32_t task, const struct fact *fact,
    struct buf *out);
/* Sorts attempts by a column, numbers and times with the largest first: <0, 0, >0. */
int ask_compare(const struct facts *f, enum ask_column column, uint32_t task1,
    const struct fact *fact1, uint32_t task2, const struct fact *fact2);

#endif
