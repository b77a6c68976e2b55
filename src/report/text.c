/* The status for people. */
#include "config.h"

#include "journal/paths.h"
#include "report/before.h"
#include "report/control.h"
#include "report/words.h"

#include <math.h>
#include <string.h>

static void
add_jobs(const struct status *s, size_t queued, struct buf *out)
{
    enum { MOST = 5 };
    for (size_t i = 0; i < s->nshims && i < MOST; i++) {
        const struct status_shim *j = &s->shim[i];
        const char *pid = strrchr(j->who, ' ');
        buf_puts(out, "at work: ");
        if (pid)
            buf_printf(out, "node %.*s%s%s, process%s, ", (int)(pid - j->who), j->who,
                *j->job ? " of job " : "", j->job, pid);
        else
            buf_puts(out, "a job, ");
        if (j->nshards) {
            buf_puts(out, "for ");
            status_duration((double)(s->now_us - j->since_us) * 1e-6, out);
        } else {
            buf_puts(out, "which has no tasks of this plan now");
        }
        buf_putc(out, '\n');
    }
    if (s->nshims > MOST)
        buf_printf(out, "         and %zu more\n", s->nshims - MOST);
    if (s->nshims == 0 && queued)
        buf_printf(out, "no job is at work; %zu %s submitted: wflc queue %s\n", queued,
            queued == 1 ? "is" : "are", s->dir);
    else if (s->nshims == 0)
        buf_puts(out, "no job is at work\n");
}

/* Nodes that are left out, and how that ends. */
static void
add_bad_nodes(const struct status *s, bool commands, struct buf *out)
{
    enum { MOST = 5 };
    for (size_t i = 0; i < s->nbad && i < MOST; i++) {
        const struct bad_node *n = &s->bad[i];
        buf_printf(out, "left out: node %s, where %u processes in a row failed (%s", n->name,
            n->failures, journal_reason_name(n->reason));
        if (n->reason == REASON_EXIT || n->reason == REASON_SIGNAL)
            buf_printf(out, " %u", n->code);
        buf_puts(out, ") while others worked, ");
        status_duration((double)s->now_us * 1e-6 - (double)n->since_s, out);
        buf_puts(out, " ago\n");
        if (commands)
            buf_printf(out, "          (what tasks wrote there: 'wflc log --host %s %s')\n",
                n->name, s->dir);
    }
    if (s->nbad > MOST)
        buf_printf(out, "          and %zu more nodes\n", s->nbad - MOST);
    if (s->nbad && commands)
        buf_printf(out,
            "          (in use again when it is mended: 'wflc control include NODE %s', or wflc "
            "submit --again)\n",
            s->dir);
}

/* Of tasks that people cancelled the failures tell. */
void
status_orders(const struct status *s, bool commands, struct buf *out)
{
    struct buf state = {0};
    add_bad_nodes(s, commands, out);
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    control_text(s->control, state.p, commands ? s->dir : NULL, false, out);
    before_text(s, out);
    status_gates(s, commands, out);
    buf_free(&state);
}

/* --- the matrix --- */

enum { COLUMNS = STATUS_NSTATES + 1 };

/* The number in a column: the total, then the states. */
static uint32_t
cell(const struct status_count *c, int column)
{
    return column == 0 ? c->total : c->of[column - 1];
}

static const char *
column_name(int column)
{
    return column == 0 ? "total" : status_state_name((enum status_state)(column - 1));
}

static void
add_blanks(struct buf *out, size_t n)
{
    while (n--)
        buf_putc(out, ' ');
}

static void
add_row(const char *name, size_t name_width, const struct status_count *c, const size_t *width,
    struct buf *out)
{
    struct buf number = {0};
    buf_puts(out, name);
    add_blanks(out, name_width - strlen(name));
    for (int x = 0; x < COLUMNS; x++) {
        if (width[x] == 0)
            continue;
        buf_reset(&number);
        if (!c)
            buf_puts(&number, column_name(x));
        else if (cell(c, x) || x == 0)
            status_number(cell(c, x), &number);
        else
            buf_putc(&number, '.'); /* so that what is not zero can be seen */
        add_blanks(out, 2 + width[x] - number.n);
        buf_add(out, number.p, number.n);
    }
    buf_putc(out, '\n');
    buf_free(&number);
}

void
status_matrix(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    size_t name_width = strlen("TOTAL"), width[COLUMNS];
    struct buf number = {0};
    for (int x = 0; x < COLUMNS; x++) {
        buf_reset(&number);
        status_number(cell(&s->all, x), &number);
        width[x] = strlen(column_name(x));
        if (number.n > width[x])
            width[x] = number.n;
        /* these are seldom, and bad news: only if there is any */
        if ((x == 1 + STATUS_INTERRUPTED || x == 1 + STATUS_BLOCKED || x == 1 + STATUS_FAILED ||
                x == 1 + STATUS_LATE || x == 1 + STATUS_GATED) &&
            cell(&s->all, x) == 0)
            width[x] = 0;
    }
    buf_free(&number);
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        size_t n = strlen(plan_string(p, p->family[k].name));
        if (n > name_width)
            name_width = n;
    }
    add_row("", name_width, NULL, width, out);
    for (uint32_t k = 0; k < p->nfamilies; k++)
        add_row(plan_string(p, p->family[k].name), name_width, &s->family[k], width, out);
    add_row("TOTAL", name_width, &s->all, width, out);
}

/* --- what follows from it --- */

static void
add_tasks(uint64_t n, struct buf *out)
{
    status_number(n, out);
    buf_puts(out, n == 1 ? " task" : " tasks");
}

static void
add_pace(const struct status *s, struct buf *out)
{
    if (!isnan(s->rate)) {
        add_tasks(s->done_lately, out);
        buf_puts(out, " done in the last ");
        status_duration(s->period_s, out);
        buf_puts(out, ", ");
        status_number((uint64_t)(s->rate + 0.5), out);
        buf_puts(out, " an hour; ");
    }
    if (isnan(s->eta_s)) {
        buf_puts(out, "how long it will take cannot be told yet\n");
    } else if (s->eta_s <= 0) {
        buf_puts(out, "what runs takes longer than expected\n");
    } else {
        buf_puts(out, "about ");
        status_duration(s->eta_s, out);
        buf_puts(out, " left\n");
    }
}

/* Families of which so many tasks failed that the campaign stopped itself. */
static bool
add_stopped(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    bool any = false;
    if (s->stopped) { /* on a site with jobs, of all shims together */
        uint32_t k = s->stop.family;
        add_tasks(s->stop.count, out);
        buf_printf(out,
            " of %s failed, at which the campaign is to stop (%s:%u): no more are started, "
            "before 'wflc submit --again %s' has them tried again\n",
            plan_string(p, p->family[k].name), plan_place_name(p, PLACE_FAMILY, k),
            p->place[PLACE_FAMILY][k].line, s->dir);
        return true;
    }
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        uint32_t failed = s->family[k].of[STATUS_FAILED];
        if (!p->family[k].stop_after || failed < p->family[k].stop_after)
            continue;
        add_tasks(failed, out);
        buf_printf(out, " of %s failed, at which the campaign is to stop (%s:%u): %s\n",
            plan_string(p, p->family[k].name), plan_place_name(p, PLACE_FAMILY, k),
            p->place[PLACE_FAMILY][k].line,
            s->nshims ? "no more are started" : "the next job goes on");
        any = true;
    }
    return any;
}

void
status_outlook(const struct status *s, struct buf *out)
{
    const uint32_t *of = s->all.of;
    uint32_t ended = of[STATUS_DONE] + of[STATUS_FAILED] + of[STATUS_BLOCKED];
    if (of[STATUS_DONE] == s->all.total) {
        buf_puts(out, "all tasks are done\n");
    } else if (add_stopped(s, out)) {
        /* told */
    } else if (ended == s->all.total) {
        buf_puts(out, s->nshims ? "nothing more can run in this job\n" : "nothing more can run\n");
    } else if (ended + of[STATUS_GATED] == s->all.total) {
        buf_puts(out, "nothing more is started before a gate is released\n");
    } else if (s->nshims && control_pause(s->control)) {
        buf_puts(out, "nothing more is started while it is paused\n");
    } else if (s->nshims) {
        add_pace(s, out);
    } else {
        add_tasks(s->all.total - ended - of[STATUS_GATED], out);
        buf_puts(out, " to do: the next job goes on with them\n");
    }
    if (s->nagain) {
        add_tasks(s->nagain, out);
        buf_printf(out, " that %s ready failed, and wait%s for the next attempt%s",
            s->nagain == 1 ? "is" : "are", s->nagain == 1 ? "s" : "",
            s->nagain == 1 ? ": in " : ": the first in ");
        status_duration(s->again_s - (double)s->now_us * 1e-6, out);
        buf_putc(out, '\n');
    }
    if (of[STATUS_INTERRUPTED]) {
        add_tasks(of[STATUS_INTERRUPTED], out);
        buf_printf(out, " %s running when the job ended, and will start again\n",
            of[STATUS_INTERRUPTED] == 1 ? "was" : "were");
    }
}

/* A family whose tasks use more memory than is stated may not run as it was planned. */
static void
add_over(const struct status *s, struct buf *out)
{
    const struct plan *p = s->plan;
    for (uint32_t k = 0; k < p->nfamilies; k++) {
        const struct status_over *o = &s->over[k];
        if (!o->n)
            continue;
        add_tasks(o->n, out);
        buf_printf(out, " of %s used more memory than is stated (%s:%u): up to %.2f GB instead of ",
            plan_string(p, p->family[k].name), plan_place_name(p, PLACE_FAMILY, k),
            p->place[PLACE_FAMILY][k].line, (double)o->used / 1e9);
        buf_printf(out, "%.2f GB\n", (double)o->stated / 1e9);
    }
}

static void
add_failures(const struct status *s, size_t most, struct buf *out)
{
    if (s->nfailures == 0)
        return;
    buf_putc(out, '\n');
    add_tasks(s->nfailures, out);
    buf_puts(out, " failed");
    if (s->all.of[STATUS_BLOCKED]) {
        buf_puts(out, ", and ");
        status_number(s->all.of[STATUS_BLOCKED], out);
        buf_printf(out, " cannot start without %s", s->nfailures == 1 ? "it" : "them");
    }
    buf_puts(out, ":\n");
    size_t told = 0;
    for (size_t i = 0; !most && i < s->nfailures; i++)
        status_failure_text(s->plan, s->dir, &s->failure[i], out);
    for (size_t i = 0; i < s->ngroups && i < most; i++) {
        status_group_text(s, &s->group[i], out);
        told += s->group[i].n;
    }
    if (most && told < s->nfailures) {
        buf_puts(out, "  and ");
        status_number(s->nfailures - told, out);
        buf_puts(out, " for other reasons\n");
    }
    if (most && s->ngroups < s->nfailures)
        buf_printf(out, "'wflc status --all %s' shows each\n", s->dir);
    /* jobs of a batch system leave it at that unless they are told */
    if (s->plan->head->njobs)
        buf_printf(out, "'wflc submit --again %s' has the next job try %s again\n", s->dir,
            s->nfailures == 1 ? "it" : "them");
    else
        buf_printf(out, "the next run tries %s again\n", s->nfailures == 1 ? "it" : "them");
}

void
status_text(const struct status *s, size_t most, size_t queued, struct buf *out)
{
    const struct plan *p = s->plan;
    buf_printf(out, "campaign %s on %s\n", plan_string(p, p->head->campaign), plan_site(p));
    add_jobs(s, queued, out);
    status_orders(s, true, out);
    buf_putc(out, '\n');
    status_matrix(s, out);
    buf_putc(out, '\n');
    status_outlook(s, out);
    status_late(s, out);
    status_hooks(s, out);
    add_over(s, out);
    status_times(s, out);
    status_account(s, out);
    add_failures(s, most, out);
}
