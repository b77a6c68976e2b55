#include "config.h"

#include "top/ask.h"

#include "state/control.h"
#include "util/list.h"

#include <stdio.h>
#include <string.h>

static enum top_action
ask(struct top_view *v)
{
    v->mode = TOP_QUESTION;
    return TOP_DRAW;
}

enum top_action
top_ask_pause(struct top_view *v)
{
    const struct order *paused = control_pause(v->data->facts.status->control);
    const struct plan *p = v->data->facts.plan;
    const char *name = plan_string(p, p->head->campaign);
    memset(v->choice, 0, sizeof v->choice);
    v->choice[0] = (struct top_choice){.key = 'y', .kind = paused ? ORDER_RESUME : ORDER_PAUSE};
    buf_reset(&v->question);
    if (paused) {
        buf_printf(&v->question, "Resume %s on %s? It was paused by ", name, plan_site(p));
        control_whose(paused, "since", &v->question);
        buf_puts(&v->question, ".  y: yes  n: no");
    } else {
        buf_printf(&v->question,
            "Pause %s on %s? Nothing more is started, what runs goes on.  y: yes  n: no", name,
            plan_site(p));
    }
    return ask(v);
}

/* The node under the cursor, or of the task there, if it is at work. */
static const struct account_node *
node_there(const struct top_view *v)
{
    const struct facts *f = &v->data->facts;
    const struct account_sum *sum = &f->status->account;
    uint32_t task;
    if (v->focus == PANEL_NODES && v->data->nnodes)
        return &sum->node[v->data->node[v->place[PANEL_NODES].cursor]];
    if (!top_view_task(v, &task) || !f->task[task].holder)
        return NULL;
    const char *holder = strpool_get(&f->holders, f->task[task].holder);
    for (size_t i = 0; i < v->data->nnodes; i++)
        if (strcmp(sum->node[v->data->node[i]].holder, holder) == 0)
            return &sum->node[v->data->node[i]];
    return NULL;
}

enum top_action
top_ask_drain(struct top_view *v)
{
    const struct account_node *n = node_there(v);
    struct buf host = {0};
    if (!n) {
        top_view_tell(v, false,
            v->data->nnodes ? "drain which node? Tab goes to the list of nodes"
                            : "no node is at work");
        return TOP_DRAW;
    }
    top_node_name(n, &host);
    memset(v->choice, 0, sizeof v->choice);
    v->choice[0] = (struct top_choice){.key = 'y', .kind = ORDER_DRAIN_HOST};
    snprintf(v->choice[0].of, sizeof v->choice[0].of, "%s", host.p);
    buf_reset(&v->question);
    buf_printf(&v->question,
        "Drain host %s? It starts nothing more, and ends when its %u task%s %s.  y: yes", host.p,
        n->running, n->running == 1 ? "" : "s", n->running == 1 ? "has ended" : "have ended");
    if (*n->job) {
        v->choice[1] = (struct top_choice){.key = 'j', .kind = ORDER_DRAIN_JOB};
        snprintf(v->choice[1].of, sizeof v->choice[1].of, "%s", n->job);
        buf_printf(&v->question, "  j: all of job %s", n->job);
    }
    buf_puts(&v->question, "  n: no");
    buf_free(&host);
    return ask(v);
}
