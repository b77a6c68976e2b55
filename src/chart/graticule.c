/* Meridians and parallels, and their names. */
#include "config.h"

#include "chart/picture.h"

#include "sky/camera.h"

static const double DEGREES = 57.295779513082323;

/* What of the sky a map shows, in degrees; ra from the middle eastwards. */
struct extent {
    double ra, west, east, south, north;
    double ra_step, dec_step;
    bool pole[2]; /* south, north */
};

/* The smallest step for which no more than seven lines are drawn: 1, 2, 5 times a power of ten, or
 * 10, 15, 30 degrees. */
static double
step_for(double range)
{
    static const double large[] = {10, 15, 30};
    for (double unit = 1e-6; unit < 2; unit *= 10)
        for (int k = 0; k < 3; k++) {
            double step = unit * (k == 0 ? 1 : k == 1 ? 2 : 5);
            if (range / step <= 7)
                return step;
        }
    for (int k = 0; k < 2; k++)
        if (range / large[k] <= 7)
            return large[k];
    return large[2];
}

static struct extent
extent_of(const struct view *v)
{
    enum { N = 60 };
    struct extent e = {.ra = v->projection.ra * DEGREES};
    if (v->projection.whole) {
        e.west = -180;
        e.east = 180;
        e.south = -90;
        e.north = 90;
        e.ra_step = e.dec_step = 30;
        return e;
    }
    e.west = e.south = 400;
    e.east = e.north = -400;
    for (int i = 0; i < (N + 1) * (N + 1); i++) {
        double place[3], ra, dec;
        if (!view_place(v, v->left + v->width * (i % (N + 1)) / N,
                v->top + v->height * (i / (N + 1)) / N, place))
            continue;
        sky_radec(place, &ra, &dec);
        ra = remainder(ra * DEGREES - e.ra, 360);
        e.west = fmin(e.west, ra);
        e.east = fmax(e.east, ra);
        e.south = fmin(e.south, dec * DEGREES);
        e.north = fmax(e.north, dec * DEGREES);
    }
    for (int i = 0; i < 2; i++) {
        const double pole[3] = {0, 0, i ? 1 : -1};
        double px, py;
        view_at(v, pole, &px, &py);
        e.pole[i] = view_holds(v, px, py, 0) && (i ? e.north > 60 : e.south < -60);
        if (e.pole[i])
            *(i ? &e.north : &e.south) = i ? 90 : -90;
    }
    e.dec_step = step_for(e.north - e.south);
    e.ra_step = e.pole[0] || e.pole[1] ? 30 : step_for(e.east - e.west);
    if (e.ra_step == 30 || e.east - e.west > 180) {
        e.west = -180;
        e.east = 180;
    }
    return e;
}

/* --- lines --- */

enum { SAMPLES = 180 };

/* Place number i of a meridian or parallel, i = 0 .. SAMPLES. */
static void
sample(const struct extent *e, bool meridian, double value, int i, double place[3])
{
    double t = (double)i / SAMPLES;
    double ra = meridian ? value : e->ra + e->west + (e->east - e->west) * t;
    double dec = meridian ? e->south + (e->north - e->south) * t : value;
    /* not the very edge of a chart of the whole sky, which is two places */
    ra = fmax(e->ra - 180 + 1e-7, fmin(e->ra + 180 - 1e-7, ra));
    sky_direction(ra / DEGREES, dec / DEGREES, place);
}

static void
each_line(const struct view *v,
    void (*f)(const struct view *, const struct extent *, bool meridian, double value, void *arg),
    void *arg)
{
    struct extent e = extent_of(v);
    double first = ceil((e.ra + e.west) / e.ra_step - 1e-9);
    for (double i = first; i * e.ra_step <= e.ra + e.east + 1e-9; i++)
        if (i * e.ra_step < e.ra + e.west + 360 - 1e-9) /* the first one once more */
            f(v, &e, true, i * e.ra_step, arg);
    first = ceil(e.south / e.dec_step - 1e-9);
    for (double i = first; i * e.dec_step <= e.north + 1e-9; i++)
        if (fabs(i * e.dec_step) < 90 - 1e-9)
            f(v, &e, false, i * e.dec_step, arg);
}

static void
draw_line(const struct view *v, const struct extent *e, bool meridian, double value, void *arg)
{
    struct svg *s = arg;
    bool on = false;
    double before[2] = {0};
    for (int i = 0; i <= SAMPLES; i++) {
        double place[3], px, py;
        sample(e, meridian, value, i, place);
        view_at(v, place, &px, &py);
        if (!view_holds(v, px, py, 60)) {
            on = false;
            continue;
        }
        if (!on)
            svg_move(s, px, py);
        else if (hypot(px - before[0], py - before[1]) < 6 && i < SAMPLES)
            continue;
        else
            svg_line(s, px, py);
        before[0] = px;
        before[1] = py;
        on = true;
    }
}

void
graticule_lines(struct svg *s, const struct view *v)
{
    svg_open(s, "path");
    svg_word(s, "class", "grid");
    each_line(v, draw_line, s);
    svg_close(s);
}

/* --- labels --- */

static void
put_degrees(struct buf *out, double value, double step)
{
    int decimals = 0;
    for (double unit = 1; unit > step * 1.001 && decimals < 6; unit /= 10)
        decimals++;
    buf_printf(out, "%s%.*f\xc2\xb0", value < -step / 2 ? "\xe2\x88\x92" : "", decimals,
        fabs(value) < step / 2 ? 0 : fabs(value));
}

/* Where a line leaves the frame through the bottom (a meridian) or the left side; false if it does
 * not. */
static bool
leaves(const struct view *v, const struct extent *e, bool meridian, double value, double out[2])
{
    double a[2] = {0};
    for (int i = 0; i <= SAMPLES; i++) {
        double place[3], b[2];
        sample(e, meridian, value, i, place);
        view_at(v, place, &b[0], &b[1]);
        int k = meridian; /* the coordinate that is fixed there */
        double edge = meridian ? v->top + v->height : v->left;
        if (i && (a[k] - edge) * (b[k] - edge) <= 0 && a[k] != b[k]) {
            double t = (edge - a[k]) / (b[k] - a[k]);
            out[0] = a[0] + t * (b[0] - a[0]);
            out[1] = a[1] + t * (b[1] - a[1]);
            if (view_holds(v, out[0], out[1], 1e-6))
                return true;
        }
        a[0] = b[0];
        a[1] = b[1];
    }
    return false;
}

static void
label_part(const struct view *v, const struct extent *e, bool meridian, double value, struct svg *s,
    const char *text)
{
    double at[2];
    bool pole = e->pole[0] || e->pole[1];
    if (leaves(v, e, meridian, value, at)) {
        if (meridian)
            svg_text(s, "middle", at[0], v->top + v->height + 18, "%s", text);
        else
            svg_text(s, "right", v->left - 8, at[1] + 4, "%s", text);
        return;
    }
    if (!pole)
        return;
    /* Around a pole: meridians are named on a parallel near the frame, parallels on a meridian. */
    double place[3], dec = e->pole[1] ? e->south : e->north, from = e->pole[1] ? 90 : -90;
    if (meridian)
        sky_direction(value / DEGREES, (from + (dec - from) * 0.6) / DEGREES, place);
    else
        sky_direction((e->ra + 15) / DEGREES, value / DEGREES, place);
    view_at(v, place, &at[0], &at[1]);
    if (view_holds(v, at[0], at[1], -10))
        svg_text(s, "small middle on", at[0], at[1] + 4, "%s", text);
}

static void
label_whole(const struct view *v, const struct extent *e, bool meridian, double value,
    struct svg *s, const char *text)
{
    double place[3], px, py;
    if (meridian && fabs(value - e->ra) > 179)
        return;
    sample(e, meridian, value, meridian ? SAMPLES / 2 : SAMPLES, place);
    view_at(v, place, &px, &py);
    if (meridian)
        svg_text(s, "small middle on", px, py + 13, "%s", text);
    else
        svg_text(s, "right", px - 6, py + 4 - 6 * value / 90, "%s", text);
}

static void
label_line(const struct view *v, const struct extent *e, bool meridian, double value, void *arg)
{
    struct buf text = {0};
    double step = meridian ? e->ra_step : e->dec_step;
    double shown = meridian ? value - 360 * floor(value / 360 + 1e-12) : value;
    put_degrees(&text, shown, step);
    (v->projection.whole ? label_whole : label_part)(v, e, meridian, value, arg, text.p);
    buf_free(&text);
}

void
graticule_labels(struct svg *s, const struct view *v)
{
    if (v->projection.whole) {
        svg_open(s, "ellipse");
        svg_word(s, "class", "frame");
        svg_number(s, "cx", v->left + v->width / 2);
        svg_number(s, "cy", v->top + v->height / 2);
        svg_number(s, "rx", 2 * M_SQRT2 * v->scale);
        svg_number(s, "ry", M_SQRT2 * v->scale);
        svg_close(s);
    } else {
        svg_rect(s, "frame", v->left, v->top, v->width, v->height);
        svg_text(s, "soft middle", v->left + v->width / 2, v->top + v->height + 38, "ra");
        svg_text(s, "soft right", v->left - 8, v->top - 8, "dec");
    }
    each_line(v, label_line, s);
}
