/* Compiles as the command line says, and replaces the folders of builds with what was made. */
#include "config.h"

#include "command/build.h"

#include "command/build_live.h"
#include "cost/machine.h"
#include "driver/depfile.h"
#include "journal/next.h"
#include "journal/paths.h"
#include "state/carry.h"
#include "util/stdlib.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- compiling --- */

struct here
build_here(const struct options *o)
{
    return (struct here){.memory = o->memory > 0 ? (uint64_t)o->memory : machine_task_memory(),
        .cores = o->cores ? (uint32_t)o->cores : machine_cores()};
}

/* The folder of the library is kept in `library`. */
static struct compile_options
options_for(const struct options *o, struct buf *library)
{
    return (struct compile_options){.file = o->arg[0],
        .stdlib = stdlib_dir(library) ? library->p : NULL,
        .define = o->define,
        .ndefine = o->ndefine,
        .include = o->include,
        .ninclude = o->ninclude,
        .setting = o->setting,
        .nsettings = o->nsettings,
        .build = o->output,
        .only_errors = o->quiet,
        .dump_ast = o->dump_ast,
        .dump_model = o->dump_model,
        .dump_plan = o->dump_plan,
        .dump = stdout};
}

static int
look_for_file(const char *file)
{
    struct stat st;
    int err = strcmp(file, "-") == 0    ? 0
              : access(file, R_OK) != 0 ? errno
              : stat(file, &st) != 0    ? errno
              : S_ISDIR(st.st_mode)     ? EISDIR
                                        : 0;
    if (err)
        say("cannot read the campaign '%s': %s", file, strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

int
campaign_compile_in(struct diags *d, const struct options *o, const struct compiling *how,
    struct compilation **c)
{
    struct buf library = {0};
    struct compile_options options = options_for(o, &library);
    options.site = how->site ? how->site : o->site;
    options.draft = how->draft;
    options.change = how->change;
    options.change_arg = how->change_arg;
    options.machine = how->judges_here ? build_here(o) : (struct here){0};
    int code = look_for_file(o->arg[0]);
    *c = code == EXIT_OK ? compile(d, &options) : NULL;
    buf_free(&library);
    return code == EXIT_OK && !*c ? EXIT_ERRORS : code;
}

static int
write_depfile(const struct options *o, struct diags *const *d, size_t ndiags,
    const char *const *target, size_t ntargets)
{
    struct buf why = {0};
    bool good = depfile_write(d, ndiags, o->depfile, target, ntargets, &why);
    if (!good)
        say("%s", why.p);
    buf_free(&why);
    return good ? EXIT_OK : EXIT_FILES;
}

int
campaign_compile(const struct options *o, const struct compiling *how, struct campaign *c)
{
    static const struct compiling plainly = {0};
    *c = (struct campaign){.d = diag_new()};
    int code = campaign_compile_in(c->d, o, how ? how : &plainly, &c->compiled);
    diag_print(c->d, stderr, o->colour, (unsigned)o->max_errors);
    if (code == EXIT_OK && o->depfile)
        code = write_depfile(o, &c->d, 1, &o->depfile, 1);
    return code;
}

void
campaign_free(struct campaign *c)
{
    compilation_free(c->compiled);
    diag_free(c->d);
}

/* --- messages --- */

/* Is this the first line of a message, and not of its quotes, notes and help? */
static bool
begins_message(const char *line)
{
    size_t n = strcspn(line, "\n");
    return *line != ' ' && *line != '\n' &&
           (memmem(line, n, "error:", 6) || memmem(line, n, "warning:", 8));
}

void
messages_once(struct diags *d, const struct options *o, struct buf *said)
{
    char *all = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&all, &size);
    diag_print(d, f, o->colour, (unsigned)o->max_errors);
    fclose(f);
    for (const char *text = all; *text;) {
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
    free(all);
}

/* --- writing --- */

enum { LEASE_S = 120 }; /* so that shims do not wait for long if we die */

static int
say_why(struct buf *why)
{
    say("%s", why->p);
    buf_free(why);
    return EXIT_FILES;
}

static int
absolute(const char *path, struct buf *cwd, struct buf *out)
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

const char *
built_campaign(const struct built *s)
{
    return plan_string(s->plan, s->plan->head->campaign);
}

/* A plan that is the same as before is not written again; make is told by its time that it is
 * good. */
static int
touch_plan(const struct built *s)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, s->dir.p);
    int code = EXIT_OK;
    if (utimensat(AT_FDCWD, path.p, NULL, 0) != 0) {
        say("cannot set the time of '%s': %s", path.p, strerror(errno));
        code = EXIT_FILES;
    }
    buf_free(&path);
    return code;
}

static int
refuse_state(const char *state, const char *what, int err)
{
    say("cannot %s '%s': %s", what, path_for_people(state), strerror(err));
    return EXIT_FILES;
}

/* What became of a change that somebody died with is known before the next one. */
static int
settle(const struct built *s, const char *state, struct lease *own)
{
    struct buf plan = {0};
    struct next x;
    buf_printf(&plan, "%s/" PLAN_FILE, s->dir.p);
    int err = next_settle(plan.p, state, own, &x);
    buf_free(&plan);
    return err ? refuse_state(state, "end an earlier change of the plan in", err) : EXIT_OK;
}

static bool
gives_signs(struct lease *own, const char *holder)
{
    enum lease_life life = lease_judge(own, holder, NULL);
    return life == LEASE_HELD || life == LEASE_FRESH;
}

bool
built_there(const struct built *s)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" PLAN_FILE, s->dir.p);
    bool there = access(path.p, F_OK) == 0;
    buf_free(&path);
    return there;
}

/* Our lease keeps others from starting. Shims that work: *live; a run on this machine needs all of
 * them to have left. */
static int
lease(const struct built *s, const char *state, bool runs, struct lease **own, bool *live)
{
    char holder[HOLDER_SIZE];
    int err;
    *own = NULL;
    *live = false;
    if (access(state, F_OK) != 0 && !built_there(s))
        return EXIT_OK; /* nothing can have started here */
    *own = lease_open(state, LEASE_BUILDER, NULL, LEASE_S, &err);
    if (!*own)
        return refuse_state(state, "lock", err);
    int code = settle(s, state, *own);
    while (
        code == EXIT_OK && (err = lease_other(*own, NULL, holder, sizeof holder)) == 0 && *holder) {
        struct lease_wait w = {.what = path_for_people(s->dir.p), .tell = say};
        struct buf who = {0};
        if (!runs && gives_signs(*own, holder)) {
            *live = true;
            return EXIT_OK;
        }
        enum lease_life life = lease_wait(*own, holder, &w);
        lease_words(holder, &w.seen, &who);
        if (w.signal)
            say("told to end while waiting; nothing was built");
        else if (life != LEASE_DEAD)
            build_refused(s, who.p);
        buf_free(&who);
        if (life != LEASE_DEAD)
            return w.signal ? EXIT_INTERRUPTED : EXIT_FILES;
    }
    if (code == EXIT_OK && err) {
        say("cannot list '%s/" STATE_LEASES "': %s", path_for_people(state), strerror(err));
        return EXIT_FILES;
    }
    return code;
}

/* Its log is empty, and no record names it. */
static void
end_lease(struct lease *own, const char *state)
{
    struct buf log = {0};
    if (!own)
        return;
    state_log_path(&log, state, lease_holder(own));
    lease_close(own);
    unlink(log.p);
    buf_free(&log);
}

/* So many done tasks that are not carried over are more than a little. */
enum { MANY = 20 };

/* A pattern that nothing fits is a mistake, or of a machine that is elsewhere. */
static void
tell_unused(const struct plan *p)
{
    for (uint32_t i = 0; i < p->nuses; i++) {
        const char *pattern = p->place_name + p->use[i].pattern;
        glob_t g = {0};
        if (glob(pattern, 0, NULL, &g) == GLOB_NOMATCH)
            say("%s:%u: no file here fits uses \"%s\"", plan_place_name(p, PLACE_SOURCE, 0),
                p->use[i].line, pattern);
        globfree(&g);
    }
}

static int
note_used(const struct options *o, const struct plan *p, const char *state)
{
    int err =
        p->nuses || (o->accept && access(state, F_OK) == 0) ? since_note(p, state, o->accept) : 0;
    if (err)
        say("cannot note in '%s/" STATE_SINCE "' what files hold: %s", path_for_people(state),
            strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

/* When all is in its place. */
static int
end_build(const struct options *o, const struct built *s, const struct carried *c,
    const char *state)
{
    int code = o->dry_run ? EXIT_OK : note_used(o, s->plan, state);
    if (code == EXIT_OK && !o->quiet) {
        tell_carried(o, s->plan, c, state);
        tell_unused(s->plan);
    }
    return code;
}

static int
fill_folder(const struct options *o, const struct built *s, const char *state)
{
    struct buf why = {0}, shim = {0};
    struct carried carried;
    const struct carry_how how = {.accept = o->accept,
        .looks = o->dry_run,
        .since = !o->quiet && !o->accept};
    int code = find_shim(&shim);
    if (code == EXIT_OK && !carry_over(s->dir.p, s->plan, &how, &carried, &why))
        code = say_why(&why);
    if (code == EXIT_OK && !o->dry_run && !folder_put(&s->folder, s->dir.p, shim.p, s->plan, &why))
        code = say_why(&why);
    int err = code == EXIT_OK && !o->dry_run ? next_drop_tasks(state) : 0;
    if (err)
        code = refuse_state(state, "end the last change of the plan in", err);
    if (code == EXIT_OK)
        code = end_build(o, s, &carried, state);
    buf_free(&shim);
    return code;
}

/* When the new plan is in force: the look takes its time, and shims would wait for it. */
static int
look_after(const struct options *o, const struct built *s, const char *state)
{
    struct buf why = {0};
    struct carried carried;
    const struct carry_how how = {.looks = true, .since = !o->quiet && !o->accept};
    if (!carry_over(s->dir.p, s->plan, &how, &carried, &why))
        return say_why(&why);
    return end_build(o, s, &carried, state);
}

bool
answers_yes(const char *question)
{
    char line[64];
    printf("%s [y/N] ", question);
    fflush(stdout);
    return fgets(line, sizeof line, stdin) && (*line == 'y' || *line == 'Y');
}

/* Before a run that makes again much of what is done, whoever is there is asked. */
static bool
may_go_on(const struct options *o, const struct built *s, const char *state)
{
    struct options told = *o;
    struct buf why = {0};
    struct carried c;
    const struct carry_how how = {.accept = o->accept, .looks = true};
    if (o->yes || o->quiet || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return true;
    bool good = carry_over(s->dir.p, s->plan, &how, &c, &why); /* else it is said by who does it */
    buf_free(&why);
    if (!good || c.before - c.kept < MANY)
        return true;
    told.dry_run = true;
    tell_carried(&told, s->plan, &c, state);
    if (answers_yes(
            "What is not carried over is done again, as far as it is in the campaign. Go on?"))
        return true;
    puts("nothing was built; --accept keeps what has another command");
    return false;
}

/* Replaces what is in the folder: carries the record over, and tells of it. */
static int
write_site(const struct options *o, const struct built *s, bool runs)
{
    struct lease *own = NULL;
    struct buf state = {0};
    plan_umask(s->plan);
    buf_printf(&state, "%s/" BUILD_STATE, s->dir.p);
    bool live = false;
    int code = o->dry_run ? EXIT_OK : lease(s, state.p, runs, &own, &live);
    if (code == EXIT_OK && runs && !o->dry_run && !may_go_on(o, s, state.p))
        code = EXIT_INTERRUPTED;
    if (code == EXIT_OK)
        code = live ? build_live(o, s, state.p, own) : fill_folder(o, s, state.p);
    if (code == EXIT_OK && live)
        code = look_after(o, s, state.p);
    if (code == EXIT_OK && o->depfile && !o->dry_run)
        code = touch_plan(s);
    end_lease(own, state.p);
    buf_free(&state);
    return code;
}

static void
tell(const struct built *s)
{
    const char *dir = path_for_people(s->dir.p);
    printf("%s: %u tasks, ready in %s; ", built_campaign(s), s->plan->head->ntasks, dir);
    if (folder_prepares(&s->folder))
        printf("make its images ready with %s/prepare.sh; ", dir);
    if (s->batch)
        printf("%u job%s of %u node%s, submit with wflc submit %s\n", s->njobs,
            s->njobs == 1 ? "" : "s", s->nodes, s->nodes == 1 ? "" : "s", dir);
    else
        printf("start with %s/job.sh\n", dir);
}

/* The rule for what was built. */
static int
write_rule(const struct options *o, const struct build *b)
{
    const char **to = xcalloc(b->nsites, sizeof *to);
    struct buf *name = xcalloc(b->nsites, sizeof *name);
    for (size_t i = 0; i < b->nsites; i++) {
        buf_printf(&name[i], "%s/%s/%s/" PLAN_FILE, o->output, built_campaign(&b->site[i]),
            b->site[i].site);
        to[i] = name[i].p;
    }
    int code = write_depfile(o, b->d, b->ndiags, to, b->nsites);
    for (size_t i = 0; i < b->nsites; i++)
        buf_free(&name[i]);
    free(name);
    free(to);
    return code;
}

/* Makes all in memory, and says what is wrong. */
static int
make_all(const struct options *o, struct campaign_built *b)
{
    static const int code_of[] =
        {[BUILD_GOOD] = EXIT_OK, [BUILD_ERRORS] = EXIT_ERRORS, [BUILD_READ_ONCE] = EXIT_USAGE};
    struct buf said = {0};
    int code = code_of[build_make(&b->build, &b->options)];
    for (size_t i = 0; i < b->build.ndiags; i++)
        messages_once(b->build.d[i], o, &said);
    if (b->build.why.n)
        say("%s", b->build.why.p);
    buf_free(&said);
    return code;
}

int
campaign_build(const struct options *o, bool runs, struct campaign_built *b)
{
    static const char *const here[] = {"local"};
    int code = absolute(o->output, &b->work, &b->root);
    if (code == EXIT_OK)
        code = look_for_file(o->arg[0]);
    if (code != EXIT_OK)
        return code;
    program_path(&b->self);
    b->options = (struct build_options){.compile = options_for(o, &b->library),
        .root = b->root.p,
        .work = b->work.p,
        .site = runs ? here : o->sites,
        .nsites = runs ? 1 : o->nsites,
        .runs = runs,
        .no_containers = o->no_containers,
        .wflc = b->self.n ? b->self.p : NULL};
    b->options.compile.machine = build_here(o);
    b->options.compile.machine.runs = runs;
    b->options.compile.machine.some = runs && o->nonly;
    code = make_all(o, b);
    bool told = runs || o->quiet || o->dry_run || o->dump_ast || o->dump_model || o->dump_plan;
    for (size_t i = 0; i < b->build.nsites && code == EXIT_OK; i++) {
        code = write_site(o, &b->build.site[i], runs);
        if (code == EXIT_OK && !told)
            tell(&b->build.site[i]);
    }
    return code == EXIT_OK && o->depfile && !o->dry_run ? write_rule(o, &b->build) : code;
}

void
campaign_built_free(struct campaign_built *b)
{
    build_free(&b->build);
    buf_free(&b->library);
    buf_free(&b->root);
    buf_free(&b->work);
    buf_free(&b->self);
}
