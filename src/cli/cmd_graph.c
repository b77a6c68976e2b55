/* wflc graph: families or tasks, and what needs what, as text for dot. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

#include "report/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What dot lays out in seconds, and people can look at. */
enum { MOST_TASKS = 5000, MOST_LINES = 25000 };
enum { MOST_TEXT = 60 }; /* of a condition, in bytes */

/* A string of dot: nothing in it is a command of it. */
static void
put_quoted(struct buf *out, const char *s)
{
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            buf_putc(out, '\\');
        buf_putc(out, (unsigned char)*s < ' ' || *s == 127 ? '?' : *s);
    }
    buf_putc(out, '"');
}

/* --- how families are joined: told by the model, as the plan has numbers only --- */

/* The text of a span, on one line and not too long. */
static void
put_source(struct buf *out, const struct diags *d, struct span at)
{
    size_t n;
    const char *text = diag_text(d, at.file, &n);
    size_t from = out->n;
    for (uint32_t i = at.start; i < at.end && i < n; i++) {
        bool blank = strchr(" \t\r\n", text[i]);
        if (!blank || (out->n > from && out->p[out->n - 1] != ' '))
            buf_putc(out, blank ? ' ' : text[i]);
    }
    if (out->n - from > MOST_TEXT) {
        out->n = from + MOST_TEXT;
        while ((out->p[out->n] & 0xc0) == 0x80) /* not inside of a character */
            out->n--;
        out->p[out->n] = 0;
        buf_puts(out, "...");
    }
}

static void
put_join(struct buf *out, const struct model *m, const struct family *f, const struct need *need)
{
    if (need->via) {
        buf_printf(out, "via %s", strpool_get(&m->strings, need->via->name));
        return;
    }
    if (need->where) {
        buf_puts(out, "where ");
        put_source(out, m->diags, need->where->at);
        return;
    }
    const char *comma = "same ";
    for (unsigned i = 0; i < f->nvars; i++)
        for (unsigned k = 0; k < need->producer->nvars; k++)
            if (strcmp(f->var[i].name, need->producer->var[k].name) == 0) {
                buf_printf(out, "%s%s", comma, f->var[i].name);
                comma = ", ";
            }
    if (*comma == 's')
        buf_puts(out, "all of them");
}

/* --- families --- */

static void
put_need(struct buf *out, const struct compilation *c, uint32_t f, uint32_t i)
{
    const struct plan *p = c->plan;
    const struct family *declared = c->model->planned[f];
    const struct plan_family *family = &p->family[f];
    const struct plan_need *need = &p->need[family->first_need + i];
    const struct relation *r = &p->relation[family->first_need + i];
    uint64_t all = 0;
    uint32_t least = UINT32_MAX, most = 0;
    for (uint32_t t = 0; t < family->ntasks; t++) {
        uint32_t g = relation_group(r, t), n = g == RELATION_NONE ? 0 : relation_count(r, g);
        all += n;
        least = n < least ? n : least;
        most = n > most ? n : most;
    }
    struct buf label = {0}, join = {0};
    put_join(&join, c->model, declared, &declared->need[i]);
    put_quoted(&label, join.p);
    label.p[--label.n] = 0;
    buf_puts(&label, "\\n");
    if (most) {
        status_number(least, &label);
        if (least < most) {
            buf_puts(&label, " .. ");
            status_number(most, &label);
        }
        buf_puts(&label, " each, ");
        status_number(all, &label);
        buf_puts(&label, " in all");
    } else {
        buf_puts(&label, "none");
    }
    buf_printf(out, "    f%u -> f%u [label=%s\"];\n", need->producer, f, label.p);
    buf_free(&label);
    buf_free(&join);
}

static void
put_families(struct buf *out, const struct compilation *c)
{
    const struct plan *p = c->plan;
    for (uint32_t f = 0; f < p->nfamilies; f++) {
        struct buf label = {0};
        put_quoted(&label, plan_string(p, p->family[f].name));
        label.p[--label.n] = 0;
        buf_printf(out, "    f%u [label=%s\\n", f, label.p);
        status_number(p->family[f].ntasks, out);
        buf_printf(out, " task%s\"];\n", p->family[f].ntasks == 1 ? "" : "s");
        buf_free(&label);
    }
    for (uint32_t f = 0; f < p->nfamilies; f++)
        for (uint32_t i = 0; i < p->family[f].nneeds; i++)
            put_need(out, c, f, i);
}

/* --- tasks --- */

/* How many tasks wait for each group; freed by the caller. */
static uint32_t *
count_waiting(const struct relation *r)
{
    uint32_t *n = xcalloc(r->ngroups + 1, sizeof *n);
    for (uint32_t t = 0; t < r->nconsumers; t++) {
        uint32_t g = relation_group(r, t);
        if (g != RELATION_NONE)
            n[g]++;
    }
    return n;
}

/* Many that wait for many are drawn through a point. */
static bool
has_point(const struct relation *r, const uint32_t *waiting, uint32_t g)
{
    return waiting[g] > 1 && relation_count(r, g) > 1;
}

static uint64_t
count_lines(const struct plan *p)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < p->nneeds; i++) {
        const struct relation *r = &p->relation[i];
        uint32_t *waiting = count_waiting(r);
        for (uint32_t g = 0; g < r->ngroups; g++) {
            uint64_t members = relation_count(r, g);
            n += has_point(r, waiting, g) ? members + waiting[g] : members * waiting[g];
        }
        free(waiting);
    }
    return n;
}

static void
put_lines(struct buf *out, const struct plan *p, const struct plan_family *f, uint32_t number)
{
    const struct relation *r = &p->relation[number];
    uint32_t *waiting = count_waiting(r), first = p->family[p->need[number].producer].first_task, m;
    struct relation_walk w;
    for (uint32_t g = 0; g < r->ngroups; g++) {
        if (!has_point(r, waiting, g))
            continue;
        buf_printf(out, "    g%u_%u [shape=point];\n", number, g);
        for (relation_members(r, g, &w); relation_next(&w, &m);)
            buf_printf(out, "    t%u -> g%u_%u [arrowhead=none];\n", first + m, number, g);
    }
    for (uint32_t t = 0; t < f->ntasks; t++) {
        uint32_t g = relation_group(r, t);
        if (g == RELATION_NONE)
            continue;
        if (has_point(r, waiting, g))
            buf_printf(out, "    g%u_%u -> t%u;\n", number, g, f->first_task + t);
        else
            for (relation_members(r, g, &w); relation_next(&w, &m);)
                buf_printf(out, "    t%u -> t%u;\n", first + m, f->first_task + t);
    }
    free(waiting);
}

static void
put_tasks(struct buf *out, const struct plan *p)
{
    struct buf label = {0};
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        buf_reset(&label);
        plan_task_label(p, t, &label);
        buf_printf(out, "    t%u [label=", t);
        put_quoted(out, label.p);
        buf_puts(out, "];\n");
    }
    for (uint32_t f = 0; f < p->nfamilies; f++)
        for (uint32_t i = 0; i < p->family[f].nneeds; i++)
            put_lines(out, p, &p->family[f], p->family[f].first_need + i);
    buf_free(&label);
}

static int
graph(const struct options *o, const struct compilation *c)
{
    const struct plan *p = c->plan;
    bool tasks = option_given(o, OPTION_TASKS);
    uint64_t lines = tasks ? count_lines(p) : 0;
    if (tasks && (p->head->ntasks > MOST_TASKS || lines > MOST_LINES) &&
        !option_given(o, OPTION_FORCE)) {
        say("%u tasks with %" PRIu64 " lines between them are too much for a picture (%d and %d "
            "are drawn); leave --tasks out, or force it with --force",
            p->head->ntasks, lines, MOST_TASKS, MOST_LINES);
        return EXIT_ERRORS;
    }
    struct buf out = {0};
    int code = EXIT_OK;
    buf_puts(&out, "digraph ");
    put_quoted(&out, plan_string(p, p->head->campaign));
    buf_puts(&out, " {\n    rankdir=LR;\n    node [shape=box];\n");
    if (tasks)
        put_tasks(&out, p);
    else
        put_families(&out, c);
    buf_puts(&out, "}\n");
    put_out(&out, &code);
    buf_free(&out);
    return code;
}

static int
run(const struct options *o)
{
    struct campaign c;
    int code = campaign_compile(o, NULL, &c);
    if (code == EXIT_OK)
        code = graph(o, c.compiled);
    campaign_free(&c);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    OPTION_SITE_LOOKED_AT,
    {OPTION_TASKS, "draw tasks, not families"},
    {OPTION_FORCE, "draw more tasks than dot is good for"},
};

const struct command command_graph = {
    .name = "graph",
    .args = "FILE",
    .summary = "draw what needs what, for dot of Graphviz",
    .text =
        "Families with their numbers of tasks, and how they are joined; with --tasks, the tasks.\n"
        "    wflc graph drp.wfl | dot -Tsvg >drp.svg\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
