/* The table that joins visits to the patches of a sky map, as large as that of DR2 of DC2: which
 * detector of which visit lies on which patch. Geometry on a flat sky: 172 tracts of 7 x 7 patches
 * of 4000 px (and a border of 100 px), of which the 7251 nearest to the middle are observed; 498
 * of their 43 506 patches and bands are lost; visits of 189 detectors of 4072 px, 4225 px apart,
 * turned at random: first a grid of them in each band, then others at random places until there
 * are 360 595 warps. The same files every time.
 *
 *   overlaps FOLDER    writes overlaps.csv, patches.csv, tracts.csv, bands.csv there */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRACTS = 172, ACROSS = 13, SIDE = 7, NPATCHES = TRACTS * SIDE * SIDE, OBSERVED = 7251,
    LOST = 498, WARPS = 360595, WIDE = ACROSS * SIDE, HIGH = (TRACTS / ACROSS + 1) * SIDE
};

static const char bands[] = "ugrizy";

struct patch {
    int tract, number, x, y, rank;
    unsigned char lost; /* a bit for each band */
};

static struct patch patch[NPATCHES];
static struct patch *at[HIGH][WIDE];
static uint64_t seed = 20180701;

static uint32_t
dice(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

static double
distance(const struct patch *p)
{
    return hypot(p->x - WIDE / 2.0, p->y - HIGH / 2.0);
}

static int
by_distance(const void *a, const void *b)
{
    const struct patch *p = *(struct patch *const *)a, *q = *(struct patch *const *)b;
    double d = distance(p) - distance(q);
    return d < 0 ? -1 : d > 0 ? 1 : p < q ? -1 : p > q;
}

static void
make_sky(void)
{
    static struct patch *order[NPATCHES];
    for (int i = 0; i < NPATCHES; i++) {
        struct patch *p = &patch[i];
        int t = i / (SIDE * SIDE);
        p->tract = 2700 + t;
        p->number = i % (SIDE * SIDE);
        p->x = t % ACROSS * SIDE + p->number % SIDE;
        p->y = t / ACROSS * SIDE + p->number / SIDE;
        at[p->y][p->x] = order[i] = p;
    }
    qsort(order, NPATCHES, sizeof *order, by_distance);
    for (int i = 0; i < NPATCHES; i++)
        order[i]->rank = i;
    for (int left = LOST; left;) {
        struct patch *p = order[dice(OBSERVED)];
        unsigned char bit = (unsigned char)(1u << dice(6));
        left -= !(p->lost & bit);
        p->lost |= bit;
    }
}

/* Do a square of side 1.05 around the patch and one of side 1.018, turned, have a common point? */
static int
touches(double dx, double dy, double c, double s)
{
    double reach = 1.05 / 2 + 1.018 / 2 * (fabs(c) + fabs(s));
    double turned = 1.018 / 2 + 1.05 / 2 * (fabs(c) + fabs(s));
    return fabs(dx) < reach && fabs(dy) < reach && fabs(dx * c + dy * s) < turned &&
           fabs(dy * c - dx * s) < turned;
}

/* Writes the rows of a visit; returns how many warps it adds, `left` at most. */
static int
observe(FILE *f, int visit, int band, double x, double y, double angle, int left)
{
    static int seen[NPATCHES];
    double c = cos(angle), s = sin(angle);
    int warps = 0, detector = 0;
    for (int v = 0; v < 15; v++) {
        for (int u = 0; u < 15; u++) {
            if ((u < 3 || u > 11) && (v < 3 || v > 11))
                continue;
            double px = (u - 7) * 1.05625, py = (v - 7) * 1.05625;
            double dx = x + px * c - py * s, dy = y + px * s + py * c;
            for (int j = (int)floor(dy) - 2; j <= (int)floor(dy) + 2; j++) {
                for (int i = (int)floor(dx) - 2; i <= (int)floor(dx) + 2; i++) {
                    struct patch *p = i < 0 || j < 0 || i >= WIDE || j >= HIGH ? NULL : at[j][i];
                    if (!p || p->rank >= OBSERVED || p->lost >> band & 1 ||
                        !touches(i + 0.5 - dx, j + 0.5 - dy, c, s))
                        continue;
                    int *mark = &seen[p - patch];
                    if (*mark != visit && warps == left)
                        continue;
                    warps += *mark != visit;
                    *mark = visit;
                    fprintf(f, "%d,%d,%c,%d,%d\n", visit, detector, bands[band], p->tract,
                        p->number);
                }
            }
            detector++;
        }
    }
    return warps;
}

static void
make_visits(FILE *f)
{
    int left = WARPS, visit = 159471;
    fputs("visit,detector,band,tract,patch\n", f);
    for (int band = 0; band < 6; band++)
        for (int y = 4; y < HIGH + 5; y += 10)
            for (int x = 4; x < WIDE + 5; x += 10)
                left -= observe(f, visit += 1 + (int)dice(40), band, x, y, dice(6283) * 1e-3, left);
    while (left) {
        static const int weight[] = {0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 5, 5};
        double x = dice(WIDE * 1000) * 1e-3, y = dice(HIGH * 1000) * 1e-3;
        int band = weight[dice(sizeof weight / sizeof *weight)];
        left -= observe(f, visit += 1 + (int)dice(400), band, x, y, dice(6283) * 1e-3, left);
    }
}

static FILE *
create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        exit(1);
    }
    return f;
}

static void
done(FILE *f)
{
    if (ferror(f) | fclose(f)) {
        perror("overlaps");
        exit(1);
    }
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: overlaps FOLDER\n", stderr);
        return 2;
    }
    make_sky();
    FILE *f = create(argv[1], "overlaps.csv");
    make_visits(f);
    done(f);
    f = create(argv[1], "patches.csv");
    fputs("tract,patch,observed\n", f);
    for (int i = 0; i < NPATCHES; i++)
        fprintf(f, "%d,%d,%s\n", patch[i].tract, patch[i].number,
            patch[i].rank < OBSERVED ? "true" : "false");
    done(f);
    f = create(argv[1], "tracts.csv"); /* one more than those with patches */
    fputs("tract\n", f);
    for (int i = 0; i <= TRACTS; i++)
        fprintf(f, "%d\n", 2700 + i);
    done(f);
    f = create(argv[1], "bands.csv");
    fputs("band\n", f);
    for (int i = 0; i < 6; i++)
        fprintf(f, "%c\n", bands[i]);
    done(f);
    return 0;
}
