/* How schedulers read the head of a script: each rule, and what they ignore in silence. */
#include "config.h"

#include "codegen/emitter.h"
#include "codegen/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct header h;
static struct buf why;

static bool
reads(const struct emitter *e, const char *script)
{
    header_free(&h);
    buf_reset(&why);
    return e->read(script, strlen(script), &h, &why);
}

/* The value of an option; "-" if it takes none, NULL if it is not there. */
static const char *
value(const char *name)
{
    const struct header_option *o = header_find(&h, name);
    return o ? o->value ? o->value : "-" : NULL;
}

static bool
says(const char *text)
{
    return why.n && strstr(why.p, text);
}

#define IS(name, text) assert_string_equal(value(name) ? value(name) : "(absent)", text)

/* --- Slurm --- */

static void
slurm(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_slurm;
    assert_true(reads(e, "#!/bin/sh\n"
                         "#SBATCH --nodes=4 -t 2:00:00\n"
                         "\n"
                         "# a comment, and a line of blanks\n"
                         "   \n"
                         "#SBATCH\t-J 'two words'  # and a comment\n"
                         "#SBATCH --comment=\"it's \\\"x\\\" # here\" --exclusive -Acosmo\n"
                         "##SBATCH --mem=1\n"
                         "# SBATCH --mem=2\n"
                         "  #SBATCH --mem=3\n"
                         "#SBATCH --open-m=append\n"
                         "date\n"
                         "#SBATCH --mem=4\n"));
    IS("--nodes", "4");
    IS("--time", "2:00:00");
    IS("--job-name", "two words");
    IS("--comment", "it's \"x\" # here");
    IS("--exclusive", "-");
    IS("--account", "cosmo");
    IS("--open-mode", "append");
    assert_null(value("--mem"));
    assert_int_equal(h.n, 7);
    assert_true(reads(e, "#!/bin/sh\n#SBATCH -J a#b\n#SBATCH -N 1\n#SBATCH -N 2\n"));
    IS("--job-name", "a"); /* also within a word */
    IS("--nodes", "2");    /* the last one */
    assert_true(reads(e, "#!/bin/sh\n#SBATCH --comment 'a\\'b'\n"));
    IS("--comment", "a'b"); /* "\" also within single quotes */
    assert_true(reads(e, "#!/bin/sh\n#SBATCH -J ab\"c d\"e \"\" -N1\n"));
    IS("--job-name", "abc de");
    IS("--nodes", "1"); /* the empty word is lost */
}

static void
slurm_refuses(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_slurm;
    assert_false(reads(e, "#SBATCH -N 1\n"));
    assert_true(says("#!"));
    assert_false(reads(e, "#!/bin/sh\r\n#SBATCH -N 1\r\n"));
    assert_true(says("DOS"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCHfoo\n"));
    assert_true(says("'foo' is no option"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH --nodess=1\n"));
    assert_true(says("no option '--nodess'"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH --mem-p=1\n"));
    assert_true(says("could be several"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH -N\n"));
    assert_true(says("has no value"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH --requeue=1\n"));
    assert_true(says("takes no value"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH -J a\\ b\n"));
    assert_true(says("'b' is no option"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH -J \"\"\n"));
    assert_true(says("has no value"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH -J a\rb\n"));
    assert_true(says("'b' is no option"));
    assert_false(reads(e, "#!/bin/sh\n#SBATCH --comment='a\n"));
    assert_true(says("not closed"));
    char *large = malloc((4 << 20) + 1);
    memset(large, '#', 4 << 20);
    memcpy(large, "#!/bin/sh\n", 10);
    large[4 << 20] = 0;
    assert_false(reads(e, large));
    assert_true(says("4 MB"));
    free(large);
}

/* --- Cobalt: the seven rules, and the mandatory two --- */

static void
cobalt(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_cobalt;
    assert_true(reads(e, "#!/bin/bash\n"
                         "#COBALT -n 128 -t 3:00:00\n"
                         "#COBALT -A cosmo --attrs mcdram=cache:numa=quad\n"
                         "#COBALT --env A=1 --env B=2\n"
                         "#COBALT --jobname \"two words\n"
                         "#COBALT -q debug\n"));
    IS("--nodecount", "128");
    IS("--time", "3:00:00");
    IS("--project", "cosmo");
    IS("--attrs", "mcdram=cache:numa=quad");
    IS("--env", "A=1:B=2");
    IS("--jobname", "\"two");      /* no quotes, */
    assert_null(value("--queue")); /* and the second word hides what follows */
}

/* What ends the head of a script of Cobalt, or hides a line of it, says nothing. */
static void
cobalt_is_silent(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_cobalt;
    static const char *const lost[] = {"\n#COBALT -q x\n", "# a comment\n#COBALT -q x\n",
        "#COBALT\t-q x\n", "#cobalt -q x\n", " #COBALT -q x\n", "#COBALT\n#COBALT -q x\n",
        "#COBALT -v # loud\n#COBALT -q x\n", "#COBALT --jobname a b\n#COBALT -q x\n"};
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        struct buf script = {0};
        buf_printf(&script, "#!/bin/sh\n#COBALT -n 1 -t 30\n%s", lost[i]);
        assert_true(reads(e, script.p));
        IS("--nodecount", "1");
        assert_null(value("--queue"));
        buf_free(&script);
    }
    assert_false(reads(e, "#COBALT -n 1 -t 30\n")); /* no first line */
    assert_true(says("-n is missing"));
    assert_false(reads(e, "#!/bin/sh\n#COBALT -n 1\n"));
    assert_true(says("-t is missing"));
    assert_false(
        reads(e, "#!/bin/sh\n#COBALT -n 1 -t 30\n#COBALT --attrs a=1\n#COBALT --attrs b=1\n"));
    assert_true(says("--attrs is given twice"));
    assert_false(reads(e, "#!/bin/sh\n#COBALT -n 1 -t 30 -N x\n"));
    assert_true(says("no option '-N'"));
    buf_reset(&why);
    assert_false(e->read_line("-q x y -A z", &h, &why));
    assert_true(says("would be ignored"));
}

/* --- PBS --- */

static void
pbs(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_pbs;
    assert_true(reads(e, "# no first line is needed\n"
                         "#PBS -N sky -l select=4:ncpus=32,walltime=1:00:00\n"
                         "  #PBS -l place=scatter:excl\n"
                         "\n"
                         "# a comment\n"
                         "#PBS -o \"/a b/c\" -joe \\\n"
                         "  -r n\n"
                         "#PBS -W depend=afterok:1:2,umask=022\n"
                         "date\n"
                         "#PBS -q late\n"));
    IS("-N", "sky");
    IS("-l select", "4:ncpus=32");
    IS("-l walltime", "1:00:00");
    IS("-l place", "scatter:excl");
    IS("-o", "/a b/c");
    IS("-j", "oe");
    IS("-r", "n");
    IS("-W depend", "afterok:1:2");
    IS("-W umask", "022");
    assert_null(value("-q"));
    static const char *const bad[][2] = {{"#PBS -N 1st\n", "illegal -N"},
        {"#PBS -N a,b\n", "illegal -N"}, {"#PBS -q x # comment\n", "directive error"},
        {"#PBS -q x y\n", "directive error"}, {"#PBS -q x\r\n", "carriage return"},
        {"#PBS -Y\n", "no option -Y"}, {"#PBS -q\n", "has no value"},
        {"#PBS -q 'x\n", "not closed"}, {"#PBS -l a=1,a=2\n", "given twice"},
        {"#PBS -l =2\n", "no list"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(reads(e, bad[i][0]));
        assert_true(says(bad[i][1]));
    }
    struct buf many = {0};
    buf_puts(&many, "#PBS");
    for (int i = 0; i < 129; i++)
        buf_puts(&many, " -V");
    assert_false(reads(e, many.p));
    assert_true(says("128"));
    buf_free(&many);
}

/* --- LSF --- */

static void
lsf(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_lsf;
    assert_true(reads(e, "#!/bin/bash\n"
                         "#BSUB -J sky -nnodes 4\n"
                         "#BSUB -alloc_flags \"smt4 nvme\"\n"
                         "# BSUB -q lost\n"
                         "#BSUB -rn -W 2:00\n"
                         "date\n"
                         "#BSUB -P late\n"));
    IS("-J", "sky");
    IS("-nnodes", "4");
    IS("-alloc_flags", "smt4 nvme");
    IS("-rn", "-");
    IS("-W", "2:00");
    assert_int_equal(h.n, 5);
    static const char *const bad[][2] = {
        {"#BSUB -alloc_flags smt4\n#BSUB -alloc_flags nvme\n", "given twice"},
        {"#BSUB -q x # comment\n", "not documented"}, {"#BSUB -q x\r\n", "carriage return"},
        {"#BSUB --nodes 4\n", "no option '--nodes'"}, {"#BSUB -q\n", "has no value"},
        {"#BSUB -q \"x\n", "not closed"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(reads(e, bad[i][0]));
        assert_true(says(bad[i][1]));
    }
}

/* --- Flux --- */

static void
flux(void **state)
{
    (void)state;
    const struct emitter *e = &emitter_flux;
    assert_true(reads(e, "#!/bin/sh\n"
                         "# flux: -N4 --exclusive  # four\n"
                         "# Set the name:\n"
                         "# flux: --job-name='my sky' -t 30m\n"
                         "\n"
                         "# flux: --setattr=user.x=\"\"\"{\"k\": 'v'}\"\"\"\n"
                         "# flux: --conf='''\n"
                         "# flux:   [a]\n"
                         "# flux:     b = \"c\"\n"
                         "# flux: '''\n"
                         "date\n"));
    IS("--nodes", "4");
    IS("--exclusive", "-");
    IS("--job-name", "my sky");
    IS("--time-limit", "30m");
    IS("--setattr", "user.x={\"k\": 'v'}");
    IS("--conf", "[a]\n  b = \"c\"\n");
    /* clang-format off */
    static const char *const bad[][2] = {
        {"#flux: -N4\ndate\n#flux: -q x\n", "stands apart"},
        {"#flux: -N4\n# flux: -q x\n", "different ways"}, {"#flux: -N4\n#FLUX: -q x\n", "different ways"},
        {"#flux: batch\n", "'batch' is no option"}, {"#flux: -N4 4\n", "'4' is no option"},
        {"#flux: --job-name='x\n", "not closed"}, {"#flux: --conf='''\n#flux: x\n", "not closed"},
        {"#flux: --nodes\n", "has no value"}, {"#flux: --mail=x\n", "no option"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf script = {0};
        buf_printf(&script, "#!/bin/sh\n%s", bad[i][0]);
        assert_false(reads(e, script.p));
        assert_true(says(bad[i][1]));
        buf_free(&script);
    }
    /* clang-format on */
    assert_false(reads(e, "#flux: -N4\n"));
}

/* --- one walltime, many meanings --- */

static void
walltimes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t slurm, cobalt, pbs, lsf, flux;
    } is[] = {
        {"30", 1800, 1800, 30, 1800, 1800},
        {"10:00", 600, 36000, 600, 36000, -1},
        {"1:30:00", 5400, 5400, 5400, -1, -1},
        {"90s", -1, -1, -1, -1, 90},
        {"1h", -1, -1, -1, -1, 3600},
        {"1-12:00:00", 129600, -1, -1, -1, -1},
        {"1-12", 129600, -1, -1, -1, -1},
        {"1:12:00:00", -1, 129600, -1, -1, -1},
        {"2:59:59", 10800, 10740, 10799, -1, -1},
        {"48:00:00", 172800, 172800, 172800, -1, -1},
        {"", -1, -1, -1, -1, -1},
        {"1:", -1, -1, -1, -1, -1},
    };
    for (size_t i = 0; i < sizeof is / sizeof *is; i++) {
        assert_int_equal(emitter_slurm.seconds(is[i].text), is[i].slurm);
        assert_int_equal(emitter_cobalt.seconds(is[i].text), is[i].cobalt);
        assert_int_equal(emitter_pbs.seconds(is[i].text), is[i].pbs);
        assert_int_equal(emitter_lsf.seconds(is[i].text), is[i].lsf);
        assert_int_equal(emitter_flux.seconds(is[i].text), is[i].flux);
    }
}

static void
differences(void **state)
{
    (void)state;
    struct header a = {0}, b = {0};
    struct buf text = {0};
    header_set(&a, "--nodes", "4");
    header_set(&b, "--nodes", "4");
    header_set(&a, "--hold", NULL);
    assert_false(header_same(&a, &b, &text));
    assert_string_equal(text.p, "--hold would be lost");
    buf_reset(&text);
    assert_false(header_same(&b, &a, &text));
    assert_string_equal(text.p, "--hold is not wanted");
    header_set(&b, "--hold", "");
    buf_reset(&text);
    assert_false(header_same(&a, &b, &text));
    header_set(&b, "--hold", NULL);
    assert_true(header_same(&a, &b, &text));
    header_set(&b, "--nodes", "5");
    buf_reset(&text);
    assert_false(header_same(&a, &b, &text));
    assert_string_equal(text.p, "--nodes would be '5', not '4'");
    header_free(&a);
    header_free(&b);
    buf_free(&text);
}

static int
end(void **state)
{
    (void)state;
    header_free(&h);
    buf_free(&why);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(slurm), cmocka_unit_test(slurm_refuses),
        cmocka_unit_test(cobalt), cmocka_unit_test(cobalt_is_silent), cmocka_unit_test(pbs),
        cmocka_unit_test(lsf), cmocka_unit_test(flux), cmocka_unit_test(walltimes),
        cmocka_unit_test(differences)};
    return cmocka_run_group_tests_name("readers", tests, NULL, end);
}
