#include "config.h"

#include "cli/build.h"

static int
run(const struct options *o)
{
    struct built b = {0};
    int code = campaign_build(o, &b);
    if (code == EXIT_OK && !o->quiet && !o->dump_ast && !o->dump_model && !o->dump_plan)
        printf("%s: %u tasks, ready in %s; start with %s/job.sh\n", b.name.p, b.plan->head->ntasks,
            path_for_people(b.dir.p), path_for_people(b.dir.p));
    built_free(&b);
    return code;
}

const struct command command_build = {
    .name = "build",
    .args = "FILE",
    .summary = "check a campaign and write what is needed to run it",
    .text = "Writes ROOT/CAMPAIGN/local: the plan (campaign.wflp), the program that executes it\n"
            "(wfl-shim), a script that starts it (job.sh) and a README. When another plan of the\n"
            "campaign is there already, tasks that are done and did not change stay done.\n",
    .bit = COMMAND_BUILD,
    .least = 1,
    .most = 1,
    .run = run,
};
