/* What people ordered (state/control.h), for people and for programs. All append to `out`. */
#ifndef REPORT_CONTROL_H
#define REPORT_CONTROL_H

#include "state/control.h"

/* A shim that may be at work. */
struct at_work {
    char node[HOLDER_SIZE];   /* as its lease names it */
    char host[128], job[128]; /* job "": none */
    uint32_t orders;          /* the last one before it began */
};
/* All of them; *v from malloc. */
void at_work_read(const char *state_dir, struct at_work **v, size_t *n);
/* Is this its host, by the whole name or the part before the first '.'? */
bool at_work_on(const struct at_work *w, const char *host);

/* A line for each order that is in force: drains, as long as somebody is at work whom they concern;
 * cancels and released gates, if they are wanted (`cancels`). `dir` is how people name the folder
 * in the commands that end it; NULL: these are not told. */
void control_text(const struct control *c, const char *state_dir, const char *dir, bool cancels,
    struct buf *out);
/* Every order that was ever given, and whether it is in force; as lines, or as a JSON array. */
void control_list(const struct control *c, struct buf *out);
void control_json(const struct control *c, const char *state_dir, struct buf *out);
/* "cancelled by ann@login3 at 12:04 (family=draw)" of a task that was; nothing, if no order is
 * known. */
void control_cancelled(const struct control *c, uint32_t task, struct buf *out);

#endif
