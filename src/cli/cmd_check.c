/* wflc check. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

static int
list_checks(void)
{
    static const char *const finds[] = {"error", "warning", "off", "error, warning"};
    size_t n;
    const struct check *c = checks_all(&n);
    for (size_t i = 0; i < n; i++)
        printf("%-14s %-14s %s\n", c[i].name, finds[c[i].finds], c[i].meaning);
    return EXIT_OK;
}

static int
run(const struct options *o)
{
    if (option_given(o, OPTION_LIST))
        return list_checks();
    struct campaign c;
    const struct compiling how = {.judges_here = true};
    int code = campaign_compile(o, &how, &c);
    const struct plan *p = code == EXIT_OK ? c.compiled->plan : NULL;
    if (p && !o->quiet && !o->dump_ast && !o->dump_model && !o->dump_plan)
        printf("%s: %u famil%s, %u task%s, no errors\n", o->arg[0], p->nfamilies,
            p->nfamilies == 1 ? "y" : "ies", p->head->ntasks, p->head->ntasks == 1 ? "" : "s");
    campaign_free(&c);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    OPTION_SITE_LOOKED_AT,
    {OPTION_CORES, "judge by N cores (default: all of this machine)"},
    {OPTION_MEMORY, "judge by so much memory, e.g. \"12 GB\" (default: 90 % of this machine's)"},
    {OPTION_LIST, "list the checks; no campaign is read"},
    {OPTION_DEPFILE, NULL},
    {OPTION_DUMP_AST, NULL},
    {OPTION_DUMP_MODEL, NULL},
    {OPTION_DUMP_PLAN, NULL},
};

const struct command command_check = {
    .name = "check",
    .args = "FILE",
    .summary = "find everything that is wrong with a campaign",
    .text =
        "Reads FILE (- is standard input) and the tables that it names, and reports all errors\n"
        "in one go, each with its place and, where there is one, the remedy. Writes nothing.\n"
        "Every message ends with the name of its check: 'wflc explain NAME' tells more of it.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
