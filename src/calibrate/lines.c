/* What was fitted, as lines of a campaign. */
#include "config.h"

#include "calibrate/calibrate.h"

#include <math.h>
#include <string.h>

/* --- numbers as campaigns write them --- */

struct scale {
    const char *unit;
    double size, below; /* values below that are written in it */
};

static const struct scale decimal[] = {{"MB", 1e6, 1e9}, {"GB", 1e9, 1e12}, {"TB", 1e12, 0}};
static const struct scale binary_scale[] = {{"MiB", 0x1p20, 0x1p30}, {"GiB", 0x1p30, 0x1p40},
    {"TiB", 0x1p40, 0}};
static const struct scale duration[] = {{"ms", 1e-3, 1}, {"s", 1, 120}, {"min", 60, 120 * 60.0},
    {"h", 3600, 72 * 3600.0}, {"d", 86400, 0}};

static const struct scale *
scale_for(const struct scale *s, double value)
{
    while (s->below > 0 && value >= s->below)
        s++;
    return s;
}

/* Three digits, never with an exponent. */
static void
add_number(double x, struct buf *out)
{
    if (x >= 1000)
        buf_printf(out, "%.0f", x);
    else
        buf_printf(out, "%.3g", fabs(x) < 1e-3 ? 0 : x);
}

static void
add_scaled(const struct scale *s, double value, struct buf *out)
{
    add_number(value / s->size, out);
    buf_printf(out, " %s", s->unit);
}

void
calibrate_bytes(double bytes, bool binary, struct buf *out)
{
    add_scaled(scale_for(binary ? binary_scale : decimal, bytes), bytes, out);
}

void
calibrate_seconds(double seconds, struct buf *out)
{
    add_scaled(scale_for(duration, seconds), seconds, out);
}

/* Behind what it is the error of, in its unit. */
static void
add_error(const struct scale *s, double error, struct buf *out)
{
    buf_puts(out, out->n ? ", " : "\u00b1 ");
    buf_printf(out, "%.2g", error / s->size < 1e-3 ? 0 : error / s->size);
    if (s->unit)
        buf_printf(out, " %s", s->unit);
}

/* --- the text of the campaign --- */

static const struct family *
family_of(const struct calibrate_source *s, const char *name)
{
    for (unsigned i = 0; s && i < s->model->nfamilies; i++)
        if (strcmp(s->model->family[i]->name, name) == 0)
            return s->model->family[i];
    return NULL;
}

/* Appends how it is written, on one line; false: it cannot be. */
static bool
add_source(const struct calibrate_source *s, const struct expr *e, struct buf *out)
{
    size_t n, from = out->n;
    if (e->at.file == DIAG_NO_FILE)
        return false;
    const char *text = diag_text(s->diags, e->at.file, &n);
    for (uint32_t i = e->at.start; i < e->at.end && i < n; i++) {
        bool blank = strchr(" \t\n", text[i]);
        if (text[i] == '#') /* a comment, or a text that has one */
            return false;
        if (!blank || (out->n > from && out->p[out->n - 1] != ' '))
            buf_putc(out, blank ? ' ' : text[i]);
    }
    return out->n > from;
}

static bool
is_binary(const struct calibrate_source *s, const struct expr *e)
{
    struct buf text = {0};
    bool yes = e && add_source(s, e, &text) && strstr(text.p, "iB");
    buf_free(&text);
    return yes;
}

/* Are these costs those of the plan that the record is of? Those of the first, last, and middle
 * task tell. */
static bool
is_as_built(const struct plan *built, const struct plan *now, uint32_t family)
{
    const struct plan_family *f = &built->family[family], *g = NULL;
    for (uint32_t i = 0; i < now->nfamilies; i++)
        if (strcmp(plan_string(now, now->family[i].name), plan_string(built, f->name)) == 0)
            g = &now->family[i];
    if (!g || g->ntasks != f->ntasks)
        return false;
    struct plan_eval *e = plan_eval_new(built), *other = plan_eval_new(now);
    bool same = true;
    for (unsigned i = 0; i < 3 && f->ntasks; i++) {
        uint32_t at = (uint32_t)((uint64_t)(f->ntasks - 1) * i / 2);
        struct cost a, b;
        cost_of(e, f, f->first_task + at, &a, NULL);
        cost_of(other, g, g->first_task + at, &b, NULL);
        same &= a.memory == b.memory && a.shared == b.shared && a.seconds == b.seconds;
    }
    plan_eval_free(e);
    plan_eval_free(other);
    return same;
}

const struct family *
calibrate_written(const struct calibration *c, const struct calibrate_source *s, uint32_t family,
    struct buf *why)
{
    const struct plan *p = c->status->plan;
    const struct family *f = family_of(s, plan_string(p, p->family[family].name));
    if (!s)
        buf_puts(why, "the campaign is not at hand, or has errors: name its file");
    else if (!f || !is_as_built(p, s->plan, family))
        buf_puts(why,
            "the campaign was changed since this was built: build it again, and ask then");
    else
        return f;
    return NULL;
}

/* --- lines --- */

struct line {
    const struct calibrate_source *source;
    struct buf *out, *error;
    bool lost; /* a part of it cannot be written */
};

/* What a size is multiplied with. */
static void
add_size(struct line *l, const struct expr *e, struct fit_ratio r)
{
    if (expr_is_const(e)) {
        const struct scale *scale = is_binary(l->source, e) ? binary_scale : decimal;
        scale = scale_for(scale, r.value * e->value.r);
        add_scaled(scale, r.value * e->value.r, l->out);
        add_error(scale, r.error * e->value.r, l->error);
        return;
    }
    add_number(r.value, l->out);
    buf_puts(l->out, " * (");
    l->lost |= !add_source(l->source, e, l->out);
    buf_putc(l->out, ')');
    add_error(&(struct scale){NULL, 1, 0}, r.error, l->error);
}

static struct fit_ratio
times(struct fit_ratio r, double x)
{
    return (struct fit_ratio){r.value * x, r.error * x, r.known};
}

bool
calibrate_factors(const struct calibrated *m, struct fit_ratio *once, struct fit_ratio *each)
{
    bool terms = m->answer == CALIBRATE_TERMS;
    *once = times(terms ? m->terms.once : m->most, CALIBRATE_SPARE);
    *each = times(terms ? m->terms.each : m->most, CALIBRATE_SPARE);
    return terms || m->answer == CALIBRATE_FACTOR;
}

static void
add_bytes(struct line *l, struct fit_ratio r)
{
    const struct scale *scale = scale_for(decimal, r.value);
    add_scaled(scale, r.value, l->out);
    add_error(scale, r.error, l->error);
}

/* Terms that all processes use once look like one. */
static void
add_sum_only(struct line *l, const struct family *f)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->nterms; i++)
        n += f->term[i].shared;
    if (n < 2)
        return;
    buf_puts(l->error, "; of ");
    for (unsigned i = 0, k = 0; i < f->nterms; i++)
        if (f->term[i].shared)
            buf_printf(l->error, "%s%s", k++ ? " and " : "", f->term[i].name);
    buf_puts(l->error, " only the sum is known");
}

static void
add_terms(struct line *l, const struct family *f, const struct calibrated *c, struct fit_ratio once,
    struct fit_ratio each)
{
    bool fresh = c->answer == CALIBRATE_TERMS && c->unstated_once;
    buf_puts(l->out, "{ ");
    if (fresh) {
        buf_puts(l->out, "container ");
        add_bytes(l, times(once, CALIBRATE_UNIT));
        buf_puts(l->out, ";  ");
    }
    for (unsigned i = 0; i < f->nterms; i++) {
        buf_printf(l->out, "%s%s ", i ? ";  " : "", f->term[i].name);
        add_size(l, f->term[i].size, f->term[i].shared ? once : each);
    }
    if (!f->nterms) {
        buf_puts(l->out, "task ");
        if (f->memory)
            add_size(l, f->memory, each);
        else
            add_bytes(l, times(each, COST_DEFAULT_MEMORY));
    }
    buf_puts(l->out, " }");
    if (c->answer == CALIBRATE_TERMS)
        add_sum_only(l, f);
}

void
calibrate_memory_line(const struct calibration *c, const struct calibrate_source *s,
    uint32_t family, struct buf *line, struct buf *error, struct buf *why)
{
    const struct calibrated *m = &c->memory[family];
    struct fit_ratio once, each;
    if (!calibrate_factors(m, &once, &each))
        return;
    const struct family *f = calibrate_written(c, s, family, why);
    if (!f)
        return;
    struct line l = {s, line, error, false};
    buf_puts(line, "memory ");
    if (f->nterms || m->answer == CALIBRATE_TERMS)
        add_terms(&l, f, m, once, each);
    else if (f->memory)
        add_size(&l, f->memory, each);
    else
        add_bytes(&l, times(each, COST_DEFAULT_MEMORY));
    if (l.lost) {
        buf_reset(line);
        buf_puts(why, "a size of it is not written on the spot");
    }
}

void
calibrate_time_line(const struct calibration *c, const struct calibrate_source *s, uint32_t family,
    struct buf *line, struct buf *error, struct buf *why)
{
    const struct calibrated *t = &c->time[family];
    const struct family *f =
        t->answer == CALIBRATE_FACTOR ? calibrate_written(c, s, family, why) : NULL;
    if (!f)
        return;
    double unit = f->time && !expr_is_const(f->time) ? 0 : f->time ? f->time->value.r : 1;
    buf_puts(line, "time   ");
    if (unit > 0) {
        const struct scale *scale = scale_for(duration, t->half.value * unit);
        add_scaled(scale, t->half.value * unit, line);
        add_error(scale, t->half.error * unit, error);
        return;
    }
    add_number(t->half.value, line);
    buf_puts(line, " * (");
    if (add_source(s, f->time, line)) {
        buf_putc(line, ')');
        add_error(&(struct scale){NULL, 1, 0}, t->half.error, error);
    } else {
        buf_reset(line);
        buf_puts(why, "the time is not written on the spot");
    }
}

void
calibrate_on_name(const struct plan *p, const struct calibrate_on *on, struct buf *out)
{
    if (on->var == PLAN_NONE) {
        buf_puts(out, "the number of tasks in a process");
        return;
    }
    const char *column = plan_place_name(p, PLACE_COLUMN, on->column);
    const char *table = plan_place_name(p, PLACE_TABLE, p->var[on->var].table);
    buf_puts(out, plan_place_name(p, PLACE_VAR, on->var));
    if (strcmp(column, table) != 0) /* else it is a set, whose variable is its value */
        buf_printf(out, ".%s", column);
}
