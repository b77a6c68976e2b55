#include "config.h"

#include "table/objects.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "sky_lib.h"

/* Each test works in a folder of its own, where the cache is, too. */
static char folder[] = "/tmp/wfl-objects-XXXXXX";
static const struct sky_optics optics = {.scale = 20.0 * ARCSEC};
static struct arena arena;
static const struct sky_camera *camera;
static struct sky_counter *counter;
static struct object_counts counts;

/* The visit that all catalogs here are of. */
static const double pointing[3] = {31.1133844 * DEG, -10.0970060 * DEG, 20.907707 * DEG};

static int
begin(void **state)
{
    (void)state;
    camera = camera_named(&arena, "lsst_sensors.csv", &optics);
    counter = sky_counter_new(camera, 0);
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 && setenv("XDG_CACHE_HOME", folder, 1) == 0 ? 0
                                                                                             : -1;
}

static int
end(void **state)
{
    (void)state;
    counts_free(&counts);
    sky_counter_free(counter);
    arena_free(&arena);
    char cmd[64];
    snprintf(cmd, sizeof cmd, "rm -rf %s", folder);
    return chdir("/") || system(cmd);
}

static void
put(const char *name, const char *text)
{
    assert_int_equal(dir_make_parent(name), 0);
    assert_int_equal(file_write_atomic(name, text, strlen(text), 0666), 0);
}

static void
put_gz(const char *name, const char *text)
{
    gzFile f = gzopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(f), Z_OK);
}

static bool
count_file(const char *path)
{
    struct sky_frame frame;
    sky_pointing(pointing[0], pointing[1], pointing[2], &frame);
    counts_free(&counts);
    return objects_read(path, counter, &frame, (uint32_t)camera->n, &counts);
}

static uint32_t
all(const uint32_t *count)
{
    uint32_t sum = 0;
    for (size_t s = 0; s < camera->n; s++)
        sum += count[s];
    return sum;
}

/* --- where places fall --- */

/* How far a place is from a sensor, by looking at many places of its edges; 0: it is inside. */
static double
distance(const struct sky_quad *q, const double p[3])
{
    enum { STEPS = 500 };
    double least = M_PI;
    bool inside = true;
    for (int i = 0; i < 4; i++) {
        inside = inside && vec_dot(q->normal[i], p) >= 0;
        for (int k = 0; k <= STEPS; k++) {
            double on[3];
            vec_mix(1 - (double)k / STEPS, q->corner[i], (double)k / STEPS, q->corner[(i + 1) & 3],
                on);
            vec_unit(on);
            least = fmin(least, vec_angle(on, p));
        }
    }
    return inside ? 0 : least;
}

/* Each place against each sensor, one by one. */
static void
places_on(const char *name, double scale, double ra, double dec, double phi, double margin, int n)
{
    const struct sky_optics o = {.scale = scale * ARCSEC, .c3 = -8.337e-9};
    const struct sky_camera *c = camera_named(&arena, name, &o);
    struct sky_counter *k = sky_counter_new(c, margin);
    struct sky_frame f;
    uint32_t count[205] = {0}, found = 0;
    sky_pointing(ra, dec, phi, &f);
    for (int i = 0; i < n; i++) {
        double p[3], r, e,
            before[3] = {random_between(-1.1, 1.1) * sin(c->radius + margin),
                random_between(-1.1, 1.1) * sin(c->radius + margin), 1};
        before[2] = sqrt(fmax(0, 1 - before[0] * before[0] - before[1] * before[1]));
        if (i % 16 == 0) /* behind the camera */
            before[2] = -before[2];
        vec_turn(&f, before, p);
        sky_radec(p, &r, &e);
        memset(count, 0, sizeof count);
        sky_count(k, &f, r, e, count);
        for (size_t s = 0; s < c->n; s++) {
            struct sky_quad q;
            sky_turn(&f, &c->sensor[s], &q);
            if (vec_angle(q.centre, p) > q.radius + margin + 0.001) {
                assert_int_equal(count[s], 0);
                continue;
            }
            double d = distance(&q, p);
            found += count[s];
            if (fabs(d - margin) > 1e-8 || d == 0)
                assert_int_equal(count[s], d <= margin);
        }
    }
    assert_true(found > (uint32_t)n / 10);
    sky_counter_free(k);
}

static void
places_fall_where_they_are(void **state)
{
    (void)state;
    places_on("lsst_sensors.csv", 20, 1, -0.4, 2, 0, 2000);
    places_on("lsst_sensors.csv", 20, 6.28, 0.1, 0.3, 0.1 * DEG, 1000);
    places_on("lsst_dc2_imsim_sensors.csv", 20, 3, M_PI_2, 0, 30 * ARCSEC, 1000);
    places_on("lsst_phosim_sensors.csv", 20, 0, -M_PI_2 + 1e-4, 1, 0.01 * DEG, 500);
    places_on("comcam_sensors.csv", 20, 2, 0, 1, 1 * DEG, 500);
    places_on("latiss_sensors.csv", 9.57, 0.001, -1, 5, 0, 500);
}

/* --- catalogs --- */

#define HEADER "rightascension 31.1133844\nobshistid 1\nseed 2.0\n"
#define HERE "31.1133844 -10.0970060 18 sed 0\n" /* in R22_S11 */

static void
all_forms_of_lines(void **state)
{
    (void)state;
    put("cat.txt",
        HEADER "# object a " HERE "\n  \t\r\nobject MS_567_8 " HERE
               "\tobject\t7   31.1133844\t-10.0970060\r\nobject x 31 -10 nan\n"
               "object far 200.5 +45 18\nseqnum 0\nobject last 3.11133844e1 -10.0970060");
    assert_true(count_file("cat.txt"));
    assert_int_equal(counts.count[94], 3);
    assert_int_equal(all(counts.count), 4);
    assert_int_equal(counts.dropped, 0);
    assert_int_equal(counts.nfiles, 1);
    put("none.txt", HEADER);
    assert_true(count_file("none.txt"));
    assert_int_equal(all(counts.count), 0);
}

static void
infinities_are_dropped(void **state)
{
    (void)state;
    put("cat.txt",
        HEADER "object MS_inf_8 " HERE "object 1 31.1133844 -10.0970060 18 s inf 0\n"
               "object 2 inf -10 18 s\nobject 3 31.1133844 -10.0970060 18 Settlinf.gz\n");
    assert_true(count_file("cat.txt"));
    assert_int_equal(counts.count[94], 2);
    assert_int_equal(counts.dropped, 2);
}

static void
included_files_count(void **state)
{
    (void)state;
    put("v/cat.txt", HEADER "includeobj sub/a.txt\nobject 1 " HERE "includeobj b.txt.gz\n");
    put("v/sub/a.txt", "object 2 " HERE "includeobj c.txt\n");
    put("v/sub/c.txt", "object 3 " HERE "object 4 " HERE);
    put_gz("v/b.txt.gz", "object 5 " HERE "# the end\n");
    assert_true(count_file("v/cat.txt"));
    assert_int_equal(counts.count[94], 5);
    assert_int_equal(counts.nfiles, 4);
    assert_string_equal(counts.file[0].name, "cat.txt");
    assert_string_equal(counts.file[1].name, "sub/a.txt");
    assert_string_equal(counts.file[2].name, "b.txt.gz");
    assert_string_equal(counts.file[3].name, "sub/c.txt");
}

static void
expect(const char *path, const char *why)
{
    assert_false(count_file(path));
    if (!strstr(counts.why, why))
        fail_msg("expected \"%s\" in \"%s\"", why, counts.why);
}

static void
bad(const char *lines, const char *why)
{
    char text[1024];
    snprintf(text, sizeof text, HEADER "object 1 " HERE "%s", lines);
    put("bad.txt", text);
    expect("bad.txt", why);
}

static void
mistakes_have_a_place(void **state)
{
    (void)state;
    bad("object 7\n", "bad.txt:5:9: an object without ra");
    bad("object 7 31.1", "bad.txt:5:14: an object without dec");
    bad("object 7 nan -10 18\n",
        "bad.txt:5:10: the ra of an object is 'nan', which is no number of degrees");
    bad("object 7 31 -91 18\n", "bad.txt:5:13: the dec of an object is '-91'");
    bad("object 7 31,0 -9 18\n", "bad.txt:5:10: the ra of an object is '31,0'");
    bad("object 7 1e400 -9 18\n", "bad.txt:5:10: the ra of an object is '1e400'");
    bad("\nobjects 7 31 -9 18\n", "bad.txt:6:1: this is no object");
    bad("includeobj\n", "bad.txt:5:11: includeobj without the name of a file");
    bad("includeobj none.txt\n",
        "none.txt: cannot read this file, which bad.txt includes: No such file");
    bad("includeobj .\n", ".: cannot read this file, which bad.txt includes: Is a directory");
    bad("includeobj bad.txt\n",
        "bad.txt:5:12: too many files are included; do they include each other?");
    expect("missing.txt", "missing.txt: cannot read this catalog: No such file");
    assert_int_equal(mkfifo("fifo", 0600), 0);
    bad("includeobj fifo\n",
        "fifo: cannot read this file, which bad.txt includes: not a regular file");
}

static void
damaged_files(void **state)
{
    (void)state;
    struct buf b = {0};
    for (int i = 0; i < 20000; i++)
        buf_printf(&b, "object %d 31.%d -10.%d 18\n", i * 7919, i, i);
    put_gz("cut.gz", b.p);
    assert_true(count_file("cut.gz"));
    uint32_t n = all(counts.count);
    assert_int_equal(truncate("cut.gz", 60000), 0);
    expect("cut.gz", "cut.gz: cannot read this catalog: the compressed file is cut off");
    put_gz("bits.gz", b.p);
    FILE *f = fopen("bits.gz", "r+b");
    assert_non_null(f);
    fseek(f, 30000, SEEK_SET);
    fwrite("wrong", 1, 5, f);
    fclose(f);
    assert_false(count_file("bits.gz"));
    put("plain.txt", b.p); /* of several pieces */
    assert_true(count_file("plain.txt"));
    assert_int_equal(all(counts.count), n);
    buf_reset(&b);
    for (int i = 0; i < 60000; i++)
        buf_putc(&b, 'x');
    put("long.txt", b.p);
    expect("long.txt", "this is no object");
    buf_puts(&b, b.p);
    for (int i = 0; i < 3; i++)
        buf_add(&b, b.p, b.n);
    put("longer.txt", b.p);
    expect("longer.txt", "longer.txt:1:1: a line of more than 64 kB");
    buf_free(&b);
    f = fopen("nul.txt", "wb");
    assert_non_null(f);
    fwrite("object 1 3\0 4 5\n", 1, 16, f);
    fclose(f);
    expect("nul.txt", "nul.txt:1:1: a NUL byte");
}

/* --- the cache --- */

static const char *const one_path[] = {"v/cat.txt"};
static const struct sky_visits one_visit = {1, &pointing[0], &pointing[1], &pointing[2]};

/* A build: how many objects the central sensor has. -1: an error. */
static int
build(double margin)
{
    struct objects *o = objects_new(camera, margin, &one_visit, one_path);
    struct diags *d = diag_new();
    const char *why;
    const uint32_t *count = objects_of(o, 0, &why);
    int n = count ? (int)count[94] : -1;
    objects_finish(o, d, NO_SPAN);
    diag_free(d);
    objects_free(o);
    return n;
}

/* Writes other text into the file, which then looks as it did. */
static void
change_unseen(const char *path, const char *text)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    fclose(f);
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void
cached_until_it_changes(void **state)
{
    (void)state;
    put("v/cat.txt", HEADER "includeobj a.txt\n");
    put("v/a.txt", "object 1 " HERE "object 2 " HERE);
    assert_int_equal(build(0), 2);
    change_unseen("v/a.txt", "#");
    assert_int_equal(build(0), 2);       /* nobody has looked */
    assert_int_equal(build(1 * DEG), 1); /* that is another question */
    put("v/a.txt", "object 1 " HERE "object 2 " HERE);
    change_unseen("v/cat.txt", "RIGHT");
    assert_int_equal(build(0), 2); /* a new inode, and cat.txt as it was */
    /* another inode, another time, the same text: it is hashed, and not counted */
    put("v/cat.txt", HEADER "includeobj a.txt\n");
    assert_int_equal(build(0), 2);
    put("v/a.txt", "object 1 " HERE "object 2 " HERE "object 3 " HERE);
    assert_int_equal(build(0), 3);
    unlink("v/a.txt");
    assert_int_equal(build(0), -1);
}

static void
damaged_cache(void **state)
{
    (void)state;
    put("v/cat.txt", HEADER "object 1 " HERE);
    assert_int_equal(build(0), 1);
    assert_int_equal(system("for f in wfl/*; do : > \"$f\"; done"), 0);
    assert_int_equal(build(0), 1);
    assert_int_equal(system("for f in wfl/*; do truncate -s -9 \"$f\"; done"), 0);
    assert_int_equal(build(0), 1);
    assert_int_equal(system("rm -r wfl; echo > wfl"), 0); /* it cannot be written */
    assert_int_equal(build(0), 1);
    assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
    char *home = getenv("HOME");
    home = home ? strdup(home) : NULL;
    assert_int_equal(unsetenv("HOME"), 0);
    assert_int_equal(build(0), 1); /* without any */
    if (home)
        setenv("HOME", home, 1);
    free(home);
}

/* --- many --- */

static void
many_catalogs(void **state)
{
    (void)state;
    enum { N = 50 };
    static double ra[N], dec[N], phi[N];
    static char name[N][32];
    static const char *path[N];
    uint8_t wanted[N];
    struct buf b = {0};
    for (int i = 0; i < N; i++) {
        ra[i] = pointing[0];
        dec[i] = pointing[1];
        phi[i] = i;
        snprintf(name[i], sizeof name[i], "v/%d.txt", i);
        path[i] = name[i];
        buf_reset(&b);
        buf_puts(&b, HEADER);
        for (int k = 0; k <= i; k++)
            buf_puts(&b,
                k == i && i % 10 == 9 ? "object 1 x y\n" : "object 1 inf " HERE "object 2 " HERE);
        put(path[i], b.p);
        wanted[i] = i % 5 != 0;
    }
    buf_free(&b);
    const struct sky_visits v = {N, ra, dec, phi};
    struct objects *o = objects_new(camera, 0, &v, path);
    objects_of_all(o, wanted);
    for (uint32_t i = 0; i < N; i++) {
        const char *why;
        const uint32_t *count = objects_of(o, i, &why);
        assert_int_equal(count == NULL, i % 10 == 9);
        if (count)
            assert_int_equal(all(count), i + 1);
        else
            assert_non_null(strstr(why, "which is no number of degrees"));
    }
    struct diags *d = diag_new();
    objects_finish(o, d, NO_SPAN);
    assert_int_equal(diag_count(d, DIAG_WARNING), 1);
    diag_free(d);
    objects_free(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(places_fall_where_they_are),
        TEST(all_forms_of_lines),
        TEST(infinities_are_dropped),
        TEST(included_files_count),
        TEST(mistakes_have_a_place),
        TEST(damaged_files),
        TEST(cached_until_it_changes),
        TEST(damaged_cache),
        TEST(many_catalogs),
    };
    return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
