/* The scripts of jobs. The property: whatever a job is, either its script means to the scheduler
 * what was wanted, or it is refused with a reason; 10 000 jobs made at random for each scheduler.
 */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/place.h"
#include "util/file.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "place_lib.h"

enum { JOBS = 10000, RUN = 40, LEAST_WRITTEN = 2000 };

/* --- a job that can be anything --- */

static uint64_t seed;

static uint32_t
below(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
static const char nasty[] = " '\"\\%#$`&;|<>:=,{}[]()*?~!+@^\t\xc3\xa4";

/* Text of 1 .. 12 characters, which the caller frees: in one of `odd` cases with some of any kind.
 */
static char *
any(uint32_t odd)
{
    char *s = calloc(1, 16);
    bool strange = below(odd) == 0;
    uint32_t n = 1 + below(12);
    for (uint32_t i = 0; i < n; i++)
        s[i] = strange && below(4) == 0     ? nasty[below(sizeof nasty - 1)]
               : strange && below(200) == 0 ? (char)(1 + below(31))
                                            : plain[below(sizeof plain - 1)];
    return s;
}

/* All that is random about a job. */
struct spec {
    struct job job;
    struct site_profile site; /* texts are this struct's, the rest that of the profile below */
    struct site_queue queue;
    struct site_container container;
    const struct site_container *containers[1];
    struct site_storage storage;
    struct site_filesystem file[2];
    char *text[64];
    size_t ntexts;
    char *list[8][4];
    size_t nlists;
};

static char *
keep(struct spec *s, char *text)
{
    s->text[s->ntexts++] = text;
    return text;
}

static struct site_texts
some(struct spec *s, uint32_t most, uint32_t odd)
{
    struct site_texts t = {s->list[s->nlists++], below(most + 1)};
    for (size_t i = 0; i < t.n; i++)
        t.v[i] = keep(s, any(odd));
    return t;
}

static void
make(struct spec *s, const struct site_profile *base)
{
    memset(s, 0, sizeof *s);
    s->site = *base;
    struct site_profile *p = &s->site;
    char *dir = calloc(1, 64);
    char *a = any(8), *b = any(8);
    snprintf(dir, 64, "/%s/%s", a, b);
    free(a);
    free(b);
    keep(s, dir);
    s->job = (struct job){.site = p,
        .site_name = "there",
        .campaign = keep(s, any(4)),
        .source = keep(s, any(20)),
        .account = below(3) ? keep(s, any(10)) : NULL,
        .njobs = 1 + below(5),
        .ntasks = 1 + below(1000),
        .nodes = 1 + below(9999),
        .seconds = 60 * (1 + below(10000)),
        .dir = dir,
        .workdir = keep(s, any(8)),
        .gpus = below(2)};
    s->queue = (struct site_queue){.name = keep(s, any(10))};
    if (below(8) == 0)
        s->queue.extra = some(s, 1, 2);
    s->job.queue = below(5) ? &s->queue : NULL;
    p->scheduler.forbid = (struct site_texts){0};
    p->scheduler.needs_tasks = below(4) == 0;
    p->scheduler.exclusive = (int)below(2);
    p->scheduler.requeue = below(2);
    p->scheduler.job_name_max = 1 + below(20);
    p->nodes.cores = 1 + below(128);
    p->nodes.gpus = below(5);
    p->shell.init = some(s, 2, 10);
    p->shell.unset = some(s, 1, 10);
    if (p->constraints.n || p->scheduler.kind == SITE_SLURM || p->scheduler.kind == SITE_LSF)
        p->constraints = some(s, 2, 10);
    p->limits.script_bytes = below(100) ? SITE_NONE : below(3000);
    for (size_t i = 0; i < 2; i++)
        s->file[i] = (struct site_filesystem){.token = below(2) ? keep(s, any(10)) : NULL};
    p->filesystems.v = s->file;
    p->filesystems.n = below(3);
    s->storage = (struct site_storage){.path = keep(s, any(5)), .kind = SITE_STORAGE_SSD};
    if (below(20) == 0)
        s->storage.request = keep(s, any(2));
    p->nodes.local_storage.v = &s->storage;
    p->nodes.local_storage.n = 1;
    s->container.setup = some(s, 1, 10);
    if (below(2)) {
        s->containers[0] = &s->container;
        s->job.container = s->containers;
        s->job.ncontainers = 1;
        if (below(3))
            s->job.copy_dir = s->storage.path;
        if (below(3) == 0)
            s->job.copy_request = s->storage.request;
        if (p->scheduler.kind == SITE_SLURM && below(2)) {
            s->job.image = keep(s, any(10));
            s->job.volumes = keep(s, any(10));
        }
    }
}

static void
drop(struct spec *s)
{
    for (size_t i = 0; i < s->ntexts; i++)
        free(s->text[i]);
}

/* --- what is wanted, told once more --- */

static const char *
value(const struct header *h, const char *name)
{
    const struct header_option *o = header_find(h, name);
    return o && o->value ? o->value : "(absent)";
}

static void
check_name(const struct job *j, const char *name)
{
    size_t n = strlen(name);
    assert_in_range(n, 1, j->site->scheduler.job_name_max);
    assert_true(isalpha((unsigned char)*name));
    for (size_t i = 0; i < n; i++)
        assert_true(isalnum((unsigned char)name[i]) || strchr("_+.-", name[i]));
}

static void
check_head(const struct job *j, const struct header *h)
{
    static const struct {
        const char *name, *account, *queue, *nodes, *output, *id;
    } of[] = {
        [SITE_SLURM] = {"--job-name", "--account", "--partition", "--nodes", "--output", "%j"},
        [SITE_COBALT] = {"--jobname", "--project", "--queue", "--nodecount", "--outputprefix",
            "$jobid"},
        [SITE_PBS] = {"-N", "-A", "-q", "-l select", "-o", NULL},
        [SITE_LSF] = {"-J", "-P", "-q", NULL, "-o", "%J"},
        [SITE_FLUX] = {"--job-name", "--bank", "--queue", "--nodes", "--output", "{{id.dec}}"},
    };
    int kind = j->site->scheduler.kind;
    struct buf path = {0}, number = {0}, text = {0};
    check_name(j, value(h, of[kind].name));
    assert_string_equal(value(h, of[kind].account), j->account ? j->account : "(absent)");
    assert_string_equal(value(h, of[kind].queue), j->queue ? j->queue->name : "(absent)");
    /* the output: "%%" of Slurm is a "%" */
    const char *out = value(h, of[kind].output);
    for (const char *p = out; *p; p++) {
        buf_putc(&text, *p);
        if (kind == SITE_SLURM && p[0] == '%' && p[1] == '%')
            p++;
    }
    buf_printf(&path, "%s/state/jobs/", j->dir);
    if (of[kind].id)
        buf_printf(&path, "%s.%s.out", value(h, of[kind].name), of[kind].id);
    assert_string_equal(text.p, path.p);
    if (of[kind].nodes) {
        buf_printf(&number, "%u", j->nodes);
        size_t n = strcspn(value(h, of[kind].nodes), ":");
        assert_int_equal(n, number.n);
        assert_memory_equal(value(h, of[kind].nodes), number.p, n);
    } else {
        buf_printf(&number, "%lld", (long long)j->nodes * j->site->nodes.cores);
        assert_string_equal(value(h, "-n"), number.p);
    }
    buf_free(&path);
    buf_free(&number);
    buf_free(&text);
}

/* Runs the script up to `cd`, and looks at where it believes to be. */
static void
check_body(const struct job *j, const struct buf *script)
{
    struct buf text = {0}, out = {0};
    const char *here = strstr(script->p, "\nhere=");
    assert_non_null(here);
    buf_printf(&text, "%.*s\nprintf %%s \"$here\" >out\n", (int)strcspn(here + 1, "\n"), here + 1);
    assert_int_equal(file_write_atomic("part", text.p, text.n, 0666), 0);
    assert_int_equal(file_write_atomic("whole", script->p, script->n, 0666), 0);
    assert_int_equal(system("sh part"), 0);
    assert_int_equal(system("bash -n whole 2>why"), 0);
    assert_int_equal(system("dash -n whole 2>why"), 0);
    assert_int_equal(file_read("out", &out), 0);
    assert_string_equal(out.p, j->dir);
    buf_free(&text);
    buf_free(&out);
}

/* Where the tasks work is read back from the script, whatever it is called. */
static void
check_place(const struct job *j, const struct buf *script)
{
    struct place p = {0};
    place_of_script(script->p, script->n, j->dir, &p);
    assert_non_null(p.work.p);
    assert_string_equal(p.work.p, j->workdir);
    assert_false(p.elsewhere);
    place_free(&p);
    p = (struct place){0};
    place_of_script(script->p, script->n, "/another/folder", &p);
    assert_true(p.elsewhere);
    place_free(&p);
}

/* Jobs of another size have the script that would have been written for them. False: it is refused,
 * since a line of the head stands twice, for example in a line of the profile. */
static bool
check_resized(const struct job *j, const struct buf *script)
{
    struct job other = *j;
    struct buf wanted = {0}, got = {0}, why = {0};
    other.nodes = 1 + below(9999);
    other.seconds = 60 * (1 + below(10000));
    bool good = job_resize(j, &other, script, &got, &why);
    if (!good)
        assert_true(why.n > 10 && got.n == 0);
    else if (job_script(&other, &wanted, &why) && !job_warning(j) == !job_warning(&other))
        assert_string_equal(got.p, wanted.p);
    else if (wanted.n)
        assert_true(strstr(wanted.p, "--signal") || strstr(got.p, "-w") || job_warning(j));
    buf_free(&wanted);
    buf_free(&got);
    buf_free(&why);
    return good;
}

static struct site_profile *
profile(const char *text)
{
    struct diags *d = diag_new();
    const struct site_texts none = {0};
    assert_int_equal(file_write_atomic("p.yaml", text, strlen(text), 0666), 0);
    struct site_profile *p = site_profile_read(d, "p.yaml", &none);
    diag_print(d, stderr, false, 0);
    diag_free(d);
    assert_non_null(p);
    return p;
}

static void
property(const char *kind, const char *more)
{
    struct buf text = {0};
    buf_printf(&text,
        "schema: 1\nname: p\nscheduler:\n  kind: %s\nnodes:\n  cores: 4\n  memory_gib: 8\n%s", kind,
        more);
    struct site_profile *base = profile(text.p);
    const struct emitter *e = emitter_of((enum site_kind)base->scheduler.kind);
    unsigned written = 0, resized = 0;
    seed = 20261121;
    for (int i = 0; i < JOBS; i++) {
        struct spec s;
        struct buf script = {0}, why = {0};
        make(&s, base);
        if (job_script(&s.job, &script, &why)) {
            struct header h = {0};
            assert_int_equal(why.n, 0);
            assert_null(memchr(script.p, '\r', script.n));
            assert_true(e->read(script.p, script.n, &h, &why));
            assert_true(e->seconds(value(&h, e->walltime)) == s.job.seconds);
            check_head(&s.job, &h);
            if (!s.site.shell.init.n && !s.container.setup.n)
                check_place(&s.job, &script);
            /* the lines of a profile are code of its own: not ours to check */
            if (written < RUN && !s.site.shell.init.n && !s.container.setup.n)
                check_body(&s.job, &script);
            header_free(&h);
            resized += check_resized(&s.job, &script);
            written++;
        } else {
            assert_true(why.n > 20);
            assert_int_equal(script.n, 0);
        }
        buf_free(&script);
        buf_free(&why);
        drop(&s);
    }
    if (written < LEAST_WRITTEN)
        fail_msg("%s: only %u of %d jobs could be written", kind, written, JOBS);
    if (resized < written - written / 50)
        fail_msg("%s: only %u of %u scripts could be had for another size", kind, resized, written);
    site_profile_free(base);
    buf_free(&text);
}

static void
slurm(void **state)
{
    (void)state;
    property("slurm", "");
}

static void
cobalt(void **state)
{
    (void)state;
    property("cobalt", "attrs: {mcdram: cache}\n");
}

static void
pbs(void **state)
{
    (void)state;
    property("pbs", "attrs: {system: big}\n");
}

static void
lsf(void **state)
{
    (void)state;
    property("lsf", "launch:\n  argv: [mpirun, -n, \"{nnodes}\", \"{shim}\", node]\n"
                    "  rank_var: OMPI_COMM_WORLD_RANK\n  size_var: OMPI_COMM_WORLD_SIZE\n");
}

static void
flux(void **state)
{
    (void)state;
    property("flux", "constraints: [fast]\n");
}

/* --- what cannot be --- */

static void
refused(struct job *j, const char *text)
{
    struct buf script = {0}, why = {0};
    assert_false(job_script(j, &script, &why));
    if (!strstr(why.p, text))
        fail_msg("'%s' does not say '%s'", why.p, text);
    buf_free(&script);
    buf_free(&why);
}

/* The head of the script holds this line. */
static void
holds(struct job *j, const char *line)
{
    struct buf script = {0}, why = {0}, text = {0};
    if (!job_script(j, &script, &why))
        fail_msg("%s", why.p);
    buf_printf(&text, "\n%s\n", line);
    if (!strstr(script.p, text.p))
        fail_msg("no line '%s' in: %s", line, script.p);
    buf_free(&script);
    buf_free(&why);
    buf_free(&text);
}

static struct job
job(const struct site_profile *p)
{
    return (struct job){.site = p,
        .queue = site_queue_default(p),
        .site_name = "there",
        .campaign = "sky",
        .source = "sky.wfl",
        .njobs = 1,
        .ntasks = 1,
        .nodes = 4,
        .seconds = 36000,
        .dir = "/a/b",
        .workdir = "/a"};
}

#define START "schema: 1\nname: p\nnodes: {cores: 4, memory_gib: 8}\n"

static void
refusals(void **state)
{
    (void)state;
    struct site_profile *p = profile(START "scheduler: {kind: cobalt}\n");
    struct job j = job(p);
    holds(&j, "#COBALT -t 10:00:00");
    j.dir = "/a b";
    refused(&j, "Cobalt takes no blanks in the value of --outputprefix");
    j.dir = "/a$b";
    refused(&j, "build elsewhere");
    j = job(p);
    j.account = "two words";
    refused(&j, "takes no blanks in the value of --project");
    j = job(p);
    char *rank = p->launch.rank_var;
    p->launch.rank_var = NULL;
    refused(&j, "every node would do the work of node 0");
    p->launch.rank_var = rank;
    p->nodes.cores = 0;
    refused(&j, "leaves the cores of a node open");
    site_profile_free(p);

    p = profile(START "scheduler: {kind: pbs}\n");
    j = job(p);
    holds(&j, "#PBS -l walltime=10:00:00");
    holds(&j, "#PBS -l select=4:ncpus=4");
    holds(&j, "unset OMP_NUM_THREADS");
    j.campaign = "1st light";
    holds(&j, "#PBS -N c1st_light");
    j.dir = "/a:b";
    refused(&j, "before a ':' for a host");
    site_profile_free(p);

    p = profile(START "scheduler: {kind: lsf}\n");
    j = job(p);
    holds(&j, "#BSUB -W 600");
    holds(&j, "#BSUB -nnodes 4");
    j.dir = "/a%b";
    refused(&j, "takes a '%'");
    site_profile_free(p);

    p = profile(START "scheduler: {kind: flux}\n");
    j = job(p);
    holds(&j, "#flux: --time-limit=600m");
    j.dir = "/a{{b";
    refused(&j, "takes '{{'");
    site_profile_free(p);

    p = profile(START "scheduler: {kind: slurm}\nlimits: {script_bytes: 500}\n");
    j = job(p);
    refused(&j, "limits.script_bytes");
    site_profile_free(p);
}

static void
slurm_details(void **state)
{
    (void)state;
    struct site_profile *p = profile(
        START "scheduler: {kind: slurm, queue_via: qos, directives: [\"--comment='x y' --nice\"], "
              "forbid: [-k], needs_tasks: true}\n"
              "queues:\n"
              "  - {name: main, max_walltime: \"24:00:00\"}\n"
              "  - {name: again, max_walltime: \"24:00:00\", extra: [--requeue]}\n"
              "  - {name: odd, max_walltime: \"24:00:00\", extra: [\"--nodes=3\"]}\n");
    struct job j = job(p);
    struct buf script = {0}, why = {0};
    assert_true(job_script(&j, &script, &why));
    assert_non_null(strstr(script.p, "#SBATCH --mem=0"));
    assert_null(strstr(script.p, "#SBATCH --no-kill"));
    buf_free(&script);
    holds(&j, "#SBATCH --qos=main");
    holds(&j, "#SBATCH --ntasks=4");
    holds(&j, "#SBATCH --time=10:00:00");
    holds(&j, "#SBATCH --signal=B:USR1@300");
    j.seconds = 600;
    holds(&j, "#SBATCH --signal=B:USR1@150"); /* not when it has just begun */
    j.seconds = 36000;
    holds(&j, "#SBATCH --no-requeue");
    holds(&j, "#SBATCH --comment=\"x y\"");
    holds(&j, "#SBATCH --nice");
    j.dir = "/100%/a b";
    holds(&j, "#SBATCH --output=\"/100%%/a b/state/jobs/sky.%j.out\"");
    j.dir = "/a\\b";
    refused(&j, "takes no '\\'");
    j = job(p);
    j.queue = site_queue_find(p, "again");
    holds(&j, "#SBATCH --requeue");
    j.queue = site_queue_find(p, "odd");
    refused(&j, "gives --nodes among its directives");
    site_profile_free(p);

    p = profile(START "scheduler: {kind: slurm, forbid: [--signal]}\n");
    j = job(p);
    refused(&j, "forbids --signal");
    site_profile_free(p);
    p = profile(START "scheduler: {kind: slurm, directives: [\"--nodess=1\"]}\n");
    j = job(p);
    refused(&j, "there is no option '--nodess'");
    site_profile_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slurm), cmocka_unit_test(cobalt),
        cmocka_unit_test(pbs), cmocka_unit_test(lsf), cmocka_unit_test(flux),
        cmocka_unit_test(refusals), cmocka_unit_test(slurm_details)};
    return cmocka_run_group_tests_name("job", tests, place_begin, place_end);
}
