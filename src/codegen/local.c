#include "config.h"

#include "codegen/local.h"

#include "codegen/sh.h"
#include "util/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Does `path` hold exactly these bytes, with these permission bits to run it? */
static bool
same(const char *path, const struct buf *b, mode_t mode)
{
    struct stat st;
    if (stat(path, &st) != 0 || (uint64_t)st.st_size != b->n || (mode & 0100 & ~st.st_mode))
        return false;
    struct buf old = {0};
    bool equal = file_read(path, &old) == 0 && old.n == b->n && memcmp(old.p, b->p, b->n) == 0;
    buf_free(&old);
    return equal;
}

static bool
put(const char *dir, const char *name, const struct buf *b, mode_t mode, struct buf *why)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", dir, name);
    int err = same(path.p, b, mode) ? 0 : file_write_atomic(path.p, b->p, b->n, mode);
    if (err)
        buf_printf(why, "cannot write '%s': %s", path.p, strerror(err));
    buf_free(&path);
    return err == 0;
}

static bool
put_job(const struct plan *p, const char *dir, const char *workdir, struct buf *why)
{
    struct sh s;
    sh_begin(&s);
    sh_comment(&s, "Runs campaign %s on this machine; made by wflc build from %s.",
        plan_string(p, p->head->campaign), plan_place_name(p, PLACE_SOURCE, 0));
    sh_comment(&s, "Done tasks are not run again: start it as often as needed.");
    sh_code(&s, "set -eu");
    sh_code(&s, "here=$(cd -- \"$(dirname -- \"$0\")\" && pwd -P)");
    sh_blank(&s);
    sh_comment(&s, "Relative names in the campaign start here.");
    sh_assign(&s, "work", workdir);
    sh_code(&s, "cd -- \"$work\"");
    sh_blank(&s);
    sh_code(&s, "exec \"$here/wfl-shim\" run \"$here\" \"$@\"");
    bool good = s.why.n == 0;
    if (!good)
        buf_printf(why, "cannot write job.sh: %s", s.why.p);
    good = good && put(dir, "job.sh", &s.out, 0777, why);
    sh_free(&s);
    return good;
}

static bool
put_readme(const struct plan *p, const char *dir, struct buf *why)
{
    struct buf b = {0};
    buf_printf(&b,
        "Campaign %s, %u tasks, to be run on this machine.\n"
        "Made by wflc build from %s; building again replaces these files, never state/.\n"
        "\n"
        "  job.sh         runs the campaign; options: job.sh --cores N --memory BYTES\n"
        "  campaign.wflp  what to run: every task, its command, its outputs\n"
        "  wfl-shim       runs the tasks, checks their outputs, keeps the record\n"
        "  state/         the record (journal) and the tasks' output (logs); appears at run time\n"
        "\n"
        "run or resume    ./job.sh            tasks that are done are not run again\n"
        "see              wflc status .       also while it runs; --all lists every failed task\n"
        "stop             press Ctrl-C, or send job.sh's process a TERM signal: running tasks are\n"
        "                 finished; a second time: they are stopped\n"
        "start afresh     remove state/ while nothing runs; all tasks are run again\n",
        plan_string(p, p->head->campaign), p->head->ntasks, plan_place_name(p, PLACE_SOURCE, 0));
    bool good = put(dir, "README", &b, 0666, why);
    buf_free(&b);
    return good;
}

static bool
put_shim(const char *dir, const char *shim_path, struct buf *why)
{
    struct buf b = {0};
    int err = file_read(shim_path, &b);
    if (err)
        buf_printf(why, "cannot read the program '%s': %s", shim_path, strerror(err));
    bool good = !err && put(dir, "wfl-shim", &b, 0777, why);
    buf_free(&b);
    return good;
}

bool
emit_local(const struct plan *p, const char *dir, const char *workdir, const char *shim_path,
    struct buf *why)
{
    int err = dir_make(dir);
    if (err) {
        buf_printf(why, "cannot make the folder '%s': %s", dir, strerror(err));
        return false;
    }
    /* the plan last: with it, the folder is what it says */
    struct buf image = {.p = (char *)p->base, .n = p->size};
    return put_shim(dir, shim_path, why) && put_job(p, dir, workdir, why) &&
           put_readme(p, dir, why) && put(dir, "campaign.wflp", &image, 0666, why);
}
