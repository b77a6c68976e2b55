/* A calibration for people: lines to paste into the campaign, all else as comments. */
#include "config.h"

#include "calibrate/calibrate.h"

#include "report/words.h"

#include <math.h>

typedef void add_unit(double value, struct buf *out);

static void
add_bytes(double bytes, struct buf *out)
{
    calibrate_bytes(bytes, false, out);
}

/* A figure, of which each has its own unit if all tasks have the same stated. */
static void
add_value(const struct calibrated *c, double ratio, add_unit *unit, struct buf *out)
{
    if (c->constant || !c->stated)
        unit(ratio * c->unit, out);
    else
        buf_printf(out, ratio < 9.95 ? "%.2g" : "%.0f", ratio);
}

/* "half within 9.4 h, 95 of 100 within 12 h (stated 10 h)" */
static void
add_quantiles(const struct calibrated *c, add_unit *unit, struct buf *out)
{
    buf_puts(out, c->half.known ? "half within " : "half at more than ");
    add_value(c, c->half.value, unit, out);
    if (c->half.known) {
        buf_puts(out, c->most.known ? ", 95 of 100 within " : ", 95 of 100 at more than ");
        add_value(c, c->most.value, unit, out);
    }
    if (!c->stated) {
        buf_puts(out, "; nothing is stated");
    } else if (c->constant) {
        buf_puts(out, " (stated ");
        unit(c->unit, out);
        buf_putc(out, ')');
    } else {
        buf_puts(out, " times what is stated");
    }
    if (c->open) {
        buf_puts(out, "; ");
        status_number(c->open, out);
        buf_puts(out, " cut short or failed");
    }
}

/* --- warnings --- */

static void
add_cell(const struct plan *p, const struct calibrate_on *on, uint32_t task, double x,
    struct buf *out)
{
    uint32_t row[VM_MAX_VARS];
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    if (on->var == PLAN_NONE || !on->groups) {
        buf_printf(out, "%.6g", x);
        return;
    }
    plan_rows(p, task, row);
    plan_cell_text(p, on->column, row[on->var - f->first_var], out);
}

/* Where nothing is stated it has a unit. */
static void
add_median(const struct calibrated *c, bool time, double x, struct buf *out)
{
    if (time && !c->stated)
        calibrate_seconds(x, out);
    else
        buf_printf(out, "%.2g", x);
}

/* "0.56 for g, 1.2 for u", "0.56 in the lower third, from 3; 1.2 in the upper one, to 90" */
static void
add_sides(const struct plan *p, const struct calibrated *c, bool time, struct buf *out)
{
    const struct calibrate_on *on = &c->on;
    add_median(c, time, on->of.low, out);
    buf_puts(out, on->groups ? " for " : " in the lower third, from ");
    add_cell(p, on, on->low_task, on->low_x, out);
    buf_puts(out, on->groups ? ", " : "; ");
    add_median(c, time, on->of.high, out);
    buf_puts(out, on->groups ? " for " : " in the upper one, to ");
    add_cell(p, on, on->high_task, on->high_x, out);
}

/* By what times can be learned apart: equal values, and hardly any two numbers are equal. */
static void
add_learn(const struct plan *p, const struct calibrate_on *on, struct buf *out)
{
    struct buf name = {0};
    double width = (on->high_x - on->low_x) / 5;
    calibrate_on_name(p, on, &name);
    if (on->groups && p->vm_column[on->column].type != VM_COL_REAL)
        buf_printf(out, "learn time by %s", name.p);
    else if (p->vm_column[on->column].type == VM_COL_INT)
        buf_printf(out, "learn time by %s div %.0f", name.p, fmax(1, width));
    else
        buf_printf(out, "learn time by floor(%s / %.1g)", name.p, width > 0 ? width : 1);
    buf_free(&name);
}

static void
warn_form(const struct plan *p, const struct plan_family *f, const struct calibrated *c, bool time,
    struct buf *out)
{
    const struct calibrate_on *on = &c->on;
    if (!on->any)
        return;
    buf_printf(out, "#   warning: %s depends on ", time ? "time" : "memory");
    calibrate_on_name(p, on, out);
    buf_printf(out, " in a way that is not stated: %.0f %% of the spread are due to it\n",
        100 * on->of.share);
    buf_printf(out, "#     %s: ",
        !time       ? "times what was fitted"
        : c->stated ? "times what is stated"
                    : "half within");
    add_sides(p, c, time, out);
    buf_putc(out, '\n');
    if (on->var == PLAN_NONE) {
        buf_puts(out, time ? "#     the time of a process grows with its tasks, not that of each\n"
                           : "#     terms that are added up are not what its processes use\n");
        return;
    }
    buf_puts(out, "#     let the size or time say so, as in: if ");
    calibrate_on_name(p, on, out);
    buf_puts(out, on->groups ? " == ... then ... else ...\n" : " > ... then ... else ...\n");
    if (time && !f->learn.size) {
        buf_puts(out, "#     or have it learned while tasks run: ");
        add_learn(p, on, out);
        buf_putc(out, '\n');
    }
}

/* Which terms are not known by themselves, and what would tell. */
static void
warn_terms(const struct calibration *c, uint32_t family, struct buf *out)
{
    const struct plan_family *f = &c->status->plan->family[family];
    const struct calibrated *m = &c->memory[family];
    uint32_t least = c->least_tasks[family], most = c->most_tasks[family];
    if (m->answer != CALIBRATE_FACTOR || !f->bundle || (m->unstated_once && least != most))
        return;
    if (m->unstated_once && most == 1)
        return;
    buf_puts(out,
        "#   what a process uses once and what each of its tasks uses cannot be told apart: ");
    if (least == most)
        buf_printf(out, "all processes had %u task%s\n", most, most == 1 ? "" : "s");
    else
        buf_printf(out, "they had %u to %u tasks, which is too alike\n", least, most);
    buf_puts(out, "#     processes with other numbers of tasks would tell, as on a node with more, "
                  "or less, memory or cores\n");
}

/* --- families --- */

static void
add_head(const struct calibration *c, uint32_t family, struct buf *out)
{
    const struct plan *p = c->status->plan;
    const struct measured *m = &c->measured[family];
    uint32_t least = c->least_tasks[family], most = c->most_tasks[family];
    buf_printf(out, "# %s: ", plan_string(p, p->family[family].name));
    status_number(m->attempts, out);
    buf_puts(out, m->attempts == 1 ? " attempt" : " attempts");
    if (p->family[family].bundle && most) {
        buf_puts(out, ", ");
        status_number(m->nprocesses, out);
        buf_printf(out, least == most ? " processes with %u task%s" : " processes with %u", least,
            least == 1 ? "" : "s");
        if (least != most)
            buf_printf(out, " to %u tasks", most);
    }
    if (m->step > 1)
        buf_printf(out, "; one in %u was looked at", m->step);
    buf_putc(out, '\n');
}

static void
add_line(const struct buf *line, const struct buf *error, const struct buf *why, struct buf *out)
{
    if (line->n)
        buf_printf(out, "    %s  # %s\n", line->p, error->p);
    else if (why->n)
        buf_printf(out, "#     no line: %s\n", why->p);
}

static void
add_cut(const struct calibrated *c, const char *what, struct buf *out)
{
    if (c->answer == CALIBRATE_CUT)
        buf_printf(out,
            "#     no line: too many were cut short; give them more %s, and ask again\n", what);
}

static void
add_few(const struct calibrated *f, struct buf *out)
{
    buf_printf(out, "too few were seen to their end, %zu of at least %d", f->ended,
        CALIBRATE_ENOUGH);
    if (f->open)
        buf_printf(out, "; %zu cut short or failed", f->open);
    buf_putc(out, '\n');
}

static void
add_figure(const struct calibration *c, const struct calibrate_source *s, uint32_t family,
    bool time, struct buf *out)
{
    const struct plan *p = c->status->plan;
    const struct calibrated *f = time ? &c->time[family] : &c->memory[family];
    struct buf line = {0}, error = {0}, why = {0};
    if (f->answer == CALIBRATE_NONE)
        return;
    buf_printf(out, "#   %s: ", time ? "time" : "memory");
    if (f->answer == CALIBRATE_FEW) {
        add_few(f, out);
        return;
    }
    add_quantiles(f, time ? calibrate_seconds : add_bytes, out);
    buf_putc(out, '\n');
    warn_form(p, &p->family[family], f, time, out);
    if (!time)
        warn_terms(c, family, out);
    (time ? calibrate_time_line : calibrate_memory_line)(c, s, family, &line, &error, &why);
    add_cut(f, time ? "time" : "memory", out);
    add_line(&line, &error, &why, out);
    buf_free(&line);
    buf_free(&error);
    buf_free(&why);
}

void
calibration_text(const struct calibration *c, const struct calibrate_source *s, struct buf *out)
{
    buf_puts(out,
        "# memory: what 95 of 100 processes stay within, and a tenth more; time: what half of "
        "the attempts do not exceed\n"
        "# less than 34 MB is not told apart, and counts as so much\n"
        "# \u00b1: in 95 of 100 cases the figure is within that\n");
    for (uint32_t i = 0; i < c->status->plan->nfamilies; i++) {
        buf_putc(out, '\n');
        add_head(c, i, out);
        add_figure(c, s, i, false, out);
        add_figure(c, s, i, true, out);
    }
}
