/* The campaign on the sky. */
#include "config.h"

#include "chart/colour.h"
#include "chart/picture.h"
#include "report/words.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 960,
    SIDE = 730, /* where the legend begins */
    SIDE_WIDTH = 200,
    MOST_LEVELS = 24,
    MOST_DOTS = 2500,    /* of visits without sensors */
    MOST_OUTLINES = 4000 /* sensors that are drawn one by one */
};

static const double SQUARE_DEGREES = 3282.8063500117438; /* of a steradian */

/* 1234567 as "1 234 567", in `b`. */
static const char *
grouped(struct buf *b, uint64_t n)
{
    buf_reset(b);
    status_number(n, b);
    return b->p;
}

/* --- depth --- */

static unsigned
levels(const struct depth_map *m)
{
    uint32_t n = m->most < m->base ? m->most : m->most - m->base + 1;
    return n < MOST_LEVELS ? n : MOST_LEVELS;
}

/* The first count of a level, which is the one behind the last of the level before. */
static uint64_t
level_start(const struct depth_map *m, unsigned level)
{
    uint64_t range = m->most - m->base + 1, n = levels(m);
    return level ? m->base + (level * range + n - 1) / n : 1;
}

/* Level of a count, 0 .. levels - 1. */
static unsigned
level_of(const struct depth_map *m, uint32_t count)
{
    return count <= m->base
               ? 0
               : (unsigned)((uint64_t)(count - m->base) * levels(m) / (m->most - m->base + 1));
}

static unsigned
level_colour(const struct depth_map *m, unsigned level)
{
    unsigned n = levels(m);
    double dark = n < 8 ? 0.3 : 0; /* few colours need not go that far apart */
    return colour_of_quantity(n > 1 ? dark + (1 - dark) * level / (n - 1) : 0.5);
}

static void
draw_level(struct svg *s, const struct depth_map *m, unsigned level)
{
    bool any = false;
    for (unsigned y = 0; y < m->ny; y++)
        for (unsigned x = 0, n; x < m->nx; x += n) {
            const uint32_t *row = m->count + (size_t)y * m->nx;
            for (n = 0; x + n < m->nx && row[x + n] != UINT32_MAX && row[x + n] &&
                        level_of(m, row[x + n]) == level;)
                n++;
            if (!n) {
                n = 1;
                continue;
            }
            if (!any) {
                uint64_t first = level_start(m, level), last = level_start(m, level + 1) - 1;
                svg_open(s, "g");
                svg_colour(s, "stroke", level_colour(m, level));
                if (first == last)
                    svg_title(s, "%llu visit%s", (unsigned long long)first, first == 1 ? "" : "s");
                else
                    svg_title(s, "%llu to %llu visits", (unsigned long long)first,
                        (unsigned long long)last);
                svg_open(s, "path");
                any = true;
            }
            svg_run(s, m->view.left + x * m->cell, m->view.top + (y + .5) * m->cell, n * m->cell);
        }
    if (any) {
        svg_close(s);
        svg_close(s);
    }
}

static void
draw_depth(struct svg *s, const struct depth_map *m)
{
    svg_open(s, "g");
    svg_word(s, "shape-rendering", "crispEdges");
    svg_word(s, "fill", "none");
    svg_number(s, "stroke-width", m->cell);
    for (unsigned level = 0; level < levels(m); level++)
        draw_level(s, m, level);
    svg_close(s);
}

/* --- regions --- */

struct pen {
    struct svg *s;
    const struct view *v;
    bool on;
    double before[2];
};

static void
draw_place(void *arg, const double place[3], bool first)
{
    struct pen *p = arg;
    double at[2];
    view_at(p->v, place, &at[0], &at[1]);
    /* over the edge of a chart of the whole sky, to its other side */
    bool jump = p->on && p->v->projection.whole &&
                hypot(at[0] - p->before[0], at[1] - p->before[1]) > 0.15 * p->v->width;
    if (!view_holds(p->v, at[0], at[1], 2000)) {
        p->on = false;
        return;
    }
    if (p->on && !first && hypot(at[0] - p->before[0], at[1] - p->before[1]) < 1)
        return; /* a boundary of many thousand pieces is no larger file */
    if (!p->on || first || jump)
        svg_move(p->s, at[0], at[1]);
    else
        svg_line(p->s, at[0], at[1]);
    p->on = true;
    memcpy(p->before, at, sizeof at);
}

static const char *
edge_class(unsigned i)
{
    static const char *const class[] = {"edge", "edge second", "edge third"};
    return class[i < 3 ? i : 2];
}

static void
draw_regions(struct svg *s, const struct coverage *c, const struct view *v)
{
    for (unsigned i = 0; i < c->nregions; i++)
        for (int k = 0; k < 2; k++) {
            struct pen p = {.s = s, .v = v};
            svg_open(s, "path");
            svg_word(s, "class", k ? edge_class(i) : "under");
            sky_boundary(c->region[i].region, fmin(4 / v->scale, 0.05), draw_place, &p);
            svg_close(s);
        }
}

/* --- visits --- */

static unsigned
band_colour(const struct coverage *c, unsigned b)
{
    return colour_of_band(c->bands[b].name, b);
}

static void
draw_sensor(struct svg *s, const struct view *v, const struct sky_frame *f,
    const struct sky_quad *q)
{
    double at[4][2];
    bool shown = false;
    for (int k = 0; k < 4; k++) {
        double place[3];
        vec_turn(f, q->corner[k], place);
        view_at(v, place, &at[k][0], &at[k][1]);
        shown = shown || view_holds(v, at[k][0], at[k][1], 0);
    }
    for (int k = 0; k < 4; k++) /* not over the edge of the whole sky */
        if (hypot(at[k][0] - at[0][0], at[k][1] - at[0][1]) > 0.3 * v->width)
            shown = false;
    if (!shown)
        return;
    svg_move(s, at[0][0], at[0][1]);
    for (int k = 1; k < 4; k++)
        svg_line(s, at[k][0], at[k][1]);
    svg_shut(s);
}

static void
draw_outlines(struct svg *s, const struct coverage *c, const struct view *v, bool kept, int band)
{
    svg_open(s, "path");
    svg_word(s, "class", kept ? "outline" : "outline lost");
    if (kept && band >= 0)
        svg_colour(s, "stroke", band_colour(c, (unsigned)band));
    else if (kept)
        svg_colour(s, "stroke", 0x2f7fd6);
    for (uint32_t i = 0; i < c->pointing.n; i++) {
        struct sky_frame f;
        if (!coverage_count(c, c->kept, i) || (band >= 0 && c->band_of[i] != band))
            continue;
        sky_pointing(c->pointing.ra[i], c->pointing.dec[i], c->pointing.phi[i], &f);
        for (uint32_t k = 0; k < c->camera->n; k++)
            if (coverage_bit(c, c->kept, i, k) == kept)
                draw_sensor(s, v, &f, &c->camera->sensor[k]);
    }
    svg_close(s);
}

/* How the visits with sensors are drawn: their sensors, or dots in the colours of bands, or, where
 * these would cover what is below, small dots for one visit in `each`. */
struct dots {
    bool sensors, small;
    uint32_t each;
};

static struct dots
dots_for(const struct coverage *c, const struct depth_map *m)
{
    double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY};
    double seen = 0; /* pixels */
    for (size_t i = 0; i < (size_t)m->nx * m->ny; i++)
        if (m->count[i] && m->count[i] != UINT32_MAX)
            seen += m->cell * m->cell;
    for (uint32_t i = 0; i < c->pointing.n; i++) {
        double place[3], at[2];
        if (!coverage_count(c, c->kept, i))
            continue;
        sky_direction(c->pointing.ra[i], c->pointing.dec[i], place);
        view_at(&m->view, place, &at[0], &at[1]);
        for (int k = 0; k < 2; k++) {
            lo[k] = fmin(lo[k], at[k]);
            hi[k] = fmax(hi[k], at[k]);
        }
    }
    if (c->ntouching)
        seen = fmin(seen, (hi[0] - lo[0] + 4) * (hi[1] - lo[1] + 4));
    struct dots d = {(uint64_t)c->ntouching * c->sensors->nrows <= MOST_OUTLINES, false, 1};
    d.small = c->ntouching > seen / 180;
    if (d.small)
        d.each = (uint32_t)ceil(c->ntouching / (seen / 70 + 1));
    return d;
}

/* Every `each`th visit; those with sensors, or those without. */
static void
draw_dots(struct svg *s, const struct coverage *c, const struct view *v, bool touching, int band,
    struct dots d)
{
    uint32_t n = 0;
    svg_open(s, "path");
    svg_word(s, "class", "dots");
    svg_number(s, "stroke-width", !touching ? 2.2 : d.small ? 1.6 : 3.4);
    svg_word(s, "stroke-opacity", !touching ? ".6" : d.small ? ".55" : ".9");
    if (!touching)
        svg_colour(s, "stroke", 0x8a94a3);
    else
        svg_colour(s, "stroke", band >= 0 ? band_colour(c, (unsigned)band) : 0x101820);
    for (uint32_t i = 0; i < c->pointing.n; i++) {
        double place[3], px, py;
        if ((coverage_count(c, c->kept, i) > 0) != touching)
            continue;
        if (n++ % d.each || (band >= 0 && c->band_of[i] != band))
            continue;
        sky_direction(c->pointing.ra[i], c->pointing.dec[i], place);
        view_at(v, place, &px, &py);
        if (view_holds(v, px, py, 0))
            svg_run(s, px, py, 0);
    }
    svg_close(s);
}

static uint32_t
thinning(uint32_t n)
{
    return (n + MOST_DOTS - 1) / MOST_DOTS + (n == 0);
}

static void
draw_visits(struct svg *s, const struct coverage *c, const struct view *v, struct dots d)
{
    uint32_t rest = c->visits->nrows - c->ntouching;
    draw_dots(s, c, v, false, -1, (struct dots){.each = thinning(rest)});
    if (d.sensors)
        draw_outlines(s, c, v, false, -1);
    if (!d.sensors && d.small) {
        draw_dots(s, c, v, true, -1, d);
        return;
    }
    for (int b = c->nbands ? 0 : -1; b < (int)c->nbands; b++) {
        if (d.sensors)
            draw_outlines(s, c, v, true, b);
        else
            draw_dots(s, c, v, true, b, d);
    }
}

/* --- the legend --- */

/* How much of the sky has which depth, over the colours and their scale. */
static double
legend_depth(struct svg *s, const struct coverage *c, const struct depth_map *m, double y)
{
    enum { TALL = 46, BAR = 12 };
    unsigned n = levels(m), most = 0, cells[MOST_LEVELS] = {0};
    struct buf b = {0};
    svg_text(s, "head", SIDE, y, "Visits that see a place");
    y += 12;
    if (!n) {
        svg_text(s, "soft", SIDE, y + 8, "no sensor is kept");
        return y + 34;
    }
    for (size_t i = 0; i < (size_t)m->nx * m->ny; i++)
        if (m->count[i] && m->count[i] != UINT32_MAX)
            cells[level_of(m, m->count[i])]++;
    for (unsigned i = 0; i < n; i++)
        most = cells[i] > most ? cells[i] : most;
    double wide = (double)SIDE_WIDTH / n;
    for (unsigned i = 0; i < n; i++) {
        double tall = most ? (double)TALL * cells[i] / most : 0;
        svg_open(s, "path");
        svg_colour(s, "fill", level_colour(m, i));
        svg_box(s, SIDE + i * wide, y + TALL - tall, wide - (wide > 14 ? 1 : 0), tall);
        svg_box(s, SIDE + i * wide, y + TALL + 3, wide, BAR);
        svg_close(s);
    }
    y += TALL + 3;
    svg_rect(s, "frame", SIDE, y, SIDE_WIDTH, BAR);
    y += BAR + 16;
    svg_text(s, "soft", SIDE, y, "%s%s", m->base > 1 ? "\xe2\x89\xa4 " : "", grouped(&b, m->base));
    if (m->most > 1)
        svg_text(s, "soft right", SIDE + SIDE_WIDTH, y, "%s", grouped(&b, m->most));
    svg_text(s, "small middle", SIDE + SIDE_WIDTH / 2., y, "bars: area of sky");
    if (m->ninside) {
        y += 20;
        svg_text(s, "", SIDE, y, "median %s %s", grouped(&b, m->inside[m->ninside / 2]),
            c->nregions ? "in the region" : "where any looked");
        y += 17;
        grouped(&b, m->inside[m->ninside / 20]);
        buf_puts(&b, " to ");
        status_number(m->inside[m->ninside - 1 - m->ninside / 20], &b);
        svg_text(s, "soft", SIDE, y, "%s in 90 %% of it", b.p);
    }
    buf_free(&b);
    return y + 32;
}

static double
legend_regions(struct svg *s, const struct coverage *c, double y)
{
    if (!c->nregions)
        return y;
    svg_text(s, "head", SIDE, y, c->nregions > 1 ? "Regions" : "Region");
    for (unsigned i = 0; i < c->nregions && i < 5; i++) {
        double area = sky_area(c->region[i].region) * SQUARE_DEGREES;
        y += 19;
        svg_segment(s, edge_class(i), SIDE, y - 4, SIDE + 26, y - 4);
        svg_text(s, "", SIDE + 34, y, "%.16s", c->region[i].name);
        svg_text(s, "right soft", SIDE + SIDE_WIDTH, y, "%.*f deg\xc2\xb2",
            area < 10     ? 3
            : area < 1000 ? 1
                          : 0,
            area);
    }
    return y + 32;
}

static double
legend_visits(struct svg *s, const struct coverage *c, struct dots d, double y)
{
    struct buf b = {0};
    uint32_t most = 1;
    svg_text(s, "head", SIDE, y, "Visits with sensors");
    svg_text(s, "right", SIDE + SIDE_WIDTH, y, "%s", grouped(&b, c->ntouching));
    for (unsigned i = 0; i < c->nbands; i++)
        most = c->bands[i].ntouching > most ? c->bands[i].ntouching : most;
    for (unsigned i = 0; i < c->nbands; i++) {
        y += 18;
        bool narrow = strlen(c->bands[i].name) <= 2;
        svg_text(s, "", SIDE, y, "%.10s", c->bands[i].name);
        double from = narrow ? 18 : 80, room = SIDE_WIDTH - from - 56;
        svg_open(s, "rect");
        svg_colour(s, "fill", band_colour(c, i));
        svg_number(s, "x", SIDE + from);
        svg_number(s, "y", y - 10);
        svg_number(s, "width", room * c->bands[i].ntouching / most);
        svg_number(s, "height", 11);
        svg_close(s);
        svg_text(s, "right soft", SIDE + SIDE_WIDTH, y, "%s", grouped(&b, c->bands[i].ntouching));
    }
    y += 18;
    if (d.sensors)
        svg_text(s, "small", SIDE, y, "outlines: their sensors; grey: trimmed");
    else if (d.each > 1)
        svg_text(s, "small", SIDE, y, "dots: the middle of one in %u", d.each);
    else
        svg_text(s, "small", SIDE, y, "dots: their middles");
    if (c->visits->nrows > c->ntouching) {
        y += 15;
        uint32_t each = thinning(c->visits->nrows - c->ntouching);
        svg_text(s, "small", SIDE, y, "grey dots: %s%s without", each > 1 ? "some of " : "",
            grouped(&b, c->visits->nrows - c->ntouching));
    }
    buf_free(&b);
    return y + 32;
}

static void
legend_sensors(struct svg *s, const struct coverage *c, double y)
{
    struct buf b = {0};
    double share = c->npairs ? (double)c->nkept / (double)c->npairs : 0;
    svg_text(s, "head", SIDE, y, "Sensors of all visits");
    svg_rect(s, "kept", SIDE, y + 8, SIDE_WIDTH * share, 11);
    svg_rect(s, "trimmed", SIDE + SIDE_WIDTH * share, y + 8, SIDE_WIDTH * (1 - share), 11);
    y += 36;
    svg_text(s, "", SIDE, y, "kept");
    svg_text(s, "right", SIDE + SIDE_WIDTH, y, "%s", grouped(&b, c->nkept));
    y += 17;
    svg_text(s, "", SIDE, y, "trimmed");
    svg_text(s, "right", SIDE + SIDE_WIDTH, y, "%s", grouped(&b, c->npairs - c->nkept));
    if (c->ambiguous) {
        y += 17;
        svg_text(s, "soft", SIDE, y, "ambiguous");
        svg_text(s, "right soft", SIDE + SIDE_WIDTH, y, "%s",
            grouped(&b, c->nambiguous_kept + c->nambiguous_trimmed));
    }
    buf_free(&b);
}

/* --- all of it --- */

void
picture_sky(const struct coverage *c, const struct depth_map *m, struct svg *s)
{
    const struct view *v = &m->view;
    struct buf a = {0}, b = {0};
    double height = fmax(v->top + v->height + 60, 590);
    svg_begin(s, WIDTH, height, c->model->campaign);
    svg_text(s, "title", v->left, 40, "%s", c->model->campaign);
    svg_text(s, "soft", v->left, 63, "%s: %s sensors of %s visits", c->family->name,
        grouped(&a, c->nkept), grouped(&b, c->ntouching));
    if (!v->projection.whole)
        svg_rect(s, "sky", v->left, v->top, v->width, v->height);
    svg_open_clipped(s, "sky-map", v->left, v->top, v->width, v->height);
    if (v->projection.whole) {
        svg_open(s, "ellipse");
        svg_word(s, "class", "sky");
        svg_number(s, "cx", v->left + v->width / 2);
        svg_number(s, "cy", v->top + v->height / 2);
        svg_number(s, "rx", 2 * M_SQRT2 * v->scale);
        svg_number(s, "ry", M_SQRT2 * v->scale);
        svg_close(s);
    }
    draw_depth(s, m);
    graticule_lines(s, v);
    struct dots dots = dots_for(c, m);
    draw_visits(s, c, v, dots);
    draw_regions(s, c, v);
    svg_close(s);
    graticule_labels(s, v);
    double y = legend_depth(s, c, m, v->top + 10);
    y = legend_regions(s, c, y);
    y = legend_visits(s, c, dots, y);
    legend_sensors(s, c, y);
    svg_end(s);
    buf_free(&a);
    buf_free(&b);
}
