#include "config.h"

#include "codegen/local.h"

#include "codegen/folder.h"
#include "codegen/prepare.h"
#include "codegen/sh.h"

bool
local_script(const struct job *j, struct buf *out, struct buf *why)
{
    struct sh s;
    sh_begin(&s, "/bin/sh");
    sh_comment(&s, "Runs campaign %s on this machine; made by wflc build from %s.", j->campaign,
        j->source);
    sh_comment(&s, "Done tasks are not run again: start it as often as needed.");
    sh_code(&s, "set -eu");
    sh_code(&s, "here=$(cd -- \"$(dirname -- \"$0\")\" && pwd -P)");
    sh_blank(&s);
    sh_comment(&s,
        "A copy has a record of its own, of the same outputs; what was only moved is none.");
    sh_assign(&s, "made", j->dir);
    sh_code(&s, "if [ \"$here\" != \"$made\" ] && [ -e \"$made/job.sh\" ]; then");
    sh_code(&s, "    echo \"$0: this is a copy of $made: run that one\" >&2");
    sh_code(&s, "    exit 2");
    sh_code(&s, "fi");
    sh_blank(&s);
    sh_comment(&s, "Relative names in the campaign start here.");
    sh_assign(&s, "work", j->workdir);
    sh_code(&s, "cd -- \"$work\"");
    sh_blank(&s);
    sh_code(&s, "exec \"$here/wfl-shim\" run \"$here\" \"$@\"");
    bool good = s.why.n == 0;
    if (good)
        buf_add(out, s.out.p, s.out.n);
    else
        buf_printf(why, "cannot write job.sh: %s", s.why.p);
    sh_free(&s);
    return good;
}

void
local_readme(const struct job *j, bool images, struct buf *out)
{
    buf_printf(out,
        "Campaign %s, %u tasks, to be run on this machine.\n"
        "Made by wflc build from %s; building again replaces these files, never state/.\n"
        "\n"
        "%s"
        "  job.sh         runs the campaign; options: job.sh --cores N --memory BYTES\n"
        "  campaign.wflp  what to run: every task, its command, its outputs\n"
        "  wfl-shim       runs the tasks, checks their outputs, keeps the record\n"
        "  state/         the record (journal) and the tasks' output (logs); appears at run time\n"
        "\n"
        "run or resume    ./job.sh            tasks that are done are not run again,\n"
        "                                     those that failed are tried again\n"
        "see              wflc status .       also while it runs; --all lists every failed task\n"
        "stop             press Ctrl-C, or send job.sh's process a TERM signal: running tasks are\n"
        "                 finished; a second time: they are stopped\n"
        "start afresh     remove state/ while nothing runs; all tasks are run again\n",
        j->campaign, j->ntasks, j->source, images ? PREPARE_README : "");
}
