/* pack FOLDER [WFD.csv DDF.csv]: how many nodes' worth the sensors of a survey fill, by the planner's
 * estimate, its lower bound, the published packer of two passes (with the branch that shares nodes
 * made live), and one visit a node. FOLDER has the cameras of the standard library; the tables have
 * columns id,ra,dec,rot,... in degrees. Without them, visits are made up as in bench/sky.
 *
 * The packer of two passes, as domain notes describe it: first, while a visit has as many sensors as
 * fit on a node, they are given one. Then the rests, the largest first, go onto the nodes that are
 * open, whole or a part of them, each part at the cost of another instance; what finds no room opens
 * a new one. */
#include "config.h"

#include "target/pack.h"
#include "sky/trim.h"
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEG (M_PI / 180)
enum { SENSORS = 256, MOST = 100000 };

static double ra[MOST], dec[MOST], phi[MOST];
static size_t nvisits;
static uint64_t random_state = 88172645463325252u;

static double
between(double a, double b)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return a + (b - a) * (double)((random_state * 2685821657736338717u) >> 11) * 0x1p-53;
}

static void
add(double r, double d, double rot)
{
    if (nvisits == MOST)
        return;
    ra[nvisits] = r * DEG;
    dec[nvisits] = d * DEG;
    phi[nvisits++] = sky_position_angle(SKY_ROTATION_DC2, rot * DEG);
}

static FILE *
open_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

static void
read_visits(const char *path)
{
    char line[512];
    double r, d, rot;
    FILE *f = open_file(path);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%*[^,],%lf,%lf,%lf", &r, &d, &rot) == 3)
            add(r, d, rot);
    fclose(f);
}

static const struct sky_camera *
read_camera(struct arena *a, const char *folder)
{
    char line[512];
    FILE *f = open_file(arena_printf(a, "%s/lsst_dc2_imsim_sensors.csv", folder));
    struct sky_outline s[SENSORS];
    size_t n = 0, which;
    while (n < SENSORS && fgets(line, sizeof line, f)) {
        s[n].yaw = 0;
        n += sscanf(line, "%*[^,],%*[^,],%*[^,],%*[^,],%lf,%lf,%lf,%lf", &s[n].x, &s[n].y,
                 &s[n].width, &s[n].height) == 4;
    }
    fclose(f);
    const char *why = NULL;
    return sky_camera_new(a, &(struct sky_optics){.scale = 20.0 / 3600 * DEG}, n, s, &why, &which);
}

/* Appends the numbers of sensors of the visits from `first` on that see the region, those with none
 * left out. */
static void
count(const struct sky_camera *c, const struct sky_region *r, size_t first, struct buf *counts)
{
    struct sky_visits v = {nvisits - first, ra + first, dec + first, phi + first};
    size_t words = sky_words(c);
    uint64_t *bits = xcalloc(v.n * words + 1, sizeof *bits);
    sky_trim(r, c, &v, SKY_OVERLAPS, bits, 0, NULL);
    for (size_t i = 0; i < v.n; i++) {
        uint32_t n = 0;
        for (size_t k = 0; k < words; k++)
            n += (uint32_t)__builtin_popcountll(bits[i * words + k]);
        if (n)
            buf_add(counts, &n, sizeof n);
    }
    free(bits);
}

/* --- the packer of two passes --- */

struct open_node {
    uint32_t instances, tasks;
};

static int
descending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

static uint64_t
two_passes(const struct pack_node *node, const uint32_t *n, size_t count)
{
    uint32_t cap = pack_room(node, 1);
    uint32_t *rest = xmalloc(count * sizeof *rest + 1);
    struct open_node *open = xmalloc(count * sizeof *open + 1);
    size_t nopen = 0, nrests = 0, first = 0;
    uint64_t nodes = 0;
    for (size_t i = 0; i < count; i++) {
        nodes += n[i] / cap;
        rest[nrests++] = n[i] % cap;
    }
    qsort(rest, nrests, sizeof *rest, descending);
    for (size_t i = 0; i < nrests; i++) {
        uint32_t left = rest[i];
        while (first < nopen && pack_room(node, open[first].instances + 1) <= open[first].tasks)
            first++; /* nothing fits any more */
        for (size_t k = first; k < nopen && left; k++) {
            uint32_t room = pack_room(node, open[k].instances + 1);
            if (room <= open[k].tasks)
                continue;
            room -= open[k].tasks;
            uint32_t part = left < room ? left : room;
            open[k].instances++;
            open[k].tasks += part;
            left -= part;
        }
        if (left)
            open[nopen++] = (struct open_node){1, left};
    }
    free(rest);
    free(open);
    return nodes + nopen;
}

static double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int
main(int argc, char **argv)
{
    static const struct pack_node node[] = {
        {76, 10, 2, 68}, {158, 10, 2, 64}, {158, 10, 2, 256}, {91, 20, 3, 68}};
    if (argc != 2 && argc != 4) {
        fputs("usage: pack FOLDER [WFD.csv DDF.csv]\n", stderr);
        return 2;
    }
    struct arena a = {0};
    struct buf counts = {0};
    const char *why = NULL;
    const struct sky_camera *c = read_camera(&a, argv[1]);
    const struct sky_region *wfd =
        sky_strip(&a, 61.855 * DEG, -44.33 * DEG, -27.25 * DEG, 8.539 * DEG, &why);
    const struct sky_region *ddf =
        sky_strip(&a, 53.125 * DEG, -28.667 * DEG, -27.533 * DEG, 0.5666 * DEG, &why);
    if (argc == 4)
        read_visits(argv[2]);
    for (int i = 0; argc == 2 && i < 19846; i++)
        add(between(46, 78), between(-47.5, -24.5), between(0, 360));
    count(c, wfd, 0, &counts);
    size_t nwfd = nvisits;
    if (argc == 4)
        read_visits(argv[3]);
    for (int i = 0; argc == 2 && i < 11733; i++)
        add(53.009 + between(-0.13, 0.13), -27.439 + between(-0.11, 0.11), between(0, 360));
    count(c, ddf, nwfd, &counts);
    const uint32_t *n = (const uint32_t *)(const void *)counts.p;
    size_t nbundles = counts.n / sizeof *n;
    printf("%zu visits, %zu with sensors: nodes\n", nvisits, nbundles);
    printf("  %-24s %4s %9s %9s %9s %9s %9s %8s %8s\n", "GB: visit+sensor, node", "cap", "sensors",
        "ours", "bound", "2 passes", "1 visit", "to bound", "seconds");
    for (size_t i = 0; i < sizeof node / sizeof *node; i++) {
        struct packing p;
        double from = seconds();
        pack(&node[i], n, nbundles, &p);
        double took = seconds() - from;
        printf("  %2.0f + %.0f, %3.0f with %3u cores %4u %9llu %9llu %9llu %9llu %9llu %8.4f %8.4f\n",
            node[i].shared, node[i].own, node[i].memory, node[i].tasks, p.cap,
            (unsigned long long)p.tasks, (unsigned long long)p.nodes, (unsigned long long)p.bound,
            (unsigned long long)two_passes(&node[i], n, nbundles), (unsigned long long)p.alone,
            (double)p.nodes / (double)p.bound, took);
    }
    buf_free(&counts);
    arena_free(&a);
    return 0;
}
