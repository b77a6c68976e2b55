/* wflc plan: what a campaign will be like, on one site or on several side by side. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

#include "journal/paths.h"
#include "outlook/text.h"
#include "state/control.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

/* What happened to the campaign as it was built for this site, if it was: the record, if it has
 * begun, and what people ordered, which may be before that. */
static struct status *
look_back(const struct options *o, struct outlook *outlook, struct control **orders)
{
    struct buf dir = {0}, state = {0}, why = {0};
    buf_printf(&dir, "%s/%s/%s", o->output, outlook->m->campaign, outlook->name);
    buf_printf(&state, "%s/" BUILD_STATE, dir.p);
    *orders = control_new(state.p, outlook->plan->head->identity);
    control_read_now(*orders);
    outlook_add_gates(outlook, *orders);
    struct status *s = status_read(dir.p, now_us(), &why);
    if (s && !s->all.of[STATUS_DONE] && !book_ends(s->book)) {
        status_free(s);
        s = NULL;
    }
    if (s)
        outlook_add_left(outlook, s);
    buf_free(&dir);
    buf_free(&state);
    buf_free(&why);
    return s;
}

/* Appends what is printed of one site, which the campaign was compiled for. */
static bool
look_ahead(const struct options *o, const struct compilation *c,
    void (*print)(const struct outlook *o, struct buf *out), struct buf *out)
{
    struct outlook outlook;
    const struct here machine = build_here(o);
    const struct node_room here = {.memory = machine.memory,
        .cores = machine.cores,
        .gpus = PLAN_NONE};
    bool good = outlook_make(&outlook, c->diags, c->model, c->plan, target_site(c->model), &here) &&
                !diag_failed(c->diags);
    struct control *orders = NULL;
    struct status *begun = good ? look_back(o, &outlook, &orders) : NULL;
    if (good)
        print(&outlook, out);
    control_free(orders);
    status_free(begun);
    outlook_free(&outlook);
    return good;
}

/* Compiles for one site, and appends what is printed. What is wrong is said once, though it may be
 * found for several sites. */
static int
plan_one(const struct options *o, const char *site,
    void (*print)(const struct outlook *o, struct buf *out), struct buf *out, struct buf *said)
{
    const struct compiling how = {.judges_here = true,
        .draft = true,
        .site = site ? site : "local"}; /* the campaign need not fit its sites then */
    struct diags *d = diag_new();
    struct compilation *c = NULL;
    int code = campaign_compile_in(d, o, &how, &c);
    if (code == EXIT_OK && !look_ahead(o, c, print, out))
        code = EXIT_ERRORS;
    messages_once(d, o, said);
    compilation_free(c);
    diag_free(d);
    return code;
}

static int
plan(const struct options *o)
{
    struct buf out = {0}, said = {0};
    int code = plan_one(o, o->site, o->json ? outlook_json : outlook_text, &out, &said);
    if (out.n)
        put_out(&out, &code);
    buf_free(&said);
    buf_free(&out);
    return code;
}

/* Sites that the campaign does not fit are left out; what is wrong was said. */
static int
compare(const struct options *o)
{
    int code = EXIT_OK;
    char *names = xstrdup(o->compare), *at = names, *name;
    struct buf out = {0}, said = {0}, *column = NULL;
    size_t n = 0;
    while ((name = strsep(&at, ","))) {
        struct buf one_out = {0};
        int one = plan_one(o, name, o->json ? outlook_json : outlook_column, &one_out, &said);
        if (one != EXIT_OK)
            code = one;
        if (o->json) {
            buf_puts(&out, one_out.n ? out.n ? ", " : "[" : "");
            buf_add(&out, one_out.p, one_out.n);
        }
        column = xrealloc(column, (n + 1) * sizeof *column);
        if (one_out.n)
            column[n++] = one_out;
    }
    if (o->json)
        buf_puts(&out, out.n ? "]\n" : "[]\n");
    else
        outlook_compare(column, n, &out);
    put_out(&out, &code);
    for (size_t i = 0; i < n; i++)
        buf_free(&column[i]);
    free(column);
    free(names);
    buf_free(&out);
    buf_free(&said);
    return code;
}

static int
run(const struct options *o)
{
    if (option_given(o, OPTION_COMPARE) && o->site) {
        say("--compare names the sites, so --site has nothing to say");
        return EXIT_USAGE;
    }
    return option_given(o, OPTION_COMPARE) ? compare(o) : plan(o);
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    OPTION_SITE_LOOKED_AT,
    {OPTION_COMPARE, "put sites side by side; their names with commas between them"},
    {OPTION_CORES, "judge by N cores (default: all of this machine)"},
    {OPTION_MEMORY, "judge by so much memory, e.g. \"12 GB\" (default: 90 % of this machine's)"},
    {OPTION_JSON, NULL},
};

const struct command command_plan = {
    .name = "plan",
    .args = "FILE",
    .summary = "tell what a campaign will be like on a site, before it is started",
    .text =
        "Compiles FILE for a site of the campaign (--site; default: this machine) and tells what\n"
        "runs, how many tasks a node has room for and why, how much work it is, which jobs are\n"
        "asked for, and how long they should take. Writes nothing.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
