/* The tasks whose last attempts took longest. */
#include "config.h"

#include "page/page.h"

#include "ask/columns.h"
#include "chart/plot.h"
#include "cost/cost.h"
#include "model/units.h"
#include "report/words.h"

#include <math.h>

/* When they ended, and how long they took. */
static void
chart(const struct figures *f, struct svg *s)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{86400, "days"}, {3600, "hours"}, {60, "minutes"}, {1, "seconds"}};
    static const char *const legend[] = {"c-blue", "done", "c-red", "failed", "c-green",
        "anything else", NULL};
    const struct facts *facts = &f->facts;
    struct plot p;
    struct buf tip = {0};
    double longest = f->nslowest ? f->slowest[0].ran_s : 0;
    size_t u = 0;
    while (u < 3 && longest < 2 * units[u].seconds)
        u++;
    html_figure(s, NULL, "When they ended", NULL);
    html_legend(s, legend);
    plot_begin(&p, s, "chart-slowest", 480, 180, "The slowest tasks",
        "A dot for each, the higher the longer it took; the table has the numbers.");
    plot_y(&p, longest / units[u].seconds, units[u].name, NULL);
    plot_x_time(&p, f->first_s, f->first_s + f->nbins * f->step_s);
    for (unsigned i = 0; i < f->nslowest; i++) {
        uint32_t task = f->slowest[i].task;
        uint32_t ended_s = facts->task[task].ended_s;
        uint8_t state = facts->status->state[task];
        buf_reset(&tip);
        plan_task_label(facts->plan, task, &tip);
        buf_puts(&tip, ": ");
        quantity_duration(&tip, f->slowest[i].ran_s);
        plot_dot(&p,
            state == STATUS_DONE     ? "c-blue"
            : state == STATUS_FAILED ? "c-red"
                                     : "c-green",
            ended_s ? ended_s : (double)facts->status->now_us * 1e-6,
            f->slowest[i].ran_s / units[u].seconds, tip.p);
    }
    plot_end(&p);
    svg_close(s);
    buf_free(&tip);
}

static void
table(const struct figures *f, struct svg *s)
{
    static const char *const head[] = {"task", "state", "#time", "#stated", "#memory", "#try",
        "reason", "node", "#ended"};
    static const enum ask_column shown[] = {ASK_REASON, ASK_HOST};
    const struct facts *facts = &f->facts;
    struct plan_eval *eval = plan_eval_new(facts->plan);
    struct buf text = {0};
    html_table(s, "t-slowest", "By the times of their last attempts", false, head,
        sizeof head / sizeof *head);
    for (unsigned i = 0; i < f->nslowest; i++) {
        uint32_t task = f->slowest[i].task;
        const struct fact *a = &facts->task[task];
        const struct plan_family *family = &facts->plan->family[plan_family_of(facts->plan, task)];
        double stated = cost_seconds(eval, family, task);
        buf_reset(&text);
        plan_task_label(facts->plan, task, &text);
        html_row(s, "%s", text.p);
        html_cell(s, "%s", status_state_name((enum status_state)facts->status->state[task]));
        html_duration(s, f->slowest[i].ran_s);
        html_duration(s, stated > 0 ? stated : NAN);
        html_bytes(s, a->peak_kib * 1024.0);
        html_count(s, a->attempt);
        for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
            buf_reset(&text);
            ask_cell(facts, shown[k], task, a, &text);
            html_cell(s, "%s", text.n ? text.p : "");
        }
        html_time(s, a->ended_s ? (double)a->ended_s : NAN);
        html_row_end(s);
    }
    html_table_end(s);
    plan_eval_free(eval);
    buf_free(&text);
}

void
page_slowest(const struct figures *f, struct svg *s)
{
    chart(f, s);
    table(f, s);
}
