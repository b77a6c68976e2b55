/* What the conditions of a campaign ask of the sky: prepared once, then looked up row by row while
 * the campaign is compiled. */
#ifndef MODEL_SKY_USE_H
#define MODEL_SKY_USE_H

#include "table/objects.h"
#include "table/table.h"
#include "sky/trim.h"
#include "util/arena.h"
#include "vm/vm.h"

enum sky_what {
    ASK_OVERLAPS,    /* of the rows: has the sensor a common point with the region? */
    ASK_CORNER_IN,   /* is one of its corners inside? */
    ASK_AMBIGUOUS,   /* is its margin below `clear`, to either side? */
    ASK_SPANS,       /* of the rows: is `place` within the sensor's ra's and dec's? */
    ASK_MARGIN,      /* sky_margin of it, radians */
    ASK_OBJECTS,     /* how many objects of the visit's catalog are within `clear` of the sensor? */
    ASK_CONTAINS,    /* of ra, dec: is the place inside? */
    ASK_SEPARATION,  /* of ra, dec, ra, dec: the angle between them, radians */
    ASK_PARALLACTIC, /* of hour angle, dec and latitude: the angle, radians */
    ASK_PARALLACTIC_ALTAZ, /* of altitude, azimuth and latitude: the same */
    ASK_SIDEREAL,          /* of mjd and longitude, radians */
    ASK_MEMBER,            /* of a number: is it in the column? */
    ASK_KNOWN,             /* of the row: has it a value, where these are not? */
};

struct sky_use {
    const char *name; /* of the function; static */
    enum sky_what what;
    const struct table *visits, *sensors; /* of the first five */
    const struct sky_region *region;
    double clear;                /* radians */
    double place[2];             /* ra, dec */
    const struct table *members; /* of ASK_MEMBER, with the number of its column */
    unsigned column;
    const struct holes *holes; /* of ASK_KNOWN */
    struct value *sorted;      /* what it holds, in the arena */
    /* made by sky_use_prepare; in the arena if not owned */
    const struct sky_camera *camera;
    struct sky_visits pointing;
    uint64_t *kept;          /* bits, as sky_trim makes them; owned */
    struct objects *objects; /* owned */
    const char *why;         /* not NULL: it cannot be answered */
};

struct sky_uses {
    struct sky_use **use; /* in the arena */
    uint32_t n, cap;
};

/* The number of this question; a new one unless it was asked before. */
uint32_t sky_use_add(struct arena *a, struct sky_uses *u, struct sky_use use);
/* Before use `number` is looked up for rows, and before threads start. `why` (static or in the
 * arena) if the camera makes no sense; *row is then the sensor's row, or PLAN_NONE for its optics.
 */
bool sky_use_prepare(struct arena *a, const struct strpool *pool, struct sky_uses *u,
    uint32_t number, const char **why, uint32_t *row);
void sky_uses_free(struct sky_uses *u);

/* For vm_data.sky; `arg` is the struct sky_uses. */
bool sky_answer(const void *arg, uint32_t number, uint32_t visit, uint32_t sensor,
    const struct value *args, struct value *out, const char **why);

#endif
