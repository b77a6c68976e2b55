/* sky FOLDER [VISITS.csv...]: which sensors of many visits see a region, as pairs of visit and
 * sensor in a second, on one core. FOLDER has the cameras of the standard library. Visits come
 * from tables with columns id,ra,dec,rot,... in degrees, or are made up: as many as DC2's data
 * release 6 has, placed and dithered as DC2 did. For comparison each sensor is also tested by
 * itself, and a part of them by a test that knows no geometry: sampling. */
#include "config.h"

#include "sky/trim.h"
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define DEG (M_PI / 180)
#define SENSORS 256

static uint64_t random_state = 88172645463325252u;

static double
random_between(double a, double b)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return a + (b - a) * (double)((random_state * 2685821657736338717u) >> 11) * 0x1p-53;
}

struct table {
    double *ra, *dec, *phi;
    size_t n, cap;
};

static void
add(struct table *t, double ra, double dec, double rot)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 4096;
        t->ra = xrealloc(t->ra, t->cap * sizeof(double));
        t->dec = xrealloc(t->dec, t->cap * sizeof(double));
        t->phi = xrealloc(t->phi, t->cap * sizeof(double));
    }
    t->ra[t->n] = ra * DEG;
    t->dec[t->n] = dec * DEG;
    t->phi[t->n++] = sky_position_angle(SKY_ROTATION_DC2, rot * DEG);
}

static void
make_up(struct table *t)
{
    for (int i = 0; i < 19846; i++)
        add(t, random_between(46, 78), random_between(-47.5, -24.5), random_between(0, 360));
    for (int i = 0; i < 11733; i++)
        add(t, 53.009 + random_between(-0.13, 0.13), -27.439 + random_between(-0.11, 0.11),
            random_between(0, 360));
}

static void
read_visits(struct table *t, const char *path)
{
    char line[512];
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    double ra, dec, rot;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%*[^,],%lf,%lf,%lf", &ra, &dec, &rot) == 3)
            add(t, ra, dec, rot);
    fclose(f);
}

static const struct sky_camera *
read_camera(struct arena *a, const char *folder)
{
    char line[512];
    char *path = arena_printf(a, "%s/lsst_dc2_imsim_sensors.csv", folder);
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    struct sky_outline s[SENSORS];
    size_t n = 0, which;
    while (n < SENSORS && fgets(line, sizeof line, f)) {
        s[n].yaw = 0;
        if (sscanf(line, "%*[^,],%*[^,],%*[^,],%*[^,],%lf,%lf,%lf,%lf", &s[n].x, &s[n].y,
                &s[n].width, &s[n].height) == 4)
            n++;
    }
    fclose(f);
    struct sky_optics o = {.scale = 20.0 / 3600 * DEG};
    const char *why = NULL;
    const struct sky_camera *c = sky_camera_new(a, &o, n, s, &why, &which);
    if (!c) {
        fprintf(stderr, "sky: %s: %s\n", path, why);
        exit(1);
    }
    return c;
}

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others do does not count */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A grid of places on the sensor, each looked up in the region. */
static bool
sampled(const struct sky_region *r, const struct sky_quad *q)
{
    enum { N = 64 };
    for (int i = 0; i <= N; i++)
        for (int k = 0; k <= N; k++) {
            double u = (double)i / N, v = (double)k / N, lower[3], upper[3], p[3];
            vec_mix(1 - u, q->corner[0], u, q->corner[1], lower);
            vec_mix(1 - u, q->corner[3], u, q->corner[2], upper);
            vec_mix(1 - v, lower, v, upper, p);
            vec_unit(p);
            if (sky_contains(r, p))
                return true;
        }
    return false;
}

static void
measure(
    const char *name, const struct sky_region *r, const struct sky_camera *c, const struct table *t)
{
    struct sky_visits visits = {t->n, t->ra, t->dec, t->phi};
    size_t words = sky_words(c), kept = 0;
    uint64_t *bits = xcalloc(t->n * words, sizeof *bits);
    double pairs = (double)t->n * (double)c->n, best = INFINITY;
    for (int round = 0; round < 3; round++) {
        double from = seconds();
        kept = sky_trim(r, c, &visits, SKY_OVERLAPS, bits, 0, NULL);
        best = fmin(best, seconds() - from);
    }
    uint64_t *doubt = xcalloc(t->n * words, sizeof *doubt);
    double begun = seconds();
    sky_trim(r, c, &visits, SKY_OVERLAPS, bits, 30.0 / 3600 * DEG, doubt);
    double flagging = seconds() - begun;
    free(doubt);
    /* one pair at a time, and sampling: on some of the visits */
    size_t differ = 0, single_pairs = 0, slow_pairs = 0, missed = 0;
    double single = 0, slow = 0;
    for (size_t v = 0; v < t->n; v += 16) {
        struct sky_frame f;
        struct sky_quad q;
        double from = seconds();
        sky_pointing(t->ra[v], t->dec[v], t->phi[v], &f);
        for (size_t s = 0; s < c->n; s++) {
            sky_turn(&f, &c->sensor[s], &q);
            differ += sky_overlaps(r, &q) != (bits[v * words + s / 64] >> (s % 64) & 1);
            single_pairs++;
        }
        single += seconds() - from;
        if (v % 4096)
            continue;
        from = seconds();
        for (size_t s = 0; s < c->n; s++) {
            sky_turn(&f, &c->sensor[s], &q);
            missed += sampled(r, &q) != (bits[v * words + s / 64] >> (s % 64) & 1);
            slow_pairs++;
        }
        slow += seconds() - from;
    }
    double rate = pairs / best, one = (double)single_pairs / single;
    double sampling = (double)slow_pairs / slow;
    printf("  %-22s %6.1f %10.1f %7.1f %10.4f %9.1f %9.0f %9zu %7zu of %zu %5zu of %zu\n", name,
        rate / 1e6, pairs / flagging / 1e6, one / 1e6, sampling / 1e6, rate / one, rate / sampling,
        kept, differ, single_pairs, missed, slow_pairs);
    free(bits);
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: sky FOLDER [VISITS.csv...]\n", stderr);
        return 2;
    }
    struct arena a = {0};
    struct table t = {0};
    const struct sky_camera *c = read_camera(&a, argv[1]);
    for (int i = 2; i < argc; i++)
        read_visits(&t, argv[i]);
    if (argc == 2)
        make_up(&t);

    const char *why = NULL;
    const double ra[] = {71.46 * DEG, 52.25 * DEG, 49.92 * DEG, 73.79 * DEG};
    const double dec[] = {-27.25 * DEG, -27.25 * DEG, -44.33 * DEG, -44.33 * DEG};
    enum { MANY = 4096 };
    double *star = xmalloc(2 * MANY * sizeof *star);
    for (int i = 0; i < MANY; i++) {
        double turn = 2 * M_PI * i / MANY, out = (i % 2 ? 8.0 : 7.9) * DEG;
        star[i] = 62 * DEG + out * cos(turn) / cos(36 * DEG);
        star[MANY + i] = -36 * DEG + out * sin(turn);
    }
    const struct {
        const char *name;
        const struct sky_region *region;
    } all[] = {
        {"strip (dc2.wfd)",
            sky_strip(&a, 61.855 * DEG, -44.33 * DEG, -27.25 * DEG, 8.539 * DEG, &why)},
        {"strip (dc2.ddf)",
            sky_strip(&a, 53.125 * DEG, -28.667 * DEG, -27.533 * DEG, 0.5666 * DEG, &why)},
        {"quadrilateral", sky_polygon(&a, 4, ra, dec, &why)},
        {"polygon, 4096 vertices", sky_polygon(&a, MANY, star, star + MANY, &why)},
        {"circle, 1 arcsec", sky_circle(&a, 53 * DEG, -27.4 * DEG, 1.0 / 3600 * DEG, &why)},
    };
    printf("%zu visits, %zu sensors, one core: millions of pairs/s\n", t.n, c->n);
    printf("  %-22s %6s %10s %7s %10s %9s %9s %9s %s\n", "region", "trim", "ambiguous", "single",
        "sampling", "to single", "to sampl.", "kept", "single and sampling that differ");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].region) {
            fprintf(stderr, "sky: %s: %s\n", all[i].name, why);
            return 1;
        }
        measure(all[i].name, all[i].region, c, &t);
    }
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    printf("  peak memory %.1f MB, which holds visits and bitmap\n", (double)u.ru_maxrss / 1024);
    free(t.ra);
    free(t.dec);
    free(t.phi);
    free(star);
    arena_free(&a);
    return 0;
}
