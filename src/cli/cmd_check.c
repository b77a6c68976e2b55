#include "config.h"

#include "cli/build.h"

static int
run(const struct options *o)
{
    struct built b = {0};
    int code = campaign_compile(o, &b);
    if (code == EXIT_OK && !o->quiet && !o->dump_ast && !o->dump_model && !o->dump_plan)
        printf("%s: %u famil%s, %u task%s, no errors\n", o->arg[0], b.plan->nfamilies,
            b.plan->nfamilies == 1 ? "y" : "ies", b.plan->head->ntasks,
            b.plan->head->ntasks == 1 ? "" : "s");
    built_free(&b);
    return code;
}

const struct command command_check = {
    .name = "check",
    .args = "FILE",
    .summary = "find everything that is wrong with a campaign",
    .text = "Reads FILE (- is standard input) and the tables that it names, and reports all errors\n"
            "in one go, each with its place and, where there is one, the remedy. Writes nothing.\n",
    .bit = COMMAND_CHECK,
    .least = 1,
    .most = 1,
    .run = run,
};
