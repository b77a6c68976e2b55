/* Which tasks `wflc run` runs: those that are left, or that the options choose. */
#include "config.h"

#include "cli/run_only.h"

#include "ask/needs.h"
#include "ask/select.h"
#include "cost/cost.h"
#include "journal/paths.h"
#include "model/units.h"
#include "plan/only.h"
#include "report/words.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
tell_only(const struct options *o, const struct built *b, const struct facts *f, const uint8_t *set,
    uint32_t chosen)
{
    struct buf out = {0};
    uint32_t n = 0, done = 0;
    for (uint32_t t = 0; t < f->plan->head->ntasks; t++) {
        n += set[t];
        done += set[t] && f->status->state[t] == STATUS_DONE;
    }
    buf_printf(&out, "%s: ", built_campaign(b));
    status_number(chosen, &out);
    buf_puts(&out, chosen == 1 ? " task" : " tasks");
    buf_puts(&out, o->dry_run ? " would be run" : chosen == 1 ? " is run" : " are run");
    if (n > chosen) {
        buf_puts(&out, ", with ");
        status_number(n - chosen, &out);
        buf_printf(&out, " that %s", chosen == 1 ? "it needs" : "they need");
    }
    if (done) {
        buf_puts(&out, "; of these ");
        status_number(done, &out);
        buf_puts(&out, done == 1 ? " is done already" : " are done already");
        if (done == n)
            buf_puts(&out, " ('wflc redo' has tasks made again)");
    }
    puts(out.p);
    buf_free(&out);
}

/* Is one that is to be run too large for this machine? The first one is told of. */
static bool
too_large(const struct options *o, const struct facts *f, const uint8_t *set)
{
    const struct here here = build_here(o);
    const struct plan *p = f->plan;
    struct plan_eval *e = plan_eval_new(p);
    struct buf text = {0};
    for (uint32_t t = 0; t < p->head->ntasks && !text.n; t++) {
        struct cost c;
        if (!set[t] || f->status->state[t] == STATUS_DONE ||
            !cost_of(e, &p->family[plan_family_of(p, t)], t, &c, NULL) ||
            (c.memory <= (double)here.memory && c.cores <= here.cores))
            continue;
        plan_task_label(p, t, &text);
        if (c.memory > (double)here.memory) {
            buf_puts(&text, " needs ");
            quantity_bytes(&text, c.memory);
            buf_puts(&text, " of memory, and this machine has ");
            quantity_bytes(&text, (double)here.memory);
            buf_puts(&text, " for tasks; --memory SIZE uses more of it");
        } else {
            buf_printf(&text, " needs %.0f cores, and this machine has %u", c.cores, here.cores);
        }
    }
    if (text.n)
        say("%s", text.p);
    bool any = text.n != 0;
    plan_eval_free(e);
    buf_free(&text);
    return any;
}

/* The tasks that the options choose, and what they need, as a file without a name. */
static int
list_only(const struct options *o, const struct built *b, struct facts *f, int *only)
{
    struct buf why = {0}, state = {0};
    uint8_t *set = xcalloc((size_t)f->plan->head->ntasks + 1, 1);
    uint32_t n = 0;
    struct selector *s = selector_new(f, (char *const *)o->only, o->nonly, &why);
    if (s && selector_asks_changed(s)) {
        buf_printf(&state, "%s/" BUILD_STATE, b->dir.p);
        facts_look(f, state.p);
    }
    for (uint32_t t = 0; s && (t = selector_next(s, t, f->task)) != PLAN_NONE; t++)
        n += set[t] = 1;
    needs_add(f->plan, set);
    int code = !s ? EXIT_USAGE : n ? EXIT_OK : EXIT_ERRORS;
    if (!n)
        say("%s", s ? "no task is like that" : why.p);
    if (code == EXIT_OK && too_large(o, f, set))
        code = EXIT_ERRORS;
    if (code == EXIT_OK) {
        *only = memfd_create("only", MFD_CLOEXEC);
        int err = *only < 0 ? errno : only_write(*only, f->plan, set);
        if (!err && lseek(*only, 0, SEEK_SET) != 0)
            err = errno;
        if (err)
            say("the list of tasks cannot be made: %s", strerror(err));
        code = err ? EXIT_FILES : EXIT_OK;
    }
    if (code == EXIT_OK && !o->quiet)
        tell_only(o, b, f, set, n);
    selector_free(s);
    free(set);
    buf_free(&state);
    buf_free(&why);
    return code;
}

int
run_choose(const struct options *o, const struct built *b, int *only)
{
    struct facts f;
    struct buf why = {0};
    int code = EXIT_FILES;
    if (facts_open(b->dir.p, &f, &why) && facts_read(b->dir.p, now_us(), NULL, &f, &why))
        code = list_only(o, b, &f, only);
    else
        say("%s", why.p);
    facts_free(&f);
    buf_free(&why);
    return code;
}

/* --- a dry run --- */

static void
tell_left(const struct built *b, const struct facts *f)
{
    const struct status_count *all = &f->status->all;
    struct buf out = {0};
    buf_printf(&out, "%s: ", built_campaign(b));
    status_number(all->of[STATUS_DONE], &out);
    buf_puts(&out, " of ");
    status_number(all->total, &out);
    buf_puts(&out, all->total == 1 ? " task is done, " : " tasks are done, ");
    status_number(all->total - all->of[STATUS_DONE], &out);
    buf_puts(&out, " would be run");
    puts(out.p);
    buf_free(&out);
}

/* Of the plan as it is; what is wrong is said. */
static int
tell_dry_of(const struct options *o, const struct built *b, struct facts *f)
{
    int only = -1, code = EXIT_OK;
    if (o->nonly)
        code = list_only(o, b, f, &only);
    else
        tell_left(b, f);
    if (only >= 0)
        close(only);
    return code;
}

/* Nothing was built so far, so nothing is done. */
static int
tell_dry_first(const struct options *o, const struct built *b)
{
    uint32_t n = b->plan->head->ntasks;
    struct status none = {.plan = b->plan, .all.total = n, .state = xcalloc((size_t)n + 1, 1)};
    struct facts f = {.plan = b->plan,
        .status = &none,
        .task = xcalloc((size_t)n + 1, sizeof *f.task)};
    memset(none.state, STATUS_READY, n);
    int code = tell_dry_of(o, b, &f);
    free(none.state);
    free(f.task);
    free(f.changed);
    return code;
}

/* Where the plan is another one than that which was built, the build tells what stays done. */
int
run_tell_dry(const struct options *o, const struct built *b)
{
    struct facts f;
    struct buf why = {0};
    if (!built_there(b))
        return tell_dry_first(o, b);
    int code = EXIT_OK;
    bool good = facts_open(b->dir.p, &f, &why);
    bool same = good && f.plan->head->identity == b->plan->head->identity;
    if (!good || (same && !facts_read(b->dir.p, now_us(), NULL, &f, &why))) {
        say("%s", why.p);
        code = EXIT_FILES;
    } else if (same) {
        code = tell_dry_of(o, b, &f);
    }
    facts_free(&f);
    buf_free(&why);
    return code;
}
