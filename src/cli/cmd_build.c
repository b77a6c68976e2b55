/* wflc build. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

static int
run(const struct options *o)
{
    struct campaign_built b = {0};
    int code = campaign_build(o, false, &b);
    campaign_built_free(&b);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    {OPTION_SITE, "build for this site of the campaign only; may be repeated"},
    {OPTION_OUTPUT, "build in PATH/CAMPAIGN/SITE (default: build)"},
    {OPTION_NO_CONTAINERS, NULL},
    {OPTION_ACCEPT, NULL},
    {OPTION_DRY_RUN, "write nothing, tell what of what is done would stay so"},
    {OPTION_DEPFILE, NULL},
    {OPTION_DUMP_AST, NULL},
    {OPTION_DUMP_MODEL, NULL},
    {OPTION_DUMP_PLAN, NULL},
};

const struct command command_build = {
    .name = "build",
    .args = "FILE",
    .summary = "check a campaign and write what is needed to run it",
    .text =
        "Writes ROOT/CAMPAIGN/SITE for every site of the campaign, or for those of --site; for\n"
        "this machine (local) if it has none: the plan (campaign.wflp), the program that executes\n"
        "it (wfl-shim), the script of a job (job.sh), scripts that submit and cancel one, and a\n"
        "README. When another plan of the campaign is there already, tasks that are done and did\n"
        "not change stay done.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
