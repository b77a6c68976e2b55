/* What a campaign sees of the sky: the visits and sensors of one family, which of them its filter
 * kept, which decisions were narrow, and how many visits see each place. Angles are radians. */
#ifndef CHART_COVERAGE_H
#define CHART_COVERAGE_H

#include "model/model.h"

enum { COVERAGE_BANDS = 12 }; /* more than these are not told apart */

struct coverage_band {
    const char *name;
    uint32_t nvisits, ntouching;
};

struct coverage {
    const struct model *model;
    const struct family *family;
    unsigned visit, sensor;               /* variables of the family */
    unsigned nothers;                     /* further families that could be looked at */
    const struct table *visits, *sensors; /* of these variables */
    const struct sky_camera *camera;
    struct sky_visits pointing;
    /* The regions that the family's condition asks of, first those that decide about sensors; where
     * it asks of none, those that anything else in the campaign asks of. Names are "" where it
     * gives none. */
    struct named_region *region;
    unsigned nregions, ndeciding;
    double clear; /* a margin below this is ambiguous */
    /* Bits, sensor % 64 of word visit * sky_words(camera) + sensor / 64. */
    uint64_t *kept, *ambiguous; /* ambiguous: NULL if no region decides */
    uint64_t npairs, nkept, nambiguous_kept, nambiguous_trimmed;
    uint32_t ntouching;          /* visits with a sensor that was kept */
    int band, mjd;               /* columns of the visits, or -1 */
    struct coverage_band *bands; /* if band >= 0 */
    unsigned nbands;
    uint8_t *band_of;   /* of each visit; bands[nbands - 1] are all that found no place */
    struct arena arena; /* of all that is pointed to from here but the model */
    struct sky_uses uses;
};

/* Of family `name`, or (NULL) of the first one that asks the sky about a visit and a sensor, else
 * of the first that runs over both. Which pairs are kept is read from the plan. False, with a
 * sentence for people in `why`, if there is no such family, or it cannot be placed on the sky. Free
 * in any case; the model must live as long. */
bool coverage_find(const struct model *m, const struct plan *p, const char *name, double clear,
    struct coverage *out, struct buf *why);
void coverage_free(struct coverage *c);

static inline bool
coverage_bit(const struct coverage *c, const uint64_t *bits, uint32_t visit, uint32_t sensor)
{
    return bits && (bits[visit * sky_words(c->camera) + sensor / 64] >> sensor % 64 & 1);
}
/* How many sensors of a visit are set; of kept and not kept ones if `kept` is given. */
uint32_t coverage_count(const struct coverage *c, const uint64_t *bits, uint32_t visit);

/* The visit with this id, as it is written in the campaign's tasks; -1: there is none. */
int64_t coverage_visit(const struct coverage *c, const char *id);
/* Appends the id of a visit, or the name of a sensor. */
void coverage_visit_id(const struct coverage *c, uint32_t visit, struct buf *out);
const char *coverage_sensor_name(const struct coverage *c, uint32_t sensor);
/* The narrowest margin of a sensor to the regions that decide (sky_margin); NAN without any. */
double coverage_margin(const struct coverage *c, uint32_t visit, uint32_t sensor);

/* For each of `n` directions, the number of visits that see it with a sensor that was kept. Places
 * nearer than 1/500 of the camera's size to the edge of a sensor may be taken for its neighbours.
 */
void coverage_depth(const struct coverage *c, size_t n, const double (*place)[3], uint32_t *depth);

/* The campaign, or one visit, in words and as JSON. `depth`: of the places `inside` the regions,
 * each of `area`; sorted. */
struct coverage_depths {
    const uint32_t *of;
    size_t n;
    double area; /* of one place, steradians */
};
void coverage_text(const struct coverage *c, const struct coverage_depths *d, struct buf *out);
void coverage_json(const struct coverage *c, const struct coverage_depths *d, struct buf *out);
void coverage_visit_text(const struct coverage *c, uint32_t visit, struct buf *out);
void coverage_visit_json(const struct coverage *c, uint32_t visit, struct buf *out);

#endif
