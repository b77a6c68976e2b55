#include "config.h"

#include "shim/hooking.h"

#include "hooks/hooks.h"
#include "journal/paths.h"
#include "journal/stop.h"
#include "node/keeper.h"
#include "runtime/shim.h"
#include "util/file.h"
#include "util/system.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGAIN_MS 60000 /* between looks at the record that may find nothing due */
#define SOON_MS 1000   /* between looks at what others counted */

struct hooking {
    pid_t child;     /* 0: none */
    uint64_t failed; /* here, when others were asked last */
    bool due;        /* by that; it stays so until the record says so, too */
    bool told;       /* the child, to end */
    int64_t look_at;
};

static uint64_t
failed_here(const struct shim *r)
{
    uint64_t n = 0;
    for (uint32_t k = 0; k < r->plan->nfamilies; k++)
        n += given_up_failed(r->given_up, k);
    return n;
}

void
hooking_open(struct shim *r)
{
    if (hooks_armed(r->plan, r->state_dir, PLAN_WHEN_FAILED))
        r->hooking = xcalloc(1, sizeof *r->hooking);
}

/* Have so many failed, here and as far as others told? */
static bool
may_hold(const struct shim *r, const struct plan_hook *h)
{
    const struct plan *p = r->plan;
    uint64_t above = hook_above(p, h), n = 0;
    for (uint32_t k = 0; k < p->nfamilies && n <= above; k++) {
        if (h->family != PLAN_NONE && h->family != k)
            continue;
        n += given_up_failed(r->given_up, k);
        if (r->opt.batch && n <= above)
            n += stop_others(r->state_dir, lease_holder(r->lease), p->head->identity, k,
                (uint32_t)(above + 1 - n));
    }
    return n > above;
}

static bool
any_due(const struct shim *r)
{
    for (uint32_t i = 0; i < r->plan->nhooks; i++) {
        const struct plan_hook *h = &r->plan->hook[i];
        if (h->when == PLAN_WHEN_FAILED && hook_look(r->plan, h, r->state_dir).how == HOOK_ARMED &&
            may_hold(r, h))
            return true;
    }
    return false;
}

/* By the record, which knows better than the counts of shims. */
static void
look_and_run(const char *dir, int64_t limit_ms, bool quiet)
{
    struct buf why = {0}, news = {0};
    struct status *s = status_read(dir, now_us(), &why);
    if (s)
        hooks_run(s, NULL, limit_ms, &news);
    else
        say("hooks are not run: %s", why.p);
    for (char *line = news.n && !quiet ? strtok(news.p, "\n") : NULL; line;
         line = strtok(NULL, "\n"))
        say("%s", line);
    status_free(s);
    buf_free(&why);
    buf_free(&news);
}

static int64_t
limit_until(int64_t until)
{
    return until == NEVER ? INT64_C(1000) * HOOK_LIMIT_S * 10 : until - now_ms();
}

void
hooking_turn(struct shim *r, int64_t now)
{
    struct hooking *k = r->hooking;
    if (k && k->child && r->leave.stopping && !k->told)
        k->told = kill(k->child, SIGTERM) == 0;
    if (!k || k->child || now < k->look_at || r->leave.stopping ||
        (failed_here(r) == k->failed && !k->due))
        return;
    k->failed = failed_here(r);
    k->due = any_due(r);
    k->look_at = now + (k->due ? AGAIN_MS : SOON_MS);
    if (!k->due)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        /* locks and pipes of the shim must not live on in it */
        close_all_from(3);
        setpgid(0, 0); /* what interrupts us is no order to it */
        look_and_run(r->opt.dir, limit_until(r->time.stop_at), r->opt.quiet);
        _exit(0);
    }
    if (pid > 0)
        k->child = pid;
    else
        say("no process can be started for a hook: %s", strerror(errno));
}

bool
hooking_busy(const struct shim *r)
{
    return r->hooking && r->hooking->child;
}

bool
hooking_ended(struct shim *r, pid_t pid)
{
    if (!hooking_busy(r) || pid != r->hooking->child)
        return false;
    r->hooking->child = 0;
    return true;
}

/* --- at the end --- */

/* Somebody cannot wait; that the job's time is over leaves some of it. */
static bool
told_to_end(const struct shim *r)
{
    return r->leave.impatient || (r->leave.stopping && now_ms() < r->time.stop_at);
}

struct hooking_last
hooking_close(struct shim *r, int result)
{
    struct hooking_last last = {.quiet = r->opt.quiet};
    bool left = result >= 0 && result != EXIT_TURN && result != EXIT_OUTDATED && r->given_up;
    if (left && !told_to_end(r) &&
        (hooks_armed(r->plan, r->state_dir, PLAN_WHEN_FAILED) ||
            hooks_armed(r->plan, r->state_dir, PLAN_WHEN_ENDED))) {
        given_up_tick(r->given_up, now_ms() + AGAIN_MS); /* others know all of it before we ask */
        last.sure = !r->opt.batch || (failed_here(r) && any_due(r));
        last.dir = xstrdup(r->opt.dir);
        last.state_dir = xstrdup(r->state_dir);
        last.until = r->time.kill_at;
    }
    free(r->hooking);
    r->hooking = NULL;
    return last;
}

void
hooking_last(struct hooking_last *last)
{
    if (last->dir && (last->sure || !lease_shims(last->state_dir, "", 1)))
        look_and_run(last->dir, limit_until(last->until), last->quiet);
    free(last->dir);
    free(last->state_dir);
    *last = (struct hooking_last){0};
}
