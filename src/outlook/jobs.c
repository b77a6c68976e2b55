/* Which jobs are asked for, and what they cost, for people. */
#include "config.h"

#include "model/demand.h"
#include "outlook/pieces.h"
#include "outlook/text.h"

#include <math.h>

static void
jobs_here(const struct outlook *o, struct buf *text)
{
    const struct node_room *room = &o->work->room;
    buf_puts(text, "none: this machine");
    if (room->cores)
        buf_printf(text, ", %u~core%s and ", room->cores, text_plural(room->cores));
    if (room->memory)
        text_size(text, (double)room->memory);
    buf_puts(text, room->memory ? " for tasks" : "");
}

static void
limits(const struct outlook *o, struct buf *text)
{
    const struct site_queue *q = o->jobs->queue;
    if (q && q->max_queued != SITE_NONE && o->jobs->njobs > q->max_queued)
        buf_printf(text,
            "; the queue takes %lld at a time, so 'wflc submit --watch' adds the others",
            (long long)q->max_queued);
    else if (q && q->max_running == o->jobs->at_once && o->jobs->njobs > q->max_running)
        buf_printf(text, "; the queue runs %lld at a time", (long long)q->max_running);
    else if (o->jobs->at_once < o->jobs->njobs)
        buf_printf(text, "; the machine has nodes for %u at a time", o->jobs->at_once);
}

static void
add_walltime(struct buf *text, double seconds)
{
    size_t from = text->n;
    demand_time(text, seconds);
    text_together(text, from);
}

/* "1 job x 128 nodes x 3 h" */
static void
add_jobs(struct buf *text, const struct geometry *g)
{
    text_number(text, g->njobs);
    buf_printf(text, "~job%s~x~", text_plural(g->njobs));
    text_number(text, g->nodes);
    buf_printf(text, "~node%s~x~", text_plural(g->nodes));
    add_walltime(text, g->seconds);
}

/* "23 %" */
static void
add_percent(struct buf *text, double part)
{
    buf_printf(text, part < 0.0095 ? "%.1f~%%" : "%.0f~%%", part * 100);
}

/* What would make them cheaper, if anything does. */
static void
add_change(const struct outlook *o, struct buf *out)
{
    const struct change *c = &o->change;
    struct buf text = {0};
    switch (c->of) {
    case CHANGE_NONE:
        return;
    case CHANGE_WALLTIME:
    case CHANGE_BOTH:
        buf_puts(&text, "with walltime~");
        add_walltime(&text, c->shortest);
        buf_puts(&text, "~..~");
        add_walltime(&text, c->longest);
        buf_puts(&text, c->of == CHANGE_BOTH ? " and any number of nodes" : "");
        break;
    case CHANGE_NODES:
        buf_puts(&text, "with any number of nodes");
        break;
    case CHANGE_QUEUE:
        buf_printf(&text, "in queue~%s", c->jobs.queue->name);
        break;
    }
    buf_puts(&text, " it would cost ");
    add_percent(&text, 1 - c->charged / geometry_charged(o->profile, o->jobs));
    buf_puts(&text, " less: ");
    text_hours(&text, c->charged);
    buf_puts(&text, "~node-hours for ");
    add_jobs(&text, &c->jobs);
    text_paragraph(out, "better", &text);
    buf_free(&text);
}

/* What becomes of the node-hours that tasks do not use. */
static void
add_waste(const struct outlook *o, struct buf *out)
{
    const struct waste *w = &o->waste;
    const struct {
        double seconds;
        const char *what;
    } cause[] = {{w->start, "to start jobs"}, {w->room, "where no further task fits on a node"},
        {w->tail, "of nodes that nothing is left for"}, {w->ends, "at the ends of jobs"},
        {w->charged, "that the site adds"}};
    struct buf text = {0};
    double all = 0;
    for (size_t i = 0; i < sizeof cause / sizeof *cause; i++)
        all += cause[i].seconds;
    text_hours(&text, all);
    buf_puts(&text, "~node-hours:");
    const char *before = "";
    for (size_t i = 0; i < sizeof cause / sizeof *cause; i++) {
        if (cause[i].seconds < all * 1e-3)
            continue;
        buf_printf(&text, "%s ", before);
        text_hours(&text, cause[i].seconds);
        buf_printf(&text, " %s", cause[i].what);
        before = ",";
    }
    text_paragraph(out, "wasted", &text);
    buf_free(&text);
}

/* What the jobs may cost, against what the tasks use. */
void
text_cost(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    double asked = outlook_asked(o->jobs), charged = geometry_charged(o->profile, o->jobs);
    text_hours(&text, asked);
    buf_puts(&text, "~node-hours are asked for");
    if (charged > asked) {
        buf_puts(&text, ", charged as ");
        text_hours(&text, charged);
    }
    if (o->waste.used > 0) {
        buf_puts(&text, ", ");
        text_hours(&text, o->waste.used);
        buf_puts(&text, " of them used by tasks");
    }
    if (o->jobs->longest_charged > charged * 1.005) {
        buf_puts(&text, "; jobs as long as the campaign allows would cost ");
        text_hours(&text, o->jobs->longest_charged);
        buf_puts(&text, ", so the choice saves ");
        add_percent(&text, 1 - charged / o->jobs->longest_charged);
    }
    text_paragraph(out, "cost", &text);
    buf_free(&text);
    if (o->waste.used > 0)
        add_waste(o, out);
    add_change(o, out);
}

void
text_jobs(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    const struct geometry *g = o->jobs;
    if (!g->njobs) {
        jobs_here(o, &text);
    } else {
        add_jobs(&text, g);
        if (g->queue)
            buf_printf(&text, ", queue~%s", g->queue->name);
        if (g->guessed)
            buf_puts(&text, "; further ones follow until all is done");
        limits(o, &text);
        double fills = ceil(o->work->fills);
        if (fills < g->nodes) {
            buf_puts(&text, "; all tasks at once fill ");
            text_number(&text, fills);
            buf_printf(&text, " node%s", text_plural(fills));
        }
    }
    text_paragraph(out, "jobs", &text);
    buf_free(&text);
}
