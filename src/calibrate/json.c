/* A calibration for programs. */
#include "config.h"

#include "calibrate/calibrate.h"

#include "util/json.h"

#include <math.h>

/* Three decimals would be too few for ratios. */
static void
add_real(struct buf *out, const char *key, double x)
{
    json_key(out, key);
    if (isfinite(x))
        buf_printf(out, "%.6g", x);
    else
        buf_puts(out, "null");
}

static void
add_ratio(struct buf *out, const char *key, const struct fit_ratio *r)
{
    json_key(out, key);
    buf_putc(out, '{');
    add_real(out, "value", r->value);
    add_real(out, "error", r->error);
    json_bool(out, "known", r->known);
    buf_putc(out, '}');
}

static void
add_on(const struct plan *p, const struct calibrate_on *on, struct buf *out)
{
    struct buf name = {0};
    json_key(out, "depends");
    if (!on->any) {
        buf_puts(out, "null");
        return;
    }
    calibrate_on_name(p, on, &name);
    buf_putc(out, '{');
    json_text(out, "on", on->var == PLAN_NONE ? "tasks" : name.p);
    add_real(out, "share", on->of.share);
    add_real(out, "chance", on->of.chance);
    add_real(out, "low", on->of.low);
    add_real(out, "high", on->of.high);
    buf_putc(out, '}');
    buf_free(&name);
}

/* Ratios are to what is stated; `unit` is that, in bytes or seconds, if it is the same of all. */
static void
add_figure(const struct calibration *c, const struct calibrate_source *s, uint32_t family,
    bool time, struct buf *out)
{
    static const char *const answer[] = {"few", "cut", "factor", "terms", "none"};
    const struct calibrated *f = time ? &c->time[family] : &c->memory[family];
    struct buf line = {0}, error = {0}, why = {0};
    json_key(out, time ? "time" : "memory");
    buf_putc(out, '{');
    json_text(out, "answer", answer[f->answer]);
    json_integer(out, "ended", f->ended);
    json_integer(out, "open", f->open);
    json_bool(out, "stated", f->stated);
    add_real(out, "unit", f->constant || (!f->stated && f->ended) ? f->unit : NAN);
    if (f->answer != CALIBRATE_FEW && f->answer != CALIBRATE_NONE) {
        add_ratio(out, "half", &f->half);
        add_ratio(out, "most", &f->most);
        add_on(c->status->plan, &f->on, out);
    }
    if (f->answer == CALIBRATE_TERMS) {
        add_ratio(out, "once", &f->terms.once);
        add_ratio(out, "each", &f->terms.each);
    }
    (time ? calibrate_time_line : calibrate_memory_line)(c, s, family, &line, &error, &why);
    if (line.n) {
        json_text(out, "line", line.p);
        json_text(out, "error", error.p);
    }
    buf_putc(out, '}');
    buf_free(&line);
    buf_free(&error);
    buf_free(&why);
}

void
calibration_json(const struct calibration *c, const struct calibrate_source *s, const char *plan,
    struct buf *out)
{
    const struct plan *p = c->status->plan;
    buf_putc(out, '{');
    json_text(out, "campaign", plan_string(p, p->head->campaign));
    json_text(out, "site", plan_site(p));
    add_real(out, "spare", CALIBRATE_SPARE);
    json_key(out, "families");
    buf_putc(out, '[');
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        json_item(out);
        json_text(out, "name", plan_string(p, p->family[i].name));
        json_integer(out, "attempts", c->measured[i].attempts);
        json_integer(out, "step", c->measured[i].step);
        json_integer(out, "processes", c->measured[i].nprocesses);
        json_integer(out, "least_tasks", c->least_tasks[i]);
        json_integer(out, "most_tasks", c->most_tasks[i]);
        add_figure(c, s, i, false, out);
        add_figure(c, s, i, true, out);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    json_key(out, "plan");
    buf_printf(out, "%s}\n", plan);
}
