#include "config.h"

#include "codegen/folder.h"

#include "codegen/emitter.h"
#include "codegen/local.h"
#include "codegen/prepare.h"
#include "codegen/variables.h"
#include "util/file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
put_shim(const char *dir, const char *shim_path, struct buf *why)
{
    struct buf b = {0};
    int err = file_read(shim_path, &b);
    if (err)
        buf_printf(why, "cannot read the program '%s': %s", shim_path, file_error(err));
    bool good = !err && put(dir, "wfl-shim", &b, 0777, why);
    buf_free(&b);
    return good;
}

/* --- submitting and cancelling by hand --- */

static bool
finish(struct sh *s, const char *name, struct buf *out, struct buf *why)
{
    bool good = s->why.n == 0;
    if (good)
        buf_add(out, s->out.p, s->out.n);
    else
        buf_printf(why, "cannot write %s: %s", name, s->why.p);
    sh_free(s);
    return good;
}

static void
command(struct sh *s, const char *key, const struct site_texts *argv)
{
    for (size_t i = 0; i < argv->n; i++)
        sh_word(s, key, argv->v[i]);
}

static bool
submit_script(const struct job *j, const struct buf *job, struct buf *out, struct buf *why)
{
    struct sh s;
    struct header head = {0};
    (void)emitter_of(j->site->scheduler.kind)->read(job->p, job->n, &head, why); /* proven */
    sh_begin(&s, "/bin/sh");
    sh_comment(&s, "Submits one job of campaign %s to %s; options go to %s. 'wflc submit' keeps",
        j->campaign, j->site_name, j->site->scheduler.submit.v[0]);
    sh_comment(&s, "a queue filled within its limits.");
    sh_code(&s, "set -eu");
    sh_assign(&s, "here", j->dir);
    sh_comment(&s,
        "The scheduler makes no folders: without this one the job would fail, or be held.");
    sh_code(&s, "mkdir -p -- \"$here/state/jobs\"");
    sh_code(&s, "cd -- \"$here\"");
    const char *script = "job.sh";
    if (j->site->scheduler.kind == SITE_COBALT) {
        sh_comment(&s,
            "Cobalt reads the script when the job starts: one that no later build replaces.");
        sh_code(&s, "script=$here/state/jobs/job-$(cksum <job.sh | cut -d ' ' -f 1).sh");
        sh_code(&s,
            "[ -x \"$script\" ] || { cp job.sh \"$script.$$\" && chmod 755 \"$script.$$\" &&");
        sh_code(&s, "    mv \"$script.$$\" \"$script\"; }");
        script = "\"$script\"";
    }
    variables_put(&s, j->site->scheduler.kind, &head);
    header_free(&head);
    sh_code(&s, "code=0");
    sh_raw(&s, "said=$(exec");
    command(&s, "scheduler.submit", &j->site->scheduler.submit);
    sh_raw(&s, j->site->scheduler.submit_stdin ? " \"$@\" <" : " \"$@\" ");
    sh_raw(&s, script);
    sh_raw(&s, ") || code=$?\n");
    sh_code(&s, "[ -z \"$said\" ] || printf '%s\\n' \"$said\"");
    sh_comment(&s, "By this, 'wflc queue' and 'wflc cancel --all' know the job.");
    sh_code(&s, "note=$here/state/by-hand/$(date +%s).$$");
    sh_code(&s, "[ -z \"$said\" ] || { mkdir -p -- \"$here/state/by-hand\" && printf '%s\\n' "
                "\"$said\" >\"$note.new\" &&");
    sh_code(&s, "    mv -- \"$note.new\" \"$note\"; } || echo \"submit.sh: wflc will not know this "
                "job: cannot write $note\" >&2");
    sh_code(&s, "exit \"$code\"");
    return finish(&s, "submit.sh", out, why);
}

static bool
cancel_script(const struct job *j, struct buf *out, struct buf *why)
{
    const struct sh_insert id = {"id", "$id"};
    struct sh s;
    sh_begin(&s, "/bin/sh");
    sh_comment(&s, "Cancels jobs of campaign %s on %s, by their ids. What they did stays done.",
        j->campaign, j->site_name);
    sh_code(&s, "set -eu");
    sh_code(&s, "[ $# -gt 0 ] || { echo 'usage: cancel.sh ID...' >&2; exit 2; }");
    variables_put(&s, j->site->scheduler.kind, NULL);
    sh_code(&s, "for id; do");
    sh_raw(&s, "   ");
    for (size_t i = 0; i < j->site->scheduler.cancel.n; i++)
        sh_template(&s, "scheduler.cancel", j->site->scheduler.cancel.v[i], &id, 1);
    sh_end(&s);
    sh_code(&s, "done");
    return finish(&s, "cancel.sh", out, why);
}

/* --- README --- */

static void
put_command(const struct site_texts *argv, struct buf *out)
{
    for (size_t i = 0; i < argv->n; i++) {
        buf_puts(out, i ? " " : "");
        if (strcmp(argv->v[i], "{id}") == 0)
            buf_puts(out, "ID");
        else
            buf_shell_quote(out, argv->v[i], strlen(argv->v[i]), QUOTE_WORD);
    }
}

static void
batch_readme(const struct job *j, bool images, struct buf *out)
{
    uint32_t minutes = j->seconds / 60;
    buf_printf(out,
        "Campaign %s, %u tasks, for %s (%s).\n"
        "Made by wflc build from %s; building again replaces these files, never state/.\n"
        "Planned: %u job%s of %u node%s for %u:%02u h each",
        j->campaign, j->ntasks, j->site_name, emitter_of(j->site->scheduler.kind)->name, j->source,
        j->njobs, j->njobs == 1 ? "" : "s", j->nodes, j->nodes == 1 ? "" : "s", minutes / 60,
        minutes % 60);
    if (j->queue)
        buf_printf(out, ", queue %s", j->queue->name);
    buf_puts(out, ".\n\n");
    if (images)
        buf_puts(out, PREPARE_README);
    buf_puts(out,
        "  job.sh         the script of every job; starts wfl-shim once on each node\n"
        "  submit.sh      submits one job; cancel.sh ID... cancels jobs\n"
        "  campaign.wflp  what to run: every task, its command, its outputs\n"
        "  wfl-shim       runs the tasks of a node, checks their outputs, keeps the record\n"
        "  site.yaml      what is known of the machine, for wflc submit\n"
        "  state/         the record (journal), the tasks' output (logs), the jobs' own (jobs)\n"
        "\n"
        "submit           wflc submit .       as many jobs as are needed and allowed;\n"
        "                 ./submit.sh         one job, by hand. Any number may run at once: they\n"
        "                                     share the work and stay out of each other's way\n"
        "see              wflc status .       also while jobs run; --all lists every failed task\n"
        "                 wflc queue .        its jobs in the queue; of one, the scheduler tells "
        "by\n"
        "                 ");
    put_command(&j->site->scheduler.status, out);
    buf_puts(out,
        "\n"
        "stop             wflc cancel .       or ./cancel.sh ID; what runs is stopped and begins\n"
        "                                     anew in a later job, what is done stays done\n"
        "resume           submit again        tasks that are done are not run again\n"
        "try once more    wflc submit --again .   what failed for good by then, by all jobs that\n"
        "                                     start later\n"
        "start afresh     remove state/ while no job runs or waits; all tasks are run again\n");
}

/* --- the whole --- */

void
folder_free(struct folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->file[i].text);
    *f = (struct folder){0};
}

static struct buf *
add(struct folder *f, const char *name, mode_t mode)
{
    struct folder_file *file = &f->file[f->n++];
    *file = (struct folder_file){.name = name, .mode = mode};
    return &file->text;
}

bool
folder_prepares(const struct folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->file[i].name, "prepare.sh") == 0)
            return true;
    return false;
}

/* prepare.sh, if an image has to be made ready. */
static bool
prepare(const struct job *j, struct folder *f, struct buf *why)
{
    struct sh s;
    sh_begin(&s, "/bin/sh");
    if (prepare_script(j, &s))
        return finish(&s, "prepare.sh", add(f, "prepare.sh", 0777), why);
    sh_free(&s);
    return true;
}

bool
folder_make(const struct job *j, struct folder *f, struct buf *why)
{
    bool batch = j->site && j->site->scheduler.kind != SITE_LOCAL;
    if (j->plan && !prepare(j, f, why))
        return false;
    bool images = folder_prepares(f);
    if (!batch) {
        local_readme(j, images, add(f, "README", 0666));
        if (!local_script(j, add(f, "job.sh", 0777), why))
            return false;
    } else {
        struct buf *script = add(f, "job.sh", 0777);
        batch_readme(j, images, add(f, "README", 0666));
        if (!job_script(j, script, why) ||
            !submit_script(j, script, add(f, "submit.sh", 0777), why) ||
            !cancel_script(j, add(f, "cancel.sh", 0777), why))
            return false;
    }
    if (j->site)
        site_profile_show(j->site, add(f, "site.yaml", 0666));
    return true;
}

/* What only some sites have, and an earlier build left here that was for another one. */
static bool
remove_others(const struct folder *f, const char *dir, struct buf *why)
{
    static const char *const name[] = {"submit.sh", "cancel.sh", "prepare.sh", "site.yaml"};
    for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
        size_t k = 0;
        while (k < f->n && strcmp(f->file[k].name, name[i]) != 0)
            k++;
        struct buf path = {0};
        buf_printf(&path, "%s/%s", dir, name[i]);
        int err = k == f->n && unlink(path.p) != 0 && errno != ENOENT ? errno : 0;
        if (err)
            buf_printf(why, "cannot remove '%s': %s", path.p, file_error(err));
        buf_free(&path);
        if (err)
            return false;
    }
    return true;
}

bool
folder_put(const struct folder *f, const char *dir, const char *shim_path, const struct plan *p,
    struct buf *why)
{
    int err = dir_make(dir);
    if (err) {
        buf_printf(why, "cannot make the folder '%s': %s", dir, strerror(err));
        return false;
    }
    bool good = put_shim(dir, shim_path, why) && remove_others(f, dir, why);
    for (size_t i = 0; i < f->n && good; i++)
        good = put(dir, f->file[i].name, &f->file[i].text, f->file[i].mode, why);
    /* the plan last: with it, the folder is what it says */
    struct buf image = {.p = (char *)p->base, .n = p->size};
    return good && put(dir, PLAN_FILE, &image, 0666, why);
}
