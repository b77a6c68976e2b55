/* wflc sites: which profiles there are, and what is in them. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

#include "site/profile.h"
#include "util/file.h"
#include "util/json.h"
#include "util/stdlib.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where `wflc sites` stands in for a campaign: the working folder. */
#define HERE "."

static void
print_row(const char *name, const char *kind, const char *nodes, const char *cores,
    const char *memory, const char *status, const char *where)
{
    printf("%-16s %-9s %7s %6s %10s  %-8s  %s\n", name, kind, nodes, cores, memory, status, where);
}

static void
number(char *to, size_t n, int64_t value, const char *if_none)
{
    if (value > 0)
        snprintf(to, n, "%lld", (long long)value);
    else
        snprintf(to, n, "%s", if_none);
}

static void
print_profile(const struct site_profile *p)
{
    char nodes[24], cores[24], memory[24] = "detected", where[4096];
    number(nodes, sizeof nodes, p->nodes.count, "?");
    number(cores, sizeof cores, p->nodes.cores, "detected");
    if (p->nodes.memory)
        snprintf(memory, sizeof memory, "%.5g GiB", (double)p->nodes.memory / 1073741824.0);
    snprintf(where, sizeof where, "%s", path_for_people(p->file));
    char *slash = strrchr(where, '/');
    if (slash)
        *slash = 0;
    print_row(p->name, site_word_name("scheduler.kind", p->scheduler.kind), nodes, cores, memory,
        site_word_name("status", p->status), slash ? where : HERE);
}

static void
add_number(struct buf *out, const char *key, int64_t n)
{
    if (n > 0) {
        json_integer(out, key, (uint64_t)n);
        return;
    }
    json_key(out, key); /* not known, or asked of the machine */
    buf_puts(out, "null");
}

static void
add_profile(const struct site_profile *p, struct buf *out)
{
    json_item(out);
    json_text(out, "name", p->name);
    json_text(out, "scheduler", site_word_name("scheduler.kind", p->scheduler.kind));
    json_text(out, "status", site_word_name("status", p->status));
    add_number(out, "nodes", p->nodes.count);
    add_number(out, "cores", p->nodes.cores);
    add_number(out, "threads_per_core", p->nodes.threads_per_core);
    add_number(out, "gpus", p->nodes.gpus);
    add_number(out, "memory_bytes", (int64_t)p->nodes.memory);
    json_key(out, "queues");
    buf_putc(out, '[');
    for (size_t i = 0; i < p->queues.n; i++) {
        buf_puts(out, i ? ", " : "");
        json_string(out, p->queues.v[i].name);
    }
    buf_putc(out, ']');
    json_text(out, "file", p->file);
    buf_putc(out, '}');
}

/* The working folder may hold YAML files of any sort: those that are no profile at all are not
 * listed, and not complained about. */
static bool
is_stray(const char *path)
{
    bool profile = strchr(path, '/') != NULL;
    int fd = profile ? -1 : file_open(path, NULL);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL;
    size_t cap = 0;
    while (f && !profile && getline(&line, &cap, f) >= 0)
        profile = strncmp(line, "schema:", 7) == 0;
    free(line);
    if (f)
        fclose(f);
    return !profile;
}

static int
list(const struct site_texts *dirs, bool json)
{
    struct site_texts files = site_files(dirs);
    struct buf out = {0};
    int code = EXIT_OK;
    buf_puts(&out, "[");
    if (!json)
        print_row("SITE", "SCHEDULER", "NODES", "CORES", "MEMORY", "STATUS", "FROM");
    for (size_t i = 0; i < files.n; i++) {
        struct diags *d = diag_new();
        struct site_profile *p =
            is_stray(files.v[i]) ? NULL : site_profile_read(d, files.v[i], dirs);
        if (p && json)
            add_profile(p, &out);
        else if (p)
            print_profile(p);
        if (diag_count(d, DIAG_ERROR)) {
            say("'%s' has errors: wflc sites check %s", path_for_people(files.v[i]),
                path_for_people(files.v[i]));
            code = EXIT_ERRORS;
        }
        site_profile_free(p);
        diag_free(d);
    }
    buf_puts(&out, "]\n");
    if (json)
        fwrite(out.p, 1, out.n, stdout);
    buf_reset(&out);
    if (!stdlib_dir(&out)) {
        stdlib_lost(&out);
        say("%s", out.p);
        code = EXIT_FILES;
    }
    buf_free(&out);
    site_dirs_free(&files);
    return code;
}

/* A name, or a file. */
static struct site_profile *
read_profile(struct diags *d, const char *arg, struct site_texts *dirs)
{
    size_t n = strlen(arg);
    bool file =
        strcmp(arg, "-") == 0 || strchr(arg, '/') || (n > 5 && strcmp(arg + n - 5, ".yaml") == 0);
    return file ? site_profile_read(d, arg, dirs) : site_profile_find(d, arg, NO_SPAN, dirs);
}

static int
show(const struct options *o, struct site_texts *dirs)
{
    struct diags *d = diag_new();
    struct buf out = {0};
    struct site_profile *p = read_profile(d, o->arg[1], dirs);
    if (p) {
        site_profile_warn(p, d, NO_SPAN);
        site_profile_show(p, &out);
        fwrite(out.p, 1, out.n, stdout);
    }
    diag_print(d, stderr, o->colour, (unsigned)o->max_errors);
    int code = p ? EXIT_OK : EXIT_ERRORS;
    buf_free(&out);
    site_profile_free(p);
    diag_free(d);
    return code;
}

static int
check(const struct options *o, struct site_texts *dirs)
{
    struct diags *d = diag_new();
    int code = EXIT_OK;
    for (int i = 1; i < o->nargs; i++) {
        unsigned before = diag_count(d, DIAG_ERROR);
        struct site_profile *p = read_profile(d, o->arg[i], dirs);
        if (p) {
            site_profile_warn(p, d, NO_SPAN);
            printf("%s: no errors\n", o->arg[i]);
        }
        if (diag_count(d, DIAG_ERROR) > before)
            code = EXIT_ERRORS;
        site_profile_free(p);
    }
    fflush(stdout);
    diag_print(d, stderr, o->colour, (unsigned)o->max_errors);
    diag_free(d);
    return code;
}

static int
run(const struct options *o)
{
    struct site_texts dirs = site_dirs(HERE);
    int code = EXIT_USAGE;
    if (o->json && o->nargs)
        say("--json is for the list of sites: wflc sites --json");
    else if (o->nargs == 0)
        code = list(&dirs, o->json);
    else if (strcmp(o->arg[0], "show") == 0 && o->nargs == 2)
        code = show(o, &dirs);
    else if (strcmp(o->arg[0], "check") == 0 && o->nargs > 1)
        code = check(o, &dirs);
    else if (strcmp(o->arg[0], "show") == 0)
        say("'sites show' takes one site: wflc sites show NAME");
    else if (strcmp(o->arg[0], "check") == 0)
        say("'sites check' takes files or names: wflc sites check FILE...");
    else if (strcmp(o->arg[0], "list") == 0)
        say("'wflc sites' alone lists the sites");
    else
        say("'sites' knows 'show' and 'check', not '%s'; did you mean 'wflc sites show %s'?",
            o->arg[0], o->arg[0]);
    site_dirs_free(&dirs);
    return code;
}

static const struct command_option options[] = {
    {OPTION_JSON, NULL},
    {OPTION_MAX_ERRORS, NULL},
};

const struct command command_sites = {
    .name = "sites",
    .args = "[show NAME | check FILE...]",
    .summary = "list, show and check the profiles of sites",
    .text =
        "Without arguments: lists the sites that there are profiles for (--json: for programs).\n"
        "show NAME: prints the profile of a site (or that in a file) with all defaults, and\n"
        "where each value came from.\n"
        "check FILE...: reports everything that is wrong with profiles; see wfl-site(5).\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = INT_MAX,
    .run = run,
};
