/* Colours that carry data, 0xrrggbb. */
#ifndef CHART_COLOUR_H
#define CHART_COLOUR_H

#include <stddef.h>

/* Of a quantity between 0 and 1, from dark to light with the brightness going straight up, so that
 * it can be read in grey, and by those who see few colours. The scheme is cubehelix (Green 2011,
 * Bull. Astr. Soc. India 39, 289). */
unsigned colour_of_quantity(double t);

/* Of a band: ugrizy have their own, others take them in turn by `number`. */
unsigned colour_of_band(const char *band, size_t number);

#endif
