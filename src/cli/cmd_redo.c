/* wflc redo: tasks that are done, or have failed, are made again, with what was made of them. */
#include "config.h"

#include "cli/commands.h"
#include "command/asked.h"

#include "command/build.h"
#include "hooks/hooks.h"
#include "journal/paths.h"
#include "redo/redo.h"
#include "report/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 3 };

struct redo {
    const struct options *o;
    struct asked asked;
    uint8_t *chosen; /* of each task */
    struct redo_choice choice;
    bool any; /* something may have to be made again */
    struct buf out;
    int code;
};

/* --- what is going to be done --- */

/* "1 failed, 2 done", or "done", if that is true of all. */
static void
add_states(struct buf *out, const uint32_t *of, uint32_t n)
{
    const char *comma = "";
    for (int k = 0; k < STATUS_NSTATES; k++) {
        if (!of[k])
            continue;
        buf_puts(out, comma);
        if (of[k] != n) {
            status_number(of[k], out);
            buf_putc(out, ' ');
        }
        buf_puts(out, status_state_name((enum status_state)k));
        comma = ", ";
    }
}

/* "  draw: 3 chosen (1 failed, 2 done): draw[v=1], draw[v=2], ..." */
static void
add_family(struct redo *r, uint32_t family, enum redo_why why)
{
    const struct status *s = r->asked.facts.status;
    const struct plan_family *f = &s->plan->family[family];
    uint32_t n = 0, of[STATUS_NSTATES] = {0};
    struct buf labels = {0};
    for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++) {
        if (r->choice.why[t] != why)
            continue;
        of[s->state[t]]++;
        if (n++ >= SHOWN)
            continue;
        buf_puts(&labels, n > 1 ? ", " : "");
        plan_task_label(s->plan, t, &labels);
    }
    if (n) {
        buf_printf(&r->out, "  %s: ", plan_string(s->plan, f->name));
        status_number(n, &r->out);
        buf_printf(&r->out, " %s (", why == REDO_CHOSEN ? "chosen" : n == 1 ? "follows" : "follow");
        add_states(&r->out, of, n);
        buf_printf(&r->out, "): %s%s\n", labels.p, n > SHOWN ? ", ..." : "");
    }
    buf_free(&labels);
}

static void
add_hours(struct buf *out, double hours, const char *what)
{
    buf_printf(out, hours < 9.95 ? "%.2g %s-hours" : "%.0f %s-hours", hours, what);
}

static void
add_price(struct redo *r)
{
    struct redo_price p;
    struct buf *out = &r->out;
    redo_price(&r->asked.facts, &r->choice, &p);
    if (p.measured || p.stated) {
        buf_puts(out, "  this takes some ");
        if (p.core_hours > 0 || !(p.node_hours > 0))
            add_hours(out, p.core_hours, "core");
        buf_puts(out, p.core_hours > 0 && p.node_hours > 0 ? " and " : "");
        if (p.node_hours > 0)
            add_hours(out, p.node_hours, "node");
        buf_puts(out, !p.stated     ? ", as it took before"
                      : !p.measured ? ", as is stated or was learned"
                                    : ", as it took before, or is stated");
    }
    if (p.unknown) {
        buf_puts(out, p.measured || p.stated ? "; " : "  ");
        buf_puts(out, "how long ");
        status_counted(p.unknown, "task takes is not known", "tasks take is not known", out);
    }
    buf_putc(out, '\n');
}

static void
add_left_out(struct buf *out, uint32_t n, bool at_work)
{
    if (!n)
        return;
    status_counted(n, "chosen task stays as it is: it or what needs it",
        "chosen tasks stay as they are: they or what needs them", out);
    buf_puts(out, at_work ? " is with a job or run at work ('wflc status' shows them); --wait "
                            "waits for that to end\n"
                          : " was left by a job or run that died; the next one looks at what that "
                            "left: give the command again when it has begun\n");
}

static void
add_choice(struct redo *r)
{
    const struct redo_choice *c = &r->choice;
    const struct plan *p = r->asked.facts.plan;
    if (c->n) {
        status_counted(c->n, "task is made again", "tasks are made again", &r->out);
        if (c->n > c->nchosen) {
            buf_puts(&r->out, ": ");
            status_number(c->nchosen, &r->out);
            buf_puts(&r->out, " chosen, and ");
            status_number(c->n - c->nchosen, &r->out);
            buf_printf(&r->out, " that %s what they make",
                c->n - c->nchosen == 1 ? "needs" : "need");
        }
        buf_putc(&r->out, '\n');
        for (uint32_t f = 0; f < p->nfamilies; f++) {
            add_family(r, f, REDO_CHOSEN);
            add_family(r, f, REDO_FOLLOWS);
        }
        add_price(r);
    }
    add_left_out(&r->out, c->left_out, true);
}

/* --- to ask, and to do it --- */

/* False: no. */
static bool
asked_yes(struct redo *r)
{
    if (r->o->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        say("nobody can be asked here; --yes does it without, and --dry-run tells only");
        r->code = EXIT_USAGE;
        return false;
    }
    if (answers_yes("their outputs go into quarantine. Go on?"))
        return true;
    puts("nothing was done");
    r->code = EXIT_ERRORS;
    return false;
}

static void
add_made(struct redo *r, const struct redo_made *m)
{
    const struct quarantine *q = &m->quarantine;
    if (m->n) {
        status_counted(m->n, "task is", "tasks are", &r->out);
        buf_puts(&r->out, " on record as to be made again: the next job, or run, does so, and so "
                          "do jobs at work\n");
    }
    if (q->moved) {
        status_counted(q->moved, "old output is", "old outputs are", &r->out);
        buf_printf(&r->out, " in %s\n", path_for_people(q->folder.p));
    }
    if (q->aside) {
        status_counted(q->aside, "old output is", "old outputs are", &r->out);
        buf_printf(&r->out, " renamed, as that is another file system: %s%s\n",
            q->aside > 1 ? "the first is " : "", q->example.p);
    }
    add_left_out(&r->out, m->left_out, m->at_work);
    if (m->left_out)
        r->code = EXIT_ERRORS;
    if (q->left) {
        say("%" PRIu64 " old output%s cannot be renamed, and will be written over: %s", q->left,
            q->left == 1 ? "" : "s", q->trouble.p);
        r->code = EXIT_FILES;
    }
}

static void
asks(uint32_t nshards)
{
    say("jobs at work are asked for %u shard%s of the plan", nshards, nshards == 1 ? "" : "s");
}

static void
asks_and_waits(uint32_t nshards)
{
    say("waiting for %u shard%s of the plan, until what jobs or runs at work have of %s has ended",
        nshards, nshards == 1 ? "" : "s", nshards == 1 ? "it" : "them");
}

static void
make(struct redo *r)
{
    struct redo_made made;
    struct buf why = {0};
    const struct redo_how how = {.chosen = r->chosen,
        .waits = r->o->wait,
        .asks = r->o->wait ? asks_and_waits : asks};
    bool good = redo_make(r->asked.dir.p, r->asked.facts.plan, &how, &made, &why);
    if (good || made.quarantine.moved)
        add_made(r, &made);
    struct buf state = {0};
    buf_printf(&state, "%s/" BUILD_STATE, r->asked.dir.p);
    int err = good ? hooks_arm(r->asked.facts.plan, state.p) : 0;
    if (err)
        say("hooks in '%s/" STATE_HOOKS "' cannot be armed again: %s", state.p, strerror(err));
    buf_free(&state);
    if (!good) {
        say("%s", why.p);
        r->code = made.told_to_end ? EXIT_INTERRUPTED : EXIT_FILES;
    }
    redo_made_free(&made);
    buf_free(&why);
}

/* --- which --- */

/* What is not done yet will be made anyhow; but what runs now runs with what there is now. */
static void
tell_unmade(struct redo *r, const uint32_t *of, uint32_t unmade)
{
    uint32_t runs = of[STATUS_RUNNING];
    if (unmade > runs) {
        status_counted(unmade - runs, "task that is like that is", "tasks that are like that are",
            &r->out);
        buf_puts(&r->out, " not done yet, and made anyhow\n");
    }
    if (!runs)
        return;
    status_counted(runs, "task that is like that runs", "tasks that are like that run", &r->out);
    if (r->o->wait) {
        buf_printf(&r->out, " now, and %s made again when %s\n", runs == 1 ? "is" : "are",
            runs == 1 ? "it has ended" : "they have");
        return;
    }
    buf_printf(&r->out,
        " now, and %s; to have %s made again, use --wait, or give the command again "
        "when %s\n",
        runs == 1 ? "goes on" : "go on", runs == 1 ? "it" : "them",
        runs == 1 ? "it has ended" : "they have");
}

static bool
is_made(uint8_t state)
{
    return state == STATUS_DONE || state == STATUS_FAILED || state == STATUS_RUNNING;
}

static bool
choose(struct redo *r)
{
    const struct status *s = r->asked.facts.status;
    uint32_t ntasks = s->plan->head->ntasks, n = 0, of[STATUS_NSTATES] = {0};
    r->chosen = xcalloc((size_t)ntasks + 1, 1);
    for (uint32_t t = 0; t < ntasks; t++) {
        r->chosen[t] = asked_takes(&r->asked, t);
        n += r->chosen[t];
        of[s->state[t]] += r->chosen[t];
        r->chosen[t] &= is_made(s->state[t]); /* nor is it when it was made meanwhile */
    }
    bool *busy = xcalloc(s->plan->nshards, sizeof *busy);
    if (!r->o->wait)
        redo_busy(s, busy);
    redo_choose(s->plan, s->state, r->chosen, busy, &r->choice);
    free(busy);
    uint32_t made = of[STATUS_DONE] + of[STATUS_FAILED];
    if (!n)
        say("no task is like that");
    else
        tell_unmade(r, of, n - made);
    r->any = r->choice.n || (r->o->wait && of[STATUS_RUNNING]);
    return made || r->any;
}

static int
run(const struct options *o)
{
    struct redo r = {.o = o};
    if (!o->nargs || (o->nargs == 1 && !asked_is_term(o, o->arg[0]))) {
        say("which tasks? Say state=failed, family=NAME, or the like; 'wflc help redo' tells more");
        return EXIT_USAGE;
    }
    r.code = asked_read(o, ASKED_ALL, &r.asked);
    if (r.code == EXIT_OK)
        r.code = asked_enter(&r.asked, "redo belongs");
    if (r.code == EXIT_OK) {
        r.code = !choose(&r) || r.choice.left_out ? EXIT_ERRORS : EXIT_OK;
        add_choice(&r);
        put_out(&r.out, &r.code);
        fflush(stdout);
        if (r.any && !o->dry_run && asked_yes(&r))
            make(&r);
        put_out(&r.out, &r.code);
    }
    redo_choice_free(&r.choice);
    free(r.chosen);
    buf_free(&r.out);
    asked_free(&r.asked);
    return r.code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_DRY_RUN, "tell what would be made again, and what that takes"},
    {OPTION_YES, NULL},
    {OPTION_WAIT, "wait for tasks that run, instead of leaving out what has to do with them"},
};

const struct command command_redo = {
    .name = "redo",
    .args = "[FILE|DIR|NAME] TERM ...",
    .summary = "have tasks made again, with what was made of them",
    .text = ASKED_TEXT
    "Those of them that are done or have failed are made again, and so is all that was made "
    "of their\n"
    "outputs; old outputs go into a folder state/quarantine/N of the build. Tells first, "
    "and asks:\n"
    "    wflc redo family=draw v=479028 --dry-run\n"
    "    wflc redo state=failed reason=exit exit=7 --yes\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
