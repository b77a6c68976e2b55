/* The critical path: which tasks the campaign could not have been done sooner without, if there had
 * been room for all at once, and how long they waited for each other and for room. */
#include "config.h"

#include "page/page.h"

#include "ask/chain.h"
#include "chart/plot.h"
#include "model/units.h"

enum { WIDTH = 480, ROW = 18, FRAME = 70 };

struct named {
    const struct figures *f;
    const struct chain *chain;
};

static const char *
row_name(void *arg, unsigned row)
{
    const struct named *n = arg;
    return page_family(n->f, plan_family_of(n->f->facts.plan, n->chain->link[row].task));
}

static void
add_bar(const struct figures *f, const struct chain *c, uint32_t i, struct plot *p)
{
    const struct chain_link *link = &c->link[i];
    struct buf tip = {0};
    if (link->waited_s > 0) {
        buf_puts(&tip, "waited ");
        quantity_duration(&tip, link->waited_s);
        plot_row_bar(p, "c-grey", i, link->began_s - link->waited_s, link->began_s, tip.p);
        buf_reset(&tip);
    }
    plan_task_label(f->facts.plan, link->task, &tip);
    buf_puts(&tip, ": ");
    quantity_duration(&tip, link->worked_s);
    plot_row_bar(p, "c-blue", i, link->began_s, link->ended_s, tip.p);
    buf_free(&tip);
}

static void
chart(const struct figures *f, const struct chain *c, struct svg *s)
{
    static const char *const legend[] = {"c-blue", "at work", "c-grey", "waiting", NULL};
    struct plot p;
    struct named named = {f, c};
    html_figure(s, NULL, "One after the other", NULL);
    html_legend(s, legend);
    plot_begin(&p, s, "chart-critical", WIDTH, FRAME + ROW * c->n, "The critical path",
        "A bar for each task, from when it began to when it ended, and how long it waited before; "
        "the table has the numbers.");
    plot_rows(&p, c->n, row_name, &named);
    plot_x_time(&p, c->link[0].began_s, c->link[c->n - 1].ended_s);
    for (uint32_t i = 0; i < c->n; i++)
        add_bar(f, c, i, &p);
    plot_end(&p);
    svg_close(s);
}

static void
table(const struct figures *f, const struct chain *c, struct svg *s)
{
    static const char *const head[] = {"task", "#waited", "#worked", "#try", "node", "#ended"};
    const struct facts *facts = &f->facts;
    struct buf text = {0};
    html_table(s, "t-critical", "In the order of their needs", false, head,
        sizeof head / sizeof *head);
    for (uint32_t i = 0; i < c->n; i++) {
        const struct chain_link *link = &c->link[i];
        const struct fact *a = &facts->task[link->task];
        buf_reset(&text);
        plan_task_label(facts->plan, link->task, &text);
        html_row(s, "%s", text.p);
        html_duration(s, link->waited_s);
        html_duration(s, link->worked_s);
        html_count(s, a->attempt);
        buf_reset(&text);
        facts_host(facts, a->holder, &text);
        html_cell(s, "%s", text.p);
        html_time(s, link->ended_s);
        html_row_end(s);
    }
    html_foot(s);
    html_row(s, "all");
    html_duration(s, c->waited_s);
    html_duration(s, c->worked_s);
    html_cell(s, "%s", "");
    html_cell(s, "%s", "");
    html_cell(s, "%s", "");
    html_row_end(s);
    html_table_end(s);
    buf_free(&text);
}

void
page_critical(const struct figures *f, struct svg *s)
{
    struct chain c;
    struct buf text = {0};
    chain_find(&f->facts, &c);
    if (c.n < 2) {
        html_put(s, "p", "soft", "No done task needed another one.");
    } else {
        buf_printf(&text, "Of the done tasks that need one another these %u took longest: ", c.n);
        quantity_duration(&text, c.worked_s);
        buf_puts(&text, " of work, and ");
        quantity_duration(&text, c.waited_s);
        buf_puts(&text, " of waiting, for other needs, for room, and for attempts that did not end "
                        "well. With room for all at once the campaign takes as long as the work.");
        html_put(s, "p", "soft", "%s", text.p);
        html_open(s, "div", "cards");
        chart(f, &c, s);
        svg_close(s);
        table(f, &c, s);
    }
    buf_free(&text);
    chain_free(&c);
}
