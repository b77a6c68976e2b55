/* What somebody at a terminal has chosen to see, and what keys do to that. Knows no terminal. */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include "journal/order.h"
#include "top/data.h"

enum top_panel { PANEL_FAMILIES, PANEL_NODES, PANEL_RUNNING, PANEL_OTHERS, NPANELS };

/* Keys are characters, or these. */
enum top_key {
    TOP_NONE = 0, /* none came */
    TOP_UP = 0x1000,
    TOP_DOWN,
    TOP_LEFT,
    TOP_RIGHT,
    TOP_PAGE_UP,
    TOP_PAGE_DOWN,
    TOP_HOME,
    TOP_END,
    TOP_TAB,
    TOP_TAB_BACK,
    TOP_ENTER,
    TOP_ESCAPE,
    TOP_BACKSPACE,
    TOP_RESIZED
};

/* What is to be done, that a key alone cannot do. */
enum top_action {
    TOP_DRAW,   /* only show it */
    TOP_CHOOSE, /* other tasks, or in another order */
    TOP_FILTER, /* view.input is to become the filter */
    TOP_READ,   /* the record, now */
    TOP_NEXT,   /* the next site */
    TOP_ORDER,  /* view.order is to be given */
    TOP_PAGE,   /* view.page was opened, or is another one */
    TOP_QUIT
};

enum top_mode { TOP_LISTS, TOP_INPUT, TOP_QUESTION, TOP_PAGER };

/* What the pager shows. */
enum top_page { PAGE_LOG, PAGE_WHY, PAGE_STATUS, PAGE_HELP };

struct top_place {
    size_t cursor, first; /* the line of the cursor; the first one that is seen */
    uint32_t id;          /* what is there: the family, node or task; */
    bool known;           /* it is known */
};

struct top_choice {
    char key;
    enum order_kind kind;
    char of[JOURNAL_JOB_SIZE + HOLDER_SIZE];
};

struct top_view {
    const struct top_data *data; /* borrowed; with a member facts.status always */
    unsigned width, height;
    enum top_mode mode;

    enum top_panel focus;
    struct top_place place[NPANELS];
    unsigned rows[NPANELS]; /* lines that each had when it was drawn last */
    unsigned shift;         /* columns that are out of sight at the left */
    struct top_sort sort[NPANELS];

    struct buf filter; /* as it was typed; "": none */
    struct buf input;  /* as it is being typed */
    struct buf told;   /* what happened, or what is wrong with the input; lines */
    bool wrong;        /* it is bad news */

    struct buf question;
    struct top_choice choice[2]; /* what answers order; other keys are no */
    struct top_choice order;     /* what was chosen */

    enum top_page page;
    uint32_t page_task;
    struct buf title, text; /* of the pager */
    size_t line, lines;     /* the first one that is seen, of how many, as it was drawn last */
    bool follow;            /* its last lines are seen, whatever comes */

    size_t site, nsites; /* which one, from 0; of how many */
    double every_s;      /* it is read so often */
    bool reading_failed;
};

/* Initialise with {0} and this; free with top_view_free. */
void top_view_init(struct top_view *v);
void top_view_free(struct top_view *v);
/* A key, or TOP_NONE. */
enum top_action top_view_key(struct top_view *v, int key);
/* After the data have changed: cursors stay with what they were on, if that is still there. */
void top_view_renew(struct top_view *v);
/* Lines of a panel. */
size_t top_view_lines(const struct top_view *v, enum top_panel p);
/* The task under the cursor of the panel that keys go to. False: there is none. */
bool top_view_task(const struct top_view *v, uint32_t *task);
/* Shows a sentence, until a key is pressed. */
void top_view_tell(struct top_view *v, bool wrong, const char *text);

/* The name of a node, without the number that only its shim has. */
void top_node_name(const struct account_node *n, struct buf *out);

/* How long to wait before the record is read again, if that took so long: a second, and ten times
 * as long as it took. */
int64_t top_every_ms(int64_t took_ms);

/* Columns that tasks can be sorted by, in their order; the number of them in *n. */
const enum ask_column *top_columns(enum top_panel p, size_t *n);

#endif
