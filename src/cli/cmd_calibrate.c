/* wflc calibrate: what a campaign should state of memory and time, by its record. */
#include "config.h"

#include "calibrate/calibrate.h"
#include "cli/commands.h"
#include "command/build.h"
#include "cost/machine.h"
#include "outlook/text.h"
#include "state/status.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TASKS = 1 << 20 }; /* to look ahead, which takes time then */

/* The campaign's file: that which was named, or the one of which the plan was made. */
static const char *
source_of(const struct options *o, const struct plan *p)
{
    size_t n = o->nargs ? strlen(o->arg[0]) : 0;
    if (n > 4 && strcmp(o->arg[0] + n - 4, ".wfl") == 0 && access(o->arg[0], R_OK) == 0)
        return o->arg[0];
    return plan_place_name(p, PLACE_SOURCE, 0);
}

/* The campaign as it is written now, or with what the lines say. */
struct compiled {
    struct diags *d; /* messages are for who checks it */
    struct compilation *c;
    bool applied;
    /* that it is to state: */
    const struct calibration *calibration;
    const struct calibrate_source *source;
};

static void
apply(void *arg, struct model *m)
{
    struct compiled *c = arg;
    c->applied = calibration_apply(c->calibration, c->source, m);
}

/* False: it cannot be had. */
static bool
compile_source(const struct options *o, const struct plan *p, struct compiled *c)
{
    char *file = xstrdup(source_of(o, p));
    struct options how = *o;
    const struct compiling compiling = {.draft = true,
        .site = plan_site(p),
        .change = c->calibration ? apply : NULL,
        .change_arg = c};
    how.arg = &file;
    how.nargs = 1;
    how.quiet = true;
    c->d = diag_new();
    bool good =
        access(file, R_OK) == 0 && campaign_compile_in(c->d, &how, &compiling, &c->c) == EXIT_OK;
    free(file);
    return good;
}

static void
compiled_free(struct compiled *c)
{
    compilation_free(c->c);
    if (c->d)
        diag_free(c->d);
}

/* --- what wflc plan would tell --- */

static bool
look_ahead(const struct compiled *c, void (*print)(const struct outlook *o, struct buf *out),
    struct buf *out)
{
    struct outlook outlook;
    const struct node_room here = {.memory = machine_task_memory(),
        .cores = machine_cores(),
        .gpus = PLAN_NONE};
    bool good =
        outlook_make(&outlook, c->d, c->c->model, c->c->plan, target_site(c->c->model), &here) &&
        !diag_failed(c->d);
    if (good)
        print(&outlook, out);
    outlook_free(&outlook);
    return good;
}

/* With what is stated, and with the lines; false: there are none, or it cannot be told. */
static bool
look_both_ways(const struct options *o, const struct calibration *c, const struct compiled *now,
    const struct calibrate_source *source, struct buf *before, struct buf *after)
{
    struct compiled then = {.calibration = c, .source = source};
    void (*print)(const struct outlook *, struct buf *) = o->json ? outlook_json : outlook_column;
    bool good = c->status->plan->head->ntasks <= MOST_TASKS &&
                compile_source(o, c->status->plan, &then) && then.applied &&
                look_ahead(now, print, before) && look_ahead(&then, print, after);
    compiled_free(&then);
    return good;
}

static void
print_change(const struct options *o, const struct calibration *c, const struct compiled *now,
    const struct calibrate_source *source, struct buf *out)
{
    struct buf before = {0}, after = {0}, lines = {0};
    bool good = look_both_ways(o, c, now, source, &before, &after);
    if (good && o->json) {
        buf_printf(out, "[%s, %s]", before.p, after.p);
    } else if (good) {
        outlook_differences(&before, &after, "# ", &lines);
        if (lines.n)
            buf_printf(out, "\n# %-24s%18s%18s\n%s", "wflc plan would tell", "as stated",
                "with these lines", lines.p);
    } else if (o->json) {
        buf_puts(out, "null");
    }
    buf_free(&before);
    buf_free(&after);
    buf_free(&lines);
}

static int
print(const struct options *o, const struct status *s)
{
    struct calibration c;
    struct compiled now = {0};
    struct buf out = {0}, plan = {0};
    int code = EXIT_OK, err = calibration_make(&c, s);
    bool good = compile_source(o, s->plan, &now);
    if (err) {
        say("the journals cannot be read: %s", strerror(err));
        code = EXIT_FILES;
    } else if (!good && o->ndefine && diag_failed(now.d)) {
        /* who gives parameters wants lines, and it may be for these that there are none */
        diag_print(now.d, stderr, o->colour, (unsigned)o->max_errors);
        code = EXIT_ERRORS;
    } else {
        const struct calibrate_source source = {good ? now.c->model : NULL, now.d,
            good ? now.c->plan : NULL};
        if (good)
            print_change(o, &c, &now, &source, &plan);
        if (o->json)
            calibration_json(&c, good ? &source : NULL, plan.n ? plan.p : "null", &out);
        else
            calibration_text(&c, good ? &source : NULL, &out);
        if (!o->json && plan.n)
            buf_add(&out, plan.p, plan.n);
        put_out(&out, &code);
    }
    calibration_free(&c);
    compiled_free(&now);
    buf_free(&plan);
    buf_free(&out);
    return code;
}

static int
run(const struct options *o)
{
    struct buf dir = {0}, why = {0};
    struct status *s = NULL;
    int code = find_build(o, o->nargs ? o->arg[0] : NULL, &dir);
    if (code == EXIT_OK) {
        s = status_read(dir.p, now_us(), &why);
        code = s ? print(o, s) : EXIT_FILES;
    }
    if (why.n)
        say("%s", why.p);
    status_free(s);
    buf_free(&dir);
    buf_free(&why);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_DEFINE, "as for build: what the campaign cannot be compiled without"},
    {OPTION_INCLUDE, NULL},
    {OPTION_JSON, NULL},
};

const struct command command_calibrate = {
    .name = "calibrate",
    .args = "[FILE|DIR|NAME]",
    .summary = "tell what to state of memory and time, by what tasks used",
    .text =
        "Prints lines to paste into the campaign, with how sure they are:\n"
        "    wflc calibrate dc2\n"
        "Memory is what 95 of 100 processes stay within, and a tenth more; where these had\n"
        "different numbers of tasks, terms are told apart. Time is what half of the attempts do\n"
        "not exceed. Warns where what is used depends on something that is not stated, and tells "
        "what\n"
        "would be different in wflc plan.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
