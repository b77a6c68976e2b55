/* wflc submit: keeps the queue of a site filled with jobs of a campaign. */
#include "config.h"

#include "cli/commands.h"
#include "command/at_site.h"

#include "codegen/place.h"
#include "journal/paths.h"
#include "report/control.h"
#include "report/words.h"
#include "state/progress.h"
#include "submit/keep.h"
#include "util/rlimits.h"

#include <string.h>
#include <unistd.h>

/* How long to wait for a scheduler that is busy, at most, and between looks at processes here. */
enum { LONGEST_S = 900, LOCAL_S = 1 };

static void
describe(const struct at_site *a, const struct keep *k, const struct kept *out, struct buf *b)
{
    const struct job_counts *c = &out->ours;
    const struct {
        uint32_t n;
        const char *text;
    } states[] = {{c->running, "running"}, {c->waiting, "waiting"}, {c->held, "held"}};
    const char *before = "";
    buf_printf(b, "%s on %s: ", plan_string(a->plan, a->plan->head->campaign), plan_site(a->plan));
    if (out->submitted)
        buf_printf(b, "%u job%s %s%s%s%s; ", out->submitted, out->submitted == 1 ? "" : "s",
            k->dry_run ? "would be submitted" : "submitted", out->ids.n ? " (" : "",
            out->ids.n ? out->ids.p : "", out->ids.n ? ")" : "");
    for (int i = 0; i < 3; i++)
        if (states[i].n) {
            buf_printf(b, "%s%u %s", before, states[i].n, states[i].text);
            before = ", ";
        }
    buf_puts(b, *before ? "; " : out->submitted ? "" : "no jobs; ");
    status_number(out->tasks.of[STATUS_DONE], b);
    buf_puts(b, " of ");
    status_number(out->tasks.total, b);
    buf_puts(b, " tasks are done");
    if (out->tasks.of[STATUS_FAILED])
        buf_printf(b, ", %u failed", out->tasks.of[STATUS_FAILED]);
    if (out->nodes)
        buf_printf(b, ", and %u node%s still at work", out->nodes,
            out->nodes == 1 ? " is" : "s are");
    buf_putc(b, '\n');
}

static void
remedy(const struct at_site *a, const struct kept *out)
{
    const char *dir = path_for_people(a->dir.p);
    switch (out->end) {
    case KEEP_FAILED:
        say("%s: 'wflc status %s' tells why; to try them once more: wflc submit --again %s",
            out->why.p, dir, dir);
        break;
    case KEEP_FRUITLESS:
        say("%s. See %s/" BUILD_STATE "/" STATE_JOBS
            " for what they printed, 'wflc status %s' for the tasks, and that "
            "a task "
            "can finish within a job; then: wflc submit --again %s",
            out->why.p, dir, dir, dir);
        break;
    case KEEP_REFUSED:
        say("%s. The job is %s/job.sh; mend the campaign or the profile of the site and build "
            "again",
            out->why.p, dir);
        break;
    case KEEP_DOUBTED:
        say("%s. When it is well again: wflc submit --again %s", out->why.p, dir);
        break;
    case KEEP_LATER:
    case KEEP_UNKNOWN:
        say("%s", out->why.p);
        break;
    case KEEP_GOOD:
    case KEEP_DONE:
        break;
    }
}

/* An end that another pass may better. */
static bool
passes(enum keep_end end)
{
    return end == KEEP_GOOD || end == KEEP_LATER || end == KEEP_UNKNOWN;
}

static int
code_of(const struct kept *out)
{
    bool there = out->ours.running + out->ours.waiting + out->ours.held > 0;
    switch (out->end) {
    case KEEP_GOOD:
    case KEEP_DONE:
        return EXIT_OK;
    case KEEP_LATER: /* with jobs in the queue it is how a top-up ends */
        return there ? EXIT_OK : EXIT_INTERRUPTED;
    case KEEP_UNKNOWN:
        return EXIT_FILES;
    case KEEP_FAILED:
    case KEEP_FRUITLESS:
    case KEEP_REFUSED:
    case KEEP_DOUBTED:
        break;
    }
    return EXIT_ERRORS;
}

/* The line is printed when it changes, so that a watch over weeks leaves a short log. */
static void
show(const struct options *o, const struct at_site *a, const struct keep *k, const struct kept *out,
    struct buf *last)
{
    struct buf line = {0};
    if (out->tasks.total)
        describe(a, k, out, &line);
    if (!o->quiet && out->news.n)
        fwrite(out->news.p, 1, out->news.n, stdout);
    if (!o->quiet && line.n && (!last->n || strcmp(line.p, last->p) != 0))
        fwrite(line.p, 1, line.n, stdout);
    fflush(stdout);
    if (line.n) {
        buf_reset(last);
        buf_puts(last, line.p);
    }
    buf_free(&line);
}

static int
keep_on(const struct options *o, const struct at_site *a, struct keep *k)
{
    struct buf last = {0};
    struct kept out;
    bool local = a->site->scheduler.kind == SITE_LOCAL;
    unsigned least = local ? LOCAL_S : (unsigned)a->site->scheduler.poll_s, wait = least;
    for (bool said = false;;) {
        keep_pass(k, &out);
        show(o, a, k, &out, &last);
        bool good = out.end == KEEP_GOOD, stays = o->watch && passes(out.end);
        if (good)
            said = false;
        if (!said || !stays)
            remedy(a, &out);
        said = !good;
        if (!stays || (k->most == 0 && good))
            break;
        /* a scheduler that is busy is asked less and less often */
        wait = good ? least : 2 * wait < LONGEST_S ? 2 * wait : LONGEST_S;
        kept_free(&out);
        sleep(wait);
    }
    int code = code_of(&out);
    kept_free(&out);
    buf_free(&last);
    return code;
}

/* Slurm and Flux hand limits on to jobs, too, but not so that these could not raise them; others
 * take none from here. */
static void
warn_of_limits(const struct at_site *a)
{
    struct buf text = {0};
    int kind = a->site->scheduler.kind;
    if ((kind == SITE_LOCAL || kind == SITE_LSF) && rlimits_list(0, true, &text))
        say("jobs and their tasks will have the limits of this shell: %s", text.p);
    buf_free(&text);
}

/* Jobs of a paused campaign start nothing. */
static void
tell_orders(const struct at_site *a)
{
    struct buf state = {0}, text = {0};
    buf_printf(&state, "%s/" BUILD_STATE, a->dir.p);
    struct control *c = control_new(state.p, a->plan->head->identity);
    control_read_now(c);
    control_text(c, state.p, path_for_people(a->dir.p), false, &text);
    if (text.n)
        fwrite(text.p, 1, text.n, stdout);
    control_free(c);
    buf_free(&state);
    buf_free(&text);
}

static void
tell_slow(uint64_t outputs)
{
    struct buf n = {0};
    status_number(outputs, &n);
    say("looking whether %s outputs of done tasks are still there", n.p);
    buf_free(&n);
}

static int
run(const struct options *o)
{
    struct at_site a = {0};
    struct place place = {0};
    struct buf ending = {0};
    int code = at_site_open(o, o->nargs ? o->arg[0] : NULL, &a);
    if (code == EXIT_OK && o->watch && o->dry_run) {
        say("--dry-run looks once: it goes without --watch");
        code = EXIT_USAGE;
    }
    if (code == EXIT_OK) {
        place_read(a.dir.p, &place);
        if (o->ending)
            job_id_normal((enum site_kind)a.site->scheduler.kind, o->ending, &ending);
        struct keep k = {.scheduler = a.scheduler,
            .queue = a.queue,
            .keep = option_given(o, OPTION_KEEP) ? (uint32_t)o->keep : UINT32_MAX,
            .most = option_given(o, OPTION_JOBS) ? (uint32_t)o->jobs : UINT32_MAX,
            .chain = o->chain,
            .again = o->again,
            .dry_run = o->dry_run,
            .dir = path_for_people(a.dir.p),
            .work = place.work.n ? place.work.p : NULL,
            .hooks = o->watch,
            .copy = place.elsewhere,
            .slow = o->quiet ? NULL : tell_slow,
            .ending = ending.p};
        warn_of_limits(&a);
        if (!o->quiet)
            tell_orders(&a);
        code = keep_on(o, &a, &k);
        buf_free(&k.told);
    }
    buf_free(&ending);
    place_free(&place);
    at_site_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_KEEP, "have N jobs at a time, while there are ready tasks that they could share "
                  "(default: what the work is worth)"},
    {OPTION_JOBS, "submit no more than N jobs"},
    {OPTION_WATCH, "stay, and submit more as jobs end, until all is done"},
    {OPTION_CHAIN, "let each job wait for the end of the one before"},
    {OPTION_AGAIN, "have what failed tried again, once, and submit jobs for it"},
    {OPTION_DRY_RUN, "submit nothing, print what would be"},
    {OPTION_ENDING, "this job is about to end, and is not counted among those that are there"},
    {OPTION_QUIET, NULL},
};

const struct command command_submit = {
    .name = "submit",
    .args = "[FILE|DIR|NAME]",
    .summary = "submit jobs of a built campaign, as many as the queue takes and the work is worth",
    .text =
        "Of the campaign in FILE, of the one built in folder DIR, or of the campaign NAME; "
        "without\n"
        "any of them, of the only campaign in the build folder. Give the same command again, by\n"
        "hand or from cron, and it submits what is missing; with --watch it stays and does so.\n"
        "It submits nothing when all is done, when all that is left has failed, or when the last\n"
        "jobs ended without a task done; --again has the tasks that failed by then tried once "
        "more.\n"
        "The exit status is 1 if nothing more is submitted and not all is done, and if the\n"
        "scheduler refuses the job, 4 if there is no job and none can be submitted now.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
