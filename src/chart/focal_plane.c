/* One visit: the focal plane as the camera sees it, and which of its sensors are kept. */
#include "config.h"

#include "chart/picture.h"
#include "model/units.h"

#include <string.h>

enum { WIDTH = 960, LEFT = 78, TOP = 92, PLANE = 620, SIDE = 730, SIDE_WIDTH = 200 };

static const double DEGREES = 57.295779513082323;

struct plane {
    const struct coverage *c;
    struct svg *s;
    struct sky_frame frame; /* from before the camera to the sky */
    double x, y;            /* mm in the middle */
    double scale;           /* pixels a mm */
    bool on;                /* the pen */
};

static void
plane_at(const struct plane *p, double x, double y, double out[2])
{
    out[0] = LEFT + PLANE / 2. + (x - p->x) * p->scale;
    out[1] = TOP + PLANE / 2. - (y - p->y) * p->scale;
}

static bool
holds(const double at[2], double slack)
{
    return at[0] >= LEFT - slack && at[0] <= LEFT + PLANE + slack && at[1] >= TOP - slack &&
           at[1] <= TOP + PLANE + slack;
}

/* The corners in mm: what decides, not what the table says. */
static void
corners(const struct plane *p, uint32_t sensor, double out[4][2])
{
    for (int k = 0; k < 4; k++)
        if (!sky_unfocal(&p->c->camera->optics, p->c->camera->sensor[sensor].corner[k], &out[k][0],
                &out[k][1]))
            out[k][0] = out[k][1] = 0;
}

static void
choose_plane(struct plane *p)
{
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
    for (uint32_t i = 0; i < p->c->camera->n; i++) {
        double at[4][2];
        corners(p, i, at);
        for (int k = 0; k < 8; k++) {
            lo[k & 1] = fmin(lo[k & 1], at[k / 2][k & 1]);
            hi[k & 1] = fmax(hi[k & 1], at[k / 2][k & 1]);
        }
    }
    p->x = (lo[0] + hi[0]) / 2;
    p->y = (lo[1] + hi[1]) / 2;
    p->scale = PLANE / (1.12 * fmax(hi[0] - lo[0], hi[1] - lo[1]));
}

/* --- sensors --- */

static void
draw_sensor(const struct plane *p, uint32_t visit, uint32_t sensor)
{
    const struct coverage *c = p->c;
    struct svg *s = p->s;
    bool kept = coverage_bit(c, c->kept, visit, sensor),
         near = coverage_bit(c, c->ambiguous, visit, sensor);
    double at[4][2], middle[2] = {0}, margin = coverage_margin(c, visit, sensor);
    corners(p, sensor, at);
    for (int k = 0; k < 4; k++) {
        plane_at(p, at[k][0], at[k][1], at[k]);
        middle[0] += at[k][0] / 4;
        middle[1] += at[k][1] / 4;
    }
    svg_open(s, "path");
    svg_word(s, "class", near ? kept ? "near" : "near-trimmed" : kept ? "kept" : "trimmed");
    svg_move(s, at[0][0], at[0][1]);
    for (int k = 1; k < 4; k++)
        svg_line(s, at[k][0], at[k][1]);
    svg_shut(s);
    const char *name = coverage_sensor_name(c, sensor), *fate = kept ? "kept" : "trimmed";
    if (fabs(margin) < 3.14)
        svg_title(s, "%s: %s%s, margin %+.1f arcsec", name, fate, near ? ", ambiguous" : "",
            margin * DEGREES * 3600);
    else
        svg_title(s, "%s: %s", name, fate);
    svg_close(s);
    double side = hypot(at[1][0] - at[0][0], at[1][1] - at[0][1]);
    if (strlen(name) * 4.4 < side)
        svg_text(s, strlen(name) * 8 < side ? "small middle" : "tiny middle", middle[0],
            middle[1] + 2.5, "%s", name);
}

/* --- regions --- */

static void
draw_place(void *arg, const double place[3], bool first)
{
    struct plane *p = arg;
    double d[3], at[2];
    vec_turn_back(&p->frame, place, d);
    if (!sky_unfocal(&p->c->camera->optics, d, &at[0], &at[1])) {
        p->on = false;
        return;
    }
    plane_at(p, at[0], at[1], at);
    if (!holds(at, 3000)) {
        p->on = false;
        return;
    }
    if (!p->on || first)
        svg_move(p->s, at[0], at[1]);
    else
        svg_line(p->s, at[0], at[1]);
    p->on = true;
}

/* A tint where the sky is of a region: in rows of small cells, as it is one for the eye only. */
static void
draw_within(const struct plane *p)
{
    enum { CELL = 4 };
    svg_open(p->s, "path");
    svg_word(p->s, "class", "within");
    svg_word(p->s, "shape-rendering", "crispEdges");
    for (int y = 0; y < PLANE; y += CELL) {
        int from = -1;
        for (int x = 0; x <= PLANE; x += CELL) {
            double place[3];
            bool in = false;
            sky_focal(&p->c->camera->optics, p->x + (x + CELL / 2. - PLANE / 2.) / p->scale,
                p->y - (y + CELL / 2. - PLANE / 2.) / p->scale, place);
            vec_turn(&p->frame, place, place);
            for (unsigned i = 0; x < PLANE && i < p->c->nregions && !in; i++)
                in = sky_contains(p->c->region[i].region, place);
            if (in && from < 0)
                from = x;
            if (!in && from >= 0) {
                svg_box(p->s, LEFT + from, TOP + y, x - from, CELL);
                from = -1;
            }
        }
    }
    svg_close(p->s);
}

static void
draw_edges(struct plane *p)
{
    static const char *const class[] = {"edge", "edge second", "edge third"};
    for (unsigned i = 0; i < p->c->nregions; i++)
        for (int k = 0; k < 2; k++) {
            svg_open(p->s, "path");
            svg_word(p->s, "class", k ? class[i < 3 ? i : 2] : "under");
            p->on = false;
            sky_boundary(p->c->region[i].region,
                fmin(0.005, 6 / p->scale * p->c->camera->optics.scale), draw_place, p);
            svg_close(p->s);
        }
}

/* --- what is around --- */

static double
round_step(double range)
{
    double unit = pow(10, floor(log10(range / 4)));
    double k = range / 4 / unit;
    return unit * (k < 2 ? 1 : k < 5 ? 2 : 5);
}

static void
draw_axes(const struct plane *p)
{
    double half = PLANE / 2. / p->scale, step = round_step(2 * half);
    svg_rect(p->s, "frame", LEFT, TOP, PLANE, PLANE);
    for (int k = 0; k < 2; k++) {
        double middle = k ? p->y : p->x;
        for (double i = ceil((middle - half) / step); i * step <= middle + half; i++) {
            double at[2], value = i * step + 0.0;
            plane_at(p, k ? p->x : value, k ? value : p->y, at);
            const char *minus = value < -step / 2 ? "\xe2\x88\x92" : "";
            double shown = fabs(value) < step / 2 ? 0 : fabs(value);
            if (k) {
                svg_segment(p->s, "frame", LEFT, at[1], LEFT + 5, at[1]);
                svg_text(p->s, "right", LEFT - 8, at[1] + 4, "%s%g", minus, shown);
            } else {
                svg_segment(p->s, "frame", at[0], TOP + PLANE, at[0], TOP + PLANE - 5);
                svg_text(p->s, "middle", at[0], TOP + PLANE + 18, "%s%g", minus, shown);
            }
        }
    }
    svg_text(p->s, "soft middle", LEFT + PLANE / 2., TOP + PLANE + 38, "focal plane x, mm");
    svg_text(p->s, "soft right", LEFT - 8, TOP - 8, "y, mm");
}

/* North and east at the pointing: where a small step leads to. */
static void
draw_compass(const struct plane *p, uint32_t visit, double cx, double cy)
{
    enum { LONG = 46 };
    struct sky_frame up;
    sky_pointing(p->c->pointing.ra[visit], p->c->pointing.dec[visit], 0, &up);
    for (int east = 0; east < 2; east++) {
        const double step[3] = {east ? -1e-4 : 0, east ? 0 : 1e-4, 1};
        double d[3], x, y;
        vec_turn(&up, step, d);
        vec_unit(d);
        vec_turn_back(&p->frame, d, d);
        if (!sky_unfocal(&p->c->camera->optics, d, &x, &y))
            return;
        double n = hypot(x, y), u = x / n, v = -y / n; /* pixels: y down */
        svg_segment(p->s, "axis", cx, cy, cx + (LONG - 9) * u, cy + (LONG - 9) * v);
        svg_open(p->s, "path");
        svg_word(p->s, "class", "ink");
        svg_move(p->s, cx + LONG * u, cy + LONG * v);
        svg_line(p->s, cx + (LONG - 11) * u - 4 * v, cy + (LONG - 11) * v + 4 * u);
        svg_line(p->s, cx + (LONG - 11) * u + 4 * v, cy + (LONG - 11) * v - 4 * u);
        svg_shut(p->s);
        svg_close(p->s);
        svg_text(p->s, "head middle", cx + (LONG + 11) * u, cy + (LONG + 11) * v + 5, "%s",
            east ? "E" : "N");
    }
}

/* --- the legend --- */

static double
fact(struct svg *s, double y, const char *name, const char *fmt, double value)
{
    svg_text(s, "soft", SIDE, y, "%s", name);
    svg_open(s, "text");
    svg_word(s, "class", "right");
    svg_number(s, "x", SIDE + SIDE_WIDTH);
    svg_number(s, "y", y);
    struct buf b = {0};
    buf_printf(&b, fmt, value);
    svg_say(s, "%s", b.p);
    buf_free(&b);
    svg_close(s);
    return y + 18;
}

static double
swatch(struct svg *s, double y, const char *class, const char *name, uint32_t n)
{
    svg_rect(s, class, SIDE, y - 11, 14, 13);
    svg_text(s, "", SIDE + 24, y, "%s", name);
    svg_text(s, "right", SIDE + SIDE_WIDTH, y, "%u", n);
    return y + 21;
}

static void
draw_legend(const struct plane *p, uint32_t v)
{
    const struct coverage *c = p->c;
    struct svg *s = p->s;
    uint32_t n[2][2] = {{0}};
    for (uint32_t i = 0; i < c->sensors->nrows; i++)
        n[coverage_bit(c, c->ambiguous, v, i)][coverage_bit(c, c->kept, v, i)]++;
    double y = TOP + 10;
    svg_text(s, "head", SIDE, y, "Sensors");
    y = swatch(s, y + 24, "kept", "kept", n[0][1]);
    y = swatch(s, y, "trimmed", "trimmed", n[0][0]);
    if (c->ambiguous) {
        y = swatch(s, y, "near", "kept, ambiguous", n[1][1]);
        y = swatch(s, y, "near-trimmed", "trimmed, ambiguous", n[1][0]);
        struct buf b = {0};
        quantity_angle(&b, c->clear);
        svg_text(s, "small", SIDE, y, "ambiguous: margin below %s", b.p);
        buf_free(&b);
        y += 16;
    }
    y += 18;
    if (c->nregions) {
        svg_text(s, "head", SIDE, y, c->nregions > 1 ? "Regions" : "Region");
        for (unsigned i = 0; i < c->nregions && i < 5; i++) {
            y += 19;
            svg_segment(s,
                i == 0   ? "edge"
                : i == 1 ? "edge second"
                         : "edge third",
                SIDE, y - 4, SIDE + 26, y - 4);
            svg_text(s, "", SIDE + 34, y, "%.24s", c->region[i].name);
        }
        y += 36;
    }
    svg_text(s, "head", SIDE, y, "Visit");
    y = fact(s, y + 20, "ra", "%.5f\xc2\xb0", c->pointing.ra[v] * DEGREES);
    y = fact(s, y, "dec", "%+.5f\xc2\xb0", c->pointing.dec[v] * DEGREES);
    y = fact(s, y, "position angle of +y", "%.3f\xc2\xb0", c->pointing.phi[v] * DEGREES);
    if (c->mjd >= 0 && c->visits->col[c->mjd].type == COLUMN_REAL)
        y = fact(s, y, "mjd", "%.5f", ((const double *)c->visits->col[c->mjd].data)[v]);
    if (c->band >= 0) {
        svg_text(s, "soft", SIDE, y, "band");
        svg_text(s, "right", SIDE + SIDE_WIDTH, y, "%s", c->bands[c->band_of[v]].name);
    }
    draw_compass(p, v, SIDE + SIDE_WIDTH / 2., TOP + PLANE - 70);
}

void
picture_visit(const struct coverage *c, uint32_t visit, struct svg *s)
{
    struct plane p = {.c = c, .s = s};
    struct buf id = {0};
    coverage_visit_id(c, visit, &id);
    sky_pointing(c->pointing.ra[visit], c->pointing.dec[visit], c->pointing.phi[visit], &p.frame);
    choose_plane(&p);
    svg_begin(s, WIDTH, TOP + PLANE + 60, c->model->campaign);
    svg_text(s, "title", LEFT, 40, "%s: visit %s", c->model->campaign, id.p ? id.p : "");
    svg_text(s, "soft", LEFT, 63, "%s: %u of %u sensors kept", c->family->name,
        coverage_count(c, c->kept, visit), c->sensors->nrows);
    svg_open_clipped(s, "focal-plane", LEFT, TOP, PLANE, PLANE);
    svg_rect(s, "sky", LEFT, TOP, PLANE, PLANE);
    draw_within(&p);
    for (uint32_t i = 0; i < c->sensors->nrows; i++)
        draw_sensor(&p, visit, i);
    draw_edges(&p);
    svg_close(s);
    draw_axes(&p);
    draw_legend(&p, visit);
    svg_end(s);
    buf_free(&id);
}
