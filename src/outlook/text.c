#include "config.h"

#include "outlook/text.h"

#include "outlook/pieces.h"
#include "report/words.h"
#include "state/gates.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FAMILIES = 16, MOST_SUMS = 4 };

/* --- the table of families --- */

static const char *
bound_name(const struct outlook_family *f)
{
    static const char *const name[] = {"memory", "cores", "GPUs", "-"};
    return f->in_plan->runs_on == PLAN_ON_SUBMIT ? "(here)" : name[f->slots.bound];
}

static void
kept(const struct outlook_family *f, struct buf *out)
{
    double part = f->combinations > 0 ? f->in_plan->ntasks / f->combinations * 100 : 100;
    buf_printf(out, part >= 99.95 ? "%.0f%%" : part >= 0.05 ? "%.1f%%" : "<0.1%%", part);
}

static void
family_row(const struct outlook_family *f, uint64_t memory, struct buf *out)
{
    struct buf text = {0};
    const struct family_work *w = f->work;
    buf_printf(out, "  %-20.20s", f->f->name);
    text_column(out, 12, f->in_plan->ntasks);
    kept(f, &text);
    buf_printf(out, "%9s", text.p);
    buf_reset(&text);
    if (f->in_plan->runs_on == PLAN_ON_SUBMIT)
        buf_printf(out, "%9s", "1");
    else if (f->in_plan->nodes)
        buf_printf(out, "%9s", f->in_plan->nodes == 1 ? "node" : "nodes");
    else if (f->slots.bound == ROOM_NONE)
        buf_printf(out, "%9s", "?");
    else if (memory && f->heavy.memory > (double)memory)
        buf_printf(out, "%9s", "none");
    else
        text_column(out, 9, f->slots.n);
    buf_printf(out, "  %-7s", f->in_plan->nodes ? "whole" : bound_name(f));
    if (!w->timed) {
        buf_printf(out, "%10s%12s%12s\n", "?", "?", "?");
    } else {
        status_duration(f->in_plan->ntasks ? w->task_seconds / f->in_plan->ntasks : 0, &text);
        buf_printf(out, "%10s", text.p);
        text_column(out, 12, w->task_seconds / 3600);
        text_column(out, 12, w->node_seconds / 3600);
        buf_putc(out, '\n');
    }
    buf_free(&text);
}

static void
table(const struct outlook *o, struct buf *out)
{
    const struct plan *p = o->plan;
    buf_printf(out, "  %-20s%12s%9s%9s  %-7s%10s%12s%12s\n", "TASK", "TASKS", "KEPT", "A NODE",
        "LIMIT", "TIME", "TASK-HOURS", "NODE-HOURS");
    for (uint32_t i = 0; i < p->nfamilies && i < MOST_FAMILIES; i++)
        family_row(&o->family[i], o->work->room.memory, out);
    if (p->nfamilies > MOST_FAMILIES)
        buf_printf(out, "  ... and %u more\n", p->nfamilies - MOST_FAMILIES);
    if (p->nfamilies > 1) {
        buf_printf(out, "  %-20s", "all");
        text_column(out, 12, p->head->ntasks);
        if (o->work->expected > 0) {
            buf_printf(out, "%37s", "");
            text_column(out, 12, o->work->task_seconds / 3600);
            text_column(out, 12, o->work->node_seconds / 3600);
        }
        buf_putc(out, '\n');
    }
}

/* --- paragraphs --- */

/* Of each table that tasks run over, how many rows are used; the largest number of all families. */
struct use {
    bool there;
    uint32_t used, family; /* the first one that runs over it */
};

/* What `distinct` makes of a table has its name, too. */
static bool
has_namesake(const struct plan *p, const struct use *use, uint32_t table)
{
    for (uint32_t t = 0; t < p->ntables; t++)
        if (t != table && use[t].there &&
            strcmp(plan_place_name(p, PLACE_TABLE, t), plan_place_name(p, PLACE_TABLE, table)) == 0)
            return true;
    return false;
}

static void
rows(const struct outlook *o, struct buf *out)
{
    const struct plan *p = o->plan;
    struct buf text = {0};
    struct use *use = xcalloc(p->ntables + 1, sizeof *use);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        for (uint32_t v = 0; v < p->family[i].nvars; v++) {
            struct use *u = &use[p->var[p->family[i].first_var + v].table];
            if (!u->there)
                u->family = i;
            u->there = true;
            u->used = o->family[i].used[v] > u->used ? o->family[i].used[v] : u->used;
        }
    for (uint32_t t = 0; t < p->ntables; t++) {
        if (!use[t].there)
            continue;
        const char *name = plan_place_name(p, PLACE_TABLE, t);
        buf_printf(&text, "%s%s", text.n ? ", " : "", *name ? name : "(a~set)");
        if (has_namesake(p, use, t))
            buf_printf(&text, "~(%s)", o->family[use[t].family].f->name);
        buf_puts(&text, "~");
        text_number(&text, use[t].used);
        if (use[t].used < p->table[t].nrows) {
            buf_puts(&text, "~of~");
            text_number(&text, p->table[t].nrows);
        }
    }
    if (text.n)
        text_paragraph(out, "rows", &text);
    free(use);
    buf_free(&text);
}

/* container 5 GB + v 5 GB + 33 x sensor 2 GB */
static double
terms(const struct outlook_family *f, struct buf *text)
{
    double n = f->slots.bound == ROOM_NONE ? 1 : f->slots.n, sum = 0;
    bool varies = false;
    for (unsigned i = 0; i < f->f->nterms; i++) {
        bool once = f->f->term[i].shared;
        buf_puts(text, i ? " + " : "");
        if (!once && f->f->nterms > 1 && n > 1 && f->in_plan->bundle)
            buf_printf(text, "%.0f~x~", n);
        buf_printf(text, "%s", f->f->term[i].name);
        if (isnan(f->term[i])) {
            varies = true;
            continue;
        }
        buf_putc(text, '~');
        text_memory(text, f->term[i], text_in_gib(f));
    }
    sum = f->in_plan->bundle ? f->heavy.shared + n * (f->heavy.memory - f->heavy.shared)
                             : n * f->heavy.memory;
    if (f->f->nterms && !f->in_plan->bundle && n > 1)
        buf_printf(text, ", %.0f~times", n);
    if (varies)
        buf_puts(text, " (at most)");
    return sum;
}

static void
memory_sum(const struct outlook *o, const struct outlook_family *f, struct buf *out, bool first)
{
    struct buf text = {0};
    const struct node_room *room = &o->work->room;
    bool binary = text_in_gib(f);
    buf_printf(&text, "%s: ", f->f->name);
    double n = f->slots.bound == ROOM_NONE ? 1 : f->slots.n, sum = n * f->heavy.memory;
    if (f->f->nterms) {
        sum = terms(f, &text);
    } else if (f->in_plan->bundle && f->heavy.shared > 0) {
        sum = f->heavy.shared + n * (f->heavy.memory - f->heavy.shared);
        text_memory(&text, f->heavy.shared, binary);
        buf_printf(&text, " + %.0f~x~", n);
        text_memory(&text, f->heavy.memory - f->heavy.shared, binary);
    } else {
        buf_printf(&text, "%.0f~x~", n);
        if (f->light < f->heavy.memory) {
            buf_puts(&text, "up~to~");
            text_memory(&text, f->heavy.memory, binary);
        } else {
            text_memory(&text, f->heavy.memory, binary);
        }
    }
    buf_puts(&text, " = ");
    text_memory(&text, sum, binary);
    if (room->memory) {
        buf_puts(&text, " of ");
        text_memory(&text, (double)room->memory, binary);
    }
    switch (f->slots.bound) {
    case ROOM_MEMORY:
        buf_puts(&text, "; memory is the limit");
        if (f->slots.by_cores != PLAN_NONE)
            buf_printf(&text, ", cores would do for %u", f->slots.by_cores);
        break;
    case ROOM_CORES:
    case ROOM_GPUS:
        buf_printf(&text, "; %s are the limit", f->slots.bound == ROOM_CORES ? "cores" : "GPUs");
        if (f->slots.by_memory != PLAN_NONE)
            buf_printf(&text, ", memory would do for %u", f->slots.by_memory);
        break;
    default:
        break;
    }
    text_paragraph(out, first ? "a node" : "", &text);
    buf_free(&text);
}

static int
by_work(const void *a, const void *b)
{
    const struct outlook_family *x = *(const struct outlook_family *const *)a;
    const struct outlook_family *y = *(const struct outlook_family *const *)b;
    double d = y->work->node_seconds - x->work->node_seconds;
    return d > 0 ? 1 : d < 0 ? -1 : x < y ? -1 : x > y;
}

/* The families that are most work. */
static void
memory_sums(const struct outlook *o, struct buf *out)
{
    uint32_t n = o->plan->nfamilies, shown = 0;
    const struct outlook_family **f = xcalloc(n + 1, sizeof *f);
    for (uint32_t i = 0; i < n; i++)
        f[i] = &o->family[i];
    qsort(f, n, sizeof *f, by_work);
    for (uint32_t i = 0; i < n && shown < MOST_SUMS; i++)
        if (!f[i]->in_plan->nodes && f[i]->in_plan->runs_on != PLAN_ON_SUBMIT &&
            f[i]->in_plan->ntasks)
            memory_sum(o, f[i], out, shown++ == 0);
    free(f);
}

static void
packing(const struct outlook *o, struct buf *out)
{
    for (uint32_t i = 0; i < o->plan->nfamilies; i++) {
        const struct outlook_family *f = &o->family[i];
        const struct packing *p = &f->work->packing;
        struct buf text = {0};
        if (!p->nodes)
            continue;
        buf_printf(&text, "%s: ", f->f->name);
        text_number(&text, (double)p->tasks);
        buf_puts(&text, " tasks in ");
        text_number(&text, (double)p->bundles);
        buf_printf(&text, " bundle%s fill ", text_plural((double)p->bundles));
        text_number(&text, (double)p->nodes);
        buf_printf(&text, " node%s once (at least ", text_plural((double)p->nodes));
        text_number(&text, (double)p->bound);
        buf_puts(&text, "; without sharing nodes ");
        text_number(&text, (double)p->alone);
        buf_putc(&text, ')');
        text_paragraph(out, "packing", &text);
        buf_free(&text);
    }
}

static void
work(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    const struct work *w = o->work;
    if (w->untimed < o->plan->head->ntasks) {
        text_hours(&text, w->task_seconds);
        buf_puts(&text, "~task-hours = ");
        text_hours(&text, w->node_seconds);
        buf_puts(&text, "~node-hours");
    }
    if (w->longest_task != PLAN_NONE) {
        size_t from;
        buf_puts(&text, "; longest task ");
        text_time(&text, w->longest);
        buf_puts(&text, ", as ");
        from = text.n;
        plan_task_label(o->plan, w->longest_task, &text);
        text_together(&text, from);
    }
    if (w->untimed && w->expected > 0) {
        buf_puts(&text, "; ");
        text_number(&text, w->untimed);
        buf_printf(&text, " task%s without an expected time %s not counted, here and below",
            text_plural(w->untimed), w->untimed == 1 ? "is" : "are");
    } else if (w->untimed) {
        buf_puts(&text, "no task has an expected time ('time 2 h' in a task says it), so work and "
                        "jobs are not known");
    }
    text_paragraph(out, "work", &text);
    buf_free(&text);
}

static void
expected(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    const struct simulation *s = &o->simulation;
    if (!o->simulated) {
        outlook_ended(o, &text);
        if (text.n) {
            struct buf all = {0};
            buf_printf(&all, "not known: %s", text.p);
            text_paragraph(out, "expected", &all);
            buf_free(&all);
        }
        buf_free(&text);
        return;
    }
    if (s->unfinished) {
        buf_puts(&text, "not all tasks would get done: a job is too short for the longest of them");
        text_paragraph(out, "expected", &text);
        buf_free(&text);
        return;
    }
    buf_puts(&text, "all done ");
    text_time(&text, s->makespan);
    buf_printf(&text, " after the start%s; until then tasks use %.1f~%% of the nodes' time",
        o->jobs->njobs ? ", waits in the queue not counted" : "", s->utilisation * 100);
    if (o->jobs->at_once > 1)
        buf_printf(&text, ", with %u~jobs at a time", o->jobs->at_once);
    uint32_t rounds =
        o->jobs->njobs ? (o->jobs->njobs + o->jobs->at_once - 1) / o->jobs->at_once : s->jobs;
    if (s->jobs > rounds)
        buf_printf(&text,
            ", in %u rounds of jobs: the last tasks of %s longer than the job%s above, so "
            "'wflc submit --watch' sends more",
            s->jobs, rounds == 1 ? "all take" : "each take", text_plural(o->jobs->njobs));
    if (s->part < 0.995)
        buf_printf(&text, " (from %.2g~%% of the tasks)", s->part * 100);
    text_paragraph(out, "expected", &text);
    buf_free(&text);
}

uint64_t
outlook_record(const struct plan *p)
{
    uint64_t records = 0;
    for (uint32_t k = 0; k < p->nfamilies; k++)
        records += (uint64_t)p->family[k].ntasks *
                   (2 + (p->family[k].noutputs + JOURNAL_OUTPUTS - 1) / JOURNAL_OUTPUTS);
    return records * sizeof(struct journal_rec);
}

static void
files(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    bool batch = o->jobs->njobs > 0;
    buf_printf(&text, "job.sh%s, campaign.wflp", batch ? ", submit.sh, cancel.sh, site.yaml" : "");
    if (o->written) {
        buf_puts(&text, " (");
        text_size(&text, (double)o->written);
        buf_putc(&text, ')');
    }
    buf_puts(&text, ", wfl-shim, README");
    if (batch)
        buf_printf(&text, "; %u shard%s", o->plan->nshards, text_plural(o->plan->nshards));
    buf_puts(&text, "; at run time a record of ");
    text_size(&text, (double)outlook_record(o->plan));
    buf_puts(&text, ", and ");
    text_number(&text, (double)o->outputs);
    buf_printf(&text, " output%s of the tasks", text_plural((double)o->outputs));
    text_paragraph(out, "files", &text);
    buf_free(&text);
}

/* What waits for people, and what all the figures above mean then. */
static void
gates(const struct outlook *o, struct buf *out)
{
    const struct plan *p = o->plan;
    struct buf text = {0};
    for (uint32_t i = 0; i < p->ngates && o->gated; i++) {
        const struct plan_family *f = &p->family[p->gate[i].family];
        uint32_t held = gates_held(p, i).ntasks;
        if (gates_released(p, o->control, i))
            continue;
        buf_printf(&text, "'%s': ", plan_string(p, p->gate[i].name));
        text_number(&text, held);
        buf_puts(&text, " of ");
        text_number(&text, f->ntasks);
        buf_printf(&text, " tasks of %s wait for its release ('wflc~control~release')",
            plan_string(p, f->name));
        text_paragraph(out, "gate", &text);
        buf_reset(&text);
    }
    if (!o->gated)
        return;
    text_number(&text, o->open);
    buf_printf(&text, " task%s may run before that", text_plural(o->open));
    if (o->open_stated > 0) {
        buf_puts(&text, ", ");
        text_hours(&text, o->open_stated);
        buf_puts(&text, "~node-hours");
    }
    buf_puts(&text, "; work, jobs and times above are told as if no task had to wait");
    text_paragraph(out, "", &text);
    buf_free(&text);
}

/* How far it is where it was built, and what is left there. */
static void
begun(const struct outlook *o, struct buf *out)
{
    const struct status *s = o->status;
    struct buf text = {0};
    if (!s)
        return;
    text_number(&text, (double)s->all.of[STATUS_DONE]);
    buf_puts(&text, " of ");
    text_number(&text, (double)s->all.total);
    buf_printf(&text, " tasks are done (%s)", s->dir);
    if (o->left_measured > 0) {
        buf_puts(&text, "; what is left takes ");
        text_hours(&text, o->left_measured);
        buf_puts(&text, " node-hours by what was measured");
        if (o->left_stated > 0) {
            buf_puts(&text, ", and ");
            text_hours(&text, o->left_stated);
            buf_puts(&text, " as it is stated");
        }
    }
    text_paragraph(out, "so far", &text);
    buf_reset(&text);
    status_times(s, &text);
    for (const char *line = text.p, *end; text.n && (end = strchr(line, '\n')); line = end + 1)
        buf_printf(out, "           %.*s\n", (int)(end - line), line);
    buf_free(&text);
}

/* For who named no site, but could. */
static void
others(const struct outlook *o, struct buf *out)
{
    struct buf text = {0};
    if (o->site || !o->m->nsites)
        return;
    buf_puts(&text, "the campaign has");
    for (unsigned i = 0; i < o->m->nsites; i++)
        buf_printf(&text, "%s %s", i ? "," : "", o->m->sites[i].name);
    buf_puts(&text, ": --site~NAME, or --compare~NAME,NAME");
    text_paragraph(out, "sites", &text);
    buf_free(&text);
}

static void
title(const struct outlook *o, struct buf *out)
{
    buf_printf(out, "%s on %s", o->m->campaign, o->name);
    if (o->profile) {
        const struct site_profile *p = o->profile;
        buf_printf(out, " (%s, %s", p->name, site_word_name("scheduler.kind", p->scheduler.kind));
        if (p->status == SITE_RETIRED)
            buf_printf(out, ", retired%s%s", p->retired_on ? " on " : "",
                p->retired_on ? p->retired_on : "");
        buf_putc(out, ')');
    }
    buf_putc(out, '\n');
}

/* How much the figures of the site are worth. */
static void
figures(const struct outlook *o, struct buf *out)
{
    const struct site_profile *p = o->profile;
    struct buf text = {0};
    if (!p || (!p->checked_on && !p->sources.n))
        return;
    buf_puts(&text, "of the site are");
    if (p->checked_on)
        buf_printf(&text, " of %s", p->checked_on);
    for (size_t i = 0; i < p->sources.n; i++)
        buf_printf(&text, "%s %s", i ? ";" : " from", p->sources.v[i]);
    text_paragraph(out, "figures", &text);
    buf_free(&text);
}

void
outlook_text(const struct outlook *o, struct buf *out)
{
    title(o, out);
    buf_putc(out, '\n');
    table(o, out);
    buf_putc(out, '\n');
    rows(o, out);
    memory_sums(o, out);
    packing(o, out);
    work(o, out);
    text_jobs(o, out);
    if (o->jobs->njobs)
        text_cost(o, out);
    expected(o, out);
    gates(o, out);
    begun(o, out);
    files(o, out);
    figures(o, out);
    others(o, out);
}
