#include "config.h"

#include "report/control.h"

#include "journal/lease.h"
#include "report/words.h"
#include "util/json.h"
#include "util/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- who is at work --- */

struct workers {
    const char *state_dir;
    struct at_work *v;
    size_t n, cap;
    bool listed;
};

static bool
take_worker(void *arg, const char *holder)
{
    struct workers *all = arg;
    struct at_work w = {0};
    char who[256];
    long pid;
    if (!lease_seen(all->state_dir, holder, who, sizeof who) ||
        sscanf(who, "%127s %ld %127s", w.host, &pid, w.job) != 3)
        return true;
    const char *dot = strrchr(holder, '.');
    snprintf(w.node, sizeof w.node, "%.*s", (int)(dot ? dot - holder : 0), holder);
    if (strcmp(w.job, "-") == 0)
        w.job[0] = 0;
    w.orders = lease_orders(all->state_dir, holder);
    ARRAY_GROW(all->v, all->n, all->cap);
    all->v[all->n++] = w;
    return true;
}

void
at_work_read(const char *state_dir, struct at_work **v, size_t *n)
{
    struct workers all = {.state_dir = state_dir};
    lease_each(state_dir, take_worker, &all);
    *v = all.v;
    *n = all.n;
}

/* Of a long name a lease has the end. */
bool
at_work_on(const struct at_work *w, const char *host)
{
    size_t n = strcspn(w->host, "."), all = strlen(host), part = strlen(w->node);
    return strcmp(w->host, host) == 0 || (strlen(host) == n && strncmp(w->host, host, n) == 0) ||
           strcmp(w->node, host) == 0 ||
           (part == 16 && all > part && strcmp(host + all - part, w->node) == 0);
}

/* Is somebody at work whom the drain concerns? Of a host it is who was there when it was ordered,
 * as shims have it (shim/obey.c). */
static bool
drains(struct workers *all, const struct order *o)
{
    bool any = false;
    if (!all->listed)
        lease_each(all->state_dir, take_worker, all);
    all->listed = true;
    for (size_t i = 0; i < all->n; i++)
        any |= o->kind == ORDER_DRAIN_JOB
                   ? strcmp(all->v[i].job, o->of) == 0
                   : o->number > all->v[i].orders && at_work_on(&all->v[i], o->of);
    return any;
}

static bool
in_force(const struct control *c, struct workers *all, const struct order *o)
{
    bool drain = o->kind == ORDER_DRAIN_JOB || o->kind == ORDER_DRAIN_HOST;
    return control_holds(c, o) && (!drain || drains(all, o));
}

/* --- for people --- */

static void
add_tasks(const struct order *o, struct buf *out)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < o->ntasks; i++)
        n += o->tasks[i].n;
    status_number(n, out);
    buf_puts(out, n == 1 ? " task" : " tasks");
}

static void
add_order(const struct order *o, const char *dir, struct buf *out)
{
    switch (o->kind) {
    case ORDER_PAUSE:
        buf_puts(out, "paused by ");
        control_whose(o, "since", out);
        buf_puts(out, ": nothing is started");
        if (dir)
            buf_printf(out, " until 'wflc control resume %s'", dir);
        break;
    case ORDER_EXCLUDE:
        buf_printf(out, "left out: host %s, excluded by ", o->of);
        control_whose(o, "since", out);
        if (dir)
            buf_printf(out, " (in use again: 'wflc control include %s %s')", o->of, dir);
        break;
    case ORDER_DRAIN_JOB:
    case ORDER_DRAIN_HOST:
        buf_printf(out, "%s %s starts nothing more, and ends with what runs: drained by ",
            o->kind == ORDER_DRAIN_JOB ? "job" : "host", o->of);
        control_whose(o, "at", out);
        break;
    case ORDER_RELEASE:
        buf_printf(out, "gate '%s' released by ", o->of);
        control_whose(o, "at", out);
        break;
    case ORDER_CANCEL:
        add_tasks(o, out);
        buf_puts(out, " cancelled by ");
        control_whose(o, "at", out);
        buf_printf(out, " (%s)", o->of);
        break;
    default:
        return;
    }
    buf_putc(out, '\n');
}

void
control_text(const struct control *c, const char *state_dir, const char *dir, bool cancels,
    struct buf *out)
{
    struct workers all = {.state_dir = state_dir};
    for (uint32_t i = 0; i < control_count(c); i++) {
        const struct order *o = control_nth(c, i);
        if ((cancels || (o->kind != ORDER_CANCEL && o->kind != ORDER_RELEASE)) &&
            in_force(c, &all, o))
            add_order(o, dir, out);
    }
    free(all.v);
}

static void
add_time(int64_t s, const char *format, struct buf *out)
{
    time_t at = (time_t)s;
    struct tm tm;
    char text[40] = "";
    if (localtime_r(&at, &tm))
        strftime(text, sizeof text, format, &tm);
    buf_puts(out, text);
}

void
control_list(const struct control *c, struct buf *out)
{
    for (uint32_t i = 0; i < control_count(c); i++) {
        const struct order *o = control_nth(c, i);
        buf_printf(out, "%4u  ", o->number);
        add_time(o->time_s, "%Y-%m-%d %H:%M:%S", out);
        buf_printf(out, "  %s  %s%s%s", o->who, order_kind_name(o->kind), *o->of ? " " : "", o->of);
        if (o->kind == ORDER_CANCEL) {
            buf_puts(out, ": ");
            add_tasks(o, out);
        }
        buf_putc(out, '\n');
    }
}

void
control_cancelled(const struct control *c, uint32_t task, struct buf *out)
{
    const struct order *o = control_cancel(c, task);
    if (!o)
        return;
    buf_puts(out, "cancelled by ");
    control_whose(o, "at", out);
    buf_printf(out, " (%s)", o->of);
}

/* --- for programs --- */

void
control_json(const struct control *c, const char *state_dir, struct buf *out)
{
    struct workers all = {.state_dir = state_dir};
    buf_putc(out, '[');
    for (uint32_t i = 0; i < control_count(c); i++) {
        const struct order *o = control_nth(c, i);
        struct tm tm;
        time_t at = (time_t)o->time_s;
        char text[40] = "";
        if (gmtime_r(&at, &tm))
            strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
        json_item(out);
        json_integer(out, "order", o->number);
        json_text(out, "kind", order_kind_name(o->kind));
        json_text(out, "of", o->of);
        json_text(out, "by", o->who);
        json_text(out, "at", text);
        json_key(out, "in_force");
        buf_puts(out, in_force(c, &all, o) ? "true}" : "false}");
    }
    buf_puts(out, control_count(c) ? "\n]" : "]");
    free(all.v);
}
