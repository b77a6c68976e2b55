/* Which jobs are asked for, and what they cost, for people. */
#include "config.h"

#include "outlook/pieces.h"
#include "outlook/text.h"

#include <math.h>

enum { FAR_MORE = 3 };

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

/* "1 job x 128 nodes x 3 h" */
static void
add_jobs(struct buf *text, const struct geometry *g)
{
    text_number(text, g->njobs);
    buf_printf(text, "~job%s~x~", text_plural(g->njobs));
    text_number(text, g->nodes);
    buf_printf(text, "~node%s~x~", text_plural(g->nodes));
    size_t from = text->n;
    outlook_walltime(g->seconds, text);
    text_together(text, from);
}

/* What the jobs may cost, against what the tasks use. */
void
text_cost(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    double asked = outlook_asked(o->jobs), used = o->work->node_seconds;
    const struct site_queue *q = o->jobs->queue;
    bool far = used > 0 && asked > FAR_MORE * used;
    text_hours(&text, asked);
    buf_puts(&text, "~node-hours are asked for");
    if (used > 0) {
        buf_puts(&text, ", ");
        text_hours(&text, used);
        buf_puts(&text, " of them used by tasks");
    }
    if (far && o->cheaper.njobs) {
        buf_puts(&text, ": far more than is used, as the campaign says");
        if (o->site->walltime) {
            size_t from;
            buf_puts(&text, " walltime~");
            from = text.n;
            outlook_walltime((uint32_t)o->site->walltime, &text);
            text_together(&text, from);
        }
        if (o->site->nodes_min)
            buf_printf(&text, "%s nodes", o->site->walltime ? " and" : "");
        buf_puts(&text, "; without that, ");
        add_jobs(&text, &o->cheaper);
        buf_puts(&text, " would ask for ");
        text_hours(&text, outlook_asked(&o->cheaper));
    } else if (far && q && o->jobs->nodes > 1 &&
               site_walltime_max(q, o->jobs->nodes - 1) < (int64_t)o->jobs->seconds) {
        buf_printf(&text,
            ": far more than is used, for jobs that long have %u nodes at least there",
            o->jobs->nodes);
    } else if (far && o->jobs->nodes > 1) {
        buf_puts(&text, ": far more than is used");
    }
    text_paragraph(out, "cost", &text);
    buf_free(&text);
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
