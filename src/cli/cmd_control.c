/* wflc control: orders to shims at work, and what of that is in force. */
#include "config.h"

#include "cli/commands.h"
#include "cli/control_cancel.h"
#include "command/control.h"

#include "diag/diag.h"
#include "journal/paths.h"
#include "report/control.h"

#include <string.h>

/* --- what is in force --- */

static int
show(const struct options *o, struct campaign_control *c)
{
    struct buf out = {0};
    int code = EXIT_OK;
    if (o->json) {
        control_json(c->control, c->state.p, &out);
        buf_putc(&out, '\n');
    } else if (o->all) {
        control_list(c->control, &out);
    } else {
        control_text(c->control, c->state.p, path_for_people(c->dir.p), true, &out);
    }
    if (!out.n)
        buf_puts(&out, "no order is in force\n");
    if (control_damaged(c->control))
        say("%u files in '%s/" STATE_CONTROL "' are damaged, and no orders",
            control_damaged(c->control), c->state.p);
    put_out(&out, &code);
    buf_free(&out);
    return code;
}

/* --- the command line --- */

enum verb { PAUSE, RESUME, DRAIN, EXCLUDE, INCLUDE, RELEASE, CANCEL, SHOW };
static const char *const verbs[] = {"pause", "resume", "drain", "exclude", "include", "release",
    "cancel"};

static enum verb
verb_of(const char *word)
{
    int v = 0;
    while (v < SHOW && strcmp(verbs[v], word) != 0)
        v++;
    return (enum verb)v;
}

/* False: what is wrong with the command line was said. */
static bool
check_line(const struct options *o, enum verb v, int names)
{
    bool to_drain = o->job || o->host;
    if (v == SHOW && names > 1) {
        const char *near = diag_nearest(o->arg[0], verbs, SHOW);
        say("'%s' is no order%s%s%s: wflc control %s", o->arg[0], near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "", command_control.args);
    } else if (v != CANCEL && names > 1) {
        say("control takes one campaign: wflc control %s", command_control.args);
    } else if (v == DRAIN && (o->job != NULL) == (o->host != NULL)) {
        say("drain whom? either --job ID or --host NAME");
    } else if (v != DRAIN && to_drain) {
        say("--%s is for 'drain'", o->job ? "job" : "host");
    } else if (v != SHOW && (o->all || o->json)) {
        say("--%s is for 'wflc control' without an order", o->all ? "all" : "json");
    } else if (v != CANCEL && o->dry_run) {
        say("--dry-run is for 'cancel'");
    } else {
        return true;
    }
    return false;
}

/* Gives the order, and says what became of it. */
static int
obey(const struct options *o, struct campaign_control *c, enum verb v)
{
    static const enum order_kind kinds[] = {
        [PAUSE] = ORDER_PAUSE,
        [RESUME] = ORDER_RESUME,
        [EXCLUDE] = ORDER_EXCLUDE,
        [INCLUDE] = ORDER_INCLUDE,
        [RELEASE] = ORDER_RELEASE,
    };
    struct buf told = {0};
    enum order_kind kind = v != DRAIN ? kinds[v] : o->job ? ORDER_DRAIN_JOB : ORDER_DRAIN_HOST;
    const char *of = v != DRAIN ? o->arg[1] : o->job ? o->job : o->host;
    int code = control_obey(c, kind, of, &told);
    if (code != EXIT_OK)
        say("%s", told.p);
    else if (!o->quiet)
        puts(told.p);
    buf_free(&told);
    return code;
}

static int
run(const struct options *o)
{
    struct campaign_control c = {0};
    enum verb v = o->nargs ? verb_of(o->arg[0]) : SHOW;
    bool host = v == EXCLUDE || v == INCLUDE, named = host || v == RELEASE;
    int first = (v != SHOW) + named;
    if (named && o->nargs < 2) {
        say("which %s? wflc control %s %s", host ? "host" : "gate", verbs[v],
            host ? "HOST" : "GATE");
        return EXIT_USAGE;
    }
    if (!check_line(o, v, o->nargs - first))
        return EXIT_USAGE;
    if (v == CANCEL) {
        struct options rest = *o;
        rest.arg++;
        rest.nargs--;
        return control_cancel_tasks(&rest);
    }
    struct buf told = {0};
    int code = find_build(o, o->nargs > first ? o->arg[first] : NULL, &c.dir);
    if (code == EXIT_OK)
        code = control_open(&c, &told);
    if (told.n)
        say("%s", told.p);
    const char *near = o->nargs && v == SHOW ? diag_nearest(o->arg[0], verbs, SHOW) : NULL;
    if (code != EXIT_OK && near)
        say("did you mean the order '%s'?", near);
    if (code == EXIT_OK)
        code = v == SHOW ? show(o, &c) : obey(o, &c, v);
    buf_free(&told);
    control_close(&c);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_JOB, "drain: all nodes of this job"},
    {OPTION_HOST, "drain: what is at work on this host"},
    {OPTION_ALL, "show every order that was ever given, who gave it, and when"},
    {OPTION_JSON, NULL},
    {OPTION_DRY_RUN, "cancel: only tell how many tasks that would be"},
    {OPTION_QUIET, NULL},
};

const struct command command_control = {
    .name = "control",
    .args = "[ORDER] [FILE|DIR|NAME]",
    .summary = "pause, resume, drain and cancel what runs, leave out hosts, release gates",
    .text =
        "Without an order it shows which are in force, who gave them, and when. Orders:\n"
        "    pause            nothing more is started; what runs goes on, and jobs stay\n"
        "    resume           it goes on\n"
        "    drain --job ID | --host NAME\n"
        "                     the job, or what is at work on the host, starts nothing more, and\n"
        "                     ends when its tasks have ended\n"
        "    exclude HOST     the host takes no more tasks, in this job or any other\n"
        "    include HOST     it does again\n"
        "    release GATE     tasks that this gate of the campaign held back may start\n"
        "    cancel [FILE|DIR|NAME] TERM ...\n"
        "                     tasks that these terms say ('wflc help tasks') are stopped, or not\n"
        "                     started, and not tried again\n"
        "Jobs at work obey within seconds.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
