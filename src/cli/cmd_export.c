/* wflc export: the record for other programs. */
#include "config.h"

#include "cli/commands.h"
#include "codegen/place.h"
#include "command/asked.h"
#include "command/build.h"
#include "export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct writer {
    int code;
};

static bool
put(void *arg, struct buf *text)
{
    struct writer *w = arg;
    return put_out(text, &w->code);
}

static int
write_lines(const struct asked *a, enum ask_form form)
{
    struct writer w = {EXIT_OK};
    int err = export_lines(&a->facts, form, put, &w);
    if (err && err != ENOENT) {
        say("the journals cannot be read: %s", strerror(err));
        w.code = EXIT_FILES;
    }
    return w.code;
}

static int
write_db(const struct asked *a, const char *file)
{
    struct export_done done;
    struct buf why = {0};
    int code = EXIT_OK;
    if (export_db(&a->facts, file, &done, &why)) {
        printf("%s: %llu attempts%s\n", file, (unsigned long long)done.attempts,
            done.fresh ? "" : " added");
    } else {
        say("%s", why.p);
        code = EXIT_FILES;
    }
    buf_free(&why);
    return code;
}

/* The campaign's text: the file that was named, or the one of which the plan was made, by its name
 * here, or where tasks run. */
static void
find_source(const struct options *o, const struct plan *p, const struct place *place,
    struct buf *source)
{
    const char *name = plan_place_name(p, PLACE_SOURCE, 0);
    size_t n = o->nargs ? strlen(o->arg[0]) : 0;
    if (n > 4 && strcmp(o->arg[0] + n - 4, ".wfl") == 0)
        name = o->arg[0];
    else if (*name != '/' && access(name, R_OK) != 0)
        buf_printf(source, "%s/", place->work.p);
    buf_puts(source, name);
}

/* Says so, if the text is not the one that was planned, as far as times tell. */
static void
say_changed(const struct asked *a, const char *source)
{
    struct buf plan = {0};
    struct stat planned, text;
    buf_printf(&plan, "%s/" PLAN_FILE, a->dir.p);
    if (stat(plan.p, &planned) == 0 && stat(source, &text) == 0 && text.st_mtime > planned.st_mtime)
        say("%s was written after the plan was made: the crate has the text as it is now", source);
    buf_free(&plan);
}

static int
write_crate(const struct options *o, const struct asked *a)
{
    struct place place;
    struct buf source = {0}, why = {0};
    int code = EXIT_FILES;
    place_read(a->dir.p, &place);
    char *work = place.work.n ? realpath(place.work.p, NULL) : NULL;
    if (!place.work.n) {
        say("%s: its job.sh does not tell where tasks run", a->dir.p);
        place_free(&place);
        return code;
    }
    find_source(o, a->facts.plan, &place, &source);
    const struct crate_how how = {o->crate, work ? work : place.work.p, source.p, o->license};
    if (access(source.p, R_OK) != 0) {
        say("the campaign's text, %s: %s; name it: wflc export CAMPAIGN.wfl --crate=%s", source.p,
            strerror(errno), o->crate);
    } else if (export_crate(&a->facts, &how, &why)) {
        code = EXIT_OK;
        say_changed(a, source.p);
        printf("%s: a crate of %u tasks\n", o->crate, a->facts.plan->head->ntasks);
    } else {
        say("%s", why.p);
    }
    free(work);
    place_free(&place);
    buf_free(&source);
    buf_free(&why);
    return code;
}

static int
run(const struct options *o)
{
    struct asked a;
    bool file = option_given(o, OPTION_TO), crate = option_given(o, OPTION_CRATE);
    if (file + crate + o->json + o->csv != 1) {
        say("export --to FILE, --crate DIR, --json or --csv: one of them");
        return EXIT_USAGE;
    }
    if (option_given(o, OPTION_LICENSE) && !crate) {
        say("--license is of a crate: export --crate DIR");
        return EXIT_USAGE;
    }
    int code = asked_read(o, ASKED_ALL, &a);
    if (code == EXIT_OK)
        code = file    ? write_db(&a, o->to)
               : crate ? write_crate(o, &a)
                       : write_lines(&a, o->json ? ASK_JSON : ASK_CSV);
    asked_free(&a);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_TO, NULL},
    {OPTION_CRATE, "write a Workflow Run RO-Crate into this folder, for archives"},
    {OPTION_LICENSE, "of what the crate describes: a URL, or a sentence"},
    {OPTION_JSON, "print a line of JSON for each attempt"},
    {OPTION_CSV, "print a line of comma-separated values for each attempt"},
};

const struct command command_export = {
    .name = "export",
    .args = "[FILE|DIR|NAME]",
    .summary = "write the record for other programs, and for archives",
    .text =
        "wfl-export(5) tells what is in it. Later exports into the same database add what is new:\n"
        "    wflc export --to dc2.db\n"
        "    sqlite3 dc2.db 'SELECT * FROM families'\n"
        "    wflc export --csv >attempts.csv\n"
        "    wflc export --crate archive --license https://spdx.org/licenses/CC-BY-4.0\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 1,
    .run = run,
};
