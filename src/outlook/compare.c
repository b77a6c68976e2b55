/* What will be, on several sites. */
#include "config.h"

#include "outlook/text.h"

#include "model/demand.h"
#include "report/words.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 24, COLUMN = 18, MOST_FAMILIES = 4 };

static void line(struct buf *out, const char *what, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
line(struct buf *out, const char *what, const char *fmt, ...)
{
    va_list ap;
    buf_printf(out, "%s\t", what);
    va_start(ap, fmt);
    buf_vprintf(out, fmt, ap);
    va_end(ap);
    buf_putc(out, '\n');
}

static void
number(struct buf *out, const char *what, bool known, double n)
{
    buf_printf(out, "%s\t", what);
    if (known)
        status_number((uint64_t)llround(n), out);
    else
        buf_putc(out, '-');
    buf_putc(out, '\n');
}

static void
hours(struct buf *out, const char *what, bool known, double seconds)
{
    double n = seconds / 3600;
    if (known && n > 0 && n < 9.95)
        line(out, what, n < 0.01 ? "<0.01" : "%.2g", n);
    else
        number(out, what, known, n);
}

static void
slots(const struct outlook_family *f, struct buf *out)
{
    static const char *const bound[] = {"memory", "cores", "GPUs"};
    struct buf name = {0};
    buf_printf(&name, "%.12s on a node", f->f->name);
    if (f->in_plan->nodes)
        line(out, name.p, "%u whole", f->in_plan->nodes);
    else if (f->slots.bound != ROOM_NONE && f->in_plan->runs_on != PLAN_ON_SUBMIT)
        line(out, name.p, "%u (%s)", f->slots.n, bound[f->slots.bound]);
    else
        line(out, name.p, "-");
    buf_free(&name);
}

/* Of many families those with most work; by what is the same on every site. */
static bool
among_largest(const struct outlook *o, uint32_t family)
{
    uint32_t larger = 0;
    double own = o->work->family[family].task_seconds;
    for (uint32_t i = 0; i < o->plan->nfamilies; i++) {
        double seconds = o->work->family[i].task_seconds;
        larger += seconds > own || (seconds == own && i < family);
    }
    return larger < MOST_FAMILIES;
}

void
outlook_column(const struct outlook *o, struct buf *out)
{
    const struct geometry *g = o->jobs;
    const struct simulation *s = &o->simulation;
    bool timed = o->work->expected > 0, known = o->simulated && !s->unfinished;
    struct buf text = {0};
    line(out, "SITE", "%s", o->name);
    line(out, "profile", "%s", o->profile ? o->profile->name : "-");
    number(out, "tasks", true, o->plan->head->ntasks);
    for (uint32_t i = 0; i < o->plan->nfamilies; i++)
        if (among_largest(o, i))
            slots(&o->family[i], out);
    hours(out, "node-hours used", timed, o->work->node_seconds);
    hours(out, "node-hours asked", g->njobs > 0, outlook_asked(g));
    line(out, "queue", "%s", g->queue ? g->queue->name : "-");
    number(out, "jobs", g->njobs > 0, g->njobs);
    number(out, "nodes of each", true, g->nodes);
    demand_time(&text, g->seconds);
    line(out, "walltime of each", "%s", g->seconds ? text.p : "-");
    number(out, "jobs at a time", g->njobs > 0, o->jobs->at_once);
    buf_reset(&text);
    status_duration(s->makespan, &text);
    line(out, "all done after", "%s", known ? text.p : "-");
    if (known)
        line(out, "nodes' time used", "%.1f %%", s->utilisation * 100);
    else
        line(out, "nodes' time used", "-");
    buf_free(&text);
}

void
outlook_compare(struct buf *columns, size_t n, struct buf *out)
{
    char **at = xmalloc((n + 1) * sizeof *at), *row;
    for (size_t i = 0; i < n; i++)
        at[i] = columns[i].p;
    while (n && (row = strsep(&at[0], "\n")) && *row) {
        const char *what = strsep(&row, "\t");
        buf_printf(out, "%-*s", FIRST, what);
        buf_printf(out, "%*s", COLUMN, row);
        for (size_t i = 1; i < n; i++) {
            char *other = strsep(&at[i], "\n");
            strsep(&other, "\t");
            buf_printf(out, "%*s", COLUMN, other ? other : "-");
        }
        buf_putc(out, '\n');
    }
    free(at);
}

void
outlook_differences(struct buf *before, struct buf *after, const char *mark, struct buf *out)
{
    char *at = before->p, *other_at = after->p;
    strsep(&at, "\n");
    strsep(&other_at, "\n");
    for (char *row, *other;
         (row = strsep(&at, "\n")) && (other = strsep(&other_at, "\n")) && *row;) {
        if (strcmp(row, other) == 0)
            continue;
        const char *what = strsep(&row, "\t"), *other_what = strsep(&other, "\t");
        if (row && other && strcmp(what, other_what) == 0)
            buf_printf(out, "%s%-*s%*s%*s\n", mark, FIRST, what, COLUMN, row, COLUMN, other);
    }
}
