/* Orders to shims at work: who gives them, whether they make sense, what is told of it. */
#include "config.h"

#include "command/control.h"

#include "codegen/place.h"
#include "journal/nodes.h"
#include "journal/paths.h"
#include "report/control.h"
#include "state/gates.h"
#include "util/system.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* --- who, and where --- */

static void
find_giver(char *who, size_t size)
{
    char host[64] = "";
    struct buf user = {0};
    system_user(&user);
    gethostname(host, sizeof host - 1);
    host[strcspn(host, ".")] = 0;
    snprintf(who, size, "%s@%s", user.p, *host ? host : "?");
    buf_free(&user);
}

void
control_begin(struct order *o)
{
    find_giver(o->who, sizeof o->who);
    o->time_s = time(NULL);
}

void
control_close(struct campaign_control *c)
{
    control_free(c->control);
    plan_close(c->plan);
    order_free(&c->order);
    buf_free(&c->dir);
    buf_free(&c->state);
}

int
control_open(struct campaign_control *c, struct buf *told)
{
    struct buf path = {0};
    buf_printf(&c->state, "%s/" BUILD_STATE, c->dir.p);
    buf_printf(&path, "%s/" PLAN_FILE, c->dir.p);
    c->plan = plan_open(path.p, told);
    buf_free(&path);
    if (!c->plan)
        return EXIT_FILES;
    plan_umask(c->plan);
    c->control = control_new(c->state.p, c->plan->head->identity);
    control_read_now(c->control);
    control_begin(&c->order);
    return EXIT_OK;
}

/* Of a copy nobody at work reads. */
int
control_give(struct campaign_control *c, struct buf *told)
{
    struct place place = {0};
    place_read(c->dir.p, &place);
    bool elsewhere = place.elsewhere;
    if (elsewhere)
        buf_printf(told,
            "%s is a copy, to which nobody at work looks; the orders belong there, where it was "
            "built",
            c->dir.p);
    place_free(&place);
    if (elsewhere)
        return EXIT_FILES;
    int err = order_give(c->state.p, &c->order);
    if (err)
        buf_printf(told, "cannot write into '%s/" STATE_CONTROL "': %s", c->state.p, strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

/* --- pause, resume --- */

static int
pause_it(struct campaign_control *c, struct buf *told)
{
    const struct order *before = control_pause(c->control);
    int code = EXIT_OK;
    if (before) {
        buf_puts(told, "it is paused already, by ");
        control_whose(before, "since", told);
    } else {
        c->order.kind = ORDER_PAUSE;
        code = control_give(c, told);
        if (code == EXIT_OK)
            buf_puts(told, "paused: nothing more is started, what runs goes on, and jobs stay");
    }
    return code;
}

static int
resume_it(struct campaign_control *c, struct buf *told)
{
    bool paused = control_pause(c->control) != NULL;
    c->order.kind = ORDER_RESUME;
    int code = paused ? control_give(c, told) : EXIT_OK;
    if (code == EXIT_OK)
        buf_puts(told, paused ? "resumed" : "it is not paused");
    return code;
}

/* --- drain --- */

/* Who is at work: their jobs, or hosts, each once. */
static void
add_not_at_work(const struct at_work *v, size_t n, bool jobs, const char *what, struct buf *told)
{
    struct buf list = {0};
    for (size_t i = 0; i < n; i++) {
        const char *name = jobs ? v[i].job : v[i].node;
        bool again = !*name;
        for (size_t k = 0; k < i; k++)
            again |= strcmp(name, jobs ? v[k].job : v[k].node) == 0;
        if (!again)
            buf_printf(&list, "%s%s", list.n ? ", " : "", name);
    }
    if (list.n)
        buf_printf(told, "no shim %s '%s' is at work; at work %s: %s", jobs ? "of job" : "on host",
            what, strchr(list.p, ',') ? "are" : "is", list.p);
    else
        buf_printf(told, "no shim %s '%s' is at work%s", jobs ? "of job" : "on host", what,
            jobs ? ", nor of any other job; 'wflc cancel' takes those back that wait in the queue"
                 : ", nor on any other host");
    buf_free(&list);
}

/* The job as its leases have it: people may leave out what is behind a period. */
static const char *
find_worker(const struct at_work *v, size_t n, bool job, const char *what)
{
    size_t len = strlen(what);
    for (size_t i = 0; i < n; i++) {
        if (!job && at_work_on(&v[i], what))
            return what;
        if (job && len && strncmp(v[i].job, what, len) == 0 &&
            (!v[i].job[len] || v[i].job[len] == '.'))
            return v[i].job;
    }
    return NULL;
}

static int
drain(struct campaign_control *c, bool job, const char *what, struct buf *told)
{
    struct at_work *v;
    size_t n;
    at_work_read(c->state.p, &v, &n);
    const char *name = find_worker(v, n, job, what);
    int code = EXIT_ERRORS;
    if (name) {
        c->order.kind = job ? ORDER_DRAIN_JOB : ORDER_DRAIN_HOST;
        c->order.of = xstrdup(name);
        code = control_give(c, told);
    } else {
        add_not_at_work(v, n, job, what, told);
    }
    if (code == EXIT_OK)
        buf_printf(told, "%s %s starts nothing more, and ends when its tasks have ended",
            job ? "job" : "host", name);
    free(v);
    return code;
}

/* --- exclude, include --- */

static int
exclude(struct campaign_control *c, const char *host, struct buf *told)
{
    const struct order *before = control_exclusion(c->control, host);
    if (!node_name_good(host)) {
        buf_printf(told, "'%s' is no name of a host: letters, digits, '.', '_' and '-'", host);
        return EXIT_USAGE;
    }
    if (before) {
        buf_printf(told, "host %s is excluded already, by ", host);
        control_whose(before, "since", told);
        return EXIT_OK;
    }
    c->order.kind = ORDER_EXCLUDE;
    c->order.of = xstrdup(host);
    int code = control_give(c, told);
    if (code == EXIT_OK)
        buf_printf(told, "host %s takes no more tasks, until 'wflc control include %s %s'", host,
            host, c->dir.p);
    return code;
}

static void
add_not_excluded(const struct campaign_control *c, const char *host, struct buf *told)
{
    struct buf list = {0};
    for (uint32_t i = 0; i < control_count(c->control); i++) {
        const struct order *o = control_nth(c->control, i);
        if (o->kind == ORDER_EXCLUDE && control_holds(c->control, o))
            buf_printf(&list, "%s%s", list.n ? ", " : "", o->of);
    }
    buf_printf(told, "host '%s' is not excluded; excluded %s: %s", host,
        list.n && strchr(list.p, ',') ? "are" : "is", list.n ? list.p : "none");
    buf_free(&list);
}

/* Also one that was found to be bad, and is mended. */
static int
include(struct campaign_control *c, const char *host, struct buf *told)
{
    struct bad_node bad;
    bool named = nodes_find(c->state.p, host, &bad);
    if (!named && !control_exclusion(c->control, host)) {
        add_not_excluded(c, host, told);
        return EXIT_ERRORS;
    }
    c->order.kind = ORDER_INCLUDE;
    c->order.of = xstrdup(host);
    int code = control_give(c, told);
    if (code != EXIT_OK)
        return code;
    int err = named ? nodes_forget(c->state.p, host) : 0;
    if (err)
        buf_printf(told, "cannot remove '%s/" STATE_NODES "/%s': %s", c->state.p, host,
            strerror(err));
    else
        buf_printf(told, "host %s takes tasks again, of jobs that start there from now on", host);
    return err ? EXIT_FILES : EXIT_OK;
}

/* --- release --- */

static void
add_gate_names(const struct campaign_control *c, const char *name, struct buf *told)
{
    const struct plan *p = c->plan;
    buf_printf(told, "the campaign has no gate '%s'", name);
    for (uint32_t i = 0; i < p->ngates; i++)
        buf_printf(told, "%s'%s'",
            i               ? ", "
            : p->ngates > 1 ? "; its gates are "
                            : "; its gate is ",
            plan_string(p, p->gate[i].name));
}

static int
release(struct campaign_control *c, const char *name, struct buf *told)
{
    const struct plan *p = c->plan;
    uint32_t i = 0;
    while (i < p->ngates && strcmp(plan_string(p, p->gate[i].name), name) != 0)
        i++;
    if (i == p->ngates) {
        add_gate_names(c, name, told);
        return EXIT_ERRORS;
    }
    const struct order *before = gates_released(p, c->control, i);
    if (before) {
        buf_puts(told, "it is released already, by ");
        control_whose(before, "at", told);
        return EXIT_OK;
    }
    uint32_t n = gates_held(p, i).ntasks;
    c->order.kind = ORDER_RELEASE;
    c->order.of = xstrdup(name);
    int code = control_give(c, told);
    if (code == EXIT_OK)
        buf_printf(told, "released: %u more task%s of %s may start", n, n == 1 ? "" : "s",
            plan_string(p, p->family[p->gate[i].family].name));
    return code;
}

int
control_obey(struct campaign_control *c, enum order_kind kind, const char *of, struct buf *told)
{
    switch (kind) {
    case ORDER_PAUSE:
        return pause_it(c, told);
    case ORDER_RESUME:
        return resume_it(c, told);
    case ORDER_DRAIN_JOB:
    case ORDER_DRAIN_HOST:
        return drain(c, kind == ORDER_DRAIN_JOB, of, told);
    case ORDER_EXCLUDE:
        return exclude(c, of, told);
    case ORDER_INCLUDE:
        return include(c, of, told);
    case ORDER_RELEASE:
        return release(c, of, told);
    case ORDER_CANCEL:
    case ORDER_NKINDS:
        break;
    }
    return EXIT_USAGE;
}
