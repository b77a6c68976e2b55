#include "config.h"

#include "chart/colour.h"

#include <math.h>
#include <string.h>

static unsigned
byte(double v)
{
    return (unsigned)lround(255 * fmax(0, fmin(1, v)));
}

unsigned
colour_of_quantity(double t)
{
    const double start = 0.3, turns = -0.6, hue = 1.4, dark = 0.2, light = 0.93;
    double l = dark + (light - dark) * fmax(0, fmin(1, t));
    double phi = 2 * M_PI * (start / 3 + 1 + turns * l), a = hue * l * (1 - l) / 2;
    double c = cos(phi), s = sin(phi);
    return byte(l + a * (-0.14861 * c + 1.78277 * s)) << 16 |
           byte(l + a * (-0.29227 * c - 0.90649 * s)) << 8 | byte(l + a * 1.97294 * c);
}

unsigned
colour_of_band(const char *band, size_t number)
{
    static const unsigned of[] = {0x2f7fd6, 0x2ca02c, 0xd62728, 0xe08a00, 0xc23b9b, 0x7a5230};
    static const char known[] = "ugrizy";
    const char *at = *band && !band[1] ? strchr(known, *band) : NULL;
    return of[at ? (size_t)(at - known) : number % 6];
}
