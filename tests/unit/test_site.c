#include "config.h"

#include "site/profile.h"
#include "site/schema.h"
#include "site/yaml.h"
#include "util/file.h"
#include "util/stdlib.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

/* Each test works in a folder of its own, and finds the profiles there first. */
static char folder[] = "/tmp/wfl-site-XXXXXX";
static struct diags *d;
static struct site_texts dirs;
static struct site_profile *p;

static void
put(const char *name, const char *text)
{
    assert_int_equal(dir_make_parent(name), 0);
    assert_int_equal(file_write_atomic(name, text, strlen(text), 0666), 0);
}

static int
begin(void **state)
{
    (void)state;
    struct buf lib = {0};
    buf_printf(&lib, "%s/stdlib", getenv("top_srcdir"));
    setenv("WFL_STDLIB", lib.p, 1);
    buf_free(&lib);
    unsetenv("WFL_PATH");
    unsetenv("XDG_CONFIG_HOME");
    setenv("HOME", "/nonexistent", 1);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    d = diag_new();
    p = NULL;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    dirs = site_dirs(".");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    site_profile_free(p);
    site_dirs_free(&dirs);
    diag_free(d);
    struct buf cmd = {0};
    buf_printf(&cmd, "cd / && rm -rf '%s'", folder);
    int rc = system(cmd.p);
    buf_free(&cmd);
    return rc;
}

static const struct site_profile *
load(const char *path)
{
    site_profile_free(p);
    p = site_profile_read(d, path, &dirs);
    diag_print(d, stderr, false, 0);
    return p;
}

static const struct site_profile *
shipped(const char *name)
{
    site_profile_free(p);
    p = site_profile_find(d, name, NO_SPAN, &dirs);
    diag_print(d, stderr, false, 0);
    assert_non_null(p);
    return p;
}

#define MINIMAL "schema: 1\nname: a\nscheduler: {kind: slurm}\nnodes: {cores: 8, memory_gib: 100}\n"

/* --- resolution --- */

static void
test_defaults_of_the_kind(void **state)
{
    (void)state;
    put("a.yaml", MINIMAL);
    assert_non_null(load("a.yaml"));
    assert_int_equal(p->scheduler.kind, SITE_SLURM);
    assert_int_equal(p->scheduler.queue_via, SITE_VIA_PARTITION);
    assert_string_equal(p->scheduler.submit.v[0], "sbatch");
    assert_null(p->scheduler.submit.v[p->scheduler.submit.n]);
    assert_string_equal(p->launch.rank_var, "SLURM_PROCID");
    assert_int_equal(p->scheduler.dependency,
        1 << SITE_AFTEROK | 1 << SITE_AFTERANY | 1 << SITE_AFTERNOTOK);
    assert_int_equal(p->time.warn_slack_s, 60);
    assert_int_equal(p->time.remaining.kind, SITE_REMAINING_COMMAND);
    assert_int_equal(p->nodes.count, SITE_NONE);
    assert_int_equal(p->nodes.max_per_job, SITE_NONE);
    assert_int_equal(p->nodes.memory, 100 * GIB);
    assert_int_equal(p->nodes.reserve, 4 * GIB);
    assert_int_equal(p->status, SITE_ACTIVE);
    assert_null(p->inherits);
    assert_int_equal(p->queues.n, 0);
    assert_null(site_queue_default(p));
}

/* Every kind's own YAML must read, and make a profile that is right by its own rules. */
static void
test_every_kind(void **state)
{
    (void)state;
    const struct site_key *k = site_key_path("scheduler.kind");
    for (size_t i = 0; i < k->nwords; i++) {
        struct buf text = {0};
        buf_printf(&text,
            "schema: 1\nname: a\nscheduler: {kind: %s}\n"
            "nodes: {cores: 8, memory_gib: 100}\n",
            k->word[i]);
        put("a.yaml", text.p);
        struct diags *own = diag_new();
        struct site_profile *q = site_profile_read(own, "a.yaml", &dirs);
        diag_print(own, stderr, false, 0);
        assert_non_null(q);
        assert_int_equal(q->scheduler.kind, i);
        assert_true(q->launch.argv.n > 0);
        assert_string_equal(site_word_name("scheduler.kind", q->scheduler.kind), k->word[i]);
        site_profile_free(q);
        diag_free(own);
        buf_free(&text);
    }
}

static void
test_inheritance_merges_maps_and_replaces_lists(void **state)
{
    (void)state;
    put("base.yaml",
        "schema: 1\nname: base\nsources: [one, two]\nattrs: {x: a, y: b}\n"
        "scheduler: {kind: pbs, poll_s: 5, job_name_max: 30, directives: [-h]}\n"
        "nodes: {cores: 8, memory_gib: 100, memory_reserve_gib: 10, reserved_cores: [0, 1]}\n"
        "queues:\n  - {name: a, max_walltime: \"01:00:00\"}\n"
        "  - {name: b, max_walltime: \"02:00:00\"}\nlaunch: {start_seconds: 5, rank_var: RANK}\n"
        "limits: {open_files: 7}\n");
    put("mid.yaml", "schema: 1\nname: mid\ninherits: base\nattrs: {y: c, z: d}\n"
                    "nodes: {cores: 16}\nlaunch: null\n");
    put("top.yaml", "schema: 1\nname: top\ninherits: mid\nqueues:\n"
                    "  - {name: c, max_walltime: \"03:30:15\"}\n"
                    "scheduler: {poll_s: null, directives: null}\nnodes: {reserved_cores: []}\n"
                    "attrs: {x: null}\nlimits: {open_files: null}\ntime: null\n");
    assert_non_null(load("top.yaml"));
    assert_string_equal(p->name, "top");
    assert_string_equal(p->inherits, "mid");
    assert_int_equal(p->scheduler.kind, SITE_PBS);
    assert_int_equal(p->scheduler.job_name_max, 30);
    assert_int_equal(p->scheduler.poll_s, 60); /* null takes back a number, a list, */
    assert_int_equal(p->scheduler.directives.n, 0);
    assert_int_equal(p->launch.start_seconds, 60); /* a map, */
    assert_string_equal(p->launch.rank_var, "PALS_RANKID");
    /* or is a value; and it may take back nothing */
    assert_int_equal(p->limits.open_files, SITE_NONE);
    assert_int_equal(p->time.finish_by_s, 120);
    assert_int_equal(p->nodes.cores, 16);
    assert_int_equal(p->nodes.reserve, 10 * GIB);
    assert_int_equal(p->nodes.reserved_cores.n, 0);
    assert_int_equal(p->sources.n, 2);
    assert_int_equal(p->attrs.n, 2);
    assert_string_equal(p->attrs.v[0].value, "c");
    assert_int_equal(p->queues.n, 1);
    assert_int_equal(p->queues.v[0].max_walltime, 3 * 3600 + 30 * 60 + 15);
}

static void
test_origin_of_values(void **state)
{
    (void)state;
    put("base.yaml", "schema: 1\nname: base\nscheduler: {kind: slurm}\n"
                     "nodes:\n  cores: 8\n  memory_gib: 100\n");
    put("top.yaml", "schema: 1\nname: top\ninherits: base\nnodes:\n  cores: 9\n");
    assert_non_null(load("top.yaml"));
    struct buf out = {0};
    site_profile_show(p, &out);
    const char *const lines[] = {"# top.yaml\n", "# base.yaml\n",
        "  cores: 9                                   # top.yaml:5\n",
        "  memory_gib: 100                            # base.yaml:6\n",
        "  memory_reserve_gib: 4.000000               # default\n",
        "  queue_via: partition                       # default of kind slurm\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(out.p, lines[i]))
            fail_msg("not shown: %s", lines[i]);
    buf_free(&out);
}

/* A profile of the user's may extend one of its own name that comes later on the search path. */
/* What wflc build leaves beside a plan: the profile as it was, whatever became of its bases. */
static void
test_copy_beside_a_plan(void **state)
{
    (void)state;
    struct buf shown = {0};
    put("base.yaml", "schema: 1\nname: base\nscheduler: {kind: pbs}\n"
                     "nodes: {cores: 8, memory_gib: 100}\n");
    put("top.yaml", "schema: 1\nname: top\ninherits: base\nnodes: {gpus: 2}\n");
    assert_non_null(load("top.yaml"));
    site_profile_show(p, &shown);
    put("plan/site.yaml", shown.p);
    assert_int_equal(unlink("base.yaml"), 0);
    assert_non_null(load("plan/site.yaml"));
    assert_string_equal(p->name, "top");
    assert_int_equal(p->scheduler.kind, SITE_PBS);
    assert_int_equal(p->nodes.cores, 8);
    assert_int_equal(p->nodes.gpus, 2);
    buf_free(&shown);
}

static void
test_inherits_its_own_name(void **state)
{
    (void)state;
    put("sites/polaris.yaml", "schema: 1\nname: polaris\ninherits: polaris\nnodes: {cores: 31}\n");
    site_dirs_free(&dirs);
    dirs = site_dirs(".");
    shipped("polaris");
    assert_int_equal(p->nodes.cores, 31);
    assert_int_equal(p->nodes.count, 560);
    assert_string_equal(p->file, "sites/polaris.yaml");
}

static void
test_search_path(void **state)
{
    (void)state;
    put("home/.config/wfl/sites/a.yaml", MINIMAL);
    put("lib/sites/b.yaml", "schema: 1\nname: b\ninherits: a\nnodes: {cores: 3}\n");
    put("lib2/sites/a.yaml", "not read");
    put("campaign/sites/c.yaml", "schema: 1\nname: c\ninherits: b\n");
    setenv("HOME", "home", 1);
    setenv("WFL_PATH", ":nowhere:lib:lib2:", 1);
    site_dirs_free(&dirs);
    dirs = site_dirs("campaign");
    assert_string_equal(dirs.v[0], "campaign/sites");
    assert_string_equal(dirs.v[1], "campaign");
    assert_string_equal(dirs.v[2], "home/.config/wfl/sites");
    assert_string_equal(dirs.v[3], "lib/sites");
    assert_int_equal(dirs.n, 6);
    shipped("c");
    assert_int_equal(p->nodes.cores, 3);
    shipped("a");
    assert_int_equal(p->nodes.cores, 8);
    struct site_texts files = site_files(&dirs);
    assert_string_equal(files.v[0], "home/.config/wfl/sites/a.yaml");
    site_dirs_free(&files);
}

static void
test_unknown_name(void **state)
{
    (void)state;
    assert_null(site_profile_find(d, "polarsi", NO_SPAN, &dirs));
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    diag_print(d, f, false, 0);
    fclose(f);
    assert_non_null(strstr(text, "did you mean 'polaris'?"));
    free(text);
}

/* --- helpers --- */

static void
test_figures_of_the_campaign(void **state)
{
    (void)state;
    const struct site_machine none = {0, 0, 0};
    shipped("cori-knl");
    assert_int_equal(site_memory_budget(p, &none), 76 * GIB);
    assert_int_equal(site_slots(p, &none), 272);
    assert_string_equal(site_queue_default(p)->name, "regular");
    shipped("theta");
    assert_int_equal(site_memory_budget(p, &none), 158 * GIB);
    assert_int_equal(site_slots(p, &none), 64);
    shipped("cori-haswell");
    assert_int_equal(p->status, SITE_RETIRED);
    assert_int_equal(site_slots(p, &none), 32);
    shipped("aurora");
    assert_int_equal(site_slots(p, &none), 102);
}

static void
test_detected(void **state)
{
    (void)state;
    const struct site_machine small = {4, 2, 8 * GIB}, large = {64, 2, 512 * GIB};
    shipped("workstation");
    assert_int_equal(p->nodes.cores, 0);
    assert_int_equal(site_slots(p, &small), 4);
    assert_int_equal(site_memory_budget(p, &small), 6 * GIB);
    assert_int_equal(site_memory_budget(p, &large), 510 * GIB);
    put("d.yaml", "schema: 1\nname: d\nscheduler: {kind: local}\n"
                  "nodes: {detected: true, cores: null, threads_per_core: null, memory_gib: null, "
                  "slots: threads, reserved_cores: [0]}\n");
    assert_non_null(load("d.yaml"));
    assert_int_equal(site_slots(p, &small), 6);
    assert_int_equal(site_memory_budget(p, &small), 6 * GIB);
    assert_int_equal(site_memory_budget(p, &large), 512 * GIB - 512 * GIB / 25);
}

static void
test_tiers(void **state)
{
    (void)state;
    shipped("theta");
    const struct site_queue *q = site_queue_find(p, "default");
    assert_non_null(q);
    assert_int_equal(site_walltime_max(q, 127), 0);
    assert_int_equal(site_walltime_max(q, 128), 3 * 3600);
    assert_int_equal(site_walltime_max(q, 383), 6 * 3600);
    assert_int_equal(site_walltime_max(q, 384), 9 * 3600);
    assert_int_equal(site_walltime_max(q, 4100), 24 * 3600);
    assert_int_equal(site_walltime_max(q, 4101), 0);
    assert_int_equal(q->min_walltime, 1800);
    assert_int_equal(site_walltime_longest(q, 1, 127), 0);
    assert_int_equal(site_walltime_longest(q, 1, 128), 3 * 3600);
    assert_int_equal(site_walltime_longest(q, 130, 383), 6 * 3600);
    assert_int_equal(site_walltime_longest(q, 300, 300), 6 * 3600);
    assert_int_equal(site_walltime_longest(q, 300, 384), 9 * 3600);
    assert_int_equal(site_walltime_longest(q, 1, INT64_MAX), 24 * 3600);
    assert_int_equal(site_walltime_longest(q, 4101, INT64_MAX), 0);
    int64_t least, most;
    site_job_nodes(p, q, &least, &most);
    assert_true(least == 128 && most == 4100);
    site_job_nodes(p, NULL, &least, &most);
    assert_true(least == 1 && most == 4100);
    shipped("frontier");
    assert_int_equal(site_queue_default(p)->max_walltime, 12 * 3600);
    assert_int_equal(site_walltime_max(site_queue_default(p), 91), 2 * 3600);
    assert_int_equal(site_walltime_max(site_queue_find(p, "extended"), 64), 24 * 3600);
    assert_null(site_queue_find(p, "debug"));
}

/* --- what is shipped --- */

/* All of them read, and what `show` prints reads back to the same. */
static void
test_shipped_profiles_round_trip(void **state)
{
    (void)state;
    struct site_texts files = site_files(&dirs);
    assert_true(files.n >= 12);
    for (size_t i = 0; i < files.n; i++) {
        struct buf first = {0}, second = {0}, path = {0};
        assert_non_null(load(files.v[i]));
        site_profile_show(p, &first);
        buf_printf(&path, "again/%s.yaml", p->name);
        put(path.p, first.p);
        assert_non_null(load(path.p));
        site_profile_show(p, &second);
        /* but for the comments */
        char *a = first.p, *b = second.p, *nexta, *nextb;
        while (*a == '#')
            a = strchr(a, '\n') + 1;
        while (*b == '#')
            b = strchr(b, '\n') + 1;
        for (; *a && *b; a = nexta + 1, b = nextb + 1) {
            nexta = strchr(a, '\n');
            nextb = strchr(b, '\n');
            *nexta = *nextb = 0;
            for (char *c = strstr(a, " # "); c; c = NULL)
                *c = 0;
            for (char *c = strstr(b, " # "); c; c = NULL)
                *c = 0;
            assert_string_equal(a, b);
        }
        assert_true(!*a && !*b);
        buf_free(&first);
        buf_free(&second);
        buf_free(&path);
    }
    site_dirs_free(&files);
}

/* --- words without quotes --- */

static void
test_plain_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum plain_type type;
    } cases[] = {
        {"", PLAIN_EMPTY},
        {"~", PLAIN_NULL},
        {"Null", PLAIN_NULL},
        {"yes", PLAIN_BOOL},
        {"N", PLAIN_BOOL},
        {"oFF", PLAIN_BOOL},
        {"0", PLAIN_INTEGER},
        {"-12", PLAIN_INTEGER},
        {"012", PLAIN_ODD_INTEGER},
        {"0x1f", PLAIN_ODD_INTEGER},
        {"0b11", PLAIN_ODD_INTEGER},
        {"0o17", PLAIN_ODD_INTEGER},
        {"1_000", PLAIN_ODD_INTEGER},
        {"+1", PLAIN_ODD_INTEGER},
        {"12:30", PLAIN_SEXAGESIMAL},
        {"48:00:00", PLAIN_SEXAGESIMAL},
        {"12:60", PLAIN_TEXT},
        {"1:30.5", PLAIN_ODD_REAL},
        {"1.5", PLAIN_REAL},
        {"1.", PLAIN_ODD_REAL},
        {".5", PLAIN_ODD_REAL},
        {"1e3", PLAIN_ODD_REAL},
        {"1.5E-3", PLAIN_ODD_REAL},
        {".inf", PLAIN_ODD_REAL},
        {"2023-05-31", PLAIN_DATE},
        {"2023-5-1 12:00:00", PLAIN_DATE},
        {"2023-05", PLAIN_TEXT},
        {"-n", PLAIN_TEXT},
        {"1e", PLAIN_TEXT},
        {"_1", PLAIN_TEXT},
        {"-", PLAIN_TEXT},
        {".", PLAIN_TEXT},
        {"10 GB", PLAIN_TEXT},
        {"0x", PLAIN_TEXT},
        {"a:b", PLAIN_TEXT},
        {"e3", PLAIN_TEXT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (site_plain_type(cases[i].text) != cases[i].type)
            fail_msg("'%s' is taken for %d", cases[i].text, (int)site_plain_type(cases[i].text));
    assert_int_equal(site_plain_integer("48:00:00"), 172800);
    assert_int_equal(site_plain_integer("-1:30"), -90);
    assert_int_equal(site_plain_integer("010"), 8);
    assert_int_equal(site_plain_integer("0x1F"), 31);
    assert_int_equal(site_plain_integer("0b101"), 5);
    assert_int_equal(site_plain_integer("0o17"), 15);
}

/* --- the manual --- */

/* What wfl-site(5) says of a key: its line, and the one below. */
static void
manual_entry(const struct site_key *k, struct buf *out)
{
    struct buf wants = {0};
    site_key_wants(k, &wants);
    buf_printf(out, "\n.It Va %s\nTakes %s", k->path, wants.p);
    if (k->flags & REQUIRED)
        buf_puts(out, "; required");
    else if (k->flags & BY_KIND)
        buf_puts(out, "; the default depends on scheduler.kind");
    else if (k->type != KEY_MAP)
        buf_printf(out, "; default %s", k->fallback);
    buf_printf(out, ".\n");
    buf_free(&wants);
}

static void
test_manual_has_every_key(void **state)
{
    (void)state;
    struct buf page = {0}, path = {0};
    size_t found = 0;
    buf_printf(&path, "%s/man/wfl-site.5", getenv("top_srcdir"));
    assert_int_equal(file_read(path.p, &page), 0);
    for (size_t i = 0; i < site_nkeys; i++) {
        struct buf text = {0};
        manual_entry(site_key(i), &text);
        if (!strstr(page.p, text.p))
            fail_msg("wfl-site(5) has no such lines:%s", text.p);
        buf_free(&text);
    }
    for (const char *s = page.p; (s = strstr(s, "\n.It Va ")); s++)
        found++;
    assert_int_equal(found, site_nkeys);
    buf_free(&page);
    buf_free(&path);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults_of_the_kind),
        TEST(test_every_kind),
        TEST(test_inheritance_merges_maps_and_replaces_lists),
        TEST(test_origin_of_values),
        TEST(test_copy_beside_a_plan),
        TEST(test_inherits_its_own_name),
        TEST(test_search_path),
        TEST(test_unknown_name),
        TEST(test_figures_of_the_campaign),
        TEST(test_detected),
        TEST(test_tiers),
        TEST(test_shipped_profiles_round_trip),
        TEST(test_plain_types),
        TEST(test_manual_has_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
