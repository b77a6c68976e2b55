#include "config.h"

#include "cli/build.h"

#include "codegen/folder.h"
#include "codegen/local.h"
#include "diag/diag.h"
#include "journal/journal.h"
#include "driver/compile.h"
#include "state/carry.h"
#include "cost/machine.h"
#include "util/stdlib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
built_free(struct built *b)
{
    plan_close(b->plan);
    buf_free(&b->name);
    buf_free(&b->image);
    buf_free(&b->dir);
    buf_free(&b->work);
}

struct here
build_here(const struct options *o)
{
    cpu_set_t set;
    struct here h = {.memory = o->memory > 0 ? (uint64_t)o->memory : machine_task_memory(),
        .cores = (uint32_t)o->cores};
    if (!h.cores)
        h.cores = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
    return h;
}

int
campaign_compile_in(struct diags *d, FILE *messages, const struct options *o,
    const struct compiling *how, struct built *b)
{
    const char *file = o->arg[0];
    struct stat st;
    int err = strcmp(file, "-") == 0    ? 0
              : access(file, R_OK) != 0 ? errno
              : stat(file, &st) != 0    ? errno
              : S_ISDIR(st.st_mode)     ? EISDIR
                                        : 0;
    if (err) {
        say("cannot read the campaign '%s': %s", file, strerror(err));
        return EXIT_FILES;
    }
    struct buf library = {0};
    bool has_library = stdlib_dir(&library);
    struct compile_options c = {.file = file,
        .stdlib = has_library ? library.p : NULL,
        .define = o->define,
        .ndefine = o->ndefine,
        .include = o->include,
        .ninclude = o->ninclude,
        .site = how->builds ? how->site : o->site,
        .setting = o->setting,
        .nsettings = o->nsettings,
        .build = o->output,
        .with_model = how->with_model,
        .arg = how->arg,
        .machine = how->here || how->judges_here ? build_here(o) : (struct here){0},
        .here = how->here && !o->no_containers,
        .dump_ast = o->dump_ast,
        .dump_model = o->dump_model,
        .dump = stdout};
    c.machine.runs = how->here;
    if (o->quiet)
        diag_only_errors(d);
    bool good = compile_campaign(d, &c, &b->image, &b->name);
    buf_free(&library);
    diag_print(d, messages, o->colour, (unsigned)o->max_errors);
    if (!good)
        return EXIT_ERRORS;
    struct buf why = {0};
    b->plan = plan_from_bytes(b->image.p, b->image.n, "campaign.wflp", &why);
    if (!b->plan)
        say("the plan that was made is not valid (a fault of wflc, please report it): %s", why.p);
    buf_free(&why);
    if (b->plan && o->dump_plan) {
        struct buf text = {0};
        plan_dump(b->plan, &text);
        fwrite(text.p, 1, text.n, stdout);
        buf_free(&text);
    }
    return b->plan ? EXIT_OK : EXIT_ERRORS;
}

int
campaign_compile(const struct options *o, const struct compiling *how, struct built *b)
{
    static const struct compiling plainly = {0};
    struct diags *d = diag_new();
    if (!how)
        how = &plainly;
    int code = campaign_compile_in(d, how->messages ? how->messages : stderr, o, how, b);
    if (code == EXIT_OK && o->depfile) {
        struct buf target = {0};
        if (how->builds)
            buf_printf(&target, "%s/%s/local/campaign.wflp", o->output, b->name.p);
        const char *const targets[] = {how->builds ? target.p : o->depfile};
        code = depfile_write(&d, 1, o->depfile, targets, 1);
        buf_free(&target);
    }
    diag_free(d);
    return code;
}

/* Is this the first line of a message, and not of its quotes, notes and help? */
static bool
begins_message(const char *line)
{
    size_t n = strcspn(line, "\n");
    return *line != ' ' && *line != '\n' &&
           (memmem(line, n, "error:", 6) || memmem(line, n, "warning:", 8));
}

void
messages_once(const char *text, struct buf *said)
{
    while (*text) {
        const char *end = text;
        do
            end += strcspn(end, "\n") + (strchr(end, '\n') != NULL);
        while (*end && !begins_message(end));
        size_t n = (size_t)(end - text);
        if (!said->n || !memmem(said->p, said->n, text, n)) {
            fwrite(text, 1, n, stderr);
            buf_add(said, text, n);
        }
        text = end;
    }
}

static int
say_why(struct buf *why)
{
    say("%s", why->p);
    buf_free(why);
    return EXIT_FILES;
}

int
build_absolute(const char *path, struct buf *cwd, struct buf *out)
{
    char *s = getcwd(NULL, 0);
    if (!s) {
        say("cannot tell the working folder: %s", strerror(errno));
        return EXIT_FILES;
    }
    buf_puts(cwd, s);
    free(s);
    if (*path == '/')
        buf_puts(out, path);
    else
        buf_printf(out, "%s/%s", strcmp(cwd->p, "/") == 0 ? "" : cwd->p, path);
    return EXIT_OK;
}

/* A plan that is the same as before is not written again; make is told by its time that it is
 * good. */
static int
touch_plan(const struct built *b)
{
    struct buf path = {0};
    buf_printf(&path, "%s/campaign.wflp", b->dir.p);
    int code = EXIT_OK;
    if (utimensat(AT_FDCWD, path.p, NULL, 0) != 0) {
        say("cannot set the time of '%s': %s", path.p, strerror(errno));
        code = EXIT_FILES;
    }
    buf_free(&path);
    return code;
}

/* While plan and record are exchanged, no shim may be at work, and none starts. */
static int
lease(const struct built *b, const char *state, struct lease **own)
{
    char holder[HOLDER_SIZE];
    int err;
    *own = NULL;
    if (access(state, F_OK) != 0)
        return EXIT_OK; /* nothing ever ran here */
    *own = lease_open(state, LEASE_BUILDER, NULL, LEASE_SECONDS, &err);
    if (!*own) {
        say("cannot lock '%s': %s", state, strerror(err));
        return EXIT_FILES;
    }
    while ((err = lease_other(*own, NULL, holder, sizeof holder)) == 0 && *holder) {
        struct lease_wait w = {.what = path_for_people(b->dir.p), .tell = say};
        struct buf who = {0};
        enum lease_life life = lease_wait(*own, holder, &w);
        lease_words(holder, &w.seen, &who);
        if (w.signal)
            say("told to end while waiting; nothing was built");
        else if (life != LEASE_DEAD)
            say("campaign '%s' is being run in '%s' (by %s); 'wflc status %s' shows how far it is. "
                "Wait for it or stop it, or use another folder with -o DIR",
                b->name.p, path_for_people(b->dir.p), who.p, path_for_people(b->dir.p));
        buf_free(&who);
        if (life != LEASE_DEAD)
            return w.signal ? EXIT_INTERRUPTED : EXIT_FILES;
    }
    if (err) {
        say("cannot list '%s/leases': %s", path_for_people(state), strerror(err));
        return EXIT_FILES;
    }
    return EXIT_OK;
}

/* Its log is empty, and no record names it. */
static void
end_lease(struct lease *own, const char *state)
{
    struct buf log = {0};
    if (!own)
        return;
    buf_printf(&log, "%s/logs/%s.log", state, lease_holder(own));
    lease_close(own);
    unlink(log.p);
    buf_free(&log);
}

static int
write_site(const struct options *o, struct built *b, const struct folder *f, const char *state)
{
    struct buf why = {0}, shim = {0};
    struct carried carried;
    int code = find_shim(&shim);
    if (code == EXIT_OK && !carry_over(b->dir.p, b->plan, &carried, &why))
        code = say_why(&why);
    if (code == EXIT_OK && !(f ? folder_put(f, b->dir.p, shim.p, b->plan, &why)
                               : emit_local(b->plan, b->dir.p, b->work.p, shim.p, &why)))
        code = say_why(&why);
    if (code == EXIT_OK && carried.before && !o->quiet) {
        printf("%u of %u tasks done before are carried over, %u changed or gone", carried.kept,
            carried.before, carried.before - carried.kept - carried.stale);
        if (carried.stale)
            printf(", %u need what runs again", carried.stale);
        printf("; the old plan is in %s/plans\n", path_for_people(state));
    }
    if (code == EXIT_OK && carried.back && !o->quiet)
        printf("%u tasks done under this plan before are still as they were left\n", carried.back);
    buf_free(&shim);
    return code;
}

int
build_write(const struct options *o, struct built *b, const struct folder *f)
{
    struct lease *own = NULL;
    struct buf state = {0};
    plan_umask(b->plan);
    buf_printf(&state, "%s/state", b->dir.p);
    int code = lease(b, state.p, &own);
    if (code == EXIT_OK)
        code = write_site(o, b, f, state.p);
    if (code == EXIT_OK && o->depfile)
        code = touch_plan(b);
    end_lease(own, state.p);
    buf_free(&state);
    return code;
}

int
campaign_build(const struct options *o, struct built *b)
{
    const struct compiling how = {.builds = true, .here = true, .site = "local"};
    int code = campaign_compile(o, &how, b);
    if (code == EXIT_OK)
        code = build_absolute(o->output, &b->work, &b->dir);
    if (code != EXIT_OK)
        return code;
    buf_printf(&b->dir, "/%s/local", b->name.p);
    return build_write(o, b, NULL);
}
