/* What will be, for programs. */
#include "config.h"

#include "outlook/text.h"

#include "state/gates.h"
#include "util/json.h"

#include <math.h>

/* null: not known */
static void
add_count(struct buf *out, const char *key, uint32_t n)
{
    if (n != PLAN_NONE) {
        json_integer(out, key, n);
        return;
    }
    json_key(out, key);
    buf_puts(out, "null");
}

static void
add_family(const struct outlook *o, const struct outlook_family *f, struct buf *b)
{
    static const char *const bound[] = {"memory", "cores", "gpus", "none"};
    const struct plan *p = o->plan;
    json_item(b);
    json_text(b, "name", f->f->name);
    json_integer(b, "tasks", f->in_plan->ntasks);
    json_real(b, "combinations", f->combinations);
    json_key(b, "variables");
    buf_putc(b, '[');
    for (uint32_t v = 0; v < f->in_plan->nvars; v++) {
        uint32_t var = f->in_plan->first_var + v, t = p->var[var].table;
        buf_puts(b, v ? ", {" : "{");
        json_text(b, "name", plan_place_name(p, PLACE_VAR, var));
        json_text(b, "table", plan_place_name(p, PLACE_TABLE, t));
        json_integer(b, "rows", p->table[t].nrows);
        json_integer(b, "used", f->used[v]);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    json_real(b, "memory_bytes", f->heavy.memory);
    json_real(b, "least_memory_bytes", f->light);
    json_real(b, "shared_bytes", f->heavy.shared);
    json_key(b, "terms");
    buf_putc(b, '[');
    for (unsigned i = 0; i < f->f->nterms; i++) {
        buf_puts(b, i ? ", {" : "{");
        json_text(b, "name", f->f->term[i].name);
        json_real(b, "bytes", f->term[i]);
        json_bool(b, "shared", f->f->term[i].shared);
        buf_putc(b, '}');
    }
    buf_putc(b, ']');
    json_real(b, "cores", f->heavy.cores);
    json_real(b, "gpus", f->heavy.gpus);
    json_integer(b, "whole_nodes", f->in_plan->nodes);
    add_count(b, "slots", f->slots.n);
    json_text(b, "limit", bound[f->slots.bound]);
    add_count(b, "slots_by_memory", f->slots.by_memory);
    add_count(b, "slots_by_cores", f->slots.by_cores);
    add_count(b, "slots_by_gpus", f->slots.by_gpus);
    json_bool(b, "timed", f->work->timed);
    json_real(b, "task_hours", f->work->timed ? f->work->task_seconds / 3600 : NAN);
    json_real(b, "node_hours", f->work->timed ? f->work->node_seconds / 3600 : NAN);
    json_real(b, "longest_seconds", f->work->timed ? f->work->longest : NAN);
    if (f->work->packing.nodes) {
        json_key(b, "packing");
        buf_putc(b, '{');
        json_integer(b, "bundles", f->work->packing.bundles);
        json_integer(b, "nodes", f->work->packing.nodes);
        json_integer(b, "at_least", f->work->packing.bound);
        json_integer(b, "without_sharing", f->work->packing.alone);
        buf_putc(b, '}');
    }
    buf_putc(b, '}');
}

/* Node-hours that tasks do not use, by cause. */
static void
add_waste(const struct outlook *o, struct buf *b)
{
    const struct waste *w = &o->waste;
    buf_puts(b, ",\n  \"wasted_node_hours\": {");
    json_real(b, "start", w->start / 3600);
    json_real(b, "room", w->room / 3600);
    json_real(b, "tail", w->tail / 3600);
    json_real(b, "ends", w->ends / 3600);
    json_real(b, "charged", w->charged / 3600);
    buf_putc(b, '}');
}

/* The jobs that there would be after the change that helps most. */
static void
add_change(const struct outlook *o, struct buf *b)
{
    static const char *const of[] = {[CHANGE_WALLTIME] = "walltime",
        [CHANGE_NODES] = "nodes",
        [CHANGE_BOTH] = "walltime and nodes",
        [CHANGE_QUEUE] = "queue"};
    const struct change *c = &o->change;
    buf_puts(b, ",\n  \"better\": {");
    json_text(b, "change", of[c->of]);
    if (c->of == CHANGE_WALLTIME || c->of == CHANGE_BOTH) {
        json_real(b, "shortest_seconds", c->shortest);
        json_real(b, "longest_seconds", c->longest);
    }
    json_integer(b, "count", c->jobs.njobs);
    json_integer(b, "nodes", c->jobs.nodes);
    json_integer(b, "seconds", c->jobs.seconds);
    if (c->jobs.queue)
        json_text(b, "queue", c->jobs.queue->name);
    json_real(b, "node_hours_charged", c->charged / 3600);
    buf_putc(b, '}');
}

static void
add_jobs(const struct outlook *o, struct buf *b)
{
    const struct geometry *g = o->jobs;
    const struct site_queue *q = g->queue;
    buf_puts(b, ",\n  \"jobs\": {");
    json_integer(b, "count", g->njobs);
    json_integer(b, "nodes", g->nodes);
    json_integer(b, "seconds", g->seconds);
    if (q) {
        json_text(b, "queue", q->name);
        add_count(b, "max_queued", q->max_queued < 0 ? PLAN_NONE : (uint32_t)q->max_queued);
        add_count(b, "max_running", q->max_running < 0 ? PLAN_NONE : (uint32_t)q->max_running);
    }
    json_real(b, "node_hours_asked", g->njobs ? outlook_asked(g) / 3600 : NAN);
    json_real(b, "node_hours_used", o->work->expected > 0 ? o->work->node_seconds / 3600 : NAN);
    json_real(b, "node_hours_charged", g->njobs ? geometry_charged(o->profile, g) / 3600 : NAN);
    if (g->longest_charged > 0)
        json_real(b, "node_hours_if_longest", g->longest_charged / 3600);
    json_integer(b, "at_once", o->jobs->at_once);
    json_bool(b, "guessed", g->guessed);
    json_integer(b, "shards", o->plan->nshards);
    buf_putc(b, '}');
    if (o->waste.used > 0)
        add_waste(o, b);
    if (o->change.of)
        add_change(o, b);
}

static void
add_gates(const struct outlook *o, struct buf *b)
{
    const struct plan *p = o->plan;
    buf_puts(b, ",\n  \"gates\": [");
    for (uint32_t i = 0; i < p->ngates; i++) {
        const struct plan_gate *g = &p->gate[i];
        if (gates_released(p, o->control, i))
            continue;
        json_item(b);
        json_text(b, "gate", plan_string(p, g->name));
        json_text(b, "family", plan_string(p, p->family[g->family].name));
        json_integer(b, "after", g->after);
        json_integer(b, "held", gates_held(p, i).ntasks);
        buf_putc(b, '}');
    }
    buf_puts(b, "],\n  \"before_gates\": {");
    json_integer(b, "tasks", o->open);
    json_real(b, "node_hours", o->open_stated > 0 ? o->open_stated / 3600 : NAN);
    buf_putc(b, '}');
}

void
outlook_json(const struct outlook *o, struct buf *out)
{
    struct buf b = {0}; /* of its own: commas look at what is before them */
    const struct work *w = o->work;
    bool timed = w->expected > 0;
    buf_putc(&b, '{');
    json_text(&b, "campaign", o->m->campaign);
    json_text(&b, "site", o->name);
    if (o->profile) {
        json_text(&b, "profile", o->profile->name);
        json_text(&b, "scheduler", site_word_name("scheduler.kind", o->profile->scheduler.kind));
        json_bool(&b, "retired", o->profile->status == SITE_RETIRED);
    }
    buf_puts(&b, ",\n  \"node\": {");
    json_integer(&b, "memory_bytes", w->room.memory);
    json_integer(&b, "cores", w->room.cores);
    add_count(&b, "gpus", w->room.gpus);
    buf_puts(&b, "},\n  \"tasks\": ");
    buf_printf(&b, "%u", o->plan->head->ntasks);
    json_integer(&b, "tasks_without_time", w->untimed);
    json_real(&b, "task_hours", timed ? w->task_seconds / 3600 : NAN);
    json_real(&b, "node_hours", timed ? w->node_seconds / 3600 : NAN);
    json_real(&b, "fills", w->fills);
    json_real(&b, "longest_seconds", timed ? w->longest : NAN);
    if (w->longest_task != PLAN_NONE) {
        struct buf label = {0};
        plan_task_label(o->plan, w->longest_task, &label);
        json_text(&b, "longest_task", label.p);
        buf_free(&label);
    }
    buf_puts(&b, ",\n  \"families\": [");
    for (uint32_t i = 0; i < o->plan->nfamilies; i++)
        add_family(o, &o->family[i], &b);
    buf_putc(&b, ']');
    add_jobs(o, &b);
    const struct simulation *s = &o->simulation;
    bool known = o->simulated && !s->unfinished;
    buf_puts(&b, ",\n  \"expected\": {");
    json_real(&b, "makespan_seconds", known ? s->makespan : NAN);
    json_real(&b, "utilisation", known ? s->utilisation : NAN);
    json_real(&b, "part_simulated", o->simulated ? s->part : NAN);
    json_integer(&b, "unfinished", o->simulated ? s->unfinished : 0);
    struct buf why = {0};
    outlook_ended(o, &why);
    if (why.n)
        json_text(&b, "unknown_because", why.p);
    buf_free(&why);
    buf_putc(&b, '}');
    if (o->gated)
        add_gates(o, &b);
    if (o->status) {
        buf_puts(&b, ",\n  \"so_far\": {");
        json_integer(&b, "tasks", o->status->all.total);
        json_integer(&b, "done", o->status->all.of[STATUS_DONE]);
        json_integer(&b, "left", o->left);
        json_real(&b, "node_hours_stated", o->left_stated > 0 ? o->left_stated / 3600 : NAN);
        json_real(&b, "node_hours_measured", o->left_measured > 0 ? o->left_measured / 3600 : NAN);
        buf_putc(&b, '}');
    }
    buf_puts(&b, ",\n  \"files\": {");
    if (o->written)
        json_integer(&b, "plan_bytes", o->written);
    else
        add_count(&b, "plan_bytes", PLAN_NONE);
    json_integer(&b, "record_bytes", outlook_record(o->plan));
    json_integer(&b, "outputs", o->outputs);
    buf_puts(&b, "}}\n");
    buf_add(out, b.p, b.n);
    buf_free(&b);
}
