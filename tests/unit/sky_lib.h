/* What the tests of src/sky share: cameras, random directions, reports. */
#ifndef SKY_LIB_H
#define SKY_LIB_H

#include "sky/camera.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define DEG (M_PI / 180)
#define ARCSEC (DEG / 3600)

/* xorshift64*: the same numbers on every machine */
static uint64_t random_state = 88172645463325252u;

static inline double
random_unit(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (double)((random_state * 2685821657736338717u) >> 11) * 0x1p-53;
}

static inline double
random_between(double a, double b)
{
    return a + (b - a) * random_unit();
}

static inline void
random_direction(double out[3])
{
    sky_direction(random_between(0, 2 * M_PI), asin(random_between(-1, 1)), out);
}

/* A camera of the standard library; at most 205 sensors. */
static inline const struct sky_camera *
camera_named(struct arena *a, const char *file, const struct sky_optics *optics)
{
    char path[4096], line[512];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/stdlib/cameras/%s", top ? top : ".", file);
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(99);
    }
    static struct sky_outline s[205];
    size_t n = 0;
    while (n < 205 && fgets(line, sizeof line, f)) {
        double yaw;
        /* detector,raft,sensor,name,x,y,width,height,nx,ny,vendor,type,yaw,... */
        if (sscanf(line, "%*d,%*[^,],%*[^,],%*[^,],%lf,%lf,%lf,%lf,%*d,%*d,%*[^,],%*[^,],%lf",
                &s[n].x, &s[n].y, &s[n].width, &s[n].height, &yaw) == 5)
            s[n++].yaw = yaw * DEG;
    }
    fclose(f);
    const char *why;
    size_t which;
    const struct sky_camera *c = sky_camera_new(a, optics, n, s, &why, &which);
    if (!c) {
        printf("# %s: sensor %zu: %s\n", file, which, why);
        exit(99);
    }
    return c;
}

#endif
