/* wflc plan: what a campaign will be like, on one site or on several side by side. */
#include "config.h"

#include "cli/build.h"

#include "outlook/text.h"

#include <stdlib.h>
#include <string.h>

/* What to do with the compiled campaign, which is gone when the compiler is done. */
struct planning {
    const struct options *o;
    struct outlook *outlook;
    bool has_outlook;
    /* The model must live as long as the outlook: what is printed of it, is printed here. */
    void (*print)(const struct outlook *o, struct buf *out);
    struct buf out;
};

static void
look_ahead(const struct model *m, const struct buf *image, void *arg)
{
    struct planning *p = arg;
    const struct site *site = NULL;
    const struct here machine = build_here(p->o);
    const struct node_room here = {.memory = machine.memory,
        .cores = machine.cores,
        .gpus = PLAN_NONE};
    for (unsigned i = 0; i < m->nsites; i++)
        if (m->sites[i].profile && strcmp(m->sites[i].name, m->site) == 0)
            site = &m->sites[i];
    p->has_outlook = outlook_make(p->outlook, m->diags, m, image, site, &here);
    if (p->has_outlook)
        p->print(p->outlook, &p->out);
}

/* Compiles for one site, and appends what is printed to p->out. What is wrong is said once, though
 * it may be found for several sites. */
static int
plan_one(const struct options *o, const char *site, struct planning *p, struct buf *said)
{
    struct options one = *o;
    struct outlook outlook = {0};
    struct built b = {0};
    char *text = NULL;
    size_t n = 0;
    const struct compiling how = {.judges_here = true,
        .with_model = look_ahead,
        .arg = p,
        .messages = open_memstream(&text, &n)};
    one.site = site ? site : "local"; /* the campaign need not fit its sites then */
    p->outlook = &outlook;
    int code = campaign_compile(&one, &how, &b);
    fclose(how.messages);
    messages_once(text, said);
    free(text);
    outlook_free(&outlook);
    built_free(&b);
    return code;
}

static int
plan(const struct options *o)
{
    struct planning p = {.o = o, .print = o->json ? outlook_json : outlook_text};
    struct buf said = {0};
    int code = plan_one(o, o->site, &p, &said);
    buf_free(&said);
    if (p.out.n)
        put_out(&p.out, &code);
    buf_free(&p.out);
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
        struct planning p = {.o = o, .print = o->json ? outlook_json : outlook_column};
        int one = plan_one(o, name, &p, &said);
        if (one != EXIT_OK)
            code = one;
        if (o->json) {
            buf_puts(&out, p.out.n ? out.n ? ", " : "[" : "");
            buf_add(&out, p.out.p, p.out.n);
        }
        column = xrealloc(column, (n + 1) * sizeof *column);
        if (p.out.n)
            column[n++] = p.out;
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
