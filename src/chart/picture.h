/* Pictures of a coverage. */
#ifndef CHART_PICTURE_H
#define CHART_PICTURE_H

#include "chart/coverage.h"
#include "chart/projection.h"
#include "chart/svg.h"

/* A rectangle of a drawing that shows a part of a projection. */
struct view {
    struct projection projection;
    double left, top, width, height; /* pixels */
    double scale;                    /* pixels a radian */
    double x, y;                     /* of the projection, in the middle */
};

/* Pixels of a place. */
void view_at(const struct view *v, const double place[3], double *px, double *py);
/* The place at a pixel; false if none is there. */
bool view_place(const struct view *v, double px, double py, double place[3]);
bool view_holds(const struct view *v, double px, double py, double slack);

/* A view that shows these places, at least one, and so much around them (radians, above 0): `left`,
 * `top` and `width` are given, all else follows. */
void view_of_places(double (*at)[3], size_t n, double around, struct view *v);

/* Meridians and parallels (inside a clipped group), then their labels in degrees and the frame. */
void graticule_lines(struct svg *s, const struct view *v);
void graticule_labels(struct svg *s, const struct view *v);

/* A map of equal-area cells: how many visits see the middle of each. */
struct depth_map {
    struct view view;
    unsigned nx, ny;
    double cell;         /* pixels */
    uint32_t *count;     /* nx * ny, rows from the top; UINT32_MAX: not on the sky. Owned */
    uint32_t base, most; /* the scale of colours: base and fewer .. most */
    uint32_t *inside;    /* sorted counts of the cells in the regions (without: of those that are
                            seen).    Owned */
    size_t ninside;
};
/* Chooses the projection and the part of the sky: what the kept sensors and the regions take; all
 * of the sky if that is more than half of it. */
void depth_map_make(const struct coverage *c, struct depth_map *out);
struct coverage_depths depth_map_inside(const struct depth_map *m);
void depth_map_free(struct depth_map *m);

/* The campaign on the sky, and one visit's focal plane; `s` is whole afterwards. */
void picture_sky(const struct coverage *c, const struct depth_map *m, struct svg *s);
void picture_visit(const struct coverage *c, uint32_t visit, struct svg *s);

#endif
