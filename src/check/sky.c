/* Functions of the sky. What they tell is known while the campaign is compiled; plans hold the
 * answers that tasks need (planner/answers.c). */
#include "config.h"

#include "check/check.h"

#include "sky/trim.h"

#include <math.h>
#include <string.h>

static const double RADIANS = 0.017453292519943295;      /* of a degree */
static const double SQUARE_DEGREES = 3282.8063500117438; /* of a steradian */

static const struct sky_function {
    const char *name;
    enum sky_what what;
    unsigned nargs, most;
    const char *example;
} functions[] = {
    {"overlaps", ASK_OVERLAPS, 3, 3, "overlaps(v, s, wfd)"},
    {"corner_in", ASK_CORNER_IN, 3, 3, "corner_in(v, s, wfd)"},
    {"ambiguous", ASK_AMBIGUOUS, 4, 4, "ambiguous(v, s, wfd, 30 arcsec)"},
    {"spans", ASK_SPANS, 3, 3, "spans(v, s, (71.46 deg, -27.25 deg))"},
    {"margin", ASK_MARGIN, 3, 3, "margin(v, s, wfd) < 30 arcsec"},
    {"objects", ASK_OBJECTS, 2, 3, "objects(v, s), or objects(v, s, 30 arcsec)"},
    {"contains", ASK_CONTAINS, 2, 2, "contains(wfd, v), or contains(wfd, (10 deg, -30 deg))"},
    {"separation", ASK_SEPARATION, 2, 2, "separation(v, (10 deg, -30 deg))"},
    {"parallactic", ASK_PARALLACTIC, 3, 3,
        "parallactic(altitude deg(altitude), azimuth deg(azimuth), latitude rubin_latitude)"},
    {"sidereal", ASK_SIDEREAL, 2, 2, "sidereal(mjd v.mjd, longitude rubin_longitude)"},
};

static const struct sky_function *
find_function(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

void
sky_function_names(const char **name)
{
    static const char *const others[] = {"strip", "box", "circle", "polygon", "area"};
    _Static_assert(SKY_FUNCTIONS == COUNT_OF(functions) + COUNT_OF(others), "as many as there are");
    for (size_t i = 0; i < COUNT_OF(functions); i++)
        name[i] = functions[i].name;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        name[COUNT_OF(functions) + i] = others[i];
}

bool
is_sky_call(const char *name)
{
    return is_shape(name) || strcmp(name, "area") == 0 || find_function(name);
}

/* --- arguments --- */

/* The variable that an argument names, if its table is of that kind; -1 after a message. */
static int
row_of(struct scope *s, const struct ast *a, enum table_kind kind)
{
    struct checker *c = s->c;
    const char *what = kind == TABLE_VISITS ? "visits" : "sensors";
    for (unsigned i = 0; a->kind == AST_NAME && i < s->nvars; i++) {
        const struct table *t = s->var[i].table;
        if (strcmp(s->var[i].name, a->text) != 0)
            continue;
        if (!t || t->kind == kind)
            return t ? (int)i : -1;
        struct diag *m = error_at(c, RULE_REGION, a->span, "'%s' runs over '%s', which are no %s",
            a->text, strpool_get(&c->m->strings, t->name), what);
        diag_note(m, t->at, "declared here");
        diag_help(m, kind == TABLE_VISITS
                         ? "declare them with: visits NAME from ... { rotation ... }"
                         : "use a camera: for s in lsst.science");
        return -1;
    }
    struct diag *m = error_at(c, RULE_REGION, a->span, "a variable over %s is needed here", what);
    diag_help(m, "for example: for v in observed, s in lsst.science where overlaps(v, s, wfd)");
    return -1;
}

static const struct sky_region *
region_of(struct scope *s, const struct ast *a)
{
    const struct expr *e = check_typed(s, a, TYPE_REGION, "this function");
    return e->type == TYPE_REGION ? e->region : NULL;
}

static struct expr *
degrees(struct checker *c, struct span at, struct expr *column)
{
    return op_expr(c, OP_MUL, TYPE_ANGLE, at, column, expr_real(c->a, at, TYPE_ANGLE, RADIANS));
}

/* A place, a visit or a pair (ra, dec), as two angles. */
static bool
place_of(struct scope *s, const struct ast *a, struct expr **out)
{
    struct checker *c = s->c;
    if (a->kind == AST_LIST && a->child && a->child->next && !a->child->next->next) {
        out[0] = check_typed(s, a->child, TYPE_ANGLE, "ra");
        out[1] = check_typed(s, a->child->next, TYPE_ANGLE, "dec");
        return out[0]->type == TYPE_ANGLE && out[1]->type == TYPE_ANGLE;
    }
    if (a->kind != AST_NAME) {
        struct diag *m = error_at(c, RULE_REGION, a->span, "this is no place");
        diag_help(m, "a place is a visit or a pair: (10 deg, -30 deg)");
        return false;
    }
    int v = row_of(s, a, TABLE_VISITS);
    if (v < 0)
        return false;
    const struct table *t = s->var[v].table;
    const unsigned column[] = {t->visits->ra, t->visits->dec};
    for (int i = 0; i < 2; i++) {
        struct expr *e = expr_new(c->a, EX_COLUMN, TYPE_REAL, a->span, 0);
        e->var = (unsigned)v;
        e->table = t;
        e->column = column[i];
        out[i] = degrees(c, a->span, e);
    }
    return true;
}

/* --- calls --- */

static struct expr *
ask(struct scope *s, const struct ast *a, const struct sky_function *f, struct sky_use use,
    int visit, int sensor, struct expr **arg, unsigned nargs)
{
    struct checker *c = s->c;
    bool angle = f->what == ASK_MARGIN ||
                 (f->what >= ASK_SEPARATION && f->what != ASK_MEMBER && f->what != ASK_KNOWN);
    enum type type = angle ? TYPE_ANGLE : f->what == ASK_OBJECTS ? TYPE_INT : TYPE_BOOL;
    struct expr *e = expr_new(c->a, EX_SKY, type, a->span, nargs);
    use.name = f->name;
    use.what = f->what;
    e->sky.number = sky_use_add(c->a, &c->m->sky, use);
    e->sky.visit = visit < 0 ? 0 : (unsigned)visit;
    e->sky.sensor = sensor < 0 ? 0 : (unsigned)sensor;
    e->sky.rows = visit >= 0;
    bool constant = nargs > 0;
    for (unsigned i = 0; i < nargs; i++) {
        e->arg[i] = arg[i];
        constant = constant && expr_is_const(arg[i]);
    }
    if (!constant)
        return e;
    struct value v[4] = {0}, answer;
    const char *why;
    for (unsigned i = 0; i < nargs; i++)
        v[i] = arg[i]->value;
    if (sky_answer(&c->m->sky, e->sky.number, 0, 0, v, &answer, &why))
        return expr_value(c->a, a->span, e->type, answer);
    return fails(c, a->span, e->type, "%s", why);
}

struct expr *
sky_ask(struct scope *s, const struct ast *a, struct sky_use use, struct expr **arg, unsigned nargs)
{
    const struct sky_function f = {.what = use.what};
    return ask(s, a, &f, use, -1, -1, arg, nargs);
}

struct expr *
row_ask(struct scope *s, const struct ast *a, struct sky_use use)
{
    const struct sky_function f = {.what = use.what};
    return ask(s, a, &f, use, 0, 0, NULL, 0);
}

/* The angle of ambiguous() or objects(): a constant; negative after a message. */
static double
clear_of(struct scope *s, const struct ast *a, const struct sky_function *f)
{
    const struct expr *e = check_typed(s, a, TYPE_ANGLE, f->name);
    if (e->type == TYPE_ERROR)
        return -1;
    if (expr_is_const(e) && e->value.r >= 0 && e->value.r <= 5.0000001 * RADIANS)
        return e->value.r;
    error_at(s->c, RULE_REGION, a->span, "%s must be a constant of 0 to 5 deg",
        f->what == ASK_OBJECTS ? "how far from a sensor objects count" : "how near is ambiguous");
    return -1;
}

/* The place of spans(): a constant. */
static bool
constant_place(struct scope *s, const struct ast *a, double place[2])
{
    struct expr *e[2];
    bool pair = a->kind == AST_LIST;
    if (pair && !place_of(s, a, e))
        return false;
    if (!pair || !expr_is_const(e[0]) || !expr_is_const(e[1])) {
        diag_help(error_at(s->c, RULE_REGION, a->span, "a constant place is needed here"),
            "a corner of the region: spans(v, s, (71.46 deg, -27.25 deg))");
        return false;
    }
    for (int i = 0; i < 2; i++)
        place[i] = e[i]->value.r;
    if (fabs(place[1]) <= 90 * RADIANS)
        return true;
    error_at(s->c, RULE_VALUE, e[1]->at, "a declination lies between -90 and 90 deg");
    return false;
}

/* Only instance catalogs say which objects there are. */
static bool
has_catalogs(struct scope *s, const struct ast *a, const struct table *visits)
{
    if (visits->visits->path >= 0)
        return true;
    struct diag *m = error_at(s->c, RULE_REGION, a->span,
        "the visits of '%s' have no instance catalogs whose objects could be counted",
        strpool_get(&s->c->m->strings, visits->name));
    diag_note(m, visits->at, "declared here");
    diag_help(m, "take the visits from their catalogs: visits NAME from instcat \"...\" { ... }");
    return false;
}

/* overlaps, corner_in, ambiguous, spans, margin, objects */
static struct expr *
sensor_call(struct scope *s, const struct ast *a, const struct sky_function *f)
{
    struct checker *c = s->c;
    const struct ast *x = a->child->next;
    int v = row_of(s, x, TABLE_VISITS), k = row_of(s, x->next, TABLE_SENSORS);
    bool spans = f->what == ASK_SPANS, objects = f->what == ASK_OBJECTS;
    double place[2] = {0};
    unsigned lazy = eager(c, 0); /* constants that belong to the question */
    bool placed = !spans || constant_place(s, x->next->next, place);
    bool regional = !spans && !objects;
    const struct sky_region *region = regional ? region_of(s, x->next->next) : NULL;
    const struct ast *angle = objects                    ? x->next->next
                              : f->what == ASK_AMBIGUOUS ? x->next->next->next
                                                         : NULL;
    double clear = angle ? clear_of(s, angle, f) : 0;
    eager(c, lazy);
    if (v < 0 || k < 0 || (!region && regional) || !placed || clear < 0)
        return error_expr(c, a->span);
    const struct table *visits = s->var[v].table, *sensors = s->var[k].table;
    if (objects && !has_catalogs(s, x, visits))
        return error_expr(c, a->span);
    const char *name = strpool_get(&c->m->strings, visits->name);
    if (visits->visits->angle < 0) {
        struct diag *m = error_at(c, RULE_REGION, a->span,
            "how the camera is turned in the visits of '%s' is not stated", name);
        diag_note(m, visits->at, "declared here");
        diag_help(m, "add to their block: rotation fbs (a database of the scheduler), telescope, "
                     "dc2 (as DC2 was simulated), imsim2 or pa");
        return error_expr(c, a->span);
    }
    if (sensors->camera->scale == 0) {
        struct diag *m = error_at(c, RULE_REGION, a->span, "the scale of camera '%s' is not stated",
            strpool_get(&c->m->strings, sensors->name));
        diag_note(m, sensors->at, "declared here");
        diag_help(m, "add to its block: scale 20 arcsec (of a mm in the focal plane)");
        return error_expr(c, a->span);
    }
    struct sky_use use = {.visits = visits,
        .sensors = sensors,
        .region = region,
        .clear = clear,
        .place = {place[0], place[1]}};
    return ask(s, a, f, use, v, k, NULL, 0);
}

static struct expr *
place_call(struct scope *s, const struct ast *a, const struct sky_function *f)
{
    struct checker *c = s->c;
    const struct ast *x = a->child->next;
    struct expr *arg[4];
    struct sky_use use = {0};
    bool ok;
    if (f->what == ASK_CONTAINS) {
        use.region = region_of(s, x);
        ok = place_of(s, x->next, arg) && use.region;
    } else {
        ok = place_of(s, x, arg);
        ok = place_of(s, x->next, arg + 2) && ok;
    }
    if (!ok)
        return error_expr(c, a->span);
    return ask(s, a, f, use, -1, -1, arg, f->what == ASK_CONTAINS ? 2 : 4);
}

struct expr *
sky_call(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const char *name = a->child->text;
    if (is_shape(name))
        return region_shape(s, a);
    unsigned n = 0;
    for (const struct ast *x = a->child->next; x; x = x->next)
        n++;
    const struct sky_function *f = find_function(name);
    bool labels = f && f->what >= ASK_PARALLACTIC;
    if (!labels && (n < (f ? f->nargs : 1) || n > (f ? f->most : 1))) {
        struct diag *m = error_at(c, RULE_TYPE, a->span, "%s takes %u%s argument%s", name,
            f ? f->nargs : 1, f && f->most > f->nargs ? " or 3" : "", f ? "s" : "");
        diag_help(m, "for example: %s", f ? f->example : "area(wfd), in square degrees");
        return error_expr(c, a->span);
    }
    if (!f) { /* area */
        const struct sky_region *r = region_of(s, a->child->next);
        return r ? expr_real(c->a, a->span, TYPE_REAL, sky_area(r) * SQUARE_DEGREES)
                 : error_expr(c, a->span);
    }
    if (s->need) {
        struct diag *m = error_at(c, RULE_REGION, a->span,
            "%s cannot be asked where tasks that are needed are looked at", name);
        diag_help(m,
            "it may stand in the where of a task, in its costs, its command and its outputs");
        return error_expr(c, a->span);
    }
    if (labels)
        return horizon_call(s, a);
    return f->what < ASK_CONTAINS ? sensor_call(s, a, f) : place_call(s, a, f);
}
