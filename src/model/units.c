#include "config.h"

#include "model/units.h"

#include "diag/diag.h"
#include "util/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct unit units[] = {
#define X(name, dimension, factor) {name, dimension, factor},
    UNITS(X)
#undef X
};

static const char *const unit_names[] = {
#define X(name, dimension, factor) name,
    UNITS(X)
#undef X
};

enum { NUNITS = sizeof units / sizeof *units };

/* How else people write them; compared without regard to case. */
static const struct {
    const char *other, *name;
    /* clang-format off */
} spellings[] = {
    {"byte", "B"}, {"bytes", "B"}, {"k", "kB"}, {"m", "MB"}, {"g", "GB"}, {"t", "TB"},
    {"sec", "s"}, {"secs", "s"}, {"second", "s"}, {"seconds", "s"},
    {"mins", "min"}, {"minute", "min"}, {"minutes", "min"},
    {"hr", "h"}, {"hrs", "h"}, {"hour", "h"}, {"hours", "h"},
    {"day", "d"}, {"days", "d"}, {"msec", "ms"}, {"millisecond", "ms"}, {"milliseconds", "ms"},
    {"degree", "deg"}, {"degrees", "deg"}, {"radian", "rad"}, {"radians", "rad"},
    {"arcminute", "arcmin"}, {"arcminutes", "arcmin"},
    {"arcsecond", "arcsec"}, {"arcseconds", "arcsec"}, {"as", "arcsec"},
};
/* clang-format on */

const struct unit *
unit_find(const char *name)
{
    for (int i = 0; i < NUNITS; i++)
        if (strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

void
unit_list(enum dimension d, struct buf *out)
{
    const char *blank = "";
    for (int i = 0; i < NUNITS; i++) {
        if (units[i].dimension != d)
            continue;
        buf_printf(out, "%s%s", blank, units[i].name);
        blank = " ";
    }
}

const char *
unit_suggest(const char *name)
{
    for (int i = 0; i < NUNITS; i++)
        if (strcasecmp(units[i].name, name) == 0)
            return units[i].name;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (strcasecmp(spellings[i].other, name) == 0)
            return spellings[i].name;
    return diag_nearest(name, unit_names, NUNITS);
}

/* "bytes", "duration", "angle"; "number" */
static const char *
dimension_name(enum dimension d)
{
    static const char *const names[] = {"number", "bytes", "duration", "angle"};
    return names[d];
}

/* "2 GB", "10 min", "0.2 arcsec"; "4" */
static const char *
dimension_example(enum dimension d)
{
    static const char *const examples[] = {"4", "2 GB", "10 min", "0.2 arcsec"};
    return examples[d];
}

bool
quantity_parse(const char *s, enum dimension want, double *v, struct buf *why)
{
    const char *p = s + strspn(s, " ");
    size_t digits = strspn(p, "+-.0123456789");
    int64_t i;
    double r;
    enum number_kind kind = number_parse(p, digits, &i, &r);
    if (kind != NUMBER_INT && kind != NUMBER_REAL) {
        buf_printf(why, "'%s' is no %s; write it like '%s'", s, dimension_name(want),
            dimension_example(want));
        return false;
    }
    const char *name = p + digits + strspn(p + digits, " ");
    if (want == DIM_NONE || !*name) {
        if (*name)
            buf_printf(why, "'%s' is no plain number; leave '%s' out", s, name);
        else if (want != DIM_NONE)
            buf_printf(why, "'%s' has no unit; write it like '%s'", s, dimension_example(want));
        else
            *v = r;
        return want == DIM_NONE && !*name;
    }
    const struct unit *u = unit_find(name);
    if (!u) {
        const char *near = unit_suggest(name);
        buf_printf(why, "unknown unit '%s' in '%s'", name, s);
        if (near && unit_find(near)->dimension == want)
            buf_printf(why, "; did you mean '%s'?", near);
        else
            buf_printf(why, "; write it like '%s'", dimension_example(want));
        return false;
    }
    if (u->dimension != want) {
        buf_printf(why, "'%s' is a %s where %s is expected; write it like '%s'", s,
            dimension_name(u->dimension), dimension_name(want), dimension_example(want));
        return false;
    }
    *v = r * u->factor;
    return true;
}

/* --- for people --- */

/* Three digits that matter, without zeros behind the point. */
static void
short_number(struct buf *out, double v, const char *unit)
{
    char s[32];
    int decimals = fabs(v) < 9.995 ? 2 : fabs(v) < 99.95 ? 1 : 0;
    int n = snprintf(s, sizeof s, "%.*f", decimals, v);
    if (decimals) {
        while (n && s[n - 1] == '0')
            s[--n] = 0;
        if (n && s[n - 1] == '.')
            s[--n] = 0;
    }
    buf_printf(out, "%s %s", s, unit);
}

void
quantity_bytes(struct buf *out, double bytes)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    int k = 0;
    while (k < 5 && fabs(bytes) >= 999.5) {
        bytes /= 1000;
        k++;
    }
    short_number(out, bytes, names[k]);
}

static void
two_parts(struct buf *out, long long big, const char *big_name, long long small,
    const char *small_name)
{
    buf_printf(out, "%lld %s", big, big_name);
    if (small)
        buf_printf(out, " %lld %s", small, small_name);
}

void
quantity_duration(struct buf *out, double seconds)
{
    if (seconds < 0) {
        buf_putc(out, '-');
        seconds = -seconds;
    }
    if (!(seconds < 1e15)) {
        buf_puts(out, "for ever");
        return;
    }
    long long s = llround(seconds), min = llround(seconds / 60), h = llround(seconds / 3600);
    if (seconds < 0.9995)
        short_number(out, seconds * 1000, "ms");
    else if (seconds < 59.5)
        short_number(out, seconds, "s");
    else if (s < 3600)
        two_parts(out, s / 60, "min", s < 600 ? s % 60 : 0, "s");
    else if (min < 48 * 60)
        two_parts(out, min / 60, "h", min % 60, "min");
    else
        two_parts(out, h / 24, "d", h % 24, "h");
}

void
quantity_angle(struct buf *out, double radians)
{
    double deg = radians / unit_find("deg")->factor;
    if (fabs(deg) >= 1 || deg == 0)
        short_number(out, deg, "deg");
    else if (fabs(deg) >= 1.0 / 60)
        short_number(out, deg * 60, "arcmin");
    else
        short_number(out, deg * 3600, "arcsec");
}
