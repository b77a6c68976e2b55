/* Units: what a number with a unit is in base units, and quantities as people read them. */
#ifndef MODEL_UNITS_H
#define MODEL_UNITS_H

#include "util/buf.h"

#include <stdbool.h>

/* Base units: bytes, seconds, radians. */
enum dimension { DIM_NONE, DIM_BYTES, DIM_DURATION, DIM_ANGLE };

/* name, dimension, factor in base units. Decimal and binary prefixes of bytes: IEC 80000-13. */
#define UNITS(X)                                                                                   \
    X("B", DIM_BYTES, 1.0)                                                                         \
    X("kB", DIM_BYTES, 1e3)                                                                        \
    X("MB", DIM_BYTES, 1e6)                                                                        \
    X("GB", DIM_BYTES, 1e9)                                                                        \
    X("TB", DIM_BYTES, 1e12)                                                                       \
    X("PB", DIM_BYTES, 1e15)                                                                       \
    X("KiB", DIM_BYTES, 1024.0)                                                                    \
    X("MiB", DIM_BYTES, 1048576.0)                                                                 \
    X("GiB", DIM_BYTES, 1073741824.0)                                                              \
    X("TiB", DIM_BYTES, 1099511627776.0)                                                           \
    X("PiB", DIM_BYTES, 1125899906842624.0)                                                        \
    X("ms", DIM_DURATION, 1e-3)                                                                    \
    X("s", DIM_DURATION, 1.0)                                                                      \
    X("min", DIM_DURATION, 60.0)                                                                   \
    X("h", DIM_DURATION, 3600.0)                                                                   \
    X("d", DIM_DURATION, 86400.0)                                                                  \
    X("rad", DIM_ANGLE, 1.0)                                                                       \
    X("deg", DIM_ANGLE, 0.017453292519943295)                                                      \
    X("arcmin", DIM_ANGLE, 0.0002908882086657216)                                                  \
    X("arcsec", DIM_ANGLE, 4.84813681109536e-06)

struct unit {
    const char *name;
    enum dimension dimension;
    double factor;
};

const struct unit *unit_find(const char *name); /* exact spelling; NULL: unknown */
/* The unit that was probably meant: another spelling ("hours", "gb", "sec"), else the nearest
 * name; NULL if nothing comes close. */
const char *unit_suggest(const char *name);

/* Reads a whole "2 GB", "1.5h", "0.2 arcsec" of dimension `want` into base units. A bare number
 * is taken only for DIM_NONE. False with a whole sentence in `why` otherwise. */
bool quantity_parse(const char *s, enum dimension want, double *v, struct buf *why);

/* Appends "1.5 GB", "2 h 5 min", "45 s", "3.2 ms": at most three digits of what matters. */
void quantity_bytes(struct buf *out, double bytes);
void quantity_duration(struct buf *out, double seconds);
void quantity_angle(struct buf *out, double radians);

/* Those of a dimension: "ms s min h d". */
void unit_list(enum dimension d, struct buf *out);

#endif
